"""The API description, OpenAPI 3.1: what every route takes and answers, with examples that run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from dispatch import schema
from dispatch.api.gate import KEYED, OPEN
from dispatch.api.problems import MEDIA_TYPE, PROBLEMS

JSON = "application/json"
TEXT = {"type": "string"}
PROBLEM, PLAN = "Problem", "Plan"
"""Names of `dispatch/1` and `dispatch-plan/1` in the description."""

_ALWAYS = (400, 401, 403, 422, 429, 431, 503)
_WITH_BODY = (408, 413, 415)
_REFS = "#/components/schemas/"

Kind = type[BaseModel] | tuple[type[BaseModel], ...] | str | None
"""What a body is: one of our documents or one of several, a format by its name, or nothing that has a schema."""


@dataclass(frozen=True)
class Told:
    """One answer of a route, as the description has it.

    Parameters
    ----------
    kind
        What it is, in JSON.
    other
        Schemas by media type, of an answer that is not JSON.
    """

    description: str
    kind: Kind = None
    other: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None


def told(
    answers: Mapping[int, Told],
    *,
    takes: Kind = None,
    takes_media: str | None = None,
    examples: Mapping[str, Any] | None = None,
    refused: Iterable[int] = (),
) -> Any:
    """Return the keyword arguments that describe a route to FastAPI.

    Parameters
    ----------
    answers
        By status. The refusals that any route may answer with are added.
    takes, examples
        What the body is, and requests that run, by name.
    takes_media
        Media type of a body that is not JSON.
    refused
        Statuses of further refusals.
    """
    kinds = (takes, *(a.kind for a in answers.values()))
    models = [model for kind in kinds for model in (kind if isinstance(kind, tuple) else (kind,)) if isinstance(model, type)]
    parts = {name: found for model in models for name, found in _models(model)}
    extra: dict[str, Any] = {"x-schemas": parts, "responses": {str(status): _answer(a) for status, a in answers.items()}}
    extra["x-refused"] = list(refused)
    if takes is not None:
        shown = {name: {"value": value} for name, value in (examples or {}).items()}
        extra["requestBody"] = {"required": True, "content": {JSON: {"schema": _schema(takes), "examples": shown}}}
    if takes_media is not None:
        shown = {name: {"value": value} for name, value in (examples or {}).items()}
        extra["requestBody"] = {"required": True, "content": {takes_media: {"schema": TEXT, "examples": shown}}}
    return {"openapi_extra": extra, "response_model": None, "status_code": min(answers)}


def _schema(kind: Kind) -> dict[str, Any]:
    if isinstance(kind, tuple):
        return {"anyOf": [_schema(model) for model in kind]}
    return {} if kind is None else {"$ref": _REFS + (kind if isinstance(kind, str) else kind.__name__)}


def _answer(a: Told) -> dict[str, Any]:
    found: dict[str, Any] = {"description": a.description}
    content = {JSON: _schema(a.kind)} if a.other is None else a.other
    found["content"] = {media_type: {"schema": schema} for media_type, schema in content.items()}
    if a.headers:
        found["headers"] = {name: {"description": text, "schema": {"type": "string"}} for name, text in a.headers.items()}
    return found


def describe(app: FastAPI) -> None:
    """Let an app describe itself at ``/openapi.json``."""
    written: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not written:
            written.update(_description(app))
        return written

    app.openapi = openapi  # type: ignore[method-assign]


def _description(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="field-dispatch",
        version=version("field-dispatch"),
        openapi_version="3.1.0",
        summary="Plans the day of a field service: which engineer goes to which ticket, when, and why.",
        routes=app.routes,
    )
    schemas: dict[str, Any] = {"Refusal": _REFUSAL}
    for name, whole in ((PROBLEM, schema.problem_schema()), (PLAN, schema.plan_schema())):
        schemas.update(_formats(name, whole))
    for path in document["paths"].values():
        for operation in path.values():
            schemas.update(operation.pop("x-schemas", {}))
    components = document.setdefault("components", {})
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = {str(status): _refused(status) for status in sorted({status for status, _ in PROBLEMS.values()})}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "description": "`dispatch token create` makes one."}}
    document["security"] = [{"token": []}]
    for name, path in document["paths"].items():
        for method, operation in path.items():
            _complete(operation, name, method)
    return document


def _complete(operation: dict[str, Any], path: str, method: str) -> None:
    """Add what is the same for all routes: refusals, and that the open ones need no token."""
    responses = operation["responses"]
    responses.pop("422", None)
    refused = [*operation.pop("x-refused", ())]
    if path in OPEN:
        operation["security"] = []
        refused += [status for status in _ALWAYS if status in (400, 431)]
    else:
        if KEYED.fullmatch(path):
            operation["security"] = []
        refused += [*_ALWAYS, *(_WITH_BODY if "requestBody" in operation else ())]
    if method == "post":
        refused.append(409)
    if "{" in path:
        refused.append(404)
    for status in sorted(set(refused)):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}


def _refused(status: int) -> dict[str, Any]:
    codes = [(code, title) for code, (of, title) in PROBLEMS.items() if of == status]
    shown = {
        code: {"value": {"type": "about:blank", "title": t, "status": status, "detail": "..", "code": code, "faults": []}}
        for code, t in codes
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{_REFS}Refusal"}, "examples": shown}}
    return {"description": " ".join(f"`{code}`: {title}" for code, title in codes), "content": content}


_FAULT = {
    "type": "object",
    "required": ["pointer", "code", "message", "action"],
    "properties": {
        "pointer": {**TEXT, "description": "Where, as a JSON Pointer into the body, or /query/NAME, /path/NAME or /header/NAME."},
        "code": {**TEXT, "description": "A stable name, listed in docs/faults.md."},
        "message": {**TEXT, "description": "What is wrong, with the value."},
        "action": {**TEXT, "description": "What to do."},
    },
}
_REFUSAL = {
    "type": "object",
    "description": "A refusal: a problem of RFC 9457.",
    "required": ["type", "title", "status", "detail", "code", "faults"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": {**TEXT, "description": "What is wrong with this request, and what to do."},
        "code": {**TEXT, "enum": sorted(PROBLEMS), "description": "A stable name, listed in docs/service.md."},
        "faults": {"type": "array", "items": _FAULT, "description": "All that is wrong with the input."},
    },
}


def _formats(name: str, whole: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a format and its parts as schemas of the description, its parts with its name before theirs."""
    parts = whole.pop("$defs", {})
    whole.pop("$schema", None)
    for part, found in ((None, whole), *parts.items()):
        text = json.dumps(found).replace("#/$defs/", _REFS + name)
        yield (name if part is None else name + part), json.loads(text)


def _models(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    # Pydantic follows every reference, and would not find our formats.
    text = json.dumps(model.model_json_schema(ref_template=_REFS + "{model}"))
    whole = json.loads(text.replace('"x-format": "', f'"$ref": "{_REFS}'))
    parts = whole.pop("$defs", {})
    yield model.__name__, whole
    yield from parts.items()
