"""How an engineer really gets to a ticket, breaks and windows on the way (``docs/rules.md``, steps 2 and 3)."""

from __future__ import annotations

from dispatch.model import Break, Window

__all__ = ["arrive"]


def _drive(now: int, seconds: int, breaks: list[Break]) -> tuple[int, list[Break], int]:
    """Return the arrival, the breaks still ahead and the seconds rested on the way (``docs/rules.md``, step 2)."""
    free, arrival, rested = now, now + seconds, 0
    while breaks and max(free, breaks[0].earliest) < arrival:
        rest, breaks = breaks[0], breaks[1:]
        free = max(free, rest.earliest) + rest.duration
        arrival, rested = arrival + rest.duration, rested + rest.duration
    return arrival, breaks, rested


def arrive(now: int, seconds: int, breaks: list[Break], windows: tuple[Window, ...], service: int) -> tuple[int, int, list[Break], int]:
    """Return arrival, start of service, the breaks still ahead and the seconds rested (``docs/rules.md``, steps 2 and 3)."""
    arrival, breaks, rested = _drive(now, seconds, breaks)
    free, start = arrival, _opening(arrival, windows)
    while breaks:
        begin = max(free, breaks[0].earliest)
        if begin > start and start + service <= breaks[0].latest:
            break
        if begin <= breaks[0].latest:
            free, rested = begin + breaks[0].duration, rested + breaks[0].duration
            start = _opening(free, windows)
        breaks = breaks[1:]
    return arrival, start, breaks, rested


def _opening(time: int, windows: tuple[Window, ...]) -> int:
    """Return the first moment at which a window is open; whoever comes after the last is let in all the same."""
    return next((max(time, w.start) for w in windows if w.end >= time), time)
