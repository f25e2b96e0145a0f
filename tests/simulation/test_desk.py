"""The desk that is planned anew in milliseconds: what it says a plan costs, the check says, too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch.check import verify
from dispatch.planning.light import Desk
from dispatch.simulation.world import read_world
from tests.simulation.worlds import NIGHT, demand, outcome, tree


def judged(**changes: Any) -> int:
    """Simulate four nights, let the check judge every plan, and return how many there were."""
    made = read_world(json.dumps({**json.loads(NIGHT.read_text("utf-8")), "warm_up_days": 0, **changes}))
    plans = 0

    def inspect(desk: Desk, now: int) -> None:
        nonlocal plans
        if not desk.tickets or not desk.duties:
            return
        verdict = verify(desk.problem(now), desk.matrix(), desk.plan())
        assert verdict.violations == ()
        assert verdict.cost.total == desk.cost
        plans += 1

    outcome(made, 4, inspect=inspect)
    return plans


@pytest.mark.parametrize("dispatching", ["replan", "insert-only"])
@pytest.mark.parametrize("policy", ["emergency", "balanced"])
def test_every_plan_of_the_desk_keeps_the_rules_and_costs_what_the_check_says(dispatching: str, policy: str) -> None:
    assert judged(dispatching=dispatching, policy=policy) > 100


def test_shifts_planned_ahead_and_visiting_hours_cost_what_the_check_says() -> None:
    night = json.loads(NIGHT.read_text("utf-8"))
    for d in night["demand"]:
        d["visiting"] = {"opens": "21:30", "closes": "23:45"}
        d["needs"] = {"kit": 1}
    for e in night["engineers"]:
        e["capacity"] = {"kit": 3}
    assert judged(horizon="PT30H", policy="balanced", demand=night["demand"], engineers=night["engineers"]) > 100


def test_what_is_days_late_is_still_served() -> None:
    late = demand("late", kind="emergency", priority=1, respond_within="PT1M", per_week=24, service={"mean": "PT1H", "law": "fixed"})
    roster = [{"days": ["wed"], "start": "08:00", "length": "PT16H"}]
    made = read_world(json.dumps(tree(policy="emergency", demand=[late], engineers=[{"id": "ann", "roster": roster}])))
    tickets, _, _ = outcome(made, 3)
    waiting = [t for t in tickets if t.opened_at < min(d.responded_at or 0 for d in tickets if d.responded_at)]
    assert len(waiting) > 3
    assert [t.outcome for t in waiting] == ["visit"] * len(waiting)


def test_a_hopeless_backlog_is_worked_off_by_urgency_and_slows_nothing_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.planning.light.MOST_OPEN", 10)
    sorts = [
        demand("nobody", per_week=400, priority=1, skills=[{"skill": "pump", "tier": 1}]),
        demand("urgent", per_week=200, priority=2),
        demand("slow", per_week=400, priority=4),
    ]
    most = 0

    def inspect(desk: Desk, now: int) -> None:
        nonlocal most
        most = max(most, len(desk.tickets))

    tickets, _, audit = outcome(read_world(json.dumps(tree(demand=sorts))), 3, inspect=inspect)
    assert most == 10
    assert audit.tickets > 300
    done = [t for t in tickets if t.outcome == "visit"]
    assert len(done) >= 3 * 14
    assert {t.work for t in done} <= {"urgent", "slow"}
    assert sum(t.work == "urgent" for t in done) > 0.9 * len(done)
