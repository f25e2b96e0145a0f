"""The commands of the simulation: each reads a world, asks one question, prints, and returns its exit code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatch import answers
from dispatch.cli import options
from dispatch.cli.edge import FAILED, STOPPED, guarded, note, put, say
from dispatch.cli.files import check_writable, read, write

if TYPE_CHECKING:
    from dispatch.simulation.world import World

app = typer.Typer(no_args_is_help=True, help="Weeks of dispatching, before they happen: can these people keep these promises?")

WorldFile = Annotated[str, typer.Argument(metavar="WORLD", help="File of the format dispatch-world/1; - reads standard input.")]
Days = Annotated[int, typer.Option(min=1, max=3660, metavar="N", help="Days that count, after the warm-up.")]
Replications = Annotated[int, typer.Option(min=1, max=10_000, metavar="R", help="Most replications, each with random numbers of its own.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, metavar="S", help="Random seed: the same seed gives the same records.")]
Workers = Annotated[
    int | None, typer.Option(min=1, max=256, metavar="W", help="Replications that run side by side.", show_default="one per core")
]

Cluster = Annotated[
    str | None,
    typer.Option(metavar="tcp://HOST:PORT", help="Scheduler of a Dask cluster that runs the replications.", show_default="processes"),
]


def read_world(source: str) -> World:
    """Return the world in a file, or on standard input."""
    from dispatch.simulation.world import read_world

    return read_world(read(source))


@contextmanager
def counting(name: str, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yield what to tell of replications done: a bar on a terminal, else lines on standard error."""
    if quiet:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda done, of: note(f"{name}: {done} of {of}")
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@app.command("run")
@guarded
def run(
    world: WorldFile,
    *,
    days: Days = 20,
    replications: Replications = 10,
    seed: Seed = 0,
    workers: Workers = None,
    cluster: Cluster = None,
    precision: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, metavar="P", help="Stop as soon as half of each interval is at most this.", show_default="all replications"
        ),
    ] = None,
    records: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the records of every replication here (CSV).", show_default=False)
    ] = None,
    report: options.Report = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw promises kept and responses here.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Simulate a world, and print its figures with 95 % intervals and how its targets come out."""
    from dispatch.cli.watch import stopping
    from dispatch.simulation import answers as simulated
    from dispatch.simulation import page, runs
    from dispatch.simulation import picture as drawing
    from dispatch.simulation.warnings import warnings
    from dispatch.simulation.workers import executor

    for path in (report, picture, None if records is None else records / "days.csv"):
        if path is not None:
            check_writable(path)
    there = read_world(world)
    found = warnings(there, days)
    if not quiet:
        for w in found:
            note(f"Warning {w.code}: {w.message}")
    many = min(workers or os.cpu_count() or 1, replications)
    with ExitStack() as stack:
        stop = stack.enter_context(stopping())
        pool, at_once = stack.enter_context(executor(many, cluster))
        tell = stack.enter_context(counting("Replications", quiet))
        result = runs.run(
            there,
            days,
            replications,
            seed,
            precision=precision,
            executor=pool,
            workers=at_once,
            folder=records,
            on_progress=tell,
            stop=stop.is_set,
        )
    if picture is not None:
        write(picture, drawing.save(drawing.of_run(result), picture))
        if not quiet:
            note(f"Wrote {picture}")
    if report is not None:
        write(report, page.of_run(result, found).encode())
        if not quiet:
            note(f"Wrote {report}")
    if as_json:
        put(answers.text(simulated.of_run(result, found)))
    elif not quiet:
        from dispatch.cli import simulated as words

        say(words.run(result))
    if stop.is_set():
        return STOPPED
    return 0 if all(v.met for v in result.targets()) else FAILED
