"""Webhooks, incoming and outgoing, and the outbox: what is to be told stands beside the change that it tells of."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row, case, func, or_, select

from dispatch.store.tables import column_maps, feeds, hooks, outbox
from dispatch.store.tokens import digest

Direction = Literal["in", "out"]


@dataclass(frozen=True)
class Hook:
    """A webhook.

    Parameters
    ----------
    direction
        ``out``: the service tells of changes; ``in``: a system reports events.
    region
        Whose days it is about; None for all.
    url
        Where to tell; None for an incoming one.
    secret
        Signs and verifies, as Standard Webhooks have it. It is kept as it is: a hash of it could sign nothing.
    failing_since, disabled_at
        Unix seconds; None while all is well.
    """

    id: str
    direction: Direction
    region: str | None
    url: str | None
    secret: str
    created_at: float
    failing_since: float | None = None
    disabled_at: float | None = None
    last_error: str | None = None


@dataclass(frozen=True)
class Message:
    """What is to be told to one hook; `attempts` says how often that was tried."""

    id: int
    hook: str
    message: str
    body: str
    attempts: int


def create(connection: Connection, direction: Direction, region: str | None, url: str | None, now: float) -> Hook:
    """Make a webhook with a secret of its own."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    hook = Hook(secrets.token_hex(8), direction, region, url, secret, now)
    connection.execute(hooks.insert().values(**vars(hook)))
    return hook


def find(connection: Connection, hook_id: str) -> Hook | None:
    """Return a webhook, None where there is none."""
    row = connection.execute(select(hooks).where(hooks.c.id == hook_id)).one_or_none()
    return None if row is None else _hook(row)


def every(connection: Connection, regions: Collection[str] | None, after: str, limit: int) -> list[Hook]:
    """Return webhooks by id; only those of some regions, or all (None)."""
    wanted = select(hooks).where(hooks.c.id > after).order_by(hooks.c.id).limit(limit)
    if regions is not None:
        wanted = wanted.where(hooks.c.region.in_(sorted(regions)))
    return [_hook(row) for row in connection.execute(wanted)]


def remove(connection: Connection, hook_id: str) -> bool:
    """Remove a webhook with all that was still to be told to it."""
    connection.execute(outbox.delete().where(outbox.c.hook == hook_id))
    return connection.execute(hooks.delete().where(hooks.c.id == hook_id)).rowcount > 0


def enable(connection: Connection, hook_id: str) -> None:
    """Let a hook that was disabled be told again, from the next change on."""
    connection.execute(hooks.update().where(hooks.c.id == hook_id).values(disabled_at=None, failing_since=None))


def tell(connection: Connection, region: str, bodies: Sequence[str], now: float) -> None:
    """Put messages for every outgoing hook of a region into the outbox, in the transaction of what they tell of."""
    to = (hooks.c.direction == "out") & hooks.c.disabled_at.is_(None) & or_(hooks.c.region.is_(None), hooks.c.region == region)
    found = connection.execute(select(hooks.c.id).where(to)).scalars().all()
    rows = [
        {"hook": hook, "message": f"msg_{secrets.token_hex(12)}", "body": body, "attempts": 0, "next_at": now}
        for body in bodies
        for hook in found
    ]
    if rows:
        connection.execute(outbox.insert(), rows)


def due(connection: Connection, now: float, lease: float, limit: int) -> list[Message]:
    """Claim messages that are to be sent now, of every hook the first, for so many seconds: each hook is told in order."""
    first = select(func.min(outbox.c.id)).group_by(outbox.c.hook).scalar_subquery()
    wanted = select(outbox).where(outbox.c.id.in_(first), outbox.c.next_at <= now).order_by(outbox.c.id).limit(limit)
    found = [Message(r.id, r.hook, r.message, r.body, r.attempts) for r in connection.execute(wanted.with_for_update(skip_locked=True))]
    if found:
        ids = [m.id for m in found]
        connection.execute(outbox.update().where(outbox.c.id.in_(ids)).values(next_at=now + lease, attempts=outbox.c.attempts + 1))
    return [replace(m, attempts=m.attempts + 1) for m in found]


