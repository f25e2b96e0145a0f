"""What is offered is kept: slots, holds, bookings, and every plan made afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import events as ev
from dispatch import planning
from dispatch.errors import InputError
from dispatch.model import Customer, Window
from dispatch.planning import Day, Hold
from dispatch.solver import Options
from tests.build import at, clock, engineer, problem, shift, ticket, visit
from tests.planning.random_days import days, pick
from tests.planning.telling import lines, opened
from tests.planning.test_publishing import standing

ANN = engineer("ann", shift(end="12:00", back=None))
CASE = problem([ticket("A")], [ANN], now="8:00", customers=(Customer("mill"),))
DAY = opened(CASE, ("ann", "A"))
NEW = ticket("N", 2, customer="mill")


def told(found: tuple[planning.Offer, ...]) -> list[str]:
    def one(o: planning.Offer) -> str:
        moves = "".join(f", {name} {later // 60:+}" for name, later in o.disturbs)
        return f"{clock(o.window.start)}-{clock(o.window.end)} {o.engineer} {o.position} {clock(o.start)} {o.cost / 60_000:g}{moves}"

    return [one(o) for o in found]


def slot(start: str, end: str) -> Window:
    return Window(at(start), at(end))


def test_slots_that_can_be_promised_are_ranked_by_what_they_cost() -> None:
    assert told(planning.offers(DAY, NEW)) == ["8:00-10:00 ann 2 10:00 -970", "10:00-12:00 ann 2 10:00 -970"]
    assert told(planning.offers(DAY, NEW, width=3600, horizon=2 * 3600)) == [
        "9:00-10:00 ann 2 10:00 -970",
        "8:00-9:00 ann 1 9:00 -940, A +120",
    ]
    assert told(planning.offers(DAY, NEW, [slot("10:30", "11:00")], limit=1)) == ["10:30-11:00 ann 2 10:30 -970"]


def test_only_slots_inside_the_windows_asked_for_are_offered() -> None:
    assert told(planning.offers(DAY, ticket("N", 2, windows=[("9:00", "12:00")]))) == ["10:00-12:00 ann 2 10:00 -970"]


def test_a_hold_is_in_the_plan_as_it_was_offered_and_expires() -> None:
    offer = planning.offers(DAY, NEW)[1]
    held = planning.hold(DAY, NEW, offer, at("8:30"))
    assert held.holds == (Hold("N/2026-03-02T10:00:00+00:00", "N", slot("10:00", "12:00"), at("8:30"), (), False, False),)
    assert lines(held) == ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  N 10:00 10:00-11:00", "travel 60"]
    applied = planning.apply(held, ev.Clock(at("8:30")))
    assert [e.code for e in applied.effects] == ["HOLD_EXPIRED", "UNASSIGNED"]
    assert (applied.day.holds, applied.day.ticket_of["N"], list(applied.day.visits)) == ((), NEW, ["A"])


def test_a_booking_is_the_tickets_window_and_counts_as_told() -> None:
    held = planning.hold(DAY, NEW, slot("10:00", "12:00"), at("8:30"))
    booked = planning.book(held, held.holds[0].id)
    day = planning.apply(booked, ev.Clock(at("9:00"))).day
    assert (day.ticket_of["N"].windows, day.ticket_of["N"].mandatory) == ((slot("10:00", "12:00"),), True)
    assert visit("N", "ann", "10:00") in day.problem.previous
    put = planning.apply(day, ev.TicketPut(at("9:00"), replace(NEW, windows=(slot("8:00", "9:00"),)))).day
    assert put.ticket_of["N"].windows == (slot("10:00", "12:00"),)
    released = planning.release(put, put.holds[0].id)
    assert (released.ticket_of["N"].windows, released.holds) == ((slot("8:00", "9:00"),), ())
    assert planning.read_day(planning.write_day(day)) == day


def test_a_cancelled_or_missed_appointment_is_released() -> None:
    held = planning.hold(DAY, NEW, slot("10:00", "12:00"), at("8:30"))
    booked = planning.book(held, held.holds[0].id)
    assert planning.apply(booked, ev.TicketCancelled(at("8:10"), "N")).day.holds == ()
    missed = planning.apply(booked, ev.NoShow(at("8:10"), "N")).day
    assert (missed.holds, missed.ticket_of["N"].windows) == ((), ())


@pytest.mark.parametrize(
    ("code", "ask"),
    [
        ("UNKNOWN_TICKET", lambda: planning.offers(DAY, "Z")),
        ("DUPLICATE_ID", lambda: planning.offers(DAY, ticket("A"))),
        ("UNKNOWN_CUSTOMER", lambda: planning.offers(DAY, ticket("N", customer="x"))),
        ("TICKET_BEGUN", lambda: planning.offers(planning.apply(DAY, ev.Arrived(at("8:30"), "A")).day, "A")),
        ("OFFER_GONE", lambda: planning.hold(DAY, NEW, slot("6:00", "7:00"), at("9:00"))),
        ("UNTIL_IN_PAST", lambda: planning.hold(DAY, NEW, slot("10:00", "12:00"), at("8:00"))),
        ("UNKNOWN_HOLD", lambda: planning.book(DAY, "N/1")),
        ("UNKNOWN_HOLD", lambda: planning.release(DAY, "N/1")),
        ("TICKET_BOOKED", lambda: planning.offers(booked(), "N")),
        ("TICKET_BOOKED", lambda: planning.hold(booked(), "N", slot("8:00", "10:00"), at("9:00"))),
    ],
)
def test_what_cannot_be_offered_is_refused(code: str, ask: object) -> None:
    with pytest.raises(InputError, match=code):
        ask()  # type: ignore[operator]


def booked() -> Day:
    held = planning.hold(DAY, NEW, slot("10:00", "12:00"), at("8:30"))
    return planning.book(held, held.holds[0].id)


def test_a_new_hold_takes_the_place_of_the_one_before() -> None:
    first = planning.hold(DAY, NEW, slot("10:00", "12:00"), at("8:30"))
    second = planning.hold(first, "N", slot("8:00", "10:00"), at("8:40"))
    assert [h.window for h in second.holds] == [slot("8:00", "10:00")]
    assert second.holds[0].windows == ()
    with pytest.raises(InputError, match="UNKNOWN_HOLD"):
        planning.book(second, first.holds[0].id)


# ----------------------------------------------------------------- of any day


@given(days(compelled=False), st.data())
@settings(max_examples=30, deadline=None)
def test_an_offer_costs_what_it_says_and_is_kept_by_every_later_plan(day: Day, data: st.DataObject) -> None:
    draw: st.DrawFn = data.draw  # type: ignore[assignment]
    wanted = [u.ticket for u in day.plan.unassigned if not day.ticket_of[u.ticket].windows]
    if not wanted:
        return
    name = pick(draw, wanted)
    found = planning.offers(day, name)
    if not found:
        return
    offer = pick(draw, found)
    held = planning.hold(day, name, offer, day.problem.now + 600)
    assert planning.diff(day, held).cost_by_rule == offer.cost_by_rule
    assert held.visits[name].start == offer.start
    assert held.violations == day.violations
    day = planning.book(held, held.holds[0].id)
    for k in range(data.draw(st.integers(1, 4))):
        like = pick(draw, day.problem.tickets)
        new = replace(like, id=f"new-{k}", status="open", pin=None, actual=None, windows=(), unassigned_cost=900.0, mandatory=True)
        day = planning.apply(day, ev.TicketPut(day.problem.now, new)).day
        made = planning.propose(day, Options(iterations=60, seed=k), most_changes=pick(draw, (None, 2)))
        some = data.draw(st.sets(st.sampled_from([c.ticket for c in made.diff.changes]))) if made.diff.changes else None
        day = standing(day, made, pick(draw, (None, some))) or day
        assert offer.window.start <= day.visits[name].start <= offer.window.end
        assert all(v.ticket != name for v in day.violations)
