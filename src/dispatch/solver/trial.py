"""Compiled: what it would take to put one ticket into routes that stay as they are otherwise.

Unlike the search, these try every row of every shift asked for and keep nothing: whoever asks may lift rules in a copy of
the arrays first, so every route is walked anew with the arrays given.
"""

from __future__ import annotations

from dispatch.solver.arrays import INFEASIBLE, NONE, Arrays, IntArray
from dispatch.solver.compiled import compiled, where_given
from dispatch.solver.timing import TICKET, insertion, walk


@compiled
def _to_beat(_: Arrays, best: int) -> int:
    return best


@compiled
def _whatever(_: Arrays, __: int) -> int:
    return INFEASIBLE


bound = where_given("hours", _whatever, _to_beat)  # see `by_hour.insertion`: here nothing may be overlooked


@compiled
def least(arrays: Arrays, routes: IntArray, shift: int, stops: int, ticket: int) -> tuple[int, int]:
    """Return the least cost of inserting a ticket into a walked route, and the row it goes behind; `INFEASIBLE` and `NONE` for none.

    Of equal places the last, which moves the fewest others.
    """
    best, where = INFEASIBLE, NONE
    for at in range(stops, -1, -1):
        cost = insertion(arrays, shift, routes, stops, at, ticket, bound(arrays, best))
        if cost < best:
            best, where = cost, at
    return best, where


@compiled
def cheapest(arrays: Arrays, routes: IntArray, lengths: IntArray, shifts: IntArray, ticket: int, found: IntArray) -> None:
    """Find the cheapest insertion of a ticket into each of some shifts. Who is able, and capacity, are not looked at.

    Parameters
    ----------
    routes, lengths
        Marks of all routes, the last being room to try one (see `timing`), and their numbers of stops.
    shifts
        Rows of the shifts to try.
    found
        Written: shape (shifts to try, 2), cost in milliseconds of travel and the row it goes behind.
    """
    for i in range(shifts.shape[0]):
        s = shifts[i]
        found[i, 0], found[i, 1] = INFEASIBLE, NONE
        if walk(arrays, s, routes[s], lengths[s]) != INFEASIBLE:
            found[i, 0], found[i, 1] = least(arrays, routes, s, lengths[s], ticket)


@compiled
def in_place_of(arrays: Arrays, routes: IntArray, lengths: IntArray, shifts: IntArray, ticket: int, found: IntArray) -> None:
    """Find, for every stop of some shifts, what the route costs more with the ticket, put where it costs least, and without that stop.

    Parameters
    ----------
    routes, lengths, shifts
        As for `cheapest`.
    found
        Written: shape (shifts to try, at least stops + 1, 2), row k for the k-th stop: cost and row as for `cheapest`, the row counted
        in the route without the stop.
    """
    for i in range(shifts.shape[0]):
        s = shifts[i]
        n = lengths[s]
        before = walk(arrays, s, routes[s], n)
        for k in range(1, n + 1):
            found[i, k, 0], found[i, k, 1] = INFEASIBLE, NONE
            out = routes[s, k, TICKET]
            for j in range(k, n):
                routes[s, j, TICKET] = routes[s, j + 1, TICKET]
            without = walk(arrays, s, routes[s], n - 1)
            if before != INFEASIBLE and without != INFEASIBLE:
                cost, at = least(arrays, routes, s, n - 1, ticket)
                if at != NONE:
                    found[i, k, 0], found[i, k, 1] = without + cost - before, at
            for j in range(n, k, -1):
                routes[s, j, TICKET] = routes[s, j - 1, TICKET]
            routes[s, k, TICKET] = out
