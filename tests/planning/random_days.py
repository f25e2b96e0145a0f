"""Random live days and what may happen in them, sensible or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from dispatch import events
from dispatch.model import Customer, Engineer, Place, Plan, Problem, Route, Stop, Ticket, Window
from dispatch.planning import Day, open_day
from tests.generated.problems import problems

T = TypeVar("T")

HOUR = 3600
KINDS = tuple(events.TYPES)


def pick(draw: st.DrawFn, values: Sequence[T]) -> T:
    return values[draw(st.integers(0, len(values) - 1))]


@st.composite
def days(draw: st.DrawFn, *, compelled: bool = True, most_tickets: int = 9, most_engineers: int = 4) -> Day:
    """Draw a day whose plan has its tickets anywhere, or nothing planned."""
    problem = draw(problems(compelled=compelled, most_tickets=most_tickets, most_engineers=most_engineers))
    shifts = [(e.id, s.id) for e in problem.engineers for s in e.shifts]
    orders: dict[tuple[str, str], list[str]] = {}
    for t in problem.tickets:
        if shifts and draw(st.integers(0, 4)) > 0:
            orders.setdefault(pick(draw, shifts), []).append(t.id)
    plan = Plan(tuple(Route(e, s, tuple(Stop(t) for t in names)) for (e, s), names in orders.items()))
    return open_day(problem, pick(draw, (plan, plan, plan, None)))


def names_of(problem: Problem) -> list[str]:
    return [t.id for t in problem.tickets]


@st.composite
def event_of(draw: st.DrawFn, day: Day) -> events.Event:
    """Draw what may be reported next, true or contradictory."""
    problem = day.problem
    at = problem.now + pick(draw, (0, 60, 300, 1000, HOUR, 3 * HOUR, -60))
    ticket = pick(draw, [*names_of(problem), *(s.ticket for r in day.plan.routes for s in r.stops), "nobody's"])
    engineer = pick(draw, [*(e.id for e in problem.engineers), "nobody"])
    said = pick(draw, (None, None, engineer))
    shift = pick(draw, (None, None, None, "tuesday", "wednesday", "late"))
    later = at + pick(draw, (0, 300, HOUR, 9 * HOUR, -300))
    earlier = pick(draw, (None, None, at, at - 300, at - HOUR, at + 60))
    kind = pick(draw, KINDS)
    if kind == "ticket_put":
        return events.TicketPut(at, _ticket(draw, day, ticket), pick(draw, (None, None, Customer("new", "vip"))))
    if kind == "engineer_put":
        return events.EngineerPut(at, _engineer(draw, problem))
    made: dict[str, events.Event] = {
        "ticket_cancelled": events.TicketCancelled(at, ticket),
        "engineer_absent": events.EngineerAbsent(at, engineer, shift, pick(draw, (None, None, later))),
        "engineer_late": events.EngineerLate(at, engineer, later, shift),
        "travelling": events.Travelling(at, ticket, said, shift),
        "arrived": events.Arrived(at, ticket, said, shift, earlier),
        "done": events.Done(at, ticket, said, shift, earlier, pick(draw, (None, at, at - 120))),
        "overran": events.Overran(at, ticket, later),
        "no_show": events.NoShow(at, ticket, pick(draw, (False, True))),
        "position": events.PositionReport(at, engineer, _place(draw, problem)),
        "clock": events.Clock(at),
        "note": events.Note(at, "Gate code 4711", ticket),
    }
    return made[kind]


def _place(draw: st.DrawFn, problem: Problem) -> Place:
    return pick(draw, [t.place for t in problem.tickets])


def _ticket(draw: st.DrawFn, day: Day, name: str) -> Ticket:
    """Return a new ticket, or one of the day with other wishes."""
    like = pick(draw, day.problem.tickets)
    name = pick(draw, (name, name, f"new-{len(day.problem.tickets)}"))
    start = day.problem.now + pick(draw, (-HOUR, 0, HOUR, 20 * HOUR))
    windows = pick(
        draw, ((), (Window(start, start + 2 * HOUR),), like.windows, (Window(start, start + 60), Window(start + 60, start + HOUR)))
    )
    return replace(
        like,
        id=name,
        windows=windows,
        customer=pick(draw, (like.customer, None, "new", "nobody")),
        status=pick(draw, ("open", "open", "open", like.status)),
        service=pick(draw, (like.service, 900)),
    )


def _engineer(draw: st.DrawFn, problem: Problem) -> Engineer:
    """Return a new engineer, or one of the day with other skills and shifts."""
    if not problem.engineers:
        return Engineer("new", ())
    like = pick(draw, problem.engineers)
    moved = tuple(replace(s, id=pick(draw, (s.id, "other")), resume=None) for s in like.shifts)
    shifts = pick(draw, (like.shifts, like.shifts[1:], moved, ()))
    skills = pick(draw, (like.skills, like.skills, ()))
    return replace(like, id=pick(draw, (like.id, like.id, "new")), shifts=shifts, skills=skills)
