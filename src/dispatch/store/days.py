"""Live days: a snapshot of each, and the log of what happened since, from which any server makes the day as it stands.

A change is a row of the log and a new revision, written together and only where the revision is still the one it was made for. What
plans anew (a publication, a booking) cannot be done again from the log, and keeps the whole day with its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from dispatch.store.tables import day_log, day_snapshots, days, proposals

Key = tuple[str, str]
"""Region ("" for the day of all regions) and date (YYYY-MM-DD)."""


@dataclass(frozen=True)
class Entry:
    """One change of a day.

    Parameters
    ----------
    revision
        Of the day after it; the day before had one less.
    at
        Unix seconds of the service, not of the day.
    token, who
        Id and name of the token that was used.
    action
        What was done: the type of an event, ``opened``, ``published``, ``held``, ``booked``, ``released``.
    subjects
        Ids of what was changed, by the word for it.
    events
        What happened, as a document of the format `dispatch-events/1`; None where the whole day was kept instead.
    """

    revision: int
    at: float
    token: str
    who: str
    action: str
    subjects: dict[str, Any]
    events: str | None


@dataclass(frozen=True)
class Known:
    """A day that is kept."""

    region: str
    date: str
    revision: int


def head(connection: Connection, key: Key) -> int | None:
    """Return the revision of a day, None where there is no such day."""
    return connection.execute(_HEAD, {"of_region": key[0], "of_date": key[1]}).scalar_one_or_none()


def snapshot(connection: Connection, key: Key) -> tuple[int, bytes] | None:
    """Return a day as it was kept last, and the revision it had then."""
    kept = day_snapshots.c
    row = connection.execute(select(kept.revision, kept.data).where(kept.region == key[0], kept.date == key[1])).one_or_none()
    return None if row is None else (row[0], row[1])


def open_day(connection: Connection, key: Key, day: bytes, entry: Entry) -> bool:
    """Keep a new day, with its first entry in the log; False where there is one already."""
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    values = {"revision": entry.revision, "opened_at": entry.at}
    row = insert(days).values(region=key[0], date=key[1], **values).on_conflict_do_nothing().returning(days.c.revision)
    if connection.execute(row).one_or_none() is None:
        return False
    connection.execute(day_snapshots.insert().values(region=key[0], date=key[1], revision=entry.revision, data=day))
    connection.execute(day_log.insert().values(region=key[0], date=key[1], **vars(entry)))
    return True


def advance(connection: Connection, key: Key, since: int, entries: Sequence[Entry], whole: bytes | None, expires_at: float | None) -> bool:
    """Write changes; False, and nothing written, where the day is not at the revision they were made for any more.

    Parameters
    ----------
    since
        That revision.
    whole
        The day after them, where they cannot be done again from the log.
    expires_at
        When the first hold expires (Unix seconds).
    """
    values = {"revision": entries[-1].revision, "expires_at": expires_at}
    still = _of(key) & (days.c.revision == since)
    if not connection.execute(days.update().where(still).values(**values)).rowcount:
        return False
    connection.execute(day_log.insert(), [{"region": key[0], "date": key[1], **vars(e)} for e in entries])
    if whole is not None:
        keep(connection, key, entries[-1].revision, whole)
    return True


def keep(connection: Connection, key: Key, revision: int, day: bytes) -> bool:
    """Keep a day as it stood at a revision, so that less of the log has to be gone through; False where a newer one is kept."""
    older = (day_snapshots.c.region == key[0]) & (day_snapshots.c.date == key[1]) & (day_snapshots.c.revision < revision)
    there = exists().where(_of(key) & (days.c.revision >= revision))
    return connection.execute(day_snapshots.update().where(older & there).values(revision=revision, data=day)).rowcount > 0


def log(connection: Connection, key: Key, after: int, limit: int | None = None) -> list[Entry]:
    """Return the changes after a revision, in their order."""
    wanted = select(day_log).where(day_log.c.region == key[0], day_log.c.date == key[1], day_log.c.revision > after)
    return [_entry(row) for row in connection.execute(wanted.order_by(day_log.c.revision).limit(limit))]


def listed(connection: Connection, *, after: tuple[str, str], limit: int, region: str | None, since: str, until: str) -> list[Known]:
    """Return days by date and region.

    Parameters
    ----------
    after
        Date and region of the last one that is known already.
    since, until
        Dates, both included.
    """
    place = (days.c.date > after[0]) | ((days.c.date == after[0]) & (days.c.region > after[1]))
    wanted = select(days.c.region, days.c.date, days.c.revision).where(place, days.c.date >= since, days.c.date <= until)
    if region is not None:
        wanted = wanted.where(days.c.region == region)
    return [Known(*row) for row in connection.execute(wanted.order_by(days.c.date, days.c.region).limit(limit))]


def expiring(connection: Connection, now: float) -> list[tuple[Key, float]]:
    """Return the days with a hold that has expired, and when the first of theirs did."""
    wanted = select(days.c.region, days.c.date, days.c.expires_at).where(days.c.expires_at <= now)
    return [((row[0], row[1]), row[2]) for row in connection.execute(wanted)]


# ------------------------------------------------------------------ proposals


@dataclass(frozen=True)
class Made:
    """A proposal; how far it is, its day and its plan are those of the job with the same id.

    Parameters
    ----------
    base_revision
        Of the day it was made for.
    published
        Revision of the day with which it was published; None while it is not.
    """

    id: str
    region: str
    date: str
    base_revision: int
    published: int | None = None


def propose(connection: Connection, made: Made) -> None:
    """Keep a proposal, of a job that is kept already."""
    connection.execute(proposals.insert().values(**vars(made)))


def proposal(connection: Connection, proposal_id: str) -> Made | None:
    """Return a proposal, None where there is none."""
    row = connection.execute(select(proposals).where(proposals.c.id == proposal_id)).one_or_none()
    return None if row is None else Made(**row._mapping)


def proposals_of(connection: Connection, key: Key, after: str, limit: int) -> list[Made]:
    """Return the proposals for a day, the newest first."""
    wanted = select(proposals).where(proposals.c.region == key[0], proposals.c.date == key[1]).order_by(proposals.c.id.desc())
    if after:
        wanted = wanted.where(proposals.c.id < after)
    return [Made(**row._mapping) for row in connection.execute(wanted.limit(limit))]


def published(connection: Connection, proposal_id: str, revision: int) -> None:
    """Note the revision with which a proposal was published."""
    connection.execute(proposals.update().where(proposals.c.id == proposal_id).values(published=revision))


# -------------------------------------------------------------------- helpers


def _of(key: Key) -> ColumnElement[bool]:
    return and_(days.c.region == key[0], days.c.date == key[1])


_HEAD = select(days.c.revision).where(days.c.region == bindparam("of_region"), days.c.date == bindparam("of_date"))


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.revision, row.at, row.token, row.who, row.action, row.subjects, row.events)
