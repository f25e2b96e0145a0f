"""What is probably not meant in a world, though it can be simulated; told before the run, with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from dispatch.model import EngineerSkill, PlanWarning
from dispatch.schema.notices import WARNINGS
from dispatch.simulation.demand import rate_of_hour
from dispatch.simulation.documents import Demand, Preventive
from dispatch.simulation.world import World, day_start, shifts_on

__all__ = ["warnings"]


def _warning(code: str, pointer: str, message: str) -> PlanWarning:
    return PlanWarning(code, pointer, f"{message} {WARNINGS[code]}")


def warnings(world: World, days: int) -> tuple[PlanWarning, ...]:
    """Return what is probably not meant.

    Parameters
    ----------
    days
        That would be simulated after the warm-up.
    """
    last = world.start + world.warm_up_days + days
    return (*_able(world), *_load(world, last), *_clocks(world, last), *_log(world, last))


def hours_a_week(world: World, work: Demand | Preventive, last: int) -> float:
    """Return the hours of service a week that a sort of tickets asks for at standard speed, travel and second visits not counted."""
    mean = work.service.mean / 3600
    remote = world.behaviours.remote
    if remote is not None:
        mean *= 1 - remote.success.get(work.kind, 0.0)
    return tickets_a_week(world, work, last) * mean


def tickets_a_week(world: World, work: Demand | Preventive, last: int) -> float:
    """Return the expected tickets a week over the days simulated."""
    weeks = (last - world.start) / 7
    if isinstance(work, Preventive):
        return work.sites * 7 * 86_400 / work.every
    if world.log is not None and any(t.demand == work.id for t in world.log.tickets):
        times = [t.opened_at for t in world.log.tickets]
        mine = sum(t.demand == work.id for t in world.log.tickets)
        return mine / max(1 / 7, (max(times) - min(times)) / (7 * 86_400))
    total = 0.0
    for day in range(world.start, last):
        weekday, month = (day - 1) % 7, date.fromordinal(day).month
        total += sum(rate_of_hour(work, weekday * 24 + hour, month) for hour in range(24))
    return total / weeks


def _tiers(skills: tuple[EngineerSkill, ...]) -> dict[str, int]:
    return {k.skill: k.tier for k in skills}


def _able_to(world: World, work: Demand | Preventive) -> frozenset[str]:
    """Return the engineers with a roster who have the skills."""
    return frozenset(
        m.engineer.id for m in world.crew if m.roster and all(_tiers(m.engineer.skills).get(s.skill, 0) >= s.tier for s in work.skills)
    )


def _pointers(world: World) -> Iterator[tuple[str, Demand | Preventive]]:
    yield from ((f"/demand/{i}", d) for i, d in enumerate(world.demand))
    yield from ((f"/preventive/{i}", p) for i, p in enumerate(world.preventive))


def _able(world: World) -> Iterator[PlanWarning]:
    for pointer, work in _pointers(world):
        if not _able_to(world, work):
            asked = ", ".join(f"{s.skill} at tier {s.tier}" for s in work.skills)
            yield _warning("NOBODY_ABLE", f"{pointer}/skills", f"Nobody with a roster has {asked}, which {work.id!r} asks for.")
    for m in world.crew:
        if not m.roster:
            yield _warning("NEVER_WORKS", "/engineers", f"Engineer {m.engineer.id!r} has no roster.")


def _load(world: World, last: int) -> Iterator[PlanWarning]:
    """Compare, for every group of engineers who alone can do some work, the hours asked for with the hours there are."""
    weeks = (last - world.start) / 7
    absent = 0.0 if world.behaviours.absence is None else world.behaviours.absence.share
    hours: dict[str, float] = {}
    for m in world.crew:
        seconds = sum(
            s.end - s.start - sum(b.duration for b in s.breaks) for day in range(world.start, last) for s in shifts_on(world, m, day)
        )
        hours[m.engineer.id] = seconds / 3600 / weeks * (1 - absent) / m.engineer.service_factor
    asked = {w.id: (_able_to(world, w), hours_a_week(world, w, last)) for w in world.work}
    for group in sorted({able for able, _ in asked.values() if able}, key=lambda g: (len(g), sorted(g))):
        inside = [name for name, (able, _) in asked.items() if able and able <= group]
        wanted, there = sum(asked[name][1] for name in inside), sum(hours[e] for e in group)
        if wanted > there:
            sorts = ", ".join(repr(name) for name in inside[:4]) + (f" and {len(inside) - 4} more" if len(inside) > 4 else "")
            message = (
                f"{sorts} ask for {wanted:,.1f} hours of service a week, travel not counted, and the {len(group)} engineers who can do it "
                f"work {there:,.1f}. The backlog will grow as long as the simulation lasts."
            )
            yield _warning("CANNOT_BE_SERVED", "/demand", message)


def _clocks(world: World, last: int) -> Iterator[PlanWarning]:
    for day in range(world.start, last):
        seconds = day_start(day + 1, world.zone) - day_start(day, world.zone)
        if seconds != 86_400:
            when = date.fromordinal(day) + timedelta(0)
            way = "forward" if seconds < 86_400 else "back"
            message = (
                f"On {when.isoformat()} clocks in {world.problem.time_zone} go {way} by {abs(86_400 - seconds) // 60} min: the day has "
                f"{seconds / 3600:g} h. Shifts begin by the local clock and last as long as ever; rates hold for the hours there are."
            )
            yield _warning("CLOCK_CHANGE", "/start", message)


def _log(world: World, last: int) -> Iterator[PlanWarning]:
    if world.log is None or world.log.mode != "replay":
        return
    start, end = day_start(world.start, world.zone), day_start(last, world.zone)
    outside = sum(not start <= t.opened_at < end for t in world.log.tickets)
    if outside:
        total = len(world.log.tickets)
        yield _warning("LOG_OUTSIDE", "/log/tickets", f"{outside} of {total} tickets of the log were opened outside the days simulated.")
