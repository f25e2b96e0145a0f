"""One database, SQLite or PostgreSQL: connections, transactions, and tables brought up to date at start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as NoConnection

from dispatch.errors import StoreError

LOCK = 7_215_360_142
"""Names the advisory lock under which PostgreSQL is migrated."""

WAIT = 10.0
"""Seconds to wait for a connection or for another process that writes."""


class Store:
    """A database and its transactions.

    Parameters
    ----------
    url
        As SQLAlchemy has it: ``sqlite:///dispatch.db``, ``postgresql+psycopg://user:password@host/name``.
    connections
        Most connections that are open at once.

    Raises
    ------
    StoreError
        The URL is none, or names a database that is not supported.
    """

    def __init__(self, url: str, connections: int = 20) -> None:
        self.url = url
        self.engine = _engine(url, connections)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._read = self.engine
        self._write = self.engine.execution_options(writing=True)
        # SQLite lets one connection write at a time, and others try again after a pause: in one process, queueing is quicker.
        self._turn: Any = threading.Lock() if self.sqlite else _Nothing()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that changes nothing.

        Raises
        ------
        StoreError
            The database cannot be used.
        """
        with _telling(), self._read.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that is committed at the end, or rolled back by an exception.

        Raises
        ------
        StoreError
            The database cannot be used.
        """
        with _telling(), self._turn, self._write.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the tables up to date; of several servers that start at once, one does it while the others wait.

        Raises
        ------
        StoreError
            The database cannot be used, or is of a newer version of this package.
        """
        config = alembic.config.Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.writing() as connection:
            if not self.sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            config.attributes["connection"] = connection
            try:
                alembic.command.upgrade(config, "head")
            except alembic.util.CommandError as error:
                raise StoreError(f"The database is not of this version of dispatch: {error}. Use the version that wrote it.") from None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


class _Nothing:
    """A lock that nobody has to wait for."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@contextmanager
def _telling() -> Iterator[None]:
    """Turn what goes wrong with the database itself, and not with a statement, into a `StoreError`."""
    try:
        yield
    except NoConnection:
        raise StoreError("The database is busy: no connection was free in time.") from None
    except DBAPIError as error:
        if not _out_of_order(error):
            raise
        why = " ".join(str(error.orig).split())
        raise StoreError(f"The database cannot be used: {why}") from error


def _out_of_order(error: DBAPIError) -> bool:
    """Whether the database is away, locked or shutting down, so that trying again later may help."""
    return error.connection_invalidated or type(error.orig).__name__ in (
        "OperationalError", "InterfaceError", "AdminShutdown", "CannotConnectNow", "DeadlockDetected", "SerializationFailure",
        "ConnectionTimeout", "CrashShutdown", "IdleInTransactionSessionTimeout", "LockNotAvailable", "TooManyConnections",
    )  # fmt: skip


def _engine(url: str, connections: int) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(url, connections)
        if parsed.get_backend_name() != "postgresql":
            raise StoreError(f"{parsed.get_backend_name()} is not supported: give a sqlite or postgresql+psycopg URL.")
        wait = {"connect_timeout": int(WAIT), "options": f"-c lock_timeout={int(WAIT * 1000)} -c timezone=UTC"}
        return create_engine(url, pool_size=connections, max_overflow=0, pool_timeout=WAIT, connect_args=wait)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise StoreError(f"The database URL cannot be used: {error}. PostgreSQL needs the extra `postgres`.") from None


def _sqlite(url: str, connections: int) -> Engine:
    file = make_url(url).database
    if not file or file == ":memory:":
        raise StoreError("SQLite needs a file: what is in memory is lost with the process. Give sqlite:///dispatch.db.")
    try:
        Path(file).resolve().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder of {file} cannot be made: {error.strerror}.") from None
    arguments = {"timeout": WAIT, "check_same_thread": False}
    engine = create_engine(url, pool_size=connections, max_overflow=0, pool_timeout=WAIT, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: object) -> None:  # noqa: ARG001
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # Who asks for the lock only at the first write may find that what was read has changed.
        writes = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
