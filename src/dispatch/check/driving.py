"""Drives a leg minute by minute, at the speed that the clock on the wall says (``docs/rules.md``, the speeds).

Nothing here is shared with the search, which looks arrivals up in tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from dispatch.model import DAY, SPEED_DAYS, WEEKDAYS, Place, Problem, Region, Speed, whole
from dispatch.travel import TravelMatrix

NORMAL = 1000
"""Thousandths of the normal speed at normal speed: what is driven in a second, in thousandths of a second of the leg."""


@dataclass(frozen=True, eq=False)
class Hours:
    """How fast travel is at each moment.

    Parameters
    ----------
    speeds
        As the problem states them.
    above
        Each region and those above it, nearest first.
    begin, end
        Between these moments speeds count (Unix seconds).
    known
        Thousandths by minute, region and road class, as far as they have been asked for.
    """

    speeds: tuple[Speed, ...]
    zone: ZoneInfo
    above: Mapping[str, tuple[str, ...]]
    begin: int
    end: int
    known: dict[tuple[int, str | None, str | None], int] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem) -> Hours | None:
        """Return the speeds of a problem, None where travel is at normal speed all day."""
        shifts = [s for e in problem.engineers for s in e.shifts]
        if not problem.travel.speeds or not shifts:
            return None
        parent = {r.id: r.parent for r in problem.regions}
        margin = SPEED_DAYS * DAY
        return cls(
            problem.travel.speeds,
            ZoneInfo(problem.time_zone),
            {region: _above(region, parent) for region in parent},
            min(s.start for s in shifts) - margin,
            max(s.overtime_until for s in shifts) + margin,
            _known(problem.travel.speeds, problem.time_zone, problem.regions),
        )

    def at(self, moment: int, region: str | None, road_class: str | None) -> tuple[int, int]:
        """Return the speed in thousandths at a moment, and for how many seconds it is certain to last."""
        if moment < self.begin:
            return NORMAL, self.begin - moment
        if moment >= self.end:
            return NORMAL, 1 << 60
        key = (moment // 60, region, road_class)
        if key in self.known:
            return self.known[key], min(60 - moment % 60, self.end - moment)
        here = datetime.fromtimestamp(moment, self.zone)
        holding = [(rank, s.factor) for s in self.speeds if (rank := self._rank(s, here, region, road_class)) is not None]
        speed = whole(NORMAL * min(holding)[1]) if holding else NORMAL
        if here.second != moment % 60:  # the clock of the zone was not whole minutes from UTC: a few were not in the early 1970s
            return speed, 1
        self.known[key] = speed
        return speed, min(60 - moment % 60, self.end - moment)

    def _rank(self, s: Speed, here: datetime, region: str | None, road_class: str | None) -> tuple[int, int, int] | None:
        """Return where among the entries that hold this one stands, the first counts; None if it does not hold."""
        above = self.above.get(region, ()) if region is not None else ()
        if s.road_class not in (None, road_class) or (s.region is not None and s.region not in above) or not _holds(s, here):
            return None
        distance = len(above) if s.region is None else above.index(s.region)
        return (s.road_class is None, distance, self.speeds.index(s))


@lru_cache(maxsize=4)
def _known(speeds: tuple[Speed, ...], zone: str, regions: tuple[Region, ...]) -> dict[tuple[int, str | None, str | None], int]:  # noqa: ARG001
    """Return what is known of these speeds: one memory for all the checks of changes to a plan."""
    return {}


def _above(region: str, parent: Mapping[str, str | None]) -> tuple[str, ...]:
    found: list[str] = []
    at: str | None = region
    while at is not None and at not in found:
        found.append(at)
        at = parent.get(at)
    return tuple(found)


def _holds(s: Speed, here: datetime) -> bool:
    """Whether the clock and the calendar on the wall are inside the hours of an entry."""
    clock = 3600 * here.hour + 60 * here.minute + here.second
    today, yesterday = WEEKDAYS[here.weekday()], WEEKDAYS[here.weekday() - 1]
    if s.from_ < s.to:
        return today in s.days and s.from_ <= clock < s.to
    return (today in s.days and clock >= s.from_) or (yesterday in s.days and clock < s.to)


@dataclass(frozen=True)
class Leg:
    """A leg, or what is left of one.

    Parameters
    ----------
    hours
        None where travel is at normal speed all day.
    region
        In which the leg begins.
    left
        Road class and thousandths of a second at normal speed, in the order of driving.
    """

    hours: Hours | None
    region: str | None
    left: tuple[tuple[str | None, int], ...]

    @classmethod
    def between(cls, matrix: TravelMatrix, hours: Hours | None, start: Place | None, end: Place | None, region: str | None) -> Leg:
        """Return the leg between two places; one from or to anywhere (None) takes nothing."""
        seconds, _ = matrix.between(start, end)
        if hours is None:
            return cls(None, region, ((None, NORMAL * seconds),))
        named = {s.road_class for s in hours.speeds if s.road_class is not None}
        left = [(c, matrix.on_class(c, start, end)) for c in sorted(named)]
        return cls(hours, region, tuple((c, NORMAL * s) for c, s in [(None, seconds - sum(s for _, s in left)), *left]))

    def arrival(self, t: int) -> int:
        """Return when one arrives who leaves at `t` and does not rest."""
        if self.hours is None:
            return t + sum([-(-work // NORMAL) for _, work in self.left])
        return self.drive(t)[0]

    def after(self, t: int, until: int) -> Leg:
        """Return what is left at a moment before the arrival, after leaving at `t`."""
        return self.drive(t, until)[1]

    def drive(self, t: int, until: int = 1 << 62) -> tuple[int, Leg]:
        """Drive from `t` on to the end of the leg or to a moment; return when that is, and what is left of the leg."""
        for i, (road, work) in enumerate(self.left):
            while work > 0:
                if t >= until:
                    return t, replace(self, left=((road, work), *self.left[i + 1 :]))
                speed, lasts = (NORMAL, 1 << 60) if self.hours is None else self.hours.at(t, self.region, road)
                seconds = min(lasts, until - t, -(-work // speed))
                t += seconds
                work -= speed * seconds
        return t, replace(self, left=())

    def departure(self, by: int) -> int:
        """Return the last moment to leave at so as to arrive by a moment."""
        back = 1
        while self.arrival(by - back) > by:
            back *= 2
        early, late = by - back, by + 1  # leaving at `late` is too late
        while late - early > 1:
            middle = (early + late) // 2
            early, late = (middle, late) if self.arrival(middle) <= by else (early, middle)
        return early
