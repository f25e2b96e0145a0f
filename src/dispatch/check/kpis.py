"""The key figures of a plan, as ``docs/kpis.md`` defines them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import sqrt

from dispatch.check.case import Case
from dispatch.check.cost import overtime_seconds, served
from dispatch.check.timing import Timed
from dispatch.model import MINUTE, PRIORITIES, Cost, Stop, Ticket

Figure = float | int | None


class Figures(Mapping[str, Figure]):
    """Key figures that are worked out when the first of them is asked for; elsewhere they arrive as a plain dictionary."""

    def __init__(self, work_out: Callable[[], Mapping[str, Figure]]) -> None:
        self._work_out = work_out

    @cached_property
    def _known(self) -> dict[str, Figure]:
        return dict(self._work_out())

    def __getitem__(self, name: str) -> Figure:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __repr__(self) -> str:
        return repr(self._known)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return dict, (self._known,)


VIP = "vip"
"""The customer class behind the figures about VIP customers; upper or lower case."""


def kpis(case: Case, routes: Sequence[Timed], left_out: Sequence[Ticket], cost: Cost) -> dict[str, Figure]:
    """Return every figure by name; None where it is undefined. Minutes have 2 decimals, shares 4, kilometres 3."""
    used = [r for r in routes if r.stops]
    first: dict[str, tuple[Ticket, Stop]] = {}
    for route in used:
        for t, stop in zip(route.tickets, route.stops, strict=True):
            if t.status != "cancelled":
                first.setdefault(t.id, (t, stop))
    return {
        **_served(case, first, left_out),
        **_promises(case, first, left_out),
        **_effort(used),
        **_fairness(used),
        "cost_minutes": round(cost.total / MINUTE, 2),
    }


def _share(part: float, of: float) -> float | None:
    return round(part / of, 4) if of else None


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 2)


def _groups(case: Case) -> dict[str, Callable[[Ticket], bool]]:
    """Return the groups of tickets that have figures of their own."""
    vips = {c.id for c in case.problem.customers if c.class_ is not None and c.class_.casefold() == VIP}
    return {
        "emergency": lambda t: t.kind == "emergency",
        "vip": lambda t: t.customer in vips,
        "vip_emergency": lambda t: t.kind == "emergency" and t.customer in vips,
    }


def _served(case: Case, placed: dict[str, tuple[Ticket, Stop]], left_out: Sequence[Ticket]) -> dict[str, Figure]:
    done = [t for t, _ in placed.values()]
    everything = [*done, *left_out]

    def share(group: Callable[[Ticket], bool]) -> float | None:
        return _share(sum(map(group, done)), sum(map(group, everything)))

    return {
        "tickets": len(everything),
        "assigned": len(done),
        "unassigned": len(left_out),
        "served_share": _share(len(done), len(everything)),
        **{f"served_share_p{p}": share(lambda t, p=p: t.priority == p) for p in PRIORITIES},  # type: ignore[misc]
        **{f"served_share_{name}": share(group) for name, group in _groups(case).items()},
    }


def _promises(case: Case, placed: dict[str, tuple[Ticket, Stop]], left_out: Sequence[Ticket]) -> dict[str, Figure]:
    promised = [t for t in (*(t for t, _ in placed.values()), *left_out) if case.promised[t.id].respond_by is not None]
    kept = {t.id for t in promised if t.id in placed and placed[t.id][1].lateness == 0}
    late = [stop.lateness for _, stop in placed.values() if stop.lateness]

    def share(tickets: Iterable[Ticket]) -> float | None:
        ids = [t.id for t in tickets]
        return _share(sum(i in kept for i in ids), len(ids))

    answered = sorted(
        stop.start - t.opened_at
        for t, stop in placed.values()
        if t.kind == "emergency" and t.opened_at is not None and stop.start >= t.opened_at
    )
    return {
        "on_time": share(promised),
        **{f"on_time_{name}": share(filter(group, promised)) for name, group in _groups(case).items()},
        "late_stops": len(late),
        "lateness_minutes": _minutes(sum(late)),
        "max_lateness_minutes": _minutes(max(late, default=0)),
        "emergency_response_p50_minutes": _percentile(answered, 50),
        "emergency_response_p90_minutes": _percentile(answered, 90),
    }


def _percentile(ordered: Sequence[int], percent: int) -> float | None:
    """Return the smallest value that at least so many percent do not exceed (nearest rank)."""
    return _minutes(ordered[-(-len(ordered) * percent // 100) - 1]) if ordered else None


def _effort(used: Sequence[Timed]) -> dict[str, Figure]:
    travel = sum(r.travel for r in used)
    paid = sum(r.return_ - r.departure for r in used)
    return {
        "travel_minutes": _minutes(travel),
        "travel_share": _share(travel, paid),
        "distance_km": round(sum(sum(r.metres) + r.home_metres for r in used) / 1000, 3),
        "service_minutes": _minutes(sum(r.service for r in used)),
        "waiting_minutes": _minutes(sum(s.waiting for r in used for s in r.stops)),
        "break_minutes": _minutes(sum(rest.end - rest.start for r in used for _, rest in r.rests)),
        "overtime_minutes": _minutes(sum(map(overtime_seconds, used))),
        "paid_minutes": _minutes(paid),
        "engineers_used": len({r.engineer.id for r in used}),
        "shifts_used": len(used),
    }


def _deviation(numbers: Sequence[int]) -> float:
    """Return the standard deviation of a whole population; the variance is exact until its root is taken."""
    return sqrt(len(numbers) * sum(n * n for n in numbers) - sum(numbers) ** 2) / len(numbers)


def _fairness(used: Sequence[Timed]) -> dict[str, Figure]:
    workloads = [r.travel + r.service for r in used]
    stops = [it for r in used for it in served(r)]
    return {
        "utilisation": _share(sum(workloads), sum(r.shift.end - r.shift.start for r in used)),
        "workload_range_minutes": _minutes(max(workloads) - min(workloads)) if used else None,
        "workload_stdev_minutes": _minutes(_deviation(workloads)) if used else None,
        "tier_excess_stops": sum(it.excess_tiers > 0 for it in stops),
        "not_preferred_stops": sum(it.is_not_preferred for it in stops),
        "cross_region_stops": sum(it.is_cross_region for it in stops),
        "contractor_stops": sum(it.engineer.contractor for it in stops),
        "changes": sum(it.is_changed for it in stops),
    }
