"""Backtests: the tickets of a log dispatched again, beside what was done with them."""

from __future__ import annotations

import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from dispatch.errors import InputError
from dispatch.report.markup import Markup
from dispatch.schema.codes import fault
from dispatch.schema.values import shown, write_duration, write_time
from dispatch.simulation import answers, page, picture
from dispatch.simulation.logs import Entry, TicketLog
from dispatch.simulation.records import read_tickets
from dispatch.simulation.runs import Estimate, estimate, replicate
from dispatch.simulation.studies import Plan
from dispatch.simulation.world import World, read_world

__all__ = ["Backtest", "Measure", "answer", "backtest", "draw", "html", "replayed"]

Outcome = tuple[int, int | None, int | None, int | None]
"""Number of a logged ticket, and Unix seconds: promised, responded, closed."""
MOST_DAYS = 3660


@dataclass(frozen=True)
class Measure:
    """One time that the log has, as it was and as it would have been.

    Parameters
    ----------
    name
        `response`: from opening to work beginning; `resolution`: to its end.
    tickets
        Compared: the log has the time, and so have all replications.
    actual, simulated
        Minutes, one for each ticket; of replications the mean.
    difference
        Simulated less actual, minutes: the mean over days of opening of each day's mean, with its 95 % interval.
    kept_actual, kept_simulated
        Share of promised tickets in time, for the response; None where nothing is promised.
    """

    name: Literal["response", "resolution"]
    tickets: int
    actual: tuple[float, ...]
    simulated: tuple[float, ...]
    difference: Estimate
    kept_actual: float | None
    kept_simulated: float | None


@dataclass(frozen=True)
class Backtest:
    """What became of a log's tickets, twice."""

    world: World
    days: int
    replications: int
    seed: int
    replayed: int
    left_out: int
    measures: tuple[Measure, ...]


