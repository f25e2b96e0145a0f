"""Judges a plan on its own: re-times it from the model and the travel matrix, and names every rule it breaks.

Nothing here is shared with the search; that is what makes a plan without violations worth something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dispatch.check.case import Case
from dispatch.check.cost import overtime_seconds, price, unassigned
from dispatch.check.kpis import kpis
from dispatch.check.rules import HARD_RULES, HardRule, Violation, violations
from dispatch.check.timing import Timed, time_route
from dispatch.model import Cost, Plan, Problem, Route, Ticket, Unassigned
from dispatch.travel import TravelMatrix

__all__ = ["HARD_RULES", "HardRule", "Verdict", "Violation", "verify"]


@dataclass(frozen=True)
class Verdict:
    """What the check found.

    Parameters
    ----------
    plan
        The same plan with its times, costs and figures worked out anew.
    violations
        Every broken rule, with its size.
    cost
        Milliseconds of travel by rule, all rules always present.
    kpis
        Every figure of ``docs/kpis.md``; None where it is undefined.
    """

    plan: Plan
    violations: tuple[Violation, ...]
    cost: Cost
    kpis: Mapping[str, float | int | None]


def verify(problem: Problem, matrix: TravelMatrix, plan: Plan, *, figures: bool = True) -> Verdict:
    """Re-time and judge a plan, keeping the order of its routes (``docs/rules.md``).

    Of the plan only that order counts, and what it says about unassigned tickets; whatever else it states is worked
    out anew. A plan may be nonsense: what does not exist in the problem is a violation and left out of the
    answer, and a ticket the plan forgot is added to `unassigned`.

    Parameters
    ----------
    figures
        Whether to work out the key figures, too: about half of the work.
    """
    case = Case.of(problem, matrix)
    routes = [
        time_route(case, *case.shifts[r.engineer, r.shift], [case.tickets[s.ticket] for s in r.stops if s.ticket in case.tickets])
        for r in plan.routes
        if (r.engineer, r.shift) in case.shifts
    ]
    placed = {t.id for route in routes for t in route.tickets}
    left_out = [t for t in problem.tickets if t.id not in placed and t.status != "cancelled"]
    cost, stop_costs = price(case, routes, left_out)
    found = kpis(case, routes, left_out, cost) if figures else {}
    retimed = replace(
        plan,
        routes=tuple(_route(route, costs) for route, costs in zip(routes, stop_costs, strict=True)),
        unassigned=_unassigned(case, plan, left_out),
        policy=case.weights,
        cost=cost,
        kpis=found,
    )
    return Verdict(retimed, violations(case, plan, routes, left_out), cost, found)


def _route(route: Timed, costs: tuple[int, ...]) -> Route:
    return Route(
        route.engineer.id,
        route.shift.id,
        tuple(replace(stop, cost=cost) for stop, cost in zip(route.stops, costs, strict=True)),
        route.departure,
        route.return_,
        route.travel,
        sum(route.metres) + route.home_metres,
        overtime_seconds(route),
        tuple(rest for _, rest in route.rests),
    )


def _unassigned(case: Case, plan: Plan, left_out: list[Ticket]) -> tuple[Unassigned, ...]:
    """Return all tickets left out, in the plan's order as far as it has one, with the reasons it gives."""
    left = {t.id: t for t in left_out}
    listed = {u.ticket: u for u in plan.unassigned if u.ticket in left}
    return tuple(replace(listed.get(name, Unassigned(name)), cost=unassigned(case, left[name])) for name in {**listed, **left})
