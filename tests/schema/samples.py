"""One valid problem that uses every part of the format, as JSON, and small changes to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from dispatch import schema
from dispatch.errors import Fault, InputError

REMOVED = object()
"""As a new value: take the member out."""


def at(clock: str, day: int = 12) -> str:
    """Return a time of 12 May 2026 in Changsha."""
    return f"2026-05-{day}T{clock}:00+08:00"


SHIFT = {"id": "tue", "start": at("08:00"), "end": at("17:00"), "overtime_until": at("18:00")}
PROBLEM: dict[str, Any] = {
    "format": "dispatch/1",
    "name": "sample",
    "time_zone": "Asia/Shanghai",
    "now": at("10:00"),
    "policy": {"base": "promise-first", "weights": {"travel": 1, "overtime": 3, "lateness": {"1": 20}, "unassigned": 500}},
    "travel": {
        "source": "crow",
        "speed_kmh": 35,
        "detour": 1.4,
        "speeds": [{"days": ["mon", "tue"], "from": "07:00", "to": "09:30", "factor": 0.6, "region": "north"}],
    },
    "service_levels": [{"kind": "repair", "customer_class": "vip", "respond_within": "PT4H", "late_factor": 2}],
    "regions": [{"id": "hq"}, {"id": "north", "parent": "hq"}, {"id": "site", "parent": "north"}],
    "customers": [{"id": "mill", "class": "vip"}, {"id": "hospital", "dedicated_engineer": "li"}],
    "engineers": [
        {
            "id": "li",
            "region": "north",
            "home": {"lat": 28.2, "lon": 112.9},
            "skills": [{"skill": "pump", "tier": 3}, {"skill": "electric", "tier": 1}],
            "service_factor": 0.9,
            "cost_per_hour": 5,
            "shifts": [
                SHIFT
                | {
                    "breaks": [{"earliest": at("12:00"), "latest": at("13:00"), "duration": "PT30M"}],
                    "max_stops": 8,
                    "max_travel": "PT4H",
                    "capacity": {"seals": 4},
                },
                {"id": "wed", "start": at("08:00", 13), "end": at("17:00", 13), "start_place": None},
            ],
        },
        {"id": "chen", "home": {"lat": 28.25, "lon": 113.0}, "shifts": [SHIFT]},
    ],
    "tickets": [
        {
            "id": "t0",
            "customer": "mill",
            "region": "site",
            "place": {"lat": 28.21, "lon": 112.95},
            "skills": [{"skill": "pump", "tier": 2, "preferred_tier": 2}],
            "service": "PT1H",
            "needs": {"seals": 1},
            "windows": [{"start": at("10:00"), "end": at("12:00")}, {"start": at("14:00"), "end": at("16:00")}],
            "opened_at": at("09:30"),
            "respond_by": at("13:30"),
            "engineers": {"must": ["li"], "prefer": ["li"], "never": ["chen"]},
            "pin": {"engineer": "li", "shift": "tue", "start": at("14:30")},
        },
        {
            "id": "t1",
            "place": {"lat": 28.19, "lon": 112.96},
            "service": "PT40M",
            "status": "done",
            "pin": {"engineer": "li", "shift": "tue"},
            "actual": {"start": at("08:20"), "end": at("09:00")},
        },
        {
            "id": "t2",
            "customer": "hospital",
            "place": {"lat": 28.23, "lon": 112.99},
            "service": "PT2H",
            "status": "on_site",
            "pin": {"engineer": "chen", "start": at("09:10")},
        },
        {
            "id": "t3",
            "place": {"lat": 28.3, "lon": 113.05},
            "kind": "inspection",
            "priority": 5,
            "service": "PT1H30M",
            "unassigned_cost": 30,
        },
    ],
    "previous": [{"ticket": "t3", "engineer": "chen", "shift": "tue", "start": at("14:00")}],
}

MATRIX = {"source": "matrix", "seconds": [[0, 60], [60, 0]], "metres": [[0, 500], [500, 0]]}
INDEXED = {
    "travel": MATRIX,
    **{f"engineers/{i}/home": {"index": i} for i in range(2)},
    **{f"tickets/{i}/place": {"index": i % 2} for i in range(4)},
}
"""The changes that let the problem travel by a matrix."""


def changed(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a document with members set, by path; a list index one past the end appends."""
    found: dict[str, Any] = copy.deepcopy(dict(document))
    for path, value in changes.items():
        *above, last = path.split("/")
        node: Any = found
        for token in above:
            node = node[int(token) if isinstance(node, list) else token]
        if value is REMOVED:
            del node[int(last) if isinstance(node, list) else last]
        elif isinstance(node, list) and int(last) == len(node):
            node.append(copy.deepcopy(value))
        else:
            node[int(last) if isinstance(node, list) else last] = copy.deepcopy(value)
    return found


def faults_of(data: bytes | str | Mapping[str, Any], *, plan: bool = False) -> tuple[Fault, ...]:
    """Return the faults with which a document is refused."""
    with pytest.raises(InputError) as refused:
        (schema.read_plan if plan else schema.read_problem)(data if isinstance(data, (bytes, str)) else json.dumps(data))
    return refused.value.faults
