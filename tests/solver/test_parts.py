"""A day in parts: each is a day of its own that costs what it costs within the whole, whatever is done in it."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.days import generate
from dispatch import solver, travel
from dispatch.check import verify
from dispatch.model import Problem
from dispatch.solver import Options, run, search
from dispatch.solver.arrays import build
from dispatch.solver.guide import prepare
from dispatch.solver.parts import part_of, split
from dispatch.solver.routes import current_of, load
from dispatch.solver.state import COST, empty
from tests.build import engineer, line, problem, shift, ticket
from tests.generated.problems import problems


@given(problems(speeds=True), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_parts_hold_all_of_the_day_once_and_cost_what_it_costs(problem: Problem, seed: int) -> None:
    instance = build(problem, travel.matrix(problem))
    arrays, state = instance.arrays, empty(instance.arrays, seed)
    search.fill(arrays, prepare(arrays), state)
    routes, before = current_of(state), int(state.number[COST])
    parts = [part_of(arrays, rows, routes, seed) for rows in split(arrays, routes, 2, np.random.default_rng(seed))]
    assert sorted(s for part in parts for s in part.shifts.tolist()) == list(range(len(instance.shifts)))
    assert sorted(t for part in parts for t in part.tickets.tolist()) == list(range(len(instance.tickets)))
    assert dict(found for part in parts for found in part.routes(best=False)) == dict(enumerate(routes))
    assert sum(int(part.state.number[COST]) for part in parts) == before
    for part in parts:
        search.run(part.arrays, part.guide, part.state, 60, 1e6, 1e5, search.ROOM)
        for s, route in part.routes(best=False):
            routes[s] = route
    assert load(instance, state, routes)
    assert sum(int(part.state.number[COST]) for part in parts) == int(state.number[COST])


def test_a_part_may_be_in_no_place_at_all() -> None:
    day = problem([ticket("a", 1, 60)], [engineer("e1", shift(home=None)), engineer("e2", shift(home=None))], line(2, 10))
    arrays = build(day, travel.matrix(day)).arrays
    part = part_of(arrays, (np.array([1]), np.array([], np.int64)), [[0], []], 0)
    assert part.arrays.seconds.shape == (0, 0)
    assert list(part.routes(best=True)) == [(1, [])]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a day of more than ten tickets be searched in parts of five."""
    monkeypatch.setattr(run, "WHOLE", 10)
    monkeypatch.setattr(run, "PART", 5)
    monkeypatch.setattr(run, "VISIT", 20)


def street(houses: int = 24) -> Problem:
    """Return work at every house of a street in which six engineers live."""
    crew = [engineer(f"e{k}", shift(home=4 * k)) for k in range(6)]
    return problem([ticket(f"t{k}", k, 60 + k % 3, unassigned_cost=500) for k in range(houses)], crew, line(houses, 10))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("workers", [1, 3])
def test_a_day_in_parts_gets_its_cheapest_plan_and_the_same_one_again(workers: int) -> None:
    day = street()
    matrix = travel.matrix(day)
    plans = [solver.solve(day, matrix, Options(iterations=4000, seed=5, workers=workers)) for _ in range(2)]
    assert plans[0].plan.routes == plans[1].plan.routes
    verdict = verify(day, matrix, plans[0].plan)
    assert (verdict.violations, verdict.cost.total) == ((), plans[0].cost)
    assert plans[0].cost == 6 * 60 * 60_000  # as where everybody works at home and at the next three houses


def test_a_day_in_parts_is_never_worse_than_the_plan_it_starts_with(request: pytest.FixtureRequest) -> None:
    day = generate(40, 3)
    matrix = travel.matrix(day)
    good = solver.solve(day, matrix, Options(iterations=60_000, seed=5))
    request.getfixturevalue("small_parts")
    for iterations in (0, 30, 300, 1000, 3000):
        assert solver.solve(day, matrix, Options(iterations=iterations, seed=1), good.plan).cost <= good.cost


@pytest.mark.usefixtures("small_parts")
def test_a_lane_that_fails_leaves_its_parts_as_they_were(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    through = run._through

    def failing(this: run.Run, sweep: run.Sweep, dealt: object, seed: int, k: int) -> object:
        if k == 1:
            raise MemoryError
        return through(this, sweep, dealt, seed, k)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "_through", failing)
    day = street()
    with caplog.at_level(logging.ERROR):
        found = solver.solve(day, travel.matrix(day), Options(iterations=2000, seed=5, workers=2))
    assert len(found.plan.unassigned) == 0
    assert "the plan is the best of what was found" in caplog.text
