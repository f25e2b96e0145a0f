"""Maps on the command line: what is in one, times and ways, and planning along one."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch import schema, travel
from dispatch.model import Engineer, EngineerChoice, Place, Problem, RoadTravel, Shift, Ticket
from dispatch.travel import Means
from tests.cli.running import QUICK, document, put, run
from tests.travel.town import PLACES, TOWN, at

HOME = Place(*PLACES["High Street"])
DAY = Problem(
    (Engineer("ann", (Shift("mon", 0, 28_800, 28_800, HOME, HOME),), home=HOME),), (Ticket("T1", Place(*PLACES["Mill Lane"]), 600),), now=0
)


@pytest.fixture(autouse=True)
def _means_as_they_were() -> Iterator[None]:
    before = travel.use(Means())
    yield
    travel.use(before)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return Path(shutil.copy(TOWN, tmp_path))


def corner(name: str) -> str:
    lat, lon = PLACES[name]
    return f"{lat},{lon}"


# -------------------------------------------------------------------- the map


def test_info_tells_what_is_in_a_map_and_what_was_left_out(town: Path) -> None:
    shown = run("map", "info", town)
    assert shown.exit_code == 0
    for line in (
        r"junctions +12\b",
        r"roads between them +12, 7\.5 km",
        r"extent +lat 0\.0055 to 0\.0235, lon 10\.0000 to 10\.0270",
        r"parts +2: 6\.0 km, and not connected with it 1\.5 km",
        r"living_street +0\.5 +4\.8",
        r"2 ways that the profile does not use",
    ):
        assert re.search(line, shown.stdout), line
    assert "Building the roads of town.osm for the profile car; this is done once." in shown.stderr


def test_info_as_json(town: Path) -> None:
    found = document(run("map", "info", town, "--profile", "walk", "--json"))
    assert (found["profile"], found["junctions"], found["extent"]) == ("walk", 12, [0.0055, 10.0, 0.0235, 10.027])
    assert [c["name"] for c in found["classes"]] == ["residential", "tertiary", "secondary", "footway", "living_street"]


def test_a_damaged_map_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.osm").write_text("<osm")
    refused = run("map", "info", tmp_path / "bad.osm")
    assert refused.exit_code == 2
    assert re.search(r"dispatch: The map 'bad\.osm' cannot be read: .* It is damaged or of another format: get it anew\.", refused.stderr)
    assert document(run("map", "info", tmp_path / "none.osm", "--json"))["code"] == "NO_TRAVEL"


# ---------------------------------------------------------------------- matrix


def test_matrix_prints_a_row_for_each_pair(town: Path) -> None:
    shown = run("map", "matrix", town, corner("High Street"), corner("Island Road"))
    assert shown.exit_code == 0
    assert shown.stdout.replace("\r", "").splitlines() == ["from,to,seconds,metres", "1,1,0,0", "1,2,,", "2,1,,", "2,2,0,0"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("places.csv", "id,lat,lon,note\nhome,0.019,10.00225,x\nmill,0.01,10.00225,\n"),
        ("places.json", '[{"id": "home", "lat": 0.019, "lon": 10.00225}, {"id": "mill", "lat": 0.01, "lon": 10.00225}]'),
    ],
)
def test_matrix_reads_places_from_a_file_and_writes_one(town: Path, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    out = tmp_path / "out" / "times.json"
    assert run("map", "matrix", town, tmp_path / name, "--output", out).exit_code == 0
    found = json.loads(out.read_bytes())
    assert [p["id"] for p in found["places"]] == ["home", "mill"]
    assert (found["seconds"], found["metres"]) == ([[0, 256], [256, 0]], [[0, 2502], [2502, 0]])


def test_matrix_warns_of_a_place_in_a_lake_and_names_one_outside(town: Path) -> None:
    lat, lon = at(3.5, 0)
    assert (
        "From place 2 it is 751 m to the nearest road of the map" in run("map", "matrix", town, corner("Mill Lane"), f"{lat},{lon}").stderr
    )
    refused = run("map", "matrix", town, corner("Mill Lane"), "-30.5,-51.5")
    assert refused.exit_code == 2
    assert "does not cover place 2 (-30.5, -51.5); it covers" in refused.stderr


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ("lat,lon\nx,10\n0.01,\n95,10\n", [("0/lat", "WRONG_TYPE"), ("1/lon", "MISSING_FIELD"), ("2/lat", "POSITION_OUT_OF_RANGE")]),
        ("id,latitude\n1,2\n", [("", "MISSING_FIELD")]),
        ("lat,lon\n", [("", "MISSING_FIELD")]),
        ("[{]", [("", "MALFORMED_JSON")]),
        ('{"lat": 1}', [("", "WRONG_TYPE")]),
        ("", [("", "MISSING_FIELD")]),
    ],
)
def test_a_faulty_file_of_places_is_refused_with_all_its_faults(
    town: Path, tmp_path: Path, content: str, faults: list[tuple[str, str]]
) -> None:
    file = tmp_path / "places.csv"
    file.write_text(content)
    refused = run("map", "matrix", town, file, "--json")
    assert refused.exit_code == 2
    found = [(f["pointer"].removeprefix(f"{file}#").strip("/"), f["code"]) for f in document(refused)["faults"]]
    assert found == faults


# ----------------------------------------------------------------------- route


def test_route_tells_time_distance_and_streets_and_writes_its_line(town: Path, tmp_path: Path) -> None:
    out = tmp_path / "way.geojson"
    shown = run("map", "route", town, corner("Mill Lane"), corner("High Street"), "--output", out)
    assert shown.exit_code == 0
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert lines == ["4 min, 2.5 km", "Mill Lane 0.8 km 1 min", "Bridge Road 1.0 km 2 min", "High Street 0.8 km 1 min"]
    (feature,) = json.loads(out.read_bytes())["features"]
    assert feature["properties"]["seconds"] == 256.1
    assert feature["geometry"]["coordinates"][0] == [10.00225, 0.01]
    assert len(feature["geometry"]["coordinates"]) == 7


def test_route_where_there_is_none_is_said_with_an_exit_code(town: Path) -> None:
    shown = run("map", "route", town, corner("Mill Lane"), corner("Island Road"), "--json")
    assert (shown.exit_code, document(shown)) == (1, None)
    assert "there is no way from" in shown.stderr


def test_what_is_no_position_is_told(town: Path) -> None:
    for places in (("here", corner("Mill Lane")), (corner("Mill Lane"), "95,10")):
        refused = run("map", "route", town, *places)
        assert refused.exit_code == 2
        assert "is no position such as -30.05,-51.20" in " ".join(refused.stderr.replace("│", " ").split())


# -------------------------------------------------------------------- planning


def test_a_problem_names_an_extract_relative_to_its_file(town: Path) -> None:
    found = run("plan", put(town.parent / "day.json", _along(DAY)), *QUICK, "--json")
    assert document(found)["routes"][0]["travel"] == "PT8M32S"


def test_a_map_may_take_the_place_of_what_the_problem_says(town: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    file, plan = put(elsewhere / "day.json", DAY), elsewhere / "plan.json"
    planned = document(run("plan", file, *QUICK, "--map", town, "--output", plan, "--export", elsewhere / "out", "--json"))
    assert planned["routes"][0]["travel"] == "PT8M32S"
    (route, *_) = json.loads((elsewhere / "out" / "plan.geojson").read_bytes())["features"]
    assert len(route["geometry"]["coordinates"]) == 13
    checked = document(run("check", file, plan, "--map", town, "--json"))
    assert (checked["violations"], checked["plan"]["warnings"]) == ([], [])
    other = document(run("check", file, plan, "--json"))["plan"]
    assert [w["code"] for w in other["warnings"]] == ["OTHER_PROBLEM"]
    assert run("explain", file, plan, "--map", town).exit_code == 0


def test_a_ticket_on_an_island_is_explained(town: Path) -> None:
    island = Ticket("T2", Place(*PLACES["Island Road"]), 600, engineers=EngineerChoice(prefer=("ann",)))
    file = put(town.parent / "day.json", _along(Problem(DAY.engineers, (*DAY.tickets, island), now=0)))
    (left,) = document(run("plan", file, *QUICK, "--json"))["unassigned"]
    assert left["ticket"] == "T2"
    assert [r["code"] for r in left["reasons"]] == ["UNREACHABLE"]


def _along(problem: Problem) -> Problem:
    return schema.read_problem(schema.write_problem(Problem(problem.engineers, problem.tickets, now=0, travel=RoadTravel("town.osm"))))


# ------------------------------------------------------------------- scenarios


def test_a_scenario_on_a_real_extract_reaches_its_figures(data: Path, tmp_path: Path) -> None:
    source = data / "roads" / "porto-alegre.osm.pbf"
    if not source.is_file():
        pytest.skip(f"no extract {source}: give --data DIR to run this test")
    shutil.copy(source, tmp_path)
    home = Place(-30.0346, -51.2177)
    spots = [
        (-30.0557, -51.1759),
        (-30.0277, -51.2287),
        (-30.0412, -51.1985),
        (-30.0215, -51.1870),
        (-30.0610, -51.2100),
        (-30.0730, -51.1950),
    ]
    tickets = tuple(Ticket(f"T{i}", Place(*spot), 1800) for i, spot in enumerate(spots, 1))
    engineers = tuple(Engineer(e, (Shift("mon", 0, 28_800, 28_800, home, home),), home=home) for e in ("ann", "bob"))
    put(tmp_path / "poa.json", Problem(engineers, tickets, now=0, name="Porto Alegre", travel=RoadTravel("porto-alegre.osm.pbf")))
    expect = {
        "format": "dispatch-expect/1", "title": "A morning in Porto Alegre", "shows": "Travel along real roads.",
        "options": {"iterations": 200, "seed": 1},
        "expect": [{"kpi": "served_share", "at_least": 1}, {"kpi": "travel_minutes", "at_least": 30, "at_most": 150}],
    }  # fmt: skip
    (tmp_path / "poa.expect.json").write_text(json.dumps(expect))
    shown = run("scenarios", "run", tmp_path, "--json")
    assert shown.exit_code == 0, shown.output
    assert document(shown)["reached"]
