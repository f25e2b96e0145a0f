"""The database itself: tables made and brought up to date, transactions whole or not at all, in SQLite and in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import alembic.command
import pytest
from alembic.config import Config
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

import dispatch.store
from dispatch.errors import StoreError
from dispatch.store import Store, audit, days, tokens
from dispatch.store.audit import Entry
from dispatch.store.tables import metadata


def test_the_migrations_make_the_tables_that_the_code_knows(database_url: str) -> None:
    store = Store(database_url)
    store.migrate()
    found = inspect(store.engine)
    made = {
        name: {c["name"]: c["nullable"] for c in found.get_columns(name)} for name in found.get_table_names() if name != "alembic_version"
    }
    store.close()
    assert made == {t.name: {c.name: c.nullable for c in t.columns} for t in metadata.tables.values()}


def test_several_servers_that_start_at_once_make_the_tables_once(database_url: str) -> None:
    stores = [Store(database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as servers:
        list(servers.map(Store.migrate, stores))
    with stores[0].reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
    for store in stores:
        store.close()


def test_days_that_an_earlier_version_kept_are_there(database_url: str) -> None:
    store = Store(database_url)
    config = Config()
    config.set_main_option("script_location", str(Path(dispatch.store.__file__).parent / "migrations"))
    with store.writing() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0002")
        there = {"region": "north", "date": "2026-03-10", "revision": 7, "kept": 5, "day": b"whole", "at": 1.0}
        columns = "region, date, revision, snapshot_revision, snapshot, opened_at"
        connection.execute(text(f"INSERT INTO days ({columns}) VALUES (:region, :date, :revision, :kept, :day, :at)"), there)
    store.migrate()
    with store.reading() as connection:
        assert days.head(connection, ("north", "2026-03-10")) == 7
        assert days.snapshot(connection, ("north", "2026-03-10")) == (5, b"whole")
    store.close()


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    store = Store(database_url)
    store.migrate()
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="not of this version of dispatch"):
        store.migrate()
    store.close()


def test_what_raises_changes_nothing(store: Store) -> None:
    def breaks_off() -> None:
        with store.writing() as connection:
            tokens.create(connection, "desk", "viewer", None, 100.0)
            raise KeyError

    with pytest.raises(KeyError):
        breaks_off()
    with store.reading() as connection:
        assert tokens.every(connection) == []


def test_writers_wait_for_each_other(store: Store) -> None:
    def add(number: int) -> None:
        with store.writing() as connection:
            audit.add(connection, Entry(1.0, "t", "me", "tried", None, str(number), {}))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(40)))
    with store.reading() as connection:
        assert sorted(int(e.subject) for e in audit.entries(connection)) == list(range(40))


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"])
def test_the_audit_log_is_never_changed(store: Store, statement: str) -> None:
    entry = Entry(1.5, "t", "me", "plan.posted", "north", "p1", {"name": "Tuesday"}, 1)
    with store.writing() as connection:
        audit.add(connection, entry)
    with pytest.raises(DBAPIError, match="append-only"), store.writing() as connection:
        connection.execute(text(statement))
    with store.reading() as connection:
        assert audit.entries(connection) == [entry]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://root@localhost/x", "mysql is not supported: give a sqlite or postgresql"),
        ("nonsense", "The database URL cannot be used"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:////dev/null/x/dispatch.db", "The folder of /dev/null/x/dispatch.db cannot be made: Not a directory."),
    ],
)
def test_a_database_that_cannot_be_is_refused(url: str, why: str) -> None:
    with pytest.raises(StoreError, match=why):
        Store(url)


def test_a_database_that_is_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}", "postgresql+psycopg://x@127.0.0.1:1/x"):
        store = Store(url)
        with pytest.raises(StoreError, match="The database cannot be used"):
            store.migrate()
        store.close()
