"""Problem and travel matrix as flat arrays: the one translation every engine shares.

Work that has begun never reaches an engine: it is folded into its shift, which then starts where and when the engineer
will be free, with the cost, travel, workload, stops and capacity it has used (``docs/rules.md``, History).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch import policy
from dispatch.model import (
    CHANGE_TOLERANCE,
    FIXED_STATUSES,
    Engineer,
    Pin,
    Place,
    Problem,
    Promise,
    Resume,
    Shift,
    Stop,
    Ticket,
    Visit,
    Weights,
    covered_regions,
    promises,
    whole,
)
from dispatch.solver import hours
from dispatch.solver.hours import Hours
from dispatch.travel import TravelMatrix

# Columns of `Arrays.ticket`; behind them the service seconds at each pace, then the need of each unit.
PLACE, WINDOW, WINDOW_END, RESPOND_BY, LATE_RATE, RESPONSE_RATE, RESPONSE_FROM, PRICE = range(8)
ONLY_DAY, PREVIOUS_ENGINEER, PREVIOUS_START, NEEDS, ONWARD, TICKET_COLUMNS = range(8, 14)

# Columns of `Arrays.shift`; behind them what it carries of each unit.
ENGINEER, READY, FROM, TO, END, LIMIT, MAX_STOPS, MAX_TRAVEL, REST_FIRST, REST_END = range(10)
PAID_RATE, KM_RATE, FIXED, OVERTIME_RATE, WORKLOAD_RATE, CHANGE_RATE = range(10, 16)
BEGUN, BASE_COST, BASE_TRAVEL, BASE_SERVICE, DAY, PACE, OUTSET, SHIFT_COLUMNS = range(16, 24)

NONE = -1
FOREVER = 1 << 40
"""Later than any time, longer than any duration, in seconds."""
INFEASIBLE = 1 << 60
"""Cost of a route that breaks a hard rule."""
MUST_SERVE = 10**12
"""Added to the price of leaving out mandatory or pinned work: beyond any sum of real costs."""

Past = Mapping[str, tuple[int, Visit | None]]
"""Of begun tickets by id: what the stop costs whatever its time, and what people were told."""
IntArray = npt.NDArray[np.int64]
FlagArray = npt.NDArray[np.uint8]
_NO_ROWS: IntArray = np.zeros((0, 0), np.int64)


class Arrays(NamedTuple):
    """A problem as the compiled functions see it; seconds, metres, milliseconds of travel.

    Few and wide tables, because compiled functions are passed every array by value.

    Parameters
    ----------
    seconds, metres
        Shape (places, places), row = from. Where travel depends on the hour, `seconds` are the least at any hour, and blocks of as many
        rows follow: seconds at normal speed, first on all roads of no class that a speed names, then on each such class.
    ticket, shift
        One row each, columns as named above. `WINDOW` to `WINDOW_END` and `REST_FIRST` to `REST_END` are rows of `span`.
    stop_cost
        Shape (tickets, engineers): what the stop costs whatever its time, or `NONE` where the engineer is not able.
    span
        Windows (start, end, 0) and breaks (earliest, latest, duration).
    hours
        How far one gets by when (see `hours`); None where travel does not depend on the hour. `ONWARD` of a ticket and `OUTSET` of
        a shift are the columns for legs that begin there.
    """

    seconds: npt.NDArray[np.int32]
    metres: npt.NDArray[np.int32]
    ticket: IntArray
    shift: IntArray
    stop_cost: IntArray
    span: IntArray
    hours: Any = None

    @property
    def units(self) -> int:
        """Units of capacity in use."""
        return int(self.shift.shape[1]) - SHIFT_COLUMNS


@dataclass(frozen=True, eq=False)
class Instance:
    """The arrays of a problem with the names behind their rows.

    Parameters
    ----------
    arrays
        What the engines work on.
    tickets
        The tickets still to be planned, in row order.
    shifts
        (engineer id, shift id) in row order.
    history
        The stops that have begun, per shift row, in order.
    weights
        The resolved policy.
    promised
        What was promised, by ticket id.
    every_cost
        `stop_cost` of the arrays with the cost of every stop by every engineer, able or not.
    """

    arrays: Arrays
    tickets: tuple[Ticket, ...]
    shifts: tuple[tuple[Engineer, Shift], ...]
    history: tuple[tuple[Stop, ...], ...]
    weights: Weights
    promised: Mapping[str, Promise]
    every_cost: IntArray


def build(problem: Problem, matrix: TravelMatrix) -> Instance:
    """Translate a problem; the result is what every engine, `explain` and `bound` work on."""
    weights = policy.resolve(problem.policy)
    promised = promises(problem)
    engineers = {e.id: i for i, e in enumerate(problem.engineers)}
    shifts = tuple((e, s) for e in problem.engineers for s in e.shifts)
    begun = _begun(problem, shifts)
    history: list[tuple[Stop, ...]] = []
    tickets = tuple(t for t in problem.tickets if t.status in ("open", "dispatched"))
    units = sorted({u for t in problem.tickets for u in t.needs})
    days = {name: i for i, name in enumerate(sorted({s.id for _, s in shifts}))}
    paces = sorted({1.0} | {e.service_factor for e, _ in shifts})
    spans: list[tuple[int, int, int]] = []
    speeds = hours.build(problem, matrix)
    ticket = ticket_rows(problem, tickets, matrix.rows, weights, promised, engineers, days, spans)
    ticket[:, ONWARD] = [speeds.of(t.region) for t in tickets]
    services = [[whole(t.service * pace) for pace in paces] for t in tickets]
    needs = [[t.needs.get(u, 0) for u in units] for t in tickets]
    costs, able = stop_costs(problem, problem.engineers, tickets, weights)
    past = _past(problem, shifts, begun, weights, engineers)
    rows: list[list[int]] = []
    for (engineer, shift), work in zip(shifts, begun, strict=True):
        row, rests, stops = _shift(problem, matrix, speeds, weights, promised, engineer, shift, work, past)
        history.append(stops)
        row[ENGINEER], row[DAY], row[PACE] = engineers[engineer.id], days[shift.id], paces.index(engineer.service_factor)
        row[REST_FIRST], row[REST_END] = len(spans), len(spans) + len(rests)
        spans += rests
        rows.append(row + [shift.capacity.get(u, 0) - sum(t.needs.get(u, 0) for t in work) for u in units])
    arrays = Arrays(
        speeds.seconds,
        matrix.metres,
        np.hstack([ticket, _table(services, len(tickets), len(paces)), _table(needs, len(tickets), len(units))]),
        _table(rows, len(rows), SHIFT_COLUMNS + len(units)),
        np.where(able, costs, NONE),
        _table(spans, len(spans), 3),
        speeds.table,
    )
    return Instance(arrays, tickets, shifts, tuple(history), weights, promised, costs)


def _table(rows: Sequence[Sequence[int]], height: int, width: int) -> IntArray:
    return np.array(rows, np.int64).reshape(height, width)


def _begun(problem: Problem, shifts: Sequence[tuple[Engineer, Shift]]) -> tuple[tuple[Ticket, ...], ...]:
    begun: dict[tuple[str, str], list[Ticket]] = defaultdict(list)
    only = {e.id: e.shifts[0].id for e in problem.engineers if len(e.shifts) == 1}
    for t in problem.tickets:
        if t.status in FIXED_STATUSES and t.pin is not None and t.pin.engineer is not None:
            begun[t.pin.engineer, t.pin.shift or only.get(t.pin.engineer, "")].append(t)
    for work in begun.values():
        work.sort(key=lambda t: (t.status == "travelling", known_start(t) or 0))
    return tuple(tuple(begun[e.id, s.id]) for e, s in shifts)


def known_start(ticket: Ticket) -> int | None:
    """Return when service is known to have begun, Unix seconds, else None."""
    if ticket.actual is not None and ticket.actual.start is not None:
        return ticket.actual.start
    return None if ticket.pin is None else ticket.pin.start


def unassigned_cost(ticket: Ticket, weights: Weights) -> int:
    """Return what leaving the ticket out costs, milliseconds of travel."""
    minutes = weights.unassigned[ticket.priority - 1] if ticket.unassigned_cost is None else ticket.unassigned_cost
    return whole(60_000 * minutes)


def ticket_rows(
    problem: Problem,
    tickets: Sequence[Ticket],
    rows: Mapping[Place, int],
    weights: Weights,
    promised: Mapping[str, Promise],
    engineers: Mapping[str, int],
    days: Mapping[str, int],
    spans: list[tuple[int, int, int]],
) -> IntArray:
    """Return the rows of tickets up to `TICKET_COLUMNS`; their windows are added to `spans`."""
    table: list[list[int]] = []
    previous = {v.ticket: v for v in problem.previous}
    late = [1000 * rate for rate in weights.lateness]
    answers = [whole(1000 * rate) for rate in weights.response]
    for t in tickets:
        pin = t.pin
        pinned_start = None if pin is None else pin.start
        open_windows = [(w.start, w.end, 0) for w in t.windows] if pinned_start is None else [(pinned_start, pinned_start, 0)]
        row = [0] * TICKET_COLUMNS
        table.append(row)
        row[PLACE] = rows[t.place]
        row[WINDOW], row[WINDOW_END] = len(spans), len(spans) + len(open_windows)
        spans += open_windows
        promise = promised[t.id]
        row[RESPOND_BY] = FOREVER if promise.respond_by is None else promise.respond_by
        row[LATE_RATE] = whole(late[t.priority - 1] * promise.late_factor)
        row[RESPONSE_RATE] = answers[t.priority - 1]
        row[RESPONSE_FROM] = problem.now if t.opened_at is None else max(t.opened_at, problem.now)
        row[PRICE] = unassigned_cost(t, weights) + (MUST_SERVE if t.mandatory or (pin is not None and pin != Pin()) else 0)
        row[ONLY_DAY] = NONE if pin is None or pin.shift is None else days[pin.shift]
        visit = previous.get(t.id)
        row[PREVIOUS_ENGINEER] = NONE if visit is None else engineers.get(visit.engineer, len(engineers))
        row[PREVIOUS_START] = 0 if visit is None else visit.start
        row[NEEDS] = any(t.needs.values())
    return _table(table, len(tickets), TICKET_COLUMNS)


def stop_costs(
    problem: Problem, engineers: Sequence[Engineer], tickets: Sequence[Ticket], weights: Weights
) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Return the time-independent cost of each ticket with each engineer, and whether the engineer may do it.

    Able: the skills at their tiers, `must`, `never`, the dedicated engineer, the pinned engineer. Both of shape
    (tickets, engineers).
    """
    covers = covered_regions(problem)
    dedicated = {c.id: c.dedicated_engineer for c in problem.customers}
    excess, elsewhere, unloved, hired = (
        whole(60_000 * w) for w in (weights.tier_excess, weights.cross_region, weights.not_preferred, weights.contractor)
    )
    ids = np.array([e.id for e in engineers], object)
    tiers = {k.skill: np.zeros(len(engineers), np.int64) for t in tickets for k in t.skills}
    for i, e in enumerate(engineers):
        for held in e.skills:
            if held.skill in tiers:
                tiers[held.skill][i] = max(tiers[held.skill][i], held.tier)
    by_visit = np.array([(hired if e.contractor else 0) + whole(60_000 * e.cost_per_visit) for e in engineers], np.int64)
    away: dict[str | None, IntArray] = {None: np.zeros(len(engineers), np.int64)}
    costs: list[IntArray] = []
    able: list[npt.NDArray[np.bool_]] = []
    alike: dict[tuple[object, ...], int] = {}
    rows: list[int] = []
    only: list[tuple[int, str]] = []
    for n, t in enumerate(tickets):
        own = None if t.customer is None or t.engineers.must else dedicated.get(t.customer)
        only += [(n, name) for name in (own, None if t.pin is None else t.pin.engineer) if name is not None]
        rows.append(alike.setdefault((t.skills, t.region, t.engineers), len(costs)))
        if rows[-1] < len(costs):  # of many tickets, many ask for the same
            continue
        cost, may = by_visit.copy(), np.ones(len(engineers), bool)
        costs.append(cost)
        able.append(may)
        for k in t.skills:
            may &= tiers[k.skill] >= k.tier
            cost += excess * np.maximum(tiers[k.skill] - (k.preferred_tier or k.tier), 0)
        if t.region not in away:
            away[t.region] = np.array(
                [elsewhere * (e.region is not None and t.region not in covers[e.region]) for e in engineers], np.int64
            )
        cost += away[t.region]
        if t.engineers.prefer:
            cost += np.where(np.isin(ids, t.engineers.prefer), 0, unloved)
        if t.engineers.must:
            may &= np.isin(ids, t.engineers.must)
        if t.engineers.never:
            may &= ~np.isin(ids, t.engineers.never)
    shape = (len(costs), len(engineers))
    every, may_do = np.array(costs, np.int64).reshape(shape)[rows], np.array(able, bool).reshape(shape)[rows]
    columns = {e.id: i for i, e in enumerate(engineers)}
    for n, name in only:
        there = name in columns and may_do[n, columns[name]]
        may_do[n] = False
        if there:
            may_do[n, columns[name]] = True
    return every, may_do


