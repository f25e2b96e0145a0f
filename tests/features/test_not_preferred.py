from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

ENGINEERS = [engineer("ann"), engineer("bea", shift(home=2)), engineer("cyd", shift(home=2))]
TICKETS = [ticket("A", place=0, prefer=["bea", "cyd"])]


def test_a_stop_by_somebody_else_costs_once_and_one_by_a_preferred_engineer_nothing() -> None:
    case = problem(TICKETS, ENGINEERS, weights={"not_preferred": 15})
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "not_preferred 15"]
    assert told(checked(case, ("cyd", "A"))) == ["cyd 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]


def test_a_ticket_without_a_preference_costs_nothing() -> None:
    case = problem([ticket("A", place=0)], ENGINEERS, weights={"not_preferred": 15})
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "no cost"]


def test_the_solver_sends_the_preferred_engineer_as_long_as_the_way_is_worth_it() -> None:
    cheap = problem(TICKETS, ENGINEERS[:2], weights={"not_preferred": 119})
    dear = problem(TICKETS, ENGINEERS[:2], weights={"not_preferred": 121})
    assert told(solve(cheap)) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "not_preferred 119"]
    assert told(solve(dear)) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
