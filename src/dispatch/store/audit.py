"""The audit log: who changed what and when. Entries are added, and the database refuses to change or remove one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from dispatch.store.tables import audit


@dataclass(frozen=True)
class Entry:
    """One change.

    Parameters
    ----------
    at
        Unix seconds.
    token, who
        Id and name of the token that was used.
    action
        What was done, such as ``plan.posted``.
    region
        Whose work it was; None where it belongs to no region.
    subject
        The id of what was changed.
    detail
        What there is to say besides.
    """

    at: float
    token: str
    who: str
    action: str
    region: str | None
    subject: str
    detail: Mapping[str, Any]
    id: int = 0


def add(connection: Connection, entry: Entry) -> None:
    """Add an entry."""
    connection.execute(
        audit.insert().values(
            at=entry.at,
            token=entry.token,
            who=entry.who,
            action=entry.action,
            region=entry.region,
            subject=entry.subject,
            detail=dict(entry.detail),
        )
    )


def entries(connection: Connection, after: int = 0, limit: int = 100, regions: Collection[str] | None = None) -> list[Entry]:
    """Return entries in the order in which they were added.

    Parameters
    ----------
    after
        The id of the last entry that is known already.
    regions
        Only entries of these regions; None for all.
    """
    wanted = select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(limit)
    if regions is not None:
        wanted = wanted.where(audit.c.region.in_(sorted(regions)))
    rows = connection.execute(wanted)
    return [Entry(r.at, r.token, r.who, r.action, r.region, r.subject, r.detail, r.id) for r in rows]
