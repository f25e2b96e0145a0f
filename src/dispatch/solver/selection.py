"""Among routes at hand, one for each shift, at least cost and with no more changes than allowed: set partitioning by CP-SAT."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

DETERMINISTIC_SECONDS = 5.0
"""A limit on work, not on time: the same choice on every machine."""


@dataclass(frozen=True)
class Column:
    """A route that a shift could have.

    Parameters
    ----------
    shift
        Whose it is.
    tickets
        In order of work.
    cost
        Milliseconds of travel.
    changes
        How many of its tickets would have changed.
    """

    shift: Hashable
    tickets: tuple[str, ...]
    cost: int
    changes: int


def select(
    columns: Sequence[Column], left_out: Mapping[str, tuple[int, int]], most: int | None, known: Sequence[Column]
) -> tuple[Column, ...] | None:
    """Choose one column for each shift that has any, each ticket at most once, with at most so many changes, at least cost.

    Parameters
    ----------
    left_out
        What leaving a ticket out costs, and how many changes it counts; a ticket that is not named must be in a route.
    most
        Changes allowed; None for no limit.
    known
        A choice to begin with.

    Returns
    -------
    columns
        None where there is no such choice, or none was found.
    """
    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in columns]
    by_shift: dict[Hashable, list[cp_model.IntVar]] = {}
    by_ticket: dict[str, list[cp_model.IntVar]] = {}
    for column, pick in zip(columns, picks, strict=True):
        by_shift.setdefault(column.shift, []).append(pick)
        for name in column.tickets:
            by_ticket.setdefault(name, []).append(pick)
    for group in by_shift.values():
        model.add_exactly_one(group)
    out = {name: model.new_bool_var("") for name in left_out}
    for name in {*by_ticket, *out}:
        model.add_exactly_one([*by_ticket.get(name, []), *([out[name]] if name in out else [])])
    every = [*picks, *out.values()]
    if most is not None:
        changes = [*(c.changes for c in columns), *(count for _, count in left_out.values())]
        model.add(cp_model.LinearExpr.weighted_sum(every, changes) <= most)
    model.minimize(cp_model.LinearExpr.weighted_sum(every, [*(c.cost for c in columns), *(price for price, _ in left_out.values())]))
    begin = set(known)
    placed = {name for c in known for name in c.tickets}
    for column, pick in zip(columns, picks, strict=True):
        model.add_hint(pick, column in begin)
    for name, left in out.items():
        model.add_hint(left, name not in placed)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # else, from here on, Ctrl-C ends the program at once, and its answer is lost
    solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return tuple(c for c, pick in zip(columns, picks, strict=True) if solver.value(pick))
