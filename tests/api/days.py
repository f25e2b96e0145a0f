"""Days of any size, as documents, drawn from a seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

MORNING = datetime(2026, 3, 10, 8, tzinfo=UTC)


def day(tickets: int, engineers: int, seed: int = 0) -> dict[str, Any]:
    """Return a day of tickets around Changsha; about seven tickets fill an engineer's shift."""
    draw = random.Random(seed)

    def place() -> dict[str, float]:
        return {"lat": round(28.0 + 0.4 * draw.random(), 5), "lon": round(112.8 + 0.4 * draw.random(), 5)}

    shift = {"id": "day", "start": MORNING.isoformat(), "end": (MORNING + timedelta(hours=10)).isoformat()}
    return {
        "format": "dispatch/1",
        "name": f"{tickets} tickets",
        "now": MORNING.isoformat(),
        "engineers": [
            {"id": f"E{n:03}", "home": place(), "skills": [{"skill": "pumps", "tier": draw.randint(1, 3)}], "shifts": [shift]}
            for n in range(engineers)
        ],
        "tickets": [
            {
                "id": f"T{n:04}",
                "place": place(),
                "service": f"PT{draw.choice((30, 45, 60, 90))}M",
                "priority": draw.randint(1, 5),
                "skills": [{"skill": "pumps", "tier": draw.randint(1, 2)}],
            }
            for n in range(tickets)
        ],
    }
