"""The report: one HTML file that opens anywhere, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from string import Template
from zoneinfo import ZoneInfo

from dispatch import travel
from dispatch.check import Violation
from dispatch.model import Plan, Problem
from dispatch.report import sections
from dispatch.report.chart import chart, focus_rules
from dispatch.report.gantt import timeline
from dispatch.report.markup import Markup, el, join
from dispatch.view import calendar_day, sheets

__all__ = ["html"]


def _days(page: sections.Page) -> list[Markup]:
    """Return timeline and map of each day."""
    days = list(dict.fromkeys(s.day for s in page.sheets))
    left = [(t, a) for _, t, a in page.left]
    parts = []
    for i, day in enumerate(days):
        of_day = [(s, a) for s, a in zip(page.sheets, page.anchors, strict=True) if s.day == day]
        worked = [(s, a) for s, a in of_day if s.route]
        suffix = f": {calendar_day(day)}" if len(days) > 1 else ""
        drawn = timeline([s for s, _ in of_day], page.problem.now, page.zone, [a for _, a in of_day])
        lines = travel.lines(page.problem, [s.places for s, _ in worked])
        drawn_map = chart([s for s, _ in worked], [a for _, a in worked], left, lines)
        parts.append(el("section", el("h2", f"Timeline{suffix}"), drawn, id=f"timeline{i or ''}"))
        parts.append(el("section", el("h2", f"Map{suffix}"), drawn_map, id=f"map{i or ''}"))
    return parts


def html(problem: Problem, plan: Plan, violations: Sequence[Violation]) -> str:
    """Return the report of a checked plan as one self-contained HTML document.

    Parameters
    ----------
    plan
        As `check.verify` returns it: timed and priced.
    violations
        The rules it breaks, shown at the top.
    """
    tickets = {t.id: t for t in problem.tickets}
    shown = sheets(problem, plan)
    page = sections.Page(
        problem,
        plan,
        tuple(violations),
        shown,
        tuple(f"e{i}" for i in range(len(shown))),
        tuple((u, tickets[u.ticket], f"u{i}") for i, u in enumerate(plan.unassigned)),
        ZoneInfo(problem.time_zone),
        {c.id: c.class_ for c in problem.customers},
    )
    nav = [("Timeline", "timeline"), ("Map", "map")] if shown else []
    nav += [(f"Unassigned ({len(page.left)})", "unassigned"), ("Engineers", "engineers"), ("Cost", "cost"), ("How it was made", "made")]
    main = join(
        sections.troubles(page),
        sections.cards(page),
        *_days(page),
        el("section", el("h2", "Unassigned tickets"), sections.unassigned(page), id="unassigned", class_=None if page.left else "brief"),
        el("section", el("h2", "Engineers"), sections.engineers(page), id="engineers"),
        el("section", el("h2", "Cost by rule"), sections.cost(page), id="cost"),
    )
    folder = files("dispatch.report")
    return Template((folder / "page.html").read_text("utf-8")).substitute(
        title=el("title", problem.name or "Dispatch plan"),
        style=(folder / "style.css").read_text("utf-8") + focus_rules(shown),
        header=sections.headline(page, nav),
        main=main,
        footer=el("footer", el("h2", "How it was made"), sections.made(page), id="made"),
    )
