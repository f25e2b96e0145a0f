"""Before every route: a request id, limits, the token; after it, a line in the log and a count. Nothing passes without a token."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from dispatch.api.problems import Refusal, refusal
from dispatch.store import tokens
from dispatch.store.tokens import Role, Token

if TYPE_CHECKING:
    from dispatch.api.service import Service

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = frozenset({"/healthz", "/openapi.json"})
"""Paths that are served without a token."""
KEYED = re.compile(r"/v1/feeds/[^/]+/calendar\.ics|/v1/hooks/in/[^/]+")
"""Paths that hold a key, or whose bodies are signed."""

REMEMBERED = 5.0
"""Seconds for which a token is not looked up again: a revoked one works so long at the most."""
MOST_REMEMBERED = 10_000
GUESSES, GUESS_BURST = 5.0, 50
"""Wrong tokens a second that one address may try, and at once."""

MOST_TARGET, MOST_HEADERS = 8_000, 32_000
"""Bytes of a path with its query, and of all header fields."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")

log = logging.getLogger("dispatch.requests")


@dataclass(frozen=True)
class Caller:
    """Who calls: a token without its secret.

    Parameters
    ----------
    regions
        Ids of the regions whose work the token may see and change; None for all.
    """

    token: str
    name: str
    role: Role
    regions: frozenset[str] | None


class Allowance:
    """Requests in time: so many a second on average, and so many at once (a token bucket per name)."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, name: str, now: float) -> float:
        """Take one; return 0, or the seconds after which there is one to take."""
        left, last = self._left.get(name, (self.burst, now))
        left = min(self.burst, left + max(0.0, now - last) * self.rate)
        if left < 1.0:
            return (1.0 - left) / self.rate
        if len(self._left) >= MOST_REMEMBERED:
            self._left.clear()
        self._left[name] = (left - 1.0, now)
        return 0.0


class Gate:
    """The outermost layer of the service, as ASGI middleware."""

    def __init__(self, app: App, service: Service) -> None:
        self.app, self.service = app, service
        self._known: dict[str, tuple[float, Token]] = {}
        self._requests = Allowance(service.settings.rate, service.settings.burst)
        self._guesses = Allowance(GUESSES, GUESS_BURST)
        self._keyed = Allowance(service.settings.rate, service.settings.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = perf_counter(), 0
        headers: dict[bytes, bytes] = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8).encode()
        scope["request_id"] = request_id.decode()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id), (b"x-content-type-options", b"nosniff")]
            await send(message)

        try:
            await self._enter(scope, headers)
            await self.app(scope, self._limited(receive, headers), sending)
        except Exception as error:
            refused = refusal(error)
            if refused.code == "UNEXPECTED":
                log.error("unexpected", exc_info=error, extra={"request_id": scope["request_id"], "path": scope["path"]})
            if status:  # half the answer is sent: all that is left is to break off
                raise
            await refused.response()(scope, receive, sending)
        finally:
            self._told(scope, status, perf_counter() - began)

    async def _enter(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Look at all that can be judged without the route; who calls goes into ``scope["caller"]``."""
        if sum(len(k) + len(v) for k, v in scope["headers"]) > MOST_HEADERS:
            raise Refusal("HEADERS_TOO_LARGE", f"Send at most {MOST_HEADERS} bytes of header fields.")
        if len(scope["path"]) + len(scope["query_string"]) > MOST_TARGET:
            raise Refusal("BAD_REQUEST", f"Path and query together may have {MOST_TARGET} bytes.")
        if "\x00" in scope["path"] or b"\x00" in scope["query_string"] or b"%00" in scope["query_string"]:
            raise Refusal("BAD_REQUEST", "Path and query cannot hold the character NUL.")
        most = self.service.settings.max_body
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > most:
            raise Refusal("BODY_TOO_LARGE", f"Send at most {most} bytes.", headers={"Connection": "close"})
        if scope["path"] in OPEN:
            return
        if KEYED.fullmatch(scope["path"]):
            address = (scope.get("client") or ("",))[0]
            if self._keyed.take(address, self.service.clock()):
                raise Refusal("TOO_MANY_REQUESTS", "Too many requests from this address.", headers={"Retry-After": "1"})
            return
        token = await self._token(scope, headers)
        wait = self._requests.take(token.id, self.service.clock())
        if wait:
            detail = f"The token {token.name!r} may make {self.service.settings.rate:g} requests a second."
            raise Refusal("TOO_MANY_REQUESTS", detail, headers={"Retry-After": str(int(wait) + 1)})
        scope["caller"] = Caller(token.id, token.name, token.role, token.regions)

    async def _token(self, scope: Scope, headers: dict[bytes, bytes]) -> Token:
        scheme, _, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        secret = secret.strip()
        challenge = {"WWW-Authenticate": 'Bearer realm="dispatch"'}
        if scheme.lower() != "bearer" or not secret:
            detail = "Send a token in the header, as in Authorization: Bearer dispatch_...; `dispatch token create` makes one."
            raise Refusal("NO_TOKEN", detail, headers=challenge)
        now = self.service.clock()
        until, token = self._known.get(secret, (0.0, None))
        if token is None or now >= until or now < until - REMEMBERED:
            token = await run_in_threadpool(self._look_up, secret)
            if token is not None:
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[secret] = (now + REMEMBERED, token)
        if token is not None and token.valid(now):
            return token
        self._known.pop(secret, None)
        wait = self._guesses.take((scope.get("client") or ("",))[0], now)
        if wait:
            raise Refusal("TOO_MANY_REQUESTS", "Too many wrong tokens from this address.", headers={"Retry-After": str(int(wait) + 1)})
        detail = "The token is unknown, expired or revoked. `dispatch token list` shows those there are."
        raise Refusal("INVALID_TOKEN", detail, headers={"WWW-Authenticate": challenge["WWW-Authenticate"] + ', error="invalid_token"'})

    def _look_up(self, secret: str) -> Token | None:
        with self.service.store.reading() as connection:
            return tokens.find(connection, secret)

    def _limited(self, receive: Receive, headers: dict[bytes, bytes]) -> Receive:
        """Return how to receive a body of unknown length: no more of it than is allowed."""
        if b"transfer-encoding" not in headers:
            return receive
        most, got = self.service.settings.max_body, 0

        async def receiving() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > most:
                raise Refusal("BODY_TOO_LARGE", f"Send at most {most} bytes.", headers={"Connection": "close"})
            return message

        return receiving

    def _told(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        template = getattr(route, "path", "") or ("" if scope["path"] not in OPEN else scope["path"])
        self.service.metrics.request(scope["method"], template, status, seconds)
        if self.service.settings.log_requests:
            caller: Caller | None = scope.get("caller")
            about = {
                "request_id": scope["request_id"],
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "ms": round(seconds * 1000, 1),
                "token": caller.token if caller else None,
            }
            log.info("request", extra=about)
