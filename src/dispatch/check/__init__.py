"""Judges a plan on its own: re-times it from the model and the travel matrix, and names every rule it breaks.

Nothing here is shared with the search; that is what makes a plan without violations worth something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dispatch.check.case import Case
from dispatch.check.cost import total, unassigned
from dispatch.check.judged import Judged, Kept
from dispatch.check.kpis import Figures, kpis
from dispatch.check.rules import HARD_RULES, HardRule, Violation, violations
from dispatch.check.timing import Timed, time_route
from dispatch.model import Cost, Plan, Problem, Ticket, Unassigned
from dispatch.travel import TravelMatrix

__all__ = ["HARD_RULES", "HardRule", "Kept", "Verdict", "Violation", "verify"]


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
    kept
        What a later check of the same day need not work out again.
    """

    plan: Plan
    violations: tuple[Violation, ...]
    cost: Cost
    kpis: Mapping[str, float | int | None]
    kept: Kept | None = field(default=None, repr=False, compare=False)


def verify(problem: Problem, matrix: TravelMatrix, plan: Plan, *, figures: bool = True, since: Kept | None = None) -> Verdict:
    """Re-time and judge a plan, keeping the order of its routes (``docs/rules.md``).

    Of the plan only that order counts, and what it says about unassigned tickets; whatever else it states is worked
    out anew. A plan may be nonsense: what does not exist in the problem is a violation and left out of the
    answer, and a ticket the plan forgot is added to `unassigned`.

    Parameters
    ----------
    figures
        Whether to work out the key figures, too: about half of the work.
    since
        What an earlier verdict on the same day kept. The answer is the same, only sooner: routes that nothing has happened to since are
        not timed again, and the key figures are worked out when they are first asked for.
    """
    case, known = (Case.of(problem, matrix), {}) if since is None else since.then(problem, matrix)
    timed: list[Timed] = []
    routes: list[Judged] = []
    for r in plan.routes:
        key = (r.engineer, r.shift)
        if key not in case.shifts:
            continue
        names = tuple([s.ticket for s in r.stops if s.ticket in case.tickets])
        old = known.get(key)
        like = old if old is not None and old.same(case, names) else None
        if like is not None and problem.now <= like.until:
            routes.append(like.at(case))
        else:
            timed.append(time_route(case, *case.shifts[key], [case.tickets[name] for name in names]))
            routes.append(Judged.of(case, timed[-1], like))
    placed = {name for route in routes for name in route.names}
    left_out = [t for t in problem.tickets if t.id not in placed and t.status != "cancelled"]
    cost = total(case, [route.by_rule for route in routes], left_out)
    found: Mapping[str, float | int | None] = {}
    if figures:
        found = kpis(case, timed, left_out, cost) if since is None else Figures(lambda: verify(problem, matrix, plan).kpis)
    retimed = replace(
        plan,
        routes=tuple(route.route for route in routes),
        unassigned=_unassigned(case, plan, left_out),
        policy=case.weights,
        cost=cost,
        kpis=found,
    )
    kept = Kept(case, {(route.engineer.id, route.shift.id): route for route in routes})
    return Verdict(retimed, violations(case, plan, routes, left_out), cost, found, kept)


def _unassigned(case: Case, plan: Plan, left_out: list[Ticket]) -> tuple[Unassigned, ...]:
    """Return all tickets left out, in the plan's order as far as it has one, with the reasons it gives."""
    left = {t.id: t for t in left_out}
    listed = {u.ticket: u for u in plan.unassigned if u.ticket in left}
    return tuple(replace(listed.get(name, Unassigned(name)), cost=unassigned(case, left[name])) for name in {**listed, **left})
