"""Maps for people: what is in one, and times and ways between places on it, in plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.model import PlanWarning
from dispatch.travel import network
from dispatch.travel.points import UNREACHABLE, Points
from dispatch.travel.road import RoadMap, between, off_road
from dispatch.travel.shortest import Step

__all__ = ["Directions", "RoadClass", "Spot", "Step", "Survey", "Table", "directions", "survey", "table"]


@dataclass(frozen=True)
class RoadClass:
    """The roads of one class: kilometres, each road once, and the mean speed at which they are travelled, km/h."""

    name: str
    kilometres: float
    kmh: float


@dataclass(frozen=True)
class Survey:
    """What is in a map.

    Parameters
    ----------
    roads
        Stretches of road between junctions, each once, however many directions it has.
    extent
        South, west, north and east of the roads, degrees.
    parts
        Kilometres of road in each part that is connected there and back, the largest first.
    counts
        What was read and what was left out, by name; explained in ``docs/travel.md``.
    """

    name: str
    profile: str
    junctions: int
    roads: int
    kilometres: float
    extent: tuple[float, float, float, float]
    parts: tuple[float, ...]
    classes: tuple[RoadClass, ...]
    counts: dict[str, int]


@dataclass(frozen=True)
class Spot:
    """A named position, degrees."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Table:
    """Seconds and metres from each place (row) to each place (column), None where there is no way, and warnings."""

    places: tuple[Spot, ...]
    seconds: tuple[tuple[int | None, ...], ...]
    metres: tuple[tuple[int | None, ...], ...]
    warnings: tuple[PlanWarning, ...]


@dataclass(frozen=True)
class Directions:
    """A way: seconds, metres, its line (degrees lat and lon), its roads in order, and warnings."""

    seconds: float
    metres: float
    line: tuple[tuple[float, float], ...]
    steps: tuple[Step, ...]
    warnings: tuple[PlanWarning, ...]


def survey(found: RoadMap) -> Survey:
    """Return what is in a map."""
    roads = found.roads
    seconds, metres = network.split(roads.cost)
    once = np.zeros(len(roads.way))
    once[roads.stretch] = metres
    part = np.zeros(len(roads.way), np.int64)
    part[roads.stretch] = roads.part[roads.tail]
    of_edge = roads.road_class[roads.stretch]
    classes = []
    for i, name in enumerate(roads.classes):
        taken = seconds[of_edge == i].sum()
        length = once[roads.road_class == i].sum()
        classes.append(
            RoadClass(name, round(float(length) / 1000, 1), round(float(3.6 * metres[of_edge == i].sum() / taken), 1) if taken else 0.0)
        )
    return Survey(
        found.name,
        found.profile,
        len(roads.junction),
        len(roads.way),
        round(float(once.sum()) / 1000, 1),
        found.extent,
        tuple(round(float(m) / 1000, 1) for m in np.bincount(part, once).tolist()),
        tuple(sorted(classes, key=lambda c: -c.kilometres)),
        dict(roads.counts),
    )


def _points(spots: Sequence[Spot]) -> Points:
    positions = np.array([(s.lat, s.lon) for s in spots], np.float64).reshape(-1, 2)
    return Points(
        positions, tuple(f"place {s.name}" for s in spots), tuple(f"/{i}" for i in range(len(spots))), frozenset(), frozenset(), {}
    )


def table(found: RoadMap, spots: Sequence[Spot]) -> Table:
    """Return travel between all places.

    Raises
    ------
    TravelError
        The map does not cover some of them.
    """
    legs = between(found, _points(spots))
    none = legs.seconds >= UNREACHABLE
    seconds, metres = (
        tuple(tuple(None if gone else v for v, gone in zip(*row, strict=True)) for row in zip(values.tolist(), none.tolist(), strict=True))
        for values in (legs.seconds, legs.metres)
    )
    return Table(tuple(spots), seconds, metres, legs.warnings)


def directions(found: RoadMap, start: Spot, end: Spot) -> Directions | None:
    """Return the fastest way between two places, or None where there is none.

    Raises
    ------
    TravelError
        The map does not cover one of them.
    """
    at = _points((start, end))
    (way,) = found.ways(at.positions, at.names, [(0, 1)])
    if way is None:
        return None
    line = tuple((lat, lon) for lat, lon in way.points.tolist())
    return Directions(way.seconds, way.metres, line, way.steps, tuple(off_road(found, at)))
