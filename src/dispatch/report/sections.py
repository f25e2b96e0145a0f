"""What surrounds the drawings: headline, violations, unassigned tickets, the tables of the day, cost, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dispatch.check import Violation
from dispatch.model import Plan, Problem, Route, Ticket, Unassigned
from dispatch.policy import by_priority
from dispatch.report.markup import Markup, el, join
from dispatch.view import RULE_WORDS, Row, Sheet, calendar_day, clock, duration, figures, from_to, kilometres, many, minutes, tags

__all__ = ["Page", "cards", "cost", "engineers", "headline", "made", "troubles", "unassigned"]


@dataclass(frozen=True)
class Page:
    """What every section of one report needs.

    Parameters
    ----------
    anchors
        For each sheet, the id of its table on the page.
    left
        The tickets left out, with the problem's ticket and the id of the description on the page.
    """

    problem: Problem
    plan: Plan
    violations: tuple[Violation, ...]
    sheets: tuple[Sheet, ...]
    anchors: tuple[str, ...]
    left: tuple[tuple[Unassigned, Ticket, str], ...]
    zone: ZoneInfo
    class_of: Mapping[str, str | None]


def _chips(ticket: Ticket, page: Page) -> Markup:
    words = (el("li", w, class_="urgent" if w in ("emergency", "P1") else None) for w in tags(ticket, page.class_of))
    return el("ul", *words, class_="chips")


# ----------------------------------------------------------------------- top


def headline(page: Page, nav: Sequence[tuple[str, str]]) -> Markup:
    """Return the head of the page: what this is, in one sentence, and where to go from here."""
    days = list(dict.fromkeys(s.day for s in page.sheets)) or [datetime.fromtimestamp(page.problem.now, page.zone).date()]
    when = calendar_day(days[0]) + (f" to {calendar_day(days[-1])}" if len(days) > 1 else "")
    now = datetime.fromtimestamp(page.problem.now, page.zone)
    stops = sum(len(s.rows) for s in page.sheets)
    used = len({s.engineer.id for s in page.sheets if s.route})
    said = f"{many(stops, 'ticket')} planned with {used} of {many(len(page.problem.engineers), 'engineer')}"
    said += f", {len(page.left)} left out. " if page.left else ", none left out. "
    if page.plan.cost:
        total = page.plan.cost.total
        said += f"All it costs, lateness and overtime included, is worth {duration(total // 1000)} of driving ({minutes(total)})."
    links = (el("li", el("a", name, href=f"#{target}")) for name, target in nav)
    return el(
        "header",
        el("p", when, class_="eyebrow"),
        el("h1", page.problem.name or "Dispatch plan"),
        el("p", said, class_="lead"),
        el("p", f"As of {calendar_day(now.date())}, {now:%H:%M}. All times are {page.problem.time_zone}.", class_="note"),
        el("nav", el("ul", *links), aria_label="Sections"),
    )


def cards(page: Page) -> Markup:
    """Return the headline figures as cards."""
    return el(
        "dl",
        *(
            el("div", el("dt", f.label), el("dd", el("b", f.value), el("small", f.note) if f.note else None), class_=f"card {f.tone}")
            for f in figures(page.plan, len(page.problem.engineers))
        ),
        class_="cards",
    )


def _violation(violation: Violation, page: Page) -> Markup:
    """Return a broken rule, with a link to the ticket it is about, or else to the shift."""
    sheets = list(zip(page.sheets, page.anchors, strict=True))
    targets = [f"{a}-{r.number}" for s, a in sheets for r in s.rows if r.ticket.id == violation.ticket]
    targets += [a for _, t, a in page.left if t.id == violation.ticket]
    targets += [a for s, a in sheets if (s.engineer.id, s.shift.id) == (violation.engineer, violation.shift)]
    link = el("a", "show", href=f"#{targets[0]}") if targets else None
    return el("li", el("b", violation.rule.replace("_", " ")), " ", violation.message, " ", link)


def troubles(page: Page) -> Markup | None:
    """Return violations and warnings, or None where there are none."""
    if not page.violations and not page.plan.warnings:
        return None
    parts = []
    if page.violations:
        rows = (_violation(v, page) for v in page.violations)
        parts.append(el("div", el("h2", many(len(page.violations), "broken rule")), el("ul", *rows), class_="trouble"))
    if page.plan.warnings:
        rows = (el("li", w.message, " ", el("code", w.code)) for w in page.plan.warnings)
        parts.append(el("div", el("h2", many(len(page.plan.warnings), "warning")), el("ul", *rows), class_="warning"))
    return el("section", *parts, id="troubles", aria_label="Broken rules and warnings")


# ---------------------------------------------------------------- unassigned


def _left_out(page: Page, left: Unassigned, ticket: Ticket, anchor: str) -> Markup:
    reasons = (el("li", r.detail, " ", r.action, " ", el("code", r.code)) for r in left.reasons)
    ways = (el("li", el("span", w.change), " ", el("b", minutes(w.cost_delta, sign=True))) for w in left.ways_in)
    where = " · ".join(w for w in (ticket.customer, ticket.place.address) if w)
    return el(
        "article",
        el("h3", ticket.id, " ", el("span", ticket.title)),
        _chips(ticket, page),
        el(
            "p",
            f"{where} · " if where else None,
            f"{duration(ticket.service)} on site. Left out, it costs {minutes(left.cost)}.",
            class_="note",
        ),
        *((el("h4", "Why"), el("ul", *reasons)) if left.reasons else ()),
        *((el("h4", "What would make it fit, and what that does to the cost"), el("ul", *ways, class_="ways")) if left.ways_in else ()),
        id=anchor,
        class_="left-out",
    )


def unassigned(page: Page) -> Markup:
    """Return the tickets left out, why, and what would make each fit."""
    if not page.left:
        return el("p", "Every ticket has its place.", class_="note")
    return el("div", *(_left_out(page, u, t, a) for u, t, a in page.left), class_="columns")


# ------------------------------------------------------------------ day sheets


def _promise(row: Row, page: Page, sheet: Sheet) -> Markup | str:
    if row.respond_by is None:
        return ""
    by = f"by {clock(row.respond_by, page.zone, sheet.day)}"
    if row.stop.lateness:
        return join(f"{by} ", el("strong", f"late {duration(row.stop.lateness)}", class_="late"))
    return f"{by} kept"


def _stop(row: Row, page: Page, sheet: Sheet, anchor: str) -> Markup:
    s, t = row.stop, row.ticket
    work = el("div", " · ".join(w for w in (t.customer, t.title) if w) or t.kind, el("small", t.place.address) if t.place.address else None)
    wanted = " or ".join(from_to(w.start, w.end, page.zone, sheet.day) for w in t.windows)
    return el(
        "tr",
        el("td", el("i", str(row.number), class_="number", style=f"background:{sheet.colour}"), class_="n"),
        el("td", from_to(s.start, s.end, page.zone, sheet.day), el("small", f"window {wanted}") if wanted else None, class_="time"),
        el("th", t.id, el("small", t.external_ref) if t.external_ref else None, scope="row"),
        el("td", el("div", work, _chips(t, page)), class_="work"),
        el("td", duration(s.travel), data_label="travel", class_="amount"),
        el("td", duration(s.waiting) if s.waiting else "–", data_label="waiting", class_="amount" if s.waiting else "amount none"),
        el("td", _promise(row, page, sheet), data_label="promise", class_="promise" if row.respond_by is not None else "promise none"),
        id=f"{anchor}-{row.number}",
    )


def _lines(sheet: Sheet, route: Route, page: Page, anchor: str) -> list[Markup]:
    """Return the rows of one sheet in the order of the day: stops, breaks, the way back."""
    lines = [(r.stop.start, 1, _stop(r, page, sheet, anchor)) for r in sheet.rows]
    for rest in route.breaks:
        when = from_to(rest.start, rest.end, page.zone, sheet.day)
        lines.append(
            (rest.start, 0, el("tr", el("td", class_="n"), el("td", when, class_="time"), el("td", "Break", colspan=5), class_="rest"))
        )
    back = route.travel - sum(s.travel for s in route.stops)
    if sheet.shift.end_place is not None:
        when = clock(route.return_, page.zone, sheet.day)
        cells = (el("td", class_="n"), el("td", when, class_="time"), el("td", f"Back after {duration(back)} of travel", colspan=5))
        lines.append((route.return_, 2, el("tr", *cells, class_="rest")))
    return [line for _, _, line in sorted(lines, key=lambda item: item[:2])]


def _sheet(sheet: Sheet, route: Route, page: Page, anchor: str) -> Markup:
    shift = from_to(sheet.shift.start, sheet.shift.end, page.zone, sheet.day)
    out = from_to(route.departure, route.return_, page.zone, sheet.day)
    said = [f"shift {shift}", f"out {out}", many(len(sheet.rows), "stop"), f"{duration(route.travel)} travel", kilometres(route.distance_m)]
    heads = {
        "n": "",
        "time": "Time",
        "ticket": "Ticket",
        "work": "Customer and work",
        "travel": "Travel",
        "waiting": "Waiting",
        "promise": "Promise",
    }
    return el(
        "article",
        el("h4", el("i", class_="dot", style=f"background:{sheet.colour}"), sheet.name),
        el(
            "p",
            " · ".join(said),
            *((" · ", el("b", f"overtime {duration(route.overtime)}", class_="warn")) if route.overtime else ()),
            class_="note",
        ),
        el(
            "table",
            el("caption", f"{sheet.name}, {calendar_day(sheet.day)}", class_="hidden"),
            el("thead", el("tr", *(el("th", h or el("span", "Number", class_="hidden"), scope="col", class_=k) for k, h in heads.items()))),
            el("tbody", *_lines(sheet, route, page, anchor)),
        ),
        id=anchor,
        class_="engineer",
    )


def engineers(page: Page) -> Markup:
    """Return a table per engineer and day, and who has no work."""
    parts: list[Markup] = []
    for day in dict.fromkeys(s.day for s in page.sheets):
        of_day = [(s, a) for s, a in zip(page.sheets, page.anchors, strict=True) if s.day == day]
        parts.append(el("h3", calendar_day(day)))
        parts += [_sheet(s, s.route, page, a) for s, a in of_day if s.route]
        idle = [el("li", s.name, id=a) for s, a in of_day if not s.route]
        if idle:
            parts.append(el("div", el("p", "Without work:"), el("ul", *idle), class_="idle"))
    return join(*parts) if parts else el("p", "There are no engineers in this problem.", class_="note")


# ------------------------------------------------------------------ the account


def cost(page: Page) -> Markup:
    """Return what the plan costs by rule, dearest first."""
    if page.plan.cost is None:
        return el("p", "This plan has not been priced.", class_="note")
    total = page.plan.cost.total
    parts = sorted(((c, rule) for rule, c in page.plan.cost.by_rule.items() if c), reverse=True)
    if not parts:
        return el("p", "Nothing costs anything in this plan.", class_="note")
    most = max(c for c, _ in parts)
    rows = (
        el(
            "tr",
            el("th", RULE_WORDS[rule], scope="row"),
            el("td", el("i", style=f"width:{max(100 * c / most, 0.4):.1f}%"), class_="bar"),
            el("td", minutes(c), class_="amount"),
            el("td", f"{100 * c / total:.0f} %", class_="amount"),
        )
        for c, rule in parts
    )
    return el(
        "table",
        el("caption", "In minutes of travel: what each rule adds to the cost of the plan."),
        el(
            "thead",
            el(
                "tr",
                *(el("th", h, scope="col", class_=k) for h, k in (("Rule", None), ("", "bar"), ("Cost", "amount"), ("Share", "amount"))),
            ),
        ),
        el("tbody", *rows),
        el("tfoot", el("tr", el("th", "Total", scope="row"), el("td", class_="bar"), el("td", minutes(total), class_="amount"), el("td"))),
        class_="cost",
    )


def _solved(page: Page) -> Markup | None:
    run = page.plan.solver
    if run is None:
        return None
    said = (
        f"Found by {run.engine} in {run.seconds:.1f} s and {many(run.iterations, 'iteration')} (seed {run.seed}); stopped by {run.stopped}."
    )
    if run.bound is not None and page.plan.cost:
        gap = 100 * (page.plan.cost.total - run.bound) / max(page.plan.cost.total, 1)
        said += f" No plan can cost less than {minutes(run.bound)}: this one is at most {gap:.1f} % above the best possible."
    return el("p", said)


def made(page: Page) -> Markup:
    """Return how the plan was made: the search, the problem, the weights."""
    parts: list[Markup | None] = [_solved(page)]
    if page.plan.problem:
        parts.append(el("p", f"Problem {page.plan.problem.name}, SHA-256 ", el("code", page.plan.problem.sha256), "."))
    choice = page.problem.policy
    changed = f" with {', '.join(choice.weights)} changed" if choice.weights else ""
    parts.append(el("p", f"Policy {choice.base}{changed}. A weight is how many minutes of travel one unit is worth:"))
    if page.plan.policy:
        shown = by_priority(page.plan.policy).items()
        cells = (
            el("li", el("span", rule), el("b", " / ".join(f"{w:g}" for w in v.values()) if isinstance(v, dict) else f"{v:g}"))
            for rule, v in shown
        )
        parts.append(el("ul", *cells, class_="weights"))
        parts.append(el("p", "Five numbers are for priorities 1 to 5.", class_="note"))
    return join(*parts)
