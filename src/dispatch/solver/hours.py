"""Travel that depends on the hour: tables of how far one gets by when, so that an arrival is one lookup and a division.

Speed is a step function of the time of day, and a leg is driven piece by piece (Ichoua, Gendreau, Potvin 2003, doi
10.1016/S0377-2217(02)00147-9). Distances driven are thousandths of a second at normal speed, so all is whole numbers: with C(t) what is
driven from the beginning of time to t, one who leaves at t arrives at the first second a with C(a) >= C(t) + the length of the
leg. C grows, so who leaves later never arrives earlier; and leaving at the last second t with C(t) <= C(a) - length is the way back.
A leg over several road classes is driven class by class, each from the second at which the one before it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from dispatch.model import DAY, SPEED_DAYS, WEEKDAYS, Problem, Speed, whole
from dispatch.solver.compiled import compiled, inlined
from dispatch.travel import TravelMatrix

if TYPE_CHECKING:  # the arrays are made with these tables
    from dispatch.solver.arrays import Arrays, IntArray

NORMAL = 1000
"""What is driven in a second at normal speed."""
LONG = 1 << 40
"""Seconds of the first and the last piece, in which travel is at normal speed."""
SLOT = 10
"""A slot is 2 ** SLOT seconds: where in the table to begin to look is known for each."""

# Columns of `Arrays.hours`; behind them, for each road class of each group of regions, what is driven by then and how fast from then on.
# A row is a piece of time; but PIECE, in row k, is the piece at the beginning of slot k, the first slot being that of the second piece.
PIECE, MOMENT, HOURS_COLUMNS = range(3)


@inlined
def piece_at(hours: IntArray, time: int) -> int:
    """Return the piece that holds a moment."""
    i = 0
    if time >= hours[1, MOMENT]:
        i = hours[min((time - hours[1, MOMENT]) >> SLOT, hours.shape[0] - 1), PIECE]
        while time >= hours[i + 1, MOMENT]:
            i += 1
    return i


@inlined
def length(arrays: Arrays, start: int, end: int, part: int) -> int:
    """Return the length of a leg on the roads of a part, in thousandths of a second; a leg from or to anywhere has none."""
    found = 0
    if start >= 0 and end >= 0:
        found = 1000 * int(arrays.seconds[(part + 1) * arrays.seconds.shape[1] + start, end])
    return found


@compiled
def forth(arrays: Arrays, column: int, start: int, end: int, part: int, left: int, time: int, until: int) -> tuple[int, int, int]:
    """Drive on along a leg to its end, or to a moment.

    Parameters
    ----------
    column
        Of `hours`, for the first part of legs that begin here.
    part, left
        On which part of the leg, and how much of it is left.

    Returns
    -------
    time, part, left
        When that is, and what is left of the leg then.
    """
    hours = arrays.hours
    last = arrays.seconds.shape[0] // max(1, arrays.seconds.shape[1]) - 2
    while True:
        c = column + 2 * part
        i = piece_at(hours, time)
        driven = hours[i, c] + hours[i, c + 1] * (time - hours[i, MOMENT])
        while hours[i + 1, c] < driven + left:
            i += 1
        arrival = time
        if left > 0:
            arrival = hours[i, MOMENT] + (driven + left - hours[i, c] + hours[i, c + 1] - 1) // hours[i, c + 1]
        if arrival > until:
            i = piece_at(hours, until)
            left -= hours[i, c] + hours[i, c + 1] * (until - hours[i, MOMENT]) - driven
            return until, part, left
        time = arrival
        if part >= last:
            return time, part, 0
        part += 1
        left = length(arrays, start, end, part)


@compiled
def back(arrays: Arrays, column: int, start: int, end: int, part: int, left: int, time: int, since: int) -> tuple[int, int, int]:
    """Follow a leg back from when it has to be driven to the last moment to begin it, or to an earlier moment; see `forth`."""
    hours = arrays.hours
    while True:
        c = column + 2 * part
        i = piece_at(hours, time)
        target = hours[i, c] + hours[i, c + 1] * (time - hours[i, MOMENT]) - left
        while hours[i, c] > target:
            i -= 1
        leave = hours[i, MOMENT] + (target - hours[i, c]) // hours[i, c + 1]
        if leave < since:
            i = piece_at(hours, since)
            return since, part, hours[i, c] + hours[i, c + 1] * (since - hours[i, MOMENT]) - target
        time = leave
        if part == 0:
            return time, 0, 0
        part -= 1
        left = length(arrays, start, end, part)


@inlined
def arrive(arrays: Arrays, column: int, start: int, end: int, time: int) -> int:
    """Return when one arrives who leaves at `time` and does not rest."""
    hours, n = arrays.hours, arrays.seconds.shape[1]
    arrival = time
    if start >= 0 and end >= 0:
        if arrays.seconds.shape[0] == 2 * n:
            left = 1000 * int(arrays.seconds[n + start, end])
            if left > 0:
                i = piece_at(hours, time)
                speed = hours[i, column + 1]
                arrival = time + left // 1000
                if speed != 1000 or arrival > hours[i + 1, MOMENT]:
                    target = hours[i, column] + speed * (time - hours[i, MOMENT]) + left
                    while hours[i + 1, column] < target:
                        i += 1
                    speed = hours[i, column + 1]
                    arrival = hours[i, MOMENT] + (target - hours[i, column] + speed - 1) // speed
        else:
            arrival, _, _ = forth(arrays, column, start, end, 0, length(arrays, start, end, 0), time, LONG)
    return arrival


@inlined
def leave(arrays: Arrays, column: int, start: int, end: int, by: int) -> int:
    """Return the last moment to leave at so as to arrive by a moment, without a rest."""
    hours, n, time = arrays.hours, arrays.seconds.shape[1], by
    if start >= 0 and end >= 0:
        part = arrays.seconds.shape[0] // n - 2
        if part == 0:
            i, normal = piece_at(hours, by), int(arrays.seconds[n + start, end])
            time = by - normal
            if hours[i, column + 1] != 1000 or time < hours[i, MOMENT]:
                target = hours[i, column] + hours[i, column + 1] * (by - hours[i, MOMENT]) - 1000 * normal
                while hours[i, column] > target:
                    i -= 1
                time = hours[i, MOMENT] + (target - hours[i, column]) // hours[i, column + 1]
        else:
            time, _, _ = back(arrays, column, start, end, part, length(arrays, start, end, part), by, -LONG)
    return time


def driven_from(arrays: Arrays, column: int, start: int, end: int, time: int) -> int:
    """Return the seconds that a leg takes to one who leaves at a moment."""
    arrival, _, _ = forth(arrays, column, start, end, 0, NORMAL * int(arrays.seconds[arrays.seconds.shape[1] + start, end]), time, LONG)
    return int(arrival - time)


def driven_until(arrays: Arrays, column: int, start: int, end: int, by: int) -> int:
    """Return the seconds that a leg takes to one who leaves as late as may be and arrives by a moment."""
    part = arrays.seconds.shape[0] // arrays.seconds.shape[1] - 2
    left = NORMAL * int(arrays.seconds[(part + 1) * arrays.seconds.shape[1] + start, end])
    time, _, _ = back(arrays, column, start, end, part, left, by, -LONG)
    return int(by - time)


def at_any_hour(arrays: Arrays) -> Arrays:
    """Return arrays by which every leg takes as long as at the hour when it is driven fastest."""
    return arrays._replace(seconds=arrays.seconds[: arrays.seconds.shape[1]], hours=None)


# ---------------------------------------------------------------------- tables


@dataclass(frozen=True, eq=False)
class Hours:
    """The tables of a problem.

    Parameters
    ----------
    table
        As `Arrays.hours`; None where travel is at normal speed all day.
    seconds
        As `Arrays.seconds`.
    column
        Of the table, by region in which a leg begins; None for none.
    """

    table: IntArray | None
    seconds: npt.NDArray[np.int32]
    column: Mapping[str | None, int]

    def of(self, region: str | None) -> int:
        """Return the column for legs that begin in a region."""
        return self.column.get(region, 0)


def build(problem: Problem, matrix: TravelMatrix) -> Hours:
    """Return the tables of a problem."""
    speeds, shifts = problem.travel.speeds, [s for e in problem.engineers for s in e.shifts]
    if not speeds or not shifts:
        return Hours(None, matrix.seconds, {})
    classes = [None, *sorted({s.road_class for s in speeds if s.road_class is not None})]
    named = {s.region for s in speeds}
    parent = {r.id: r.parent for r in problem.regions}
    chains = {region: tuple(r for r in _above(region, parent) if r in named) for region in parent}
    groups = {chain: k for k, chain in enumerate(dict.fromkeys([(), *chains.values()]))}
    begin = min(s.start for s in shifts) - SPEED_DAYS * DAY
    end = max(s.overtime_until for s in shifts) + SPEED_DAYS * DAY
    profiles = [_in_order(speeds, chain, road_class) for chain in groups for road_class in classes]
    table = _table(profiles, begin, end, ZoneInfo(problem.time_zone))
    column: dict[str | None, int] = {region: HOURS_COLUMNS + 2 * len(classes) * groups[chain] for region, chain in chains.items()}
    return Hours(table, _seconds(matrix, [c for c in classes if c is not None], table), {None: HOURS_COLUMNS, **column})


def always_normal() -> IntArray:
    """Return a table by which travel is at normal speed at any hour."""
    return _table([[]], 0, DAY, ZoneInfo("UTC"))


def _above(region: str | None, parent: Mapping[str, str | None]) -> Iterator[str]:
    seen: set[str] = set()
    while region is not None and region not in seen:
        seen.add(region)
        yield region
        region = parent.get(region)


def _in_order(speeds: Iterable[Speed], chain: tuple[str, ...], road_class: str | None) -> list[Speed]:
    """Return the entries that may hold for a class of road where legs begin below these regions, those that count first."""
    may = [s for s in speeds if s.road_class in (None, road_class) and (s.region is None or s.region in chain)]
    return sorted(may, key=lambda s: (s.road_class is None, len(chain) if s.region is None else chain.index(s.region)))


def _table(profiles: list[list[Speed]], begin: int, end: int, zone: ZoneInfo) -> IntArray:
    """Return `Arrays.hours`: one column of speeds for each profile, a list of entries of which the first that holds counts."""
    pieces = [(begin - LONG, [NORMAL] * len(profiles))]
    for moment in _moments({s for entries in profiles for s in entries}, begin, end, zone):
        here = datetime.fromtimestamp(moment, zone)
        factors = [next((whole(NORMAL * s.factor) for s in entries if _holds(s, here)), NORMAL) for entries in profiles]
        if moment == begin or factors != pieces[-1][1]:
            pieces.append((moment, factors))
    pieces += [(end, [NORMAL] * len(profiles)), (end + LONG, [NORMAL] * len(profiles))]
    moments, speeds = np.array([m for m, _ in pieces], np.int64), np.array([f for _, f in pieces], np.int64)
    slots = np.arange(begin, end + (1 << SLOT), 1 << SLOT)
    table = np.zeros((max(len(slots), len(pieces)), HOURS_COLUMNS + 2 * len(profiles)), np.int64)
    table[:, PIECE] = len(pieces) - 2
    table[: len(slots), PIECE] = np.searchsorted(moments, slots, side="right") - 1
    table[:, MOMENT] = moments[-1]
    table[: len(pieces), MOMENT] = moments
    driven = np.zeros_like(speeds)
    driven[1:] = (speeds[:-1] * np.diff(moments)[:, None]).cumsum(axis=0)
    table[: len(pieces), HOURS_COLUMNS::2] = driven
    table[: len(pieces), HOURS_COLUMNS + 1 :: 2] = speeds
    return table


def _moments(entries: set[Speed], begin: int, end: int, zone: ZoneInfo) -> list[int]:
    """Return the moments between which no speed changes: when hours begin or end by the clock, and when clocks are changed."""
    found = {begin, *_changes(begin, end, zone)}
    clocks = {s.from_ for s in entries} | {s.to for s in entries} | {0}
    day = datetime.fromtimestamp(begin, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
    while day.replace(tzinfo=UTC).timestamp() < end + 2 * DAY:
        for clock in clocks:
            for fold in (0, 1):
                found.add(int((day + timedelta(seconds=clock)).replace(tzinfo=zone, fold=fold).timestamp()))
        day += timedelta(days=1)
    return sorted(m for m in found if begin <= m < end)


def _changes(begin: int, end: int, zone: ZoneInfo) -> Iterator[int]:
    """Yield the first second after each change of clocks."""

    def offset(moment: int) -> timedelta | None:
        return datetime.fromtimestamp(moment, zone).utcoffset()

    for hour in range(begin, end, 3600):
        low, high = hour, min(hour + 3600, end)
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            yield high


def _holds(s: Speed, here: datetime) -> bool:
    clock, day = 3600 * here.hour + 60 * here.minute + here.second, here.weekday()
    begun = clock >= s.from_ and WEEKDAYS[day] in s.days
    if s.from_ < s.to:
        return begun and clock < s.to
    return begun or (clock < s.to and WEEKDAYS[day - 1] in s.days)


def _seconds(matrix: TravelMatrix, classes: list[str], table: IntArray) -> npt.NDArray[np.int32]:
    """Return `Arrays.seconds`: what legs take at least at any hour, then their seconds at normal speed on each part."""
    nothing = np.zeros_like(matrix.seconds)
    parts = [matrix.by_class.get(c, nothing) for c in classes]
    rest = matrix.seconds - sum(parts, nothing)
    fastest = max(NORMAL, int(table[:, HOURS_COLUMNS + 1 :: 2].max()))
    least = -(-matrix.seconds.astype(np.int64) * NORMAL // fastest)
    return np.vstack([least.astype(np.int32), rest, *parts])
