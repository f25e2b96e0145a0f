"""Travel that depends on the hour: who leaves later never arrives earlier, and what an insertion is said to add it adds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatch.check import driving, verify
from dispatch.model import Engineer, MatrixTravel, Place, Problem, Region, Shift, Speed, Ticket
from dispatch.solver import Options, arrays, hours, solve
from dispatch.solver.arrays import INFEASIBLE, ONWARD, Arrays
from dispatch.solver.guide import may_serve
from dispatch.solver.timing import FREE, MARK_COLUMNS, TICKET, insertion, walk
from dispatch.travel import TravelMatrix, matrix
from tests.generated.problems import problems

HOUR = 3600
CLOCK_CHANGES = {"2026-03-29": 1_774_738_800, "2026-10-25": 1_792_882_800}
"""Midnight in Berlin before the nights on which clocks are put forward and back."""
SPEEDS = (
    Speed(0.4, from_=7 * HOUR, to=9 * HOUR + 1800),
    Speed(0.9, from_=2 * HOUR + 600, to=3 * HOUR),
    Speed(1.3, ("sat", "sun"), 22 * HOUR, 6 * HOUR),
    Speed(0.3, from_=8 * HOUR, to=10 * HOUR, region="north"),
    Speed(0.15, from_=2 * HOUR, to=2 * HOUR + 1800, road_class="primary"),
    Speed(0.7, region="site", road_class="motorway"),
)
REGIONS = (Region("hq"), Region("north", "hq"), Region("site", "north"))


def day(seed: int, midnight: int, speeds: tuple[Speed, ...] = SPEEDS) -> tuple[Problem, TravelMatrix]:
    """Return a night and a day of a few places in regions, with roads of two classes between them."""
    rng = random.Random(seed)
    n = 5
    seconds = np.array([[0 if a == b else rng.choice((0, 1, 400, 1800, 5400)) for b in range(n)] for a in range(n)], np.int32)
    shares = [(rng.random(), rng.random()) for _ in range(n * n)]
    primary = np.array([int(s * a / 2) for s, (a, _) in zip(seconds.flat, shares, strict=True)], np.int32).reshape(n, n)
    motorway = np.array([int(s * b / 2) for s, (_, b) in zip(seconds.flat, shares, strict=True)], np.int32).reshape(n, n)
    home, length = Place(index=0), (14 * HOUR)
    problem = Problem(
        (Engineer("ann", (Shift("day", midnight, midnight + length, midnight + length, home, home),), region="hq"),),
        tuple(Ticket(f"t{k}", Place(index=k), 600, region=rng.choice((None, "hq", "north", "site"))) for k in range(1, n)),
        midnight,
        time_zone="Europe/Berlin",
        travel=MatrixTravel(tuple(tuple(row) for row in seconds.tolist()), speeds=speeds),
        regions=REGIONS,
    )
    return problem, replace(matrix(problem), by_class={"primary": primary, "motorway": motorway})


def legs(problem: Problem, travel: TravelMatrix) -> Iterator[tuple[Arrays, int, int, int, driving.Leg]]:
    """Yield every leg from a ticket as the search and as the check drive it."""
    built, wall = arrays.build(problem, travel).arrays, driving.Hours.of(problem)
    for i, t in enumerate(problem.tickets):
        for to in problem.tickets:
            leg = driving.Leg.between(travel, wall, t.place, to.place, t.region)
            yield built, int(built.ticket[i, ONWARD]), t.place.index or 0, to.place.index or 0, leg


@pytest.mark.parametrize("midnight", CLOCK_CHANGES.values(), ids=CLOCK_CHANGES.keys())
@pytest.mark.parametrize("seed", range(3))
def test_search_and_check_arrive_at_the_same_second_and_never_earlier_for_leaving_later(seed: int, midnight: int) -> None:
    problem, travel = day(seed, midnight)
    for built, column, start, end, leg in legs(problem, travel):
        before = 0
        for time in range(midnight + HOUR, midnight + 11 * HOUR, 421):
            arrival = time + hours.driven_from(built, column, start, end, time)
            assert arrival == leg.arrival(time)
            assert arrival >= before
            before = arrival
            last = arrival - hours.driven_until(built, column, start, end, arrival)
            assert last >= time
            assert leg.arrival(last) <= arrival < leg.arrival(last + 1)
            assert last == leg.departure(arrival)


@pytest.mark.parametrize("midnight", CLOCK_CHANGES.values(), ids=CLOCK_CHANGES.keys())
def test_every_second_of_a_night_on_which_clocks_are_changed_has_its_speed(midnight: int) -> None:
    night = (Speed(0.5, from_=2 * HOUR, to=3 * HOUR),)
    problem, _ = day(0, midnight, night)
    problem = replace(problem, tickets=tuple(replace(t, place=Place(index=k + 1)) for k, t in enumerate(problem.tickets)))
    far = tuple(tuple(0 if a == b else 6 * HOUR for b in range(5)) for a in range(5))
    problem = replace(problem, travel=MatrixTravel(far, speeds=night))
    # Two o'clock to three o'clock does not exist in March, and comes twice in October.
    slow = {"2026-03-29": 0, "2026-10-25": 2 * HOUR}[next(d for d, m in CLOCK_CHANGES.items() if m == midnight)]
    for built, column, start, end, leg in legs(problem, matrix(problem)):
        if start != end:
            assert hours.driven_from(built, column, start, end, midnight) == 6 * HOUR + slow // 2
            assert leg.arrival(midnight) == midnight + 6 * HOUR + slow // 2
    assert str(ZoneInfo(problem.time_zone)) == "Europe/Berlin"


@pytest.mark.parametrize("seed", range(4))
def test_plans_over_roads_of_several_classes_cost_what_the_search_says(seed: int) -> None:
    problem, travel = day(seed, CLOCK_CHANGES["2026-10-25"] + 5 * HOUR)
    result = solve(problem, travel, Options(iterations=100, seed=seed))
    verdict = verify(problem, travel, result.plan)
    assert verdict.violations == ()
    assert verdict.cost.total == result.cost
    assert [(r.departure, r.return_, r.travel) for r in result.plan.routes] == [
        (r.departure, r.return_, r.travel) for r in verdict.plan.routes
    ]


@given(problems(speeds=True), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_an_insertion_adds_what_walking_the_longer_route_says(problem: Problem, rng: random.Random) -> None:
    instance = arrays.build(problem, matrix(problem))
    built, n = instance.arrays, len(instance.tickets)
    assume(n > 1)
    for shift in range(len(instance.shifts)):
        may = [t for t in range(n) if may_serve(built, shift, t)]
        rng.shuffle(may)
        routes, stops = np.zeros((2 + shift, n + 4, MARK_COLUMNS), np.int64), 0
        before = walk(built, shift, routes[shift], 0)
        for ticket in may:
            added = [insertion(built, shift, routes, stops, at, ticket, INFEASIBLE) for at in range(stops + 1)]
            rows: list[int] = routes[shift, 1 : stops + 1, TICKET].tolist()
            for at, said in enumerate(added):
                longer = np.zeros((n + 4, MARK_COLUMNS), np.int64)
                longer[1 : stops + 2, TICKET] = [*rows[:at], ticket, *rows[at:]]
                after = walk(built, shift, longer, stops + 1)
                assert said == (INFEASIBLE if after == INFEASIBLE else after - before)
            fits = [at for at, said in enumerate(added) if said != INFEASIBLE]
            if fits:
                at = rng.choice(fits)
                stops += 1
                routes[shift, 1 : stops + 1, TICKET] = [*rows[:at], ticket, *rows[at:]]
                before = walk(built, shift, routes[shift], stops)
                assert routes[shift, stops + 1, FREE] >= routes[shift, stops, FREE]
