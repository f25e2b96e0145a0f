"""Measure what it costs the search that travel depends on the hour: iterations a second on the same days with and without a rush hour.

Run ``python -m benchmarks.hours``. Both searches cool in turn, a thousand iterations each, in one process, and the processor's time
counts, so that other work on the machine disturbs both alike.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import days
from dispatch import travel
from dispatch.model import PolicyChoice, PolicyName, Problem, Speed
from dispatch.solver import arrays, search
from dispatch.solver.guide import Guide, prepare
from dispatch.solver.run import COLD, HOT, warm_up
from dispatch.solver.state import State, empty

RUSH = (Speed(0.6, from_=7 * 3600, to=9 * 3600 + 1800), Speed(0.7, from_=16 * 3600 + 1800, to=19 * 3600))
"""Two rush hours, over a third of the shifts."""
SIZES = (100, 250)
POLICIES: tuple[PolicyName, ...] = ("balanced", "cost-first")
CHUNK = 1000
"""Iterations before the other search has its turn."""
SCALE = 900_000
"""Milliseconds of travel: about what a leg of these days costs, by which searches cool."""
LIMIT = 1.5
"""The most that a search by the hour may cost, as a multiple of one without hours."""


@dataclass
class Search:
    """A search of a day, and the seconds it has taken."""

    arrays: arrays.Arrays
    guide: Guide
    state: State
    seconds: float = 0.0

    @classmethod
    def of(cls, problem: Problem, seed: int) -> Search:
        """Begin to search a problem."""
        built = arrays.build(problem, travel.matrix(problem)).arrays
        found = cls(built, prepare(built), empty(built, seed))
        search.fill(built, found.guide, found.state)
        return found

    def run(self, hot: float, cold: float) -> None:
        """Run a chunk of iterations while the temperature falls."""
        begun = time.process_time()
        search.run(self.arrays, self.guide, self.state, CHUNK, hot, cold, search.ROOM)
        self.seconds += time.process_time() - begun


def compare(tickets: int, policy: PolicyName, chunks: int, seed: int) -> tuple[Search, Search]:
    """Search a day without and with rush hours in turn."""
    day = replace(days.generate(tickets, seed), policy=PolicyChoice(policy))
    plain, by_hour = Search.of(day, seed), Search.of(replace(day, travel=replace(day.travel, speeds=RUSH)), seed)
    heat = [SCALE * HOT * (COLD / HOT) ** (k / chunks) for k in range(chunks + 1)]
    for k in range(chunks):
        for each in (plain, by_hour) if k % 2 else (by_hour, plain):
            each.run(heat[k], heat[k + 1])
    return plain, by_hour


def main(
    chunks: Annotated[int, typer.Option(min=1, help="Thousands of iterations of each search.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the days and the searches.")] = 0,
) -> None:
    """Print iterations a second with and without hours, and their ratio; exit code 1 where it is over the limit."""
    shown = Table(title="travel by the hour", title_justify="left")
    for heading in ("tickets", "policy", "iterations/s", "by the hour", "ratio", f"< {LIMIT}"):
        shown.add_column(heading, justify="left" if heading == "policy" else "right")
    ratios = []
    warm_up()
    warm_up(hourly=True)
    for tickets in SIZES:
        for policy in POLICIES:
            Console(stderr=True).print(f"measuring: {tickets} tickets, {policy}", highlight=False)
            plain, by_hour = compare(tickets, policy, chunks, seed)
            ratios.append(by_hour.seconds / plain.seconds)
            rates = [f"{CHUNK * chunks / each.seconds:,.0f}" for each in (plain, by_hour)]
            shown.add_row(str(tickets), policy, *rates, f"{ratios[-1]:.2f}", "yes" if ratios[-1] < LIMIT else "no")
    Console().print(shown)
    raise typer.Exit(0 if max(ratios) < LIMIT else 1)


if __name__ == "__main__":
    typer.run(main)
