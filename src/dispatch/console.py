"""What the command line prints: Rich renderables, readable at 80 columns, piped and without colour.

Nothing here tells anything by colour alone, and text from a problem is never taken for markup or terminal control.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Separator
from rich.table import Table
from rich.text import Text

from dispatch.errors import Fault
from dispatch.model import MINUTE, Plan, PlanWarning, Problem, Route, Unassigned, Visit
from dispatch.view import RULE_WORDS, Row, Sheet, calendar_day, clock, duration, figures, from_to, kilometres, many, minutes, sheets

if TYPE_CHECKING:  # these bring the solver along, which takes long to load
    from dispatch.check import Violation
    from dispatch.scenario import Comparison, Difference
    from dispatch.scenario import Row as Judged

__all__ = ["comparison", "day", "faults", "outcomes", "summary", "violations", "warnings"]

_TICKET = 16  # columns a ticket id may take
_GOOD, _WARN, _BAD, _DIM = "green", "yellow", "bold red", "dim"


def _text(words: str | None, style: str = "") -> Text:
    """Return text as it is: no markup, and no control character that could steer the terminal."""
    return Text("".join(c if c.isprintable() else " " for c in words or ""), style)


def _whole_minutes(seconds: int) -> str:
    return f"{max(round(seconds / 60), 1)} min" if seconds else ""


# ------------------------------------------------------------------ the day


def _head(sheet: Sheet, route: Route, zone: ZoneInfo) -> Text:
    line = _text(sheet.name, "bold")
    hours = from_to(sheet.shift.start, sheet.shift.end, zone, sheet.day)
    travel = f"{_whole_minutes(route.travel) or '0 min'} travel"
    said = (hours, many(len(sheet.rows), "stop"), travel, kilometres(route.distance_m))
    line.append("".join(f" · {word}" for word in said))
    if route.overtime:
        line.append(" · ").append(f"overtime {_whole_minutes(route.overtime)}", _WARN)
    return line


def _work(row: Row) -> Text:
    t = row.ticket
    words = _text(" · ".join(w for w in (t.customer, t.title or t.kind) if w))
    if t.status != "open":
        words.append(f" ({t.status.replace('_', ' ')})", _DIM)
    return words


def _aside(when: str, what: str, travel: str = "") -> tuple[RenderableType, ...]:
    return Text(when, _DIM), "", Text(what, _DIM), Text(travel, _DIM)


def _stops(sheet: Sheet, route: Route, zone: ZoneInfo, wide: int) -> Table:
    table = Table(box=None, expand=True, padding=(0, 2, 0, 0), pad_edge=False, header_style=_DIM)
    table.add_column("Time", no_wrap=True)
    table.add_column("Ticket", width=wide, no_wrap=True, overflow="ellipsis")
    table.add_column("Customer and work", ratio=1, no_wrap=True, overflow="ellipsis")
    for head in ("Travel", "Waits", "Late"):
        table.add_column(head, width=7, justify="right", no_wrap=True)
    lines: list[tuple[int, int, tuple[RenderableType, ...]]] = []
    for row in sheet.rows:
        s = row.stop
        amounts = (_whole_minutes(s.travel), _whole_minutes(s.waiting), Text(_whole_minutes(s.lateness), _BAD))
        lines.append((s.start, 1, (from_to(s.start, s.end, zone, sheet.day), _text(s.ticket), _work(row), *amounts)))
    lines += [(b.start, 0, _aside(from_to(b.start, b.end, zone, sheet.day), "break")) for b in route.breaks]
    if sheet.shift.end_place is not None:
        back = route.travel - sum(s.travel for s in route.stops)
        lines.append((route.return_, 2, _aside(clock(route.return_, zone, sheet.day), "back", _whole_minutes(back))))
    for _, _, line in sorted(lines, key=lambda item: item[:2]):
        table.add_row(*line)
    return table


def day(problem: Problem, plan: Plan) -> RenderableType:
    """Return the days of a checked plan: for each engineer a line that sums the day up, and a table of it."""
    zone = ZoneInfo(problem.time_zone)
    shown = sheets(problem, plan)
    wide = min(max((len(r.stop.ticket) for s in shown for r in s.rows), default=0), _TICKET)
    parts: list[RenderableType] = []
    for date in dict.fromkeys(s.day for s in shown):
        parts.append(Separator(calendar_day(date), style=_DIM, align="left"))
        for sheet in shown:
            if sheet.day == date and sheet.route is not None:
                parts.append(_head(sheet, sheet.route, zone))
                parts.append(Padding(_stops(sheet, sheet.route, zone, max(wide, 6)), (0, 0, 1, 2)))
        idle = [s.name for s in shown if s.day == date and s.route is None]
        if idle:
            parts.append(Padding(_text("Without work: " + ", ".join(idle), _DIM), (0, 0, 1, 0)))
    return Group(*parts)


# -------------------------------------------------------------- the summary


def _account(plan: Plan) -> Text | None:
    if plan.cost is None:
        return None
    dear = sorted(((c, rule) for rule, c in plan.cost.by_rule.items() if c), reverse=True)
    line = Text("Cost ", "bold").append(minutes(plan.cost.total)).append(f" of travel ({duration(plan.cost.total // 1000)})", "not bold")
    parts = " · ".join(f"{RULE_WORDS[rule]} {round(c / MINUTE):,}" for c, rule in dear)
    return line.append(f"\n{parts}", "not bold") if parts else line


def _key_figures(plan: Plan) -> Table:
    tones = {"good": _GOOD, "warn": _WARN, "bad": _BAD, "": ""}
    table = Table.grid(padding=(0, 2))
    for f in figures(plan):
        table.add_row(f.label, Text(f.value, tones[f.tone]), Text(f.note, _DIM))
    return table


def _left_out(left: Sequence[Unassigned]) -> Table:
    table = Table(box=None, expand=True, padding=(0, 2, 0, 0), pad_edge=False, header_style=_DIM)
    table.add_column("Ticket", max_width=_TICKET, overflow="fold")
    table.add_column("Why it was left out", ratio=1)
    table.add_column("Best way in", ratio=1)
    for u in left:
        way = min(u.ways_in, key=lambda w: w.cost_delta, default=None)
        best = _text(f"{way.change} ({minutes(way.cost_delta, sign=True)})") if way else Text("none found" if u.reasons else "", _DIM)
        table.add_row(_text(u.ticket, "bold"), _text(u.reasons[0].detail) if u.reasons else Text("not explained", _DIM), best)
    return table


def summary(plan: Plan, broken: Sequence[Violation]) -> RenderableType:
    """Return what a checked plan costs, its headline figures, what is left out and the rules it breaks."""
    parts: list[RenderableType] = [_key_figures(plan), Text()] if plan.kpis else []
    account = _account(plan)
    if account is not None:
        parts += [account, Text()]
    if plan.unassigned:
        parts += [Text(f"{many(len(plan.unassigned), 'ticket')} left out", "bold"), _left_out(plan.unassigned), Text()]
    if plan.warnings:
        parts += [warnings(plan.warnings), Text()]
    if broken:
        parts += [violations(broken), Text()]
    return Group(*parts[:-1])


# ------------------------------------------------------------ what is wrong


def _pairs(title: str, style: str, rows: Iterable[tuple[Text, Text]]) -> RenderableType:
    """Return a heading, and under it what and where beside what it says."""
    table = Table(box=None, expand=True, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(max_width=34, overflow="fold")
    table.add_column(ratio=1)
    for row in rows:
        table.add_row(*row)
    return Group(Text(title, style), table)


def violations(broken: Sequence[Violation]) -> RenderableType:
    """Return the broken rules of a plan."""
    rows = ((Text(v.rule.replace("_", " "), "bold"), _text(v.message)) for v in broken)
    return _pairs(many(len(broken), "broken rule"), _BAD, rows)


def warnings(found: Sequence[PlanWarning]) -> RenderableType:
    """Return what is worth knowing and not a fault."""
    rows = ((_text(w.pointer or "/", "bold").append("\n").append(_text(w.code, _DIM)), _text(w.message)) for w in found)
    return _pairs(many(len(found), "warning"), _WARN, rows)


def faults(found: Sequence[Fault]) -> RenderableType:
    """Return the faults of an input: where and which, what is wrong, and what to do about it."""
    rows = (
        (
            _text(f.pointer or "/", "bold").append("\n").append(_text(f.code, _DIM)),
            _text(f.message).append("\n").append(_text(f.action, _DIM)),
        )
        for f in found
    )
    return _pairs(many(len(found), "fault"), _BAD, rows)


# -------------------------------------------------------- plans and scenarios


def _amount(value: float | int | None) -> str:
    return "–" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def _difference(name: str, d: Difference, unit: int = 1) -> tuple[str, str, str, str]:
    before, after = (None if v is None else v / unit for v in (d.before, d.after))
    change = "" if before is None or after is None or before == after else f"{'+' if after > before else '−'}{_amount(abs(after - before))}"
    return name, _amount(before), _amount(after), change


def _differences(first: str, names: tuple[str, str], rows: Iterable[tuple[str, str, str, str]]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style=_DIM)
    table.add_column(first, min_width=28)
    for head in (*names, "change"):
        table.add_column(_text(head), justify="right", min_width=10)
    for row in rows:
        table.add_row(*row)
    return table


def _where(visit: Visit | None, zone: ZoneInfo) -> Text:
    if visit is None:
        return Text("left out", _WARN)
    return _text(f"{datetime.fromtimestamp(visit.start, zone):%a %d %b %H:%M} {visit.engineer} ({visit.shift})")


def comparison(found: Comparison, names: tuple[str, str] = ("before", "after"), time_zone: str = "UTC") -> RenderableType:
    """Return how two plans differ: cost by rule, the figures that changed, and the tickets that moved.

    Parameters
    ----------
    names
        What to call the two plans, such as their file names.
    time_zone
        IANA zone in which the starts of moved tickets are told.
    """
    zone = ZoneInfo(time_zone)
    words = {"total": "Total", **{str(rule): said for rule, said in RULE_WORDS.items()}}
    cost = (_difference(words[d.name], d, MINUTE) for d in found.cost if d.before or d.after or d.name == "total")
    parts: list[RenderableType] = [_differences("Cost in minutes of travel", names, cost), Text()]
    if found.same_problem is False:
        parts = [Text("These plans are of different problems.", _WARN), Text(), *parts]
    changed = [_difference(d.name, d) for d in found.kpis if d.before != d.after]
    parts += [_differences("Figures that differ", names, changed), Text()] if changed else [Text("All figures are the same."), Text()]
    if found.moved:
        table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style=_DIM)
        for head in (many(len(found.moved), "ticket") + " moved", *names):
            table.add_column(_text(head), overflow="fold")
        for m in found.moved:
            table.add_row(_text(m.ticket), _where(m.before, zone), _where(m.after, zone))
        parts.append(table)
    else:
        parts.append(Text("No ticket moved."))
    return Group(*parts)


def outcomes(rows: Sequence[Judged]) -> RenderableType:
    """Return the table of scenarios: what each was expected to reach, and what it reached."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style=_DIM)
    table.add_column("Scenario", overflow="fold", min_width=24)
    for head in ("Figure", "Expected"):
        table.add_column(head, overflow="fold")
    table.add_column("Reached", justify="right")
    table.add_column("", no_wrap=True)
    before = None
    for row in rows:
        name = Text()
        if row.scenario != before:
            name = _text(row.scenario, "bold").append("\n").append(_text(row.size, _DIM))
        met = Text("yes", _GOOD) if row.met else Text("MISSED", _BAD)
        table.add_row(name, _text(row.figure), _text(row.expected), _text(row.value), met)
        before = row.scenario
    missed = sum(not row.met for row in rows)
    verdict = Text("Every figure was reached.", _GOOD) if not missed else Text(f"{many(missed, 'figure')} missed.", _BAD)
    return Group(table, Text(), verdict)


# ----------------------------------------------------------------------- maps


def survey(
    title: str, rows: Iterable[tuple[str, str]], classes: Iterable[tuple[str, str, str]], left: Sequence[tuple[str, str]]
) -> RenderableType:
    """Return what is in a map: figures, the road classes with kilometres and speeds, and what was left out."""
    parts: list[RenderableType] = [_pairs(title, "bold", ((_text(what), _text(value)) for what, value in rows))]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("road class")
    table.add_column("km", justify="right")
    table.add_column("mean km/h", justify="right")
    for cells in classes:
        table.add_row(*(_text(c) for c in cells))
    parts += [Text(""), table]
    if left:
        parts += [Text(""), Text("Left out", "bold"), *(_text(f"{count} {what}") for what, count in left)]
    return Group(*parts)


def way(title: str, steps: Iterable[tuple[str, str, str]]) -> RenderableType:
    """Return a way: time and distance, and its streets in order."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    for cells in steps:
        table.add_row(*(_text(c) for c in cells))
    return Group(Text(title, "bold"), table)
