"""Warnings: what is probably not meant, though a plan can be made."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from types import MappingProxyType

from dispatch.model import FIXED_STATUSES, MatrixTravel, Place, PlanWarning, Problem, Ticket, TicketSkill
from dispatch.schema.place_faults import kilometres
from dispatch.schema.values import in_words, plain, shown

WARNINGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "NO_SHIFTS": "Give engineers shifts that are not over.",
        "SHIFT_PAST": "Remove the shift, or correct its dates or now.",
        "SKILL_NOBODY_HAS": "Correct the spelling, or add an engineer with the skill.",
        "TIER_NOBODY_REACHES": "Lower the tier, or add an engineer who has it.",
        "NOBODY_ABLE_AND_ALLOWED": "Change must, never, the dedicated engineer, or the skills asked for.",
        "NEED_NOBODY_CARRIES": "Lower the need, or add the unit to the capacity of a shift.",
        "NO_SHIFT_MEETS_WINDOWS": "Widen the windows, or add a shift.",
        "PLACE_FAR": "Check the coordinates.",
        "PROMISE_WITHOUT_OPENING": "Give opened_at or respond_by.",
        "SERVICE_LEVEL_WITHOUT_EFFECT": "Give respond_within or late_factor, or remove the level.",
        "SERVICE_LEVEL_SHADOWED": "Remove one of the two.",
        "CLASS_NOBODY_HAS": "Correct the spelling, or give a customer the class.",
        "ACTUAL_IGNORED": "Correct the status, or remove actual.",
        "SEVERAL_AT_WORK": "Set the work that is over to done.",
        "MATRIX_DIAGONAL": "Set the travel from a place to itself to 0.",
        "NOBODY_ABLE": "Give somebody the skills, or ask for less.",
        "NEVER_WORKS": "Give the engineer a roster, or remove the engineer.",
        "CANNOT_BE_SERVED": "Add engineers or hours, or lower the rates.",
        "CLOCK_CHANGE": "Start another day where this is not wanted.",
        "LOG_TIME_MISSING": "Complete the log, or leave these rows.",
        "LOG_TIME_UNREADABLE": "Write times like 2026-03-02 08:30:00.",
        "LOG_DUPLICATE": "Name the column of the ticket with --ticket where these are different ones.",
        "LOG_TIMES_REVERSED": "Correct the times, or name other columns with --begun and --ended.",
        "LOG_CLOCK_CHANGE": "Give times with an offset, or the right --time-zone.",
        "LOG_PLACE_MISSING": "Complete the positions, or leave these rows without.",
        "LOG_OUTSIDE": "Change start or the number of days.",
    }
)
"""Every warning code with its remedy."""

FAR_KM = 500.0


def warnings(problem: Problem) -> tuple[PlanWarning, ...]:
    """Return what is probably not meant in a problem, in the order of the problem; pointers are those of its canonical JSON."""
    planned = [(f"/tickets/{i}", t) for i, t in enumerate(problem.tickets) if t.status in ("open", "dispatched")]
    return (
        *_matrix(problem),
        *_service_levels(problem),
        *_shifts(problem, planned),
        *_ability(problem, planned),
        *_capacity(problem, planned),
        *_windows(problem, planned),
        *_promises(problem, planned),
        *_far(problem),
        *_history(problem),
    )


def _warning(code: str, pointer: str, message: str) -> PlanWarning:
    return PlanWarning(code, pointer, f"{message} {WARNINGS[code]}")


def _matrix(problem: Problem) -> Iterator[PlanWarning]:
    if isinstance(problem.travel, MatrixTravel):
        own = [(i, row[i]) for i, row in enumerate(problem.travel.seconds) if row[i] != 0]
        if own:
            message = f"Travel from {len(own)} places to themselves is not 0; from row {own[0][0]} it is {own[0][1]} s."
            yield _warning("MATRIX_DIAGONAL", f"/travel/seconds/{own[0][0]}/{own[0][0]}", message)


def _service_levels(problem: Problem) -> Iterator[PlanWarning]:
    classes = {c.class_ for c in problem.customers}
    seen: dict[tuple[str | None, str | None], int] = {}
    for i, level in enumerate(problem.service_levels):
        pointer, key = f"/service_levels/{i}", (level.kind, level.customer_class)
        if level.respond_within is None and level.late_factor == 1:
            yield _warning("SERVICE_LEVEL_WITHOUT_EFFECT", pointer, "The level has neither respond_within nor a late_factor other than 1.")
        if key in seen:
            message = f"Level {seen[key]} is for the same kind and class, {shown(level.kind)} and {shown(level.customer_class)}, and wins."
            yield _warning("SERVICE_LEVEL_SHADOWED", pointer, message)
        seen.setdefault(key, i)
        if level.customer_class is not None and level.customer_class not in classes:
            yield _warning("CLASS_NOBODY_HAS", f"{pointer}/customer_class", f"No customer is of class {shown(level.customer_class)}.")


def _shifts(problem: Problem, planned: list[tuple[str, Ticket]]) -> Iterator[PlanWarning]:
    if planned and not any(s.overtime_until >= problem.now for e in problem.engineers for s in e.shifts):
        yield _warning("NO_SHIFTS", "/engineers", f"No engineer has a shift left, and the tickets to be planned are {len(planned)}.")
    worked = {(t.pin.engineer, t.pin.shift) for t in problem.tickets if t.status in FIXED_STATUSES and t.pin is not None}
    for i, e in enumerate(problem.engineers):
        for j, s in enumerate(e.shifts):
            # A shift with history is there for its history.
            if s.overtime_until < problem.now and not {(e.id, s.id), (e.id, None)} & worked:
                message = f"Shift {shown(s.id)} of engineer {shown(e.id)} was over {in_words(problem.now - s.overtime_until)} before now."
                yield _warning("SHIFT_PAST", f"/engineers/{i}/shifts/{j}", message)


def _ability(problem: Problem, planned: list[tuple[str, Ticket]]) -> Iterator[PlanWarning]:
    best: dict[str, int] = {}
    for e in problem.engineers:
        for s in e.skills:
            best[s.skill] = max(best.get(s.skill, 0), s.tier)
    dedicated = {c.id: c.dedicated_engineer for c in problem.customers if c.dedicated_engineer is not None}
    tiers = {e.id: {s.skill: s.tier for s in e.skills} for e in problem.engineers}
    able: dict[tuple[TicketSkill, ...], frozenset[str]] = {}
    for pointer, t in planned:
        hopeless = False
        for k, wanted in enumerate(t.skills):
            tier = best.get(wanted.skill, 0)
            if tier < wanted.tier:
                hopeless = True
                code = "TIER_NOBODY_REACHES" if tier else "SKILL_NOBODY_HAS"
                ending = f"; the highest tier there is is {tier}." if tier else "."
                message = f"Ticket {shown(t.id)} asks for {shown(wanted.skill)} at tier {wanted.tier}, and nobody has it{ending}"
                yield _warning(code, f"{pointer}/skills/{k}", message)
        if hopeless or not tiers:
            continue
        if t.skills not in able:
            able[t.skills] = frozenset(e for e, has in tiers.items() if all(has.get(s.skill, 0) >= s.tier for s in t.skills))
        left, choice, own = able[t.skills], t.engineers, dedicated.get(t.customer or "")
        if choice.must or own is not None:
            left &= frozenset(choice.must or (own,))
        if choice.never:
            left -= frozenset(choice.never)
        if not left:
            message = f"No engineer who may do ticket {shown(t.id)} has every skill it asks for." if t.skills else ""
            yield _warning("NOBODY_ABLE_AND_ALLOWED", pointer, message or f"No engineer may do ticket {shown(t.id)}.")


def _capacity(problem: Problem, planned: list[tuple[str, Ticket]]) -> Iterator[PlanWarning]:
    most: dict[str, int] = {}
    for e in problem.engineers:
        for s in e.shifts:
            for unit, amount in s.capacity.items():
                most[unit] = max(most.get(unit, 0), amount)
    for pointer, t in planned:
        for unit, amount in t.needs.items():
            if amount > most.get(unit, 0):
                message = f"Ticket {shown(t.id)} needs {amount} of {shown(unit)}, and no shift carries more than {most.get(unit, 0)}."
                yield _warning("NEED_NOBODY_CARRIES", f"{pointer}/needs", message)


def _windows(problem: Problem, planned: list[tuple[str, Ticket]]) -> Iterator[PlanWarning]:
    open_ = sorted((max(s.start, problem.now), s.overtime_until) for e in problem.engineers for s in e.shifts)
    times: list[tuple[int, int]] = []
    for start, end in open_:
        if start > end:
            continue
        if times and start <= times[-1][1]:
            times[-1] = (times[-1][0], max(end, times[-1][1]))
        else:
            times.append((start, end))
    if not times:
        return
    starts = [start for start, _ in times]
    for pointer, t in planned:
        pinned = t.pin is not None and t.pin.start is not None
        if t.windows and not pinned and not any(_meets(times, bisect_right(starts, w.end) - 1, w.start) for w in t.windows):
            message = f"No shift is on in any window of ticket {shown(t.id)}."
            yield _warning("NO_SHIFT_MEETS_WINDOWS", f"{pointer}/windows", message)


def _meets(times: list[tuple[int, int]], last: int, start: int) -> bool:
    """Return whether the last working time that begins before a window closes reaches into it."""
    return last >= 0 and times[last][1] >= start


def _promises(problem: Problem, planned: list[tuple[str, Ticket]]) -> Iterator[PlanWarning]:
    class_of = {c.id: c.class_ for c in problem.customers}
    levels = {(level.kind, level.customer_class) for level in problem.service_levels if level.respond_within is not None}
    for pointer, t in planned:
        if levels and t.opened_at is None and t.respond_by is None:
            class_ = class_of.get(t.customer or "")
            if {(t.kind, class_), (t.kind, None), (None, class_), (None, None)} & levels:
                message = f"A service level is meant for ticket {shown(t.id)}, which does not say when it was opened."
                yield _warning("PROMISE_WITHOUT_OPENING", f"{pointer}/opened_at", message)


def _far(problem: Problem) -> Iterator[PlanWarning]:
    if isinstance(problem.travel, MatrixTravel):
        return
    bases: dict[tuple[float, float], None] = {}
    for e in problem.engineers:
        for place in (e.home, *(p for s in e.shifts for p in (s.start_place, s.end_place))):
            if place is not None and place.lat is not None and place.lon is not None:
                # To a tenth of a degree: a base is asked for once, not once per engineer in town.
                bases.setdefault((round(place.lat, 1), round(place.lon, 1)))
    known: dict[tuple[float, float], float] = {}
    for i, t in enumerate(problem.tickets):
        if bases and t.place.lat is not None and t.place.lon is not None and t.status != "cancelled":
            nearest = _nearest(t.place, list(bases), known)
            if nearest > FAR_KM:
                message = (
                    f"Ticket {shown(t.id)} at lat {plain(t.place.lat)}, lon {plain(t.place.lon)} is {nearest:,.0f} km from every engineer."
                )
                yield _warning("PLACE_FAR", f"/tickets/{i}/place", message)


def _nearest(place: Place, bases: list[tuple[float, float]], known: dict[tuple[float, float], float]) -> float:
    """Return about the distance in km to the nearest base, the same for all places of a tenth of a degree."""
    at = (round(place.lat or 0.0, 1), round(place.lon or 0.0, 1))
    if at not in known:
        known[at] = min(kilometres(at, base) for base in bases)
    return known[at]


def _history(problem: Problem) -> Iterator[PlanWarning]:
    busy: dict[str, str] = {}
    for i, t in enumerate(problem.tickets):
        if t.actual is not None and t.status not in FIXED_STATUSES:
            yield _warning(
                "ACTUAL_IGNORED", f"/tickets/{i}/actual", f"Ticket {shown(t.id)} is {shown(t.status)}, so `actual` has no effect."
            )
        if t.status in ("on_site", "travelling") and t.pin is not None and t.pin.engineer is not None:
            other = busy.setdefault(t.pin.engineer, t.id)
            if other != t.id:
                message = f"Engineer {shown(t.pin.engineer)} is at work on ticket {shown(other)} and on ticket {shown(t.id)} at once."
                yield _warning("SEVERAL_AT_WORK", f"/tickets/{i}/status", message)
