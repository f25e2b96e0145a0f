"""Bodies, paths and headers that nobody should send: refused in a sentence, whatever they are, and nothing is kept of them."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dispatch.api import examples
from dispatch.store import jobs, tokens
from tests.api.conftest import Desk, opened, settings

JSON = {"Content-Type": "application/json"}
DAY = json.dumps(examples.DAY)

BODIES = {
    "empty": (b"", "MALFORMED_JSON"),
    "no JSON": (b"{not json", "MALFORMED_JSON"),
    "cut off": (DAY[:100].encode(), "MALFORMED_JSON"),
    "a list": (b"[]", "NOT_AN_OBJECT"),
    "null": (b"null", "NOT_AN_OBJECT"),
    "UTF-16": (DAY.encode("utf-16"), "WRONG_ENCODING"),
    "Latin-1": ('{"name": "Müller"}'.encode("latin-1"), "WRONG_ENCODING"),
    "deep lists": (b'{"tickets": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "TOO_DEEP"),
    "deep objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "TOO_DEEP"),
    "a key twice": (b'{"format": "dispatch/1", "format": "dispatch/1"}', "DUPLICATE_KEY"),
    "NUL": (DAY.replace("Yearly", "\\u0000").encode(), "BROKEN_TEXT"),
    "half a surrogate": (DAY.replace("Yearly", "\\ud800").encode(), "BROKEN_TEXT"),
    "no number": (DAY.replace("40", "NaN").encode(), "NOT_FINITE"),
    "a number without end": (DAY.replace('"priority": 1', '"priority": ' + "9" * 5000).encode(), "OUT_OF_RANGE"),
    "another format": (b'{"format": "dispatch/9"}', "WRONG_FORMAT"),
    "bytes of no text": (bytes(range(256)), "WRONG_ENCODING"),
}


@pytest.mark.parametrize("path", ["/v1/plans", "/v1/validate"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_problem_is_refused_with_its_faults(desk: Desk, path: str, name: str) -> None:
    body, code = BODIES[name]
    response = desk.client.post(path, content=body, headers={**desk.as_("dispatcher"), **JSON})
    assert (response.status_code, response.json()["code"]) == (422, "FAULTY_INPUT")
    assert code in {fault["code"] for fault in response.json()["faults"]}
    assert len(response.content) < 20_000


@pytest.mark.parametrize(
    "name", [n for n in BODIES if n not in ("another format", "NUL", "no number", "a number without end", "half a surrogate")]
)
def test_so_is_one_that_should_hold_a_problem_and_a_plan(desk: Desk, name: str) -> None:
    response = desk.client.post("/v1/check", content=BODIES[name][0], headers={**desk.as_("viewer"), **JSON})
    assert (response.status_code, response.json()["code"]) == (422, "FAULTY_INPUT")


def test_faults_inside_the_parts_of_a_body_point_from_its_top(desk: Desk) -> None:
    body = {"problem": {**examples.DAY, "tickets": [{"id": ""}]}, "plan": {"format": "dispatch-plan/1", "routes": 3}, "extra": 1}
    faults = desk.post("/v1/check", body).json()["faults"]
    assert {(f["pointer"], f["code"]) for f in faults} == {
        ("/extra", "UNKNOWN_FIELD"),
        ("/plan/routes", "WRONG_TYPE"),
        ("/problem/tickets/0/id", "EMPTY_TEXT"),
        ("/problem/tickets/0/place", "MISSING_FIELD"),
        ("/problem/tickets/0/service", "MISSING_FIELD"),
    }


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonp", "x"])
def test_a_body_that_is_not_said_to_be_json_is_refused(desk: Desk, kind: str) -> None:
    response = desk.client.post("/v1/validate", content=DAY, headers={**desk.as_("viewer"), "Content-Type": kind})
    assert (response.status_code, response.json()["code"]) == (415, "WRONG_MEDIA_TYPE")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.dispatch+json"]
)
def test_json_is_taken_by_all_its_names(desk: Desk, kind: str) -> None:
    assert desk.client.post("/v1/validate", content=DAY, headers={**desk.as_("viewer"), "Content-Type": kind}).status_code == 200


SQL = (
    "'; DROP TABLE jobs; --",
    "' OR '1'='1",
    '" OR ""="',
    "1; SELECT pg_sleep(10)",
    "\\'; DELETE FROM tokens; --",
    "%27%20UNION%20SELECT%201",
)


@pytest.mark.parametrize("evil", SQL)
def test_sql_in_any_text_is_text(either_desk: Desk, evil: str) -> None:
    desk = either_desk
    problem = {**examples.DAY, "name": evil, "tickets": [{**examples.DAY["tickets"][0], "id": evil, "title": evil}]}
    posted = desk.post("/v1/plans?iterations=1", problem, **{"Idempotency-Key": evil.replace(" ", "_")[:200], "Prefer": "wait=60"})
    assert posted.status_code == 200, posted.text
    for query in (f"state={evil}", f"after={evil}", f"limit={evil}"):
        assert desk.get(f"/v1/plans?{query}").status_code == 422
    assert desk.get(f"/v1/plans/{evil}").status_code in (404, 422)
    (listed,) = desk.get("/v1/plans").json()["plans"]
    assert listed["name"] == evil
    with desk.service.store.reading() as connection:
        assert len(tokens.every(connection)) == 4


@pytest.mark.parametrize(
    "path", ["/../etc/passwd", "/v1/plans/../../etc/passwd", "/v1/plans/%2e%2e%2f%2e%2e", "//evil.example.com/", "/v1/plans/%00", "/%ff%fe"]
)
def test_paths_that_climb_lead_nowhere(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code in (400, 404, 422)


@pytest.mark.parametrize("engineer", ["../../x", "nobody", "x\r\nSet-Cookie: a=b"])
def test_what_is_named_in_a_query_cannot_reach_files_or_headers(desk: Desk, engineer: str) -> None:
    body = {"problem": examples.DAY, "plan": examples.BY_HAND}
    response = desk.client.post("/v1/exports/icalendar", params={"engineer": engineer}, json=body, headers=desk.as_("viewer"))
    assert (response.status_code, "set-cookie" in response.headers) == (422, False)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "\u00e9", "a\tb"])
def test_keys_that_are_none_are_refused(desk: Desk, key: str) -> None:
    headers = [(k.encode(), v.encode()) for k, v in {**desk.as_("viewer"), **JSON}.items()]
    response = desk.client.post("/v1/validate", content=DAY, headers=[*headers, (b"Idempotency-Key", key.encode())])
    assert (response.status_code, response.json()["faults"][0]["pointer"]) == (422, "/header/Idempotency-Key")


@pytest.mark.parametrize(
    ("travel", "code"),
    [
        ({"source": "road", "extract": "/etc/passwd"}, "MAP_NOT_LISTED"),
        ({"source": "road", "extract": "../secret.pbf"}, "MAP_NOT_LISTED"),
        ({"source": "osrm", "url": "http://169.254.169.254/latest"}, "SERVER_NOT_LISTED"),
        ({"source": "valhalla", "url": "http://localhost:5432"}, "SERVER_NOT_LISTED"),
    ],
)
def test_a_problem_cannot_make_the_service_read_files_or_call_servers(desk: Desk, travel: Any, code: str) -> None:
    problem = {**examples.DAY, "travel": travel}
    for response in (
        desk.post("/v1/plans", problem),
        desk.post("/v1/validate", problem),
        desk.post("/v1/check", {"problem": problem, "plan": examples.BY_HAND}),
    ):
        (fault,) = response.json()["faults"]
        assert (response.status_code, fault["code"]) == (422, code)


def test_a_body_that_never_comes_is_not_waited_for(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, body_timeout=0.05)):
        start, body = asyncio.run(without_end(desk.client.app, {**desk.as_("viewer"), **JSON, "Content-Length": "10"}))
        assert start["status"] == 408
        assert json.loads(body["body"])["code"] == "BODY_TIMEOUT"


async def without_end(app: Any, headers: dict[str, str]) -> list[Any]:
    """Return what an app answers to a body that is announced and not sent."""
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.sleep(600)

    async def send(message: Any) -> None:
        sent.append(message)

    target = {"type": "http", "http_version": "1.1", "scheme": "http", "method": "POST", "path": "/v1/validate", "query_string": b""}
    raw = [(k.lower().encode(), v.encode()) for k, v in headers.items()]
    await app({**target, "raw_path": b"/v1/validate", "headers": raw, "server": ("x", 80), "client": ("x", 1)}, never, send)
    return sent


# ------------------------------------------------------------ the same request twice


def test_the_same_key_and_body_give_the_same_answer_and_one_plan(either_desk: Desk) -> None:
    desk = either_desk
    answers = [desk.post("/v1/plans", examples.DAY, **{"Idempotency-Key": "k1"}) for _ in range(3)]
    assert len({a.content for a in answers}) == len({a.headers["location"] for a in answers}) == 1
    assert ["idempotency-replayed" in a.headers for a in answers] == [False, True, True]
    assert len(desk.get("/v1/plans").json()["plans"]) == 1
    other = desk.post("/v1/plans", {**examples.DAY, "name": "other"}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "KEY_REUSED")
    assert desk.post("/v1/plans?seed=2", examples.DAY, **{"Idempotency-Key": "k1"}).status_code == 409
    assert desk.post("/v1/plans", examples.DAY, "admin", **{"Idempotency-Key": "k1"}).headers["location"] != answers[0].headers["location"]


def test_a_key_is_not_taken_by_what_is_refused(desk: Desk) -> None:
    key = {"Idempotency-Key": "k2"}
    assert desk.post("/v1/plans", {}, **key).status_code == 422
    assert desk.post("/v1/plans", examples.DAY, **key).status_code == 202


@pytest.mark.parametrize("path", ["/v1/validate", "/v1/plans"])
def test_of_many_at_once_with_one_key_one_acts_and_all_get_its_answer(either_desk: Desk, path: str) -> None:
    desk = either_desk
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: desk.post(path, examples.DAY, **{"Idempotency-Key": "k3"}), range(12)))
    assert len({(a.status_code, a.content) for a in answers}) == 1
    with desk.service.store.reading() as connection:
        made = jobs.listed(connection, after="", limit=99, state=None, regions=None)
    assert len(made) == (1 if path == "/v1/plans" else 0)


def test_keys_and_plans_are_kept_as_long_as_the_settings_say(desk: Desk) -> None:
    desk.post("/v1/plans?iterations=1", examples.DAY, **{"Idempotency-Key": "k4", "Prefer": "wait=60"})
    runner = desk.service.runner
    desk.clock.now += 6.9 * 86_400
    runner._tidied = 0.0
    runner._tidy()
    assert "idempotency-replayed" in desk.post("/v1/plans?iterations=1", examples.DAY, **{"Idempotency-Key": "k4"}).headers
    desk.clock.now += 0.2 * 86_400
    runner._tidied = 0.0
    runner._tidy()
    assert "idempotency-replayed" not in desk.post("/v1/plans?iterations=1", examples.DAY, **{"Idempotency-Key": "k4"}).headers
