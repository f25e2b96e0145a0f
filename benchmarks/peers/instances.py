"""The instances that engines are compared on: generated days by size and seed, or those of a published set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import days, published
from benchmarks.peers.day import Day, reduce
from benchmarks.sets import SETS, Case
from dispatch import travel

ALL_SERVED = ("vrptw-solomon", "vrptw-gehring-homberger")
"""Published sets in which every ticket is served."""


@dataclass(frozen=True)
class Instance:
    """Where to find an instance; small, so that it can be handed to another process.

    Parameters
    ----------
    group
        What it is averaged with.
    tickets, seed
        Of a generated day.
    published, data
        Name of a published set, and the folder that holds the sets; empty for a generated day.
    """

    group: str
    name: str
    tickets: int = 0
    seed: int = 0
    published: str = ""
    data: str = ""

    def read(self) -> tuple[Day, Case | None]:
        """Return the day and, of a published instance, its judge.

        Raises
        ------
        DataError
            The folder does not hold it.
        CannotExpressError
            It has rules that other engines cannot be told.
        """
        case = SETS[self.published].load(Path(self.data), self.name) if self.published else None
        problem = days.generate(self.tickets, self.seed) if case is None else case.problem
        return reduce(problem, travel.matrix(problem), self.published in ALL_SERVED), case


def generated(sizes: Iterable[int], seeds: Iterable[int]) -> list[Instance]:
    """Return days of each size with each seed."""
    drawn = list(seeds)
    return [Instance(f"{size:,} tickets", f"{size} tickets, seed {seed}", size, seed) for size in sizes for seed in drawn]


def of_set(name: str, data: Path, limit: int | None, only: str) -> list[Instance]:
    """Return the instances of a published set, at most `limit`, evenly over it.

    Raises
    ------
    DataError
        No such set, no such folder, or no instance that fits.
    """
    return [
        Instance(from_set.name, instance, published=from_set.name, data=str(data))
        for from_set, names in published.chosen(name, data, limit, only)
        for instance in names
    ]
