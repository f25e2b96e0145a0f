"""The shipped policies: resolved as the problem asks, documented as they are."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from dispatch import policy
from dispatch.model import POLICIES, RULES, PolicyChoice, PolicyName, Weights

DOCS = Path(__file__).parent.parent / "docs" / "policies.md"


def shown(weight: float | tuple[float, ...]) -> str:
    return " · ".join(f"{w:g}" for w in weight) if isinstance(weight, tuple) else f"{weight:g}"


def table() -> str:
    """The table of docs/policies.md as the code would have it."""
    head = "| rule | " + " | ".join(f"`{name}`" for name in POLICIES) + " |\n" + "|---" * (len(POLICIES) + 1) + "|\n"
    return head + "".join(
        f"| `{rule}` | " + " | ".join(shown(getattr(policy.POLICY_WEIGHTS[name], rule)) for name in POLICIES) + " |\n" for rule in RULES
    )


def test_every_named_policy_has_a_weight_for_every_rule() -> None:
    assert tuple(policy.POLICY_WEIGHTS) == POLICIES
    assert tuple(f.name for f in fields(Weights)) == RULES


def test_the_documented_table_is_the_one_in_the_code() -> None:
    assert DOCS.read_text(encoding="utf-8").endswith("\n\n" + table()), f"docs/policies.md must end with:\n\n{table()}"


def test_the_docs_say_what_every_policy_is_for_and_what_every_weight_buys() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert re.findall(r"^\*\*`([a-z-]+)`\*\* is ", text, re.MULTILINE) == list(POLICIES)
    assert re.findall(r"^- \*\*`([a-z_]+)`\*\*", text, re.MULTILINE) == list(RULES)


def test_travel_is_the_unit_of_every_policy() -> None:
    assert {name: w.travel for name, w in policy.POLICY_WEIGHTS.items()} == dict.fromkeys(POLICIES, 1)


@pytest.mark.parametrize("name", POLICIES)
def test_urgent_work_never_weighs_less_than_work_that_can_wait(name: PolicyName) -> None:
    weights = policy.POLICY_WEIGHTS[name]
    for by_priority in (weights.lateness, weights.response, weights.unassigned):
        assert list(by_priority) == sorted(by_priority, reverse=True)


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_resolves_to_itself_when_nothing_differs(name: PolicyName) -> None:
    assert policy.resolve(PolicyChoice(name)) == policy.POLICY_WEIGHTS[name]


def test_a_choice_changes_the_weights_it_names_and_no_others() -> None:
    choice = PolicyChoice("balanced", {"contractor": 45, "lateness": 3, "unassigned": {1: 1440, 4: 90.5}})
    assert policy.resolve(choice) == replace(
        policy.POLICY_WEIGHTS["balanced"],
        contractor=45,
        lateness=(3, 3, 3, 3, 3),
        unassigned=(1440, 480, 240, 90.5, 60),
    )


def test_weights_are_shown_as_a_number_per_rule_or_per_priority() -> None:
    assert policy.by_priority(policy.resolve(PolicyChoice("cost-first"))) == {
        "travel": 1,
        "distance": 0.3,
        "paid_time": 0.5,
        "fixed": 45,
        "lateness": {"1": 2, "2": 1, "3": 0.5, "4": 0.25, "5": 0.1},
        "response": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0},
        "unassigned": {"1": 960, "2": 480, "3": 240, "4": 120, "5": 60},
        "overtime": 3,
        "tier_excess": 10,
        "not_preferred": 15,
        "cross_region": 10,
        "contractor": 60,
        "workload": 0,
        "change": 10,
    }
