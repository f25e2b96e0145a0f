"""Idempotency keys: an answer that was given once is given again, and what it did is not done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from dispatch.store.tables import keys


@dataclass(frozen=True)
class Use:
    """One use of a key: by a token, on a route, with the SHA-256 of what was sent."""

    token: str
    route: str
    key: str
    digest: str


@dataclass(frozen=True)
class Kept:
    """An answer that was given, and the digest of what it answered."""

    digest: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def take(connection: Connection, use: Use, now: float) -> Kept | None:
    """Take a key for what this transaction does; return the answer where the key was used before.

    Of two transactions with one key, the second waits here for the first.
    """
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    row = insert(keys).values(token=use.token, route=use.route, key=use.key, digest=use.digest, created_at=now)
    if connection.execute(row.on_conflict_do_nothing()).rowcount > 0:
        return None
    return kept(connection, use)


def kept(connection: Connection, use: Use) -> Kept | None:
    """Return the answer that was given for a key, if any was."""
    found = select(keys.c.digest, keys.c.status, keys.c.headers, keys.c.body).where(_this(use), keys.c.status.is_not(None))
    row = connection.execute(found).one_or_none()
    return None if row is None else Kept(row.digest, row.status, row.headers, row.body)


def keep(connection: Connection, use: Use, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Keep the answer for a key that was taken."""
    connection.execute(keys.update().where(_this(use)).values(status=status, headers=dict(headers), body=body))


def forget(connection: Connection, before: float) -> int:
    """Remove the keys first used before a moment (Unix seconds), and return how many they were."""
    return connection.execute(keys.delete().where(keys.c.created_at < before)).rowcount


def _this(use: Use) -> ColumnElement[bool]:
    return (keys.c.token == use.token) & (keys.c.route == use.route) & (keys.c.key == use.key)
