"""What holds of every plan of every problem."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import check, schema, travel
from dispatch.model import Plan, Problem, Route, Stop
from dispatch.solver import Engine, Options, solve
from tests.generated.problems import problems

UNAVOIDABLE = {"mandatory", "pin"}
"""Rules a plan may break where the problem leaves no way: work that must be served and cannot be."""


@pytest.mark.parametrize(("engine", "iterations"), [("search", 200), ("routing", 20)])
@given(problem=problems(), seed=st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_a_plan_breaks_no_rule_and_costs_what_the_solver_says(engine: Engine, iterations: int, problem: Problem, seed: int) -> None:
    matrix = travel.matrix(problem)
    result = solve(problem, matrix, Options(iterations=iterations, seed=seed, engine=engine))
    verdict = check.verify(problem, matrix, result.plan)
    assert [v for v in verdict.violations if v.rule not in UNAVOIDABLE] == []
    assert verdict.cost.total == result.cost
    assert [r.stops for r in result.plan.routes] == [tuple(replace(s, cost=0) for s in r.stops) for r in verdict.plan.routes]
    assert [r.breaks for r in result.plan.routes] == [r.breaks for r in verdict.plan.routes]


@given(problems(most_tickets=7, most_engineers=3))
@settings(max_examples=60, deadline=None)
def test_no_ticket_is_left_out_that_could_be_put_in_at_a_gain(problem: Problem) -> None:
    matrix = travel.matrix(problem)
    plan = solve(problem, matrix, Options(iterations=5)).plan
    before = check.verify(problem, matrix, plan)
    shifts = [(e.id, s.id) for e in problem.engineers for s in e.shifts]
    for left_out in plan.unassigned:
        for engineer, shift in shifts:
            for position in range(len(_tickets(plan, engineer, shift)) + 1):
                after = check.verify(problem, matrix, _inserted(plan, engineer, shift, position, left_out.ticket))
                worse = {(v.rule, v.engineer, v.ticket) for v in after.violations} - {
                    (v.rule, v.engineer, v.ticket) for v in before.violations
                }
                assert worse or after.cost.total >= before.cost.total


@given(problems(), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_plan_is_never_worse_than_its_start_and_repeats_itself(problem: Problem, seed: int) -> None:
    matrix = travel.matrix(problem)
    start = solve(problem, matrix, Options(iterations=30, seed=seed + 10))
    again = [solve(problem, matrix, Options(iterations=20, seed=seed), start.plan) for _ in range(2)]
    assert again[0].cost <= start.cost
    assert again[0].plan.routes == again[1].plan.routes
    assert check.verify(problem, matrix, again[0].plan).cost.total == again[0].cost


@given(problems())
@settings(max_examples=40, deadline=None)
def test_a_plan_written_and_read_again_is_the_same(problem: Problem) -> None:
    matrix = travel.matrix(problem)
    plan = check.verify(problem, matrix, solve(problem, matrix, Options(iterations=20)).plan).plan
    assert schema.read_plan(schema.write_plan(plan, problem.time_zone)) == plan


def _tickets(plan: Plan, engineer: str, shift: str) -> list[str]:
    return [s.ticket for r in plan.routes if (r.engineer, r.shift) == (engineer, shift) for s in r.stops]


def _inserted(plan: Plan, engineer: str, shift: str, position: int, ticket: str) -> Plan:
    others = tuple(r for r in plan.routes if (r.engineer, r.shift) != (engineer, shift))
    order = _tickets(plan, engineer, shift)
    order.insert(position, ticket)
    route = Route(engineer, shift, tuple(Stop(t) for t in order))
    return Plan((*others, route), tuple(u for u in plan.unassigned if u.ticket != ticket))
