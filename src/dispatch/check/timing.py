"""Times one route, as ``docs/rules.md`` walks it. Nothing here is shared with the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dispatch.check.case import Case, known_start
from dispatch.check.driving import Leg
from dispatch.model import CHANGE_TOLERANCE, FIXED_STATUSES, Break, Engineer, Place, Rest, Shift, Stop, Ticket, Window, whole

FOREVER = 1 << 62
"""After any moment."""


@dataclass(frozen=True)
class Timed:
    """A route with its times, and what they were made from.

    Parameters
    ----------
    stops, tickets, metres
        One of each per stop: times (no cost yet), the ticket, the length of the leg there.
    begun
        How many of the first stops are history.
    free
        When the engineer sets out on what is still to be planned, at the earliest (Unix seconds).
    home_travel, home_metres
        The leg back.
    rests
        Breaks taken, with what was asked of them.
    until
        As long as `now` is not after this moment, and nothing else happens, all of this stays as it is.
    """

    case: Case
    engineer: Engineer
    shift: Shift
    tickets: tuple[Ticket, ...] = ()
    stops: tuple[Stop, ...] = ()
    metres: tuple[int, ...] = ()
    begun: int = 0
    free: int = 0
    departure: int = 0
    return_: int = 0
    home_travel: int = 0
    home_metres: int = 0
    rests: tuple[tuple[Break, Rest], ...] = ()
    until: int = FOREVER

    @property
    def travel(self) -> int:
        """Seconds driven, the return included."""
        return sum(s.travel for s in self.stops) + self.home_travel

    @property
    def service(self) -> int:
        """Seconds of service."""
        return sum(s.end - s.start for s in self.stops)

    @property
    def planned(self) -> tuple[tuple[Ticket, Stop], ...]:
        """What the hard rules judge: stops of tickets whose work has not begun."""
        return tuple((t, s) for t, s in zip(self.tickets, self.stops, strict=True) if t.status not in FIXED_STATUSES)


@dataclass(frozen=True)
class _Call:
    """A stop still to be timed: the leg there, the service, when it may begin."""

    ticket: Ticket
    leg: Leg
    service: int
    windows: tuple[Window, ...]


@dataclass(frozen=True)
class _Walk:
    """The outcome of one walk; `ahead` holds, per stop, the next break still to come after it, `home_travel` the seconds driven back."""

    stops: tuple[Stop, ...]
    ahead: tuple[Break | None, ...]
    rests: tuple[tuple[Break, Rest], ...]
    return_: int
    home_travel: int


class _Breaks:
    """The breaks of a shift, taken one after the other."""

    def __init__(self, breaks: Sequence[Break]) -> None:
        self.left = list(breaks)
        self.taken: list[tuple[Break, Rest]] = []

    @property
    def next(self) -> Break | None:
        return self.left[0] if self.left else None

    def take(self, begin: int) -> int:
        """Rest from `begin` on; return when the rest ends."""
        rest = self.left.pop(0)
        self.taken.append((rest, Rest(begin, begin + rest.duration)))
        return begin + rest.duration


def time_route(case: Case, engineer: Engineer, shift: Shift, tickets: Sequence[Ticket]) -> Timed:
    """Time the tickets in this order."""
    if not tickets:
        return Timed(case, engineer, shift)
    now = case.problem.now
    begun = _history_length(case, engineer, shift, tickets)
    settled = sum(t.status != "travelling" for t in tickets[:begun])
    origins = _origins(engineer, shift, tickets, settled)
    legs = [case.leg(place, t.place, region) for (place, region), t in zip(origins, tickets, strict=False)]
    past = _history(case, engineer, shift, tickets[:begun], legs, settled)
    known = past[-1].end if past else shift.start
    if shift.goes_on is not None and settled == begun:
        known = max(known, shift.goes_on.time)
    free = max(known, now)
    calls = _calls(engineer, tickets[begun:], legs[begun:])
    last, last_region = origins[-1]
    home = case.leg(last, shift.end_place, last_region)
    breaks = [b for b in shift.breaks if b.latest >= free]
    walk, departure = _walk(free, calls, home, breaks), free
    if past:
        departure = past[0].start - past[0].travel
    else:
        departure += sensible_delay(case, engineer, calls, walk, free, breaks)
        if departure > free:
            walk = _walk(departure, calls, home, breaks)
    stops = tuple(_with_lateness(case, stop) for stop in (*past, *walk.stops))
    return Timed(
        case,
        engineer,
        shift,
        tuple(tickets),
        stops,
        tuple(case.matrix.between(place, t.place)[1] for (place, _), t in zip(origins, tickets, strict=False)),
        begun,
        free if shift.resume is None else max(free, shift.resume.time),
        departure,
        walk.return_,
        walk.home_travel,
        case.matrix.between(last, shift.end_place)[1],
        walk.rests,
        min(_history_lasts(case, engineer, tickets[:begun], past), _lasts(case, shift, known, free, departure, bool(past))),
    )


def sensible_delay(case: Case, engineer: Engineer, calls: Sequence[_Call], walk: _Walk, departure: int, breaks: Sequence[Break]) -> int:
    """Return by how many seconds the departure is put off (``docs/rules.md``, latest sensible departure)."""
    paid = case.paid_rate(engineer)
    first = [rest.latest - departure for rest, _ in walk.rests[:1]]
    limits, by = [*first], list[int]()
    waited = answering = 0
    for call, stop, ahead in zip(calls, walk.stops, walk.ahead, strict=True):
        waited += stop.waiting
        answering += case.response_rate(call.ticket)
        if answering >= paid:
            break
        bearable = _bearable(case, call, stop, ahead)
        limits.append(waited + bearable)
        by.append(stop.start + bearable)
    # Beyond the waiting up to here, answering would cost more than the paid time saved, or the return would move.
    if case.hours is None or waited == 0:
        return max(0, min([*limits, waited]))
    last = max(k for k, stop in enumerate(walk.stops[: len(by) + 1]) if stop.waiting)
    by[last:] = [walk.stops[last].start]
    return _latest(calls[: last + 1], by, departure, min(first, default=by[-1] - departure), breaks)


def _latest(calls: Sequence[_Call], by: Sequence[int], departure: int, most: int, breaks: Sequence[Break]) -> int:
    """Return by how many seconds up to `most` one may leave later and begin every service by its moment."""
    low, high = 0, max(0, min(most, by[-1] - departure)) + 1
    anywhere = Leg(None, None, ())
    while high - low > 1:
        middle = (low + high) // 2
        starts = [stop.start for stop in _walk(departure + middle, calls, anywhere, breaks).stops]
        low, high = (middle, high) if all(a <= b for a, b in zip(starts, by, strict=True)) else (low, middle)
    return low


def _bearable(case: Case, call: _Call, stop: Stop, ahead: Break | None) -> int:
    """Return how many seconds later this service may begin with nothing else about it changed."""
    limits = []
    if call.windows:
        limits.append(next((w.end for w in call.windows if w.start <= stop.start <= w.end), stop.start) - stop.start)
    respond_by = case.promised[call.ticket.id].respond_by
    if respond_by is not None and case.lateness_rate(call.ticket) > 0:
        limits.append(respond_by - stop.start)
    before = case.previous.get(call.ticket.id)
    if before is not None and case.rates["change"] > 0 and abs(stop.start - before.start) <= CHANGE_TOLERANCE:
        limits.append(before.start + CHANGE_TOLERANCE - stop.start)
    if ahead is not None:
        limits += [ahead.latest - stop.end, ahead.earliest - 1 - stop.start]
    return max(0, min(limits, default=stop.end + 10**9))


def _origins(engineer: Engineer, shift: Shift, tickets: Sequence[Ticket], settled: int) -> list[tuple[Place | None, str | None]]:
    """Return the place and the region in which each leg begins, the return last.

    Behind the `settled` tickets the engineer may have been seen elsewhere.
    """
    origins = [(shift.start_place, engineer.region), *((t.place, t.region) for t in tickets)]
    if shift.goes_on is not None and shift.goes_on.place is not None:
        origins[settled] = (shift.goes_on.place, engineer.region)
    return origins


def _calls(engineer: Engineer, tickets: Sequence[Ticket], legs: Sequence[Leg]) -> list[_Call]:
    calls = []
    for t, leg in zip(tickets, legs, strict=True):
        pinned = t.pin.start if t.pin is not None else None
        windows = t.windows if pinned is None else (Window(pinned, pinned),)
        calls.append(_Call(t, leg, whole(t.service * engineer.service_factor), windows))
    return calls


# ------------------------------------------------------------------- the walk


def _walk(t: int, calls: Sequence[_Call], home: Leg, open_breaks: Sequence[Break]) -> _Walk:
    """Leave at `t`, serve the calls in order, drive back."""
    breaks = _Breaks(open_breaks)
    stops: list[Stop] = []
    ahead: list[Break | None] = []
    for call in calls:
        arrival, travel = _drive(t, call.leg, breaks)
        rested = len(breaks.taken)
        start = _at_the_door(arrival, call, breaks)
        resting = sum(rest.end - rest.start for _, rest in breaks.taken[rested:])
        t = start + call.service
        stops.append(Stop(call.ticket.id, arrival, start, t, travel, start - arrival - resting))
        ahead.append(breaks.next)
    back, travel = _return(t, home, breaks)
    return _Walk(tuple(stops), tuple(ahead), tuple(breaks.taken), back, travel)


def _drive(t: int, leg: Leg, breaks: _Breaks) -> tuple[int, int]:
    """Return the arrival and the seconds driven; a break that becomes due on the way pauses the drive."""
    arrival, driven = leg.arrival(t), 0
    while breaks.next is not None and max(t, breaks.next.earliest) < arrival:
        t, arrival, leg, seconds = _pause(t, leg, breaks)
        driven += seconds
    return arrival, driven + arrival - t


def _pause(t: int, leg: Leg, breaks: _Breaks) -> tuple[int, int, Leg, int]:
    """Take the next break on the way; return when the drive goes on, the arrival then, what is left, and the seconds driven before."""
    begin = max(t, breaks.left[0].earliest)
    leg = leg.after(t, begin)
    on = breaks.take(begin)
    return on, leg.arrival(on), leg, begin - t


def _at_the_door(at: int, call: _Call, breaks: _Breaks) -> int:
    """Return the start of service: breaks that are due, or would come too late after it, go first."""
    while True:
        start = _open_from(call.windows, at)
        rest = breaks.next
        if rest is None:
            return start
        begin = max(at, rest.earliest)
        if begin > start and rest.latest >= start + call.service:
            return start
        at = breaks.take(begin)


def _open_from(windows: Sequence[Window], at: int) -> int:
    """Return the first moment from `at` on in a window; `at` itself without windows, or after the last one."""
    return next((max(at, w.start) for w in windows if w.end >= at), at)


def _return(t: int, leg: Leg, breaks: _Breaks) -> tuple[int, int]:
    """Return the arrival at the end place and the seconds driven; breaks the engineer is home in time for are left out."""
    arrival, driven = leg.arrival(t), 0
    while breaks.next is not None and max(t, breaks.next.earliest) < arrival:
        if arrival <= breaks.next.latest:
            breaks.left.pop(0)
            continue
        t, arrival, leg, seconds = _pause(t, leg, breaks)
        driven += seconds
    return arrival, driven + arrival - t


# -------------------------------------------------------------------- history


def _history_length(case: Case, engineer: Engineer, shift: Shift, tickets: Sequence[Ticket]) -> int:
    """Return how many of the first tickets are the begun work of this shift, in its order."""
    expected = case.begun.get((engineer.id, shift.id), ())
    same = 0
    for name, ticket in zip(expected, tickets, strict=False):
        if name != ticket.id:
            break
        same += 1
    return same


def _history(case: Case, engineer: Engineer, shift: Shift, tickets: Sequence[Ticket], legs: Sequence[Leg], settled: int) -> list[Stop]:
    """Return the stops of begun work: nobody wrote down arrivals, so they count as the starts."""
    stops: list[Stop] = []
    free, now = shift.start, case.problem.now
    for k, (t, leg) in enumerate(zip(tickets, legs, strict=False)):
        if k == settled and shift.goes_on is not None:
            free = max(free, shift.goes_on.time)
        start = known_start(t)
        if start is None:
            arrival = leg.arrival(free)
            start, travel = max(arrival, now), arrival - free
        else:
            travel = start - leg.departure(start)
        stated = t.actual.end if t.actual is not None else None
        free = start + whole(t.service * engineer.service_factor) if stated is None else stated
        if t.status == "on_site":
            free = max(free, now)
        elif t.status == "done" and stated is None:
            free = max(start, min(free, now))
        stops.append(Stop(t.id, start, start, free, travel))
    return stops


# ---------------------------------------------------------------- how long it holds


def _lasts(case: Case, shift: Shift, known: int, free: int, departure: int, past: bool) -> int:
    """Return until when what is still to be planned does not depend on `now`.

    Who need not leave yet leaves at the same moment, whenever one looks: putting the departure off uses up waiting and room for being
    late by as many seconds as there are left.
    """
    now = case.problem.now
    if known >= now:
        return known
    breaks = any(b.latest >= free for b in shift.breaks)
    if past or breaks or case.hours is not None or shift.resume is not None or free > shift.overtime_until:
        return now
    return min(departure, shift.overtime_until)


def _history_lasts(case: Case, engineer: Engineer, tickets: Sequence[Ticket], stops: Sequence[Stop]) -> int:
    """Return until when the times of begun work do not depend on `now`."""
    now, until = case.problem.now, FOREVER
    for t, stop in zip(tickets, stops, strict=True):
        stated = t.actual.end if t.actual is not None else None
        if known_start(t) is None:
            until = min(until, stop.start)
        if t.status == "on_site":
            until = min(until, stop.end)
        elif t.status == "done" and stated is None and stop.start + whole(t.service * engineer.service_factor) > now:
            until = min(until, stop.start)
    return max(until, now)


def _with_lateness(case: Case, stop: Stop) -> Stop:
    respond_by = case.promised[stop.ticket].respond_by
    return stop if respond_by is None or stop.start <= respond_by else replace(stop, lateness=stop.start - respond_by)
