"""The latest sensible departure: what bounds it, one case each. A spare hour or more lies before the last stop."""

from dispatch.model import Ticket
from tests.build import checked, engineer, pin, problem, shift, ticket, told, visit
from tests.helpers import solve

PAID = {"paid_time": 1.0}


def last(start: str = "12:00") -> Ticket:
    return ticket("Z", place=2, windows=[(start, start)])


def test_without_paid_time_only_the_waiting_at_the_first_stop_is_slept_in() -> None:
    case = problem([ticket("A", windows=[("9:00", "15:00")]), last()])
    expected = ["ann 8:30-14:00", "  A 9:00 9:00-10:00", "  Z 10:30 12:00-13:00 waits 90 min", "travel 120"]
    assert told(checked(case, ("ann", "A Z"))) == expected


def test_with_paid_time_all_waiting_is_slept_in() -> None:
    case = problem([ticket("A", windows=[("9:00", "15:00")]), last()], weights=PAID)
    expected = ["ann 10:00-14:00", "  A 10:30 10:30-11:30", "  Z 12:00 12:00-13:00", "travel 120, paid_time 240"]
    assert told(checked(case, ("ann", "A Z"))) == expected


def test_the_return_never_moves() -> None:
    case = problem([ticket("A")], weights=PAID)
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, paid_time 120"]


def test_answering_later_must_cost_less_than_the_paid_time_saved() -> None:
    tickets = [ticket("A", priority=1), ticket("B", priority=2, windows=[("10:00", "15:00")]), last("14:00")]
    # A alone may be late (0.6 < 1) by the 30 min before B; A and B together may not (0.6 + 0.4 >= 1).
    case = problem(tickets, now="8:00", weights=PAID | {"response": {1: 0.6, 2: 0.4, 3: 0, 4: 0, 5: 0}})
    assert told(checked(case, ("ann", "A B Z"))) == [
        "ann 8:30-16:00",
        "  A 9:00 9:00-10:00",
        "  B 10:00 10:00-11:00",
        "  Z 11:30 14:00-15:00 waits 150 min",
        "travel 120, paid_time 450, response 84",
    ]


def test_a_window_is_not_missed() -> None:
    case = problem([ticket("A", windows=[("8:00", "9:10")]), last()], weights=PAID)
    expected = ["ann 8:40-14:00", "  A 9:10 9:10-10:10", "  Z 10:40 12:00-13:00 waits 80 min", "travel 120, paid_time 320"]
    assert told(checked(case, ("ann", "A Z"))) == expected


def test_a_later_window_is_not_sought() -> None:
    case = problem([ticket("A", windows=[("8:00", "8:40"), ("9:00", "15:00")]), last()], weights=PAID)
    assert told(checked(case, ("ann", "A Z")))[:2] == ["ann 8:10-14:00", "  A 8:40 8:40-9:40"]


def test_a_missed_window_is_not_missed_by_more() -> None:
    case = problem([ticket("A", windows=[("8:00", "8:20")]), last()], weights=PAID)
    expected = ["ann 8:00-14:00", "  A 8:30 8:30-9:30", "  Z 10:00 12:00-13:00 waits 120 min", "travel 120, paid_time 360"]
    assert told(checked(case, ("ann", "A Z"))) == [*expected, "windows 600: ann A"]


def test_a_promise_is_kept_where_it_has_a_price() -> None:
    tickets = [ticket("A", respond_by="9:10"), last()]
    kept = ["ann 8:40-14:00", "  A 9:10 9:10-10:10", "  Z 10:40 12:00-13:00 waits 80 min", "travel 120, paid_time 320"]
    assert told(checked(problem(tickets, weights=PAID | {"lateness": 0.01}), ("ann", "A Z"))) == kept
    broken = ["ann 10:00-14:00", "  A 10:30 10:30-11:30 late 80 min", "  Z 12:00 12:00-13:00", "travel 120, paid_time 240"]
    assert told(checked(problem(tickets, weights=PAID), ("ann", "A Z"))) == broken


