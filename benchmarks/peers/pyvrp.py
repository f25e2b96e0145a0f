"""PyVRP: a prize for each ticket, and a routing profile for each set of tickets that some engineer may serve.

A profile makes every leg to a ticket beyond the engineer too long ever to be worth it, as PyVRP's own reader of instances does.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyvrp

from benchmarks.peers.answer import Answer, Point, thinned
from benchmarks.peers.day import Day

FORBIDDEN = 1 << 32
"""Distance of a leg that must not be driven: more than all prices of a day together."""


def solve(day: Day, seconds: float, seed: int) -> Answer:
    """Solve by PyVRP's iterated local search."""
    began = perf_counter()
    groups = day.alike()
    data = _data(day, groups)
    points: list[Point] = []
    until = began + seconds

    def over(best_cost: int) -> bool:
        """Stop when the time has come; PyVRP asks once in each iteration."""
        now = perf_counter()
        if best_cost < FORBIDDEN and (not points or best_cost < points[-1].cost):
            points.append(Point(now - began, best_cost))
        return now >= until

    best = pyvrp.solve(data, over, seed=seed, collect_stats=False, display=False).best
    routes, free = [], [iter(group) for group in groups]
    for route in best.routes():
        shift = day.shifts[next(free[route.vehicle_type()])]
        tickets = tuple(day.tickets[step.idx].id for step in route.schedule() if step.is_client())
        routes.append((shift.engineer, shift.shift, tickets))
    return Answer(tuple(routes), perf_counter() - began, thinned(points))


def _data(day: Day, groups: list[list[int]]) -> Any:
    """Return the problem; location and client k are ticket k, the locations after them are where shifts begin and end."""
    able, count = day.able(), len(day.tickets)
    profiles = {able[:, group[0]].tobytes(): able[:, group[0]] for group in groups}
    profile_of = {key: k for k, key in enumerate(profiles)}
    homes = sorted({place for s in day.shifts for place in (s.start, s.end)})
    clients = [
        pyvrp.Client(
            k, delivery=list(t.needs), service_duration=t.service, tw_early=t.opens, tw_late=t.closes,
            prize=0 if day.all_served else t.price, required=day.all_served,
        )
        for k, t in enumerate(day.tickets)
    ]  # fmt: skip
    types = [
        pyvrp.VehicleType(
            len(group), capacity=list(s.capacity), start_depot=homes.index(s.start), end_depot=homes.index(s.end),
            tw_early=s.opens, tw_late=s.closes, profile=profile_of[able[:, group[0]].tobytes()],
        )
        for group in groups
        for s in [day.shifts[group[0]]]
    ]  # fmt: skip
    places = [t.place for t in day.tickets] + homes
    legs: Any = day.seconds[np.ix_(places, places)]
    distances: Any = [_distances(legs, np.flatnonzero(~reached)) for reached in profiles.values()]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in places],
        clients,
        [pyvrp.Depot(count + k) for k in range(len(homes))],
        types,
        distances,
        [legs] * len(profiles),
    )


def _distances(legs: npt.NDArray[np.int64], beyond: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the legs of a profile that must not go to or from some locations."""
    distances = legs.copy()
    distances[beyond, :] = distances[:, beyond] = FORBIDDEN
    np.fill_diagonal(distances, 0)
    return distances
