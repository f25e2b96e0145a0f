"""Restrictions of turns as sequences of roads that may not be driven, and the states that keep a search from driving them.

A junction is one node of the search, until a restriction makes what may follow depend on what came before. Then the junction is
split: for each beginning of a forbidden sequence there is a state, "here, having come that way", and the moves from one state to the
next are those of an automaton that looks for the sequences (Aho, Corasick 1975, doi 10.1145/360825.360855).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import networkx as nx

from dispatch.travel.osm import Restriction
from dispatch.travel.profiles import Mode

__all__ = ["Path", "forbidden", "moves"]

Path = tuple[int, ...]
"""Keys of edges driven one after the other."""

_LONGEST = 12
"""Most edges that the ways between a restriction's first and last one may have."""


def forbidden(graph: nx.MultiDiGraph, restrictions: Sequence[Restriction], mode: Mode) -> tuple[list[Path], int]:
    """Return the sequences of edges that restrictions forbid, and how many restrictions say nothing about this graph.

    Turning round right after, to come back to a junction and do after all what is forbidden, is forbidden too, unless it is in a dead end.
    """
    found: dict[Path, None] = {}
    unread = 0
    for r in restrictions:
        if mode.walks or r.excepted & {*mode.access, "motorcar" if mode.name == "van" else mode.name}:
            continue
        paths = list(_of(graph, r))
        unread += not paths
        found.update(dict.fromkeys(paths))
    ends = {key: (tail, head) for tail, head, key in graph.edges(keys=True)}
    for path in list(found):
        found.update(dict.fromkeys(_turning_round(graph, path, ends, found)))
    return list(found), unread


def _of(graph: nx.MultiDiGraph, r: Restriction) -> Iterator[Path]:
    """Yield what one restriction forbids."""
    for first in _edges_of(graph, r.from_way, r.via_node):
        for between, junction in _between(graph, first, r):
            leaving = [(key, data) for _, _, key, data in graph.out_edges(junction, keys=True, data=True)]
            there = [key for key, data in leaving if _way(graph, data) == r.to_way]
            if r.to_way == r.from_way and not between:  # of one way the turn is round, and never straight on
                there = [key for key in there if key == first[2] ^ 1]
            if r.only:
                yield from ((first[2], *between, key) for key, _ in leaving if there and key not in there)
            else:
                yield from ((first[2], *between, key) for key in there if r.to_way == r.from_way or key != first[2] ^ 1)


def _way(graph: nx.MultiDiGraph, data: Mapping[str, Any]) -> int:
    way: int = graph.graph["stretches"][data["stretch"]].way
    return way


def _edges_of(graph: nx.MultiDiGraph, way: int, head: int | None) -> Iterator[tuple[int, int, int]]:
    """Yield the edges of a way that lead to a node, or to any."""
    if head is not None:
        if head in graph:
            yield from ((u, v, k) for u, v, k, d in graph.in_edges(head, keys=True, data=True) if _way(graph, d) == way)
        return
    if "by_way" not in graph.graph:
        by_way: dict[int, list[tuple[int, int, int]]] = {}
        for u, v, k, d in graph.edges(keys=True, data=True):
            by_way.setdefault(_way(graph, d), []).append((u, v, k))
        graph.graph["by_way"] = by_way
    yield from graph.graph["by_way"].get(way, [])


def _between(graph: nx.MultiDiGraph, first: tuple[int, int, int], r: Restriction) -> Iterator[tuple[Path, int]]:
    """Yield the edges from the first way to the last one, and the junction where the last one begins."""
    if r.via_node is not None:
        yield (), first[1]
        return
    waiting: list[tuple[Path, int, int, frozenset[int]]] = [((), first[1], 0, frozenset(first[:2]))]
    while waiting:
        path, junction, done, seen = waiting.pop()
        out = list(graph.out_edges(junction, keys=True, data=True))
        if done == len(r.via_ways) and path and any(_way(graph, d) == r.to_way for *_, d in out):
            yield path, junction
            continue
        for _, head, key, data in out:
            if head in seen or len(path) == _LONGEST:
                continue
            way = _way(graph, data)
            if done < len(r.via_ways) and way == r.via_ways[done]:
                waiting.append(((*path, key), head, done + 1, seen | {head}))
            elif done and way == r.via_ways[done - 1]:
                waiting.append(((*path, key), head, done, seen | {head}))


def _turning_round(graph: nx.MultiDiGraph, path: Path, ends: Mapping[int, tuple[int, int]], found: Mapping[Path, None]) -> Iterator[Path]:
    """Yield what else a forbidden turn forbids: to turn round up to the next junction where there is a choice of ways on."""
    last = path[-2]
    for _, _, key in graph.out_edges(ends[last][1], keys=True):
        if key in (path[-1], last ^ 1) or (last, key) in found:
            continue
        driven: Path = (last, key)
        while len(driven) < _LONGEST:
            back = driven[-1] ^ 1
            onward = [k for _, _, k in graph.out_edges(ends[driven[-1]][1], keys=True) if k != back]
            if onward and back in ends:
                yield (*driven, back)
            if len(onward) != 1 or onward[0] in driven:
                break
            driven = (*driven, onward[0])


# -------------------------------------------------------------------- states


def moves(
    paths: Iterable[Path], heads: Mapping[int, int], leaving: Mapping[int, Sequence[int]]
) -> tuple[list[Path], list[tuple[int, int, int | None]]]:
    """Return the states that forbidden sequences need besides the junctions, and the moves out of these states.

    Parameters
    ----------
    heads
        The junction that each edge leads to.
    leaving
        The edges that leave each junction.

    Returns
    -------
    states
        What was driven to be in the state.
    moves
        Positions of the state, the edge driven, and the position of the state that follows; None is the junction itself.
    """
    banned = set(paths)
    states = sorted({path[:n] for path in banned for n in range(1, len(path))})
    number = {state: i for i, state in enumerate(states)}
    found: list[tuple[int, int, int | None]] = []
    for i, state in enumerate(states):
        for edge in leaving[heads[state[-1]]]:
            driven = (*state, edge)
            endings = [driven[n:] for n in range(len(driven))]
            if not banned.intersection(endings):
                found.append((i, edge, next((number[e] for e in endings if e in number), None)))
    return states, found
