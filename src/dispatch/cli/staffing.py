"""The commands of staffing: which crew, which promises, at what price."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dispatch import answers
from dispatch.cli import options
from dispatch.cli.demand import column
from dispatch.cli.edge import FAILED, STOPPED, guarded, note, put, say
from dispatch.cli.files import check_writable, read, write
from dispatch.cli.simulate import Cluster, Days, Replications, Seed, Workers, WorldFile, app, counting

__all__ = ["app"]

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dispatch.simulation.alternatives import Grid
    from dispatch.simulation.staff import Tried
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
        """See that files can be written and pictures drawn: better before an hour of simulation than after it."""
        for path in (self.report, self.picture):
            if path is not None:
                check_writable(path)
        if self.picture is not None:
            from dispatch.simulation import picture as drawing

            drawing.figure(1, 1, 1, 1)

    def give(
        self, draw: Callable[[], Any], html: Callable[[], str], document: Callable[[], Any], words: Callable[[], RenderableType]
    ) -> None:
        """Write the files and print the answer, each made where it is wanted."""
        from dispatch.simulation import picture as drawing

        if self.picture is not None:
            self._write(self.picture, drawing.save(draw(), self.picture))
        if self.report is not None:
            self._write(self.report, html().encode())
        if self.as_json:
            put(answers.text(document()))
        elif not self.quiet:
            say(words())

    def _write(self, path: Path, data: bytes) -> None:
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
    from dispatch.simulation import sweeps
    from dispatch.simulation.alternatives import alternatives
    from dispatch.simulation.studies import simulate_all

    out = Outputs(report, picture, as_json, quiet)
    out.check()
    tree, there = read_tree(world)
    found = alternatives(tree, _grid(grid, headcount or (), policy, dispatching))
    with planned(days, replications, seed, workers, cluster, keep, quiet) as plan:
        study = simulate_all(found, plan)
    out.give(
        lambda: sweeps.draw(study, there),
        lambda: sweeps.html(study, there),
        lambda: sweeps.answer(study, there),
        lambda: words.sweep(study, there),
    )
    if not study.complete:
        if keep is not None and not quiet:
            note(f"Stopped. What is done is in {keep}: the same command goes on from there.")
        return STOPPED
    return 0 if not there.targets or sweeps.best(study) is not None else FAILED


def _ranges(given: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the least and the most of each group that options name."""
    found = {}
    for text in given:
        who, sep, span = text.rpartition("=")
        low, dots, high = span.partition("..")
        if (
            not (sep and who and low.isdigit() and (high.isdigit() if dots else True))
            or int(low) > int(high or low)
            or int(high or low) > 1000
        ):
            raise typer.BadParameter(f"{text!r} is not like night=1..4", param_hint="--range")
        found[who] = (int(low), int(high or low))
    return found


def _telling(quiet: bool) -> Callable[[Tried], None] | None:
    """Return what to tell of each crew that was simulated."""
    if quiet:
        return None
    number = 0

    def tell(tried: Tried) -> None:
        nonlocal number
        number += tried.again is None
        missed = ", ".join(dict.fromkeys(v.figure for v in tried.missed))
        came_out = "meets all targets" if tried.met else f"misses {missed}"
        where = f"Crew {number}" if tried.again is None else "Again, on other random numbers"
        note(f"{where}: {tried.compared.alternative.name}: {came_out}")

    return tell


MostCrews = Annotated[int, typer.Option("--crews", min=1, max=10_000, metavar="N", help="Most crews that are simulated.")]


@app.command("staff")
@guarded
def staff(
    world: WorldFile,
    *,
    ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="ID=1..4",
            help="How many of an entry of `engineers` there may be. Can be repeated.",
            show_default="none to three more than today",
        ),
    ] = None,
    crews: MostCrews = 200,
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
    """Find the cheapest crew that meets all targets, and show that those with one engineer less do not."""
    from dispatch.cli import staffing_told as words
    from dispatch.simulation import staffing_answers as said
    from dispatch.simulation.staff import groups_of
    from dispatch.simulation.staff import staff as search

    out = Outputs(report, picture, as_json, quiet)
    out.check()
    tree, there = read_tree(world)
    found = groups_of(tree, there, days, _ranges(ranges or ()))
    with planned(days, replications, seed, workers, cluster, keep, True) as plan:
        result = search(tree, there, found, plan, most_crews=crews, on_crew=_telling(quiet))
        stopped = plan.stop()
    out.give(
        lambda: said.draw_staff(result, there),
        lambda: said.staff_html(result, there),
        lambda: said.staff(result, there, (days, replications, seed)),
        lambda: words.staff(result, there),
    )
    if stopped:
        return STOPPED
    return 0 if result.best is not None else FAILED


