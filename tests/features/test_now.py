from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve


def test_nobody_leaves_before_now() -> None:
    case = problem([ticket("A")], now="9:10")
    assert told(checked(case, ("ann", "A"))) == ["ann 9:10-11:10", "  A 9:40 9:40-10:40", "travel 60"]


def test_now_before_the_shift_changes_nothing() -> None:
    case = problem([ticket("A")], now="7:59")
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60"]


def test_a_window_that_closed_before_now_is_missed() -> None:
    case = problem([ticket("A", windows=[("8:00", "9:30")])], now="9:10")
    expected = ["ann 9:10-11:10", "  A 9:40 9:40-10:40", "travel 60", "windows 600: ann A"]
    assert told(checked(case, ("ann", "A"))) == expected
    assert told(solve(case)) == ["unassigned A", "unassigned 1000"]


def test_the_solver_plans_from_now_on() -> None:
    # At 9:10 Ann can no longer reach A by 9:30, Bea, who lives there, can.
    case = problem(
        [ticket("A", windows=[("8:00", "9:30")]), ticket("B", place=0)], [engineer("ann"), engineer("bea", shift(home=1))], now="9:10"
    )
    expected = ["ann 9:10-10:10", "  B 9:10 9:10-10:10", "bea 9:10-10:10", "  A 9:10 9:10-10:10", "no cost"]
    assert told(solve(case)) == expected
