"""Travel along the roads of an OpenStreetMap extract: built once, kept, and asked for times, distances and lines."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dispatch.errors import TravelError
from dispatch.model import PlanWarning, Profile, RoadTravel
from dispatch.travel import graph, network, osm, shortest
from dispatch.travel.codes import warning
from dispatch.travel.means import Means
from dispatch.travel.network import Floats, Roads
from dispatch.travel.points import UNREACHABLE, Legs, Points, some
from dispatch.travel.profiles import mode
from dispatch.travel.shortest import Way
from dispatch.travel.snapping import Snapped, Snapper
from dispatch.travel.tags import NOT_STOPPED_AT

__all__ = ["FAR", "RoadMap", "between", "legs", "lines", "off_road", "open_map"]

_log = logging.getLogger(__name__)

FAR = 500.0
"""Metres from a place to the nearest road that are worth a warning."""
_MARGIN = 0.01
"""Degrees beyond the outermost roads that a map still covers."""
_KEPT = "roads-3"
"""Names how kept files are made: a new number leaves those of before unread."""


@dataclass(frozen=True, eq=False)
class RoadMap:
    """The roads of an extract for one profile, ready to be asked. `name` is the file's."""

    name: str
    profile: Profile
    roads: Roads

    @cached_property
    def snapper(self) -> Snapper:
        """What finds the nearest roads."""
        return Snapper(self.roads)

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """South, west, north and east of the roads, degrees."""
        lat, lon = self.roads.lat, self.roads.lon
        return float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max())

    def snap(self, positions: npt.NDArray[np.float64], names: Sequence[str]) -> Snapped:
        """Return where on the roads positions (degrees, shape (n, 2), columns lat and lon) are.

        Raises
        ------
        TravelError
            The map does not cover some of them; names all of these.
        """
        south, west, north, east = self.extent
        lat, lon = positions[:, 0], positions[:, 1]
        inside = (lat > south - _MARGIN) & (lat < north + _MARGIN) & (lon > west - _MARGIN) & (lon < east + _MARGIN)
        if not inside.all():
            outside = [f"{names[i]} ({lat[i]:g}, {lon[i]:g})" for i in np.flatnonzero(~inside).tolist()]
            covered = f"lat {south:.3f} to {north:.3f}, lon {west:.3f} to {east:.3f}"
            told = f"The map {self.name!r} does not cover {some(outside)}; it covers {covered}."
            raise TravelError(f"{told} Use a larger extract, or correct the coordinates.")
        return self.snapper.nearest(positions)

    def ways(self, positions: npt.NDArray[np.float64], names: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[Way | None]:
        """Return the fastest way of each pair of positions; None where there is none.

        Raises
        ------
        TravelError
            As of `snap`.
        """
        return shortest.ways(self.roads, self.snap(positions, names), pairs)


def legs(travel: RoadTravel, at: Points, by: Means) -> Legs:
    """Return travel between all points along the roads of an extract, with a warning for every point far from them.

    Raises
    ------
    TravelError
        The extract cannot be used, or does not cover a point.
    """
    classes = sorted({s.road_class for s in travel.speeds if s.road_class is not None})
    return between(open_map(by.locate(travel.extract), travel.profile, by.cache), at, classes)


def between(found: RoadMap, at: Points, classes: Sequence[str] = ()) -> Legs:
    """Return travel between all points along the roads of a map, as `legs` does, and the part of it on roads of some classes."""
    snapped = found.snap(at.positions, at.names)
    costs = shortest.costs(found.roads, snapped)
    seconds, metres = (np.empty(costs.shape, np.int32) for _ in range(2))
    for i, row in enumerate(costs):  # row by row: the float temporaries of 10,000 places would take gigabytes
        there = np.isfinite(row)
        s, m = network.split(np.where(there, row, 0.0))
        seconds[i] = np.where(there, np.floor(s + 0.5), UNREACHABLE)
        metres[i] = np.where(there, np.floor(m + 0.5), 0)
    parts = shortest.on_classes(found.roads, snapped, classes) if classes else ()
    by_class = {c: np.minimum(np.floor(part + 0.5), seconds).astype(np.int32) for c, part in zip(classes, parts, strict=True)}
    return Legs(seconds, metres, tuple(_far(found.roads, at, snapped)), by_class)


def off_road(found: RoadMap, at: Points) -> Iterator[PlanWarning]:
    """Yield a warning for every point far from the roads of a map."""
    yield from _far(found.roads, at, found.snap(at.positions, at.names))


def lines(travel: RoadTravel, routes: Sequence[Floats], by: Means) -> list[Floats]:
    """Return the lines of routes along the roads, degrees, shape (m, 2); straight from a place to its road, and where there is no way.

    Parameters
    ----------
    routes
        The positions that each route goes through, degrees, shape (n, 2), columns lat and lon.

    Raises
    ------
    TravelError
        The extract cannot be used, or does not cover a position.
    """
    found = open_map(by.locate(travel.extract), travel.profile, by.cache)
    positions = np.vstack([np.zeros((0, 2)), *routes])
    ends = np.cumsum([len(route) for route in routes])
    legs_ = [(i, i + 1) for i in range(len(positions) - 1) if i + 1 not in ends]
    ways = dict(zip(legs_, found.ways(positions, [f"{lat:g}, {lon:g}" for lat, lon in positions.tolist()], legs_), strict=True))
    told = []
    for route, end in zip(routes, ends.tolist(), strict=True):
        pieces = [route[:1]]
        for i in range(end - len(route), end - 1):
            way = ways[i, i + 1]
            pieces += [positions[i + 1 : i + 2]] if way is None else [way.points, positions[i + 1 : i + 2]]
        line = np.vstack(pieces)
        moved = np.ones(len(line), bool)
        moved[1:] = (np.diff(line, axis=0) != 0).any(axis=1)
        told.append(line[moved] if moved.sum() > 1 else line)
    return told


def _far(roads: Roads, at: Points, snapped: Snapped) -> Iterator[PlanWarning]:
    for i in np.flatnonzero(snapped.metres > FAR).tolist():
        name = roads.names[roads.name[snapped.stretch[i]]]
        nearest = f", {name}" if name else ""
        message = f"From {at.names[i]} it is {snapped.metres[i]:,.0f} m to the nearest road of the map{nearest}; that way counts nothing."
        yield warning("PLACE_OFF_ROAD", at.pointers[i], message)


# -------------------------------------------------------------------- opening


def open_map(path: Path, profile: Profile = "car", cache: Path | None = None) -> RoadMap:
    """Return the roads of an extract, built when it is first asked for and kept in a file for the next time.

    Parameters
    ----------
    path
        A file of OpenStreetMap data: `.osm.pbf`, `.osm.gz`, `.osm.bz2` or `.osm`.
    cache
        Folder for what is kept where the folder of the extract is not to be written.

    Raises
    ------
    TravelError
        There is no such file, it is damaged or of another format, or has no roads.
    """
    try:
        at = path.resolve().stat()
    except OSError:
        raise osm.missing(path) from None
    return _opened(path, at.st_mtime_ns, at.st_size, profile, cache)


@lru_cache(maxsize=4)
def _opened(path: Path, changed: int, size: int, profile: Profile, cache: Path | None) -> RoadMap:  # noqa: ARG001
    osm.check_name(path)
    kept = _kept(path, profile, cache)
    roads = None if kept is None else network.load(kept)
    if roads is None:
        roads = _built(path, profile)
        if kept is not None:
            _keep(roads, kept)
    return RoadMap(path.name, profile, roads)


def _kept(path: Path, profile: Profile, cache: Path | None) -> Path | None:
    """Return the file that the roads of an extract, by its content, are kept in, or None where nothing may be written."""
    digest = blake2b(_KEPT.encode(), digest_size=8)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    folder = path.resolve().parent
    # Whoever may write everywhere still leaves a folder alone that nobody is to write to.
    if not (folder.stat().st_mode & 0o222 and os.access(folder, os.W_OK)):
        if cache is None:
            return None
        folder = cache / "maps"
    return folder / f"{path.name}.{profile}.{digest.hexdigest()}.roads.npz"


def _built(path: Path, profile: Profile) -> Roads:
    _log.info("Building the roads of %s for the profile %s; this is done once.", path.name, profile)

    def tell(words: str) -> None:
        _log.info("%s: %s", path.name, words)

    found = network.flatten(graph.build(osm.read(path, tell), mode(profile), tell))
    if all(c in NOT_STOPPED_AT for c in found.classes):
        raise TravelError(f"The map {path.name!r} has only ferries and motorways. Get an extract with all roads.")
    return found


def _keep(roads: Roads, kept: Path) -> None:
    """Keep roads in a file, in place of those of an earlier extract of this name; that it cannot be written is no fault of the roads."""
    extract, profile, *_ = kept.name.removesuffix(".roads.npz").rsplit(".", 2)
    try:
        network.save(roads, kept)
        for old in kept.parent.glob("*.roads.npz"):
            if old != kept and old.name.startswith(f"{extract}.{profile}."):
                old.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("The roads cannot be kept in %s and will be built anew: %s", kept, error)
