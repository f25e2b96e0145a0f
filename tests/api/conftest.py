"""A service in this process: a clock that stands still, plans made at once, a token of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dispatch.api.app import create_app
from dispatch.api.service import Service
from dispatch.api.settings import Settings, load
from dispatch.store import Store, tokens
from dispatch.store.tokens import ROLES, Role

NOW = 1_773_100_800.0
"""10 March 2026, 0:00 UTC."""


class Clock:
    """Unix seconds that go on only when told to."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class AtOnce(Executor):
    """Does what it is given before it returns."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@dataclass
class Desk:
    """A running service and who calls it.

    Parameters
    ----------
    client
        Calls without a token.
    secrets
        A token by role, for all regions.
    """

    client: TestClient
    service: Service
    clock: Clock
    secrets: Mapping[Role, str]

    def as_(self, role: Role, **headers: str) -> dict[str, str]:
        """Return the headers of a call by a role."""
        return {"Authorization": f"Bearer {self.secrets[role]}", **headers}

    def token(self, role: Role, regions: list[str] | None = None, expires_at: float | None = None) -> dict[str, str]:
        """Make another token, and return the header that sends it."""
        with self.service.store.writing() as connection:
            _, secret = tokens.create(connection, f"a {role}", role, regions, self.clock(), expires_at)
        return {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, role: Role = "viewer", headers: Mapping[str, str] | None = None) -> Any:
        """Read as a role."""
        return self.client.get(path, headers=self.as_(role, **(headers or {})))

    def post(self, path: str, document: Any, role: Role = "dispatcher", /, **headers: str) -> Any:
        """Post a document as a role."""
        return self.client.post(path, json=document, headers=self.as_(role, **headers))


def settings(folder: Path, **given: Any) -> Settings:
    """Return settings with a SQLite file in a folder."""
    return load(None, **{"database_url": f"sqlite:///{folder / 'dispatch.db'}", "log_requests": False, **given})


def opened(wanted: Settings, make_executor: Callable[[], Executor] = AtOnce) -> Iterator[Desk]:
    """Yield a service with the settings wanted, until the test is over."""
    clock = Clock()
    app = create_app(wanted, Store(wanted.database_url.get_secret_value()), clock, make_executor, warm=lambda: None)
    service: Service = app.state.service
    secrets: dict[Role, str] = {}
    with service.store.writing() as connection:
        for role in ROLES:
            _, secrets[role] = tokens.create(connection, f"the {role}", role, None, clock())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Desk(client, service, clock, secrets)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A service with a SQLite file."""
    yield from opened(settings(tmp_path))


@pytest.fixture
def either_desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A service with SQLite and one with PostgreSQL, in turn."""
    yield from opened(settings(tmp_path, database_url=database_url))
