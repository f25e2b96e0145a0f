"""From the words of an extract to a graph that can be driven: junctions, and the stretches of road between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import numpy.typing as npt

from dispatch.errors import TravelError
from dispatch.travel import tags
from dispatch.travel.crow import EARTH_RADIUS_M
from dispatch.travel.osm import BuiltUp, Extract, Position, Tell, Way
from dispatch.travel.profiles import Mode
from dispatch.travel.tags import FERRY
from dispatch.travel.turns import forbidden

__all__ = ["Stretch", "build", "metres_between"]

SPECK = 3000.0
"""Metres of road, both directions counted: a part cut off from all others that has less is rather an error of the map than an island."""
JUNCTION_SECONDS = 0.4
"""What passing a junction takes on average: turning, looking, giving way."""


@dataclass(frozen=True)
class Stretch:
    """A road between two junctions: the ids of its way and of its nodes in order, and the tags that matter later.

    A stretch that ends at a barrier ends in a node of its own, with a negative id.
    """

    way: int
    name: str
    road_class: str
    nodes: tuple[int, ...]


@dataclass(frozen=True)
class _Used:
    """A way that this mode uses, with its known nodes in runs, and the seconds that a ferry takes."""

    way: Way
    drive: tags.Drive
    runs: list[list[int]]
    ferry: int | None


def build(extract: Extract, mode: Mode, tell: Tell = lambda _: None) -> nx.MultiDiGraph:
    """Return the graph of all roads that can be driven both there and back.

    Nodes are ids of OpenStreetMap, with `lat`, `lon` and `part`: 0 in the largest strongly connected part. Edges, keyed by a number
    that no other edge has, carry `seconds`, `metres`, `stretch` (a position in `graph.graph["stretches"]`), `back`: whether they go
    against it, and `core`: whether one may pass through. `graph.graph` also has `positions` of all nodes, `forbidden` (sequences of edge
    keys that no vehicle may drive, from restrictions of turns) and `counts` of what was read and left out.

    Raises
    ------
    TravelError
        Nothing in the extract can be driven.
    """
    counts: Counter[str] = Counter(restrictions_unread=extract.unread)
    used = list(_used(extract, mode, counts))
    graph = _joined(extract, mode, used, counts)
    tell(f"{graph.number_of_nodes():,} junctions, {graph.number_of_edges():,} roads in one direction")
    _keep_parts(graph, counts)
    if not graph.number_of_edges():
        raise TravelError(f"No road of this map can be used by {mode.name} both there and back. Use a larger extract.")
    paths, unread = forbidden(graph, extract.restrictions, mode)
    graph.graph["forbidden"] = paths
    _find_core(graph)
    counts["restrictions"] = len(extract.restrictions) - unread
    counts["restrictions_unread"] += unread
    graph.graph["counts"] = dict(counts)
    return graph


# --------------------------------------------------------------------- ways


def _used(extract: Extract, mode: Mode, counts: Counter[str]) -> Iterator[_Used]:
    """Yield the ways that this mode uses, counting what is left out."""
    for way in extract.ways:
        drive = tags.drive(way.tags, mode)
        if drive is None:
            counts["ways_closed"] += 1
            continue
        runs, missing = _runs(way, extract.nodes)
        counts["nodes_missing"] += missing
        if extract.places and runs and _is_urban(extract.nodes[runs[0][len(runs[0]) // 2]], extract.places):
            drive = tags.drive(way.tags, mode, urban=True) or drive
        counts["speeds_unread"] += bool(drive.unread)
        if not runs:
            counts["ways_without_length"] += 1
            continue
        counts["ways"] += 1
        yield _Used(way, drive, runs, tags.ferry_seconds(way.tags) if drive.road_class == "ferry" else None)


def _runs(way: Way, nodes: dict[int, Position]) -> tuple[list[list[int]], int]:
    """Return the known nodes of a way in runs of two or more, the next never where the last one is, and how many are not known."""
    runs: list[list[int]] = [[]]
    missing = 0
    for node in way.nodes:
        if node not in nodes:
            missing += 1
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != node:
            runs[-1].append(node)
    return [run for run in runs if len(run) > 1 and len({nodes[n] for n in run}) > 1], missing


def _is_urban(at: Position, places: Sequence[BuiltUp]) -> bool:
    narrow = np.cos(np.radians(at[0]))
    return any(
        abs(at[0] - p.lat) * 111_195 < p.metres and np.hypot(at[0] - p.lat, (at[1] - p.lon) * narrow) * 111_195 < p.metres for p in places
    )


# -------------------------------------------------------------------- joining


def _joined(extract: Extract, mode: Mode, used: list[_Used], counts: Counter[str]) -> nx.MultiDiGraph:
    positions = dict(extract.nodes)
    blocked = {n for n, found in extract.node_tags.items() if tags.blocks(found, mode)}
    signals = {n: tags.signal_seconds(found, mode) for n, found in extract.node_tags.items()}
    uses = Counter(n for u in used for run in u.runs for n in run)
    uses.update(end for u in used for run in u.runs for end in (run[0], run[-1]))
    via = {r.via_node for r in extract.restrictions}
    stretches: list[Stretch] = []
    owners: list[_Used] = []
    for u in used:
        for run in u.runs:
            for nodes in _cut(run, uses, blocked, via, positions):
                counts["barriers"] += nodes[-1] < 0
                stretches.append(Stretch(u.way.id, _name(u.way), u.drive.road_class, nodes))
                owners.append(u)
    metres = _lengths([[positions[n] for n in s.nodes] for s in stretches])
    of_way: Counter[int] = Counter()
    for s, length in zip(stretches, metres.tolist(), strict=True):
        of_way[s.way] += length
    graph = nx.MultiDiGraph(stretches=stretches, positions=positions)
    for i, (s, u, length) in enumerate(zip(stretches, owners, metres.tolist(), strict=True)):
        _add(graph, i, s, u, length, of_way[s.way], signals)
    for node, found in graph.nodes.items():
        found["lat"], found["lon"] = positions[node]
    return graph


def _name(way: Way) -> str:
    return way.tags.get("name") or way.tags.get("ref") or ""


def _cut(
    run: list[int], uses: Counter[int], blocked: set[int], via: set[int | None], positions: dict[int, Position]
) -> Iterator[tuple[int, ...]]:
    """Yield the stretches of a run, cut at junctions; nobody gets past a blocked node, so its ends there are no junction."""

    def ending(node: int) -> int:
        if node not in blocked:
            return node
        apart = -len(positions)
        positions[apart] = positions[node]
        return apart

    begun = [ending(run[0])]
    for node in run[1:]:
        if uses[node] < 2 and node not in blocked and node not in via:
            begun.append(node)
            continue
        yield (*begun, ending(node))
        begun = [ending(node)]


def _add(
    graph: nx.MultiDiGraph,
    number: int,
    stretch: Stretch,
    used: _Used,
    metres: float,
    of_way: float,
    signals: dict[int, tuple[float, float]],
) -> None:
    """Add a stretch in the directions in which it is used."""
    nodes = stretch.nodes
    for back, speed in ((False, used.drive.forward), (True, used.drive.backward)):
        if not speed:
            continue
        seconds = metres * 3.6 / speed if used.ferry is None or not of_way else used.ferry * metres / of_way
        if used.drive.road_class != FERRY:
            seconds += JUNCTION_SECONDS
        # A signal is waited for where it is come to, and not where it is left.
        seconds += sum(signals[n][back] for n in (nodes[:-1] if back else nodes[1:]) if n in signals)
        tail, head = (nodes[-1], nodes[0]) if back else (nodes[0], nodes[-1])
        graph.add_edge(
            tail,
            head,
            key=2 * number + back,
            seconds=round(seconds, 2),
            metres=round(metres, 1),
            stretch=number,
            back=back,
            through=used.drive.through,
        )


def metres_between(lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return metres along great circles between positions in degrees."""
    a, b, c, d = (np.radians(np.asarray(x, np.float64)) for x in (lat1, lon1, lat2, lon2))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    found: npt.NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return found


