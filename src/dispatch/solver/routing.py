"""The OR-Tools routing model of the shared arrays: an engine beside the compiled search, and the only importer of pywrapcp.

A node is a ticket or a place where shifts begin or end, a vehicle is a shift, and cost units are milliseconds of travel.
The library sees the day through matrices and vectors, never through a Python callback.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from dispatch.solver.arrays import (
    BASE_SERVICE, BASE_TRAVEL, BEGUN, CHANGE_RATE, END, ENGINEER, FIXED, FOREVER, FROM, KM_RATE, LATE_RATE, LIMIT, MAX_STOPS, MAX_TRAVEL, NONE,
    OVERTIME_RATE, PACE, PAID_RATE, PLACE, PREVIOUS_ENGINEER, PRICE, READY, RESPOND_BY, RESPONSE_FROM, RESPONSE_RATE, REST_END, REST_FIRST,
    SHIFT_COLUMNS, TICKET_COLUMNS, TO, WINDOW, WINDOW_END, WORKLOAD_RATE, Arrays, Instance, IntArray,
)  # fmt: skip
from dispatch.solver.compiled import compiled
from dispatch.solver.routes import Routes
from dispatch.solver.guide import may_serve
from dispatch.solver.timing import DRIVEN, FREE, MARK_COLUMNS, walk

MOST_SCALE = 21_600
"""Most model cost units in a millisecond of travel: sums of costs stay below 2 ** 63."""
WORKLOAD_DIVISOR = 216_000
"""Of the `workload` rule."""


class Pause(NamedTuple):
    """A break in model time: from when it is due, the latest it may begin, and what it takes."""

    due: int
    latest: int
    duration: int


class Clock(NamedTuple):
    """Model time of a shift, seconds: it stands still during breaks, so that they need no variables.

    That is exact: a break begins at the first moment from `due` on at which the engineer is not serving, so all later work is put
    off by its duration, and a service that would run past `latest` begins no sooner than `due`.

    Parameters
    ----------
    ready, limit
        From when on the engineer is free, and by when home.
    pace
        Which column of service times the engineer needs.
    """

    ready: int
    limit: int
    pace: int
    pauses: tuple[Pause, ...]

    def last(self, moment: int) -> int:
        """Return the last model second that is not after a real one."""
        for pause in self.pauses:
            if moment < pause.due:
                break
            moment = max(moment - pause.duration, pause.due - 1)
        return moment

    def starts(self, windows: Sequence[tuple[int, int]], service: int) -> list[tuple[int, int]]:
        """Return when a service may begin that may, in real time, begin inside any of the windows (any time if there is none)."""
        spans = [(self.last(a - 1) + 1, self.last(b)) for a, b in windows] or [(self.ready, self.limit)]
        spans = [(max(a, self.ready), min(b, self.limit)) for a, b in spans]
        for pause in self.pauses:
            end = pause.latest - service
            if end < pause.due - 1:
                spans = [part for a, b in spans for part in ((a, min(b, end)), (max(a, pause.due), b))]
        return [(a, b) for a, b in spans if a <= b]


def home_by(pauses: Iterable[Pause], moment: int) -> int:
    """Return the last model second to be home at so that it is not after a real one; who is home in time for a break is not owed it."""
    for pause in pauses:
        if moment <= pause.latest:
            break
        moment = max(moment - pause.duration, pause.latest)
    return moment


def _clock(arrays: Arrays, s: IntArray, origin: int) -> Clock:
    rested, pauses = origin, []
    for earliest, latest, duration in arrays.span[s[REST_FIRST] : s[REST_END]].tolist():
        pauses.append(Pause(earliest - rested, latest - rested, duration))
        rested += duration
    ready = int(s[READY]) - origin
    return Clock(ready, max(ready, home_by(pauses, int(s[LIMIT]) - origin)), int(s[PACE]), tuple(pauses))


@dataclass(frozen=True, eq=False)
class Day:
    """What of an instance takes part in the model: tickets that some shift may serve, shifts that may serve one.

    Parameters
    ----------
    tickets, shifts
        Rows of `arrays` in the order of nodes and vehicles.
    able
        Shape (tickets, shifts).
    clocks
        Per shift.
    places
        Per node, first those of the tickets, then those where shifts begin or end; `NONE` is anywhere.
    starts, ends
        The node per shift.
    origin
        Second 0 of the model, Unix seconds.
    scale
        Cost units of the model in a millisecond of travel: what makes the prices of `workload` whole.
    """

    arrays: Arrays
    tickets: IntArray
    shifts: IntArray
    able: npt.NDArray[np.bool_]
    clocks: tuple[Clock, ...]
    places: IntArray
    starts: list[int]
    ends: list[int]
    origin: int
    scale: int

    def ticket(self, column: int) -> IntArray:
        """Return a column of the ticket table, in the order of nodes."""
        return self.arrays.ticket[self.tickets, column]

    def shift(self, column: int) -> IntArray:
        """Return a column of the shift table, in the order of vehicles."""
        return self.arrays.shift[self.shifts, column]

    def clocks_of(self, node: int) -> set[Clock]:
        """Return the clocks a ticket may be served by."""
        return {self.clocks[v] for v in np.flatnonzero(self.able[node])}

    def on_tickets(self, values: npt.ArrayLike) -> IntArray:
        """Return values of the tickets for all nodes, 0 elsewhere."""
        row = np.zeros(len(self.places), np.int64)
        row[: len(self.tickets)] = values
        return row

    def legs(self, table: npt.NDArray[np.int32]) -> IntArray:
        """Return seconds or metres between the nodes; a leg from or to anywhere takes nothing."""
        anywhere = self.places == NONE
        between = table[np.ix_(self.places, self.places)].astype(np.int64)
        between[anywhere, :] = between[:, anywhere] = 0
        return between


@compiled
def able_shifts(arrays: Arrays, able: npt.NDArray[np.bool_]) -> None:
    """Write which shift, by column, could hold which ticket at all."""
    for ticket in range(able.shape[0]):
        for shift in range(able.shape[1]):
            able[ticket, shift] = may_serve(arrays, shift, ticket)


def _day(arrays: Arrays) -> Day | None:
    """Choose what takes part; None if nothing does."""
    able = np.zeros((len(arrays.ticket), len(arrays.shift)), np.bool_)
    able_shifts(arrays, able)
    able[:, [s for s in range(len(arrays.shift)) if not _gets_home(arrays, s)]] = False
    tickets, shifts = np.flatnonzero(able.any(axis=1)), np.flatnonzero(able.any(axis=0))
    if not len(tickets):
        return None
    origin = int(arrays.shift[shifts, READY].min())
    ends, node = np.unique(arrays.shift[np.ix_(shifts, [FROM, TO])], return_inverse=True)
    starts, returns = (node.reshape(-1, 2) + len(tickets)).T.tolist()
    return Day(
        arrays,
        tickets,
        shifts,
        able[np.ix_(tickets, shifts)],
        tuple(_clock(arrays, s, origin) for s in arrays.shift[shifts]),
        np.concatenate([arrays.ticket[tickets, PLACE], ends]),
        starts,
        returns,
        origin,
        min(MOST_SCALE, WORKLOAD_DIVISOR // gcd(WORKLOAD_DIVISOR, *arrays.shift[shifts, WORKLOAD_RATE].tolist())),
    )


def _gets_home(arrays: Arrays, shift: int) -> bool:
    """Whether the shift keeps its limits with no stop at all: else the model would have no solution, and the shift no use."""
    room, s = np.zeros((2, MARK_COLUMNS), np.int64), arrays.shift[shift]
    walk(arrays, shift, room, 0)
    return bool(NONE != room[1, FREE] <= s[LIMIT] and room[1, DRIVEN] + s[BASE_TRAVEL] <= s[MAX_TRAVEL])


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
        The dimension of travel and service without waiting, counted from `READY` on.
    """

    day: Day
    manager: Any
    routing: Any
    time: Any
    work: Any

    def index(self, node: int) -> int:
        """Return the library's index of the node of a ticket."""
        return int(self.manager.NodeToIndex(node))


