"""What the check promises whatever plan it is given."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.check import HARD_RULES, verify
from dispatch.model import RULES, Plan, Reason, Route, Rule, Stop, Unassigned, WayIn
from dispatch.policy import resolve
from dispatch.travel import matrix
from tests.build import checked, engineer, pin, plan, problem, shift, ticket, visit

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
CASE = problem(
    [
        ticket("A", skills={"pump": 2}, respond_by="9:00", priority=1),
        ticket("B", place=2, windows=[("9:00", "11:00"), ("13:00", "14:00")], must=["bea"], needs={"kg": 5}),
        ticket("C", pin=pin("ann", "day", "10:00"), region="south", prefer=["bea"]),
        ticket("D", mandatory=True, never=["ann"], opened_at="9:00"),
        ticket("E", actual=("8:30", "8:50"), pin=pin("ann", "day"), status="done"),
        ticket("F", place=2, pin=pin("bea", "early"), status="travelling"),
        ticket("G", status="cancelled"),
    ],
    [
        engineer("ann", shift(breaks=[("11:00", "12:00", 30)], max_stops=3), skills={"pump": 3}, region="north", cost_per_km=0.3),
        engineer("bea", shift("early", end="12:00"), shift("late", "13:00", "18:00", home=None), skills={"pump": 1}, contractor=True),
    ],
    metres=[[0, 9000, 17_000], [9000, 0, 8000], [17_000, 8000, 0]],
    now="9:00",
    previous=(visit("A", "bea", "9:00"),),
    weights={"lateness": 1, "response": 0.1, "paid_time": 0.2, "distance": 0.1, "workload": 1, "fixed": 7, "overtime": 2}
    | {"tier_excess": 10, "not_preferred": 15, "cross_region": 10, "contractor": 20, "change": 10},
)


def tables_of_the_page() -> dict[str, list[str]]:
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    rows = {s.split("\n")[0]: re.findall(r"^\| (`.*?) \|", s, re.MULTILINE) for s in sections}
    return {title: re.findall(r"`(\w+)`", " ".join(cells)) for title, cells in rows.items()}


def test_the_page_lists_the_rules_the_check_knows() -> None:
    tables = tables_of_the_page()
    assert tables["Hard rules"] == list(HARD_RULES)
    assert tables["Costs"] == list(RULES)


def test_an_empty_plan_has_all_rules_in_its_cost_and_every_ticket_unassigned() -> None:
    verdict = checked(problem([ticket("A")]))
    assert dict(verdict.cost.by_rule) == {**dict.fromkeys(RULES, 0), "unassigned": 60_000_000}
    assert list(verdict.cost.by_rule) == list(RULES)
    assert verdict.plan == Plan(
        (), (Unassigned("A", 60_000_000),), policy=resolve(problem([]).policy), cost=verdict.cost, kpis=verdict.kpis
    )


def test_what_the_plan_says_about_unassigned_tickets_is_kept_and_priced_anew() -> None:
    case = problem([ticket("A"), ticket("B")])
    said = Unassigned("B", 5, (Reason("NO_SKILL", "Nobody.", "Train."),), (WayIn("Train ann.", 3),))
    verdict = verify(case, matrix(case), Plan((), (said,)))
    assert verdict.plan.unassigned == (replace(said, cost=60_000_000), Unassigned("A", 60_000_000))


def test_times_and_costs_of_the_plan_are_worked_out_anew() -> None:
    case = problem([ticket("A")])
    wrong = Plan((Route("ann", "day", (Stop("A", 1, 2, 3, 4, 5, 6, 7),), 8, 9, 10, 11, 12),))
    assert verify(case, matrix(case), wrong) == checked(case, ("ann", "A"))


def nonsense(rng: random.Random) -> Plan:
    """Return routes of random shifts and tickets, some of which do not exist."""
    routes = [
        (rng.choice(("ann/day", "bea/early", "bea/late", "bea/night", "zoe/day")), " ".join(rng.choices("ABCDEFGX", k=rng.randint(0, 6))))
        for _ in range(rng.randint(0, 5))
    ]
    return plan(*routes, unassigned=" ".join(rng.choices("ABCDEFGX", k=rng.randint(0, 4))))


@pytest.mark.parametrize("seed", range(100))
def test_nonsense_gets_a_verdict_that_adds_up(seed: int) -> None:
    given = nonsense(random.Random(seed))
    verdict = verify(CASE, matrix(CASE), given)
    json.dumps(dict(verdict.kpis))
    assert all(v.size > 0 and v.message.endswith(".") and v.rule in HARD_RULES for v in verdict.violations)
    placed = [s.ticket for r in verdict.plan.routes for s in r.stops]
    left_out = [u.ticket for u in verdict.plan.unassigned]
    assert sorted({*placed, *left_out} - {"G"}) == list("ABCDEF")
    assert not set(placed) & set(left_out)
    assert len(left_out) == len(set(left_out))
    cost = verdict.cost.by_rule
    assert verdict.cost.total == sum(cost.values())
    assert cost["travel"] == 1000 * sum(r.travel for r in verdict.plan.routes)
    assert cost["unassigned"] == sum(u.cost for u in verdict.plan.unassigned)
    of_stops = sum(s.cost for r in verdict.plan.routes for s in r.stops)
    per_stop: tuple[Rule, ...] = ("lateness", "response", "tier_excess", "not_preferred", "cross_region", "contractor", "change")
    returns = sum(1000 * (r.travel - sum(s.travel for s in r.stops)) for r in verdict.plan.routes)
    legs_out = cost["travel"] - returns
    assert 0 <= of_stops - sum(cost[rule] for rule in per_stop) - legs_out <= cost["distance"]


@pytest.mark.parametrize("seed", range(50))
def test_a_verdicts_plan_gets_the_same_verdict_but_for_what_did_not_exist(seed: int) -> None:
    first = verify(CASE, matrix(CASE), nonsense(random.Random(seed)))
    second = verify(CASE, matrix(CASE), first.plan)
    assert second.plan == first.plan
    gone = [v for v in first.violations if v not in second.violations]
    assert [v for v in first.violations if v in second.violations] == list(second.violations)
    assert {v.rule for v in gone} <= {"known", "once"}
