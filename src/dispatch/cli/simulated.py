"""What the commands of the simulation print for people."""

from __future__ import annotations

from datetime import date

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dispatch.cli.telling import text
from dispatch.simulation.fit import Fitted
from dispatch.simulation.kpis import ALL, FIGURES, Scope, of_scope
from dispatch.simulation.runs import Estimate, Simulated, Verdict

OF_SCOPES = ("tickets_per_day", "sla", "response_p50_minutes", "response_p90_minutes", "first_time_fix", "backlog_end")
"""Figures that are shown for every scope."""


def number(value: float | None, unit: str) -> str:
    """Return a value of a figure: shares as per cent."""
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if unit == "share" else f"{value:,.1f}"


def with_interval(e: Estimate, unit: str) -> str:
    """Return a mean and half the width of its interval."""
    if e.half is None:
        return number(e.mean, unit)
    return f"{number(e.mean, unit)} ± {100 * e.half if unit == 'share' else e.half:,.1f}"


def bound(v: Verdict) -> str:
    """Return what a target asks for."""
    unit = FIGURES[v.figure]
    parts = [f"at least {number(v.at_least, unit)}"] if v.at_least is not None else []
    parts += [f"at most {number(v.at_most, unit)}"] if v.at_most is not None else []
    return " and ".join(parts)


def told(v: Verdict) -> str:
    """Return how a target came out."""
    return ("met" if v.surely else "met, within the interval not surely") if v.met else "missed"


def targets(found: tuple[Verdict, ...]) -> Table:
    """Return the targets and how they came out."""
    table = Table(title="Targets", title_justify="left", box=None, pad_edge=False, expand=False)
    for name in ("Figure", "Of", "Wanted", "Reached", ""):
        table.add_column(name, overflow="fold")
    for v in found:
        style = "green" if v.met else "bold red"
        table.add_row(v.figure, text(of_scope(v.scope)), bound(v), with_interval(v.estimate, FIGURES[v.figure]), Text(told(v), style))
    return table


def run(result: Simulated) -> RenderableType:
    """Return the figures of a run: the whole, every scope, the targets."""
    n = len(result.replications)
    head = f"{result.world.name or 'World'}: {result.days} days, {n} replication{'s' * (n != 1)}, seed {result.seed}"
    if result.stopped != "replications":
        head += f" (ended by {result.stopped})"
    whole = Table(title="All", title_justify="left", box=None, pad_edge=False)
    whole.add_column("Figure")
    whole.add_column("Mean ± half of the 95 % interval", justify="right")
    whole.add_column("Unit")
    for figure, unit in FIGURES.items():
        e = result.estimate(figure)
        if e.mean is not None:
            whole.add_row(figure, with_interval(e, unit), {"share": "", "money": result.world.currency}.get(unit, unit))
    parts: list[RenderableType] = [text(head, "bold"), Text(), whole, Text(), _scopes(result.scopes(), result)]
    found = result.targets()
    return Group(*parts, Text(), targets(found)) if found else Group(*parts)


def _scopes(scopes: tuple[Scope, ...], result: Simulated) -> Table:
    table = Table(title="By kind, class and region", title_justify="left", box=None, pad_edge=False)
    table.add_column("Of")
    for name in OF_SCOPES:
        table.add_column(name, justify="right", overflow="fold")
    for scope in scopes:
        if scope != ALL:
            table.add_row(text(of_scope(scope)), *(with_interval(result.estimate(name, scope), FIGURES[name]) for name in OF_SCOPES))
    return table


# ------------------------------------------------------------------------ fit


def fit(fitted: Fitted) -> RenderableType:
    """Return what was fitted to each sort of tickets, and how well it says what was held out."""
    table = Table(box=None, pad_edge=False)
    for name in ("Sort", "Tickets", "Per week", "On site", "Law", "Places"):
        table.add_column(name, justify="left" if name in ("Sort", "Law") else "right")
    for s in fitted.sorts:
        mean, sigma, law = s.service
        said = f"{law}, sigma {sigma:.2f}" if law == "lognormal" else law
        minutes = f"{mean / 60:,.0f} min"
        row = (f"{s.tickets:,}", f"{s.by_hour.sum():,.1f}", minutes, said if s.known else "not in the log", str(len(s.points)))
        table.add_row(text(s.name), *row)
    g = fitted.goodness
    held = fitted.split < fitted.last
    first, split, last = (date.fromordinal(d).isoformat() for d in (fitted.first, fitted.split, fitted.last - 1))
    head = f"{len(fitted.log.entries):,} tickets, {first} to {last}"
    judged = f"Held out from {split} on" if held else "Nothing held out: judged by what was fitted"
    rows = [(f"Tickets expected {g.expected:,.0f}, seen {g.seen:,}", f"{100 * (g.expected / g.seen - 1):+.1f} %" if g.seen else "–")]
    if g.spread is not None:
        rows.append(("Daily counts: variance over that of chance alone", f"{g.spread:.2f}"))
    if g.explained is not None:
        rows.append(("Deviance of hourly counts explained by the week", f"{100 * g.explained:.1f} %"))
    elif fitted.log.days_only:
        rows.append(("Openings are days: nothing is known of hours", ""))
    if g.ks is not None and g.ks_bound is not None:
        rows.append((f"Durations ({g.durations:,}): largest distance of distributions; by chance below {g.ks_bound:.3f}", f"{g.ks:.3f}"))
    if g.places_km is not None:
        rows.append(("Median distance of a place from the nearest fitted one", f"{g.places_km:.2f} km"))
    goodness = Table(title=judged, title_justify="left", box=None, pad_edge=False, show_header=False)
    for what, value in rows:
        goodness.add_row(what, Text(value, justify="right"))
    return Group(Text(head, "bold"), Text(), table, Text(), goodness)
