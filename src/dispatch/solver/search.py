"""Ruin and recreate over compiled routes.

An iteration takes about ten tickets out of neighbouring routes and puts them back where they cost least; simulated annealing decides
whether to keep the result. It touches a handful of routes and restores only those, so what it costs does not grow with the day:
tickets know their neighbours, and are offered only to shifts that are near in place or already work nearby. What an insertion costs is
remembered until the route changes, and an iteration ends as soon as it costs more than it may. Iterations that follow each other stay
around one ticket for a while, so that the routes they touch are still in the processor's caches, and most insertions known.

Ruins: adjacent strings (Christiaens, Vanden Berghe 2020, doi 10.1287/trsc.2019.0914), the tickets that hurt most where they are, and a
whole shift. Tickets left out cost their price, which is the bound an insertion has to beat; while there are any, part of the ruins
are around a stop of somebody who could do one of them, however far away, and the ticket competes for the room.
"""

from __future__ import annotations

import numpy as np

from dispatch.solver.arrays import (
    ENGINEER,
    INFEASIBLE,
    KM_RATE,
    MAX_STOPS,
    NEEDS,
    NONE,
    PACE,
    PLACE,
    PRICE,
    TICKET_COLUMNS,
    WINDOW,
    WINDOW_END,
    Arrays,
    IntArray,
)
from dispatch.solver.compiled import compiled, inlined, number
from dispatch.solver.guide import ORDERS, PRICE_ORDER, Guide, may_serve
from dispatch.solver.state import (
    ABSENT_AT,
    ABSENT_LIST,
    ASKED_IN,
    COST,
    ITERATION,
    LENGTH,
    QUERY,
    RANDOM,
    REMOVED_LIST,
    ROW_BITS,
    SHIFT,
    STATE_COLUMNS,
    TOUCHED_IN,
    TOUCHED_LIST,
    VERSION,
    State,
    keep,
    put_in,
    renew,
    restore,
    take_out,
)
from dispatch.solver.terms import road_cost
from dispatch.solver.timing import AT, DRIVEN, FREE, LATEST, SPENT, TICKET, fits, insertion, last_call, walk

NEAREST_SHIFTS = 8
"""Of the shifts near a ticket, where they are too many to try all: so many always; work nearby shows which others pass by."""
EMPTY_SHIFTS = 2
"""And so many of the farther ones that have no work yet."""

REMOVED, LONGEST_STRING = 10, 10
"""Mean number of tickets taken out, and the most stops in one string."""
BLINK = 0.01
"""Chance that a shift is overlooked."""
STAY = 64
"""Iterations around one ticket before the search goes elsewhere."""
ROOM = 2
"""One of so many iterations makes room for an absent ticket, while there is one. What is left out costs more than all detours, and who
could do it may be anywhere: on six days of 100 tickets, 6 of 36 short searches stayed over 5 % above the best, and 11 without."""

ZERO, ONE, NOWHERE, WHATEVER, BY_PRICE = map(number, (0, 1, NONE, INFEASIBLE, PRICE_ORDER))


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


# ----------------------------------------------------------------------- ruins


@inlined
def row_of(state: State, shift: int, ticket: int) -> int:
    """Return the row of a ticket in its route."""
    at = 1
    while state.routes[shift, at, TICKET] != ticket:
        at += 1
    return at


@inlined
def mean_route(state: State) -> float:
    """Return the mean number of stops of the routes that have any."""
    used = 0
    for s in range(state.shifts.shape[0]):
        if state.shifts[s, LENGTH] > 0:
            used += 1
    return float(state.tickets.shape[0] - state.number[ABSENT_LIST]) / max(1, used)


@inlined
def ruin_strings(arrays: Arrays, guide: Guide, state: State, seed: int, mean: float) -> None:
    """Take strings of stops, at most as long as the mean route, out of the routes around a ticket."""
    longest = max(1.0, min(float(LONGEST_STRING), mean))
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


@inlined
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
            take_out(arrays, state, s, at, at, ZERO, ZERO)
            left -= 1


