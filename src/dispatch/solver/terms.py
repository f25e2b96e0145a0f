"""What timing a route is made of, whether or not travel depends on the hour: marks, windows, prices, limits."""

from __future__ import annotations

from dispatch.model import CHANGE_TOLERANCE
from dispatch.solver.arrays import (
    BASE_COST,
    BASE_SERVICE,
    BASE_TRAVEL,
    BEGUN,
    CHANGE_RATE,
    END,
    ENGINEER,
    FIXED,
    FOREVER,
    INFEASIBLE,
    KM_RATE,
    LATE_RATE,
    LIMIT,
    MAX_STOPS,
    MAX_TRAVEL,
    NONE,
    OVERTIME_RATE,
    PAID_RATE,
    PREVIOUS_ENGINEER,
    PREVIOUS_START,
    READY,
    RESPOND_BY,
    RESPONSE_FROM,
    RESPONSE_RATE,
    REST_END,
    WINDOW,
    WINDOW_END,
    WORKLOAD_RATE,
    Arrays,
    IntArray,
)
from dispatch.solver.compiled import inlined, number

# Columns of a mark. AT is the place; LATEST the last moment at which service (or, in the last row, the return) would still be in time
# for all that follows, breaks not counted. In the last row, BEARABLE is the delay of the departure and SPENT the cost of the route.
TICKET, AT, FREE, REST, SPENT, DRIVEN, SERVED, WAITED, ANSWERED, BEARABLE, LATEST, MARK_COLUMNS = range(12)

ALL = number(0)
"""The first new row of a route of which none is known."""


@inlined
def opening(arrays: Arrays, t: IntArray, time: int) -> int:
    """Return the first moment from `time` on at which a window of the ticket is open, `NONE` if there is none."""
    window, last = t[WINDOW], t[WINDOW_END]
    found = time
    if window < last:
        while window < last and arrays.span[window, 1] < time:
            window += 1
        found = max(time, arrays.span[window, 0]) if window < last else NONE
    return found


@inlined
def serve(arrays: Arrays, s: IntArray, t: IntArray, service: int, arrival: int, rest: int) -> tuple[int, int, int]:
    """Return the start of service after an arrival (`NONE` if there is none), the next break, and the seconds rested at the door."""
    start = opening(arrays, t, arrival)
    free, rested = arrival, 0
    while start != NONE and rest < s[REST_END]:
        begin = max(free, arrays.span[rest, 0])
        if begin > start and start + service <= arrays.span[rest, 1]:
            break
        if begin > arrays.span[rest, 1]:
            start = NONE
            break
        free = begin + arrays.span[rest, 2]
        rested += arrays.span[rest, 2]
        rest += 1
        start = opening(arrays, t, free)
    return start, rest, rested


@inlined
def timed_cost(s: IntArray, t: IntArray, start: int) -> int:
    """Return what starting service at `start` costs by lateness, response and change."""
    cost = 0
    if start > t[RESPOND_BY]:
        cost += (start - t[RESPOND_BY]) * t[LATE_RATE]
    if start > t[RESPONSE_FROM]:
        cost += (start - t[RESPONSE_FROM]) * t[RESPONSE_RATE]
    before = t[PREVIOUS_ENGINEER]
    if before != NONE and (before != s[ENGINEER] or abs(start - t[PREVIOUS_START]) > CHANGE_TOLERANCE):
        cost += s[CHANGE_RATE]
    return cost


@inlined
def bears(arrays: Arrays, s: IntArray, t: IntArray, start: int, end: int, rest: int) -> int:
    """Return by how many seconds the stop may start later without harm (rules.md, latest sensible departure)."""
    room = FOREVER
    window, last = t[WINDOW], t[WINDOW_END]
    if window < last:
        while arrays.span[window, 1] < start:
            window += 1
        room = arrays.span[window, 1] - start
    if t[LATE_RATE] > 0:
        room = min(room, max(0, t[RESPOND_BY] - start))
    if t[PREVIOUS_ENGINEER] != NONE and s[CHANGE_RATE] > 0:
        early = t[PREVIOUS_START] + CHANGE_TOLERANCE - start
        if 0 <= early <= 2 * CHANGE_TOLERANCE:
            room = min(room, early)
    if rest < s[REST_END]:
        room = min(room, arrays.span[rest, 0] - 1 - start, arrays.span[rest, 1] - end)
    return room


@inlined
def close(s: IntArray, stops: int, back: int, delay: int, driven: int, served: int) -> int:
    """Return what the route costs beyond its legs and stops, `INFEASIBLE` if it breaks a limit of the shift."""
    driven += s[BASE_TRAVEL]
    workload = driven + served + s[BASE_SERVICE]
    cost = workload * workload * s[WORKLOAD_RATE] // 216_000
    cost += max(0, back - s[END]) * s[OVERTIME_RATE]
    if s[BEGUN] == NONE:
        cost += s[FIXED] + (back - s[READY] - delay) * s[PAID_RATE]
    else:
        cost += s[BASE_COST] + (back - s[BEGUN]) * s[PAID_RATE]
    if stops > 0 and (back > s[LIMIT] or driven > s[MAX_TRAVEL] or stops > s[MAX_STOPS]):
        cost = INFEASIBLE
    return int(cost)


@inlined
def last_call(arrays: Arrays, t: IntArray) -> int:
    """Return when the last window of a ticket closes."""
    return arrays.span[t[WINDOW_END] - 1, 1] if t[WINDOW_END] > t[WINDOW] else FOREVER


@inlined
def road_cost(arrays: Arrays, s: IntArray, place: int, to: int) -> int:
    """Return what the length of a leg costs."""
    cost = 0
    if s[KM_RATE] > 0 and place >= 0 and to >= 0:
        cost = int(arrays.metres[place, to]) * s[KM_RATE] // 1000
    return cost
