"""Short constructors for tiny problems, and a plan told in lines that can be worked out by hand.

Clock times are text on one day ("8:30"), durations minutes, travel a matrix of minutes. Every weight is 0 but
`travel` (1) and `unassigned` (1000), unless a test says otherwise: so an answer shows the one rule it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dispatch.check import Verdict, verify
from dispatch.model import (
    MINUTE,
    RULES,
    Actual,
    Break,
    Engineer,
    EngineerChoice,
    EngineerSkill,
    MatrixTravel,
    Pin,
    Place,
    Plan,
    PolicyChoice,
    Problem,
    Route,
    Rule,
    Shift,
    Stop,
    Ticket,
    TicketSkill,
    Unassigned,
    Visit,
    Window,
)
from dispatch.travel import matrix

MIDNIGHT = 1_772_409_600
"""The start of 2 March 2026, UTC."""

FREE: Mapping[Rule, float] = {rule: {"travel": 1.0, "unassigned": 1000.0}.get(rule, 0.0) for rule in RULES}

Grid = Sequence[Sequence[int]]


def at(clock: str) -> int:
    """Return a time of the day, "8:30" or "8:30:15", as Unix seconds; "32:00" is 8:00 of the next day."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    return MIDNIGHT + 3600 * hours + 60 * minutes + sum(seconds)


def line(places: int, minutes: int = 30) -> list[list[int]]:
    """Return travel minutes between places in a row, 0 first, so far apart."""
    return [[minutes * abs(a - b) for b in range(places)] for a in range(places)]


def ticket(
    name: str,
    place: int = 1,
    service: float = 60,
    *,
    windows: Iterable[tuple[str, str]] = (),
    respond_by: str | None = None,
    opened_at: str | None = None,
    skills: Mapping[str, int] | None = None,
    preferred: Mapping[str, int] | None = None,
    must: Iterable[str] = (),
    prefer: Iterable[str] = (),
    never: Iterable[str] = (),
    pin: Pin | None = None,
    actual: tuple[str | None, str | None] | None = None,
    **fields: Any,
) -> Ticket:
    """Return a ticket at a place of the grid; `preferred` holds the preferred tier by skill."""
    return Ticket(
        name,
        Place(index=place),
        round(60 * service),
        windows=tuple(Window(at(a), at(b)) for a, b in windows),
        respond_by=None if respond_by is None else at(respond_by),
        opened_at=None if opened_at is None else at(opened_at),
        skills=tuple(TicketSkill(s, tier, (preferred or {}).get(s)) for s, tier in (skills or {}).items()),
        engineers=EngineerChoice(tuple(must), tuple(prefer), tuple(never)),
        pin=pin,
        actual=None if actual is None else Actual(*(None if clock is None else at(clock) for clock in actual)),
        **fields,
    )


def shift(
    name: str = "day",
    start: str = "8:00",
    end: str = "16:00",
    overtime_until: str | None = None,
    home: int | None = 0,
    back: int | None = -1,
    breaks: Iterable[tuple[str, str, int]] = (),
    max_travel: int | None = None,
    **fields: Any,
) -> Shift:
    """Return a shift from `home` to `back` (default: home); breaks are (earliest, latest, minutes)."""
    back = home if back == -1 else back
    return Shift(
        name,
        at(start),
        at(end),
        at(overtime_until or end),
        None if home is None else Place(index=home),
        None if back is None else Place(index=back),
        tuple(Break(at(a), at(b), 60 * minutes) for a, b, minutes in breaks),
        max_travel=None if max_travel is None else 60 * max_travel,
        **fields,
    )


def engineer(name: str, *shifts: Shift, skills: Mapping[str, int] | None = None, **fields: Any) -> Engineer:
    """Return an engineer, by default with one shift from 8:00 to 16:00 at place 0."""
    return Engineer(name, shifts or (shift(),), skills=tuple(EngineerSkill(s, tier) for s, tier in (skills or {}).items()), **fields)


