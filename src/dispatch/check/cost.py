"""Prices a timed route: one function per cost rule, named as in ``docs/rules.md``. All in milliseconds of travel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dispatch.check.case import Case
from dispatch.check.timing import FOREVER, Timed
from dispatch.model import CHANGE_TOLERANCE, RULES, Cost, Engineer, Rule, Stop, Ticket, whole


class Served(NamedTuple):
    """A stop with all that its price depends on; `metres` is the length of the leg to it."""

    case: Case
    engineer: Engineer
    ticket: Ticket
    stop: Stop
    metres: int

    @property
    def excess_tiers(self) -> int:
        """How many tiers the engineer is above those preferred, over all skills asked for."""
        held = tiers(self.engineer) if self.ticket.skills else {}
        return sum(max(0, held.get(s.skill, 0) - (s.preferred_tier or s.tier)) for s in self.ticket.skills)

    @property
    def is_not_preferred(self) -> bool:
        """Whether the ticket prefers others."""
        return bool(self.ticket.engineers.prefer) and self.engineer.id not in self.ticket.engineers.prefer

    @property
    def is_cross_region(self) -> bool:
        """Whether the ticket lies in a region that is neither the engineer's nor below it."""
        home, there = self.engineer.region, self.ticket.region
        return home is not None and there is not None and there not in self.case.covered.get(home, {home})

    @property
    def is_changed(self) -> bool:
        """Whether people were told another engineer, or a time more than 15 minutes away."""
        told = self.case.previous.get(self.ticket.id)
        return told is not None and (told.engineer != self.engineer.id or abs(self.stop.start - told.start) > CHANGE_TOLERANCE)


def tiers(engineer: Engineer) -> dict[str, int]:
    """Return the engineer's best tier by skill."""
    best: dict[str, int] = {}
    for held in engineer.skills:
        best[held.skill] = max(held.tier, best.get(held.skill, 0))
    return best


def served(route: Timed) -> Iterator[Served]:
    """Yield the stops of a route with all that their prices depend on."""
    for ticket, stop, metres in zip(route.tickets, route.stops, route.metres, strict=True):
        yield Served(route.case, route.engineer, ticket, stop, metres)


# ------------------------------------------------------------------ per stop


def lateness(it: Served) -> int:
    """Price the seconds past `respond_by`, by priority and service level."""
    return it.stop.lateness * it.case.lateness_rate(it.ticket) if it.stop.lateness else 0


def response(it: Served) -> int:
    """Price the seconds until service begins, from now or from the moment the ticket is opened."""
    now, opened = it.case.problem.now, it.ticket.opened_at
    since = now if opened is None else max(opened, now)
    return max(0, it.stop.start - since) * it.case.response_rate(it.ticket)


def tier_excess(it: Served) -> int:
    """Price the tiers above the preferred ones."""
    return it.excess_tiers * it.case.rates["tier_excess"]


def not_preferred(it: Served) -> int:
    """Price somebody else than those preferred."""
    return it.case.rates["not_preferred"] if it.is_not_preferred else 0


def cross_region(it: Served) -> int:
    """Price work outside the engineer's region."""
    return it.case.rates["cross_region"] if it.is_cross_region else 0


def contractor(it: Served) -> int:
    """Price a contractor's stop, and what any engineer charges per visit."""
    return (it.case.rates["contractor"] if it.engineer.contractor else 0) + whole(60_000 * it.engineer.cost_per_visit)


def change(it: Served) -> int:
    """Price another engineer or time than people were told."""
    return it.case.rates["change"] if it.is_changed else 0


TIMELESS_RULES: dict[Rule, Callable[[Served], int]] = {
    "tier_excess": tier_excess,
    "not_preferred": not_preferred,
    "cross_region": cross_region,
    "contractor": contractor,
}
TIMELY_RULES: dict[Rule, Callable[[Served], int]] = {"lateness": lateness, "response": response, "change": change}


# ----------------------------------------------------------------- per route


def travel(route: Timed) -> int:
    """Price the seconds driven, the return included."""
    return 1000 * route.travel


