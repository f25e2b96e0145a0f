"""What each server is sent, and what its recorded answers and refusals mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch.model import PROFILES, SERVERS, Server
from dispatch.travel.dialects import DIALECTS, Question, Refusal

A, B, C = (52.05, 4.6), (52.1, 4.7), (52.12, 4.65)

OSRM = """{"code":"Ok","distances":[[12383.9,11107],[0,5841.1]],"destinations":[
 {"hint":"AAAA","location":[4.701794,52.100152],"name":"Residential 1576","distance":124.0235133},
 {"hint":"AAAA","location":[4.650508,52.119906],"name":"Residential 1167","distance":36.3293806}],
 "durations":[[914.9,779.6],[0,null]],"sources":[
 {"hint":"AAAA","location":[4.599648,52.050045],"name":"Residential 801","distance":24.64817596},
 {"hint":"AAAA","location":[4.701794,52.100152],"name":"Residential 1576","distance":124.0235133}]}"""
VALHALLA = """{"sources":[{"lat":52.05,"lon":4.6}],"targets":[{"lat":52.1,"lon":4.7},{"lat":52.12,"lon":4.65}],"units":"kilometers",
 "sources_to_targets":[[{"distance":15.023,"time":935,"to_index":0,"from_index":0},{"distance":null,"time":null,"to_index":1,"from_index":0}]]}"""
VALHALLA_SHORT = """{"sources_to_targets":{"durations":[[223,300],[null,0]],"distances":[[1.767,2.446],[null,0.0]]},"units":"kilometers",
 "algorithm":"costmatrix"}"""
ORS = """{"durations":[[0.0,612.35],[null,0.0]],"distances":[[0.0,7051.2],[null,0.0]],
 "destinations":[{"location":[4.599648,52.050045],"snapped_distance":24.65},null],
 "sources":[{"location":[4.599648,52.050045],"snapped_distance":24.65},null],
 "metadata":{"attribution":"openrouteservice.org | OpenStreetMap contributors","service":"matrix","query":{"profile":"driving-car"}}}"""


@pytest.mark.parametrize(
    ("source", "question"),
    [
        (
            "osrm",
            Question(
                "/table/v1/driving/4.60000,52.05000;4.70000,52.10000;4.65000,52.12000"
                "?annotations=duration,distance&sources=0;1&destinations=1;2"
            ),
        ),
        (
            "valhalla",
            Question(
                "/sources_to_targets",
                {
                    "sources": [{"lat": 52.05, "lon": 4.6}, {"lat": 52.1, "lon": 4.7}],
                    "targets": [{"lat": 52.1, "lon": 4.7}, {"lat": 52.12, "lon": 4.65}],
                    "costing": "auto",
                    "units": "kilometers",
                    "verbose": False,
                },
            ),
        ),
        (
            "openrouteservice",
            Question(
                "/v2/matrix/driving-car",
                {
                    "locations": [[4.6, 52.05], [4.7, 52.1], [4.65, 52.12]],
                    "sources": ["0", "1"],
                    "destinations": ["1", "2"],
                    "metrics": ["duration", "distance"],
                    "units": "m",
                },
            ),
        ),
    ],
)
def test_each_server_is_asked_in_its_own_order_of_coordinates(source: Server, question: Question) -> None:
    dialect = DIALECTS[source]
    assert dialect.table(dialect.profiles["car"], [A, B], [B, C]) == question


@pytest.mark.parametrize(
    ("source", "recorded", "seconds", "metres"),
    [
        ("osrm", OSRM, [[914.9, 779.6], [0, None]], [[12383.9, 11107], [0, 5841.1]]),
        ("valhalla", VALHALLA, [[935, None]], [[15023, None]]),
        ("valhalla", VALHALLA_SHORT, [[223, 300], [None, 0]], [[1767, 2446], [None, 0]]),
        ("openrouteservice", ORS, [[0, 612.35], [None, 0]], [[0, 7051.2], [None, 0]]),
    ],
)
def test_recorded_answers_are_seconds_and_metres(source: Server, recorded: str, seconds: list[Any], metres: list[Any]) -> None:
    assert DIALECTS[source].times(json.loads(recorded)) == (seconds, metres)


@pytest.mark.parametrize(
    ("source", "recorded", "meant"),
    [
        ("osrm", '{"message":"Too many table coordinates","code":"TooBig"}', Refusal("too big", "Too many table coordinates")),
        (
            "osrm",
            '{"message":"Could not find a matching segment for coordinate 3","code":"NoSegment"}',
            Refusal("no road", "Could not find a matching segment for coordinate 3", 3),
        ),
        ("osrm", '{"message":"Coordinates are invalid","code":"InvalidOptions"}', Refusal("other", "Coordinates are invalid")),
        ("osrm", '{"code":"InvalidUrl"}', Refusal("other", "InvalidUrl")),
        (
            "valhalla",
            '{"error_code":150,"error":"Exceeded max locations: 2500.000000","status_code":400,"status":"Bad Request"}',
            Refusal("too big", "Exceeded max locations: 2500.000000"),
        ),
        (
            "valhalla",
            '{"error_code":154,"error":"Path distance exceeds the max distance limit: 400000 meters","status_code":400}',
            Refusal("too far", "Path distance exceeds the max distance limit: 400000 meters"),
        ),
        ("valhalla", '{"error_code":171,"error":"No suitable edges near location"}', Refusal("no road", "No suitable edges near location")),
        (
            "valhalla",
            '{"error_code":170,"error":"Locations are in unconnected regions. Go check/edit the map at osm.org"}',
            Refusal("unconnected", "Locations are in unconnected regions. Go check/edit the map at osm.org"),
        ),
        (
            "openrouteservice",
            '{"error":{"code":6004,"message":"Only a total of 2500 routes are allowed."},"info":{"timestamp":1564952164917}}',
            Refusal("too big", "Only a total of 2500 routes are allowed."),
        ),
        (
            "openrouteservice",
            '{"error":"Daily quota reached or API key unauthorized"}',
            Refusal("other", "Daily quota reached or API key unauthorized"),
        ),
        *((source, odd, Refusal("other", "")) for source in SERVERS for odd in ("null", "[]", "7", '{"error": 5, "code": []}')),
    ],
)
def test_recorded_refusals_say_what_to_do(source: Server, recorded: str, meant: Refusal) -> None:
    assert DIALECTS[source].refusal(json.loads(recorded)) == meant


def test_every_server_has_a_name_for_every_profile() -> None:
    assert {source: [dialect.profiles[p] for p in PROFILES] for source, dialect in DIALECTS.items()} == {
        "osrm": ["driving", "driving", "driving", "foot"],
        "valhalla": ["auto", "auto", "motorcycle", "pedestrian"],
        "openrouteservice": ["driving-car", "driving-car", "driving-car", "foot-walking"],
    }
