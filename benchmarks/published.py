"""Solve published instances, judge the answers by each set's own rules, and print the gap to the best known.

Run ``python -m benchmarks.published --data ../shared/data --set ftsp-damm --seconds 5 --limit 20``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from math import isnan
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import days
from benchmarks.record import circumstances
from benchmarks.sets import NOT_READ, SETS, Case, DataError, PublishedSet
from benchmarks.summary import beside, number
from dispatch import check, solver, travel
from dispatch.errors import DispatchError
from dispatch.model import Plan

_FOLDER = "Folder that holds the published sets, one folder each."
_SET = f"One of {', '.join(SETS)}; or all."
_EPILOG = "Not read: " + "; ".join(f"{name} ({reason})" for name, reason in NOT_READ.items()) + "."


@dataclass(frozen=True)
class Row:
    """One instance solved.

    `value` (None where the routes make no sense) and `feasible` are by the set's own rules; `violations` counts those
    of our own check; `gap` is in percent, None where there is nothing to compare with.
    """

    set: str
    instance: str
    tickets: int
    engineers: int
    left_out: int
    value: float | None
    best: float | None
    gap: float | None
    feasible: bool
    faults: tuple[str, ...]
    violations: int
    seconds: float
    iterations: int
    also: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def spread(names: Sequence[str], limit: int | None) -> list[str]:
    """Return at most `limit` names, evenly over the list, so that no class of instances is missed."""
    if limit is None or limit >= len(names):
        return list(names)
    return [names[k * len(names) // limit] for k in range(limit)]


def routes_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the tickets of each engineer in order; an instance has one shift for each."""
    return {route.engineer: tuple(stop.ticket for stop in route.stops) for route in plan.routes if route.stops}


def run(set_name: str, case: Case, options: solver.Options) -> Row:
    """Solve one instance and judge the answer twice: by our check and by the set's own rules."""
    matrix = travel.matrix(case.problem)
    begun = perf_counter()
    result = solver.solve(case.problem, matrix, options)
    seconds = perf_counter() - begun
    verdict = check.verify(case.problem, matrix, result.plan)
    judgement = case.judge(routes_of(verdict.plan))
    return Row(
        set=set_name,
        instance=case.name,
        tickets=len(case.problem.tickets),
        engineers=len(case.problem.engineers),
        left_out=judgement.left_out,
        value=None if isnan(judgement.value) else judgement.value,
        best=case.best,
        gap=case.gap(judgement),
        feasible=judgement.feasible,
        faults=judgement.faults,
        violations=len(verdict.violations),
        seconds=seconds,
        iterations=result.plan.solver.iterations if result.plan.solver else 0,
        also=case.also,
        notes=case.notes,
    )


def warm_up(options: solver.Options) -> None:
    """Solve a small day once, so that loading compiled code is not counted against the first instance."""
    day = days.generate(14, 0)
    solver.solve(day, travel.matrix(day), replace(options, seconds=None, iterations=10))


def chosen(which: str, data: Path, limit: int | None, only: str) -> list[tuple[PublishedSet, list[str]]]:
    """Return the sets named and the instances to solve of each.

    Raises
    ------
    DataError
        No such set, no such folder, or no instance that fits.
    """
    if which != "all" and which not in SETS:
        reason = f"{which} is not read: {NOT_READ[which]}." if which in NOT_READ else f"No set {which}."
        raise DataError(f"{reason} Name one of {', '.join(SETS)}, or all.")
    picked: list[tuple[PublishedSet, list[str]]] = []
    for published in SETS.values() if which == "all" else [SETS[which]]:
        names = [name for name in published.instances(data) if fnmatchcase(name, only)]
        if not names:
            raise DataError(f"No instance of {published.name} in {data} fits {only}.")
        picked.append((published, spread(names, limit)))
    return picked