def _past(
    problem: Problem,
    shifts: Sequence[tuple[Engineer, Shift]],
    begun: Sequence[Sequence[Ticket]],
    weights: Weights,
    engineers: Mapping[str, int],
) -> Past:
    worked = [(engineers[e.id], t) for (e, _), work in zip(shifts, begun, strict=True) for t in work]
    costs, _ = stop_costs(problem, problem.engineers, [t for _, t in worked], weights)
    told = {v.ticket: v for v in problem.previous}
    return {t.id: (int(cost[column]), told.get(t.id)) for cost, (column, t) in zip(costs, worked, strict=True)}


def _shift(
    problem: Problem,
    matrix: TravelMatrix,
    speeds: Hours,
    weights: Weights,
    promised: Mapping[str, Promise],
    engineer: Engineer,
    shift: Shift,
    begun: Sequence[Ticket],
    past: Past,
) -> tuple[list[int], list[tuple[int, int, int]], tuple[Stop, ...]]:
    """Return the row of a shift, with its begun work folded in, the breaks it still has, and the stops that have begun."""
    row = [0] * SHIFT_COLUMNS
    goes_on = shift.goes_on
    row[READY] = max(shift.start, problem.now) if goes_on is None else max(shift.start, problem.now, goes_on.time)
    row[BEGUN] = NONE
    row[PAID_RATE] = whole(1000 * weights.paid_time) + whole(1000 * engineer.cost_per_hour / 60)
    row[KM_RATE] = whole(60_000 * weights.distance) + whole(60_000 * engineer.cost_per_km)
    row[FIXED] = whole(60_000 * weights.fixed)
    row[OVERTIME_RATE] = whole(1000 * weights.overtime)
    row[WORKLOAD_RATE] = whole(1000 * weights.workload)
    row[CHANGE_RATE] = whole(60_000 * weights.change)
    place: Place | None = shift.start_place
    if goes_on is not None and goes_on.place is not None:
        place = goes_on.place
    stops: list[Stop] = []
    row[OUTSET] = speeds.of(engineer.region)
    if begun:
        place, stops = _fold(problem, matrix, speeds, weights, promised, engineer, shift, begun, row, past)
    row[FROM] = NONE if place is None else matrix.rows[place]
    row[TO] = NONE if shift.end_place is None else matrix.rows[shift.end_place]
    row[END], row[LIMIT] = shift.end, shift.overtime_until
    left = FOREVER if shift.max_stops is None else shift.max_stops - len(begun)
    there = goes_on is not None or shift.resume is None
    row[MAX_STOPS] = max(0, left) if there and row[READY] <= row[LIMIT] else 0
    row[MAX_TRAVEL] = FOREVER if shift.max_travel is None else shift.max_travel
    return row, [(b.earliest, b.latest, b.duration) for b in shift.breaks if b.latest >= row[READY]], tuple(stops)


