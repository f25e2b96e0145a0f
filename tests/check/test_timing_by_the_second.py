"""The walk and the departure against a simulation that lives from second to second and tries every departure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from dispatch.check import verify
from dispatch.model import (
    RULES,
    Break,
    Engineer,
    MatrixTravel,
    Pin,
    Place,
    Plan,
    PolicyChoice,
    Problem,
    Rest,
    Route,
    Shift,
    Stop,
    Ticket,
    Visit,
    Window,
)
from dispatch.travel import matrix

LATEST_DELAY = 220
"""Seconds: later than any window of these days opens."""


@dataclass
class Day:
    """What one simulated engineer did; `order` names stops by number and a break by -1."""

    arrivals: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    return_: int = 0


def windows_of(ticket: Ticket) -> tuple[Window, ...]:
    if ticket.pin is not None and ticket.pin.start is not None:
        return (Window(ticket.pin.start, ticket.pin.start),)
    return ticket.windows


def live(problem: Problem, departure: int) -> Day:
    """Send the only engineer to all tickets in order, leaving at `departure`, deciding anew every second."""
    assert isinstance(problem.travel, MatrixTravel)
    shift, seconds, day = problem.engineers[0].shifts[0], problem.travel.seconds, Day()
    first = max(shift.start, problem.now)
    breaks = [b for b in shift.breaks if b.latest >= first]
    time, place = departure, shift.start_place

    def rest() -> None:
        nonlocal time
        taken = breaks.pop(0)
        day.rests.append(Rest(time, time + taken.duration))
        day.order.append(-1)
        time += taken.duration

    def drive(to: Place | None, home: bool) -> None:
        nonlocal time
        road = 0 if place is None or to is None else seconds[place.index or 0][to.index or 0]
        while road > 0:
            if breaks and time >= breaks[0].earliest:
                if home and time + road <= breaks[0].latest:
                    breaks.pop(0)
                else:
                    rest()
            else:
                road -= 1
                time += 1

    for n, ticket in enumerate(problem.tickets):
        drive(ticket.place, home=False)
        day.arrivals.append(time)
        windows = windows_of(ticket)
        while True:
            closed = all(w.end < time for w in windows)
            may_start = closed or any(w.start <= time <= w.end for w in windows)
            if breaks and time >= breaks[0].earliest:
                rest()
            elif may_start and not (breaks and time + ticket.service > breaks[0].latest):
                break
            else:
                time += 1
        day.starts.append(time)
        day.order.append(n)
        time += ticket.service
        day.ends.append(time)
        place = ticket.place
    drive(shift.end_place, home=True)
    day.return_ = time
    return day


def harmless(problem: Problem, early: Day, late: Day) -> bool:
    """Tell whether leaving later changed neither the return, nor the order, nor anything that has a price or a limit."""
    if late.return_ != early.return_ or late.order != early.order:
        return False
    shift, change_counts = problem.engineers[0].shifts[0], problem.policy.weights["change"] != 0
    told = {v.ticket: v.start for v in problem.previous}
    latest = [b.latest for b in shift.breaks if b.latest >= max(shift.start, problem.now)]
    if any(r.start > bound for r, bound in zip(late.rests, latest, strict=False)):
        return False
    for ticket, before, after in zip(problem.tickets, early.starts, late.starts, strict=True):
        windows = windows_of(ticket)
        if windows and after > next((w.end for w in windows if w.start <= before <= w.end), before):
            return False
        if ticket.respond_by is not None and problem.policy.weights["lateness"] and after > max(before, ticket.respond_by):
            return False
        if change_counts and ticket.id in told and abs(before - told[ticket.id]) <= 900 < after - told[ticket.id]:
            return False
    return True


def best_departure(problem: Problem) -> tuple[int, Day]:
    """Try every later departure while it does no harm; return the first of the cheapest, or the last free one where paid time is free."""
    shift = problem.engineers[0].shifts[0]
    first = max(shift.start, problem.now)
    early = live(problem, first)
    paid, response = problem.policy.weights["paid_time"], problem.policy.weights["response"]
    assert isinstance(paid, int | float)
    assert isinstance(response, dict)
    best, best_price = (first, early), 0.0
    for departure in range(first + 1, first + LATEST_DELAY):
        day = live(problem, departure)
        if not harmless(problem, early, day):
            break
        later = [(after - before, response[t.priority]) for t, before, after in zip(problem.tickets, early.starts, day.starts, strict=True)]
        price = sum(seconds * rate for seconds, rate in later) - paid * (departure - first)
        if price < best_price or (paid == 0 and not any(seconds for seconds, _ in later)):
            best, best_price = (departure, day), price
    return best


def some_problem(rng: random.Random) -> Problem:
    """Return one engineer's day of a few hundred seconds with whatever can go wrong in it."""
    n = rng.randint(1, 4)
    grid = tuple(tuple(0 if a == b else rng.choice((0, 3, 8, 15)) for b in range(n + 1)) for a in range(n + 1))
    tickets = []
    for k in range(n):
        begins = sorted(rng.sample(range(100, 300), 4))
        windows = (Window(begins[0], begins[1]), Window(begins[2], begins[3]))[: rng.choice((0, 0, 1, 2))]
        tickets.append(
            Ticket(
                f"T{k}",
                Place(index=k + 1),
                rng.choice((0, 5, 20, 40)),
                windows=windows,
                priority=rng.randint(1, 5),
                respond_by=rng.choice((None, rng.randint(100, 300))),
                pin=Pin(start=rng.randint(130, 250)) if rng.random() < 0.05 else None,
            )
        )
    breaks, earliest = [], 90
    for _ in range(rng.choice((0, 1, 1, 2))):
        earliest += rng.randint(0, 90)
        latest, duration = earliest + rng.choice((0, 5, 30)), rng.choice((0, 5, 15))
        breaks.append(Break(earliest, latest, duration))
        earliest = latest + duration
    home = rng.choice((Place(index=0), None))
    weights: dict[Any, Any] = {
        **{rule: 0 for rule in RULES if rule != "travel"},
        "paid_time": rng.choice((0, 1, 2, 2)),
        "response": {p: rng.choice((0, 0, 0.5, 1, 2)) for p in range(1, 6)},
        "lateness": rng.choice((0, 1)),
        "change": rng.choice((0, 1)),
    }
    return Problem(
        (Engineer("ann", (Shift("day", 100, 400, 500, home, rng.choice((home, None)), tuple(breaks)),)),),
        tuple(tickets),
        now=rng.choice((0, 110)),
        policy=PolicyChoice("balanced", weights),
        travel=MatrixTravel(grid),
        previous=tuple(Visit(t.id, "ann", "day", rng.randint(-780, -600)) for t in tickets if rng.random() < 0.5),
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_route_is_timed_as_if_it_were_lived_and_leaves_as_late_as_it_pays(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        problem = some_problem(rng)
        plan = Plan((Route("ann", "day", tuple(Stop(t.id) for t in problem.tickets)),))
        route = verify(problem, matrix(problem), plan).plan.routes[0]
        departure, day = best_departure(problem)
        assert route.departure == departure
        assert [(s.arrival, s.start, s.end) for s in route.stops] == list(zip(day.arrivals, day.starts, day.ends, strict=True))
        assert (list(route.breaks), route.return_) == (day.rests, day.return_)
        resting = [sum(r.end - r.start for r in day.rests if s.arrival <= r.start <= s.start) for s in route.stops]
        assert [s.waiting for s in route.stops] == [s.start - s.arrival - rest for s, rest in zip(route.stops, resting, strict=True)]
