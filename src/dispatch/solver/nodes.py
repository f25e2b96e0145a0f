"""What of an instance takes part in the routing model: its nodes, its vehicles, and the clock they go by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch.solver.arrays import (
    BASE_TRAVEL,
    FROM,
    LIMIT,
    MAX_TRAVEL,
    NONE,
    ONWARD,
    OUTSET,
    PACE,
    PLACE,
    READY,
    REST_END,
    REST_FIRST,
    TICKET_COLUMNS,
    TO,
    WINDOW,
    WINDOW_END,
    WORKLOAD_RATE,
    Arrays,
    IntArray,
)
from dispatch.solver.guide import prepare
from dispatch.solver.hours import HOURS_COLUMNS, MOMENT, NORMAL
from dispatch.solver.timing import DRIVEN, FREE, MARK_COLUMNS, walk

WORKLOAD_DIVISOR = 216_000
"""Of the `workload` rule."""
MOST_SCALE = 21_600
"""Most model cost units in a millisecond of travel, so that sums of costs stay below 2 ** 63."""

_SAMPLE = 600
"""Seconds between two looks at how fast travel is."""

Span = tuple[int, int]


class Pause(NamedTuple):
    """A break in model time: from when it is due, the latest it may begin, and how long it takes."""

    due: int
    latest: int
    duration: int


class Clock(NamedTuple):
    """Model time of a shift, in seconds: it stands still during breaks, so that they need no variables.

    A break begins at the first moment from `due` on at which the engineer is not serving, so all later work is put off by its
    duration; and a service that would run past `latest` begins after it. Both hold whatever the route.

    Parameters
    ----------
    ready, limit
        From when on the engineer is free, and by when home.
    pace
        Which column of service times is the engineer's.
    """

    ready: int
    limit: int
    pace: int
    pauses: tuple[Pause, ...]

    def last(self, moment: int) -> int:
        """Return the last model second that is not after a real one."""
        for pause in self.pauses:
            if moment < pause.due:
                break
            moment = max(moment - pause.duration, pause.due - 1)
        return moment

    def starts(self, windows: Sequence[Span], service: int) -> list[Span]:
        """Return when a service may begin that in real time begins inside one of the windows (any time if there is none)."""
        spans = [(self.last(a - 1) + 1, self.last(b)) for a, b in windows] or [(self.ready, self.limit)]
        spans = [(max(a, self.ready), min(b, self.limit)) for a, b in spans]
        for pause in self.pauses:
            end = pause.latest - service
            if end < pause.due - 1:
                spans = [part for a, b in spans for part in ((a, min(b, end)), (max(a, pause.due), b))]
        return [(a, b) for a, b in spans if a <= b]


def home_by(pauses: Iterable[Pause], moment: int) -> int:
    """Return the last model second to be home at so that it is not after a real one; a break after the return is not taken."""
    for pause in pauses:
        if moment <= pause.latest:
            break
        moment = max(moment - pause.duration, pause.latest)
    return moment


def _clock(arrays: Arrays, s: IntArray, origin: int) -> Clock:
    rested, pauses = origin, []
    for earliest, latest, duration in arrays.span[s[REST_FIRST] : s[REST_END]].tolist():
        pauses.append(Pause(earliest - rested, latest - rested, duration))
        rested += duration
    ready = int(s[READY]) - origin
    return Clock(ready, max(ready, home_by(pauses, int(s[LIMIT]) - origin)), int(s[PACE]), tuple(pauses))


@dataclass(frozen=True, eq=False)
class Day:
    """What takes part: tickets that some shift may serve, shifts that may serve one.

    Parameters
    ----------
    tickets, shifts
        Rows of `arrays` in the order of nodes and vehicles.
    able
        Shape (tickets, shifts).
    clocks
        Per shift.
    places
        Per node, first those of the tickets, then those where shifts begin or end; `NONE` is anywhere.
    starts, ends
        The node per shift.
    origin
        Second 0 of the model, Unix seconds.
    scale
        Cost units of the model in a millisecond of travel: what makes the prices of `workload` whole.
    """

    arrays: Arrays
    tickets: IntArray
    shifts: IntArray
    able: npt.NDArray[np.bool_]
    clocks: tuple[Clock, ...]
    places: IntArray
    starts: list[int]
    ends: list[int]
    origin: int
    scale: int

    def ticket(self, column: int) -> IntArray:
        """Return a column of the ticket table, in the order of nodes."""
        values: IntArray = self.arrays.ticket[self.tickets, column]
        return values

    def shift(self, column: int) -> IntArray:
        """Return a column of the shift table, in the order of vehicles."""
        values: IntArray = self.arrays.shift[self.shifts, column]
        return values

    def clocks_of(self, node: int) -> set[Clock]:
        """Return the clocks by which a ticket may be served."""
        return {self.clocks[v] for v in np.flatnonzero(self.able[node])}

    def windows_of(self, node: int) -> list[Span]:
        """Return the windows of a ticket, in real seconds from `origin` on."""
        t = self.arrays.ticket[self.tickets[node]]
        return [(a, b) for a, b, _ in (self.arrays.span[t[WINDOW] : t[WINDOW_END]] - (self.origin, self.origin, 0)).tolist()]

    def starts_of(self, node: int) -> list[Span]:
        """Return when service of a ticket may begin by any of its clocks: spans in order, apart from one another."""
        t, windows = self.arrays.ticket[self.tickets[node]], self.windows_of(node)
        merged: list[Span] = []
        for a, b in sorted(s for c in self.clocks_of(node) for s in c.starts(windows, int(t[TICKET_COLUMNS + c.pace]))):
            if merged and a <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        return merged

    def on_tickets(self, values: npt.ArrayLike) -> IntArray:
        """Return values of the tickets for all nodes, 0 elsewhere."""
        row = np.zeros(len(self.places), np.int64)
        row[: len(self.tickets)] = values
        return row

    def legs(self, table: npt.NDArray[np.int32]) -> IntArray:
        """Return seconds or metres between the nodes; a leg from or to anywhere takes nothing."""
        anywhere = self.places == NONE
        between = table[np.ix_(self.places, self.places)].astype(np.int64)
        between[anywhere, :] = 0
        between[:, anywhere] = 0
        return between


def at_a_usual_hour(arrays: Arrays) -> Arrays:
    """Return arrays in which no leg depends on the hour: each takes what it does on the mean over the hours of all shifts."""
    if arrays.hours is None:
        return arrays
    n = arrays.seconds.shape[1]
    column = np.full(n, HOURS_COLUMNS)
    outset = arrays.shift[arrays.shift[:, FROM] != NONE]
    column[outset[:, FROM]] = outset[:, OUTSET]
    column[arrays.ticket[:, PLACE]] = arrays.ticket[:, ONWARD]
    moments = np.unique(np.concatenate([np.arange(a, max(a, b) + 1, _SAMPLE) for a, b in arrays.shift[:, [READY, LIMIT]].tolist()]))
    pieces = np.searchsorted(arrays.hours[:, MOMENT], moments, side="right") - 1
    usual = np.zeros((n, n))
    for part, seconds in enumerate(arrays.seconds[n:].reshape(-1, n, n)):
        speeds = arrays.hours[np.ix_(pieces, column + 2 * part + 1)]
        usual += seconds * (NORMAL / speeds).mean(axis=0)[:, None]
    return arrays._replace(seconds=np.rint(usual).astype(np.int32), hours=None)


def day_of(arrays: Arrays) -> Day | None:
    """Choose what takes part; None if nothing does."""
    if not arrays.stop_cost.size or not len(arrays.shift):
        return None
    arrays = at_a_usual_hour(arrays)
    able = prepare(arrays).able.astype(np.bool_)
    able[:, [s for s in range(len(arrays.shift)) if not _gets_home(arrays, s)]] = False
    tickets, shifts = np.flatnonzero(able.any(axis=1)), np.flatnonzero(able.any(axis=0))
    if not len(tickets):
        return None
    origin = int(arrays.shift[shifts, READY].min())
    ends, node = np.unique(arrays.shift[shifts][:, [FROM, TO]], return_inverse=True)
    starts, returns = (node.reshape(-1, 2) + len(tickets)).T.tolist()
    return Day(
        arrays,
        tickets,
        shifts,
        able[np.ix_(tickets, shifts)],
        tuple(_clock(arrays, s, origin) for s in arrays.shift[shifts]),
        np.concatenate([arrays.ticket[tickets, PLACE], ends]),
        starts,
        returns,
        origin,
        min(MOST_SCALE, WORKLOAD_DIVISOR // gcd(WORKLOAD_DIVISOR, *arrays.shift[shifts, WORKLOAD_RATE].tolist())),
    )


def _gets_home(arrays: Arrays, shift: int) -> bool:
    """Whether the shift keeps its limits without any stop: one that does not would leave the model without a solution."""
    room, s = np.zeros((2, MARK_COLUMNS), np.int64), arrays.shift[shift]
    walk(arrays, shift, room, 0)
    return bool(NONE != room[1, FREE] <= s[LIMIT] and room[1, DRIVEN] + s[BASE_TRAVEL] <= s[MAX_TRAVEL])
