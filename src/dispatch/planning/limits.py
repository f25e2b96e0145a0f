"""Proposals with a freeze and a change budget: of the changes that several plans would make, the ones most worth making."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dispatch.model import CHANGE_TOLERANCE, FIXED_STATUSES, Pin, Plan, Problem, Rule
from dispatch.planning.change import in_order
from dispatch.planning.day import Day, Orders, ShiftKey
from dispatch.planning.pricing import Pricer

BROKEN = 10**10
"""Milliseconds of travel that one broken rule outweighs: a choice is to break as few as may be, and then to cost least."""
PROMISED = 1_000_000.0
"""Minutes of travel that leaving out a promised appointment costs in the search."""


@dataclass(frozen=True)
class Limits:
    """What a proposal for a day must keep.

    Parameters
    ----------
    frozen
        Tickets that start within the freeze, by shift, in their order.
    most
        Changes allowed; None for no limit.
    """

    day: Day
    frozen: dict[ShiftKey, tuple[str, ...]]
    most: int | None

    @classmethod
    def of(cls, day: Day, freeze: int, most: int | None) -> Limits:
        """Return the limits on proposals for a day."""
        until = day.problem.now + freeze
        frozen: dict[ShiftKey, tuple[str, ...]] = {}
        for r in day.plan.routes:
            names = tuple(s.ticket for s in r.stops if s.start < until and day.ticket_of[s.ticket].status not in FIXED_STATUSES)
            if freeze > 0 and names:
                frozen[r.engineer, r.shift] = names
        return cls(day, frozen, most)

    @property
    def promised(self) -> frozenset[str]:
        """Tickets with an appointment that the plan keeps: nothing may take their place, not even other work that must be served."""
        return frozenset(h.ticket for h in self.day.holds if h.ticket in self.day.visits)

    def pinned(self) -> Problem:
        """Return the problem of the day with what is frozen pinned where it is, and what is promised dearest to leave out."""
        where = {name for names in self.frozen.values() for name in names}
        visits = self.day.visits
        changed = {t.id: t for t in self.day.problem.tickets if t.id in where or t.id in self.promised}
        for name in where:
            changed[name] = replace(changed[name], pin=Pin(visits[name].engineer, visits[name].shift, visits[name].start))
        for name in self.promised:
            changed[name] = replace(changed[name], unassigned_cost=PROMISED)
        return (
            replace(self.day.problem, tickets=tuple(changed.get(t.id, t) for t in self.day.problem.tickets))
            if changed
            else self.day.problem
        )

    def dearer(self, problem: Problem, change: float) -> Problem:
        """Return a problem in which a change against the plan of the day costs so many minutes of travel."""
        weights = dict(problem.policy.weights)
        rule: Rule = "change"
        weights[rule] = change
        previous = tuple(v for name, v in self.day.visits.items() if self.day.ticket_of[name].status not in FIXED_STATUSES)
        return replace(problem, policy=replace(problem.policy, weights=weights), previous=previous)

    def changes(self, key: ShiftKey, pricer: Pricer, order: Sequence[str]) -> int | None:
        """Return how many tickets of a route would have changed; None if it does not keep what is frozen."""
        count, starts = 0, {}
        for route in pricer.route(key, order).plan.routes:
            starts = {s.ticket: s.start for s in route.stops}
        visits = self.day.visits
        for name, start in starts.items():
            was = visits.get(name)
            if was is not None:
                count += (was.engineer, was.shift) != key or abs(was.start - start) > CHANGE_TOLERANCE
        planned = [name for name in order if self.day.ticket_of[name].status not in FIXED_STATUSES]
        frozen = self.frozen.get(key, ())
        moved = any(abs(starts[name] - visits[name].start) > CHANGE_TOLERANCE for name in frozen if name in starts)
        return None if tuple(planned[: len(frozen)]) != frozen or moved else count

    def kept(self, made: Day) -> bool:
        """Whether another plan of the day keeps them."""
        if any(name not in made.visits for name in self.promised):
            return False
        if not self.frozen and self.most is None:
            return True
        pricer, orders = Pricer(made.problem, made.matrix), made.orders
        total = sum(name not in made.visits for name in self.day.visits)
        for key in {*orders, *self.frozen}:
            count = self.changes(key, pricer, orders.get(key, ()))
            if count is None:
                return False
            total += count
        return self.most is None or total <= self.most


def best_within(limits: Limits, plans: Sequence[Plan]) -> Orders | None:
    """Return the cheapest orders that keep the limits, made of the changes that some plans make; None where there are none.

    For every shift, the routes to choose from are its present one, those of the plans, and those in between: with some of the changes made.
    """
    from dispatch.solver.selection import Column, select

    day, pricer = limits.day, Pricer(limits.day.problem, limits.day.matrix)
    present = day.orders
    targets = [{(r.engineer, r.shift): [s.ticket for s in r.stops] for r in plan.routes} for plan in plans]
    keys = list(dict.fromkeys(key for orders in (present, *targets) for key in orders))
    columns: dict[tuple[ShiftKey, tuple[str, ...]], Column] = {}
    for key in keys:
        now = present.get(key, [])
        for order in _between(now, [t.get(key, []) for t in targets]):
            count = limits.changes(key, pricer, order) if list(order) != now else 0
            verdict = pricer.route(key, order)
            broken = len(verdict.violations)
            if count is not None and (limits.most is None or count <= limits.most) and (not broken or list(order) == now):
                columns.setdefault((key, order), Column(key, order, verdict.cost.total + BROKEN * broken, count))
    left_out: dict[str, tuple[int, int]] = {}
    for t in day.problem.tickets:
        if t.status in ("open", "dispatched") and t.id not in limits.promised:
            must = t.mandatory or t.pin not in (None, Pin())
            left_out[t.id] = pricer.left_out(t.id) + BROKEN * must, int(t.id in day.visits)
    known = [columns[key, tuple(present.get(key, ()))] for key in keys]
    chosen = select(list(columns.values()), left_out, limits.most, known)
    return None if chosen is None else {c.shift: c.tickets for c in chosen}  # type: ignore[misc]


def _between(now: Sequence[str], targets: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield the present order, those wanted, and orders with only some of the changes made: each alone, and one after the other."""
    yield tuple(now)
    for target in targets:
        yield tuple(target)
        staying = in_order(now, target)
        leaving, coming = [t for t in now if t not in staying], [t for t in target if t not in staying]
        for done in (leaving, coming):
            for k, name in enumerate(done):
                yield _with(now, target, {name})
                yield _with(now, target, set(done[: k + 1]))
                yield _with(now, target, set(leaving) | set(coming[:k]))


def _with(now: Sequence[str], target: Sequence[str], changed: set[str]) -> tuple[str, ...]:
    return tuple(merged(now, target, changed))


def merged(now: Sequence[str], target: Sequence[str], changed: set[str]) -> list[str]:
    """Return an order with the changes of some tickets made: out of where they were, and behind whom they are to follow."""
    order = [t for t in now if t not in changed]
    for k, name in enumerate(target):
        if name in changed:
            before = [t for t in target[:k] if t in order]
            order.insert(order.index(before[-1]) + 1 if before else 0, name)
    return order