def _variables(day: Day) -> Model:
    """Make the model with its two clocks; the rules add the dimensions that only they need."""
    manager = pywrapcp.RoutingIndexManager(len(day.places), len(day.shifts), day.starts, day.ends)
    routing = pywrapcp.RoutingModel(manager)
    legs = day.legs(day.arrays.seconds)
    passing = {p: routing.RegisterTransitMatrix((legs + _service(day, p)[:, None]).tolist()) for p in set(day.shift(PACE).tolist())}
    steps = [passing[p] for p in day.shift(PACE).tolist()]
    limits = [clock.limit for clock in day.clocks]
    for name, slack in (("time", max(limits)), ("work", 0)):
        routing.AddDimensionWithVehicleTransitAndCapacity(steps, slack, limits, False, name)
    model = Model(day, manager, routing, routing.GetDimensionOrDie("time"), routing.GetDimensionOrDie("work"))
    for vehicle, clock in enumerate(day.clocks):
        model.work.CumulVar(routing.Start(vehicle)).SetValue(clock.ready)
    return model


def _service(day: Day, pace: int) -> IntArray:
    """Return the seconds of service per node at a pace."""
    return day.on_tickets(day.ticket(TICKET_COLUMNS + pace))


def _add_sums(model: Model, name: str, values: Iterable[IntArray], most: list[int]) -> Any:
    """Add a dimension that sums what each vehicle finds at the nodes it visits, up to a limit per vehicle."""
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


