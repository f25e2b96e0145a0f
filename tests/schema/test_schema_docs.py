"""The pages about the format say what the code does: every field, every code, and an example that is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dispatch import schema
from dispatch.api.settings import REMEDIES as OF_SERVICE
from dispatch.model import KINDS, ON_FAILURE, POLICIES, PROFILES, RULES, SERVERS, STATUSES
from dispatch.schema.codes import DAY_REMEDIES, REMEDIES
from dispatch.schema.notices import WARNINGS
from dispatch.travel import WARNINGS as OF_TRAVEL

DOCS = Path(__file__).parent.parent.parent / "docs"
FORMAT = (DOCS / "format.md").read_text(encoding="utf-8")
FAULTS = (DOCS / "faults.md").read_text(encoding="utf-8")
EXAMPLE = DOCS / "examples" / "small-day.json"


def rows(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r"^\| `([A-Z_]+)` \| (.+) \| (.+) \|$", text, re.MULTILINE)


def fields(found: dict[str, Any]) -> set[str]:
    every = set(found["properties"])
    for name, definition in found["$defs"].items():
        if name not in ("PriceByPriority", "RateByPriority", "ByPriority"):
            every |= set(definition.get("properties", {}))
    return every


def test_every_fault_code_is_documented_with_its_remedy_and_no_other_is() -> None:
    faults = FAULTS.split("## Warnings")[0]
    assert {code: remedy for code, _, remedy in rows(faults)} == {**REMEDIES, **DAY_REMEDIES, **OF_SERVICE}


def test_every_warning_code_is_documented_with_its_remedy_and_no_other_is() -> None:
    warnings = FAULTS.split("## Warnings")[1]
    assert {code: remedy for code, _, remedy in rows(warnings)} == {**WARNINGS, **OF_TRAVEL}


def test_no_code_is_documented_twice_and_every_one_has_a_cause() -> None:
    codes = [code for code, _, _ in rows(FAULTS)]
    assert len(codes) == len(set(codes)) == len(REMEDIES) + len(DAY_REMEDIES) + len(OF_SERVICE) + len(WARNINGS) + len(OF_TRAVEL)
    assert all(len(cause) > 15 for _, cause, _ in rows(FAULTS))


def test_the_page_opens_with_units_and_conventions() -> None:
    assert re.findall(r"^## (.+)$", FORMAT, re.MULTILINE) == ["Units and conventions", "A complete example", "The problem", "The plan"]


@pytest.mark.parametrize("found", [schema.problem_schema(), schema.plan_schema()], ids=["problem", "plan"])
def test_every_field_is_on_the_page(found: dict[str, Any]) -> None:
    named = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`\n]+)`", FORMAT))))
    assert fields(found) - named == set()


def test_every_field_in_a_table_of_the_page_exists() -> None:
    cells = re.findall(r"^\| (`[^|]+`) \|", FORMAT, re.MULTILINE)
    named = {part for cell in cells for name in re.findall(r"`([^`]+)`", cell) for part in re.findall(r"[a-z_0-9]+", name)}
    assert named - fields(schema.problem_schema()) - fields(schema.plan_schema()) == set()


def test_every_name_the_format_knows_is_on_the_page() -> None:
    quoted = set(re.findall(r'`"?([a-z_-]+)"?`', FORMAT))
    assert {*KINDS, *STATUSES, *RULES, *POLICIES, *PROFILES, *ON_FAILURE, *SERVERS} - quoted == set()


def test_the_example_on_the_page_is_the_shipped_file_and_reads_without_a_warning() -> None:
    first, second = re.findall(r"```json\n(.+?)```", FORMAT, re.DOTALL)
    assert first == EXAMPLE.read_text(encoding="utf-8")
    problem = schema.read_problem(first)
    assert schema.write_problem(problem) == EXAMPLE.read_bytes()
    assert schema.warnings(problem) == ()
    assert (len(problem.engineers), len(problem.tickets)) == (2, 6)
    vips = {c.id for c in problem.customers if c.class_ == "vip"}
    assert [t.id for t in problem.tickets if t.kind == "emergency" and t.customer in vips] == ["T1"]
    plan = schema.read_plan(second)
    assert json.loads(schema.write_plan(plan))["routes"] == json.loads(second)["routes"]
    assert {s.ticket for r in plan.routes for s in r.stops} <= {t.id for t in problem.tickets}
