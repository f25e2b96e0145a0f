"""Compiled: the cheapest route of a network when every ticket in it earns its dual value.

Labels are partial routes: where they end, when, what they cost so far, and what they remember. A label is put aside when another is there
no later, has cost no more, and is barred from nothing that it could still reach. A route may visit a ticket again once it has
forgotten it (ng-routes: Baldacci, Mingozzi, Roberti 2011, doi 10.1287/opre.1110.0975), so the cheapest is a bound on the cheapest real one.

A cut on three tickets (subset-row cuts: Jepsen et al. 2008, doi 10.1287/opre.1070.0449) charges a penalty for every second visit among
the three; a label remembers by one bit whether it has made an odd number, and forgets that outside the tickets the cut is
remembered at (Pecin et al. 2017, doi 10.1007/s12532-016-0108-8).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dispatch.model import CHANGE_TOLERANCE
from dispatch.solver.arrays import (
    BEGUN,
    CHANGE_RATE,
    END,
    ENGINEER,
    INFEASIBLE,
    LIMIT,
    NONE,
    OVERTIME_RATE,
    PACE,
    PAID_RATE,
    PLACE,
    PREVIOUS_ENGINEER,
    PREVIOUS_START,
    READY,
    REST_FIRST,
    TICKET_COLUMNS,
    Arrays,
    IntArray,
)
from dispatch.solver.compiled import compiled, inlined
from dispatch.solver.network import (
    AT_START,
    GRAIN,
    LEAVE_BY,
    PER_REST,
    PER_SECOND,
    PRICED,
    ROOM,
    SECONDS,
    SHIFT,
    SLOT,
    Network,
)
from dispatch.solver.timing import come_home, drive, serve, timed_cost

# Columns of a label; behind them the tickets it remembers, then its state in each cut. BEFORE is the label it goes on from.
TIME, COST, AT, BEFORE, NEXT, RESTS, LOAD, LABEL_COLUMNS = range(8)

FULL = -2
"""Returned in place of the number of labels where there was no room for them all."""

# Which bit of a word is set, by the top six bits of its product with `LOWEST` (a de Bruijn sequence).
LOWEST = 0x03F79D71B4CB0A89
BIT_OF = np.array([i for _, i in sorted(((LOWEST << i & 2**64 - 1) >> 58, i) for i in range(64))], np.int64)


class Duals(NamedTuple):
    """What tickets earn and cuts cost in one network.

    Parameters
    ----------
    gain
        Per ticket, milliseconds of travel.
    memory
        Shape (k, words): the tickets remembered at a ticket, itself included.
    flips, keeps
        Shape (k, cut words): the cuts a ticket belongs to, and those remembered at it.
    alive
        Shape (k, slots, cut words): the cuts that a route can still be charged for.
    penalty
        Per cut, milliseconds of travel.
    """

    gain: IntArray
    memory: IntArray
    flips: IntArray
    keeps: IntArray
    alive: IntArray
    penalty: IntArray


class Bench(NamedTuple):
    """Room to work in, one per thread.

    Parameters
    ----------
    label
        Shape (labels, columns as named above).
    queue
        Per moment the first label that ends then.
    settled, kept
        Per ticket the labels kept, cheapest first, and their number.
    found
        Per ticket the least cost of a route that ends there, and its last label.
    """

    label: IntArray
    queue: IntArray
    settled: IntArray
    kept: IntArray
    found: IntArray


@inlined
def serve_next(arrays: Arrays, s: IntArray, network: Network, i: int, j: int, time: int, rest: int) -> tuple[int, int, int]:
    """Return the end of service at j after leaving i (`NONE` if not in time), the next break, and what that costs at the least."""
    arc, t = network.arcs[i, j], arrays.ticket[network.rows[j]]
    service = t[TICKET_COLUMNS + s[PACE]]
    arrival, after = drive(arrays, s, time, rest, arc[SECONDS])
    end, cost = NONE, 0
    if arrival != NONE:
        start, after, _ = serve(arrays, s, t, service, arrival, after)
        if start != NONE:
            end = start + service
            cost = arc[PRICED] + timed_cost(s, t, start)
            # A later start may save the change, so an early one is not charged for it.
            if t[PREVIOUS_ENGINEER] == s[ENGINEER] and start < t[PREVIOUS_START] - CHANGE_TOLERANCE:
                cost -= s[CHANGE_RATE]
            for r in range(rest, after):
                cost += network.number[PER_REST] * arrays.span[r, 2]
    return end, after, cost


@inlined
def finish(arrays: Arrays, s: IntArray, network: Network, i: int, time: int, rest: int) -> int:
    """Return what going home from i costs at the least, `INFEASIBLE` if it is too late for that."""
    back, seconds, cost, _ = come_home(arrays, s, arrays.ticket[network.rows[i], PLACE], time, rest)
    cost += network.number[PER_SECOND] * seconds + max(0, back - s[END]) * s[OVERTIME_RATE]
    if s[BEGUN] != NONE:
        cost += (back - s[BEGUN]) * s[PAID_RATE]
    if back == NONE or back > s[LIMIT]:
        cost = INFEASIBLE
    return cost


@inlined
def charge(penalty: IntArray, word: int, bits: int) -> int:
    """Return the sum of the penalties of the cuts whose bits are set."""
    left, total = np.uint64(bits), 0
    while left != np.uint64(0):
        low = left & (~left + np.uint64(1))
        total += penalty[64 * word + BIT_OF[np.int64((low * np.uint64(LOWEST)) >> np.uint64(58))]]
        left ^= low
    return total


@compiled
def at_stake(reach: IntArray, members: IntArray, alive: IntArray) -> None:
    """Write for each ticket and slot, bit by bit, the cuts of which a member can still be served; `members` has the tickets of each cut."""
    for i in range(reach.shape[0]):
        for slot in range(reach.shape[1]):
            for c in range(members.shape[0]):
                met = 0
                for w in range(reach.shape[2]):
                    met |= reach[i, slot, w] & members[c, w]
                if met != 0:
                    alive[i, slot, c >> 6] |= 1 << (c & 63)


@compiled
def least_cost(arrays: Arrays, network: Network, route: IntArray) -> int:
    """Return what a route costs by the network, `INFEASIBLE` if it is not in it.

    Parameters
    ----------
    route
        Numbers of its tickets in the network, at least one.
    """
    s = arrays.shift[network.number[SHIFT]]
    i, time, rest, total = network.rows.shape[0], s[READY], s[REST_FIRST], network.number[AT_START]
    for k in range(route.shape[0]):
        time, rest, cost = serve_next(arrays, s, network, i, route[k], time, rest)
        if time == NONE:
            return INFEASIBLE
        i, total = route[k], total + cost
    home = finish(arrays, s, network, i, time, rest)
    return INFEASIBLE if home == INFEASIBLE else int(total + home)


@inlined
def hopeless(duals: Duals, bench: Bench, ahead: IntArray, first: IntArray, limit: int, new: int) -> bool:
    """Whether a label goes on in no way that ends below the limit."""
    words, cut_words = duals.memory.shape[1], duals.flips.shape[1]
    mine = bench.label[new]
    i, lost = mine[AT], True
    for p in range(first[i], first[i + 1]):
        rest = ahead[p]
        total = mine[COST] + rest[1]
        if total >= limit:
            break
        if rest[0] < mine[TIME]:
            continue
        met = 0
        for w in range(words):
            both = mine[LABEL_COLUMNS + w] & rest[2 + w]
            met |= both ^ (1 << (i & 63)) if w == i >> 6 else both
        if met != 0:
            continue
        for w in range(cut_words):
            total += charge(duals.penalty, w, mine[LABEL_COLUMNS + words + w] & rest[2 + words + w])
        if total < limit:
            lost = False
            break
    return lost


@compiled
def spread(
    arrays: Arrays, network: Network, duals: Duals, bench: Bench, ahead: IntArray, first: IntArray, limit: int, me: int, used: int
) -> int:
    """Add the labels that go on from one.

    Parameters
    ----------
    ahead, first
        How routes can go on: service ends by, cost, tickets and cuts remembered; cheapest first, those of ticket i from row `first[i]` to
        `first[i + 1]`. Without any rows no label is dropped for its prospects.
    limit
        What the whole route must cost less than, milliseconds of travel.
    me
        The label, `NONE` to begin.

    Returns
    -------
    used
        The number of labels, or `FULL`.
    """
    s = arrays.shift[network.number[SHIFT]]
    words, cut_words = duals.memory.shape[1], duals.flips.shape[1]
    i, time, rest, spent, load = network.rows.shape[0], s[READY], s[REST_FIRST], network.number[AT_START], 0
    here = bench.label[max(me, 0)]
    if me != NONE:
        i, time, rest, spent, load = here[AT], here[TIME], here[RESTS], here[COST], here[LOAD]
    for p in range(network.rows.shape[0]):
        j = network.order[i, p]
        if network.arcs[i, j, LEAVE_BY] < time:
            break
        if load + network.need[j] > network.number[ROOM]:
            continue
        if me != NONE and (here[LABEL_COLUMNS + (j >> 6)] >> (j & 63)) & 1:
            continue
        end, after, cost = serve_next(arrays, s, network, i, j, time, rest)
        if end == NONE:
            continue
        if used == bench.label.shape[0]:
            return FULL
        new = bench.label[used]
        cost += spent - duals.gain[j]
        for w in range(words):
            new[LABEL_COLUMNS + w] = 0 if me == NONE else here[LABEL_COLUMNS + w] & duals.memory[j, w]
        new[LABEL_COLUMNS + (j >> 6)] |= 1 << (j & 63)
        for w in range(cut_words):
            at = LABEL_COLUMNS + words + w
            odd = 0 if me == NONE else here[at] & duals.keeps[j, w]
            cost += charge(duals.penalty, w, odd & duals.flips[j, w])
            new[at] = odd ^ duals.flips[j, w]
        new[TIME], new[COST], new[AT], new[BEFORE], new[RESTS], new[LOAD] = end, cost, j, me, after, load + network.need[j]
        moment = (end - s[READY]) // network.number[GRAIN]
        # A break may push the end beyond the shift.
        if moment < bench.queue.shape[0] and (ahead.shape[0] == 0 or not hopeless(duals, bench, ahead, first, limit, used)):
            new[NEXT] = bench.queue[moment]
            bench.queue[moment] = used
            used += 1
    return used


@inlined
def rank(network: Network, duals: Duals, bench: Bench, me: int, ready: int, quick: bool) -> int:
    """Return where among the labels kept at its ticket a label belongs, `NONE` if one of them is as good.

    `quick` overlooks what a label remembers, and so may put aside the better one.
    """
    words, cut_words = duals.memory.shape[1], duals.flips.shape[1]
    mine = bench.label[me]
    i = mine[AT]
    slot = (mine[TIME] - ready) // SLOT
    reach, alive = network.reach[i, slot], duals.alive[i, slot]
    at, settled = bench.kept[i], bench.settled[i]
    for p in range(bench.kept[i]):
        other = bench.label[settled[p]]
        slack = mine[COST] - other[COST]
        if slack < 0:
            at = p
            break
        if other[RESTS] != mine[RESTS] or other[LOAD] > mine[LOAD] or other[TIME] > mine[TIME]:
            continue
        if quick:
            at = NONE
            break
        barred = 0
        for w in range(words):
            barred |= other[LABEL_COLUMNS + w] & ~mine[LABEL_COLUMNS + w] & reach[w]
        if barred != 0:
            continue
        for w in range(cut_words):
            k = LABEL_COLUMNS + words + w
            odd = other[k] & ~mine[k] & alive[w]
            if odd != 0:
                slack -= charge(duals.penalty, w, odd)
        if slack >= 0:
            at = NONE
            break
    return int(at)


@compiled
def price(arrays: Arrays, network: Network, duals: Duals, bench: Bench, ahead: IntArray, first: IntArray, limit: int, quick: bool) -> int:
    """Find the cheapest route that ends at each ticket, or if `quick` a cheap one; return how many labels that took, or `FULL`."""
    s = arrays.shift[network.number[SHIFT]]
    k = network.rows.shape[0]
    for q in range(bench.queue.shape[0]):
        bench.queue[q] = NONE
    for i in range(k):
        bench.kept[i], bench.found[i, 0], bench.found[i, 1] = 0, INFEASIBLE, NONE
    used = spread(arrays, network, duals, bench, ahead, first, limit, NONE, 0)
    for moment in range(bench.queue.shape[0]):
        while used != FULL and bench.queue[moment] != NONE:
            me = bench.queue[moment]
            mine = bench.label[me]
            bench.queue[moment] = mine[NEXT]
            at, i = rank(network, duals, bench, me, s[READY], quick), mine[AT]
            if at == NONE:
                continue
            if bench.kept[i] == bench.settled.shape[1]:
                return FULL
            for p in range(bench.kept[i], at, -1):
                bench.settled[i, p] = bench.settled[i, p - 1]
            bench.settled[i, at] = me
            bench.kept[i] += 1
            home = finish(arrays, s, network, i, mine[TIME], mine[RESTS])
            if home != INFEASIBLE and mine[COST] + home < bench.found[i, 0]:
                bench.found[i, 0], bench.found[i, 1] = mine[COST] + home, me
            used = spread(arrays, network, duals, bench, ahead, first, limit, me, used)
    return int(used)
