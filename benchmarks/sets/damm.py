"""Field technician scheduling (Damm, Resende, Ronconi 2016, doi 10.1016/j.cor.2015.07.008): choose and route tasks by priority.

All technicians share one base and have their own hours; a task is done inside its window, its end included, by a
technician able to do it. The objective is the sum of the priorities of the tasks done, as large as may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets import base
from benchmarks.sets.base import ORIGIN, PRECISION, Case, DataError, Judgement, Node, Numbers, PublishedSet, Routes
from dispatch.model import Engineer, EngineerSkill, Place, Problem, Ticket, TicketSkill, Window

PUBLISHED = ("greedy_STT", "greedy_NT", "greedy_Cluster", "greedy_XC", "brkga_A", "upper_bound")
"""Columns of `bks.csv` with values of other methods."""


@dataclass(frozen=True)
class Instance:
    """An instance as its file has it: node 0 is the base, `able[i]` the technicians (from 0) who can do task i.

    The `due` of a node is the latest start: the end of its window less its service.
    """

    name: str
    nodes: tuple[Node, ...]
    priorities: tuple[int, ...]
    able: tuple[frozenset[int], ...]
    hours: tuple[tuple[float, float], ...]


def parse(name: str, text: str) -> Instance:
    """Read the text of an instance.

    Raises
    ------
    DataError
        The count of figures is not what the first two say.
    """
    figures = np.array(text.split(), dtype=np.float64)
    n, m = int(figures[0]) + 1, int(figures[1])
    sizes = (n, n * m, n, n, n, m, m, 3, 2 * n)
    if len(figures) != 2 + sum(sizes):
        raise DataError(f"{name}: {len(figures)} figures where {n - 1} tasks and {m} technicians make {2 + sum(sizes)}.")
    blocks = np.split(figures[2:], np.cumsum(sizes)[:-1])
    weights, skills, service, ready, end, leave, back, _, points = blocks
    places = points.reshape(n, 2)
    nodes = tuple(
        Node(float(places[i][0]), float(places[i][1]), float(ready[i]), float(end[i] - service[i]), float(service[i])) for i in range(n)
    )
    able = tuple(frozenset(np.flatnonzero(row).tolist()) for row in skills.reshape(n, m))
    hours = tuple((float(a), float(b)) for a, b in zip(leave, back, strict=True))
    return Instance(name, nodes, tuple(int(w) for w in weights), able, hours)


def to_problem(instance: Instance) -> Problem:
    """Return the instance as a problem: one point of priority is worth all the travel the longest shift could hold.

    Technicians who can do a task share a skill, one for each set of technicians that some task names.
    """
    home = Place(index=0)
    groups = {able: f"able-{k}" for k, able in enumerate(dict.fromkeys(instance.able[1:]))}
    engineers = []
    for k, (leave, back) in enumerate(instance.hours):
        skills = tuple(EngineerSkill(tag) for able, tag in groups.items() if k in able)
        engineers.append(
            Engineer(str(k + 1), (base.shift(home, round(PRECISION * leave), round(PRECISION * back)),), home=home, skills=skills)
        )
    point = base.ticket_price(max(PRECISION * (back - leave) for leave, back in instance.hours))
    tickets = [
        Ticket(
            str(i),
            Place(index=i),
            round(PRECISION * node.service),
            skills=(TicketSkill(groups[instance.able[i]]),),
            windows=(Window(ORIGIN + round(PRECISION * node.ready), ORIGIN + round(PRECISION * node.due)),),
            unassigned_cost=point * instance.priorities[i],
        )
        for i, node in enumerate(instance.nodes)
        if i > 0
    ]
    return base.problem(instance.name, engineers, tickets, base.rounded_up(base.euclidean(instance.nodes)), base.policy())


def judge(instance: Instance, routes: Routes, travel: Numbers) -> Judgement:
    """Return the sum of the priorities of the tasks in the routes."""
    left_out, faults = base.placed_once(routes, map(str, range(1, len(instance.nodes))))
    faults += [f"technician {k} does not exist" for k in routes if not k.isdigit() or not 1 <= int(k) <= len(instance.hours)]
    if faults:
        return Judgement(float("nan"), left_out, tuple(faults))
    value = 0.0
    for technician, tickets in routes.items():
        k, stops = int(technician) - 1, [int(t) for t in tickets]
        walk = base.follow(instance.nodes, [0, *stops, 0], travel, *instance.hours[k])
        unfit = [f"{i} is not for this technician" for i in stops if k not in instance.able[i]]
        faults += [f"technician {technician}: {fault}" for fault in (*walk.faults, *unfit)]
        value += sum(instance.priorities[i] for i in stops)
    return Judgement(value, left_out, tuple(faults))


def _load(data: Path, name: str) -> Case:
    path = base.folder(data, PRIORITIES.name)
    instance = parse(name, base.read_text(path / f"{name}.txt"))
    best = base.best_known(path, name)
    travel = base.euclidean(instance.nodes)
    return Case(
        name,
        to_problem(instance),
        lambda routes: judge(instance, routes, travel),
        best=float(best["best_priority_sum"]) if best else None,
        maximise=True,
        also={column: float(best[column]) for column in PUBLISHED if best.get(column)},
    )


PRIORITIES = PublishedSet(
    "ftsp-damm",
    "largest sum of the priorities of the tasks done",
    lambda data: [n for n in base.names_in(base.folder(data, "ftsp-damm"), ".txt") if n != "format"],
    _load,
)
