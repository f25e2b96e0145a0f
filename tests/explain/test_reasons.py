"""One problem, worked out by hand, for every reason code: the whole account of why ticket X is left out."""

from __future__ import annotations

from dataclasses import replace

from dispatch.model import Customer, Engineer, MatrixTravel, Problem
from dispatch.travel import UNREACHABLE
from tests.build import engineer, pin, problem, shift, ticket
from tests.explain.told import why

ACME = (Customer("acme", None, "ann"),)


# ------------------------------------------------------------ nobody may do it


def test_nobody_has_a_shift() -> None:
    assert why(problem([ticket("X")], [Engineer("ann", ())])) == ["NO_ENGINEERS Nobody has a shift."]


def test_work_has_begun_and_the_plan_has_lost_it() -> None:
    day = problem([ticket("X", status="on_site", pin=pin("ann"), actual=("9:00", None))], now="10:00")
    assert why(day) == ["BEGUN Work on it has begun with ann, and no route has it."]


def cut(*legs: tuple[int, int]) -> Problem:
    """Return a day with ticket X at place 1 of three, bob at home in place 2, and without a way on some legs."""
    day = problem([ticket("X")], [engineer("ann"), engineer("bob", shift(home=2))])
    assert isinstance(day.travel, MatrixTravel)
    seconds = [[UNREACHABLE if (i, j) in legs else value for j, value in enumerate(row)] for i, row in enumerate(day.travel.seconds)]
    return replace(day, travel=MatrixTravel(tuple(map(tuple, seconds))))


def test_there_is_no_way() -> None:
    assert why(cut((0, 1), (2, 1), (1, 0), (1, 2))) == ["UNREACHABLE For ann and bob there is no way to it, nor back."]
    assert why(cut((0, 1), (2, 1))) == ["UNREACHABLE For ann and bob there is no way to it."]
    assert why(cut((1, 0), (1, 2))) == ["UNREACHABLE For ann and bob there is no way back from it."]


def test_who_has_no_way_to_it_is_left_aside() -> None:
    assert why(cut((0, 1))) == why(cut((0, 1), (1, 0)))
    assert why(cut((0, 1))) == [
        "NOT_PLANNED bob could begin it at 08:30, which would add 60 min to the cost; leaving it out costs 1,000 min."
    ]


def test_nobody_has_the_skill() -> None:
    day = problem([ticket("X", skills={"pump": 1, "crane": 2})], [engineer("ann", skills={"crane": 2})])
    assert why(day) == ["NO_SKILL Nobody has the skill pump."]


def test_nobody_has_both_skills() -> None:
    day = problem(
        [ticket("X", skills={"pump": 1, "crane": 2})], [engineer("ann", skills={"crane": 2}), engineer("bob", skills={"pump": 2})]
    )
    assert why(day) == ["NO_SKILL Nobody has all it asks for: ann lacks the skill pump."]


def test_what_else_is_in_the_way_is_told_where_nobody_has_the_skill() -> None:
    # 30 min out, 60 min of service and 30 min back take ann to 10:00.
    day = problem([ticket("X", skills={"pump": 1})], [engineer("ann", shift(end="9:30"))])
    assert why(day) == [
        "NO_SKILL Nobody has the skill pump.",
        "OVERTIME_LIMIT Even with nothing else to do, ann would be back at 10:00, 30 min after the latest end of the shift (09:30).",
    ]


def test_the_best_tier_is_too_low() -> None:
    day = problem([ticket("X", skills={"pump": 3})], [engineer("ann", skills={"pump": 1}), engineer("bob", skills={"pump": 2})])
    assert why(day) == ["TIER_TOO_LOW pump is asked for at tier 3; the best there is, bob, has tier 2."]


def test_the_one_it_is_reserved_for_lacks_the_tier() -> None:
    day = problem(
        [ticket("X", skills={"pump": 2}, must=("ann",))], [engineer("ann", skills={"pump": 1}), engineer("bob", skills={"pump": 2})]
    )
    assert why(day) == ["TIER_TOO_LOW ann has pump at tier 1, not 2.", "RESERVED_ENGINEER Only ann may do it."]


