"""Random valid problems, small enough to solve: every rule and every field turns up, at values met in the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import strategies as st

from dispatch.model import (
    KINDS,
    POLICIES,
    PRIORITIES,
    Actual,
    Break,
    CrowTravel,
    Customer,
    Engineer,
    EngineerChoice,
    EngineerSkill,
    MatrixTravel,
    Pin,
    Place,
    PolicyChoice,
    Problem,
    Region,
    Resume,
    Rule,
    ServiceLevel,
    Shift,
    Speed,
    Status,
    Ticket,
    TicketSkill,
    Travel,
    Visit,
    Window,
)

T = TypeVar("T")

HOUR = 3600
MINUTE = 60
MIDNIGHT = 1_778_544_000
"""2026-05-12T00:00:00Z."""

SKILLS = ("electric", "pump", "welding")
UNITS = ("filters", "seals")
REGIONS = (Region("centre"), Region("north", "centre"), Region("south", "centre"))
WEIGHTS = (0.1, 0, 0.5, 1, 2.5, 10, 60)
PRICED: tuple[Rule, ...] = (
    "distance", "paid_time", "fixed", "overtime", "tier_excess", "not_preferred", "cross_region", "contractor", "workload", "change",
)  # fmt: skip

_INDEX = [st.integers(0, n) for n in range(64)]
"""Made once: making and validating a strategy takes longer than drawing from it."""


@dataclass(frozen=True)
class _World:
    """What the tickets of a problem are drawn against."""

    places: tuple[Place, ...]
    engineers: tuple[Engineer, ...]
    customers: tuple[Customer, ...]
    regions: tuple[Region, ...]
    now: int


@st.composite
def problems(
    draw: st.DrawFn, *, compelled: bool = True, most_tickets: int = 12, most_engineers: int = 5, speeds: bool | None = None
) -> Problem:
    """Draw a valid problem of 1 to 12 tickets and 0 to 5 engineers with 1 or 2 shifts each.

    Parameters
    ----------
    compelled
        Whether tickets may be pinned or mandatory. Such a problem may have no plan without a violation; without
        them, leaving out all that is open is one, whatever the history.
    speeds
        Whether travel depends on the hour; None: sometimes.
    """
    travel, places = _travel(draw)
    regions = _pick(draw, (REGIONS, ()))
    if _one_in(draw, 3) if speeds is None else speeds:
        travel = replace(travel, speeds=_speeds(draw, regions))
    engineers = tuple(_engineer(draw, f"e{i}", places, regions) for i in range(_upto(draw, most_engineers)))
    customers = (Customer("mill"), Customer("water", "vip"), Customer("hospital", "vip", _maybe(draw, [e.id for e in engineers])))
    starts = [s.start for e in engineers for s in e.shifts]
    begun = bool(starts) and _pick(draw, (False, True))
    now = min(starts, default=MIDNIGHT) + ((1 + _upto(draw, 5)) * HOUR if begun else -_pick(draw, (0, HOUR)))
    world = _World(places, engineers, customers, regions, now)
    count = 1 + _upto(draw, most_tickets - 1)
    history = _history(draw, world, count) if begun else []
    tickets = [*history, *(_open_ticket(draw, f"t{i}", world, compelled) for i in range(len(history), count))]
    return Problem(
        engineers=engineers,
        tickets=tuple(draw(st.permutations(tickets))),
        now=now,
        name=_pick(draw, ("", "Tuesday", "星期二")),
        time_zone=_pick(draw, ("UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu")),
        policy=_policy(draw),
        travel=travel,
        service_levels=_service_levels(draw),
        regions=regions,
        customers=customers,
        previous=_previous(draw, tickets, engineers),
    )


def _upto(draw: st.DrawFn, most: int) -> int:
    return draw(_INDEX[most])


def _pick(draw: st.DrawFn, values: Sequence[T]) -> T:
    return values[_upto(draw, len(values) - 1)]


def _maybe(draw: st.DrawFn, values: Sequence[T]) -> T | None:
    """Return None or one of the values."""
    return _pick(draw, (None, *values))


def _one_in(draw: st.DrawFn, many: int) -> bool:
    return _upto(draw, many - 1) == many - 1


def _amounts(draw: st.DrawFn, most: int) -> dict[str, int]:
    found = {unit: _maybe(draw, range(most + 1)) for unit in UNITS}
    return {unit: amount for unit, amount in found.items() if amount is not None}


def _policy(draw: st.DrawFn) -> PolicyChoice:
    """Return a policy, often with weights of its own."""
    weights: dict[Rule, float | Mapping[int, float]] = {}
    if _pick(draw, (False, True)):
        weights = {rule: _pick(draw, WEIGHTS) for rule in PRICED if _one_in(draw, 3)}
        for rule in ("lateness", "response", "unassigned"):
            most = WEIGHTS if rule != "unassigned" else (30, 240, 1000)
            shape = _pick(draw, ("base", "base", "one", "each"))
            if shape == "one":
                weights[rule] = _pick(draw, most)
            elif shape == "each":
                weights[rule] = {p: _pick(draw, most) for p in PRIORITIES if _one_in(draw, 2)}
    return PolicyChoice(_pick(draw, POLICIES), weights)


def _travel(draw: st.DrawFn) -> tuple[Travel, tuple[Place, ...]]:
    """Return points up to 25 km apart, with positions or with the rows of a matrix, one-way streets included."""
    drawn = (divmod(draw(st.integers(0, 440)), 21) for _ in range(1 + _upto(draw, 7)))
    points = list(dict.fromkeys(drawn))
    if _pick(draw, (False, True)):
        speed, detour = _pick(draw, ((40.0, 1.3), (25.0, 1.5), (80.0, 1.0)))
        address = _pick(draw, (None, "12 Wuyi Avenue"))
        return CrowTravel(speed, detour), tuple(Place(28 + y / 100, 112.9 + x / 100, address) for x, y in points)
    oneway = _pick(draw, (0, 60, 400))

    def leg(i: int, j: int) -> int:
        (x, y), (u, v) = points[i], points[j]
        return 90 * (abs(x - u) + abs(y - v)) + (oneway if i < j else 0)

    rows = range(len(points))
    seconds = tuple(tuple(leg(i, j) for j in rows) for i in rows)
    metres = tuple(tuple(10 * s for s in row) for row in seconds) if _pick(draw, (False, True)) else None
    return MatrixTravel(seconds, metres), tuple(Place(index=i) for i in rows)


def _speeds(draw: st.DrawFn, regions: tuple[Region, ...]) -> tuple[Speed, ...]:
    """Return rush hours, a night, a slow region, faster and slower ones that overlap."""
    names = [r.id for r in regions]
    entries = (
        Speed(0.5, ("mon", "tue", "wed", "thu", "fri"), 7 * HOUR, 9 * HOUR + 30 * MINUTE),
        Speed(0.333, from_=_upto(draw, 23) * HOUR, to=_upto(draw, 23) * HOUR + 17 * MINUTE, region=_maybe(draw, names)),
        Speed(1.25, ("tue",), 20 * HOUR, 6 * HOUR),
        Speed(0.8, region=_maybe(draw, names)),
        Speed(0.05, ("wed",), 12 * HOUR, 12 * HOUR + 20 * MINUTE),
    )
    first = _upto(draw, len(entries) - 1)
    return (*entries[first:], *entries[:first])[: 1 + _upto(draw, len(entries) - 1)]


def _service_levels(draw: st.DrawFn) -> tuple[ServiceLevel, ...]:
    levels = (ServiceLevel(2 * HOUR, "emergency", "vip", 2.0), ServiceLevel(8 * HOUR, "repair"), ServiceLevel(None, None, "vip", 1.5))
    return levels[: _upto(draw, len(levels))]


# ------------------------------------------------------------------ engineers


def _engineer(draw: st.DrawFn, name: str, places: tuple[Place, ...], regions: tuple[Region, ...]) -> Engineer:
    home = _pick(draw, (*places, None))
    tiers = {skill: _upto(draw, 5) for skill in SKILLS}
    days = _pick(draw, ((0,), (0, 1), (1,)))
    return Engineer(
        id=name,
        shifts=tuple(_shift(draw, ("tuesday", "wednesday")[day], MIDNIGHT + 24 * HOUR * day, home, places) for day in days),
        name=_pick(draw, ("", "Li Wei", "Zoë")),
        region=_maybe(draw, [r.id for r in regions]),
        home=home,
        skills=tuple(EngineerSkill(skill, tier) for skill, tier in tiers.items() if tier),
        service_factor=_pick(draw, (1.0, 1.0, 0.8, 1.25)),
        contractor=_one_in(draw, 4),
        cost_per_hour=_pick(draw, (0.0, 0.5, 20.0)),
        cost_per_km=_pick(draw, (0.0, 0.2)),
        cost_per_visit=_pick(draw, (0.0, 0.0, 7.5)),
    )


def _shift(draw: st.DrawFn, name: str, midnight: int, home: Place | None, places: tuple[Place, ...]) -> Shift:
    start = midnight + (14 + _upto(draw, 5)) * HOUR // 2
    end = start + _pick(draw, (8, 9, 4, 2)) * HOUR
    return Shift(
        id=name,
        start=start,
        end=end,
        overtime_until=end + _pick(draw, (0, HOUR // 2, 2 * HOUR)),
        start_place=_pick(draw, (home, home, None, *places)),
        end_place=_pick(draw, (home, home, None, *places)),
        breaks=_breaks(draw, start, end),
        max_stops=_pick(draw, (None, None, 1, 3)),
        max_travel=_pick(draw, (None, None, HOUR, 3 * HOUR)),
        capacity=_amounts(draw, 6),
        resume=_pick(draw, (None, None, None, Resume(start + HOUR), Resume(start, _pick(draw, places)), Resume(end + 3 * HOUR))),
    )


def _breaks(draw: st.DrawFn, start: int, end: int) -> tuple[Break, ...]:
    """Return no, one or two breaks: lunch in the middle, and a short rest near either end."""
    middle = (start + end) // 2
    lunch = Break(middle - HOUR // 2, middle + _pick(draw, (0, HOUR // 2)), _pick(draw, (30, 45)) * MINUTE)
    early = Break(start + _pick(draw, (0, HOUR // 2)), start + HOUR // 2, 10 * MINUTE)
    late = Break(end - HOUR // 2, end - _pick(draw, (0, HOUR // 4)), 15 * MINUTE)
    return _pick(draw, ((), (lunch,), (lunch,), (early, lunch), (lunch, late)))


# -------------------------------------------------------------------- tickets


def _ticket(draw: st.DrawFn, name: str, world: _World) -> Ticket:
    """Return a ticket without windows, pin or history."""
    tiers = {skill: _pick(draw, (0, 0, 0, 1, 2, 3)) for skill in SKILLS}
    opened_at = _maybe(draw, [world.now - 20 * HOUR, world.now - 11 * MINUTE, world.now + HOUR])
    respond_by = _maybe(draw, [(opened_at or world.now) + hours * HOUR for hours in (0, 3, 9)])
    return Ticket(
        id=name,
        place=_pick(draw, world.places),
        service=_pick(draw, (45 * MINUTE, 15 * MINUTE, 1, 2 * HOUR + 1)),
        external_ref=_maybe(draw, ["CRM-1", "RT/7"]),
        title=_pick(draw, ("", "Pump has lost pressure")),
        customer=_maybe(draw, [c.id for c in world.customers]),
        region=_maybe(draw, [r.id for r in world.regions]),
        kind=_pick(draw, KINDS),
        priority=_pick(draw, PRIORITIES),
        skills=tuple(TicketSkill(skill, tier, _pick(draw, (None, 1, 2, 4))) for skill, tier in tiers.items() if tier),
        needs=_amounts(draw, 3) if _one_in(draw, 2) else {},
        opened_at=opened_at,
        respond_by=respond_by,
        unassigned_cost=_maybe(draw, [0.0, 12.5, 900.0]),
    )


def _open_ticket(draw: st.DrawFn, name: str, world: _World, compelled: bool) -> Ticket:
    ticket = replace(_ticket(draw, name, world), windows=_windows(draw), engineers=_choice(draw, [e.id for e in world.engineers]))
    statuses: tuple[Status, ...] = ("open", "open", "open", "open", "dispatched", "cancelled")
    return replace(
        ticket,
        status=_pick(draw, statuses),
        pin=_pin(draw, ticket, world) if compelled and _one_in(draw, 4) else None,
        mandatory=compelled and _one_in(draw, 6),
    )


def _windows(draw: st.DrawFn) -> tuple[Window, ...]:
    """Return up to three windows, at least a second apart, over two days; some are a single moment."""
    windows: list[Window] = []
    at = MIDNIGHT + 7 * HOUR
    for _ in range(_pick(draw, (0, 0, 1, 1, 2, 3))):
        start = at + _pick(draw, (1, HOUR, 3 * HOUR, 24 * HOUR))
        at = start + _pick(draw, (4 * HOUR, HOUR, 0))
        windows.append(Window(start, at))
    return tuple(windows)


def _choice(draw: st.DrawFn, names: list[str]) -> EngineerChoice:
    """Return lists of engineers, mostly empty, without anybody both wanted and not."""
    if not names or not _one_in(draw, 3):
        return EngineerChoice()
    first = _upto(draw, len(names) - 1)
    turned = [*names[first:], *names[:first]]
    cut = _upto(draw, len(names) - 1)
    never, left = turned[:cut], turned[cut:]
    return EngineerChoice(tuple(left[: _upto(draw, len(left))]), tuple(left[: _upto(draw, len(left))]), tuple(never))


def _pin(draw: st.DrawFn, ticket: Ticket, world: _World) -> Pin | None:
    """Return a pin that contradicts nothing else the ticket says, to an engineer with the skills."""
    choice = ticket.engineers
    dedicated = {c.id: c.dedicated_engineer for c in world.customers}.get(ticket.customer or "")
    allowed = set(choice.must or ([dedicated] if dedicated else [e.id for e in world.engineers])) - set(choice.never)
    able = [e for e in world.engineers if e.id in allowed and _able(e, ticket)]
    if not able:
        return None
    engineer = _pick(draw, able)
    shift = _pick(draw, engineer.shifts)
    whole = [(shift.start, shift.overtime_until)]
    spans = [(max(shift.start, w.start), min(shift.overtime_until, w.end)) for w in ticket.windows] or whole
    starts = [start + _pick(draw, (0, (end - start) // 2)) for start, end in spans if start <= end]
    return Pin(engineer.id, _maybe(draw, [shift.id]), _maybe(draw, starts))


def _able(engineer: Engineer, ticket: Ticket) -> bool:
    tiers = {s.skill: s.tier for s in engineer.skills}
    return all(tiers.get(s.skill, 0) >= s.tier for s in ticket.skills)


# -------------------------------------------------------------------- history


def _history(draw: st.DrawFn, world: _World, most: int) -> list[Ticket]:
    """Return work that has begun: of each engineer on shift, some done one after the other, then perhaps one under way."""
    begun: list[Ticket] = []

    def add(status: Status, pin: Pin, actual: Actual | None) -> None:
        begun.append(replace(_ticket(draw, f"t{len(begun)}", world), status=status, pin=pin, actual=actual))

    for engineer in world.engineers:
        shift = engineer.shifts[0]
        at = shift.start
        for _ in range(_upto(draw, 2)):
            length = _pick(draw, (20, 50)) * MINUTE
            if at + length <= world.now and len(begun) < most:
                add("done", Pin(engineer.id, shift.id), Actual(at, _maybe(draw, [at + length])))
                at += length + 10 * MINUTE
        if shift.start <= at <= world.now and len(begun) < most:
            status = _pick(draw, (None, "on_site", "travelling"))
            if status == "on_site":
                add("on_site", Pin(engineer.id, shift.id, at), _maybe(draw, [Actual(at)]))
            elif status == "travelling":
                add("travelling", Pin(engineer.id, None if len(engineer.shifts) == 1 else shift.id), None)
    return begun


def _previous(draw: st.DrawFn, tickets: list[Ticket], engineers: tuple[Engineer, ...]) -> tuple[Visit, ...]:
    """Return where an earlier plan had put some of the tickets, each at a moment of the shift it was in."""
    if not engineers or _pick(draw, (False, True)):
        return ()
    visits: list[Visit] = []
    for ticket in tickets:
        engineer = _maybe(draw, engineers)
        if engineer is not None:
            shift = _pick(draw, engineer.shifts)
            visits.append(Visit(ticket.id, engineer.id, shift.id, shift.start + _upto(draw, 8) * 17 * MINUTE))
    return tuple(visits)
