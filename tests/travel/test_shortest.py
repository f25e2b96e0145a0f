"""Fastest ways in the made-up town, worked out by hand, and on random maps against networkx."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.travel import graph, network, osm, shortest
from dispatch.travel.network import Roads
from dispatch.travel.profiles import mode
from dispatch.travel.road import RoadMap
from tests.travel.town import PLACES, TOWN, at, road_map, roads, written

# A block is 500.4 m; passing a junction takes 0.4 s. Four fifths of a limit are driven.
HIGH = 50.44  # 45 km/h: 10 m/s
MILL = 45.43  # no limit, tertiary: 40 km/h
BRIDGE = 112.33  # two blocks, 25 mph
STREET = 72.45  # no limit, residential: 25 km/h
RING = 45.43  # BR:urban
FOOT = 375.68  # maxspeed=walk


def between(found: RoadMap, *corners: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds and metres between places, infinite where there is no way."""
    snapped = found.snap(np.array(corners), [""] * len(corners))
    costs = shortest.costs(found.roads, snapped)
    none = ~np.isfinite(costs)
    seconds, metres = network.split(np.where(none, 0.0, costs))
    return np.where(none, np.inf, seconds), np.where(none, np.inf, metres)


@pytest.fixture(scope="module")
def town() -> RoadMap:
    return road_map(TOWN)


@pytest.mark.parametrize(
    ("start", "end", "seconds", "blocks"),
    [
        ("High Street", "High Street east", HIGH, 1),
        ("Mill Lane", "High Street", 1.5 * MILL + BRIDGE + 1.5 * HIGH, 5),  # over the one bridge
        ("High Street east", "North Street", HIGH / 2 + STREET / 2, 1),  # a right turn is allowed
        ("North Street", "High Street east", STREET / 2 + RING + STREET + HIGH / 2, 3),  # and against the one-way it is not driven
        ("High Street", "Park Street", 1.5 * HIGH + STREET + RING + STREET / 2, 4),  # around, as the left turn is not allowed
        ("Park Street", "High Street", 1.5 * STREET + HIGH / 2, 2),  # Station Street is one-way to the south
        ("High Street", "North Street", 1.5 * HIGH + 2 * STREET + HIGH + STREET / 2, 5),  # turning round at J, not at C right after
        ("Mill Lane", "Foot Lane", MILL / 2 + FOOT / 2, 1),
    ],
)
def test_a_way_takes_the_time_worked_out_by_hand(town: RoadMap, start: str, end: str, seconds: float, blocks: float) -> None:
    found = between(town, PLACES[start], PLACES[end])
    assert (found[0][0, 1], found[1][0, 1]) == (pytest.approx(seconds, abs=0.03), pytest.approx(500.4 * blocks, abs=0.2))


def test_there_is_no_way_to_the_island_nor_back(town: RoadMap) -> None:
    seconds, metres = between(town, PLACES["Mill Lane"], PLACES["Island Road"])
    assert seconds.tolist() == metres.tolist() == [[0, np.inf], [np.inf, 0]]


def test_on_one_street_it_is_straight_from_door_to_door(town: RoadMap) -> None:
    seconds, _ = between(town, at(0.2, 0), at(0.7, 0))
    assert seconds.tolist() == [[0, pytest.approx(MILL / 2, abs=0.02)], [pytest.approx(MILL / 2, abs=0.02), 0]]


def test_back_on_a_one_way_street_is_around_the_block(town: RoadMap) -> None:
    seconds, _ = between(town, at(1, 2.2), at(1, 2.7))
    around = STREET / 2 + RING + STREET + HIGH  # from H by J and C back to B
    assert seconds[0, 1] == pytest.approx(STREET / 2, abs=0.02)
    assert seconds[1, 0] == pytest.approx(around, abs=0.02)


def test_walking_takes_the_footbridge_both_ways_on_one_ways_and_no_notice_of_turns() -> None:
    found = road_map(TOWN, "walk")
    seconds, metres = between(found, PLACES["Mill Lane"], PLACES["High Street"], PLACES["North Street"])
    assert metres[0, 1] == pytest.approx(3 * 500.4, abs=0.3)  # half a block, two over the water, half a block
    assert seconds[0, 1] == pytest.approx(3 * 500.4 * 3.6 / 5 + 2, abs=2)
    assert metres[1, 2] == metres[2, 1] == pytest.approx(500.4, abs=0.2)


