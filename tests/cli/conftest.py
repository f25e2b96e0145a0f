"""What the tests of all commands share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import TWO, put


@pytest.fixture(autouse=True)
def _logger_as_it_was() -> Iterator[None]:
    """Leave the logger of the package alone: every command configures it."""
    package = logging.getLogger("dispatch")
    handlers, level = list(package.handlers), package.level
    yield
    package.handlers[:] = handlers
    package.setLevel(level)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A problem file with two tickets."""
    return put(tmp_path / "day.json", TWO)
