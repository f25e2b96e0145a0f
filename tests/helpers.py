"""The one way in which tests solve a problem: every answer goes through the check."""

from __future__ import annotations

from typing import Any

from dispatch.check import Verdict, verify
from dispatch.model import Problem, Route
from dispatch.solver import Options
from dispatch.solver import solve as search
from dispatch.travel import matrix


def solve(problem: Problem, **options: Any) -> Verdict:
    """Solve a problem and return the verdict on the answer, which the check must share to the second."""
    travel = matrix(problem)
    result = search(problem, travel, Options(**{"iterations": 300, "seed": 1, **options}))
    verdict = verify(problem, travel, result.plan)
    assert verdict.violations == ()
    assert verdict.cost.total == result.cost
    assert [_times(r) for r in result.plan.routes] == [_times(r) for r in verdict.plan.routes]
    assert sorted(u.ticket for u in result.plan.unassigned) == sorted(u.ticket for u in verdict.plan.unassigned)
    return verdict


def _times(route: Route) -> tuple[Any, ...]:
    stops = [(s.ticket, s.arrival, s.start, s.end, s.travel, s.waiting, s.lateness) for s in route.stops]
    return (route.engineer, route.shift, route.departure, route.return_, route.travel, route.overtime, route.breaks, stops)
