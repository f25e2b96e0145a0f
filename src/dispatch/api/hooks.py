"""Webhooks in the form of Standard Webhooks: the service tells of changes, and systems report events, both signed."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import threading
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from standardwebhooks import Webhook
from starlette.responses import Response

from dispatch.api.days import ETAG, Happened, reporting
from dispatch.api.delivery import Deliver, NotDelivered
from dispatch.api.description import Told, told
from dispatch.api.gate import Caller
from dispatch.api.looking import After, Limit
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, JsonBody, KeyUse, changing
from dispatch.api.service import Admin, Here
from dispatch.errors import InputError, StoreError
from dispatch.schema import text
from dispatch.schema.codes import fault
from dispatch.store import audit, hooks
from dispatch.store.hooks import Hook
from dispatch.store.keys import Use

if TYPE_CHECKING:
    from dispatch.api.service import Service

router = APIRouter(prefix="/v1/hooks", tags=["webhooks"])
log = logging.getLogger(__name__)

TOLERANCE = 300
"""Seconds that the timestamp of an incoming webhook may be away from the clock of the service."""
LEASE = 60.0
"""Seconds after which a message whose sender died is sent anew."""
PAUSES = (5, 30, 120, 600, 1800, 3600)
"""Seconds to wait after a first, second, .. attempt that failed; the last one from then on."""
LOOK_EVERY = 1.0


class HookDocument(BaseModel):
    """A webhook."""

    id: str
    direction: Literal["in", "out"]
    region: str | None = Field(description="Whose days it is about; null for all.")
    url: str | None = Field(description="Where changes are told, or events are sent to.")
    secret: str | None = Field(default=None, description="Signs and verifies; told only when the webhook is made.")
    disabled: bool = Field(description="Whether it failed for so long that nothing is told any more.")
    last_error: str | None = None


class HookList(BaseModel):
    """Webhooks by id."""

    hooks: list[HookDocument]
    next: str | None


class WantedHook(BaseModel):
    """Which webhook to make."""

    direction: Literal["in", "out"] = Field(description="`out`: the service tells of changes; `in`: a system reports events.")
    url: str | None = Field(default=None, description="Where changes are to be told; only for `out`.")
    region: str | None = Field(default=None, description="Whose days it is about; default: all, or for `in` the day of all regions.")


class Incoming(BaseModel):
    """Events of a day, as POST events takes them."""

    date: str = Field(description="The day, as in 2026-05-12.")
    events: list[dict[str, Any]] | None = None
    type: str | None = None


# -------------------------------------------------------------------- keeping


def _document(hook: Hook, secret: str | None = None) -> dict[str, Any]:
    url = hook.url if hook.direction == "out" else f"/v1/hooks/in/{hook.id}"
    told_ = {"id": hook.id, "direction": hook.direction, "region": hook.region, "url": url, "secret": secret}
    return {**told_, "disabled": hook.disabled_at is not None, "last_error": hook.last_error}


@router.post(
    "",
    operation_id="makeHook",
    summary="Make a webhook",
    **told(
        {201: Told("The webhook, with its secret.", HookDocument)},
        takes=WantedHook,
        examples={"Tell of changes": {"direction": "out", "url": "https://tickets.example.com/hooks/dispatch"}},
    ),
)
def make_hook(service: Here, who: Admin, body: JsonBody, use: KeyUse) -> Response:
    """Make a webhook. Its secret is shown this once."""
    tree, faults = text.load(body)
    direction, url, region = tree.get("direction"), tree.get("url"), tree.get("region")
    for name in tree.keys() - {"direction", "url", "region"}:
        faults.append(fault("UNKNOWN_FIELD", text.child("", name), f"{name[:60]!r} is not a field.", "Give direction, url and region."))
    if direction not in ("in", "out"):
        faults.append(fault("UNKNOWN_CHOICE", "/direction", "`direction` is neither in nor out.", "Use in or out."))
    if region is not None and (not isinstance(region, str) or len(region) > 200):
        faults.append(fault("WRONG_TYPE", "/region", "`region` is not the id of a region."))
    if direction == "out" and not (isinstance(url, str) and _sound(url)):
        faults.append(fault("INVALID_URL", "/url", "`url` is not an address to send to.", "Give one like https://example.com/hook."))
    if direction == "in" and url is not None:
        faults.append(fault("INVALID_URL", "/url", "An incoming webhook has the address of this service.", "Leave url out."))
    if faults:
        raise InputError(faults)
    if who.regions is not None and region not in who.regions:
        raise Refusal("FORBIDDEN", f"The token is for {', '.join(sorted(who.regions))}: name one of these regions.")

    def work(connection: Connection) -> Answer:
        now = service.clock()
        hook = hooks.create(connection, "in" if direction == "in" else "out", region, url, now)
        audit.add(connection, audit.Entry(now, who.token, who.name, "hook.made", region, hook.id, {"url": url}))
        return Answer.of(_document(hook, hook.secret), 201)

    return changing(service, use, work)


def _sound(url: str) -> bool:
    """Whether an address can be sent to, as far as can be told without looking it up."""
    if len(url) > 2000 or not url.isascii() or any(c.isspace() for c in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        return False


@router.get("", operation_id="listHooks", summary="Webhooks", **told({200: Told("A page of webhooks.", HookList)}))
def list_hooks(service: Here, who: Admin, limit: Limit = 100, after: After = "") -> Response:
    """List webhooks, without their secrets."""
    with service.store.reading() as connection:
        found = hooks.every(connection, who.regions, after, limit + 1)
    listed = [_document(h) for h in found[:limit]]
    return Answer.of({"hooks": listed, "next": found[limit - 1].id if len(found) > limit else None}).response()


HookId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="Id of the webhook.")]


def _known(connection: Connection, who: Caller, hook_id: str) -> Hook:
    hook = hooks.find(connection, hook_id)
    if hook is None or (who.regions is not None and hook.region not in who.regions):
        raise Refusal("NOT_FOUND", f"There is no webhook {hook_id!r}.")
    return hook


@router.delete("/{hook}", operation_id="removeHook", summary="Remove a webhook", **told({204: Told("It is gone.", None, {})}))
def remove_hook(service: Here, who: Admin, hook: HookId) -> Response:
    """Remove a webhook, with all that was still to be told to it."""
    with service.store.writing() as connection:
        _known(connection, who, hook)
        hooks.remove(connection, hook)
        audit.add(connection, audit.Entry(service.clock(), who.token, who.name, "hook.removed", None, hook, {}))
    return Response(status_code=204)


@router.post(
    "/{hook}/enable",
    operation_id="enableHook",
    summary="Tell a webhook again that was disabled",
    **told({200: Told("The webhook.", HookDocument)}),
)
def enable_hook(service: Here, who: Admin, hook: HookId, use: KeyUse) -> Response:
    """Tell a webhook of changes again, from the next one on."""

    def work(connection: Connection) -> Answer:
        _known(connection, who, hook)
        hooks.enable(connection, hook)
        return Answer.of(_document(_known(connection, who, hook)))

    return changing(service, use, work)


# -------------------------------------------------------------------- incoming


@router.post(
    "/in/{hook}",
    operation_id="receive",
    summary="Events from another system, signed",
    **told(
        {200: Told("What it came to.", Happened, headers=ETAG)},
        takes=Incoming,
        examples={"Done": {"date": "2026-03-10", "events": [{"type": "done", "ticket": "T-1", "at": "2026-03-10T10:00:00+08:00"}]}},
        refused=(401,),
    ),
)
def receive(service: Here, request: Request, hook: HookId, body: JsonBody) -> Response:
    """Take events signed with the secret of the webhook; needs no token. The same `webhook-id` gives the same answer, and acts once."""
    with service.store.reading() as connection:
        found = hooks.find(connection, hook)
    if found is None or found.direction != "in":
        raise Refusal("NOT_SIGNED", "No incoming webhook has this address.")
    name = verified(found.secret, request.headers, body, service.clock())
    tree, faults = text.load(body)
    date = tree.pop("date", None)
    if not isinstance(date, str) or len(date) != 10:
        faults.append(fault("MISSING_FIELD", "/date", "`date` is missing, or no date.", "Give the day, as in 2026-05-12."))
    if faults:
        raise InputError(faults)
    use = Use(f"hook:{found.id}", "incoming", name, sha256(body).hexdigest())
    who = Caller(f"hook:{found.id}", f"webhook {found.id}", "integration", None if found.region is None else frozenset({found.region}))
    return service.desk.change((found.region or "", str(date)), who, use, reporting(service, who, tree))


def verified(secret: str, headers: Any, body: bytes, now: float) -> str:
    """Return the id of a message that is signed and of now.

    Raises
    ------
    Refusal
        A header is missing, the timestamp is too old or too new, or no signature is that of the secret.
    """
    name, at, signatures = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not name or not at or not signatures or len(name) > 200:
        raise Refusal("NOT_SIGNED", "Send webhook-id, webhook-timestamp and webhook-signature, as Standard Webhooks have it.")
    if not (at.isascii() and at.isdigit() and len(at) < 12) or abs(int(at) - now) > TOLERANCE:
        raise Refusal("NOT_SIGNED", f"`webhook-timestamp` is more than {TOLERANCE} s away from now. Set the clock, and sign anew.")
    told_ = Webhook(secret).sign(name, datetime.fromtimestamp(int(at), UTC), body.decode("utf-8", "surrogateescape"))
    wanted = base64.b64decode(told_.partition(",")[2])
    if not any(hmac.compare_digest(wanted, one) for one in _signatures(signatures)):
        raise Refusal("NOT_SIGNED", "No signature is that of the secret of this webhook over this body.")
    return str(name)


def _signatures(header: str) -> list[bytes]:
    found = []
    for one in header.split(" ")[:20]:
        version, _, signature = one.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(signature, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found


# -------------------------------------------------------------------- outgoing


class Outgoing:
    """Tells webhooks what is in the outbox, in a thread of its own; also lets holds expire and keeps long days whole.

    Parameters
    ----------
    deliver
        Sends a message.
    """

    def __init__(self, service: Service, deliver: Deliver) -> None:
        self.service, self.deliver = service, deliver
        self._awake, self._over = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
            for name, work in (("webhooks", self.send), ("days", self.keep))
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look at the outbox now."""
        self._awake.set()

    def close(self) -> None:
        """End; what is not told is told at the next start."""
        self._over.set()
        self._awake.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(5)

    def keep(self) -> None:
        """Let holds expire whose time is over, and keep days whole whose log is long."""
        self._over.wait(LOOK_EVERY)
        if not self._over.is_set():
            self.service.desk.expire()
            self.service.desk.tidy()

    def send(self) -> None:
        """Tell what is to be told now, and wait for more."""
        while not self._over.is_set() and self.send_some():
            pass
        self._awake.wait(LOOK_EVERY)
        self._awake.clear()

    def _run(self, work: Any) -> None:
        while not self._over.is_set():
            try:
                work()
            except StoreError as error:
                log.warning("the outbox cannot be looked at: %s", error)
                self._over.wait(LOOK_EVERY)
            except Exception:
                log.exception("the outbox cannot be looked at")
                self._over.wait(LOOK_EVERY)

    def send_some(self) -> bool:
        """Tell every webhook the first of what is to be told now; return whether there was anything."""
        store, now = self.service.store, self.service.clock()
        with store.reading() as connection:
            if not hooks.waiting(connection, now):
                return False
        with store.writing() as connection:
            found = [(message, hooks.find(connection, message.hook)) for message in hooks.due(connection, now, LEASE, 20)]
        for message, hook in found:
            if hook is None or hook.url is None:
                continue
            error = self._told(hook, message)
            now = self.service.clock()
            with store.writing() as connection:
                if error is None:
                    hooks.delivered(connection, message)
                    continue
                pause = PAUSES[min(message.attempts, len(PAUSES)) - 1]
                if hooks.failed(connection, message, error, now, now + pause, self.service.settings.hook_patience * 86_400):
                    log.warning("webhook %s is disabled: %s", hook.id, error)
        return bool(found)

    def _told(self, hook: Hook, message: hooks.Message) -> str | None:
        """Send a message; return why it was not received, None where it was."""
        assert hook.url is not None
        at = datetime.fromtimestamp(int(self.service.clock()), UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": message.message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(hook.secret).sign(message.message, at, message.body),
        }
        try:
            self.deliver(hook.url, message.body.encode(), headers)
        except NotDelivered as error:
            return str(error)
        return None
