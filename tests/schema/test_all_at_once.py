"""Faults of single fields and between fields are told in one reading, at the places where they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch import schema
from dispatch.errors import InputError
from tests.schema.samples import PROBLEM, REMOVED, at, changed, faults_of
from tests.schema.test_faults import CASES

T0, T1, T2, T3 = (f"tickets/{i}" for i in range(4))
LI, CHEN = "engineers/0", "engineers/1"


def told(changes: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f.pointer, f.code) for f in faults_of(changed(PROBLEM, changes))]


def test_faults_of_every_sort_come_together_and_in_order_of_place() -> None:
    changes = {
        "time_zone": "Mars/Olympus",
        "format": REMOVED,
        f"{LI}/shifts/0/breaks/0/latest": at("19:00"),
        f"{CHEN}/service_factor": 0,
        f"{T0}/windows/0/end": at("09:00"),
        f"{T0}/tilte": "x",
        f"{T1}/service": "45",
        f"{T1}/customer": "miller",
        f"{T2}/place": {"lat": 0, "lon": 0},
        f"{T3}/priority": 9,
        f"{T3}/region": "west",
        "previous/0/shift": "sunday",
    }
    assert told(changes) == [
        ("/engineers/0/shifts/0/breaks/0/latest", "BREAK_OUTSIDE_SHIFT"),
        ("/engineers/1/service_factor", "NOT_POSITIVE"),
        ("/format", "MISSING_FIELD"),
        ("/previous/0/shift", "UNKNOWN_SHIFT"),
        ("/tickets/0/tilte", "UNKNOWN_FIELD"),
        ("/tickets/0/windows/0/end", "WINDOW_CLOSES_BEFORE_OPENING"),
        ("/tickets/1/customer", "UNKNOWN_CUSTOMER"),
        ("/tickets/1/service", "INVALID_DURATION"),
        ("/tickets/2/place", "ZERO_COORDINATES"),
        ("/tickets/3/priority", "OUT_OF_RANGE"),
        ("/tickets/3/region", "UNKNOWN_REGION"),
        ("/time_zone", "UNKNOWN_TIME_ZONE"),
    ]


def test_pointers_count_list_items_that_cannot_be_read_at_all() -> None:
    assert told({T1: "a ticket", f"{T0}/windows/0": 5, f"{T0}/windows/1/end": at("09:00"), f"{T3}/customer": "miller"}) == [
        ("/tickets/0/windows/0", "WRONG_TYPE"),
        ("/tickets/0/windows/1/end", "WINDOW_CLOSES_BEFORE_OPENING"),
        ("/tickets/1", "WRONG_TYPE"),
        ("/tickets/3/customer", "UNKNOWN_CUSTOMER"),
    ]


def test_two_rounds_of_missing_fields_still_leave_the_pointers_right() -> None:
    changes = {f"{T0}/windows/0/start": REMOVED, f"{T1}/id": REMOVED, "previous/0/start": "soon", f"{T3}/region": "west"}
    assert told(changes) == [
        ("/previous/0/start", "INVALID_TIME"),
        ("/tickets/0/windows/0/start", "MISSING_FIELD"),
        ("/tickets/1/id", "MISSING_FIELD"),
        ("/tickets/3/region", "UNKNOWN_REGION"),
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({f"{LI}/service_factor": "fast"}, "/engineers/0/service_factor"),
        ({f"{LI}/shifts/0/start": "early"}, "/engineers/0/shifts/0/start"),
        ({f"{LI}/shifts/0/overtime_until": 18, f"{LI}/shifts/0/breaks/0/latest": at("17:30")}, "/engineers/0/shifts/0/overtime_until"),
        ({f"{LI}/home": "the depot"}, "/engineers/0/home"),
        ({f"{LI}/home/lat": "28.2"}, "/engineers/0/home/lat"),
        ({"engineers": {}}, "/engineers"),
        ({"customers": None}, "/customers"),
        ({"regions": "north"}, "/regions"),
        ({"customers/0/dedicated_engineer": 5}, "/customers/0/dedicated_engineer"),
        ({"now": "soon"}, "/now"),
        ({"travel": {"source": "matrix"}}, "/travel/seconds"),
        ({"travel": {"source": "matrix", "seconds": [[0, -1], [1, 0]]}}, "/travel/seconds/0/1"),
        ({f"{T3}/place": REMOVED}, "/tickets/3/place"),
        ({f"{T1}/pin/engineer": 5}, "/tickets/1/pin/engineer"),
        ({f"{T1}/pin": []}, "/tickets/1/pin"),
        ({f"{T2}/pin/start": "ten"}, "/tickets/2/pin/start"),
        ({f"{T0}/windows/1": {"start": at("14:00")}}, "/tickets/0/windows/1/end"),
        ({f"{LI}/shifts/1/start_place": 5}, "/engineers/0/shifts/1/start_place"),
    ],
)
def test_what_follows_from_a_faulty_field_is_not_told_as_well(changes: dict[str, Any], pointer: str) -> None:
    assert [f.pointer for f in faults_of(changed(PROBLEM, changes))] == [pointer]


def test_all_faulty_cases_at_once_are_refused_without_a_traceback() -> None:
    document = PROBLEM
    for case in CASES:
        try:
            document = changed(document, case.changes)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change has taken away what this one is about
    with pytest.raises(InputError) as refused:
        schema.read_problem(json.dumps(document))
    assert len({f.pointer for f in refused.value.faults}) > 20


def test_the_same_typo_in_every_ticket_is_told_for_every_ticket() -> None:
    ticket = PROBLEM["tickets"][3] | {"tilte": "x"}
    tickets = [ticket | {"id": f"t{i}"} for i in range(500)]
    faults = faults_of(PROBLEM | {"tickets": tickets})
    assert sorted(f.pointer for f in faults) == sorted(f"/tickets/{i}/tilte" for i in range(500))