def _plain(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _entry_of(sort: str, ids: Sequence[str]) -> str | None:
    return next((i for i in ids if i == sort or _plain(i) == (_plain(sort) or "tickets")), None)


def replayed(tree: Mapping[str, Any], log: TicketLog, days: int | None = None) -> tuple[World, list[Entry], int]:
    """Return the world with the log's tickets in place of its demand, these tickets in order, and the days from the first to the last.

    A sort belongs to the entry of `demand` with that id, spelled as `demand fit` spells it; where there is one entry only, to that.

    Raises
    ------
    InputError
        A sort of the log has no entry in `demand`, or the log is longer than ten years and `days` does not cut it.
    """
    zone = read_world(json.dumps(tree)).zone
    ids = [d["id"] for d in tree.get("demand", [])]
    sorts = {e.sort for e in log.entries}
    names = {s: ids[0] if len(ids) == 1 else _entry_of(s, ids) for s in sorts}
    faults = [
        fault("UNKNOWN_DEMAND", "/demand", f"The log has tickets of sort {shown(s)}, and `demand` has {', '.join(ids) or 'no entry'}.")
        for s, found in sorted(names.items())
        if found is None
    ]
    if faults:
        raise InputError(faults)
    first = datetime.fromtimestamp(log.entries[0].opened_at, zone).date().toordinal()
    last = datetime.fromtimestamp(log.entries[-1].opened_at, zone).date().toordinal() + 1
    span = min(last - first, days or last - first)
    if span > MOST_DAYS:
        message = f"The log goes over {span:,} days, and {MOST_DAYS:,} is the most."
        raise InputError([fault("OUT_OF_RANGE", "/log", message, "Take a part of it with --days.")])
    entries = [e for e in log.entries if datetime.fromtimestamp(e.opened_at, zone).date().toordinal() < first + span]
    by_matrix = isinstance(tree.get("travel"), dict) and tree["travel"].get("source") == "matrix"
    tickets = []
    for e in entries:
        ticket: dict[str, Any] = {"opened_at": write_time(e.opened_at, zone), "demand": names[e.sort]}
        if e.lat is not None and e.lon is not None and not by_matrix:
            ticket["place"] = {"lat": e.lat, "lon": e.lon}
        if e.service is not None:
            ticket["service"] = write_duration(e.service)
        tickets.append(ticket)
    used = {t["demand"] for t in tickets}
    changed = {
        **tree,
        "start": date.fromordinal(first).isoformat(),
        "warm_up_days": 0,
        "demand": [d for d in tree["demand"] if d["id"] in used],
        "preventive": [],
        "log": {"mode": "replay", "tickets": tickets},
    }
    return read_world(json.dumps(changed)), entries, span


def _outcomes(world: World, days: int, seed: int, number: int) -> list[Outcome]:
    """Return what became of the log's tickets in one replication, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        replicate(world, days, seed, number, Path(folder))
        return [
            (
                int(t.ticket.rpartition("-log-")[2]) - 1,
                t.respond_by,
                t.responded_at,
                t.closed_at if t.outcome in ("visit", "remote") else None,
            )
            for t in read_tickets(Path(folder) / f"replication-{number:03}")
        ]


def _all(world: World, days: int, plan: Plan) -> Iterator[list[Outcome]]:
    executor: Executor | None = plan.executor
    if executor is None:
        for number in range(plan.replications):
            yield _outcomes(world, days, plan.seed, number)
        return
    futures = [executor.submit(_outcomes, world, days, plan.seed, number) for number in range(plan.replications)]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def backtest(tree: Mapping[str, Any], log: TicketLog, plan: Plan, days: int | None = None) -> Backtest:
    """Replay a log and compare, ticket by ticket, what would have become of it with what was done.

    Parameters
    ----------
    days
        From the first day of the log on; None: all.

    Raises
    ------
    InputError
        The log does not say when work began or ended, or its sorts are not in the world.
    """
    if not any(e.begun is not None or e.ended is not None for e in log.entries):
        message = "The log does not say when work began or ended: there is nothing to compare with."
        raise InputError([fault("LOG_UNUSABLE", "", message, "Name the columns with --begun and --ended.")])
    world, entries, span = replayed(tree, log, days)
    found: dict[int, list[Outcome]] = defaultdict(list)
    done = 0
    for outcomes in _all(world, span, plan):
        for outcome in outcomes:
            found[outcome[0]].append(outcome)
        done += 1
        if plan.on_progress is not None:
            plan.on_progress(done, plan.replications)
        if plan.stop():
            break
    measures = [m for m in (_measure("response", entries, found, world, done), _measure("resolution", entries, found, world, done)) if m]
    return Backtest(world, span, done, plan.seed, len(entries), len(log.entries) - len(entries), tuple(measures))


def _measure(
    name: Literal["response", "resolution"], entries: Sequence[Entry], found: Mapping[int, list[Outcome]], world: World, replications: int
) -> Measure | None:
    actual, simulated, by_day = [], [], defaultdict(list)
    promised = kept = 0
    kept_simulated = 0.0
    for k, entry in enumerate(entries):
        was = entry.begun if name == "response" else entry.ended
        would = [o[2] if name == "response" else o[3] for o in found.get(k, ())]
        if was is None or len(would) < replications or any(w is None for w in would):
            continue
        mean = sum(w - entry.opened_at for w in would if w is not None) / len(would) / 60
        actual.append((was - entry.opened_at) / 60)
        simulated.append(mean)
        by_day[datetime.fromtimestamp(entry.opened_at, world.zone).date()].append(mean - actual[-1])
        due = found[k][0][1]
        if name == "response" and due is not None:
            promised += 1
            kept += was <= due
            kept_simulated += sum(w is not None and w <= due for w in would) / len(would)
    if not actual:
        return None
    difference = estimate([sum(of) / len(of) for of in by_day.values()])
    shares = (kept / promised, kept_simulated / promised) if promised else (None, None)
    return Measure(name, len(actual), tuple(actual), tuple(simulated), difference, *shares)


# --------------------------------------------------------------------- telling


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def rows(m: Measure) -> list[tuple[str, float, float]]:
    """Return mean, median and 90 % of the minutes that were, and that would have been."""
    return [
        ("mean", sum(m.actual) / m.tickets, sum(m.simulated) / m.tickets),
        ("p50", percentile(m.actual, 0.5), percentile(m.simulated, 0.5)),
        ("p90", percentile(m.actual, 0.9), percentile(m.simulated, 0.9)),
    ]


def answer(found: Backtest) -> dict[str, Any]:
    """Return a backtest as a document."""
    return {
        "format": "dispatch-backtest/1",
        "world": found.world.name,
        "start": date.fromordinal(found.world.start).isoformat(),
        "days": found.days,
        "replications": found.replications,
        "seed": found.seed,
        "tickets": found.replayed,
        "left_out": found.left_out,
        "measures": [
            {
                "measure": m.name,
                "tickets": m.tickets,
                **{f"{name}_minutes": {"actual": round(was, 3), "simulated": round(would, 3)} for name, was, would in rows(m)},
                "difference_minutes": answers.estimate(m.difference),
                "kept": None
                if m.kept_actual is None
                else {"actual": round(m.kept_actual, 6), "simulated": round(m.kept_simulated or 0.0, 6)},
            }
            for m in found.measures
        ],
    }


def _kept(m: Measure) -> dict[str, float] | None:
    if m.kept_actual is None or m.kept_simulated is None:
        return None
    return {"actual": round(m.kept_actual, 6), "simulated": round(m.kept_simulated, 6)}


def html(found: Backtest) -> str:
    """Return the report of a backtest."""
    parts: list[Markup] = [page.section("As it was, and as it would have been", page.chart(lambda: draw(found)))]
    for m in found.measures:
        listed = [(name, f"{was:,.1f}", f"{would:,.1f}") for name, was, would in rows(m)]
        if m.kept_actual is not None:
            listed.append(("promises kept", page.said(m.kept_actual, "share"), page.said(m.kept_simulated, "share")))
        title = f"{m.name.capitalize()}, minutes, of {m.tickets:,} tickets"
        parts.append(page.section(title, page.table(("", "As it was", "Simulated"), listed)))
    lead = f"{found.replayed:,} tickets of {found.days} days, dispatched again {found.replications} times."
    made = "Differences are means over days with 95 % intervals. "
    made += "What a log leaves out, such as other work of the crew, is not in the simulation."
    return page.document(found.world.name or "Backtest", lead, (), parts, made)


def draw(found: Backtest) -> Any:
    """Return the distributions of the minutes that were and that would have been."""
    measures = found.measures
    drawn, axes = picture.figure(1, max(1, len(measures)), 5.5 * max(1, len(measures)), 3.6)
    for axis, m in zip(axes[0], measures, strict=False):
        for values, colour, label in ((m.actual, picture.SOFT, "as it was"), (m.simulated, picture.ACCENT, "simulated")):
            listed = sorted(max(v, 0.1) for v in values)
            axis.step(listed, [100 * (k + 1) / len(listed) for k in range(len(listed))], where="post", color=colour, label=label)
        axis.set_xscale("log")
        axis.set_xlabel("minutes")
        axis.set_title(f"Share of tickets within, %: {m.name}")
        axis.grid(color="#e6eaef")
        axis.legend(frameon=False)
    return drawn
