"""What people look at, put together once: day sheets, colours, and amounts in words.

Report, exports and console show the same plan; they take it from here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

from dispatch.model import FIXED_STATUSES, MINUTE, Engineer, Place, Plan, Problem, Promise, Route, Rule, Shift, Stop, Ticket, promises

__all__ = [
    "COLOURS",
    "DASHES",
    "RULE_WORDS",
    "Figure",
    "Row",
    "Sheet",
    "calendar_day",
    "clock",
    "duration",
    "figures",
    "from_to",
    "kilometres",
    "many",
    "minutes",
    "percent",
    "sheets",
    "tags",
]

COLOURS = (
    "#0e74c4", "#a06605", "#9159b7", "#21822e", "#b54b83", "#097e7e",
    "#5c68ca", "#767700", "#a651a0", "#098064", "#bc5319", "#097b98",
)  # fmt: skip
"""Route colours of one brightness: white text on them, and they on white or near black, stay readable."""

DASHES = ("", "7 4", "2 4", "10 3 2 3")
"""Line patterns (SVG `stroke-dasharray`) that tell routes apart once the colours are used up."""

RULE_WORDS: Mapping[Rule, str] = MappingProxyType(
    {
        "travel": "Driving",
        "distance": "Kilometres driven",
        "paid_time": "Paid time",
        "fixed": "Engineers used",
        "lateness": "Late for a promise",
        "response": "Waiting for an answer",
        "unassigned": "Tickets left out",
        "overtime": "Overtime",
        "tier_excess": "Tier above the preferred",
        "not_preferred": "Not a preferred engineer",
        "cross_region": "Outside the own region",
        "contractor": "Contractors and visits",
        "workload": "Uneven workload",
        "change": "Changes to what was told",
    }
)


@dataclass(frozen=True)
class Row:
    """A stop as people read it: `number` counts from 1 in its route; `respond_by` in Unix seconds."""

    number: int
    stop: Stop
    ticket: Ticket
    respond_by: int | None


@dataclass(frozen=True)
class Sheet:
    """One engineer's shift and what is planned in it.

    Parameters
    ----------
    route
        None for a shift without work.
    number
        Counts the engineers from 0, those with work first: what colour and line pattern go by.
    day
        The local date on which the shift starts.
    """

    engineer: Engineer
    shift: Shift
    route: Route | None
    rows: tuple[Row, ...]
    number: int
    day: date

    @property
    def colour(self) -> str:
        """The colour of the engineer."""
        return COLOURS[self.number % len(COLOURS)]

    @property
    def dash(self) -> str:
        """The line pattern of the engineer."""
        return DASHES[self.number // len(COLOURS) % len(DASHES)]

    @property
    def name(self) -> str:
        """The engineer's name, or id where there is none."""
        return self.engineer.name or self.engineer.id

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where the route goes, in order: start, stops, end."""
        ends = (self.shift.start_place, *(r.ticket.place for r in self.rows), self.shift.end_place)
        return tuple(p for p in ends if p is not None)


def _rows(route: Route, tickets: Mapping[str, Ticket], promised: Mapping[str, Promise]) -> tuple[Row, ...]:
    return tuple(Row(i, s, tickets[s.ticket], promised[s.ticket].respond_by) for i, s in enumerate(route.stops, 1))


def sheets(problem: Problem, plan: Plan) -> tuple[Sheet, ...]:
    """Join problem and checked plan: a sheet per shift, worked or not, by day and then in the order of the engineers.

    A shift that has two routes (a violation, but checked plans may have it) gets two sheets.
    """
    zone = ZoneInfo(problem.time_zone)
    tickets = {t.id: t for t in problem.tickets}
    promised = promises(problem)
    routes: dict[tuple[str, str], list[Route]] = {}
    for route in plan.routes:
        routes.setdefault((route.engineer, route.shift), []).append(route)
    found: list[tuple[Engineer, Shift, Route | None]] = []
    for e in problem.engineers:
        for s in e.shifts:
            found += [(e, s, r if r.stops else None) for r in routes.get((e.id, s.id), [])] or [(e, s, None)]
    used = dict.fromkeys(e.id for e, _, r in found if r)
    numbers = {e: i for i, e in enumerate(used | dict.fromkeys(e.id for e, _, _ in found))}
    made = [
        Sheet(e, s, r, _rows(r, tickets, promised) if r else (), numbers[e.id], datetime.fromtimestamp(s.start, zone).date())
        for e, s, r in found
    ]
    return tuple(sorted(made, key=lambda sheet: sheet.day))


def tags(ticket: Ticket, class_of: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the few words that make a ticket special: kind, priority, customer class, status, what binds it."""
    words = [ticket.kind, f"P{ticket.priority}"]
    class_ = class_of.get(ticket.customer) if ticket.customer else None
    if class_:
        words.append(class_)
    if ticket.status != "open":
        words.append(ticket.status.replace("_", " "))
    if ticket.mandatory:
        words.append("mandatory")
    if ticket.pin and ticket.status not in FIXED_STATUSES:
        words.append("pinned")
    return tuple(words)


