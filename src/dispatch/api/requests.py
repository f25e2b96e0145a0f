"""What routes get and give: bodies read whole and as JSON, answers given once for one Idempotency-Key."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.api.problems import Refusal
from dispatch.api.service import Here, Service
from dispatch.errors import Fault, InputError
from dispatch.schema import shapes, text
from dispatch.schema.documents import Document
from dispatch.store import keys
from dispatch.store.keys import Use

D = TypeVar("D", bound=Document)

JSON = "application/json"
_JSON_TYPE = re.compile(r"\s*application/([\w.+-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


# --------------------------------------------------------------------- bodies


async def _body(request: Request, service: Here) -> bytes:
    try:
        async with asyncio.timeout(service.settings.body_timeout):
            return await request.body()
    except TimeoutError:
        raise Refusal(
            "BODY_TIMEOUT", f"Send the request within {service.settings.body_timeout:g} s.", headers={"Connection": "close"}
        ) from None


async def _json_body(request: Request, body: Annotated[bytes, Depends(_body)]) -> bytes:
    kind = request.headers.get("content-type")
    if kind is not None and not _JSON_TYPE.fullmatch(kind):
        raise Refusal("WRONG_MEDIA_TYPE", f"The body is {kind[:80]!r}. Send JSON, and say so: Content-Type: application/json.")
    if _NUL.search(body):
        raise InputError([Fault("", "BROKEN_TEXT", 'A text holds the character NUL ("\\u0000").', "Remove the character.")])
    return body


Body = Annotated[bytes, Depends(_body)]
"""Parameter of a route: the body, whole, of whatever media type."""
JsonBody = Annotated[bytes, Depends(_json_body)]
"""Parameter of a route: the body, said to be JSON and not yet read."""


def read(document: type[D], body: bytes) -> D:
    """Return a body as a document.

    Raises
    ------
    InputError
        With every fault of it.
    """
    tree, faults = text.load(body)
    shape = shapes.check(document, tree)
    if faults or shape.faults or shape.document is None:
        raise InputError([*faults, *shape.faults])
    return shape.document


# -------------------------------------------------------------------- answers


@dataclass(frozen=True)
class Answer:
    """What a route answers, so that it can be kept and given again."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON

    @classmethod
    def of(cls, document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """Return a document as an answer in JSON."""
        return cls(encoded(document), status, dict(headers or {}))

    def response(self) -> Response:
        """Return it as a response."""
        return Response(self.body, self.status, dict(self.headers), self.media_type if self.body else None)


def encoded(document: Any) -> bytes:
    """Return a document as JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


# ----------------------------------------------------------- idempotency keys

_KeyHeader = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same key with the same request gives the same answer, and is acted on once."),
]


async def _use(request: Request, body: Annotated[bytes, Depends(_body)], key: _KeyHeader = None) -> Use | None:
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        message = "The header `Idempotency-Key` is not 1 to 200 printable characters of ASCII without spaces."
        raise InputError([Fault("/header/Idempotency-Key", "INVALID_PARAMETER", message, "Give a key such as a UUID.")])
    path = f"{request.method} {request.scope['path']}"
    what = sha256(request.scope["query_string"] + b"\n" + body).hexdigest()
    return Use(request.scope["caller"].token, sha256(path.encode("utf-8", "replace")).hexdigest(), key, what)


KeyUse = Annotated[Use | None, Depends(_use)]
"""Parameter of a route that takes POST: the use of an idempotency key, None where none was sent."""


def changing(service: Service, use: Use | None, work: Callable[[Connection], Answer]) -> Response:
    """Do work in one transaction, once for one key, and answer; what raises changes nothing and takes no key.

    Parameters
    ----------
    work
        Is given the connection of the transaction.
    """
    with service.store.writing() as connection:
        if use is None:
            return work(connection).response()
        kept = keys.take(connection, use, service.clock())
        if kept is not None:
            return again(kept, use)
        answer = work(connection)
        keep(connection, use, answer)
        return answer.response()


def computing(service: Service, use: Use | None, work: Callable[[], Answer]) -> Response:
    """Answer what changes nothing: the key is looked at before and kept after, and no transaction is open meanwhile."""
    if use is None:
        return work().response()
    with service.store.reading() as connection:
        kept = keys.kept(connection, use)
    if kept is not None:
        return again(kept, use)
    answer = work()

    return changing(service, use, lambda _: answer)


def keep(connection: Connection, use: Use, answer: Answer) -> None:
    """Keep the answer to a request whose key was taken."""
    keys.keep(connection, use, answer.status, {**answer.headers, "Content-Type": answer.media_type}, answer.body)


def again(kept: keys.Kept, use: Use) -> Response:
    """Return the answer that was given for a key before.

    Raises
    ------
    Refusal
        It was the answer to something else.
    """
    if kept.digest != use.digest:
        raise Refusal(
            "KEY_REUSED", "The key was used on this resource with another body or other parameters. Send a new key for a new request."
        )
    return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})
