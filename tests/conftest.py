"""What the whole test suite shares: where the published sets lie, and the benchmarks beside the package."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.databases import Postgres

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `benchmarks` and `tests` are not installed, and pytest alone does not look in the root
    sys.path.insert(0, str(ROOT))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data",
        help="folder that holds the published sets (default: ../shared/data); tests that need it are skipped where it is missing",
    )


@pytest.fixture(scope="session")
def data(pytestconfig: pytest.Config) -> Path:
    """The folder of published sets."""
    folder: Path = pytestconfig.getoption("--data")
    if not folder.is_dir():
        pytest.skip(f"no published sets in {folder}: give --data DIR to run this test")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of our own, made at the first test that asks for it; without one, the test is skipped aloud."""
    from tests.databases import Postgres, why_not

    reason = why_not()
    if reason is not None:
        pytest.skip(f"{reason}: what is kept in PostgreSQL is not tested")
    cluster = Postgres()
    yield cluster
    cluster.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of either kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'dispatch.db'}"
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.new()
