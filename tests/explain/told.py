"""The one way in which these tests explain: every way in is made and judged anew before it is told."""

from __future__ import annotations

from dispatch import explain
from dispatch.check import Verdict, verify
from dispatch.model import MINUTE, Plan, Problem, Unassigned
from dispatch.travel import matrix
from tests.build import plan


def explained(problem: Problem, *routes: tuple[str, str], ticket: str = "X") -> Unassigned:
    """Return what is said of a ticket that a plan made by hand leaves out, its ways in gone through."""
    travel, made = matrix(problem), plan(*routes)
    before = verify(problem, travel, made)
    told = next(u for u in explain.explain(problem, travel, made).unassigned if u.ticket == ticket)
    openings = explain.openings(problem, travel, made, ticket)
    assert tuple(o.way for o in openings) == told.ways_in
    for o in openings:
        places(o, before, ticket)
    return told


def places(opening: explain.Opening, before: Verdict, ticket: str) -> None:
    """Ask that a way in, made, places the ticket, breaks no rule that was not broken before, and adds what it says."""
    after = verify(opening.problem, matrix(opening.problem), opening.plan)
    broken = {(v.rule, v.engineer, v.shift, v.ticket): v.size for v in before.violations}
    assert [v for v in after.violations if v.size > broken.get((v.rule, v.engineer, v.shift, v.ticket), 0)] == []
    assert ticket in {s.ticket for r in after.plan.routes for s in r.stops}
    assert after.cost.total - before.cost.total == opening.way.cost_delta


def why(problem: Problem, *routes: tuple[str, str], ticket: str = "X") -> list[str]:
    """Return the reasons as lines: CODE sentence."""
    return [f"{r.code} {r.detail}" for r in explained(problem, *routes, ticket=ticket).reasons]


def ways(problem: Problem, *routes: tuple[str, str], ticket: str = "X") -> list[str]:
    """Return the ways in as lines: sentence (minutes of travel)."""
    return [f"{w.change} ({w.cost_delta / MINUTE:+g})" for w in explained(problem, *routes, ticket=ticket).ways_in]


def kinds(problem: Problem, *routes: tuple[str, str], ticket: str = "X") -> list[str]:
    """Return the kinds of the ways in."""
    return [o.kind for o in explain.openings(problem, matrix(problem), plan(*routes), ticket)]


def empty() -> Plan:
    """Return a plan without routes."""
    return plan()
