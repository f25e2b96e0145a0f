"""Service technician routing with outsourcing (Kovacs, Parragh, Doerner, Hartl 2012, doi 10.1007/s10951-011-0246-9), no teams.

A task asks for a level in some domains; one technician with all of them does it, or it is outsourced at a price. The
objective is distance plus outsourcing. Each instance comes with two crews, `full` and `reduced`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sets import base
from benchmarks.sets.base import ORIGIN, PRECISION, Case, DataError, Judgement, Node, Numbers, PublishedSet, Routes
from dispatch.model import Engineer, EngineerSkill, Place, Problem, Ticket, TicketSkill, Window

CREWS = {"full": "technicians_noTeam", "reduced": "techniciansReduced_noTeam"}
TIERS = 5
"""Highest tier a skill has; levels above it make a skill of their own."""


@dataclass(frozen=True)
class Instance:
    """An instance as its two files have it: node 0 is the depot, `wanted` and `levels` hold one level per domain."""

    name: str
    nodes: tuple[Node, ...]
    wanted: tuple[tuple[int, ...], ...]
    prices: tuple[float, ...]
    levels: tuple[tuple[int, ...], ...]


def _numbered(text: str) -> list[list[str]]:
    return [words for words in (line.split() for line in text.splitlines()) if words and words[0].isdigit()]


def parse(name: str, tasks: str, technicians: str) -> Instance:
    """Read the text of a task file and of a technician file.

    Raises
    ------
    DataError
        A task needs more than one technician: that is for teams.
    """
    levels = tuple(tuple(map(int, words[1:])) for words in _numbered(technicians))
    domains = len(levels[0])
    nodes, wanted, prices = [], [], []
    for words in _numbered(tasks):
        needs = [int(float(w)) for w in words[8:]]
        if max(needs) > 1:
            raise DataError(f"{name}: task {words[0]} needs {max(needs)} technicians at once; one stop has one engineer.")
        depth = len(needs) // domains
        x, y, _, ready, due, service = map(float, words[1:7])
        nodes.append(Node(x, y, ready, due, service))
        wanted.append(tuple(max((j + 1 for j in range(depth) if needs[depth * d + j]), default=0) for d in range(domains)))
        prices.append(200 + sum(needs) ** 1.5)
    return Instance(name, tuple(nodes), tuple(wanted), tuple(prices), levels)


def _tags(levels: Sequence[int]) -> list[tuple[str, int]]:
    """Return skill and tier of each level: whoever has level 6 of a domain has tier 5 of it, and tier 1 of its upper part."""
    base_tags = [(f"domain-{d + 1}", min(level, TIERS)) for d, level in enumerate(levels) if level]
    return base_tags + [(f"domain-{d + 1}-upper", level - TIERS) for d, level in enumerate(levels) if level > TIERS]


def to_problem(instance: Instance) -> Problem:
    """Return the instance as a problem; its cost is distance and outsourcing in units."""
    nodes = instance.nodes
    depot = Place(index=0)
    day = base.shift(depot, round(PRECISION * nodes[0].ready), round(PRECISION * nodes[0].due))
    engineers = [
        Engineer(str(k + 1), (day,), home=depot, skills=tuple(EngineerSkill(tag, tier) for tag, tier in _tags(levels)))
        for k, levels in enumerate(instance.levels)
    ]
    tickets = [
        Ticket(
            str(k),
            Place(index=k),
            round(PRECISION * node.service),
            skills=tuple(TicketSkill(tag, tier) for tag, tier in _tags(instance.wanted[k])),
            windows=(Window(ORIGIN + round(PRECISION * node.ready), ORIGIN + round(PRECISION * node.due)),),
            unassigned_cost=base.ticket_price(PRECISION * instance.prices[k]),
        )
        for k, node in enumerate(nodes)
        if k > 0
    ]
    return base.problem(instance.name, engineers, tickets, base.rounded_up(base.euclidean(nodes)), base.policy())


def judge(instance: Instance, routes: Routes, travel: Numbers) -> Judgement:
    """Price routes by distance and outsourcing; engineer k is line k of the technician file, ticket k task k + 1."""
    count = len(instance.nodes)
    left_out, faults = base.placed_once(routes, map(str, range(1, count)))
    faults += [f"technician {k} does not exist" for k in routes if not k.isdigit() or not 1 <= int(k) <= len(instance.levels)]
    if faults:
        return Judgement(float("nan"), left_out, tuple(faults))
    value, depot = 0.0, instance.nodes[0]
    inside: set[int] = set()
    for technician, tickets in routes.items():
        stops = [int(t) for t in tickets]
        levels = instance.levels[int(technician) - 1]
        walk = base.follow(instance.nodes, [0, *stops, 0], travel, depot.ready, depot.due)
        unfit = [k for k in stops if any(want > has for want, has in zip(instance.wanted[k], levels, strict=True))]
        faults += [f"technician {technician}: {fault}" for fault in (*walk.faults, *(f"{k} needs a higher level" for k in unfit))]
        value += walk.travel
        inside.update(stops)
    value += sum(price for k, price in enumerate(instance.prices) if k and k not in inside)
    return Judgement(value, left_out, tuple(faults))


def _instances(data: Path) -> list[str]:
    tasks = base.names_in(base.folder(data, NO_TEAM.name) / "tasks_noTeam", "_noTeam.txt")
    return [f"{name} {crew}" for name in tasks for crew in CREWS]


def _load(data: Path, name: str) -> Case:
    path = base.folder(data, NO_TEAM.name)
    stem, crew = name.split()
    tasks = base.read_text(path / "tasks_noTeam" / f"{stem}_noTeam.txt")
    instance = parse(name, tasks, base.read_text(path / CREWS[crew] / f"technicians_{stem}_noTeam.txt"))
    travel = base.euclidean(instance.nodes)
    return Case(name, to_problem(instance), lambda routes: judge(instance, routes, travel))


NO_TEAM = PublishedSet("strsp-kovacs", "least distance plus outsourcing", _instances, _load)
