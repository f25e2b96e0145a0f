from dispatch.model import Problem
from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

ANN = engineer("ann", shift(end="16:00", overtime_until="18:00"))
BEA = engineer("bea", shift(home=2, end="18:00"))
WEIGHTS = {"overtime": 2.0}


def test_each_minute_of_the_return_past_the_end_of_the_shift_costs() -> None:
    case = problem([ticket("A", service=8 * 60)], [ANN], weights=WEIGHTS)
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-17:00 overtime 60 min", "  A 8:30 8:30-16:30", "travel 60, overtime 120"]


def test_a_return_at_the_end_of_the_shift_is_no_overtime() -> None:
    case = problem([ticket("A", service=7 * 60)], [ANN], weights=WEIGHTS)
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-16:00", "  A 8:30 8:30-15:30", "travel 60"]


def test_the_solver_drives_further_rather_than_work_overtime_as_long_as_that_is_cheaper() -> None:
    def case(service: int) -> Problem:
        return problem([ticket("A", 0, service)], [ANN, BEA], weights=WEIGHTS)

    # Bea's way is 120 min longer: as dear as an hour of Ann's overtime.
    assert told(solve(case(539))) == ["ann 8:00-16:59 overtime 59 min", "  A 8:00 8:00-16:59", "overtime 118"]
    assert told(solve(case(8 * 60))) == ["ann 8:00-16:00", "  A 8:00 8:00-16:00", "no cost"]
    dearer = problem([ticket("A", 0, 480, windows=[("9:00", "9:00")])], [ANN, BEA], weights={"overtime": 2.1})
    assert told(solve(dearer)) == ["bea 8:00-18:00", "  A 9:00 9:00-17:00", "travel 120"]
