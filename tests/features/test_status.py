from tests.build import checked, problem, ticket, told
from tests.helpers import solve


def test_a_dispatched_ticket_is_still_to_be_planned() -> None:
    case = problem([ticket("A", status="dispatched")], now="9:00")
    assert told(checked(case, ("ann", "A"))) == ["ann 9:00-11:00", "  A 9:30 9:30-10:30", "travel 60"]
    assert told(solve(case)) == ["ann 9:00-11:00", "  A 9:30 9:30-10:30", "travel 60"]


def test_a_cancelled_ticket_is_nowhere_and_costs_nothing() -> None:
    case = problem([ticket("A", status="cancelled", mandatory=True)])
    assert told(checked(case)) == ["no cost"]
    assert told(checked(case, unassigned="A")) == ["no cost", "once 1: A"]
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60", "once 1: ann A"]
    assert told(solve(case)) == ["no cost"]
