from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

ANN = engineer("ann", shift(max_stops=1))
CASE = problem([ticket("A", unassigned_cost=300), ticket("B", unassigned_cost=200)], [ANN])


def test_as_many_stops_as_allowed_are_fine() -> None:
    expected = ["ann 8:00-10:00", "  B 8:30 8:30-9:30", "unassigned A", "travel 60, unassigned 300"]
    assert told(checked(CASE, ("ann", "B"))) == expected


def test_the_size_is_the_number_of_stops_too_many() -> None:
    expected = ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "travel 60", "max_stops 1: ann"]
    verdict = checked(CASE, ("ann", "A B"))
    assert told(verdict) == expected
    assert verdict.violations[0].message == "Engineer ann has 2 stops, 1 allowed."


def test_the_solver_takes_the_dearest_within_the_limit() -> None:
    assert told(solve(CASE)) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "unassigned B", "travel 60, unassigned 200"]
