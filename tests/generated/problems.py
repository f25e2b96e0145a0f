"""Random valid problems, small enough to solve: every rule and every field turns up, at values met in the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st

from dispatch.model import (
    KINDS,
    POLICIES,
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
    ServiceLevel,
    Shift,
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
REGIONS = (Region("centre"), Region("north", "centre"), Region("south", "centre"))
WEIGHTS = (0, 0.1, 0.5, 1, 2.5, 10, 60)


@dataclass(frozen=True)
class _World:
    """What the tickets of a problem are drawn against."""

    places: tuple[Place, ...]
    engineers: tuple[Engineer, ...]
    customers: tuple[Customer, ...]
    regions: tuple[Region, ...]
    now: int


@st.composite
def problems(draw: st.DrawFn, *, compelled: bool = True, most_tickets: int = 12, most_engineers: int = 5) -> Problem:
    """Draw a valid problem of 1 to 12 tickets and 0 to 5 engineers with 1 or 2 shifts each.

    Parameters
    ----------
    compelled
        Whether tickets may be pinned or mandatory. Such a problem may have no plan without a violation; without
        them, and whatever the history, leaving out all that is open is always one.
    """
    travel, places = draw(_travels())
    regions = draw(st.sampled_from(((), REGIONS)))
    engineers = tuple(draw(_engineers(f"e{i}", places, regions)) for i in range(draw(st.integers(0, most_engineers))))
    customers = _customers(draw, engineers)
    starts = [s.start for e in engineers for s in e.shifts]
    begun = bool(starts) and draw(st.booleans())
    now = min(starts, default=MIDNIGHT) + (draw(st.integers(1, 6)) * HOUR if begun else -draw(st.sampled_from((0, HOUR))))
    world = _World(places, engineers, customers, regions, now)
    count = draw(st.integers(1, most_tickets))
    history = _history(draw, world, count) if begun else []
    rest = [draw(_open_tickets(f"t{i}", world, compelled)) for i in range(len(history), count)]
    tickets = tuple(draw(st.permutations([*history, *rest])))
    return Problem(
        engineers=engineers,
        tickets=tickets,
        now=now,
        name=draw(st.sampled_from(("", "Tuesday", "星期二"))),
        time_zone=draw(st.sampled_from(("UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"))),
        policy=draw(policies()),
        travel=travel,
        service_levels=_service_levels(draw),
        regions=regions,
        customers=customers,
        previous=_previous(draw, tickets, engineers),
    )


@st.composite
def policies(draw: st.DrawFn) -> PolicyChoice:
    """Draw a policy, often with weights of its own."""
    rates = st.sampled_from(WEIGHTS)
    by_priority = st.dictionaries(st.integers(1, 5), rates, min_size=1)
    single = (
        "distance",
        "paid_time",
        "fixed",
        "overtime",
        "tier_excess",
        "not_preferred",
        "cross_region",
        "contractor",
        "workload",
        "change",
    )
    optional: dict[Any, Any] = dict.fromkeys(single, rates)
    optional |= dict.fromkeys(("lateness", "response"), rates | by_priority)
    optional |= {"unassigned": st.sampled_from((30, 240, 1000)), "travel": st.just(1)}
    return PolicyChoice(draw(st.sampled_from(POLICIES)), draw(st.fixed_dictionaries({}, optional=optional)))


@st.composite
def _travels(draw: st.DrawFn) -> tuple[Travel, tuple[Place, ...]]:
    """Draw points up to 25 km apart, with positions or with the rows of a matrix, one-way streets included."""
    points = draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=8, unique=True))
    if draw(st.booleans()):
        speed, detour = draw(st.sampled_from(((40.0, 1.3), (25.0, 1.5), (80.0, 1.0))))
        addresses = draw(st.sampled_from((None, "12 Wuyi Avenue")))
        return CrowTravel(speed, detour), tuple(Place(28 + y / 100, 112.9 + x / 100, addresses) for x, y in points)
    oneway = draw(st.sampled_from((0, 60, 400)))
    seconds = tuple(
        tuple(90 * (abs(x - u) + abs(y - v)) + (oneway if i < j else 0) for j, (u, v) in enumerate(points))
        for i, (x, y) in enumerate(points)
    )
    metres = tuple(tuple(10 * s for s in row) for row in seconds) if draw(st.booleans()) else None
    return MatrixTravel(seconds, metres), tuple(Place(index=i) for i in range(len(points)))


# ------------------------------------------------------------------ engineers


@st.composite
def _engineers(draw: st.DrawFn, name: str, places: tuple[Place, ...], regions: tuple[Region, ...]) -> Engineer:
    home = draw(st.sampled_from((None, *places)))
    skills = draw(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5), max_size=3))
    days = draw(st.sampled_from(((0,), (1,), (0, 1))))
    shifts = tuple(draw(_shifts(("tuesday", "wednesday")[day], MIDNIGHT + 24 * HOUR * day, home, places)) for day in days)
    rates = st.sampled_from((0.0, 0.5, 20.0))
    return Engineer(
        id=name,
        shifts=shifts,
        name=draw(st.sampled_from(("", "Li Wei", "Zoë"))),
        region=_maybe(draw, [r.id for r in regions]),
        home=home,
        skills=tuple(EngineerSkill(s, tier) for s, tier in skills.items()),
        service_factor=draw(st.sampled_from((1.0, 1.0, 0.8, 1.25))),
        contractor=draw(st.booleans()),
        cost_per_hour=draw(rates),
        cost_per_km=draw(rates),
        cost_per_visit=draw(rates),
    )


@st.composite
def _shifts(draw: st.DrawFn, name: str, midnight: int, home: Place | None, places: tuple[Place, ...]) -> Shift:
    start = midnight + draw(st.integers(14, 19)) * HOUR // 2
    end = start + draw(st.sampled_from((2, 4, 8, 9))) * HOUR
    ends = st.sampled_from((home, home, None, *places))
    return Shift(
        id=name,
        start=start,
        end=end,
        overtime_until=end + draw(st.sampled_from((0, HOUR // 2, 2 * HOUR))),
        start_place=draw(ends),
        end_place=draw(ends),
        breaks=_breaks(draw, start, end),
        max_stops=draw(st.sampled_from((None, None, 1, 3))),
        max_travel=draw(st.sampled_from((None, None, HOUR, 3 * HOUR))),
        capacity=draw(st.dictionaries(st.sampled_from(("seals", "filters")), st.integers(0, 6), max_size=2)),
    )


def _breaks(draw: st.DrawFn, start: int, end: int) -> tuple[Break, ...]:
    """Return no, one or two breaks: lunch in the middle, and a short rest near either end."""
    middle = (start + end) // 2
    lunch = Break(middle - HOUR // 2, middle + draw(st.sampled_from((0, HOUR // 2))), draw(st.sampled_from((30, 45))) * MINUTE)
    early = Break(start + draw(st.sampled_from((0, HOUR // 2))), start + HOUR // 2, 10 * MINUTE)
    late = Break(end - HOUR // 2, end - draw(st.sampled_from((0, HOUR // 4))), 15 * MINUTE)
    return draw(st.sampled_from(((), (lunch,), (lunch,), (early, lunch), (lunch, late))))


def _customers(draw: st.DrawFn, engineers: tuple[Engineer, ...]) -> tuple[Customer, ...]:
    names = [e.id for e in engineers]
    return (Customer("mill"), Customer("water", "vip"), Customer("hospital", "vip", _maybe(draw, names)))


def _service_levels(draw: st.DrawFn) -> tuple[ServiceLevel, ...]:
    levels = (ServiceLevel(2 * HOUR, "emergency", "vip", 2.0), ServiceLevel(8 * HOUR, "repair"), ServiceLevel(None, None, "vip", 1.5))
    return levels[: draw(st.integers(0, len(levels)))]


# -------------------------------------------------------------------- tickets


@st.composite
def _tickets(draw: st.DrawFn, name: str, world: _World) -> Ticket:
    """Draw a ticket without windows, pins or history."""
    skills = draw(st.dictionaries(st.sampled_from(SKILLS), st.tuples(st.integers(1, 3), st.sampled_from((None, 1, 2, 4))), max_size=2))
    opened_at = _maybe(draw, [world.now - 20 * HOUR, world.now - 11 * MINUTE, world.now + HOUR])
    respond_by = _maybe(draw, [(opened_at or world.now) + hours * HOUR for hours in (0, 3, 9)])
    return Ticket(
        id=name,
        place=draw(st.sampled_from(world.places)),
        service=draw(st.sampled_from((1, 15 * MINUTE, 45 * MINUTE, 2 * HOUR + 1))),
        external_ref=_maybe(draw, ["CRM-1", "RT/7"]),
        title=draw(st.sampled_from(("", "Pump has lost pressure"))),
        customer=_maybe(draw, [c.id for c in world.customers]),
        region=_maybe(draw, [r.id for r in world.regions]),
        kind=draw(st.sampled_from(KINDS)),
        priority=draw(st.integers(1, 5)),
        skills=tuple(TicketSkill(s, tier, preferred) for s, (tier, preferred) in skills.items()),
        needs=draw(st.dictionaries(st.sampled_from(("seals", "filters")), st.integers(0, 3), max_size=1)),
        opened_at=opened_at,
        respond_by=respond_by,
        unassigned_cost=_maybe(draw, [0.0, 12.5, 900.0]),
    )


@st.composite
def _open_tickets(draw: st.DrawFn, name: str, world: _World, compelled: bool) -> Ticket:
    ticket = draw(_tickets(name, world))
    choice = _choice(draw, [e.id for e in world.engineers])
    statuses: tuple[Status, ...] = ("open", "open", "open", "dispatched", "cancelled")
    windows = _windows(draw)
    pin = _pin(draw, ticket, choice, windows, world) if compelled and draw(st.integers(0, 3)) == 0 else None
    changes: dict[str, Any] = {
        "windows": windows,
        "engineers": choice,
        "status": draw(st.sampled_from(statuses)),
        "pin": pin,
        "mandatory": compelled and draw(st.integers(0, 5)) == 0,
    }
    return Ticket(**{**vars(ticket), **changes})


def _windows(draw: st.DrawFn) -> tuple[Window, ...]:
    """Return up to three windows, at least a second apart, over two days; some are a single moment."""
    windows: list[Window] = []
    at = MIDNIGHT + 7 * HOUR
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2, 3)))):
        start = at + draw(st.sampled_from((1, HOUR, 3 * HOUR, 24 * HOUR)))
        end = start + draw(st.sampled_from((0, HOUR, 4 * HOUR)))
        windows.append(Window(start, end))
        at = end
    return tuple(windows)


def _choice(draw: st.DrawFn, names: list[str]) -> EngineerChoice:
    """Return lists of engineers, mostly empty, without anybody both wanted and not."""
    if not names or draw(st.integers(0, 2)):
        return EngineerChoice()
    shuffled = draw(st.permutations(names))
    never = shuffled[: draw(st.integers(0, len(names) - 1))]
    left = shuffled[len(never) :]
    must = left[: draw(st.integers(0, len(left)))]
    return EngineerChoice(tuple(must), tuple(left[: draw(st.integers(0, len(left)))]), tuple(never))


def _pin(draw: st.DrawFn, ticket: Ticket, choice: EngineerChoice, windows: tuple[Window, ...], world: _World) -> Pin | None:
    """Return a pin that contradicts nothing else the ticket says, to an engineer with the skills."""
    dedicated = {c.id: c.dedicated_engineer for c in world.customers}.get(ticket.customer or "")
    allowed = set(choice.must or ([dedicated] if dedicated else [e.id for e in world.engineers])) - set(choice.never)
    able = [e for e in world.engineers if e.id in allowed and _able(e, ticket)]
    if not able:
        return None
    engineer = draw(st.sampled_from(able))
    shift = draw(st.sampled_from(engineer.shifts))
    spans = [(max(shift.start, w.start), min(shift.overtime_until, w.end)) for w in windows] or [(shift.start, shift.overtime_until)]
    starts = [start + draw(st.sampled_from((0, (end - start) // 2))) for start, end in spans if start <= end]
    return Pin(engineer.id, _maybe(draw, [shift.id]), _maybe(draw, starts))


def _able(engineer: Engineer, ticket: Ticket) -> bool:
    tiers = {s.skill: s.tier for s in engineer.skills}
    return all(tiers.get(s.skill, 0) >= s.tier for s in ticket.skills)


def _history(draw: st.DrawFn, world: _World, most: int) -> list[Ticket]:
    """Return work that has begun: of each engineer on shift, some done one after the other, then perhaps one under way."""
    begun: list[Ticket] = []
    for engineer in world.engineers:
        shift = engineer.shifts[0]
        at = shift.start
        for _ in range(draw(st.integers(0, 2))):
            length = draw(st.sampled_from((20, 50))) * MINUTE
            if at + length <= world.now and len(begun) < most:
                actual = Actual(at, _maybe(draw, [at + length]))
                begun.append(_begun(draw, f"t{len(begun)}", world, "done", Pin(engineer.id, shift.id), actual))
                at += length + 10 * MINUTE
        if shift.start <= at <= world.now and len(begun) < most:
            status = draw(st.sampled_from((None, "on_site", "travelling")))
            if status == "on_site":
                begun.append(_begun(draw, f"t{len(begun)}", world, status, Pin(engineer.id, shift.id, at), _maybe(draw, [Actual(at)])))
            elif status == "travelling":
                pin = Pin(engineer.id, None if len(engineer.shifts) == 1 else shift.id)
                begun.append(_begun(draw, f"t{len(begun)}", world, status, pin, None))
    return begun


def _begun(draw: st.DrawFn, name: str, world: _World, status: Status, pin: Pin, actual: Actual | None) -> Ticket:
    changes: dict[str, Any] = {"status": status, "pin": pin, "actual": actual}
    return Ticket(**{**vars(draw(_tickets(name, world))), **changes})


def _previous(draw: st.DrawFn, tickets: tuple[Ticket, ...], engineers: tuple[Engineer, ...]) -> tuple[Visit, ...]:
    """Return where an earlier plan had put some of the tickets, each at a moment of the shift it was in."""
    if not engineers or draw(st.booleans()):
        return ()
    visits: list[Visit] = []
    for ticket in tickets:
        engineer = _maybe(draw, list(engineers))
        if engineer is not None:
            shift = draw(st.sampled_from(engineer.shifts))
            visits.append(Visit(ticket.id, engineer.id, shift.id, shift.start + draw(st.integers(0, 8)) * 17 * MINUTE))
    return tuple(visits)


def _maybe(draw: st.DrawFn, values: list[T]) -> T | None:
    """Return None or one of the values."""
    return draw(st.sampled_from((None, *values)))