def _lengths(lines: list[list[Position]]) -> npt.NDArray[np.float64]:
    """Return the metres of lines, each of two positions or more."""
    if not lines:
        return np.zeros(0)
    flat = np.array([p for line in lines for p in line])
    steps = metres_between(flat[:-1, 0], flat[:-1, 1], flat[1:, 0], flat[1:, 1])
    first = np.cumsum([0, *(len(line) for line in lines[:-1])])
    steps[first[1:] - 1] = 0.0  # from the end of one line to the start of the next
    return np.add.reduceat(np.append(steps, 0.0), first)


# --------------------------------------------------------------------- parts


def _keep_parts(graph: nx.MultiDiGraph, counts: Counter[str]) -> None:
    """Give numbers to the connected parts by metres of road, the largest first; leave out specks, and what leads from part to part."""
    parts = {node: i for i, found in enumerate(nx.strongly_connected_components(graph)) for node in found}
    metres: Counter[int] = Counter()
    for tail, head, data in graph.edges(data=True):
        if parts[tail] == parts[head] and graph.graph["stretches"][data["stretch"]].road_class != FERRY:
            metres[parts[tail]] += data["metres"]
    ranks = {part: rank for rank, (part, length) in enumerate(metres.most_common()) if rank == 0 or length >= SPECK}
    gone = [(u, v, k) for u, v, k in graph.edges(keys=True) if parts[u] != parts[v] or parts[u] not in ranks]
    counts["metres_left_out"] = round(sum(graph.edges[edge]["metres"] for edge in gone))
    graph.remove_edges_from(gone)
    graph.remove_nodes_from([n for n in parts if parts[n] not in ranks])
    for node, found in graph.nodes.items():
        found["part"] = ranks[parts[node]]
    counts["parts"] = len(ranks)


def _find_core(graph: nx.MultiDiGraph) -> None:
    """Say of each edge whether it is in the `core`: of the roads of its part that one may pass through, those connected there and back.

    All others are only driven to get to a place on them, or from there. Streets behind a road for residents are among them though nothing
    is said of these, for nobody can pass through there.
    """
    if all(through for _, _, through in graph.edges(data="through")):
        nx.set_edge_attributes(graph, True, "core")
        return
    free = nx.DiGraph()
    free.add_edges_from((u, v) for u, v, through in graph.edges(data="through") if through)
    group = {node: i for i, found in enumerate(nx.strongly_connected_components(free)) for node in found}
    metres: Counter[tuple[int, int]] = Counter()
    for u, v, data in graph.edges(data=True):
        if data["through"] and group[u] == group[v]:
            metres[graph.nodes[u]["part"], group[u]] += data["metres"]
    cores: dict[int, int] = {}
    for (part, found), _ in metres.most_common():
        cores.setdefault(part, found)
    for u, v, data in graph.edges(data=True):
        core = cores.get(graph.nodes[u]["part"])
        data["core"] = data["through"] and core is not None and group[u] == group[v] == core