def waiting(connection: Connection, now: float) -> bool:
    """Whether anything is to be sent now."""
    return connection.execute(select(outbox.c.id).where(outbox.c.next_at <= now).limit(1)).one_or_none() is not None


def delivered(connection: Connection, message: Message) -> None:
    """Take a message out of the outbox: it was received."""
    connection.execute(outbox.delete().where(outbox.c.id == message.id))
    connection.execute(hooks.update().where(hooks.c.id == message.hook).values(failing_since=None, last_error=None))


def failed(connection: Connection, message: Message, error: str, now: float, again_at: float, patience: float) -> bool:
    """Note that a message could not be delivered; return whether the hook is disabled now, having failed for so many seconds."""
    since = case((hooks.c.failing_since.is_(None), now), else_=hooks.c.failing_since)
    connection.execute(hooks.update().where(hooks.c.id == message.hook).values(failing_since=since, last_error=error[:500]))
    connection.execute(outbox.update().where(outbox.c.id == message.id).values(next_at=again_at))
    late = (hooks.c.id == message.hook) & (hooks.c.failing_since <= now - patience)
    if not connection.execute(hooks.update().where(late).values(disabled_at=now)).rowcount:
        return False
    connection.execute(outbox.delete().where(outbox.c.hook == message.hook))
    return True


def _hook(row: Row[Any]) -> Hook:
    return Hook(**row._mapping)


# ---------------------------------------------------------------------- feeds


@dataclass(frozen=True)
class Feed:
    """A calendar that can be read with a key in its address.

    Parameters
    ----------
    token
        Id of the token that it was made with.
    """

    id: str
    region: str
    engineer: str
    created_at: float
    token: str


def create_feed(connection: Connection, region: str, engineer: str, token: str, now: float) -> tuple[Feed, str]:
    """Make a feed, and return it with its key, which is told this once and kept nowhere."""
    key = secrets.token_urlsafe(32)
    feed = Feed(secrets.token_hex(8), region, engineer, now, token)
    connection.execute(feeds.insert().values(**vars(feed), digest=digest(key)))
    return feed, key


def feed_of(connection: Connection, key: str) -> Feed | None:
    """Return the feed that a key opens, None where it opens none."""
    row = connection.execute(select(feeds).where(feeds.c.digest == digest(key))).one_or_none()
    return None if row is None else _feed(row)


def feeds_of(connection: Connection, regions: Collection[str] | None, token: str, after: str, limit: int) -> list[Feed]:
    """Return feeds by id; only those of some regions and those made with a token, or (None) all."""
    wanted = select(feeds).where(feeds.c.id > after).order_by(feeds.c.id).limit(limit)
    if regions is not None:
        wanted = wanted.where(feeds.c.region.in_(sorted(regions)) | (feeds.c.token == token))
    return [_feed(row) for row in connection.execute(wanted)]


def find_feed(connection: Connection, feed_id: str) -> Feed | None:
    """Return a feed by its id, None where there is none."""
    row = connection.execute(select(feeds).where(feeds.c.id == feed_id)).one_or_none()
    return None if row is None else _feed(row)


def remove_feed(connection: Connection, feed_id: str) -> None:
    """Let the key of a feed open nothing any more."""
    connection.execute(feeds.delete().where(feeds.c.id == feed_id))


def _feed(row: Row[Any]) -> Feed:
    return Feed(row.id, row.region, row.engineer, row.created_at, row.token)


# -------------------------------------------------------------------- columns


def columns(connection: Connection, token: str, kind: str) -> dict[str, str] | None:
    """Return what a token has said its columns are called, None where it has not."""
    found = select(column_maps.c.columns).where(column_maps.c.token == token, column_maps.c.kind == kind)
    names: dict[str, str] | None = connection.execute(found).scalar_one_or_none()
    return names


def keep_columns(connection: Connection, token: str, kind: str, names: dict[str, str]) -> None:
    """Keep what the columns of a token are called."""
    connection.execute(column_maps.delete().where(column_maps.c.token == token, column_maps.c.kind == kind))
    connection.execute(column_maps.insert().values(token=token, kind=kind, columns=names))
