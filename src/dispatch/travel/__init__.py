"""Seconds and metres between all places of a problem, whatever the source."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from dispatch.errors import TravelError
from dispatch.model import CrowTravel, MatrixTravel, Place, PlanWarning, Problem, RoadTravel, ServerTravel
from dispatch.travel import crow
from dispatch.travel.codes import WARNINGS, warning
from dispatch.travel.ground import Ground
from dispatch.travel.means import Means, means, use
from dispatch.travel.points import UNREACHABLE, Legs, Points, places, points, some

__all__ = ["UNREACHABLE", "WARNINGS", "Means", "TravelMatrix", "grown", "lines", "matrix", "use"]


_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """Travel between the places of one problem.

    Parameters
    ----------
    seconds, metres
        Shape (n, n), int32, row = from, column = to; `UNREACHABLE` seconds where there is no way.
    rows
        The row of each place.
    warnings
        What to know about these times.
    by_class
        For each road class that the speeds of the problem name, the part of `seconds` that is driven on it, of the same shape.
    ground
        Where it can grow (see `grown`).
    origin
        Shared by the matrices that grew from one: between the same places they say the same.
    """

    seconds: npt.NDArray[np.int32]
    metres: npt.NDArray[np.int32]
    rows: Mapping[Place, int]
    warnings: tuple[PlanWarning, ...] = ()
    by_class: Mapping[str, npt.NDArray[np.int32]] = field(default_factory=dict)
    ground: Ground | None = field(default=None, repr=False)
    origin: object = field(default_factory=object, repr=False)

    def between(self, start: Place | None, end: Place | None) -> tuple[int, int]:
        """Return seconds and metres of one leg; a leg from or to anywhere (None) takes nothing."""
        if start is None or end is None:
            return 0, 0
        i, j = self.rows[start], self.rows[end]
        return int(self.seconds[i, j]), int(self.metres[i, j])

    def on_class(self, road_class: str, start: Place | None, end: Place | None) -> int:
        """Return the seconds of one leg on roads of a class; 0 where roads are not told apart."""
        if start is None or end is None or road_class not in self.by_class:
            return 0
        return int(self.by_class[road_class][self.rows[start], self.rows[end]])


def matrix(problem: Problem, by: Means | None = None) -> TravelMatrix:
    """Return the travel matrix of a problem from the source it names.

    Parameters
    ----------
    by
        What travel times may be had with; None: what `use` was given.

    Raises
    ------
    TravelError
        A place has no position or no valid row, or the source failed and `on_failure` is `fail`.
    """
    travel = problem.travel
    if isinstance(travel, MatrixTravel):
        return _supplied(problem, travel)
    at = points(problem)
    if isinstance(travel, CrowTravel):
        legs = _flown(at, travel.speed_kmh, travel.detour)
    else:
        try:
            legs = _sourced(travel, at, means() if by is None else by)
        except TravelError as error:
            if travel.on_failure == "fail":
                raise
            legs = _fallen_back(travel, at, error)
    return TravelMatrix(legs.seconds, legs.metres, at.rows, (*legs.warnings, *_unreachable(at, legs)), legs.by_class)


def grown(known: TravelMatrix, problem: Problem, new: Sequence[Place], by: Means | None = None) -> TravelMatrix:
    """Return the travel matrix of a problem that has new places, from one that has all others.

    As the crow flies, and with a matrix supplied, only the new legs are worked out; other sources are asked as `matrix` asks them.
    Rows that no place has may follow those that places have.

    Raises
    ------
    TravelError
        As `matrix` does.
    """
    travel, rowless = problem.travel, [p for p in new if p not in known.rows]
    if not rowless:
        return known
    if isinstance(travel, MatrixTravel) and all(p.index is not None and 0 <= p.index < len(known.seconds) for p in rowless):
        return replace(known, rows={**known.rows, **{p: p.index for p in rowless if p.index is not None}})
    if isinstance(travel, CrowTravel) and all(p.lat is not None and p.lon is not None for p in rowless):
        ground = known.ground or Ground.of(known.seconds, known.metres, known.rows)
        ground, rows = ground.with_places(known.rows, rowless, travel)
        return replace(known, seconds=ground.seconds, metres=ground.metres, rows=rows, ground=ground)
    found = matrix(problem, by)
    return replace(found, origin=known.origin) if _says_the_same(known, found) else found


def _says_the_same(known: TravelMatrix, found: TravelMatrix) -> bool:
    """Whether travel between the places of both is the same."""
    both = [p for p in known.rows if p in found.rows]
    here, there = ([by.rows[p] for p in both] for by in (known, found))
    tables = [(known.seconds, found.seconds), (known.metres, found.metres)]
    tables += [(known.by_class[name], found.by_class.get(name, found.seconds)) for name in known.by_class]
    return all(np.array_equal(a[np.ix_(here, here)], b[np.ix_(there, there)]) for a, b in tables)


def lines(problem: Problem, routes: Sequence[Sequence[Place]], by: Means | None = None) -> list[list[tuple[float, float]]]:
    """Return the line of each route, degrees lat and lon: along the roads where travel is and the source can still be had, else straight.

    Parameters
    ----------
    routes
        The places that each route goes through; those without a position are passed over.
    """
    positions = [np.array([(p.lat, p.lon) for p in route if p.lat is not None and p.lon is not None]).reshape(-1, 2) for route in routes]
    travel, use_by = problem.travel, means() if by is None else by
    try:
        if isinstance(travel, RoadTravel):
            from dispatch.travel import road

            positions = road.lines(travel, positions, use_by)
        elif isinstance(travel, ServerTravel):
            from dispatch.travel import remote

            positions = remote.lines(travel, positions, use_by)
    except TravelError as error:
        _log.warning("Routes are drawn straight: %s", error)
    return [[(lat, lon) for lat, lon in line.tolist()] for line in positions]


def _supplied(problem: Problem, travel: MatrixTravel) -> TravelMatrix:
    seconds = np.array(travel.seconds, dtype=np.int32).reshape(len(travel.seconds), -1)
    metres = np.zeros_like(seconds) if travel.metres is None else np.array(travel.metres, dtype=np.int32).reshape(seconds.shape)
    rowless = [who for who, _, p in places(problem) if p.index is None or not 0 <= p.index < len(seconds)]
    if rowless:
        raise TravelError(f"No row in the travel matrix for {some(rowless)}. Give each place the index of its row.")
    return TravelMatrix(seconds, metres, {p: p.index for _, _, p in places(problem) if p.index is not None})


def _flown(at: Points, speed_kmh: float, detour: float) -> Legs:
    return Legs(*crow.matrix(at.positions, speed_kmh, detour))


def _sourced(travel: RoadTravel | ServerTravel, at: Points, by: Means) -> Legs:
    # Imported where needed: SciPy and networkx take half a second, an HTTP client a tenth.
    if isinstance(travel, RoadTravel):
        from dispatch.travel import road

        return road.legs(travel, at, by)
    from dispatch.travel import remote

    return remote.legs(travel, at, by)


def _fallen_back(travel: RoadTravel | ServerTravel, at: Points, error: TravelError) -> Legs:
    message = f"{error} Travel is as the crow flies instead, at {travel.speed_kmh:g} km/h with a detour of {travel.detour:g}."
    legs = _flown(at, travel.speed_kmh, travel.detour)
    return Legs(legs.seconds, legs.metres, (warning("TRAVEL_FALLBACK", "/travel", message),))


def _unreachable(at: Points, legs: Legs) -> Iterator[PlanWarning]:
    """Yield the tickets that no engineer can come to or back from, then the bases with no way to or from any other ticket."""
    bases, tickets = sorted(at.bases), sorted(at.tickets)
    stranded = set()
    if bases:
        for i, there, back in _reached(legs.seconds, tickets, bases):
            if not (there and back):
                stranded.add(i)
                ways = "to {}, nor back" if not (there or back) else "to {}" if back else "back from {}"
                yield warning("PLACE_UNREACHABLE", at.pointers[i], f"No engineer can come {ways.format(at.names[i])}.")
    others = [i for i in tickets if i not in stranded]
    if others:
        for i, there, back in _reached(legs.seconds, bases, others):
            if not (there and back):
                ways = "between {} and" if not (there or back) else "to {} from" if back else "from {} to"
                yield warning("PLACE_UNREACHABLE", at.pointers[i], f"There is no way {ways.format(at.names[i])} any ticket.")


def _reached(seconds: npt.NDArray[np.int32], points: list[int], others: list[int]) -> Iterator[tuple[int, bool, bool]]:
    """Yield each point with whether there is a way to it from any of the others, and from it to any of them."""
    there = np.any(seconds[np.ix_(others, points)] < UNREACHABLE, axis=0)
    back = np.any(seconds[np.ix_(points, others)] < UNREACHABLE, axis=1)
    return ((i, bool(to), bool(fro)) for i, to, fro in zip(points, there, back, strict=True))
