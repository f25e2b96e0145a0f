"""The end of a proof: once all routes that could matter are listed, choose among them for good, by SCIP through OR-Tools."""

from __future__ import annotations

from collections.abc import Sequence

from ortools.linear_solver import pywraplp

from dispatch.solver.arrays import IntArray
from dispatch.solver.master import Cut, Way

TOLERANCE = 2e-6
"""Share of the cost of a plan by which floating point may be wrong."""


def settle(
    prices: IntArray,
    sizes: Sequence[int],
    ways: Sequence[Way],
    cuts: Sequence[Cut],
    hint: set[tuple[int, tuple[int, ...]]],
    seconds: float | None,
) -> tuple[int | None, list[Way]]:
    """Choose routes so that they and the tickets left out cost least.

    Parameters
    ----------
    prices, sizes
        What leaving each ticket out costs, and how many shifts of each kind there are.
    ways
        All routes that may be chosen.
    cuts
        What holds of every choice, and helps to see it.
    hint
        A good choice: kinds and tickets.
    seconds
        Where to stop; None for no limit.

    Returns
    -------
    bound
        No choice costs less, milliseconds of travel; None if nothing is known.
    chosen
        The best choice found.
    """
    solver = pywraplp.Solver.CreateSolver("SCIP")
    if solver is None:
        return None, []
    goal = solver.Objective()
    goal.SetMinimization()
    tickets = [solver.Constraint(1, 1) for _ in prices]
    kinds = [solver.Constraint(0, size) for size in sizes]
    pairs = [solver.Constraint(-solver.infinity(), cut.most) for cut in cuts]
    left_out = [solver.NumVar(0, 1, "") for _ in prices]
    for row, out, price in zip(tickets, left_out, prices.tolist(), strict=True):
        row.SetCoefficient(out, 1)
        goal.SetCoefficient(out, price / 1000)
    picks = [solver.IntVar(0, sizes[way.kind], "") for way in ways]
    for way, pick in zip(ways, picks, strict=True):
        goal.SetCoefficient(pick, way.cost / 1000)
        kinds[way.kind].SetCoefficient(pick, 1)
        for t in way.tickets:
            tickets[t].SetCoefficient(pick, 1)
        for row, cut in zip(pairs, cuts, strict=True):
            times = cut.times(way.tickets, in_full=True)
            if times:
                row.SetCoefficient(pick, times)
    served = {t for _, route in hint for t in route}
    given = [float((way.kind, way.tickets) in hint) for way in ways]
    solver.SetHint([*picks, *left_out], [*given, *(float(t not in served) for t in range(len(prices)))])
    if seconds is not None:
        solver.SetTimeLimit(max(1, int(1000 * seconds)))
    status = solver.Solve()
    if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return None, []
    bound = 1000 * goal.BestBound()
    chosen = [way for way, pick in zip(ways, picks, strict=True) for _ in range(round(pick.solution_value()))]
    return int(bound - TOLERANCE * abs(bound)), chosen
