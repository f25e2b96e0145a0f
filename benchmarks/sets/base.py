"""What every published set shares: finding its files, walking a route in its own arithmetic, judging the answer.

A reader turns an instance into a `dispatch` problem in whole units (one unit is one second of the problem) and keeps
the figures of the file beside it. The answer is judged by those figures and the set's own rules, not by ours.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dispatch.model import RULES, Engineer, MatrixTravel, Place, PolicyChoice, Problem, Rule, Shift, Ticket

ORIGIN = 1_767_225_600
"""Unix seconds that stand for time 0 of an instance."""

PRECISION = 1000
"""Units per unit of the file, where its distances are real numbers: rounding up costs a leg at most a thousandth."""

TOLERANCE = 1e-6
"""How late a start or a return may be by the file's own figures before it counts as late."""

Routes = Mapping[str, Sequence[str]]
"""Engineer to tickets in order; engineers without tickets may be missing."""

Numbers = npt.NDArray[np.float64]
Units = npt.NDArray[np.int64]


class DataError(Exception):
    """The folder of published sets lacks what was asked for, or a file is not what its set says."""


@dataclass(frozen=True)
class Judgement:
    """An answer by the set's own rules.

    Parameters
    ----------
    value
        The set's objective, in the set's units.
    left_out
        Tickets in no route.
    faults
        Every rule of the set that is broken; none means feasible.
    """

    value: float
    left_out: int
    faults: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether no rule of the set is broken."""
        return not self.faults


@dataclass(frozen=True)
class Case:
    """One published instance as a problem, with its judge and its best known value.

    Parameters
    ----------
    judge
        Prices routes by the set's own objective and rules.
    best, best_left_out
        Best known value, None where none is published; the tickets it leaves out, where that count comes first.
    maximise
        Whether more is better.
    also
        Other published values for the same instance, by name.
    notes
        What the reader had to leave out.
    """

    name: str
    problem: Problem
    judge: Callable[[Routes], Judgement]
    best: float | None = None
    best_left_out: int | None = None
    maximise: bool = False
    also: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def gap(self, judgement: Judgement) -> float | None:
        """Return how many percent an answer is worse than the best known; None where the two cannot be compared."""
        if self.best is None or not judgement.feasible:
            return None
        if self.best_left_out is not None and judgement.left_out != self.best_left_out:
            return None
        worse = self.best - judgement.value if self.maximise else judgement.value - self.best
        return round(100 * worse / self.best, 9) + 0.0 if self.best else None  # 0.0 turns -0.0 into 0.0


@dataclass(frozen=True)
class PublishedSet:
    """A set of instances: what is optimised, which instances a folder holds, and how one is read."""

    name: str
    objective: str
    instances: Callable[[Path], list[str]]
    load: Callable[[Path, str], Case]


@dataclass(frozen=True)
class Node:
    """A place of an instance; service begins from `ready` to `due`, in the units of the file."""

    x: float
    y: float
    ready: float
    due: float
    service: float


@dataclass(frozen=True)
class Walk:
    """A route in the file's own figures.

    `departure` is the latest one that changes neither the return nor anything's feasibility.
    """

    travel: float
    departure: float
    return_: float
    faults: tuple[str, ...]


# ------------------------------------------------------------------- files


def folder(data: Path, name: str) -> Path:
    """Return the folder of a set.

    Raises
    ------
    DataError
        There is no such folder.
    """
    found = data / name
    if not found.is_dir():
        raise DataError(
            f"No folder {found}. Give --data the folder that holds the published sets; benchmarks/README.md names their origins."
        )
    return found


def read_text(path: Path) -> str:
    """Return the text of a file, or of the same file gzipped.

    Raises
    ------
    DataError
        There is neither.
    """
    packed = path.with_name(path.name + ".gz")
    if packed.exists():
        with gzip.open(packed, "rt", encoding="utf-8") as file:
            return file.read()
    if not path.exists():
        raise DataError(f"No file {path} and no {packed.name} beside it.")
    return path.read_text(encoding="utf-8", errors="replace")


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key under which C_2 comes before C_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def names_in(path: Path, suffix: str) -> list[str]:
    """Return the names of the files in a folder that end in `suffix` or `suffix.gz`, without it, in natural order."""
    found = {f.name.removesuffix(".gz").removesuffix(suffix) for f in path.iterdir() if f.name.removesuffix(".gz").endswith(suffix)}
    return sorted(found, key=natural)


def best_known(path: Path, instance: str, convention: str = "") -> dict[str, str]:
    """Return the row of `bks.csv` for an instance under a convention that begins so; empty where there is none."""
    rows = csv.DictReader(read_text(path / "bks.csv").splitlines())
    return next((row for row in rows if row["instance"] == instance and row["convention"].startswith(convention)), {})


# ----------------------------------------------------------------- problems


def policy(**weights: float) -> PolicyChoice:
    """Return a policy that prices travel and the rules named, nothing else."""
    chosen: dict[Rule, float | Mapping[int, float]] = {rule: weights.get(rule, 0.0) for rule in RULES if rule != "travel"}
    return PolicyChoice(base="balanced", weights=chosen)


def ticket_price(units: float) -> float:
    """Return what leaving a ticket out costs, in minutes of travel, when it is worth so many units of travel."""
    return units / 60


def shift(place: Place, start: int, end: int, capacity: Mapping[str, int] | None = None) -> Shift:
    """Return a shift from and back to one place, between two times of the instance, in units."""
    return Shift("day", ORIGIN + start, ORIGIN + end, ORIGIN + end, place, place, capacity=capacity or {})


def problem(name: str, engineers: Iterable[Engineer], tickets: Iterable[Ticket], travel: Units, chosen: PolicyChoice) -> Problem:
    """Return the problem of an instance whose travel is a matrix of whole units."""
    crew = tuple(engineers)
    now = min((s.start for e in crew for s in e.shifts), default=ORIGIN)
    rows = tuple(tuple(row) for row in travel.tolist())
    return Problem(crew, tuple(tickets), now, name=name, policy=chosen, travel=MatrixTravel(rows))


def euclidean(nodes: Sequence[Node]) -> Numbers:
    """Return straight-line distances, shape (n, n), in the units of the file."""
    points = np.array([(n.x, n.y) for n in nodes], dtype=np.float64).reshape(-1, 2)
    difference = points[:, None, :] - points[None, :, :]
    distances: Numbers = np.sqrt((difference**2).sum(axis=2))
    return distances


def rounded_up(travel: Numbers, precision: int = PRECISION) -> Units:
    """Return travel in whole units, never shorter than the file's: what is in time in units is in time in the file."""
    return np.ceil(travel * precision - TOLERANCE).astype(np.int64)


