"""Validate the simulation and measure its speed, and print every figure beside what it should be.

Run ``python -m benchmarks.simulation``; ``--data DIR`` adds the logs. Seconds are of the processor: other work on it does not count.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import stdev, variance
from time import perf_counter, process_time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dispatch.planning.light import DISPATCHING
from dispatch.simulation.alternatives import Alternative
from dispatch.simulation.demand import Arrivals
from dispatch.simulation.engine import Sink, simulate
from dispatch.simulation.fit import fit, world_of
from dispatch.simulation.kpis import ALL
from dispatch.simulation.logs import Columns, read_log
from dispatch.simulation.records import TicketRecord
from dispatch.simulation.runs import estimate, replicate, run
from dispatch.simulation.streams import Streams
from dispatch.simulation.studies import Plan, simulate_all
from dispatch.simulation.workers import executor
from dispatch.simulation.world import World, read_world

ROOT = Path(__file__).resolve().parent.parent
NIGHT = ROOT / "scenarios" / "worlds" / "on-call-night.json"
LOGS = {
    "chicago_311_sanitation": ("America/Chicago", Columns(sort="nature")),
    "pittsburgh_fire_incidents": ("America/New_York", Columns()),
    "sf_fire_incidents": ("America/Los_Angeles", Columns()),
}
FREE = dict.fromkeys(("fixed", "paid_time", "workload", "change", "distance", "overtime", "lateness"), 0) | {"response": 1}
_MEMORY = "import sys; from benchmarks.simulation import memory; print(memory(int(sys.argv[1])))"


@dataclass(frozen=True)
class Line:
    """One figure: what, what it is, what it should be, and whether it is."""

    what: str
    found: str
    wanted: str
    well: bool


def queue(servers: int, load: float, dispatching: str, minutes: int = 15) -> World:
    """Return a world without travel in which so many servers work round the clock and service is exponential."""
    place = {"lat": 28.2, "lon": 112.9}
    service = {"mean": f"PT{minutes}M", "law": "exponential"}
    roster = {"days": ["mon"], "start": "00:00", "length": "P7D", "overtime": "P30D"}
    tree: dict[str, Any] = {
        "format": "dispatch-world/1",
        "start": "2026-03-02",
        "warm_up_days": 1,
        "dispatching": dispatching,
        "iterations": 20,
        "policy": {"base": "balanced", "weights": FREE},
        "engineers": [{"id": "e", "count": servers, "roster": [roster]}],
        "demand": [{"id": "t", "kind": "repair", "area": {"centre": place}, "service": service, "per_week": load * 7 * 24 * 60 / minutes}],
    }
    return read_world(json.dumps(tree))


def erlang(servers: int, load: float, minutes: int = 15) -> tuple[float, float]:
    """Return the probability of waiting and the mean wait in minutes of an M/M/c queue (Erlang's formula C)."""
    below = sum(load**k / math.factorial(k) for k in range(servers))
    full = load**servers / math.factorial(servers) * servers / (servers - load)
    waiting = full / (below + full)
    return waiting, waiting * minutes / (servers - load)


def queues(replications: int) -> Iterator[Line]:
    """Compare simulated queues with Erlang's formula."""
    for servers, load in ((1, 0.5), (5, 3.5), (20, 14.0)):
        share, mean = erlang(servers, load)
        for dispatching in DISPATCHING:
            made, shares, means = queue(servers, load, dispatching), [], []
            for number in range(replications):
                tickets: list[TicketRecord] = []
                simulate(made, 1, 1, number, Sink(tickets.append, lambda _: None))
                waits = [t.responded_at - t.opened_at for t in tickets if t.counted and t.responded_at is not None]
                shares.append(sum(w > 0 for w in waits) / len(waits))
                means.append(sum(waits) / len(waits) / 60)
            for name, found, wanted in (("waiting probability", estimate(shares), share), ("mean wait, minutes", estimate(means), mean)):
                inside = found.low is not None and found.high is not None and found.low <= wanted <= found.high
                yield Line(f"M/M/{servers}, {dispatching}: {name}", f"{found.mean:.4f} ± {found.half:.4f}", f"{wanted:.4f}", inside)


def differences(replications: int) -> Iterator[Line]:
    """Compare the spread of a difference under common random numbers with that under independent ones."""
    made = read_world(NIGHT.read_bytes())
    first = made.crew[0]
    one_more = replace(made, crew=(*made.crew, replace(first, engineer=replace(first.engineer, id="one more"))))
    for name, other in (("one more engineer", one_more), ("nearest-able instead of replan", replace(made, dispatching="nearest-able"))):
        before, common, apart = (run(w, 14, replications, s).replications for w, s in ((made, 1), (other, 1), (other, 2)))
        for figure in ("utilisation", "first_time_fix", "sla", "response_mean_minutes", "tickets_in_system"):
            a, b, c = ([r.figures[ALL][figure] or 0.0 for r in found] for found in (before, common, apart))
            ratio = stdev(y - x for x, y in zip(a, b, strict=True)) / math.sqrt(variance(a) + variance(c))
            yield Line(f"common random numbers, {name}: {figure}", f"{ratio:.2f} of the interval", "at most 0.50", ratio <= 0.5)


def busy(crew: int = 30, per_day: int = 200) -> World:
    """Return a world of engineers with three skills who get emergencies and repairs, mostly by day."""
    skills = ["pump", "drive", "boiler"]
    roster = {
        "start": "08:00",
        "length": "PT9H",
        "overtime": "PT2H",
        "breaks": [{"earliest": "PT3H30M", "latest": "PT5H", "duration": "PT45M"}],
    }
    engineers = [
        {
            "id": f"e{k}",
            "home": {"lat": 28.2 + 0.1 * ((k * 7) % 11 - 5) / 5, "lon": 112.95 + 0.12 * ((k * 5) % 13 - 6) / 6},
            "skills": [{"skill": skills[k % 3], "tier": 1 + k % 3}, {"skill": skills[(k + 1) % 3], "tier": 2}],
            "roster": [roster],
        }
        for k in range(crew)
    ]
    demand = [
        {
            "id": f"{skill}-{kind}",
            "kind": kind,
            "priority": priority,
            "skills": [{"skill": skill, "tier": tier}],
            "area": {"centre": {"lat": 28.2, "lon": 112.95}, "radius_km": 20},
            "service": {"mean": "PT50M", "sigma": 0.5},
            "per_week": per_day * 7 / 6,
            "hours": [0.2] * 7 + [3, 3, 3, 2, 2, 1, 2, 2, 1, 1, 1, 0.5] + [0.2] * 5,
        }
        for skill in skills
        for kind, priority, tier in (("emergency", 1, 2), ("repair", 3, 1))
    ]
    levels = [{"kind": "emergency", "respond_within": "PT2H", "late_factor": 2}, {"kind": "repair", "respond_within": "PT8H"}]
    tree = {"format": "dispatch-world/1", "start": "2026-03-02", "service_levels": levels, "engineers": engineers, "demand": demand}
    return read_world(json.dumps({**tree, "behaviours": {"travel": {"sigma": 0.2}}}))


def memory(days: int) -> float:
    """Return the most megabytes that this process has used after simulating so many days."""
    replicate(busy(), days, 1, 0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def speed() -> Iterator[Line]:
    """Measure one day, ninety days, and memory."""
    made = busy()
    replicate(made, 1, 9, 9)
    begun = process_time()
    day = replicate(made, 1, 1, 0)
    seconds = process_time() - begun
    found = f"{seconds:.2f} s for {day.audit.tickets} tickets and {day.audit.replans} replans"
    yield Line("one day, 30 engineers, a replan at every event", found, "at most 1.5 s", seconds <= 1.5)
    begun = process_time()
    long = replicate(made, 90, 1, 0)
    seconds = process_time() - begun
    yield Line("90 days, 30 engineers", f"{seconds:.0f} s for {long.audit.replans:,} replans", "at most 120 s", seconds <= 120)
    short, whole = (
        float(subprocess.run([sys.executable, "-c", _MEMORY, str(d)], capture_output=True, text=True, check=True, cwd=ROOT).stdout)
        for d in (15, 90)
    )
    yield Line("memory after 15 and after 90 days", f"{short:.0f} and {whole:.0f} MB", "flat, within 5 %", whole <= 1.05 * short)


def sweep(replications: int = 8, rounds: int = 3) -> Iterator[Line]:
    """Yield the seconds of a sweep of 20 crews x 10 replications x 20 days, reckoned up from a part of it, and what a cluster adds.

    Processes and Dask workers, two of each, take turns, so that other work on the machine meets both; of each the quickest round counts.
    """
    from distributed import LocalCluster

    worlds = ROOT / "scenarios" / "worlds"
    for name in ("hunan", "chicago"):
        world = read_world((worlds / f"{name}.json").read_bytes())
        before = process_time()
        for number in range(3):
            replicate(world, 20, 1, number)
        seconds = (process_time() - before) / 3 * 200 / 2
        yield Line(
            f"sweep of 20 crews x 10 x 20 days, {name}, 2 cores, reckoned from 3 of 200", f"{seconds:.0f} s", "<= 1200 s", seconds <= 1200
        )
    alternative = Alternative((), json.loads((worlds / "hunan.json").read_text("utf-8")))
    found: dict[str, list[float]] = {"processes": [], "dask": []}
    make: Any = LocalCluster
    with make(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as scheduler:
        for address, name in ((None, "processes"), (scheduler.scheduler_address, "dask")) * rounds:
            with executor(2, address) as (pool, at_once):
                simulate_all([alternative], Plan(1, 4, 0, None, pool, at_once))  # everybody is awake and has compiled code at hand
                before = perf_counter()
                simulate_all([alternative], Plan(20, replications, 1, None, pool, at_once))
                found[name].append(perf_counter() - before)
    ours, theirs = (min(found[name]) for name in ("processes", "dask"))
    yield Line(
        "two Dask workers against two processes", f"{theirs:.1f} and {ours:.1f} s: {theirs / ours - 1:+.0%}", "+10%", theirs <= 1.1 * ours
    )


def logs(data: Path) -> Iterator[Line]:
    """Fit real logs, and count what a fitted world lets come in the days of its log."""
    for name, (zone, columns) in LOGS.items():
        log = read_log((data / "tickets" / f"{name}.csv.gz").read_bytes(), columns, zone)
        goodness = fit(log, zone).goodness
        apart = goodness.expected / goodness.seen - 1
        yield Line(
            f"{name}: last quarter, expected against seen", f"{goodness.expected:,.0f} and {goodness.seen:,} ({apart:+.1%})", "", True
        )
        whole = fit(log, zone, held_out=0)
        arrivals = Arrivals(read_world(json.dumps(world_of(whole))), Streams(0, 0))
        came, seen = sum(len(arrivals.on(day)) for day in range(whole.first, whole.last)), len(log.entries)
        yield Line(
            f"{name}: volume of the fitted world",
            f"{came:,} of {seen:,} ({came / seen - 1:+.1%})",
            "within 5 %",
            abs(came / seen - 1) <= 0.05,
        )


def main(
    data: Annotated[Path | None, typer.Option(help="Folder that holds the logs.")] = None,
    replications: Annotated[int, typer.Option(min=3, help="Of every queue and every difference.")] = 16,
    only: Annotated[
        str, typer.Option(help="Comma-separated: queues, differences, speed, sweep, logs.")
    ] = "queues,differences,speed,sweep,logs",
) -> None:
    """Validate the simulation, measure its speed, and print every figure beside what it should be."""
    parts = {"queues": queues(replications), "differences": differences(replications), "speed": speed(), "sweep": sweep()}
    if data is not None:
        parts["logs"] = logs(data)
    table = Table("what", "found", "should be", "")
    missed = 0
    for name in only.split(","):
        for line in parts.get(name, iter(())):
            table.add_row(line.what, line.found, line.wanted, "" if line.well else "no")
            missed += not line.well
    Console(width=160, highlight=False).print(table)
    raise typer.Exit(1 if missed else 0)


if __name__ == "__main__":
    typer.run(main)
