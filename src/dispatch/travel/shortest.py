"""Fastest ways between points on roads: times and distances of all pairs, and the way itself of some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dispatch.travel.graph import metres_between
from dispatch.travel.network import Floats, Ints, Roads, joined, split
from dispatch.travel.snapping import Snapped

__all__ = ["Step", "Way", "costs", "on_classes", "ways"]

_CELLS = 1 << 24
"""Most distances held at once: 128 MiB."""
_SLOW = 4.0
"""Metres a second as the crow flies: few ways are slower."""


@dataclass(frozen=True)
class Step:
    """A part of a way on roads of one name: seconds and metres."""

    name: str
    seconds: float
    metres: float


@dataclass(frozen=True, eq=False)
class Way:
    """A way along roads: seconds, metres, the points it goes through in degrees, shape (n, 2), lat and lon, and its roads in order."""

    seconds: float
    metres: float
    points: Floats
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class _Ends:
    """How points get on and off edges.

    Parameters
    ----------
    point, edge
        A row for each point and each direction in which its stretch is driven.
    done, left
        What of the edge's cost lies before the point, and after it.
    """

    point: npt.NDArray[np.int64]
    edge: Ints
    done: Floats
    left: Floats

    @classmethod
    def of(cls, roads: Roads, at: Snapped) -> _Ends:
        edges = roads.edges_of[at.stretch]
        point, back = np.nonzero(edges >= 0)
        edge = edges[point, back]
        share = np.where(back == 1, 1 - at.share[point], at.share[point])
        seconds, metres = split(roads.cost[edge])
        done = joined(seconds * share, metres * share)
        return cls(point, edge, done, roads.cost[edge] - done)


def costs(roads: Roads, at: Snapped) -> Floats:
    """Return the costs of the fastest ways between all points, for `network.split`; infinite where there is none.

    Shape (n, n), row = from. A way begins and ends in either direction of a road that has two, whatever came before or comes after.
    """
    n = len(at.stretch)
    found = np.empty((n, n))
    if not n:
        return found
    ends = _Ends.of(roads, at)
    search = _with_starts(roads, ends, n)
    into, first, _ = _arrivals(roads, ends, n)
    rows = max(1, _CELLS // search.shape[0])
    for a in range(0, n, rows):
        some = np.arange(a, min(a + rows, n))
        to_states = dijkstra(search, indices=roads.states + some)
        found[some] = np.minimum.reduceat(to_states[:, into.state] + into.cost, first, axis=1)
    for a, b, direct in _same_edge(ends):
        found[a, b] = min(found[a, b], direct)
    np.fill_diagonal(found, 0.0)
    return found


def on_classes(roads: Roads, at: Snapped, classes: Sequence[str]) -> Floats:
    """Return the seconds that the fastest ways between all points take on roads of some classes.

    Shape (classes, n, n), row = from; 0 where there is no way.
    """
    n, width = len(at.stretch), roads.states + len(at.stretch)
    found = np.zeros((len(classes), n, n))
    if not n:
        return found
    ends = _Ends.of(roads, at)
    search = _with_starts(roads, ends, n)
    into, first, last = _arrivals(roads, ends, n)
    total = np.empty((n, n))
    wanted = np.array([roads.classes.index(c) if c in roads.classes else -1 for c in classes])[:, None]
    class_of = roads.road_class[roads.stretch]
    key, edge, seconds = _cheapest(roads, ends, width)
    part = np.where(class_of[edge] == wanted, seconds, 0.0)
    end = np.where(class_of[ends.edge] == wanted, split(ends.done)[0], 0.0)
    rows = max(1, _CELLS // width)
    for a in range(0, n, rows):
        some = np.arange(a, min(a + rows, n))
        to_states, before = dijkstra(search, indices=roads.states + some, return_predecessors=True)
        reached = to_states[:, into.state] + into.cost
        best = _least(reached, first, last)
        total[some] = np.take_along_axis(reached, best, axis=1)
        row, to = np.nonzero(np.isfinite(total[some]))
        found[:, a + row, to] = end[:, into.end[best[row, to]]]
        state = into.state[best[row, to]]
        while len(state):  # all ways at once, each a move further back
            came = before[row, state]
            found[:, a + row, to] += part[:, np.searchsorted(key, came.astype(np.int64) * width + state)]
            on = came < roads.states
            row, to, state = row[on], to[on], came[on]
    for i, j, direct in _same_edge(ends):
        if direct <= total[i, j]:
            total[i, j] = direct
            found[:, i, j] = np.where(roads.road_class[at.stretch[i]] == wanted[:, 0], split(np.array(direct))[0], 0.0)
    found[:, np.arange(n), np.arange(n)] = 0.0
    return found


def _cheapest(roads: Roads, ends: _Ends, width: int) -> tuple[npt.NDArray[np.int64], Ints, Floats]:
    """Return the moves that a search uses, those from points included: key (state by `width` plus state), edge, seconds; sorted by key."""
    start = np.concatenate((roads.moved_from, roads.states + ends.point)).astype(np.int64)
    key = start * width + np.concatenate((roads.moved_to, roads.reached[ends.edge]))
    edge = np.concatenate((roads.moved_over, ends.edge))
    cost = np.concatenate((roads.cost[roads.moved_over], ends.left))
    order = np.lexsort((cost, key))
    new = np.append(True, np.diff(key[order]) != 0)
    return key[order][new], edge[order][new], split(cost[order][new])[0]


def _least(reached: Floats, first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where in each row the least value from `first` to `last` is, shape (rows, points)."""
    best = np.broadcast_to(first, (len(reached), len(first)))
    for k in range(1, int((last - first).max(initial=1))):
        other = np.broadcast_to(np.minimum(first + k, last - 1), best.shape)
        best = np.where(np.take_along_axis(reached, other, 1) < np.take_along_axis(reached, best, 1), other, best)
    return best


