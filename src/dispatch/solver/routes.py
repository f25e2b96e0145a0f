"""Between plans, which name tickets and shifts, and routes: one list of ticket rows per shift row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dispatch.model import Plan, Rest, Route, Stop, Unassigned
from dispatch.solver.arrays import (
    BASE_TRAVEL,
    BEGUN,
    END,
    INFEASIBLE,
    NONE,
    READY,
    REST_END,
    REST_FIRST,
    SHIFT_COLUMNS,
    Instance,
    unassigned_cost,
)
from dispatch.solver.guide import may_serve
from dispatch.solver.state import LENGTH, State, settle
from dispatch.solver.timing import BEARABLE, DRIVEN, FREE, SPENT, TICKET, fits, timetable, walk

Routes = list[list[int]]


def from_plan(instance: Instance, plan: Plan) -> tuple[Routes, bool]:
    """Translate the planned stops of a plan.

    Returns
    -------
    routes
        One list of ticket rows per shift row.
    whole
        Whether all of the plan could be taken over; stops of shifts, engineers and tickets that are gone are left out.
    """
    row_of = {t.id: i for i, t in enumerate(instance.tickets)}
    shift_of = {(e.id, s.id): i for i, (e, s) in enumerate(instance.shifts)}
    begun = {stop.ticket for stops in instance.history for stop in stops}
    routes: Routes = [[] for _ in instance.shifts]
    placed: set[int] = set()
    complete = True
    for route in plan.routes:
        shift = shift_of.get((route.engineer, route.shift))
        for stop in route.stops:
            ticket = row_of.get(stop.ticket)
            if shift is None or ticket is None or ticket in placed:
                complete = complete and stop.ticket in begun
                continue
            placed.add(ticket)
            routes[shift].append(ticket)
    return routes, complete


def load(instance: Instance, state: State, routes: Routes) -> bool:
    """Put routes into a search and walk them.

    A route that breaks a rule loses stops, first to last, until it does not.

    Returns
    -------
    whole
        Whether all stops were kept.
    """
    arrays, complete = instance.arrays, True
    for s, tickets in enumerate(routes):
        able = [t for t in tickets if may_serve(arrays, s, t)]
        kept = able if _holds(instance, state, s, able) else _longest(instance, state, s, able)
        complete = complete and len(kept) == len(tickets)
        state.routes[s, 1 : len(kept) + 1, TICKET] = kept
        state.shifts[s, LENGTH] = len(kept)
    settle(arrays, state)
    return complete


def _longest(instance: Instance, state: State, shift: int, tickets: Sequence[int]) -> list[int]:
    kept: list[int] = []
    for t in tickets:
        if _holds(instance, state, shift, [*kept, t]):
            kept.append(t)
    return kept


def _holds(instance: Instance, state: State, shift: int, tickets: Sequence[int]) -> bool:
    arrays, trial = instance.arrays, state.routes[-1]
    if len(tickets) > state.routes.shape[1] - 2:
        return False
    units = arrays.shift.shape[1] - SHIFT_COLUMNS
    left = arrays.shift[shift, SHIFT_COLUMNS:].copy()
    for t in tickets:
        if units and not fits(arrays, t, left):
            return False
        left -= arrays.ticket[t, arrays.ticket.shape[1] - units :]
    trial[1 : len(tickets) + 1, TICKET] = tickets
    return walk(arrays, shift, trial, len(tickets)) != INFEASIBLE


def best_of(state: State) -> Routes:
    """Return the best routes a search has found."""
    return [row[1 : row[0] + 1].tolist() for row in state.best]


def current_of(state: State) -> Routes:
    """Return the routes a search stands at."""
    return [state.routes[s, 1 : n + 1, TICKET].tolist() for s, n in enumerate(state.shifts[:, LENGTH])]


def bare_plan(instance: Instance, routes: Routes) -> Plan:
    """Write routes as a plan of nothing but tickets in order."""
    planned = []
    for (engineer, shift), begun, rows in zip(instance.shifts, instance.history, routes, strict=True):
        stops = (*(Stop(stop.ticket) for stop in begun), *(Stop(instance.tickets[t].id) for t in rows))
        if stops:
            planned.append(Route(engineer.id, shift.id, stops))
    return Plan(tuple(planned))


def to_plan(instance: Instance, state: State) -> Plan:
    """Write the current routes of a search as a plan, with times."""
    arrays = instance.arrays
    planned: list[Route] = []
    for s, (engineer, shift) in enumerate(instance.shifts):
        n = int(state.shifts[s, LENGTH])
        if n == 0 and not instance.history[s]:
            continue
        row, route = arrays.shift[s], state.routes[s]
        times = np.zeros((n, 5), np.int64)
        rests = np.zeros((int(row[REST_END] - row[REST_FIRST]), 2), np.int64)
        timetable(arrays, s, route, n, times, rests)
        end = route[n + 1]
        planned.append(
            Route(
                engineer=engineer.id,
                shift=shift.id,
                stops=instance.history[s] + tuple(_stops(instance, route[1 : n + 1, TICKET].tolist(), times.tolist())),
                departure=int(row[BEGUN] if row[BEGUN] != NONE else row[READY] + end[BEARABLE]),
                return_=int(end[FREE]),
                travel=int(row[BASE_TRAVEL] + end[DRIVEN]),
                overtime=max(0, int(end[FREE] - row[END])),
                breaks=tuple(Rest(a, b) for a, b in rests.tolist() if a != NONE),
            )
        )
    placed = {t for route in current_of(state) for t in route}
    left_out = tuple(Unassigned(t.id, unassigned_cost(t, instance.weights)) for i, t in enumerate(instance.tickets) if i not in placed)
    return Plan(tuple(planned), left_out)


def _stops(instance: Instance, rows: Sequence[int], times: Sequence[Sequence[int]]) -> Iterable[Stop]:
    for ticket, (arrival, start, end, travel, waiting) in zip(rows, times, strict=True):
        name = instance.tickets[ticket].id
        respond_by = instance.promised[name].respond_by
        yield Stop(name, arrival, start, end, travel, waiting, 0 if respond_by is None else max(0, start - respond_by))


def real_cost(instance: Instance, state: State) -> int:
    """Return the cost of the current routes by the policy: without what the search adds to the price of work that must be served."""
    total = int(sum(state.routes[s, n + 1, SPENT] for s, n in enumerate(state.shifts[:, LENGTH])))
    placed = {t for route in current_of(state) for t in route}
    return total + sum(unassigned_cost(t, instance.weights) for i, t in enumerate(instance.tickets) if i not in placed)
