"""The limits a plan could be let over: each can be lifted in the arrays, written into the problem, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from dispatch.explain.codes import ReasonCode, WayKind
from dispatch.explain.words import Words, span
from dispatch.model import Break, Engineer, Pin, Route, Shift, Stop, Ticket, Window
from dispatch.solver.arrays import (
    FOREVER,
    LIMIT,
    MAX_STOPS,
    MAX_TRAVEL,
    REST_END,
    REST_FIRST,
    WINDOW,
    WINDOW_END,
    Arrays,
)

FORTNIGHT = 14 * 24 * 60
"""Minutes by which a limit is lifted at the most to prove that it binds."""


@dataclass(frozen=True)
class Draft:
    """A ticket and an engineer as they may come to be.

    Parameters
    ----------
    shift_id
        Of the engineer's shift that is to get the ticket.
    stops, needed
        How many stops the route would have, and what it would need of each unit.
    """

    ticket: Ticket
    engineer: Engineer
    shift_id: str
    stops: int
    needed: Mapping[str, int]

    @property
    def shift(self) -> Shift:
        """The shift that is to get the ticket."""
        return next(s for s in self.engineer.shifts if s.id == self.shift_id)

    def with_shift(self, **fields: Any) -> Draft:
        """Return the draft with other fields of that shift."""
        changed = replace(self.shift, **fields)
        shifts = tuple(changed if s.id == self.shift_id else s for s in self.engineer.shifts)
        return replace(self, engineer=replace(self.engineer, shifts=shifts))

    @property
    def pinned_start(self) -> int | None:
        """The start the ticket is pinned to, in place of its windows."""
        return None if self.ticket.pin is None else self.ticket.pin.start

    def pinned_again(self, before: Draft, start: int) -> Draft:
        """Return the draft with a start, where one was pinned before and has been loosened; else as it is."""
        pin = self.ticket.pin
        if before.pinned_start is None or pin is None or pin.start is not None:
            return self
        again = replace(self.ticket, pin=replace(pin, start=start), windows=before.ticket.windows)
        return replace(self, ticket=again)


@dataclass(frozen=True)
class Told:
    """What there is to tell about a limit let out by `amount`: the draft before and after, the stop and the route as they would be.

    `who` is the engineer as the subject of a sentence.
    """

    words: Words
    draft: Draft
    after: Draft
    amount: int
    who: str
    stop: Stop
    route: Route

    @property
    def name(self) -> str:
        """The engineer's name."""
        return self.words.name(self.draft.engineer.id)


@dataclass(frozen=True)
class Stretch:
    """A limit that can be let out.

    Parameters
    ----------
    most, sensible
        By how much at the most to prove that it binds, and to advise it: minutes, or 1.
    lift
        From arrays, a ticket row and an amount to arrays with the limit let out for that ticket or for every shift.
    edits
        From a draft and an amount to drafts with the limit let out, one for each window or break that could give way.
    tell
        The instruction and the reason, as sentences without a full stop.
    """

    kind: WayKind
    code: ReasonCode
    most: int
    sensible: int
    lift: Callable[[Arrays, int, int], Arrays]
    edits: Callable[[Draft, int], Iterator[Draft]]
    tell: Callable[[Told], tuple[str, str]]

    def code_for(self, ticket: Ticket) -> ReasonCode:
        """Return the reason code: a pinned start stands in place of the windows."""
        return "PINNED_START" if self.kind == "window" and ticket.pin is not None and ticket.pin.start is not None else self.code


def _shift_limit(column: int, unit: int) -> Callable[[Arrays, int, int], Arrays]:
    def lift(arrays: Arrays, _ticket: int, amount: int) -> Arrays:
        shift = arrays.shift.copy()
        shift[:, column] += unit * amount * (shift[:, column] < FOREVER)
        return arrays._replace(shift=shift)

    return lift


# ------------------------------------------------------------------- overtime


def _later_end(draft: Draft, amount: int) -> Iterator[Draft]:
    yield draft.with_shift(overtime_until=draft.shift.overtime_until + 60 * amount)


def _tell_overtime(it: Told) -> tuple[str, str]:
    limit, clock = it.draft.shift.overtime_until, it.words.clock
    longer = f"Let {it.name} work {span(60 * it.amount)} longer (until {clock(limit + 60 * it.amount)})"
    over = span(it.route.return_ - limit)
    return (
        longer,
        f"{it.who} would be back at {clock(it.route.return_, late=True)}, {over} after the latest end of the shift ({clock(limit)})",
    )


