"""Compiled: what the rest of a route costs at the least, and from that all routes that a better plan could hold.

Labels that run backwards from the return say how cheaply a route can go on from a ticket if service there ends by a moment. What
depends on the moment itself (lateness, breaks, overtime) counts only as far as it is certain, so they undercount. Forward labels that
cannot end below a limit even so are dropped; where few enough are left, all routes below it are listed (Baldacci, Christofides,
Mingozzi 2008, doi 10.1007/s10107-007-0178-5).
"""

from __future__ import annotations

from dispatch.solver.arrays import (
    INFEASIBLE,
    LIMIT,
    NONE,
    PACE,
    READY,
    REST_END,
    TICKET_COLUMNS,
    Arrays,
    IntArray,
)
from dispatch.solver.compiled import compiled, inlined
from dispatch.solver.network import GRAIN, LEAVE_BY, PRICED, SECONDS, SHIFT, SLOT, Network, latest_start
from dispatch.solver.pricing import (
    AT,
    COST,
    FULL,
    LABEL_COLUMNS,
    NEXT,
    RESTS,
    TIME,
    Bench,
    Duals,
    charge,
    finish,
    spread,
)

TABLE = 1 << 18
"""Cells of the table in which routes of the same tickets meet."""


@inlined
def queue_up(s: IntArray, network: Network, bench: Bench, used: int) -> int:
    """Add the label just written to the queue; return the number of labels."""
    moment = (s[LIMIT] - bench.label[used, TIME]) // network.number[GRAIN]
    bench.label[used, NEXT] = bench.queue[moment]
    bench.queue[moment] = used
    return used + 1


@compiled
def spread_back(arrays: Arrays, network: Network, duals: Duals, bench: Bench, me: int, used: int) -> int:
    """Add the labels of the tickets that one can come from; return the number of labels, or `FULL`."""
    s = arrays.shift[network.number[SHIFT]]
    words, cut_words = duals.memory.shape[1], duals.flips.shape[1]
    here = bench.label[me]
    j = here[AT]
    t = arrays.ticket[network.rows[j]]
    start = latest_start(arrays, t, here[TIME] - t[TICKET_COLUMNS + s[PACE]])
    if start == NONE:
        return used
    spent = here[COST] + network.early[j, 1] - duals.gain[j]
    for w in range(cut_words):
        spent += charge(duals.penalty, w, here[LABEL_COLUMNS + words + w] & duals.flips[j, w])
    for i in range(network.rows.shape[0]):
        by = min(start - network.arcs[i, j, SECONDS], network.arcs[i, j, LEAVE_BY])
        if by < network.early[i, 0] or (here[LABEL_COLUMNS + (i >> 6)] >> (i & 63)) & 1:
            continue
        if used == bench.label.shape[0]:
            return FULL
        new = bench.label[used]
        for w in range(words):
            new[LABEL_COLUMNS + w] = here[LABEL_COLUMNS + w] & duals.memory[i, w]
        new[LABEL_COLUMNS + (i >> 6)] |= 1 << (i & 63)
        for w in range(cut_words):
            at = LABEL_COLUMNS + words + w
            new[at] = (here[at] ^ duals.flips[j, w]) & duals.keeps[i, w]
        new[TIME], new[COST], new[AT] = by, spent + network.arcs[i, j, PRICED], i
        used = queue_up(s, network, bench, used)
    return used


@inlined
def rank_back(network: Network, duals: Duals, bench: Bench, stake: IntArray, me: int, slot: int) -> int:
    """Return where among the labels kept at its ticket a label belongs, `NONE` if one of them is as good."""
    words, cut_words = duals.memory.shape[1], duals.flips.shape[1]
    mine = bench.label[me]
    i = mine[AT]
    since = network.since[slot]
    at, settled = bench.kept[i], bench.settled[i]
    for p in range(bench.kept[i]):
        other = bench.label[settled[p]]
        slack = mine[COST] - other[COST]
        if slack < 0:
            at = p
            break
        if other[TIME] < mine[TIME]:
            continue
        barred = 0
        for w in range(words):
            barred |= other[LABEL_COLUMNS + w] & ~mine[LABEL_COLUMNS + w] & since[w]
        if barred != 0:
            continue
        for w in range(cut_words):
            k = LABEL_COLUMNS + words + w
            odd = other[k] & ~mine[k] & stake[0, slot, w]
            if odd != 0:
                slack -= charge(duals.penalty, w, odd)
        if slack >= 0:
            at = NONE
            break
    return int(at)


