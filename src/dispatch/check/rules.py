"""The hard rules: one function per rule, named as in ``docs/rules.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from dispatch.check.case import Case
from dispatch.check.cost import tiers
from dispatch.check.timing import Timed
from dispatch.model import FIXED_STATUSES, Pin, Plan, Ticket

if TYPE_CHECKING:
    from dispatch.check.judged import Judged

HardRule = Literal[
    "skills", "windows", "shift", "overtime_limit", "breaks", "must_engineer", "never_engineer", "dedicated_engineer",
    "pin", "history", "max_stops", "max_travel", "capacity", "mandatory", "once", "known",
]  # fmt: skip

HARD_RULES: tuple[HardRule, ...] = get_args(HardRule)


@dataclass(frozen=True)
class Violation:
    """A broken rule in a given plan.

    Parameters
    ----------
    rule
        A hard rule; or `agreement`, where search and check differ on what a plan costs (`dispatch.planning`).
    size
        By how much: seconds, tiers, stops, units or cases, as ``docs/rules.md`` says for each rule. Always positive.
    message
        A sentence with names and numbers.
    engineer, shift, ticket
        Ids of what it is about; None where it is about the whole route or the whole plan.
    """

    rule: HardRule | Literal["agreement"]
    size: int
    message: str
    engineer: str | None = None
    shift: str | None = None
    ticket: str | None = None


def _of_stop(rule: HardRule, size: int, message: str, route: Timed | Judged, ticket: Ticket) -> Violation:
    return Violation(rule, size, message, route.engineer.id, route.shift.id, ticket.id)


def _of_route(rule: HardRule, size: int, message: str, route: Timed) -> Violation:
    return Violation(rule, size, message, route.engineer.id, route.shift.id)


def _span(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min" + (f" {rest} s" if rest else "") if minutes else f"{rest} s"


# ------------------------------------------------------ about one stop or route


def skills(route: Timed) -> Iterator[Violation]:
    """Ask for every required skill at its tier or above; size: tiers missing."""
    has = tiers(route.engineer)
    for t, _ in route.planned:
        short = [s for s in t.skills if has.get(s.skill, 0) < s.tier]
        if short:
            wanted = ", ".join(f"{s.skill} at tier {s.tier} (has {has.get(s.skill, 0) or 'none'})" for s in short)
            missing = sum(s.tier - has.get(s.skill, 0) for s in short)
            yield _of_stop("skills", missing, f"Ticket {t.id} asks engineer {route.engineer.id} for {wanted}.", route, t)


def windows(route: Timed) -> Iterator[Violation]:
    """Ask that service starts inside a window, if no start is pinned; size: seconds after the last window."""
    for t, stop in route.planned:
        pinned = t.pin is not None and t.pin.start is not None
        if t.windows and not pinned and not any(w.start <= stop.start <= w.end for w in t.windows):
            late = stop.start - t.windows[-1].end
            yield _of_stop("windows", late, f"Service of ticket {t.id} begins {_span(late)} after its last window closed.", route, t)


def shift(route: Timed) -> Iterator[Violation]:
    """Ask that the shift is not over before the walk begins; size: seconds."""
    over = route.free - route.shift.overtime_until
    if over > 0:
        yield _of_route("shift", over, f"Shift {route.shift.id} of {route.engineer.id} was over {_span(over)} before this work.", route)


def overtime_limit(route: Timed) -> Iterator[Violation]:
    """Ask that the return is not after `overtime_until`; size: seconds past it."""
    over = route.return_ - route.shift.overtime_until
    if over > 0:
        yield _of_route("overtime_limit", over, f"Engineer {route.engineer.id} is back {_span(over)} after the overtime limit.", route)


def breaks(route: Timed) -> Iterator[Violation]:
    """Ask that each break begins by its `latest`; size: seconds late."""
    for asked, taken in route.rests:
        late = taken.start - asked.latest
        if late > 0:
            yield _of_route("breaks", late, f"A break of engineer {route.engineer.id} begins {_span(late)} too late.", route)


def must_engineer(route: Timed) -> Iterator[Violation]:
    """Ask for one of `engineers.must`; size: 1."""
    for t, _ in route.planned:
        if t.engineers.must and route.engineer.id not in t.engineers.must:
            yield _of_stop("must_engineer", 1, f"Ticket {t.id} must be done by {' or '.join(t.engineers.must)}.", route, t)


def never_engineer(route: Timed) -> Iterator[Violation]:
    """Ask for none of `engineers.never`; size: 1."""
    for t, _ in route.planned:
        if route.engineer.id in t.engineers.never:
            yield _of_stop("never_engineer", 1, f"Ticket {t.id} must never be done by {route.engineer.id}.", route, t)


def dedicated_engineer(route: Timed) -> Iterator[Violation]:
    """Ask for the customer's dedicated engineer, unless the ticket has its own `must`; size: 1."""
    for t, _ in route.planned:
        customer = route.case.customers.get(t.customer) if t.customer is not None else None
        own = customer.dedicated_engineer if customer is not None else None
        if own is not None and own != route.engineer.id and not t.engineers.must:
            yield _of_stop("dedicated_engineer", 1, f"Customer {t.customer} of ticket {t.id} is served by {own} only.", route, t)


