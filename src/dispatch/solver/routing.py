"""The OR-Tools routing model of the shared arrays: an engine beside the compiled search, and the only importer of pywrapcp.

A node is a ticket or a place where shifts begin or end, a vehicle is a shift, and costs are milliseconds of travel, times a
`scale` that makes them whole. The library sees the day through matrices and vectors; a Python function is asked only
while the first solution is built.

Where the model is looser than the rules, so that its routes are timed and priced anew before they are believed:

- where shifts with different breaks may serve a ticket, its windows and promises are what any of them could use;
- all leave at once and waiting is not paid for: a departure that may be put off makes the library look for times in vain;
- waiting does not count for `response` where `lateness` counts from another moment: a node has one such price in a dimension;
- `change` prices another engineer, not another time: a price that is not convex has no place in a dimension;
- travel is at its mean speed over the hours of all shifts, whatever the hour;
- a break after an early return is paid for, and so may be the last second of a rounded `workload`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from dispatch.solver.arrays import (
    BASE_SERVICE,
    BASE_TRAVEL,
    BEGUN,
    CHANGE_RATE,
    END,
    ENGINEER,
    FIXED,
    FOREVER,
    KM_RATE,
    LATE_RATE,
    LIMIT,
    MAX_STOPS,
    MAX_TRAVEL,
    NONE,
    OVERTIME_RATE,
    PACE,
    PAID_RATE,
    PREVIOUS_ENGINEER,
    PRICE,
    RESPOND_BY,
    RESPONSE_FROM,
    RESPONSE_RATE,
    SHIFT_COLUMNS,
    TICKET_COLUMNS,
    WORKLOAD_RATE,
    Instance,
    IntArray,
)
from dispatch.solver.nodes import WORKLOAD_DIVISOR, Day, day_of, home_by
from dispatch.solver.routes import Routes

MOST_KM_RATES = 16
"""Matrices of leg costs; where more prices of a kilometre differ, vehicles share the nearest."""
MOST_PRICES = 1 << 61
"""Sum of the prices of all tickets, in cost units of the model."""
NO_LIMIT = 10**6
"""Seconds; the library warns where there is no time limit at all."""

LONG_DAY = 150
"""Tickets above which guided local search takes the place of the iterated one, whose first descent nothing interrupts."""
SLICE = 0.25
"""Seconds of iterated local search at a time: it heeds a time limit, but no cancel."""

REMOVED, LONGEST_STRING, BYPASS = 10, 10, 0.01
"""Stops taken out by a ruin, most of them in a row, and the share of attempts to keep one of them (see `search`)."""
IDLE_OPERATORS = (
    "exchange_pair",
    "exchange_subtrip",
    "global_cheapest_insertion_path_lns",
    "global_cheapest_insertion_visit_types_lns",
    "light_relocate_pair",
    "lin_kernighan",
    "local_cheapest_insertion_path_lns",
    "local_cheapest_insertion_visit_types_lns",
    "make_chain_inactive",
    "relocate_expensive_chain",
    "relocate_pair",
    "relocate_path_global_cheapest_insertion_insert_unperformed",
    "relocate_subtrip",
    "shortest_path_swap_active",
    "shortest_path_two_opt",
    "swap_active_chain",
)
"""Moves that cost more time than they bring on days of 100 to 250 tickets, or are for pickups and deliveries."""


# ------------------------------------------------------------------- variables


@dataclass(frozen=True, eq=False)
class Model:
    """The routing model of a day.

    Parameters
    ----------
    manager, routing
        The library's own.
    time
        The dimension of the clock: at a ticket, the start of its service.
    work
        The dimension of travel and service: the clock without waiting.
    """

    day: Day
    manager: Any
    routing: Any
    time: Any
    work: Any

    def index(self, node: int) -> int:
        """Return the library's index of the node of a ticket."""
        return int(self.manager.NodeToIndex(node))


