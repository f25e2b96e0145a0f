"""Every fault between and inside fields: one small change to a valid problem, one fault, said with the value."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from dispatch import schema
from dispatch.schema.codes import REMEDIES
from tests.schema.samples import INDEXED, PROBLEM, REMOVED, at, changed, faults_of
from tests.schema.test_documents_refused import REFUSED
from tests.simulation.log_cases import REFUSED_LOGS
from tests.simulation.world_cases import REFUSED_WORLDS


class Case(NamedTuple):
    """A change to the valid problem, and the one fault it makes."""

    code: str
    pointer: str
    value: str
    changes: dict[str, Any]


T0, T1, T2, T3 = (f"tickets/{i}" for i in range(4))
LI, CHEN = "engineers/0", "engineers/1"
THURSDAY = {"id": "thu", "start": at("08:00", 14), "end": at("17:00", 14)}
TO_CHEN = {"engineer": "chen"}
SWAPPED = {
    "engineers/0/home": {"lat": 48.13, "lon": 11.5},
    "engineers/1/home": {"lat": 48.14, "lon": 11.6},
    "tickets/0/place": {"lat": 48.15, "lon": 11.5},
    "tickets/1/place": {"lat": 48.16, "lon": 11.6},
    "tickets/2/place": {"lat": 48.17, "lon": 11.5},
    "tickets/3/place": {"lat": 11.55, "lon": 48.18},
}

RUSH = {"from": "07:00", "to": "09:30", "factor": 0.6}
ROAD = {"source": "road", "extract": "town.osm.pbf"}
SERVER = {"source": "osrm", "url": "http://127.0.0.1:5000"}

LEAKS = ("pydantic", "https:", "input should", "field required", "extra_forbidden", "valid string")

CASES = [
    # one field
    Case("UNKNOWN_FIELD", "/tickets/0/tilte", '"Pump"', {f"{T0}/tilte": "Pump"}),
    Case("UNKNOWN_FIELD", "/urgency", "7", {"urgency": 7}),
    Case("UNKNOWN_FIELD", "/policy/weights/lateness/6", "9", {"policy/weights/lateness": {"6": 9}}),
    Case("UNKNOWN_FIELD", "/travel/a~1b~0c", "1", {"travel": {"source": "crow", "a/b~c": 1}}),
    Case("MISSING_FIELD", "/tickets/3/service", "service", {f"{T3}/service": REMOVED}),
    Case("MISSING_FIELD", "/tickets/0/windows/1/end", "end", {f"{T0}/windows/1/end": REMOVED}),
    Case("MISSING_FIELD", "/engineers", "engineers", {"engineers": REMOVED}),
    Case("MISSING_FIELD", "/format", "format", {"format": REMOVED}),
    Case("WRONG_TYPE", "/tickets/3/priority", '"high"', {f"{T3}/priority": "high"}),
    Case("WRONG_TYPE", "/tickets/3/priority", "2.5", {f"{T3}/priority": 2.5}),
    Case("WRONG_TYPE", "/tickets/3/priority", "true", {f"{T3}/priority": True}),
    Case("WRONG_TYPE", "/tickets/3/mandatory", '"yes"', {f"{T3}/mandatory": "yes"}),
    Case("WRONG_TYPE", "/tickets/3/title", "12", {f"{T3}/title": 12}),
    Case("WRONG_TYPE", "/tickets/3/windows", "an object of 1 member", {f"{T3}/windows": {"start": at("10:00")}}),
    Case("WRONG_TYPE", "/tickets/3/windows", "null", {f"{T3}/windows": None}),
    Case("WRONG_TYPE", "/tickets/3/place", '"Wuyi Avenue"', {f"{T3}/place": "Wuyi Avenue"}),
    Case("WRONG_TYPE", "/tickets/3/needs", "an empty list", {f"{T3}/needs": []}),
    Case("WRONG_TYPE", "/policy/weights/unassigned", '"dear"', {"policy/weights/unassigned": "dear"}),
    Case("WRONG_TYPE", "/travel", '"crow"', {"travel": "crow"}),
    Case("WRONG_TYPE", "/tickets/3/place/lat", '"28.3"', {f"{T3}/place/lat": "28.3"}),
    Case("EMPTY_TEXT", "/tickets/3/skills/0/skill", '""', {f"{T3}/skills": [{"skill": ""}]}),
    Case("NOT_FINITE", "/travel/detour", "NaN", {"travel/detour": float("nan")}),
    Case("NOT_FINITE", "/tickets/3/priority", "Infinity", {f"{T3}/priority": float("inf")}),
    Case("NEGATIVE", "/policy/weights/overtime", "-3", {"policy/weights/overtime": -3}),
    Case("NEGATIVE", "/policy/weights/lateness/1", "-20", {"policy/weights/lateness/1": -20}),
    Case("NEGATIVE", "/engineers/0/shifts/0/capacity/seals", "-1", {f"{LI}/shifts/0/capacity/seals": -1}),
    Case("NEGATIVE", "/tickets/3/service", '"-PT30M"', {f"{T3}/service": "-PT30M"}),
    Case("NEGATIVE", "/engineers/0/cost_per_hour", "-5", {f"{LI}/cost_per_hour": -5}),
    Case("NEGATIVE", "/travel/seconds/1/0", "-60", INDEXED | {"travel/seconds/1/0": -60}),
    Case("NOT_POSITIVE", "/tickets/3/service", '"PT0S"', {f"{T3}/service": "PT0S"}),
    Case("NOT_POSITIVE", "/engineers/0/shifts/0/breaks/0/duration", '"PT0M"', {f"{LI}/shifts/0/breaks/0/duration": "PT0M"}),
    Case("NOT_POSITIVE", "/travel/speed_kmh", "0", {"travel/speed_kmh": 0}),
    Case("NOT_POSITIVE", "/travel/detour", "-1.3", {"travel/detour": -1.3}),
    Case("NOT_POSITIVE", "/engineers/0/service_factor", "0", {f"{LI}/service_factor": 0}),
    Case("OUT_OF_RANGE", "/tickets/3/priority", "0", {f"{T3}/priority": 0}),
    Case("OUT_OF_RANGE", "/tickets/3/priority", "6", {f"{T3}/priority": 6}),
    Case("OUT_OF_RANGE", "/tickets/0/skills/0/tier", "9", {f"{T0}/skills/0/tier": 9}),
    Case("OUT_OF_RANGE", "/engineers/0/skills/1/tier", "0", {f"{LI}/skills/1/tier": 0}),
    Case("OUT_OF_RANGE", "/tickets/0/needs/seals", "4000000000", {f"{T0}/needs/seals": 4_000_000_000}),
    Case("OUT_OF_RANGE", "/tickets/0/needs/seals", "a number of about 1000 digits", {f"{T0}/needs/seals": 10**1000}),
    Case("UNKNOWN_CHOICE", "/tickets/3/kind", '"emergncy"', {f"{T3}/kind": "emergncy"}),
    Case("UNKNOWN_CHOICE", "/tickets/3/status", '"closed"', {f"{T3}/status": "closed"}),
    Case("UNKNOWN_CHOICE", "/service_levels/0/kind", "5", {"service_levels/0/kind": 5}),
    Case("UNKNOWN_POLICY", "/policy", '"balance"', {"policy": "balance"}),
    Case("UNKNOWN_POLICY", "/policy/base", '"cheapest"', {"policy/base": "cheapest"}),
    Case("UNKNOWN_RULE", "/policy/weights/latenes", "4", {"policy/weights/latenes": 4}),
    Case("UNKNOWN_SOURCE", "/travel/source", '"horse"', {"travel": {"source": "horse"}}),
    Case("UNKNOWN_CHOICE", "/travel/profile", '"bike"', {"travel": ROAD | {"profile": "bike"}}),
    Case("UNKNOWN_CHOICE", "/travel/on_failure", '"guess"', {"travel": SERVER | {"on_failure": "guess"}}),
    Case("UNKNOWN_FIELD", "/travel/url", '"http://127.0.0.1"', {"travel": ROAD | {"url": "http://127.0.0.1"}}),
    Case("UNKNOWN_FIELD", "/travel/key", '"abc"', {"travel": SERVER | {"key": "abc"}}),
    Case("EMPTY_TEXT", "/travel/extract", '""', {"travel": ROAD | {"extract": ""}}),
    Case("MISSING_FIELD", "/travel/extract", "extract", {"travel": {"source": "road"}}),
    Case("MISSING_FIELD", "/travel/url", "url", {"travel": {"source": "osrm"}}),
    Case("MISSING_FIELD", "/travel/source", "source", {"travel": {"url": "http://127.0.0.1"}}),
    Case("OUT_OF_RANGE", "/travel/detour", "101", {"travel": SERVER | {"detour": 101}}),
    Case("INVALID_URL", "/travel/url", '"127.0.0.1:5000"', {"travel": SERVER | {"url": "127.0.0.1:5000"}}),
    Case("INVALID_URL", "/travel/url", "file:", {"travel": SERVER | {"url": "file:///etc/passwd"}}),
    Case("INVALID_URL", "/travel/url", "user", {"travel": SERVER | {"url": "http://user:word@127.0.0.1"}}),
    Case("INVALID_URL", "/travel/url", "?", {"travel": SERVER | {"url": "http://api.example/?api_key=abc"}}),
    Case("INVALID_TIME", "/now", '"tomorrow"', {"now": "tomorrow"}),
    Case("INVALID_TIME", "/now", '"2026-02-30T08:00:00Z"', {"now": "2026-02-30T08:00:00Z"}),
    Case("INVALID_TIME", "/tickets/3/opened_at", "1778572800", {f"{T3}/opened_at": 1778572800}),
    Case("NAIVE_TIME", "/tickets/3/opened_at", '"2026-05-12T08:00:00"', {f"{T3}/opened_at": "2026-05-12T08:00:00"}),
    Case("TIME_OUT_OF_RANGE", "/tickets/3/respond_by", '"9999-12-31T23:59:59Z"', {f"{T3}/respond_by": "9999-12-31T23:59:59Z"}),
    Case("INVALID_DURATION", "/tickets/3/service", '"45 min"', {f"{T3}/service": "45 min"}),
    Case("INVALID_DURATION", "/tickets/3/service", "45", {f"{T3}/service": 45}),
    Case("INVALID_DURATION", "/tickets/3/service", '"PT1.5H30M"', {f"{T3}/service": "PT1.5H30M"}),
    Case("CALENDAR_DURATION", "/service_levels/0/respond_within", '"P1M"', {"service_levels/0/respond_within": "P1M"}),
    Case("ABSURD_DURATION", "/tickets/3/service", '"P45D"', {f"{T3}/service": "P45D"}),
    Case("ABSURD_DURATION", "/engineers/0/shifts/1/end", at("17:00", 30), {f"{LI}/shifts/1/end": at("17:00", 30)}),
    # the problem as a whole
    Case("UNKNOWN_TIME_ZONE", "/time_zone", '"Asia/Changsha"', {"time_zone": "Asia/Changsha"}),
    Case("UNKNOWN_TIME_ZONE", "/time_zone", '"../etc/passwd"', {"time_zone": "../etc/passwd"}),
    Case("TRAVEL_WEIGHT", "/policy/weights/travel", "2", {"policy/weights/travel": 2}),
    Case("MATRIX_NOT_SQUARE", "/travel/seconds/1", "3 numbers", INDEXED | {"travel/seconds/1": [60, 0, 9]}),
    Case("INVALID_CLOCK", "/travel/speeds/0/from", '"7:00"', {"travel/speeds": [RUSH | {"from": "7:00"}]}),
    Case("INVALID_CLOCK", "/travel/speeds/0/to", '"25:00"', {"travel/speeds": [RUSH | {"to": "25:00"}]}),
    Case("INVALID_CLOCK", "/travel/speeds/0/to", "9", {"travel/speeds": [RUSH | {"to": 9}]}),
    Case("OUT_OF_RANGE", "/travel/speeds/0/factor", "less than 0.01", {"travel/speeds": [RUSH | {"factor": 0}]}),
    Case("OUT_OF_RANGE", "/travel/speeds/0/factor", "60", {"travel/speeds": [RUSH | {"factor": 60}]}),
    Case("MISSING_FIELD", "/travel/speeds/0/factor", "factor", {"travel/speeds": [{"from": "07:00"}]}),
    Case("UNKNOWN_CHOICE", "/travel/speeds/0/days/1", '"monday"', {"travel/speeds": [RUSH | {"days": ["tue", "monday"]}]}),
    Case("UNKNOWN_FIELD", "/travel/speeds/0/until", '"09:00"', {"travel/speeds": [RUSH | {"until": "09:00"}]}),
    Case("UNKNOWN_REGION", "/travel/speeds/0/region", '"west"', {"travel/speeds": [RUSH | {"region": "west"}]}),
    Case("SPEED_NEVER", "/travel/speeds/0/to", "07:00", {"travel/speeds": [RUSH | {"to": "07:00"}]}),
    Case("SPEED_NEVER", "/travel/speeds/1/days", "no day", {"travel/speeds": [RUSH, RUSH | {"days": []}]}),
    Case("ROAD_CLASS_WITHOUT_ROADS", "/travel/speeds/0/road_class", '"primary"', {"travel/speeds": [RUSH | {"road_class": "primary"}]}),
    Case("MATRIX_SHAPES_DIFFER", "/travel/metres", "1 rows", INDEXED | {"travel/metres": [[0, 500]]}),
    # ids
    Case("DUPLICATE_ID", "/tickets/3/id", '"t0"', {f"{T3}/id": "t0", "previous": []}),
    Case("DUPLICATE_ID", "/engineers/2/id", '"chen"', {"engineers/2": {"id": "chen"}}),
    Case(
        "DUPLICATE_ID",
        "/engineers/0/shifts/2/id",
        '"wed"',
        {f"{LI}/shifts/2": THURSDAY | {"id": "wed"}},
    ),
    Case("DUPLICATE_ID", "/regions/3/id", '"hq"', {"regions/3": {"id": "hq"}}),
    Case("DUPLICATE_ID", "/customers/2/id", '"mill"', {"customers/2": {"id": "mill"}}),
    Case("DUPLICATE_SKILL", "/engineers/0/skills/2/skill", '"pump"', {f"{LI}/skills/2": {"skill": "pump", "tier": 1}}),
    Case("DUPLICATE_SKILL", "/tickets/0/skills/1/skill", '"pump"', {f"{T0}/skills/1": {"skill": "pump", "tier": 1}}),
    Case(
        "DUPLICATE_PREVIOUS",
        "/previous/1/ticket",
        '"t3"',
        {"previous/1": {"ticket": "t3", "engineer": "li", "shift": "wed", "start": at("09:00")}},
    ),
    Case("UNKNOWN_ENGINEER", "/tickets/0/engineers/prefer/1", '"wang"', {f"{T0}/engineers/prefer/1": "wang"}),
    Case("UNKNOWN_ENGINEER", "/tickets/3/pin/engineer", '"wang"', {f"{T3}/pin": {"engineer": "wang"}}),
    Case("UNKNOWN_ENGINEER", "/customers/0/dedicated_engineer", '"wang"', {"customers/0/dedicated_engineer": "wang"}),
    Case("UNKNOWN_ENGINEER", "/previous/0/engineer", '"wang"', {"previous/0/engineer": "wang"}),
    Case("UNKNOWN_SHIFT", "/tickets/3/pin/shift", '"wed"', {f"{T3}/pin": TO_CHEN | {"shift": "wed"}}),
    Case("UNKNOWN_SHIFT", "/tickets/3/pin/shift", '"sunday"', {f"{T3}/pin": {"shift": "sunday"}}),
    Case("UNKNOWN_SHIFT", "/previous/0/shift", '"wed"', {"previous/0/shift": "wed"}),
    Case("UNKNOWN_CUSTOMER", "/tickets/3/customer", '"miller"', {f"{T3}/customer": "miller"}),
    Case("UNKNOWN_REGION", "/tickets/3/region", '"west"', {f"{T3}/region": "west"}),
    Case("UNKNOWN_REGION", "/engineers/0/region", '"west"', {f"{LI}/region": "west"}),
    Case("UNKNOWN_REGION", "/regions/1/parent", '"west"', {"regions/1/parent": "west"}),
    Case("UNKNOWN_TICKET", "/previous/0/ticket", '"t9"', {"previous/0/ticket": "t9"}),
    Case("REGION_CYCLE", "/regions/0/parent", '"hq" > "site" > "north" > "hq"', {"regions/0/parent": "site"}),
    Case("REGION_CYCLE", "/regions/2/parent", '"site"', {"regions/2/parent": "site"}),
    # places
    Case("HALF_POSITION", "/tickets/3/place/lon", "28.3", {f"{T3}/place": {"lat": 28.3}}),
    Case("HALF_POSITION", "/engineers/0/home/lat", "112.9", {f"{LI}/home/lat": REMOVED}),
    Case("POSITION_OUT_OF_RANGE", "/tickets/3/place/lat", "282.3", {f"{T3}/place/lat": 282.3}),
    Case("POSITION_OUT_OF_RANGE", "/tickets/3/place/lon", "-1130.5", {f"{T3}/place/lon": -1130.5}),
    Case("SWAPPED_COORDINATES", "/tickets/3/place", "113.05", {f"{T3}/place": {"lat": 113.05, "lon": 28.3}}),
    Case("SWAPPED_COORDINATES", "/tickets/3/place", "48.18", SWAPPED),
    Case("ZERO_COORDINATES", "/tickets/3/place", "lat 0, lon 0", {f"{T3}/place": {"lat": 0, "lon": 0}}),
    Case("PLACE_WITHOUT_POSITION", "/tickets/3/place", '"12 Wuyi Avenue"', {f"{T3}/place": {"address": "12 Wuyi Avenue"}}),
    Case("PLACE_WITHOUT_POSITION", "/tickets/3/place", '"12 Wuyi"', {"travel": SERVER, f"{T3}/place": {"address": "12 Wuyi"}}),
    Case("PLACE_WITHOUT_POSITION", "/engineers/1/shifts/0/end_place", "neither", {f"{CHEN}/shifts/0/end_place": {}}),
    Case("PLACE_WITHOUT_INDEX", "/tickets/3/place/index", "matrix", INDEXED | {f"{T3}/place": {"lat": 28.3, "lon": 113.05}}),
    Case("INDEX_OUT_OF_RANGE", "/engineers/0/home/index", "2", INDEXED | {f"{LI}/home/index": 2}),
    Case("MISSING_HOME", "/engineers/1/home", '"chen"', {f"{CHEN}/home": REMOVED}),
    # engineers
    Case("SHIFT_ENDS_BEFORE_START", "/engineers/0/shifts/1/end", at("07:30", 13), {f"{LI}/shifts/1/end": at("07:30", 13)}),
    Case("OVERTIME_BEFORE_END", "/engineers/0/shifts/0/overtime_until", at("16:00"), {f"{LI}/shifts/0/overtime_until": at("16:00")}),
    Case("SHIFTS_OVERLAP", "/engineers/0/shifts/1/start", at("17:30"), {f"{LI}/shifts/1/start": at("17:30")}),
    Case("BREAK_ENDS_BEFORE_START", "/engineers/0/shifts/0/breaks/0/latest", at("11:00"), {f"{LI}/shifts/0/breaks/0/latest": at("11:00")}),
    Case("BREAK_OUTSIDE_SHIFT", "/engineers/0/shifts/0/breaks/0/earliest", at("07:00"), {f"{LI}/shifts/0/breaks/0/earliest": at("07:00")}),
    Case("BREAK_OUTSIDE_SHIFT", "/engineers/0/shifts/0/breaks/0/latest", at("18:30"), {f"{LI}/shifts/0/breaks/0/latest": at("18:30")}),
    # tickets
    Case("WINDOW_CLOSES_BEFORE_OPENING", "/tickets/0/windows/0/end", at("09:00"), {f"{T0}/windows/0/end": at("09:00")}),
    Case("WINDOWS_OVERLAP", "/tickets/0/windows/1/start", at("11:30"), {f"{T0}/windows/1/start": at("11:30")}),
    Case("RESPOND_BEFORE_OPENED", "/tickets/0/respond_by", at("09:00"), {f"{T0}/respond_by": at("09:00")}),
    Case("CONTRADICTORY_ENGINEERS", "/tickets/0/engineers/never/1", '"li"', {f"{T0}/engineers/never/1": "li", f"{T0}/pin": {}}),
    Case("PIN_CONTRADICTS_ENGINEERS", "/tickets/0/pin/engineer", '"li"', {f"{T0}/engineers": {"never": ["li"]}}),
    Case("PIN_CONTRADICTS_ENGINEERS", "/tickets/0/pin/engineer", '"li"', {f"{T0}/engineers": {"must": ["chen"]}}),
    Case("PIN_CONTRADICTS_ENGINEERS", "/tickets/3/pin/engineer", '"chen"', {f"{T3}/customer": "hospital", f"{T3}/pin": TO_CHEN}),
    Case("PIN_OUTSIDE_SHIFT", "/tickets/3/pin/start", at("19:00"), {f"{T3}/pin": {"engineer": "chen", "start": at("19:00")}}),
    Case("PIN_OUTSIDE_SHIFT", "/tickets/3/pin/start", at("03:00", 13), {f"{T3}/pin": {"engineer": "li", "start": at("03:00", 13)}}),
    Case("PIN_OUTSIDE_WINDOWS", "/tickets/0/pin/start", at("13:00"), {f"{T0}/pin/start": at("13:00")}),
    Case("HISTORY_WITHOUT_ENGINEER", "/tickets/1/pin/engineer", '"t1"', {f"{T1}/pin/engineer": REMOVED}),
    Case("HISTORY_WITHOUT_ENGINEER", "/tickets/3/pin/engineer", '"travelling"', {f"{T3}/status": "travelling"}),
    Case("HISTORY_WITHOUT_SHIFT", "/tickets/1/pin/shift", "2 shifts", {f"{T1}/pin/shift": REMOVED}),
    Case(
        "HISTORY_WITHOUT_SHIFT",
        "/tickets/3/pin/shift",
        "0 shifts",
        {
            "engineers/2": {"id": "wu"},
            f"{T3}/status": "travelling",
            f"{T3}/pin": {"engineer": "wu"},
        },
    ),
    Case("HISTORY_WITHOUT_START", "/tickets/2/actual/start", '"on_site"', {f"{T2}/pin/start": REMOVED}),
    Case("HISTORY_IN_FUTURE", "/tickets/2/pin/start", at("10:30"), {f"{T2}/pin/start": at("10:30")}),
    Case("HISTORY_IN_FUTURE", "/tickets/1/actual/end", at("10:30"), {f"{T1}/actual/end": at("10:30")}),
    Case(
        "HISTORY_IN_FUTURE",
        "/tickets/1/actual/start",
        at("08:20"),
        {"now": at("08:00"), f"{T1}/actual/end": REMOVED, f"{T2}/status": "cancelled"},
    ),
    Case("ACTUAL_ENDS_BEFORE_START", "/tickets/1/actual/end", at("08:00"), {f"{T1}/actual/end": at("08:00")}),
]


def test_the_sample_is_valid_with_crow_and_with_matrix_travel() -> None:
    for changes in ({}, INDEXED):
        problem = schema.read_problem(json.dumps(changed(PROBLEM, changes)))
        assert [t.id for t in problem.tickets] == ["t0", "t1", "t2", "t3"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.code}-{c.pointer.lstrip('/')}-{c.value}"[:90])
def test_one_change_makes_one_fault_that_shows_the_value_and_the_remedy(case: Case) -> None:
    (fault,) = faults_of(changed(PROBLEM, case.changes))
    assert (fault.code, fault.pointer) == (case.code, case.pointer)
    assert case.value in fault.message
    assert fault.action.endswith((".", "?"))


def test_a_typo_is_answered_with_the_likely_name_or_all_names() -> None:
    tilte, colour = faults_of(changed(PROBLEM, {f"{T3}/tilte": "x", f"{T2}/place/colour": "red"}))[::-1]
    assert tilte.action == "Did you mean `title`?"
    assert colour.action == "Use one of lat, lon, address, index."
    (latenes,) = faults_of(changed(PROBLEM, {"policy/weights/latenes": 4}))
    assert latenes.action == "Did you mean `lateness`?"
    (source,) = faults_of(changed(PROBLEM, {"travel": {"source": "horse"}}))
    assert source.action == "Use one of crow, matrix, road, osrm, valhalla, openrouteservice."


def test_no_word_of_the_validating_library_reaches_the_user() -> None:
    for case in CASES:
        for fault in faults_of(changed(PROBLEM, case.changes)):
            text = f"{fault.message} {fault.action}".lower()
            assert not [
                word for word in ("pydantic", "https:", "input should", "field required", "extra_forbidden", "unicode") if word in text
            ]


def test_every_fault_code_is_shown_by_a_case() -> None:
    assert {case.code for case in CASES} | {refused.code for refused in REFUSED} | {refused.code for refused in REFUSED_WORLDS} | {
        c.code for c in REFUSED_LOGS
    } == set(REMEDIES)