def pin(route: Timed) -> Iterator[Violation]:
    """Ask for the pinned engineer, shift and start; size: seconds from the pinned start, else 1."""
    for t, stop in route.planned:
        if t.pin is None:
            continue
        if t.pin.engineer not in (None, route.engineer.id) or t.pin.shift not in (None, route.shift.id):
            where = " ".join(name for name in (t.pin.engineer, t.pin.shift) if name is not None)
            yield _of_stop("pin", 1, f"Ticket {t.id} is pinned to {where}.", route, t)
        if t.pin.start is not None and t.pin.start != stop.start:
            off = abs(stop.start - t.pin.start)
            yield _of_stop("pin", off, f"Service of ticket {t.id} begins {_span(off)} from its pinned start.", route, t)


def max_stops(route: Timed) -> Iterator[Violation]:
    """Limit the stops of the route, history included; size: stops too many."""
    limit = route.shift.max_stops
    if limit is not None and len(route.stops) > limit:
        over = len(route.stops) - limit
        yield _of_route("max_stops", over, f"Engineer {route.engineer.id} has {len(route.stops)} stops, {limit} allowed.", route)


def max_travel(route: Timed) -> Iterator[Violation]:
    """Limit the travel of the route, history included; size: seconds too many."""
    limit = route.shift.max_travel
    if limit is not None and route.travel > limit:
        over = route.travel - limit
        yield _of_route("max_travel", over, f"Engineer {route.engineer.id} drives {_span(over)} more than allowed.", route)


def capacity(route: Timed) -> Iterator[Violation]:
    """Limit what the tickets need, history included; size: units too many, one violation per unit."""
    needs: Counter[str] = Counter()
    for t in route.tickets:
        needs.update(t.needs)
    for unit, need in sorted(needs.items()):
        carried = route.shift.capacity.get(unit, 0)
        if need > carried:
            message = f"The tickets of engineer {route.engineer.id} need {need} {unit}, the shift carries {carried}."
            yield _of_route("capacity", need - carried, message, route)


ROUTE_RULES: tuple[Callable[[Timed], Iterator[Violation]], ...] = (
    skills, windows, shift, overtime_limit, breaks, must_engineer, never_engineer, dedicated_engineer, pin, max_stops,
    max_travel, capacity,
)  # fmt: skip
TIMELY_RULES = (windows, shift, overtime_limit, breaks, pin, max_travel)
"""Those that depend on when things are."""
TIMELESS: frozenset[str] = frozenset(rule.__name__ for rule in ROUTE_RULES if rule not in TIMELY_RULES)


# -------------------------------------------------------- about the whole plan


