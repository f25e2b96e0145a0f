"""What each sort of event does to a day, and what it must not contradict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dispatch import events
from dispatch.model import FIXED_STATUSES, Actual, Resume, Ticket
from dispatch.planning.day import ShiftKey
from dispatch.planning.draft import Draft, refuse
from dispatch.planning.sound import sound_engineer, sound_place, sound_ticket


def handle(draft: Draft, event: events.Event) -> None:
    """Do to a draft what an event says.

    Raises
    ------
    InputError
        It contradicts the day.
    """
    _HANDLERS[type(event)](draft, event)


# -------------------------------------------------------------------- tickets


def _ticket_put(draft: Draft, event: events.TicketPut) -> None:
    put, old = event.ticket, draft.tickets.get(event.ticket.id)
    if event.customer is not None:
        draft.customers[event.customer.id] = event.customer
    status = "open" if old is None else old.status
    if put.status not in ("open", status) and not (old is None and put.status != "cancelled"):
        refuse("STATUS_BY_EVENT", "/ticket/status", f"Ticket {put.id!r} is {status}, and the ticket put says {put.status}.")
    if old is not None:
        if status in ("done", "cancelled"):
            refuse("TICKET_OVER", "/ticket/id", f"Ticket {put.id!r} is {status}.")
        begun = status in FIXED_STATUSES
        put = replace(put, status=status, actual=old.actual, pin=old.pin if begun else put.pin)
        hold = draft.hold_of(put.id)
        if hold is not None:
            draft.holds[hold.id] = replace(hold, windows=put.windows, mandatory=put.mandatory)
            put = replace(put, windows=(hold.window,), mandatory=True)
    draft.put(sound_ticket(draft, put))


def _ticket_cancelled(draft: Draft, event: events.TicketCancelled) -> None:
    ticket = draft.tickets[event.ticket]
    if ticket.status in ("done", "cancelled"):
        refuse("TICKET_OVER", "/ticket", f"Ticket {ticket.id!r} is {ticket.status} already.", "Nothing is left to do.")
    if ticket.status == "on_site":
        refuse("TICKET_BEGUN", "/ticket", f"Somebody is on site at ticket {ticket.id!r}.")
    hold = draft.hold_of(ticket.id)
    if hold is not None:
        draft.drop_hold(hold)
    draft.take_out(ticket.id)
    draft.put(replace(draft.tickets[ticket.id], status="cancelled", pin=None, actual=None))


# ------------------------------------------------------------------ engineers


def _engineer_put(draft: Draft, event: events.EngineerPut) -> None:
    engineer, old = event.engineer, draft.engineers.get(event.engineer.id)
    known = {} if old is None else {s.id: s.resume for s in old.shifts}
    # What was reported of the engineer stays true, whatever the roster says.
    shifts = tuple(replace(s, resume=s.resume or known.get(s.id)) for s in engineer.shifts)
    engineer = replace(engineer, shifts=shifts)
    engineer = sound_engineer(draft, engineer)
    there = {s.id for s in shifts}
    for t in draft.tickets.values():
        if t.status in FIXED_STATUSES and t.pin is not None and t.pin.engineer == engineer.id and t.pin.shift not in there:
            refuse(
                "SHIFT_HAS_HISTORY",
                "/engineer/shifts",
                f"Work on ticket {t.id!r} has begun in shift {t.pin.shift!r}, which is not among them.",
            )
    draft.engineers[engineer.id] = engineer


def _concerned(draft: Draft, engineer: str, named: str | None) -> ShiftKey:
    shift = draft.shift(engineer, named)
    if shift is None:
        refuse("HISTORY_WITHOUT_SHIFT", "/engineer", f"Engineer {engineer!r} has no shift.", "Put the engineer with a shift first.")
    return engineer, shift.id


def _engineer_absent(draft: Draft, event: events.EngineerAbsent) -> None:
    key = _concerned(draft, event.engineer, event.shift)
    shift = draft.shift(*key)
    assert shift is not None
    until = shift.overtime_until + 1 if event.until is None else event.until
    if until <= event.at and event.until is not None:
        refuse("UNTIL_IN_PAST", "/until", "`until` is not after `at`.")
    for t in draft.at_work(event.engineer, "travelling"):
        draft.come_back(t)
    for t in draft.at_work(event.engineer, "on_site"):
        draft.say("STILL_ON_SITE", f"Engineer {event.engineer} is on site at ticket {t.id}: report done or no_show when it ends.", t.id)
    draft.resume(key, Resume(until, None if shift.resume is None else shift.resume.place))
    if until > shift.overtime_until:
        for name in list(draft.orders.get(key, ())):
            if draft.tickets[name].status not in FIXED_STATUSES:
                draft.take_out(name)
        _unpin(draft, key)


def _unpin(draft: Draft, key: ShiftKey) -> None:
    """Release the pins to a shift that will not be worked, and to its engineer where there is no other shift."""
    others = [s for s in draft.engineers[key[0]].shifts if s.id != key[1] and s.overtime_until >= draft.now]
    for t in list(draft.tickets.values()):
        if t.status in FIXED_STATUSES or t.pin is None or t.pin.engineer not in (None, key[0]):
            continue
        if (t.pin.shift == key[1] and t.pin.engineer is not None) or (t.pin.engineer is not None and t.pin.shift is None and not others):
            draft.put(replace(t, pin=None))
            draft.say("PIN_RELEASED", f"The pin of ticket {t.id} is released: engineer {key[0]} is absent.", t.id, key[0])


def _engineer_late(draft: Draft, event: events.EngineerLate) -> None:
    key = _concerned(draft, event.engineer, event.shift)
    shift = draft.shift(*key)
    assert shift is not None
    if event.until < event.at:
        refuse("UNTIL_IN_PAST", "/until", "`until` is before `at`.", "Give a moment from at on.")
    draft.resume(key, Resume(event.until, None if shift.resume is None else shift.resume.place))


def _position(draft: Draft, event: events.PositionReport) -> None:
    shift = draft.shift(event.engineer)
    if shift is None or draft.at_work(event.engineer, "on_site"):
        return  # where somebody is on site is known
    key = (event.engineer, shift.id)
    time = event.at if shift.resume is None else max(shift.resume.time, event.at)
    draft.resume(key, Resume(time, sound_place(draft, event.place)))


# ----------------------------------------------------------------------- work


def _who(draft: Draft, event: events.Travelling | events.Arrived | events.Done, ticket: Ticket) -> ShiftKey:
    """Return engineer and shift of reported work: as the report says, else as it is or is planned."""
    here = draft.where(ticket.id)
    engineer = event.engineer or (None if here is None else here[0])
    if engineer is None:
        message = f"Ticket {ticket.id!r} has no place in the plan, and the report does not say who is at it."
        refuse("HISTORY_WITHOUT_ENGINEER", "/engineer", message, "Say in engineer who it is.")
    if ticket.status in ("travelling", "on_site") and here is not None and engineer != here[0]:
        refuse("OTHER_ENGINEER", "/engineer", f"Engineer {here[0]!r} is {ticket.status} at ticket {ticket.id!r}, not {engineer!r}.")
    if event.shift is None and here is not None and here[0] == engineer:
        return here
    return _concerned(draft, engineer, event.shift)


def _not_over(ticket: Ticket) -> None:
    if ticket.status in ("done", "cancelled"):
        refuse("TICKET_OVER", "/ticket", f"Ticket {ticket.id!r} is {ticket.status}.")


def _free(draft: Draft, engineer: str, ticket: Ticket) -> None:
    """Refuse work of somebody who is on site elsewhere; whoever was on the way elsewhere has turned round."""
    for t in draft.at_work(engineer, "on_site"):
        if t.id != ticket.id:
            refuse("ENGINEER_AT_WORK", "/engineer", f"Engineer {engineer!r} is on site at ticket {t.id!r}.")
    for t in draft.at_work(engineer, "travelling"):
        if t.id != ticket.id:
            draft.come_back(t)
            draft.say("TURNED_ROUND", f"Engineer {engineer} is not on the way to ticket {t.id} any more.", t.id, engineer)


def _travelling(draft: Draft, event: events.Travelling) -> None:
    ticket = draft.tickets[event.ticket]
    _not_over(ticket)
    if ticket.status == "on_site":
        refuse("TICKET_BEGUN", "/ticket", f"Somebody is on site at ticket {ticket.id!r}.")
    key = _who(draft, event, ticket)
    _free(draft, key[0], ticket)
    draft.begin(replace(ticket, status="travelling", actual=None), key)


def _arrived(draft: Draft, event: events.Arrived) -> None:
    ticket = draft.tickets[event.ticket]
    _not_over(ticket)
    if ticket.status == "on_site":
        refuse("TICKET_BEGUN", "/ticket", f"Somebody is on site at ticket {ticket.id!r} already.")
    key = _who(draft, event, ticket)
    _free(draft, key[0], ticket)
    start = event.at if event.start is None else event.start
    if start > event.at:
        refuse("HISTORY_IN_FUTURE", "/start", "`start` is after `at`.", "Give a start that is not after at.")
    draft.begin(replace(ticket, status="on_site", actual=Actual(start)), key)


def _known_start(ticket: Ticket) -> int | None:
    if ticket.status != "on_site":
        return None
    if ticket.actual is not None and ticket.actual.start is not None:
        return ticket.actual.start
    return None if ticket.pin is None else ticket.pin.start


def _done(draft: Draft, event: events.Done) -> None:
    ticket = draft.tickets[event.ticket]
    _not_over(ticket)
    start = event.start if event.start is not None else _known_start(ticket)
    if start is None:
        refuse("DONE_BEFORE_ARRIVED", "/ticket", f"Nobody has reported an arrival at ticket {ticket.id!r}.")
    end = event.at if event.end is None else event.end
    if end > event.at:
        refuse("HISTORY_IN_FUTURE", "/end", "`end` is after `at`.", "Give an end that is not after at.")
    if end < start:
        refuse("ACTUAL_ENDS_BEFORE_START", "/end", f"Work would end {start - end} s before it began.", "Correct start or end.")
    key = _who(draft, event, ticket)
    draft.begin(replace(ticket, status="done", actual=Actual(start, end)), key)


def _overran(draft: Draft, event: events.Overran) -> None:
    ticket = draft.tickets[event.ticket]
    _not_over(ticket)
    start = _known_start(ticket)
    if start is None:
        refuse("NOT_ON_SITE", "/ticket", f"Nobody is on site at ticket {ticket.id!r}.")
    if event.until < event.at:
        refuse("UNTIL_IN_PAST", "/until", "`until` is before `at`.", "Give a moment from at on.")
    draft.put(replace(ticket, actual=Actual(start, event.until)))


def _no_show(draft: Draft, event: events.NoShow) -> None:
    ticket, key = draft.tickets[event.ticket], draft.where(event.ticket)
    _not_over(ticket)
    hold = draft.hold_of(ticket.id)
    if hold is not None:
        draft.drop_hold(hold)
        ticket = draft.tickets[ticket.id]
    start = _known_start(ticket)
    if event.closed:
        if key is None:
            draft.put(replace(ticket, status="cancelled", pin=None, actual=None))
        else:
            draft.begin(replace(ticket, status="done", actual=Actual(event.at if start is None else start, event.at)), key)
        return
    draft.take_out(ticket.id)
    draft.put(replace(ticket, status="open", pin=None if ticket.status in FIXED_STATUSES else ticket.pin, actual=None))
    if key is not None and ticket.status in FIXED_STATUSES:
        draft.resume(key, Resume(event.at, ticket.place))  # that is where the engineer goes on from


def _nothing(draft: Draft, event: events.Event) -> None:
    """Let time pass."""


_HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    events.TicketPut: _ticket_put,
    events.TicketCancelled: _ticket_cancelled,
    events.EngineerPut: _engineer_put,
    events.EngineerAbsent: _engineer_absent,
    events.EngineerLate: _engineer_late,
    events.Travelling: _travelling,
    events.Arrived: _arrived,
    events.Done: _done,
    events.Overran: _overran,
    events.NoShow: _no_show,
    events.PositionReport: _position,
    events.Clock: _nothing,
    events.Note: _nothing,
}