def test_the_way_itself_has_the_time_the_corners_and_the_streets(town: RoadMap) -> None:
    (way,) = town.ways(np.array([PLACES["Mill Lane"], PLACES["High Street"]]), ["", ""], [(0, 1)])
    assert way is not None
    assert [way.seconds, way.metres] == pytest.approx([256.13, 2502.0])
    corners = [(0.5, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0.5, 2)]
    assert way.points == pytest.approx(np.array([at(*c) for c in corners]))
    assert [(s.name, round(s.metres)) for s in way.steps] == [("Mill Lane", 751), ("Bridge Road", 1001), ("High Street", 751)]
    assert sum(s.seconds for s in way.steps) == pytest.approx(way.seconds)


def test_a_way_that_is_not_there_is_none_and_one_to_itself_is_nothing(town: RoadMap) -> None:
    places = np.array([PLACES["Mill Lane"], PLACES["Island Road"]])
    gone, stays = town.ways(places, ["", ""], [(0, 1), (0, 0)])
    assert gone is None
    assert stays is not None
    assert (stays.seconds, stays.metres, stays.steps) == (0, 0, ())


def test_of_no_places_there_are_no_times(town: RoadMap) -> None:
    assert shortest.costs(town.roads, town.snap(np.zeros((0, 2)), [])).shape == (0, 0)


def test_seconds_are_told_by_road_class(town: RoadMap) -> None:
    snapped = town.snap(np.array([PLACES["Mill Lane"], PLACES["High Street"], PLACES["Island Road"]]), [""] * 3)
    found = shortest.on_classes(town.roads, snapped, ("secondary", "tertiary", "motorway"))
    assert found[:, 0, 1] == pytest.approx([BRIDGE + 1.5 * HIGH, 1.5 * MILL, 0], abs=0.02)
    assert found[:, 0, 2].tolist() == found[:, 2, 2].tolist() == [0, 0, 0]


# ---------------------------------------------------------------------- turns

CROSS = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (1, 1), 5: (1, -1), 6: (2, 1), 7: (0, 1)}
STREETS = [
    ([a, b], {"highway": "residential", "name": f"{a}-{b}"}) for a, b in ((1, 2), (2, 3), (2, 4), (2, 5), (3, 6), (6, 4), (4, 7), (7, 1))
]
WEST, NORTH = at(0.5, 0), at(1, 0.5)


@pytest.mark.parametrize(
    ("restriction", "blocks"),
    [
        ((), 1),
        (("no_left_turn", 1, 2, 3), 3),
        (("only_straight_on", 1, 2, 2), 3),
        (("only_left_turn", 1, 2, 3), 1),
        (("no_right_turn", 1, 2, 4), 1),
        (("no_left_turn", 3, 2, 1), 1),  # the other way round
    ],
)
def test_a_restriction_of_a_turn_is_kept(tmp_path: Path, restriction: tuple[str, int, int, int], blocks: float) -> None:
    # From west of the crossing to north of it: 1 block, or around by the west: half, one, one, half, or straight on and around.
    path = written(tmp_path, CROSS, STREETS, [restriction] if restriction else [])
    _, metres = between(road_map(path), WEST, NORTH)
    assert metres[0, 1] == pytest.approx(500.4 * blocks, abs=0.3)


def test_a_restriction_over_a_way_is_kept_and_does_not_touch_other_turns(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (2, 0), 6: (2, 1), 7: (-1, 0), 8: (-1, 1)}
    pairs = ((1, 2), (2, 3), (3, 4), (2, 5), (3, 6), (5, 6), (1, 7), (7, 8), (8, 4))
    streets = [([a, b], {"highway": "residential"}) for a, b in pairs]
    path = written(tmp_path, nodes, streets, [("no_u_turn", 1, [2], 3)])
    _, metres = between(road_map(path), at(0.5, 0), at(0.5, 1), at(1.5, 0))
    assert metres[0, 1] == pytest.approx(500.4 * 4, abs=0.5)  # by the west, and not over way 2
    assert metres[2, 1] == pytest.approx(500.4 * 2, abs=0.5)  # who comes from the east may turn there


