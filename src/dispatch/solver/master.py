"""The linear program of a proof: routes by share, each ticket once or left out at its price, each kind of shift as often as there is one.

Cuts say that of three tickets at most one pair's worth of routes may be chosen, and of five at most two (subset-row cuts: Jepsen et al.
2008, doi 10.1287/opre.1070.0449): three routes by half, each serving another two of three tickets, are not a plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from dispatch.solver.arrays import IntArray
from dispatch.solver.compiled import compiled

FloatArray = npt.NDArray[np.float64]

SMALL = 1e-6
"""Shares below this are none: the linear program counts in floating point."""
CUTS, PER_TICKET, VIOLATED = 40, 6, 0.03
"""Most cuts added in a round, most of those that share a ticket, and by how much a cut must be violated."""


WIDEN, MOST_WIDENED = 0.3, 60
"""By how much a cut on three may be kept to be widened to five, and most that are tried."""


class Way(NamedTuple):
    """A route of one kind of shift, by rows of tickets, which may recur; the cost is by its network, beyond an idle shift."""

    kind: int
    tickets: tuple[int, ...]
    cost: int


@dataclass(frozen=True)
class Cut:
    """Three or five tickets, and the tickets at which a route remembers whether it has made an odd number of visits to them."""

    tickets: tuple[int, ...]
    memory: frozenset[int]

    @property
    def most(self) -> int:
        """How often routes may count in all."""
        return len(self.tickets) // 2

    def times(self, tickets: Sequence[int], in_full: bool) -> int:
        """Return how often a route counts, in full or as far as the cut is remembered."""
        met = sum(t in self.tickets for t in tickets)
        if in_full or met < 2:
            return met // 2
        visits = pairs = 0
        for t in tickets:
            if t not in self.memory:
                visits = 0
            elif t in self.tickets:
                visits += 1
                pairs, visits = (pairs + 1, 0) if visits == 2 else (pairs, visits)
        return pairs


@dataclass(frozen=True)
class Solved:
    """A solution: its value, what tickets earn, the penalties of the cuts, and the shares of the routes; milliseconds of travel."""

    value: float
    gains: FloatArray
    kinds: FloatArray
    penalties: FloatArray
    shares: FloatArray
    reduced: FloatArray


class Master:
    """The linear program over the routes known so far."""

    def __init__(self, prices: IntArray, sizes: Sequence[int]) -> None:
        self.prices, self.sizes = prices, sizes
        self.ways: list[Way] = []
        self.known: set[tuple[int, tuple[int, ...]]] = set()
        self.cuts: list[Cut] = []
        self.listed: frozenset[int] = frozenset()
        self._build()

    def _build(self) -> None:
        solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver, self._goal = solver, solver.Objective()
        self._goal.SetMinimization()
        self._tickets = [solver.Constraint(1, 1) for _ in self.prices]
        self._kinds = [solver.Constraint(0, size) for size in self.sizes]
        self._cuts = [solver.Constraint(-solver.infinity(), cut.most) for cut in self.cuts]
        self._picks: list[pywraplp.Variable] = []
        for row, price in zip(self._tickets, self.prices.tolist(), strict=True):
            left_out = solver.NumVar(0, solver.infinity(), "")
            self._goal.SetCoefficient(left_out, price / 1000)
            row.SetCoefficient(left_out, 1)
        for way in self.ways:
            self._pick(way)

    def _pick(self, way: Way) -> None:
        pick = self._solver.NumVar(0, self._solver.infinity(), "")
        self._goal.SetCoefficient(pick, way.cost / 1000)
        self._kinds[way.kind].SetCoefficient(pick, 1)
        for t, times in Counter(way.tickets).items():
            self._tickets[t].SetCoefficient(pick, times)
        for row, cut in zip(self._cuts, self.cuts, strict=True):
            times = cut.times(way.tickets, way.kind in self.listed)
            if times:
                row.SetCoefficient(pick, times)
        self._picks.append(pick)

    def add(self, way: Way) -> bool:
        """Add a route; False if it is known already."""
        key = (way.kind, way.tickets)
        if key in self.known:
            return False
        self.known.add(key)
        self.ways.append(way)
        self._pick(way)
        return True

    def rebuild(self, ways: Sequence[Way], cuts: Sequence[Cut], listed: Iterable[int]) -> None:
        """Start anew from these routes and cuts, which count in full for the kinds whose routes are listed."""
        self.ways, self.cuts, self.listed = list(ways), list(cuts), frozenset(listed)
        self.known = {(way.kind, way.tickets) for way in ways}
        self._build()

    def solve(self) -> Solved | None:
        """Solve it; None if the solver gives up."""
        how = pywraplp.MPSolverParameters()
        how.SetIntegerParam(how.LP_ALGORITHM, how.PRIMAL)
        how.SetIntegerParam(how.PRESOLVE, how.PRESOLVE_OFF)
        how.SetIntegerParam(how.INCREMENTALITY, how.INCREMENTALITY_ON)
        if self._solver.Solve(how) != pywraplp.Solver.OPTIMAL:
            return None
        return Solved(
            self._goal.Value() * 1000,
            np.array([row.dual_value() for row in self._tickets]) * 1000,
            np.array([row.dual_value() for row in self._kinds]) * 1000,
            np.array([-row.dual_value() for row in self._cuts]) * 1000,
            np.array([pick.solution_value() for pick in self._picks]),
            np.array([pick.reduced_cost() for pick in self._picks]) * 1000,
        )

    def chosen(self, solved: Solved) -> list[tuple[float, Way]]:
        """Return the routes that have a share."""
        return [(float(x), self.ways[i]) for i, x in enumerate(solved.shares) if x > SMALL]


@compiled
def most_violated(visits: IntArray, shares: FloatArray, pairs: FloatArray, least: float, out: IntArray, by: FloatArray) -> int:
    """Write the triples whose cut is violated by `least` or more, and by how much; return their number, at most the room in `out`."""
    n, found = visits.shape[1], 0
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                if pairs[i, j] + pairs[i, k] + pairs[j, k] < 1 + least or found == out.shape[0]:
                    continue
                total = -1.0
                for r in range(visits.shape[0]):
                    total += shares[r] * ((visits[r, i] + visits[r, j] + visits[r, k]) // 2)
                if total >= least:
                    out[found, 0], out[found, 1], out[found, 2], by[found] = i, j, k, total
                    found += 1
    return found


@compiled
def widened(visits: IntArray, shares: FloatArray, out: IntArray, by: FloatArray) -> None:
    """Put to each triple in `out` the two tickets that make the cut on all five most violated, and write by how much it then is."""
    n = visits.shape[1]
    for c in range(out.shape[0]):
        by[c] = -1.0
        for i in range(n):
            for j in range(i + 1, n):
                if i == out[c, 0] or i == out[c, 1] or i == out[c, 2] or j == out[c, 0] or j == out[c, 1] or j == out[c, 2]:
                    continue
                total = -2.0
                for r in range(visits.shape[0]):
                    three = visits[r, out[c, 0]] + visits[r, out[c, 1]] + visits[r, out[c, 2]]
                    total += shares[r] * ((three + visits[r, i] + visits[r, j]) // 2)
                if total > by[c]:
                    by[c], out[c, 3], out[c, 4] = total, i, j


def separate(chosen: Sequence[tuple[float, Way]], tickets: int) -> list[Cut]:
    """Return cuts that the chosen shares violate most: on triples, and on five tickets where too few triples are left."""
    visits = np.zeros((len(chosen), tickets), np.int64)
    for r, (_, way) in enumerate(chosen):
        for t in way.tickets:
            visits[r, t] += 1
    shares = np.array([x for x, _ in chosen])
    met = (visits > 0).astype(float)
    pairs = (met * shares[:, None]).T @ met
    out, by = np.zeros((20_000, 5), np.int64), np.zeros(20_000)
    found = most_violated(visits, shares, pairs, VIOLATED, out, by)
    cuts = _cuts(out[:found, :3], by[:found], chosen, CUTS)
    if len(cuts) < CUTS:
        found = most_violated(visits, shares, pairs, -WIDEN, out, by)
        best = np.argsort(-by[:found], kind="stable")[:MOST_WIDENED]
        wide, by = out[best], by[best]
        widened(visits, shares, wide, by)
        cuts += _cuts(np.sort(wide, axis=1), np.where(by >= VIOLATED, by, 0), chosen, CUTS - len(cuts))
    return cuts


def _cuts(rows: IntArray, by: FloatArray, chosen: Sequence[tuple[float, Way]], most: int) -> list[Cut]:
    """Return the most violated cuts, few of which share a ticket."""
    used: Counter[int] = Counter()
    cuts: dict[tuple[int, ...], Cut] = {}
    for row in np.argsort(-by, kind="stable"):
        members = tuple(rows[row].tolist())
        if by[row] > 0 and len(cuts) < most and members not in cuts and all(used[t] < PER_TICKET for t in members):
            used.update(members)
            cuts[members] = Cut(members, _memory(members, chosen))
    return list(cuts.values())


def _memory(members: tuple[int, ...], chosen: Sequence[tuple[float, Way]]) -> frozenset[int]:
    """Return the fewest tickets at which the cut must be remembered to count the chosen routes in full."""
    memory = set(members)
    for _, way in chosen:
        at = [k for k, t in enumerate(way.tickets) if t in members]
        for first, second in list(pairwise(at))[::2]:
            memory.update(way.tickets[first : second + 1])
    return frozenset(memory)


def merged(cuts: Sequence[Cut], more: Sequence[Cut]) -> list[Cut]:
    """Return all cuts, those on the same tickets as one that remembers at the tickets of both."""
    by_tickets = {cut.tickets: cut for cut in cuts}
    for cut in more:
        known = by_tickets.get(cut.tickets, cut)
        by_tickets[cut.tickets] = replace(cut, memory=cut.memory | known.memory)
    return list(by_tickets.values())