def _fold(
    problem: Problem,
    matrix: TravelMatrix,
    speeds: Hours,
    weights: Weights,
    promised: Mapping[str, Promise],
    engineer: Engineer,
    shift: Shift,
    begun: Sequence[Ticket],
    row: list[int],
    past: Past,
) -> tuple[Place | None, list[Stop]]:
    """Walk begun work into the base columns of the shift's row; return the place where the engineer will be free, and the stops."""
    free, place, region = shift.start, shift.start_place, engineer.region
    cost = row[FIXED]
    stops: list[Stop] = []
    resume = shift.goes_on
    for k, t in enumerate(begun):
        if resume is not None and t.status == "travelling":
            free, place, region = _seen(resume, free, place, region, engineer)
            resume = None
        seconds, metres = matrix.between(place, t.place)
        service = whole(t.service * engineer.service_factor)
        start = known_start(t) if t.status != "travelling" else None
        if speeds.table is not None and place is not None:
            leg = speeds.of(region), matrix.rows[place], matrix.rows[t.place]
            bare = Arrays(speeds.seconds, matrix.metres, _NO_ROWS, _NO_ROWS, _NO_ROWS, _NO_ROWS, speeds.table)
            seconds = hours.driven_from(bare, *leg, free) if start is None else hours.driven_until(bare, *leg, start)
        if start is None:
            start = max(free + seconds, problem.now)
        end = t.actual.end if t.actual is not None and t.actual.end is not None else start + service
        if t.status == "done":
            end = min(end, problem.now) if t.actual is None or t.actual.end is None else end
        elif t.status == "on_site":
            end = max(end, problem.now)
        if k == 0:
            row[BEGUN] = start - seconds
        static, visit = past[t.id]
        cost += 1000 * seconds + metres * row[KM_RATE] // 1000 + static
        promise = promised[t.id]
        late = 0 if promise.respond_by is None else max(0, start - promise.respond_by)
        cost += late * whole(1000 * weights.lateness[t.priority - 1] * promise.late_factor)
        opened = problem.now if t.opened_at is None else max(t.opened_at, problem.now)
        cost += max(0, start - opened) * whole(1000 * weights.response[t.priority - 1])
        if visit is not None and (visit.engineer != engineer.id or abs(start - visit.start) > CHANGE_TOLERANCE):
            cost += row[CHANGE_RATE]
        row[BASE_TRAVEL] += seconds
        row[BASE_SERVICE] += end - start
        stops.append(Stop(t.id, start, start, end, seconds, 0, late))
        free, place, region = end, t.place, t.region
    if resume is not None:
        free, place, region = _seen(resume, free, place, region, engineer)
    row[OUTSET] = speeds.of(region)
    row[BASE_COST] = cost
    row[READY] = max(free, problem.now)
    return place, stops


def _seen(resume: Resume, free: int, place: Place | None, region: str | None, engineer: Engineer) -> tuple[int, Place | None, str | None]:
    """Return when and where an engineer goes on who would be free somewhere by the work done, and the region of the leg from there."""
    return max(free, resume.time), resume.place or place, region if resume.place is None else engineer.region
