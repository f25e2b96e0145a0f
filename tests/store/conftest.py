"""A store for each test, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dispatch.store import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with its tables made and nothing in it."""
    found = Store(database_url)
    found.migrate()
    yield found
    found.close()
