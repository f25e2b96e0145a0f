"""Turn results of `benchmarks.published`, `peers`, `proof` and `speed` into the Markdown of `benchmarks/README.md`.

Run ``python -m benchmarks.summary benchmarks/results/*.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Annotated, Any

import typer

from benchmarks.peers.table import HEADINGS, against_best, lines, notes

Record = Mapping[str, Any]


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values there are, None where there is none."""
    there = [v for v in values if v is not None]
    return fmean(there) if there else None


def number(value: float | None, digits: int = 2) -> str:
    """Return a number to read, or a dash."""
    return "-" if value is None else f"{value:,.{digits}f}"


def beside(rows: Sequence[Record]) -> list[str]:
    """Return a line for each other published value: its mean and ours, over the instances that have it."""
    lines = []
    for column in dict.fromkeys(column for row in rows for column in row["also"]):
        having = [row for row in rows if column in row["also"]]
        theirs, ours = mean(row["also"][column] for row in having), mean(row["value"] for row in having)
        lines.append(f"mean {column} {number(theirs)}, ours {number(ours)} ({len(having)} instances)")
    return lines


def _line(name: str, rows: Sequence[Record]) -> str:
    gaps = [row["gap"] for row in rows if row["gap"] is not None]
    feasible = sum(row["feasible"] for row in rows)
    spread = f"{fmean(gaps):.2f} | {median(gaps):.2f} | {max(gaps):.2f}" if gaps else "- | - | -"
    value, seconds = mean(row["value"] for row in rows), fmean(row["seconds"] for row in rows)
    return f"| `{name}` | {len(rows)} | {feasible} | {len(gaps)} | {number(value)} | {spread} | {seconds:.1f} |"


def _published(document: Record) -> list[str]:
    by_set: dict[str, list[Record]] = {}
    for row in document["results"]:
        by_set.setdefault(row["set"], []).append(row)
    table = [
        "| set | instances | feasible | compared | mean value | mean gap % | median | worst | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_line(name, rows) for name, rows in by_set.items()),
    ]
    lines = [f"- `{name}`: {line}" for name, rows in by_set.items() for line in beside(rows)]
    return [*table, "", *lines] if lines else table


def _speed(document: Record) -> list[str]:
    rows = (f"| {f['what']} | < {f['limit']:g} {f['unit']} | {f['value']:.3f} {f['unit']} |" for f in document["figures"])
    return ["| what | limit | figure |", "|---|---|---|", *rows]


def _peers(document: Record) -> list[str]:
    runs = document["runs"]
    rule = ["---" if k < 2 else "--:" for k in range(len(HEADINGS))]
    rows = (f"| {' | '.join(cells)} |" for cells in (HEADINGS, *(line.cells() for line in lines(runs))))
    heading = next(rows)
    picture = [f"![Mean cost against seconds](results/{document['chart']})", ""] if document.get("chart") else []
    said = [f"- {line}" for line in (*against_best(runs), *notes(runs), *document["absent"])]
    return [*picture, heading, f"|{'|'.join(rule)}|", *rows, *([""] if said else []), *said]


def _proofs(document: Record) -> list[str]:
    from benchmarks import proof  # it imports this module

    rows = (f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |") for cells in proof.lines(document["proofs"]))
    return [f"| {' | '.join(proof.HEADINGS)} |", "|---|--:|--:|--:|--:|--:|", *rows]


def _body(document: Record) -> list[str]:
    if "proofs" in document:
        return _proofs(document)
    if "runs" in document:
        return _peers(document)
    return _published(document) if "results" in document else _speed(document)


def markdown(document: Record) -> str:
    """Return one run as Markdown: where and how it was measured, then its table."""
    used = ", ".join(f"{name} {release}" for name, release in document["versions"].items() if release)
    options = ", ".join(f"{name} {value}" for name, value in document["options"].items() if value is not None)
    head = f"{document['date'][:10]}, commit {document['commit']}, {document['machine']}; {used}. Options: {options}."
    return "\n".join([head, "", *_body(document)])


def main(results: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="JSON written with --output.")]) -> None:
    """Print results as Markdown."""
    for path in results:
        print(markdown(json.loads(path.read_text(encoding="utf-8"))) + "\n")


if __name__ == "__main__":
    typer.run(main)
