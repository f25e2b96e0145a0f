"""One problem, worked out by hand, for every kind of way in; `ways` makes each of them and lets the check judge it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch import explain
from dispatch.errors import InputError
from dispatch.model import Customer
from dispatch.travel import matrix
from tests.build import engineer, line, pin, plan, problem, shift, ticket
from tests.explain.told import kinds, ways


def test_place_it_although_that_costs_more_than_leaving_it_out() -> None:
    day = problem([ticket("X", place=2, unassigned_cost=100)])
    assert ways(day) == ["Give it to ann at 09:00 (+20)"]
    assert kinds(day) == ["place"]


def test_let_the_engineer_work_longer() -> None:
    day = problem([ticket("X", place=2), ticket("A", service=360)], [engineer("ann", shift(overtime_until="16:30"))])
    # 60 min more travel, and 1,000 min saved.
    assert ways(day, ("ann", "A")) == ["Let ann work 30 min longer (until 17:00) (-940)"]
    assert kinds(day, ("ann", "A")) == ["overtime"]


def test_overtime_counts_in_what_it_adds() -> None:
    day = problem([ticket("X", place=2), ticket("A", service=360)], weights={"overtime": 2})
    # Back at 17:00 where the shift ends at 16:00: 60 min at 2, 60 min more travel, and 1,000 saved.
    assert ways(day, ("ann", "A")) == ["Let ann work 60 min longer (until 17:00) (-820)"]


def test_keep_the_window_open_longer() -> None:
    day = problem([ticket("X", place=2, windows=[("8:00", "8:35"), ("20:00", "20:00")])])
    assert ways(day)[0] == "Keep the window open 25 min longer (until 09:00) (-880)"
    assert kinds(day)[0] == "window"


def test_open_the_window_earlier() -> None:
    # X alone keeps ann until 15:30; the way back takes 30 min, and 10:00 is an hour too late for that.
    day = problem([ticket("X", service=390, windows=[("10:00", "11:00")])])
    assert ways(day) == ["Let ann work 60 min longer (until 17:00) (-940)", "Open the window 60 min earlier (from 09:00) (-940)"]


def test_of_several_windows_the_nearest_gives_way() -> None:
    # A takes from 9:20 to 10:00: X would have to begin by 8:20, or 5 min after its second window; its third is too late for the shift.
    x = ticket("X", windows=[("9:00", "9:30"), ("9:50", "9:55"), ("11:00", "11:00")])
    day = problem([x, ticket("A", service=40, pin=pin("ann", start="9:20"))], [engineer("ann", shift(end="11:30"))], line(2, 0))
    told = ways(day, ("ann", "A"))
    assert told[:2] == ["Keep the window open 5 min longer (until 10:00) (-1000)", "Let ann work 30 min longer (until 12:00) (-1000)"]
    opening = explain.openings(day, matrix(day), plan(("ann", "A")), "X")[0]
    wider = ticket("X", windows=[("9:00", "9:30"), ("9:50", "10:00"), ("11:00", "11:00")])
    assert opening.problem.tickets == (wider, day.tickets[1])


def test_move_the_pinned_start() -> None:
    day = problem([ticket("X", place=2, pin=pin("ann", start="8:35"))])
    assert ways(day) == ["Move the pinned start 25 min later (to 09:00) (-880)"]
    earlier = problem([ticket("X", service=420, pin=pin("ann", start="8:50"))])
    assert "Move the pinned start 20 min earlier (to 08:30) (-940)" in ways(earlier)


def test_let_the_break_begin_at_another_time() -> None:
    late = problem([ticket("X", service=180, windows=[("10:00", "10:00")])], [engineer("ann", shift(breaks=[("12:00", "12:30", 30)]))])
    assert "Let the break of ann begin 30 min later (by 13:00) (-940)" in ways(late)
    # 3 h from 12:00 on: the break would have to be over by then, which at 11:00 it can be only if it begins 30 min sooner.
    early = problem([ticket("X", service=180, windows=[("12:00", "12:00")])], [engineer("ann", shift(breaks=[("12:30", "12:45", 30)]))])
    assert "Let the break of ann begin 60 min earlier (from 11:30) (-940)" in ways(early)


def test_allow_a_longer_drive() -> None:
    day = problem([ticket("X", place=2)], [engineer("ann", shift(max_travel=90))])
    assert ways(day) == ["Allow ann 30 min more travel (2 h in all) (-880)"]
    assert kinds(day) == ["travel"]


def test_allow_one_stop_more() -> None:
    day = problem([ticket("X"), ticket("A")], [engineer("ann", shift(max_stops=1))])
    assert ways(day, ("ann", "A")) == ["Allow ann 2 stops instead of 1 (-1000)"]
    assert kinds(day, ("ann", "A")) == ["stop"]


def test_load_more() -> None:
    day = problem(
        [ticket("X", needs={"filters": 2, "seals": 1}), ticket("A", needs={"filters": 2})],
        [engineer("ann", shift(capacity={"filters": 3}))],
    )
    assert ways(day, ("ann", "A")) == ["Load 1 more filters and 1 more seals for ann (-1000)"]
    assert kinds(day, ("ann", "A")) == ["capacity"]


def test_accept_as_few_tiers_less_as_will_do() -> None:
    engineers = [
        engineer("ann", skills={"pump": 1}),
        engineer("bob", shift(home=2), skills={"pump": 2}),
        engineer("eve", skills={"crane": 3}),
    ]
    day = problem([ticket("X", skills={"pump": 3})], engineers)
    assert ways(day) == ["Accept pump at tier 2 instead of 3: bob begins it at 08:30 (-940)"]
    assert kinds(day) == ["tier"]


def test_let_somebody_do_it_for_whom_it_is_not_reserved() -> None:
    engineers = [engineer("ann", shift(end="8:30")), replace(engineer("bob"), name="Bob Lee")]
    must = problem([ticket("X", must=("ann",))], engineers)
    assert "Let Bob Lee do it instead of ann: Bob Lee begins it at 08:30 (-940)" in ways(must)
    assert "reserved" in kinds(must)
    own = problem([ticket("X", customer="acme")], engineers, customers=(Customer("acme", None, "ann"),))
    assert "Let Bob Lee do it instead of ann: Bob Lee begins it at 08:30 (-940)" in ways(own)


def test_let_somebody_do_it_who_was_ruled_out() -> None:
    day = problem([ticket("X", never=("ann",))])
    assert ways(day) == ["Let ann do it after all: ann begins it at 08:30 (-940)"]
    assert kinds(day) == ["never"]


def test_release_the_pin_to_an_engineer_and_keep_the_pinned_start() -> None:
    day = problem([ticket("X", pin=pin("ann", "day", "10:00"))], [engineer("ann", shift(end="9:00")), engineer("bob")])
    assert "Release the pin to ann, shift day: bob begins it at 10:00 (-940)" in ways(day)
    assert "pin" in kinds(day)


def test_move_another_ticket_to_another_engineer() -> None:
    # X and A are both due at 9:00; only ann has the skill for X, and eve could do A: an hour of travel more.
    engineers = [engineer("ann", skills={"pump": 1}), engineer("eve")]
    day = problem([ticket("X", skills={"pump": 1}, windows=[("9:00", "9:00")]), ticket("A", windows=[("9:00", "9:00")])], engineers)
    assert "Move ticket A to eve at 09:00; then ann begins this one at 09:00 (-940)" in ways(day, ("ann", "A"))
    assert "move" in kinds(day, ("ann", "A"))


def test_move_another_ticket_to_another_day() -> None:
    two_days = engineer("ann", shift("mon"), shift("tue", start="32:00", end="40:00"))
    day = problem(
        [ticket("X", service=420, windows=[("8:30", "8:30")]), ticket("A", windows=[("8:30", "9:00"), ("33:00", "34:00")])], [two_days]
    )
    assert ways(day, ("ann/mon", "A"))[0] == "Move ticket A to ann at Tue 09:00; then ann begins this one at Mon 08:30 (-940)"


def test_leave_out_another_ticket_that_is_worth_less() -> None:
    day = problem([ticket("X", service=420, windows=[("8:30", "8:30")]), ticket("A", unassigned_cost=400, windows=[("9:00", "9:00")])])
    # A's 400 min are lost, X's 1,000 are not.
    assert ways(day, ("ann", "A")) == ["Leave ticket A out; then ann begins this one at 08:30 (-600)"]
    assert kinds(day, ("ann", "A")) == ["leave_out"]


def test_leave_out_several_tickets_that_are_worth_less_together() -> None:
    a, b = (ticket(name, unassigned_cost=300, windows=[(start, start)]) for name, start in (("A", "10:00"), ("B", "12:00")))
    day = problem([ticket("X", service=420, windows=[("8:30", "8:30")]), a, b])
    assert ways(day, ("ann", "A B")) == ["Leave tickets A and B out; then ann begins this one at 08:30 (-400)"]


def test_dearer_work_is_never_to_be_left_out() -> None:
    day = problem([ticket("X", service=420, windows=[("8:30", "8:30")], unassigned_cost=30), ticket("A", windows=[("10:00", "10:00")])])
    assert ways(day, ("ann", "A")) == []


def test_let_out_two_limits_where_one_is_not_enough() -> None:
    day = problem([ticket("X", place=2, service=120)], [engineer("ann", shift(end="11:00", max_travel=90))])
    assert ways(day) == ["Let ann work 60 min longer (until 12:00), and allow ann 30 min more travel (2 h in all) (-880)"]


def test_waive_a_rule_and_let_out_a_limit() -> None:
    day = problem([ticket("X", skills={"pump": 2})], [engineer("ann", shift(end="9:30"), skills={"pump": 1})])
    assert ways(day)[0] == "Accept pump at tier 1 instead of 2, and let ann work 30 min longer (until 10:00) (-940)"


def test_nobody_can_be_given_a_skill() -> None:
    assert ways(problem([ticket("X", skills={"pump": 1})])) == []


def test_overtime_beyond_four_hours_is_no_advice() -> None:
    assert ways(problem([ticket("X", service=660)])) == ["Let ann work 4 h longer (until 20:00) (-940)"]
    assert ways(problem([ticket("X", service=661)])) == []


def test_the_cheapest_come_first_and_few_of_a_kind() -> None:
    # Five engineers have their homes 0 to 120 min away; each may take X.
    engineers = [engineer(f"e{k}", shift(home=k)) for k in range(5)]
    day = problem([ticket("X", place=0, unassigned_cost=0)], engineers, line(5))
    assert ways(day) == ["Give it to e0 at 08:00 (+0)", "Give it to e1 at 08:30 (+60)"]


def test_only_a_ticket_left_out_has_ways_in() -> None:
    day = problem([ticket("X")])
    with pytest.raises(InputError, match="Ticket 'X' is not among the tickets left out"):
        explain.openings(day, matrix(day), plan(("ann", "X")), "X")
