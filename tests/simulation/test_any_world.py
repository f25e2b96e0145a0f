"""Whatever the world: every plan keeps the rules and costs what the check says, Little's law holds, and records add up."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.check import verify
from dispatch.planning.light import DISPATCHING, Desk
from dispatch.simulation.world import read_world
from tests.simulation.worlds import outcome, tree

PLACES = [{"lat": 28.2 + 0.03 * i, "lon": 112.9 + 0.05 * j} for i in range(3) for j in range(3)]
SKILLS = ("pump", "drive")
REST = {"earliest": "PT2H", "latest": "PT4H", "duration": "PT30M"}

rosters = st.builds(
    lambda start, hours, rest: {"start": f"{start:02}:00", "length": f"PT{hours}H", "overtime": "PT2H", "breaks": [REST] if rest else []},
    st.integers(0, 23),
    st.integers(5, 12),
    st.booleans(),
)
crews = st.lists(
    st.builds(
        lambda roster, home, tiers, factor, role, stops: {
            "home": home,
            "skills": [{"skill": s, "tier": t} for s, t in zip(SKILLS, tiers, strict=True) if t],
            "service_factor": factor,
            "role": role,
            "max_stops": stops,
            "capacity": {"kit": 4},
            "roster": [roster],
        },
        rosters,
        st.sampled_from([*PLACES, None]),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.sampled_from([0.8, 1.0, 1.5]),
        st.sampled_from(["engineer", "regional-expert", "headquarters-expert"]),
        st.sampled_from([None, 3]),
    ),
    min_size=1,
    max_size=4,
)
sorts = st.lists(
    st.builds(
        lambda kind, priority, skill, minutes, law, rate, visiting, needs, promise: {
            "kind": kind,
            "priority": priority,
            "skills": [] if skill is None else [{"skill": skill, "tier": 1, "preferred_tier": 2}],
            "area": {"points": PLACES},
            "service": {"mean": f"PT{minutes}M", "law": law},
            "per_week": rate,
            "visiting": {"opens": "09:00", "closes": "17:30"} if visiting else None,
            "needs": {"kit": 1} if needs else {},
            "respond_within": promise,
        },
        st.sampled_from(["emergency", "repair"]),
        st.integers(1, 5),
        st.sampled_from([None, *SKILLS]),
        st.integers(5, 120),
        st.sampled_from(["lognormal", "exponential", "fixed"]),
        st.integers(5, 80),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, "PT1H", "PT8H"]),
    ),
    min_size=1,
    max_size=3,
)
BEHAVIOURS: dict[str, Any] = {
    "travel": {"sigma": 0.4},
    "tiers": {"factors": {"1": 1.3, "3": 0.7}},
    "no_show": {"share": 0.2, "again_after": "PT2H"},
    "remote": {"success": {"repair": 0.4}, "experts": 1},
    "first_time_fix": {"base": 0.6, "per_tier": 0.1, "again_after": "PT1H"},
    "parts": {"missing": {"repair": 0.3, "emergency": 0.1}, "delivery": "PT4H"},
    "absence": {"share": 0.2},
    "escalation": {"after": "PT6H", "then": "PT6H"},
    "same_day": {"opened_before": "14:00", "by": "18:00"},
    "cancellation": {"share": 0.3, "after": "PT2H"},
}
behaviours = st.sets(st.sampled_from(sorted(BEHAVIOURS))).map(lambda names: {n: BEHAVIOURS[n] for n in sorted(names)})
worlds = st.fixed_dictionaries(
    {
        "engineers": crews.map(lambda found: [{"id": f"e{k}", **e} for k, e in enumerate(found)]),
        "demand": sorts.map(lambda found: [{"id": f"d{k}", **d} for k, d in enumerate(found)]),
        "behaviours": behaviours,
        "dispatching": st.sampled_from(DISPATCHING),
        "policy": st.sampled_from(["balanced", "promise-first", "emergency", "cost-first"]),
        "horizon": st.sampled_from(["PT0S", "PT10H"]),
        "iterations": st.just(15),
        "time_zone": st.sampled_from(["UTC", "Asia/Shanghai"]),
    }
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds, st.integers(0, 100))
def test_every_plan_is_sound_and_every_record_adds_up(fields: dict[str, Any], seed: int) -> None:
    made = read_world(json.dumps(tree(**fields)))

    def inspect(desk: Desk, now: int) -> None:
        if not desk.tickets or not desk.duties:
            return
        verdict = verify(desk.problem(now), desk.matrix(), desk.plan())
        if made.dispatching != "nearest-able":
            assert verdict.cost.total == desk.cost
            assert verdict.violations == ()

    tickets, shifts, audit = outcome(made, 2, seed=seed, inspect=inspect)
    assert audit.ticket_seconds == audit.sojourns == sum((t.closed_at or audit.end) - t.opened_at for t in tickets)
    assert len({t.ticket for t in tickets}) == len(tickets) == audit.tickets
    for t in tickets:
        assert t.opened_at <= (t.responded_at or t.opened_at) <= (t.closed_at or audit.end)
        assert t.repeats + t.part_visits + t.no_shows <= t.visits
        assert (t.outcome == "open") == (t.closed_at is None)
    seen = {(d.engineer, d.shift) for d in shifts}
    assert len(seen) == len(shifts)
    for d in shifts:
        assert d.travel + d.service + d.rest <= max(0, d.returned - d.start) + 60
