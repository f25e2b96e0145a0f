"""The distinct points that the places of a problem are at, and the travel between them that a source tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dispatch.errors import TravelError
from dispatch.model import Place, PlanWarning, Problem

__all__ = ["UNREACHABLE", "Legs", "Points", "places", "points", "some"]

UNREACHABLE = 100_000_000
"""Seconds of a leg that cannot be travelled: over three years, more than any shift lasts, and a sum of twenty still fits into 32 bits."""


@dataclass(frozen=True, eq=False)
class Points:
    """The points of one problem, each position once.

    Parameters
    ----------
    positions
        Degrees, shape (n, 2), columns lat and lon.
    names
        Who is at each point, for messages: "ticket T1", "engineer li-wei and 2 more".
    pointers
        Where in the problem, as a JSON Pointer: the first of several.
    bases, tickets
        Points where a route begins or ends, and those of tickets.
    rows
        The point of each place.
    """

    positions: npt.NDArray[np.float64]
    names: tuple[str, ...]
    pointers: tuple[str, ...]
    bases: frozenset[int]
    tickets: frozenset[int]
    rows: Mapping[Place, int]


@dataclass(frozen=True, eq=False)
class Legs:
    """Travel between points as a source tells it, and what to know about it.

    Parameters
    ----------
    seconds, metres
        Shape (n, n), int32, row = from, column = to; `UNREACHABLE` seconds and 0 metres where there is no way.
    by_class
        The part of `seconds` on roads of a class, for each that the speeds of the problem name; 0 where there is no way.
    """

    seconds: npt.NDArray[np.int32]
    metres: npt.NDArray[np.int32]
    warnings: tuple[PlanWarning, ...] = ()
    by_class: Mapping[str, npt.NDArray[np.int32]] = field(default_factory=dict)


def places(problem: Problem) -> Iterator[tuple[str, str, Place]]:
    """Yield every place that a route can come to: who is there, its JSON Pointer, and the place."""
    for i, e in enumerate(problem.engineers):
        for j, s in enumerate(e.shifts):
            goes_on = None if s.resume is None else s.resume.place
            for name, place in (("start_place", s.start_place), ("end_place", s.end_place), ("resume/place", goes_on)):
                if place is not None:
                    at = f"/engineers/{i}/home" if place == e.home else f"/engineers/{i}/shifts/{j}/{name}"
                    yield f"engineer {e.id}", at, place
    for i, t in enumerate(problem.tickets):
        yield f"ticket {t.id}", f"/tickets/{i}/place", t.place


def some(names: Sequence[str]) -> str:
    """Return names as a message shows them: five at the most."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def points(problem: Problem) -> Points:
    """Return the points of a problem.

    Raises
    ------
    TravelError
        A place has no position.
    """
    unplaced = [who for who, _, p in places(problem) if p.lat is None or p.lon is None]
    if unplaced:
        raise TravelError(f"No position for {some(unplaced)}. Give lat and lon, or geocode the addresses.")
    at: dict[tuple[float, float], int] = {}
    rows: dict[Place, int] = {}
    names: list[dict[str, None]] = []
    pointers: list[str] = []
    for who, pointer, p in places(problem):
        row = rows[p] = at.setdefault((p.lat or 0.0, p.lon or 0.0), len(at))
        if row == len(names):
            names.append({})
            pointers.append(pointer)
        names[row][who] = None
    bases = frozenset(rows[p] for e in problem.engineers for s in e.shifts for p in s.places if p is not None)
    tickets = frozenset(rows[t.place] for t in problem.tickets)
    positions = np.array(list(at), dtype=np.float64).reshape(-1, 2)
    return Points(positions, tuple(_together(list(who)) for who in names), tuple(pointers), bases, tickets, rows)


def _together(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
