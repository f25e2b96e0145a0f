"""Before every route: tokens, roles, limits, request ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatch.api import examples
from dispatch.api.problems import PROBLEMS
from dispatch.errors import StoreError
from tests.api.conftest import Desk, opened, settings


def code(response: Any) -> tuple[int, str]:
    """Return status and code of a refusal, which must be a whole problem of RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "faults"}
    assert (problem["status"], problem["title"]) == PROBLEMS[problem["code"]] == (response.status_code, problem["title"])
    return response.status_code, problem["code"]


def test_only_health_and_the_description_are_served_without_a_token(desk: Desk) -> None:
    assert desk.client.get("/healthz").json() == {"status": "alive"}
    paths = desk.client.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for method in methods:
            expected = 200 if path == "/healthz" else 401
            named = path.replace("{job_id}", "0" * 22).replace("{format}", "csv").replace("{hook}", "0" * 16)
            body: dict[str, str] | None = {} if method in ("post", "put", "patch") else None
            assert (path, desk.client.request(method, named, json=body).status_code) == (path, expected)
    assert code(desk.client.get("/no/such/path")) == (401, "NO_TOKEN")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer dispatch_x", "Bearer ' OR 1=1 --", "Bearer \xe9\xff", "bearer\tx"]
)
def test_what_is_no_token_opens_nothing(desk: Desk, header: str) -> None:
    response = desk.client.get("/readyz", headers=[(b"Authorization", header.encode("latin-1"))])
    assert code(response)[0] == 401
    assert response.headers["www-authenticate"].startswith('Bearer realm="dispatch"')


def test_a_token_works_until_it_expires(desk: Desk) -> None:
    header = desk.token("viewer", expires_at=desk.clock() + 60)
    assert desk.client.get("/readyz", headers=header).status_code == 200
    desk.clock.now += 60
    assert code(desk.client.get("/readyz", headers=header)) == (401, "INVALID_TOKEN")


def test_a_revoked_token_works_for_five_seconds_at_the_most(desk: Desk) -> None:
    from dispatch.store import tokens

    header = desk.token("viewer")
    assert desk.client.get("/readyz", headers=header).status_code == 200
    with desk.service.store.writing() as connection:
        for token in tokens.every(connection):
            tokens.revoke(connection, token.id, desk.clock())
    desk.clock.now += 5
    assert code(desk.client.get("/readyz", headers=header)) == (401, "INVALID_TOKEN")


def test_who_guesses_tokens_is_slowed_down(desk: Desk) -> None:
    answers = [desk.client.get("/readyz", headers={"Authorization": f"Bearer {n}"}) for n in range(51)]
    assert {a.status_code for a in answers[:50]} == {401}
    assert (code(answers[50]), answers[50].headers["retry-after"]) == ((429, "TOO_MANY_REQUESTS"), "1")
    assert desk.get("/readyz").status_code == 200


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("integration", 403), ("dispatcher", 202), ("admin", 202)])
def test_only_dispatchers_make_plans(desk: Desk, role: Any, status: int) -> None:
    response = desk.post("/v1/plans?iterations=1", examples.DAY, role)
    assert response.status_code == status
    if status == 403:
        assert code(response) == (403, "FORBIDDEN")
        assert response.json()["detail"] == f"This needs the role dispatcher, and the token 'the {role}' has the role {role}."


# --------------------------------------------------------------------- limits


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Desk]:
    """A service with low limits."""
    yield from opened(settings(tmp_path, max_body=2000, rate=2, burst=4))


def test_a_body_that_is_too_large_is_refused_before_and_while_it_is_sent(narrow: Desk) -> None:
    for body in (b" " * 2001, iter([b" " * 1500, b" " * 1500])):
        headers = narrow.as_("viewer", **{"Content-Type": "application/json"})
        assert code(narrow.client.post("/v1/validate", content=body, headers=headers)) == (413, "BODY_TOO_LARGE")


def test_requests_are_limited_by_token(narrow: Desk) -> None:
    assert [narrow.get("/readyz").status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    assert narrow.get("/readyz").headers["retry-after"] == "1"
    assert narrow.get("/readyz", "admin").status_code == 200
    narrow.clock.now += 1
    assert [narrow.get("/readyz").status_code for _ in range(3)] == [200, 200, 429]


def test_headers_and_targets_are_limited(desk: Desk) -> None:
    assert code(desk.get("/readyz", headers={"X-Long": "x" * 32_000})) == (431, "HEADERS_TOO_LARGE")
    assert code(desk.get("/" + "x" * 8000)) == (400, "BAD_REQUEST")
    assert code(desk.get("/v1/plans?after=%00")) == (400, "BAD_REQUEST")
    assert code(desk.get("/v1/plans/%00")) == (400, "BAD_REQUEST")


# ---------------------------------------------------------------- request ids


def test_every_answer_has_a_request_id_that_is_the_callers_where_it_is_harmless(desk: Desk) -> None:
    assert desk.get("/readyz", headers={"X-Request-ID": "desk-7"}).headers["x-request-id"] == "desk-7"
    for evil in ("a b", "x" * 65, '"}', ""):
        given = desk.get("/nothing", headers={"X-Request-ID": evil}).headers["x-request-id"]
        assert given != evil
        assert len(given) == 16


def test_what_was_not_foreseen_is_told_outside_without_a_trace_and_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("dispatch.store.jobs.counts", breaks)
    response = desk.get("/readyz", headers={"X-Request-ID": "desk-8"})
    assert code(response) == (500, "UNEXPECTED")
    assert "secret" not in response.text
    (record,) = (r for r in caplog.records if r.getMessage() == "unexpected")
    assert (record.__dict__["request_id"], str(record.exc_info[1] if record.exc_info else "")) == ("desk-8", "the secret of the house")


def test_a_database_that_is_away_is_503_and_then_it_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreError("The database cannot be used: it is at lunch, password hunter2")

    with monkeypatch.context() as patched:
        patched.setattr("dispatch.store.jobs.counts", away)
        response = desk.get("/readyz")
        assert (code(response), response.headers["retry-after"]) == ((503, "NO_STORE"), "2")
        assert "hunter2" not in response.text
    assert desk.get("/readyz").status_code == 200


@pytest.mark.parametrize(("method", "path", "expected"), [("GET", "/v1/nothing", "NOT_FOUND"), ("PUT", "/readyz", "METHOD_NOT_ALLOWED")])
def test_what_is_not_there_is_a_problem_too(desk: Desk, method: str, path: str, expected: str) -> None:
    response = desk.client.request(method, path, headers=desk.as_("viewer"))
    assert code(response) == (PROBLEMS[expected][0], expected)


def test_pages_of_other_origins_may_call_only_where_the_settings_say_so(tmp_path: Path, desk: Desk) -> None:
    asked = {"Origin": "https://desk.example.com", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in desk.client.options("/readyz", headers=asked).headers
    for other in opened(settings(tmp_path / "other", cors_origins=("https://desk.example.com",))):
        answer = other.client.options("/readyz", headers=asked)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://desk.example.com")
        answer = other.client.options("/readyz", headers={**asked, "Origin": "https://evil.example.com"})
        assert "access-control-allow-origin" not in answer.headers


def test_the_description_names_every_code_of_a_refusal(desk: Desk) -> None:
    described = json.dumps(desk.client.get("/openapi.json").json()["components"]["responses"])
    assert [name for name in PROBLEMS if f'"{name}"' not in described] == []
