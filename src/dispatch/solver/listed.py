"""All routes of a kind of shift that a plan better than the best known one could hold, once they are few enough to be listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dispatch.solver.arrays import NONE, Arrays, IntArray
from dispatch.solver.master import Cut
from dispatch.solver.network import Kind
from dispatch.solver.pricing import AT, BEFORE, LABEL_COLUMNS, least_cost


@dataclass
class Listed:
    """Routes of one kind.

    Parameters
    ----------
    ways
        Shape (routes, longest): numbers of tickets in the network, k where a route has ended.
    costs
        By the network, beyond an idle shift, milliseconds of travel.
    counted
        Per cut, by its tickets, how often it counts each route.
    """

    ways: npt.NDArray[np.int16]
    costs: IntArray
    counted: dict[tuple[int, ...], npt.NDArray[np.int8]] = field(default_factory=dict)

    def reduced(self, kind: Kind, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray) -> IntArray:
        """Return what each route costs beyond what its tickets earn; cuts count in full, wherever they are remembered."""
        earned = np.append(gains[kind.network.rows], 0)
        total: IntArray = self.costs - earned[self.ways].sum(axis=1)
        for cut, penalty in zip(cuts, penalties.tolist(), strict=True):
            if penalty > 0:
                total += np.int64(penalty) * self._counted(kind, cut)
        return total

    def below(self, kind: Kind, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray, limit: int) -> Listed:
        """Return the routes that cost less than a limit beyond what their tickets earn."""
        kept = np.flatnonzero(self.reduced(kind, gains, cuts, penalties) < limit)
        return Listed(self.ways[kept], self.costs[kept])

    def tickets(self, kind: Kind, route: int) -> tuple[int, ...]:
        """Return a route by rows of tickets."""
        way = self.ways[route]
        return tuple(kind.network.rows[way[way < len(kind.network.rows)]].tolist())

    def _counted(self, kind: Kind, cut: Cut) -> npt.NDArray[np.int8]:
        if cut.tickets not in self.counted:
            member = np.zeros(len(kind.network.rows) + 1, np.int8)
            member[[kind.number_of[t] for t in cut.tickets if t in kind.number_of]] = 1
            self.counted[cut.tickets] = member[self.ways].sum(axis=1, dtype=np.int8) // 2
        return self.counted[cut.tickets]


def cheapest(
    listed: Listed, kind: Kind, gains: IntArray, cuts: Sequence[Cut], penalties: IntArray, share: int, most: int
) -> tuple[int, list[tuple[int, ...]]]:
    """Return what a shift saves at the most, and the routes that save more than `share`, best first."""
    if not len(listed.costs):
        return 0, []
    reduced = listed.reduced(kind, gains, cuts, penalties)
    best = np.argpartition(reduced, min(most, len(reduced)) - 1)[:most]
    best = best[np.argsort(reduced[best], kind="stable")]
    return min(0, int(reduced[best[0]])), [listed.tickets(kind, int(r)) for r in best if reduced[r] < share - 1]


def listed_from(arrays: Arrays, kind: Kind, label: IntArray, last: IntArray, words: int) -> Listed:
    """Return the routes that end in some labels: of those that serve the same tickets the cheapest."""
    k, columns, at = len(kind.network.rows), [], last
    while (at != NONE).any():
        columns.append(np.where(at == NONE, k, label[at, AT]))
        at = np.where(at == NONE, NONE, label[at, BEFORE])
    backwards = np.stack(columns, axis=1).astype(np.int16) if columns else np.zeros((0, 1), np.int16)
    ways = np.full_like(backwards, k)
    lengths = (backwards < k).sum(axis=1)
    for n in np.unique(lengths):
        ways[lengths == n, :n] = backwards[lengths == n, :n][:, ::-1]
    costs = np.zeros(len(ways), np.int64)
    for r, (way, n) in enumerate(zip(ways.astype(np.int64), lengths.tolist(), strict=True)):
        costs[r] = least_cost(arrays, kind.network, way[:n]) - kind.idle
    served = label[last, LABEL_COLUMNS : LABEL_COLUMNS + words]
    order = np.lexsort((costs, *served.T))
    first = np.ones(len(order), bool)
    first[1:] = (served[order[1:]] != served[order[:-1]]).any(axis=1)
    kept = np.sort(order[first])
    return Listed(ways[kept], costs[kept])