def pin(engineer: str | None = None, shift: str | None = None, start: str | None = None) -> Pin:
    """Return a pin."""
    return Pin(engineer, shift, None if start is None else at(start))


def visit(ticket: str, engineer: str, start: str, shift: str = "day") -> Visit:
    """Return where an earlier plan had put a ticket."""
    return Visit(ticket, engineer, shift, at(start))


def problem(
    tickets: Sequence[Ticket],
    engineers: Sequence[Engineer] = (),
    minutes: Grid | None = None,
    metres: Grid | None = None,
    now: str = "0:00",
    weights: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Problem:
    """Return a problem, by default with one engineer `ann` and three places in a row half an hour apart."""
    seconds = tuple(tuple(60 * m for m in row) for row in minutes or line(3))
    all_weights: dict[Any, Any] = {**FREE, **(weights or {})}
    return Problem(
        tuple(engineers) or (engineer("ann"),),
        tuple(tickets),
        at(now),
        policy=PolicyChoice("balanced", all_weights),
        travel=MatrixTravel(seconds, None if metres is None else tuple(map(tuple, metres))),
        **fields,
    )


def plan(*routes: tuple[str, str], unassigned: str = "") -> Plan:
    """Return a plan with nothing but its order: ("ann", "A B") or ("ann/monday", "A B"); `unassigned` likewise."""
    made = []
    for who, tickets in routes:
        name, _, of_shift = who.partition("/")
        made.append(Route(name, of_shift or "day", tuple(Stop(t) for t in tickets.split())))
    return Plan(tuple(made), tuple(Unassigned(t) for t in unassigned.split()))


def checked(problem: Problem, *routes: tuple[str, str], unassigned: str = "") -> Verdict:
    """Return the verdict on a plan made by hand."""
    return verify(problem, matrix(problem), plan(*routes, unassigned=unassigned))


# -------------------------------------------------------------------- telling


def clock(time: int) -> str:
    """Return a time as `at` takes it."""
    minutes, seconds = divmod(time - MIDNIGHT, 60)
    return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def told(verdict: Verdict) -> list[str]:
    """Return the whole answer in lines: routes with all times, breaks, what is left out, every cost but 0, every violation.

    ::

        ann 8:00-10:00                      departure and return; "ann/monday" where the shift is not "day"
          A 8:30 9:00-10:00 waits 30 min    arrival, start and end of service
          break 12:00-12:30
        unassigned B
        travel 60, lateness 15              minutes of travel
        windows 300: ann A                  rule, size, what it is about
    """
    lines = []
    for r in verdict.plan.routes:
        if not r.stops:
            continue
        who = r.engineer if r.shift == "day" else f"{r.engineer}/{r.shift}"
        overtime = f" overtime {_number(r.overtime / 60)} min" if r.overtime else ""
        lines.append(f"{who} {clock(r.departure)}-{clock(r.return_)}{overtime}")
        events = [(rest.start, 0, f"  break {clock(rest.start)}-{clock(rest.end)}") for rest in r.breaks]
        for s in r.stops:
            waits = f" waits {_number(s.waiting / 60)} min" if s.waiting else ""
            late = f" late {_number(s.lateness / 60)} min" if s.lateness else ""
            events.append((s.start, 1, f"  {s.ticket} {clock(s.arrival)} {clock(s.start)}-{clock(s.end)}{waits}{late}"))
        lines += [text for _, _, text in sorted(events, key=lambda e: e[:2])]
    if verdict.plan.unassigned:
        lines.append("unassigned " + " ".join(u.ticket for u in verdict.plan.unassigned))
    lines.append(", ".join(f"{rule} {_number(cost / MINUTE)}" for rule, cost in verdict.cost.by_rule.items() if cost) or "no cost")
    for v in verdict.violations:
        about = " ".join(name for name in (v.engineer, v.ticket) if name is not None)
        lines.append(f"{v.rule} {v.size}: {about}")
    return lines


def _number(amount: float) -> str:
    return f"{amount:.6f}".rstrip("0").rstrip(".")
