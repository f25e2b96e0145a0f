"""Scenarios: problems with the figures their plans must reach; and how two plans differ.

A scenario is two files side by side: NAME.json, a problem like any other, and NAME.expect.json, which says what it
shows, how long to plan, and which key figures (``docs/kpis.md``) the plan must reach::

    {
      "format": "dispatch-expect/1",
      "title": "Sick engineer at ten",
      "shows": "A replan moves few visits.",
      "options": {"seconds": 5, "seed": 1},
      "expect": [{"kpi": "served_share", "at_least": 0.95}, {"kpi": "changes", "at_most": 6}]
    }
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from dispatch import check, planning, schema, travel
from dispatch.errors import Fault, InputError
from dispatch.model import CHANGE_TOLERANCE, RULES, Plan, Problem, Visit
from dispatch.planning import Planned
from dispatch.schema import expect_documents
from dispatch.schema.codes import fault
from dispatch.schema.shapes import check as check_shape
from dispatch.schema.text import load as load_json
from dispatch.schema.values import shown
from dispatch.solver import Options

__all__ = [
    "Comparison",
    "Difference",
    "Expectation",
    "Finding",
    "Move",
    "Outcome",
    "Row",
    "Scenario",
    "bounds",
    "compare",
    "judge",
    "load",
    "rows",
    "run",
]

T = TypeVar("T")
Figure = float | int | None

SECONDS = 5.0
"""How long a scenario is planned that does not say."""


@dataclass(frozen=True)
class Expectation:
    """A key figure that a plan must reach, bounds included."""

    kpi: str
    at_least: float | None = None
    at_most: float | None = None

    def met(self, value: Figure) -> bool:
        """Return whether a figure is inside the bounds; an undefined one is not."""
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True)
class Scenario:
    """A problem, what it shows, and what its plan must reach. `name` is the file name without its ending."""

    name: str
    title: str
    shows: str
    problem: Problem
    expectations: tuple[Expectation, ...]
    options: Options


@dataclass(frozen=True)
class Finding:
    """An expectation and the figure that the plan has."""

    expectation: Expectation
    value: Figure
    met: bool


@dataclass(frozen=True)
class Outcome:
    """A scenario, planned and judged."""

    scenario: Scenario
    planned: Planned
    findings: tuple[Finding, ...]

    @property
    def reached(self) -> bool:
        """Whether the plan breaks no rule and reaches every figure."""
        return not self.planned.violations and all(f.met for f in self.findings)


@dataclass(frozen=True)
class Row:
    """One line of the table of outcomes, as text."""

    scenario: str
    size: str
    figure: str
    expected: str
    value: str
    met: bool


# ------------------------------------------------------------------ reading


def load(path: Path) -> tuple[Scenario, ...]:
    """Read the scenarios of a folder in order of name, or the one whose problem file is given.

    Raises
    ------
    InputError
        A file is faulty or missing; the faults of all files at once, each pointer preceded by the file name and ``#``.
    """
    problems = sorted(p for p in path.glob("*.json") if "." not in p.stem) if path.is_dir() else [path]
    faults: list[Fault] = []
    if path.is_dir():
        strays = sorted(p for p in path.glob("*.expect.json") if not _problem_of(p).exists())
        faults += [_missing(p, f"{_problem_of(p).name} is missing", "Add the problem, or remove the expectations.") for p in strays]
    if not problems:
        faults.append(_missing(path, "No scenario is in this folder", "Name a folder with NAME.json and NAME.expect.json files."))
    found = [_load_one(p, faults) for p in problems]
    if faults:
        raise InputError(faults)
    return tuple(s for s in found if s is not None)


def _problem_of(expect: Path) -> Path:
    return expect.with_name(expect.name.removesuffix(".expect.json") + ".json")


def _missing(path: Path, message: str, action: str) -> Fault:
    return Fault(f"{path.name}#", "MISSING_FILE", f"{message}.", action)


def _load_one(path: Path, faults: list[Fault]) -> Scenario | None:
    """Return a scenario, or add what is wrong with its files to `faults`."""
    expect = path.with_name(f"{path.stem}.expect.json")
    absent = [file for file in (path, expect) if not file.is_file()]
    if absent:
        faults += [_missing(f, f"{f.name} is missing", "Put the problem and its expectations side by side.") for f in absent]
        return None
    problem, said = _read(path, schema.read_problem, faults), _read(expect, _read_expect, faults)
    if problem is None or said is None:
        return None
    expectations = tuple(Expectation(e.kpi, e.at_least, e.at_most) for e in said.expect)
    return Scenario(path.stem, said.title, said.shows, problem, expectations, _options(said.options))


def _read(path: Path, reader: Callable[[bytes], T], faults: list[Fault]) -> T | None:
    try:
        return reader(path.read_bytes())
    except InputError as error:
        faults += [replace(f, pointer=f"{path.name}#{f.pointer}") for f in error.faults]
        return None


def _read_expect(data: bytes) -> expect_documents.Expect:
    """Return the content of an expectation file."""
    tree, faults = load_json(data)
    if tree.get("format") != expect_documents.EXPECT_FORMAT:
        message = f"`format` is {shown(tree.get('format'))}, not {shown(expect_documents.EXPECT_FORMAT)}."
        raise InputError([*faults, fault("WRONG_FORMAT", "/format", message)])
    shape = check_shape(expect_documents.Expect, tree)
    faults += shape.faults
    if shape.document is None:
        raise InputError(faults)
    for i, e in enumerate(shape.document.expect):
        pointer, _ = shape.original(f"/expect/{i}")
        if not any(f.pointer.startswith(f"{pointer}/") for f in shape.faults):
            faults += _expectation_faults(pointer, e)
    if not shape.document.expect and not faults:
        faults.append(fault("MISSING_FIELD", "/expect/0", "Nothing is expected.", "Name a key figure and a bound."))
    if faults:
        raise InputError(faults)
    return shape.document


def _expectation_faults(pointer: str, e: expect_documents.Expectation) -> Iterator[Fault]:
    """Yield what is wrong between the fields of one expectation."""
    if e.kpi not in _figures():
        message = f"`kpi` is {shown(e.kpi)}, not a key figure."
        yield fault("UNKNOWN_CHOICE", f"{pointer}/kpi", message, "Use a name of docs/kpis.md.")
    if e.at_least is None and e.at_most is None:
        yield fault("MISSING_FIELD", pointer, "Neither `at_least` nor `at_most` is given.", "Add one of them, or both.")
    elif e.at_least is not None and e.at_most is not None and e.at_least > e.at_most:
        message = f"`at_least` is {shown(e.at_least)}, more than `at_most`, {shown(e.at_most)}."
        yield fault("OUT_OF_RANGE", f"{pointer}/at_least", message, "Exchange the two, or correct one.")


@cache
def _figures() -> frozenset[str]:
    """Return the names of all key figures: those of an empty plan are the same as of any other."""
    nothing = Problem(engineers=(), tickets=(), now=0)
    return frozenset(check.verify(nothing, travel.matrix(nothing), Plan(())).kpis)


def _options(wanted: expect_documents.Options) -> Options:
    seconds = SECONDS if wanted.seconds is None and wanted.iterations is None else wanted.seconds
    return Options(seconds=seconds, iterations=wanted.iterations, seed=wanted.seed)


# ------------------------------------------------------------------ running


def run(path: Path, options: Options | None = None) -> Iterator[Outcome]:
    """Plan and judge the scenarios of a folder, or the one named, one after the other.

    Parameters
    ----------
    path
        As for `load`.
    options
        Used in place of those that the scenarios state.

    Raises
    ------
    InputError
        As `load`, before anything is planned.
    """
    for scenario in load(path):
        yield judge(scenario, planning.plan(scenario.problem, options=options or scenario.options))


def judge(scenario: Scenario, planned: Planned) -> Outcome:
    """Compare the figures of a plan with what the scenario expects."""
    figures = planned.plan.kpis
    findings = (Finding(e, figures[e.kpi], e.met(figures[e.kpi])) for e in scenario.expectations)
    return Outcome(scenario, planned, tuple(findings))


def rows(outcomes: Iterable[Outcome]) -> tuple[Row, ...]:
    """Return the table of outcomes: a line for the broken rules of each scenario and one for each figure."""
    return tuple(row for outcome in outcomes for row in _rows(outcome))


def _rows(outcome: Outcome) -> Iterator[Row]:
    scenario, problem = outcome.scenario, outcome.scenario.problem
    size = ", ".join(
        f"{n} {what}{'' if n == 1 else 's'}" for n, what in ((len(problem.tickets), "ticket"), (len(problem.engineers), "engineer"))
    )
    broken = len(outcome.planned.violations)
    yield Row(scenario.name, size, "violations", "0", str(broken), broken == 0)
    for f in outcome.findings:
        yield Row(scenario.name, size, f.expectation.kpi, bounds(f.expectation), "none" if f.value is None else f"{f.value:g}", f.met)


def bounds(expectation: Expectation) -> str:
    """Return the bounds in words."""
    words = []
    if expectation.at_least is not None:
        words.append(f"at least {expectation.at_least:g}")
    if expectation.at_most is not None:
        words.append(f"at most {expectation.at_most:g}")
    return ", ".join(words)


# ------------------------------------------------------------------ comparing


@dataclass(frozen=True)
class Difference:
    """One amount in two plans; None where a plan does not state it."""

    name: str
    before: Figure
    after: Figure


@dataclass(frozen=True)
class Move:
    """A ticket that two plans place differently; None where it is left out."""

    ticket: str
    before: Visit | None
    after: Visit | None


@dataclass(frozen=True)
class Comparison:
    """How a plan differs from another one.

    Parameters
    ----------
    same_problem
        Whether both state the same problem; None where one of them states none.
    cost
        Milliseconds of travel: `total`, then every rule.
    kpis
        Every figure that either of them states.
    moved
        Tickets with another engineer or shift, or a start that differs by more than 15 minutes, or placed in one of them only.
    """

    same_problem: bool | None
    cost: tuple[Difference, ...]
    kpis: tuple[Difference, ...]
    moved: tuple[Move, ...]


def compare(before: Plan, after: Plan) -> Comparison:
    """Return how `after` differs from `before`, in cost by rule, figures and placed tickets."""
    told, now = _visits(before), _visits(after)
    same = None if before.problem is None or after.problem is None else before.problem.sha256 == after.problem.sha256
    return Comparison(
        same,
        tuple(_differences(("total", *RULES), _costs(before), _costs(after))),
        tuple(_differences({**before.kpis, **after.kpis}, before.kpis, after.kpis)),
        tuple(Move(t, told.get(t), now.get(t)) for t in {**told, **now} if _is_moved(told.get(t), now.get(t))),
    )


def _differences(names: Iterable[str], before: Mapping[str, Figure], after: Mapping[str, Figure]) -> Iterator[Difference]:
    return (Difference(name, before.get(name), after.get(name)) for name in names)


def _costs(plan: Plan) -> dict[str, Figure]:
    if plan.cost is None:
        return {}
    return {"total": plan.cost.total, **{rule: plan.cost.by_rule.get(rule, 0) for rule in RULES}}


def _visits(plan: Plan) -> dict[str, Visit]:
    return {stop.ticket: Visit(stop.ticket, r.engineer, r.shift, stop.start) for r in plan.routes for stop in r.stops}


def _is_moved(before: Visit | None, after: Visit | None) -> bool:
    if before is None or after is None:
        return True
    elsewhere = (before.engineer, before.shift) != (after.engineer, after.shift)
    return elsewhere or abs(before.start - after.start) > CHANGE_TOLERANCE
