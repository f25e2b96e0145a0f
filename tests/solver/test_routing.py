"""OR-Tools routing beside the search: the same rules, priced alike, and an end when it is asked for."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from benchmarks import days
from dispatch import check, travel
from dispatch.model import Problem
from dispatch.solver import ENGINES, Engine, Options, Progress, solve
from tests.build import engineer, line, problem, shift, ticket
from tests.helpers import solve as checked


def every_rule() -> Problem:
    """Return a day small enough that both engines find a best plan, with a price on nearly all there is."""
    crew = [
        engineer("ann", shift(end="15:00", overtime_until="17:00", breaks=[("12:00", "13:00", 30)]), skills={"pump": 3}),
        engineer("bob", shift(home=4, end="15:00"), skills={"pump": 1}, contractor=True),
    ]
    wanted = [
        ticket("late", 2, 60, respond_by="9:00"),
        ticket("morning", 3, 60, windows=[("8:00", "10:00")]),
        ticket("skilled", 1, 60, skills={"pump": 2}),
        ticket("liked", 4, 60, prefer=["ann"]),
        ticket("dear", 4, 120, unassigned_cost=30),
    ]
    weights = {"lateness": 2.0, "overtime": 3.0, "contractor": 20.0, "not_preferred": 15.0, "tier_excess": 5.0, "paid_time": 0.1}
    return problem(wanted, crew, line(5, 20), weights=weights)


def test_both_engines_find_plans_that_the_check_prices_alike() -> None:
    verdicts = [checked(every_rule(), engine=engine, iterations=300) for engine in ENGINES]
    assert verdicts[0].cost == verdicts[1].cost
    assert verdicts[0].plan.routes == verdicts[1].plan.routes


@pytest.mark.parametrize("engine", ENGINES)
def test_a_plan_of_the_other_engine_is_kept_or_bettered(engine: Engine) -> None:
    day = days.generate(20, 4)
    matrix = travel.matrix(day)
    other: Engine = "routing" if engine == "search" else "search"
    start = solve(day, matrix, Options(iterations=100, engine=other))
    assert check.verify(day, matrix, start.plan).cost.total == start.cost
    assert solve(day, matrix, Options(iterations=20, engine=engine), start.plan).cost <= start.cost


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stop_that_costs_more_than_leaving_the_ticket_out_is_left_out(engine: Engine) -> None:
    tickets = [ticket("dear", 1, 30, unassigned_cost=100), ticket("worth", 2, 30)]
    day = problem(tickets, [engineer("ann", contractor=True)], line(3, 10), weights={"contractor": 500.0})
    verdict = checked(day, engine=engine, iterations=50)
    assert [u.ticket for u in verdict.plan.unassigned] == ["dear"]


@pytest.mark.parametrize("tickets", [30, 200])
def test_a_stop_ends_the_routing_engine_long_before_its_time(tickets: int) -> None:
    day = days.generate(tickets, 1)
    stop, told = threading.Event(), list[Progress]()

    def tell(progress: Progress) -> None:
        told.append(progress)
        stop.set()

    begun = time.monotonic()
    result = solve(day, travel.matrix(day), Options(seconds=600.0, engine="routing", stop=stop, on_progress=tell))
    assert result.plan.solver is not None
    assert (result.plan.solver.stopped, bool(told), time.monotonic() - begun < 120) == ("stopped", True, True)


def test_an_interrupt_ends_the_routing_engine_and_keeps_its_plan() -> None:
    def press_ctrl_c(_: Progress) -> None:
        raise KeyboardInterrupt

    day = days.generate(30, 1)
    result = solve(day, travel.matrix(day), Options(seconds=600.0, engine="routing", on_progress=press_ctrl_c))
    assert result.plan.solver is not None
    assert (result.plan.solver.stopped, len(result.plan.routes)) == ("interrupted", 4)


@pytest.mark.parametrize(
    "empty",
    [
        replace(problem([], [], [[0]]), engineers=()),
        replace(problem([ticket("t")], [], line(2)), engineers=()),
        problem([], [engineer("ann")], line(2)),
        problem([ticket("t")], [engineer("ann")], line(2)),
        problem([ticket("t", skills={"none": 1})], [engineer("ann")], line(2)),
    ],
    ids=["nothing", "no engineer", "no ticket", "one each", "nobody able"],
)
def test_the_smallest_problems_get_an_answer_with_time_and_with_iterations(empty: Problem) -> None:
    for limits in ({"iterations": 20}, {"iterations": None, "seconds": 0.3}):
        verdict = checked(empty, engine="routing", **limits)
        assert sum(len(r.stops) for r in verdict.plan.routes) + len(verdict.plan.unassigned) == len(empty.tickets)
