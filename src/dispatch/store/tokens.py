"""API tokens: random, kept only as a hash, with a role and regions."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

from sqlalchemy import Connection, Row, select

from dispatch.store.tables import tokens

Role = Literal["viewer", "integration", "dispatcher", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

PREFIX = "dispatch_"
"""Begins every token, so that one found in a log or a repository is known for what it is."""


@dataclass(frozen=True)
class Token:
    """A token as it is kept: everything but the secret.

    Parameters
    ----------
    regions
        Ids of the regions whose work it may see and change; None for all.
    created_at, expires_at, revoked_at
        Unix seconds; None for never.
    """

    id: str
    name: str
    role: Role
    regions: frozenset[str] | None
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None

    def valid(self, now: float) -> bool:
        """Whether it opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create(
    connection: Connection, name: str, role: Role, regions: Collection[str] | None, now: float, expires_at: float | None = None
) -> tuple[Token, str]:
    """Make a token, and return it with its secret, which is told this once and kept nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(secrets.token_hex(6), name, role, None if regions is None else frozenset(regions), now, expires_at)
    connection.execute(
        tokens.insert().values(
            id=token.id,
            name=name,
            digest=digest(secret),
            role=role,
            regions=None if regions is None else sorted(regions),
            created_at=now,
            expires_at=expires_at,
        )
    )
    return token, secret


def digest(secret: str) -> str:
    """Return what is kept of a secret. It is random and long: a slow hash would add nothing but time."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def find(connection: Connection, secret: str) -> Token | None:
    """Return the token of a secret, valid or not; None where there is none."""
    row = connection.execute(select(tokens).where(tokens.c.digest == digest(secret))).one_or_none()
    return None if row is None else _token(row)


def named(connection: Connection, token_id: str) -> Token | None:
    """Return the token of an id, valid or not; None where there is none."""
    row = connection.execute(select(tokens).where(tokens.c.id == token_id)).one_or_none()
    return None if row is None else _token(row)


def every(connection: Connection) -> list[Token]:
    """Return all tokens, the oldest first."""
    return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id))]


def revoke(connection: Connection, token_id: str, now: float) -> bool:
    """Let a token open nothing any more; False where there is no such token, or it was revoked before."""
    still = (tokens.c.id == token_id) & tokens.c.revoked_at.is_(None)
    return connection.execute(tokens.update().where(still).values(revoked_at=now)).rowcount > 0


def _token(row: Row[tuple[object, ...]]) -> Token:
    kept = row._mapping
    regions = kept["regions"]
    return Token(
        kept["id"],
        kept["name"],
        kept["role"],
        None if regions is None else frozenset(regions),
        kept["created_at"],
        kept["expires_at"],
        kept["revoked_at"],
    )