@compiled
def look_ahead(arrays: Arrays, network: Network, duals: Duals, bench: Bench, stake: IntArray) -> int:
    """Find how a route can go on from each ticket, cheapest first in `bench.settled`; return how many labels that took, or `FULL`.

    `stake` has for each slot, bit by bit, the cuts of which a member can have been served before: shape (1, slots, cut words).
    """
    s = arrays.shift[network.number[SHIFT]]
    k, used = network.rows.shape[0], 0
    for q in range(bench.queue.shape[0]):
        bench.queue[q] = NONE
    for i in range(k):
        bench.kept[i] = 0
        home = finish(arrays, s, network, i, network.early[i, 0], s[REST_END])
        if home == INFEASIBLE:
            continue
        new = bench.label[used]
        new[LABEL_COLUMNS:] = 0
        new[LABEL_COLUMNS + (i >> 6)] = 1 << (i & 63)
        new[TIME], new[COST], new[AT] = s[LIMIT] - network.home[i], home, i
        used = queue_up(s, network, bench, used)
    for moment in range(bench.queue.shape[0]):
        while used != FULL and bench.queue[moment] != NONE:
            me = bench.queue[moment]
            mine = bench.label[me]
            bench.queue[moment] = mine[NEXT]
            i = mine[AT]
            at = rank_back(network, duals, bench, stake, me, (mine[TIME] - s[READY]) // SLOT)
            if at == NONE:
                continue
            if bench.kept[i] == bench.settled.shape[1]:
                return FULL
            for p in range(bench.kept[i], at, -1):
                bench.settled[i, p] = bench.settled[i, p - 1]
            bench.settled[i, at] = me
            bench.kept[i] += 1
            used = spread_back(arrays, network, duals, bench, me, used)
    return int(used)


@inlined
def recurs(duals: Duals, bench: Bench, table: IntArray, me: int) -> bool:
    """Whether a label of the same tickets that ends at the same one is as good; if not, enter it into the table."""
    words = duals.memory.shape[1]
    mine = bench.label[me]
    key = mine[AT]
    for w in range(words):
        key = (key ^ mine[LABEL_COLUMNS + w]) * 0x1E3779B97F4A7C15
        key ^= key >> 29
    cell = key & (table.shape[0] - 1)
    found, p = False, table[cell]
    while p != NONE and not found:
        other = bench.label[p]
        if other[AT] == mine[AT] and other[RESTS] == mine[RESTS] and other[COST] <= mine[COST] and other[TIME] <= mine[TIME]:
            found = True
            for w in range(words):
                found = found and other[LABEL_COLUMNS + w] == mine[LABEL_COLUMNS + w]
        p = other[NEXT]
    if not found:
        mine[NEXT] = table[cell]
        table[cell] = me
    return found


@compiled
def list_routes(
    arrays: Arrays,
    network: Network,
    duals: Duals,
    bench: Bench,
    ahead: IntArray,
    first: IntArray,
    limit: int,
    out: IntArray,
    table: IntArray,
) -> int:
    """List the routes that cost less than a limit; of those that serve the same tickets and end at the same one, not the dominated.

    Parameters
    ----------
    duals
        With `memory` and `keeps` of everything.
    ahead, first
        How routes go on (see `spread`).
    out
        Written: cost and last label of each.

    Returns
    -------
    routes
        Their number, or `FULL`.
    """
    s = arrays.shift[network.number[SHIFT]]
    found = 0
    for q in range(bench.queue.shape[0]):
        bench.queue[q] = NONE
    for q in range(table.shape[0]):
        table[q] = NONE
    used = spread(arrays, network, duals, bench, ahead, first, limit, NONE, 0)
    for moment in range(bench.queue.shape[0]):
        while used != FULL and bench.queue[moment] != NONE:
            me = bench.queue[moment]
            mine = bench.label[me]
            bench.queue[moment] = mine[NEXT]
            if recurs(duals, bench, table, me):
                continue
            home = finish(arrays, s, network, mine[AT], mine[TIME], mine[RESTS])
            if home != INFEASIBLE and mine[COST] + home < limit:
                if found == out.shape[0]:
                    return FULL
                out[found, 0], out[found, 1] = mine[COST] + home, me
                found += 1
            used = spread(arrays, network, duals, bench, ahead, first, limit, me, used)
    return FULL if used == FULL else found
