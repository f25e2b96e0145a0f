"""The nearest point on a road, against looking at every road."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.travel.crow import EARTH_RADIUS_M
from dispatch.travel.network import Roads
from dispatch.travel.snapping import Snapper
from tests.travel.town import BLOCK, TOWN, at, roads, written


@pytest.fixture(scope="module")
def town() -> Roads:
    return roads(TOWN)


def by_looking_everywhere(found: Roads, lat: float, lon: float) -> float:
    """Return the metres from a position to the nearest segment of any road, on a plane."""
    narrow, metre = np.cos(np.radians(lat)), np.radians(EARTH_RADIUS_M)
    best = np.inf
    for i in range(len(found.way)):
        for k in range(found.first[i], found.first[i + 1] - 1):
            a = complex((found.lon[k] - lon) * narrow, found.lat[k] - lat)
            b = complex((found.lon[k + 1] - lon) * narrow, found.lat[k + 1] - lat)
            share = min(max(-(a * (b - a).conjugate()).real / abs(b - a) ** 2, 0.0), 1.0) if a != b else 0.0
            best = min(best, abs(a + share * (b - a)) * metre)
    return best


@settings(max_examples=50, deadline=None)
@given(x=st.floats(-1, 7), y=st.floats(-2, 4))
def test_the_nearest_road_is_found(town: Roads, x: float, y: float) -> None:
    lat, lon = at(x, y)
    found = Snapper(town).nearest(np.array([[lat, lon]]))
    assert found.metres[0] == pytest.approx(by_looking_everywhere(town, lat, lon), abs=0.01)
    moved = Snapper(town).nearest(np.array([[found.lat[0], found.lon[0]]]))
    assert moved.metres[0] == pytest.approx(0, abs=0.01)


def test_a_place_is_put_on_the_road_and_not_on_its_junction(town: Roads) -> None:
    found = Snapper(town).nearest(np.array([at(0.25, 2.1), at(1.3, 3.05)]))
    assert [town.names[i] for i in town.name[found.stretch]] == ["High Street", "Ring"]
    assert (found.lat.tolist(), found.lon.tolist()) == (
        [pytest.approx(at(0, y)[0]) for y in (2, 3)],
        [pytest.approx(at(x, 0)[1]) for x in (0.25, 1.3)],
    )
    assert found.metres == pytest.approx([0.1 * 500.4, 0.05 * 500.4], abs=0.1)
    assert found.share == pytest.approx([0.25, 0.3])
    assert found.segment.tolist() == [0, 0]  # Ring goes from H through a bend, which is beyond


def test_nobody_stops_on_a_ferry_or_a_motorway(tmp_path_factory: pytest.TempPathFactory) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (0, 1), 4: (1, 1), 5: (0, 2), 6: (1, 2)}
    ways = [
        ([1, 2], {"highway": "residential", "name": "Far"}),
        ([2, 4], {"highway": "residential"}),
        ([4, 3], {"highway": "motorway", "oneway": "no", "name": "Fast"}),
        ([3, 1], {"highway": "residential"}),
        ([4, 6], {"highway": "residential"}),
        ([6, 5], {"route": "ferry", "name": "Boat"}),
        ([5, 3], {"highway": "residential"}),
    ]
    found = roads(written(tmp_path_factory.mktemp("map"), nodes, ways))
    assert {"Fast", "Boat"} < set(found.names)
    nearest = Snapper(found).nearest(np.array([at(0.5, 0.9), at(0.5, 1.9)]))
    assert nearest.metres == pytest.approx([BLOCK / 2 * 111_195] * 2, abs=1)


def test_near_the_pole_a_degree_of_longitude_is_short() -> None:
    found = Roads(
        junction=np.arange(4), part=np.zeros(4, np.int32), tail=np.array([0, 2], np.int32), head=np.array([1, 3], np.int32),
        stretch=np.array([0, 1], np.int32), back=np.zeros(2, bool), cost=np.ones(2), first=np.array([0, 2, 4], np.int32),
        lat=np.array([80.0, 80.0, 80.02, 80.02]), lon=np.array([10.0, 11.0, 10.0, 11.0]), way=np.array([1, 2]), name=np.zeros(2, np.int32),
        road_class=np.zeros(2, np.int32), reached=np.array([1, 3], np.int32), moved_from=np.array([0, 2], np.int32),
        moved_over=np.array([0, 1], np.int32), moved_to=np.array([1, 3], np.int32), names=("",), classes=("residential",), counts={},
    )  # fmt: skip
    nearest = Snapper(found).nearest(np.array([[80.009, 10.5], [80.011, 10.5]]))
    assert nearest.stretch.tolist() == [0, 1]
    assert nearest.metres == pytest.approx([0.009 * 111_195] * 2, rel=1e-3)
