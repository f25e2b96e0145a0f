"""Compiled code is kept on disk where a folder can be written, and done without where none can."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dispatch.solver import compiled

CODE = """
import logging
from dispatch.solver.compiled import announce, compiled
logging.basicConfig(level=logging.INFO, format="%(message)s")

@compiled
def twice(x: int) -> int:
    return 2 * x

announce(twice)
print(twice(21))
"""


def test_compiled_code_is_kept_in_the_folder_that_is_named_and_announced_once(tmp_path: Path) -> None:
    """As where the folder of the package may only be read."""
    script, cache = tmp_path / "doubling.py", tmp_path / "cache"
    script.write_text(CODE, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_DISABLE_JIT"} | {"NUMBA_CACHE_DIR": str(cache)}
    runs = [subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [run.stdout for run in runs] == ["42\n", "42\n"]
    assert [run.stderr for run in runs] == ["compiling the search, first run only\n", ""]
    assert len(list(cache.rglob("*.nbi"))) == 1
    assert not (tmp_path / "__pycache__").exists()


def test_where_no_folder_can_be_written_functions_are_compiled_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def without_folder(**options: Any) -> Callable[[Callable[[int], int]], Callable[[int], int]]:
        asked.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiled, "_njit", without_folder)
    assert compiled.compiled(abs)(-3) == 3
    assert asked == [{"cache": True, "nogil": True}, {"nogil": True}]