def test_a_restriction_that_does_not_concern_the_profile_or_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, CROSS, STREETS, [("no_left_turn", 1, 2, 3), ("no_left_turn", 1, 2, 99), ("strange", 1, 2, 3)])
    _, metres = between(road_map(path, "walk"), WEST, NORTH)
    assert metres[0, 1] == pytest.approx(500.4, abs=0.3)
    counts = roads(path).counts
    assert (counts["restrictions"], counts["restrictions_unread"]) == (1, 2)


def test_at_a_dead_end_one_may_turn_round(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (1, 1)}
    streets = [([a, 2], {"highway": "residential"}) for a in (1, 3, 4)]
    path = written(tmp_path, nodes, streets, [("no_left_turn", 1, 2, 3)])
    _, metres = between(road_map(path), WEST, NORTH)
    assert metres[0, 1] == pytest.approx(500.4 * 3, abs=0.5)  # half, one to the dead end, one back, half


# ------------------------------------------------------------- through traffic

BLOCKS = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (0, 2), 5: (1, 1), 6: (2, 2), 7: (1.5, 0.5)}
"""A short way from 1 to 3 over 2, a long way around over 4 and 6; 5 and 7 are reached from 2."""


@pytest.mark.parametrize(("access", "blocks"), [("yes", 2), ("destination", 7), ("private", 7)])
def test_nobody_passes_through_where_one_may_only_get_there(tmp_path: Path, access: str, blocks: float) -> None:
    street = {"highway": "residential"}
    streets = [([1, 2], street | {"access": access}), ([2, 3], street), ([3, 6, 4, 1], street), ([2, 5], street), ([8, 1], street)]
    path = written(tmp_path, BLOCKS | {8: (-1, 0)}, streets)
    _, metres = between(road_map(path), at(-0.5, 0), at(1.5, 0), at(0.5, 0))
    assert metres[0, 1] == metres[1, 0] == pytest.approx(500.4 * blocks, abs=1)
    assert metres[0, 2] == metres[2, 0] == pytest.approx(500.4, abs=1)  # there and back one may go
    assert metres[2, 1] == metres[1, 2] == pytest.approx(500.4, abs=1)  # on either side


def test_streets_behind_a_private_road_are_reached(tmp_path: Path) -> None:
    gate = {"highway": "residential", "access": "private"}
    streets = [
        ([4, 1], {"highway": "residential"}),
        ([1, 2], gate),
        ([2, 5], {"highway": "residential"}),
        ([2, 7], {"highway": "residential"}),
    ]
    path = written(tmp_path, BLOCKS, streets)
    seconds, metres = between(road_map(path), at(0, 1), at(1, 0.5), at(1.25, 0.25))
    assert np.isfinite(seconds).all()
    assert metres[0, 1] == metres[1, 0] == pytest.approx(500.4 * 2.5, abs=1)
    assert metres[1, 2] == pytest.approx(500.4 * (0.5 + 0.5**1.5), abs=1)


# ------------------------------------------------------------------ properties


@st.composite
def towns(draw: st.DrawFn) -> tuple[dict[int, tuple[float, float]], list[tuple[list[int], dict[str, str]]]]:
    """Return a random map: corners of a grid moved a little, streets between neighbours, some one-way, some with a limit, a few missing."""
    side = draw(st.integers(3, 5))
    shift = st.floats(-0.3, 0.3)
    nodes = {side * y + x + 1: (x + draw(shift), y + draw(shift)) for x in range(side) for y in range(side)}
    pairs = [(i, j) for i in nodes for j in (i + 1, i + side) if j in nodes and (j == i + side or i % side)]
    ways = []
    for i, j in pairs:
        kind = draw(st.sampled_from(("two-way", "two-way", "two-way", "one-way", "fast", "none")))
        found = {"highway": "residential"}
        if kind == "one-way":
            found["oneway"] = draw(st.sampled_from(("yes", "-1")))
        if kind == "fast":
            found |= {"highway": "primary", "maxspeed": "70"}
        if kind != "none":
            ways.append(([i, j], found))
    return nodes, [*ways, ([*nodes, 1], {"highway": "tertiary"})]  # a way around through all makes it one part


