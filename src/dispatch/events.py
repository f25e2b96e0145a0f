"""What happens in a day, one frozen class per sort of event, and their JSON (``docs/live-day.md``).

Times are int Unix seconds. `at` is when the event is reported; a day never goes back behind it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, get_args
from zoneinfo import ZoneInfo

from dispatch.errors import Fault, InputError
from dispatch.model import Customer, Engineer, Place, Ticket
from dispatch.schema import building, event_documents, shapes, text, writing
from dispatch.schema.codes import fault
from dispatch.schema.values import shown, write_time

__all__ = [
    "TYPES", "Arrived", "Clock", "Done", "EngineerAbsent", "EngineerLate", "EngineerPut", "Event", "NoShow", "Note", "Overran",
    "PositionReport", "TicketCancelled", "TicketPut", "Travelling", "document", "read_event", "read_events", "write_events",
]  # fmt: skip


@dataclass(frozen=True)
class TicketPut:
    """A ticket was opened or changed: the whole ticket as it is wanted, and its customer where that one is new or changed.

    What has happened to a ticket of the day (status, actual, who is at it) is kept, whatever the ticket put says of it.
    """

    at: int
    ticket: Ticket
    customer: Customer | None = None


@dataclass(frozen=True)
class TicketCancelled:
    """A ticket is not wanted any more."""

    at: int
    ticket: str


@dataclass(frozen=True)
class EngineerPut:
    """An engineer is new or has changed: the whole engineer, with all shifts."""

    at: int
    engineer: Engineer


@dataclass(frozen=True)
class EngineerAbsent:
    """An engineer is away, from `at` on.

    Parameters
    ----------
    shift
        The shift concerned; None: the one that is on, else the next.
    until
        When the engineer goes on; None: not in this shift.
    """

    at: int
    engineer: str
    shift: str | None = None
    until: int | None = None


@dataclass(frozen=True)
class EngineerLate:
    """An engineer cannot set out, or go on, before `until`."""

    at: int
    engineer: str
    until: int
    shift: str | None = None


@dataclass(frozen=True)
class Travelling:
    """An engineer set out to a ticket; None: the one who has it in the plan, in that shift."""

    at: int
    ticket: str
    engineer: str | None = None
    shift: str | None = None


@dataclass(frozen=True)
class Arrived:
    """Service of a ticket began at `start`; None: `at`."""

    at: int
    ticket: str
    engineer: str | None = None
    shift: str | None = None
    start: int | None = None


@dataclass(frozen=True)
class Done:
    """Service of a ticket ended at `end`; None: `at`. `start` is needed where the arrival was never reported."""

    at: int
    ticket: str
    engineer: str | None = None
    shift: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Overran:
    """Work on site will end at `until`, not when it was planned to."""

    at: int
    ticket: str
    until: int


@dataclass(frozen=True)
class NoShow:
    """The customer was not there: the ticket comes back to be planned anew, or is closed."""

    at: int
    ticket: str
    closed: bool = False


@dataclass(frozen=True)
class PositionReport:
    """An engineer is at a place."""

    at: int
    engineer: str
    place: Place


@dataclass(frozen=True)
class Clock:
    """Time passes."""

    at: int


@dataclass(frozen=True)
class Note:
    """Something worth writing down, perhaps about a ticket or an engineer; it changes no plan."""

    at: int
    text: str
    ticket: str | None = None
    engineer: str | None = None


Event = (
    TicketPut | TicketCancelled | EngineerPut | EngineerAbsent | EngineerLate | Travelling | Arrived | Done | Overran | NoShow
    | PositionReport | Clock | Note
)  # fmt: skip

TYPES: Mapping[str, type[Event]] = MappingProxyType(
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
        "clock": Clock,
        "note": Note,
    }
)
"""Event classes by their name in JSON."""

_NAMES = {cls: name for name, cls in TYPES.items()}
assert set(_NAMES) == set(get_args(Event))


# -------------------------------------------------------------------- reading


def read_event(data: bytes | str) -> Event:
    """Return the event that a JSON object states.

    Raises
    ------
    InputError
        With every fault of its fields; whether it fits the day is for `dispatch.planning.apply` to say.
    """
    tree, faults = text.load(data)
    event, more = _event(tree)
    if faults or more or event is None:
        raise InputError([*faults, *more])
    return event


def read_events(data: bytes | str) -> tuple[Event, ...]:
    """Return the events of a document of the format `dispatch-events/1`, in their order.

    Raises
    ------
    InputError
        With every fault of every event.
    """
    tree, faults = text.load(data)
    shape = shapes.check(event_documents.Events, tree)
    faults += shape.faults
    found: list[Event] = []
    for i, one in enumerate([] if shape.document is None else shape.document.events):
        where = shape.original(f"/events/{i}")[0]
        event, more = _event(one)
        faults += [replace(f, pointer=where + f.pointer) for f in more]
        if event is not None:
            found.append(event)
    if faults:
        raise InputError(faults)
    return tuple(found)


def _event(tree: dict[str, Any]) -> tuple[Event | None, list[Fault]]:
    """Return the event of a JSON object, None where it is faulty, and the faults."""
    name = tree.get("type")
    if name is None:
        return None, [fault("MISSING_FIELD", "/type", "`type` is missing.", f"Give one of {', '.join(TYPES)}.")]
    document = event_documents.EVENTS.get(name) if isinstance(name, str) else None
    if document is None:
        message = f"`type` is {shown(name)}, not a type of event."
        return None, [fault("UNKNOWN_EVENT", "/type", message, f"Use one of {', '.join(TYPES)}.")]
    shape = shapes.check(document, tree)
    if shape.faults or shape.document is None:
        return None, shape.faults
    values = {f.name: getattr(shape.document, f.name) for f in fields(TYPES[name])}
    return TYPES[name](**{key: _built(value) for key, value in values.items()}), []


def _built(value: Any) -> Any:
    return building.part_of(value) if isinstance(value, event_documents.PARTS) else value


# -------------------------------------------------------------------- writing


def document(event: Event, time_zone: str = "UTC") -> dict[str, Any]:
    """Return an event as a JSON object, its times with the offset of an IANA time zone."""
    zone = ZoneInfo(time_zone)
    found: dict[str, Any] = {"type": _NAMES[type(event)]}
    for f in fields(event):
        value = getattr(event, f.name)
        if f.name in ("at", "until", "start", "end") and value is not None:
            value = write_time(value, zone)
        elif isinstance(value, (Ticket, Engineer, Place, Customer)):
            value = writing.part_document(value, zone)
        if value is not None and value is not False:
            found[f.name] = value
    return found


def write_events(events: Sequence[Event], time_zone: str = "UTC") -> bytes:
    """Return events as a document of the format `dispatch-events/1` in UTF-8; reading it gives them again."""
    tree = {"format": event_documents.EVENTS_FORMAT, "events": [document(e, time_zone) for e in events]}
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()
