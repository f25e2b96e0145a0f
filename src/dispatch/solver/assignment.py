"""From all routes seen, choose one per shift, each ticket at most once, at least cost: set partitioning by SCIP, through OR-Tools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from dispatch.solver.arrays import INFEASIBLE, MUST_SERVE, PRICE, Instance
from dispatch.solver.routes import Routes
from dispatch.solver.state import LENGTH, State
from dispatch.solver.timing import MARK_COLUMNS, SPENT, TICKET, walk

MOST_ROUTES = 3000
"""Routes the model chooses among, the best for what they serve first: so that choosing takes seconds at the most."""
NODES = 20
"""Nodes of the branching tree; a limit that does not depend on the clock."""
SHARE = 0.08
"""Of the seconds of a run, for one choice."""

Column = tuple[int, tuple[int, ...]]


class Pool:
    """The routes seen in a run: shift row and ticket rows, each with its cost in milliseconds of travel."""

    def __init__(self) -> None:
        self.costs: dict[Column, int] = {}

    def add_current(self, state: State) -> None:
        """Add the routes a search stands at."""
        for s, n in enumerate(state.shifts[:, LENGTH].tolist()):
            if n:
                column = (s, tuple(state.routes[s, 1 : n + 1, TICKET].tolist()))
                self.costs.setdefault(column, int(state.routes[s, n + 1, SPENT]))

    def add(self, instance: Instance, state: State, routes: Routes) -> None:
        """Add routes from elsewhere, those that break no rule, walking them in the spare room of a search."""
        for s, tickets in enumerate(routes):
            column = (s, tuple(tickets))
            if tickets and column not in self.costs and len(tickets) <= state.routes.shape[1] - 2:
                state.routes[-1, 1 : len(tickets) + 1, TICKET] = tickets
                cost = walk(instance.arrays, s, state.routes[-1], len(tickets))
                if cost != INFEASIBLE:
                    self.costs[column] = cost


def choose(instance: Instance, pool: Pool, best: Routes, seconds: float | None) -> Routes | None:
    """Choose one route per shift so that routes and tickets left out cost least.

    Parameters
    ----------
    best
        The best routes known, all of them in the pool: the hint to begin from.
    seconds
        Of the whole run, of which this may take a share; None for no limit but that on nodes.

    Returns
    -------
    routes
        None where the model finds nothing, or there is nothing to choose.
    """
    solver = pywraplp.Solver.CreateSolver("SCIP")
    columns = _worth_having(pool, best)
    if solver is None or not columns:
        return None
    values = _values(instance, columns, pool)
    picks = [solver.BoolVar("") for _ in columns]
    per_shift: dict[int, list[pywraplp.Variable]] = {}
    per_ticket: dict[int, list[pywraplp.Variable]] = {}
    for (shift, tickets), pick in zip(columns, picks, strict=True):
        per_shift.setdefault(shift, []).append(pick)
        for t in tickets:
            per_ticket.setdefault(t, []).append(pick)
    for group in (*per_shift.values(), *per_ticket.values()):
        solver.Add(solver.Sum(group) <= 1)
    solver.Minimize(solver.Sum([pick * value for pick, value in zip(picks, values, strict=True)]))
    known = {(s, tuple(tickets)) for s, tickets in enumerate(best)}
    solver.SetHint(picks, [float(c in known) for c in columns])
    solver.SetSolverSpecificParametersAsString(f"limits/nodes = {NODES}\nseparating/maxroundsroot = 3\n")
    if seconds is not None:
        solver.SetTimeLimit(int(max(0.02, SHARE * seconds) * 1000))
    if solver.Solve() not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return None
    chosen: Routes = [[] for _ in instance.shifts]
    for (shift, tickets), pick in zip(columns, picks, strict=True):
        if pick.solution_value() > 0.5:
            chosen[shift] = list(tickets)
    return chosen


def _worth_having(pool: Pool, best: Routes) -> list[Column]:
    """Return the columns to choose among: the best routes and those seen last, when the search was coldest."""
    known = [(s, tuple(tickets)) for s, tickets in enumerate(best) if tickets]
    seen = set(known)
    return known + [c for c in list(pool.costs)[-MOST_ROUTES:] if c not in seen]


def _values(instance: Instance, columns: Sequence[Column], pool: Pool) -> list[float]:
    """Return, in seconds of travel, what each route costs beyond an idle shift, less the prices of what it serves.

    Prices of work that must be served are cut to ten times everything else: SCIP counts in floating point.
    """
    room = np.zeros((2, MARK_COLUMNS), np.int64)
    idle = [walk(instance.arrays, s, room, 0) for s in range(len(instance.shifts))]
    prices = instance.arrays.ticket[:, PRICE].tolist()
    ceiling = 10 * (max(pool.costs.values(), default=0) + max((p for p in prices if p < MUST_SERVE), default=0) + 60_000)
    prices = [min(p, ceiling) for p in prices]
    return [(pool.costs[c] - idle[c[0]] - sum(prices[t] for t in c[1])) / 1000 for c in columns]
