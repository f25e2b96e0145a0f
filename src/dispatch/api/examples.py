"""Requests that run, shown in the API description."""

from __future__ import annotations

from typing import Any

DAY: dict[str, Any] = {
    "format": "dispatch/1",
    "name": "Two pumps in Changsha",
    "time_zone": "Asia/Shanghai",
    "now": "2026-03-10T08:00:00+08:00",
    "travel": {"source": "crow", "speed_kmh": 40, "detour": 1.3},
    "engineers": [
        {
            "id": "chen",
            "name": "Chen Hao",
            "home": {"lat": 28.196, "lon": 112.977},
            "skills": [{"skill": "pumps", "tier": 2}],
            "shifts": [{"id": "tue", "start": "2026-03-10T08:00:00+08:00", "end": "2026-03-10T17:00:00+08:00"}],
        }
    ],
    "tickets": [
        {
            "id": "T-1",
            "title": "Feed pump has stopped",
            "kind": "emergency",
            "priority": 1,
            "place": {"lat": 28.231, "lon": 112.938},
            "skills": [{"skill": "pumps", "tier": 2}],
            "service": "PT1H30M",
            "respond_by": "2026-03-10T10:00:00+08:00",
        },
        {
            "id": "T-2",
            "title": "Yearly check",
            "kind": "inspection",
            "priority": 4,
            "place": {"lat": 28.112, "lon": 113.003},
            "service": "PT45M",
            "windows": [{"start": "2026-03-10T13:00:00+08:00", "end": "2026-03-10T15:00:00+08:00"}],
        },
    ],
}

BY_HAND: dict[str, Any] = {
    "format": "dispatch-plan/1",
    "routes": [{"engineer": "chen", "shift": "tue", "stops": [{"ticket": "T-1"}, {"ticket": "T-2"}]}],
}

OTHER: dict[str, Any] = {
    "format": "dispatch-plan/1",
    "routes": [{"engineer": "chen", "shift": "tue", "stops": [{"ticket": "T-1"}]}],
}
