"""What a dated result says about where it was measured."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from pathlib import Path

PACKAGES = ("field-dispatch", "ortools", "numba", "numpy")


def _git(*words: str) -> str:
    here = Path(__file__).parent
    try:
        done = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def circumstances(packages: Sequence[str] = PACKAGES) -> dict[str, object]:
    """Return date, commit (with `+` where files differ from it), versions and machine."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": (commit + ("+" if changed else "")) or None,
        "versions": {"python": platform.python_version()} | {p: _version(p) for p in packages},
        "machine": f"{_processor()}, {cpu_count()} cores, {platform.system()} {platform.machine()}",
    }
