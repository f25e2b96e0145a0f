"""How one plan differs from another: what moved, who must be told, and what each change bought in cost by rule."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dispatch.model import CHANGE_TOLERANCE, FIXED_STATUSES, RULES, Plan, Problem, Route, Rule, Ticket, Visit
from dispatch.planning.pricing import Pricer
from dispatch.travel import TravelMatrix

ByRule = Mapping[Rule, int]
"""Milliseconds of travel by rule; rules that do not change are left out."""

WORTH_SAYING = 60
"""Seconds by which a start must move to be listed."""


class State(Protocol):
    """A problem and its plan: a `Day`, a `Planned`, or a `Proposal`."""

    @property
    def problem(self) -> Problem: ...  # noqa: D102
    @property
    def matrix(self) -> TravelMatrix: ...  # noqa: D102
    @property
    def plan(self) -> Plan: ...  # noqa: D102


@dataclass(frozen=True)
class Notice:
    """Somebody who must be told: an engineer, or a customer (id None: the ticket names none, so whoever opened it)."""

    role: Literal["engineer", "customer"]
    id: str | None


@dataclass(frozen=True)
class Change:
    """What became of one ticket.

    Parameters
    ----------
    before, after
        Where the plan had it and where it has it; None: nowhere.
    notify
        Who must be told: the engineers who lose or get it, or get it at another time, and its customer where the engineer is another
        one than told or the time more than 15 minutes away.
    cost_by_rule
        What this change adds to the cost, its consequences for other stops included. Negative: it saves.
    """

    ticket: str
    before: Visit | None
    after: Visit | None
    notify: tuple[Notice, ...]
    cost_by_rule: ByRule


@dataclass(frozen=True)
class Diff:
    """How a plan differs from another.

    Parameters
    ----------
    added, removed
        Tickets that were nowhere and have a place now, and the reverse.
    moved
        To another engineer or shift.
    retimed
        With another start, by a minute or more, or another place in the order. A stop that only gives way to another change costs
        nothing by itself: its cost is part of that change.
    rest
        What is due to no change of the plan but to what happened: time gone by, work that took longer, tickets opened and cancelled.
    cost_by_rule
        Cost after less cost before: the sum of all parts above, to the last digit.
    """

    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    moved: tuple[Change, ...] = ()
    retimed: tuple[Change, ...] = ()
    rest: ByRule = None  # type: ignore[assignment]
    cost_by_rule: ByRule = None  # type: ignore[assignment]

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes."""
        return self.added + self.removed + self.moved + self.retimed

    @property
    def cost(self) -> int:
        """What the plan costs more, milliseconds of travel."""
        return sum(self.cost_by_rule.values())


def told_otherwise(before: Visit | None, after: Visit | None) -> bool:
    """Whether people were told something else: another engineer, a start more than 15 minutes away, or that nobody would come."""
    if before is None or after is None:
        return before is not after
    return before.engineer != after.engineer or abs(before.start - after.start) > CHANGE_TOLERANCE


def disturbed(change: Change) -> bool:
    """Whether a ticket that had a place has lost it, or got another engineer, shift, or a start more than 15 minutes away."""
    b, a = change.before, change.after
    return b is not None and (a is None or told_otherwise(b, a) or b.shift != a.shift)


def diff(before: State, after: State) -> Diff:
    """Compare two plans of one day.

    What each change costs is found by making them one after the other: tickets that leave a route leave it first, in their order, then
    those that come are put where they are to be; each step is priced by the check. So the parts sum to the whole exactly.

    Parameters
    ----------
    before, after
        Days, plans with their problems, or proposals; of the same day, though more may be known `after`.
    """
    total = _less(_cost(after.plan), _cost(before.plan))
    routes = _touched(before.plan, after.plan)
    was, now = (_visits(part) for part in routes)
    tickets = {t.id: t for t in after.problem.tickets}
    bought = _bought(*routes, after, tickets)
    told = {v.ticket: v for v in before.problem.previous}
    parts: dict[str, list[Change]] = {"added": [], "removed": [], "moved": [], "retimed": []}
    for name in {**was, **now}:
        b, a = was.get(name), now.get(name)
        cost = _nonzero(bought.pop(name, {}))
        if b == a and not cost:
            continue
        if b is not None and a is not None:
            moved = (b.engineer, b.shift) != (a.engineer, a.shift)
            if not moved and not cost and abs(a.start - b.start) < WORTH_SAYING:
                continue
            kind = "moved" if moved else "retimed"
        else:
            kind = "added" if b is None else "removed"
        parts[kind].append(Change(name, b, a, _notify(tickets.get(name), told.get(name, b), b, a), cost))
    named = [c.cost_by_rule for group in parts.values() for c in group]
    rest = _nonzero({rule: total.get(rule, 0) - sum(c.get(rule, 0) for c in named) for rule in RULES})
    ordered = {kind: tuple(sorted(group, key=_when)) for kind, group in parts.items()}
    return Diff(**ordered, rest=rest, cost_by_rule=_nonzero(total))


