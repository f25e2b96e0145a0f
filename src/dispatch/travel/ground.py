"""Tables of travel as the crow flies with room for more places: a new one takes a row and a column, not all of them anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

from dispatch.model import CrowTravel, Place
from dispatch.travel import crow
from dispatch.travel.points import UNREACHABLE

_ROOM = 8
"""A table that is full grows by the eighth part of its rows."""


class Ground:
    """Tables with spare rows behind those of known positions.

    Matrices that grew from each other share the tables: rows are only ever added behind those that a matrix knows, and one that is not
    the latest to have grown grows into tables of its own.

    Parameters
    ----------
    seconds, metres
        Shape (rows, rows), row = from; spare rows are `UNREACHABLE`.
    vectors
        Of each known position, from the middle of the earth; shape (rows, 3).
    at
        The row of each position, degrees lat and lon.
    """

    def __init__(
        self,
        seconds: npt.NDArray[np.int32],
        metres: npt.NDArray[np.int32],
        vectors: npt.NDArray[np.float64],
        at: Mapping[tuple[float | None, float | None], int],
    ) -> None:
        self.seconds, self.metres, self.vectors, self.at = seconds, metres, vectors, at
        self._growing = Lock()
        self._grown = False

    @classmethod
    def of(cls, seconds: npt.NDArray[np.int32], metres: npt.NDArray[np.int32], rows: Mapping[Place, int]) -> Ground:
        """Return the ground of tables that have no room yet."""
        at = {(p.lat, p.lon): row for p, row in rows.items()}
        positions = np.zeros((len(seconds), 2))
        positions[list(at.values())] = np.array(list(at), np.float64).reshape(-1, 2)
        ground = cls(seconds, metres, crow.vectors(positions), at)
        ground._grown = True  # whose the tables are is not known
        return ground

    def with_places(self, rows: Mapping[Place, int], places: Sequence[Place], travel: CrowTravel) -> tuple[Ground, dict[Place, int]]:
        """Return the ground with places that have positions, and the row of every place."""
        at = dict(self.at)
        used = max(at.values(), default=-1) + 1
        found = {p: at.setdefault((p.lat, p.lon), len(at) + used - len(self.at)) for p in places}
        fresh = [position for position, row in at.items() if row >= used]
        if not fresh:
            return self, {**rows, **found}
        ground = self._roomier(len(fresh), used, at)
        for k, position in enumerate(fresh, used):
            ground.vectors[k] = crow.vectors(np.array([position], np.float64))[0]
            seconds, metres = crow.legs(ground.vectors[k], ground.vectors[:k], travel.speed_kmh, travel.detour)
            ground.seconds[k, :k] = ground.seconds[:k, k] = seconds
            ground.metres[k, :k] = ground.metres[:k, k] = metres
            ground.seconds[k, k] = ground.metres[k, k] = 0
        return ground, {**rows, **found}

    def _roomier(self, more: int, used: int, at: Mapping[tuple[float | None, float | None], int]) -> Ground:
        """Return ground with room for more positions: in the same tables, if there is room and nobody has taken it."""
        with self._growing:
            free, self._grown = not self._grown, True
        if free and used + more <= len(self.seconds):
            return Ground(self.seconds, self.metres, self.vectors, at)
        size = used + more + used // _ROOM + _ROOM
        seconds, metres = np.full((size, size), UNREACHABLE, np.int32), np.zeros((size, size), np.int32)
        vectors = np.zeros((size, 3))
        seconds[:used, :used], metres[:used, :used] = self.seconds[:used, :used], self.metres[:used, :used]
        vectors[:used] = self.vectors[:used]
        return Ground(seconds, metres, vectors, at)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Leave it behind where a matrix is sent elsewhere."""
        return type(None), ()