def distance(route: Timed) -> int:
    """Price the metres of each leg, the return included."""
    return sum(leg_price(route.case, route.engineer, m) for m in (*route.metres, route.home_metres))


def leg_price(case: Case, engineer: Engineer, metres: int) -> int:
    """Return what the length of one leg costs."""
    return metres * (case.rates["distance"] + whole(60_000 * engineer.cost_per_km)) // 1000


def paid_time(route: Timed) -> int:
    """Price the seconds between departure and return."""
    return (route.return_ - route.departure) * route.case.paid_rate(route.engineer)


def fixed(route: Timed) -> int:
    """Price a shift used at all."""
    return route.case.rates["fixed"]


def overtime(route: Timed) -> int:
    """Price the seconds past the end of the shift."""
    return overtime_seconds(route) * route.case.rates["overtime"]


def overtime_seconds(route: Timed) -> int:
    """Return how long after the shift's end the engineer is back."""
    return max(0, route.return_ - route.shift.end) if route.stops else 0


def workload(route: Timed) -> int:
    """Price the square of the seconds of travel and service, so that the last hour of a long day costs most."""
    return (route.travel + route.service) ** 2 * route.case.rates["workload"] // 216_000


ROUTE_RULES: dict[Rule, Callable[[Timed], int]] = {
    "travel": travel,
    "distance": distance,
    "paid_time": paid_time,
    "fixed": fixed,
    "overtime": overtime,
    "workload": workload,
}


# ------------------------------------------------------------------ together


def unassigned(case: Case, ticket: Ticket) -> int:
    """Return what leaving the ticket out costs."""
    minutes = case.weights.unassigned[ticket.priority - 1] if ticket.unassigned_cost is None else ticket.unassigned_cost
    return whole(60_000 * minutes)


Parts = Sequence[Sequence[int]]
"""What each stop costs by each of some rules."""


class Priced(NamedTuple):
    """What a route costs by rule, all rules always present; what each stop adds, the leg to it included; and the parts of that."""

    by_rule: dict[Rule, int]
    stops: tuple[int, ...]
    timeless: Parts
    timely: Parts


def price(case: Case, route: Timed, timeless: Parts | None = None) -> Priced:
    """Return what a route costs.

    Parameters
    ----------
    timeless
        What its stops cost by the rules that do not depend on when they are, where it is known.
    """
    stops = tuple(served(route))
    if timeless is None:
        timeless = [[rule_cost(it) for rule_cost in TIMELESS_RULES.values()] for it in stops]
    timely = [[rule_cost(it) for rule_cost in TIMELY_RULES.values()] for it in stops]
    by_rule: dict[Rule, int] = dict.fromkeys(RULES, 0)
    for rules, parts in ((TIMELESS_RULES, timeless), (TIMELY_RULES, timely)):
        by_rule.update(zip(rules, map(sum, zip(*parts, strict=True)), strict=False))
    if stops:
        by_rule.update({rule: route_cost(route) for rule, route_cost in ROUTE_RULES.items()})
    legs = [1000 * it.stop.travel + leg_price(case, it.engineer, it.metres) for it in stops]
    return Priced(by_rule, tuple([leg + sum(a) + sum(b) for leg, a, b in zip(legs, timeless, timely, strict=True)]), timeless, timely)


def answering_lasts(case: Case, tickets: Sequence[Ticket], stops: Sequence[Stop]) -> int:
    """Return until when what answering these tickets costs does not depend on `now` (Unix seconds); nothing else of the cost does."""
    now = case.problem.now
    rising = [t for t, stop in zip(tickets, stops, strict=True) if stop.start > now and case.response_rate(t)]
    return min((max(now, now if t.opened_at is None else t.opened_at) for t in rising), default=FOREVER)


def total(case: Case, routes: Sequence[Mapping[Rule, int]], left_out: Sequence[Ticket]) -> Cost:
    """Return the cost by rule of routes together, and of what is left out."""
    by_rule = {rule: sum([route[rule] for route in routes]) for rule in RULES}
    by_rule["unassigned"] = sum(unassigned(case, t) for t in left_out)
    return Cost(by_rule)
