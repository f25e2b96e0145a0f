"""Every refusal as application/problem+json (RFC 9457), with a stable code and, where input is at fault, all faults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from dispatch.errors import DispatchError, Fault, InfeasibleError, InputError, StoreError, TravelError

MEDIA_TYPE = "application/problem+json"

PROBLEMS: MappingProxyType[str, tuple[int, str]] = MappingProxyType(
    {
        "BAD_REQUEST": (400, "The request cannot be understood."),
        "NO_TOKEN": (401, "A token is needed."),
        "NOT_SIGNED": (401, "The message is not signed as it has to be."),
        "INVALID_TOKEN": (401, "The token is unknown, expired or revoked."),
        "FORBIDDEN": (403, "The token may not do this."),
        "NOT_FOUND": (404, "There is no such resource."),
        "NO_PLAN_YET": (404, "There is no plan yet."),
        "METHOD_NOT_ALLOWED": (405, "The resource does not take this method."),
        "NOT_ACCEPTABLE": (406, "The service has nothing of that media type."),
        "BODY_TIMEOUT": (408, "The request was not sent in time."),
        "KEY_REUSED": (409, "The Idempotency-Key was used for something else."),
        "CONFLICT": (409, "The state of the resource does not allow this."),
        "STALE": (412, "The resource was changed in the meantime."),
        "BODY_TOO_LARGE": (413, "The request is too large."),
        "WRONG_MEDIA_TYPE": (415, "The body is not of a media type that is taken here."),
        "FAULTY_INPUT": (422, "The input is faulty."),
        "NO_TRAVEL": (422, "Travel times could not be had."),
        "PRECONDITION_REQUIRED": (428, "The request has to say which revision it changes."),
        "TOO_MANY_REQUESTS": (429, "Too many requests."),
        "HEADERS_TOO_LARGE": (431, "The header fields are too large."),
        "UNEXPECTED": (500, "This should not have happened."),
        "QUEUE_FULL": (503, "Too many plans wait."),
        "NO_STORE": (503, "The database cannot be used at the moment."),
        "NOT_READY": (503, "The service is not ready."),
    }
)
"""Status and title by code; explained in ``docs/service.md``."""

_BY_STATUS = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    413: "BODY_TOO_LARGE",
    415: "WRONG_MEDIA_TYPE",
}

RETRY_AFTER = "2"
"""Seconds after which to try again what failed for want of the database."""


class Refusal(Exception):  # noqa: N818 - an answer, and mostly the caller's error
    """A request is refused.

    Parameters
    ----------
    code
        One of `PROBLEMS`, which gives the status.
    detail
        What is wrong with this request, and what to do.
    faults
        Where input is at fault, all of it.
    headers
        To be sent along.
    """

    def __init__(self, code: str, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.faults, self.headers = code, detail, tuple(faults), dict(headers or {})
        self.status, self.title = PROBLEMS[code]

    def document(self) -> dict[str, object]:
        """Return the members of the problem."""
        members: dict[str, object] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        return {**members, "faults": [asdict(f) for f in self.faults]}

    def response(self) -> Response:
        """Return the problem as a response."""
        body = json.dumps(self.document(), ensure_ascii=False).encode("utf-8", "replace")
        return Response(body, self.status, self.headers, MEDIA_TYPE)


def refusal(error: Exception) -> Refusal:
    """Return an error as what is told of it outside: of what was not foreseen, nothing."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, InputError):
        count = len(error.faults)
        return Refusal("FAULTY_INPUT", f"{count} fault{'' if count == 1 else 's'}.", error.faults)
    if isinstance(error, TravelError):
        return Refusal("NO_TRAVEL", str(error))
    if isinstance(error, StoreError):
        return Refusal("NO_STORE", "Nothing was changed. Try again in a moment.", headers={"Retry-After": RETRY_AFTER})
    if isinstance(error, RequestValidationError):
        return Refusal("FAULTY_INPUT", "A parameter is faulty.", [_parameter(dict(e)) for e in error.errors()])
    if isinstance(error, HTTPException):
        code = _BY_STATUS.get(error.status_code, "BAD_REQUEST")
        return Refusal(code, PROBLEMS[code][1], headers=error.headers)
    return Refusal("UNEXPECTED", "The service has logged what happened, under the request id of this answer. Please report it.")


def _parameter(error: dict[str, object]) -> Fault:
    """Return what is wrong with a parameter of the path, the query or the header."""
    where, *names = error["loc"] if isinstance(error["loc"], tuple) else (error["loc"],)
    name = ".".join(map(str, names))
    why = str(error["msg"])
    message = f"The parameter `{name}` of the {where} is faulty: {why[:1].lower()}{why[1:]}."
    return Fault(f"/{where}/{name}", "INVALID_PARAMETER", message, "Give a value as the API description has it.")


def install(app: FastAPI) -> None:
    """Let an app answer with problems, whatever is raised."""

    async def refused(_: Request, error: Exception) -> Response:
        return refusal(error).response()

    for kind in (Refusal, InputError, TravelError, StoreError, InfeasibleError, DispatchError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, refused)