def _when(change: Change) -> tuple[int, str]:
    at = change.after or change.before
    return (0 if at is None else at.start), change.ticket


Routes = Mapping[tuple[str, str], Route]
"""By engineer id and shift id."""


def _touched(before: Plan, after: Plan) -> tuple[Routes, Routes]:
    """Return the routes of two plans but those that are the very same: between two days most are."""
    was, now = ({(r.engineer, r.shift): r for r in plan.routes} for plan in (before, after))
    same = {key for key, route in was.items() if now.get(key) is route}
    return {k: r for k, r in was.items() if k not in same}, {k: r for k, r in now.items() if k not in same}


def _visits(routes: Routes) -> dict[str, Visit]:
    return {s.ticket: Visit(s.ticket, r.engineer, r.shift, s.start) for r in routes.values() for s in r.stops}


def _cost(plan: Plan) -> ByRule:
    return {} if plan.cost is None else plan.cost.by_rule


def _less(a: ByRule, b: ByRule) -> dict[Rule, int]:
    return {rule: a.get(rule, 0) - b.get(rule, 0) for rule in RULES}


def _nonzero(cost: ByRule) -> ByRule:
    return {rule: amount for rule, amount in cost.items() if amount}


def _notify(ticket: Ticket | None, told: Visit | None, before: Visit | None, after: Visit | None) -> tuple[Notice, ...]:
    """Return who must be told of a change, against what they were told last."""
    if ticket is not None and ticket.status in FIXED_STATUSES:  # they are there, and see for themselves
        return ()
    if ticket is not None and ticket.status == "cancelled":  # it was the customer who did it
        return () if before is None else (Notice("engineer", before.engineer),)
    if not told_otherwise(told, after) and (
        before is None or after is None or (before.engineer, before.shift) == (after.engineer, after.shift)
    ):
        return ()
    engineers = dict.fromkeys(v.engineer for v in (told, before, after) if v is not None)
    people = tuple(Notice("engineer", e) for e in engineers)
    return (*people, Notice("customer", None if ticket is None else ticket.customer)) if told_otherwise(told, after) else people


# -------------------------------------------------------- what a change buys


def _bought(before: Routes, then: Routes, after: State, tickets: Mapping[str, Ticket]) -> dict[str, dict[Rule, int]]:
    """Return what each ticket that leaves a route, comes into one, or changes its place in one, adds to the cost by rule."""
    was, now = ({key: [s.ticket for s in route.stops] for key, route in routes.items()} for routes in (before, then))
    if was == now:
        return {}
    pricer = Pricer(after.problem, after.matrix)
    placed = {name for names in now.values() for name in names}
    bought: dict[str, dict[Rule, int]] = {}
    for key in {**was, **now}:
        old, new = was.get(key, []), now.get(key, [])
        if old == new or key not in pricer.shifts:
            continue
        staying = in_order(old, new)
        order = [t for t in old if t in tickets]
        cost = pricer.route(key, order).cost.by_rule
        steps: list[tuple[str, list[str]]] = []
        for name in [t for t in order if t not in staying]:
            order = [t for t in order if t != name]
            steps.append((name, order))
        for name in [t for t in new if t not in staying]:
            here = {*order, name}
            order = [t for t in new if t in here]
            steps.append((name, order))
        for name, reached in steps:
            reaching = pricer.route(key, reached).cost.by_rule
            _add(bought.setdefault(name, {}), reaching, cost)
            cost = reaching
    for names in was.values():
        for name in names:
            if name not in placed and name in tickets and tickets[name].status != "cancelled":
                _add(bought.setdefault(name, {}), {"unassigned": pricer.left_out(name)}, {})
    for names in now.values():
        for name in names:
            if name in bought and all(name not in old for old in was.values()) and tickets[name].status not in FIXED_STATUSES:
                _add(bought[name], {}, {"unassigned": pricer.left_out(name)})
    return bought


def in_order(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Return the tickets of both orders that need not be moved: a longest common subsequence."""
    place = {name: k for k, name in enumerate(new)}
    tails: list[int] = []
    chains: list[tuple[str, ...]] = []
    for name in old:
        if name in place:
            k = bisect_left(tails, place[name])
            chain = (*(chains[k - 1] if k else ()), name)
            tails[k : k + 1], chains[k : k + 1] = [place[name]], [chain]
    return set(chains[-1]) if chains else set()


def _add(to: dict[Rule, int], then: ByRule, cost: ByRule) -> None:
    for rule in RULES:
        amount = then.get(rule, 0) - cost.get(rule, 0)
        if amount:
            to[rule] = to.get(rule, 0) + amount
