"""A plan made ready for trying changes: what the compiled trials need, and the check of a change on the routes it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dispatch.check import Verdict, Violation, verify
from dispatch.explain.words import Words
from dispatch.model import FIXED_STATUSES, RULES, Engineer, Plan, Problem, Route, Rule, Shift, Stop, Ticket, Visit, Window
from dispatch.solver import arrays as flat
from dispatch.solver.arrays import INFEASIBLE, MUST_SERVE, PRICE, SHIFT_COLUMNS, Arrays, Instance, IntArray
from dispatch.solver.routes import from_plan
from dispatch.solver.timing import MARK_COLUMNS, TICKET
from dispatch.solver.trial import cheapest, in_place_of
from dispatch.travel import TravelMatrix


@dataclass(frozen=True)
class Change:
    """What is to be different.

    Parameters
    ----------
    routes
        Ticket ids in order, by shift row.
    engineers, tickets
        As they are to be, in place of those with the same ids.
    """

    routes: Mapping[int, tuple[str, ...]]
    engineers: tuple[Engineer, ...] = ()
    tickets: tuple[Ticket, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A change as the check found it: what it adds to the cost by rule (milliseconds of travel), and the routes it makes, timed."""

    by_rule: Mapping[Rule, int]
    routes: Mapping[int, Route]

    @property
    def delta(self) -> int:
        """What it adds to the cost, milliseconds of travel."""
        return sum(self.by_rule.values())

    def stop(self, row: int, ticket: str) -> Stop:
        """Return the stop of a ticket in the route of a shift row."""
        return next(s for s in self.routes[row].stops if s.ticket == ticket)


