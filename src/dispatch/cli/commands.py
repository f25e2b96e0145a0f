"""The commands: each reads, calls one service, prints, and returns its exit code."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dispatch import answers
from dispatch.cli import demand, living, maps, options, serving, staffing
from dispatch.cli.edge import FAILED, STOPPED, guarded, log, note, put, say
from dispatch.cli.files import Outputs, cache_folder, check_outputs, read, read_both, write_outputs
from dispatch.cli.travelling import set_out
from dispatch.errors import InfeasibleError
from dispatch.model import Plan, PolicyChoice, PolicyName, Problem

if TYPE_CHECKING:
    from dispatch.planning import Planned
    from dispatch.scenario import Outcome, Scenario

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Plan the day of a field service: which engineer goes to which ticket, when, and why.",
    epilog="Exit codes: 0 done, 1 violations or missed expectations, 2 faulty input, 3 mandatory work left out, 130 stopped.",
)
scenarios = typer.Typer(no_args_is_help=True, help="Problems with the figures their plans must reach.")
app.add_typer(scenarios, name="scenarios")
app.add_typer(maps.maps, name="map")
app.command("replan")(living.replan)
app.command("candidates")(living.candidates)
app.command("offers")(living.offers)
app.command("serve")(serving.serve)
app.add_typer(serving.tokens_app, name="token")
app.add_typer(staffing.app, name="simulate")
app.add_typer(demand.app, name="demand")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        put(f"dispatch {version('field-dispatch')}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")] = False,  # noqa: ARG001
    debug: Annotated[bool, typer.Option("--debug", help="Tell all that is logged, and where an unexpected error arose.")] = False,
) -> None:
    """Plan the day of a field service: which engineer goes to which ticket, when, and why."""
    log(logging.DEBUG if debug else logging.INFO)


def _hush(quiet: bool) -> None:
    """Tell only what is wrong, unless all that is logged is wanted."""
    package = logging.getLogger("dispatch")
    if quiet and package.level > logging.DEBUG:
        package.setLevel(logging.WARNING)


# ------------------------------------------------------------------ reading


def _problem_reader(policy: PolicyName | None, geocode: str | None) -> Callable[[bytes], Problem]:
    """Return how to read a problem: with another policy, or with addresses to be looked up afterwards."""

    def reader(data: bytes) -> Problem:
        from dispatch import schema

        problem = schema.read_problem(data, allow_addresses=geocode is not None)
        return problem if policy is None else replace(problem, policy=PolicyChoice(policy))

    return reader


def _read_plan(data: bytes) -> Plan:
    from dispatch import schema

    return schema.read_plan(data)


def _located(problem: Problem, service: str | None) -> Problem:
    """Return the problem with positions where it had only addresses, if a geocoder is named."""
    if service is None:
        return problem
    from importlib.metadata import version

    from dispatch.travel import geocode

    # The services ask callers to name themselves.
    geocoder = geocode.geocoder(service, user_agent=f"field-dispatch/{version('field-dispatch')}")
    return geocode.geocode(problem, geocoder, cache_folder() / f"geocode-{service}.json")


def _read(problem: str, policy: PolicyName | None, geocode: str | None) -> Problem:
    return _located(_problem_reader(policy, geocode)(read(problem)), geocode)


def _read_with_plan(problem: str, plan: str, policy: PolicyName | None, geocode: str | None) -> tuple[Problem, Plan]:
    day, given = read_both(problem, plan, _problem_reader(policy, geocode), _read_plan)
    return _located(day, geocode), given


# ----------------------------------------------------------------- answering


def _answer(planned: Planned, outputs: Outputs, as_json: bool, quiet: bool, document: object = None) -> None:
    """Write the files, then print: a document, or the day and what there is to say about it."""
    from dispatch import console

    written = write_outputs(outputs, planned)
    if as_json:
        put(answers.text(document or answers.plan(planned)))
    elif not quiet:
        say(console.day(planned.problem, planned.plan))
        say(console.summary(planned.plan, planned.violations))
    if as_json and planned.violations and not quiet:
        say(console.violations(planned.violations), error=True)
    if not quiet:
        for path in written:
            note(f"Wrote {path}")


def _code(planned: Planned, stopped: bool = False) -> int:
    """Return the exit code of a plan.

    Raises
    ------
    InfeasibleError
        It leaves mandatory work out.
    """
    if stopped:
        return STOPPED
    left_out = [v.ticket for v in planned.violations if v.rule == "mandatory" and v.ticket is not None]
    if left_out:
        raise InfeasibleError(f"No plan found serves all mandatory work: {', '.join(left_out)} left out.")
    return FAILED if planned.violations else 0


# ------------------------------------------------------------------ commands


@app.command()
@guarded
def plan(
    problem: options.ProblemFile,
    *,
    seconds: options.Seconds = None,
    iterations: options.Iterations = None,
    seed: options.Seed = 0,
    workers: options.Workers = 1,
    engine: options.EngineName = "search",
    prove: options.Prove = None,
    start: options.Start = None,
    replan: options.Replan = None,
    output: options.Output = None,
    report: options.Report = None,
    export: options.Export = None,
    policy: options.Policy = None,
    geocode: options.Geocode = None,
    road_map: options.Map = None,
    no_cache: options.NoCache = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Plan a problem, check and explain the plan, and print every engineer's day.

    Ctrl-C ends the search and keeps the best plan so far.
    """
    from dispatch import planning
    from dispatch.cli.watch import stopping, watching
    from dispatch.solver import Options

    _hush(quiet)
    if start is not None and replan is not None:
        raise typer.BadParameter("give either a plan to start with or one to replan", param_hint="--start / --replan")
    outputs = Outputs(output, report, export)
    check_outputs(outputs)
    before = start if replan is None else replan
    day, given = (_read(problem, policy, geocode), None) if before is None else _read_with_plan(problem, before, policy, geocode)
    day = set_out(day, problem, cached=not no_cache, quiet=quiet, extract=road_map)
    wanted = Options(seconds, iterations, seed, workers, engine, prove)
    with stopping() as stop, watching(wanted, "Planning", quiet) as on_progress:
        wanted = replace(wanted, stop=stop, on_progress=on_progress)
        planned = planning.plan(day, wanted, given) if given is None or replan is None else planning.replan(day, given, wanted)
    _answer(planned, outputs, as_json, quiet)
    return _code(planned, stop.is_set())


