"""VROOM, through pyvroom.

A level of a skill is one of VROOM's skills. VROOM knows no prices: it maximises the sum of priorities served, then minimises
travel, so the prices are turned into priorities in the same proportion, as far as whole numbers up to 100 go.

Its one setting is how far it explores, 0 to 5, and the highest level is not the best under a limit of time: so every level
gets the whole of the time, and the cheapest answer counts, with the seconds that its level took. That is more than the other
engines get, and what somebody would reach who knew the best level beforehand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import gcd
from time import perf_counter

import vroom

from benchmarks.peers.answer import Answer, Point, ShiftTickets, thinned
from benchmarks.peers.day import Day

LEVELS = range(6)
MOST = 100
"""VROOM's highest priority."""


def priorities(day: Day) -> list[int]:
    """Return a priority for each ticket in proportion to its price, 1 to `MOST`."""
    if day.all_served:
        return [MOST] * len(day.tickets)
    prices = [t.price for t in day.tickets]
    unit = max(1, gcd(*prices))
    most = max(prices, default=0)
    if most // unit <= MOST:
        return [p // unit for p in prices]
    return [max(1, round(MOST * p / most)) if p else 0 for p in prices]


def solve(day: Day, seconds: float, seed: int) -> Answer:  # noqa: ARG001
    """Solve at every level of exploration and return the cheapest answer."""
    answers = [_explore(day, seconds, level) for level in LEVELS]
    best = min(LEVELS, key=lambda level: (answers[level].points[0].cost, answers[level].seconds))
    points = sorted((a.points[0] for a in answers), key=lambda point: point.seconds)
    return replace(answers[best], points=thinned(points), setting=f"exploration level {best}")


def _explore(day: Day, seconds: float, level: int) -> Answer:
    began = perf_counter()
    model = vroom.Input()
    model.set_durations_matrix("car", day.seconds)
    model.add_vehicle([
        vroom.Vehicle(
            k + 1, start=s.start, end=s.end, capacity=list(s.capacity), skills=set(s.levels), time_window=(s.opens, s.closes),
        )
        for k, s in enumerate(day.shifts)
    ])  # fmt: skip
    model.add_job([
        vroom.Job(
            k + 1, location=t.place, default_service=t.service, delivery=list(t.needs), skills=set(t.levels), priority=priority,
            time_windows=[(t.opens, t.closes)],
        )
        for k, (t, priority) in enumerate(zip(day.tickets, priorities(day), strict=True))
    ])  # fmt: skip
    left = max(0.001, seconds - (perf_counter() - began))
    found = model.solve(exploration_level=level, nb_threads=1, timeout=timedelta(seconds=left))
    steps = found.routes
    jobs = steps[steps["type"] == "job"]
    routes: dict[int, list[int]] = {}
    for vehicle, job in zip(jobs["vehicle_id"], jobs["id"], strict=True):
        routes.setdefault(int(vehicle) - 1, []).append(int(job) - 1)
    taken = perf_counter() - began
    served = {k for route in routes.values() for k in route}
    left_out = sum(t.price for k, t in enumerate(day.tickets) if k not in served)
    named: tuple[ShiftTickets, ...] = tuple(
        (day.shifts[v].engineer, day.shifts[v].shift, tuple(day.tickets[k].id for k in route)) for v, route in routes.items()
    )
    return Answer(named, taken, (Point(taken, found.summary.cost + left_out),))
