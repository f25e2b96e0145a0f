"""Roads as flat arrays: what searches run on, and what is kept from one run to the next."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from dispatch.travel.turns import moves

__all__ = ["Roads", "flatten", "joined", "load", "save", "split"]

# A cost is a whole number: hundredths of a second times 2^27, plus tenths of a metre. One search then finds the fastest way, of
# equally fast ones the shortest, and both figures to the digit: 64-bit floats hold such sums exactly up to 186 hours and 13,000 km.
_SHIFT = float(2**27)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Roads:
    """The drivable roads of one extract for one profile.

    Parameters
    ----------
    junction
        OpenStreetMap ids of the junctions, in an order in which neighbours are near each other.
    part
        Of each junction, the strongly connected part: 0 is the largest.
    tail, head, stretch, back, cost
        Of each edge (a stretch in one direction): junctions, stretch, whether it goes against the stretch, cost.
    first, lat, lon
        The points of stretch i are `first[i]` to `first[i + 1]` of `lat` and `lon`, degrees.
    way, name, road_class
        Of each stretch: its OpenStreetMap id, and positions in `names` and `classes`.
    reached
        Of each edge, the state that it leads to: a junction, or beyond the junctions one that remembers what was driven.
    moved_from, moved_over, moved_to
        The moves: state, edge, state; sorted by states, then cost.
    names, classes
        Names of roads, and road classes.
    counts
        What was read and left out.
    """

    junction: npt.NDArray[np.int64]
    part: Ints
    tail: Ints
    head: Ints
    stretch: Ints
    back: npt.NDArray[np.bool_]
    cost: Floats
    first: Ints
    lat: Floats
    lon: Floats
    way: npt.NDArray[np.int64]
    name: Ints
    road_class: Ints
    reached: Ints
    moved_from: Ints
    moved_over: Ints
    moved_to: Ints
    names: tuple[str, ...]
    classes: tuple[str, ...]
    counts: Mapping[str, int]

    @cached_property
    def states(self) -> int:
        """How many states there are, junctions included."""
        return max(len(self.junction), *(int(a.max(initial=-1)) + 1 for a in (self.moved_from, self.moved_to, self.reached)))

    @cached_property
    def matrix(self) -> csr_array:
        """The cheapest move from state to state, shape (states, states)."""
        new = np.ones(len(self.moved_from), bool)
        new[1:] = (np.diff(self.moved_from) != 0) | (np.diff(self.moved_to) != 0)
        over = self.moved_over[new]
        start = np.searchsorted(self.moved_from[new], np.arange(self.states + 1)).astype(np.int32)
        return csr_array((self.cost[over], self.moved_to[new], start), shape=(self.states, self.states))

    @cached_property
    def edges_of(self) -> Ints:
        """Of each stretch the edge along it and the edge against it, shape (stretches, 2); -1 where it is not driven."""
        found = np.full((len(self.way), 2), -1, np.int32)
        found[self.stretch, self.back.astype(np.int32)] = np.arange(len(self.stretch), dtype=np.int32)
        return found

    @cached_property
    def moves_over(self) -> tuple[Ints, Ints]:
        """The moves by edge: positions of moves sorted by edge, and where in them each edge begins, length edges + 1."""
        order = np.argsort(self.moved_over, kind="stable").astype(np.int32)
        return order, np.searchsorted(self.moved_over[order], np.arange(len(self.tail) + 1)).astype(np.int32)


def split(cost: Floats) -> tuple[Floats, Floats]:
    """Return the seconds and metres of costs."""
    hundredths = np.floor(cost / _SHIFT)
    return hundredths / 100, (cost - hundredths * _SHIFT) / 10


def joined(seconds: npt.ArrayLike, metres: npt.ArrayLike) -> Floats:
    """Return the cost of seconds and metres."""
    found: Floats = np.rint(100 * np.asarray(seconds, np.float64)) * _SHIFT + np.rint(10 * np.asarray(metres, np.float64))
    return found


def _near_order(lat: Floats, lon: Floats) -> npt.NDArray[np.int64]:
    """Return an order in which neighbours on the ground are near each other (Morton 1966): searches then miss the cache less."""
    keys = np.zeros(len(lat), np.uint64)
    for shift, axis in ((0, lat), (1, lon)):
        width = float(np.ptp(axis)) or 1.0
        cell = ((axis - axis.min(initial=np.inf)) / width * 65535).astype(np.uint64) if len(axis) else keys
        for bit in range(16):
            keys |= ((cell >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + shift)
    return np.argsort(keys, kind="stable")


def flatten(graph: nx.MultiDiGraph) -> Roads:
    """Return a graph of `graph.build` as arrays."""
    nodes = np.fromiter(graph.nodes, np.int64, len(graph))
    order = _near_order(*(np.fromiter((d[k] for _, d in graph.nodes(data=True)), np.float64, len(graph)) for k in ("lat", "lon")))
    nodes = nodes[order]
    index = {node: i for i, node in enumerate(nodes.tolist())}
    edges = sorted(
        (index[u], index[v], d["seconds"], d["metres"], k, d["stretch"], d["back"], d["core"])
        for u, v, k, d in graph.edges(keys=True, data=True)
    )
    tail, head, seconds, metres, keys, stretch, back, core = ([e[i] for e in edges] for i in range(8))
    kept = sorted(set(stretch))
    renumbered = {old: new for new, old in enumerate(kept)}
    stretches = [graph.graph["stretches"][i] for i in kept]
    positions = graph.graph["positions"]
    points = np.array([positions[n] for s in stretches for n in s.nodes], np.float64).reshape(-1, 2)
    names = sorted({s.name for s in stretches})
    classes = sorted({s.road_class for s in stretches})
    cost = joined(seconds, metres)
    flat = _Flat(tail, head, dict(zip(keys, range(len(keys)), strict=True)))
    reached, moved = _no_through(*flat.moves(graph.graph["forbidden"], len(nodes)), np.array(core, bool))
    moved = moved[np.lexsort((cost[moved[:, 1]], moved[:, 2], moved[:, 0]))]
    return Roads(
        junction=nodes,
        part=np.array([graph.nodes[n]["part"] for n in nodes.tolist()], np.int32),
        tail=np.array(tail, np.int32),
        head=np.array(head, np.int32),
        stretch=np.array([renumbered[i] for i in stretch], np.int32),
        back=np.array(back, bool),
        cost=cost,
        first=np.cumsum([0, *(len(s.nodes) for s in stretches)]).astype(np.int32),
        lat=np.ascontiguousarray(points[:, 0]),
        lon=np.ascontiguousarray(points[:, 1]),
        way=np.array([s.way for s in stretches], np.int64),
        name=_positions(names, [s.name for s in stretches]),
        road_class=_positions(classes, [s.road_class for s in stretches]),
        reached=reached,
        moved_from=np.ascontiguousarray(moved[:, 0]),
        moved_over=np.ascontiguousarray(moved[:, 1]),
        moved_to=np.ascontiguousarray(moved[:, 2]),
        names=tuple(names),
        classes=tuple(classes),
        counts=graph.graph["counts"],
    )


def _positions(known: list[str], words: list[str]) -> Ints:
    number = {word: i for i, word in enumerate(known)}
    return np.array([number[w] for w in words], np.int32)


@dataclass(frozen=True)
class _Flat:
    """Edges by their new numbers."""

    tail: list[int]
    head: list[int]
    by_key: Mapping[int, int]

    def moves(self, forbidden: list[tuple[int, ...]], junctions: int) -> tuple[Ints, Ints]:
        """Return the state that each edge leads to, and all moves: state, edge, state."""
        paths = [tuple(self.by_key[k] for k in path) for path in forbidden]
        leaving: dict[int, list[int]] = {}
        heads: dict[int, int] = {}
        if paths:
            heads = dict(enumerate(self.head))
            for edge, tail in enumerate(self.tail):
                leaving.setdefault(tail, []).append(edge)
        states, found = moves(paths, heads, leaving)
        reached = np.array(self.head, np.int32)
        for i, state in enumerate(states):
            if len(state) == 1:
                reached[state[0]] = junctions + i
        plain = np.column_stack((self.tail, np.arange(len(self.tail)), reached)).astype(np.int32).reshape(-1, 3)
        kept = [(junctions + i, edge, reached[edge] if to is None else junctions + to) for i, edge, to in found]
        return reached, np.vstack((plain, np.array(kept, np.int32).reshape(-1, 3)))


def _no_through(reached: Ints, moved: Ints, core: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Keep through traffic to the core: return the state that each edge leads to, and all moves.

    A state on other roads is there three times: as it is, for who comes from the core; for who set out there and has not
    been on the core yet; and for who has come from the core and may not go back there.
    """
    over, to = core[moved[:, 1]], moved[:, 2]
    outside = np.unique(np.concatenate((reached[~core], to[~over])))
    states = 1 + max(int(reached.max(initial=-1)), int(moved[:, [0, 2]].max(initial=-1)))
    number = np.full(states, -1, np.int32)
    number[outside] = np.arange(len(outside), dtype=np.int32)
    before, after = states + number, states + len(outside) + number
    here = number[moved[:, 0]] >= 0

    def moves_(kept: npt.NDArray[np.bool_], start: Ints, end: Ints) -> Ints:
        found: Ints = np.column_stack((start[kept], moved[kept, 1], end[kept])).astype(np.int32)
        return found

    return np.where(core, reached, before[reached]).astype(np.int32), np.vstack(
        (
            moves_(over, moved[:, 0], to),
            moves_(~over, moved[:, 0], after[to]),
            moves_(here & ~over, before[moved[:, 0]], before[to]),
            moves_(here & over, before[moved[:, 0]], to),
            moves_(here & ~over, after[moved[:, 0]], after[to]),
        )
    )


# ---------------------------------------------------------------------- files

_WORDS = ("names", "classes", "counts")


def save(roads: Roads, path: Path) -> None:
    """Keep roads in a file, written as a whole: whoever reads it sees all of it or none.

    Raises
    ------
    OSError
        It cannot be written.
    """
    words = json.dumps({"names": roads.names, "classes": roads.classes, "counts": dict(roads.counts)}).encode()
    arrays = {f.name: getattr(roads, f.name) for f in fields(roads) if f.name not in _WORDS}
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside.open("wb") as file:
            np.savez(file, words=np.frombuffer(words, np.uint8), **arrays)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: Path) -> Roads | None:
    """Return the roads of a file, or None where there is none that can be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            words = json.loads(kept["words"].tobytes())
            arrays = {f.name: kept[f.name] for f in fields(Roads) if f.name not in _WORDS}
        return Roads(**arrays, names=tuple(words["names"]), classes=tuple(words["classes"]), counts=words["counts"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None
