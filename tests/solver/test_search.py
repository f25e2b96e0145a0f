"""What the search remembers between iterations is what looking anew would find."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.days import generate
from dispatch import travel
from dispatch.model import Problem
from dispatch.solver import search
from dispatch.solver.arrays import (
    END,
    FOREVER,
    INFEASIBLE,
    LATE_RATE,
    LIMIT,
    MAX_TRAVEL,
    NONE,
    OVERTIME_RATE,
    PAID_RATE,
    PREVIOUS_ENGINEER,
    RESPOND_BY,
    RESPONSE_RATE,
    REST_END,
    REST_FIRST,
    WINDOW,
    WINDOW_END,
    WORKLOAD_RATE,
    Arrays,
    build,
)
from dispatch.solver.guide import prepare, turned
from dispatch.solver.state import COST, LENGTH, ROW_BITS, SHIFT, VERSION, State, empty, settle
from dispatch.solver.timing import insertion, plain_shifts
from tests.generated.problems import problems

DAYS = st.one_of(problems(), st.builds(generate, st.just(25), st.integers(0, 9)))
HOURLY = st.one_of(problems(speeds=True), st.builds(generate, st.just(25), st.integers(0, 9)))


def plainly(arrays: Arrays) -> Arrays:
    """Return arrays without what takes part in the price of a route besides its legs and stops."""
    ticket, shift = arrays.ticket.copy(), arrays.shift.copy()
    ticket[:, [LATE_RATE, RESPONSE_RATE]], ticket[:, PREVIOUS_ENGINEER] = 0, NONE
    ticket[:, WINDOW_END] = np.minimum(ticket[:, WINDOW_END], ticket[:, WINDOW] + 1)
    shift[:, [PAID_RATE, WORKLOAD_RATE, OVERTIME_RATE]], shift[:, MAX_TRAVEL] = 0, FOREVER
    shift[:, REST_END] = shift[:, REST_FIRST]
    return arrays._replace(ticket=ticket, shift=shift)


def searched(problem: Problem, seed: int, plain: bool = False) -> tuple[Arrays, State]:
    """Return a search some way on, at a temperature at which it takes much that is worse."""
    arrays = build(problem, travel.matrix(problem)).arrays
    if plain:
        arrays = plainly(arrays)
    guide, state = prepare(arrays), empty(arrays, seed)
    search.fill(arrays, guide, state)
    search.run(arrays, guide, state, 40, 1e7, 1e6, search.ROOM)
    return arrays, state


@given(HOURLY, st.integers(0, 99), st.booleans())
@settings(max_examples=80, deadline=None)
def test_routes_walked_on_from_each_change_have_the_marks_of_routes_walked_anew(problem: Problem, seed: int, plain: bool) -> None:
    arrays, state = searched(problem, seed, plain)
    cost, routes, shifts = int(state.number[COST]), state.routes.copy(), state.shifts.copy()
    assert settle(arrays, state)
    assert int(state.number[COST]) == cost
    for s, n in enumerate(shifts[:, LENGTH]):
        assert np.array_equal(state.routes[s, : n + 2], routes[s, : n + 2])


@given(DAYS, st.integers(0, 99), st.booleans())
@settings(max_examples=80, deadline=None)
def test_what_is_known_of_an_insertion_is_what_trying_all_rows_finds(problem: Problem, seed: int, plain: bool) -> None:
    arrays, state = searched(problem, seed, plain)
    width = state.known.shape[1]
    for (ticket, column), (found, cost) in zip(np.ndindex(state.known.shape[:2]), state.known.reshape(-1, 2), strict=True):
        for s in range(column, len(state.shifts), width):
            if found >> ROW_BITS != state.shifts[s, VERSION] or state.tickets[ticket, SHIFT] == s:
                continue
            n, row = int(state.shifts[s, LENGTH]), int(found % (1 << ROW_BITS)) - 1
            costs = [insertion(arrays, s, state.routes, n, at, ticket, INFEASIBLE) for at in range(n + 1)]
            if row >= 0:
                assert costs[row] == min(costs) == cost
            else:
                assert min(costs) >= cost


def test_legs_are_turned_only_where_ways_back_take_another_time() -> None:
    both = np.array([[0, 4, 7], [4, 0, 2], [7, 2, 0]], np.int32)
    assert turned(both) is both
    oneway = both.copy()
    oneway[2, 0] = 9
    assert turned(oneway).tolist() == [[0, 4, 9], [4, 0, 2], [7, 2, 0]]
    assert turned(oneway).flags.c_contiguous


def test_only_shifts_whose_legs_tell_all_are_plain() -> None:
    day = generate(25, 1)
    arrays = build(day, travel.matrix(day)).arrays
    plain = np.zeros(len(arrays.shift), np.uint8)
    plain_shifts(arrays, plain)
    assert plain.all()
    for column, value in ((PAID_RATE, 1), (WORKLOAD_RATE, 1), (OVERTIME_RATE, 1), (MAX_TRAVEL, 3600), (REST_END, FOREVER)):
        shift = arrays.shift.copy()
        shift[0, LIMIT], shift[0, column] = shift[0, END] + 60, value
        plain_shifts(arrays._replace(shift=shift), plain)
        assert plain.tolist() == [0] + [1] * (len(shift) - 1)
    for column, value in ((LATE_RATE, 1), (RESPONSE_RATE, 1), (PREVIOUS_ENGINEER, 0), (WINDOW_END, FOREVER)):
        ticket = arrays.ticket.copy()
        ticket[3, RESPOND_BY], ticket[3, column] = 0, value
        plain_shifts(arrays._replace(ticket=ticket), plain)
        assert not plain.any()
