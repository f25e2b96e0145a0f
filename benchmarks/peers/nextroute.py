"""nextroute, which takes prices as they are.

A vehicle serves a stop that shares one of its attributes, so an attribute stands for a whole set of skills asked for together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import nextroute
import numpy as np

from benchmarks.peers.answer import Answer, Point, thinned
from benchmarks.peers.day import Day, DayShift, DayTicket

ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""What stands for the beginning of the day."""

NOWHERE = {"lon": 0.0, "lat": 0.0}
"""Positions are asked for, and not looked at where there is a matrix."""

PRICE_OF_MUST = 1_000_000_000
"""Price of a ticket that has to be served."""


def solve(day: Day, seconds: float, seed: int) -> Answer:  # noqa: ARG001
    """Solve in one run on one thread; the engine takes no seed."""
    began = perf_counter()
    places = [t.place for t in day.tickets] + [place for s in day.shifts for place in (s.start, s.end)]
    model = nextroute.schema.input.Input.from_dict({
        "stops": [_stop(day, t) for t in day.tickets],
        "vehicles": [_vehicle(day, k, s) for k, s in enumerate(day.shifts)],
        "duration_matrix": day.seconds[np.ix_(places, places)].tolist(),
    })  # fmt: skip
    handed_over = perf_counter() - began
    found = nextroute.solve(model, _settings(max(0.1, seconds - handed_over)))
    routes = []
    for vehicle in found.solutions[-1].vehicles:
        shift = day.shifts[int(vehicle.id)]
        tickets = tuple(step.stop.id for step in vehicle.route or () if not step.stop.id.startswith(f"{vehicle.id}-"))
        if tickets:
            routes.append((shift.engineer, shift.shift, tickets))
    taken = perf_counter() - began
    print(found.statistics.to_dict().__repr__()[:2000]); print([s.stop.id for s in found.solutions[-1].vehicles[0].route])
    series = found.statistics.series_data.value.data_points
    return Answer(tuple(routes), taken, thinned(Point(handed_over + at.x, at.y) for at in series))


def _settings(seconds: float) -> Any:
    return nextroute.Options(
        SOLVE_DURATION=seconds,
        SOLVE_PARALLELRUNS=1,
        MODEL_OBJECTIVES_TRAVELDURATION=1.0,
        MODEL_OBJECTIVES_VEHICLESDURATION=0.0,
    )


def _time(seconds: int) -> str:
    return (ORIGIN + timedelta(seconds=seconds)).isoformat()


def _together(levels: frozenset[int]) -> str:
    return "+".join(str(level) for level in sorted(levels))


def _stop(day: Day, t: DayTicket) -> dict[str, Any]:
    stop = {
        "id": t.id,
        "location": NOWHERE,
        "duration": t.service,
        "start_time_window": [_time(t.opens), _time(t.closes)],
        "unplanned_penalty": PRICE_OF_MUST if day.all_served else t.price,
        "quantity": {unit: -need for unit, need in zip(day.units, t.needs, strict=True)},
    }
    return stop | ({"compatibility_attributes": [_together(t.levels)]} if t.levels else {})


def _vehicle(day: Day, k: int, s: DayShift) -> dict[str, Any]:
    return {
        "id": str(k),
        "start_location": NOWHERE,
        "end_location": NOWHERE,
        "start_time": _time(s.opens),
        "end_time": _time(s.closes),
        "capacity": dict(zip(day.units, s.capacity, strict=True)),
        "compatibility_attributes": sorted({_together(t.levels) for t in day.tickets if t.levels <= s.levels}),
    }
