"""What holds of every plan of every problem."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import check, travel
from dispatch.model import Problem
from dispatch.solver import Options, solve
from tests.generated.problems import problems

UNAVOIDABLE = {"mandatory", "pin"}
"""Rules a plan may break where the problem leaves no way: work that must be served and cannot be."""


@given(problems(), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_a_plan_breaks_no_rule_and_costs_what_the_solver_says(problem: Problem, seed: int) -> None:
    matrix = travel.matrix(problem)
    result = solve(problem, matrix, Options(iterations=200, seed=seed))
    verdict = check.verify(problem, matrix, result.plan)
    assert [v for v in verdict.violations if v.rule not in UNAVOIDABLE] == []
    assert verdict.cost.total == result.cost
    assert [r.stops for r in result.plan.routes] == [tuple(replace(s, cost=0) for s in r.stops) for r in verdict.plan.routes]
    assert [r.breaks for r in result.plan.routes] == [r.breaks for r in verdict.plan.routes]