def test_a_promise_already_broken_is_not_broken_by_more() -> None:
    case = problem([ticket("A", respond_by="8:20"), last()], weights=PAID | {"lateness": 0.01})
    assert told(checked(case, ("ann", "A Z")))[:2] == ["ann 8:00-14:00", "  A 8:30 8:30-9:30 late 10 min"]


def test_a_start_people_were_told_is_kept_within_15_minutes_where_change_has_a_price() -> None:
    previous = (visit("A", "ann", "8:40"),)
    kept = problem([ticket("A"), last()], previous=previous, weights=PAID | {"change": 1})
    free = problem([ticket("A"), last()], previous=previous, weights=PAID)
    already = problem([ticket("A"), last()], previous=(visit("A", "ann", "8:14"),), weights=PAID | {"change": 1})
    assert told(checked(kept, ("ann", "A Z")))[:2] == ["ann 8:25-14:00", "  A 8:55 8:55-9:55"]
    assert told(checked(free, ("ann", "A Z")))[:2] == ["ann 10:00-14:00", "  A 10:30 10:30-11:30"]
    assert told(checked(already, ("ann", "A Z")))[:2] == ["ann 10:00-14:00", "  A 10:30 10:30-11:30"]


def test_a_break_on_the_first_way_still_begins_by_its_latest() -> None:
    tea = engineer("ann", shift(breaks=[("8:00", "8:20", 15)]))
    case = problem([ticket("A", windows=[("10:00", "15:00")])], [tea])
    # The walk rests at 8:00, arrives at 8:45 and waits; put off, it leaves and rests at 8:20.
    assert told(checked(case, ("ann", "A"))) == ["ann 8:20-11:30", "  break 8:20-8:35", "  A 9:05 10:00-11:00 waits 55 min", "travel 60"]


def test_a_service_before_a_break_still_ends_by_its_latest() -> None:
    tea = engineer("ann", shift(breaks=[("9:25", "9:40", 15)]))
    case = problem([ticket("A"), last()], [tea], weights=PAID)
    expected = ["ann 8:10-14:00", "  A 8:40 8:40-9:40", "  break 9:40-9:55", "  Z 10:25 12:00-13:00 waits 95 min"]
    assert told(checked(case, ("ann", "A Z"))) == [*expected, "travel 120, paid_time 350"]


def test_a_service_before_a_break_still_begins_before_it_is_due() -> None:
    tea = engineer("ann", shift(breaks=[("8:50", "11:00", 15)]))
    case = problem([ticket("A"), last()], [tea], weights=PAID)
    # At 8:50 the break would go first; one second earlier it does not.
    expected = ["ann 8:19:59-14:00", "  A 8:49:59 8:49:59-9:49:59", "  break 9:49:59-10:04:59"]
    assert told(checked(case, ("ann", "A Z")))[:3] == expected


def test_a_departure_with_history_is_history() -> None:
    done = ticket("A", actual=("8:30", "9:30"), pin=pin("ann"), status="done")
    case = problem([done, last()], now="9:30", weights=PAID)
    expected = ["ann 8:00-14:00", "  A 8:30 8:30-9:30", "  Z 10:00 12:00-13:00 waits 120 min", "travel 120, paid_time 360"]
    assert told(checked(case, ("ann", "A Z"))) == expected


def test_the_solver_leaves_when_it_is_sensible() -> None:
    tickets = [ticket("A", windows=[("8:00", "9:10")]), last()]
    expected = ["ann 8:40-14:00", "  A 9:10 9:10-10:10", "  Z 10:40 12:00-13:00 waits 80 min", "travel 120, paid_time 320"]
    assert told(solve(problem(tickets, weights=PAID))) == expected
    tea = engineer("ann", shift(breaks=[("9:25", "9:40", 15)]))
    expected = [
        "ann 8:10-14:00",
        "  A 8:40 8:40-9:40",
        "  break 9:40-9:55",
        "  Z 10:25 12:00-13:00 waits 95 min",
        "travel 120, paid_time 350",
    ]
    assert told(solve(problem([ticket("A", windows=[("8:00", "11:00")]), last()], [tea], weights=PAID))) == expected