@dataclass(frozen=True, eq=False)
class Trials:
    """A plan with everything at hand to try changes of it.

    Parameters
    ----------
    plan
        As the check timed it.
    arrays
        Those of the instance, with the cost of every stop by every engineer, able or not.
    routes, lengths
        As `solver.trial` takes them.
    left
        What each shift still carries of each unit, shape (shifts, units).
    broken
        Rows of shifts whose route breaks a rule already, with what the check says of it: nothing is tried in them.
    tiers
        The best tier of each engineer by skill.
    dedicated
        The dedicated engineer of each customer.
    rows, at, order_of
        Of tickets by id: the row in the arrays, the shift row that has it, the place in the problem.
    """

    problem: Problem
    matrix: TravelMatrix
    plan: Plan
    instance: Instance
    arrays: Arrays
    routes: IntArray
    lengths: IntArray
    left: IntArray
    broken: Mapping[int, Violation]
    words: Words
    tiers: Mapping[str, Mapping[str, int]]
    dedicated: Mapping[str, str | None]
    rows: Mapping[str, int]
    at: Mapping[str, int]
    order_of: Mapping[str, int]
    previous: Mapping[str, Visit]
    _before: dict[int, Verdict] = field(default_factory=dict)
    _elsewhere: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, matrix: TravelMatrix, verdict: Verdict) -> Trials:
        """Make the plan of a verdict ready."""
        instance = flat.build(problem, matrix)
        planned, _ = from_plan(instance, verdict.plan)
        lengths = np.array([len(tickets) for tickets in planned], np.int64)
        routes = np.zeros((len(planned) + 1, max(lengths, default=0) + 4, MARK_COLUMNS), np.int64)
        for row, tickets in zip(routes, planned, strict=False):
            row[1 : len(tickets) + 1, TICKET] = tickets
        rows = {(e.id, s.id): row for row, (e, s) in enumerate(instance.shifts)}
        broken: dict[int, Violation] = {}
        for v in verdict.violations:
            if v.engineer is not None and (v.engineer, v.shift or "") in rows:
                broken.setdefault(rows[v.engineer, v.shift or ""], v)
        needs = instance.arrays.ticket[:, instance.arrays.ticket.shape[1] - instance.arrays.units :]
        carried = instance.arrays.shift[:, SHIFT_COLUMNS:]
        used = np.array([needs[tickets].sum(axis=0) for tickets in planned], np.int64).reshape(carried.shape)
        return cls(
            problem=problem,
            matrix=matrix,
            plan=verdict.plan,
            instance=instance,
            arrays=instance.arrays._replace(stop_cost=instance.every_cost),
            routes=routes,
            lengths=lengths,
            left=carried - used,
            broken=broken,
            words=Words(problem),
            tiers={e.id: _tiers(e) for e in problem.engineers},
            dedicated={c.id: c.dedicated_engineer for c in problem.customers},
            rows={t.id: row for row, t in enumerate(instance.tickets)},
            at={instance.tickets[t].id: row for row, tickets in enumerate(planned) for t in tickets},
            order_of={t.id: n for n, t in enumerate(problem.tickets)},
            previous={v.ticket: v for v in problem.previous},
        )

    # -------------------------------------------------------------- looking up

    def ticket(self, name: str) -> Ticket:
        """Return a ticket by its id."""
        return self.problem.tickets[self.order_of[name]]

    def shift(self, row: int) -> tuple[Engineer, Shift]:
        """Return the engineer and the shift of a row."""
        return self.instance.shifts[row]

    def planned(self, row: int) -> list[int]:
        """Return the ticket rows of a route, what has begun left out."""
        found: list[int] = self.routes[row, 1 : self.lengths[row] + 1, TICKET].tolist()
        return found

    def order(self, row: int, tickets: Sequence[int] | None = None) -> tuple[str, ...]:
        """Return the ticket ids of a route, what has begun first; with other ticket rows where they are given."""
        planned = self.planned(row) if tickets is None else tickets
        return tuple(s.ticket for s in self.instance.history[row]) + tuple(self.instance.tickets[t].id for t in planned)

    def inserted(self, row: int, at: int, ticket: int, without: int | None = None) -> tuple[str, ...]:
        """Return the ticket ids of a route with one more behind row `at`, and perhaps without another, taken out before."""
        tickets = [t for t in self.planned(row) if t != without]
        return self.order(row, [*tickets[:at], ticket, *tickets[at:]])

    def may_leave_out(self, ticket: int) -> bool:
        """Whether the rules let a ticket be left out."""
        return bool(self.arrays.ticket[ticket, PRICE] < MUST_SERVE)

    def price(self, name: str) -> int:
        """Return what leaving a ticket out costs, milliseconds of travel."""
        return flat.unassigned_cost(self.ticket(name), self.instance.weights)

    def carries(self, ticket: int) -> np.ndarray:
        """Return, per shift row, whether what the ticket needs is still there."""
        return np.asarray((self.left >= self.needs(ticket)).all(axis=1))

    def needs(self, ticket: int) -> IntArray:
        """Return what a ticket needs of each unit."""
        return self.arrays.ticket[ticket, self.arrays.ticket.shape[1] - self.arrays.units :]

    # ------------------------------------------------------------------ trying

    def cheapest(self, ticket: int, shifts: IntArray, arrays: Arrays | None = None) -> IntArray:
        """Return the cheapest insertion into each of some shifts: cost, `INFEASIBLE` for none, and row; see `solver.trial`."""
        found = np.empty((len(shifts), 2), np.int64)
        cheapest(arrays or self.arrays, self.routes, self.lengths, shifts, ticket, found)
        return found

    def alone(self, ticket: int, shifts: IntArray, arrays: Arrays) -> IntArray:
        """Return the same for shifts with nothing else to do than what has begun."""
        found = np.empty((len(shifts), 2), np.int64)
        room = np.zeros((len(self.lengths) + 1, 4, MARK_COLUMNS), np.int64)
        cheapest(arrays, room, np.zeros_like(self.lengths), shifts, ticket, found)
        return found

    def in_place_of(self, ticket: int, shifts: IntArray) -> IntArray:
        """Return, per shift and stop, what the route costs more with the ticket and without the stop, and the row."""
        found = np.full((len(shifts), self.routes.shape[1], 2), INFEASIBLE, np.int64)
        in_place_of(self.arrays, self.routes, self.lengths, shifts, ticket, found)
        return found

    def elsewhere(self, ticket: int) -> list[tuple[int, int, int]]:
        """Return (cost, shift row, row in the route) of the cheapest insertion into every shift that may have a ticket, by cost."""
        if ticket not in self._elsewhere:
            shifts = self.may_have(ticket)
            self._elsewhere[ticket] = best(self.cheapest(ticket, shifts), shifts)
        return self._elsewhere[ticket]

    def may_have(self, ticket: int) -> IntArray:
        """Return the rows of the shifts that may have a ticket, whatever the time."""
        may = self.instance.arrays.stop_cost[ticket, self.arrays.shift[:, flat.ENGINEER]] != flat.NONE
        only = self.arrays.ticket[ticket, flat.ONLY_DAY]
        if only != flat.NONE:
            may &= self.arrays.shift[:, flat.DAY] == only
        may &= self.carries(ticket)
        may[list(self.broken)] = False
        return np.flatnonzero(may)

    def with_window(self, ticket: int, window: Window) -> Arrays:
        """Return the arrays with a ticket that may be begun in one window only."""
        table = self.arrays.ticket.copy()
        table[ticket, flat.WINDOW], table[ticket, flat.WINDOW_END] = len(self.arrays.span), len(self.arrays.span) + 1
        span = np.vstack([self.arrays.span, np.array([[window.start, window.end, 0]], np.int64)])
        return self.arrays._replace(ticket=table, span=span)

    def without(self, name: str) -> Trials:
        """Return the same plan without a ticket, if it has it."""
        at = self.at.get(name)
        return self if at is None else self.with_route(at, [t for t in self.planned(at) if t != self.rows[name]])

    def with_route(self, row: int, tickets: Sequence[int]) -> Trials:
        """Return the same plan with fewer tickets in a route."""
        routes, lengths, left = self.routes.copy(), self.lengths.copy(), self.left.copy()
        for ticket in set(self.planned(row)).difference(tickets):
            left[row] += self.needs(ticket)
        routes[row, 1 : len(tickets) + 1, TICKET] = tickets
        lengths[row] = len(tickets)
        return replace(self, routes=routes, lengths=lengths, left=left, _before={}, _elsewhere={})

    # ----------------------------------------------------------------- judging

    def judge(self, change: Change) -> Judged | None:
        """Make a change on the routes it touches and let the check time it; None if it breaks a rule that was not broken before."""
        judged, broken = self.weigh(change)
        return None if broken else judged

    def weigh(self, change: Change) -> tuple[Judged, bool]:
        """Make a change as `judge` does, and return also whether it breaks a rule that was not broken before."""
        before = [self._verdict(row) for row in change.routes]
        known = {(v.rule, v.engineer, v.shift, v.ticket): v.size for verdict in before for v in verdict.violations}
        had = {name for row in change.routes for name in self.order(row)}
        after = self._verify(change, had)
        broken = any(v.size > known.get((v.rule, v.engineer, v.shift, v.ticket), 0) for v in after.violations)
        by_rule = {rule: after.cost.by_rule[rule] - sum(v.cost.by_rule[rule] for v in before) for rule in RULES}
        came = {name for names in change.routes.values() for name in names} - had
        by_rule["unassigned"] -= sum(self.price(name) for name in came)
        return Judged(by_rule, dict(zip(change.routes, after.plan.routes, strict=True))), broken

    def stands(self, change: Change) -> Judged | None:
        """Let the check judge the routes of a change on their own, whatever becomes of the tickets left out; None if a rule is broken."""
        after = self._verify(change, set())
        routes = dict(zip(change.routes, after.plan.routes, strict=True))
        return None if after.violations else Judged(after.cost.by_rule, routes)

    def route(self, row: int) -> Route:
        """Return the route of a shift as it is."""
        return self._verdict(row).plan.routes[0]

    def _verdict(self, row: int) -> Verdict:
        if row not in self._before:
            self._before[row] = self._verify(Change({row: self.order(row)}), set())
        return self._before[row]

    def _verify(self, change: Change, also: set[str]) -> Verdict:
        """Let the check judge the routes of a change, in a problem of nothing else but them and some further tickets."""
        changed = {t.id: t for t in change.tickets}
        engineers: dict[str, Engineer] = {}
        other = {e.id: e for e in change.engineers}
        routes = []
        for row, names in change.routes.items():
            engineer, shift = self.shift(row)
            now = other.get(engineer.id, engineer)
            shifts = tuple(s for s in now.shifts if s.id == shift.id)
            kept = engineers[engineer.id].shifts if engineer.id in engineers else ()
            engineers[engineer.id] = replace(now, shifts=kept + shifts)
            routes.append(Route(engineer.id, shift.id, tuple(Stop(name) for name in names)))
        concerned = sorted(also.union(*change.routes.values()), key=self.order_of.__getitem__)
        tickets = tuple(changed.get(name) or self.ticket(name) for name in concerned)
        customers = {t.customer for t in tickets}
        part = replace(
            self.problem,
            engineers=tuple(engineers.values()),
            tickets=tickets,
            customers=tuple(c for c in self.problem.customers if c.id in customers),
            previous=tuple(self.previous[name] for name in concerned if name in self.previous),
        )
        return verify(part, self.matrix, Plan(tuple(routes)), figures=False)

    def apply(self, change: Change) -> tuple[Problem, Plan]:
        """Return the whole problem and the whole plan with a change made; times and costs of the plan are for the check to say."""
        engineers, tickets = {e.id: e for e in change.engineers}, {t.id: t for t in change.tickets}
        problem = replace(
            self.problem,
            engineers=tuple(engineers.get(e.id, e) for e in self.problem.engineers),
            tickets=tuple(tickets.get(t.id, t) for t in self.problem.tickets),
        )
        routes = {(r.engineer, r.shift): r for r in self.plan.routes}
        for row, names in change.routes.items():
            engineer, shift = self.shift(row)
            routes[engineer.id, shift.id] = Route(engineer.id, shift.id, tuple(Stop(name) for name in names))
        placed = {s.ticket for r in routes.values() for s in r.stops}
        unassigned = tuple(u for u in self.plan.unassigned if u.ticket not in placed)
        return problem, replace(self.plan, routes=tuple(routes.values()), unassigned=unassigned)


def _tiers(engineer: Engineer) -> dict[str, int]:
    held: dict[str, int] = {}
    for s in engineer.skills:
        held[s.skill] = max(s.tier, held.get(s.skill, 0))
    return held


def best(found: IntArray, shifts: IntArray) -> list[tuple[int, int, int]]:
    """Return (cost, shift row, row in the route) of every feasible insertion, the cheapest first."""
    return sorted((cost, s, at) for s, (cost, at) in zip(shifts.tolist(), found.tolist(), strict=True) if cost < INFEASIBLE)


def is_begun(ticket: Ticket) -> bool:
    """Whether work on the ticket has begun: nothing may move it."""
    return ticket.status in FIXED_STATUSES
