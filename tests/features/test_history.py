from tests.build import checked, engineer, pin, problem, shift, ticket, told
from tests.helpers import solve

ANN = engineer("ann", shift(overtime_until="17:00"))
DONE = ticket("A", actual=("8:30", "9:20"), pin=pin("ann", "day"), status="done")
ON_SITE = ticket("B", place=2, actual=("9:55", None), pin=pin("ann", "day"), status="on_site")
NEXT = ticket("C")
CASE = problem([NEXT, ON_SITE, DONE], [ANN], now="10:00")
KEPT = [
    "ann 8:00-12:55",
    "  A 8:30 8:30-9:20",
    "  B 9:55 9:55-10:55",
    "  C 11:25 11:25-12:25",
    "travel 120",
]


def test_begun_work_comes_first_and_fixes_where_and_when_the_engineer_goes_on() -> None:
    assert told(checked(CASE, ("ann", "A B C"))) == KEPT


def test_work_moved_ahead_of_begun_work_breaks_the_rule() -> None:
    # After A the engineer is taken to be free at now, 10:00, in A's and C's place.
    expected = ["ann 8:00-13:30", "  A 8:30 8:30-9:20", "  C 10:00 10:00-11:00", "  B 11:30 11:30-12:30", "travel 120", "history 1: ann B"]
    verdict = checked(CASE, ("ann", "A C B"))
    assert told(verdict) == expected
    assert verdict.violations[0].message == "Work on ticket B has begun: it stays with engineer ann, ahead of the rest."


def test_begun_work_missing_or_with_another_engineer_breaks_the_rule() -> None:
    case = problem([NEXT, ON_SITE, DONE], [ANN, engineer("bea")], now="10:00")
    missing = [
        "ann 10:00-12:00",
        "  C 10:30 10:30-11:30",
        "unassigned B A",
        "travel 60, unassigned 2000",
        "history 1: ann A",
        "history 1: ann B",
    ]
    assert told(checked(case, ("ann", "C"))) == missing
    moved = ["ann 8:00-10:30", "  A 8:30 8:30-9:20", "bea 10:00-13:00", "  B 11:00 11:00-12:00", "unassigned C"]
    assert told(checked(case, ("ann", "A"), ("bea", "B"))) == [*moved, "travel 180, unassigned 1000", "history 1: ann B"]


def test_begun_work_is_in_order_of_start() -> None:
    case = problem(
        [
            ticket("A", actual=("9:00", "9:30"), pin=pin("ann"), status="done"),
            ticket("B", actual=("8:30", "9:00"), pin=pin("ann"), status="done"),
        ],
        [ANN],
        now="10:00",
    )
    in_order = ["ann 8:00-10:30", "  B 8:30 8:30-9:00", "  A 9:00 9:00-9:30", "travel 60"]
    assert told(checked(case, ("ann", "B A"))) == in_order
    assert [v.rule for v in checked(case, ("ann", "A B")).violations] == ["history", "history"]


def test_a_pinned_start_stands_for_an_actual_one_and_done_work_ended_by_now() -> None:
    case = problem([ticket("A", service=120, pin=pin("ann", "day", "8:30"), status="done"), ticket("B")], [ANN], now="10:00")
    expected = ["ann 8:00-11:30", "  A 8:30 8:30-10:00", "  B 10:00 10:00-11:00", "travel 60"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_work_on_site_lasts_at_least_until_now() -> None:
    case = problem([ticket("A", actual=("8:30", None), pin=pin("ann"), status="on_site"), ticket("B")], [ANN], now="10:10")
    expected = ["ann 8:00-11:40", "  A 8:30 8:30-10:10", "  B 10:10 10:10-11:10", "travel 60"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_a_ticket_driven_to_is_reached_no_earlier_than_now_and_served_at_once() -> None:
    travelling = ticket("A", windows=[("8:00", "9:00")], pin=pin("ann"), status="travelling")
    late = problem([travelling, NEXT], [ANN], now="10:00")
    early = problem([travelling, NEXT], [ANN], now="8:10")
    assert told(checked(late, ("ann", "A C"))) == ["ann 9:30-12:30", "  A 10:00 10:00-11:00", "  C 11:00 11:00-12:00", "travel 60"]
    assert told(checked(early, ("ann", "A C"))) == ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  C 9:30 9:30-10:30", "travel 60"]


def test_a_ticket_driven_to_comes_after_what_was_done() -> None:
    travelling = ticket("B", place=2, pin=pin("ann"), status="travelling")
    case = problem([travelling, DONE], [ANN], now="9:40")
    assert told(checked(case, ("ann", "A B"))) == ["ann 8:00-11:50", "  A 8:30 8:30-9:20", "  B 9:50 9:50-10:50", "travel 120"]


def test_history_alone_breaks_no_rule_but_costs() -> None:
    tight = engineer("ann", shift(end="9:30", max_stops=0, max_travel=10))
    begun = ticket("A", skills={"pump": 1}, actual=("8:30", None), pin=pin("ann"), status="on_site", respond_by="8:00", needs={"kg": 1})
    case = problem([begun, ticket("B")], [tight], now="10:00", weights={"lateness": 1, "overtime": 2})
    alone = [
        "ann 8:00-10:30 overtime 60 min",
        "  A 8:30 8:30-10:00 late 30 min",
        "unassigned B",
        "travel 60, lateness 30, unassigned 1000, overtime 120",
    ]
    assert told(checked(case, ("ann", "A"))) == alone
    more = [
        "ann 8:00-11:30 overtime 120 min",
        "  A 8:30 8:30-10:00 late 30 min",
        "  B 10:00 10:00-11:00",
        "travel 60, lateness 30, overtime 240",
    ]
    broken = ["shift 1800: ann", "overtime_limit 7200: ann", "max_stops 2: ann", "max_travel 3000: ann", "capacity 1: ann"]
    assert told(checked(case, ("ann", "A B"))) == more + broken
    assert told(solve(case)) == alone


def test_a_break_that_begun_work_has_run_past_was_had() -> None:
    lunch = engineer("ann", shift(breaks=[("9:30", "10:30", 30)]))
    case = problem([ON_SITE, NEXT], [lunch], now="10:00")
    assert told(checked(case, ("ann", "B C"))) == ["ann 8:55-12:55", "  B 9:55 9:55-10:55", "  C 11:25 11:25-12:25", "travel 120"]


def test_a_break_still_due_after_begun_work_is_taken_then() -> None:
    lunch = engineer("ann", shift(breaks=[("9:30", "11:00", 30)]))
    case = problem([ON_SITE, NEXT], [lunch], now="10:00")
    expected = ["ann 8:55-13:25", "  B 9:55 9:55-10:55", "  break 10:55-11:25", "  C 11:55 11:55-12:55", "travel 120"]
    assert told(checked(case, ("ann", "B C"))) == expected


def test_the_solver_goes_on_from_where_the_engineer_is() -> None:
    assert told(solve(CASE)) == KEPT


def test_the_solver_gives_the_next_ticket_to_whoever_is_near_now() -> None:
    # Ann lives next door, but stands at place 2 until 10:55; Bea is free at home.
    case = problem([ticket("C", place=0, respond_by="10:00"), ON_SITE], [ANN, engineer("bea")], now="10:00", weights={"lateness": 1})
    expected = ["ann 8:55-11:55", "  B 9:55 9:55-10:55", "bea 10:00-11:00", "  C 10:00 10:00-11:00", "travel 120"]
    assert told(solve(case)) == expected
