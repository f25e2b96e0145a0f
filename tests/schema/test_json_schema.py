"""The JSON Schema that is printed agrees with what is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from dispatch import schema
from dispatch.model import Cost, Plan, Problem, Route, SolverRun, Stop, Unassigned
from dispatch.policy import POLICY_WEIGHTS
from tests.generated.problems import problems
from tests.schema.samples import PROBLEM, changed
from tests.schema.test_faults import CASES, Case

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted([*ROOT.glob("docs/examples/*.json"), *(p for p in ROOT.glob("scenarios/*.json") if "." not in p.stem)])

PROBLEM_SCHEMA = Draft202012Validator(schema.problem_schema())
PLAN_SCHEMA = Draft202012Validator(schema.plan_schema())

BY_SHAPE = {
    "UNKNOWN_FIELD", "MISSING_FIELD", "WRONG_TYPE", "EMPTY_TEXT", "NEGATIVE", "OUT_OF_RANGE", "UNKNOWN_CHOICE", "UNKNOWN_POLICY",
    "UNKNOWN_RULE", "UNKNOWN_SOURCE", "INVALID_URL", "NAIVE_TIME", "CALENDAR_DURATION",
}  # fmt: skip


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of every object of a schema."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for member in node.values():
            yield from properties(member)
    elif isinstance(node, list):
        for item in node:
            yield from properties(item)


@pytest.mark.parametrize("found", [schema.problem_schema(), schema.plan_schema()], ids=["problem", "plan"])
def test_the_schema_is_valid_and_says_what_every_field_is(found: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(found)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    every = list(properties(found))
    assert len(every) > 40
    assert [name for name, field in every if not field.get("description", "").endswith(".")] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_the_shipped_problems_are_valid_by_schema_and_by_reading(path: Path) -> None:
    PROBLEM_SCHEMA.validate(json.loads(path.read_bytes()))
    schema.read_problem(path.read_bytes())


@settings(max_examples=40, deadline=None)
@given(problems())
def test_every_written_problem_is_valid_by_schema(problem: Problem) -> None:
    PROBLEM_SCHEMA.validate(json.loads(schema.write_problem(problem)))


def test_a_written_plan_is_valid_by_schema() -> None:
    plan = Plan(
        routes=(Route("a", "tue", (Stop("t", 10, 20, 30, 5, 6, 7, -8),), 1, 40, 10, 500, 3),),
        unassigned=(Unassigned("u", 60_000),),
        policy=POLICY_WEIGHTS["emergency"],
        solver=SolverRun("search", 1.5, 1, 100, "iterations", 61_000),
        cost=Cost({"travel": 10_001, "unassigned": 60_000}),
        kpis={"served": 1, "share": 0.5, "mean": None},
    )
    PLAN_SCHEMA.validate(json.loads(schema.write_plan(plan)))


@pytest.mark.parametrize("case", [c for c in CASES if c.code in BY_SHAPE], ids=lambda c: f"{c.code}-{c.pointer}"[:80])
def test_what_is_a_fault_of_a_single_field_is_invalid_by_schema(case: Case) -> None:
    assert not PROBLEM_SCHEMA.is_valid(changed(PROBLEM, case.changes))


def test_the_sample_is_valid_by_schema() -> None:
    PROBLEM_SCHEMA.validate(PROBLEM)
