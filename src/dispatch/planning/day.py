"""A live day: the problem as far as it is known, the plan people work by, and the appointments held for customers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from dispatch import schema, travel
from dispatch.check import Kept, Verdict, Violation, verify
from dispatch.model import FIXED_STATUSES, Plan, Problem, Route, Stop, Ticket, Visit, Window
from dispatch.travel import TravelMatrix

if TYPE_CHECKING:  # numba takes half a second to import
    from dispatch.explain.trials import Trials

DAY_FORMAT = "dispatch-day/1"

ShiftKey = tuple[str, str]
"""Engineer id and shift id."""
Orders = Mapping[ShiftKey, Sequence[str]]
"""Ticket ids in order of work, by shift."""


@dataclass(frozen=True)
class Hold:
    """An appointment kept for a customer.

    Parameters
    ----------
    id
        As `hold` gave it.
    window
        Service begins inside it.
    until
        When the hold expires (Unix seconds); None once it is booked.
    windows, mandatory
        What the ticket asked for before, and gets back when the hold expires or is released.
    placed
        Whether the plan had the ticket before; if not, it leaves the plan when the hold expires or is released.
    """

    id: str
    ticket: str
    window: Window
    until: int | None
    windows: tuple[Window, ...] = ()
    mandatory: bool = False
    placed: bool = False


@dataclass(frozen=True)
class Day:
    """A day as it stands. Nothing here is changed in place: every service returns another day.

    Parameters
    ----------
    problem
        With `now`, statuses, pins, what happened (`actual`, `resume`), and in `previous` what people were told.
    plan
        Checked and priced; its order is what people work by.
    violations
        Rules that what happened makes the plan break, with sizes.
    holds
        Appointments held or booked, by id in order.
    matrix
        Travel between all places of the problem.
    kept
        What the check need not work out again for the day after this one.
    """

    problem: Problem
    plan: Plan
    violations: tuple[Violation, ...]
    holds: tuple[Hold, ...] = ()
    matrix: TravelMatrix = field(compare=False, repr=False, kw_only=True)
    kept: Kept | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def ticket_of(self) -> Mapping[str, Ticket]:
        """Tickets by id."""
        return {t.id: t for t in self.problem.tickets}

    @cached_property
    def visits(self) -> Mapping[str, Visit]:
        """Where the plan has each ticket that it has."""
        return {s.ticket: Visit(s.ticket, r.engineer, r.shift, s.start) for r in self.plan.routes for s in r.stops}

    @cached_property
    def trials(self) -> Trials:
        """The plan made ready for trying changes."""
        from dispatch import explain

        assert self.plan.cost is not None
        judged = Verdict(self.plan, self.violations, self.plan.cost, self.plan.kpis)
        return explain.ready(self.problem, self.matrix, self.plan, judged)

    @property
    def orders(self) -> dict[ShiftKey, list[str]]:
        """Ticket ids in order of work, by shift; a copy."""
        return {(r.engineer, r.shift): [s.ticket for s in r.stops] for r in self.plan.routes}


def open_day(problem: Problem, plan: Plan | None = None) -> Day:
    """Return a live day.

    Parameters
    ----------
    plan
        What people were told, and work by. Its times count as `previous` where the problem states none; of stops without a time, those
        that they turn out to have. Stops that cannot stay (gone,
        cancelled, with an engineer who may not do them) are left out. None: nothing is planned but what has begun; `propose` and
        `publish` do the rest.

    Raises
    ------
    TravelError
        Travel times could not be had.
    """
    from dispatch.planning.plans import told

    orders: dict[ShiftKey, list[str]] = {}
    for route in () if plan is None else plan.routes:
        orders.setdefault((route.engineer, route.shift), []).extend(s.ticket for s in route.stops)
    matrix = travel.matrix(problem)
    day = settled(problem, orders, (), matrix, plan)
    if plan is None or problem.previous:
        return day
    stated = {v.ticket: v for v in told(problem, plan)}
    previous = tuple({**{name: visit for name, visit in day.visits.items() if name not in stated}, **stated}.values())
    return settled(replace(problem, previous=previous), orders, (), matrix, plan)


def settled(
    problem: Problem,
    orders: Orders,
    holds: Sequence[Hold],
    matrix: TravelMatrix,
    like: Plan | None = None,
    since: Kept | None = None,
) -> Day:
    """Return the day of these orders, times worked out and judged by the check.

    What cannot stay where it is goes to unassigned: it does not exist, is cancelled or placed twice, or its engineer may not have it, or
    not so much of it. What is merely late stays, and is a violation: that is for people to decide.

    Parameters
    ----------
    like
        The plan it came from: who made it and how is taken over.
    since
        What the day before has kept.
    """
    tickets = tuple([_with_shift(problem, t) if t.status in FIXED_STATUSES else t for t in problem.tickets])
    problem = replace(problem, tickets=tickets)
    kept = _existing(problem, orders)
    before = {} if like is None else {(r.engineer, r.shift): r for r in like.routes}
    while True:
        plan = Plan(tuple([_route(key, names, before.get(key)) for key, names in kept.items() if names]))
        verdict = verify(problem, matrix, plan, since=since)
        gone = _out_of_place(problem, kept, verdict.violations)
        if not gone:
            break
        kept = {key: [t for t in names if t not in gone] for key, names in kept.items()}
        since = verdict.kept
    solver = None if like is None else like.solver
    ordered = tuple(sorted(holds, key=lambda h: h.id))
    return Day(problem, replace(verdict.plan, solver=solver), verdict.violations, ordered, matrix=matrix, kept=verdict.kept)


def _route(key: ShiftKey, names: Sequence[str], before: Route | None) -> Route:
    """Return the route of an order, that of before if its order is the same: the check reads nothing else."""
    if before is not None and [s.ticket for s in before.stops] == names:
        return before
    return Route(*key, tuple(Stop(t) for t in names))


def _with_shift(problem: Problem, ticket: Ticket) -> Ticket:
    """Return a ticket that has begun with the shift it belongs to: its engineer may get others."""
    pin = ticket.pin
    if ticket.status not in FIXED_STATUSES or pin is None or pin.shift is not None:
        return ticket
    shifts = next((e.shifts for e in problem.engineers if e.id == pin.engineer), ())
    return replace(ticket, pin=replace(pin, shift=shifts[0].id)) if len(shifts) == 1 else ticket


def begun(problem: Problem) -> dict[ShiftKey, list[str]]:
    """Return the tickets that have begun, by shift in their order: done and on site by start, then the one driven to."""
    found: dict[ShiftKey, list[tuple[bool, int, int, str]]] = {}
    for n, t in [(n, t) for n, t in enumerate(problem.tickets) if t.status in FIXED_STATUSES]:
        if t.pin is not None and t.pin.engineer is not None and t.pin.shift is not None:
            start = t.pin.start or 0
            if t.status != "travelling" and t.actual is not None and t.actual.start is not None:
                start = t.actual.start
            found.setdefault((t.pin.engineer, t.pin.shift), []).append((t.status == "travelling", start, n, t.id))
    return {key: [name for *_, name in sorted(work)] for key, work in found.items()}


def _existing(problem: Problem, orders: Orders) -> dict[ShiftKey, list[str]]:
    """Return the orders with history first and nothing in them that is gone, cancelled or there twice; shifts in the problem's order."""
    history = begun(problem)
    placed = {name for names in history.values() for name in names}
    plannable = {t.id for t in problem.tickets if t.status in ("open", "dispatched")}
    found: dict[ShiftKey, list[str]] = {}
    for e in problem.engineers:
        for s in e.shifts:
            key = (e.id, s.id)
            names = list(history.get(key, ()))
            for name in orders.get(key, ()):
                if name in plannable and name not in placed:
                    placed.add(name)
                    names.append(name)
            found[key] = names
    return found


