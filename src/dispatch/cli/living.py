"""The commands of a live day: replan after what happened, who could do a ticket, which slots can be promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dispatch import answers
from dispatch.cli import options
from dispatch.cli.edge import FAILED, STOPPED, guarded, note, put, say
from dispatch.cli.files import check_writable, read, read_both, write
from dispatch.cli.travelling import set_out
from dispatch.errors import InfeasibleError, InputError

if TYPE_CHECKING:
    from dispatch.planning import Day
    from dispatch.solver import Options

Freeze = Annotated[
    str,
    typer.Option(metavar="DURATION", help="What is planned to start so soon stays as it is; ISO 8601, as in PT30M.", show_default="PT0S"),
]
MostChanges = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="At most so many tickets may lose their place, or get another engineer, shift, or a start more than 15 minutes away.",
        show_default="no limit",
    ),
]
Events = Annotated[
    str | None, typer.Option(metavar="FILE", help="What happened since the plan was made (dispatch-events/1).", show_default=False)
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TICKET", help="Take over only the change of this ticket; may be repeated.", show_default="all"),
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state", rich_help_panel=options.OUTPUT, metavar="FILE", help="Write the problem as it is now (dispatch/1).", show_default=False
    ),
]
TicketId = Annotated[str, typer.Argument(metavar="TICKET", help="Id of a ticket.")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="At most so many.", show_default="all")]


def _day(problem: str, plan: str, road_map: Path | None, no_cache: bool, quiet: bool) -> Day:
    from dispatch import planning, schema

    case, given = read_both(problem, plan, schema.read_problem, schema.read_plan)
    return planning.open_day(set_out(case, problem, cached=not no_cache, quiet=quiet, extract=road_map), given)


def _seconds(duration: str, option: str) -> int:
    """Return the seconds of an ISO 8601 duration."""
    from dispatch.schema.values import read_duration

    try:
        return read_duration(duration, least=0, most=366 * 86_400)
    except ValueError as error:
        raise typer.BadParameter(f"{duration!r} is {error}", param_hint=option) from None


def _happened(day: Day, events: str | None) -> tuple[Day, list[dict[str, Any]]]:
    """Return the day after the events of a file, and what each meant."""
    from dispatch import planning
    from dispatch.events import read_events

    effects: list[dict[str, Any]] = []
    for k, event in enumerate(() if events is None else read_events(read(events))):
        try:
            applied = planning.apply(day, event)
        except InputError as error:
            raise InputError([replace(f, pointer=f"/events/{k}{f.pointer}") for f in error.faults]) from None
        day = applied.day
        effects += [{"code": e.code, "message": e.message, "ticket": e.ticket, "engineer": e.engineer} for e in applied.effects]
    return day, effects


@guarded
def replan(
    problem: options.ProblemFile,
    plan: options.PlanFile,
    *,
    events: Events = None,
    freeze: Freeze = "PT0S",
    most_changes: MostChanges = None,
    only: Only = None,
    seconds: options.Seconds = None,
    iterations: options.Iterations = None,
    seed: options.Seed = 0,
    workers: options.Workers = 1,
    road_map: options.Map = None,
    no_cache: options.NoCache = False,
    output: options.Output = None,
    state: State = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Replan a day that people work by: what moved, whom to tell, and what each change bought.

    PLAN is what people were told; with --events, what happened since is told first, and then the plan is made anew.
    """
    from dispatch import planning
    from dispatch.cli import living_told
    from dispatch.cli.watch import stopping, watching
    from dispatch.planning.writing import diff_document
    from dispatch.solver import Options

    within = _seconds(freeze, "--freeze")
    for path in (output, state):
        if path is not None:
            check_writable(path)
    day, effects = _happened(_day(problem, plan, road_map, no_cache, quiet), events)
    wanted: Options = Options(seconds, iterations, seed, workers)
    with stopping() as stop, watching(wanted, "Replanning", quiet) as on_progress:
        wanted = replace(wanted, stop=stop, on_progress=on_progress)
        found = planning.propose(day, wanted, freeze=within, most_changes=most_changes)
    difference = planning.part(day, found, only or None).diff
    after = planning.publish(day, found, only or None)
    planned = planning.check(after.problem, after.plan)
    if as_json:
        zone = day.problem.time_zone
        put(answers.text({"effects": effects, "diff": diff_document(difference, zone), "plan": answers.plan(planned)}))
    elif not quiet:
        say(living_told.replanned(after, effects, difference))
    _write(output, state, planned, quiet)
    left_out = [v.ticket for v in after.violations if v.rule == "mandatory" and v.ticket is not None]
    if left_out and not stop.is_set():
        raise InfeasibleError(f"No plan found serves all mandatory work: {', '.join(left_out)} left out.")
    return STOPPED if stop.is_set() else FAILED if after.violations else 0


def _write(output: Path | None, state: Path | None, planned: Any, quiet: bool) -> None:
    from dispatch import schema

    for path, data in (
        (output, schema.write_plan(planned.plan, planned.problem.time_zone)),
        (state, schema.write_problem(planned.problem)),
    ):
        if path is not None:
            write(path, data)
            if not quiet:
                note(f"Wrote {path}")


@guarded
def candidates(
    problem: options.ProblemFile,
    plan: options.PlanFile,
    ticket: TicketId,
    *,
    events: Events = None,
    limit: Limit = None,
    road_map: options.Map = None,
    no_cache: options.NoCache = False,
    as_json: options.AsJson = False,
) -> int:
    """Rank who could do a ticket on a day that people work by: every able engineer at the best position, cost by rule, who is moved."""
    from dispatch import planning
    from dispatch.cli import telling
    from dispatch.planning.writing import candidates_document

    day, _ = _happened(_day(problem, plan, road_map, no_cache, quiet=False), events)
    found = planning.candidates(day, ticket, limit, others=limit is None)
    if as_json:
        put(answers.text({"ticket": ticket, "candidates": candidates_document(found, day.problem.time_zone)}))
    else:
        say(telling.ticket(day.problem, planning.check(day.problem, day.plan).plan, ticket, found))
    return 0


@guarded
def offers(
    problem: options.ProblemFile,
    plan: options.PlanFile,
    ticket: TicketId,
    *,
    events: Events = None,
    width: Annotated[str, typer.Option(metavar="DURATION", help="How wide a slot is; ISO 8601.")] = "PT2H",
    horizon: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How far to look from now.", show_default="the last shift")
    ] = None,
    limit: Limit = None,
    road_map: options.Map = None,
    no_cache: options.NoCache = False,
    as_json: options.AsJson = False,
) -> int:
    """Tell which appointment slots can be promised for a ticket, the cheapest first."""
    from dispatch import planning
    from dispatch.cli import living_told
    from dispatch.planning.writing import offers_document

    wide, far = _seconds(width, "--width"), None if horizon is None else _seconds(horizon, "--horizon")
    if wide < 60:
        raise typer.BadParameter("a slot is a minute wide at least", param_hint="--width")
    day, _ = _happened(_day(problem, plan, road_map, no_cache, quiet=False), events)
    found = planning.offers(day, ticket, width=wide, horizon=far, limit=limit)
    if as_json:
        put(answers.text({"ticket": ticket, "offers": offers_document(found, day.problem.time_zone)}))
    else:
        say(living_told.offered(day, found))
    return 0
