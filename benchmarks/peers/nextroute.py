"""nextroute, which takes prices as they are.

A vehicle serves a stop that shares one of its attributes, so an attribute stands for a whole set of skills asked for together.
Windows must begin and end on whole minutes, so where they do not all times and prices are multiplied until they do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import gcd
from time import perf_counter
from typing import Any

import nextroute
import numpy as np
import numpy.typing as npt

from benchmarks.peers.answer import Answer, Point, thinned
from benchmarks.peers.day import Day, DayShift, DayTicket

ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""What stands for the beginning of the day."""

PRICE_OF_MUST = 1_000_000_000
"""Price of a ticket that has to be served."""

DEGREES_PER_SECOND = 1e-4
"""How far apart places without a position are put, about ten metres for a second of travel."""


def solve(day: Day, seconds: float, seed: int) -> Answer:  # noqa: ARG001
    """Solve in one run on one thread; the engine takes no seed."""
    spots = positions(day)
    began = perf_counter()
    scale = minutes(day)
    handed_over = perf_counter() - began
    found = nextroute.solve(_input(day, spots, scale), _settings(max(0.1, seconds - handed_over)))
    routes = []
    for vehicle in found.solutions[-1].vehicles or ():
        shift = day.shifts[int(vehicle.id)]
        # The first and the last step are the places where the shift begins and ends.
        tickets = tuple(day.tickets[int(step.stop.id)].id for step in (vehicle.route or ())[1:-1])
        if tickets:
            routes.append((shift.engineer, shift.shift, tickets))
    taken = perf_counter() - began
    series = found.statistics.series_data.value.data_points
    return Answer(tuple(routes), taken, thinned(Point(handed_over + at.x, at.y / scale) for at in series))


def minutes(day: Day) -> int:
    """Return what times are multiplied with, so that all windows and shifts begin and end on whole minutes."""
    of_tickets = (at for t in day.tickets for at in (t.opens, t.closes))
    of_shifts = (at for s in day.shifts for at in (s.opens, s.closes))
    return 60 // gcd(60, *of_tickets, *of_shifts)


def positions(day: Day) -> npt.NDArray[np.float64]:
    """Return a latitude and longitude for each place: nextroute looks for neighbours by them, not by the matrix.

    Where the problem has no positions they are such that distances agree with travel as well as they can in a plane
    (classical multidimensional scaling: Torgerson 1952, doi 10.1007/BF02288916).
    """
    spots = np.full((len(day.seconds), 2), np.nan)
    for place, row in day.places.items():
        if place.lat is not None and place.lon is not None:
            spots[row] = place.lat, place.lon
    if not np.isnan(spots).any():
        return spots
    squares = ((day.seconds + day.seconds.T) / 2.0) ** 2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    plane = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))
    shown: npt.NDArray[np.float64] = 1.0 + DEGREES_PER_SECOND * (plane - plane.min(axis=0))
    return shown


def _input(day: Day, spots: npt.NDArray[np.float64], scale: int) -> Any:
    where = [{"lat": lat, "lon": lon} for lat, lon in spots.tolist()]
    stops = [_stop(day, k, t, where[t.place], scale) for k, t in enumerate(day.tickets)]
    asked = {t.levels for t in day.tickets if t.levels}
    vehicles = []
    for k, s in enumerate(day.shifts):
        attributes = sorted(_together(levels) for levels in asked if levels <= s.levels)
        vehicles.append(_vehicle(day, k, s, scale) | _ends(where, s) | {"compatibility_attributes": attributes})
    places = [t.place for t in day.tickets] + [place for s in day.shifts for place in (s.start, s.end)]
    legs = (scale * day.seconds[np.ix_(places, places)]).tolist()
    return nextroute.schema.input.Input.from_dict({"stops": stops, "vehicles": vehicles, "duration_matrix": legs})


def _stop(day: Day, k: int, t: DayTicket, where: dict[str, float], scale: int) -> dict[str, Any]:
    stop = {
        "id": str(k),
        "location": where,
        "duration": scale * t.service,
        "start_time_window": [_time(scale * t.opens), _time(scale * t.closes)],
        "unplanned_penalty": scale * (PRICE_OF_MUST if day.all_served else t.price),
        "quantity": {unit: -need for unit, need in zip(day.units, t.needs, strict=True)},
    }
    return stop | ({"compatibility_attributes": [_together(t.levels)]} if t.levels else {})


def _vehicle(day: Day, k: int, s: DayShift, scale: int) -> dict[str, Any]:
    return {
        "id": str(k),
        "start_time": _time(scale * s.opens),
        "end_time": _time(scale * s.closes),
        "capacity": dict(zip(day.units, s.capacity, strict=True)),
    }


def _ends(where: list[dict[str, float]], s: DayShift) -> dict[str, Any]:
    return {"start_location": where[s.start], "end_location": where[s.end]}


def _together(levels: frozenset[int]) -> str:
    return "+".join(str(level) for level in sorted(levels))


def _time(seconds: int) -> str:
    return (ORIGIN + timedelta(seconds=seconds)).isoformat()


def _settings(seconds: float) -> Any:
    return nextroute.Options(
        SOLVE_DURATION=seconds,
        SOLVE_PARALLELRUNS=1,
        MODEL_OBJECTIVES_TRAVELDURATION=1.0,
        MODEL_OBJECTIVES_VEHICLESDURATION=0.0,
    )
