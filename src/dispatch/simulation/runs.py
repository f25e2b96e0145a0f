"""Replications, one after the other or side by side, until they are enough; and what they say together."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

from dispatch.simulation.engine import Audit, Sink, simulate
from dispatch.simulation.kpis import ALL, FIGURES, Figures, Scope, figures_of, scope_of
from dispatch.simulation.records import RecordFiles, read_days, read_tickets
from dispatch.simulation.world import World

__all__ = ["Estimate", "Replication", "Simulated", "Verdict", "chance", "estimate", "judge", "replicate", "run"]

LEAST = 3
"""Replications before an interval is believed."""


@dataclass(frozen=True)
class Replication:
    """What one replication found: figures by scope, and what it says about itself."""

    number: int
    figures: Mapping[Scope, Figures]
    audit: Audit


@dataclass(frozen=True)
class Estimate:
    """A figure over replications: its mean and its 95 % interval; None where too few replications have it.

    Parameters
    ----------
    low, high
        Where a figure cannot be negative, or above 1, the interval ends there.
    half
        Half the width of the interval, uncut.
    values
        One per replication, None where the figure is not defined.
    """

    mean: float | None
    low: float | None
    high: float | None
    half: float | None
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Verdict:
    """A target, what was reached, and whether the target is met: by the mean, and beyond doubt (the whole interval)."""

    figure: str
    scope: Scope
    at_least: float | None
    at_most: float | None
    estimate: Estimate
    met: bool
    surely: bool


@dataclass(frozen=True)
class Simulated:
    """What all replications of one world say together."""

    world: World
    days: int
    seed: int
    replications: tuple[Replication, ...]
    stopped: str

    def scopes(self) -> tuple[Scope, ...]:
        """Return all scopes that occur in any replication, all tickets first."""
        found = {s for r in self.replications for s in r.figures}
        return tuple(sorted(found, key=lambda s: (s != ALL, sum(p is not None for p in s), tuple(p or "" for p in s))))

    def estimate(self, figure: str, scope: Scope = ALL) -> Estimate:
        """Return a figure over all replications."""
        return estimate([r.figures.get(scope, {}).get(figure) for r in self.replications], figure)

    def targets(self) -> tuple[Verdict, ...]:
        """Return how each target of the world came out."""
        return judge(self.world, self.estimate)


def replicate(world: World, days: int, seed: int, number: int, folder: Path | None = None) -> Replication:
    """Run one replication; its records go to files, so that memory does not grow with the days.

    Parameters
    ----------
    number
        Of the replication: with the seed it settles every random number.
    folder
        Where records are kept, in a folder named after the number; None: nowhere.
    """
    with tempfile.TemporaryDirectory() as spare:
        records = (Path(spare) if folder is None else folder) / f"replication-{number:03}"
        with RecordFiles(records) as files:
            audit = simulate(world, days, seed, number, Sink(files.ticket, files.day))
        scopes = [scope_of(t) for t in world.targets]
        figures = figures_of(read_tickets(records), read_days(records), audit.counted_from, audit.end, scopes)
    if audit.ticket_seconds != audit.sojourns:
        raise AssertionError(
            f"Little's law does not hold in replication {number}: {audit.ticket_seconds} and {audit.sojourns} ticket seconds."
        )
    return Replication(number, figures, audit)


def estimate(values: Sequence[float | None], figure: str | None = None) -> Estimate:
    """Return the mean of some replications and its 95 % interval by Student's t.

    Parameters
    ----------
    figure
        Name of the figure: its interval keeps to what it can be. None: any number, such as a difference.
    """
    known = [v for v in values if v is not None]
    if not known:
        return Estimate(None, None, None, None, tuple(values))
    mean = sum(known) / len(known)
    if len(known) < 2:
        return Estimate(mean, None, None, None, tuple(values))
    from scipy.special import stdtrit  # takes a tenth of a second to load

    spread = math.sqrt(sum((v - mean) ** 2 for v in known) / (len(known) - 1) / len(known))
    half = float(stdtrit(len(known) - 1, 0.975)) * spread
    low, high = mean - half, mean + half
    if figure is not None:
        low, high = max(0.0, low), min(1.0, high) if FIGURES[figure] == "share" else high
    return Estimate(mean, low, high, half, tuple(values))


def chance(happened: Sequence[bool | None]) -> Estimate:
    """Return in which share of replications something happened, and its exact 95 % interval.

    Clopper, Pearson 1934, doi 10.1093/biomet/26.4.404.

    Parameters
    ----------
    happened
        One per replication, None where it cannot be said.
    """
    known = [h for h in happened if h is not None]
    values = tuple(None if h is None else float(h) for h in happened)
    if not known:
        return Estimate(None, None, None, None, values)
    from scipy.special import betaincinv  # takes a tenth of a second to load

    n, k = len(known), sum(known)
    low = float(betaincinv(k, n - k + 1, 0.025)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 0.975)) if k < n else 1.0
    return Estimate(k / n, low, high, (high - low) / 2, values)


def judge(world: World, of: Callable[[str, Scope], Estimate]) -> tuple[Verdict, ...]:
    """Return how each target of a world comes out by some estimates; a figure that is not defined misses."""
    found = []
    for t in world.targets:
        e, scope = of(t.figure, scope_of(t)), scope_of(t)

        def reached(value: float | None, low: float | None = t.at_least, high: float | None = t.at_most) -> bool:
            return value is not None and (low is None or value >= low) and (high is None or value <= high)

        found.append(Verdict(t.figure, scope, t.at_least, t.at_most, e, reached(e.mean), reached(e.low) and reached(e.high)))
    return tuple(found)


def run(
    world: World,
    days: int,
    replications: int,
    seed: int = 0,
    *,
    precision: float | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    folder: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Simulated:
    """Run replications until the intervals are narrow enough, or the number asked for is reached.

    Parameters
    ----------
    replications
        Most replications.
    precision
        Stop once half the 95 % interval of the promises kept (`sla`), and of every target, is at most this (for a figure that is no share:
        this part of its mean). Looked at in order of replications, so that the answer does not depend on which was ready first.
    executor, workers
        Where replications run, and how many at a time; None: here, one after the other.
    on_progress
        Called with the replications done and the most there will be.
    stop
        Asked between replications; once it says so, what there is, is the answer.
    """
    done: list[Replication] = []
    why = "replications"
    for replication in _ordered(world, days, replications, seed, executor, workers, folder):
        done.append(replication)
        if on_progress is not None:
            on_progress(len(done), replications)
        if stop():
            why = "stopped"
            break
        if precision is not None and len(done) >= LEAST and _narrow(world, done, precision):
            why = "precision"
            break
    return Simulated(world, days, seed, tuple(done), why)


def _ordered(
    world: World, days: int, replications: int, seed: int, executor: Executor | None, workers: int, folder: Path | None
) -> Iterator[Replication]:
    """Yield replications in order of their numbers, however they are run."""
    if executor is None:
        for number in range(replications):
            yield replicate(world, days, seed, number, folder)
        return
    waiting: dict[Future[Replication], int] = {}
    ready: dict[int, Replication] = {}
    asked = told = 0
    try:
        while told < replications:
            while asked < replications and len(waiting) < workers:
                waiting[executor.submit(replicate, world, days, seed, asked, folder)] = asked
                asked += 1
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                ready[waiting.pop(future)] = future.result()
            while told in ready:
                yield ready.pop(told)
                told += 1
    finally:
        for future in waiting:
            future.cancel()


def _narrow(world: World, done: Sequence[Replication], precision: float) -> bool:
    wanted = {("sla", ALL), *((t.figure, scope_of(t)) for t in world.targets)}
    for figure, scope in wanted:
        e = estimate([r.figures.get(scope, {}).get(figure) for r in done])
        if e.mean is None:
            continue
        size = 1.0 if FIGURES[figure] == "share" else abs(e.mean)
        if e.half is None or e.half > precision * size:
            return False
    return True
