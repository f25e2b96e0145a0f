"""Replanning in milliseconds: tables kept from one event to the next, and a short compiled search that begins with the plan in force.

The rows are those of `arrays`, the prices those of `timing`; only rows that an event changes are written anew. Travel between the places
in use is kept in slots of one matrix: a new place fills a row and a column, and gives its slot back when nobody needs it.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dispatch.model import CrowTravel, Engineer, MatrixTravel, Place, Problem, Shift, Ticket, Weights, promises, whole
from dispatch.policy import resolve
from dispatch.solver.arrays import (
    BEGUN,
    CHANGE_RATE,
    END,
    ENGINEER,
    FIXED,
    FOREVER,
    FROM,
    INFEASIBLE,
    KM_RATE,
    LATE_RATE,
    LIMIT,
    MAX_STOPS,
    MAX_TRAVEL,
    NONE,
    OVERTIME_RATE,
    PACE,
    PAID_RATE,
    PLACE,
    PRICE,
    READY,
    RESPOND_BY,
    RESPONSE_FROM,
    REST_END,
    REST_FIRST,
    SHIFT_COLUMNS,
    TICKET_COLUMNS,
    TO,
    WINDOW,
    WINDOW_END,
    WORKLOAD_RATE,
    Arrays,
    IntArray,
    stop_costs,
    ticket_rows,
)
from dispatch.solver.compiled import compiled
from dispatch.solver.guide import (
    CLOSING_ORDER,
    FAR_ORDER,
    ORDERS,
    PRICE_ORDER,
    SERVICE_ORDER,
    WIDTH_ORDER,
    Guide,
    IndexArray,
    may_serve,
    nearest_shifts,
    turned,
)
from dispatch.solver.search import WHATEVER, ZERO, fill, insert_best, refresh, run
from dispatch.solver.state import (
    BEST,
    COST,
    ITERATION,
    LENGTH,
    REMOVED_LIST,
    SHIFT,
    TOUCHED_LIST,
    State,
    keep,
    restore,
    settle,
    take_out,
)
from dispatch.solver.timing import BEARABLE, TICKET, WAITED, plain_shifts, timetable, walk
from dispatch.travel import TravelMatrix, crow

T = TypeVar("T", bound=np.generic)

NEIGHBOURS = 16
"""Nearest tickets looked at around each ticket: a plan in force needs small repairs only."""
HOT, COLD = 60_000.0, 3_000.0
"""First and last temperature, milliseconds of travel."""
SLOTS = 64
"""Rows that a table starts with; it doubles when they are used up."""


# ------------------------------------------------------------------- compiled


@compiled
def _neighbours(arrays: Arrays, neighbours: IndexArray, distance: IntArray) -> None:
    """Fill `neighbours` with each ticket and those nearest to it, there and back; `distance` is room as wide."""
    n, width = neighbours.shape
    for a in range(n):
        count, here = 0, arrays.ticket[a, PLACE]
        for b in range(n):
            there = arrays.ticket[b, PLACE]
            far = -1 if a == b else int(arrays.seconds[here, there]) + int(arrays.seconds[there, here])
            if count == width:
                if far >= distance[count - 1]:
                    continue
                count -= 1
            k = count
            while k > 0 and distance[k - 1] > far:
                distance[k], neighbours[a, k] = distance[k - 1], neighbours[a, k - 1]
                k -= 1
            distance[k], neighbours[a, k] = far, b
            count += 1


@compiled
def _holds(arrays: Arrays, state: State, shift: int, stops: int) -> bool:
    """Whether the first `stops` tickets of the trial route fit a shift."""
    units = arrays.shift.shape[1] - SHIFT_COLUMNS
    first_need = arrays.ticket.shape[1] - units
    trial = state.routes[state.routes.shape[0] - 1]
    for unit in range(units):
        left = arrays.shift[shift, SHIFT_COLUMNS + unit]
        for k in range(1, stops + 1):
            left -= arrays.ticket[trial[k, TICKET], first_need + unit]
        if left < 0:
            return False
    return bool(walk(arrays, shift, trial, stops) != INFEASIBLE)


@compiled
def take_over(arrays: Arrays, state: State, plan: IntArray, lengths: IntArray) -> None:
    """Put the plan in force into a search; a route that breaks a rule now loses stops, first to last, until it does not."""
    most, trial = state.routes.shape[1] - 3, state.routes.shape[0] - 1
    for s in range(lengths.shape[0]):
        n = 0
        for k in range(lengths[s]):
            if plan[s, k] != NONE and n < most and may_serve(arrays, s, plan[s, k]):
                n += 1
                state.routes[s, n, TICKET] = state.routes[trial, n, TICKET] = plan[s, k]
        if n > 0 and not _holds(arrays, state, s, n):
            stops, n = n, 0
            for k in range(1, stops + 1):
                state.routes[trial, n + 1, TICKET] = state.routes[s, k, TICKET]
                if _holds(arrays, state, s, n + 1):
                    n += 1
            for k in range(1, n + 1):
                state.routes[s, k, TICKET] = state.routes[trial, k, TICKET]
        state.shifts[s, LENGTH] = n
    settle(arrays, state)


@compiled
def relocate(arrays: Arrays, guide: Guide, state: State) -> None:
    """Move single stops to where they cost less, each looked at once, and take the result as the best."""
    for ticket in range(state.tickets.shape[0]):
        s = state.tickets[ticket, SHIFT]
        if s == NONE:
            continue
        state.number[ITERATION] += 1
        state.number[TOUCHED_LIST] = state.number[REMOVED_LIST] = 0
        before, at = state.number[COST], 1
        while state.routes[s, at, TICKET] != ticket:
            at += 1
        take_out(arrays, state, s, at, at, ZERO, ZERO)
        better = refresh(arrays, state)
        if better:
            insert_best(arrays, guide, state, ticket, WHATEVER, 0.0)
            better = state.number[COST] < before
        if better:
            keep(state)
        else:
            restore(state)
            state.number[COST] = before


@compiled
def _best_again(arrays: Arrays, state: State) -> None:
    """Go back to the best routes found."""
    if state.number[COST] == state.number[BEST]:
        return
    for s in range(state.shifts.shape[0]):
        n = state.best[s, 0]
        for k in range(1, n + 1):
            state.routes[s, k, TICKET] = state.best[s, k]
        state.shifts[s, LENGTH] = n
    settle(arrays, state)


@compiled
def _tell(
    arrays: Arrays,
    state: State,
    plan: IntArray,
    lengths: IntArray,
    leave: IntArray,
    starts: IntArray,
    times: IntArray,
    rests: IntArray,
) -> None:
    """Write out the routes: tickets, when each shift sets out for its first stop, and when each ticket starts with whom."""
    for s in range(lengths.shape[0]):
        n = state.shifts[s, LENGTH]
        lengths[s], leave[s] = n, FOREVER
        if n == 0:
            continue
        row, route = arrays.shift[s], state.routes[s]
        # Waiting at the door binds an engineer; leaving later by as much costs the same and does not.
        leave[s] = row[READY] + (route[n + 1, BEARABLE] if row[BEGUN] == NONE else route[1, WAITED])
        timetable(arrays, s, route, n, times[:n], rests[: row[REST_END] - row[REST_FIRST]])
        for k in range(n):
            ticket = route[k + 1, TICKET]
            plan[s, k], starts[ticket, 0], starts[ticket, 1] = ticket, row[ENGINEER], times[k, 1]


@compiled
def search(
    arrays: Arrays, guide: Guide, state: State, plan: IntArray, lengths: IntArray, told: IntArray, distance: IntArray, near: IntArray,
    times: IntArray, rests: IntArray, iterations: int, moving: bool,
) -> None:  # fmt: skip
    """Plan anew from the plan in force.

    Parameters
    ----------
    plan, lengths
        Read and written: tickets of each shift in order, and their number.
    told
        Written: per ticket the engineer and the start of service, then, in row n + s, when shift s sets out.
    distance, near, times, rests
        Room to work in.
    iterations
        Of ruin and recreate after new tickets were put in; 0 for none.
    moving
        Whether single stops are moved where that costs less.
    """
    _neighbours(arrays, guide.neighbours, distance)
    nearest_shifts(arrays, guide.near, guide.able, near)
    plain_shifts(arrays, guide.plain)
    take_over(arrays, state, plan, lengths)
    fill(arrays, guide, state)
    if moving:
        relocate(arrays, guide, state)
    if iterations > 0:
        run(arrays, guide, state, iterations, HOT, COLD, ZERO)  # room is for searches that have time for it
        _best_again(arrays, state)
    n = arrays.ticket.shape[0]
    _tell(arrays, state, plan, lengths, told[n:, 0], told[:n], times, rests)


# --------------------------------------------------------------------- tables


def _grown(table: npt.NDArray[T], rows: int) -> npt.NDArray[T]:
    bigger = np.zeros((rows, *table.shape[1:]), table.dtype)
    bigger[: len(table)] = table
    return bigger


class _Free:
    """Numbers of rows that are not in use, least first."""

    def __init__(self) -> None:
        self.unused: list[int] = []
        self.size = 0

    def take(self) -> int:
        if self.unused:
            return heapq.heappop(self.unused)
        self.size += 1
        return self.size - 1

    def give(self, row: int) -> None:
        heapq.heappush(self.unused, row)


class Ground:
    """Travel between the places in use; each has a slot, and gives it back when the last who named it has let go."""

    def __init__(self, problem: Problem) -> None:
        travel = problem.travel
        self.speed = (travel.speed_kmh, travel.detour) if isinstance(travel, CrowTravel) else None
        self.rows: dict[Place, int] = {}
        self.uses: dict[Place, int] = {}
        self.free = _Free()
        if isinstance(travel, MatrixTravel):
            self.seconds = np.array(travel.seconds, np.int32).reshape(len(travel.seconds), -1)
            self.metres = np.zeros_like(self.seconds) if travel.metres is None else np.array(travel.metres, np.int32)
            self._inward = turned(self.seconds)
        else:
            self.seconds, self.metres = np.zeros((SLOTS, SLOTS), np.int32), np.zeros((SLOTS, SLOTS), np.int32)
            self.points = np.zeros((SLOTS, 3))

    @property
    def inward(self) -> npt.NDArray[np.int32]:
        """Seconds by where a leg leads to."""
        return self.seconds if self.speed is not None else self._inward

    def hold(self, place: Place) -> int:
        """Return the row of a place, which stays its own until it was let go as often as it was held."""
        if self.speed is None:
            self.rows[place] = place.index or 0
            return self.rows[place]
        self.uses[place] = self.uses.get(place, 0) + 1
        if place not in self.rows:
            self.rows[place] = self._placed(place, self.speed)
        return self.rows[place]

    def let_go(self, place: Place) -> None:
        """Give up a place that was held."""
        if self.speed is None:
            return
        self.uses[place] -= 1
        if not self.uses[place]:
            del self.uses[place]
            self.free.give(self.rows.pop(place))

    def _placed(self, place: Place, speed: tuple[float, float]) -> int:
        row = self.free.take()
        if row == len(self.points):
            size = 2 * row
            self.points = _grown(self.points, size)
            for name in ("seconds", "metres"):
                table = np.zeros((size, size), np.int32)
                table[:row, :row] = getattr(self, name)
                setattr(self, name, table)
        lat, lon = math.radians(place.lat or 0.0), math.radians(place.lon or 0.0)
        self.points[row] = (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
        seconds, metres = crow.legs(self.points[row], self.points[: self.free.size], *speed)
        self.seconds[row, : self.free.size] = self.seconds[: self.free.size, row] = seconds
        self.metres[row, : self.free.size] = self.metres[: self.free.size, row] = metres
        self.seconds[row, row] = self.metres[row, row] = 0
        return row

    def matrix(self) -> TravelMatrix:
        """Return travel between all places in use."""
        return TravelMatrix(self.seconds, self.metres, dict(self.rows))


class Board:
    """Tickets and shifts as rows that are kept between events.

    Parameters
    ----------
    problem
        Engineers (in the order of their rows), regions, customers, service levels, policy and travel; its tickets and shifts are not read.
    units
        Units of capacity in use.
    spans
        Most windows of a ticket, and most breaks of a shift.
    """

    def __init__(self, problem: Problem, units: tuple[str, ...] = (), spans: int = 8) -> None:
        self.problem = replace(problem, tickets=(), previous=(), now=0)
        self.weights: Weights = resolve(problem.policy)
        self.ground = Ground(problem)
        self.units, self.spans = units, spans
        self.engineers = {e.id: i for i, e in enumerate(problem.engineers)}
        self.paces = sorted({1.0} | {e.service_factor for e in problem.engineers})
        self.homes = np.array(sorted({self.ground.hold(e.home) for e in problem.engineers if e.home is not None}), np.int64)
        self.ticket = np.zeros((SLOTS, TICKET_COLUMNS + len(self.paces) + len(units)), np.int64)
        self.shift = np.zeros((SLOTS, SHIFT_COLUMNS + len(units)), np.int64)
        self.cost = np.zeros((SLOTS, max(1, len(problem.engineers))), np.int64)
        self.order = np.zeros((SLOTS, ORDERS), np.int64)
        self.opened = np.zeros(SLOTS, np.int64)
        self.windows = np.zeros((SLOTS * spans, 3), np.int64)
        self.rests = np.zeros((SLOTS * spans, 3), np.int64)
        self.free_tickets, self.free_shifts = _Free(), _Free()
        self.days: dict[str, int] = {}

    # ---- tickets

    def add_ticket(self, ticket: Ticket) -> int:
        """Write the row of a ticket that is to be planned, and return it."""
        row = self.free_tickets.take()
        if row == len(self.ticket):
            self.ticket, self.cost, self.order = _grown(self.ticket, 2 * row), _grown(self.cost, 2 * row), _grown(self.order, 2 * row)
            self.opened, self.windows = _grown(self.opened, 2 * row), _grown(self.windows, 2 * row * self.spans)
        self.ground.hold(ticket.place)
        self._write(row, ticket)
        return row

    def change_ticket(self, row: int, ticket: Ticket) -> None:
        """Write the row of a ticket anew: same place, other words."""
        self._write(row, ticket)

    def _write(self, row: int, ticket: Ticket) -> None:
        problem = replace(self.problem, tickets=(ticket,))
        spans: list[tuple[int, int, int]] = []
        table = ticket_rows(problem, (ticket,), self.ground.rows, self.weights, promises(problem), self.engineers, self.days, spans)
        values = self.ticket[row]
        values[:TICKET_COLUMNS] = table[0]
        first = row * self.spans
        values[WINDOW], values[WINDOW_END] = first, first + len(spans)
        for k, span in enumerate(spans):
            self.windows[first + k] = span
        values[TICKET_COLUMNS:] = [whole(ticket.service * pace) for pace in self.paces] + [ticket.needs.get(u, 0) for u in self.units]
        costs, able = stop_costs(problem, problem.engineers, (ticket,), self.weights)
        if able.size:
            self.cost[row] = np.where(able[0], costs[0], NONE)
        self.opened[row] = 0 if ticket.opened_at is None else ticket.opened_at
        keys = self.order[row]
        keys[PRICE_ORDER], keys[SERVICE_ORDER] = -values[PRICE], -values[TICKET_COLUMNS]
        keys[CLOSING_ORDER] = spans[-1][1] if spans else FOREVER
        keys[WIDTH_ORDER] = sum(end - start for start, end, _ in spans) if spans else FOREVER
        keys[FAR_ORDER] = -int(self.ground.seconds[self.homes, values[PLACE]].min()) if len(self.homes) else 0

    def drop_ticket(self, row: int, place: Place) -> None:
        """Give back the row of a ticket."""
        self.free_tickets.give(row)
        self.ground.let_go(place)

    # ---- shifts

    def add_shift(self, engineer: Engineer, shift: Shift) -> int:
        """Write the row of a shift, nothing begun, and return it."""
        slot = self.free_shifts.take()
        if slot == len(self.shift):
            self.shift, self.rests = _grown(self.shift, 2 * slot), _grown(self.rests, 2 * slot * self.spans)
        row, w = self.shift[slot], self.weights
        row[:] = 0
        row[ENGINEER], row[PACE] = self.engineers[engineer.id], self.paces.index(engineer.service_factor)
        row[BEGUN], row[END], row[LIMIT] = NONE, shift.end, shift.overtime_until
        row[FROM] = NONE if shift.start_place is None else self.ground.hold(shift.start_place)
        row[TO] = NONE if shift.end_place is None else self.ground.hold(shift.end_place)
        row[PAID_RATE] = whole(1000 * w.paid_time) + whole(1000 * engineer.cost_per_hour / 60)
        row[KM_RATE] = whole(60_000 * w.distance) + whole(60_000 * engineer.cost_per_km)
        row[FIXED], row[OVERTIME_RATE] = whole(60_000 * w.fixed), whole(1000 * w.overtime)
        row[WORKLOAD_RATE], row[CHANGE_RATE] = whole(1000 * w.workload), whole(60_000 * w.change)
        row[MAX_STOPS] = FOREVER if shift.max_stops is None else shift.max_stops
        row[MAX_TRAVEL] = FOREVER if shift.max_travel is None else shift.max_travel
        row[SHIFT_COLUMNS:] = [shift.capacity.get(u, 0) for u in self.units]
        row[REST_FIRST] = row[REST_END] = slot * self.spans
        return slot

    def write_rests(self, slot: int, rests: list[tuple[int, int, int]]) -> None:
        """Write the breaks that a shift still has: earliest, latest, duration."""
        first = slot * self.spans
        for k, rest in enumerate(rests):
            self.rests[first + k] = rest
        self.shift[slot, REST_END] = first + len(rests)

    # ---- planning

    def arrays(self, tickets: IntArray, shifts: IntArray, now: int) -> Arrays:
        """Return the rows named, as every engine takes them.

        What is left out is served when these shifts are over at the earliest: that late it will be, and so much its price is higher.
        Without this, what is days late already would never be served, because being late would cost more than being left out.
        """
        ticket, shift = self.ticket[tickets], self.shift[shifts]
        ticket[:, RESPONSE_FROM] = np.maximum(self.opened[tickets], now)
        over = max(now, int(shift[:, LIMIT].max())) if len(shift) else now
        ticket[:, PRICE] += np.maximum(0, over - ticket[:, RESPOND_BY]) * ticket[:, LATE_RATE]
        held = len(self.windows)
        shift[:, REST_FIRST] += held
        shift[:, REST_END] += held
        span = np.concatenate((self.windows, self.rests))
        return Arrays(self.ground.seconds, self.ground.metres, ticket, shift, self.cost[tickets], span)


def guide_of(arrays: Arrays, order: IntArray, inward: npt.NDArray[np.int32]) -> Guide:
    """Return room for what the search knows of a day, but for `order` and `inward`; it is filled when the search begins."""
    n, m = len(arrays.ticket), len(arrays.shift)
    return Guide(
        np.empty((n, max(1, min(NEIGHBOURS, n))), np.int32),
        np.full((n, 1 + max(1, min(32, m))), NONE, np.int32),
        np.zeros((n, m), np.uint8),
        np.zeros(m, np.uint8),
        order,
        inward,
    )