def known(case: Case, plan: Plan) -> Iterator[Violation]:
    """Ask that ticket, engineer and shift exist, and for one route per shift; size: 1."""
    seen: set[tuple[str, str]] = set()
    engineers = {e.id for e in case.problem.engineers}
    for r in plan.routes:
        key = (r.engineer, r.shift)
        if r.engineer not in engineers:
            yield Violation("known", 1, f"There is no engineer {r.engineer}.", r.engineer, r.shift)
        elif key not in case.shifts:
            yield Violation("known", 1, f"Engineer {r.engineer} has no shift {r.shift}.", r.engineer, r.shift)
        elif key in seen:
            yield Violation("known", 1, f"Shift {r.shift} of engineer {r.engineer} has another route already.", r.engineer, r.shift)
        seen.add(key)
        for s in r.stops:
            if s.ticket not in case.tickets:
                yield Violation("known", 1, f"There is no ticket {s.ticket}.", r.engineer, r.shift, s.ticket)
    for u in plan.unassigned:
        if u.ticket not in case.tickets:
            yield Violation("known", 1, f"There is no ticket {u.ticket}.", ticket=u.ticket)


def once(case: Case, plan: Plan, routes: Sequence[Judged]) -> Iterator[Violation]:
    """Ask for each ticket in one route or in `unassigned`, once; for a cancelled one nowhere; size: 1 for each time too often."""
    placed: set[str] = set()
    for route in routes:
        for t in route.tickets:
            if t.status == "cancelled":
                yield _of_stop("once", 1, f"Ticket {t.id} is cancelled.", route, t)
            elif t.id in placed:
                yield _of_stop("once", 1, f"Ticket {t.id} has been placed before.", route, t)
            placed.add(t.id)
    listed: set[str] = set()
    for u in plan.unassigned:
        ticket = case.tickets.get(u.ticket)
        if ticket is None:
            continue
        if ticket.status == "cancelled":
            yield Violation("once", 1, f"Ticket {u.ticket} is cancelled, not unassigned.", ticket=u.ticket)
        elif u.ticket in placed:
            yield Violation("once", 1, f"Ticket {u.ticket} is in a route and unassigned.", ticket=u.ticket)
        elif u.ticket in listed:
            yield Violation("once", 1, f"Ticket {u.ticket} is listed as unassigned before.", ticket=u.ticket)
        listed.add(u.ticket)


def history(case: Case, routes: Sequence[Judged]) -> Iterator[Violation]:
    """Ask that begun work is where it was, in its order, ahead of the rest; size: 1."""
    kept = {t.id for route in routes for t in route.tickets[: route.begun]}
    for (engineer, of_shift), names in case.begun.items():
        for name in names:
            if name not in kept:
                message = f"Work on ticket {name} has begun: it stays with engineer {engineer}, ahead of the rest."
                yield Violation("history", 1, message, engineer, of_shift, name)


def mandatory(left_out: list[Ticket]) -> Iterator[Violation]:
    """Ask that no mandatory ticket is left out; size: 1."""
    for t in left_out:
        if t.mandatory and t.status not in FIXED_STATUSES:
            yield Violation("mandatory", 1, f"Ticket {t.id} is mandatory and left out.", ticket=t.id)


def pin_left_out(left_out: list[Ticket]) -> Iterator[Violation]:
    """Ask that no pinned ticket is left out; size: 1."""
    for t in left_out:
        if t.pin not in (None, Pin()) and t.status not in FIXED_STATUSES:
            yield Violation("pin", 1, f"Ticket {t.id} is pinned and left out.", ticket=t.id)


def of_route(route: Timed, timely: bool = False) -> tuple[Violation, ...]:
    """Return what a route breaks on its own; one of nothing but begun work none: it is too late to plan it otherwise.

    Parameters
    ----------
    timely
        Look only at the rules that depend on when things are: it is known to break no other.
    """
    rules = TIMELY_RULES if timely else ROUTE_RULES
    return tuple([v for rule in rules for v in rule(route)]) if len(route.stops) > route.begun else ()


def violations(case: Case, plan: Plan, routes: Sequence[Judged], left_out: list[Ticket]) -> tuple[Violation, ...]:
    """Return every broken rule: first what does not exist, then route by route, then what spans routes."""
    found = [*known(case, plan), *(v for route in routes for v in route.violations)]
    found += [*once(case, plan, routes), *history(case, routes), *mandatory(left_out), *pin_left_out(left_out)]
    return tuple(found)
