"""Against a real OSRM: set OSRM_URL to its address, and OSRM_BBOX to south,west,north,east of its map."""

from __future__ import annotations

import os
import random
from pathlib import Path

import httpx2
import numpy as np
import pytest

from dispatch import planning, travel
from dispatch.model import ServerTravel
from dispatch.solver import Options
from dispatch.travel import Means
from dispatch.travel.points import points
from tests.travel.servers import day

pytestmark = pytest.mark.live


@pytest.fixture
def server() -> ServerTravel:
    url = os.environ.get("OSRM_URL")
    if url is None or "OSRM_BBOX" not in os.environ:
        pytest.skip("no OSRM: set OSRM_URL and OSRM_BBOX to run this test")
    return ServerTravel("osrm", url)


@pytest.fixture
def places(server: ServerTravel) -> list[tuple[float, float]]:
    south, west, north, east = map(float, os.environ["OSRM_BBOX"].split(","))
    rng = random.Random(4)
    return [(round(rng.uniform(south, north), 5), round(rng.uniform(west, east), 5)) for _ in range(130)]


def test_the_blocks_are_the_table_that_the_server_tells_as_a_whole(server: ServerTravel, places: list[tuple[float, float]]) -> None:
    problem = day(server, places[:60])
    coordinates = ";".join(f"{lon},{lat}" for lat, lon in points(problem).positions)
    whole = httpx2.get(f"{server.url}/table/v1/driving/{coordinates}?annotations=duration,distance", timeout=60).json()
    found = travel.matrix(problem)
    assert found.seconds.tolist() == np.rint(whole["durations"]).tolist()
    assert found.metres.tolist() == np.rint(whole["distances"]).tolist()


def test_a_plan_drives_along_roads_and_the_second_one_asks_for_nothing(
    server: ServerTravel, places: list[tuple[float, float]], tmp_path: Path
) -> None:
    told: list[int] = []
    before = travel.use(Means(cache=tmp_path, on_progress=lambda _, done, __: told.append(done)))
    try:
        first, second = (planning.plan(day(server, places), Options(iterations=20)) for _ in range(2))
    finally:
        travel.use(before)
    assert (first.violations, first.plan.warnings) == ((), ())
    assert first.plan.routes == second.plan.routes
    assert told[-1] == 130 * 130
    assert len(told) == len(set(told))