@inlined
def ruin_shift(arrays: Arrays, guide: Guide, state: State, seed: int) -> None:
    """Take out a whole shift at or near a ticket."""
    s = state.tickets[seed, SHIFT]
    if s == NONE:
        s = int(guide.near[seed, 1 + below(state, guide.near.shape[1] - 1)])
    if s != NONE and state.shifts[s, LENGTH] > 0:
        take_out(arrays, state, s, ONE, state.shifts[s, LENGTH], ZERO, ZERO)


@inlined
def refresh(arrays: Arrays, state: State) -> bool:
    """Walk the ruined routes anew and count the cost; False if the ruin itself broke a rule."""
    for i in range(state.number[REMOVED_LIST]):
        state.number[COST] += arrays.ticket[state.lists[REMOVED_LIST, i], PRICE]
    for slot in range(state.number[TOUCHED_LIST]):
        s = state.lists[TOUCHED_LIST, slot]
        renew(state, s)
        before = state.saved[slot, state.saved_shifts[slot, LENGTH] + 1, SPENT]
        cost = walk(arrays, s, state.routes[s], state.shifts[s, LENGTH])
        if cost == INFEASIBLE:
            return False
        state.number[COST] += cost - before
    return True


# -------------------------------------------------------------------- recreate


@inlined
def detour(
    arrays: Arrays,
    guide: Guide,
    s: IntArray,
    here: IntArray,
    following: IntArray,
    place: int,
    opens: int,
    closes: int,
    service: int,
    best: int,
) -> int:
    """Return what a way costs more over a place, `best` if it is not less or a ticket there comes too late."""
    cost, free, latest = best, here[FREE], following[LATEST]
    if max(free, opens) + service <= latest:
        before, after = here[AT], following[AT]
        out = int(guide.inward[place, before]) if before >= 0 else 0
        on = int(arrays.seconds[place, after]) if after >= 0 else 0
        start = max(free + out, opens)
        more = 1000 * (out + on - following[DRIVEN] + here[DRIVEN])
        if s[KM_RATE] > 0:
            more += road_cost(arrays, s, before, place) + road_cost(arrays, s, place, after) - road_cost(arrays, s, before, after)
        if more < best and start <= closes and start + service + on <= latest:
            cost = more
    return cost


@inlined
def try_rows(
    arrays: Arrays, guide: Guide, state: State, shift: int, ticket: int, place: int, opens: int, closes: int, best: int
) -> tuple[int, int]:
    """Return the least cost of inserting a ticket into a route if below `best`, and the row it goes behind; else `best` and `NONE`."""
    where = NONE
    route, n, s = state.routes[shift], state.shifts[shift, LENGTH], arrays.shift[shift]
    static, service = arrays.stop_cost[ticket, s[ENGINEER]], arrays.ticket[ticket, TICKET_COLUMNS + s[PACE]]
    rows = n + 1 if n < s[MAX_STOPS] else 0
    if guide.plain[shift] != 0 and n > 0:  # an idle engineer does not drive home
        least = best - static
        for at in range(rows):
            if route[at, FREE] > closes:
                break
            cost = detour(arrays, guide, s, route[at], route[at + 1], place, opens, closes, service, least)
            if cost < least:
                least, where = cost, at
        return least + static, where
    for at in range(rows):
        if route[at, FREE] > closes:
            break
        # What the detour costs is a bound from below, and cheap: most rows end here.
        if detour(arrays, guide, s, route[at], route[at + 1], place, opens, closes, service, best - static) < best - static:
            cost = insertion(arrays, shift, state.routes, n, at, ticket, best)
            if cost < best:
                best, where = cost, at
    return best, where


@inlined
def try_shift(
    arrays: Arrays, guide: Guide, state: State, shift: int, ticket: int, place: int, opens: int, closes: int, best: int
) -> tuple[int, int]:
    """Return what `try_rows` does, or a cost of `best` or more, from what is known of the route where it has not changed since."""
    known, version = state.known[ticket, shift & (state.known.shape[1] - 1)], state.shifts[shift, VERSION]
    cost, at = known[1], (known[0] & ((1 << ROW_BITS) - 1)) - 1
    if known[0] >> ROW_BITS != version or (cost < best and at == NONE):
        cost, at = try_rows(arrays, guide, state, shift, ticket, place, opens, closes, best)
        known[0], known[1] = (version << ROW_BITS) + at + 1, cost
    return cost, at