# ------------------------------------------------------------------ in words


def clock(moment: int, zone: ZoneInfo, day: date | None = None) -> str:
    """Return the local time of day, with the weekday where it is not on `day`."""
    local = datetime.fromtimestamp(moment, zone)
    return f"{local:%H:%M}" if day is None or local.date() == day else f"{local:%a %H:%M}"


def calendar_day(day: date) -> str:
    """Return a date as people write it: Tuesday 3 November 2026."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def from_to(start: int, end: int, zone: ZoneInfo, day: date | None = None) -> str:
    """Return a stretch of time: 08:30–09:15."""
    return f"{clock(start, zone, day)}–{clock(end, zone, day)}"


def duration(seconds: int) -> str:
    """Return seconds as 40 s, 25 min or 1 h 05 min."""
    if 0 < seconds < 60:
        return f"{seconds} s"
    hours, rest = divmod((seconds + 30) // 60, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def minutes(cost: int, sign: bool = False) -> str:
    """Return a cost as whole minutes of travel: 1,240 min."""
    return f"{round(cost / MINUTE):{'+' if sign else ''},} min"


def kilometres(metres: int) -> str:
    """Return metres as 7.4 km, or 74 km from ten on."""
    return f"{metres / 1000:.1f} km" if metres < 9950 else f"{metres / 1000:,.0f} km"


def many(count: int, noun: str) -> str:
    """Return a count with its noun: 1 stop, 2 stops."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def percent(share: float) -> str:
    """Return a share as whole percent; only all is 100 %, only none is 0 %."""
    rounded = round(100 * share)
    return f"{rounded if share in (0, 1) else min(max(rounded, 1), 99)} %"


# ------------------------------------------------------------ headline figures


@dataclass(frozen=True)
class Figure:
    """A headline figure: what it is, its value and a note in words, and how good it is ("good", "warn", "bad" or "")."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


def figures(plan: Plan, engineers: int | None = None) -> tuple[Figure, ...]:
    """Return the headline figures of a checked plan; none where it has not been checked.

    Parameters
    ----------
    engineers
        How many there are, used or not; None where that is not known.
    """
    k = plan.kpis
    if not k:
        return ()
    left, late, overtime = k["unassigned"], k["late_stops"], _seconds(k["overtime_minutes"])
    lateness = f"{many(int(late or 0), 'stop')} late, {duration(_seconds(k['lateness_minutes']))} in all" if late else ""
    half = k["emergency_response_p50_minutes"]
    share = "–" if k["travel_share"] is None else percent(k["travel_share"])
    planned = f"{k['assigned']} of {k['tickets']}"
    return (
        Figure("Tickets planned", planned, f"{left} left out" if left else "none left out", "bad" if left else "good"),
        _kept("Promises kept", k["on_time"], lateness),
        _kept("Emergencies on time", k["on_time_emergency"], "" if half is None else f"half answered within {duration(_seconds(half))}"),
        Figure("Travel share", share, _driven(k["travel_minutes"], k["distance_km"])),
        Figure("Overtime", duration(overtime), "", "warn" if overtime else "good"),
        Figure("Engineers used", str(k["engineers_used"]), f"of {engineers}" if engineers is not None else ""),
    )


def _seconds(of_minutes: float | None) -> int:
    return round(60 * (of_minutes or 0))


def _kept(label: str, share: float | None, note: str) -> Figure:
    if share is None:
        return Figure(label, "–", "none promised")
    return Figure(label, percent(share), note, "good" if share == 1 else "warn" if share >= 0.8 else "bad")


def _driven(minutes_: float | None, km: float | None) -> str:
    return f"{duration(_seconds(minutes_))}, {kilometres(round(1000 * (km or 0)))}"
