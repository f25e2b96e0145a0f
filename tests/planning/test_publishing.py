"""Publishing all of a proposal or some of it, and what people are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import events as ev
from dispatch import planning
from dispatch.errors import InputError
from dispatch.planning import Day
from dispatch.solver import Options
from tests.build import at, ticket, visit
from tests.planning.random_days import days
from tests.planning.telling import lines
from tests.planning.test_proposing import CROSSED, FOUR, QUICK

FOUND = planning.propose(CROSSED, QUICK)


def test_a_published_plan_is_what_people_were_told() -> None:
    day = planning.publish(CROSSED, FOUND)
    assert {v.ticket: v for v in day.problem.previous} == day.visits
    assert planning.propose(day, QUICK).diff.changes == ()


def test_some_of_it_can_be_published_and_only_that_is_told() -> None:
    day = planning.publish(CROSSED, FOUND, ["D"])
    part = planning.part(CROSSED, FOUND, ["D"])
    assert (part.visits, part.diff.cost_by_rule) == (day.visits, {"travel": -30 * 60_000})
    assert planning.diff(CROSSED, day).moved[0].notify == part.diff.moved[0].notify != ()
    assert lines(day) == [
        "ann 8:00-10:30", "  C 9:30 9:30-10:30",
        "bob 8:00-12:30", "  D 8:00 8:00-9:00", "  B 10:00 10:00-11:00", "  A 11:30 11:30-12:30", "travel 180",
    ]  # fmt: skip
    assert {v.ticket: v for v in day.problem.previous} == day.visits


def test_what_cannot_stand_alone_is_refused_with_what_it_needs() -> None:
    windows = {"A": ("8:30", "8:30"), "B": ("9:00", "10:00"), "C": ("9:30", "9:30"), "D": ("8:00", "11:00")}
    tickets = [replace(t, windows=ticket(t.id, windows=[windows[t.id]]).windows) for t in FOUR.tickets]
    day = planning.open_day(replace(FOUR, tickets=tuple(tickets)), planning.place(CROSSED, "A", None).plan)
    found = planning.propose(day, QUICK)
    refused = []
    for c in found.diff.changes:
        try:
            planning.publish(day, found, [c.ticket])
        except InputError as error:
            refused.append([(f.code, f.message) for f in error.faults])
    assert refused
    assert all(code == "NEEDS_OTHERS" and "cannot stand without those of" in message for ((code, message),) in refused)


def test_a_ticket_that_the_proposal_does_not_change_is_refused() -> None:
    with pytest.raises(InputError, match="UNKNOWN_TICKET at /tickets/1: The proposal does not change ticket 'Z'"):
        planning.publish(CROSSED, FOUND, ["A", "Z"])


def test_a_proposal_that_would_undo_what_was_planned_since_is_stale() -> None:
    new = planning.apply(CROSSED, ev.TicketPut(at("8:00"), ticket("E", 2))).day
    with pytest.raises(InputError, match="PROPOSAL_STALE"):
        planning.publish(planning.publish(new, planning.place(new, "E", "ann")), FOUND)


def test_small_delays_are_not_told_and_do_not_add_up_unseen() -> None:
    day = planning.apply(CROSSED, ev.Clock(at("8:10"))).day
    day = planning.publish(day, planning.place(day, "D", "ann", position=2))
    assert visit("C", "ann", "9:30") in day.problem.previous
    day = planning.apply(day, ev.Clock(at("8:20"))).day
    day = planning.publish(day, planning.place(day, "D", "ann", position=2))
    assert visit("C", "ann", "9:50") in day.problem.previous


def standing(day: Day, found: planning.Proposal, some: set[str] | None) -> Day | None:
    """Return the day with some changes published, None if they need others."""
    try:
        return planning.publish(day, found, some)
    except InputError as error:
        codes = [f.code for f in error.faults]
    assert codes == ["NEEDS_OTHERS"]
    return None


@given(days(), st.integers(0, 3), st.data())
@settings(max_examples=30, deadline=None)
def test_any_part_that_is_published_breaks_nothing_new(day: Day, seed: int, data: st.DataObject) -> None:
    found = planning.propose(day, Options(iterations=60, seed=seed))
    names = [c.ticket for c in found.diff.changes]
    some = data.draw(st.sets(st.sampled_from(names))) if names else set()
    after = standing(day, found, some)
    if after is None:
        return
    before = {(v.rule, v.engineer, v.shift, v.ticket) for v in (*day.violations, *found.violations)}
    assert {(v.rule, v.engineer, v.shift, v.ticket) for v in after.violations} <= before
    for name in some:
        place = found.visits.get(name)
        now = after.visits.get(name)
        assert (place is None) == (now is None)
        assert place is None or now is None or (place.engineer, place.shift) == (now.engineer, now.shift)