def table(published: PublishedSet, rows: Sequence[Row]) -> Table:
    """Return the table of one set, with the means in its footer."""
    gaps = [row.gap for row in rows if row.gap is not None]
    whole = all(float(v or 0).is_integer() for row in rows for v in (row.value, row.best))
    digits = 0 if whole else 2
    shown = Table(title=f"{published.name}: {published.objective}", show_footer=True, title_justify="left")
    shown.add_column("instance", footer=f"{len(rows)} instances")
    shown.add_column("tickets", justify="right")
    shown.add_column("engineers", justify="right")
    shown.add_column("left out", justify="right")
    shown.add_column("ours", justify="right")
    shown.add_column("best known", justify="right")
    shown.add_column("gap %", justify="right", footer=f"mean {fmean(gaps):.2f}" if gaps else "-")
    shown.add_column("feasible", footer=f"{sum(row.feasible for row in rows)} of {len(rows)}")
    shown.add_column("seconds", justify="right", footer=f"mean {fmean(row.seconds for row in rows):.1f}")
    for row in rows:
        feasible = "yes" if row.feasible else f"no: {row.faults[0]}"
        cells = (row.instance, str(row.tickets), str(row.engineers), str(row.left_out), number(row.value, digits), number(row.best, digits))
        shown.add_row(*cells, number(row.gap, 2), feasible, f"{row.seconds:.1f}")
    return shown


def _wide() -> Console:
    """Return standard output; a file or a pipe has no width of its own, so it gets one that holds the table."""
    console = Console()
    return console if console.is_terminal else Console(width=140)


def solve_all(picked: Sequence[tuple[PublishedSet, list[str]]], data: Path, options: solver.Options) -> list[Row]:
    """Solve the instances picked, print one table per set, and return all rows."""
    out, err = _wide(), Console(stderr=True)
    done: list[Row] = []
    err.print("loading the solver")
    warm_up(options)
    for published, names in picked:
        rows: list[Row] = []
        for k, name in enumerate(names, 1):
            err.print(f"{published.name} {name} ({k} of {len(names)})", highlight=False)
            rows.append(run(published.name, published.load(data, name), options))
        done += rows
        out.print(table(published, rows))
        for line in beside([asdict(row) for row in rows]):
            out.print(line, highlight=False)
        for row in rows:
            for note in row.notes:
                out.print(f"{row.instance}: {note}", highlight=False)
        broken = [row.instance for row in rows if row.violations]
        if broken:
            out.print(f"our own check found violations in {', '.join(broken)}", highlight=False)
    return done


def save(path: Path, settings: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Write results as JSON, with the date, commit, versions and machine they were measured with."""
    document = circumstances() | {"options": dict(settings), "results": [asdict(row) for row in rows]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main(
    data: Annotated[Path, typer.Option(help=_FOLDER)],
    which: Annotated[str, typer.Option("--set", help=_SET)],
    seconds: Annotated[float, typer.Option(min=0, help="Seconds for each instance.")] = 5.0,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many instances of a set, evenly over it.")] = None,
    only: Annotated[str, typer.Option(help="Only instances whose name fits, such as 'R?_2_*'.")] = "*",
    seed: Annotated[int, typer.Option(help="Seed of the search.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    engine: Annotated[solver.Engine, typer.Option(help="Engine of the solver.")] = solver.Options.engine,
    output: Annotated[Path | None, typer.Option(help="Write the results there as JSON.")] = None,
) -> None:
    """Solve published instances and print the gap to the best known."""
    options = solver.Options(seconds=seconds, seed=seed, workers=workers, engine=engine)
    try:
        picked = chosen(which, data, limit, only)
        done = solve_all(picked, data, options)
    except (DataError, DispatchError) as fault:
        Console(stderr=True).print(str(fault), style="red", highlight=False)
        raise typer.Exit(2) from None
    if which == "all":
        for name, reason in NOT_READ.items():
            _wide().print(f"not read: {name}: {reason}", highlight=False)
    if output is not None:
        settings = {"seconds": seconds, "limit": limit, "only": only, "seed": seed, "workers": workers, "engine": engine}
        save(output, settings, done)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False)
    app.command(epilog=_EPILOG)(main)
    sys.exit(app())