@app.command()
@guarded
def check(
    problem: options.ProblemFile,
    plan: options.PlanFile,
    *,
    output: options.Output = None,
    report: options.Report = None,
    export: options.Export = None,
    policy: options.Policy = None,
    geocode: options.Geocode = None,
    road_map: options.Map = None,
    no_cache: options.NoCache = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Check a plan, hand-made or not: keep its order, time and price it anew, and name every rule it breaks.

    A hand-made plan needs nothing but engineer, shift and tickets in order.
    """
    from dispatch import planning

    outputs = Outputs(output, report, export)
    check_outputs(outputs)
    day, given = _read_with_plan(problem, plan, policy, geocode)
    day = set_out(day, problem, cached=not no_cache, quiet=quiet, extract=road_map)
    planned = planning.check(day, given)
    document = {"violations": answers.violations(planned.violations), "plan": answers.plan(planned)}
    _answer(planned, outputs, as_json, quiet, document)
    return _code(planned)


@app.command()
@guarded
def explain(
    problem: options.ProblemFile,
    plan: options.PlanFile,
    ticket: Annotated[str | None, typer.Argument(metavar="TICKET", help="Id of a ticket.", show_default="every unassigned ticket")] = None,
    *,
    policy: options.Policy = None,
    geocode: options.Geocode = None,
    road_map: options.Map = None,
    no_cache: options.NoCache = False,
    as_json: options.AsJson = False,
) -> int:
    """Tell why tickets are left out and what would place them; of one TICKET, placed or not, also who could do it and at what cost."""
    from dispatch import explain, planning
    from dispatch.cli import telling

    day, given = _read_with_plan(problem, plan, policy, geocode)
    day = set_out(day, problem, cached=not no_cache, quiet=False, extract=road_map)
    planned = planning.check(day, given)
    if ticket is None:
        if as_json:
            put(answers.text({"unassigned": answers.plan(planned)["unassigned"]}))
        else:
            say(telling.left_out(planned.problem, planned.plan))
        return 0
    found = explain.runners_up(planned.problem, planned.matrix, planned.plan, ticket)
    if as_json:
        put(answers.text(answers.candidates(planned, ticket, found)))
    else:
        say(telling.ticket(planned.problem, planned.plan, ticket, found))
    return 0


@app.command()
@guarded
def validate(
    problem: options.ProblemFile, *, geocode: options.Geocode = None, as_json: options.AsJson = False, quiet: options.Quiet = False
) -> int:
    """Read a problem and tell every fault and warning, without planning."""
    from dispatch import console, schema
    from dispatch.view import many

    day = _read(problem, None, geocode)
    found = schema.warnings(day)
    if as_json:
        put(answers.text({"faults": [], "warnings": answers.warnings(found)}))
    elif not quiet:
        shifts = sum(len(e.shifts) for e in day.engineers)
        sizes = ", ".join(many(n, what) for n, what in ((len(day.tickets), "ticket"), (len(day.engineers), "engineer"), (shifts, "shift")))
        say(f"No faults: {sizes}.")
        if found:
            say(console.warnings(found))
    return 0


@app.command()
@guarded
def schema(what: Annotated[Literal["problem", "plan", "world"], typer.Argument(help="Which format.")] = "problem") -> int:
    """Print the JSON Schema (2020-12) of dispatch/1, dispatch-plan/1 or dispatch-world/1."""
    from dispatch import schema as formats

    if what == "world":
        from dispatch.simulation.world import world_schema

        put(answers.text(world_schema()))
        return 0
    put(answers.text(formats.problem_schema() if what == "problem" else formats.plan_schema()))
    return 0


@app.command()
@guarded
def compare(
    before: Annotated[str, typer.Argument(metavar="A", help="A plan; - reads standard input.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another plan.")],
    *,
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="IANA time zone in which times are shown.")] = "UTC",
    as_json: options.AsJson = False,
) -> int:
    """Tell how plan B differs from plan A: cost by rule in minutes of travel, key figures, tickets moved by more than 15 minutes."""
    from zoneinfo import ZoneInfo

    from dispatch import console, scenario

    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):  # unknown, absurd, or the name of a folder of zones
        raise typer.BadParameter(f"{time_zone!r} is not an IANA time zone", param_hint="--time-zone") from None
    found = scenario.compare(*read_both(before, after, _read_plan, _read_plan))
    if as_json:
        put(answers.text(answers.comparison(found, time_zone)))
    else:
        say(console.comparison(found, (before, after), time_zone))
    return 0


# ----------------------------------------------------------------- scenarios


def _run(
    one: Scenario, folder: Path, road_map: Path | None, seconds: float | None, stop: threading.Event, cached: bool, quiet: bool
) -> Outcome:
    from dispatch import planning, scenario
    from dispatch.cli.watch import watching

    day = set_out(one.problem, str(folder / one.name), cached=cached, quiet=quiet, extract=road_map)
    wanted = one.options if seconds is None else replace(one.options, seconds=seconds, iterations=None)
    with watching(wanted, one.name, quiet) as on_progress:
        return scenario.judge(one, planning.plan(day, replace(wanted, stop=stop, on_progress=on_progress)))


@scenarios.command("run")
@guarded
def run_scenarios(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of scenarios, or one problem file with expectations beside it.")],
    *,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this scenario; may be repeated.", show_default=False)] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0, max=86_400, metavar="N", help="Most seconds for each.", show_default="what the scenario says")
    ] = None,
    road_map: options.Map = None,
    no_cache: options.NoCache = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Plan every scenario of a folder, and judge whether it reaches the figures it states."""
    from dispatch import console, scenario
    from dispatch.cli.watch import stopping

    _hush(quiet)
    paths = [folder / f"{name}.json" for name in only] if only else [folder]
    found = [s for path in paths for s in scenario.load(path)]
    inside = folder if folder.is_dir() else folder.parent
    with stopping() as stop:
        outcomes = [_run(one, inside, road_map, seconds, stop, not no_cache, quiet) for one in found if not stop.is_set()]
    if as_json:
        put(answers.text(answers.outcomes(outcomes)))
    elif not quiet:
        say(console.outcomes(scenario.rows(outcomes)))
    return STOPPED if stop.is_set() else 0 if all(o.reached for o in outcomes) else FAILED
