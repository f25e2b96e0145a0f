from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

ANN = engineer("ann", shift(end="11:30"))
CASE = problem([ticket("A", place=2, mandatory=True, unassigned_cost=1), ticket("B", unassigned_cost=500)], [ANN])


def test_a_mandatory_ticket_left_out_breaks_the_rule() -> None:
    expected = ["ann 8:00-10:00", "  B 8:30 8:30-9:30", "unassigned A", "travel 60, unassigned 1", "mandatory 1: A"]
    verdict = checked(CASE, ("ann", "B"))
    assert told(verdict) == expected
    assert verdict.violations[0].message == "Ticket A is mandatory and left out."


def test_any_other_ticket_may_be_left_out_at_its_price() -> None:
    expected = ["ann 8:00-11:00", "  A 9:00 9:00-10:00", "unassigned B", "travel 120, unassigned 500"]
    assert told(checked(CASE, ("ann", "A"), unassigned="B")) == expected


def test_the_solver_serves_the_mandatory_one_though_the_other_costs_more() -> None:
    assert told(solve(CASE)) == ["ann 8:00-11:00", "  A 9:00 9:00-10:00", "unassigned B", "travel 120, unassigned 500"]