def make_variables(day: Day) -> Model:
    """Make the model with its two clocks; rules that need more dimensions add their own."""
    manager = pywrapcp.RoutingIndexManager(len(day.places), len(day.shifts), day.starts, day.ends)
    routing = pywrapcp.RoutingModel(manager)
    legs, paces = day.legs(day.arrays.seconds), day.shift(PACE).tolist()
    steps = {}
    for pace in set(paces):
        service = day.on_tickets(day.ticket(TICKET_COLUMNS + pace))
        steps[pace] = routing.RegisterTransitMatrix((legs + service[:, None]).tolist())
    limits = [clock.limit for clock in day.clocks]
    for name, slack in (("time", max(limits)), ("work", 0)):
        routing.AddDimensionWithVehicleTransitAndCapacity([steps[p] for p in paces], slack, limits, False, name)
    return Model(day, manager, routing, routing.GetDimensionOrDie("time"), routing.GetDimensionOrDie("work"))


def _add_sums(model: Model, name: str, values: Iterable[IntArray], most: list[int]) -> Any:
    """Add a dimension that sums per vehicle what it finds at the nodes it visits, up to a limit."""
    known: dict[bytes, int] = {}
    evaluators = []
    for row in values:
        key = row.tobytes()
        if key not in known:
            known[key] = model.routing.RegisterUnaryTransitVector(row.tolist())
        evaluators.append(known[key])
    model.routing.AddDimensionWithVehicleTransitAndCapacity(evaluators, 0, most, True, name)
    return model.routing.GetDimensionOrDie(name)


# ----------------------------------------------------------------- constraints


def constrain(model: Model) -> None:
    """Add all hard rules."""
    require_able(model)
    keep_windows(model)
    keep_shifts(model)
    limit_stops(model)
    limit_travel(model)
    limit_capacity(model)


def require_able(model: Model) -> None:
    """Skills, engineers asked for and refused, pinned engineers and shifts: a ticket goes only where it may."""
    for node, able in enumerate(model.day.able):
        # `SetAllowedVehiclesForIndex` raises a TypeError in ortools 9.15.
        model.routing.VehicleVar(model.index(node)).SetValues([-1, *np.flatnonzero(able).tolist()])


def keep_windows(model: Model) -> None:
    """Service begins inside a window and keeps nobody from a break; a pinned start is a window of one second."""
    for node in range(len(model.day.tickets)):
        spans = model.day.starts_of(node)
        if not spans:
            model.routing.ActiveVar(model.index(node)).SetValue(0)
            continue
        start = model.time.CumulVar(model.index(node))
        start.SetRange(spans[0][0], spans[-1][1])
        for (_, closed), (opened, _) in pairwise(spans):
            start.RemoveInterval(closed + 1, opened - 1)


def keep_shifts(model: Model) -> None:
    """Begin the walk when the engineer is ready; after history there is a way home to drive even if nothing is added."""
    for vehicle, (clock, begun) in enumerate(zip(model.day.clocks, model.day.shift(BEGUN).tolist(), strict=True)):
        for dimension in (model.time, model.work):
            dimension.CumulVar(model.routing.Start(vehicle)).SetValue(clock.ready)
        model.routing.SetVehicleUsedWhenEmpty(begun != NONE, vehicle)


def limit_stops(model: Model) -> None:
    """Hold each shift to the stops it may have."""
    day = model.day
    most = np.minimum(day.shift(MAX_STOPS), len(day.tickets))
    if (most < len(day.tickets)).any():
        _add_sums(model, "stops", [day.on_tickets(1)] * len(day.shifts), most.tolist())


def limit_travel(model: Model) -> None:
    """Hold each shift to the seconds of travel it may have."""
    day = model.day
    left = day.shift(MAX_TRAVEL) - day.shift(BASE_TRAVEL)
    if (day.shift(MAX_TRAVEL) < FOREVER).any():
        legs = model.routing.RegisterTransitMatrix(day.legs(day.arrays.seconds).tolist())
        most = np.minimum(left, day.shift(LIMIT) - day.origin).tolist()
        model.routing.AddDimensionWithVehicleTransitAndCapacity([legs] * len(day.shifts), 0, most, True, "travel")


