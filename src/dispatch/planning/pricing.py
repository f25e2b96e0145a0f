"""Prices single routes of a day by the check: what every answer about a part of a plan is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dispatch.check import Verdict, verify
from dispatch.model import Engineer, Plan, Problem, Route, Stop, Ticket
from dispatch.travel import TravelMatrix


class Pricer:
    """Judges routes one by one, in a problem of nothing else but them; a cost is a sum over routes and tickets left out."""

    def __init__(self, problem: Problem, matrix: TravelMatrix) -> None:
        self.problem, self.matrix = problem, matrix
        self.tickets: Mapping[str, Ticket] = {t.id: t for t in problem.tickets}
        self.shifts = {(e.id, s.id): (e, s) for e in problem.engineers for s in e.shifts}
        self.previous = {v.ticket: v for v in problem.previous}
        self.customers = {c.id: c for c in problem.customers}
        self.known: dict[tuple[tuple[str, str], tuple[str, ...]], Verdict] = {}

    def route(self, key: tuple[str, str], names: Sequence[str]) -> Verdict:
        """Return the verdict on a route with these tickets in this order."""
        order = tuple(names)
        if (key, order) not in self.known:
            engineer, shift = self.shifts[key]
            plan = Plan((Route(*key, tuple(Stop(n) for n in order)),))
            self.known[key, order] = self._judged(plan, order, replace(engineer, shifts=(shift,)))
        return self.known[key, order]

    def left_out(self, name: str) -> int:
        """Return what leaving a ticket out costs, milliseconds of travel."""
        return self._judged(Plan(()), [name]).cost.total

    def _judged(self, plan: Plan, names: Sequence[str], *engineers: Engineer) -> Verdict:
        wanted = tuple(self.tickets[n] for n in names)
        customers = {t.customer: self.customers[t.customer] for t in wanted if t.customer in self.customers}
        part = replace(
            self.problem,
            engineers=engineers,
            tickets=wanted,
            customers=tuple(customers.values()),
            previous=tuple(self.previous[n] for n in names if n in self.previous),
        )
        return verify(part, self.matrix, plan, figures=False)
