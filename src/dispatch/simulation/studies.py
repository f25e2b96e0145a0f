"""Studies: several worlds simulated with the same random numbers, saved as results come, and compared in pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dispatch.simulation.alternatives import Alternative
from dispatch.simulation.engine import Audit
from dispatch.simulation.kpis import ALL, Scope
from dispatch.simulation.runs import Estimate, Replication, Simulated, Verdict, estimate, replicate

__all__ = ["Compared", "Plan", "Study", "difference", "key_of", "simulate_all"]


@dataclass(frozen=True)
class Plan:
    """How alternatives are simulated.

    Parameters
    ----------
    folder
        Where results are kept, one JSON line for each replication; None: nowhere.
    executor, at_once
        Where replications run, and how many are handed out at a time; None: here.
    on_progress
        Called with replications done and asked for.
    stop
        Once it says so, what is there is the answer.
    """

    days: int
    replications: int
    seed: int = 0
    folder: Path | None = None
    executor: Executor | None = None
    at_once: int = 1
    on_progress: Callable[[int, int], None] | None = None
    stop: Callable[[], bool] = field(default=lambda: False)


@dataclass(frozen=True)
class Compared:
    """One alternative with its replications."""

    alternative: Alternative
    result: Simulated

    @property
    def targets(self) -> tuple[Verdict, ...]:
        """How its targets came out."""
        return self.result.targets()

    @property
    def met(self) -> bool:
        """Whether all targets are met, by the means."""
        return all(v.met for v in self.targets)


@dataclass(frozen=True)
class Study:
    """What is known of all alternatives; the first is what others are compared with.

    Parameters
    ----------
    complete
        Whether every alternative has all its replications.
    """

    days: int
    replications: int
    seed: int
    compared: tuple[Compared, ...]
    complete: bool

    def difference(self, number: int, figure: str, scope: Scope = ALL) -> Estimate:
        """Return by how much a figure of an alternative is above that of the first, with the paired interval."""
        return difference(self.compared[0].result, self.compared[number].result, figure, scope)


def difference(one: Simulated, other: Simulated, figure: str, scope: Scope = ALL) -> Estimate:
    """Return by how much a figure is higher in the second of two results: the mean of the differences between replications of one number.

    Both met the same tickets and the same luck, which the difference does not contain: its interval is narrower than those of the figures.
    """
    values = {r.number: r.figures.get(scope, {}).get(figure) for r in one.replications}
    pairs = [(values.get(r.number), r.figures.get(scope, {}).get(figure)) for r in other.replications]
    return estimate([None if a is None or b is None else b - a for a, b in pairs])


# ------------------------------------------------------------------ keeping


def key_of(tree: Mapping[str, Any], days: int, seed: int) -> str:
    """Return the name under which results are kept: equal only for the same world, days, seed and version."""
    whole = {"world": tree, "days": days, "seed": seed, "version": version("field-dispatch")}
    return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:24]


def as_line(replication: Replication) -> str:
    """Return a replication as a line of JSON."""
    figures = [[*scope, dict(values)] for scope, values in replication.figures.items()]
    return json.dumps({"replication": replication.number, "figures": figures, "audit": asdict(replication.audit)})


def from_line(line: str) -> Replication:
    """Return the replication in a line of JSON."""
    found = json.loads(line)
    figures = {(kind, customer_class, region): values for kind, customer_class, region, values in found["figures"]}
    return Replication(found["replication"], figures, Audit(**found["audit"]))


def _kept(path: Path) -> dict[int, Replication]:
    """Return what a file has; a line that was cut off when the program was killed is passed over."""
    found: dict[int, Replication] = {}
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            try:
                replication = from_line(line)
            except (ValueError, KeyError, TypeError):
                continue
            found.setdefault(replication.number, replication)
    return found


def _keep(path: Path, replication: Replication) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + as_line(replication) + "\n")


# ------------------------------------------------------------------ running


def simulate_all(found: Sequence[Alternative], plan: Plan) -> Study:
    """Simulate alternatives with common random numbers; what the folder has is taken from there."""
    keys = [key_of(a.tree, plan.days, plan.seed) for a in found]
    paths = [None if plan.folder is None else plan.folder / f"{key}.jsonl" for key in keys]
    done = [{} if p is None else _kept(p) for p in paths]
    missing = [(i, n) for i in range(len(found)) for n in range(plan.replications) if n not in done[i]]
    told, total = len(found) * plan.replications - len(missing), len(found) * plan.replications
    if plan.on_progress is not None and told:
        plan.on_progress(told, total)
    results = _stream(found, missing, plan)
    try:
        for i, replication in results:
            # Through its line, so that a result is the same whether it was kept before or not.
            done[i][replication.number] = from_line(as_line(replication))
            path = paths[i]
            if path is not None:
                _keep(path, replication)
            told += 1
            if plan.on_progress is not None:
                plan.on_progress(told, total)
            if plan.stop():
                break
    finally:
        results.close()
    return Study(
        plan.days, plan.replications, plan.seed, tuple(_compared(a, d, plan) for a, d in zip(found, done, strict=True)), told == total
    )


def _compared(alternative: Alternative, done: Mapping[int, Replication], plan: Plan) -> Compared:
    mine = tuple(done[n] for n in sorted(done) if n < plan.replications)
    stopped = "replications" if len(mine) == plan.replications else "stopped"
    return Compared(alternative, Simulated(alternative.world, plan.days, plan.seed, mine, stopped))


def _stream(found: Sequence[Alternative], missing: Sequence[tuple[int, int]], plan: Plan) -> Generator[tuple[int, Replication], None, None]:
    """Yield results as they come."""
    if plan.executor is None:
        for i, n in missing:
            yield i, replicate(found[i].world, plan.days, plan.seed, n)
        return
    waiting: dict[Future[Replication], int] = {}
    asked = 0
    try:
        while asked < len(missing) or waiting:
            while asked < len(missing) and len(waiting) < plan.at_once:
                i, n = missing[asked]
                waiting[plan.executor.submit(replicate, found[i].world, plan.days, plan.seed, n)] = i
                asked += 1
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()
    finally:
        for future in waiting:
            future.cancel()
