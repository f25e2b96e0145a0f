"""Figures over records, as ``docs/kpis.md`` defines them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dispatch.simulation.documents import Target
from dispatch.simulation.records import DayRecord, TicketRecord

__all__ = ["FIGURES", "Figures", "Scope", "figures_of", "of_scope", "scope_of"]

Scope = tuple[str | None, str | None, str | None]
"""Kind, customer class and region, None for all."""

ALL: Scope = (None, None, None)

FIGURES: dict[str, str] = {
    "tickets_per_day": "tickets",
    "sla": "share",
    "sla_promised": "tickets",
    "response_mean_minutes": "minutes",
    "response_p50_minutes": "minutes",
    "response_p90_minutes": "minutes",
    "resolution_p50_minutes": "minutes",
    "first_time_fix": "share",
    "repeat_rate": "share",
    "remote_share": "share",
    "no_show_share": "share",
    "cancelled_share": "share",
    "escalated_share": "share",
    "tier_excess_share": "share",
    "travel_per_visit_minutes": "minutes",
    "backlog_end": "tickets",
    "tickets_in_system": "tickets",
    "utilisation": "share",
    "travel_share": "share",
    "overtime_minutes": "minutes",
    "stops_per_shift": "stops",
    "shifts_per_day": "shifts",
    "absent_share": "share",
    "distance_km_per_day": "km",
    "cost_per_day": "money",
    "cost_per_ticket": "money",
    "workload_spread_minutes": "minutes",
}
"""Every figure with its unit."""

OF_SHIFTS = (
    "utilisation", "travel_share", "overtime_minutes", "stops_per_shift", "shifts_per_day", "absent_share", "distance_km_per_day",
    "cost_per_day", "cost_per_ticket", "workload_spread_minutes",
)  # fmt: skip
"""Figures of shifts: by region at the most."""

Figures = Mapping[str, float | None]


@dataclass
class _Tickets:
    """Counts over tickets of one scope, as they are read."""

    tickets: int = 0
    promised: int = 0
    kept: int = 0
    responses: list[int] = field(default_factory=list)
    resolutions: list[int] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    once: int = 0
    solved_on_site: int = 0
    repeats: int = 0
    visits: int = 0
    no_shows: int = 0
    travel: int = 0
    escalated: int = 0
    excess: int = 0
    sojourn: int = 0

    def add(self, t: TicketRecord, start: int, end: int) -> None:
        gone = t.closed_at if t.closed_at is not None else end
        self.sojourn += max(0, gone - max(start, t.opened_at))
        if not t.counted:
            return
        self.tickets += 1
        self.outcomes[t.outcome] = self.outcomes.get(t.outcome, 0) + 1
        if t.respond_by is not None and _judged(t, end):
            self.promised += 1
            self.kept += t.responded_at is not None and t.responded_at <= t.respond_by
        if t.responded_at is not None:
            self.responses.append(t.responded_at - t.opened_at)
        if t.outcome in ("visit", "remote"):
            self.resolutions.append(gone - t.opened_at)
        if t.outcome == "visit":
            self.solved_on_site += 1
            self.once += t.visits - t.no_shows == 1
        self.repeats += t.repeats
        self.visits += t.visits
        self.no_shows += t.no_shows
        self.travel += t.travel
        self.escalated += t.level > 0
        self.excess += t.tier_excess > 0


def _judged(t: TicketRecord, end: int) -> bool:
    """Whether it is known how the promise ended: kept, broken, or not due before the ticket was taken back or the simulation ended."""
    if t.respond_by is None:
        return False
    return t.responded_at is not None or t.respond_by < (t.closed_at if t.closed_at is not None else end)


def _share(part: float, of: float) -> float | None:
    return part / of if of else None


def _rank(values: list[int], share: float) -> float | None:
    """Return the nearest-rank percentile in minutes."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] / 60 if values else None


def _ticket_figures(c: _Tickets, days: float) -> dict[str, float | None]:
    n = c.tickets
    return {
        "tickets_per_day": n / days,
        "sla": _share(c.kept, c.promised),
        "sla_promised": float(c.promised),
        "response_mean_minutes": _share(sum(c.responses) / 60, len(c.responses)),
        "response_p50_minutes": _rank(c.responses, 0.5),
        "response_p90_minutes": _rank(c.responses, 0.9),
        "resolution_p50_minutes": _rank(c.resolutions, 0.5),
        "first_time_fix": _share(c.once, c.solved_on_site),
        "repeat_rate": _share(c.repeats, c.visits - c.no_shows),
        "remote_share": _share(c.outcomes.get("remote", 0), n),
        "no_show_share": _share(c.no_shows, c.visits),
        "cancelled_share": _share(c.outcomes.get("cancelled", 0), n),
        "escalated_share": _share(c.escalated, n),
        "tier_excess_share": _share(c.excess, c.visits and n),
        "travel_per_visit_minutes": _share(c.travel / 60, c.visits),
        "backlog_end": float(c.outcomes.get("open", 0)),
        "tickets_in_system": c.sojourn / (days * 86_400),
    }


