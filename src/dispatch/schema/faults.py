"""Faults between fields: ids, times, regions, travel, policy. Places and tickets have files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from dispatch.errors import Fault
from dispatch.schema import documents, plan_documents
from dispatch.schema.codes import fault
from dispatch.schema.ids import Ids
from dispatch.schema.place_faults import place_faults
from dispatch.schema.ticket_faults import ticket_faults
from dispatch.schema.values import DAY, in_words, plain, shown, write_clock

LONGEST_SHIFT = 7 * DAY
_TOLERANCE = 1e-4


def between_fields(problem: documents.Problem, ids: Ids, *, allow_addresses: bool) -> Iterator[Fault]:
    """Yield every fault that one field alone cannot show; pointers are those of the document given."""
    yield from _time_zone(problem)
    yield from _policy(problem)
    yield from _matrix(problem.travel)
    yield from _speeds(problem.travel, ids)
    yield from _duplicates(problem)
    yield from _regions(problem, ids)
    yield from _customers(problem, ids)
    yield from _engineers(problem, ids)
    yield from place_faults(problem, allow_addresses=allow_addresses)
    yield from ticket_faults(problem, ids)
    yield from _previous(problem, ids)


def zone_exists(name: str) -> bool:
    """Return whether a time zone of that name can be had."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _time_zone(problem: documents.Problem) -> Iterator[Fault]:
    if not zone_exists(problem.time_zone):
        yield fault("UNKNOWN_TIME_ZONE", "/time_zone", f"There is no time zone {shown(problem.time_zone)}.")


def _policy(problem: documents.Problem) -> Iterator[Fault]:
    weight = problem.policy.weights.travel if isinstance(problem.policy, documents.Policy) else None
    if weight is not None and weight != 1:
        yield fault("TRAVEL_WEIGHT", "/policy/weights/travel", f"The weight of travel is {weight:g}, and it is 1 by definition.")


def _matrix(travel: documents.Travel) -> Iterator[Fault]:
    if not isinstance(travel, documents.MatrixTravel):
        return
    n = len(travel.seconds)
    for i, row in enumerate(travel.seconds):
        if len(row) != n:
            yield fault("MATRIX_NOT_SQUARE", f"/travel/seconds/{i}", f"Row {i} has {len(row)} numbers, and there are {n} rows.")
    if travel.metres is not None and [len(row) for row in travel.metres] != [n] * n:
        widths = sorted({len(row) for row in travel.metres})
        message = f"metres has {len(travel.metres)} rows of {' or '.join(map(str, widths)) or 0} numbers, seconds has {n} rows."
        yield fault("MATRIX_SHAPES_DIFFER", "/travel/metres", message)


def _speeds(travel: documents.Travel, ids: Ids) -> Iterator[Fault]:
    for i, s in enumerate(travel.speeds):
        pointer = f"/travel/speeds/{i}"
        if not s.days:
            yield fault("SPEED_NEVER", f"{pointer}/days", "The speed holds on no day.")
        if s.from_ % DAY == s.to % DAY and (s.from_, s.to) != (0, DAY):
            message = f"The speed begins and ends at {write_clock(s.from_)}."
            yield fault("SPEED_NEVER", f"{pointer}/to" if "to" in s.model_fields_set else f"{pointer}/from", message)
        if s.region is not None and ids.regions is not None and s.region not in ids.regions:
            yield fault("UNKNOWN_REGION", f"{pointer}/region", f"There is no region {shown(s.region)}.")
        if s.road_class is not None and not isinstance(travel, documents.RoadTravel):
            message = (
                f"The speed is for roads of class {shown(s.road_class)}, and travel from {shown(travel.source)} does not tell roads apart."
            )
            yield fault("ROAD_CLASS_WITHOUT_ROADS", f"{pointer}/road_class", message)


def _repeated(
    items: Sequence[documents.Ticket | documents.Engineer | documents.Shift | documents.Region | documents.Customer],
) -> Iterator[int]:
    seen: set[str] = set()
    for i, item in enumerate(items):
        if item.id in seen:
            yield i
        seen.add(item.id)


def _duplicates(problem: documents.Problem) -> Iterator[Fault]:
    for name in ("engineers", "tickets", "customers", "regions"):
        items = getattr(problem, name)
        for i in _repeated(items):
            yield fault("DUPLICATE_ID", f"/{name}/{i}/id", f"{shown(items[i].id)} is the id of an earlier {name[:-1]} as well.")
    for i, e in enumerate(problem.engineers):
        for j in _repeated(e.shifts):
            message = f"{shown(e.shifts[j].id)} is the id of an earlier shift of engineer {shown(e.id)} as well."
            yield fault("DUPLICATE_ID", f"/engineers/{i}/shifts/{j}/id", message)


def _regions(problem: documents.Problem, ids: Ids) -> Iterator[Fault]:
    parent = {r.id: r.parent for r in problem.regions}
    told: set[str] = set()
    for i, r in enumerate(problem.regions):
        if r.parent is not None and ids.regions is not None and r.parent not in ids.regions:
            yield fault("UNKNOWN_REGION", f"/regions/{i}/parent", f"There is no region {shown(r.parent)}.")
        above: dict[str, None] = {}
        at: str | None = r.id
        while at is not None and at not in above and at not in told:
            above[at] = None
            at = parent.get(at)
        if at is not None and at not in told:
            chain = list(above)
            cycle = chain[chain.index(at) :]
            where = next(k for k, other in enumerate(problem.regions) if other.id in cycle)
            yield fault(
                "REGION_CYCLE", f"/regions/{where}/parent", f"Regions lie below themselves: {' > '.join(shown(c) for c in [*cycle, at])}."
            )
        told.update(above)


