"""The search of this project, as everybody calls it: one door, one worker."""

from __future__ import annotations

from time import perf_counter

from benchmarks.peers.answer import Answer, Point, thinned
from benchmarks.peers.day import SECOND, Day
from dispatch import solver


def solve(day: Day, seconds: float, seed: int) -> Answer:
    """Solve with `dispatch.solver.solve`."""
    began = perf_counter()
    points: list[Point] = []

    def note(progress: solver.Progress) -> None:
        points.append(Point(perf_counter() - began, progress.cost / SECOND))

    options = solver.Options(seconds=seconds, seed=seed, workers=1, on_progress=note)
    result = solver.solve(day.problem, day.matrix, options)
    routes = tuple((r.engineer, r.shift, tuple(s.ticket for s in r.stops)) for r in result.plan.routes if r.stops)
    taken = perf_counter() - began
    return Answer(routes, taken, thinned([*points, Point(taken, result.cost / SECOND)]))