def test_the_only_engineer_is_ruled_out() -> None:
    assert why(problem([ticket("X", never=("ann",))])) == ["NEVER_ENGINEER ann must never do it."]


def test_the_one_who_could_do_it_has_no_shift() -> None:
    day = problem([ticket("X", must=("bob",))], [engineer("ann"), Engineer("bob", ())])
    assert why(day) == ["NO_SHIFT_OVERLAP bob could do it, but without a shift."]


# ------------------------------------------------------------ only some may do it


def test_it_is_pinned_where_it_does_not_fit() -> None:
    # An hour out, an hour of service, an hour back: ann would need until 11:00.
    day = problem([ticket("X", place=2, pin=pin("ann"))], [engineer("ann", shift(end="9:30")), engineer("bob")])
    assert why(day) == [
        "PINNED_ELSEWHERE It is pinned to ann; otherwise bob could begin it at 09:00.",
        "OVERTIME_LIMIT Even with nothing else to do, ann, the only one who may do it, would be back at 11:00, "
        "90 min after the latest end of the shift (09:30).",
    ]


def test_it_is_pinned_to_a_shift_that_is_over() -> None:
    two_days = engineer("ann", shift("mon"), shift("tue", start="32:00", end="40:00"))
    day = problem([ticket("X", pin=pin("ann", "mon"))], [two_days], now="17:00")
    assert why(day) == [
        "PINNED_ELSEWHERE It is pinned to ann, shift mon; otherwise ann could begin it at Tue 08:30.",
        "SHIFT_OVER The shifts of ann are over: the last, of ann, ends at Mon 16:00, and nothing can begin before Mon 17:00.",
    ]


def test_it_is_pinned_to_a_day_on_which_nobody_has_the_skill() -> None:
    engineers = [engineer("ann", shift("mon"), skills={"pump": 1}), engineer("bob", shift("tue", start="32:00", end="40:00"))]
    assert why(problem([ticket("X", skills={"pump": 1}, pin=pin(shift="tue"))], engineers)) == [
        "NO_SKILL bob lacks the skill pump.",
        "PINNED_ELSEWHERE It is pinned to shift tue.",
    ]


def test_engineers_of_the_same_name_are_told_apart() -> None:
    engineers = [replace(engineer(e, shift(home=k)), name="Li Wei") for k, e in enumerate(("li1", "li2", "li3"))]
    assert why(problem([ticket("X", unassigned_cost=0, place=0)], engineers)) == [
        "OUTBID Li Wei (li1) could begin it at 08:00, which would add 0 min to the cost; leaving it out costs 0 min."
    ]


def test_it_is_reserved_for_somebody_who_has_no_time() -> None:
    day = problem([ticket("X", place=2, must=("ann",))], [engineer("ann", shift(end="10:30")), engineer("bob")])
    assert why(day) == [
        "RESERVED_ENGINEER Only ann may do it; otherwise bob could begin it at 09:00.",
        "OVERTIME_LIMIT Even with nothing else to do, ann, the only one who may do it, would be back at 11:00, "
        "30 min after the latest end of the shift (10:30).",
    ]


def test_the_dedicated_engineer_has_no_time() -> None:
    engineers = [engineer("ann", shift(end="10:30")), replace(engineer("bob"), name="Bob Lee")]
    day = problem([ticket("X", place=2, customer="acme")], engineers, customers=ACME)
    assert why(day)[0] == "RESERVED_ENGINEER Customer acme is served by ann only; otherwise Bob Lee could begin it at 09:00."


def test_the_one_who_has_time_is_ruled_out() -> None:
    day = problem([ticket("X", place=2, never=("bob",))], [engineer("ann", shift(end="10:30")), engineer("bob")])
    assert why(day)[0] == "NEVER_ENGINEER bob must never do it; otherwise bob could begin it at 09:00."


# --------------------------------------------------------------------- no shift


def test_all_shifts_are_over() -> None:
    engineers = [engineer("ann", shift(overtime_until="16:30")), engineer("bob", shift(end="12:00"))]
    assert why(problem([ticket("X")], engineers, now="17:00")) == [
        "SHIFT_OVER The shifts of ann and bob are over: the last, of ann, ends at 16:30, and nothing can begin before 17:00."
    ]


