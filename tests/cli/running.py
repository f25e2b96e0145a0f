"""Running a command in this process, and what the tests of several commands run it on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from dispatch import schema
from dispatch.cli import app
from dispatch.model import Plan, Problem
from tests.build import plan, problem, ticket

TWO = problem([ticket("A", respond_by="9:00"), ticket("B", 2)], name="Two tickets", weights={"lateness": 1})
"""Best served in this order, A before B."""
BY_HAND = plan(("ann", "B A"))
QUICK = ("--iterations", "20")
REPOSITORY = Path(__file__).resolve().parents[2]


def put(path: Path, what: Problem | Plan) -> Path:
    """Write a problem or a plan into a file, and return the file."""
    path.write_bytes(schema.write_problem(what) if isinstance(what, Problem) else schema.write_plan(what))
    return path


def run(*args: str | Path, stdin: bytes | None = None, **env: str) -> Result:
    """Run a command."""
    return CliRunner(env={"COLUMNS": "100", **env}).invoke(app, [str(a) for a in args], input=stdin)


def document(result: Result) -> Any:
    """Return the one JSON document on standard output."""
    return json.loads(result.stdout)
