"""Travel along the roads of an extract: what a plan gets, what is kept, and what is refused."""

from __future__ import annotations

import gzip
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dispatch import planning, travel
from dispatch.errors import TravelError
from dispatch.model import Engineer, Place, Problem, Profile, RoadTravel, Shift, Speed, Ticket
from dispatch.solver import Options
from dispatch.travel import Means, network, road
from dispatch.travel.points import UNREACHABLE
from tests.travel.town import PLACES, TOWN, at, written


def place(x: float, y: float) -> Place:
    return Place(*at(x, y))


def day(*tickets: Ticket, extract: str = "town.osm") -> Problem:
    home = Place(*PLACES["High Street"])
    return Problem(
        (Engineer("ann", (Shift("mon", 0, 28_800, 28_800, home, home),), home=home),), tickets, now=0, travel=RoadTravel(extract)
    )


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return Path(shutil.copy(TOWN, tmp_path))


@pytest.fixture
def means(town: Path) -> Means:
    return Means(locate=lambda name: town.parent / name)


def test_a_plan_is_made_along_the_roads_in_whole_seconds_and_metres(means: Means) -> None:
    problem = day(Ticket("T1", Place(*PLACES["Mill Lane"]), 600))
    found = travel.matrix(problem, means)
    assert found.seconds.tolist() == [[0, 256], [256, 0]]
    assert found.metres.tolist() == [[0, 2502], [2502, 0]]
    assert found.warnings == ()


def test_speeds_of_a_road_class_hold_for_the_seconds_driven_on_it(means: Means) -> None:
    along = RoadTravel("town.osm", speeds=(Speed(0.5, road_class="secondary"),))
    found = travel.matrix(replace(day(Ticket("T1", Place(*PLACES["Mill Lane"]), 600)), travel=along), means)
    assert {c: part.tolist() for c, part in found.by_class.items()} == {"secondary": [[0, 188], [188, 0]]}


def test_a_ticket_on_the_island_is_left_out_and_named(means: Means) -> None:
    problem = day(Ticket("T1", Place(*PLACES["Mill Lane"]), 600), Ticket("T2", Place(*PLACES["Island Road"]), 600))
    found = travel.matrix(problem, means)
    assert (found.seconds[0, 2], found.seconds[2, 1], found.metres[0, 2]) == (UNREACHABLE, UNREACHABLE, 0)
    before = travel.use(means)
    try:
        planned = planning.plan(problem, Options(iterations=20))
    finally:
        travel.use(before)
    assert [u.ticket for u in planned.plan.unassigned] == ["T2"]
    assert planned.violations == ()
    assert [(w.code, w.pointer) for w in planned.plan.warnings] == [("PLACE_UNREACHABLE", "/tickets/1/place")]


def test_a_place_in_a_lake_is_a_warning_with_the_distance(means: Means) -> None:
    found = travel.matrix(day(Ticket("T1", place(3.5, 0), 600), Ticket("T2", place(2.9, 0), 600)), means)
    (warned,) = found.warnings
    assert (warned.code, warned.pointer) == ("PLACE_OFF_ROAD", "/tickets/0/place")
    told = "From ticket T1 it is 751 m to the nearest road of the map, Bridge Road; that way counts nothing."
    assert warned.message == f"{told} Check the coordinates, or use a map that has the roads there."


def test_places_outside_the_extract_are_all_named(means: Means) -> None:
    problem = day(Ticket("T1", Place(10, 10), 600), Ticket("T2", place(0, 0), 600), Ticket("T3", Place(0.01, 50), 600))
    with pytest.raises(TravelError) as refused:
        travel.matrix(problem, means)
    assert str(refused.value) == (
        "The map 'town.osm' does not cover ticket T1 (10, 10), ticket T3 (0.01, 50); it covers lat 0.005 to 0.024, lon 10.000 to 10.027. "
        "Use a larger extract, or correct the coordinates."
    )


def test_a_failing_extract_may_be_replaced_by_the_crow(means: Means) -> None:
    problem = day(Ticket("T1", place(0, 0), 600), extract="gone.osm")
    with pytest.raises(TravelError, match=r"^There is no map '.*gone\.osm'\. Name an OpenStreetMap extract \(\.osm\.pbf, .*\)\.$"):
        travel.matrix(problem, means)
    found = travel.matrix(replace(problem, travel=RoadTravel("gone.osm", on_failure="crow")), means)
    assert [w.code for w in found.warnings] == ["TRAVEL_FALLBACK"]


# ----------------------------------------------------------------- the extract


