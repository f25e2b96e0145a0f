from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve


def test_nobody_leaves_before_the_shift_starts() -> None:
    case = problem([ticket("A")], [engineer("ann", shift(start="9:15"))])
    assert told(checked(case, ("ann", "A"))) == ["ann 9:15-11:15", "  A 9:45 9:45-10:45", "travel 60"]


def test_a_route_ends_where_the_shift_ends() -> None:
    case = problem([ticket("A")], [engineer("ann", shift(home=0, back=2))])
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60"]


def test_without_start_and_end_place_the_route_is_what_lies_between_its_stops() -> None:
    case = problem([ticket("A"), ticket("B", place=2)], [engineer("ann", shift(home=None))])
    expected = ["ann 8:00-10:30", "  A 8:00 8:00-9:00", "  B 9:30 9:30-10:30", "travel 30"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_service_takes_the_engineers_own_time() -> None:
    case = problem([ticket("A", service=45)], [engineer("ann", service_factor=1.3)])
    # 45 min x 1.3 = 58.5 min
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-9:58:30", "  A 8:30 8:30-9:28:30", "travel 60"]


def test_a_shift_that_is_over_takes_no_more_work() -> None:
    case = problem([ticket("A")], [engineer("ann", shift(overtime_until="17:00"))], now="17:10")
    expected = ["ann 17:10-19:10 overtime 190 min", "  A 17:40 17:40-18:40", "travel 60", "shift 600: ann", "overtime_limit 7800: ann"]
    assert told(checked(case, ("ann", "A"))) == expected


def test_the_shift_is_not_over_at_its_last_second() -> None:
    case = problem([ticket("A", place=0, service=0)], now="16:00")
    assert told(checked(case, ("ann", "A"))) == ["ann 16:00-16:00", "  A 16:00 16:00-16:00", "no cost"]


def test_the_solver_takes_the_shift_of_the_next_day_when_this_one_is_over() -> None:
    two_days = engineer("ann", shift("monday"), shift("tuesday", "32:00", "40:00"))
    case = problem([ticket("A")], [two_days], now="16:30")
    assert told(solve(case)) == ["ann/tuesday 32:00-34:00", "  A 32:30 32:30-33:30", "travel 60"]
