"""One run of an engine on an instance: asked for in a process of its own, judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.peers.answer import ShiftTickets, judge
from benchmarks.peers.engines import OURS, Engine
from benchmarks.peers.instances import Instance

ROOT = Path(__file__).parents[2]

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS",
        "GOMAXPROCS",
    ),
    "1",
)  # fmt: skip

PATIENCE, GRACE = 8, 300
"""An engine is given up after so many times its budget (VROOM uses it six times) and so many seconds more."""


@dataclass(frozen=True)
class Run:
    """What an engine made of an instance.

    Parameters
    ----------
    budget, seconds
        Seconds it was given, and took, model building included.
    wall, processor
        Seconds of the whole call on the clock and on processors: their ratio tells how much of a core it had.
    cost
        Of the plan by our check, after the repair, in seconds of travel; None where there is no answer.
    violations, removed
        What the check found before the repair, and the tickets that the repair left out.
    mended
        Whether nothing is broken after the repair.
    points
        Seconds and cost of intermediate answers, by the engine's own account.
    setting
        What was chosen among the engine's settings, where that differs by instance.
    value, gap, feasible
        By the rules of a published set: its objective, percent above the best known, and whether nothing of them is broken.
    failure
        Why there is no answer; empty where there is one.
    """

    engine: str
    group: str
    instance: str
    tickets: int
    engineers: int
    budget: float
    seconds: float = 0.0
    wall: float = 0.0
    processor: float = 0.0
    cost: float | None = None
    left_out: int = 0
    violations: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    mended: bool = True
    points: tuple[tuple[float, float], ...] = ()
    setting: str = ""
    value: float | None = None
    gap: float | None = None
    feasible: bool | None = None
    failure: str = ""


def ask(engine: Engine, instance: Instance, seconds: float, seed: int) -> dict[str, Any] | str:
    """Return an engine's answer from a process of its own, or why there is none."""
    request = {"engine": engine.name, "instance": asdict(instance), "seconds": seconds, "seed": seed}
    with TemporaryDirectory() as folder:
        question, reply = Path(folder, "request.json"), Path(folder, "answer.json")
        question.write_text(json.dumps(request))
        command = [sys.executable, "-m", "benchmarks.peers.worker", str(question), str(reply)]
        patience = PATIENCE * seconds + GRACE
        try:
            done = subprocess.run(command, cwd=ROOT, env=os.environ | ONE_THREAD, capture_output=True, text=True, timeout=patience)
        except subprocess.TimeoutExpired:
            return f"no answer after {patience:.0f} s"
        if done.returncode != 0 or not reply.exists():
            return (done.stderr.strip().splitlines() or ["no message"])[-1] + f" (exit code {done.returncode})"
        found: dict[str, Any] = json.loads(reply.read_text())
        return found


def compare(engine: Engine, instance: Instance, seconds: float, seed: int) -> Run:
    """Let an engine solve an instance and judge what it answers."""
    day, case = instance.read()
    about = (engine.name, instance.group, instance.name, len(day.problem.tickets), len(day.problem.engineers), seconds)
    found = ask(engine, instance, seconds, seed)
    if isinstance(found, str):
        return Run(*about, failure=found)
    routes: list[ShiftTickets] = [(engineer, shift, tuple(tickets)) for engineer, shift, tickets in found["routes"]]
    judged = judge(day.problem, day.matrix, routes)
    by_set = None if case is None else case.judge({r.engineer: tuple(s.ticket for s in r.stops) for r in judged.plan.routes})
    return Run(
        *about,
        seconds=found["seconds"],
        wall=found["wall"],
        processor=found["processor"],
        cost=judged.cost,
        left_out=len(judged.plan.unassigned),
        violations=judged.violations,
        removed=judged.removed,
        mended=judged.mended,
        points=tuple((p["seconds"], p["cost"]) for p in found["points"]),
        setting=found["setting"],
        value=None if by_set is None or isnan(by_set.value) else by_set.value,
        gap=None if by_set is None or case is None else case.gap(by_set),
        feasible=None if by_set is None else by_set.feasible,
    )


def schedule(
    instances: Sequence[Instance], peers: Sequence[Engine], ours: Sequence[float], theirs: float
) -> Iterator[tuple[Engine, Instance, float]]:
    """Yield what to run: all engines on one instance before the next, so that a machine that changes changes for all."""
    for instance in instances:
        yield from ((OURS, instance, seconds) for seconds in ours)
        yield from ((peer, instance, theirs) for peer in peers)


def records(runs: Sequence[Run]) -> list[Mapping[str, Any]]:
    """Return runs as they are written to a file."""
    return [asdict(run) for run in runs]
