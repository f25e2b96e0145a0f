"""Who could do a ticket: every able engineer, every position, by what it costs and whom it disturbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.errors import InputError
from dispatch.planning.day import Day
from dispatch.schema.codes import fault

if TYPE_CHECKING:
    from dispatch.explain.ranking import Candidate


def candidates(day: Day, ticket: str, limit: int | None = None, *, others: bool = False) -> tuple[Candidate, ...]:
    """Return the shifts that could have a ticket, the cheapest first, each at its best position; the rest of the plan keeps its order.

    Every position of every able engineer's shift is tried, compiled; only what is returned is priced by rule and judged by the check.

    Parameters
    ----------
    limit
        How many shifts to return besides the present one, the cheapest; None for all.
    others
        Whether to name afterwards the engineers who cannot have it, each with the reason.

    Raises
    ------
    InputError
        There is no such ticket, or it is done or cancelled.
    """
    from dispatch import explain
    from dispatch.explain.ranking import kept_out

    known(day, ticket)
    found = explain.candidates(day.trials, ticket, limit)
    return (*found, *kept_out(day.trials, ticket, {c.engineer for c in found})) if others else found


def known(day: Day, ticket: str) -> None:
    """Refuse a ticket that is not there or not to be planned any more."""
    if ticket not in day.ticket_of:
        raise InputError([fault("UNKNOWN_TICKET", "/ticket", f"There is no ticket {ticket!r}.", "Correct the id.")])
    status = day.ticket_of[ticket].status
    if status in ("done", "cancelled"):
        raise InputError([fault("TICKET_OVER", "/ticket", f"Ticket {ticket!r} is {status}.")])


def ranking(day: Day, ticket: str) -> tuple[tuple[int, str, str], ...]:
    """Return (cost, engineer, shift) of the best position in every shift that could have a ticket, the cheapest first.

    The bare ranking that `candidates` prices: milliseconds of travel, by the compiled trial alone.

    Raises
    ------
    InputError
        There is no such ticket, or it is done or cancelled.
    """
    known(day, ticket)
    trials = day.trials
    if ticket not in trials.rows:
        return ()
    rows = trials.without(ticket).elsewhere(trials.rows[ticket])
    named = ((cost, *trials.shift(row)) for cost, row, _ in rows)
    return tuple((cost, engineer.id, shift.id) for cost, engineer, shift in named)
