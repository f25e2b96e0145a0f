"""From what comes in to a ticket on the desk: its promise, the hours in which it may be visited, and who is an expert for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from dispatch.model import Engineer, Problem, Ticket, TicketSkill, Window, promises
from dispatch.simulation.demand import Arrival
from dispatch.simulation.documents import SameDay, Visiting
from dispatch.simulation.world import class_customer, clock_time

__all__ = ["VISIT_DAYS", "is_expert_for", "ticket_of", "visiting_windows"]

VISIT_DAYS = 8
"""Days ahead for which visiting hours are written as windows."""


def ticket_of(arrival: Arrival, problem: Problem, rule: SameDay | None, zone: ZoneInfo) -> Ticket:
    """Return a ticket that has come in, with its promise: its own, its sort's, a service level's, or the same day if that is sooner."""
    work = arrival.work
    ticket = Ticket(
        arrival.id, arrival.place, work.service.mean, region=work.region, kind=work.kind, priority=work.priority,
        customer=None if work.customer_class is None else class_customer(work.customer_class), needs=work.needs,
        skills=tuple(TicketSkill(s.skill, s.tier, s.preferred_tier) for s in work.skills), opened_at=arrival.opened_at,
    )  # fmt: skip
    respond_by = arrival.respond_by
    if respond_by is None and work.respond_within is not None:
        respond_by = arrival.opened_at + work.respond_within
    if respond_by is None:
        respond_by = promises(replace(problem, tickets=(ticket,)))[ticket.id].respond_by
    return replace(ticket, respond_by=_same_day(ticket, arrival.opened_at, respond_by, rule, zone))


def _same_day(ticket: Ticket, opened: int, respond_by: int | None, rule: SameDay | None, zone: ZoneInfo) -> int | None:
    if rule is None or (rule.kinds and ticket.kind not in rule.kinds):
        return respond_by
    day = datetime.fromtimestamp(opened, zone).date().toordinal()
    if opened > clock_time(day, rule.opened_before, zone):
        return respond_by
    by = max(opened, clock_time(day, rule.by, zone))
    return by if respond_by is None else min(by, respond_by)


def visiting_windows(hours: Visiting, now: int, zone: ZoneInfo) -> tuple[Window, ...]:
    """Return the visiting hours of the next days that are not over."""
    today = datetime.fromtimestamp(now, zone).date().toordinal()
    spans = [(clock_time(d, hours.opens, zone), clock_time(d, hours.closes, zone)) for d in range(today, today + VISIT_DAYS)]
    return tuple(Window(a, b) for a, b in spans if b >= now)


def is_expert_for(engineer: Engineer, ticket: Ticket, covered: frozenset[str]) -> bool:
    """Whether an expert has the skills a ticket asks for, and is at home in its region (`covered`, where both have one)."""
    tiers = {k.skill: k.tier for k in engineer.skills}
    at_home = ticket.region is None or engineer.region is None or ticket.region in covered
    return at_home and all(tiers.get(k.skill, 0) >= k.tier for k in ticket.skills)
