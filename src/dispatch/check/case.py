"""What the rules look up about a problem, indexed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dispatch import policy
from dispatch.check.driving import Hours, Leg
from dispatch.model import (
    FIXED_STATUSES,
    Customer,
    Engineer,
    Place,
    Problem,
    Promise,
    Shift,
    Ticket,
    Visit,
    Weights,
    covered_regions,
    promises,
    whole,
)
from dispatch.travel import TravelMatrix

ShiftKey = tuple[str, str]
"""Engineer id and shift id."""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem, its travel and its weights, by id.

    Parameters
    ----------
    begun
        Tickets whose work has begun, per shift, in the order in which they come first.
    rates
        Whole milliseconds of travel per unit of the rules that have one rate: per second (`overtime`, `paid_time`,
        `workload`), per kilometre (`distance`), per case (all others).
    hours
        How fast travel is at each moment; None where it is at normal speed all day.
    """

    problem: Problem
    matrix: TravelMatrix
    weights: Weights
    tickets: Mapping[str, Ticket]
    shifts: Mapping[ShiftKey, tuple[Engineer, Shift]]
    customers: Mapping[str, Customer]
    promised: Mapping[str, Promise]
    covered: Mapping[str, frozenset[str]]
    previous: Mapping[str, Visit]
    begun: Mapping[ShiftKey, tuple[str, ...]]
    rates: Mapping[str, int]
    hours: Hours | None = None

    @classmethod
    def of(cls, problem: Problem, matrix: TravelMatrix) -> Case:
        """Index a problem."""
        weights = policy.resolve(problem.policy)
        per_second, each = (
            {rule: whole(unit * getattr(weights, rule)) for rule in rules}
            for unit, rules in (
                (1000, ("paid_time", "overtime", "workload")),
                (60_000, ("distance", "fixed", "tier_excess", "not_preferred", "cross_region", "contractor", "change")),
            )
        )
        return cls(
            problem,
            matrix,
            weights,
            {t.id: t for t in problem.tickets},
            {(e.id, s.id): (e, s) for e in problem.engineers for s in e.shifts},
            {c.id: c for c in problem.customers},
            promises(problem),
            covered_regions(problem),
            {v.ticket: v for v in problem.previous},
            _begun(problem),
            per_second | each,
            Hours.of(problem),
        )

    def then(self, problem: Problem, matrix: TravelMatrix) -> tuple[Case, frozenset[str]] | None:
        """Index what the problem has become, and name the tickets about which anything is new: what is promised or was told included.

        None where more than tickets, engineers, customers and what was told has changed: then everything is new.
        """
        was = self.problem
        same = was.policy == problem.policy and was.travel == problem.travel and was.regions == problem.regions
        same = same and was.service_levels == problem.service_levels and was.time_zone == problem.time_zone
        if not same or self.matrix.origin is not matrix.origin or problem.now < was.now:
            return None
        roster = was.engineers is problem.engineers
        hours = self.hours if roster or self.hours is None else Hours.of(problem)
        if hours is not None and self.hours is not None and (hours.begin, hours.end) != (self.hours.begin, self.hours.end):
            return None
        tickets = {t.id: t for t in problem.tickets}
        customers, previous, promised = self.customers, self.previous, dict(self.promised)
        changed = {name for name, t in tickets.items() if self.tickets.get(name) is not t}
        changed.update(self.tickets.keys() - tickets.keys())
        if was.customers is not problem.customers:
            customers = {c.id: c for c in problem.customers}
            others = {name for name in {*customers, *self.customers} if customers.get(name) != self.customers.get(name)}
            changed.update(name for name, t in tickets.items() if t.customer in others)
        if was.previous is not problem.previous:
            previous = {v.ticket: v for v in problem.previous}
            changed.update(name for name in {*previous, *self.previous} if previous.get(name) != self.previous.get(name))
        promised.update(promises(replace(problem, tickets=tuple(tickets[name] for name in changed if name in tickets))))
        versions = [t for name in changed for t in (tickets.get(name), self.tickets.get(name)) if t is not None]
        history = not roster or any(t.status in FIXED_STATUSES for t in versions)
        indexed = replace(
            self,
            problem=problem,
            matrix=matrix,
            tickets=tickets,
            shifts=self.shifts if roster else {(e.id, s.id): (e, s) for e in problem.engineers for s in e.shifts},
            customers=customers,
            promised=promised,
            previous=previous,
            begun=_begun(problem) if history else self.begun,
            hours=hours,
        )
        return indexed, frozenset(changed)

    def leg(self, start: Place | None, end: Place | None, region: str | None) -> Leg:
        """Return the leg between two places that begins in a region."""
        return Leg.between(self.matrix, self.hours, start, end, region)

    def paid_rate(self, engineer: Engineer) -> int:
        """Return the price of one second between departure and return of this engineer."""
        return self.rates["paid_time"] + whole(1000 * engineer.cost_per_hour / 60)

    def response_rate(self, ticket: Ticket) -> int:
        """Return the price of answering this ticket one second later."""
        return whole(1000 * self.weights.response[ticket.priority - 1])

    def lateness_rate(self, ticket: Ticket) -> int:
        """Return the price of one second past the ticket's `respond_by`."""
        return whole(1000 * self.weights.lateness[ticket.priority - 1] * self.promised[ticket.id].late_factor)


def known_start(ticket: Ticket) -> int | None:
    """Return when the service of a done or on-site ticket began (Unix seconds), as far as anybody said so."""
    if ticket.status == "travelling":
        return None
    if ticket.actual is not None and ticket.actual.start is not None:
        return ticket.actual.start
    return ticket.pin.start if ticket.pin is not None else None


def _begun(problem: Problem) -> dict[ShiftKey, tuple[str, ...]]:
    """Return the begun tickets of each shift: done and on-site work in order of start, then the one being driven to."""
    shifts = {(e.id, s.id) for e in problem.engineers for s in e.shifts}
    only = {e.id: e.shifts[0].id for e in problem.engineers if len(e.shifts) == 1}
    work: dict[ShiftKey, list[tuple[bool, int, int, str]]] = {}
    for n, t in [(n, t) for n, t in enumerate(problem.tickets) if t.status in FIXED_STATUSES]:
        if t.pin is None or t.pin.engineer is None:
            continue
        key = (t.pin.engineer, t.pin.shift or only.get(t.pin.engineer, ""))
        start = known_start(t) or t.pin.start or 0
        work.setdefault(key, []).append((t.status == "travelling", start, n, t.id))
    return {key: tuple(entry[-1] for entry in sorted(entries)) for key, entries in work.items() if key in shifts}
