"""What is worked out at once travels by the maps of the service, as plans from the queue do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatch import schema, travel
from dispatch.model import Engineer, Place, Problem, RoadTravel, Shift, Ticket
from dispatch.travel.means import means
from tests.api.conftest import Desk, opened, settings
from tests.travel.town import PLACES, TOWN

HOME = Place(*PLACES["High Street"])
DAY = Problem(
    (Engineer("ann", (Shift("mon", 0, 28_800, 28_800, HOME, HOME),), home=HOME),),
    (Ticket("T1", Place(*PLACES["Mill Lane"]), 600),),
    now=0,
    travel=RoadTravel("town.osm"),
)
PLAN = {"format": "dispatch-plan/1", "routes": [{"engineer": "ann", "shift": "mon", "stops": [{"ticket": "T1"}]}]}


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[Desk]:
    """A service with the map of the town."""
    yield from opened(settings(tmp_path, maps=[shutil.copy(TOWN, tmp_path)]))


def body(**changes: Any) -> dict[str, Any]:
    problem = json.loads(schema.write_problem(DAY))
    return {"problem": problem | changes, "plan": PLAN}


def test_a_plan_is_checked_along_the_roads_of_a_map_that_the_service_has(mapped: Desk) -> None:
    answer = mapped.post("/v1/check", body())
    assert answer.status_code == 200, answer.text
    straight = mapped.post("/v1/check", body(travel={"source": "crow"}))
    (along, across) = (a.json()["plan"]["routes"][0]["distance_m"] for a in (answer, straight))
    assert along > across


def test_a_route_is_drawn_along_those_roads(mapped: Desk) -> None:
    (route, _) = mapped.post("/v1/exports/geojson", body()).json()["features"]
    assert len(route["geometry"]["coordinates"]) > 3


def test_a_map_that_is_not_the_service_s_is_not_opened(mapped: Desk) -> None:
    answer = mapped.post("/v1/check", body(travel={"source": "road", "extract": "../town.osm"}))
    assert (answer.status_code, [f["code"] for f in answer.json()["faults"]]) == (422, ["MAP_NOT_LISTED"])


def test_a_key_of_the_settings_is_sent_by_the_server_and_by_its_workers_and_shown_nowhere(tmp_path: Path) -> None:
    for mapped in opened(settings(tmp_path, travel_keys="ors.test=secret other.test=2")):
        place = mapped.service.runner.place
        assert (means().keys, place.keys) == ({"ors.test": "secret", "other.test": "2"},) * 2
        assert "secret" not in f"{mapped.service.settings!r} {place!r}"


def test_a_service_that_ends_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    before = means()
    for _ in opened(settings(tmp_path, travel_seconds=7)):
        assert means().patience == 7
    assert means() is before
    assert travel.use(before) is before
