"""Technician routing and scheduling (Pillac, Gueret, Medaglia 2013, doi 10.1007/s11590-012-0567-4), made and from practice.

Technicians leave from and return to their homes inside their own window; a request needs skills, tools and spare
parts, and is served inside its window. Working time is the sum over technicians of return less latest departure.

What is left out: a technician may fetch tools and parts at the central depot on the way. The problem has no such
stop, so tools are skills, parts are the capacity of the shift, and both come from home only. Requests that nobody can
serve from home are counted in the notes; the judge itself knows the depot, so that published routes can be judged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets import base
from benchmarks.sets.base import ORIGIN, Case, DataError, Judgement, Node, Numbers, PublishedSet, Routes
from dispatch.model import Engineer, EngineerSkill, Place, Problem, Ticket, TicketSkill, Window

SECONDS = 60
"""Units per minute in `trsp-real`, whose travel times are whole seconds written as minutes with four decimals."""

WRITTEN = 1e-3
"""Minutes by which sums of such decimals may be off."""

PAID = 1000.0
"""Weight of paid time: travel, whose weight is fixed at 1, is left to break ties."""

_ROW = re.compile(r"(\d+)((?:\s+-?[\d.]+){5})\s*\[([\d,]*)\]\s*\[([\d,]*)\]\s*\[([\d,]*)\]")


@dataclass(frozen=True)
class Person:
    """What a technician has or a request needs: skills, tools, and units of each spare part."""

    skills: frozenset[int]
    tools: frozenset[int]
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Instance:
    """An instance as its file has it: node 0 the depot, 1 to `crew` the homes, then the requests.

    `travel` has the shape (n, n) over these nodes. `exact` says that its figures are whole seconds in minutes.
    """

    name: str
    crew: int
    nodes: tuple[Node, ...]
    people: tuple[Person, ...]
    travel: Numbers
    exact: bool

    @property
    def requests(self) -> range:
        """The nodes that are requests."""
        return range(self.crew + 1, len(self.nodes))

    @property
    def tolerance(self) -> float:
        """How late something may be by the file's figures before it counts as late."""
        return WRITTEN if self.exact else base.TOLERANCE


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(w) for w in text.split(",") if w)


def _travel_times(text: str, count: int) -> Numbers:
    lines = [line for line in text.splitlines() if ";" in line]
    rows = [[float(w) for w in line.split(";")[1 : count + 1]] for line in lines[:count]]
    return np.array(rows, dtype=np.float64)


def parse(text: str) -> Instance:
    """Read the text of an instance, made or from practice."""
    counts = text.split("CREW COUNT", 1)[1].splitlines()[1].split()
    rows = [match.groups() for match in _ROW.finditer(text)]
    nodes = tuple(Node(*map(float, figures.split())) for _, figures, _, _, _ in rows)
    people = tuple(
        Person(frozenset(_whole_numbers(skills)), frozenset(_whole_numbers(tools)), _whole_numbers(parts))
        for _, _, skills, tools, parts in rows
    )
    written = text.partition("TRAVEL TIMES")[2]
    travel = _travel_times(written, len(nodes)) if written else base.euclidean(nodes)
    if travel.shape != (len(nodes), len(nodes)):
        raise DataError(f"{text.split()[0]}: {len(nodes)} nodes and travel times of shape {travel.shape}.")
    return Instance(text.split()[0], int(counts[0]), nodes, people, travel, bool(written))


def parse_routes(text: str, instance: Instance) -> Routes:
    """Read the routes of an instance from `best_solutions.txt`: technician to nodes, visits to the depot as node 0."""
    count, first_end = instance.crew, len(instance.nodes)
    line = next(
        (li for li in text.splitlines() if li.startswith(f"{instance.name}=<") or instance.name.endswith("_" + li.split("=")[0])), ""
    )
    routes: dict[str, tuple[str, ...]] = {}
    for route in line.partition("<")[2].rstrip(">\n ").split("|"):
        ids = [int(w) for w in route.split(",") if w]
        if ids:
            routes[str(ids[0])] = tuple(str(k if k < first_end else 0) for k in ids[1:-1] if k < first_end or k >= first_end + count)
    return routes


def able(instance: Instance, technician: int, request: int) -> bool:
    """Return whether a technician can serve a request with what he leaves home with."""
    has, needs = instance.people[technician], instance.people[request]
    return needs.skills <= has.skills and needs.tools <= has.tools and all(n <= h for n, h in zip(needs.parts, has.parts, strict=True))


def only_from_depot(instance: Instance) -> tuple[int, ...]:
    """Return the requests that nobody can serve without a visit to the depot."""
    return tuple(r for r in instance.requests if not any(able(instance, k + 1, r) for k in range(instance.crew)))


def _amounts(parts: Sequence[int]) -> Mapping[str, int]:
    return {f"part-{k}": amount for k, amount in enumerate(parts) if amount}


