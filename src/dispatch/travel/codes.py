"""The warnings that travel puts into plans."""

from __future__ import annotations

from types import MappingProxyType

from dispatch.model import PlanWarning

WARNINGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "PLACE_OFF_ROAD": "Check the coordinates, or use a map that has the roads there.",
        "PLACE_UNREACHABLE": "Check the coordinates, or use a map that has the way there.",
        "TRAVEL_FALLBACK": "Mend what failed and plan again.",
    }
)
"""Every warning code with its remedy."""


def warning(code: str, pointer: str, message: str) -> PlanWarning:
    """Return a warning with the remedy of its code."""
    return PlanWarning(code, pointer, f"{message} {WARNINGS[code]}")
