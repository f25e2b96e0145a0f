"""Small worlds, and what one replication of them leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dispatch.planning.light import Desk
from dispatch.simulation.engine import Audit, Sink, simulate
from dispatch.simulation.records import DayRecord, TicketRecord
from dispatch.simulation.world import World, read_world

ROOT = Path(__file__).resolve().parents[2]
NIGHT = ROOT / "scenarios" / "worlds" / "on-call-night.json"
FREE = {
    "fixed": 0, "paid_time": 0, "workload": 0, "change": 0, "distance": 0, "overtime": 0, "response": 1, "lateness": 0, "tier_excess": 0,
}  # fmt: skip
"""Weights under which nothing counts but travel and how soon tickets are answered."""
CENTRE = {"lat": 28.2, "lon": 112.9}
DAY_SHIFT = {"start": "08:00", "length": "PT8H"}
MIDNIGHT = 1772409600
"""2026-03-02T00:00:00Z, a Monday."""


def tree(**fields: Any) -> dict[str, Any]:
    """Return a world as JSON: one engineer without travel, one ticket an hour in the mean."""
    return {
        "format": "dispatch-world/1",
        "start": "2026-03-02",
        "policy": {"base": "balanced", "weights": FREE},
        "engineers": [{"id": "ann", "roster": [DAY_SHIFT]}],
        "demand": [demand()],
        **fields,
    }


def demand(name: str = "leak", **fields: Any) -> dict[str, Any]:
    """Return a sort of tickets, all in the centre."""
    service = {"mean": "PT30M", "law": "fixed"}
    return {"id": name, "kind": "repair", "area": {"centre": CENTRE}, "service": service, "per_week": 168, **fields}


def world(**fields: Any) -> World:
    """Return a world."""
    return read_world(json.dumps(tree(**fields)))


def outcome(
    made: World, days: int = 1, seed: int = 1, replication: int = 0, inspect: Callable[[Desk, int], None] | None = None
) -> tuple[list[TicketRecord], list[DayRecord], Audit]:
    """Return the records of one replication."""
    tickets: list[TicketRecord] = []
    shifts: list[DayRecord] = []
    audit = simulate(made, days, seed, replication, Sink(tickets.append, shifts.append), inspect)
    return tickets, shifts, audit


def clock(time: int | None) -> str:
    """Return a time of the first day as 9:05, with seconds where there are any."""
    if time is None:
        return "-"
    minutes, seconds = divmod(time - MIDNIGHT, 60)
    return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
