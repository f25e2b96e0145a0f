"""Where on the roads a place is: the nearest point of a road, not merely the nearest junction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from dispatch.travel.crow import EARTH_RADIUS_M
from dispatch.travel.graph import metres_between
from dispatch.travel.network import Floats, Ints, Roads
from dispatch.travel.tags import NOT_STOPPED_AT

__all__ = ["Snapped", "Snapper"]

_PIECE = 100.0
"""Metres: segments are looked up by the middles of pieces no longer than this."""


@dataclass(frozen=True, eq=False)
class Snapped:
    """Points on roads, one per place.

    Parameters
    ----------
    stretch, segment
        The stretch that each is on, and the number of the segment of it: from one of its points to the next.
    share
        How far along the stretch it is, by length, 0 to 1.
    lat, lon
        Degrees.
    metres
        From the place to the point.
    """

    stretch: Ints
    segment: Ints
    share: Floats
    lat: Floats
    lon: Floats
    metres: Floats


class Snapper:
    """Finds the nearest points on the roads it was made from, ferries and motorways left out: nobody stops there."""

    def __init__(self, roads: Roads) -> None:
        stopped_at = np.array([c not in NOT_STOPPED_AT for c in roads.classes], bool)[roads.road_class]
        points = np.diff(roads.first)
        owner = np.repeat(np.arange(len(points), dtype=np.int32), points)
        starts = np.flatnonzero((owner[:-1] == owner[1:]) & stopped_at[owner[:-1]])
        self._roads = roads
        self._owner = owner
        lengths = metres_between(roads.lat[:-1], roads.lon[:-1], roads.lat[1:], roads.lon[1:])
        lengths[owner[:-1] != owner[1:]] = 0.0
        along = np.concatenate(([0.0], np.cumsum(lengths)))
        self._along = along - along[roads.first[:-1]][owner]  # metres from the start of the stretch to each point
        pieces = np.maximum(np.ceil(lengths[starts] / _PIECE), 1).astype(np.int64)
        self._segment = np.repeat(starts, pieces)
        share = (np.arange(len(self._segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + 0.5) / np.repeat(pieces, pieces)
        lat = roads.lat[self._segment] + share * (roads.lat[self._segment + 1] - roads.lat[self._segment])
        lon = roads.lon[self._segment] + share * (roads.lon[self._segment + 1] - roads.lon[self._segment])
        self._tree = cKDTree(_in_space(lat, lon))

    def nearest(self, positions: npt.NDArray[np.float64]) -> Snapped:
        """Return the nearest point on a road for each position (degrees, shape (n, 2), columns lat and lon)."""
        n = len(positions)
        at = _in_space(positions[:, 0], positions[:, 1])
        middle, _ = self._tree.query(at)
        # The nearest point is no further than the nearest middle, and half a piece at the most from the middle of its own piece.
        near = self._tree.query_ball_point(at, middle * 1.001 + _PIECE / 2 + 1)
        place = np.repeat(np.arange(n), [len(found) for found in near])
        segment = self._segment[np.concatenate([np.array(found, np.int64) for found in near])] if n else np.zeros(0, np.int64)
        share, metres = self._onto(positions[place], segment)
        order = np.lexsort((segment, metres, place))
        best = order[np.searchsorted(place[order], np.arange(n))]
        return self._told(segment[best], share[best], metres[best])

    def _onto(self, positions: Floats, segment: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return the share of a segment at which it is nearest to a position, and the metres between; on a plane that touches there."""
        lat, lon = self._roads.lat, self._roads.lon
        narrow = np.cos(np.radians(positions[:, 0]))
        x0, y0 = (lon[segment] - positions[:, 1]) * narrow, lat[segment] - positions[:, 0]
        dx, dy = (lon[segment + 1] - lon[segment]) * narrow, lat[segment + 1] - lat[segment]
        square = dx * dx + dy * dy
        share = np.clip(-(x0 * dx + y0 * dy) / np.where(square > 0, square, 1.0), 0.0, 1.0)
        metres = np.hypot(x0 + share * dx, y0 + share * dy) * np.radians(EARTH_RADIUS_M)
        return share, metres

    def _told(self, segment: npt.NDArray[np.int64], share: Floats, metres: Floats) -> Snapped:
        roads = self._roads
        stretch = self._owner[segment]
        length = self._along[roads.first[stretch + 1] - 1]
        along = self._along[segment] + share * (self._along[segment + 1] - self._along[segment])
        return Snapped(
            stretch,
            (segment - roads.first[stretch]).astype(np.int32),
            np.where(length > 0, along / np.where(length > 0, length, 1.0), 0.0),
            roads.lat[segment] + share * (roads.lat[segment + 1] - roads.lat[segment]),
            roads.lon[segment] + share * (roads.lon[segment + 1] - roads.lon[segment]),
            metres,
        )


def _in_space(lat: Floats, lon: Floats) -> Floats:
    """Return positions in degrees as metres in three dimensions, where the shortest way is a straight line everywhere."""
    a, b = np.radians(lat), np.radians(lon)
    found: Floats = EARTH_RADIUS_M * np.column_stack((np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)))
    return found
