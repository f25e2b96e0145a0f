"""The commands of staffing: which crew, which promises, at what price."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dispatch import answers
from dispatch.cli import options
from dispatch.cli.edge import FAILED, STOPPED, guarded, note, put, say
from dispatch.cli.files import check_writable, read, write
from dispatch.cli.simulate import Cluster, Days, Replications, Seed, Workers, WorldFile, app, counting

__all__ = ["app"]

if TYPE_CHECKING:
    from dispatch.simulation.alternatives import Grid
    from dispatch.simulation.studies import Plan
    from dispatch.simulation.world import World

Keep = Annotated[
    Path | None,
    typer.Option(
        "--keep", metavar="DIR", help="Save every replication here as it comes; what is there is not simulated again.", show_default=False
    ),
]
Picture = Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw a chart here.", show_default=False)]
Counts = Annotated[
    list[str] | None,
    typer.Option(
        "--headcount",
        metavar="WHO=2,3,4",
        help="Numbers of engineers to be tried; WHO is the id of an entry of `engineers`, or region:R+skill:S+tier:T. Can be repeated.",
        show_default="the world's",
    ),
]


@dataclass(frozen=True)
class Outputs:
    """Where an answer goes."""

    report: Path | None
    picture: Path | None
    as_json: bool
    quiet: bool

    def check(self) -> None:
        """See that files can be written."""
        for path in (self.report, self.picture):
            if path is not None:
                check_writable(path)

    def write(self, path: Path | None, data: bytes) -> None:
        """Write one of the files."""
        if path is not None:
            write(path, data)
            if not self.quiet:
                note(f"Wrote {path}")


def read_tree(source: str) -> tuple[dict[str, Any], World]:
    """Return the world in a file, as JSON and as it is."""
    from dispatch.schema import text
    from dispatch.simulation.world import read_world

    data = read(source)
    world = read_world(data)
    return text.load(data)[0], world


@contextmanager
def planned(
    days: int, replications: int, seed: int, workers: int | None, cluster: str | None, keep: Path | None, quiet: bool
) -> Iterator[Plan]:
    """Yield how alternatives are simulated: with a bar, and an end at Ctrl-C."""
    from dispatch.cli.watch import stopping
    from dispatch.simulation.studies import Plan
    from dispatch.simulation.workers import executor

    if keep is not None:
        check_writable(keep / "a.jsonl")
    with ExitStack() as stack:
        stop = stack.enter_context(stopping())
        pool, at_once = stack.enter_context(executor(workers or os.cpu_count() or 1, cluster))
        tell = stack.enter_context(counting("Replications", quiet))
        yield Plan(days, replications, seed, keep, pool, at_once, tell, stop.is_set)


def _numbers(text: str) -> tuple[str, list[int]]:
    who, sep, numbers = text.rpartition("=")
    try:
        counts = [int(n) for n in numbers.split(",")]
    except ValueError:
        counts = []
    if not sep or not who or not counts or min(counts) < 0 or max(counts) > 1000:
        raise typer.BadParameter(f"{text!r} is not like night=2,3,4 with numbers from 0 to 1000", param_hint="--headcount")
    return who, counts


def _grid(source: Path | None, headcount: Sequence[str], policy: str | None, dispatching: str | None) -> Grid:
    """Return the grid of a file with the axes of options."""
    from dispatch.simulation.alternatives import Grid, Headcount, read_grid, who_of

    given = Grid(format="dispatch-grid/1") if source is None else read_grid(read(str(source)))
    changed: dict[str, Any] = {}
    if headcount:
        found = [(who_of(who), counts) for who, counts in map(_numbers, headcount)]
        changed["headcount"] = [*given.headcount, *(Headcount(**who.model_dump(), counts=counts) for who, counts in found)]
    if policy is not None:
        changed["policy"] = policy.split(",")
    if dispatching is not None:
        from typing import get_args

        from dispatch.planning.light import Dispatching

        changed["dispatching"] = dispatching.split(",")
        if unknown := [d for d in changed["dispatching"] if d not in get_args(Dispatching)]:
            known = ", ".join(get_args(Dispatching))
            raise typer.BadParameter(f"{unknown[0]!r} is none of {known}", param_hint="--dispatching")
    return given.model_copy(update=changed)


@app.command("sweep")
@guarded
def sweep(
    world: WorldFile,
    *,
    grid: Annotated[Path | None, typer.Option(metavar="FILE", help="What is to be tried (dispatch-grid/1).", show_default=False)] = None,
    headcount: Counts = None,
    policy: Annotated[str | None, typer.Option(metavar="A,B", help="Policies to be tried.", show_default="the world's")] = None,
    dispatching: Annotated[
        str | None, typer.Option(metavar="A,B", help="Ways to dispatch to be tried.", show_default="the world's")
    ] = None,
    days: Days = 20,
    replications: Replications = 10,
    seed: Seed = 0,
    workers: Workers = None,
    cluster: Cluster = None,
    keep: Keep = None,
    report: options.Report = None,
    picture: Picture = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Try headcounts, skill mixes, policies and region borders, each with each, on the same tickets."""
    from dispatch.cli import staffing_told as words
    from dispatch.simulation import picture as drawing
    from dispatch.simulation import sweeps
    from dispatch.simulation.alternatives import alternatives
    from dispatch.simulation.studies import simulate_all

    out = Outputs(report, picture, as_json, quiet)
    out.check()
    tree, there = read_tree(world)
    found = alternatives(tree, _grid(grid, headcount or (), policy, dispatching))
    with planned(days, replications, seed, workers, cluster, keep, quiet) as plan:
        study = simulate_all(found, plan)
    if picture is not None:
        out.write(picture, drawing.save(sweeps.draw(study, there), picture))
    if report is not None:
        out.write(report, sweeps.html(study, there).encode())
    if as_json:
        put(answers.text(sweeps.answer(study, there)))
    elif not quiet:
        say(words.sweep(study, there))
    if not study.complete:
        if keep is not None and not quiet:
            note(f"Stopped. What is done is in {keep}: the same command goes on from there.")
        return STOPPED
    return 0 if not there.targets or sweeps.best(study) is not None else FAILED
