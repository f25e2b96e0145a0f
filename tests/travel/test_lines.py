"""Routes drawn along the roads: in GeoJSON, in the report, and straight where roads cannot be had."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch import export, planning, report, travel
from dispatch.model import Engineer, Place, Problem, RoadTravel, Shift, Ticket
from dispatch.planning import Planned
from dispatch.solver import Options
from dispatch.travel import Means
from tests.travel.town import PLACES, TOWN, at

HOME = Place(*PLACES["High Street"])
DAY = Problem(
    (Engineer("ann", (Shift("mon", 0, 28_800, 28_800, HOME, None),), home=HOME),),
    (Ticket("T1", Place(*at(0.5, -0.1)), 600), Ticket("T2", Place(*PLACES["Island Road"]), 600)),
    now=0,
    travel=RoadTravel("town.osm"),
)
CORNERS = [at(*corner) for corner in ((0.5, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0.5, 0), (0.5, -0.1))]


@pytest.fixture(autouse=True)
def town(tmp_path: Path) -> Iterator[Path]:
    path = Path(shutil.copy(TOWN, tmp_path))
    before = travel.use(Means(locate=lambda name: tmp_path / name))
    yield path
    travel.use(before)


@pytest.fixture
def planned() -> Planned:
    return planning.plan(DAY, Options(iterations=10))


def test_a_line_goes_along_the_roads_from_door_to_door() -> None:
    (line, none, one) = travel.lines(DAY, [(HOME, DAY.tickets[0].place), (), (HOME,)])
    assert [list(point) for point in line] == [pytest.approx(corner) for corner in CORNERS]
    assert (none, one) == ([], [(HOME.lat, HOME.lon)])


def test_where_there_is_no_way_the_line_is_straight() -> None:
    (line,) = travel.lines(DAY, [(HOME, DAY.tickets[1].place)])
    assert line == [PLACES["High Street"], PLACES["Island Road"]]


def test_geojson_has_the_line(planned: Planned) -> None:
    (route, *_) = json.loads(export.geojson(DAY, planned.plan, planned.matrix))["features"]
    assert route["geometry"]["coordinates"] == [pytest.approx([lon, lat]) for lat, lon in CORNERS]


def test_the_report_draws_the_line(planned: Planned) -> None:
    (drawn,) = re.findall(r'<path class="route r0" d="([^"]*)"', report.html(DAY, planned.plan, ()))
    assert drawn.count("L") == len(CORNERS) - 1


def test_without_the_extract_the_line_is_straight_and_that_is_told(town: Path, planned: Planned, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "dispatch")
    town.unlink()
    (drawn,) = re.findall(r'<path class="route r0" d="([^"]*)"', report.html(DAY, planned.plan, ()))
    assert drawn.count("L") == 1
    assert caplog.messages[0].startswith("Routes are drawn straight: There is no map ")
