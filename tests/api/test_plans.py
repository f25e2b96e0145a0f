"""Plans over HTTP: posted, watched, read, stopped, listed."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from dispatch import planning, schema
from dispatch.api import examples
from dispatch.solver import Options
from dispatch.store import audit
from tests.api.conftest import Desk, opened, settings

DAY = json.dumps(examples.DAY).encode()


class Never(Executor):
    """Takes work and never begins it."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


def ended(desk: Desk, location: str) -> Any:
    """Return a job once it has ended."""
    job = desk.get(location, headers={"Prefer": "wait=60"}).json()
    assert job["state"] not in ("queued", "running"), job
    return job


def test_a_plan_is_made_in_the_background(either_desk: Desk) -> None:
    desk = either_desk
    posted = desk.post("/v1/plans?iterations=50&seed=3", examples.DAY)
    assert posted.status_code == 202
    job = ended(desk, posted.headers["location"])
    assert (job["state"], job["name"], job["error"], job["violations"]) == ("succeeded", "Two pumps in Changsha", None, [])
    assert job["options"] == {"seconds": 3600.0, "iterations": 50, "seed": 3, "workers": 1, "engine": "search", "prove": None}
    assert job["progress"]["unassigned"] == 0
    plan = desk.get(job["links"]["plan"])
    assert plan.headers["dispatch-state"] == "succeeded"
    assert plan.json()["cost"]["total"] == pytest.approx(job["progress"]["cost"], abs=1e-5)
    with desk.service.store.reading() as connection:
        assert [(e.who, e.action, e.subject) for e in audit.entries(connection)] == [("the dispatcher", "plan.posted", job["id"])]


def test_the_problem_of_a_plan_gives_the_same_plan_elsewhere(desk: Desk) -> None:
    posted = desk.post("/v1/plans?iterations=50&seed=3", examples.DAY)
    job = ended(desk, posted.headers["location"])
    problem = schema.read_problem(desk.get(job["links"]["problem"]).content)
    elsewhere = schema.write_plan(planning.plan(problem, Options(iterations=50, seed=3)).plan, problem.time_zone)
    here, there = desk.get(job["links"]["plan"]).json(), json.loads(elsewhere)
    here["solver"]["seconds"] = there["solver"]["seconds"]
    assert here == there


def test_who_prefers_to_wait_is_given_the_plan_itself(desk: Desk) -> None:
    answer = desk.post("/v1/plans?iterations=50", examples.DAY, Prefer="wait=60")
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=60")
    assert answer.json() == desk.get(answer.headers["location"] + "/plan").json()


def test_a_plan_begins_with_one_made_before(desk: Desk) -> None:
    first = desk.post("/v1/plans?iterations=50", examples.DAY, Prefer="wait=60")
    name = first.headers["location"].rpartition("/")[2]
    again = desk.post(f"/v1/plans?iterations=0&start={name}", examples.DAY, Prefer="wait=60")
    assert again.json()["cost"]["total"] <= first.json()["cost"]["total"]
    assert desk.post(f"/v1/plans?start={'0' * 22}", examples.DAY).status_code == 404


def test_a_replan_is_priced_against_what_people_were_told(desk: Desk) -> None:
    told = desk.post("/v1/plans?iterations=50", examples.DAY, Prefer="wait=60")
    name = told.headers["location"].rpartition("/")[2]
    later = {**examples.DAY, "now": "2026-03-10T08:40:00+08:00", "policy": {"base": "balanced", "weights": {"change": 7}}}
    again = desk.post(f"/v1/plans?iterations=50&replan={name}", later, Prefer="wait=60")
    assert again.json()["cost"]["by_rule"]["change"] == 7  # the emergency could not be begun by then
    problem = schema.read_problem(desk.get(again.headers["location"] + "/problem").content)
    assert {v.ticket: v.start for v in problem.previous} == {
        s.ticket: s.start for r in schema.read_plan(told.content).routes for s in r.stops
    }
    refused = desk.post(f"/v1/plans?start={name}&replan={name}", later)
    assert (refused.status_code, refused.json()["faults"][0]["pointer"]) == (422, "/query/replan")


