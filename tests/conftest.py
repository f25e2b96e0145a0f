"""What the whole test suite shares: where the published sets lie, and the benchmarks beside the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

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
