"""OR-Tools' routing library on a model of nothing but this day, at the settings that were measured best.

Guided local search begins at local cheapest insertion. Iterated local search begins at parallel cheapest insertion, ruins by
SISR and recreates by parallel cheapest insertion again; it runs only through `SolveWithIteratedLocalSearch` under
`GREEDY_DESCENT`, and is better without a descent after each ruin. The library takes no seed.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2, routing_ils_pb2

from benchmarks.peers.answer import Answer, Point, thinned
from benchmarks.peers.day import Day

PRICE_OF_MUST = 1_000_000_000
"""Price of a ticket that has to be served: leaving it out is kept possible, since a first solution may need to."""


def guided(day: Day, seconds: float, seed: int) -> Answer:  # noqa: ARG001
    """Solve by guided local search."""
    return _solve(day, seconds, iterated=False)


def iterated(day: Day, seconds: float, seed: int) -> Answer:  # noqa: ARG001
    """Solve by iterated local search with SISR ruins."""
    return _solve(day, seconds, iterated=True)


def _solve(day: Day, seconds: float, iterated: bool) -> Answer:
    began = perf_counter()
    manager, routing = _model(day)
    settings = _settings(iterated)
    settings.time_limit.FromMilliseconds(int(1000 * seconds))  # it is asked for when the model is closed, too
    routing.CloseModelWithParameters(settings)
    points: list[Point] = []

    def note() -> None:
        cost = routing.CostVar().Max()
        if not points or cost < points[-1].cost:
            points.append(Point(perf_counter() - began, cost))

    routing.AddAtSolutionCallback(note)
    settings.time_limit.FromMilliseconds(max(1, int(1000 * (seconds - (perf_counter() - began)))))
    run = routing.SolveWithIteratedLocalSearch if iterated else routing.SolveWithParameters
    found = run(settings)
    routes = _routes(day, manager, routing, found) if found is not None else ()
    return Answer(routes, perf_counter() - began, thinned(points))


def _model(day: Day) -> tuple[Any, Any]:
    """Return index manager and model; node k is ticket k, then a start and an end for each shift."""
    tickets, shifts = day.tickets, day.shifts
    count, crew = len(tickets), len(shifts)
    places = [t.place for t in tickets] + [s.start for s in shifts] + [s.end for s in shifts]
    starts, ends = list(range(count, count + crew)), list(range(count + crew, count + 2 * crew))
    manager = pywrapcp.RoutingIndexManager(len(places), crew, starts, ends)
    routing = pywrapcp.RoutingModel(manager)
    legs = day.seconds[np.ix_(places, places)]
    service = np.array([t.service for t in tickets] + [0] * (2 * crew), np.int64)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(legs.tolist()))
    spent = routing.RegisterTransitMatrix((legs + service[:, None]).tolist())
    latest = max((s.closes for s in shifts), default=0)
    routing.AddDimension(spent, latest, latest, False, "time")
    time = routing.GetDimensionOrDie("time")
    for node, (ticket, able) in enumerate(zip(tickets, day.able(), strict=True)):
        index = manager.NodeToIndex(node)
        time.CumulVar(index).SetRange(ticket.opens, ticket.closes)
        # `SetAllowedVehiclesForIndex` raises a TypeError in ortools 9.15; -1 keeps the ticket optional.
        routing.VehicleVar(index).SetValues([-1, *np.flatnonzero(able).tolist()])
        routing.AddDisjunction([index], PRICE_OF_MUST if day.all_served else ticket.price)
    for vehicle, shift in enumerate(shifts):
        time.CumulVar(routing.Start(vehicle)).SetRange(shift.opens, shift.opens)
        time.CumulVar(routing.End(vehicle)).SetRange(shift.opens, shift.closes)
    for unit, name in enumerate(day.units):
        needs = routing.RegisterUnaryTransitVector([t.needs[unit] for t in tickets] + [0] * (2 * crew))
        routing.AddDimensionWithVehicleCapacity(needs, 0, [s.capacity[unit] for s in shifts], True, f"unit {name}")
    return manager, routing


def _settings(iterated: bool) -> Any:
    settings = pywrapcp.DefaultRoutingSearchParameters()
    first, search = routing_enums_pb2.FirstSolutionStrategy, routing_enums_pb2.LocalSearchMetaheuristic
    if not iterated:
        settings.first_solution_strategy = first.LOCAL_CHEAPEST_INSERTION
        settings.local_search_metaheuristic = search.GUIDED_LOCAL_SEARCH
        return settings
    settings.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    settings.local_search_metaheuristic = search.GREEDY_DESCENT
    settings.use_iterated_local_search = True
    rounds = settings.iterated_local_search_parameters
    rounds.improve_perturbed_solution = False
    rounds.ruin_recreate_parameters.recreate_strategy.heuristic = first.PARALLEL_CHEAPEST_INSERTION
    ruin = rounds.ruin_recreate_parameters.ruin_strategies.add().sisr
    # The values of the paper, doi 10.1287/trsc.2019.0914.
    ruin.max_removed_sequence_size, ruin.avg_num_removed_visits, ruin.bypass_factor = 10, 10, 0.01
    annealing = rounds.reference_solution_acceptance_strategy.simulated_annealing
    annealing.cooling_schedule_strategy = routing_ils_pb2.CoolingScheduleStrategy.EXPONENTIAL
    annealing.initial_temperature, annealing.final_temperature = 1000.0, 5.0
    return settings


def _routes(day: Day, manager: Any, routing: Any, found: Any) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    routes = []
    for vehicle, shift in enumerate(day.shifts):
        tickets, index = [], found.Value(routing.NextVar(routing.Start(vehicle)))
        while not routing.IsEnd(index):
            tickets.append(day.tickets[manager.IndexToNode(index)].id)
            index = found.Value(routing.NextVar(index))
        if tickets:
            routes.append((shift.engineer, shift.shift, tuple(tickets)))
    return tuple(routes)