def _constrain(model: Model) -> None:
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
    """Service begins inside a window, and keeps nobody from a break; a pinned start is a window of one second.

    A node has one set of moments for all shifts: what any of them could use.
    """
    day = model.day
    for node, t in enumerate(day.arrays.ticket[day.tickets]):
        windows = (day.arrays.span[t[WINDOW] : t[WINDOW_END], :2] - day.origin).tolist()
        clocks = day.clocks_of(node)
        moments = sorted(span for clock in clocks for span in clock.starts(windows, int(t[TICKET_COLUMNS + clock.pace])))
        if not moments:
            model.routing.ActiveVar(model.index(node)).SetValue(0)
            continue
        start, reached = model.time.CumulVar(model.index(node)), moments[0][1]
        start.SetRange(moments[0][0], max(last for _, last in moments))
        for first, last in moments:
            if first > reached + 1:
                start.RemoveInterval(reached + 1, first - 1)
            reached = max(reached, last)


def keep_shifts(model: Model) -> None:
    """The walk begins when the engineer is ready; where time is paid for it may begin later, unless work has begun."""
    day = model.day
    for vehicle, (clock, s) in enumerate(zip(day.clocks, day.arrays.shift[day.shifts].tolist(), strict=True)):
        latest = clock.ready
        if s[BEGUN] == NONE and s[PAID_RATE] > 0:
            latest = min([clock.limit, *(pause.latest for pause in clock.pauses[:1])])
        model.time.CumulVar(model.routing.Start(vehicle)).SetRange(clock.ready, latest)
        # A shift with history drives home and is paid for it even if nothing is added.
        model.routing.SetVehicleUsedWhenEmpty(s[BEGUN] != NONE, vehicle)


def limit_stops(model: Model) -> None:
    """Hold to the stops a shift may have."""
    day = model.day
    most = np.minimum(day.shift(MAX_STOPS), len(day.tickets))
    if (most < len(day.tickets)).any():
        _add_sums(model, "stops", [day.on_tickets(1)] * len(day.shifts), most.tolist())


