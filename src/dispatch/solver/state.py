"""The state of a search: current and best routes, and the changes an iteration makes to them and may take back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dispatch.solver.arrays import INFEASIBLE, LIMIT, MAX_STOPS, NONE, PRICE, READY, SHIFT_COLUMNS, TICKET_COLUMNS, Arrays, IntArray
from dispatch.solver.compiled import compiled, inlined
from dispatch.solver.timing import LATEST, MARK_COLUMNS, SPENT, TICKET, push, walk, walk_from

# Columns of `State.shifts`; behind them what is left of each unit.
LENGTH, TOUCHED_IN, ASKED_IN, DIFFERS, VERSION, STATE_COLUMNS = range(6)
# Columns of `State.tickets`.
SHIFT, ABSENT_AT = range(2)
# Rows of `State.lists`, and the cells of `State.number` that hold their lengths.
REMOVED_LIST, ABSENT_LIST, TOUCHED_LIST, DIFFERING_LIST, LISTS = range(5)
# Further cells of `State.number`.
COST, BEST, ITERATION, QUERY, RANDOM, VERSIONS, NUMBERS = range(LISTS, LISTS + 7)

ROW_BITS = 16
"""Bits that hold the row in `State.known`; above them is the version of the route, which no other route ever has."""
KNOWN_SHIFTS = 64
"""Shifts of which `State.known` has room for each ticket, a power of two."""


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
    known
        Per ticket and, modulo the width, shift: what the last look at a route for the ticket found. First the version of the route and, in
        the lowest `ROW_BITS`, the row to insert behind plus 1, or 0 for none; then the least cost, or without a row what it is at least.
    """

    routes: IntArray
    best: IntArray
    shifts: IntArray
    tickets: IntArray
    saved: IntArray
    saved_shifts: IntArray
    lists: IntArray
    number: IntArray
    known: IntArray


def longest_route(arrays: Arrays) -> int:
    """Return how many stops a route can hold at the most."""
    n, m = len(arrays.ticket), len(arrays.shift)
    if not n or not m:
        return 1
    units = arrays.shift.shape[1] - SHIFT_COLUMNS
    shortest = max(1, int(arrays.ticket[:, TICKET_COLUMNS : arrays.ticket.shape[1] - units].min()))
    hours = int((arrays.shift[:, LIMIT] - arrays.shift[:, READY]).max())
    return int(max(1, min(n, arrays.shift[:, MAX_STOPS].max(), max(0, hours) // shortest + 2)))


def empty(arrays: Arrays, seed: int) -> State:
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
        known=np.zeros((n, min(KNOWN_SHIFTS, 1 << max(0, m - 1).bit_length()), 2), np.int64),
    )
    state.number[RANDOM] = (seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) % 2**63 or 1
    settle(arrays, state)
    return state


@inlined
def renew(state: State, shift: int) -> None:
    """Give a route that has changed a version of its own."""
    state.number[VERSIONS] += 1
    state.shifts[shift, VERSION] = state.number[VERSIONS]


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
        renew(state, s)
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


@inlined
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


@inlined
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


@inlined
def put_in(arrays: Arrays, state: State, shift: int, at: int, ticket: int, plain: bool) -> None:
    """Insert a ticket behind row `at` of a walked route and walk on from there; `plain` as `timing.plain_shifts` says."""
    touch(state, shift)
    route, n = state.routes[shift], state.shifts[shift, LENGTH]
    before = route[n + 1, SPENT]
    if plain and n > 0:
        for k in range(n + 1, at, -1):
            for column in range(MARK_COLUMNS):
                route[k + 1, column] = route[k, column]
    else:
        for k in range(n, at, -1):
            route[k + 1, TICKET], route[k + 1, LATEST] = route[k, TICKET], route[k, LATEST]
    route[at + 1, TICKET] = ticket
    state.shifts[shift, LENGTH] = n + 1
    state.tickets[ticket, SHIFT] = shift
    units = state.shifts.shape[1] - STATE_COLUMNS
    first_need = arrays.ticket.shape[1] - units
    for unit in range(units):
        state.shifts[shift, STATE_COLUMNS + unit] -= arrays.ticket[ticket, first_need + unit]
    renew(state, shift)
    if plain and n > 0:
        state.number[COST] += push(arrays, shift, route, n + 1, at + 1) - before
    else:
        state.number[COST] += walk_from(arrays, shift, route, n + 1, at + 1) - before


@inlined
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


@inlined
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