def _customers(problem: documents.Problem, ids: Ids) -> Iterator[Fault]:
    for i, c in enumerate(problem.customers):
        if c.dedicated_engineer is not None and ids.engineers is not None and c.dedicated_engineer not in ids.engineers:
            yield fault("UNKNOWN_ENGINEER", f"/customers/{i}/dedicated_engineer", f"There is no engineer {shown(c.dedicated_engineer)}.")


def _engineers(problem: documents.Problem, ids: Ids) -> Iterator[Fault]:
    for i, e in enumerate(problem.engineers):
        if e.region is not None and ids.regions is not None and e.region not in ids.regions:
            yield fault("UNKNOWN_REGION", f"/engineers/{i}/region", f"There is no region {shown(e.region)}.")
        seen: set[str] = set()
        for k, s in enumerate(e.skills):
            if s.skill in seen:
                yield fault("DUPLICATE_SKILL", f"/engineers/{i}/skills/{k}/skill", f"Skill {shown(s.skill)} is named twice.")
            seen.add(s.skill)
        for j, shift in enumerate(e.shifts):
            yield from _shift(f"/engineers/{i}/shifts/{j}", shift)
        yield from _overlaps(f"/engineers/{i}/shifts", e)


def _shift(pointer: str, shift: documents.Shift) -> Iterator[Fault]:
    until = shift.end if shift.overtime_until is None else shift.overtime_until
    if shift.end < shift.start:
        yield fault(
            "SHIFT_ENDS_BEFORE_START",
            f"{pointer}/end",
            f"Shift {shown(shift.id)} ends {in_words(shift.start - shift.end)} before it starts.",
        )
        return
    if until < shift.end:
        message = f"Overtime of shift {shown(shift.id)} is over {in_words(shift.end - until)} before its end."
        yield fault("OVERTIME_BEFORE_END", f"{pointer}/overtime_until", message)
        return
    if until - shift.start > LONGEST_SHIFT:
        message = f"Shift {shown(shift.id)} lasts {in_words(until - shift.start)}, and a shift is a week at most."
        yield fault("ABSURD_DURATION", f"{pointer}/end", message, "Check the dates; several days are several shifts.")
    for k, b in enumerate(shift.breaks):
        if b.latest < b.earliest:
            message = f"The break may begin until {in_words(b.earliest - b.latest)} before it may begin."
            yield fault("BREAK_ENDS_BEFORE_START", f"{pointer}/breaks/{k}/latest", message)
        elif b.earliest < shift.start:
            message = f"The break may begin {in_words(shift.start - b.earliest)} before shift {shown(shift.id)} starts."
            yield fault("BREAK_OUTSIDE_SHIFT", f"{pointer}/breaks/{k}/earliest", message)
        elif b.latest > until:
            message = f"The break may begin {in_words(b.latest - until)} after shift {shown(shift.id)} is over."
            yield fault("BREAK_OUTSIDE_SHIFT", f"{pointer}/breaks/{k}/latest", message)


def _overlaps(pointer: str, engineer: documents.Engineer) -> Iterator[Fault]:
    latest, before = 0, ""
    spans = ((s.start, s.end if s.overtime_until is None else s.overtime_until, j, s.id) for j, s in enumerate(engineer.shifts))
    for start, until, j, name in sorted(s for s in spans if s[0] <= s[1]):
        if start < latest:
            message = f"Shift {shown(name)} starts {in_words(latest - start)} before shift {shown(before)} is over."
            yield fault("SHIFTS_OVERLAP", f"{pointer}/{j}/start", message)
        if until > latest:
            latest, before = until, name


def _previous(problem: documents.Problem, ids: Ids) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, v in enumerate(problem.previous):
        if ids.tickets is not None and v.ticket not in ids.tickets:
            yield fault("UNKNOWN_TICKET", f"/previous/{i}/ticket", f"There is no ticket {shown(v.ticket)}.")
        if ids.engineers is not None and v.engineer not in ids.engineers:
            yield fault("UNKNOWN_ENGINEER", f"/previous/{i}/engineer", f"There is no engineer {shown(v.engineer)}.")
        elif ids.engineers is not None and v.shift not in ids.shifts(v.engineer):
            yield fault("UNKNOWN_SHIFT", f"/previous/{i}/shift", f"Engineer {shown(v.engineer)} has no shift {shown(v.shift)}.")
        if v.ticket in seen:
            yield fault("DUPLICATE_PREVIOUS", f"/previous/{i}/ticket", f"Ticket {shown(v.ticket)} stands in previous twice.")
        seen.add(v.ticket)


def cost_faults(plan: plan_documents.Plan) -> Iterator[Fault]:
    """Yield where the parts of the cost do not sum to its total."""
    if plan.cost is not None:
        parts = sum(plan.cost.by_rule.values())
        if abs(parts - plan.cost.total) > _TOLERANCE:
            yield fault("COST_DOES_NOT_ADD_UP", "/cost/total", f"`total` is {plain(plan.cost.total)}, and the parts sum to {parts:.6g}.")