def _built(
    tmp: Path, drawn: tuple[dict[int, tuple[float, float]], list[tuple[list[int], dict[str, str]]]]
) -> tuple[nx.MultiDiGraph, Roads]:
    found = graph.build(osm.read(written(tmp, *drawn)), mode("car"))
    return found, network.flatten(found)


@settings(max_examples=25, deadline=None)
@given(drawn=towns(), data=st.data())
def test_times_are_those_of_networkx_the_triangle_holds_and_ways_agree(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[dict[int, tuple[float, float]], list[tuple[list[int], dict[str, str]]]],
    data: st.DataObject,
) -> None:
    found, flat = _built(tmp_path_factory.mktemp("map"), drawn)
    # Places in the middle of stretches: networkx is asked between their ends.
    n = data.draw(st.integers(2, 5))
    edges = data.draw(st.lists(st.sampled_from(sorted(found.edges(keys=True))), min_size=n, max_size=n))
    middles = [found.graph["stretches"][found.edges[e]["stretch"]].nodes for e in edges]
    where = np.array([np.mean([found.graph["positions"][i] for i in nodes[:2]], axis=0) for nodes in middles])
    ours = RoadMap("made", "car", flat)
    snapped = ours.snap(where, [""] * n)
    costs = shortest.costs(flat, snapped)
    seconds, metres = network.split(costs)
    theirs = _by_networkx(found, flat, ours, where)
    assert seconds == pytest.approx(theirs, abs=0.03)
    assert (costs[:, :, None] + costs[None, :, :] >= costs[:, None, :] - 3 * 2**27).all()  # hundredths are rounded where a place is
    by_class = shortest.on_classes(flat, snapped, flat.classes)
    assert by_class.sum(axis=0) == pytest.approx(seconds)
    pairs = [(i, j) for i in range(n) for j in range(n)]
    for (i, j), way in zip(pairs, ours.ways(where, [""] * n, pairs), strict=True):
        assert way is not None
        assert [way.seconds, way.metres] == pytest.approx([seconds[i, j], metres[i, j]])
        drawn_metres = graph.metres_between(*way.points[:-1].T, *way.points[1:].T).sum()
        assert drawn_metres == pytest.approx(way.metres, abs=1 + 0.002 * way.metres)
        assert sum(s.metres for s in way.steps) == pytest.approx(way.metres)


def _by_networkx(found: nx.MultiDiGraph, flat: Roads, ours: RoadMap, where: np.ndarray) -> np.ndarray:
    """Return seconds between points on roads: every point put into the graph as a node, and networkx asked."""
    snapped = ours.snap(where, [""] * len(where))
    graph_ = nx.MultiDiGraph()
    graph_.add_weighted_edges_from((u, v, s) for u, v, s in found.edges(data="seconds"))
    on: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for i, (stretch, share) in enumerate(zip(snapped.stretch.tolist(), snapped.share.tolist(), strict=True)):
        for back, edge in enumerate(flat.edges_of[stretch].tolist()):
            if edge >= 0:
                on.setdefault((edge, back), []).append((1 - share if back else share, i))
    for (edge, _), points in on.items():
        tail, head = (int(flat.junction[end[edge]]) for end in (flat.tail, flat.head))
        total = float(network.split(flat.cost[edge])[0])
        line: list[tuple[float, object]] = [(0.0, tail), *sorted((s, ("point", i)) for s, i in points), (1.0, head)]
        for (a, u), (b, v) in pairwise(line):
            graph_.add_edge(u, v, weight=total * (b - a))
            if a == b:
                graph_.add_edge(v, u, weight=0.0)
    n = len(where)
    return np.array([[nx.dijkstra_path_length(graph_, ("point", i), ("point", j)) for j in range(n)] for i in range(n)])
