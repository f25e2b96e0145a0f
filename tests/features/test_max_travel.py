from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

ANN = engineer("ann", shift(max_travel=60))
CASE = problem([ticket("A"), ticket("B", place=2, unassigned_cost=5000)], [ANN])


def test_as_much_travel_as_allowed_is_fine() -> None:
    expected = ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "unassigned B", "travel 60, unassigned 5000"]
    assert told(checked(CASE, ("ann", "A"))) == expected


def test_the_size_is_the_seconds_of_travel_too_many_the_return_included() -> None:
    expected = ["ann 8:00-12:00", "  A 8:30 8:30-9:30", "  B 10:00 10:00-11:00", "travel 120", "max_travel 3600: ann"]
    verdict = checked(CASE, ("ann", "A B"))
    assert told(verdict) == expected
    assert verdict.violations[0].message == "Engineer ann drives 60 min more than allowed."


def test_the_solver_leaves_out_what_is_too_far() -> None:
    assert told(solve(CASE)) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "unassigned B", "travel 60, unassigned 5000"]