@inlined
def insert_best(arrays: Arrays, guide: Guide, state: State, ticket: int, most: int, blink: float) -> bool:
    """Put a ticket where it costs least, if that is less than leaving it out; False if that, too, costs at least `most`."""
    state.number[QUERY] += 1
    query, complete = state.number[QUERY], guide.near[ticket, 0] == 1
    t = arrays.ticket[ticket]
    best, where, into = min(t[PRICE], most), NOWHERE, NOWHERE
    near, empty = guide.near.shape[1], 0
    around = 0 if complete else guide.neighbours.shape[1]
    place, needs, opens, closes = t[PLACE], t[NEEDS] != 0, 0, last_call(arrays, t)
    if t[WINDOW] < t[WINDOW_END]:
        opens = arrays.span[t[WINDOW], 0]
    j = 0
    while j + 1 < near + around:
        j += 1
        if j < near:
            s = int(guide.near[ticket, j])
            if s == NONE:
                j = near - 1  # the list ends here
                continue
            if not complete and j > NEAREST_SHIFTS:
                if state.shifts[s, LENGTH] > 0 or empty == EMPTY_SHIFTS:
                    continue
                empty += 1
        else:
            s = int(state.tickets[guide.neighbours[ticket, j - near], SHIFT])
            if s == NONE or state.shifts[s, ASKED_IN] == query or guide.able[ticket, s] == 0:
                continue
        if not complete:
            state.shifts[s, ASKED_IN] = query
        if needs and not fits(arrays, ticket, state.shifts[s, STATE_COLUMNS:]):
            continue
        cost, at = try_shift(arrays, guide, state, s, ticket, place, opens, closes, best)
        if cost < best and uniform(state) > blink:
            best, where, into = cost, at, s
    if into != NONE:
        put_in(arrays, state, into, where, ticket, guide.plain[into] != 0)
        state.number[COST] -= t[PRICE]
    return into != NONE or t[PRICE] < most


@compiled
def fill(arrays: Arrays, guide: Guide, state: State) -> None:
    """Put every absent ticket where it costs least, dearest first, and take the result as the best."""
    state.number[ITERATION] += 1
    state.number[TOUCHED_LIST] = state.number[REMOVED_LIST] = 0
    for i in range(state.number[ABSENT_LIST]):
        state.lists[REMOVED_LIST, i] = state.lists[ABSENT_LIST, i]
    state.number[REMOVED_LIST] = state.number[ABSENT_LIST]
    order(guide, state, BY_PRICE)
    for i in range(state.number[REMOVED_LIST]):
        insert_best(arrays, guide, state, state.lists[REMOVED_LIST, i], WHATEVER, 0.0)
    keep(state)


@inlined
def order(guide: Guide, state: State, key: int) -> None:
    """Sort the tickets to put back by a key, smallest first."""
    for i in range(1, state.number[REMOVED_LIST]):
        ticket = state.lists[REMOVED_LIST, i]
        j = i
        while j > 0 and guide.order[state.lists[REMOVED_LIST, j - 1], key] > guide.order[ticket, key]:
            state.lists[REMOVED_LIST, j] = state.lists[REMOVED_LIST, j - 1]
            j -= 1
        state.lists[REMOVED_LIST, j] = ticket


@inlined
def line_up(guide: Guide, state: State, seed: int, wanted: int) -> None:
    """Let an absent ticket and those near the seed compete with those removed, and order them all: at random, or by a key."""
    if wanted != NONE:
        state.lists[REMOVED_LIST, state.number[REMOVED_LIST]] = wanted
        state.number[REMOVED_LIST] += 1
    for j in range(guide.neighbours.shape[1]):
        if state.number[ABSENT_LIST] == 0:
            break
        ticket = guide.neighbours[seed, j]
        if state.tickets[ticket, ABSENT_AT] != NONE and ticket != wanted:
            state.lists[REMOVED_LIST, state.number[REMOVED_LIST]] = ticket
            state.number[REMOVED_LIST] += 1
    count = state.number[REMOVED_LIST]
    for i in range(count - 1, 0, -1):
        j = below(state, i + 1)
        state.lists[REMOVED_LIST, i], state.lists[REMOVED_LIST, j] = state.lists[REMOVED_LIST, j], state.lists[REMOVED_LIST, i]
    choice = below(state, ORDERS + 2)
    if choice < ORDERS:
        order(guide, state, choice)


