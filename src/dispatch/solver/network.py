"""What a shift may do, as a graph for pricing: which tickets follow which, until when, and at what cost at the least.

A proof of a bound may undercount but never overcount, so a rule is either priced in full or relaxed:

- in full: travel, distance, skills and all else in `stop_cost`, windows, the limits of the shift, service at the engineer's pace, breaks,
  lateness, response, overtime, `fixed`, the paid time of a shift that has begun, and one of the limits that count stops or units (the
  first that can bind);
- relaxed: `max_travel` and the other limits are left out; the paid time of a shift that has not begun counts travel, service and
  breaks, but no waiting; starting too early costs no `change`; `workload` is its tangent at the workload of the best known route.
  Delaying the departure only adds to the rest, and is left out.

Whoever is free earlier can do all that another can who has had the same breaks, at no more cost: so labels dominate by time and cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch.model import CHANGE_TOLERANCE
from dispatch.solver.arrays import (
    BASE_COST,
    BASE_SERVICE,
    BASE_TRAVEL,
    BEGUN,
    CHANGE_RATE,
    ENGINEER,
    FIXED,
    FOREVER,
    FROM,
    LIMIT,
    MAX_STOPS,
    NONE,
    PACE,
    PAID_RATE,
    PLACE,
    PREVIOUS_ENGINEER,
    PREVIOUS_START,
    READY,
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
)
from dispatch.solver.compiled import compiled, inlined
from dispatch.solver.guide import may_serve
from dispatch.solver.terms import opening
from dispatch.solver.timing import MARK_COLUMNS, leg, timed_cost, walk

MEMORY = 10
"""Nearest tickets remembered at each ticket, to begin with."""
SLOT = 600
"""Seconds between two looks at what can still be reached."""
MOMENTS = 1 << 20
"""Most cells of the queue of labels: above that, a cell holds several seconds."""

# Columns of `Network.arcs`: seconds, least cost but for what depends on the time, and the last moment to leave by.
SECONDS, PRICED, LEAVE_BY, ARC_COLUMNS = range(4)
# Cells of `Network.number`: the shift, seconds per cell of the queue, what the first label costs, what a second of driving costs beyond
# travel, what a second of rest costs, and how many units or stops there is room for.
SHIFT, GRAIN, AT_START, PER_SECOND, PER_REST, ROOM, NUMBERS = range(7)


class Network(NamedTuple):
    """The graph of one shift, or of several that are alike. Its tickets are numbered 0 to k - 1; k is the start.

    Parameters
    ----------
    rows
        Rows of its tickets.
    arcs
        Shape (k + 1, k, columns as named above), row = from.
    order
        Per ticket and the start, the tickets by when one must leave for them, latest first.
    reach
        Shape (k, slots, words): the tickets that can still be served after one, bit by bit.
    since
        Shape (slots, words): the tickets that can have been served by then.
    early
        Shape (k, 2): no sooner than when service ends, and what lateness, response and change then cost at the least.
    home
        Seconds of the return from each ticket.
    need
        What each ticket takes of the room.
    number
        Further numbers, as named above.
    """

    rows: IntArray
    arcs: IntArray
    order: IntArray
    reach: IntArray
    since: IntArray
    early: IntArray
    home: IntArray
    need: IntArray
    number: IntArray


@inlined
def latest_start(arrays: Arrays, t: IntArray, by: int) -> int:
    """Return the last moment up to `by` at which service may begin, `NONE` if there is none."""
    found = by
    if t[WINDOW] < t[WINDOW_END]:
        found = NONE
        for w in range(t[WINDOW], t[WINDOW_END]):
            if arrays.span[w, 0] <= by:
                found = min(by, arrays.span[w, 1])
    return found


@compiled
def home_by(arrays: Arrays, rows: IntArray, shift: int, by: IntArray) -> None:
    """Write when service at each ticket must have ended to be home in time, on whatever way: the direct one need not be the shortest."""
    s = arrays.shift[shift]
    for j in range(rows.shape[0]):
        seconds, _ = leg(arrays, s, arrays.ticket[rows[j], PLACE], s[TO])
        by[j] = s[LIMIT] - seconds
    changed = True
    while changed:
        changed = False
        for u in range(rows.shape[0]):
            t = arrays.ticket[rows[u]]
            start = latest_start(arrays, t, by[u] - t[TICKET_COLUMNS + s[PACE]])
            for j in range(rows.shape[0]):
                seconds, _ = leg(arrays, s, arrays.ticket[rows[j], PLACE], t[PLACE])
                if j != u and start != NONE and start - seconds > by[j]:
                    by[j], changed = start - seconds, True


@compiled
def survey(arrays: Arrays, rows: IntArray, number: IntArray, by: IntArray, arcs: IntArray) -> None:
    """Fill in the arcs; breaks, which only make later, are left out of `LEAVE_BY`."""
    s = arrays.shift[number[SHIFT]]
    for j in range(rows.shape[0]):
        t = arrays.ticket[rows[j]]
        service = t[TICKET_COLUMNS + s[PACE]]
        start = latest_start(arrays, t, by[j] - service)
        for i in range(rows.shape[0] + 1):
            place = s[FROM] if i == rows.shape[0] else arrays.ticket[rows[i], PLACE]
            seconds, cost = leg(arrays, s, place, t[PLACE])
            arc = arcs[i, j]
            arc[SECONDS] = seconds
            arc[PRICED] = cost + arrays.stop_cost[rows[j], s[ENGINEER]] + number[PER_SECOND] * (seconds + service)
            arc[LEAVE_BY] = NONE if start == NONE or i == j else start - seconds


@compiled
def foresee(arrays: Arrays, rows: IntArray, number: IntArray, arcs: IntArray, early: IntArray, home: IntArray, leave: IntArray) -> None:
    """Fill in `early`, `home`, and `leave`: the last moment to leave one ticket so as to serve another on whatever way, breaks left out."""
    s, k = arrays.shift[number[SHIFT]], rows.shape[0]
    for j in range(k):
        t = arrays.ticket[rows[j]]
        seconds = arcs[k, j, SECONDS]
        home[j], _ = leg(arrays, s, t[PLACE], s[TO])
        for i in range(k):
            leave[i, j] = arcs[i, j, LEAVE_BY]
            if i != j:
                seconds = min(seconds, arcs[i, j, SECONDS])
        start = opening(arrays, t, s[READY] + seconds)
        early[j, 0], early[j, 1] = FOREVER, 0
        if start != NONE:
            early[j, 0], early[j, 1] = start + t[TICKET_COLUMNS + s[PACE]], timed_cost(s, t, start)
            if t[PREVIOUS_ENGINEER] == s[ENGINEER] and abs(start - t[PREVIOUS_START]) > CHANGE_TOLERANCE:
                early[j, 1] -= s[CHANGE_RATE]
    # A way round may be shorter than the direct one: roads and rounding make it so.
    changed = True
    while changed:
        changed = False
        for u in range(k):
            service = arrays.ticket[rows[u], TICKET_COLUMNS + s[PACE]]
            for i in range(k):
                if arcs[i, u, LEAVE_BY] == NONE:
                    continue
                for j in range(k):
                    by = min(arcs[i, u, LEAVE_BY], leave[u, j] - service - arcs[i, u, SECONDS])
                    if j != i and leave[u, j] != NONE and by > leave[i, j]:
                        leave[i, j], changed = by, True


def packed(bits: npt.NDArray[np.bool_]) -> IntArray:
    """Return the last axis as bits of 64-bit words."""
    words = max(1, -(-bits.shape[-1] // 64))
    wide = np.zeros((*bits.shape[:-1], 64 * words), bool)
    wide[..., : bits.shape[-1]] = bits
    return np.packbits(wide, axis=-1, bitorder="little").view("<i8").astype(np.int64)


def build(arrays: Arrays, shift: int, workload: int) -> Network:
    """Return the network of a shift.

    Parameters
    ----------
    workload
        Seconds at which the tangent of its price is taken.
    """
    s = arrays.shift[shift]
    rows = np.array([t for t in range(len(arrays.ticket)) if may_serve(arrays, shift, t)], np.int64)
    k, ready, limit = len(rows), int(s[READY]), int(s[LIMIT])
    rate = int(s[WORKLOAD_RATE])
    slope = 2 * workload * rate // 216_000
    number = np.zeros(NUMBERS, np.int64)
    number[SHIFT], number[GRAIN] = shift, max(1, -(-(limit - ready + 1) // MOMENTS))
    begun = s[BEGUN] != NONE
    number[PER_SECOND] = slope + (0 if begun else s[PAID_RATE])
    number[PER_REST] = 0 if begun else s[PAID_RATE]
    # Both divisions, here and in the price itself, round down: one more makes sure.
    tangent = slope * int(s[BASE_TRAVEL] + s[BASE_SERVICE]) - (-(-workload * workload * rate // 216_000) + 1 if rate else 0)
    number[AT_START] = tangent + int(s[BASE_COST] if begun else s[FIXED])
    need, number[ROOM] = _room(arrays, shift, rows)
    arcs = np.zeros((k + 1, k, ARC_COLUMNS), np.int64)
    by = np.zeros(k, np.int64)
    home_by(arrays, rows, shift, by)
    survey(arrays, rows, number, by, arcs)
    leave_by = arcs[:, :, LEAVE_BY]
    order = np.argsort(-leave_by, axis=1, kind="stable")
    slots = ready + SLOT * np.arange(max(0, limit - ready) // SLOT + 1)
    early, home, leave = np.zeros((k, 2), np.int64), np.zeros(k, np.int64), np.zeros((k, k), np.int64)
    foresee(arrays, rows, number, arcs, early, home, leave)
    reach = packed(leave[:, None, :] >= slots[None, :, None])
    since = packed(early[:, 0] <= slots[:, None] + SLOT)
    return Network(rows, arcs, order, reach, since, early, home, need, number)


def _room(arrays: Arrays, shift: int, rows: IntArray) -> tuple[IntArray, int]:
    """Return what each ticket takes of the first limit that can bind, and the limit; nothing of nothing if none can."""
    for unit in range(arrays.units):
        need = arrays.ticket[rows, arrays.ticket.shape[1] - arrays.units + unit].copy()
        carried = int(arrays.shift[shift, SHIFT_COLUMNS + unit])
        if need.sum() > carried:
            return need, carried
    most = int(arrays.shift[shift, MAX_STOPS])
    if most < len(rows):
        return np.ones(len(rows), np.int64), most
    return np.zeros(len(rows), np.int64), 0


def alike(arrays: Arrays) -> list[list[int]]:
    """Return the shifts in groups that one network describes: same times, places, prices, breaks, abilities, and costs of every stop."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for shift, row in enumerate(arrays.shift):
        engineer, rest = row[ENGINEER], slice(row[REST_FIRST], row[REST_END])
        same = row.copy()
        same[ENGINEER] = same[REST_FIRST] = same[REST_END] = 0
        known = bool(row[CHANGE_RATE]) and bool((arrays.ticket[:, PREVIOUS_ENGINEER] == engineer).any())
        key = (same.tobytes(), arrays.span[rest].tobytes(), arrays.stop_cost[:, engineer].tobytes())
        groups.setdefault((*key, int(engineer) if known else NONE), []).append(shift)
    return list(groups.values())