def _with_starts(roads: Roads, ends: _Ends, n: int) -> csr_array:
    """Return the moves with a state for every point, beyond the others, from which its edges are left."""
    moves = roads.matrix
    counts = np.bincount(ends.point, minlength=n)
    start = np.concatenate((moves.indptr, moves.indptr[-1] + np.cumsum(counts))).astype(np.int32)
    to = np.concatenate((moves.indices, roads.reached[ends.edge])).astype(np.int32)
    cost = np.concatenate((moves.data, ends.left))
    return csr_array((cost, to, start), shape=(roads.states + n, roads.states + n))


@dataclass(frozen=True, eq=False)
class _Arrivals:
    """The states from which points are come to, over which row of the ends, and what it costs from there."""

    state: Ints
    end: npt.NDArray[np.int64]
    cost: Floats


def _arrivals(roads: Roads, ends: _Ends, n: int) -> tuple[_Arrivals, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the arrivals in order of points, at least one for each, and where in them those of each point begin and end."""
    order, begin = roads.moves_over
    counts = begin[ends.edge + 1] - begin[ends.edge]
    end = np.repeat(np.arange(len(ends.edge)), counts)
    within = np.arange(len(end)) - np.repeat(np.cumsum(counts) - counts, counts)
    state = roads.moved_from[order[begin[ends.edge][end] + within]]
    point = ends.point[end]
    bounds = np.searchsorted(point, np.arange(n + 1))
    return _Arrivals(state, end, ends.done[end]), bounds[:-1], bounds[1:]


def _same_edge(ends: _Ends) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of points with one after the other on one edge, and the cost from the first straight to the second."""
    order = np.lexsort((ends.done, ends.edge))
    edge, done, point = ends.edge[order], ends.done[order], ends.point[order]
    for group in np.split(np.arange(len(order)), np.flatnonzero(np.diff(edge)) + 1):
        for i, a in enumerate(group):
            for b in group[i + 1 :]:
                yield int(point[a]), int(point[b]), float(done[b] - done[a])
                if done[a] == done[b]:
                    yield int(point[b]), int(point[a]), 0.0


# ------------------------------------------------------------------------ ways


def ways(roads: Roads, at: Snapped, pairs: Sequence[tuple[int, int]]) -> list[Way | None]:
    """Return the fastest way of each pair of points, as `costs` has it; None where there is none."""
    n = len(at.stretch)
    ends = _Ends.of(roads, at)
    search = _with_starts(roads, ends, n)
    into, first, last = _arrivals(roads, ends, n)
    direct: dict[tuple[int, int], float] = {}
    for a, b, straight in _same_edge(ends):
        direct[a, b] = min(straight, direct.get((a, b), np.inf))
    found: dict[tuple[int, int], Way | None] = {}
    tracer = _Tracer(roads, at, ends, search)
    wanted: dict[int, dict[int, None]] = {}
    for a, b in pairs:
        wanted.setdefault(a, {})[b] = None
    for a, to in wanted.items():
        limit = _enough(at, a, list(to))
        cost, before = dijkstra(search, indices=roads.states + a, return_predecessors=True, limit=limit)
        if _dearest(cost, into, first, last, to) > limit:
            cost, before = dijkstra(search, indices=roads.states + a, return_predecessors=True)
        for b in to:
            options = slice(first[b], last[b])
            total = cost[into.state[options]] + into.cost[options]
            i = int(np.argmin(total)) if len(total) else -1
            whole = float(total[i]) if i >= 0 else np.inf
            straight = 0.0 if a == b else direct.get((a, b), np.inf)
            if straight <= whole and np.isfinite(straight):
                found[a, b] = tracer.straight(a, b, straight)
            else:
                over = None if not np.isfinite(whole) else tracer.edges(a, into.state[options][i], before)
                found[a, b] = None if over is None else tracer.way(over, into.end[options][i], whole)
    return [found[pair] for pair in pairs]


def _enough(at: Snapped, a: int, to: list[int]) -> float:
    """Return a cost within which the ways from a point to others most likely are."""
    far = metres_between(at.lat[a], at.lon[a], at.lat[to], at.lon[to]).max()
    return float(joined(300 + far / _SLOW, 0))


def _dearest(cost: Floats, into: _Arrivals, first: npt.NDArray[np.int64], last: npt.NDArray[np.int64], to: Iterable[int]) -> float:
    """Return the cost of the dearest of the ways found."""
    return max(float((cost[into.state[first[b] : last[b]]] + into.cost[first[b] : last[b]]).min()) for b in to)


@dataclass(frozen=True, eq=False)
class _Tracer:
    """Follows a search back to where it came from."""

    roads: Roads
    at: Snapped
    ends: _Ends
    search: csr_array

    def edges(self, a: int, state: int, before: Ints) -> list[int]:
        """Return the row of the ends where the way from point a begins, and then the edges up to a state."""
        path = [int(state)]
        while path[-1] < self.roads.states:
            path.append(int(before[path[-1]]))
        path.reverse()
        rows = np.flatnonzero((self.ends.point == a) & (self.roads.reached[self.ends.edge] == path[1]))
        return [int(rows[np.argmin(self.ends.left[rows])]), *(self._edge(u, v) for u, v in pairwise(path[1:]))]

    def _edge(self, u: int, v: int) -> int:
        """Return the cheapest edge of the moves from one state to another."""
        a, b = np.searchsorted(self.roads.moved_from, [u, u + 1])
        return int(self.roads.moved_over[a + np.searchsorted(self.roads.moved_to[a:b], v)])

    def straight(self, a: int, b: int, cost: float) -> Way:
        """Return the way between two points one after the other on one edge."""
        ends = self.ends
        rows = [(int(i), int(j)) for i in np.flatnonzero(ends.point == a) for j in np.flatnonzero(ends.point == b)]
        on_one = [(float(ends.done[j] - ends.done[i]), int(ends.edge[i])) for i, j in rows if ends.edge[i] == ends.edge[j]]
        edge = min((far, edge) for far, edge in on_one if far >= 0)[1]
        seconds, metres = (float(x) for x in split(np.array(cost)))
        step = Step(self._name(edge), seconds, metres)
        return Way(seconds, metres, self._piece(edge, a, b), (step,) if metres > 0 else ())

    def way(self, over: list[int], last: int, cost: float) -> Way:
        """Return the way that leaves by a row of the ends, drives edges, and arrives by another row."""
        first, edges = over[0], over[1:]
        a, b = int(self.ends.point[first]), int(self.ends.point[last])
        parts = [(int(self.ends.edge[first]), a, -1, float(self.ends.left[first]))]
        parts += [(edge, -1, -1, float(self.roads.cost[edge])) for edge in edges]
        parts += [(int(self.ends.edge[last]), -1, b, float(self.ends.done[last]))]
        points = np.vstack([self._piece(edge, start, end) for edge, start, end, _ in parts])
        moved = np.ones(len(points), bool)
        moved[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
        moved[-1] |= moved.sum() < 2
        seconds, metres = (float(x) for x in split(np.array(np.rint(cost))))
        return Way(seconds, metres, points[moved], tuple(self._steps((edge, cost) for edge, _, _, cost in parts)))

    def _name(self, edge: int) -> str:
        return self.roads.names[int(self.roads.name[self.roads.stretch[edge]])]

    def _steps(self, parts: Iterator[tuple[int, float]]) -> Iterator[Step]:
        """Yield the roads of a way, those of one name as one."""
        name, seconds, metres = None, 0.0, 0.0
        for edge, cost in parts:
            s, m = (float(x) for x in split(np.array(cost)))
            if name is not None and self._name(edge) != name:
                if metres > 0:
                    yield Step(name, seconds, metres)
                seconds = metres = 0.0
            name, seconds, metres = self._name(edge), seconds + s, metres + m
        if name is not None and metres > 0:
            yield Step(name, seconds, metres)

    def _piece(self, edge: int, start: int, end: int) -> Floats:
        """Return the points of an edge, from the point `start` on if it is not -1, and up to the point `end` if it is not."""
        roads, at = self.roads, self.at
        stretch = int(roads.stretch[edge])
        a, b = int(roads.first[stretch]), int(roads.first[stretch + 1])
        low, high = (end, start) if roads.back[edge] else (start, end)
        line = np.column_stack((roads.lat[a:b], roads.lon[a:b]))
        inner = slice(0 if low < 0 else int(at.segment[low]) + 1, b - a if high < 0 else int(at.segment[high]) + 1)
        here = [line[inner]]
        if low >= 0:
            here.insert(0, np.array([[at.lat[low], at.lon[low]]]))
        if high >= 0:
            here.append(np.array([[at.lat[high], at.lon[high]]]))
        found: Floats = np.vstack(here)
        return found[::-1] if roads.back[edge] else found