@inlined
def stop_of_able(guide: Guide, state: State, ticket: int) -> int:
    """Return a random stop of a random shift that could hold an absent ticket; the ticket itself where there is none."""
    count, stop = 0, ticket
    while count + 1 < guide.near.shape[1] and guide.near[ticket, count + 1] != NONE:
        count += 1
    if count > 0:
        s = int(guide.near[ticket, 1 + below(state, count)])
        if state.shifts[s, LENGTH] > 0:
            stop = int(state.routes[s, 1 + below(state, state.shifts[s, LENGTH]), TICKET])
    return stop


@compiled
def run(arrays: Arrays, guide: Guide, state: State, iterations: int, hot: float, cold: float, making_room: int) -> None:
    """Run iterations while the temperature falls geometrically.

    Parameters
    ----------
    hot, cold
        First and last temperature, milliseconds of travel.
    making_room
        While tickets are absent, one of so many iterations makes room for one of them; 0 for none.
    """
    n = state.tickets.shape[0]
    if n == 0 or state.shifts.shape[0] == 0:
        return
    factor, temperature, anchor, mean = (cold / hot) ** (1.0 / max(1, iterations)), hot, 0, 1.0
    for i in range(iterations):
        state.number[ITERATION] += 1
        state.number[TOUCHED_LIST] = state.number[REMOVED_LIST] = 0
        if i % STAY == 0:
            anchor, mean = below(state, n), mean_route(state)
        seed, wanted = int(guide.neighbours[anchor, below(state, guide.neighbours.shape[1])]), NOWHERE
        if making_room > 0 and state.number[ABSENT_LIST] > 0 and below(state, making_room) == 0:
            wanted = int(state.lists[ABSENT_LIST, below(state, state.number[ABSENT_LIST])])
            seed = stop_of_able(guide, state, wanted)
        before, kind = state.number[COST], below(state, 64)
        if kind < 56:
            ruin_strings(arrays, guide, state, seed, mean)
        elif kind < 63:
            ruin_worst(arrays, guide, state, seed)
        else:
            ruin_shift(arrays, guide, state, seed)
        accepted = refresh(arrays, state)
        if accepted:
            line_up(guide, state, seed, wanted)
            # What it may cost is drawn first, so that a change is given up once it costs more, the tickets still out counted as free.
            room = before - int(temperature * np.log(uniform(state))) - state.number[COST]
            for k in range(state.number[REMOVED_LIST]):
                room += arrays.ticket[state.lists[REMOVED_LIST, k], PRICE]
            for k in range(state.number[REMOVED_LIST]):
                ticket = state.lists[REMOVED_LIST, k]
                cost = state.number[COST]
                accepted = insert_best(arrays, guide, state, ticket, room, BLINK)
                if not accepted:
                    break
                room -= arrays.ticket[ticket, PRICE] + state.number[COST] - cost
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
            best, where, into = arrays.ticket[ticket, PRICE], NOWHERE, NOWHERE
            for s in range(state.shifts.shape[0]):
                if not may_serve(arrays, s, ticket) or not fits(arrays, ticket, state.shifts[s, STATE_COLUMNS:]):
                    continue
                for at in range(state.shifts[s, LENGTH] + 1):
                    cost = insertion(arrays, s, state.routes, state.shifts[s, LENGTH], at, ticket, WHATEVER)
                    if cost < best:
                        best, where, into = cost, at, s
            if into != NONE:
                state.number[ITERATION] += 1
                state.number[TOUCHED_LIST], state.number[REMOVED_LIST] = 0, 1
                state.lists[REMOVED_LIST, 0] = ticket
                put_in(arrays, state, into, where, ticket, False)
                state.number[COST] -= arrays.ticket[ticket, PRICE]
                keep(state)
                again = True
