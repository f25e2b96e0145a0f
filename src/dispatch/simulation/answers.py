"""What a simulation found, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from dispatch.model import PlanWarning
from dispatch.simulation.fit import Fitted
from dispatch.simulation.kpis import FIGURES, Scope
from dispatch.simulation.runs import Estimate, Simulated, Verdict

__all__ = ["estimate", "of_fit", "of_run", "scope", "target"]


def scope(found: Scope) -> dict[str, str | None]:
    """Return what figures are about."""
    kind, customer_class, region = found
    return {"kind": kind, "customer_class": customer_class, "region": region}


def estimate(e: Estimate) -> dict[str, Any]:
    """Return a figure over replications, rounded to six decimals."""

    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 6)

    return {"mean": rounded(e.mean), "low": rounded(e.low), "high": rounded(e.high), "values": [rounded(v) for v in e.values]}


def target(v: Verdict) -> dict[str, Any]:
    """Return a target and how it came out."""
    bounds = {"at_least": v.at_least, "at_most": v.at_most}
    return {"figure": v.figure, **scope(v.scope), **bounds, **estimate(v.estimate), "met": v.met, "surely": v.surely}


def of_fit(fitted: Fitted) -> dict[str, Any]:
    """Return a fit as a document."""
    return {
        "format": "dispatch-fit/1",
        "tickets": len(fitted.log.entries),
        "first": date.fromordinal(fitted.first).isoformat(),
        "held_out_from": date.fromordinal(fitted.split).isoformat(),
        "last": date.fromordinal(fitted.last - 1).isoformat(),
        "columns": asdict(fitted.log.columns),
        "sorts": [
            {
                "name": s.name,
                "tickets": s.tickets,
                "per_week": round(float(s.by_hour.sum()), 4),
                "service_minutes": round(s.service[0] / 60, 2),
                "sigma": round(s.service[1], 4),
                "law": s.service[2],
                "durations_known": s.known,
            }
            for s in fitted.sorts
        ],
        "goodness": {name: round(v, 6) if isinstance(v, float) else v for name, v in asdict(fitted.goodness).items()},
        "warnings": [asdict(w) for w in fitted.log.warnings],
    }


def of_run(result: Simulated, warnings: Sequence[PlanWarning] = ()) -> dict[str, Any]:
    """Return a run as a document."""
    audits = [r.audit for r in result.replications]
    return {
        "format": "dispatch-simulation/1",
        "world": result.world.name,
        "start": date.fromordinal(result.world.start).isoformat(),
        "warm_up_days": result.world.warm_up_days,
        "days": result.days,
        "seed": result.seed,
        "replications": len(result.replications),
        "stopped": result.stopped,
        "figures": [{**scope(s), **{name: estimate(result.estimate(name, s)) for name in FIGURES}} for s in result.scopes()],
        "targets": [target(v) for v in result.targets()],
        "warnings": [asdict(w) for w in warnings],
        "audit": {"tickets": sum(a.tickets for a in audits), "replans": sum(a.replans for a in audits)},
    }
