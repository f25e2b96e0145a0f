"""The report of a simulation: one HTML file that opens anywhere, in the dress of the report of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from dispatch.errors import DispatchError
from dispatch.model import PlanWarning
from dispatch.report.markup import Markup, el, join
from dispatch.simulation import picture
from dispatch.simulation.kpis import ALL, FIGURES, Scope, of_scope
from dispatch.simulation.runs import Estimate, Simulated, Verdict

__all__ = ["card", "chart", "document", "of_run", "said", "section", "table", "target_table", "with_interval"]

CARDS = (
    "sla",
    "response_p50_minutes",
    "response_p90_minutes",
    "first_time_fix",
    "utilisation",
    "travel_share",
    "overtime_minutes",
    "cost_per_day",
)
OF_SCOPES = ("tickets_per_day", "sla", "response_p50_minutes", "response_p90_minutes", "first_time_fix", "repeat_rate", "backlog_end")
STYLE = """
.figures { overflow-x: auto; }
.figures table { border-collapse: collapse; font-size: 14px; }
.figures th, .figures td { text-align: left; padding: 5px 18px 5px 0; border-top: 1px solid var(--rule); white-space: nowrap; }
.figures thead th { color: var(--soft); font-size: 12.5px; font-weight: 500; border: 0; }
.figures .num { text-align: right; }
.figures td small { display: block; }
.sheet { overflow-x: auto; }
.sheet svg { max-width: 100%; height: auto; }
@media (max-width: 640px) { .sheet svg { max-width: none; width: 640px; } }
"""
NOTE = "Dots are means over replications with their 95 % intervals; red marks are what targets ask for."


def said(value: float | None, unit: str) -> str:
    """Return a value of a figure in words."""
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if unit == "share" else f"{value:,.1f}"


def with_interval(e: Estimate, unit: str) -> Markup:
    """Return a mean with its interval."""
    if e.low is None or e.high is None:
        return join(said(e.mean, unit))
    return join(said(e.mean, unit), el("small", f" {said(e.low, unit)} to {said(e.high, unit)}"))


def table(head: Sequence[str], rows: Iterable[Sequence[str | Markup]], numbers: int = 1) -> Markup:
    """Return a table; columns from `numbers` on are numbers."""
    cells = [el("th", name, scope="col", class_="num" if i >= numbers else None) for i, name in enumerate(head)]
    body = [el("tr", *(el("td", cell, class_="num" if i >= numbers else None) for i, cell in enumerate(row))) for row in rows]
    return el("div", el("table", el("thead", el("tr", *cells)), el("tbody", *body)), class_="figures")


def section(title: str, *parts: Markup | None) -> Markup:
    """Return a section with a heading."""
    return el("section", el("h2", title), *parts)


def chart(draw: Callable[[], Any]) -> Markup:
    """Return a picture as part of the page, on white paper whatever the colours around it; without matplotlib, what to install."""
    try:
        drawn = draw()
    except DispatchError as error:
        return el("p", str(error), class_="note")
    return el("div", Markup(picture.as_svg(drawn)), class_="sheet", style="background:#fff;text-align:center")


def card(name: str, value: str, note: str = "", state: str = "") -> Markup:
    """Return one figure in large type."""
    return el("div", el("dt", name), el("dd", el("b", value), el("small", note)), class_=f"card {state}".strip())


def target_table(found: Sequence[Verdict]) -> Markup:
    """Return the targets and how they came out."""

    def bounds(v: Verdict) -> str:
        unit = FIGURES[v.figure]
        parts = [f"at least {said(v.at_least, unit)}"] if v.at_least is not None else []
        return " and ".join([*parts, f"at most {said(v.at_most, unit)}"] if v.at_most is not None else parts)

    def came_out(v: Verdict) -> Markup:
        words = ("met" if v.surely else "met, not surely") if v.met else "missed"
        return el("strong", words, class_=None if v.met else "late")

    rows = [(v.figure, of_scope(v.scope), bounds(v), with_interval(v.estimate, FIGURES[v.figure]), came_out(v)) for v in found]
    return table(("Figure", "Of", "Wanted", "Reached", ""), rows, numbers=9)


def document(title: str, lead: str, warnings: Sequence[PlanWarning], parts: Sequence[Markup], made: str) -> str:
    """Return a whole page."""
    troubles = None
    if warnings:
        listed = el("ul", *(el("li", el("code", w.code), f" {w.message}") for w in warnings))
        troubles = el("section", el("div", el("h2", "Worth knowing"), listed, class_="warning"), id="troubles")
    folder = files("dispatch.report")
    header = el("header", el("p", "Simulation", class_="eyebrow"), el("h1", title), el("p", lead, class_="lead"))
    return Template((folder / "page.html").read_text("utf-8")).substitute(
        title=el("title", title),
        style=(folder / "style.css").read_text("utf-8") + STYLE,
        header=header,
        main=join(troubles, *parts),
        footer=el("footer", el("h2", "How it was made"), el("p", made, class_="note"), id="made"),
    )


def of_run(result: Simulated, warnings: Sequence[PlanWarning] = ()) -> str:
    """Return the report of a run."""
    world, n = result.world, len(result.replications)
    cards = el("dl", *(_figure_card(result, name) for name in CARDS), class_="cards")
    scopes = [s for s in result.scopes() if s != ALL]
    rows = [(of_scope(s), *(with_interval(result.estimate(f, s), FIGURES[f]) for f in OF_SCOPES)) for s in scopes]
    figures = [(f, with_interval(result.estimate(f), u), {"share": "", "money": world.currency}.get(u, u)) for f, u in FIGURES.items()]
    found = result.targets()
    parts = [
        cards,
        section("Targets", target_table(found)) if found else None,
        section("Promises and responses", chart(lambda: picture.of_run(result)), el("p", NOTE, class_="note")),
        section("By kind, class and region", table(("Of", *OF_SCOPES), rows)) if rows else None,
        section("All figures", table(("Figure", "Mean and 95 % interval", "Unit"), figures, numbers=1)),
    ]
    lead = f"{len(world.crew)} engineers, {result.days} days after {world.warm_up_days} of warm-up, {n} replications."
    missed = sum(not v.met for v in found)
    if found:
        lead += f" {missed} of {len(found)} targets missed." if missed else " All targets met."
    made = f"Dispatching: {world.dispatching}; policy: {world.problem.policy.base}; seed {result.seed}; ended by {result.stopped}. "
    made += "Intervals are 95 % of Student's t over replications. Figures are those of docs/kpis.md."
    return document(world.name or "Simulation", lead, warnings, [p for p in parts if p is not None], made)


def _figure_card(result: Simulated, name: str, scope: Scope = ALL) -> Markup:
    e, unit = result.estimate(name, scope), FIGURES[name]
    note = "" if e.half is None else f"± {100 * e.half if unit == 'share' else e.half:,.1f}"
    return card(name.replace("_", " "), said(e.mean, unit), note)
