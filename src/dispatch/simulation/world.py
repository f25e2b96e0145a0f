"""A world: who works when, what comes in, what goes wrong, and what is to be reached (`dispatch-world/1`)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch import model, schema
from dispatch.errors import InputError
from dispatch.model import Break, Customer, Engineer, Problem, Shift
from dispatch.planning.light import Dispatching
from dispatch.schema import building, shapes
from dispatch.schema import documents as day_documents
from dispatch.schema.faults import between_fields
from dispatch.schema.ids import ids_of
from dispatch.simulation import documents
from dispatch.simulation.documents import Behaviours, Demand, Log, Preventive, Role, Roster, Target
from dispatch.simulation.faults import world_faults

__all__ = ["Member", "World", "day_start", "read_world", "shifts_on", "world_schema"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Member:
    """One engineer of the crew, with a roster and a price.

    Parameters
    ----------
    engineer
        As planning knows them, without shifts.
    cost_per_shift, cost_per_overtime_hour
        Money.
    """

    engineer: Engineer
    roster: tuple[Roster, ...] = ()
    role: Role = "engineer"
    cost_per_shift: float = 1.0
    cost_per_overtime_hour: float = 0.0
    max_stops: int | None = None
    capacity: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class World:
    """Everything a simulation is made from.

    Parameters
    ----------
    problem
        Policy, travel, regions and service levels; its engineers and tickets are not read.
    start
        Ordinal of the first local day.
    horizon
        Seconds: shifts that begin within so long are planned, too.
    cost_per_km
        Money.
    """

    problem: Problem
    start: int
    crew: tuple[Member, ...]
    demand: tuple[Demand, ...] = ()
    preventive: tuple[Preventive, ...] = ()
    log: Log | None = None
    behaviours: Behaviours = field(default_factory=Behaviours)
    targets: tuple[Target, ...] = ()
    warm_up_days: int = 0
    dispatching: Dispatching = "replan"
    iterations: int = 100
    horizon: int = 0
    cost_per_km: float = 0.0
    currency: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.problem.name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of rosters, hours and days."""
        return ZoneInfo(self.problem.time_zone)

    @property
    def work(self) -> tuple[Demand | Preventive, ...]:
        """All sorts of tickets."""
        return (*self.demand, *self.preventive)

    def desk_problem(self) -> Problem:
        """Return what the desk plans with: the crew, and one customer for each class."""
        classes = sorted({w.customer_class for w in self.work if w.customer_class is not None})
        customers = tuple(Customer(class_customer(c), c) for c in classes)
        return replace(self.problem, engineers=tuple(m.engineer for m in self.crew), customers=customers, tickets=())


def class_customer(customer_class: str) -> str:
    """Return the id of the customer that stands for a class."""
    return f"class {customer_class}"


def day_start(day: int, zone: ZoneInfo) -> int:
    """Return when a local day (ordinal) begins, Unix seconds."""
    d = date.fromordinal(day)
    return int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp())


def clock_time(day: int, clock: int, zone: ZoneInfo) -> int:
    """Return the Unix seconds of a local clock time (seconds after midnight, 24:00 included) on a day.

    A clock time that a clock change skips stands for the moment as long after midnight would be; one that comes twice stands for the first.
    """
    d = date.fromordinal(day) + timedelta(days=clock // 86_400)
    clock %= 86_400
    return int(datetime(d.year, d.month, d.day, clock // 3600, clock // 60 % 60, tzinfo=zone).timestamp())


def shifts_on(world: World, member: Member, day: int) -> list[Shift]:
    """Return the shifts of an engineer that begin on a local day."""
    found = []
    for k, roster in enumerate(member.roster):
        if WEEKDAYS[(day - 1) % 7] not in roster.days:
            continue
        # Weeks run from Monday; the one of the first day is week 1.
        week = (day - 1) // 7 - (world.start - 1) // 7
        if week % roster.every != (roster.week - 1) % roster.every:
            continue
        start = clock_time(day, roster.start, world.zone)
        end = start + roster.length
        place = member.engineer.home
        name = date.fromordinal(day).isoformat() + (f"/{k + 1}" if len(member.roster) > 1 else "")
        breaks = tuple(Break(start + b.earliest, start + b.latest, b.duration) for b in roster.breaks)
        found.append(Shift(name, start, end, end + roster.overtime, place, place, breaks, member.max_stops, None, dict(member.capacity)))
    return found


# ------------------------------------------------------------------- reading

_SHARED = ("name", "time_zone", "policy", "travel", "service_levels", "regions")
_OF_ENGINEERS = ("id", "name", "region", "home", "skills", "service_factor", "contractor", "cost_per_hour", "cost_per_km", "cost_per_visit")


def _day_tree(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a world that a problem has as well, as a problem without tickets and shifts."""
    day = {k: deepcopy(tree[k]) for k in _SHARED if k in tree and tree[k] is not None}
    engineers = tree.get("engineers")
    day["engineers"] = [
        {k: deepcopy(e[k]) for k in _OF_ENGINEERS if k in e} if isinstance(e, dict) else e
        for e in (engineers if isinstance(engineers, list) else [])
    ]
    return {"format": "dispatch/1", "tickets": [], "now": "2026-01-01T00:00:00Z", **day}


def read_world(data: bytes | str) -> World:
    """Return the world that JSON of the format `dispatch-world/1` states.

    Raises
    ------
    InputError
        With every fault that can be told at once.
    """
    tree, faults = schema.opened(data, documents.WORLD_FORMAT, "a world")
    day_tree = _day_tree(tree)
    ids = ids_of(day_tree)
    shared, shape = shapes.check(day_documents.Problem, day_tree), shapes.check(documents.World, tree)
    faults += shape.faults
    if shared.document is not None:
        faults += shared.faults
        faults += schema.independent(between_fields(shared.document, ids, allow_addresses=False), shared)
    if shape.document is not None:
        faults += schema.independent(world_faults(shape.document), shape)
    faults = list({(f.pointer, f.code): f for f in faults}.values())
    if faults or shape.document is None or shared.document is None:
        raise InputError(faults)
    return _world_of(shape.document, building.problem_of(shared.document))


def world_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `dispatch-world/1`; policy and travel are those of `dispatch/1`."""
    day = schema.problem_schema()
    found = {"$schema": day["$schema"]} | documents.World.model_json_schema()
    found["$defs"] = day["$defs"] | found["$defs"]
    for name in ("policy", "travel"):
        found["properties"][name] = day["properties"][name]
    return found


def _world_of(document: documents.World, problem: Problem) -> World:
    crew = [m for e, engineer in zip(document.engineers, problem.engineers, strict=True) for m in _members(e, engineer)]
    return World(
        problem=replace(problem, engineers=(), tickets=()),
        start=document.start,
        crew=tuple(crew),
        demand=tuple(document.demand),
        preventive=tuple(document.preventive),
        log=document.log,
        behaviours=document.behaviours,
        targets=tuple(document.targets),
        warm_up_days=document.warm_up_days,
        dispatching=document.dispatching,
        iterations=document.iterations,
        horizon=document.horizon,
        cost_per_km=document.cost_per_km,
        currency=document.currency,
    )


def _members(e: documents.Engineer, engineer: model.Engineer) -> list[Member]:
    names = [e.id] if e.count == 1 else [f"{e.id}-{k + 1}" for k in range(e.count)]
    capacity = tuple(sorted(e.capacity.items()))
    return [
        Member(replace(engineer, id=n), tuple(e.roster), e.role, e.cost_per_shift, e.cost_per_overtime_hour, e.max_stops, capacity)
        for n in names
    ]
