"""A day being changed: what an event does to it, step by step, until it is a day again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

from dispatch import travel
from dispatch.errors import InputError
from dispatch.model import FIXED_STATUSES, Engineer, Pin, Place, Resume, Shift, Status, Ticket, Visit
from dispatch.planning.day import Day, Hold, ShiftKey, settled
from dispatch.schema.codes import fault

T = TypeVar("T")


def _unless_same(now: tuple[T, ...], before: tuple[T, ...]) -> tuple[T, ...]:
    """Return what is now; where it is as before, that, so that it is seen to be the same."""
    return before if now == before else now


@dataclass(frozen=True)
class Effect:
    """What an event means for the day, in a sentence. Codes are listed in ``docs/live-day.md``."""

    code: str
    message: str
    ticket: str | None = None
    engineer: str | None = None


def refuse(code: str, pointer: str, message: str, action: str | None = None) -> NoReturn:
    """Raise an InputError with one fault."""
    raise InputError([fault(code, pointer, message, action)])


class Draft:
    """A copy of a day that an event changes in place; `finish` makes it a day again."""

    def __init__(self, day: Day, now: int) -> None:
        self.day, self.now = day, now
        self.tickets: dict[str, Ticket] = dict(day.ticket_of)
        self.engineers: dict[str, Engineer] = {e.id: e for e in day.problem.engineers}
        self.customers = {c.id: c for c in day.problem.customers}
        self.holds: dict[str, Hold] = {h.id: h for h in day.holds}
        self.orders: dict[ShiftKey, list[str]] = day.orders
        self.effects: list[Effect] = []

    # -------------------------------------------------------------- looking up

    def where(self, ticket: str) -> ShiftKey | None:
        """Return the shift whose route has a ticket."""
        return next((key for key, names in self.orders.items() if ticket in names), None)

    def at_work(self, engineer: str, *statuses: Status) -> list[Ticket]:
        """Return the tickets an engineer is on site at, or drives to."""
        return [t for t in self.tickets.values() if t.status in statuses and t.pin is not None and t.pin.engineer == engineer]

    def shift(self, engineer: str, named: str | None = None) -> Shift | None:
        """Return the shift that is named; else the one that is on, else the next, else the last one; None where there is none."""
        shifts = self.engineers[engineer].shifts
        if named is not None:
            return next((s for s in shifts if s.id == named), None)
        left = sorted((s for s in shifts if s.overtime_until >= self.now), key=lambda s: s.start)
        return left[0] if left else max(shifts, key=lambda s: s.start, default=None)

    def hold_of(self, ticket: str) -> Hold | None:
        """Return the appointment of a ticket."""
        return next((h for h in self.holds.values() if h.ticket == ticket), None)

    # ---------------------------------------------------------------- changing

    def say(self, code: str, message: str, ticket: str | None = None, engineer: str | None = None) -> None:
        """Add an effect."""
        self.effects.append(Effect(code, message, ticket, engineer))

    def take_out(self, ticket: str) -> None:
        """Take a ticket out of the route that has it."""
        for names in self.orders.values():
            if ticket in names:
                names.remove(ticket)

    def put(self, ticket: Ticket) -> None:
        """Add or replace a ticket."""
        self.tickets[ticket.id] = ticket

    def begin(self, ticket: Ticket, key: ShiftKey) -> None:
        """Put a ticket that has begun into the shift it belongs to; what was known of the engineer before counts no more."""
        self.take_out(ticket.id)
        self.orders.setdefault(key, []).insert(0, ticket.id)
        self.put(replace(ticket, pin=Pin(*key, None)))
        self.resume(key, None)

    def come_back(self, ticket: Ticket) -> Ticket:
        """Make a ticket that has begun one that is still to be planned; return it."""
        ticket = replace(ticket, status="open", pin=None, actual=None)
        self.put(ticket)
        return ticket

    def resume(self, key: ShiftKey, resume: Resume | None) -> None:
        """Say when and where an engineer goes on."""
        engineer = self.engineers[key[0]]
        shifts = tuple(replace(s, resume=resume) if s.id == key[1] else s for s in engineer.shifts)
        self.engineers[engineer.id] = replace(engineer, shifts=shifts)

    def drop_hold(self, hold: Hold) -> None:
        """Forget an appointment: its ticket asks for what it asked for before, and leaves the plan if it came into it by the hold."""
        del self.holds[hold.id]
        ticket = replace(self.tickets[hold.ticket], windows=hold.windows, mandatory=hold.mandatory)
        self.put(ticket)
        if hold.until is not None and not hold.placed and ticket.status not in FIXED_STATUSES:
            self.take_out(ticket.id)

    def expire(self) -> None:
        """Let holds expire whose time is over; their tickets leave the plan again."""
        for hold in list(self.holds.values()):
            if hold.until is not None and hold.until <= self.now:
                self.drop_hold(hold)
                self.say("HOLD_EXPIRED", f"The slot held for ticket {hold.ticket} was not booked in time.", hold.ticket)

    # --------------------------------------------------------------- finishing

    def finish(self) -> Day:
        """Return the day: with references that exist, pins that can be kept, times worked out."""
        self._release_pins()
        before = self.day.problem
        engineers = _unless_same(tuple(self.engineers.values()), before.engineers)
        problem = replace(
            before,
            now=self.now,
            engineers=engineers,
            tickets=tuple(self.tickets.values()),
            customers=_unless_same(tuple(self.customers.values()), before.customers),
            previous=before.previous if engineers is before.engineers else _unless_same(tuple(self._previous()), before.previous),
        )
        matrix = travel.grown(self.day.matrix, problem, self._new_places())
        return settled(problem, self.orders, tuple(self.holds.values()), matrix, self.day.plan, self.day.kept)

    def _new_places(self) -> list[Place]:
        """Return the places that were not in the day."""
        known, engineers = self.day.ticket_of, {e.id: e for e in self.day.problem.engineers}
        found = [t.place for name, t in self.tickets.items() if known.get(name) is not t]
        for name, e in self.engineers.items():
            if engineers.get(name) is not e:
                found += [p for s in e.shifts for p in s.places]
        return found

    def _release_pins(self) -> None:
        """Release what cannot be kept of pins of work that has not begun: shifts that are gone, starts outside all shifts."""
        for t in list(self.tickets.values()):
            pin = t.pin
            if pin is None or t.status in FIXED_STATUSES:
                continue
            of = [(e, s) for e in self.engineers.values() for s in e.shifts if pin.engineer in (None, e.id) and pin.shift in (None, s.id)]
            kept: Pin | None = pin
            if pin.shift is not None and not of:
                kept = replace(pin, shift=None)
                of = [(e, s) for e in self.engineers.values() for s in e.shifts if pin.engineer in (None, e.id)]
            if kept is not None and kept.start is not None and not any(s.start <= kept.start <= s.overtime_until for _, s in of):
                kept = replace(kept, start=None)
            if kept != pin:
                kept = None if kept == Pin() else kept
                self.put(replace(t, pin=kept))
                if t.status != "cancelled":
                    self.say("PIN_RELEASED", f"The pin of ticket {t.id} is released: there is no such shift any more.", t.id)

    def _previous(self) -> list[Visit]:
        """Return what people were told; of a shift that is gone, under another one of the engineer."""
        found: list[Visit] = []
        there = {(e.id, s.id) for e in self.engineers.values() for s in e.shifts}
        for v in self.day.problem.previous:
            if (v.engineer, v.shift) not in there:
                shifts = self.engineers[v.engineer].shifts
                near = min(shifts, key=lambda s: (abs(s.start - v.start), s.id), default=None)
                if near is None:
                    continue
                v = replace(v, shift=near.id)
            found.append(v)
        return found
