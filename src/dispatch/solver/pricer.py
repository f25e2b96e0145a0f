"""Prices all kinds of shifts side by side, in threads: compiled functions do not hold the interpreter lock."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np

from dispatch.solver.arrays import LIMIT, NONE, READY, Arrays, IntArray
from dispatch.solver.master import Cut
from dispatch.solver.network import GRAIN, SHIFT, Kind, packed
from dispatch.solver.pricing import AT, BEFORE, FULL, LABEL_COLUMNS, Bench, Duals, price

LABELS, MOST_LABELS = 1 << 18, 1 << 22
"""Labels a pricing has room for at first, and at the most."""
PER_PRICING = 30
"""Most routes taken from one pricing."""
CUT_WORDS = 4
"""Words of cuts that a label has room for at first."""

Priced = tuple[int, list[tuple[int, ...]]]
"""What a shift saves at the most, 0 or below, and routes that save, best first, by rows of tickets."""


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
        self._benches: SimpleQueue[Bench] = SimpleQueue()
        for _ in range(workers):
            self._benches.put(self._bench(LABELS, CUT_WORDS))

    def price(self, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray) -> list[Priced] | None:
        """Return for each kind what a shift of it saves at the most, and how; None if there was no room for all labels.

        Parameters
        ----------
        gains, penalties
            What each ticket row earns and each cut costs, milliseconds of travel.
        """
        tasks = [self._threads.submit(self._price, kind, gains, cuts, penalties) for kind in self._kinds]
        priced = [task.result() for task in tasks]
        return None if None in priced else [p for p in priced if p is not None]

    def _price(self, kind: Kind, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray) -> Priced | None:
        if not len(kind.network.rows):
            return 0, []
        duals = duals_of(kind, gains, cuts, penalties)
        bench = self._benches.get()
        try:
            while True:
                if bench.label.shape[1] < LABEL_COLUMNS + self._words + duals.flips.shape[1]:
                    bench = self._bench(len(bench.label), duals.flips.shape[1])
                queue = bench.queue[: self._moments(kind)]
                if price(self._arrays, kind.network, duals, bench._replace(queue=queue)) != FULL:
                    return _routes(kind, bench)
                if 2 * len(bench.label) > MOST_LABELS:
                    return None
                bench = self._bench(2 * len(bench.label), duals.flips.shape[1])
        finally:
            self._benches.put(bench)

    def _moments(self, kind: Kind) -> int:
        """Return how many cells the queue of a network needs."""
        s = self._arrays.shift[kind.network.number[SHIFT]]
        return max(0, int((s[LIMIT] - s[READY]) // kind.network.number[GRAIN])) + 1

    def _bench(self, labels: int, cut_words: int) -> Bench:
        return Bench(
            np.zeros((labels, LABEL_COLUMNS + self._words + max(CUT_WORDS, cut_words)), np.int64),
            np.zeros(self._cells, np.int64),
            np.zeros((max(1, self._tickets), labels // 4), np.int64),
            np.zeros(max(1, self._tickets), np.int64),
            np.zeros((max(1, self._tickets), 2), np.int64),
        )


def duals_of(kind: Kind, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray) -> Duals:
    """Return dual values as a network takes them: only what can matter in it."""
    k = len(kind.network.rows)
    seen = [i for i, cut in enumerate(cuts) if penalties[i] > 0 and sum(t in kind.number_of for t in cut.tickets) > 1]
    flips, keeps = np.zeros((k, len(seen)), bool), np.zeros((k, len(seen)), bool)
    for c, i in enumerate(seen):
        flips[[kind.number_of[t] for t in cuts[i].tickets if t in kind.number_of], c] = True
        keeps[[kind.number_of[t] for t in cuts[i].memory if t in kind.number_of], c] = True
    alive = (kind.reach @ flips.astype(np.float32) > 0).reshape(*kind.network.reach.shape[:2], len(seen))
    return Duals(gains[kind.network.rows], packed(kind.memory), packed(flips), packed(keeps), packed(alive), penalties[seen])


def _routes(kind: Kind, bench: Bench) -> Priced:
    """Return what a pricing has found."""
    found = bench.found[: len(kind.network.rows)]
    found[:, 0] -= kind.idle
    saving = [i for i in np.argsort(found[:, 0], kind="stable")[:PER_PRICING].tolist() if found[i, 0] < 0]
    routes = []
    for i in saving:
        route, label = [], int(found[i, 1])
        while label != NONE:
            route.append(int(kind.network.rows[bench.label[label, AT]]))
            label = int(bench.label[label, BEFORE])
        routes.append(tuple(reversed(route)))
    return min(0, int(found[:, 0].min())), routes