def _tags(person: Person) -> list[str]:
    return [f"skill-{k}" for k in sorted(person.skills)] + [f"tool-{k}" for k in sorted(person.tools)]


def to_problem(instance: Instance) -> Problem:
    """Return the instance as a problem whose cost is the working time in units, `PAID` times over, plus the travel."""
    scale = SECONDS if instance.exact else base.PRECISION
    units = np.rint(SECONDS * instance.travel).astype(np.int64) if instance.exact else base.rounded_up(instance.travel)
    engineers, longest = [], 0
    for k in range(1, instance.crew + 1):
        home, person, at = instance.nodes[k], instance.people[k], Place(index=k)
        day = base.shift(at, round(scale * home.ready), round(scale * home.due), _amounts(person.parts))
        longest = max(longest, day.end - day.start)
        engineers.append(Engineer(str(k), (day,), home=at, skills=tuple(EngineerSkill(tag) for tag in _tags(person))))
    tickets = [
        Ticket(
            str(k),
            Place(index=k),
            round(scale * instance.nodes[k].service),
            skills=tuple(TicketSkill(tag) for tag in _tags(instance.people[k])),
            needs=_amounts(instance.people[k].parts),
            windows=(Window(ORIGIN + round(scale * instance.nodes[k].ready), ORIGIN + round(scale * instance.nodes[k].due)),),
            unassigned_cost=base.ticket_price(10 * PAID * longest),
        )
        for k in instance.requests
    ]
    return base.problem(instance.name, engineers, tickets, units, base.policy(paid_time=PAID))


def _supplies(instance: Instance, technician: int, nodes: Sequence[int]) -> list[str]:
    has = instance.people[technician]
    used: Counter[int] = Counter()
    faults, at_depot = [], False
    for k in nodes:
        if k == 0:
            at_depot = True
            continue
        needs = instance.people[k]
        faults += [f"{k} needs skill {s}" for s in sorted(needs.skills - has.skills)]
        if at_depot:
            continue
        faults += [f"{k} needs tool {t}" for t in sorted(needs.tools - has.tools)]
        for part, amount in enumerate(needs.parts):
            used[part] += amount
            if amount and used[part] > has.parts[part]:
                faults.append(f"{k} needs part {part}, none left")
    return faults


def judge(instance: Instance, routes: Routes, must_serve_all: bool) -> Judgement:
    """Price routes by working time. A route may hold visits to the central depot, as node 0."""
    left_out, faults = base.placed_once({k: [t for t in v if t != "0"] for k, v in routes.items()}, (str(r) for r in instance.requests))
    faults += [f"technician {k} does not exist" for k in routes if not k.isdigit() or not 1 <= int(k) <= instance.crew]
    if faults:
        return Judgement(float("nan"), left_out, tuple(faults))
    value = 0.0
    for technician, tickets in routes.items():
        home = int(technician)
        path = [home, *map(int, tickets), home]
        hours = instance.nodes[home]
        walk = base.follow(instance.nodes, path, instance.travel, hours.ready, hours.due, instance.tolerance)
        faults += [f"technician {home}: {fault}" for fault in (*walk.faults, *_supplies(instance, home, path[1:-1]))]
        value += walk.return_ - walk.departure
    if must_serve_all:
        faults += base.all_served(left_out)
    return Judgement(value, left_out, tuple(faults))


def _instances(data: Path, name: str) -> list[str]:
    return [n for n in base.names_in(base.folder(data, name), ".txt") if n != "best_solutions"]


def _load_real(data: Path, name: str) -> Case:
    path = base.folder(data, REAL.name)
    instance = parse(base.read_text(path / f"{name}.txt"))
    best = base.best_known(path, name)
    known = bool(best.get("cost"))
    return Case(
        name,
        to_problem(instance),
        lambda routes: judge(instance, routes, must_serve_all=False),
        best=float(best["cost"]) if known else None,
        best_left_out=int(best["unserved"]) if known else None,
    )


def _load_made(data: Path, name: str) -> Case:
    path = base.folder(data, MADE.name)
    instance = parse(base.read_text(path / f"{name}.txt"))
    best = base.best_known(path, name)
    excluded = only_from_depot(instance)
    notes = (f"{len(excluded)} of {len(instance.requests)} requests can only be served after a visit to the depot",) if excluded else ()
    return Case(
        name,
        to_problem(instance),
        lambda routes: judge(instance, routes, must_serve_all=True),
        best=float(best["cost"]) if best else None,
        notes=notes,
    )


REAL = PublishedSet(
    "trsp-real",
    "first fewest tickets left out, then least working time in minutes",
    lambda data: _instances(data, "trsp-real"),
    _load_real,
)
MADE = PublishedSet(
    "trsp-pillac",
    "least working time, every request served; the detour to the central depot is left out",
    lambda data: _instances(data, "trsp-pillac"),
    _load_made,
)