# ------------------------------------------------------------------ judging


def follow(nodes: Sequence[Node], path: Sequence[int], travel: Numbers, leave: float, back_by: float, tolerance: float = TOLERANCE) -> Walk:
    """Walk a path that begins and ends where the engineer does, each service as early as may be.

    Parameters
    ----------
    path
        Nodes in order, start and end included.
    leave, back_by
        Earliest departure and latest return.
    """
    if len(path) <= 2:
        return Walk(0.0, leave, leave, ())
    faults: list[str] = []
    starts: list[float] = []
    time, driven = leave, 0.0
    for here, there in pairwise(path[:-1]):
        driven += travel[here, there]
        begins = max(time + travel[here, there], nodes[there].ready)
        if begins > nodes[there].due + tolerance:
            faults.append(f"{there} begins {begins - nodes[there].due:.4g} after its window")
        starts.append(begins)
        time = begins + nodes[there].service
    driven += travel[path[-2], path[-1]]
    returned = time + travel[path[-2], path[-1]]
    if returned > back_by + tolerance:
        faults.append(f"returns {returned - back_by:.4g} after the end")
    latest = returned
    for here, there in zip(reversed(path[1:-1]), reversed(path[2:]), strict=True):
        latest = min(latest - travel[here, there] - nodes[here].service, max(nodes[here].due, starts.pop()))
    return Walk(float(driven), float(latest - travel[path[0], path[1]]), float(returned), tuple(faults))


def placed_once(routes: Routes, tickets: Iterable[str]) -> tuple[int, list[str]]:
    """Return how many tickets are in no route, and a fault for each one that is unknown or in two places."""
    wanted, seen, faults = set(tickets), set[str](), []
    for route in routes.values():
        for ticket in route:
            if ticket not in wanted:
                faults.append(f"{ticket} does not exist")
            elif ticket in seen:
                faults.append(f"{ticket} is placed twice")
            seen.add(ticket)
    return len(wanted - seen), faults


def all_served(left_out: int) -> list[str]:
    """Return the fault of leaving tickets out, where the set has every one served."""
    return [f"{left_out} left out"] if left_out else []
