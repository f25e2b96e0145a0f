"""Whatever the problem: every ticket left out has a reason, and every way in, made, places it and breaks no rule."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch import explain
from dispatch.check import verify
from dispatch.model import Plan, Problem, Route
from dispatch.solver import Options, solve
from dispatch.travel import matrix
from tests.explain.told import places
from tests.generated.problems import problems

FREELY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def _thinned(problem: Problem, plan: Plan, every: int) -> Plan:
    """Return a plan without every third or so of the stops that have not begun: as made by hand, with room left in it."""
    open_work = {t.id for t in problem.tickets if t.status in ("open", "dispatched")}

    def kept(route: Route) -> Route:
        return replace(route, stops=tuple(s for k, s in enumerate(route.stops) if s.ticket not in open_work or (k + every) % 3))

    return Plan(tuple(map(kept, plan.routes))) if every else plan


@FREELY
@given(problems(), st.integers(0, 3))
def test_every_ticket_left_out_has_reasons_and_every_way_in_holds(problem: Problem, every: int) -> None:
    travel = matrix(problem)
    plan = _thinned(problem, solve(problem, travel, Options(iterations=30)).plan, every)
    before = verify(problem, travel, plan)
    explained = explain.explain(problem, travel, plan)
    assert replace(explained, unassigned=()) == replace(before.plan, unassigned=())
    assert [u.ticket for u in explained.unassigned] == [u.ticket for u in before.plan.unassigned]
    for u in explained.unassigned:
        codes = [r.code for r in u.reasons]
        assert 1 <= len(codes) <= 4
        assert len(set(codes)) == len(codes)
        assert set(codes) <= set(explain.REASON_CODES)
        openings = explain.openings(problem, travel, plan, u.ticket)
        assert tuple(o.way for o in openings) == u.ways_in
        assert sorted(w.cost_delta for w in u.ways_in) == [w.cost_delta for w in u.ways_in]
        for opening in openings:
            places(opening, before, u.ticket)


@FREELY
@given(problems(), st.integers(0, 3))
def test_every_engineer_is_a_candidate_or_is_told_why_not(problem: Problem, every: int) -> None:
    travel = matrix(problem)
    plan = _thinned(problem, solve(problem, travel, Options(iterations=30)).plan, every)
    before = verify(problem, travel, plan)
    placed = {s.ticket for r in before.plan.routes for s in r.stops}
    for ticket in problem.tickets:
        if ticket.status == "cancelled":
            continue
        found = explain.runners_up(problem, travel, plan, ticket.id)
        assert {c.engineer for c in found} == {e.id for e in problem.engineers}
        assert [c.present for c in found].count(True) == (ticket.id in placed)
        fit = [c for c in found if c.feasible]
        assert found[: len(fit)] == tuple(fit)
        assert sorted(c.cost_delta for c in fit) == [c.cost_delta for c in fit]
        for c in fit:
            assert c.by_rule is not None
            assert sum(c.by_rule.values()) == c.cost_delta
