"""What the runs come to: a line per group and engine, our answers against the best of the others, and what must be said besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from benchmarks.peers.engines import ENGINES, OURS

Record = Mapping[str, Any]

HEADINGS = ("instances", "engine", "seconds", "solved", "mean cost", "ratio to ours: mean", "least", "most", "left out", "mean gap %")
BUSY = 0.9
"""Share of a core below which a machine counts as busy."""
THREADS = 1.1
"""Share of a core above which an engine counts as using more than one."""


@dataclass(frozen=True)
class Line:
    """One engine with one budget on the instances of one group.

    Parameters
    ----------
    solved, asked
        Instances with an answer, and all.
    cost
        Mean, seconds of travel.
    ratios
        Its cost by ours (of our longest budget), per instance that both have answered.
    """

    group: str
    engine: str
    budget: float
    asked: int
    solved: int
    seconds: float
    cost: float | None
    ratios: tuple[float, ...]
    left_out: float
    gap: float | None

    @property
    def title(self) -> str:
        """What the engine is called, with its budget."""
        engine = ENGINES.get(self.engine)
        return f"{engine.title if engine else self.engine}, {self.budget:g} s"

    def cells(self) -> tuple[str, ...]:
        """Return the line as text, under `HEADINGS`."""
        spread = (fmean(self.ratios), min(self.ratios), max(self.ratios)) if self.ratios else (None, None, None)
        figures = (_number(self.cost, 0), *(_number(ratio, 3) for ratio in spread), _number(self.left_out if self.solved else None, 1))
        seconds = _number(self.seconds if self.solved else None, 1)
        return (self.group, self.title, seconds, f"{self.solved} of {self.asked}", *figures, _number(self.gap, 2))


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _grouped(runs: Iterable[Record], *keys: str) -> dict[tuple[Any, ...], list[Record]]:
    """Return runs by the values of some keys, in the order in which they first came."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for run in runs:
        groups.setdefault(tuple(run[key] for key in keys), []).append(run)
    return groups


def _answers(runs: Iterable[Record]) -> list[Record]:
    return [run for run in runs if run["cost"] is not None]


def _reference(runs: Iterable[Record]) -> dict[tuple[str, str], float]:
    """Return our cost per group and instance, of the longest budget."""
    ours = sorted((run for run in _answers(runs) if run["engine"] == OURS.name), key=lambda run: float(run["budget"]))
    return {(run["group"], run["instance"]): run["cost"] for run in ours}


def lines(runs: Sequence[Record]) -> list[Line]:
    """Return a line per group, engine and budget."""
    ours = _reference(runs)
    found = []
    for (group, engine, budget), asked in _grouped(runs, "group", "engine", "budget").items():
        answers = _answers(asked)
        pairs = ((run["cost"], ours.get((group, run["instance"]))) for run in answers)
        gaps = [run["gap"] for run in answers if run["gap"] is not None]
        found.append(
            Line(
                group,
                engine,
                budget,
                len(asked),
                len(answers),
                fmean(run["seconds"] for run in answers) if answers else 0.0,
                fmean(run["cost"] for run in answers) if answers else None,
                tuple(cost / own for cost, own in pairs if own),
                fmean(run["left_out"] for run in answers) if answers else 0.0,
                fmean(gaps) if gaps else None,
            )
        )
    return found


def against_best(runs: Sequence[Record]) -> list[str]:
    """Return a sentence per group and budget of ours: our cost by that of the best peer, instance by instance."""
    best: dict[tuple[str, str], float] = {}
    for run in _answers(runs):
        if run["engine"] != OURS.name:
            key = (run["group"], run["instance"])
            best[key] = min(best.get(key, run["cost"]), run["cost"])
    sentences = []
    for (group, budget), answers in _grouped((r for r in _answers(runs) if r["engine"] == OURS.name), "group", "budget").items():
        pairs = ((run["cost"], best.get((group, run["instance"]))) for run in answers)
        ratios = [cost / theirs for cost, theirs in pairs if theirs]
        if ratios:
            spread = f"mean {fmean(ratios):.3f}, least {min(ratios):.3f}, most {max(ratios):.3f}"
            sentences.append(f"{group}: ours in {budget:g} s by the best peer of each instance: {spread} ({len(ratios)} instances)")
    return sentences


def notes(runs: Sequence[Record]) -> list[str]:
    """Return what must be said of single runs: failures, broken rules and their repair, figures that differ, threads, a busy machine."""
    said = [line for run in runs for line in _of_run(run)]
    shares = [run["processor"] / run["wall"] for run in _answers(runs) if run["wall"] > 0]
    if shares and min(shares) < BUSY:
        said.append(f"The machine was busy: engines had {100 * min(shares):.0f} to {100 * max(shares):.0f} % of a core.")
    return said


def _of_run(run: Record) -> list[str]:
    who = f"{run['engine']} on {run['group']}: {run['instance']}"
    if run["failure"]:
        return [f"{who}: no answer: {run['failure']}"]
    said = []
    if run["violations"]:
        count = len(run["violations"])
        repair = f"{len(run['removed'])} stops left out to mend that" if run["mended"] else "beyond repair"
        said.append(f"{who}: {count} violations, {repair}: {run['violations'][0]}")
    elif run["points"] and abs(run["points"][-1][1] - run["cost"]) > max(1, run["tickets"]):
        said.append(f"{who}: says {run['points'][-1][1]:,.0f}, is {run['cost']:,.0f}")
    if run["wall"] > 0 and run["processor"] / run["wall"] > THREADS:
        said.append(f"{who}: used {run['processor'] / run['wall']:.1f} cores")
    return said
