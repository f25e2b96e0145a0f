"""Seconds and metres between all places of a problem, whatever the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatch.errors import TravelError
from dispatch.model import CrowTravel, Place, Problem
from dispatch.travel import crow

__all__ = ["TravelMatrix", "matrix"]


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """Travel between the places of one problem.

    Parameters
    ----------
    seconds, metres
        Shape (n, n), int32, row = from, column = to.
    rows
        The row of each place.
    """

    seconds: npt.NDArray[np.int32]
    metres: npt.NDArray[np.int32]
    rows: Mapping[Place, int]

    def between(self, start: Place | None, end: Place | None) -> tuple[int, int]:
        """Return seconds and metres of one leg; a leg from or to anywhere (None) takes nothing."""
        if start is None or end is None:
            return 0, 0
        i, j = self.rows[start], self.rows[end]
        return int(self.seconds[i, j]), int(self.metres[i, j])


def _places(problem: Problem) -> Iterator[tuple[str, Place]]:
    for e in problem.engineers:
        for s in e.shifts:
            for place in (s.start_place, s.end_place):
                if place is not None:
                    yield f"engineer {e.id}", place
    for t in problem.tickets:
        yield f"ticket {t.id}", t.place


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def matrix(problem: Problem) -> TravelMatrix:
    """Return the travel matrix of a problem from the source it names.

    Raises
    ------
    TravelError
        A place has no position (crow) or no valid row (matrix).
    """
    travel = problem.travel
    if isinstance(travel, CrowTravel):
        unplaced = [who for who, p in _places(problem) if p.lat is None or p.lon is None]
        if unplaced:
            raise TravelError(f"No position for {_some(unplaced)}. Give lat and lon, or geocode the addresses.")
        rows: dict[Place, int] = {}
        points: dict[tuple[float, float], int] = {}
        for _, p in _places(problem):
            rows[p] = points.setdefault((p.lat or 0.0, p.lon or 0.0), len(points))
        positions = np.array(list(points), dtype=np.float64).reshape(-1, 2)
        seconds, metres = crow.matrix(positions, travel.speed_kmh, travel.detour)
        return TravelMatrix(seconds, metres, rows)
    seconds = np.array(travel.seconds, dtype=np.int32).reshape(len(travel.seconds), -1)
    metres = np.zeros_like(seconds) if travel.metres is None else np.array(travel.metres, dtype=np.int32).reshape(seconds.shape)
    rowless = [who for who, p in _places(problem) if p.index is None or not 0 <= p.index < len(seconds)]
    if rowless:
        raise TravelError(f"No row in the travel matrix for {_some(rowless)}. Give each place the index of its row.")
    return TravelMatrix(seconds, metres, {p: p.index for _, p in _places(problem) if p.index is not None})