@app.command("promise")
@guarded
def promise(
    world: WorldFile,
    *,
    tighten: Annotated[str, typer.Option(metavar="A,B", help="Factors of the time promised that are tried as well.")] = "0.75,0.5",
    share: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="Of tickets a promise is to be kept for, where no target says so.")
    ] = 0.95,
    room: Annotated[
        int,
        typer.Option(
            "--room", min=0, max=100, metavar="N", help="Most engineers added to each group to keep a promise; 0: none are sought."
        ),
    ] = 2,
    crews: MostCrews = 200,
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
    """Say which promises today's people keep, how surely, and what it takes and costs to promise more."""
    from dispatch.cli import staffing_told as words
    from dispatch.simulation import staffing_answers as said
    from dispatch.simulation.promises import promise as ask

    out = Outputs(report, picture, as_json, quiet)
    out.check()
    try:
        factors = [float(f) for f in tighten.split(",") if f]
    except ValueError:
        factors = [0.0]
    if not all(0 < f < 1 for f in factors):
        raise typer.BadParameter(f"{tighten!r} is not like 0.75,0.5: factors above 0 and below 1", param_hint="--tighten")
    tree, there = read_tree(world)
    with planned(days, replications, seed, workers, cluster, keep, quiet) as plan:
        result = ask(tree, there, plan, factors, share, room, most_crews=crews, on_crew=_telling(quiet))
    out.give(
        lambda: said.draw_promises(result),
        lambda: said.promises_html(result, there),
        lambda: said.promises(result, there, (days, replications, seed)),
        lambda: words.promises(result, there),
    )
    return 0 if result.complete else STOPPED


@app.command("marginal")
@guarded
def marginal(
    world: WorldFile,
    *,
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
    """Say what one more engineer of each skill, tier and region would buy."""
    from dispatch.cli import staffing_told as words
    from dispatch.simulation import staffing_answers as said
    from dispatch.simulation.promises import marginal as ask

    out = Outputs(report, picture, as_json, quiet)
    out.check()
    tree, there = read_tree(world)
    with planned(days, replications, seed, workers, cluster, keep, quiet) as plan:
        groups, study = ask(tree, there, plan)
    out.give(
        lambda: said.draw_differences(groups, study, there),
        lambda: said.marginal_html(groups, study, there),
        lambda: said.marginal(groups, study, there),
        lambda: words.marginal(groups, study, there),
    )
    return 0 if study.complete else STOPPED


@app.command("backtest")
@guarded
def backtest(
    world: WorldFile,
    log: Annotated[Path, typer.Argument(metavar="LOG", help="CSV file, plain or with gzip, that says when work began or ended.")],
    *,
    opened: Annotated[str | None, column("when a ticket was reported")] = None,
    begun: Annotated[str | None, column("when work on site began")] = None,
    ended: Annotated[str | None, column("when it ended")] = None,
    lat: Annotated[str | None, column("degrees north")] = None,
    lon: Annotated[str | None, column("degrees east")] = None,
    ticket: Annotated[str | None, column("which ticket a row is about")] = None,
    sort: Annotated[str | None, column("to which entry of `demand` a ticket belongs")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3660, metavar="N", help="Days of the log, from its first on.", show_default="all")
    ] = None,
    replications: Replications = 10,
    seed: Seed = 0,
    workers: Workers = None,
    cluster: Cluster = None,
    report: options.Report = None,
    picture: Picture = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Dispatch the tickets of a log again with the people of a world, and compare with what was done."""
    from dispatch.cli import staffing_told as words
    from dispatch.simulation import backtest as replaying
    from dispatch.simulation import logs

    out = Outputs(report, picture, as_json, quiet)
    out.check()
    tree, there = read_tree(world)
    given = logs.read_log(read(str(log)), logs.Columns(opened, begun, ended, lat, lon, sort, ticket), there.problem.time_zone)
    if not quiet:
        for w in given.warnings:
            note(f"Warning {w.code}: {w.message}")
    with planned(1, replications, seed, workers, cluster, None, quiet) as plan:
        result = replaying.backtest(tree, given, plan, days)
        stopped = plan.stop()
    out.give(lambda: replaying.draw(result), lambda: replaying.html(result), lambda: replaying.answer(result), lambda: words.replay(result))
    return STOPPED if stopped else 0
