"""A dispatcher's desk that is planned anew at every event, in milliseconds: the same rules, prices and search, on tables that are kept.

`plan` reads a whole problem; a day that is simulated has hundreds of events, and between two of them only a ticket or a shift differs. The
desk keeps the rows, and the plan in force, and a replan begins with it. `Desk.problem` and `Desk.plan` are what `dispatch.check` judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from dispatch.model import (
    MINUTE,
    Actual,
    Break,
    Engineer,
    Pin,
    Place,
    Plan,
    Problem,
    Route,
    Shift,
    Stop,
    Ticket,
    Unassigned,
    Visit,
    covered_regions,
)
from dispatch.solver import light
from dispatch.solver.arrays import (
    BASE_COST,
    BASE_SERVICE,
    BASE_TRAVEL,
    BEGUN,
    ENGINEER,
    FIXED,
    FOREVER,
    FROM,
    KM_RATE,
    LATE_RATE,
    LIMIT,
    MAX_STOPS,
    NONE,
    PACE,
    PLACE,
    PREVIOUS_ENGINEER,
    PREVIOUS_START,
    PRICE,
    READY,
    RESPOND_BY,
    RESPONSE_RATE,
    SHIFT_COLUMNS,
    TICKET_COLUMNS,
    TO,
    IntArray,
)
from dispatch.solver.state import COST, empty

if TYPE_CHECKING:
    from dispatch.travel import TravelMatrix

__all__ = ["DISPATCHING", "Desk", "Dispatching", "Duty"]

Dispatching = Literal["replan", "insert-only", "nearest-able"]
"""How a desk decides: search anew at every event; put in what is new and move single stops to who is free; send the nearest who is free."""
DISPATCHING: tuple[Dispatching, ...] = get_args(Dispatching)

MOST_OPEN = 400
"""Open tickets that are looked at: with more, a crew is days behind, and the least urgent wait unseen until there is room."""
EARLY = 15 * 60
"""Seconds that somebody who is sent by `nearest-able` waits at the door at the most."""


@dataclass(slots=True, eq=False)
class _Begun:
    """Work under way: expected start and end, seconds driven there, what it costs whenever it starts, and the prices of starting late."""

    ticket: Ticket
    start: int
    end: int
    seconds: int
    cost: int
    prices: tuple[int, int, int, int]

    def price(self, now: int) -> int:
        """Return what it costs, seen from `now`: minutes already gone count as late, but not as an answer that could come sooner."""
        respond_by, late_rate, opened, response_rate = self.prices
        late, answer = self.start - respond_by, self.start - max(opened, now)
        return self.cost + (late * late_rate if late > 0 else 0) + (answer * response_rate if answer > 0 else 0)


@dataclass(slots=True, eq=False)
class Duty:
    """A shift on the desk.

    Parameters
    ----------
    breaks
        Those still to be had.
    resting_until
        End of a break under way (Unix seconds), 0 for none.
    stops
        Tickets to come, in order.
    leave
        When the engineer sets out for the first of them (Unix seconds).
    place
        Where the engineer is or is being driven to by begun work; None before the first.
    free
        When begun work is expected to end (Unix seconds), 0 before the first.
    done
        Cost, travel and service of work that is over, in the units of the search; the stop under way is in `under_way`.
    """

    engineer: Engineer
    shift: Shift
    slot: int
    breaks: list[Break]
    resting_until: int = 0
    stops: list[str] = field(default_factory=list)
    leave: int = FOREVER
    place: Place | None = None
    free: int = 0
    begun: int = NONE
    number: int = 0
    done: tuple[int, int, int] = (0, 0, 0)
    carried: dict[str, int] = field(default_factory=dict)
    under_way: _Begun | None = None
    told: list[tuple[Ticket, int, int]] = field(default_factory=list)


class Desk:
    """The plan in force, and what is needed to plan it anew.

    Parameters
    ----------
    problem
        Engineers, regions, customers, service levels, policy and travel. Its tickets and shifts are not read.
    dispatching
        How to decide.
    iterations
        Of the search, at every event.
    seed
        Of the random numbers.
    units
        Units of capacity that tickets may need.
    spans
        Most windows of a ticket, and most breaks of a shift.
    remember
        Keep begun stops, so that `problem` can be asked for.
    """

    def __init__(
        self, problem: Problem, dispatching: Dispatching = "replan", iterations: int = 100, seed: int = 0,
        units: tuple[str, ...] = (), spans: int = 8, remember: bool = False,
    ) -> None:  # fmt: skip
        self.dispatching, self.iterations, self.seed, self.remember = dispatching, iterations, seed, remember
        self.board = light.Board(problem, units, spans)
        self.tickets: dict[str, tuple[Ticket, int]] = {}
        self.waiting: dict[str, Ticket] = {}
        self.duties: dict[tuple[str, str], Duty] = {}
        self.tiers = [{k.skill: k.tier for k in e.skills} for e in problem.engineers]
        self.previous: tuple[Visit, ...] = ()
        self.prices: dict[str, float] = {}
        self.regions = covered_regions(problem)
        self.replans = 0
        self.cost = 0

    # ------------------------------------------------------------ what happens

    def open(self, ticket: Ticket) -> None:
        """Put a ticket on the desk, or let it be other than it was."""
        if ticket.id in self.tickets:
            row = self.tickets[ticket.id][1]
            self.board.change_ticket(row, ticket)
            self.tickets[ticket.id] = (ticket, row)
        else:
            self.waiting[ticket.id] = ticket

    def withdraw(self, ticket: str) -> None:
        """Take a ticket off the desk."""
        if self.waiting.pop(ticket, None) is not None:
            return
        given, row = self.tickets.pop(ticket)
        self.board.drop_ticket(row, given.place)
        for duty in self.duties.values():
            if ticket in duty.stops:
                duty.stops.remove(ticket)

    def begin_shift(self, engineer: Engineer, shift: Shift) -> Duty:
        """Let a shift be planned from now on."""
        duty = Duty(engineer, shift, self.board.add_shift(engineer, shift), list(shift.breaks))
        self.duties[engineer.id, shift.id] = duty
        return duty

    def end_shift(self, duty: Duty) -> None:
        """Take a shift off the desk; what was still planned for it is nobody's."""
        del self.duties[duty.engineer.id, duty.shift.id]
        self.board.free_shifts.give(duty.slot)
        for place in (duty.place, duty.shift.start_place, duty.shift.end_place):
            if place is not None:
                self.board.ground.let_go(place)

    def begin(self, duty: Duty, ticket: str, start: int, end: int) -> None:
        """Let an engineer set out for the ticket: it is nobody else's from now on.

        Parameters
        ----------
        start, end
            When service is expected to begin and to end (Unix seconds).
        """
        given, row = self.tickets[ticket]
        self._close(duty)
        ground, shift = self.board.ground, self.board.shift[duty.slot]
        seconds, metres = self.leg(duty, given)
        cost = 1000 * seconds + metres * int(shift[KM_RATE]) // 1000 + int(self.board.cost[row, shift[ENGINEER]])
        ground.hold(given.place)
        if duty.place is not None:
            ground.let_go(duty.place)
        duty.place = given.place
        for unit, amount in given.needs.items():
            duty.carried[unit] = duty.carried.get(unit, 0) + amount
        if duty.begun == NONE:
            duty.begun, cost = start - seconds, cost + int(shift[FIXED])
        duty.number += 1
        values = self.board.ticket[row]
        prices = (int(values[RESPOND_BY]), int(values[LATE_RATE]), int(self.board.opened[row]), int(values[RESPONSE_RATE]))
        duty.under_way = _Begun(given, start, end, seconds, cost, prices)
        self.withdraw(ticket)
        self.expect(duty, start, end)

    def expect(self, duty: Duty, start: int, end: int) -> None:
        """Say anew when the work under way begins and ends."""
        work = duty.under_way
        if work is not None:
            work.start, work.end, duty.free = start, end, end
            if duty.number == 1:
                duty.begun = start - work.seconds

    def finish(self, duty: Duty, start: int, end: int) -> None:
        """Let the work under way be over."""
        self.expect(duty, start, end)
        self._close(duty)

    def _close(self, duty: Duty) -> None:
        work = duty.under_way
        if work is not None:
            cost, travel, service = duty.done
            duty.done = (cost + work.price(work.start), travel + work.seconds, service + work.end - work.start)
            duty.under_way = None
            if self.remember:
                self.board.ground.hold(work.ticket.place)
                duty.told.append((work.ticket, work.start, work.end))

    # ------------------------------------------------------------- what is where

    def leg(self, duty: Duty, ticket: Ticket) -> tuple[int, int]:
        """Return seconds and metres from where an engineer is to a ticket."""
        return self._between(duty.shift.start_place if duty.place is None else duty.place, ticket.place)

    def way_home(self, duty: Duty) -> tuple[int, int]:
        """Return seconds and metres from where an engineer is to the end of the shift; nothing for one who has not left."""
        return (0, 0) if duty.place is None else self._between(duty.place, duty.shift.end_place)

    def covered(self, region: str | None) -> frozenset[str]:
        """Return a region and everything below it."""
        return frozenset() if region is None else self.regions.get(region, frozenset((region,)))

    def _between(self, start: Place | None, end: Place | None) -> tuple[int, int]:
        if start is None or end is None:
            return 0, 0
        ground = self.board.ground
        a, b = ground.rows[start], ground.rows[end]
        return int(ground.seconds[a, b]), int(ground.metres[a, b])

    # ---------------------------------------------------------------- planning

    def replan(self, now: int) -> None:
        """Plan anew: afterwards every duty has its `stops`, and says when it is to `leave` for the first."""
        self.replans += 1
        duties = list(self.duties.values())
        if self.waiting:
            self._admit(duties)
        for duty in duties:
            self._fold(duty, now)
        if self.dispatching == "nearest-able":
            self._send_nearest(duties, now)
        else:
            self._search(duties, now)

    def _admit(self, duties: list[Duty]) -> None:
        """Take up what has come in; where that is too much to look at, what is planned, and of the rest the most urgent and oldest."""
        if len(self.tickets) + len(self.waiting) > MOST_OPEN:
            planned = {t for d in duties for t in d.stops}
            known = [*(t for t, _ in self.tickets.values()), *self.waiting.values()]
            others = [t for t in known if t.id not in planned]
            room = max(0, MOST_OPEN - len(planned))
            chosen = {t.id for t in nsmallest(room, others, key=lambda t: (not self._able(t), t.priority, t.opened_at or 0, t.id))}
            for ticket, row in [entry for name, entry in self.tickets.items() if name not in planned and name not in chosen]:
                del self.tickets[ticket.id]
                self.board.drop_ticket(row, ticket.place)
                self.waiting[ticket.id] = ticket
        else:
            chosen = set(self.waiting)
        for ticket in [t for name, t in self.waiting.items() if name in chosen]:
            del self.waiting[ticket.id]
            self.tickets[ticket.id] = (ticket, self.board.add_ticket(ticket))

    def _able(self, ticket: Ticket) -> bool:
        """Whether anybody has the skills."""
        return any(all(tiers.get(k.skill, 0) >= k.tier for k in ticket.skills) for tiers in self.tiers)

    def _fold(self, duty: Duty, now: int) -> None:
        """Write what changes in the row of a shift between two events."""
        row, board = self.board.shift[duty.slot], self.board
        cost, travel, service = duty.done
        work = duty.under_way
        if work is not None:
            cost, travel, service = cost + work.price(now), travel + work.seconds, service + work.end - work.start
        row[BEGUN], row[BASE_COST], row[BASE_TRAVEL], row[BASE_SERVICE] = duty.begun, cost, travel, service
        row[READY] = max(duty.free if duty.number else duty.shift.start, now)
        if duty.place is not None:
            row[FROM] = board.ground.rows[duty.place]
        most = duty.shift.max_stops
        left = FOREVER if most is None else most - duty.number
        row[MAX_STOPS] = max(0, left) if row[READY] <= row[LIMIT] else 0
        for k, unit in enumerate(board.units):
            row[SHIFT_COLUMNS + k] = duty.shift.capacity.get(unit, 0) - duty.carried.get(unit, 0)
        board.write_rests(duty.slot, [(b.earliest, b.latest, b.duration) for b in self._breaks(duty, now)])

    def _breaks(self, duty: Duty, now: int) -> list[Break]:
        """Return the breaks still ahead; one under way lasts from now to its end."""
        free = max(duty.free if duty.number else duty.shift.start, now)
        ahead = [b for b in duty.breaks if b.latest >= free]
        return [Break(now, now, duty.resting_until - now), *ahead] if duty.resting_until > now else ahead

    def _search(self, duties: list[Duty], now: int) -> None:
        names = list(self.tickets)
        rows = np.fromiter((row for _, row in self.tickets.values()), np.int64, len(names))
        slots = np.fromiter((d.slot for d in duties), np.int64, len(duties))
        n, m = len(rows), len(slots)
        if not n or not m:
            for duty in duties:
                duty.stops, duty.leave = [], FOREVER
            return
        arrays = self.board.arrays(rows, slots, now)
        guide = light.guide_of(arrays, self.board.order[rows], self.board.ground.inward)
        state = empty(arrays, self.seed + self.replans)
        width = state.routes.shape[1]
        plan, lengths = np.full((m, width), NONE, np.int64), np.zeros(m, np.int64)
        at = {name: i for i, name in enumerate(names)}
        for s, duty in enumerate(duties):
            kept = [at[t] for t in duty.stops][:width]
            lengths[s] = len(kept)
            plan[s, : len(kept)] = kept
        told = np.full((n + m, 2), NONE, np.int64)
        light.search(
            arrays, guide, state, plan, lengths, told, np.empty(light.NEIGHBOURS, np.int64), np.empty(guide.near.shape[1], np.int64),
            np.empty((width, 5), np.int64), np.empty((self.board.spans, 2), np.int64),
            self.iterations if self.dispatching == "replan" else 0, self.dispatching == "insert-only",
        )  # fmt: skip
        self.cost = int(state.number[COST])
        leave = told[n:, 0].tolist()
        for s, (duty, row, length) in enumerate(zip(duties, plan.tolist(), lengths.tolist(), strict=True)):
            duty.stops, duty.leave = [names[i] for i in row[:length]], leave[s]
        if self.remember:
            self.previous = tuple(self._visits(names, rows))
            self.prices = dict(zip(names, (arrays.ticket[:, PRICE] / MINUTE).tolist(), strict=True))
        if self.board.weights.change:
            self.board.ticket[rows, PREVIOUS_ENGINEER] = told[:n, 0]
            self.board.ticket[rows, PREVIOUS_START] = told[:n, 1]

    def _visits(self, names: list[str], rows: IntArray) -> Iterator[Visit]:
        """Yield where tickets were before they were planned anew."""
        engineers = self.board.problem.engineers
        for name, (engineer, start) in zip(names, self.board.ticket[rows][:, [PREVIOUS_ENGINEER, PREVIOUS_START]].tolist(), strict=True):
            if engineer != NONE:
                yield Visit(name, engineers[engineer].id, "", start)

    def _send_nearest(self, duties: list[Duty], now: int) -> None:
        """Give waiting tickets, most urgent and oldest first, to the nearest engineer who is able and has nothing to do."""
        idle = [d for d in duties if d.under_way is None and d.shift.start <= now and d.resting_until <= now]
        for duty in duties:
            duty.stops, duty.leave = [], FOREVER
        for name, (ticket, row) in sorted(
            self.tickets.items(), key=lambda entry: (entry[1][0].priority, entry[1][0].opened_at or 0, entry[0])
        ):
            if not idle:
                return
            best = min(((far, k) for k, d in enumerate(idle) if (far := self._reach(d, ticket, row, now)) is not None), default=None)
            if best is not None:
                duty = idle.pop(best[1])
                duty.stops, duty.leave = [name], now

    def _reach(self, duty: Duty, ticket: Ticket, row: int, now: int) -> int | None:
        """Return the seconds to a ticket that the engineer may do now and be back in time, else None."""
        shift, board, ground = self.board.shift[duty.slot], self.board, self.board.ground
        values, units = board.ticket[row], len(board.units)
        if board.cost[row, shift[ENGINEER]] == NONE or shift[MAX_STOPS] <= 0:
            return None
        if units and (values[-units:] > shift[-units:]).any():
            return None
        there = int(values[PLACE])
        out = int(ground.seconds[shift[FROM], there]) if shift[FROM] >= 0 else 0
        home = int(ground.seconds[there, shift[TO]]) if shift[TO] >= 0 else 0
        start = now + out
        if ticket.windows:
            opens = next((max(start, w.start) for w in ticket.windows if w.end >= start), None)
            if opens is None or opens - start > EARLY:
                return None
            start = opens
        return out if start + int(values[TICKET_COLUMNS + shift[PACE]]) + home <= shift[LIMIT] else None

    # ----------------------------------------------------------------- judging

    def problem(self, now: int) -> Problem:
        """Return the day as it stands, for `dispatch.check`: begun work as history, breaks and capacity still to be had."""
        engineers: dict[str, tuple[Engineer, list[Shift]]] = {e.id: (e, []) for e in self.board.problem.engineers}
        tickets = [replace(t, unassigned_cost=self.prices.get(t.id)) for t, _ in self.tickets.values()]
        for (name, _), duty in self.duties.items():
            engineers[name][1].append(replace(duty.shift, breaks=tuple(self._breaks(duty, now))))
            pin = Pin(name, duty.shift.id)
            for ticket, start, end in duty.told:
                tickets.append(replace(ticket, id=f"{ticket.id}/{start}", status="done", pin=pin, actual=Actual(start, end)))
            work = duty.under_way
            if work is not None:
                actual = Actual(work.start, work.end)
                tickets.append(replace(work.ticket, id=f"{work.ticket.id}/{work.start}", status="on_site", pin=pin, actual=actual))
        return replace(
            self.board.problem,
            engineers=tuple(replace(e, shifts=tuple(s)) for e, s in engineers.values()),
            tickets=tuple(tickets),
            now=now,
            previous=self.previous,
        )

    def plan(self) -> Plan:
        """Return the plan in force, begun stops first."""
        routes = []
        for (name, shift), duty in self.duties.items():
            begun = [(t, s) for t, s, _ in duty.told] + (
                [(duty.under_way.ticket, duty.under_way.start)] if duty.under_way is not None else []
            )
            stops = [Stop(f"{t.id}/{s}") for t, s in begun] + [Stop(t) for t in duty.stops]
            if stops:
                routes.append(Route(name, shift, tuple(stops)))
        placed = {t for d in self.duties.values() for t in d.stops}
        return Plan(tuple(routes), tuple(Unassigned(t) for t in self.tickets if t not in placed))

    def matrix(self) -> TravelMatrix:
        """Return the travel that the plan in force was made with."""
        return self.board.ground.matrix()
