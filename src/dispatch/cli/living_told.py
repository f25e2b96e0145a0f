"""What the commands of a live day print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dispatch.cli.telling import text
from dispatch.model import Rule, Visit
from dispatch.view import RULE_WORDS, clock, from_to, many, minutes

if TYPE_CHECKING:
    from dispatch.planning import Change, Day, Diff, Offer


def replanned(day: Day, effects: Sequence[Mapping[str, Any]], diff: Diff) -> RenderableType:
    """Return what happened, what moved, whom to tell, and what it bought."""
    parts: list[RenderableType] = [text(e["message"]) for e in effects]
    if parts:
        parts.append(Text())
    parts.append(_changes(day, diff) if diff.changes else Text("Nothing moves."))
    parts.append(Text(f"Cost {minutes(diff.cost, sign=True)} of travel: {_cost(diff.cost_by_rule) or 'as before'}."))
    left = [u.ticket for u in day.plan.unassigned]
    if left:
        parts.append(text(f"Unassigned: {', '.join(left)}."))
    parts += [text(f"Breaks {v.rule}: {v.message}", "red") for v in day.violations]
    return Group(*parts)


def _changes(day: Day, diff: Diff) -> Table:
    zone = ZoneInfo(day.problem.time_zone)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("ticket", "was", "is", "tell", "cost"):
        table.add_column(name, header_style="dim", overflow="fold")
    for kind, change in _each(diff):
        people = ", ".join(f"{n.role} {n.id}" if n.id else n.role for n in change.notify)
        row = (change.ticket, _where(change.before, zone, kind), _where(change.after, zone, kind), people, _cost(change.cost_by_rule))
        table.add_row(*map(text, row))
    return table


def _each(diff: Diff) -> Iterator[tuple[str, Change]]:
    for kind in ("added", "moved", "retimed", "removed"):
        for change in getattr(diff, kind):
            yield kind, change


def _where(visit: Visit | None, zone: ZoneInfo, kind: str) -> str:
    if visit is None:
        return "unassigned" if kind in ("added", "removed") else ""
    return f"{visit.engineer} {clock(visit.start, zone)}"


def _cost(by_rule: Mapping[Rule, int]) -> str:
    parts = sorted(((cost, rule) for rule, cost in by_rule.items() if round(cost / 60_000)), key=lambda part: -abs(part[0]))
    return " · ".join(f"{RULE_WORDS[rule]} {cost / 60_000:+,.0f}" for cost, rule in parts)


def offered(day: Day, found: Sequence[Offer]) -> RenderableType:
    """Return slots that can be promised."""
    if not found:
        return Text("No slot can be promised.")
    zone = ZoneInfo(day.problem.time_zone)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("slot", "engineer", "start", "the day would cost", "of which"):
        table.add_column(name, header_style="dim", overflow="fold")
    for o in found:
        moves = f" · moves {many(len(o.disturbs), 'other stop')}" if o.disturbs else ""
        row = (
            from_to(o.window.start, o.window.end, zone),
            o.engineer,
            clock(o.start, zone),
            minutes(o.cost, sign=True),
            _cost(o.cost_by_rule) + moves,
        )
        table.add_row(*map(text, row))
    return table
