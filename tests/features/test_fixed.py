from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

TICKETS = [ticket("A", place=0, windows=[("8:00", "8:00")]), ticket("B", place=1, windows=[("9:30", "9:30")])]
ENGINEERS = [engineer("ann"), engineer("bea", shift(home=1))]
APART = ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "bea 9:30-10:30", "  B 9:30 9:30-10:30"]
TOGETHER = ["ann 8:00-11:00", "  A 8:00 8:00-9:00", "  B 9:30 9:30-10:30"]


def test_every_shift_with_a_stop_costs_once() -> None:
    case = problem(TICKETS, ENGINEERS, weights={"fixed": 50})
    assert told(checked(case, ("ann", "A"), ("bea", "B"))) == [*APART, "fixed 100"]
    assert told(checked(case, ("ann", "A B"), ("bea", ""))) == [*TOGETHER, "travel 60, fixed 50"]


def test_the_solver_uses_a_second_engineer_only_where_that_saves_more_than_it_costs() -> None:
    assert told(solve(problem(TICKETS, ENGINEERS, weights={"fixed": 50}))) == [*APART, "fixed 100"]
    assert told(solve(problem(TICKETS, ENGINEERS, weights={"fixed": 70}))) == [*TOGETHER, "travel 60, fixed 70"]