def test_of_many_engineers_the_first_few_are_named() -> None:
    engineers = [engineer(name) for name in ("ann", "bob", "cid", "dan", "eve")]
    assert why(problem([ticket("X")], engineers, now="17:00"))[0].startswith("SHIFT_OVER The shifts of ann, bob, cid and 2 more are over:")


def test_the_window_opens_after_every_shift() -> None:
    engineers = [engineer("ann", shift(overtime_until="16:30")), engineer("bob", shift(end="12:00"))]
    assert why(problem([ticket("X", windows=[("18:00", "19:00")])], engineers)) == [
        "NO_SHIFT_OVERLAP No shift of ann and bob overlaps its window: "
        "it opens at 18:00, 90 min after the latest end of the shift of ann (16:30)."
    ]


def test_the_window_closes_before_every_shift() -> None:
    assert why(problem([ticket("X", windows=[("6:00", "7:00")])])) == [
        "NO_SHIFT_OVERLAP No shift of ann overlaps its window: it closes at 07:00, 60 min before ann can set out (08:00)."
    ]


def test_the_route_breaks_a_rule_already() -> None:
    day = problem([ticket("X"), ticket("A", place=2, windows=[("8:00", "8:30")])])
    assert why(day, ("ann", "A")) == [
        "BROKEN_ROUTE Nothing can be added for ann as things are: Service of ticket A begins 30 min after its last window closed."
    ]


# ------------------------------------------------------------------------ limits


def test_the_pinned_start_is_too_early() -> None:
    day = problem([ticket("X", place=2, pin=pin("ann", start="8:35"))])
    assert why(day) == [
        "PINNED_START Even with nothing else to do, ann, the only one who may do it, could begin at 09:00, "
        "25 min later than the start it is pinned to (08:35)."
    ]


def test_the_site_is_reached_after_the_window_closes() -> None:
    day = problem([ticket("X", place=2, windows=[("8:00", "8:35")])], [engineer("ann"), engineer("bob", shift(start="9:00"))])
    assert why(day) == [
        "WINDOW_UNREACHABLE Even with nothing else to do, ann, who comes closest, reaches the site at 09:00, "
        "25 min after the window closes (08:35)."
    ]


def test_begun_minutes_count_where_the_window_is_missed() -> None:
    day = problem([ticket("X", windows=[("8:00", "8:14:30")])], minutes=[[0, 30], [30, 0]])
    assert why(day) == [
        "WINDOW_UNREACHABLE Even with nothing else to do, ann, the only one who may do it, reaches the site at 08:30, "
        "16 min after the window closes (08:14)."
    ]


def test_other_work_keeps_the_engineer_until_the_window_has_closed() -> None:
    # A is pinned to 9:00 to 10:00; X at the same place is then 40 min too late, or 30 min too early before it.
    day = problem([ticket("X", windows=[("9:10", "9:20")]), ticket("A", pin=pin("ann", start="9:00"))])
    assert why(day, ("ann", "A")) == [
        "WINDOW_UNREACHABLE ann, the only one who may do it, reaches the site at 10:00, 40 min after the window closes (09:20)."
    ]


def test_the_engineer_would_be_back_too_late() -> None:
    # 30 min out, 6 h, 30 min on, 1 h, 1 h back: 17:00, where 16:30 is the latest.
    day = problem([ticket("X", place=2), ticket("A", service=360)], [engineer("ann", shift(overtime_until="16:30"))])
    assert why(day, ("ann", "A")) == [
        "OVERTIME_LIMIT ann, the only one who may do it, would be back at 17:00, 30 min after the latest end of the shift (16:30).",
        "OUTBID ann could begin it at 09:00 in place of ticket A, which would add 1,060 min to the cost; leaving it out costs 1,000 min.",
    ]