@dataclass
class Kind:
    """Shifts that one network describes.

    Parameters
    ----------
    idle
        What one of them costs without a stop, milliseconds of travel.
    memory
        Shape (k, k): whether a route remembers, at a ticket, that it has visited another one.
    number_of
        The number of each ticket row in the network.
    """

    network: Network
    shifts: list[int]
    idle: int
    memory: npt.NDArray[np.bool_]
    number_of: dict[int, int]

    def numbers(self, tickets: Iterable[int]) -> IntArray:
        """Return tickets as the network numbers them."""
        return np.array([self.number_of[t] for t in tickets], np.int64)

    def keep_arcs(self, start: IntArray, end: IntArray) -> None:
        """Leave away all arcs but these."""
        kept = np.zeros(self.network.arcs.shape[:2], bool)
        kept[start, end] = True
        leave_by = self.network.arcs[:, :, LEAVE_BY]
        leave_by[~kept] = NONE
        self.network.order[:] = np.argsort(-leave_by, axis=1, kind="stable")

    def grow(self, tickets: Sequence[int]) -> None:
        """Let the tickets between two visits to the same one remember it."""
        route, last = self.numbers(tickets).tolist(), dict[int, int]()
        for k, j in enumerate(route):
            if j in last:
                self.memory[route[last[j] + 1 : k], j] = True
            last[j] = k


def kinds(arrays: Arrays, workloads: Sequence[int]) -> list[Kind]:
    """Return the kinds of shifts there are; `workloads` are the seconds of the best known routes."""
    return [_kind(arrays, shifts, round(sum(workloads[s] for s in shifts) / len(shifts))) for shifts in alike(arrays)]


def _kind(arrays: Arrays, shifts: list[int], workload: int) -> Kind:
    network = build(arrays, shifts[0], workload)
    rows, k = network.rows, len(network.rows)
    places = arrays.ticket[rows, PLACE]
    nearest = np.argsort(arrays.seconds[np.ix_(places, places)], axis=1, kind="stable")
    memory = np.eye(k, dtype=bool)
    # Services that take no time could follow each other for ever if they were forgotten.
    services = arrays.ticket[rows, TICKET_COLUMNS + arrays.shift[shifts[0], PACE]]
    width = k if (services == 0).any() else MEMORY
    np.put_along_axis(memory, nearest[:, :width], True, axis=1)
    idle = int(walk(arrays, shifts[0], np.zeros((2, MARK_COLUMNS), np.int64), 0))
    return Kind(network, shifts, idle, memory, {int(t): j for j, t in enumerate(rows)})