def test_an_extract_may_be_packed(tmp_path: Path) -> None:
    packed = tmp_path / "town.osm.gz"
    packed.write_bytes(gzip.compress(TOWN.read_bytes()))
    assert road.open_map(packed).roads.names == road.open_map(Path(shutil.copy(TOWN, tmp_path))).roads.names


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("truncated.osm", TOWN.read_bytes()[:2000]),
        ("truncated.osm.gz", gzip.compress(TOWN.read_bytes())[:900]),
        ("garbage.osm", b"{}"),
        ("garbage.osm.pbf", b"this is no map at all" * 100),
        ("misnamed.osm.pbf", TOWN.read_bytes()),
        ("empty.osm", b""),
        ("empty.osm.pbf", b""),
    ],
)
def test_a_damaged_extract_or_one_of_another_format_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TravelError) as refused:
        road.open_map(tmp_path / name)
    assert str(refused.value).startswith(f"The map {name!r} ")
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


def test_a_file_with_another_ending_or_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.txt").write_text("roads")
    with pytest.raises(TravelError, match=r"'map\.txt' is no OpenStreetMap extract by its name"):
        road.open_map(tmp_path / "map.txt")
    with pytest.raises(TravelError, match="There is no map"):
        road.open_map(tmp_path)


def test_an_extract_without_roads_for_the_profile_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {1: (0, 0), 2: (1, 0)}, [([1, 2], {"highway": "footway"})])
    assert road.open_map(path, "walk").roads.counts["ways"] == 1
    with pytest.raises(TravelError, match="No road of this map can be used by car both there and back"):
        road.open_map(path, "car")
    one_way = written(tmp_path, {1: (0, 0), 2: (1, 0)}, [([1, 2], {"highway": "residential", "oneway": "yes"})])
    with pytest.raises(TravelError, match="both there and back"):
        road.open_map(one_way)
    nothing = written(tmp_path, {1: (0, 0), 2: (1, 0)}, [([1, 2], {"building": "yes"})])
    with pytest.raises(TravelError, match="has no roads in it"):
        road.open_map(nothing)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (3, 0)}
    ways: list[tuple[list[int], dict[str, str]]] = [
        ([1, 2, 3], {"highway": "residential", "maxspeed": "quick"}),
        ([3, 4, 99, 100], {"highway": "residential"}),  # the extract ends
        ([4, 4], {"highway": "residential"}),
        ([4, 5], {"highway": "residential"}),
        ([1], {"highway": "residential"}),
        ([1, 4], {"highway": "construction"}),
        ([1, 4], {"highway": "residential", "access": "no"}),
        ([3, 1], {"highway": "motorway"}),
    ]
    counts = road.open_map(written(tmp_path, nodes, ways)).roads.counts
    wanted = {
        "ways": 3,
        "ways_closed": 2,
        "ways_without_length": 3,
        "nodes_missing": 2,
        "speeds_unread": 1,
        "parts": 1,
        "metres_left_out": 0,
    }
    assert {k: counts[k] for k in wanted} == wanted


def test_a_barrier_cuts_a_road_for_vehicles_and_not_on_foot(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (2, 2), 5: (0, 2)}
    ways = [([1, 2, 3], {"highway": "residential"}), ([3, 4, 5, 1], {"highway": "residential"})]
    path = written(tmp_path, nodes, ways, tagged={2: {"barrier": "bollard"}})
    cases: tuple[tuple[Profile, float], ...] = (("car", 7.0), ("walk", 1.0))
    for profile, blocks in cases:
        (way,) = road.open_map(path, profile).ways(np.array([at(0.5, 0), at(1.5, 0)]), ["", ""], [(0, 1)])
        assert way is not None
        assert way.metres == pytest.approx(500.4 * blocks, abs=1)


def test_a_ferry_takes_its_duration(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (4, 0), 3: (4, 3), 4: (4, 4), 5: (0, 4)}
    ways = [
        ([1, 2], {"highway": "primary"}),
        ([2, 3, 4], {"route": "ferry", "duration": "00:30", "name": "Boat"}),
        ([4, 5], {"highway": "primary"}),
    ]
    (way,) = road.open_map(written(tmp_path, nodes, ways)).ways(np.array([at(3.9, 0), at(3.9, 4)]), ["", ""], [(0, 1)])
    assert way is not None
    assert {s.name: round(s.seconds) for s in way.steps}["Boat"] == 1800