_NOT_THEIRS = frozenset({"skills", "must_engineer", "never_engineer", "dedicated_engineer"})
_TOO_MUCH = frozenset({"max_stops", "capacity"})


def _out_of_place(problem: Problem, orders: Orders, violations: Sequence[Violation]) -> set[str]:
    """Return tickets that may not stay where they are, whatever the time."""
    tickets = {t.id: t for t in problem.tickets}
    gone: set[str] = set()
    for v in violations:
        if v.rule in _NOT_THEIRS and v.ticket is not None:
            gone.add(v.ticket)
        elif v.rule in _TOO_MUCH:
            planned = [t for t in orders[v.engineer or "", v.shift or ""] if tickets[t].status not in FIXED_STATUSES]
            gone.update(planned[-1:])
    for (engineer, of_shift), names in orders.items():
        for name in names:
            pin, status = tickets[name].pin, tickets[name].status
            if status in FIXED_STATUSES or pin is None:
                continue
            if pin.engineer not in (None, engineer) or pin.shift not in (None, of_shift):
                gone.add(name)
    return gone


# ---------------------------------------------------------------------- bytes


def write_day(day: Day) -> bytes:
    """Return a day as JSON: its problem, its plan and its holds; reading it gives the same day."""
    from dispatch.planning.writing import hold_document

    zone = day.problem.time_zone
    tree = {
        "format": DAY_FORMAT,
        "problem": json.loads(schema.write_problem(day.problem)),
        "plan": json.loads(schema.write_plan(day.plan, zone)),
        "holds": [hold_document(h, zone) for h in day.holds],
    }
    return (json.dumps(tree, ensure_ascii=False) + "\n").encode()


def read_day(data: bytes | str) -> Day:
    """Return the day that `write_day` wrote.

    Raises
    ------
    InputError
        It is no such day; with the faults of its problem and its plan.
    TravelError
        Travel times could not be had.
    """
    from dispatch.planning.writing import read_parts

    problem, plan, holds = read_parts(data)
    orders: dict[ShiftKey, list[str]] = {(r.engineer, r.shift): [s.ticket for s in r.stops] for r in plan.routes}
    return settled(problem, orders, holds, travel.matrix(problem), plan)