# --------------------------------------------------- travel, stops and capacity


def _more_travel(draft: Draft, amount: int) -> Iterator[Draft]:
    if draft.shift.max_travel is not None:
        yield draft.with_shift(max_travel=draft.shift.max_travel + 60 * amount)


def _tell_travel(it: Told) -> tuple[str, str]:
    limit, travel = it.draft.shift.max_travel or 0, it.route.travel
    allow = f"Allow {it.name} {span(60 * it.amount)} more travel ({span(limit + 60 * it.amount)} in all)"
    return allow, f"{it.who} would drive {span(travel)}, {span(travel - limit)} more than the shift allows ({span(limit)})"


def _one_more_stop(draft: Draft, _amount: int) -> Iterator[Draft]:
    if draft.shift.max_stops is not None:
        yield draft.with_shift(max_stops=draft.stops)


def _tell_stops(it: Told) -> tuple[str, str]:
    limit, stops = it.draft.shift.max_stops or 0, len(it.route.stops)
    return f"Allow {it.name} {stops} stops instead of {limit}", f"{it.who} would have {stops} stops, and the shift allows {limit}"


def _as_it_is(arrays: Arrays, _ticket: int, _amount: int) -> Arrays:
    """Lift nothing: trials do not look at capacity, shifts are chosen by it beforehand."""
    return arrays


def _short(draft: Draft) -> dict[str, int]:
    carried = draft.shift.capacity
    return {unit: need - carried.get(unit, 0) for unit, need in sorted(draft.needed.items()) if need > carried.get(unit, 0)}


def _more_load(draft: Draft, _amount: int) -> Iterator[Draft]:
    yield draft.with_shift(capacity={**draft.shift.capacity, **{unit: draft.needed[unit] for unit in _short(draft)}})


def _tell_load(it: Told) -> tuple[str, str]:
    short = _short(it.draft)
    load = " and ".join(f"{more} more {unit}" for unit, more in short.items())
    need = " and ".join(f"{it.draft.needed[unit]} {unit}, {more} more than the shift carries" for unit, more in short.items())
    return f"Load {load} for {it.name}", f"{it.who} would need {need}"


# --------------------------------------------------------------------- windows


def _windows(start: int, end: int) -> Callable[[Arrays, int, int], Arrays]:
    """Return what moves all starts and ends of a ticket's windows by so many seconds a minute."""

    def lift(arrays: Arrays, ticket: int, amount: int) -> Arrays:
        span = arrays.span.copy()
        first, last = arrays.ticket[ticket, WINDOW], arrays.ticket[ticket, WINDOW_END]
        span[first:last, 0] += start * amount
        span[first:last, 1] += end * amount
        return arrays._replace(span=span)

    return lift


def _wider(side: int) -> Callable[[Draft, int], Iterator[Draft]]:
    """Return what closes one of the windows later (side 1) or opens it earlier (-1), or loosens the pinned start to a window."""

    def edits(draft: Draft, amount: int) -> Iterator[Draft]:
        ticket, pin = draft.ticket, draft.ticket.pin
        if pin is not None and pin.start is not None:
            there = pin.start + 60 * side * amount
            loose = replace(ticket, pin=Pin(pin.engineer, pin.shift), windows=(Window(min(pin.start, there), max(pin.start, there)),))
            yield replace(draft, ticket=loose)
            return
        for i, w in enumerate(ticket.windows):
            wider = Window(w.start, w.end + 60 * amount) if side > 0 else Window(w.start - 60 * amount, w.end)
            yield replace(draft, ticket=replace(ticket, windows=(*ticket.windows[:i], wider, *ticket.windows[i + 1 :])))

    return edits