def test_signals_take_two_seconds(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0)}
    ways = [([1, 2, 3], {"highway": "residential"})]
    times = []
    for tagged in ({}, {2: {"highway": "traffic_signals"}}):
        (way,) = road.open_map(written(tmp_path, nodes, ways, tagged=tagged)).ways(np.array([at(0, 0), at(2, 0)]), ["", ""], [(0, 1)])
        assert way is not None
        times.append(way.seconds)
    assert times[1] - times[0] == pytest.approx(2)


def test_in_a_built_up_area_a_main_road_without_a_limit_is_slower(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (40, 0), 4: (41, 0), 5: (0, 0.1)}
    ways = [([1, 2], {"highway": "primary"}), ([2, 3], {"highway": "primary"}), ([3, 4], {"highway": "primary"})]
    path = written(tmp_path, nodes, ways, tagged={5: {"place": "town"}})
    town, country = road.open_map(path).ways(np.array([at(0, 0), at(1, 0), at(40, 0), at(41, 0)]), [""] * 4, [(0, 1), (2, 3)])
    assert town is not None
    assert country is not None
    assert (round(town.seconds - 0.4, 1), round(country.seconds - 0.4, 1)) == (36.0, 27.7)  # 50 and 65 km/h


# ------------------------------------------------------------------- keeping


def kept(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("*.npz"))


def opened(path: Path, profile: Profile = "car", cache: Path | None = None) -> network.Roads:
    """Open a map as another process would."""
    road._opened.cache_clear()
    return road.open_map(path, profile, cache).roads


def test_roads_are_kept_beside_the_extract_and_read_back_the_same(town: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dispatch")
    built = opened(town)
    assert caplog.messages[0] == "Building the roads of town.osm for the profile car; this is done once."
    caplog.clear()
    again = opened(town)
    assert caplog.messages == []
    assert again.names == built.names
    assert again.counts == built.counts
    for name in ("junction", "part", "cost", "lat", "reached", "moved_over", "back"):
        assert getattr(again, name).tolist() == getattr(built, name).tolist()
    opened(town, "walk")
    assert [name.split(".")[2] for name in kept(town.parent)] == ["car", "walk"]


def test_an_extract_that_has_changed_is_read_anew_and_the_old_roads_go(town: Path) -> None:
    opened(town)
    (before,) = kept(town.parent)
    town.write_text(town.read_text().replace("Mill Lane", "Mill Road"))
    assert "Mill Road" in opened(town).names
    (after,) = kept(town.parent)
    assert before != after


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no zip", None])
def test_kept_roads_that_are_damaged_are_built_anew(town: Path, damage: bytes | None) -> None:
    names = opened(town).names
    (file,) = town.parent.glob("*.npz")
    file.write_bytes(file.read_bytes()[:1000] if damage is None else damage)
    assert opened(town).names == names
    assert network.load(file) is not None


def test_where_the_folder_is_not_to_be_written_roads_are_kept_in_the_cache(town: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.mktemp("cache")
    town.parent.chmod(0o555)
    try:
        opened(town)
        assert kept(town.parent) == []
        opened(town, cache=cache)
    finally:
        town.parent.chmod(0o755)
    assert len(kept(cache / "maps")) == 1
    assert kept(town.parent) == []


# --------------------------------------------------------------- real extracts

EXTRACTS = {
    # What plain Dijkstra says is checked elsewhere; here, that real data is read as a whole.
    "porto-alegre.osm.pbf": (13_900, "Avenida Ipiranga"),
    "helsinki-centre.osm.pbf": (800, "Mannerheimintie"),
    "monaco.osm.gz": (500, "Boulevard Princesse Charlotte"),
}


@pytest.mark.parametrize("name", sorted(EXTRACTS))
def test_a_real_extract_is_read(data: Path, tmp_path: Path, name: str) -> None:
    source = data / "roads" / name
    if not source.is_file():
        pytest.skip(f"no extract {source}: give --data DIR to run this test")
    found = road.open_map(Path(shutil.copy(source, tmp_path)))
    junctions, street = EXTRACTS[name]
    assert int((found.roads.part == 0).sum()) > junctions
    assert street in found.roads.names
    rng = np.random.default_rng(0)
    some = rng.choice(len(found.roads.lat), 30)
    positions = np.column_stack((found.roads.lat[some], found.roads.lon[some]))
    ways = found.ways(positions, [""] * 30, [(i, i + 1) for i in range(29)])
    there = [way for way in ways if way is not None]
    assert len(there) > 20
    assert all(3 < 3.6 * way.metres / way.seconds < 110 for way in there if way.metres > 500)
