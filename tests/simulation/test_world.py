"""Reading worlds: what is refused, what is warned about, and that the page has every field."""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dispatch.errors import InputError
from dispatch.simulation import documents
from dispatch.simulation.warnings import warnings
from dispatch.simulation.world import read_world, shifts_on, world_schema
from tests.simulation.world_cases import REFUSED_WORLDS, WARNED_WORLDS, Refused
from tests.simulation.worlds import DAY_SHIFT, NIGHT, ROOT, demand, tree, world


@pytest.mark.parametrize("case", REFUSED_WORLDS, ids=lambda c: f"{c.code} {c.pointer}")
def test_a_faulty_world_is_refused_with_place_value_and_remedy(case: Refused) -> None:
    with pytest.raises(InputError) as refused:
        read_world(json.dumps(case.world))
    (fault,) = refused.value.faults
    assert (fault.code, fault.pointer) == (case.code, case.pointer)
    assert case.told in fault.message
    assert fault.action


def test_all_faults_are_told_at_once() -> None:
    faulty = tree(start="soon", engineers=[], demand=[demand(region="north", priority=9)], targets=[{"figure": "sla"}], policy="quick")
    with pytest.raises(InputError) as refused:
        read_world(json.dumps(faulty))
    assert [(f.code, f.pointer) for f in refused.value.faults] == [
        ("OUT_OF_RANGE", "/demand/0/priority"),
        ("UNKNOWN_REGION", "/demand/0/region"),
        ("EMPTY_ROSTER", "/engineers"),
        ("UNKNOWN_POLICY", "/policy"),
        ("INVALID_DATE", "/start"),
        ("TARGET_WITHOUT_BOUND", "/targets/0"),
    ]


@pytest.mark.parametrize("path", sorted(NIGHT.parent.glob("*.json")), ids=lambda p: p.stem)
def test_a_world_that_is_shipped_is_read(path: Any) -> None:
    assert read_world(path.read_bytes()).crew


def test_every_field_of_a_world_is_on_the_page() -> None:
    page = (ROOT / "docs" / "world.md").read_text("utf-8")
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    found = documents.World.model_json_schema()
    every = set(found["properties"])
    for name, definition in found["$defs"].items():
        if name not in ("Place", "Region", "ServiceLevel"):
            every |= set(definition.get("properties", {}))
    assert every - named == set()


@pytest.mark.parametrize("path", sorted(NIGHT.parent.glob("*.json")), ids=lambda p: p.stem)
def test_a_world_that_is_shipped_follows_the_json_schema(path: Any) -> None:
    validator = Draft202012Validator(world_schema())
    validator.check_schema(world_schema())
    assert list(validator.iter_errors(json.loads(path.read_text("utf-8")))) == []
    assert list(validator.iter_errors(tree(policy="quick")))
    assert list(validator.iter_errors(tree(engineers=[{"id": "ann", "shifts": []}])))


def told(made: Any, days: int = 7) -> list[tuple[str, str]]:
    return [(w.code, w.message) for w in warnings(made, days)]


@pytest.mark.parametrize("case", WARNED_WORLDS, ids=lambda c: c.code)
def test_what_is_probably_not_meant_is_told_with_numbers_before_the_run(case: Refused) -> None:
    (warning,) = warnings(read_world(json.dumps(case.world)), 7)
    assert (warning.code, warning.pointer) == (case.code, case.pointer)
    assert case.told in warning.message


def test_rates_that_a_crew_can_just_serve_are_not_warned_about() -> None:
    assert told(world(demand=[demand(per_week=111)])) == []


def test_only_those_who_are_able_count_against_the_rates() -> None:
    skilled = {"id": "bob", "skills": [{"skill": "pump", "tier": 2}], "roster": [DAY_SHIFT]}
    crew = [{"id": "ann", "count": 9, "roster": [DAY_SHIFT]}, skilled]
    asked = demand("pump", skills=[{"skill": "pump", "tier": 2}], per_week=120)
    ((code, message),) = told(world(engineers=crew, demand=[asked, demand(per_week=10)]))
    assert code == "CANNOT_BE_SERVED"
    assert "'pump' ask for 60.0 hours" in message
    ((code, message),) = told(world(engineers=crew, demand=[{**asked, "skills": [{"skill": "pump", "tier": 3}]}]))
    assert (code, "pump at tier 3" in message) == ("NOBODY_ABLE", True)


def test_shifts_keep_their_length_when_clocks_change() -> None:
    spring = world(time_zone="Europe/Berlin", start="2026-03-27", demand=[demand(per_week=10)])
    shifts = [s for day in range(26, 31) for s in shifts_on(spring, spring.crew[0], date(2026, 3, day).toordinal())]
    assert [s.end - s.start for s in shifts] == [8 * 3600] * 5
    assert [b.start - a.start for a, b in pairwise(shifts)] == [86_400, 86_400, 82_800, 86_400]


def test_rosters_come_round_by_the_week() -> None:
    made = world(engineers=[{"id": "ann", "roster": [{**DAY_SHIFT, "days": ["mon", "sat"], "every": 2, "week": 2}]}])
    days = [day for day in range(28) if shifts_on(made, made.crew[0], made.start + day)]
    assert days == [7, 12, 21, 26]
