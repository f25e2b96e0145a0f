"""Days, effects and diffs told in lines, as `tests.build` tells a verdict."""

from __future__ import annotations

from collections.abc import Mapping

from dispatch.check import Verdict
from dispatch.model import MINUTE, Problem, Rule, Visit
from dispatch.planning import Change, Day, Diff, open_day
from tests.build import clock, plan, told


def opened(problem: Problem, *routes: tuple[str, str]) -> Day:
    """Return a day whose plan people were told."""
    return open_day(problem, plan(*routes))


def lines(day: Day) -> list[str]:
    """Return a day in lines."""
    assert day.plan.cost is not None
    return told(Verdict(day.plan, day.violations, day.plan.cost, day.plan.kpis))


def changes(diff: Diff) -> list[str]:
    """Return a diff in lines.

    ::

        moved B: ann 10:00 -> bob 9:00 (tell engineer ann, engineer bob, customer mill): travel -60
        rest: response 12
    """
    found = []
    for kind in ("added", "removed", "moved", "retimed"):
        found += [f"{kind} {_change(c)}" for c in getattr(diff, kind)]
    return found + ([f"rest: {_cost(diff.rest)}"] if diff.rest else [])


def _change(c: Change) -> str:
    people = ", ".join(f"{n.role} {n.id or '?'}" for n in c.notify)
    tell = f" (tell {people})" if people else ""
    return f"{c.ticket}: {_where(c.before)} -> {_where(c.after)}{tell}" + (f": {_cost(c.cost_by_rule)}" if c.cost_by_rule else "")


def _where(visit: Visit | None) -> str:
    return "nowhere" if visit is None else f"{visit.engineer} {clock(visit.start)}"


def _cost(cost: Mapping[Rule, int]) -> str:
    return ", ".join(f"{rule} {amount / MINUTE:g}" for rule, amount in cost.items())
