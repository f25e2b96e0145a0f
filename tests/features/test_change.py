import pytest

from tests.build import checked, engineer, problem, shift, ticket, told, visit
from tests.helpers import solve

ENGINEERS = [engineer("ann"), engineer("bea", shift(home=2))]


@pytest.mark.parametrize(("start", "cost"), [("8:15", 0), ("8:45", 0), ("8:14:59", 10), ("8:45:01", 10), ("9:30", 10)])
def test_a_start_more_than_15_minutes_from_the_one_before_costs_once(start: str, cost: int) -> None:
    case = problem([ticket("A")], previous=(visit("A", "ann", start),), weights={"change": 10})
    expected = f"travel 60, change {cost}" if cost else "travel 60"
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", expected]


def test_another_engineer_costs_once_whatever_the_time() -> None:
    for start in ("8:30", "12:00"):
        case = problem([ticket("A")], ENGINEERS, previous=(visit("A", "bea", start),), weights={"change": 10})
        assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, change 10"]


def test_a_new_ticket_and_one_left_out_pay_no_change() -> None:
    case = problem([ticket("A"), ticket("B")], previous=(visit("B", "ann", "8:30"),), weights={"change": 10})
    expected = ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "unassigned B", "travel 60, unassigned 1000"]
    assert told(checked(case, ("ann", "A"))) == expected


def test_the_solver_keeps_what_people_were_told_as_long_as_that_is_worth_it() -> None:
    tickets, told_before = [ticket("A", place=0)], (visit("A", "bea", "9:00"),)
    cheap = problem(tickets, ENGINEERS, previous=told_before, weights={"change": 119})
    dear = problem(tickets, ENGINEERS, previous=told_before, weights={"change": 121})
    assert told(solve(cheap)) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "change 119"]
    assert told(solve(dear)) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]


def test_the_solver_keeps_the_order_people_were_told() -> None:
    # Only the order B, A starts both when it was said.
    tickets = [ticket("A"), ticket("B")]
    case = problem(tickets, previous=(visit("A", "ann", "9:40"), visit("B", "ann", "8:20")), weights={"change": 1})
    assert told(solve(case)) == ["ann 8:00-11:00", "  B 8:30 8:30-9:30", "  A 9:30 9:30-10:30", "travel 60"]
