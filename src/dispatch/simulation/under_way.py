"""What is under way in a replication: tickets on their way through the system, and engineers on a shift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.model import Break, Ticket
from dispatch.planning.light import Duty
from dispatch.simulation.demand import Arrival
from dispatch.simulation.records import DayRecord, TicketRecord
from dispatch.simulation.world import Member

__all__ = ["Audit", "Case", "Crew", "Sink"]


@dataclass(frozen=True)
class Sink:
    """Where records go as they come."""

    ticket: Callable[[TicketRecord], None]
    day: Callable[[DayRecord], None]


@dataclass(frozen=True)
class Audit:
    """What a replication says about itself.

    Parameters
    ----------
    ticket_seconds, sojourns
        The number of tickets in the system summed over every second, and the time each ticket was in it summed over tickets: by Little's
        law they are equal.
    """

    start: int
    counted_from: int
    end: int
    tickets: int
    replans: int
    ticket_seconds: int
    sojourns: int


@dataclass(slots=True, eq=False)
class Case:
    """A ticket on its way through the system."""

    arrival: Arrival
    ticket: Ticket
    state: str = "new"
    responded_at: int | None = None
    visits: int = 0
    works: int = 0
    repeats: int = 0
    part_visits: int = 0
    no_shows: int = 0
    travel: int = 0
    service: int = 0
    level: int = 0
    excess: int = 0
    engineer: str = ""


@dataclass(slots=True, eq=False)
class Crew:
    """An engineer on a shift, as it really goes.

    Parameters
    ----------
    busy
        Driving, at work or at a closed door.
    """

    member: Member
    duty: Duty
    on: bool = False
    busy: bool = False
    case: Case | None = None
    travel: int = 0
    metres: int = 0
    service: int = 0
    rest: int = 0
    stops: int = 0
    breaks: list[Break] = field(default_factory=list)
    ends: tuple[int, int] = (0, 0)
