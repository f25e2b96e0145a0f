"""vrp-cli (the Rust solver of reinterpretcat/vrp), through its Python bindings and its pragmatic format.

A level of a skill is one of its skills, a ticket's price is its job's value. Its objectives are ranked: first the value
served, then the number served, then travel, which is given as the distance so that waiting costs nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import vrp_cli

from benchmarks.peers.answer import Answer, Point, ShiftTickets, thinned
from benchmarks.peers.day import Day, DayShift, DayTicket

ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""What stands for the beginning of the day."""

MANY = 500
"""Tickets above which the first answer is made by slices: at 1,000 the default takes over a minute; below, neither is plainly better."""

FOREVER = 1_000_000_000
"""Generations and the like that are never reached."""


def solve(day: Day, seconds: float, seed: int) -> Answer:  # noqa: ARG001
    """Solve in one thread; the time is given in whole seconds."""
    began = perf_counter()
    groups = day.alike()
    problem = json.dumps(_problem(day, groups))
    legs = day.seconds.ravel().tolist()
    matrix = json.dumps({"profile": "car", "travelTimes": legs, "distances": legs})
    left = max(1, round(seconds - (perf_counter() - began)))
    handed_over = perf_counter() - began
    found = json.loads(vrp_cli.solve_pragmatic(problem, [matrix], json.dumps(_settings(left, len(day.tickets)))))
    routes = tuple(route for tour in found["tours"] if (route := _route(day, groups, tour))[2])
    taken = perf_counter() - began
    return Answer(routes, taken, thinned(_points(day, handed_over, found["extras"]["metrics"])))


def _time(seconds: int) -> str:
    return (ORIGIN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def _problem(day: Day, groups: list[list[int]]) -> dict[str, Any]:
    jobs = [_job(day, k, t) for k, t in enumerate(day.tickets)]
    vehicles = [_vehicle(k, len(group), day.shifts[group[0]]) for k, group in enumerate(groups)]
    ranked = [[{"type": "minimize-unassigned"}], [{"type": "minimize-cost"}]]
    return {
        "plan": {"jobs": jobs},
        "fleet": {"vehicles": vehicles, "profiles": [{"name": "car"}]},
        "objectives": ranked if day.all_served else [[{"type": "maximize-value"}], *ranked],
    }


def _job(day: Day, k: int, t: DayTicket) -> dict[str, Any]:
    place = {"location": {"index": t.place}, "duration": t.service, "times": [[_time(t.opens), _time(t.closes)]]}
    tasks = {"deliveries": [{"places": [place], "demand": list(t.needs)}]} if day.units else {"services": [{"places": [place]}]}
    worth = {} if day.all_served else {"value": t.price}
    asked = {"skills": {"allOf": [str(level) for level in sorted(t.levels)]}} if t.levels else {}
    return {"id": str(k), **tasks, **worth, **asked}


def _vehicle(group: int, count: int, s: DayShift) -> dict[str, Any]:
    begin = {"earliest": _time(s.opens), "latest": _time(s.opens), "location": {"index": s.start}}
    return {
        "typeId": str(group),
        "vehicleIds": [f"{group}/{k}" for k in range(count)],
        "profile": {"matrix": "car"},
        "costs": {"fixed": 0, "distance": 1, "time": 0},
        "shifts": [{"start": begin, "end": {"latest": _time(s.closes), "location": {"index": s.end}}}],
        "capacity": list(s.capacity) or [0],
        "skills": [str(level) for level in sorted(s.levels)],
    }


def _settings(seconds: int, tickets: int) -> dict[str, Any]:
    slices = {"type": "slice", "weight": 1}
    first = {"initial": {"method": slices, "alternatives": {"methods": [slices], "maxSize": 1, "quota": 0.05}}}
    return {
        **({"evolution": first} if tickets > MANY else {}),
        "termination": {"maxTime": seconds, "maxGenerations": FOREVER},
        "environment": {"parallelism": {"numThreadPools": 1, "threadsPerPool": 1}, "logging": {"enabled": False}},
        "telemetry": {"progress": {"enabled": False}, "metrics": {"enabled": True, "trackPopulation": 10}},
    }


def _route(day: Day, groups: list[list[int]], tour: dict[str, Any]) -> ShiftTickets:
    group, number = map(int, tour["vehicleId"].split("/"))
    shift = day.shifts[groups[group][number]]
    done = [a["jobId"] for stop in tour["stops"] for a in stop["activities"] if a["type"] in ("service", "delivery")]
    return shift.engineer, shift.shift, tuple(day.tickets[int(k)].id for k in done)


def _points(day: Day, handed_over: float, metrics: dict[str, Any]) -> list[Point]:
    """Return the best individual of each generation told about; its fitness is the value served (negated), jobs left out, distance.

    Value ranks above distance, so a cheaper answer may have been left behind; the curve holds none cheaper than the last.
    """
    whole = 0 if day.all_served else sum(t.price for t in day.tickets)
    told = [(g["timestamp"], g["population"]["individuals"][0]["fitness"]) for g in metrics["evolution"] if g["population"]["individuals"]]
    points = [
        Point(handed_over + at, fitness[-1] + whole + (0 if day.all_served else fitness[0]))
        for at, fitness in told
        if not day.all_served or fitness[0] == 0
    ]
    return [point for point in points if point.cost >= points[-1].cost]
