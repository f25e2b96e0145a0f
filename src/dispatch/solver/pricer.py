"""Prices all kinds of shifts side by side, in threads: compiled functions do not hold the interpreter lock."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from dispatch.solver.arrays import LIMIT, NONE, READY, Arrays, IntArray
from dispatch.solver.completion import TABLE, list_routes, look_ahead
from dispatch.solver.listed import Listed, cheapest, listed_from
from dispatch.solver.master import Cut
from dispatch.solver.network import GRAIN, SHIFT, Kind, packed
from dispatch.solver.pricing import AT, BEFORE, COST, FULL, LABEL_COLUMNS, TIME, Bench, Duals, at_stake, price

LABELS, MOST_LABELS = 1 << 18, 1 << 22
"""Labels a pricing has room for at first, and at the most."""
PER_PRICING = 30
"""Most routes taken from one pricing."""
GROWTHS = 8
"""How often a kind is priced in a row while what its routes remember grows."""
CUT_WORDS = 4
"""Words of cuts that a label has room for at first."""
FEW_LABELS, MOST_LISTED = 20_000, 150_000
"""Labels of a narrowed network from which its routes are listed, and most routes of a list."""

Priced = tuple[int, list[tuple[int, ...]]]
"""What a shift saves at the most, 0 or below, and routes that save, best first, by rows of tickets."""

_ANYWAY, _NO_ROWS = np.zeros((0, 2), np.int64), np.zeros(1, np.int64)


class Pricer:
    """Room to price every kind of shift, several at a time.

    Parameters
    ----------
    workers
        Threads that price side by side.
    """

    def __init__(self, arrays: Arrays, kinds: Sequence[Kind], threads: ThreadPoolExecutor, workers: int) -> None:
        self._arrays, self._kinds, self._threads = arrays, kinds, threads
        self._tickets = max(len(kind.network.rows) for kind in kinds)
        self._words = max(kind.network.reach.shape[2] for kind in kinds)
        self._cells = max(self._moments(kind) for kind in kinds)
        self.lists: dict[int, Listed] = {}
        self._benches: SimpleQueue[Bench] = SimpleQueue()
        for _ in range(workers):
            self._benches.put(self._bench(LABELS, CUT_WORDS))

    def price(self, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray, shares: IntArray, *, quick: bool) -> list[Priced] | None:
        """Return for each kind what a shift of it saves at the most, and how; None if there was no room for all labels.

        Parameters
        ----------
        gains, penalties
            What each ticket row earns and each cut costs, milliseconds of travel.
        shares
            What a shift of each kind saves by the routes known, 0 or below: only routes that save more are of use.
        quick
            Look for routes that save, without certainty that there are no others.
        """
        tasks = [self._threads.submit(self._price, i, gains, cuts, penalties, share, quick) for i, share in enumerate(shares.tolist())]
        priced = [task.result() for task in tasks]
        return None if None in priced else [p for p in priced if p is not None]

    def narrow(self, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray, leasts: Sequence[int], gap: int) -> None:
        """Leave away what no plan better than the best known one can hold; list what is left where it is little.

        Parameters
        ----------
        gains, cuts, penalties
            Of the pricing that proved the bound.
        leasts
            What it returned for each kind.
        gap
            From the bound to the cost of the best known plan.
        """
        tasks = [self._threads.submit(self._narrow, i, gains, cuts, penalties, least + gap) for i, least in enumerate(leasts)]
        for task in tasks:
            task.result()

    def _price(self, number: int, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray, share: int, quick: bool) -> Priced | None:
        kind = self._kinds[number]
        if not len(kind.network.rows):
            return 0, []
        if number in self.lists:
            return cheapest(self.lists[number], kind, gains, cuts, penalties, share, PER_PRICING)
        duals = duals_of(kind, gains, cuts, penalties, quick=quick)
        bench = self._benches.get()
        try:
            for _ in range(GROWTHS):
                priced = self._labels(kind, duals, bench, quick)
                if priced is None:
                    return None
                bench = priced
                least, routes = _routes(kind, bench, share)
                cycles = [] if quick else [r for r in routes if len(set(r)) < len(r)]
                if not cycles:
                    break
                for route in cycles:
                    kind.grow(route)
                duals = duals._replace(memory=packed(kind.memory))
            return least, [r for r in routes if len(set(r)) == len(r)]
        finally:
            self._benches.put(bench)

    def _labels(self, kind: Kind, duals: Duals, bench: Bench, quick: bool) -> Bench | None:
        """Price a kind, in a larger room if it takes one; return the room, None if there is none so large."""
        while True:
            bench = self._wide(bench, duals)
            queue = bench.queue[: self._moments(kind)]
            if price(self._arrays, kind.network, duals, bench._replace(queue=queue), _ANYWAY, _NO_ROWS, 0, quick) != FULL:
                return bench
            if 2 * len(bench.label) > MOST_LABELS:
                return None
            bench = self._bench(2 * len(bench.label), duals.flips.shape[1])

    def _narrow(self, number: int, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray, limit: int) -> None:
        kind = self._kinds[number]
        network, k = kind.network, len(kind.network.rows)
        if not k:
            return
        if number in self.lists:
            self.lists[number] = self.lists[number].below(kind, gains, cuts, penalties, limit)
            return
        duals = duals_of(kind, gains, cuts, penalties)
        members = packed(_unpacked(duals.flips)[:, : len(duals.penalty)].T)
        stake = np.zeros((1, len(network.since), duals.flips.shape[1]), np.int64)
        at_stake(network.since[None], members, stake)
        bench = self._benches.get()
        try:
            bench = self._wide(bench, duals)
            if len(bench.label) < 4 * LABELS:
                bench = self._bench(4 * LABELS, duals.flips.shape[1])
            room = bench._replace(queue=bench.queue[: self._moments(kind)])
            if look_ahead(self._arrays, network, duals, room, stake) == FULL:
                return
            first = np.concatenate([[0], np.cumsum(room.kept[:k])])
            rows = np.concatenate([room.settled[i, :n] for i, n in enumerate(room.kept[:k])])
            width = duals.memory.shape[1] + duals.flips.shape[1]
            ahead = np.ascontiguousarray(room.label[rows][:, [TIME, COST, *range(LABEL_COLUMNS, LABEL_COLUMNS + width)]])
            used = price(self._arrays, network, duals, room, ahead, first, limit + kind.idle, False)
            if used == FULL:
                return
            at, before = room.label[:used, AT], room.label[:used, BEFORE]
            kind.keep_arcs(np.where(before == NONE, k, at[before]), at)
            if used > FEW_LABELS:
                return
            out, table = np.zeros((MOST_LISTED, 2), np.int64), np.zeros(TABLE, np.int64)
            all_kept = duals._replace(memory=np.full_like(duals.memory, -1), keeps=np.full_like(duals.keeps, -1))
            found = list_routes(self._arrays, network, all_kept, room, ahead, first, limit + kind.idle, out, table)
            if found != FULL:
                self.lists[number] = listed_from(self._arrays, kind, room.label, out[:found, 1], duals.memory.shape[1])
        finally:
            self._benches.put(bench)

    def _moments(self, kind: Kind) -> int:
        """Return how many cells the queue of a network needs."""
        s = self._arrays.shift[kind.network.number[SHIFT]]
        return max(0, int((s[LIMIT] - s[READY]) // kind.network.number[GRAIN])) + 1

    def _wide(self, bench: Bench, duals: Duals) -> Bench:
        """Return a room as large in which labels remember all cuts."""
        if bench.label.shape[1] < LABEL_COLUMNS + self._words + duals.flips.shape[1]:
            return self._bench(len(bench.label), duals.flips.shape[1] + 1)
        return bench

    def _bench(self, labels: int, cut_words: int) -> Bench:
        return Bench(
            np.zeros((labels, LABEL_COLUMNS + self._words + max(CUT_WORDS, cut_words)), np.int64),
            np.zeros(self._cells, np.int64),
            np.zeros((max(1, self._tickets), labels // 4), np.int64),
            np.zeros(max(1, self._tickets), np.int64),
            np.zeros((max(1, self._tickets), 2), np.int64),
        )


def _unpacked(words: IntArray) -> npt.NDArray[np.bool_]:
    """Return the bits of 64-bit words, the last axis."""
    return np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little").astype(bool)


def duals_of(kind: Kind, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray, *, quick: bool = False) -> Duals:
    """Return dual values as a network takes them, only what can matter in it; if `quick`, routes remember all their tickets."""
    k = len(kind.network.rows)
    seen = [i for i, cut in enumerate(cuts) if penalties[i] > 0 and sum(t in kind.number_of for t in cut.tickets) > 1]
    flips, keeps = np.zeros((k, len(seen)), bool), np.zeros((k, len(seen)), bool)
    for c, i in enumerate(seen):
        flips[[kind.number_of[t] for t in cuts[i].tickets if t in kind.number_of], c] = True
        keeps[[kind.number_of[t] for t in cuts[i].memory if t in kind.number_of], c] = True
    memory, belongs = packed(kind.memory), packed(flips)
    alive = np.zeros((*kind.network.reach.shape[:2], belongs.shape[1]), np.int64)
    if quick:
        memory[:] = -1
    else:
        at_stake(kind.network.reach, packed(flips.T), alive)
    return Duals(gains[kind.network.rows], memory, belongs, packed(keeps), alive, penalties[seen])


def _routes(kind: Kind, bench: Bench, share: int) -> Priced:
    """Return what a pricing has found."""
    found = bench.found[: len(kind.network.rows)]
    found[:, 0] -= kind.idle
    saving = [i for i in np.argsort(found[:, 0], kind="stable")[:PER_PRICING].tolist() if found[i, 0] < share - 1]
    routes = []
    for i in saving:
        route, label = [], int(found[i, 1])
        while label != NONE:
            route.append(int(kind.network.rows[bench.label[label, AT]]))
            label = int(bench.label[label, BEFORE])
        routes.append(tuple(reversed(route)))
    return min(0, int(found[:, 0].min())), routes
