"""The shape of `dispatch-events/1`: one class per sort of event (``docs/live-day.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from dispatch.schema.documents import Customer, Document, Engineer, Id, Place, Ticket, Time

EVENTS_FORMAT = "dispatch-events/1"
PARTS = (Ticket, Engineer, Place, Customer)
"""Objects of `dispatch/1` that events carry whole."""


class Event(Document):
    """What every event says."""

    type: str = Field(description="The sort of event.")
    at: Time = Field(description="When it is reported (RFC 3339); not before the last event of the day.")


class TicketPut(Event):
    """A ticket was opened or changed."""

    ticket: Ticket = Field(description="The whole ticket, as in `dispatch/1`.")
    customer: Customer | None = Field(default=None, description="Its customer, where that one is new or changed.")


class TicketCancelled(Event):
    """A ticket is not wanted any more."""

    ticket: Id = Field(description="Id of a ticket.")


class EngineerPut(Event):
    """An engineer is new or has changed."""

    engineer: Engineer = Field(description="The whole engineer with all shifts, as in `dispatch/1`.")


class EngineerAbsent(Event):
    """An engineer is away."""

    engineer: Id = Field(description="Id of an engineer.")
    shift: Id | None = Field(default=None, description="Id of the shift; default: the one that is on, else the next.")
    until: Time | None = Field(default=None, description="When the engineer goes on (RFC 3339); default: not in this shift.")


class EngineerLate(Event):
    """An engineer cannot set out, or go on, before a moment."""

    engineer: Id = Field(description="Id of an engineer.")
    until: Time = Field(description="When the engineer sets out, or goes on (RFC 3339).")
    shift: Id | None = Field(default=None, description="Id of the shift; default: the one that is on, else the next.")


class Travelling(Event):
    """An engineer set out to a ticket."""

    ticket: Id = Field(description="Id of a ticket.")
    engineer: Id | None = Field(default=None, description="Id of the engineer; default: the one who has it.")
    shift: Id | None = Field(default=None, description="Id of the shift; default: the one that has it, else the one that is on.")


class Arrived(Travelling):
    """Service began."""

    start: Time | None = Field(default=None, description="When service began (RFC 3339); default: `at`.")


class Done(Arrived):
    """Service ended."""

    start: Time | None = Field(default=None, description="When service began (RFC 3339); needed where the arrival was not reported.")
    end: Time | None = Field(default=None, description="When service ended (RFC 3339); default: `at`.")


class Overran(Event):
    """Work on site ends at another time."""

    ticket: Id = Field(description="Id of a ticket.")
    until: Time = Field(description="When service is expected to end (RFC 3339).")


class NoShow(Event):
    """The customer was not there."""

    ticket: Id = Field(description="Id of a ticket.")
    closed: bool = Field(default=False, description="Whether the ticket is closed; default: it comes back to be planned anew.")


class PositionReport(Event):
    """An engineer is at a place."""

    engineer: Id = Field(description="Id of an engineer.")
    place: Place = Field(description="Where, as in `dispatch/1`.")


class Note(Event):
    """Something worth writing down."""

    text: Id = Field(description="Free text.")
    ticket: Id | None = Field(default=None, description="Id of a ticket it is about.")
    engineer: Id | None = Field(default=None, description="Id of an engineer it is about.")


EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {
        "ticket_put": TicketPut,
        "ticket_cancelled": TicketCancelled,
        "engineer_put": EngineerPut,
        "engineer_absent": EngineerAbsent,
        "engineer_late": EngineerLate,
        "travelling": Travelling,
        "arrived": Arrived,
        "done": Done,
        "overran": Overran,
        "no_show": NoShow,
        "position": PositionReport,
        "clock": Event,
        "note": Note,
    }
)


class Events(Document):
    """Events of a day in their order."""

    format: Literal["dispatch-events/1"] = Field(description="Name and version of the format.")
    events: list[dict[str, Any]] = Field(description="In the order in which they were reported.")