def test_the_break_is_in_the_way() -> None:
    # 3 h from 10:00 on leave no break until 13:00, and before it there is time for none.
    day = problem([ticket("X", service=180, windows=[("10:00", "10:00")])], [engineer("ann", shift(breaks=[("12:00", "12:30", 30)]))])
    assert why(day) == [
        "WINDOW_UNREACHABLE Even with nothing else to do, ann, the only one who may do it, would have to begin by 09:30, "
        "30 min before the window opens (10:00).",
        "BREAK Even with nothing else to do, ann, the only one who may do it, could begin at 10:00 "
        "only with the break (12:00 to 12:30) 30 min later.",
    ]


def test_the_drive_is_too_long() -> None:
    assert why(problem([ticket("X", place=2)], [engineer("ann", shift(max_travel=90))])) == [
        "MAX_TRAVEL Even with nothing else to do, ann, the only one who may do it, would drive 2 h, "
        "30 min more than the shift allows (90 min)."
    ]


def test_the_shift_has_no_stop_left() -> None:
    day = problem([ticket("X", unassigned_cost=500), ticket("A")], [engineer("ann", shift(max_stops=1))])
    assert why(day, ("ann", "A")) == [
        "MAX_STOPS ann, the only one who may do it, would have 2 stops, and the shift allows 1.",
        "OUTBID ann could begin it at 08:30 in place of ticket A, which would add 1,000 min to the cost; leaving it out costs 500 min.",
    ]


def test_the_shift_does_not_carry_enough() -> None:
    day = problem(
        [ticket("X", needs={"filters": 2, "seals": 1}), ticket("A", needs={"filters": 2})],
        [engineer("ann", shift(capacity={"filters": 3, "seals": 1}))],
    )
    assert why(day, ("ann", "A"))[0] == ("CAPACITY ann, the only one who may do it, would need 4 filters, 1 more than the shift carries.")


def test_two_limits_at_once_are_both_told() -> None:
    # An hour out and back is 30 min too far, and 2 h of service end at 12:00, an hour after the shift.
    day = problem([ticket("X", place=2, service=120)], [engineer("ann", shift(end="11:00", max_travel=90))])
    assert why(day) == [
        "OVERTIME_LIMIT Even with nothing else to do, ann would be back at 12:00, 60 min after the latest end of the shift (11:00).",
        "MAX_TRAVEL Even with nothing else to do, ann would drive 2 h, 30 min more than the shift allows (90 min).",
    ]


# ------------------------------------------------------------------------ prices


def test_it_costs_more_than_leaving_it_out() -> None:
    assert why(problem([ticket("X", place=2, unassigned_cost=100)])) == [
        "OUTBID ann could begin it at 09:00, which would add 120 min to the cost; leaving it out costs 100 min."
    ]


def test_it_fits_only_in_place_of_several_dearer_tickets() -> None:
    # X takes the whole day from 8:30 on, so neither A at 10:00 nor B at 12:00 can stay, and no one limit would help.
    a, b = ticket("A", windows=[("10:00", "10:00")]), ticket("B", windows=[("12:00", "12:00")])
    day = problem([ticket("X", service=420, windows=[("8:30", "8:30")], unassigned_cost=12.5), a, b])
    assert why(day, ("ann", "A B")) == [
        "OUTBID ann could begin it at 08:30 in place of tickets A and B, which would add 2,000 min to the cost; "
        "leaving it out costs 12.5 min."
    ]


def test_it_fits_only_in_place_of_work_that_may_not_be_left_out() -> None:
    a, b = ticket("A", pin=pin("ann", start="10:00")), ticket("B", windows=[("12:00", "12:00")], mandatory=True)
    day = problem([ticket("X", service=420, windows=[("8:30", "8:30")]), a, b])
    assert why(day, ("ann", "A B")) == ["OUTBID It would fit the shift of ann only in place of A and B, pinned or mandatory."]


def test_it_fits_and_the_plan_does_not_have_it() -> None:
    assert why(problem([ticket("X", place=2)])) == [
        "NOT_PLANNED ann could begin it at 09:00, which would add 120 min to the cost; leaving it out costs 1,000 min."
    ]


def test_mandatory_work_that_fits_is_not_outbid() -> None:
    assert why(problem([ticket("X", place=2, unassigned_cost=0, mandatory=True)])) == [
        "NOT_PLANNED ann could begin it at 09:00, which would add 120 min to the cost, and it may not be left out."
    ]