@dataclass
class _Shifts:
    """Sums over shifts of one scope, as they are read."""

    shifts: int = 0
    absent: int = 0
    hours: int = 0
    worked: int = 0
    travel: int = 0
    overtime: int = 0
    stops: int = 0
    metres: int = 0
    cost: float = 0.0
    workload: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, d: DayRecord) -> None:
        if not d.counted:
            return
        self.absent += d.absent
        self.shifts += 1 - d.absent
        if d.absent:
            return
        self.hours += d.end - d.start
        self.worked += d.travel + d.service
        self.travel += d.travel
        self.overtime += d.overtime
        self.stops += d.stops
        self.metres += d.metres
        self.cost += d.cost
        work, days = self.workload.get(d.engineer, (0, 0))
        self.workload[d.engineer] = (work + d.travel + d.service, days + 1)


def _shift_figures(c: _Shifts, tickets: int, days: float) -> dict[str, float | None]:
    means = [work / shifts / 60 for work, shifts in c.workload.values()]
    middle = sum(means) / len(means) if means else 0.0
    return {
        "utilisation": _share(c.worked, c.hours),
        "travel_share": _share(c.travel, c.worked),
        "overtime_minutes": _share(c.overtime / 60, c.shifts),
        "stops_per_shift": _share(c.stops, c.shifts),
        "shifts_per_day": c.shifts / days,
        "absent_share": _share(c.absent, c.absent + c.shifts),
        "distance_km_per_day": c.metres / 1000 / days,
        "cost_per_day": c.cost / days,
        "cost_per_ticket": _share(c.cost, tickets),
        "workload_spread_minutes": math.sqrt(sum((m - middle) ** 2 for m in means) / len(means)) if means else None,
    }


def scope_of(target: Target) -> Scope:
    """Return what a target is about."""
    return target.kind, target.customer_class, target.region


def of_scope(scope: Scope) -> str:
    """Return a scope in words: `emergency · vip · north`, or `all`."""
    return " · ".join(part for part in scope if part is not None) or "all"


def _fits(scope: Scope) -> Callable[[TicketRecord], bool]:
    kind, class_, region = scope
    return lambda t: (
        (kind is None or t.kind == kind) and (class_ is None or t.customer_class == class_) and (region is None or t.region == region)
    )


def figures_of(
    tickets: Iterable[TicketRecord], shifts: Iterable[DayRecord], counted_from: int, end: int, scopes: Iterable[Scope] = ()
) -> dict[Scope, Figures]:
    """Work out the figures of one replication.

    Parameters
    ----------
    tickets, shifts
        Records; each is looked at once, so they may come from a file.
    counted_from, end
        Unix seconds between which the simulation counts.
    scopes
        For these, too; figures of all, of each customer class, kind and region that occurs are always there.

    Returns
    -------
    figures
        Scope to figure to value; None where a figure divides by nothing or is not defined for the scope.
    """
    wanted: dict[Scope, _Tickets] = {ALL: _Tickets(), **{s: _Tickets() for s in scopes}}
    tests = {s: _fits(s) for s in wanted}
    for t in tickets:
        own: set[Scope] = {(t.kind, None, None)}
        if t.customer_class:
            own |= {(None, t.customer_class, None), (t.kind, t.customer_class, None)}
        if t.region:
            own |= {(None, None, t.region)}
        for scope in own - wanted.keys():
            wanted[scope], tests[scope] = _Tickets(), _fits(scope)
        for scope, counts in wanted.items():
            if tests[scope](t):
                counts.add(t, counted_from, end)
    sums: dict[str | None, _Shifts] = {None: _Shifts()}
    for d in shifts:
        sums[None].add(d)
        if d.region:
            sums.setdefault(d.region, _Shifts()).add(d)
    days = (end - counted_from) / 86_400
    found: dict[Scope, Figures] = {}
    for scope in sorted(wanted, key=lambda s: tuple(part or "" for part in s)):
        counts, by_shift = wanted[scope], sums.get(scope[2]) if scope[:2] == (None, None) else None
        of_shifts = dict.fromkeys(OF_SHIFTS) if by_shift is None else _shift_figures(by_shift, counts.tickets, days)
        values = {**_ticket_figures(counts, days), **of_shifts}
        found[scope] = {name: values[name] for name in FIGURES}
    return found
