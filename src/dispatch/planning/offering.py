"""Appointments: slots that can be promised, held for a while, and booked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dispatch.errors import InputError
from dispatch.model import FIXED_STATUSES, Ticket, Window
from dispatch.planning.change import ByRule
from dispatch.planning.choices import known
from dispatch.planning.day import Day, Hold, settled
from dispatch.planning.draft import Draft
from dispatch.planning.sound import sound_ticket
from dispatch.schema.codes import fault
from dispatch.schema.values import write_time


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
    slots: Iterable[Window] | None = None,
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
    base, name = _with_ticket(day, ticket)
    held = _hold_of(base, name)
    if held is not None:
        if held.until is None:
            raise InputError([fault("TICKET_BOOKED", "/ticket", f"An appointment of ticket {name!r} is booked.")])
        base = release(base, held.id)
    if slots is None:
        slots = _grid(base, width, horizon)
    found = [_offer(base, name, slot) for slot in slots if _wanted(base.ticket_of[name], slot)]
    return tuple(sorted((o for o in found if o is not None), key=lambda o: (o.cost, o.window.start))[:limit])


def _with_ticket(day: Day, ticket: str | Ticket) -> tuple[Day, str]:
    """Return a day that has a ticket, and its id; refuse one that nothing can be offered for."""
    if isinstance(ticket, Ticket):
        draft = Draft(day, day.problem.now)
        if ticket.id in day.ticket_of:
            message = f"There is a ticket {ticket.id!r} already."
            raise InputError([fault("DUPLICATE_ID", "/ticket/id", message, "Give its id alone, or give the new one an id of its own.")])
        draft.put(sound_ticket(draft, ticket))
        day, ticket = draft.finish(), ticket.id
    known(day, ticket)
    if day.ticket_of[ticket].status in FIXED_STATUSES:
        raise InputError([fault("TICKET_BEGUN", "/ticket", f"Work on ticket {ticket!r} has begun.")])
    return day, ticket


def _hold_of(day: Day, ticket: str) -> Hold | None:
    return next((h for h in day.holds if h.ticket == ticket), None)


def _grid(day: Day, width: int, horizon: int | None) -> Iterator[Window]:
    """Yield slots from now on, counted from midnight, in which some shift is on."""
    problem = day.problem
    shifts = [(s.start, s.overtime_until) for e in problem.engineers for s in e.shifts]
    last = max((end for _, end in shifts), default=problem.now)
    until = last if horizon is None else min(last, problem.now + horizon)
    midnight = datetime.fromtimestamp(problem.now, ZoneInfo(problem.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    first = int(midnight.timestamp())
    width = max(60, width)
    start = first + -(-(problem.now - first) // width) * width
    while start < until:
        if any(a < start + width and b > start for a, b in shifts):
            yield Window(start, start + width)
        start += width


def _wanted(ticket: Ticket, slot: Window) -> bool:
    """Whether a slot is inside a window the ticket asks for, if it asks for any, and takes in a start that is pinned."""
    pinned = ticket.pin is None or ticket.pin.start is None or slot.start <= ticket.pin.start <= slot.end
    return pinned and (not ticket.windows or any(w.start <= slot.start and slot.end <= w.end for w in ticket.windows))


def _offer(day: Day, name: str, slot: Window) -> Offer | None:
    """Return the cheapest way to begin a ticket in a slot, None if there is none."""
    from dispatch.explain.ranking import candidate_of
    from dispatch.explain.trials import Change, best

    trials = day.trials
    rest, row, at = trials.without(name), trials.rows[name], trials.at.get(name)
    freed = None if at is None else trials.weigh(Change({at: rest.order(at)}))[0]
    shifts = rest.may_have(row)
    pin = day.ticket_of[name].pin
    arrays = rest.arrays if pin is not None and pin.start is not None else rest.with_window(row, slot)
    ticket = replace(day.ticket_of[name], windows=(slot,))
    for _, shift, behind in best(rest.cheapest(row, shifts, arrays), shifts):
        order = rest.inserted(shift, behind, row)
        judged = rest.judge(Change({shift: order}, tickets=(ticket,)))
        if judged is not None:
            c = candidate_of(trials, name, shift, order, judged, freed)
            assert c.shift is not None
            assert c.position is not None
            assert c.start is not None
            cost = {rule: amount for rule, amount in (c.by_rule or {}).items() if amount}
            return Offer(name, slot, c.engineer, c.shift, c.position, c.start, cost, c.disturbs)
    return None


def hold(day: Day, ticket: str | Ticket, offer: Offer | Window, until: int) -> Day:
    """Keep an offered slot for a customer until a moment (Unix seconds); until then the ticket is in the plan, in that slot.

    Where the day has gone on since the offer, the slot is kept in the way that is cheapest now. A hold that the ticket had is given up. The
    id of the hold names ticket and slot.

    Raises
    ------
    InputError
        The slot cannot be kept any more (`OFFER_GONE`), or `until` is not after now.
    """
    slot = offer if isinstance(offer, Window) else offer.window
    day, name = _with_ticket(day, ticket)
    if until <= day.problem.now:
        raise InputError([fault("UNTIL_IN_PAST", "/until", "`until` is not after now.")])
    held = _hold_of(day, name)
    if held is not None:
        if held.until is None:
            raise InputError([fault("TICKET_BOOKED", "/ticket", f"An appointment of ticket {name!r} is booked.")])
        day = release(day, held.id)
    wanted = day.ticket_of[name]
    found = _offer(day, name, slot) if _wanted(wanted, slot) else None
    if found is None:
        raise InputError([fault("OFFER_GONE", "/offer", f"Ticket {name!r} cannot be begun in this slot.")])
    draft = Draft(day, day.problem.now)
    draft.take_out(name)
    draft.orders.setdefault((found.engineer, found.shift), []).insert(found.position - 1, name)
    draft.put(replace(wanted, windows=(slot,), mandatory=True))
    id_ = f"{name}/{write_time(slot.start, UTC)}"
    draft.holds[id_] = Hold(id_, name, slot, until, wanted.windows, wanted.mandatory, name in day.visits)
    return draft.finish()


def book(day: Day, hold_id: str) -> Day:
    """Book a held slot: it stays the ticket's window, which must be served, and every later plan keeps it.

    The customer has been told; so the slot, with its engineer, counts as told (`previous`) from now on.

    Raises
    ------
    InputError
        There is no such hold, or it has expired.
    """
    found = _known_hold(day, hold_id)
    visit = day.visits.get(found.ticket)
    told = {v.ticket: v for v in day.problem.previous} | ({} if visit is None else {visit.ticket: visit})
    holds = [replace(h, until=None) if h.id == hold_id else h for h in day.holds]
    return settled(replace(day.problem, previous=tuple(told.values())), day.orders, holds, day.matrix, day.plan)


def release(day: Day, hold_id: str) -> Day:
    """Give up a hold or a booking: the ticket asks for what it asked for before.

    A ticket that came into the plan by a hold leaves it; one whose appointment was booked keeps its place.

    Raises
    ------
    InputError
        There is no such hold.
    """
    draft = Draft(day, day.problem.now)
    draft.drop_hold(_known_hold(day, hold_id))
    return draft.finish()


def _known_hold(day: Day, hold_id: str) -> Hold:
    found = next((h for h in day.holds if h.id == hold_id), None)
    if found is None or (found.until is not None and found.until <= day.problem.now):
        raise InputError([fault("UNKNOWN_HOLD", "/hold", f"There is no hold {hold_id!r}, or it has expired.")])
    return found
