"""Against real servers: set OSRM_URL or VALHALLA_URL to the address, and OSRM_BBOX or VALHALLA_BBOX to south,west,north,east of the map."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import httpx2
import numpy as np
import pytest

from dispatch import export, planning, travel
from dispatch.model import Server, ServerTravel
from dispatch.solver import Options
from dispatch.travel import Means
from dispatch.travel.points import points
from tests.travel.servers import day

pytestmark = pytest.mark.live

NAMES = {"osrm": "OSRM", "valhalla": "Valhalla"}


def real(source: Server) -> tuple[ServerTravel, list[tuple[float, float]]]:
    """Return a server, and places on its map."""
    url, box = f"{source.upper()}_URL", f"{source.upper()}_BBOX"
    if url not in os.environ or box not in os.environ:
        pytest.skip(f"no {source} server: set {url} and {box} to run this test")
    south, west, north, east = map(float, os.environ[box].split(","))
    rng = random.Random(4)
    places = [(round(rng.uniform(south, north), 5), round(rng.uniform(west, east), 5)) for _ in range(130)]
    return ServerTravel(source, os.environ[url]), places


def test_the_blocks_are_the_table_that_an_osrm_tells_as_a_whole() -> None:
    server, places = real("osrm")
    problem = day(server, places[:60])
    coordinates = ";".join(f"{lon},{lat}" for lat, lon in points(problem).positions)
    whole = httpx2.get(f"{server.url}/table/v1/driving/{coordinates}?annotations=duration,distance", timeout=60).json()
    found = travel.matrix(problem)
    assert found.seconds.tolist() == np.rint(whole["durations"]).tolist()
    assert found.metres.tolist() == np.rint(whole["distances"]).tolist()


@pytest.mark.parametrize("source", ["osrm", "valhalla"])
def test_a_plan_drives_along_roads_and_the_second_one_asks_for_nothing(source: Server, tmp_path: Path) -> None:
    server, places = real(source)
    told: list[tuple[str, int]] = []
    before = travel.use(Means(cache=tmp_path, on_progress=lambda what, done, _: told.append((what, done))))
    try:
        first, second = (planning.plan(day(server, places), Options(iterations=20)) for _ in range(2))
        drawn, again = (export.geojson(p.problem, p.plan, p.matrix) for p in (first, second))
    finally:
        travel.use(before)
    assert (first.violations, first.plan.routes, drawn) == ((), second.plan.routes, again)
    assert {w.code for w in first.plan.warnings} <= {"PLACE_UNREACHABLE"}
    assert told[-2:] == [
        (f"Travel times from {NAMES[source]} at {server.url}", 130 * 130),
        (f"Lines from {NAMES[source]} at {server.url}", 1),
    ]
    assert len(told) == len(set(told))
    route = json.loads(drawn)["features"][0]
    assert len(route["geometry"]["coordinates"]) > 2 * route["properties"]["stops"]
