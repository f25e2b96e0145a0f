"""Measure the speed and memory that the project holds itself to, and print each figure beside its limit.

Run ``python -m benchmarks.speed``. Figures are medians of several runs; the memory is the peak of one process that plans,
its largest child process added.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import days
from benchmarks.record import circumstances
from dispatch import check, events, explain, planning, schema, solver, travel
from dispatch.model import Plan, Problem

_EVENTS = 40
"""Events of each sort on a live day."""

_IMPORT = "from time import perf_counter as now; begun = now(); import dispatch; print(now() - begun)"
_PLANNING = """
import resource
from benchmarks import days
from dispatch import planning, solver
planning.plan(days.generate(1000, 0), options=solver.Options(seconds={seconds}))
own, largest_child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print((own + largest_child) / 2**20)
"""


@dataclass(frozen=True)
class Figure:
    """One measurement: what, how much, in which unit, and the most it may be."""

    what: str
    value: float
    limit: float
    unit: str


def _timed(act: Callable[[], object], runs: int) -> float:
    """Return the median seconds of an act, after one run that is not counted."""
    act()
    taken = []
    for _ in range(runs):
        begun = perf_counter()
        act()
        taken.append(perf_counter() - begun)
    return median(taken)


def _printed(code: str) -> float:
    """Run Python code in a process of its own and return the number it prints."""
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return float(done.stdout)


def reading(runs: int) -> Figure:
    """Read and validate 10,000 tickets."""
    data = schema.write_problem(days.generate(10_000, 0))
    return Figure("read and validate 10,000 tickets", _timed(lambda: schema.read_problem(data), runs), 2.0, "s")


def crow(runs: int) -> Figure:
    """Fill the crow matrix of 2,000 places: 1,750 tickets and the homes of their 250 engineers."""
    day = days.generate(1750, 0)
    return Figure("crow matrix of 2,000 places", _timed(lambda: travel.matrix(day), runs), 1.0, "s")


def checking(runs: int, seconds: float) -> Figure:
    """Check a plan of 1,000 tickets."""
    day = days.generate(1000, 0)
    matrix = travel.matrix(day)
    plan = solver.solve(day, matrix, solver.Options(seconds=seconds)).plan
    return Figure("check a plan of 1,000 tickets", _timed(lambda: check.verify(day, matrix, plan), runs), 0.3, "s")


def _short_of_engineers(seconds: float, left_out: int) -> tuple[Problem, Plan]:
    """Return a day of about 500 tickets and a plan that leaves out exactly so many: the others left out are taken away."""
    day = days.generate(528, 0)
    day = replace(day, engineers=day.engineers[:49])
    matrix = travel.matrix(day)
    plan = solver.solve(day, matrix, solver.Options(seconds=seconds)).plan
    plan = check.verify(day, matrix, plan).plan
    away = {u.ticket for u in plan.unassigned[left_out:]}
    if len(plan.unassigned) < left_out:
        raise RuntimeError(f"The day leaves out {len(plan.unassigned)} tickets, not {left_out}: give it fewer engineers.")
    day = replace(day, tickets=tuple(t for t in day.tickets if t.id not in away))
    return day, replace(plan, unassigned=plan.unassigned[:left_out])


def explaining(runs: int, seconds: float) -> Figure:
    """Explain 50 unassigned tickets among some 500."""
    day, plan = _short_of_engineers(seconds, 50)
    matrix = travel.matrix(day)
    taken = _timed(lambda: explain.explain(day, matrix, plan), runs)
    return Figure(f"explain 50 unassigned among {len(day.tickets)}", taken, 5.0, "s")


def _under_way(seconds: float) -> tuple[planning.Day, list[events.Event]]:
    """Return a day of 1,000 tickets two hours after it began, everybody having reported in time, and what is reported next."""
    problem = days.generate(1000, 0)
    plan = solver.solve(problem, travel.matrix(problem), solver.Options(seconds=seconds)).plan
    day = planning.open_day(problem, plan)
    reports: list[events.Event] = []
    for route in day.plan.routes:
        for s in route.stops:
            reports.append(events.Travelling(max(s.arrival - s.travel, problem.now), s.ticket))
            reports += [events.Arrived(s.start, s.ticket), events.Done(s.end, s.ticket)]
    reports.sort(key=lambda event: event.at)
    then = problem.now + 2 * 3600
    for event in reports:
        if event.at <= then:
            day = planning.apply(day, event).day
    return day, [event for event in reports if event.at > then]


def _new(day: planning.Day, number: int) -> events.TicketPut:
    """Return a ticket that is put, at a place where nobody has been yet."""
    like = day.problem.tickets[7 * number]
    place = replace(like.place, lat=(like.place.lat or 0.0) + 0.003)
    return events.TicketPut(day.problem.now + 1, replace(like, id=f"new-{number}", place=place, status="open", pin=None, actual=None))


def living(seconds: float) -> list[Figure]:
    """Let things happen on a day of 1,000 tickets and 143 engineers; processor time, as other processes are none of its business."""
    day, reports = _under_way(seconds)
    puts, candidates, works = list[float](), list[float](), list[float]()
    for number in range(_EVENTS):
        put = _new(day, number)
        begun = process_time()
        day = planning.apply(day, put).day
        puts.append(1000 * (process_time() - begun))
        begun = process_time()
        planning.candidates(day, put.ticket.id, 3)
        candidates.append(1000 * (process_time() - begun))
        report = replace(reports[number], at=max(reports[number].at, day.problem.now))
        begun = process_time()
        day = planning.apply(day, report).day
        works.append(1000 * (process_time() - begun))
    return [
        Figure("put a ticket into a live day of 1,000", median(puts), 10.0, "ms"),
        Figure("report work on a live day of 1,000", median(works), 10.0, "ms"),
        Figure("candidates on a new revision of it", median(candidates), 20.0, "ms"),
    ]


def importing(runs: int) -> Figure:
    """Import the package in a fresh process."""
    return Figure("import dispatch", median(_printed(_IMPORT) for _ in range(runs)), 0.5, "s")


def helping(runs: int) -> Figure:
    """Print the help of the command, from process start to end."""
    command = [str(Path(sys.executable).with_name("dispatch")), "--help"]
    taken = _timed(lambda: subprocess.run(command, capture_output=True, check=True), runs)
    return Figure("dispatch --help", taken, 0.6, "s")


def memory(seconds: float) -> Figure:
    """Plan 1,000 tickets in a process of its own and read its peak memory."""
    return Figure("peak memory of planning 1,000 tickets", _printed(_PLANNING.format(seconds=seconds)), 1.5, "GiB")


def measure(runs: int, seconds: float) -> list[Figure]:
    """Return every figure, saying on standard error what is being measured."""
    steps: dict[str, Callable[[], Figure | list[Figure]]] = {
        "reading": lambda: reading(runs),
        "crow": lambda: crow(runs),
        "check": lambda: checking(runs, seconds),
        "explain": lambda: explaining(runs, seconds),
        "live day": lambda: living(seconds),
        "import": lambda: importing(runs),
        "help": lambda: helping(runs),
        "memory": lambda: memory(seconds),
    }
    err = Console(stderr=True)
    figures: list[Figure] = []
    for name, step in steps.items():
        err.print(f"measuring: {name}", highlight=False)
        found = step()
        figures += found if isinstance(found, list) else [found]
    return figures


def table(figures: list[Figure]) -> Table:
    """Return the figures beside their limits."""
    shown = Table(title="speed and memory", title_justify="left")
    shown.add_column("what")
    for heading in ("limit", "figure"):
        shown.add_column(heading, justify="right")
    shown.add_column("met")
    for f in figures:
        shown.add_row(f.what, f"< {f.limit:g} {f.unit}", f"{f.value:.3f} {f.unit}", "yes" if f.value < f.limit else "no")
    return shown


def main(
    runs: Annotated[int, typer.Option(min=1, help="Runs per figure; the median counts.")] = 5,
    seconds: Annotated[float, typer.Option(min=0, help="Seconds for each plan that is needed.")] = 10.0,
    output: Annotated[Path | None, typer.Option(help="Write the figures there as JSON.")] = None,
) -> None:
    """Measure speed and memory against their limits; exit code 1 when one is missed."""
    figures = measure(runs, seconds)
    Console().print(table(figures))
    if output is not None:
        document = circumstances() | {"options": {"runs": runs, "seconds": seconds}, "figures": [asdict(f) for f in figures]}
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    raise typer.Exit(0 if all(f.value < f.limit for f in figures) else 1)


if __name__ == "__main__":
    typer.run(main)
