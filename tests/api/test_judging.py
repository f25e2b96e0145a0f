"""Check, explain, compare and export what is sent along: the same answers as the command line gives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch import answers, explain, planning, scenario, schema
from dispatch.api import examples
from dispatch.api.judging import GROUNDS
from dispatch.model import CrowTravel
from tests.api.conftest import Desk

BOTH = {"problem": examples.DAY, "plan": examples.OTHER}
PROBLEM = schema.read_problem(json.dumps(examples.DAY))
PLANNED = planning.check(PROBLEM, schema.read_plan(json.dumps(examples.OTHER)))


@pytest.fixture(autouse=True)
def _warm(desk: Desk) -> None:
    desk.service.warm.set()


def test_a_plan_is_checked_as_the_command_line_checks_it(desk: Desk) -> None:
    expected = {"violations": answers.violations(PLANNED.violations), "plan": answers.plan(PLANNED)}
    for _ in range(2):  # the second time from what was remembered of the problem
        assert desk.post("/v1/check", BOTH, "viewer").json() == expected
    assert len(desk.service.grounds) == 1


def test_what_is_remembered_is_of_this_very_problem_and_not_much(desk: Desk) -> None:
    for number in range(GROUNDS + 2):
        problem = {**examples.DAY, "name": f"day {number}"}
        assert desk.post("/v1/check", {**BOTH, "problem": problem}, "viewer").json()["plan"]["problem"]["name"] == f"day {number}"
    assert 0 < len(desk.service.grounds) <= GROUNDS
    assert isinstance(next(iter(desk.service.grounds.values())).problem.travel, CrowTravel)


def test_tickets_left_out_are_explained(desk: Desk) -> None:
    assert desk.post("/v1/explain", BOTH, "viewer").json() == {"unassigned": answers.plan(PLANNED)["unassigned"]}


@pytest.mark.parametrize("ticket", ["T-1", "T-2"])
def test_of_a_ticket_it_is_told_who_could_do_it(desk: Desk, ticket: str) -> None:
    found = explain.runners_up(PLANNED.problem, PLANNED.matrix, PLANNED.plan, ticket)
    assert desk.post(f"/v1/explain?ticket={ticket}", BOTH, "viewer").json() == answers.candidates(PLANNED, ticket, found)


def test_a_ticket_that_is_not_there_is_a_fault(desk: Desk) -> None:
    (fault,) = desk.post("/v1/explain?ticket=T-9", BOTH, "viewer").json()["faults"]
    assert fault["code"] == "UNKNOWN_TICKET"


def test_two_plans_are_compared_in_the_time_zone_asked_for(desk: Desk) -> None:
    whole = planning.check(PROBLEM, schema.read_plan(json.dumps(examples.BY_HAND)))
    documents = {"before": answers.plan(whole), "after": answers.plan(PLANNED)}
    expected = answers.comparison(scenario.compare(whole.plan, PLANNED.plan), "Asia/Shanghai")
    assert desk.post("/v1/compare?time_zone=Asia/Shanghai", documents, "viewer").json() == expected
    assert expected["moved"]
    assert desk.post("/v1/compare?time_zone=Mars/Olympus", documents, "viewer").json()["faults"][0]["code"] == "UNKNOWN_TIME_ZONE"


@pytest.mark.parametrize(
    ("path", "media_type", "begins"),
    [
        ("geojson", "application/geo+json", '{"type": "FeatureCollection"'),
        ("csv", "text/csv; charset=utf-8", "\ufeffdate,engineer,"),
        ("icalendar?engineer=chen", "text/calendar; charset=utf-8", "BEGIN:VCALENDAR"),
    ],
)
def test_a_plan_is_exported_whether_it_was_sent_or_made(desk: Desk, path: str, media_type: str, begins: str) -> None:
    made = desk.post("/v1/plans?iterations=20", examples.DAY, Prefer="wait=60").headers["location"]
    for response in (desk.post(f"/v1/exports/{path}", BOTH, "viewer"), desk.get(f"{made}/exports/{path}")):
        assert (response.status_code, response.headers["content-type"]) == (200, media_type)
        assert response.text.startswith(begins)


def test_warnings_come_with_a_valid_problem(desk: Desk) -> None:
    problem: dict[str, Any] = {**examples.DAY, "tickets": [{**examples.DAY["tickets"][0], "skills": [{"skill": "crane", "tier": 1}]}]}
    found = desk.post("/v1/validate", problem, "viewer").json()
    assert (found["faults"], [w["code"] for w in found["warnings"]]) == ([], ["SKILL_NOBODY_HAS"])
