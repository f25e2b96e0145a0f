"""Prove how far plans of generated days are from the best possible, and print the gap of each day.

Run ``python -m benchmarks.proof --days 10 --first-seed 100 --seconds 10 --prove 60``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from time import monotonic, process_time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import days
from benchmarks.record import circumstances
from benchmarks.summary import number
from dispatch import check, solver, travel


@dataclass(frozen=True)
class Proved:
    """One day: cost and bound in seconds of travel (bound and gap None where nothing was proved), gap in percent of the cost."""

    day: str
    cost: float
    bound: float | None
    gap: float | None
    violations: int
    seconds: float
    cpu_seconds: float


def proved(tickets: int, seed: int, options: solver.Options) -> Proved:
    """Plan a day, prove a bound, and judge the plan."""
    day = days.generate(tickets, seed)
    matrix = travel.matrix(day)
    began, used = monotonic(), process_time()
    plan = solver.solve(day, matrix, options).plan
    seconds, cpu_seconds = monotonic() - began, process_time() - used
    verdict = check.verify(day, matrix, plan)
    cost, bound = verdict.cost.total, None if plan.solver is None else plan.solver.bound
    gap = None if bound is None else 100 * (cost - bound) / max(1, cost)
    return Proved(
        day.name,
        cost / 1000,
        None if bound is None else bound / 1000,
        gap,
        len(verdict.violations),
        round(seconds, 1),
        round(cpu_seconds, 1),
    )


def lines(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the cells of a table: each day, then the mean and the worst; a day without a bound makes both unknown."""
    each = [
        (r["day"], number(r["cost"], 0), number(r["bound"], 0), number(r["gap"]), number(r["seconds"], 0), number(r["cpu_seconds"], 0))
        for r in rows
    ]
    gaps = [r["gap"] for r in rows if r["gap"] is not None]
    known = len(gaps) == len(rows) > 0
    spent = (number(fmean(r[what] for r in rows), 0) if rows else "-" for what in ("seconds", "cpu_seconds"))
    mean, worst = (fmean(gaps), max(gaps)) if known else (None, None)
    return [*each, ("mean", "", "", number(mean), *spent), ("worst", "", "", number(worst), "", "")]


HEADINGS = ("day", "cost", "bound", "gap %", "seconds", "CPU seconds")


def cpu_clock(workers: int) -> Callable[[], float]:
    """Return a clock that runs as a machine with nothing else to do would: CPU seconds of this process, by worker."""
    return lambda: process_time() / workers


def main(
    count: Annotated[int, typer.Option("--days", min=1, help="How many days.")] = 10,
    first_seed: Annotated[int, typer.Option(help="Seed of the first day.")] = 100,
    tickets: Annotated[int, typer.Option(min=1, help="Tickets of each day.")] = 100,
    seconds: Annotated[float, typer.Option(min=0, help="Seconds to search for the plan.")] = 10.0,
    prove: Annotated[float, typer.Option(min=0, help="Seconds to prove.")] = 60.0,
    workers: Annotated[int, typer.Option(min=1, help="Threads that search and prove side by side.")] = 2,
    cpu: Annotated[bool, typer.Option("--cpu", help="Count CPU seconds by worker, not the clock's: for a busy machine.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write the figures there as JSON, anew after every day.")] = None,
) -> None:
    """Prove bounds of generated days."""
    err, rows = Console(stderr=True), list[dict[str, Any]]()
    options = solver.Options(seconds=seconds, prove=prove, workers=workers, clock=cpu_clock(workers) if cpu else monotonic)
    asked = {
        "days": count,
        "first_seed": first_seed,
        "tickets": tickets,
        "seconds": seconds,
        "prove": prove,
        "workers": workers,
        "cpu": cpu,
    }
    for seed in range(first_seed, first_seed + count):
        rows.append(asdict(proved(tickets, seed, options)))
        err.print(" ".join(lines(rows[-1:])[0]), highlight=False)
        if output is not None:
            output.parent.mkdir(parents=True, exist_ok=True)
            document = circumstances() | {"options": asked, "proofs": rows}
            output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    table = Table(*HEADINGS, title=f"proof of {count} days of {tickets} tickets", title_justify="left")
    for cells in lines(rows):
        table.add_row(*cells)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
