"""Solomon, Gehring and Homberger, and the prize-collecting cases made from the latter: customers with windows and demands.

Convention `dimacs`: every distance is cut to one decimal and is the travel time as well; the objective is the
distance, vehicles are free up to the number in the file. One unit is a tenth, so nothing is rounded. A customer of
the prize-collecting cases may be left out and then costs its prize.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets import base
from benchmarks.sets.base import ORIGIN, Case, Judgement, Node, Numbers, PublishedSet, Routes
from dispatch.model import Engineer, Place, Problem, Ticket, Window

TENTHS = 10
"""Units per unit of the file."""


@dataclass(frozen=True)
class Instance:
    """An instance as its file has it: node 0 is the depot, `prizes` is None where every customer is served."""

    name: str
    vehicles: int
    capacity: int
    nodes: tuple[Node, ...]
    demands: tuple[int, ...]
    prizes: tuple[float, ...] | None = None


def parse_classic(text: str) -> Instance:
    """Read the text of a Solomon or Gehring and Homberger file."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    at = next(i for i, words in enumerate(lines) if words[0] == "NUMBER")
    rows = [words for words in lines[at + 2 :] if words[0].isdigit()]
    figures = [[float(w) for w in words] for words in rows]
    nodes = tuple(Node(x, y, ready, due, service) for _, x, y, _, ready, due, service in figures)
    return Instance(lines[0][0].upper(), int(lines[at + 1][0]), int(lines[at + 1][1]), nodes, tuple(int(f[3]) for f in figures))


def parse_prizes(text: str) -> Instance:
    """Read the text of a prize-collecting case (VRPLIB)."""
    head: dict[str, str] = {}
    sections: dict[str, list[list[float]]] = defaultdict(list)
    section = ""
    for line in text.splitlines():
        if ":" in line:
            key, value = line.split(":", 1)
            head[key.strip()] = value.strip()
        elif line.strip().isidentifier():
            section = line.strip()
        elif line.strip():
            sections[section].append([float(w) for w in line.split()])
    service = float(head["SERVICE_TIME"])
    windows = {int(number): (ready, due) for number, ready, due in sections["TIME_WINDOW_SECTION"]}
    nodes = tuple(Node(x, y, *windows[int(number)], service if number > 1 else 0.0) for number, x, y in sections["NODE_COORD_SECTION"])
    demands = tuple(int(d) for _, d in sections["DEMAND_SECTION"])
    prizes = {int(number): prize for number, prize in sections["PRIZE_SECTION"]}
    owed = tuple(prizes.get(k + 1, 0.0) for k in range(len(nodes)))
    return Instance(head["NAME"], int(head["VEHICLES"]), int(head["CAPACITY"]), nodes, demands, owed)


def parse_routes(text: str) -> Routes:
    """Read a solution file: one line `Route #k: customers` for each vehicle."""
    lines = (line.split(":") for line in text.splitlines() if line.startswith("Route"))
    return {head.split("#")[1].strip(): tuple(rest.split()) for head, rest in lines}


def cut(nodes: Sequence[Node]) -> Numbers:
    """Return distances cut to one decimal."""
    return np.floor(TENTHS * base.euclidean(nodes)) / TENTHS


def to_problem(instance: Instance) -> Problem:
    """Return the instance as a problem; its cost is the distance in units."""
    nodes = instance.nodes
    travel = np.rint(TENTHS * cut(nodes)).astype(np.int64)
    depot = Place(index=0)
    day = base.shift(depot, round(TENTHS * nodes[0].ready), round(TENTHS * nodes[0].due), {"load": instance.capacity})
    engineers = [Engineer(str(k + 1), (day,), home=depot) for k in range(instance.vehicles)]
    never = 100.0 * float(travel.max())
    prizes = instance.prizes
    tickets = [
        Ticket(
            str(k),
            Place(index=k),
            round(TENTHS * node.service),
            needs={"load": instance.demands[k]},
            windows=(Window(ORIGIN + round(TENTHS * node.ready), ORIGIN + round(TENTHS * node.due)),),
            unassigned_cost=base.ticket_price(never if prizes is None else TENTHS * prizes[k]),
        )
        for k, node in enumerate(nodes)
        if k > 0
    ]
    return base.problem(instance.name, engineers, tickets, travel, base.policy())


def judge(instance: Instance, routes: Routes, travel: Numbers) -> Judgement:
    """Price routes by distance and prizes left out; `travel` is the distance under the convention in use."""
    customers = [str(k) for k in range(1, len(instance.nodes))]
    left_out, faults = base.placed_once(routes, customers)
    if faults:
        return Judgement(float("nan"), left_out, tuple(faults))
    depot = instance.nodes[0]
    value, used = 0.0, 0
    for vehicle, tickets in routes.items():
        path = [0, *map(int, tickets), 0]
        walk = base.follow(instance.nodes, path, travel, depot.ready, depot.due)
        faults += [f"vehicle {vehicle}: {fault}" for fault in walk.faults]
        load = sum(instance.demands[k] for k in path)
        if load > instance.capacity:
            faults.append(f"vehicle {vehicle}: carries {load - instance.capacity} more than it can")
        value += walk.travel
        used += bool(tickets)
    if used > instance.vehicles:
        faults.append(f"{used - instance.vehicles} vehicles more than there are")
    if instance.prizes is None:
        faults += base.all_served(left_out)
    else:
        inside = {int(t) for tickets in routes.values() for t in tickets}
        value += sum(prize for k, prize in enumerate(instance.prizes) if k not in inside)
    return Judgement(value, left_out, tuple(faults))


def _case(name: str, instance: Instance, best: dict[str, str]) -> Case:
    travel = cut(instance.nodes)
    return Case(
        name,
        to_problem(instance),
        lambda routes: judge(instance, routes, travel),
        best=float(best["cost"]) if best else None,
    )


def _load_solomon(data: Path, name: str) -> Case:
    path = base.folder(data, SOLOMON.name)
    return _case(name, parse_classic(base.read_text(path / f"{name}.txt")), base.best_known(path, name, "dimacs"))


def _instances_homberger(data: Path) -> list[str]:
    path = base.folder(data, HOMBERGER.name)
    sizes = sorted((p for p in path.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))
    return [name for size in sizes for name in base.names_in(size, ".txt")]


def _load_homberger(data: Path, name: str) -> Case:
    path = base.folder(data, HOMBERGER.name)
    size = str(100 * int(name.split("_")[1]))
    return _case(name, parse_classic(base.read_text(path / size / f"{name}.txt")), base.best_known(path, name, "dimacs"))


def _load_prizes(data: Path, name: str) -> Case:
    path = base.folder(data, PRIZES.name)
    return _case(name, parse_prizes(base.read_text(path / f"{name}.vrp")), base.best_known(path, name, "dimacs"))


SOLOMON = PublishedSet(
    "vrptw-solomon",
    "least distance, distances cut to one decimal (dimacs)",
    lambda data: base.names_in(base.folder(data, "vrptw-solomon"), ".txt"),
    _load_solomon,
)
HOMBERGER = PublishedSet(
    "vrptw-gehring-homberger",
    "least distance, distances cut to one decimal (dimacs)",
    _instances_homberger,
    _load_homberger,
)
PRIZES = PublishedSet(
    "pcvrptw",
    "least distance plus prizes of customers left out (dimacs)",
    lambda data: base.names_in(base.folder(data, "pcvrptw"), ".vrp"),
    _load_prizes,
)
