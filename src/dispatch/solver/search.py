"""Ruin and recreate over compiled routes.

An iteration takes about ten tickets out of neighbouring routes and puts them back where they cost least; simulated annealing decides
whether to keep the result. It touches a handful of routes and restores only those, so what it costs does not grow with the day:
tickets know their neighbours, and are offered only to shifts that are near in place or already work nearby.

Ruins: adjacent strings (Christiaens, Vanden Berghe 2020, doi 10.1287/trsc.2019.0914), the tickets that hurt most where they are, and a
whole shift. Tickets left out cost their price, which is the bound an insertion has to beat.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch.solver.arrays import (
    DAY,
    ENGINEER,
    FOREVER,
    FROM,
    INFEASIBLE,
    KM_RATE,
    LIMIT,
    MAX_STOPS,
    NEEDS,
    NONE,
    ONLY_DAY,
    PACE,
    PLACE,
    PRICE,
    READY,
    SHIFT_COLUMNS,
    TICKET_COLUMNS,
    TO,
    WINDOW,
    WINDOW_END,
    Arrays,
    IntArray,
)
from dispatch.solver.compiled import compiled, inlined
from dispatch.solver.timing import AT, DRIVEN, FREE, LATEST, MARK_COLUMNS, SPENT, TICKET, fits, insertion, last_call, leg, walk

IndexArray = npt.NDArray[np.int32]

NEIGHBOURS = 40
"""Nearest tickets kept per ticket."""
NEAR_SHIFTS = 64
"""Nearest able shifts kept per ticket."""
NEAREST_SHIFTS = 8
"""Of those, the ones always tried where there are more than `ALL_SHIFTS`: work nearby shows which others pass by."""
ALL_SHIFTS = 24
"""So many able shifts are all tried, always."""
EMPTY_SHIFTS = 2
"""Of the farther ones, so many are tried that have no work yet."""

REMOVED, LONGEST_STRING = 10, 10
BLINK = 0.01

# Columns of `State.shifts`; behind them what is left of each unit.
LENGTH, TOUCHED_IN, ASKED_IN, DIFFERS, STATE_COLUMNS = range(5)
# Columns of `State.tickets`.
SHIFT, ABSENT_AT = range(2)
# Rows of `State.lists`, and the cells of `State.number` that hold their lengths.
REMOVED_LIST, ABSENT_LIST, TOUCHED_LIST, DIFFERING_LIST, LISTS = range(5)
# Further cells of `State.number`.
COST, BEST, ITERATION, QUERY, RANDOM, NUMBERS = range(LISTS, LISTS + 6)
# Columns of `Guide.order`.
PRICE_ORDER, WIDTH_ORDER, SERVICE_ORDER, CLOSING_ORDER, FAR_ORDER, ORDERS = range(6)


class Guide(NamedTuple):
    """What the search knows of a day before it starts.

    Parameters
    ----------
    neighbours
        Per ticket itself and the tickets nearest to it, nearest first.
    near
        Per ticket, in column 0 whether the list is complete, then the able shifts nearest to it, nearest first, `NONE` at the end.
    able
        Per ticket and shift, 1 where the shift could hold the ticket at all.
    order
        Per ticket the keys by which tickets are put back, smallest first.
    """

    neighbours: IndexArray
    near: IndexArray
    able: npt.NDArray[np.uint8]
    order: IntArray


class State(NamedTuple):
    """The search itself.

    Parameters
    ----------
    routes
        Marks of all routes (see `timing`) and, as the last, room to try one.
    best
        Tickets of the best routes found, their number in column 0.
    shifts, tickets
        Tables, columns as named above.
    saved, saved_shifts
        Routes and rows of `shifts` as they were before this iteration touched them.
    lists, number
        Lists of tickets and shifts; counters, costs and the random state.
    """

    routes: IntArray
    best: IntArray
    shifts: IntArray
    tickets: IntArray
    saved: IntArray
    saved_shifts: IntArray
    lists: IntArray
    number: IntArray


# ------------------------------------------------------------------ preparing


@compiled
def may_serve(arrays: Arrays, shift: int, ticket: int) -> bool:
    """Whether the shift could hold the ticket at all: able, on a day it may have, long enough, carrying enough."""
    if arrays.stop_cost[ticket, arrays.shift[shift, ENGINEER]] == NONE or arrays.shift[shift, MAX_STOPS] <= 0:
        return False
    only = arrays.ticket[ticket, ONLY_DAY]
    if only != NONE and only != arrays.shift[shift, DAY]:
        return False
    if arrays.ticket[ticket, NEEDS] != 0 and not fits(arrays, ticket, arrays.shift[shift, SHIFT_COLUMNS:]):
        return False
    first, last = arrays.ticket[ticket, WINDOW], arrays.ticket[ticket, WINDOW_END]
    for w in range(first, last):
        if arrays.span[w, 1] >= arrays.shift[shift, READY] and arrays.span[w, 0] <= arrays.shift[shift, LIMIT]:
            return True
    return bool(first == last)


@compiled
def nearest_shifts(arrays: Arrays, near: IndexArray, able: npt.NDArray[np.uint8], distance: IntArray) -> None:
    """Fill `able`, and `near` with the able shifts whose start and end are nearest to each ticket; `distance` is room as wide."""
    width = near.shape[1] - 1
    for ticket in range(near.shape[0]):
        count, place = 0, arrays.ticket[ticket, PLACE]
        near[ticket, 0] = 1
        # Shifts that are equally near are kept in an order that differs between tickets, so that together they know all of them.
        for i in range(arrays.shift.shape[0]):
            s = (i + 31 * ticket) % arrays.shift.shape[0]
            if not may_serve(arrays, s, ticket):
                continue
            able[ticket, s] = 1
            out, _ = leg(arrays, arrays.shift[s], arrays.shift[s, FROM], place)
            home, _ = leg(arrays, arrays.shift[s], place, arrays.shift[s, TO])
            far = out + home
            if count == width:
                near[ticket, 0] = 0
                if far >= distance[count]:
                    continue
                count -= 1
            k = count + 1
            while k > 1 and distance[k - 1] > far:
                distance[k], near[ticket, k] = distance[k - 1], near[ticket, k - 1]
                k -= 1
            distance[k], near[ticket, k] = far, s
            count += 1
        near[ticket, 0] *= count <= ALL_SHIFTS
        near[ticket, count + 1 :] = NONE


def guide(arrays: Arrays) -> Guide:
    """Prepare the neighbourhoods and orders of a day."""
    n = len(arrays.ticket)
    places = arrays.ticket[:, PLACE]
    width = max(1, min(NEIGHBOURS, n))
    neighbours = np.empty((n, width), np.int32)
    # In blocks of rows: all pairs of 10,000 tickets at once would take a gigabyte more.
    for a in range(0, n, 512):
        rows = places[a : a + 512]
        both = arrays.seconds[np.ix_(rows, places)].astype(np.int64) + arrays.seconds[np.ix_(places, rows)].T
        both[np.arange(len(rows)), np.arange(a, a + len(rows))] = -1  # a ticket is its own first neighbour
        nearest = np.argpartition(both, width - 1, axis=1)[:, :width]
        by_distance = np.argsort(np.take_along_axis(both, nearest, 1), axis=1, kind="stable")
        neighbours[a : a + 512] = np.take_along_axis(nearest, by_distance, 1)
    near = np.full((n, 1 + max(1, min(NEAR_SHIFTS, len(arrays.shift)))), NONE, np.int32)
    able = np.zeros((n, len(arrays.shift)), np.uint8)
    nearest_shifts(arrays, near, able, np.empty(near.shape[1], np.int64))
    return Guide(neighbours, near, able, _orders(arrays))


def _orders(arrays: Arrays) -> IntArray:
    t = arrays.ticket
    n = len(t)
    keys = np.zeros((n, ORDERS), np.int64)
    keys[:, PRICE_ORDER] = -t[:, PRICE]
    keys[:, WIDTH_ORDER] = keys[:, CLOSING_ORDER] = FOREVER
    for i in range(n):
        windows = arrays.span[t[i, WINDOW] : t[i, WINDOW_END]]
        if len(windows):
            keys[i, CLOSING_ORDER], keys[i, WIDTH_ORDER] = windows[-1, 1], (windows[:, 1] - windows[:, 0]).sum()
    keys[:, SERVICE_ORDER] = -t[:, TICKET_COLUMNS]
    homes = arrays.shift[:, FROM]
    homes = np.unique(homes[homes >= 0])
    if len(homes) and n:
        keys[:, FAR_ORDER] = -arrays.seconds[np.ix_(homes, t[:, PLACE])].min(axis=0).astype(np.int64)
    return keys


def longest_route(arrays: Arrays) -> int:
    """Return how many stops a route can hold at the most."""
    n, m = len(arrays.ticket), len(arrays.shift)
    if not n or not m:
        return 1
    units = arrays.shift.shape[1] - SHIFT_COLUMNS
    shortest = max(1, int(arrays.ticket[:, TICKET_COLUMNS : arrays.ticket.shape[1] - units].min()))
    hours = int((arrays.shift[:, LIMIT] - arrays.shift[:, READY]).max())
    return int(max(1, min(n, arrays.shift[:, MAX_STOPS].max(), max(0, hours) // shortest + 2)))


def start(arrays: Arrays, seed: int) -> State:
    """Return a search with all routes empty."""
    n, m = len(arrays.ticket), len(arrays.shift)
    most = longest_route(arrays)
    columns = STATE_COLUMNS + arrays.shift.shape[1] - SHIFT_COLUMNS
    state = State(
        routes=np.zeros((m + 1, most + 3, MARK_COLUMNS), np.int64),
        best=np.zeros((m, most + 2), np.int64),
        shifts=np.zeros((m, columns), np.int64),
        tickets=np.full((n, 2), NONE, np.int64),
        saved=np.zeros((m, most + 3, MARK_COLUMNS), np.int64),
        saved_shifts=np.zeros((m, columns), np.int64),
        lists=np.zeros((LISTS, max(n, m) + 1), np.int64),
        number=np.zeros(NUMBERS, np.int64),
    )
    state.number[RANDOM] = (seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) % 2**63 or 1
    settle(arrays, state)
    return state


@compiled
def settle(arrays: Arrays, state: State) -> bool:
    """Walk all routes as they stand, count the cost, and take them as the best; False if one breaks a rule."""
    total, valid, absent = 0, True, 0
    units = arrays.shift.shape[1] - SHIFT_COLUMNS
    first_need = arrays.ticket.shape[1] - units
    state.tickets[:] = NONE
    for s in range(state.shifts.shape[0]):
        n = state.shifts[s, LENGTH]
        cost = walk(arrays, s, state.routes[s], n)
        valid = valid and cost != INFEASIBLE
        total += cost
        for unit in range(units):
            state.shifts[s, STATE_COLUMNS + unit] = arrays.shift[s, SHIFT_COLUMNS + unit]
        state.shifts[s, TOUCHED_IN], state.shifts[s, DIFFERS] = NONE, 0
        state.best[s, 0] = n
        for k in range(1, n + 1):
            ticket = state.routes[s, k, TICKET]
            state.tickets[ticket, SHIFT] = s
            state.best[s, k] = ticket
            for unit in range(units):
                state.shifts[s, STATE_COLUMNS + unit] -= arrays.ticket[ticket, first_need + unit]
    for ticket in range(state.tickets.shape[0]):
        if state.tickets[ticket, SHIFT] == NONE:
            state.lists[ABSENT_LIST, absent] = ticket
            state.tickets[ticket, ABSENT_AT] = absent
            absent += 1
            total += arrays.ticket[ticket, PRICE]
    state.number[DIFFERING_LIST] = 0
    state.number[ABSENT_LIST] = absent
    state.number[COST] = state.number[BEST] = total
    return valid


# ---------------------------------------------------------------------- random


@inlined
def draw(state: State) -> int:
    """Return 62 random bits (xorshift64*; Vigna 2016, doi 10.1145/2845077)."""
    x = np.uint64(state.number[RANDOM])
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state.number[RANDOM] = np.int64(x)
    return int((x * np.uint64(2685821657736338717)) >> np.uint64(2))


@inlined
def below(state: State, count: int) -> int:
    """Return a random number from 0 to count - 1."""
    return ((draw(state) >> 31) * count) >> 31


@inlined
def uniform(state: State) -> float:
    """Return a random number above 0, up to 1."""
    return ((draw(state) >> 10) + 1) * (1.0 / (1 << 52))


# ------------------------------------------------------------- changing routes


@compiled
def touch(state: State, shift: int) -> None:
    """Save a route before its first change in this iteration."""
    if state.shifts[shift, TOUCHED_IN] == state.number[ITERATION]:
        return
    slot = state.number[TOUCHED_LIST]
    for column in range(state.shifts.shape[1]):
        state.saved_shifts[slot, column] = state.shifts[shift, column]
    for k in range(state.shifts[shift, LENGTH] + 2):
        for column in range(MARK_COLUMNS):
            state.saved[slot, k, column] = state.routes[shift, k, column]
    state.shifts[shift, TOUCHED_IN] = state.number[ITERATION]
    state.lists[TOUCHED_LIST, slot] = shift
    state.number[TOUCHED_LIST] = slot + 1


@compiled
def take_out(arrays: Arrays, state: State, shift: int, first: int, last: int, keep: int, kept: int) -> None:
    """Remove rows `first` to `last` of a route, but for `kept` of them from row `keep` on; its marks are stale then."""
    touch(state, shift)
    units = state.shifts.shape[1] - STATE_COLUMNS
    first_need = arrays.ticket.shape[1] - units
    write = first
    for k in range(first, state.shifts[shift, LENGTH] + 1):
        ticket = state.routes[shift, k, TICKET]
        if k > last or keep <= k < keep + kept:
            state.routes[shift, write, TICKET] = ticket
            write += 1
        else:
            state.tickets[ticket, SHIFT] = NONE
            state.lists[REMOVED_LIST, state.number[REMOVED_LIST]] = ticket
            state.number[REMOVED_LIST] += 1
            for unit in range(units):
                state.shifts[shift, STATE_COLUMNS + unit] += arrays.ticket[ticket, first_need + unit]
    state.shifts[shift, LENGTH] = write - 1


@compiled
def put_in(arrays: Arrays, state: State, shift: int, at: int, ticket: int) -> None:
    """Insert a ticket behind row `at` and walk the route anew."""
    touch(state, shift)
    n = state.shifts[shift, LENGTH]
    before = state.routes[shift, n + 1, SPENT]
    for k in range(n, at, -1):
        state.routes[shift, k + 1, TICKET] = state.routes[shift, k, TICKET]
    state.routes[shift, at + 1, TICKET] = ticket
    state.shifts[shift, LENGTH] = n + 1
    state.tickets[ticket, SHIFT] = shift
    units = state.shifts.shape[1] - STATE_COLUMNS
    first_need = arrays.ticket.shape[1] - units
    for unit in range(units):
        state.shifts[shift, STATE_COLUMNS + unit] -= arrays.ticket[ticket, first_need + unit]
    state.number[COST] += walk(arrays, shift, state.routes[shift], n + 1) - before


@compiled
def restore(state: State) -> None:
    """Undo the iteration: put back the routes it touched."""
    for i in range(state.number[REMOVED_LIST]):
        state.tickets[state.lists[REMOVED_LIST, i], SHIFT] = NONE
    for slot in range(state.number[TOUCHED_LIST]):
        s = state.lists[TOUCHED_LIST, slot]
        for column in range(state.shifts.shape[1]):
            state.shifts[s, column] = state.saved_shifts[slot, column]
        for k in range(state.shifts[s, LENGTH] + 2):
            for column in range(MARK_COLUMNS):
                state.routes[s, k, column] = state.saved[slot, k, column]
        for k in range(1, state.shifts[s, LENGTH] + 1):
            state.tickets[state.routes[s, k, TICKET], SHIFT] = s


@compiled
def keep(state: State) -> None:
    """Accept the iteration: note which routes now differ from the best and which tickets are absent."""
    for slot in range(state.number[TOUCHED_LIST]):
        s = state.lists[TOUCHED_LIST, slot]
        if state.shifts[s, DIFFERS] == 0:
            state.shifts[s, DIFFERS] = 1
            state.lists[DIFFERING_LIST, state.number[DIFFERING_LIST]] = s
            state.number[DIFFERING_LIST] += 1
    for i in range(state.number[REMOVED_LIST]):
        ticket = state.lists[REMOVED_LIST, i]
        at, absent = state.tickets[ticket, ABSENT_AT], state.number[ABSENT_LIST]
        if state.tickets[ticket, SHIFT] == NONE and at == NONE:
            state.lists[ABSENT_LIST, absent] = ticket
            state.tickets[ticket, ABSENT_AT] = absent
            state.number[ABSENT_LIST] += 1
        elif state.tickets[ticket, SHIFT] != NONE and at != NONE:
            other = state.lists[ABSENT_LIST, absent - 1]
            state.lists[ABSENT_LIST, at] = other
            state.tickets[other, ABSENT_AT] = at
            state.tickets[ticket, ABSENT_AT] = NONE
            state.number[ABSENT_LIST] -= 1
    if state.number[COST] >= state.number[BEST]:
        return
    for i in range(state.number[DIFFERING_LIST]):
        s = state.lists[DIFFERING_LIST, i]
        n = state.shifts[s, LENGTH]
        state.best[s, 0] = n
        for k in range(1, n + 1):
            state.best[s, k] = state.routes[s, k, TICKET]
        state.shifts[s, DIFFERS] = 0
    state.number[DIFFERING_LIST] = 0
    state.number[BEST] = state.number[COST]


# ----------------------------------------------------------------------- ruins


@inlined
def row_of(state: State, shift: int, ticket: int) -> int:
    """Return the row of a ticket in its route."""
    at = 1
    while state.routes[shift, at, TICKET] != ticket:
        at += 1
    return at


@compiled
def ruin_strings(arrays: Arrays, guide: Guide, state: State, seed: int) -> None:
    """Take strings of stops out of the routes around a ticket."""
    assigned = state.tickets.shape[0] - state.number[ABSENT_LIST]
    longest = max(1.0, min(float(LONGEST_STRING), assigned / state.shifts.shape[0]))
    strings = int(1.0 + uniform(state) * (4.0 * REMOVED / (1.0 + longest) - 1.0))
    for j in range(guide.neighbours.shape[1]):
        if strings == 0:
            break
        ticket = guide.neighbours[seed, j]
        s = state.tickets[ticket, SHIFT]
        if s == NONE or state.shifts[s, TOUCHED_IN] == state.number[ITERATION]:
            continue
        n, at = state.shifts[s, LENGTH], row_of(state, s, ticket)
        size = min(n, int(1.0 + uniform(state) * min(float(n), longest)))
        kept = 0
        if 1 < size < n and below(state, 2) == 0:  # half of the strings keep a part in their middle
            kept = 1
            while size + kept < n and kept < LONGEST_STRING and below(state, 2) == 0:
                kept += 1
        span = size + kept
        low, high = max(1, at - span + 1), min(at, n - span + 1)
        first = low + below(state, high - low + 1)
        middle = first + 1 + below(state, size - 1) if kept > 0 else 0
        take_out(arrays, state, s, first, first + span - 1, middle, kept)
        strings -= 1


@compiled
def ruin_worst(arrays: Arrays, guide: Guide, state: State, seed: int) -> None:
    """Take out, of the neighbours of a ticket, those that cost more than the mean stop of their route where they are."""
    left = REMOVED
    for j in range(guide.neighbours.shape[1]):
        if left == 0:
            break
        ticket = guide.neighbours[seed, j]
        s = state.tickets[ticket, SHIFT]
        if s == NONE:
            continue
        n, at = state.shifts[s, LENGTH], row_of(state, s, ticket)
        # The marks of a route already touched are stale: from it, take at random.
        if state.shifts[s, TOUCHED_IN] == state.number[ITERATION]:
            dear = below(state, 4) == 0
        else:
            own = state.routes[s, at, SPENT] - state.routes[s, at - 1, SPENT]
            dear = own * (1.0 + uniform(state)) * n > state.routes[s, n, SPENT]
        if dear:
            take_out(arrays, state, s, at, at, 0, 0)
            left -= 1


@compiled
def ruin_shift(arrays: Arrays, guide: Guide, state: State, seed: int) -> None:
    """Take out a whole shift at or near a ticket."""
    s = state.tickets[seed, SHIFT]
    if s == NONE:
        s = guide.near[seed, 1 + below(state, guide.near.shape[1] - 1)]
    if s != NONE and state.shifts[s, LENGTH] > 0:
        take_out(arrays, state, s, 1, state.shifts[s, LENGTH], 0, 0)


@compiled
def refresh(arrays: Arrays, state: State) -> bool:
    """Walk the ruined routes anew and count the cost; False if the ruin itself broke a rule."""
    for i in range(state.number[REMOVED_LIST]):
        state.number[COST] += arrays.ticket[state.lists[REMOVED_LIST, i], PRICE]
    for slot in range(state.number[TOUCHED_LIST]):
        s = state.lists[TOUCHED_LIST, slot]
        before = state.saved[slot, state.saved_shifts[slot, LENGTH] + 1, SPENT]
        cost = walk(arrays, s, state.routes[s], state.shifts[s, LENGTH])
        if cost == INFEASIBLE:
            return False
        state.number[COST] += cost - before
    return True


# -------------------------------------------------------------------- recreate


@inlined
def detour_metres(arrays: Arrays, before: int, place: int, after: int) -> int:
    """Return by how many metres a way grows when it leads over a place."""
    metres = 0
    if before >= 0:
        metres += int(arrays.metres[before, place])
    if after >= 0:
        metres += int(arrays.metres[place, after])
        if before >= 0:
            metres -= int(arrays.metres[before, after])
    return metres


@inlined
def try_shift(arrays: Arrays, state: State, shift: int, ticket: int, best: int, blink: float) -> tuple[int, int]:
    """Return the least cost of inserting a ticket into a route if below `best`, and the row it goes behind; else `best` and `NONE`."""
    where = NONE
    t, route, n = arrays.ticket[ticket], state.routes[shift], state.shifts[shift, LENGTH]
    if t[NEEDS] != 0 and not fits(arrays, ticket, state.shifts[shift, STATE_COLUMNS:]):
        n = -1
    place, rate = t[PLACE], arrays.shift[shift, KM_RATE]
    static = arrays.stop_cost[ticket, arrays.shift[shift, ENGINEER]]
    service = t[TICKET_COLUMNS + arrays.shift[shift, PACE]]
    opens, closes = 0, last_call(arrays, t)
    if t[WINDOW] < t[WINDOW_END]:
        opens = arrays.span[t[WINDOW], 0]
    for at in range(n + 1):
        mark, following = route[at], route[at + 1]
        if mark[FREE] > closes:
            break
        before, after = mark[AT], following[AT]
        if max(mark[FREE], opens) + service > following[LATEST]:
            continue
        out = int(arrays.seconds[before, place]) if before >= 0 else 0
        on = int(arrays.seconds[place, after]) if after >= 0 else 0
        start = max(mark[FREE] + out, opens)
        if start > closes or start + service + on > following[LATEST]:
            continue
        # What the detour costs is a bound from below, and cheap: most rows end here.
        bound = 1000 * (out + on - (following[DRIVEN] - mark[DRIVEN])) + static
        if rate > 0:
            bound += detour_metres(arrays, before, place, after) * rate // 1000
        if bound < best and uniform(state) > blink:
            cost = insertion(arrays, shift, state.routes, n, at, ticket, best)
            if cost < best:
                best, where = cost, at
    return best, where


@compiled
def insert_best(arrays: Arrays, guide: Guide, state: State, ticket: int, blink: float) -> None:
    """Put a ticket where it costs least, if that is less than leaving it out."""
    state.number[QUERY] += 1
    query, complete = state.number[QUERY], guide.near[ticket, 0] == 1
    best, where, into = arrays.ticket[ticket, PRICE], NONE, NONE
    near, empty = guide.near.shape[1], 0
    around = 0 if complete else guide.neighbours.shape[1]
    for j in range(1, near + around):
        if j < near:
            s = guide.near[ticket, j]
        else:
            s = np.int32(state.tickets[guide.neighbours[ticket, j - near], SHIFT])
        if s == NONE or state.shifts[s, ASKED_IN] == query:
            continue
        if NEAREST_SHIFTS < j < near and not complete:
            if state.shifts[s, LENGTH] > 0 or empty == EMPTY_SHIFTS:
                continue
            empty += 1
        state.shifts[s, ASKED_IN] = query
        if guide.able[ticket, s] == 0:
            continue
        cost, at = try_shift(arrays, state, s, ticket, best, blink)
        if at != NONE:
            best, where, into = cost, at, s
    if into != NONE:
        put_in(arrays, state, into, where, ticket)
        state.number[COST] -= arrays.ticket[ticket, PRICE]


@compiled
def fill(arrays: Arrays, guide: Guide, state: State) -> None:
    """Put every absent ticket where it costs least, dearest first, and take the result as the best."""
    state.number[ITERATION] += 1
    state.number[TOUCHED_LIST] = state.number[REMOVED_LIST] = 0
    for i in range(state.number[ABSENT_LIST]):
        state.lists[REMOVED_LIST, i] = state.lists[ABSENT_LIST, i]
    state.number[REMOVED_LIST] = state.number[ABSENT_LIST]
    order(guide, state, PRICE_ORDER)
    for i in range(state.number[REMOVED_LIST]):
        insert_best(arrays, guide, state, state.lists[REMOVED_LIST, i], 0.0)
    keep(state)


@compiled
def order(guide: Guide, state: State, key: int) -> None:
    """Sort the tickets to put back by a key, smallest first."""
    for i in range(1, state.number[REMOVED_LIST]):
        ticket = state.lists[REMOVED_LIST, i]
        j = i
        while j > 0 and guide.order[state.lists[REMOVED_LIST, j - 1], key] > guide.order[ticket, key]:
            state.lists[REMOVED_LIST, j] = state.lists[REMOVED_LIST, j - 1]
            j -= 1
        state.lists[REMOVED_LIST, j] = ticket


@compiled
def line_up(guide: Guide, state: State, seed: int) -> None:
    """Let absent tickets near the seed compete with those removed, and order them all: at random, or by a key."""
    for j in range(guide.neighbours.shape[1]):
        if state.number[ABSENT_LIST] == 0:
            break
        ticket = guide.neighbours[seed, j]
        if state.tickets[ticket, ABSENT_AT] != NONE:
            state.lists[REMOVED_LIST, state.number[REMOVED_LIST]] = ticket
            state.number[REMOVED_LIST] += 1
    count = state.number[REMOVED_LIST]
    for i in range(count - 1, 0, -1):
        j = below(state, i + 1)
        state.lists[REMOVED_LIST, i], state.lists[REMOVED_LIST, j] = state.lists[REMOVED_LIST, j], state.lists[REMOVED_LIST, i]
    choice = below(state, ORDERS + 2)
    if choice < ORDERS:
        order(guide, state, choice)


@compiled
def run(arrays: Arrays, guide: Guide, state: State, iterations: int, hot: float, cold: float) -> None:
    """Run iterations while the temperature falls geometrically from `hot` to `cold` (milliseconds of travel)."""
    n = state.tickets.shape[0]
    if n == 0 or state.shifts.shape[0] == 0:
        return
    factor, temperature = (cold / hot) ** (1.0 / max(1, iterations)), hot
    for _ in range(iterations):
        state.number[ITERATION] += 1
        state.number[TOUCHED_LIST] = state.number[REMOVED_LIST] = 0
        before, seed, kind = state.number[COST], below(state, n), below(state, 64)
        if kind < 56:
            ruin_strings(arrays, guide, state, seed)
        elif kind < 63:
            ruin_worst(arrays, guide, state, seed)
        else:
            ruin_shift(arrays, guide, state, seed)
        accepted = refresh(arrays, state)
        if accepted:
            line_up(guide, state, seed)
            for i in range(state.number[REMOVED_LIST]):
                insert_best(arrays, guide, state, state.lists[REMOVED_LIST, i], BLINK)
            accepted = state.number[COST] - before < -temperature * np.log(uniform(state))
        if accepted:
            keep(state)
        else:
            restore(state)
            state.number[COST] = before
        temperature *= factor


@compiled
def leave_nothing(arrays: Arrays, state: State) -> None:
    """Insert absent tickets wherever that lowers the cost, looking at every shift and row in full, until none is left that would."""
    again = True
    while again:
        again = False
        for i in range(state.number[ABSENT_LIST] - 1, -1, -1):
            ticket = state.lists[ABSENT_LIST, i]
            best, where, into = arrays.ticket[ticket, PRICE], NONE, NONE
            for s in range(state.shifts.shape[0]):
                if not may_serve(arrays, s, ticket) or not fits(arrays, ticket, state.shifts[s, STATE_COLUMNS:]):
                    continue
                for at in range(state.shifts[s, LENGTH] + 1):
                    cost = insertion(arrays, s, state.routes, state.shifts[s, LENGTH], at, ticket, INFEASIBLE)
                    if cost < best:
                        best, where, into = cost, at, s
            if into != NONE:
                state.number[ITERATION] += 1
                state.number[TOUCHED_LIST], state.number[REMOVED_LIST] = 0, 1
                state.lists[REMOVED_LIST, 0] = ticket
                put_in(arrays, state, into, where, ticket)
                state.number[COST] -= arrays.ticket[ticket, PRICE]
                keep(state)
                again = True
