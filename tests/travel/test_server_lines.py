"""Routes drawn as a routing server knows them, and straight where it does not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest
import stamina

from dispatch import export, planning, travel
from dispatch.model import SERVERS, Place, Server, ServerTravel
from dispatch.solver import Options
from dispatch.travel.dialects import DIALECTS, Question
from tests.travel.servers import PLACES, URLS, Fake, Position, by, day

A, B, C = (52.05, 4.6), (52.1, 4.7), (52.12, 4.65)
OSRM = ServerTravel("osrm", URLS["osrm"])


@pytest.fixture(autouse=True)
def _nobody_waits_or_prints() -> Iterator[None]:
    hooks = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([])
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)
    stamina.instrumentation.set_on_retry_hooks(hooks)


def route(*positions: Position) -> list[Place]:
    return [Place(lat, lon) for lat, lon in positions]


class Bent:
    """An OSRM that goes from place to place by way of a point 0.01 degrees north of the first; `no` are pairs without a way."""

    def __init__(self, no: tuple[tuple[Position, Position], ...] = ()) -> None:
        self.no, self.asked = no, list[list[Position]]()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        assert path.startswith("/route/v1/driving/")
        assert request.url.query == b"overview=full&geometries=geojson"
        places = [(float(lat), float(lon)) for lon, lat in (p.split(",") for p in path.rsplit("/", 1)[1].split(";"))]
        self.asked.append(places)
        if any(pair in self.no for pair in pairwise(places)):
            return httpx2.Response(400, json={"message": "Impossible route between points", "code": "NoRoute"})
        return httpx2.Response(200, json={"routes": [{"geometry": {"coordinates": [[lon, lat] for lat, lon in self.line(places)]}}]})

    def line(self, places: list[Position]) -> list[Position]:
        bends = [(round(lat + 0.01, 5), lon) for lat, lon in places]
        return [point for place, bend in zip(places, bends, strict=True) for point in (place, bend)][:-1]


@pytest.mark.parametrize(
    ("source", "question"),
    [
        ("osrm", Question("/route/v1/driving/4.60000,52.05000;4.70000,52.10000;4.65000,52.12000?overview=full&geometries=geojson")),
        (
            "valhalla",
            Question(
                "/route",
                {
                    "locations": [{"lat": 52.05, "lon": 4.6}, {"lat": 52.1, "lon": 4.7}, {"lat": 52.12, "lon": 4.65}],
                    "costing": "auto",
                    "directions_type": "none",
                },
            ),
        ),
        (
            "openrouteservice",
            Question(
                "/v2/directions/driving-car/geojson", {"coordinates": [[4.6, 52.05], [4.7, 52.1], [4.65, 52.12]], "instructions": False}
            ),
        ),
    ],
)
def test_each_server_is_asked_for_a_way_in_its_own_order_of_coordinates(source: Server, question: Question) -> None:
    dialect = DIALECTS[source]
    assert dialect.way(dialect.profiles["car"], [A, B, C]) == question


@pytest.mark.parametrize(
    ("source", "recorded", "line"),
    [
        (
            "osrm",
            '{"code":"Ok","routes":[{"legs":[{"steps":[],"duration":185.5}],"geometry":{"coordinates":[[4.599648,52.050045],'
            '[4.600938,52.053861],[4.606802,52.054799]],"type":"LineString"},"duration":185.5,"distance":1511.1}],"waypoints":[]}',
            [(52.050045, 4.599648), (52.053861, 4.600938), (52.054799, 4.606802)],
        ),
        (
            "valhalla",
            '{"trip":{"legs":[{"summary":{"time":1},"shape":"_p~iF~ps|U_ulLnnqC_mqNvxq`@"},{"shape":"??"}],"status":0}}',
            [(3.85, -12.02), (4.07, -12.095), (4.3252, -12.6453), (0.0, 0.0)],
        ),
        (
            "openrouteservice",
            '{"type":"FeatureCollection","features":[{"geometry":{"coordinates":[[4.599648,52.050045,3.5],[4.600938,52.053861,4]]}}]}',
            [(52.050045, 4.599648), (52.053861, 4.600938)],
        ),
    ],
)
def test_recorded_ways_are_positions(source: Server, recorded: str, line: list[Position]) -> None:
    assert DIALECTS[source].line(json.loads(recorded)) == line


def test_a_line_goes_through_all_places_of_a_route_and_nothing_is_asked_about_fewer_than_two() -> None:
    bent = Bent()
    told = list[tuple[str, int, int]]()
    found = travel.lines(
        day(OSRM),
        [route(A, B, C), [], route(A), [Place(address="?"), *route(B)], route(C, C)],
        by(bent, on_progress=lambda *a: told.append(a)),
    )
    assert found == [[A, *bent.line([A, B, C]), C], [], [A], [B], [C, C]]
    assert bent.asked == [[A, B, C]]
    assert told[0] == ("Lines from OSRM at http://osrm.test", 1, 5)


def test_a_long_route_is_asked_for_in_parts_that_share_a_place() -> None:
    places, bent = [(round(40 + i / 10, 5), 4.0) for i in range(45)], Bent()
    (found,) = travel.lines(day(OSRM), [route(*places)], by(bent))
    assert [len(part) for part in bent.asked] == [20, 20, 7]
    assert [part[0] for part in bent.asked] == [places[0], places[19], places[38]]
    assert list(dict.fromkeys(p for p in found if p in places)) == places


def test_a_leg_without_a_way_is_straight_and_the_others_are_not() -> None:
    bent = Bent(no=((B, C),))
    (found,) = travel.lines(day(OSRM), [route(A, B, C, A)], by(bent))
    assert list(dict.fromkeys(found)) == [A, (52.06, 4.6), B, C, (52.13, 4.65)]
    assert found[-1] == A


def test_a_line_is_asked_for_once(tmp_path: Path) -> None:
    first, second = Bent(), Bent()
    routes = [route(A, B), route(B, A)]
    before = travel.lines(day(OSRM), routes, by(first, cache=tmp_path))
    assert travel.lines(day(OSRM), routes, by(second, cache=tmp_path)) == before
    assert travel.lines(day(ServerTravel("osrm", "http://other.test")), routes[:1], by(second, cache=tmp_path)) == before[:1]
    assert (len(first.asked), len(second.asked)) == (2, 1)


@pytest.mark.parametrize("source", SERVERS)
@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b"[]",
        b'{"routes": [{"geometry": {"coordinates": [[4.6]]}}], "trip": {"legs": [{"shape": "\xc3\xa9~_"}]}, "features": [5]}',
        b'{"routes": [{"geometry": {"coordinates": [[4.6, "x"]]}}], "trip": {"legs": [{"shape": 7}]}, "features": []}',
        b'{"routes": [{"geometry": {"coordinates": [[999, 1]]}}], "trip": {"legs": [{"shape": "~~~~~~~~~~~~~~~~~~~?~~~~~~~~~?"}]}}',
    ],
)
def test_garbage_makes_straight_lines_and_is_told(source: Server, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "dispatch")
    found = travel.lines(day(ServerTravel(source, URLS[source])), [route(A, B)], by(lambda _: httpx2.Response(200, content=body)))
    assert found == [[A, B]]
    assert caplog.messages[0].startswith(f"Routes are drawn straight: {DIALECTS[source].name} at {URLS[source]} answers with ")


def test_a_plan_is_drawn_along_the_roads_in_geojson(tmp_path: Path) -> None:
    tables, bent = Fake("osrm"), Bent()
    before = travel.use(by(lambda r: tables(r) if r.url.path.startswith("/table") else bent(r), cache=tmp_path))
    try:
        planned = planning.plan(day(OSRM), Options(iterations=5))
        (drawn, *_) = json.loads(export.geojson(planned.problem, planned.plan, planned.matrix))["features"]
    finally:
        travel.use(before)
    ((first, *others),) = bent.asked
    assert (first, sorted(others[:-1]), others[-1]) == (PLACES[0], sorted(PLACES[1:]), PLACES[0])
    assert [tuple(point[::-1]) for point in drawn["geometry"]["coordinates"][1:-1]] == bent.line([first, *others])