def limit_capacity(model: Model) -> None:
    """Hold each shift to what it carries of a unit."""
    day = model.day
    first_need = day.arrays.ticket.shape[1] - day.arrays.units
    for unit in range(day.arrays.units):
        needs = day.on_tickets(day.ticket(first_need + unit))
        if needs.any():
            most = np.maximum(0, day.shift(SHIFT_COLUMNS + unit)).tolist()
            _add_sums(model, f"unit {unit}", [needs] * len(day.shifts), most)


# ------------------------------------------------------------------- objective


def price(model: Model) -> None:
    """Add all costs."""
    price_travel(model)
    price_shifts(model)
    price_stops(model, price_promises(model))
    price_unassigned(model)


def price_travel(model: Model) -> None:
    """`travel` and `distance`: the cost of a leg."""
    day = model.day
    seconds, metres = day.legs(day.arrays.seconds), day.legs(day.arrays.metres)
    rates = np.unique(day.shift(KM_RATE))
    if len(rates) > MOST_KM_RATES:
        rates = rates[np.linspace(0, len(rates) - 1, MOST_KM_RATES).round().astype(int)]
    costs = [model.routing.RegisterTransitMatrix((day.scale * (1000 * seconds + metres * r // 1000)).tolist()) for r in rates]
    for vehicle, rate in enumerate(day.shift(KM_RATE)):
        model.routing.SetArcCostEvaluatorOfVehicle(costs[np.abs(rates - rate).argmin()], vehicle)


def price_shifts(model: Model) -> None:
    """Price `fixed`, `paid_time`, `overtime` and `workload`, but for what history has cost in any case."""
    day = model.day
    for vehicle, (clock, s) in enumerate(zip(day.clocks, day.arrays.shift[day.shifts].tolist(), strict=True)):
        if s[BEGUN] == NONE:
            rested = sum(pause.duration for pause in clock.pauses)
            model.routing.SetFixedCostOfVehicle(day.scale * (s[FIXED] + rested * s[PAID_RATE]), vehicle)
        if s[PAID_RATE] > 0:
            model.work.SetSpanCostCoefficientForVehicle(day.scale * s[PAID_RATE], vehicle)
        if s[OVERTIME_RATE] > 0:
            end = home_by(clock.pauses, s[END] - day.origin)
            model.time.SetCumulVarSoftUpperBound(model.routing.End(vehicle), end, day.scale * s[OVERTIME_RATE])
        if s[WORKLOAD_RATE] > 0:
            rate = max(1, round(day.scale * s[WORKLOAD_RATE] / WORKLOAD_DIVISOR))
            begun = s[BASE_TRAVEL] + s[BASE_SERVICE]
            model.work.SetQuadraticCostSoftSpanUpperBoundForVehicle(pywrapcp.BoundCost(-begun, rate), vehicle)


def price_promises(model: Model) -> IntArray:
    """`lateness` and `response`: a price per second from a moment on.

    Returns
    -------
    owed
        Per ticket, what even the first possible start costs.
    """
    day = model.day
    owed = np.zeros(len(day.tickets), np.int64)
    for node, t in enumerate(day.arrays.ticket[day.tickets].tolist()):
        clocks = day.clocks_of(node)
        first = day.origin + max(min(clock.ready for clock in clocks), *(a for a, _ in day.windows_of(node)[:1]), 0)
        rates: dict[int, int] = {}
        for moment, rate in ((t[RESPOND_BY], t[LATE_RATE]), (t[RESPONSE_FROM], t[RESPONSE_RATE])):
            if rate > 0 and moment < FOREVER:
                owed[node] += rate * max(0, first - moment)
                rates[max(first, moment)] = rates.get(max(first, moment), 0) + rate
        for dimension, (moment, rate) in zip((model.time, model.work), rates.items(), strict=False):
            latest = max(clock.last(moment - day.origin) for clock in clocks)
            dimension.SetCumulVarSoftUpperBound(model.index(node), latest, day.scale * rate)
    return owed


def price_stops(model: Model, owed: IntArray) -> None:
    """`tier_excess`, `not_preferred`, `cross_region`, `contractor`, `change` to another engineer, and what is owed in any case."""
    day = model.day
    before, engineers = day.ticket(PREVIOUS_ENGINEER)[:, None], day.shift(ENGINEER)
    costs = owed[:, None] + day.arrays.stop_cost[np.ix_(day.tickets, engineers)]
    costs += np.where((before != NONE) & (before != engineers), day.shift(CHANGE_RATE), 0)
    costs = np.where(day.able, day.scale * costs, 0)
    if costs.any():
        most = [int(costs.sum(axis=0).max())] * len(day.shifts)
        added = _add_sums(model, "stop costs", (day.on_tickets(column) for column in costs.T), most)
        added.SetSpanCostCoefficientForAllVehicles(1)


def price_unassigned(model: Model) -> None:
    """`unassigned`; work that must be served is worth more than all else, as far as 64 bits hold it."""
    prices = model.day.ticket(PRICE)
    for node, cost in enumerate(np.minimum(prices, MOST_PRICES // model.day.scale // len(prices)).tolist()):
        model.routing.AddDisjunction([model.index(node)], model.day.scale * cost)


# ------------------------------------------------------------------------- run


def propose(
    instance: Instance,
    first: Routes,
    seconds: float | None,
    solutions: int | None,
    found: Callable[[Routes], bool],
    stopped: Callable[[], bool],
) -> None:
    """Let OR-Tools improve routes.

    Parameters
    ----------
    first
        Ticket rows per shift row to begin with; all empty for none.
    seconds, solutions
        Where to stop, whichever comes first; building the model counts. None for no limit.
    found
        Given every solution that is better than those before by the model's cost; returns whether to go on.
    stopped
        Asked at every solution whether to end.
    """
    began = time.monotonic()
    day = day_of(instance.arrays)
    if day is None:
        return
    model = make_variables(day)
    constrain(model)
    price(model)
    guided = seconds is not None and len(day.tickets) > LONG_DAY
    settings = _settings(day, solutions, guided=guided, sliced=seconds is not None)
    follower = _begin_with(model, settings)
    _follow(model, follower, first)
    heard = _listen(model, len(instance.shifts), found, stopped)

    def left() -> float:
        return NO_LIMIT if seconds is None else seconds - (time.monotonic() - began)

    if guided:
        limit = model.routing.solver().CustomLimit(lambda: heard.ended or left() <= 0 or stopped())
        model.routing.AddSearchMonitor(limit)
    model.routing.CloseModelWithParameters(settings)
    while left() > 0 and not heard.ended:
        slice_ = left() if guided or seconds is None else min(SLICE, left())
        settings.time_limit.FromMilliseconds(max(1, int(1000 * slice_)))
        if guided:
            model.routing.SolveWithParameters(settings)
        else:
            model.routing.SolveWithIteratedLocalSearch(settings)
        if guided or seconds is None or stopped() or (solutions is not None and heard.solutions >= solutions):
            break
        _follow(model, follower, heard.best or first)
    if heard.raised:
        raise heard.raised[0]


def _settings(day: Day, solutions: int | None, *, guided: bool, sliced: bool) -> Any:
    """Return the library's settings: iterated local search by ruins of adjacent strings, or guided local search.

    The iterated one anneals; not in slices, in which it would never cool.
    """
    settings = pywrapcp.DefaultRoutingSearchParameters()
    settings.time_limit.seconds = NO_LIMIT
    if solutions is not None:
        settings.solution_limit = solutions
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    # The model leaves no choice of times; looking for better ones takes most of the run.
    settings.disable_scheduling_beware_this_may_degrade_performance = True
    for name in IDLE_OPERATORS:
        setattr(settings.local_search_operators, f"use_{name}", pywrapcp.BOOL_FALSE)
    if guided:
        settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        return settings
    settings.use_iterated_local_search = True
    iterated = settings.iterated_local_search_parameters
    ruin = iterated.ruin_recreate_parameters.ruin_strategies.add().sisr
    ruin.max_removed_sequence_size, ruin.avg_num_removed_visits, ruin.bypass_factor = LONGEST_STRING, REMOVED, BYPASS
    accepted = iterated.reference_solution_acceptance_strategy
    if sliced:
        accepted.greedy_descent.SetInParent()
    else:
        accepted.simulated_annealing.automatic_temperatures = True
    # What was ruined is put back by the costs of legs alone: where time has a price, that has to be mended.
    promised = day.ticket(LATE_RATE)[day.ticket(RESPOND_BY) < FOREVER].any() or day.ticket(RESPONSE_RATE).any()
    iterated.improve_perturbed_solution = bool(promised or day.shift(OVERTIME_RATE).any())
    return settings


def _begin_with(model: Model, settings: Any) -> dict[int, int]:
    """Have the first solution follow routes, and return where to write what follows what.

    Iterated local search takes no assignment to begin with, makes little of a hint, and the library's own first insertions may find
    nothing where a limit on stops leaves tickets out.
    """
    follower: dict[int, int] = {}
    model.routing.SetFirstSolutionEvaluator(lambda a, b: 0 if follower.get(a) == b else FOREVER)
    settings.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.EVALUATOR_STRATEGY
    return follower


def _follow(model: Model, follower: dict[int, int], routes: Routes) -> None:
    """Write what follows what in these routes."""
    day = model.day
    index_of = {row: model.index(node) for node, row in enumerate(day.tickets.tolist())}
    follower.clear()
    for vehicle, shift in enumerate(day.shifts.tolist()):
        stops = [index_of[t] for t in routes[shift] if t in index_of]
        follower.update(pairwise([model.routing.Start(vehicle), *stops, model.routing.End(vehicle)]))


@dataclass
class _Heard:
    """What the library told: its best routes and their cost, how many solutions, whether to end, and what was raised meanwhile.

    What is raised, Ctrl-C included, ends the search, and the library drops it.
    """

    best: Routes | None = None
    cost: int = 1 << 62
    solutions: int = 0
    ended: bool = False
    raised: list[BaseException] = field(default_factory=list)


def _listen(model: Model, shifts: int, found: Callable[[Routes], bool], stopped: Callable[[], bool]) -> _Heard:
    """Hand on every solution better than those before; return what is heard meanwhile."""
    heard = _Heard()

    def at_solution() -> None:
        try:
            heard.solutions += 1
            cost, going = model.routing.CostVar().Min(), not stopped()
            if cost < heard.cost:
                heard.cost, heard.best = cost, _routes(model, shifts)
                going = found(heard.best) and going
        except BaseException as error:
            heard.raised.append(error)
            going = False
        if not going:
            heard.ended = True
            model.routing.CancelSearch()

    model.routing.AddAtSolutionCallback(at_solution)
    return heard


def _routes(model: Model, shifts: int) -> Routes:
    """Return the solution the library stands at, as ticket rows per shift row."""
    day, routing = model.day, model.routing
    routes: Routes = [[] for _ in range(shifts)]
    for vehicle, shift in enumerate(day.shifts.tolist()):
        index = routing.NextVar(routing.Start(vehicle)).Value()
        while not routing.IsEnd(index):
            routes[shift].append(int(day.tickets[model.manager.IndexToNode(index)]))
            index = routing.NextVar(index).Value()
    return routes
