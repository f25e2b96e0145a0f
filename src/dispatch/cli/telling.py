"""What `dispatch explain` prints: why tickets are left out, what would place them, and who else could do one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dispatch.model import Plan, Problem, Ticket, Unassigned
from dispatch.view import RULE_WORDS, clock, duration, many, minutes

if TYPE_CHECKING:
    from dispatch.explain.ranking import Candidate


def text(words: str, style: str = "") -> Text:
    """Return text as it is: no markup, and nothing in it that could steer the terminal."""
    return Text("".join(c if c.isprintable() else " " for c in words), style)


def _head(ticket: Ticket) -> Text:
    words = text(ticket.id, "bold")
    said = (ticket.customer, ticket.title or ticket.kind, f"priority {ticket.priority}", f"{duration(ticket.service)} on site")
    return words.append(text(" · " + " · ".join(w for w in said if w), "not bold"))


def _grid(rows: Sequence[tuple[Text | str, ...]], indent: int = 2) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for k in range(len(rows[0])):
        table.add_column(ratio=1 if k == len(rows[0]) - 1 else None, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, indent))


# ------------------------------------------------------------------- left out


def left_out(problem: Problem, plan: Plan) -> RenderableType:
    """Return all unassigned tickets with every reason and every way in."""
    if not plan.unassigned:
        return Text("No ticket is left out.")
    tickets = {t.id: t for t in problem.tickets}
    return Group(*(part for u in plan.unassigned for part in (_head(tickets[u.ticket]), *account(u), Text())))


def account(left: Unassigned) -> Iterator[RenderableType]:
    """Yield why a ticket is left out, and what would place it."""
    yield _grid([(f"Left out, which costs {minutes(left.cost)} of travel.",)])
    if left.reasons:
        yield _grid([(Text(r.code, "dim"), text(r.detail).append("\n").append(text(r.action, "dim"))) for r in left.reasons])
    if not left.ways_in:
        yield _grid([("No way in was found.",)])
    else:
        yield _grid([(text(minutes(w.cost_delta, sign=True)), text(w.change)) for w in left.ways_in])


# ----------------------------------------------------------------- candidates


def ticket(problem: Problem, plan: Plan, name: str, found: Sequence[Candidate]) -> RenderableType:
    """Return all there is to say about one ticket: where it is or why it is nowhere, and who could do it at what cost."""
    zone = ZoneInfo(problem.time_zone)
    (wanted,) = (t for t in problem.tickets if t.id == name)
    names = {e.id: e.name or e.id for e in problem.engineers}
    parts: list[RenderableType] = [_head(wanted)]
    for u in plan.unassigned:
        if u.ticket == name:
            parts += account(u)
    fits = [c for c in found if c.feasible]
    if fits:
        parts += [Text(), Text("Who could do it, and what the plan would cost more", "bold")]
        parts.append(_grid([_candidate(c, names, zone) for c in fits]))
    others = [(text(names[c.engineer]), text(c.reason.detail)) for c in found if c.reason is not None]
    if others:
        parts += [Text(), Text("Who could not", "bold"), _grid(others)]
    return Group(*parts)


def _candidate(c: Candidate, names: dict[str, str], zone: ZoneInfo) -> tuple[Text | str, ...]:
    start = "" if c.start is None else f"{clock(c.start, zone)} ({c.shift})"
    if c.present:
        return text(names[c.engineer]), text(start), "as it is", ""
    parts = sorted(((cost, rule) for rule, cost in (c.by_rule or {}).items() if round(cost / 60_000)), key=lambda part: -abs(part[0]))
    said = [f"{RULE_WORDS[rule]} {cost / 60_000:+,.0f}" for cost, rule in parts]
    if c.disturbs:
        said.append(f"moves {many(len(c.disturbs), 'other stop')}")
    return text(names[c.engineer]), text(start), Text(minutes(c.cost_delta, sign=True), justify="right"), text(" · ".join(said), "dim")
