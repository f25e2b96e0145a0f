"""Days and what is told of them, in SQLite and in PostgreSQL: a change only where the day is as it was, a message only with its change."""

from __future__ import annotations

from dispatch.store import Store, days, hooks
from dispatch.store.days import Entry

KEY = ("north", "2026-03-10")


def entry(revision: int, events: str | None = "{}") -> Entry:
    """Return a change."""
    return Entry(revision, 100.0, "t1", "desk", "note", {"ticket": "A"}, events)


def opened(store: Store) -> None:
    """Open a day."""
    with store.writing() as connection:
        assert days.open_day(connection, KEY, b"first", entry(1, None))


def test_a_day_is_opened_once(store: Store) -> None:
    opened(store)
    with store.writing() as connection:
        assert not days.open_day(connection, KEY, b"second", entry(1, None))
        assert days.snapshot(connection, KEY) == (1, b"first")
        assert days.head(connection, ("south", "2026-03-10")) is None


def test_a_change_is_written_only_where_the_day_is_as_it_was(store: Store) -> None:
    opened(store)
    with store.writing() as connection:
        assert days.advance(connection, KEY, 1, [entry(2), entry(3)], None, 500.0)
        assert not days.advance(connection, KEY, 1, [entry(2)], None, None)
        assert days.advance(connection, KEY, 3, [entry(4, None)], b"whole", None)
    with store.reading() as connection:
        assert days.head(connection, KEY) == 4
        assert days.snapshot(connection, KEY) == (4, b"whole")
        assert days.log(connection, KEY, 1) == [entry(2), entry(3), entry(4, None)]
        assert days.log(connection, KEY, 1, 1) == [entry(2)]


def test_an_older_day_is_not_kept_over_a_newer_one(store: Store) -> None:
    opened(store)
    with store.writing() as connection:
        days.advance(connection, KEY, 1, [entry(2), entry(3)], None, None)
        assert days.keep(connection, KEY, 3, b"third")
        assert not days.keep(connection, KEY, 2, b"second")
        assert not days.keep(connection, KEY, 9, b"not yet there")
        assert days.snapshot(connection, KEY) == (3, b"third")


def test_days_are_listed_by_date_and_those_with_holds_by_when_they_expire(store: Store) -> None:
    with store.writing() as connection:
        for region, date in (("", "2026-03-11"), ("north", "2026-03-10"), ("", "2026-03-10")):
            days.open_day(connection, (region, date), b"", entry(1, None))
        days.advance(connection, KEY, 1, [entry(2)], None, 500.0)
        span = {"region": None, "since": "", "until": "9"}
        first = days.listed(connection, after=("", ""), limit=2, **span)  # type: ignore[arg-type]
        assert [(d.date, d.region) for d in first] == [("2026-03-10", ""), ("2026-03-10", "north")]
        rest = days.listed(connection, after=("2026-03-10", "north"), limit=2, **span)  # type: ignore[arg-type]
        assert [(d.date, d.region) for d in rest] == [("2026-03-11", "")]
        assert days.expiring(connection, 499.0) == []
        assert days.expiring(connection, 500.0) == [(KEY, 500.0)]


def test_a_message_is_claimed_by_one_in_order_and_gone_once_it_is_received(store: Store) -> None:
    with store.writing() as connection:
        hook = hooks.create(connection, "out", None, "https://x.example.com", 0.0)
        other = hooks.create(connection, "out", "south", "https://y.example.com", 0.0)
        hooks.tell(connection, "north", ["one"], 10.0)
        hooks.tell(connection, "south", ["two"], 10.0)
    with store.writing() as connection:
        found = hooks.due(connection, 10.0, 60.0, 10)
        assert sorted((m.hook, m.body, m.attempts) for m in found) == sorted([(hook.id, "one", 1), (other.id, "two", 1)])
        assert hooks.due(connection, 10.0, 60.0, 10) == []
        hooks.delivered(connection, next(m for m in found if m.hook == hook.id))
    with store.writing() as connection:
        assert [m.body for m in hooks.due(connection, 10.0, 60.0, 10)] == ["two"]
        again = [m for m in hooks.due(connection, 71.0, 60.0, 10) if m.hook == other.id]
        assert [(m.body, m.attempts) for m in again] == [("two", 2)]


def test_what_was_to_be_told_goes_with_the_change_that_was_not_made(store: Store) -> None:
    with store.writing() as connection:
        hooks.create(connection, "out", None, "https://x.example.com", 0.0)
    try:
        with store.writing() as connection:
            hooks.tell(connection, "", ["never"], 10.0)
            raise KeyError
    except KeyError:
        pass
    with store.reading() as connection:
        assert not hooks.waiting(connection, 1e9)
