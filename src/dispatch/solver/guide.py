"""What the search knows of a day before it starts: who is able, what is near, and orders to put tickets back in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch.solver.arrays import (
    DAY,
    ENGINEER,
    FOREVER,
    FROM,
    LIMIT,
    MAX_STOPS,
    NEEDS,
    NONE,
    ONLY_DAY,
    PLACE,
    PRICE,
    READY,
    SHIFT_COLUMNS,
    TICKET_COLUMNS,
    TO,
    WINDOW,
    WINDOW_END,
    Arrays,
    FlagArray,
    IntArray,
)
from dispatch.solver.compiled import compiled
from dispatch.solver.timing import fits, leg, plain_shifts

IndexArray = npt.NDArray[np.int32]

NEIGHBOURS = 40
"""Nearest tickets kept per ticket."""
NEAR_SHIFTS = 64
"""Nearest able shifts kept per ticket."""
ALL_SHIFTS = 24
"""So many able shifts are all tried, always."""

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
    plain
        Per shift, 1 where what an insertion costs is told by its legs (`timing.plain_shifts`).
    order
        Per ticket the keys by which tickets are put back, smallest first.
    inward
        Shape (places, places), row = to: seconds of the legs to a place, so that those to one ticket lie side by side.
    """

    neighbours: IndexArray
    near: IndexArray
    able: FlagArray
    plain: FlagArray
    order: IntArray
    inward: npt.NDArray[np.int32]


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
def nearest_shifts(arrays: Arrays, near: IndexArray, able: FlagArray, distance: IntArray) -> None:
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


def prepare(arrays: Arrays) -> Guide:
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
    plain = np.zeros(len(arrays.shift), np.uint8)
    plain_shifts(arrays, plain)
    return Guide(neighbours, near, able, plain, _orders(arrays), turned(arrays.seconds[: arrays.seconds.shape[1]]))


def turned(seconds: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return legs by where they lead to; the same array if every leg takes as long as the way back."""
    for a in range(0, len(seconds), 512):
        if not np.array_equal(seconds[a : a + 512], seconds[:, a : a + 512].T):
            return np.ascontiguousarray(seconds.T)
    return seconds


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
