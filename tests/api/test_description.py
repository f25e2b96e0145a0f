"""The API description is true: every example runs, every answer is as described, whatever is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from dispatch.api.examples import BY_HAND, DAY
from tests.api.conftest import Desk, opened, settings

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A service for all tests of this file; plans wait, as there are no workers."""
    yield from opened(settings(tmp_path_factory.mktemp("described"), workers=0, max_queue=100_000, rate=1e9, burst=1_000_000_000))


@pytest.fixture(scope="module")
def description(steady: Desk) -> Any:
    """The description as it is served."""
    return steady.client.get("/openapi.json").json()


def operations(description: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield path, method and operation."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def conforms(description: Any, response: Any, schema: Any) -> None:
    """Assert that an answer in JSON is as its schema says."""
    whole = (
        {"$ref": schema["$ref"], "components": description["components"]}
        if "$ref" in schema
        else {**schema, "components": description["components"]}
    )
    errors = list(Draft202012Validator(whole).iter_errors(response.json()))
    assert not errors, errors[0].message


def test_every_operation_has_a_name_of_its_own_a_summary_and_all_its_refusals(description: Any) -> None:
    found = list(operations(description))
    names = [operation["operationId"] for _, _, operation in found]
    assert len(names) == len(set(names))
    assert [path for path, _, operation in found if not operation.get("summary") or not operation.get("description")] == []
    for path, method, operation in found:
        expected = {"400", "431"} if path == "/healthz" else {"400", "401", "403", "422", "429", "431", "503"}
        assert expected <= set(operation["responses"]), f"{method} {path}"
    assert description["openapi"] == "3.1.0"


def test_every_body_has_an_example_and_every_example_runs(steady: Desk, description: Any) -> None:
    ran, names = 0, day_of(steady)
    for path, method, operation in operations(description):
        content_of = operation.get("requestBody", {"content": {"": {}}})["content"]
        ((media, body),) = content_of.items()
        for name, example in body.get("examples", {}).items():
            url = path.replace("{format}", "geojson").replace("{kind}", "tickets")
            if operation["operationId"] == "publish":
                names["proposal"] = proposal(steady)
            for part, value in names.items():
                url = url.replace(f"{{{part}}}", value)
            if operation["operationId"] == "openDay":
                url = url.replace("10", "11")
            if operation["operationId"] == "receive":  # what is signed is tested with webhooks
                continue
            sent = {"content": example["value"]} if media == "text/csv" else {"json": example["value"]}
            headers = {**steady.as_("admin"), "Content-Type": media, **({"If-Match": "*"} if url.endswith("/shifts") else {})}
            response = steady.client.request(method, url, headers=headers, **sent)
            assert response.is_success, f"{method} {path}, {name}: {response.text}"
            content = operation["responses"][str(response.status_code)]["content"]
            if "application/json" in content:
                conforms(description, response, content["application/json"]["schema"])
            ran += 1
        if "requestBody" in operation:
            assert body["examples"], f"{method} {path}"
    assert ran >= 20


def day_of(steady: Desk) -> dict[str, str]:
    """Open a day, and return what the names of paths stand for."""
    steady.client.put("/v1/days/2026-03-10", json={"problem": DAY, "plan": BY_HAND}, headers=steady.as_("admin"))
    return {"date": "2026-03-10", "ref": "INC%2F5", "engineer": "wang"}


def proposal(steady: Desk) -> str:
    """Return a proposal that was made by hand, of the day as it is now."""
    made = steady.post("/v1/days/2026-03-10/proposals", {"place": {"ticket": "T-2", "engineer": "chen"}})
    return str(made.json()["id"])


def test_refusals_are_as_described(steady: Desk, description: Any) -> None:
    for response in (steady.client.get("/readyz"), steady.get("/v1/plans/0"), steady.post("/v1/validate", {}), steady.get("/nothing")):
        conforms(description, response, {"$ref": "#/components/schemas/Refusal"})


CHECKED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def already_living(app: Any) -> Any:
    """Return an app that need not be started: it runs already."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    return called


def test_whatever_is_sent_is_answered_as_described_and_never_with_500(steady: Desk) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", already_living(steady.client.app))
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]

        @hypothesis.settings(
            max_examples=7, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck)
        )
        @hypothesis.given(case=operation.as_strategy())
        def sent(case: Any) -> None:
            case.call_and_validate(headers=steady.as_("admin"), checks=CHECKED)

        sent()
