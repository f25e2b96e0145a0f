"""Arguments and options that several commands share, with their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dispatch.model import POLICIES, PolicyName

Engine = Literal["search", "routing"]
"""As `dispatch.solver.Engine`, which takes numpy to import; a test keeps them equal."""

SEARCH, OUTPUT = "Search", "Output"
"""Headings of the help."""

ProblemFile = Annotated[str, typer.Argument(metavar="PROBLEM", help="File of the format dispatch/1; - reads standard input.")]
PlanFile = Annotated[str, typer.Argument(metavar="PLAN", help="File of the format dispatch-plan/1; - reads standard input.")]

Seconds = Annotated[
    float | None, typer.Option(rich_help_panel=SEARCH, min=0, max=86_400, metavar="N", help="Most seconds to search.", show_default="10")
]
Iterations = Annotated[
    int | None, typer.Option(rich_help_panel=SEARCH, min=0, metavar="N", help="Most iterations to search.", show_default="no limit")
]
Seed = Annotated[
    int,
    typer.Option(
        rich_help_panel=SEARCH, min=0, max=2**31 - 1, metavar="S", help="Random seed: with --iterations, the same seed gives the same plan."
    ),
]
Workers = Annotated[
    int, typer.Option(rich_help_panel=SEARCH, min=1, metavar="W", help="Searches that run side by side, one per processor core.")
]
Prove = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=SEARCH,
        min=0,
        metavar="SECONDS",
        help="Afterwards, so many seconds at the most: prove a lower bound of the cost, and say how far the plan is from it.",
        show_default="off",
    ),
]
EngineName = Annotated[Engine, typer.Option(rich_help_panel=SEARCH, help="Ruin and recreate, or the OR-Tools routing model.")]

Policy = Annotated[
    PolicyName | None,
    typer.Option(
        metavar="NAME", help=f"Weigh by this policy and not by the problem's: {', '.join(POLICIES)}.", show_default="the problem's"
    ),
]
Geocode = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Ask a geocoder of geopy's that needs no key, such as nominatim, for the position of addresses without one. "
        "Answers are kept in the user's cache folder.",
        show_default="off",
    ),
]
Map = Annotated[
    Path | None,
    typer.Option(
        "--map",
        metavar="EXTRACT",
        help="Travel along the roads of this OpenStreetMap extract, whatever the problem says.",
        show_default="the problem's",
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Ask routing servers for all travel times anew, and keep none in the user's cache folder.")
]

Start = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=SEARCH,
        metavar="PLAN",
        help="Begin with this plan: the answer costs no more than what of it can still be kept.",
        show_default=False,
    ),
]
Replan = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=SEARCH,
        metavar="PLAN",
        help="Begin with this plan, which people were told: what moves against it costs `change`.",
        show_default=False,
    ),
]

Output = Annotated[
    Path | None, typer.Option(rich_help_panel=OUTPUT, metavar="FILE", help="Write the plan here (dispatch-plan/1).", show_default=False)
]
Report = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=OUTPUT,
        metavar="FILE.html",
        help="Write a report here: one HTML file, readable without a network.",
        show_default=False,
    ),
]
Export = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=OUTPUT,
        metavar="DIR",
        help="Write plan.geojson, plan.csv and a calendar (.ics) per engineer here.",
        show_default=False,
    ),
]

AsJson = Annotated[
    bool, typer.Option("--json", rich_help_panel=OUTPUT, help="Print one JSON document on standard output, and nothing else there.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", rich_help_panel=OUTPUT, help="Print neither the day nor how far it is; only what is wrong.")
]