def _tell_window(it: Told) -> tuple[str, str]:
    clock, start, more = it.words.clock, it.stop.start, span(60 * it.amount)
    pinned = it.draft.pinned_start
    if pinned is not None:
        side, far = "later" if start > pinned else "earlier", span(abs(start - pinned))
        off = f"{far} {side} than the start it is pinned to ({clock(pinned)})"
        return f"Move the pinned start {far} {side} (to {clock(start)})", f"{it.who} could begin at {clock(start)}, {off}"
    window = min(it.draft.ticket.windows, key=lambda w: max(start - w.end, w.start - start))
    if start > window.end:
        there = f"{'reaches the site' if it.stop.arrival == start else 'could begin'} at {clock(start, late=True)}"
        late = f"{span(start - window.end)} after the window closes ({clock(window.end)})"
        return f"Keep the window open {more} longer (until {clock(window.end + 60 * it.amount)})", f"{it.who} {there}, {late}"
    early = f"{span(window.start - start)} before the window opens ({clock(window.start)})"
    opened = f"Open the window {more} earlier (from {clock(window.start - 60 * it.amount)})"
    return opened, f"{it.who} would have to begin by {clock(start)}, {early}"


# ---------------------------------------------------------------------- breaks


def _rests(earliest: int, latest: int) -> Callable[[Arrays, int, int], Arrays]:
    """Return what moves the bounds of every break by so many seconds a minute."""

    def lift(arrays: Arrays, _ticket: int, amount: int) -> Arrays:
        span = arrays.span.copy()
        first, last = arrays.shift[:, REST_FIRST].min(initial=len(span)), arrays.shift[:, REST_END].max(initial=0)  # one block
        span[first:last, 0] += earliest * amount
        span[first:last, 1] += latest * amount
        return arrays._replace(span=span)

    return lift


def _moved(side: int) -> Callable[[Draft, int], Iterator[Draft]]:
    """Return what lets one of the breaks begin later (side 1) or earlier (-1), inside the shift."""

    def edits(draft: Draft, amount: int) -> Iterator[Draft]:
        shift = draft.shift
        for i, b in enumerate(shift.breaks):
            moved = Break(b.earliest, b.latest + 60 * amount, b.duration) if side > 0 else replace(b, earliest=b.earliest - 60 * amount)
            breaks = (*shift.breaks[:i], moved, *shift.breaks[i + 1 :])
            inside = moved.earliest >= shift.start and moved.latest + moved.duration <= shift.overtime_until
            if inside and all(a.earliest <= b.earliest for a, b in pairwise(breaks)):
                yield draft.with_shift(breaks=breaks)

    return edits


def _tell_break(side: int) -> Callable[[Told], tuple[str, str]]:
    def tell(it: Told) -> tuple[str, str]:
        clock, more, way = it.words.clock, span(60 * it.amount), "later" if side > 0 else "earlier"
        rest = next(b for b, moved in zip(it.draft.shift.breaks, it.after.shift.breaks, strict=True) if b != moved)
        bound = f"by {clock(rest.latest + 60 * it.amount)}" if side > 0 else f"from {clock(rest.earliest - 60 * it.amount)}"
        fixed = clock(rest.earliest) if rest.earliest == rest.latest else f"{clock(rest.earliest)} to {clock(rest.latest)}"
        detail = f"{it.who} could begin at {clock(it.stop.start)} only with the break ({fixed}) {more} {way}"
        return f"Let the break of {it.name} begin {more} {way} ({bound})", detail

    return tell


HOUR, DAY = 60, 24 * 60

STRETCHES: tuple[Stretch, ...] = (
    Stretch("window", "WINDOW_UNREACHABLE", FORTNIGHT, DAY, _windows(0, 60), _wider(1), _tell_window),
    Stretch("window", "WINDOW_UNREACHABLE", FORTNIGHT, DAY, _windows(-60, 0), _wider(-1), _tell_window),
    Stretch("overtime", "OVERTIME_LIMIT", FORTNIGHT, 4 * HOUR, _shift_limit(LIMIT, 60), _later_end, _tell_overtime),
    Stretch("break", "BREAK", 2 * HOUR, 2 * HOUR, _rests(0, 60), _moved(1), _tell_break(1)),
    Stretch("break", "BREAK", 2 * HOUR, 2 * HOUR, _rests(-60, 0), _moved(-1), _tell_break(-1)),
    Stretch("travel", "MAX_TRAVEL", FORTNIGHT, 4 * HOUR, _shift_limit(MAX_TRAVEL, 60), _more_travel, _tell_travel),
    Stretch("stop", "MAX_STOPS", 1, 1, _shift_limit(MAX_STOPS, 1), _one_more_stop, _tell_stops),
    Stretch("capacity", "CAPACITY", 1, 1, _as_it_is, _more_load, _tell_load),
)
