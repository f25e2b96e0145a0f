"""A large day in parts: groups of neighbouring shifts with their tickets, each a day of its own that fits into the processor's caches.

A search goes through all parts and puts them together again, then the day is split elsewhere: what lies at a border now is in the
middle next time. Parts have no ticket in common, so that several can be searched side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from dispatch.solver.arrays import ENGINEER, FROM, NONE, PLACE, PREVIOUS_ENGINEER, TO, Arrays, IntArray
from dispatch.solver.guide import Guide, prepare
from dispatch.solver.routes import Routes, best_of, current_of
from dispatch.solver.state import LENGTH, State, empty, settle
from dispatch.solver.timing import TICKET

T = TypeVar("T", bound=np.generic)

Rows = tuple[IntArray, IntArray]
"""Rows of shifts, and of tickets."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some shifts and tickets of a day, and a search for them alone.

    Parameters
    ----------
    shifts, tickets
        Their rows in the day.
    """

    shifts: IntArray
    tickets: IntArray
    arrays: Arrays
    guide: Guide
    state: State

    def routes(self, *, best: bool) -> Iterator[tuple[int, list[int]]]:
        """Yield shift and tickets, rows of the day, of each route: the best one found, or the one the search stands at."""
        found = best_of(self.state) if best else current_of(self.state)
        for shift, route in zip(self.shifts.tolist(), found, strict=True):
            yield shift, self.tickets[route].tolist() if route else []


def split(arrays: Arrays, routes: Routes, most: int, rng: np.random.Generator) -> list[Rows]:
    """Cut a day in two along a random direction, and the halves again, until no part has more tickets than allowed or is one shift.

    Parameters
    ----------
    routes
        Where tickets are: those of one route stay together.
    most
        Tickets in a part.
    """
    of = np.full(len(arrays.ticket), NONE, np.int64)
    for s, route in enumerate(routes):
        of[route] = s
    parts: list[Rows] = []
    whole: list[Rows] = [(np.arange(len(arrays.shift)), np.arange(len(arrays.ticket)))]
    while whole:
        shifts, tickets = whole.pop()
        if len(tickets) <= most or len(shifts) < 2:
            parts.append((shifts, tickets))
        else:
            whole += _halves(arrays, of, shifts, tickets, rng)
    return parts


def _halves(arrays: Arrays, of: IntArray, shifts: IntArray, tickets: IntArray, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Cut a part between shifts, in the order in which they lie between two random tickets, where half of the stops are on either side."""
    here, there = arrays.ticket[rng.choice(tickets, 2, replace=False), PLACE]

    def lie(places: IntArray) -> IntArray:
        found: IntArray = arrays.seconds[here, places].astype(np.int64) - arrays.seconds[there, places]
        return found

    along = lie(arrays.ticket[tickets, PLACE])
    row = np.full(len(arrays.shift), NONE, np.int64)
    row[shifts] = np.arange(len(shifts))
    planned = of[tickets] != NONE
    by = row[of[tickets[planned]]]
    stops = np.bincount(by, minlength=len(shifts))
    homes = np.where(arrays.shift[shifts, FROM] != NONE, arrays.shift[shifts, FROM], arrays.shift[shifts, TO])
    middle = np.where(homes != NONE, lie(homes), rng.choice(along, len(shifts))).astype(float)
    busy = stops > 0
    middle[busy] = np.bincount(by, along[planned], len(shifts))[busy] / stops[busy]
    order = np.argsort(middle, kind="stable")
    passed = np.cumsum(stops[order] + 1.0)  # a shift without work is offered some as well
    cut = int(np.clip(np.searchsorted(passed, passed[-1] / 2), 1, len(shifts) - 1))
    first = np.zeros(len(shifts), bool)
    first[order[:cut]] = True
    near = along <= middle[order[cut]]
    near[planned] = first[by]
    return (shifts[first], tickets[near]), (shifts[~first], tickets[~near])


def part_of(arrays: Arrays, rows: Rows, routes: Routes, seed: int) -> Part:
    """Return a part of a day as a day of its own, all that it needs copied close together, and a search that stands where the day does."""
    shifts, tickets = rows
    ticket, shift = arrays.ticket[tickets], arrays.shift[shifts]
    places = np.unique(np.concatenate((ticket[:, PLACE], shift[:, FROM], shift[:, TO])))
    places = places[places != NONE]
    engineers = np.unique(shift[:, ENGINEER])
    for table, column, known in (
        (ticket, PLACE, places),
        (shift, FROM, places),
        (shift, TO, places),
        (shift, ENGINEER, engineers),
        (ticket, PREVIOUS_ENGINEER, engineers),
    ):
        table[:, column] = _among(table[:, column], known)
    own = arrays._replace(
        seconds=_between(arrays.seconds, places),
        metres=_between(arrays.metres, places),
        ticket=ticket,
        shift=shift,
        stop_cost=arrays.stop_cost[np.ix_(tickets, engineers)],
    )
    state = empty(own, seed)
    row = {t: i for i, t in enumerate(tickets.tolist())}
    for s, of_day in enumerate(shifts.tolist()):
        route = [row[t] for t in routes[of_day]]
        state.routes[s, 1 : len(route) + 1, TICKET] = route
        state.shifts[s, LENGTH] = len(route)
    settle(own, state)
    return Part(shifts, tickets, own, prepare(own), state)


def _among(named: IntArray, known: IntArray) -> IntArray:
    """Return numbers as rows of those known; what is not among them gets a row that nobody has, and `NONE` stays."""
    at = np.searchsorted(known, named)
    there = known[np.minimum(at, len(known) - 1)] == named if len(known) else np.zeros(len(named), bool)
    return np.where(there, at, np.where(named == NONE, NONE, len(known)))


def _between(table: npt.NDArray[T], places: IntArray) -> npt.NDArray[T]:
    """Return the rows and columns of some places, of every block of a table."""
    width = max(1, table.shape[1])
    blocks: npt.NDArray[Any] = table.reshape(-1, width, width)[:, places[:, None], places]
    return np.ascontiguousarray(blocks.reshape(len(blocks) * len(places), len(places)))
