"""Compare this project with other engines on the same instances.

Run ``python -m benchmarks.peers --sizes 100,250,1000 --seconds 10 --seeds 5 --peer-seconds 60``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.peers import chart
from benchmarks.peers.day import CannotExpressError
from benchmarks.peers.engines import INSTALL, PACKAGES, Engine, NoSuchPeerError, chosen
from benchmarks.peers.instances import Instance, generated, of_set
from benchmarks.peers.run import Run, compare, records, schedule
from benchmarks.peers.table import HEADINGS, against_best, lines, notes
from benchmarks.record import circumstances
from benchmarks.sets import SETS, DataError

RESULTS = Path(__file__).parents[1] / "results"


def numbers(text: str, kind: Callable[[str], Any]) -> list[Any]:
    """Return the positive numbers of a list like 100,250.

    Raises
    ------
    typer.BadParameter
        It is none.
    """
    try:
        found = [kind(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text} is not a list of numbers such as 100,250.") from None
    if not all(n > 0 for n in found):
        raise typer.BadParameter(f"{text}: every number must be above 0.")
    return found


def table(document: Mapping[str, Any]) -> Table:
    """Return the lines of a document to print."""
    shown = Table(title="engines on the same instances, one thread each", title_justify="left")
    for k, heading in enumerate(HEADINGS):
        shown.add_column(heading, justify="left" if k in (0, 1) else "right")
    for line in lines(document["runs"]):
        shown.add_row(*line.cells())
    return shown


def run_all(
    plan: Sequence[tuple[Engine, Instance, float]],
    seed: int,
    document: dict[str, Any],
    keep: Callable[[], None],
    say: Callable[[str], None],
) -> None:
    """Run what is planned, keeping what is done after each run; an interrupt ends it early and loses nothing."""
    done: list[Run] = []
    for k, (engine, instance, seconds) in enumerate(plan, 1):
        say(f"{k} of {len(plan)}: {instance.name}: {engine.name}, {seconds:g} s")
        try:
            done.append(compare(engine, instance, seconds, seed))
        except KeyboardInterrupt:
            say("interrupted: what is done is kept")
            return
        document["runs"] = records(done)
        keep()


def main(
    sizes: Annotated[str, typer.Option(help="Tickets of the generated days, several by commas.")] = "100,250,1000",
    seconds: Annotated[str, typer.Option(help="Seconds for ours, several budgets by commas.")] = "10",
    seeds: Annotated[int, typer.Option(min=1, help="How many days of each size.")] = 5,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first day.")] = 0,
    peer_seconds: Annotated[float | None, typer.Option(min=0.1, help="Seconds for each peer; as ours if not given.")] = None,
    peers: Annotated[str, typer.Option(help="Peers by commas; all that are installed if not given.")] = "",
    of: Annotated[str, typer.Option("--set", help=f"A published set instead of generated days: {', '.join(SETS)}.")] = "",
    data: Annotated[Path | None, typer.Option(help="Folder that holds the published sets.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many instances of the set, evenly over it.")] = None,
    only: Annotated[str, typer.Option(help="Only instances of the set whose name fits, such as 'C1_2_*'.")] = "*",
    seed: Annotated[int, typer.Option(help="Seed of the engines that take one.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder for the results: JSON and a chart.")] = RESULTS,
) -> None:
    """Compare this project with other engines: one thread each, every answer judged by our own check."""
    out, err = Console(width=None if sys.stdout.isatty() else 160), Console(stderr=True)
    ours = numbers(seconds, float)
    theirs = max(ours) if peer_seconds is None else peer_seconds
    try:
        engines, absent = chosen(peers)
        instances = of_set(of, folder(data), limit, only) if of else generated(numbers(sizes, int), range(first_seed, first_seed + seeds))
        for instance in {instance.group: instance for instance in instances}.values():
            instance.read()  # a set that cannot be expressed is refused before hours are spent
    except (NoSuchPeerError, DataError, CannotExpressError) as fault:
        err.print(str(fault), style="red", highlight=False, markup=False)
        raise typer.Exit(2) from None
    for line in absent:
        err.print(line, highlight=False, markup=False)
    on: dict[str, object] = {"set": of, "limit": limit, "only": only} if of else {"sizes": sizes, "seeds": seeds, "first_seed": first_seed}
    options = on | {"seconds": seconds, "peer_seconds": theirs, "seed": seed}
    document = circumstances(PACKAGES) | {"options": options, "absent": absent, "runs": []}
    path = output / f"peers-{of or 'days'}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    plan = list(schedule(instances, engines, ours, theirs))
    run_all(plan, seed, document, lambda: save(path, document), lambda line: err.print(line, highlight=False, markup=False))
    report(document, path, out)


def folder(data: Path | None) -> Path:
    """Return the folder of the published sets.

    Raises
    ------
    DataError
        None was given.
    """
    if data is None:
        raise DataError("Give --data the folder that holds the published sets.")
    return data


def save(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def report(document: dict[str, Any], path: Path, out: Console) -> None:
    """Print the table and what else is to be said, and draw the chart."""
    if not document["runs"]:
        return
    out.print(table(document))
    for line in (*against_best(document["runs"]), *notes(document["runs"])):
        out.print(line, highlight=False, markup=False)
    if chart.available():
        document["chart"] = path.with_suffix(".png").name
        chart.draw(document, path.with_suffix(".png"))
        save(path, document)
    else:
        out.print(f"no chart: matplotlib is not installed: {INSTALL}", highlight=False, markup=False)
    out.print(f"written to {path}", highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
