"""Each warning: one small change to a valid problem that is probably not meant."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings

from dispatch import schema
from dispatch.model import Problem
from dispatch.schema.notices import WARNINGS
from tests.generated.problems import problems
from tests.schema.samples import INDEXED, PROBLEM, REMOVED, SHIFT, at, changed
from tests.simulation.log_cases import WARNED_LOGS
from tests.simulation.world_cases import WARNED_WORLDS


class Case(NamedTuple):
    """A change to the valid problem, and the one warning it makes."""

    code: str
    pointer: str
    value: str
    changes: dict[str, Any]


T0, T1, T2, T3 = (f"tickets/{i}" for i in range(4))
LI, CHEN = "engineers/0", "engineers/1"
FREE = {f"{T0}/pin": REMOVED, f"{T0}/engineers": REMOVED}

CASES = [
    Case(
        "NO_SHIFTS",
        "/engineers",
        "to be planned are 1.",
        {"engineers": [], "tickets": PROBLEM["tickets"][3:], "previous": [], "customers": [], "service_levels": []},
    ),
    Case(
        "SHIFT_PAST",
        "/engineers/1/shifts/1",
        "22 h before now",
        {
            f"{CHEN}/shifts/1": SHIFT | {"id": "mon", "start": at("08:00", 11), "end": at("11:00", 11), "overtime_until": at("12:00", 11)},
            f"{T2}/pin/shift": "tue",
        },
    ),
    Case("SKILL_NOBODY_HAS", "/tickets/3/skills/0", '"weldin"', {f"{T3}/skills": [{"skill": "weldin"}]}),
    Case("TIER_NOBODY_REACHES", "/tickets/3/skills/0", "the highest tier there is is 3", {f"{T3}/skills": [{"skill": "pump", "tier": 4}]}),
    Case("NOBODY_ABLE_AND_ALLOWED", "/tickets/0", "has every skill", {f"{T0}/engineers": {"must": ["chen"]}, f"{T0}/pin": REMOVED}),
    Case(
        "NOBODY_ABLE_AND_ALLOWED", "/tickets/3", "No engineer may do", {f"{T3}/customer": "hospital", f"{T3}/engineers": {"never": ["li"]}}
    ),
    Case("NEED_NOBODY_CARRIES", "/tickets/0/needs", '9 of "seals", and no shift carries more than 4', {f"{T0}/needs/seals": 9}),
    Case("NEED_NOBODY_CARRIES", "/tickets/3/needs", "no shift carries more than 0", {f"{T3}/needs": {"filters": 1}}),
    Case("NO_SHIFT_MEETS_WINDOWS", "/tickets/3/windows", '"t3"', {f"{T3}/windows": [{"start": at("19:00"), "end": at("22:00")}]}),
    Case(
        "NO_SHIFT_MEETS_WINDOWS",
        "/tickets/3/windows",
        '"t3"',
        {
            f"{T3}/windows": [
                {"start": at("08:00"), "end": at("09:59")},
                {"start": at("18:01"), "end": at("23:00")},
            ]
        },
    ),
    Case("PLACE_FAR", "/tickets/3/place", "lat 48.1, lon 11.5", {f"{T3}/place": {"lat": 48.1, "lon": 11.5}}),
    Case("PROMISE_WITHOUT_OPENING", "/tickets/0/opened_at", '"t0"', {f"{T0}/opened_at": REMOVED, f"{T0}/respond_by": REMOVED}),
    Case("SERVICE_LEVEL_WITHOUT_EFFECT", "/service_levels/1", "neither", {"service_levels/1": {"kind": "training"}}),
    Case(
        "SERVICE_LEVEL_SHADOWED",
        "/service_levels/1",
        "Level 0",
        {"service_levels/1": PROBLEM["service_levels"][0] | {"respond_within": "PT1H"}},
    ),
    Case("CLASS_NOBODY_HAS", "/service_levels/0/customer_class", '"gold"', {"service_levels/0/customer_class": "gold"}),
    Case("ACTUAL_IGNORED", "/tickets/3/actual", '"open"', {f"{T3}/actual": {"start": at("09:00")}}),
    Case("SEVERAL_AT_WORK", "/tickets/3/status", '"t2"', {f"{T3}/status": "travelling", f"{T3}/pin": {"engineer": "chen"}}),
    Case("MATRIX_DIAGONAL", "/travel/seconds/1/1", "it is 7 s", INDEXED | {"travel/seconds/1/1": 7}),
]


def warnings_of(changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = schema.warnings(schema.read_problem(json.dumps(changed(PROBLEM, changes))))
    return [(w.code, w.pointer, w.message) for w in found]


@pytest.mark.parametrize("changes", [{}, INDEXED, {f"{T3}/status": "cancelled", f"{T3}/skills": [{"skill": "weldin"}]}], ids=str)
def test_a_sound_problem_has_no_warnings(changes: dict[str, Any]) -> None:
    assert warnings_of(changes) == []


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.code}-{c.pointer}")
def test_one_change_makes_one_warning_that_shows_the_value_and_the_remedy(case: Case) -> None:
    ((code, pointer, message),) = warnings_of(case.changes)
    assert (code, pointer) == (case.code, case.pointer)
    assert case.value in message
    assert message.endswith(WARNINGS[code])


def test_every_warning_code_is_shown_by_a_case() -> None:
    assert {case.code for case in CASES} | {warned.code for warned in WARNED_WORLDS} | {c.code for c in WARNED_LOGS} == set(WARNINGS)


def test_a_past_shift_with_history_is_there_for_its_history() -> None:
    assert [code for code, _, _ in warnings_of({"now": at("09:30", 13), **FREE, "tickets": PROBLEM["tickets"][1:], "previous": []})] == []


@settings(max_examples=60, deadline=None)
@given(problems())
def test_warnings_point_into_the_written_problem(problem: Problem) -> None:
    document = json.loads(schema.write_problem(problem))
    for warning in schema.warnings(problem):
        node = document
        *above, last = warning.pointer.split("/")[1:]
        for token in above:
            node = node[int(token) if isinstance(node, list) else token]
        assert isinstance(node, (dict, list))
        assert warning.code in WARNINGS
        assert last in ("opened_at",) or (int(last) < len(node) if isinstance(node, list) else last in node)
