from tests.build import checked, problem, ticket, told
from tests.helpers import solve

TWICE = [("9:00", "10:00"), ("13:00", "14:00")]


def test_service_waits_for_the_window_to_open() -> None:
    case = problem([ticket("A", windows=TWICE), ticket("B", service=30)])
    expected = ["ann 8:00-10:30", "  B 8:30 8:30-9:00", "  A 9:00 9:00-10:00", "travel 60"]
    assert told(checked(case, ("ann", "B A"))) == expected


def test_service_may_begin_at_the_very_end_of_a_window() -> None:
    case = problem([ticket("B", service=90), ticket("A", windows=TWICE)])
    expected = ["ann 8:00-11:30", "  B 8:30 8:30-10:00", "  A 10:00 10:00-11:00", "travel 60"]
    assert told(checked(case, ("ann", "B A"))) == expected


def test_a_window_missed_leaves_the_next_one() -> None:
    case = problem([ticket("B", service=91), ticket("A", windows=TWICE)])
    expected = ["ann 8:00-14:30", "  B 8:30 8:30-10:01", "  A 10:01 13:00-14:00 waits 179 min", "travel 60"]
    assert told(checked(case, ("ann", "B A"))) == expected


def test_after_the_last_window_service_begins_on_arrival_and_the_size_is_the_seconds_past_it() -> None:
    case = problem([ticket("B", service=350), ticket("A", windows=TWICE)])
    expected = ["ann 8:00-15:50", "  B 8:30 8:30-14:20", "  A 14:20 14:20-15:20", "travel 60", "windows 1200: ann A"]
    verdict = checked(case, ("ann", "B A"))
    assert told(verdict) == expected
    assert verdict.violations[0].message == "Service of ticket A begins 20 min after its last window closed."


def test_the_solver_does_the_narrow_one_first_and_waits_for_the_second_window_of_the_other() -> None:
    case = problem([ticket("A", windows=TWICE), ticket("B", place=2, service=180, windows=[("9:00", "9:00")])])
    expected = ["ann 8:00-14:30", "  B 9:00 9:00-12:00", "  A 12:30 13:00-14:00 waits 30 min", "travel 120"]
    assert told(solve(case)) == expected
