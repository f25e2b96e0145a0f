"""The commands about demand: from a real log to the demand of a world."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dispatch import answers
from dispatch.cli import options
from dispatch.cli.edge import guarded, note, put, say
from dispatch.cli.files import check_writable, read, write
from dispatch.model import KINDS, Kind

app = typer.Typer(no_args_is_help=True, help="What comes in: from a log of tickets to a world.")

COLUMNS = "Columns of the log"


def column(what: str) -> typer.models.OptionInfo:
    """Return the option that names a column of a log."""
    found: typer.models.OptionInfo = typer.Option(
        rich_help_panel=COLUMNS, metavar="NAME", help=f"Column that says {what}.", show_default="by its name"
    )
    return found


@app.command("fit")
@guarded
def fit(
    log: Annotated[str, typer.Argument(metavar="LOG", help="CSV file, plain or with gzip; - reads standard input.")],
    *,
    opened: Annotated[str | None, column("when a ticket was reported")] = None,
    begun: Annotated[str | None, column("when work on site began")] = None,
    ended: Annotated[str | None, column("when it ended")] = None,
    lat: Annotated[str | None, column("degrees north")] = None,
    lon: Annotated[str | None, column("degrees east")] = None,
    ticket: Annotated[str | None, column("which ticket a row is about")] = None,
    sort: Annotated[
        str | None,
        typer.Option(rich_help_panel=COLUMNS, metavar="NAME", help="Column that tells sorts of tickets apart.", show_default="one sort"),
    ] = None,
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="IANA time zone of the log's clock times.")] = "UTC",
    kind: Annotated[Kind, typer.Option(metavar="KIND", help=f"Kind of the tickets: {', '.join(KINDS)}.")] = "repair",
    service: Annotated[
        int, typer.Option(min=1, max=10_080, metavar="MINUTES", help="Mean time on site where the log has no durations.")
    ] = 60,
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, metavar="SHARE", help="Share of the days, at the end, that judges the fit.")
    ] = 0.25,
    with_log: Annotated[
        Literal["replay", "resample"] | None,
        typer.Option(help="Put the tickets themselves into the world, to come as they came or day by day at random.", show_default="rates"),
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a world here (dispatch-world/1).", show_default=False)] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw week, days, durations and places here.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Fit rates by hour of week, places and durations to a log of tickets, judge the fit by the log's last part, and write a world."""
    from dispatch.cli import simulated as words
    from dispatch.schema.faults import zone_exists
    from dispatch.simulation import answers as found
    from dispatch.simulation import fit as fitting
    from dispatch.simulation import logs

    if not zone_exists(time_zone):
        raise typer.BadParameter(f"{time_zone!r} is not an IANA time zone", param_hint="--time-zone")
    for path in (output, picture):
        if path is not None:
            check_writable(path)
    given = logs.read_log(read(log), logs.Columns(opened, begun, ended, lat, lon, sort, ticket), time_zone)
    fitted = fitting.fit(given, time_zone, held_out, 60 * service)
    if output is not None:
        write(output, (answers.text(fitting.world_of(fitted, kind, with_log)) + "\n").encode())
    if picture is not None:
        from dispatch.simulation import picture as drawing

        write(picture, drawing.save(drawing.of_fit(fitted), picture))
    if as_json:
        put(answers.text(found.of_fit(fitted)))
    elif not quiet:
        say(words.fit(fitted))
    if not quiet:
        for w in given.warnings:
            note(f"Warning {w.code}: {w.message}")
        for path in (output, picture):
            if path is not None:
                note(f"Wrote {path}")
    return 0
