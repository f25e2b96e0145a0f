"""What an engine answers, and what it is worth: turned into a plan, judged by `dispatch.check`, repaired where it breaks a rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dispatch import check
from dispatch.model import Plan, Problem, Route, Stop
from dispatch.travel import TravelMatrix

STEP = 0.001
"""Share of the cost that a point of a curve must be below the one before, to be kept."""

ShiftTickets = tuple[str, str, tuple[str, ...]]
"""Engineer, shift, tickets in order."""


@dataclass(frozen=True)
class Point:
    """An intermediate answer: seconds since the engine began, and its cost in seconds of travel."""

    seconds: float
    cost: float


@dataclass(frozen=True)
class Answer:
    """What an engine found.

    Parameters
    ----------
    routes
        Of the shifts that have any tickets.
    seconds
        Wall time, from the first line of building the model to the routes in hand.
    points
        The engine's own account of what it had when; in order, empty where it gives none.
    setting
        What was chosen among the engine's settings, where that differs by instance.
    """

    routes: tuple[ShiftTickets, ...]
    seconds: float
    points: tuple[Point, ...] = ()
    setting: str = ""


@dataclass(frozen=True)
class Judged:
    """An answer by our own check.

    Parameters
    ----------
    plan
        With times and cost, after the repair.
    violations
        What the check found before the repair, as sentences.
    removed
        Tickets that the repair left out.
    mended
        Whether nothing is broken after the repair.
    """

    plan: Plan
    cost: float
    violations: tuple[str, ...]
    removed: tuple[str, ...]
    mended: bool


def to_plan(routes: Iterable[ShiftTickets]) -> Plan:
    """Return routes as a plan that holds nothing but their order."""
    return Plan(tuple(Route(engineer, shift, tuple(Stop(t) for t in tickets)) for engineer, shift, tickets in routes if tickets))


def judge(problem: Problem, matrix: TravelMatrix, routes: Iterable[ShiftTickets]) -> Judged:
    """Judge routes; while one breaks a rule, leave out its first stop that does, or its last where the rule is the route's."""
    verdict = check.verify(problem, matrix, to_plan(routes))
    found = tuple(v.message for v in verdict.violations)
    removed: list[str] = []
    while verdict.violations:
        offending = [t for route in verdict.plan.routes if (t := _offending(route, verdict.violations)) is not None]
        if not offending:
            break
        removed += offending
        verdict = check.verify(problem, matrix, _without(verdict.plan, offending))
    return Judged(verdict.plan, verdict.cost.total / 1000, found, tuple(removed), not verdict.violations)


def _offending(route: Route, violations: Sequence[check.Violation]) -> str | None:
    """Return the stop that a route must lose first; None where it breaks nothing that losing one could mend."""
    of_route = [v for v in violations if (v.engineer, v.shift) == (route.engineer, route.shift)]
    if not of_route or not route.stops:
        return None
    at_fault = {v.ticket for v in of_route}
    return next((s.ticket for s in route.stops if s.ticket in at_fault), route.stops[-1].ticket)


def _without(plan: Plan, tickets: Sequence[str]) -> Plan:
    routes = (replace(r, stops=tuple(s for s in r.stops if s.ticket not in tickets)) for r in plan.routes)
    return replace(plan, routes=tuple(r for r in routes if r.stops), unassigned=())


def thinned(points: Iterable[Point], step: float = STEP) -> tuple[Point, ...]:
    """Return the points that are better than all before, of those only such as gain at least a share `step`; the last stays."""
    better: list[Point] = []
    for point in points:
        if not better or point.cost < better[-1].cost:
            better.append(point)
    kept = better[:1]
    for point in better[1:]:
        if point.cost <= kept[-1].cost * (1 - step):
            kept.append(point)
    if better and kept[-1] is not better[-1]:
        kept.append(better[-1])
    return tuple(kept)
