"""The linear program of a proof: routes by share, each ticket once or left out at its price, each kind of shift as often as there is one.

Cuts say that of three tickets at most one pair's worth of routes may be chosen (subset-row cuts: Jepsen et al. 2008, doi
10.1287/opre.1070.0449): three routes by half, each serving another two of them, are not a plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
CUTS, PER_TICKET, VIOLATED = 30, 5, 0.05
"""Most cuts added in a round, most of those that share a ticket, and by how much a cut must be violated."""


class Way(NamedTuple):
    """A route of one kind of shift, by rows of tickets, which may recur; the cost is by its network, beyond an idle shift."""

    kind: int
    tickets: tuple[int, ...]
    cost: int


@dataclass(frozen=True)
class Cut:
    """Three tickets, and the tickets at which a route remembers whether it has made an odd number of visits to them."""

    tickets: tuple[int, ...]
    memory: frozenset[int]

    def times(self, tickets: Sequence[int]) -> int:
        """Return how often a route counts."""
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
        self._build()

    def _build(self) -> None:
        solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver, self._goal = solver, solver.Objective()
        self._goal.SetMinimization()
        self._tickets = [solver.Constraint(1, 1) for _ in self.prices]
        self._kinds = [solver.Constraint(0, size) for size in self.sizes]
        self._cuts = [solver.Constraint(-solver.infinity(), 1) for _ in self.cuts]
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
            times = cut.times(way.tickets)
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

    def rebuild(self, ways: Sequence[Way], cuts: Sequence[Cut]) -> None:
        """Start anew from these routes and cuts."""
        self.ways, self.cuts = list(ways), list(cuts)
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


def separate(chosen: Sequence[tuple[float, Way]], tickets: int) -> list[Cut]:
    """Return cuts that the chosen shares violate most."""
    visits = np.zeros((len(chosen), tickets), np.int64)
    for r, (_, way) in enumerate(chosen):
        for t in way.tickets:
            visits[r, t] += 1
    shares = np.array([x for x, _ in chosen])
    met = (visits > 0).astype(float)
    out, by = np.zeros((20_000, 3), np.int64), np.zeros(20_000)
    found = most_violated(visits, shares, (met * shares[:, None]).T @ met, VIOLATED, out, by)
    used: Counter[int] = Counter()
    cuts: list[Cut] = []
    for row in np.argsort(-by[:found], kind="stable"):
        triple = tuple(out[row].tolist())
        if len(cuts) < CUTS and all(used[t] < PER_TICKET for t in triple):
            used.update(triple)
            cuts.append(Cut(triple, _memory(triple, chosen)))
    return cuts


def _memory(triple: tuple[int, ...], chosen: Sequence[tuple[float, Way]]) -> frozenset[int]:
    """Return the fewest tickets at which the cut must be remembered to count the chosen routes in full."""
    memory = set(triple)
    for _, way in chosen:
        at = [k for k, t in enumerate(way.tickets) if t in triple]
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
