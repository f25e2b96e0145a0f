from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

ANN = engineer("ann", shift(end="16:00", overtime_until="17:00"))


def test_the_return_may_be_as_late_as_the_limit() -> None:
    case = problem([ticket("A", service=8 * 60)], [ANN])
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-17:00 overtime 60 min", "  A 8:30 8:30-16:30", "travel 60"]


def test_the_size_is_the_seconds_past_the_limit() -> None:
    case = problem([ticket("A", service=8 * 60 + 1)], [ANN])
    expected = ["ann 8:00-17:01 overtime 61 min", "  A 8:30 8:30-16:31", "travel 60", "overtime_limit 60: ann"]
    assert told(checked(case, ("ann", "A"))) == expected


def test_the_solver_leaves_out_what_would_pass_the_limit() -> None:
    tickets = [ticket("A", service=240, windows=[("8:30", "8:30")]), ticket("B", service=240), ticket("C", service=1, unassigned_cost=900)]
    expected = [
        "ann 8:00-17:00 overtime 60 min",
        "  A 8:30 8:30-12:30",
        "  B 12:30 12:30-16:30",
        "unassigned C",
        "travel 60, unassigned 900",
    ]
    assert told(solve(problem(tickets, [ANN]))) == expected
