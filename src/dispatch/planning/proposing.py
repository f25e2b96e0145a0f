"""Replanning a live day: a better plan with as little disturbance as was asked for, and never a worse one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from dispatch import solver
from dispatch.check import Violation
from dispatch.errors import InputError
from dispatch.model import FIXED_STATUSES, Plan, Problem, Visit
from dispatch.planning.change import Diff, diff, disturbed
from dispatch.planning.choices import known
from dispatch.planning.day import Day, ShiftKey, settled
from dispatch.planning.draft import Draft
from dispatch.planning.limits import Limits, best_within
from dispatch.schema.codes import fault
from dispatch.travel import TravelMatrix

PRICES = (30.0, 120.0, 480.0)
"""Minutes of travel that a change costs, one after the other, in searches for plans with fewer changes."""


@dataclass(frozen=True)
class Proposal:
    """A plan for a day, not yet published.

    Parameters
    ----------
    problem, matrix
        Of the day it was made for.
    plan
        Checked and priced.
    diff
        Against the plan of the day.
    violations
        Rules it breaks because of what happened; never more than the day has.
    """

    problem: Problem = field(repr=False)
    matrix: TravelMatrix = field(repr=False, compare=False)
    plan: Plan
    diff: Diff
    violations: tuple[Violation, ...]

    @property
    def orders(self) -> dict[ShiftKey, list[str]]:
        """Ticket ids in order of work, by shift."""
        return {(r.engineer, r.shift): [s.ticket for s in r.stops] for r in self.plan.routes}

    @cached_property
    def visits(self) -> Mapping[str, Visit]:
        """Where the plan has each ticket that it has."""
        return {s.ticket: Visit(s.ticket, r.engineer, r.shift, s.start) for r in self.plan.routes for s in r.stops}

    @property
    def changes(self) -> int:
        """How many tickets that had a place lose it, or get another engineer, shift, or a start more than 15 minutes away."""
        return sum(disturbed(c) for c in self.diff.changes)


def propose(day: Day, options: solver.Options | None = None, *, freeze: int = 0, most_changes: int | None = None) -> Proposal:
    """Replan a day.

    Parameters
    ----------
    options
        How long to search; with iterations alone the same day and seed give the same proposal.
    freeze
        Seconds from now: what is planned to start within them stays with its engineer, in its place and at its time (within the 15
        minutes that nobody is told of).
    most_changes
        At most so many tickets that have a place may lose it, or get another engineer, shift, or a start more than 15 minutes away. None
        for no limit. A ticket that is placed for the first time does not count.

    Returns
    -------
    proposal
        Never worse than the day as it stands, and then the day as it stands.
    """
    limits = Limits.of(day, max(0, freeze), most_changes)
    wanted = options or solver.Options()
    first = wanted if most_changes is None else _share(wanted, 0.5)
    began = wanted.clock()
    result = solver.solve(limits.pinned(), day.matrix, first, day.plan)
    found = _made(day, result.plan)
    if not limits.kept(found):
        plans = [result.plan]
        if most_changes is not None:
            plans += _with_fewer(limits, wanted, began)
        orders = best_within(limits, plans)
        found = day if orders is None else settled(day.problem, orders, day.holds, day.matrix, result.plan)
    better = rank(found) < rank(day) and limits.kept(found)
    return proposal_of(day, found if better else day)


def _made(day: Day, plan: Plan) -> Day:
    """Return the day with the order of another plan."""
    orders = {(r.engineer, r.shift): [s.ticket for s in r.stops] for r in plan.routes}
    return settled(day.problem, orders, day.holds, day.matrix, plan)


def _share(options: solver.Options, share: float) -> solver.Options:
    """Return options for a part of the search."""
    unlimited = options.seconds is None and options.iterations is None
    seconds = solver.DEFAULT_SECONDS if unlimited else options.seconds
    return replace(
        options,
        seconds=None if seconds is None else seconds * share,
        iterations=None if options.iterations is None else max(1, int(options.iterations * share)),
        prove=None,
    )


def _with_fewer(limits: Limits, options: solver.Options, began: float) -> Iterator[Plan]:
    """Yield plans found at rising prices of a change, from near the policy's to one at which only what is urgent moves."""
    for price in PRICES:
        if options.stop is not None and options.stop.is_set():
            return
        if options.seconds is not None and options.clock() - began > options.seconds:
            return
        share = _share(options, 0.5 / len(PRICES))
        yield solver.solve(limits.dearer(limits.pinned(), price), limits.day.matrix, share, limits.day.plan).plan


def proposal_of(day: Day, made: Day) -> Proposal:
    """Return a day that was made of another as a proposal for that one."""
    return Proposal(made.problem, made.matrix, made.plan, diff(day, made), made.violations)


def place(day: Day, ticket: str, engineer: str | None, shift: str | None = None, position: int | None = None) -> Proposal:
    """Put a ticket somewhere by hand, as somebody drags it on a board; everything else keeps its order.

    Parameters
    ----------
    engineer
        Who is to do it; None: nobody, it goes to unassigned.
    shift
        Of the engineer; None: the one that is on, else the next.
    position
        Place in the route, the first stop being 1, history included; None: last.

    Returns
    -------
    proposal
        With the rules it breaks, if it does: those that time breaks only. A ticket that the engineer may not have is unassigned in it.

    Raises
    ------
    InputError
        There is no such ticket, engineer or shift, or work on the ticket has begun or is over.
    """
    known(day, ticket)
    if day.ticket_of[ticket].status in FIXED_STATUSES:
        raise InputError([fault("TICKET_BEGUN", "/ticket", f"Work on ticket {ticket!r} has begun.")])
    draft = Draft(day, day.problem.now)
    draft.take_out(ticket)
    if engineer is not None:
        if engineer not in draft.engineers:
            raise InputError([fault("UNKNOWN_ENGINEER", "/engineer", f"There is no engineer {engineer!r}.", "Correct the id.")])
        to = draft.shift(engineer, shift)
        if to is None:
            raise InputError([fault("UNKNOWN_SHIFT", "/shift", f"Engineer {engineer!r} has no shift {shift or ''!r}.", "Correct the id.")])
        order = draft.orders.setdefault((engineer, to.id), [])
        order.insert(len(order) if position is None else max(0, position - 1), ticket)
    return proposal_of(day, draft.finish())


def rank(day: Day) -> tuple[int, int]:
    """Return what makes a day worse than another: rules broken, by number, then cost."""
    return len(day.violations), 0 if day.plan.cost is None else day.plan.cost.total