def limit_travel(model: Model) -> None:
    """Hold to the seconds of travel a shift may have."""
    day = model.day
    left = day.shift(MAX_TRAVEL) - day.shift(BASE_TRAVEL)
    if (left < FOREVER // 2).any():
        legs = model.routing.RegisterTransitMatrix(day.legs(day.arrays.seconds).tolist())
        most = np.minimum(left, day.shift(LIMIT) - day.origin).tolist()
        model.routing.AddDimensionWithVehicleTransitAndCapacity([legs] * len(day.shifts), 0, most, True, "travel")


def limit_capacity(model: Model) -> None:
    """Hold to what a shift carries of each unit."""
    day = model.day
    for unit in range(day.arrays.units):
        needs = day.on_tickets(day.ticket(day.arrays.ticket.shape[1] - day.arrays.units + unit))
        if needs.any():
            most = np.maximum(0, day.shift(SHIFT_COLUMNS + unit)).tolist()
            _add_sums(model, f"unit {unit}", [needs] * len(day.shifts), most)


# ------------------------------------------------------------------- objective


def _price(model: Model) -> None:
    price_travel(model)
    price_shifts(model)
    price_stops(model, price_promises(model))
    price_workload(model)
    price_unassigned(model)


def price_travel(model: Model) -> None:
    """`travel` and `distance`: the cost of a leg."""
    day = model.day
    seconds, metres = day.legs(day.arrays.seconds), day.legs(day.arrays.metres)
    rates = day.shift(KM_RATE).tolist()
    costs = {r: model.routing.RegisterTransitMatrix((day.scale * (1000 * seconds + metres * r // 1000)).tolist()) for r in set(rates)}
    for vehicle, rate in enumerate(rates):
        model.routing.SetArcCostEvaluatorOfVehicle(costs[rate], vehicle)


def price_shifts(model: Model) -> None:
    """`fixed`, `paid_time` and `overtime`; what history has cost already is left out, breaks are paid as if none came after the return."""
    day = model.day
    for vehicle, (clock, s) in enumerate(zip(day.clocks, day.arrays.shift[day.shifts].tolist(), strict=True)):
        if s[BEGUN] == NONE:
            rested = sum(pause.duration for pause in clock.pauses)
            model.routing.SetFixedCostOfVehicle(day.scale * (s[FIXED] + rested * s[PAID_RATE]), vehicle)
        if s[PAID_RATE] > 0:
            model.time.SetSpanCostCoefficientForVehicle(day.scale * s[PAID_RATE], vehicle)
        if s[OVERTIME_RATE] > 0 and s[LIMIT] > s[END]:
            end = home_by(clock.pauses, s[END] - day.origin)
            model.time.SetCumulVarSoftUpperBound(model.routing.End(vehicle), end, day.scale * s[OVERTIME_RATE])


def price_promises(model: Model) -> IntArray:
    """`lateness` and `response`: a price per second from a moment on; return what even the first possible start costs.

    A node has one such price in a dimension. Where both rules count from the first start on they are one; otherwise
    `response` goes by the dimension of work, and waiting is not counted.
    """
    day = model.day
    owed = np.zeros(len(day.tickets), np.int64)
    for node, t in enumerate(day.arrays.ticket[day.tickets].tolist()):
        first = day.origin + min(clock.ready for clock in day.clocks_of(node))
        if t[WINDOW] < t[WINDOW_END]:
            first = max(first, int(day.arrays.span[t[WINDOW], 0]))
        rates: dict[int, int] = {}
        for moment, rate in ((t[RESPOND_BY], t[LATE_RATE]), (t[RESPONSE_FROM], t[RESPONSE_RATE])):
            if rate > 0 and moment < FOREVER:
                owed[node] += rate * max(0, first - moment)
                rates[max(first, moment)] = rates.get(max(first, moment), 0) + rate
        for dimension, (moment, rate) in zip((model.time, model.work), rates.items(), strict=False):
            latest = max(clock.last(moment - day.origin) for clock in day.clocks_of(node))
            dimension.SetCumulVarSoftUpperBound(model.index(node), latest, day.scale * rate)
    return owed


def price_stops(model: Model, owed: IntArray) -> None:
    """`tier_excess`, `not_preferred`, `cross_region`, `contractor`, `change` to another engineer, and what is owed in any case."""
    day = model.day
    before, engineers = day.ticket(PREVIOUS_ENGINEER), day.shift(ENGINEER)
    costs = owed[:, None] + day.arrays.stop_cost[np.ix_(day.tickets, engineers)]
    costs += np.where((before[:, None] != NONE) & (before[:, None] != engineers), day.shift(CHANGE_RATE), 0)
    costs = np.where(day.able, day.scale * costs, 0)
    if costs.any():
        most = [int(costs.sum(axis=0).max())] * len(day.shifts)
        added = _add_sums(model, "stop costs", (day.on_tickets(column) for column in costs.T), most)
        added.SetSpanCostCoefficientForAllVehicles(1)


def price_workload(model: Model) -> None:
    """`workload`: the square of travel and service, history included."""
    day = model.day
    for vehicle, s in enumerate(day.arrays.shift[day.shifts].tolist()):
        if s[WORKLOAD_RATE] > 0:
            rate = max(1, round(day.scale * s[WORKLOAD_RATE] / WORKLOAD_DIVISOR))
            cost = pywrapcp.BoundCost(-s[BASE_TRAVEL] - s[BASE_SERVICE], rate)
            model.work.SetQuadraticCostSoftSpanUpperBoundForVehicle(cost, vehicle)


def price_unassigned(model: Model) -> None:
    """`unassigned`: the price of leaving a ticket out."""
    prices = model.day.ticket(PRICE)
    # Work that must be served is worth more than all else, but the sum has to stay a 64-bit number.
    most = (1 << 61) // model.day.scale // len(prices)
    for node, price in enumerate(np.minimum(prices, most).tolist()):
        model.routing.AddDisjunction([model.index(node)], model.day.scale * price)


# ------------------------------------------------------------------------- run


def propose(instance: Instance, first: Routes, seconds: float | None, solutions: int | None, found: Callable[[Routes], bool]) -> None:
    """Let OR-Tools improve routes.

    Parameters
    ----------
    first
        Ticket rows per shift row to begin with; all empty for none.
    seconds, solutions
        Where to stop, whichever comes first; building the model counts. None for no limit.
    found
        Given every solution that is better than those before by the model's cost; returns whether to go on.
    """
    began = time.monotonic()
    day = _day(instance.arrays)
    if day is None:
        return
    model = _variables(day)
    _constrain(model)
    _price(model)
    settings = _settings(seconds, solutions)
    model.routing.CloseModelWithParameters(settings)
    _listen(model, len(instance.shifts), found)
    start = _start(model, first)
    if seconds is not None:
        left = seconds - (time.monotonic() - began)
        if left <= 0:
            return
        settings.time_limit.FromMilliseconds(max(1, int(1000 * left)))
    if start is None:
        model.routing.SolveWithParameters(settings)
    else:
        model.routing.SolveFromAssignmentWithParameters(start, settings)


def _settings(seconds: float | None, solutions: int | None) -> Any:
    settings = pywrapcp.DefaultRoutingSearchParameters()
    settings.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    if solutions is not None:
        settings.solution_limit = solutions
    return settings


def _start(model: Model, first: Routes) -> Any:
    node_of = {row: node for node, row in enumerate(model.day.tickets.tolist())}
    routes = [[model.index(node_of[t]) for t in first[s] if t in node_of] for s in model.day.shifts.tolist()]
    return model.routing.ReadAssignmentFromRoutes(routes, True) if any(routes) else None


def _listen(model: Model, shifts: int, found: Callable[[Routes], bool]) -> None:
    """Hand on every solution better than those before."""
    best = [1 << 62]

    def at_solution() -> None:
        cost = model.routing.CostVar().Max()
        if cost < best[0]:
            best[0] = cost
            if not found(_routes(model, shifts)):
                model.routing.CancelSearch()

    model.routing.AddAtSolutionCallback(at_solution)


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
