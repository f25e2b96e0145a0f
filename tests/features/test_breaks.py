from dispatch.model import Engineer
from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve


def ann(*breaks: tuple[str, str, int], back: int | None = 0) -> Engineer:
    return engineer("ann", shift(breaks=breaks, back=back, overtime_until="17:00"))


def test_a_break_due_on_the_way_pauses_the_drive() -> None:
    case = problem([ticket("A")], [ann(("8:15", "8:45", 30))])
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:30", "  break 8:15-8:45", "  A 9:00 9:00-10:00", "travel 60"]


def test_a_break_already_due_is_taken_before_the_drive() -> None:
    case = problem([ticket("A"), ticket("B", place=2)], [ann(("9:00", "10:00", 15))])
    expected = ["ann 8:00-12:15", "  A 8:30 8:30-9:30", "  break 9:30-9:45", "  B 10:15 10:15-11:15", "travel 120"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_a_break_due_at_the_door_is_taken_while_waiting_and_is_no_waiting() -> None:
    case = problem([ticket("A"), ticket("B", place=2, windows=[("11:00", "11:00")])], [ann(("10:30", "11:00", 15))])
    expected = ["ann 8:00-13:00", "  A 8:30 8:30-9:30", "  break 10:30-10:45", "  B 10:00 11:00-12:00 waits 45 min", "travel 120"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_a_break_due_at_the_moment_of_arrival_comes_before_the_service() -> None:
    case = problem([ticket("A")], [ann(("8:30", "12:00", 30))])
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:30", "  break 8:30-9:00", "  A 8:30 9:00-10:00", "travel 60"]


def test_a_break_at_the_door_may_cost_the_window_and_leave_the_next_one() -> None:
    case = problem([ticket("A"), ticket("B", windows=[("9:00", "9:40"), ("11:00", "12:00")])], [ann(("9:30", "10:00", 15))])
    expected = ["ann 8:00-12:30", "  A 8:30 8:30-9:30", "  break 9:30-9:45", "  B 9:30 11:00-12:00 waits 75 min", "travel 60"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_a_service_that_would_run_past_the_latest_begin_waits_until_the_break_is_over() -> None:
    # B could be served 9:30-13:30, but the break must begin by 12:00: it is taken at 10:00, as soon as it may.
    case = problem([ticket("A"), ticket("B", service=240)], [ann(("10:00", "12:00", 30))])
    expected = ["ann 8:00-15:00", "  A 8:30 8:30-9:30", "  break 10:00-10:30", "  B 9:30 10:30-14:30 waits 30 min", "travel 60"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_a_service_that_ends_at_the_latest_begin_is_not_held_up() -> None:
    case = problem([ticket("A"), ticket("B", service=150)], [ann(("10:00", "12:00", 30))])
    expected = ["ann 8:00-13:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-12:00", "  break 12:00-12:30", "travel 60"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_a_break_is_left_out_when_the_engineer_is_home_by_its_latest_begin() -> None:
    in_time = problem([ticket("A")], [ann(("9:45", "10:00", 30))])
    too_late = problem([ticket("A", service=61)], [ann(("9:45", "10:00", 30))])
    assert told(checked(in_time, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60"]
    assert told(checked(too_late, ("ann", "A"))) == ["ann 8:00-10:31", "  A 8:30 8:30-9:31", "  break 9:45-10:15", "travel 60"]


def test_without_an_end_place_no_break_follows_the_last_service() -> None:
    case = problem([ticket("A")], [ann(("9:00", "9:30", 30), back=None)])
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-9:30", "  A 8:30 8:30-9:30", "travel 30"]


def test_a_break_whose_latest_begin_has_passed_was_had() -> None:
    lunch = ann(("12:00", "12:15", 30))
    had = problem([ticket("A")], [lunch], now="12:16")
    due = problem([ticket("A")], [lunch], now="12:15")
    assert told(checked(had, ("ann", "A"))) == ["ann 12:16-14:16", "  A 12:46 12:46-13:46", "travel 60"]
    assert told(checked(due, ("ann", "A"))) == ["ann 12:15-14:45", "  break 12:15-12:45", "  A 13:15 13:15-14:15", "travel 60"]


def test_two_breaks_on_one_drive_follow_each_other() -> None:
    case = problem([ticket("A")], [ann(("8:10", "8:20", 10), ("8:15", "8:40", 15))])
    expected = ["ann 8:00-10:25", "  break 8:10-8:20", "  break 8:20-8:35", "  A 8:55 8:55-9:55", "travel 60"]
    assert told(checked(case, ("ann", "A"))) == expected


def test_two_breaks_at_one_door_follow_each_other() -> None:
    case = problem([ticket("A"), ticket("B", windows=[("11:00", "12:00")])], [ann(("9:40", "10:00", 20), ("10:10", "10:30", 15))])
    expected = [
        "ann 8:00-12:30",
        "  A 8:30 8:30-9:30",
        "  break 9:40-10:00",
        "  break 10:10-10:25",
        "  B 9:30 11:00-12:00 waits 55 min",
        "travel 60",
    ]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_the_size_is_the_seconds_a_break_begins_too_late() -> None:
    case = problem([ticket("A")], [ann(("8:10", "8:20", 30), ("8:15", "8:30", 15))])
    expected = ["ann 8:00-10:45", "  break 8:10-8:40", "  break 8:40-8:55", "  A 9:15 9:15-10:15", "travel 60", "breaks 600: ann"]
    assert told(checked(case, ("ann", "A"))) == expected


def test_the_solver_plans_the_break_between_the_work() -> None:
    tickets = [ticket("A"), ticket("B", place=2, service=120, windows=[("9:00", "9:00")])]
    expected = ["ann 8:00-13:30", "  B 9:00 9:00-11:00", "  A 11:30 11:30-12:30", "  break 12:30-13:00", "travel 120"]
    assert told(solve(problem(tickets, [ann(("12:00", "12:30", 30))]))) == expected


def test_the_solver_finds_the_order_that_leaves_room_for_the_break() -> None:
    # B first would hold up A: 8:30-9:30, then A cannot end by 12:00, so the break goes first and A's window is missed.
    tickets = [ticket("A", service=180, windows=[("8:30", "9:45")]), ticket("B")]
    expected = ["ann 8:00-13:30", "  A 8:30 8:30-11:30", "  break 11:30-12:00", "  B 11:30 12:00-13:00", "travel 60"]
    assert told(solve(problem(tickets, [ann(("10:00", "12:00", 30))]))) == expected
