"""A day as other engines can be given it: places, tickets and shifts in plain numbers.

What is priced is travel and tickets left out; what holds is skills at tiers, one window per ticket, the hours of a shift, and
what a shift carries. A problem that asks for more is refused: an engine that cannot be told a rule cannot be compared under it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from dispatch.model import MINUTE, Engineer, Place, Problem, Shift, Ticket, Weights, whole
from dispatch.policy import resolve
from dispatch.travel import TravelMatrix

PRICED = ("travel", "unassigned")
"""Rules with a cost that every engine can be told."""

SECOND = 1000
"""Cost units in a second of travel."""


class CannotExpressError(Exception):
    """The problem has rules or prices that other engines cannot be told."""


@dataclass(frozen=True)
class DayTicket:
    """A ticket in plain numbers.

    Parameters
    ----------
    place
        Row of `Day.seconds`.
    service
        Seconds on site.
    opens, closes
        Service begins between them, seconds from the beginning of the day.
    price
        Seconds of travel that leaving it out costs.
    levels
        What a shift must have, see `Day`.
    needs
        Per unit, in the order of `Day.units`.
    """

    id: str
    place: int
    service: int
    opens: int
    closes: int
    price: int
    levels: frozenset[int]
    needs: tuple[int, ...]


@dataclass(frozen=True)
class DayShift:
    """A shift in plain numbers: where it begins and ends (rows), its hours, what it has and carries."""

    engineer: str
    shift: str
    start: int
    end: int
    opens: int
    closes: int
    levels: frozenset[int]
    capacity: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Day:
    """A problem in plain numbers.

    Parameters
    ----------
    tickets
        Those that some shift has the skills and the hours for; no engine is bothered with the others.
    seconds
        Travel, shape (places, places), int64, row = from.
    places
        The row of each place.
    units
        What is carried.
    all_served
        Whether leaving a ticket out is no answer at all, whatever its price.

    Notes
    -----
    A level is a skill at a tier that some ticket asks for, as a number from 1; a shift has all those up to its engineer's tier.
    """

    problem: Problem
    matrix: TravelMatrix
    tickets: tuple[DayTicket, ...]
    shifts: tuple[DayShift, ...]
    seconds: npt.NDArray[np.int64]
    places: Mapping[Place, int]
    units: tuple[str, ...]
    all_served: bool = False

    def able(self) -> npt.NDArray[np.bool_]:
        """Return which ticket may go to which shift by its skills, shape (tickets, shifts)."""
        rows = [[t.levels <= s.levels for s in self.shifts] for t in self.tickets]
        return np.array(rows, np.bool_).reshape(len(self.tickets), len(self.shifts))

    def alike(self) -> list[list[int]]:
        """Return the shifts in groups that differ in nothing but the engineer."""
        groups: dict[DayShift, list[int]] = {}
        for k, s in enumerate(self.shifts):
            groups.setdefault(replace(s, engineer="", shift=""), []).append(k)
        return list(groups.values())


@dataclass(frozen=True)
class _Frame:
    """What the numbers of one problem count from: first and last moment, rows of places, levels of skills, units."""

    weights: Weights
    first: int
    last: int
    rows: Mapping[Place, int]
    levels: Mapping[tuple[str, int], int]
    units: tuple[str, ...]


def reduce(problem: Problem, matrix: TravelMatrix, all_served: bool = False) -> Day:
    """Return a problem in plain numbers.

    Raises
    ------
    CannotExpressError
        It asks for more than other engines can be told; every such thing is named.
    """
    weights = resolve(problem.policy)
    beyond = sorted({*_beyond(problem, weights)})
    if beyond:
        raise CannotExpressError(f"Other engines cannot be told all of {problem.name or 'this problem'}: {', '.join(beyond)}.")
    ends = (place for e in problem.engineers for s in e.shifts for place in (s.start_place, s.end_place) if place is not None)
    places = dict.fromkeys((*ends, *(t.place for t in problem.tickets)))
    used = sorted({matrix.rows[place] for place in places})
    row_of = {row: k for k, row in enumerate(used)}
    asked = sorted({(s.skill, s.tier) for t in problem.tickets for s in t.skills})
    frame = _Frame(
        weights,
        min((max(s.start, problem.now) for e in problem.engineers for s in e.shifts), default=problem.now),
        max((s.overtime_until for e in problem.engineers for s in e.shifts), default=problem.now),
        {place: row_of[matrix.rows[place]] for place in places},
        {skill: k + 1 for k, skill in enumerate(asked)},
        tuple(sorted({unit for t in problem.tickets for unit, need in t.needs.items() if need})),
    )
    tickets = tuple(_ticket(frame, t) for t in problem.tickets)
    shifts = tuple(_shift(frame, e, s, problem.now) for e in problem.engineers for s in e.shifts)
    seconds = matrix.seconds[np.ix_(used, used)].astype(np.int64)
    day = Day(problem, matrix, tickets, shifts, seconds, frame.rows, frame.units, all_served)
    able = day.able()
    return replace(day, tickets=tuple(t for k, t in enumerate(tickets) if able[k].any() and t.opens <= t.closes))


def _ticket(frame: _Frame, t: Ticket) -> DayTicket:
    opens, closes = (t.windows[0].start, t.windows[0].end) if t.windows else (frame.first, frame.last)
    price = frame.weights.unassigned[t.priority - 1] if t.unassigned_cost is None else t.unassigned_cost
    return DayTicket(
        t.id,
        frame.rows[t.place],
        t.service,
        max(opens, frame.first) - frame.first,
        min(closes, frame.last) - frame.first,
        round(whole(MINUTE * price) / SECOND),
        frozenset(frame.levels[s.skill, s.tier] for s in t.skills),
        tuple(t.needs.get(unit, 0) for unit in frame.units),
    )


def _shift(frame: _Frame, e: Engineer, s: Shift, now: int) -> DayShift:
    assert s.start_place is not None  # else it was refused
    assert s.end_place is not None
    tier_of = {h.skill: h.tier for h in e.skills}
    return DayShift(
        e.id,
        s.id,
        frame.rows[s.start_place],
        frame.rows[s.end_place],
        max(s.start, now) - frame.first,
        s.overtime_until - frame.first,
        frozenset(level for (skill, tier), level in frame.levels.items() if tier_of.get(skill, 0) >= tier),
        tuple(s.capacity.get(unit, 0) for unit in frame.units),
    )


def _beyond(problem: Problem, weights: Weights) -> Iterator[str]:
    """Yield what of a problem other engines cannot be told."""
    if weights.travel != 1:
        yield "a weight of travel other than 1"
    yield from (f"a price on {f.name}" for f in fields(weights) if f.name not in PRICED and np.any(getattr(weights, f.name)))
    for t in problem.tickets:
        yield from (what for what, there in _of_ticket(t).items() if there)
    for e in problem.engineers:
        if e.cost_per_hour or e.cost_per_km or e.cost_per_visit:
            yield "engineers with costs of their own"
        if e.service_factor != 1:
            yield "service factors"
        for s in e.shifts:
            yield from (what for what, there in _of_shift(s).items() if there)
    if any(c.dedicated_engineer for c in problem.customers):
        yield "dedicated engineers"


def _of_ticket(t: Ticket) -> dict[str, bool]:
    return {
        "several windows for a ticket": len(t.windows) > 1,
        "pins": t.pin is not None,
        "work that has begun or is over": t.status not in ("open", "dispatched"),
        "engineers asked for or refused": bool(t.engineers.must or t.engineers.never),
        "mandatory tickets": t.mandatory,
    }


def _of_shift(s: Shift) -> dict[str, bool]:
    return {
        "breaks": bool(s.breaks),
        "limits on stops or travel": s.max_stops is not None or s.max_travel is not None,
        "shifts from or to anywhere": s.start_place is None or s.end_place is None,
    }
