"""What a sweep says: every alternative with its figures, its differences from the first, and whether it meets the targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dispatch.report.markup import Markup, el, join
from dispatch.simulation import answers, page, picture
from dispatch.simulation.kpis import ALL, FIGURES, Scope, of_scope, scope_of
from dispatch.simulation.runs import Estimate
from dispatch.simulation.studies import Compared, Study
from dispatch.simulation.world import World

__all__ = ["answer", "best", "columns", "draw", "heading", "html", "order", "with_sign"]

ALWAYS = ("sla", "response_p90_minutes", "utilisation", "cost_per_day")
MOST_DRAWN = 60
"""Rows of a chart: more cannot be read."""

Column = tuple[str, Scope]


def columns(world: World) -> tuple[Column, ...]:
    """Return the figures that are shown: those of the targets first."""
    wanted = [(t.figure, scope_of(t)) for t in world.targets]
    return tuple(dict.fromkeys([*wanted, *((name, ALL) for name in ALWAYS)]))


def heading(column: Column) -> str:
    """Return the name of a column: `sla (emergency · vip)`."""
    figure, scope = column
    return figure if scope == ALL else f"{figure} ({of_scope(scope)})"


def with_sign(e: Estimate, unit: str) -> str:
    """Return a difference in words: with its sign, and half of its paired interval; shares in points of a hundred."""
    if e.mean is None:
        return "–"
    factor, name = (100.0, " pts") if unit == "share" else (1.0, "")
    half = "" if e.half is None else f" ± {factor * e.half:,.1f}"
    return f"{factor * e.mean:+,.1f}{half}{name}"


def order(study: Study) -> list[int]:
    """Return the alternatives: those that meet all targets first, the cheapest first among them."""

    def rank(i: int) -> tuple[bool, float, int]:
        cost = study.compared[i].result.estimate("cost_per_day").mean
        return (not study.compared[i].met, float("inf") if cost is None else cost, i)

    return sorted(range(len(study.compared)), key=rank)


def best(study: Study) -> Compared | None:
    """Return the cheapest alternative that meets all targets; None where there is none, or no target."""
    first = study.compared[order(study)[0]]
    return first if first.met and first.targets and first.result.replications else None


def answer(study: Study, world: World) -> dict[str, Any]:
    """Return a sweep as a document."""
    shown, found = columns(world), best(study)
    return {
        "format": "dispatch-sweep/1",
        "world": world.name,
        "days": study.days,
        "replications": study.replications,
        "seed": study.seed,
        "complete": study.complete,
        "best": None if found is None else found.alternative.name,
        "alternatives": [_entry(study, i, c, shown) for i, c in enumerate(study.compared)],
    }


def _entry(study: Study, number: int, c: Compared, shown: Sequence[Column]) -> dict[str, Any]:
    figures = [
        {
            "figure": figure,
            **answers.scope(scope),
            **answers.estimate(c.result.estimate(figure, scope)),
            "difference": answers.estimate(study.difference(number, figure, scope)),
        }
        for figure, scope in shown
    ]
    return {
        "name": c.alternative.name,
        "changes": dict(c.alternative.changes),
        "engineers": len(c.result.world.crew),
        "replications": len(c.result.replications),
        "met": c.met,
        "surely": all(v.surely for v in c.targets),
        "figures": figures,
        "targets": [answers.target(v) for v in c.targets],
    }


# ------------------------------------------------------------------- picture


def draw(study: Study, world: World) -> Any:
    """Return two charts side by side: the first figure wanted, and what a day costs, with intervals, one row for each alternative."""
    numbers = order(study)[:MOST_DRAWN]
    first = columns(world)[0]
    drawn, axes = picture.figure(1, 2, 11, 1.3 + 0.3 * max(3, len(numbers)))
    for axis, column in ((axes[0, 0], first), (axes[0, 1], ("cost_per_day", ALL))):
        figure, scope = column
        factor = 100.0 if FIGURES[figure] == "share" else 1.0
        for row, number in enumerate(reversed(numbers)):
            c = study.compared[number]
            e = c.result.estimate(figure, scope)
            if e.mean is None:
                continue
            reach = [[0.0], [0.0]] if e.low is None or e.high is None else [[factor * (e.mean - e.low)], [factor * (e.high - e.mean)]]
            colour = picture.ACCENT if c.met else picture.SOFT
            axis.errorbar(factor * e.mean, row, xerr=reach, fmt="o", color=colour, markersize=5, capsize=3, linewidth=1.2)
        for t in world.targets:
            bound = t.at_least if t.at_least is not None else t.at_most
            if (t.figure, scope_of(t)) == column and bound is not None:
                axis.axvline(factor * bound, color=picture.LATE, linewidth=1.2)
        names = [study.compared[n].alternative.name for n in reversed(numbers)]
        axis.set_yticks(range(len(numbers)), names if axis is axes[0, 0] else [""] * len(numbers))
        axis.set_ylim(-0.6, len(numbers) - 0.4)
        axis.grid(axis="x", color="#e6eaef")
        unit = "%" if FIGURES[figure] == "share" else (world.currency or "money") if FIGURES[figure] == "money" else FIGURES[figure]
        axis.set_title({"cost_per_day": f"Cost of a day, {unit}"}.get(figure, f"{heading(column)}, {unit}"))
    return drawn


def html(study: Study, world: World) -> str:
    """Return the report of a sweep."""
    shown, found = columns(world), best(study)
    rows: list[Sequence[str | Markup]] = []
    for number in order(study):
        c = study.compared[number]
        cells = [_cell(study, number, column) for column in shown]
        rows.append((c.alternative.name, el("strong", "met" if c.met else "missed", class_=None if c.met else "late"), *cells))
    said = "No alternative meets all targets." if found is None else f"The cheapest that meets all targets: {found.alternative.name}."
    lead = (
        f"{len(study.compared)} alternatives, {study.replications} replications of {study.days} days each. {said if world.targets else ''}"
    )
    note = "Blue meets all targets, grey does not; bars are 95 % intervals, red lines what targets ask for."
    parts = [
        page.section("Alternatives", page.chart(lambda: draw(study, world)), el("p", note, class_="note")),
        page.section(
            f"Figures, and differences from {study.compared[0].alternative.name}",
            page.table(("Alternative", "Targets", *(heading(c) for c in shown)), rows, numbers=2),
        ),
    ]
    made = f"Seed {study.seed}: all alternatives met the same tickets. "
    made += "Differences are means over pairs of replications with their paired 95 % intervals."
    if not study.complete:
        made += " Stopped before all replications were done."
    return page.document(world.name or "Sweep", lead, (), parts, made)


def _cell(study: Study, number: int, column: Column) -> Markup:
    figure, scope = column
    e = study.compared[number].result.estimate(figure, scope)
    if number == 0 or e.mean is None:
        return page.with_interval(e, FIGURES[figure])
    return join(page.with_interval(e, FIGURES[figure]), el("small", with_sign(study.difference(number, figure, scope), FIGURES[figure])))
