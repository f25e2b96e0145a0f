"""Appointments: slots that can be promised, held for a while, and booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.model import Ticket, Window
from dispatch.planning.change import ByRule
from dispatch.planning.day import Day


@dataclass(frozen=True)
class Offer:
    """An appointment slot that can be promised.

    Parameters
    ----------
    ticket
        Id.
    window
        Service would begin inside it.
    engineer, shift, position, start
        Where the plan would have it: place in the route (the first stop is 1), begin of service (Unix seconds).
    cost_by_rule
        What the day would cost more than it does now, milliseconds of travel.
    disturbs
        Other tickets whose service would begin at another time, with the seconds by which it would be later (negative: earlier).
    """

    ticket: str
    window: Window
    engineer: str
    shift: str
    position: int
    start: int
    cost_by_rule: ByRule
    disturbs: tuple[tuple[str, int], ...] = ()

    @property
    def cost(self) -> int:
        """What the day would cost more, milliseconds of travel."""
        return sum(self.cost_by_rule.values())


def offers(
    day: Day,
    ticket: str | Ticket,
    slots: Sequence[Window] | None = None,
    *,
    width: int = 7200,
    horizon: int | None = None,
    limit: int | None = None,
) -> tuple[Offer, ...]:
    """Return the appointment slots that can be promised for a ticket, the cheapest first.

    Parameters
    ----------
    ticket
        Id of a ticket of the day, or a whole ticket that is not in it yet.
    slots
        The slots to look at; None: those `width` seconds wide on the grid of the day's time zone.
    horizon
        Seconds from now; None: to the end of the last shift.
    limit
        How many to return at the most.

    Raises
    ------
    InputError
        There is no such ticket, it has begun, is over, or is booked; or the whole ticket is faulty.
    """
    raise NotImplementedError


def hold(day: Day, ticket: str | Ticket, offer: Offer | Window, until: int) -> Day:
    """Keep an offered slot for a customer until a moment (Unix seconds); the ticket is in the plan until then.

    Raises
    ------
    InputError
        The slot cannot be kept any more (`OFFER_GONE`).
    """
    raise NotImplementedError


def book(day: Day, hold_id: str) -> Day:
    """Book a held slot: it becomes the ticket's window, and every later plan keeps it.

    Raises
    ------
    InputError
        There is no such hold, or it has expired.
    """
    raise NotImplementedError


def release(day: Day, hold_id: str) -> Day:
    """Give up a hold or a booking: the ticket asks for what it asked for before.

    Raises
    ------
    InputError
        There is no such hold.
    """
    raise NotImplementedError
