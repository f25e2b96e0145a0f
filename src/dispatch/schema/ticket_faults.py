"""Faults of tickets: ids, windows, engineers wanted and not wanted, pins, and work that has begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.errors import Fault
from dispatch.model import FIXED_STATUSES
from dispatch.schema import documents
from dispatch.schema.codes import fault
from dispatch.schema.ids import Ids
from dispatch.schema.values import in_words, shown


@dataclass(frozen=True)
class _Around:
    """What a ticket is judged against."""

    ids: Ids
    now: int
    dedicated: dict[str, str]
    shifts: list[tuple[str, documents.Shift]]


def planning_moment(problem: documents.Problem) -> int:
    """Return `now`, by default the earliest shift start, else the earliest moment a ticket names, else 0 (Unix seconds)."""
    if problem.now is not None:
        return problem.now
    starts = [s.start for e in problem.engineers for s in e.shifts]
    if not starts:
        starts = [w.start for t in problem.tickets for w in t.windows] + [t.opened_at for t in problem.tickets if t.opened_at is not None]
    return min(starts, default=0)


def ticket_faults(problem: documents.Problem, ids: Ids) -> Iterator[Fault]:
    """Yield the faults of all tickets."""
    around = _Around(
        ids,
        planning_moment(problem),
        {c.id: c.dedicated_engineer for c in problem.customers if c.dedicated_engineer is not None},
        [(e.id, s) for e in problem.engineers for s in e.shifts],
    )
    for i, t in enumerate(problem.tickets):
        pointer = f"/tickets/{i}"
        yield from _references(pointer, t, ids)
        yield from _windows(pointer, t)
        if t.opened_at is not None and t.respond_by is not None and t.respond_by < t.opened_at:
            message = f"`respond_by` of ticket {shown(t.id)} is {in_words(t.opened_at - t.respond_by)} before `opened_at`."
            yield fault("RESPOND_BEFORE_OPENED", f"{pointer}/respond_by", message)
        for both in sorted({*t.engineers.must, *t.engineers.prefer} & {*t.engineers.never}):
            message = f"Engineer {shown(both)} is wanted for ticket {shown(t.id)} and never to do it."
            yield fault("CONTRADICTORY_ENGINEERS", f"{pointer}/engineers/never/{t.engineers.never.index(both)}", message)
        if t.status in FIXED_STATUSES:
            yield from _history(pointer, t, around)
        elif t.pin is not None and t.status != "cancelled":
            yield from _pin(pointer, t, t.pin, around)
        if t.actual is not None and t.actual.start is not None and t.actual.end is not None and t.actual.end < t.actual.start:
            message = f"Work on ticket {shown(t.id)} ended {in_words(t.actual.start - t.actual.end)} before it began."
            yield fault("ACTUAL_ENDS_BEFORE_START", f"{pointer}/actual/end", message)


def _references(pointer: str, ticket: documents.Ticket, ids: Ids) -> Iterator[Fault]:
    if ticket.customer is not None and ids.customers is not None and ticket.customer not in ids.customers:
        yield fault("UNKNOWN_CUSTOMER", f"{pointer}/customer", f"There is no customer {shown(ticket.customer)}.")
    if ticket.region is not None and ids.regions is not None and ticket.region not in ids.regions:
        yield fault("UNKNOWN_REGION", f"{pointer}/region", f"There is no region {shown(ticket.region)}.")
    seen: set[str] = set()
    for k, s in enumerate(ticket.skills):
        if s.skill in seen:
            yield fault("DUPLICATE_SKILL", f"{pointer}/skills/{k}/skill", f"Skill {shown(s.skill)} is named twice.")
        seen.add(s.skill)
    if ids.engineers is None:
        return
    choice = ticket.engineers
    for name, engineers in (("must", choice.must), ("prefer", choice.prefer), ("never", choice.never)):
        for k, engineer in enumerate(engineers):
            if engineer not in ids.engineers:
                yield fault("UNKNOWN_ENGINEER", f"{pointer}/engineers/{name}/{k}", f"There is no engineer {shown(engineer)}.")
    if ticket.pin is not None:
        yield from _pin_references(f"{pointer}/pin", ticket.pin, ids)


def _pin_references(pointer: str, pin: documents.Pin, ids: Ids) -> Iterator[Fault]:
    engineers = ids.engineers or {}
    if pin.engineer is not None and pin.engineer not in engineers:
        yield fault("UNKNOWN_ENGINEER", f"{pointer}/engineer", f"There is no engineer {shown(pin.engineer)}.")
    elif pin.shift is not None:
        if pin.engineer is not None and pin.shift not in engineers[pin.engineer]:
            yield fault("UNKNOWN_SHIFT", f"{pointer}/shift", f"Engineer {shown(pin.engineer)} has no shift {shown(pin.shift)}.")
        elif pin.engineer is None and not any(pin.shift in shifts for shifts in engineers.values()):
            yield fault("UNKNOWN_SHIFT", f"{pointer}/shift", f"No engineer has a shift {shown(pin.shift)}.")


def _windows(pointer: str, ticket: documents.Ticket) -> Iterator[Fault]:
    for k, w in enumerate(ticket.windows):
        if w.end < w.start:
            message = f"The window of ticket {shown(ticket.id)} closes {in_words(w.start - w.end)} before it opens."
            yield fault("WINDOW_CLOSES_BEFORE_OPENING", f"{pointer}/windows/{k}/end", message)
    if len(ticket.windows) > 1:
        latest, before = 0, 0
        for start, end, k in sorted((w.start, w.end, k) for k, w in enumerate(ticket.windows) if w.end >= w.start):
            if start < latest:
                message = f"Window {k} of ticket {shown(ticket.id)} opens {in_words(latest - start)} before window {before} closes."
                yield fault("WINDOWS_OVERLAP", f"{pointer}/windows/{k}/start", message)
            if end > latest:
                latest, before = end, k


def _pin(pointer: str, ticket: documents.Ticket, pin: documents.Pin, around: _Around) -> Iterator[Fault]:
    """Yield what makes it impossible to keep the pin of a ticket that is still to be planned."""
    choice = ticket.engineers
    if pin.engineer is not None:
        dedicated = around.dedicated.get(ticket.customer) if ticket.customer is not None else None
        why = None
        if pin.engineer in choice.never:
            why = "is never to do it"
        elif choice.must and pin.engineer not in choice.must:
            why = f"is not among those who must: {', '.join(map(shown, choice.must[:5]))}"
        elif not choice.must and dedicated is not None and dedicated != pin.engineer:
            why = f"is not the dedicated engineer of the customer, {shown(dedicated)}"
        if why is not None:
            message = f"Ticket {shown(ticket.id)} is pinned to engineer {shown(pin.engineer)}, who {why}."
            yield fault("PIN_CONTRADICTS_ENGINEERS", f"{pointer}/pin/engineer", message)
    if pin.start is None:
        return
    shifts = [s for e, s in around.shifts if pin.engineer in (None, e) and pin.shift in (None, s.id)]
    if shifts and not any(s.start <= pin.start <= (s.end if s.overtime_until is None else s.overtime_until) for s in shifts):
        which = f"shift {shown(shifts[0].id)}" if len(shifts) == 1 else f"all {len(shifts)} shifts it may be in"
        gap = min(max(s.start - pin.start, pin.start - (s.end if s.overtime_until is None else s.overtime_until)) for s in shifts)
        message = f"The pinned start of ticket {shown(ticket.id)} is {in_words(gap)} outside {which}."
        yield fault("PIN_OUTSIDE_SHIFT", f"{pointer}/pin/start", message)
    if ticket.status == "open" and ticket.windows and not any(w.start <= pin.start <= w.end for w in ticket.windows):
        gap = min(max(w.start - pin.start, pin.start - w.end) for w in ticket.windows)
        message = f"The pinned start of ticket {shown(ticket.id)} is {in_words(gap)} outside its windows."
        yield fault("PIN_OUTSIDE_WINDOWS", f"{pointer}/pin/start", message)


def _history(pointer: str, ticket: documents.Ticket, around: _Around) -> Iterator[Fault]:
    """Yield what is not known, or cannot be, of work that has begun."""
    pin, actual = ticket.pin or documents.Pin(), ticket.actual or documents.Actual()
    if pin.engineer is None:
        message = f"Ticket {shown(ticket.id)} is {shown(ticket.status)}, and nobody is named who is at it."
        yield fault("HISTORY_WITHOUT_ENGINEER", f"{pointer}/pin/engineer", message)
    elif pin.shift is None and around.ids.engineers is not None and pin.engineer in around.ids.engineers:
        shifts = around.ids.shifts(pin.engineer)
        if len(shifts) != 1:
            message = f"Ticket {shown(ticket.id)} is {shown(ticket.status)}, and engineer {shown(pin.engineer)} has {len(shifts)} shifts."
            action = None if shifts else "Give the engineer the shift that the work belongs to."
            yield fault("HISTORY_WITHOUT_SHIFT", f"{pointer}/pin/shift", message, action)
    if ticket.status == "travelling":
        return
    name, start = ("pin", pin.start) if actual.start is None else ("actual", actual.start)
    if start is None:
        message = f"Ticket {shown(ticket.id)} is {shown(ticket.status)}, and when work began is not said."
        yield fault("HISTORY_WITHOUT_START", f"{pointer}/actual/start", message)
    elif start > around.now:
        message = f"Ticket {shown(ticket.id)} is {shown(ticket.status)}, and its start is {in_words(start - around.now)} after now."
        yield fault("HISTORY_IN_FUTURE", f"{pointer}/{name}/start", message)
    if ticket.status == "done" and actual.end is not None and actual.end > around.now:
        message = f"Ticket {shown(ticket.id)} is done, and its end is {in_words(actual.end - around.now)} after now."
        yield fault("HISTORY_IN_FUTURE", f"{pointer}/actual/end", message)