def test_travel_that_cannot_be_had_fails_the_plan_with_its_cause(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from dispatch.errors import TravelError

    def away(*_: object) -> None:
        raise TravelError("The routing server does not answer.")

    monkeypatch.setattr("dispatch.planning.plan", away)
    job = ended(desk, desk.post("/v1/plans", examples.DAY).headers["location"])
    assert (job["state"], job["error"]["code"], job["error"]["detail"]) == ("failed", "NO_TRAVEL", "The routing server does not answer.")
    assert desk.get(job["links"]["plan"]).json()["code"] == "NO_PLAN_YET"


def test_the_events_of_a_plan_end_with_it(desk: Desk) -> None:
    posted = desk.post("/v1/plans?iterations=50", examples.DAY, Prefer="wait=60")
    stream = desk.get(posted.headers["location"] + "/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    (event,) = (block.split("\n") for block in stream.text.strip().split("\n\n"))
    assert event[0] == "event: end"
    assert json.loads(event[1].removeprefix("data: ")) == desk.get(posted.headers["location"]).json()


def test_a_plan_that_waits_is_stopped_at_once(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, workers=0)):
        location = desk.post("/v1/plans", examples.DAY).headers["location"]
        assert desk.client.delete(location, headers=desk.as_("viewer")).status_code == 403
        stopped = desk.client.delete(location, headers=desk.as_("dispatcher"))
        assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
        assert desk.client.delete(location, headers=desk.as_("dispatcher")).json() == stopped.json()
        with desk.service.store.reading() as connection:
            assert [e.action for e in audit.entries(connection)] == ["plan.posted", "plan.stopped"]


def test_no_more_plans_wait_than_the_settings_allow(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, workers=0, max_queue=2)):
        answers = [desk.post("/v1/plans", examples.DAY) for _ in range(3)]
        assert [a.status_code for a in answers] == [202, 202, 503]
        assert (answers[2].json()["code"], answers[2].headers["retry-after"]) == ("QUEUE_FULL", "30")


def test_plans_are_listed_page_by_page_the_newest_first(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, workers=0)):
        made = []
        for _ in range(5):
            desk.clock.now += 1
            made.append(desk.post("/v1/plans", examples.DAY).json()["id"])
        desk.client.delete(f"/v1/plans/{made[0]}", headers=desk.as_("dispatcher"))
        listed, after = [], ""
        while after is not None:
            page = desk.get(f"/v1/plans?limit=2&after={after}").json()
            listed += [job["id"] for job in page["plans"]]
            after = page["next"]
        assert listed == made[::-1]
        assert [job["id"] for job in desk.get("/v1/plans?state=cancelled").json()["plans"]] == made[:1]


def test_a_token_of_some_regions_sees_only_plans_of_no_others(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, workers=0)):
        north, south, both = (
            desk.token("dispatcher", ["north"]),
            desk.token("dispatcher", ["south"]),
            desk.token("viewer", ["north", "south"]),
        )
        location = desk.client.post("/v1/plans", json=examples.DAY, headers=north).headers["location"]
        desk.post("/v1/plans", examples.DAY)
        for path in ("", "/plan", "/problem", "/events", "/exports/csv"):
            refused = desk.client.get(location + path, headers=south)
            assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
        assert desk.client.delete(location, headers=south).status_code == 404
        counts = [len(desk.client.get("/v1/plans", headers=h).json()["plans"]) for h in (north, south, both, desk.as_("viewer"))]
        assert counts == [1, 0, 1, 2]


@pytest.mark.parametrize(
    "query",
    [
        "seconds=-1",
        "seconds=nan",
        "seconds=inf",
        "seconds=1e9",
        "iterations=x",
        "seed=2147483648",
        "workers=0",
        "engine=magic",
        "start=../../x",
        "prove=-1",
    ],
)
def test_options_that_cannot_be_are_refused(desk: Desk, query: str) -> None:
    answer = desk.post(f"/v1/plans?{query}", examples.DAY)
    assert (answer.status_code, answer.json()["code"]) == (422, "FAULTY_INPUT")
    fault = answer.json()["faults"][0]
    assert (fault["code"], fault["pointer"]) == ("INVALID_PARAMETER", f"/query/{query.partition('=')[0]}")


@pytest.mark.parametrize("name", ["0", "x" * 22, "0" * 40, "%27%20OR%201=1", "..%2f..%2fetc%2fpasswd"])
def test_an_id_that_cannot_be_is_refused(desk: Desk, name: str) -> None:
    assert desk.get(f"/v1/plans/{name}").status_code in (404, 422)
