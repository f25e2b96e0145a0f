"""Many tickets put at once: each is judged by itself, and the day is worked out once for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.events import TicketPut
from dispatch.model import Ticket
from dispatch.planning.day import Day
from dispatch.planning.draft import Draft
from dispatch.planning.facts import handle


def as_put(day: Day, put: TicketPut) -> Ticket:
    """Return a ticket as a day would have it after it was put, without working out the day.

    Raises
    ------
    InputError
        The ticket is faulty within this day, or over.
    """
    draft = Draft(day, day.problem.now)
    handle(draft, put)
    return draft.tickets[put.ticket.id]


def changes_no_route(day: Day, put: TicketPut) -> bool:
    """Return whether a put leaves all routes as they are: a ticket without a place gets none, and takes none from another."""
    return put.customer is None and put.ticket.id not in day.visits and put.ticket.status in ("open", "dispatched")


def put_tickets(day: Day, puts: Sequence[TicketPut]) -> Day:
    """Return a day after tickets were put, no time having passed.

    What `apply` does for one after the other; but routes are timed once, with all of them.

    Raises
    ------
    InputError
        A ticket is faulty within this day, or over.
    TravelError
        Travel times to a new place could not be had.
    """
    draft = Draft(day, day.problem.now)
    for put in puts:
        handle(draft, put)
    return draft.finish()
