"""What each event does to a small day, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch import events as ev
from dispatch import planning
from dispatch.errors import InputError
from dispatch.model import Actual, Customer, Pin, Place, Resume
from dispatch.planning import Day
from dispatch.schema.codes import DAY_REMEDIES
from tests.build import at, engineer, pin, problem, shift, ticket, visit
from tests.planning.telling import changes, lines, opened

ANN, BOB = engineer("ann", shift(back=None)), engineer("bob", shift(home=2, back=None))
TWO = problem([ticket("A"), ticket("B", 2)], [ANN, BOB], now="8:00")
DAY = opened(TWO, ("ann", "A B"))


def after(day: Day, *events: ev.Event) -> Day:
    for event in events:
        day = planning.apply(day, event).day
    return day


def effects(day: Day, event: ev.Event) -> list[str]:
    return [f"{e.code} {e.ticket or e.engineer}" for e in planning.apply(day, event).effects]


# -------------------------------------------------------------------- opening


def test_what_people_work_by_counts_as_told() -> None:
    assert lines(DAY) == ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 10:00 10:00-11:00", "travel 60"]
    assert DAY.problem.previous == (visit("A", "ann", "8:30"), visit("B", "ann", "10:00"))


def test_a_day_without_a_plan_has_planned_nothing_but_what_has_begun() -> None:
    begun = ticket("C", 1, status="on_site", pin=pin("bob"), actual=("7:50", None))
    day = planning.open_day(replace(TWO, tickets=(*TWO.tickets, begun)))
    assert lines(day) == ["bob 7:20-8:50", "  C 7:50 7:50-8:50", "unassigned A B", "travel 30, unassigned 2000"]
    assert day.problem.previous == ()


def test_what_an_engineer_may_not_have_is_taken_out() -> None:
    tickets = (ticket("A", skills={"crane": 1}), ticket("B", 2, pin=pin("bob")), ticket("C", never=["ann"]), ticket("D"))
    assert lines(opened(problem(tickets, [ANN, BOB]), ("ann", "A B C D D"))) == [
        "ann 8:00-9:30", "  D 8:30 8:30-9:30", "unassigned A B C", "travel 30, unassigned 3000", "pin 1: B",
    ]  # fmt: skip


# -------------------------------------------------------------------- tickets


def test_a_new_ticket_is_unassigned_and_has_candidates() -> None:
    applied = planning.apply(DAY, ev.TicketPut(at("8:05"), ticket("C", 2)))
    assert [(e.code, e.message) for e in applied.effects] == [("UNASSIGNED", "Ticket C has no place yet.")]
    assert [(c.engineer, c.position, c.cost_delta // 60_000) for c in applied.candidates["C"]] == [("ann", 3, -1000), ("bob", 1, -1000)]
    assert changes(applied.diff) == ["retimed A: ann 8:30 -> ann 8:35", "retimed B: ann 10:00 -> ann 10:05", "rest: unassigned 1000"]


def test_a_changed_ticket_stays_where_it_still_may_be() -> None:
    longer = after(DAY, ev.TicketPut(at("8:00"), ticket("A", service=90)))
    assert lines(longer) == ["ann 8:00-11:30", "  A 8:30 8:30-10:00", "  B 10:30 10:30-11:30", "travel 60"]
    applied = planning.apply(DAY, ev.TicketPut(at("8:00"), ticket("A", must=["bob"])))
    assert lines(applied.day) == ["ann 8:00-10:00", "  B 9:00 9:00-10:00", "unassigned A", "travel 60, unassigned 1000"]
    assert [e.message for e in applied.effects] == ["Ticket A has lost its place."]
    assert changes(applied.diff) == [
        "removed A: ann 8:30 -> nowhere (tell engineer ann, customer ?): unassigned 1000",
        "retimed B: ann 10:00 -> ann 9:00 (tell engineer ann, customer ?)",
    ]


def test_a_ticket_put_changes_nothing_of_what_has_happened() -> None:
    day = after(DAY, ev.Arrived(at("8:30"), "A"), ev.TicketPut(at("8:40"), ticket("A", title="Leaks")))
    assert day.ticket_of["A"] == replace(ticket("A", title="Leaks"), status="on_site", pin=Pin("ann", "day"), actual=Actual(at("8:30")))


def test_a_ticket_brings_its_customer() -> None:
    day = after(DAY, ev.TicketPut(at("8:00"), ticket("C", customer="mill"), Customer("mill", "vip")))
    assert day.problem.customers == (Customer("mill", "vip"),)


def test_a_cancelled_ticket_leaves_its_route_and_what_it_saves_is_said() -> None:
    applied = planning.apply(DAY, ev.TicketCancelled(at("8:00"), "B"))
    assert lines(applied.day) == ["ann 8:00-9:30", "  A 8:30 8:30-9:30", "travel 30"]
    assert changes(applied.diff) == ["removed B: ann 10:00 -> nowhere (tell engineer ann): travel -30"]


# ----------------------------------------------------------------------- work


def test_a_visit_from_setting_out_to_its_end() -> None:
    day = after(DAY, ev.Travelling(at("8:10"), "A"))
    assert lines(day)[:3] == ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 10:00 10:00-11:00"]
    day = after(day, ev.Arrived(at("8:50"), "A", start=at("8:45")))
    assert lines(day)[1:3] == ["  A 8:45 8:45-9:45", "  B 10:15 10:15-11:15"]
    day = after(day, ev.Overran(at("9:40"), "A", at("10:30")))
    assert lines(day)[1:3] == ["  A 8:45 8:45-10:30", "  B 11:00 11:00-12:00"]
    day = after(day, ev.Done(at("10:25"), "A", end=at("10:20")))
    assert lines(day)[1:3] == ["  A 8:45 8:45-10:20", "  B 10:55 10:55-11:55"]
    assert day.ticket_of["A"].actual == Actual(at("8:45"), at("10:20"))


def test_a_report_is_right_and_the_plan_gives_way() -> None:
    applied = planning.apply(DAY, ev.Arrived(at("8:05"), "B", "bob"))
    assert lines(applied.day) == ["ann 8:05-9:35", "  A 8:35 8:35-9:35", "bob 8:05-9:05", "  B 8:05 8:05-9:05", "travel 30"]
    assert changes(applied.diff) == ["moved B: ann 10:00 -> bob 8:05: travel -30", "retimed A: ann 8:30 -> ann 8:35"]


def test_whoever_sets_out_elsewhere_has_turned_round() -> None:
    day = after(DAY, ev.Travelling(at("8:00"), "A"))
    applied = planning.apply(day, ev.Travelling(at("8:10"), "B"))
    assert [e.code for e in applied.effects] == ["TURNED_ROUND"]
    assert lines(applied.day) == ["ann 8:00-11:30", "  B 9:00 9:00-10:00", "  A 10:30 10:30-11:30", "travel 90"]


def test_work_reported_late_is_done_with_its_start() -> None:
    day = after(DAY, ev.Done(at("9:40"), "A", start=at("8:31")))
    assert lines(day)[1:3] == ["  A 8:31 8:31-9:40", "  B 10:10 10:10-11:10"]


def test_a_ticket_whose_customer_was_not_there_comes_back_and_the_engineer_goes_on_from_it() -> None:
    day = after(DAY, ev.Travelling(at("8:00"), "A"), ev.NoShow(at("8:45"), "A"))
    assert lines(day) == ["ann 8:45-10:15", "  B 9:15 9:15-10:15", "unassigned A", "travel 30, unassigned 1000"]
    closed = after(DAY, ev.Arrived(at("8:30"), "A"), ev.NoShow(at("8:45"), "A", closed=True))
    assert lines(closed)[:3] == ["ann 8:00-10:15", "  A 8:30 8:30-8:45", "  B 9:15 9:15-10:15"]


# ------------------------------------------------------------------ engineers


def test_an_absent_engineers_tickets_go_to_unassigned_and_pins_are_released() -> None:
    pinned = opened(replace(TWO, tickets=(ticket("A", pin=pin("ann", "day", "9:00")), TWO.tickets[1])), ("ann", "A B"))
    applied = planning.apply(pinned, ev.EngineerAbsent(at("8:00"), "ann"))
    assert lines(applied.day) == ["unassigned A B", "unassigned 2000"]
    assert [e.code for e in applied.effects] == ["PIN_RELEASED", "UNASSIGNED", "UNASSIGNED"]
    assert applied.day.ticket_of["A"].pin is None
    assert planning.candidates(applied.day, "A")[0].engineer == "bob"
    assert [c.engineer for c in planning.candidates(applied.day, "A")] == ["bob"]


def test_an_engineer_absent_for_a_while_goes_on_afterwards() -> None:
    assert lines(after(DAY, ev.EngineerAbsent(at("8:00"), "ann", until=at("10:00"))))[0] == "ann 10:00-13:00"


def test_work_under_way_of_an_absent_engineer_waits_for_its_report_and_a_drive_is_given_up() -> None:
    day = after(DAY, ev.Arrived(at("8:30"), "A"))
    assert effects(day, ev.EngineerAbsent(at("8:40"), "ann")) == ["STILL_ON_SITE A", "UNASSIGNED B"]
    day = after(DAY, ev.Travelling(at("8:10"), "A"), ev.EngineerAbsent(at("8:20"), "ann"))
    assert lines(day) == ["unassigned A B", "unassigned 2000"]


def test_an_absence_outlives_a_roster_that_does_not_know_of_it() -> None:
    day = after(DAY, ev.EngineerAbsent(at("8:00"), "ann"), ev.EngineerPut(at("8:10"), ANN))
    assert [c.engineer for c in planning.candidates(day, "A")] == ["bob"]


def test_a_late_engineer_sets_out_late_and_who_waits_too_long_is_said() -> None:
    case = replace(TWO, tickets=(ticket("A", respond_by="9:00"), ticket("B", 2, windows=[("8:00", "10:15")])))
    day = opened(case, ("ann", "A B"))
    applied = planning.apply(day, ev.EngineerLate(at("8:00"), "ann", at("8:45")))
    assert [(e.code, e.message) for e in applied.effects] == [
        ("LATE", "Ticket A starts 15 minutes after it was promised."),
        ("VIOLATION", "Service of ticket B begins 30 min after its last window closed."),
    ]
    assert lines(applied.day)[0] == "ann 8:45-11:45"


def test_new_shifts_release_pins_to_those_that_are_gone_and_keep_what_people_were_told() -> None:
    pinned = opened(replace(TWO, tickets=(ticket("A", pin=pin("ann", "day")), TWO.tickets[1])), ("ann", "A B"))
    put = engineer("ann", shift("late", "12:00", "20:00", back=None))
    applied = planning.apply(pinned, ev.EngineerPut(at("8:00"), put))
    assert [e.code for e in applied.effects] == ["PIN_RELEASED", "UNASSIGNED", "UNASSIGNED", "VIOLATION"]
    assert applied.day.ticket_of["A"].pin == Pin("ann")
    assert applied.day.problem.previous == (visit("A", "ann", "8:30", "late"), visit("B", "ann", "10:00", "late"))


def test_a_position_is_where_the_way_goes_on_from() -> None:
    day = after(DAY, ev.PositionReport(at("8:05"), "ann", Place(index=1)))
    assert lines(day)[:2] == ["ann 8:05-10:35", "  A 8:05 8:05-9:05"]
    on_site = after(DAY, ev.Arrived(at("8:30"), "A"))
    assert after(on_site, ev.PositionReport(at("8:31"), "ann", Place(index=2))).problem.engineers == on_site.problem.engineers


def test_time_passes_and_notes_change_nothing_else() -> None:
    assert lines(after(DAY, ev.Clock(at("9:00"))))[0] == "ann 9:00-12:00"
    assert after(DAY, ev.Note(at("9:00"), "Gate code 4711", "A")) == after(DAY, ev.Clock(at("9:00")))


def test_an_engineer_on_a_later_shift_is_known_by_what_was_reported() -> None:
    day = after(DAY, ev.EngineerLate(at("8:00"), "ann", at("9:00")))
    assert day.problem.engineers[0].shifts[0].resume == Resume(at("9:00"))


# ---------------------------------------------------------------- what is refused

ON_SITE = after(DAY, ev.Arrived(at("8:30"), "A"))
NOW = at("8:30")
REFUSED = [
    ("EVENT_IN_PAST /at", ev.Clock(at("8:00"))),
    ("UNKNOWN_TICKET /ticket", ev.Done(NOW, "Z")),
    ("UNKNOWN_ENGINEER /engineer", ev.EngineerAbsent(NOW, "zoe")),
    ("UNKNOWN_SHIFT /shift", ev.EngineerLate(NOW, "ann", at("9:00"), "night")),
    ("EVENT_IN_PAST /at, UNKNOWN_ENGINEER /engineer, UNKNOWN_TICKET /ticket", ev.Arrived(at("8:00"), "Z", "zoe")),
    ("TICKET_BEGUN /ticket", ev.TicketCancelled(NOW, "A")),
    ("TICKET_BEGUN /ticket", ev.Arrived(NOW, "A")),
    ("TICKET_BEGUN /ticket", ev.Travelling(NOW, "A")),
    ("ENGINEER_AT_WORK /engineer", ev.Travelling(NOW, "B")),
    ("OTHER_ENGINEER /engineer", ev.Done(NOW, "A", "bob")),
    ("DONE_BEFORE_ARRIVED /ticket", ev.Done(NOW, "B")),
    ("NOT_ON_SITE /ticket", ev.Overran(NOW, "B", at("9:00"))),
    ("UNTIL_IN_PAST /until", ev.Overran(NOW, "A", at("8:00"))),
    ("UNTIL_IN_PAST /until", ev.EngineerLate(NOW, "ann", at("8:00"))),
    ("HISTORY_IN_FUTURE /end", ev.Done(NOW, "A", end=at("9:00"))),
    ("ACTUAL_ENDS_BEFORE_START /end", ev.Done(at("9:00"), "A", end=at("8:00"))),
    ("STATUS_BY_EVENT /ticket/status", ev.TicketPut(NOW, ticket("B", status="done"))),
    ("SHIFT_HAS_HISTORY /engineer/shifts", ev.EngineerPut(NOW, replace(ANN, shifts=()))),
    ("UNKNOWN_CUSTOMER /ticket/customer", ev.TicketPut(NOW, ticket("C", customer="x"))),
    ("UNKNOWN_ENGINEER /ticket/engineers/must/0", ev.TicketPut(NOW, ticket("C", must=["zoe"]))),
    ("INDEX_OUT_OF_RANGE /ticket/place/index", ev.TicketPut(NOW, ticket("C", 7))),
    ("INDEX_OUT_OF_RANGE /place/index", ev.PositionReport(NOW, "bob", Place(index=9))),
    ("PLACE_WITHOUT_INDEX /place/index", ev.PositionReport(NOW, "bob", Place(28.2, 112.9))),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "event"), REFUSED)
def test_what_contradicts_the_day_is_refused(expected: str, event: ev.Event) -> None:
    with pytest.raises(InputError) as refused:
        planning.apply(ON_SITE, event)
    assert ", ".join(f"{f.code} {f.pointer}" for f in sorted(refused.value.faults, key=lambda f: (f.pointer, f.code))) == expected
    assert all(f.action and f.message for f in refused.value.faults)


def test_what_is_over_is_over() -> None:
    day = after(DAY, ev.TicketCancelled(at("8:00"), "B"), ev.Done(at("9:00"), "A", start=at("8:30")))
    for event in (
        ev.TicketCancelled(at("9:00"), "B"),
        ev.Arrived(at("9:00"), "A"),
        ev.NoShow(at("9:00"), "B"),
        ev.TicketPut(at("9:00"), ticket("A")),
    ):
        with pytest.raises(InputError, match="TICKET_OVER"):
            planning.apply(day, event)


def test_every_fault_of_every_event_is_told_at_once() -> None:
    text = '{"format": "dispatch-events/1", "events": [{"type": "arived"}, {"at": "8:00", "type": "clock"}, {"type": "done", "x": 1}]}'
    with pytest.raises(InputError) as refused:
        ev.read_events(text)
    assert [(f.pointer, f.code) for f in refused.value.faults] == [
        ("/events/0/type", "UNKNOWN_EVENT"), ("/events/1/at", "INVALID_TIME"), ("/events/2/at", "MISSING_FIELD"),
        ("/events/2/ticket", "MISSING_FIELD"), ("/events/2/x", "UNKNOWN_FIELD"),
    ]  # fmt: skip


def test_every_code_of_a_day_is_shown_by_a_test() -> None:
    from pathlib import Path

    source = "".join(p.read_text("utf-8") for p in Path(__file__).parent.glob("test_*.py"))
    assert [code for code in DAY_REMEDIES if code not in source] == []
