from tests.build import checked, problem, ticket, told
from tests.helpers import solve

WEIGHTS = {"response": {1: 0.5, 2: 0.25, 3: 0, 4: 0, 5: 0}}


def test_each_minute_until_service_begins_costs_by_priority() -> None:
    case = problem([ticket("A", priority=1), ticket("B", priority=2), ticket("C")], now="7:00", weights=WEIGHTS)
    # From now, 7:00: A 90 min at 0.5, B 150 min at 0.25, C free.
    expected = ["ann 8:00-12:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "  C 10:30 10:30-11:30", "travel 60, response 82.5"]
    assert told(checked(case, ("ann", "A B C"))) == expected


def test_minutes_that_have_gone_cannot_be_bought_back() -> None:
    case = problem([ticket("A", priority=1, opened_at="5:00")], now="8:00", weights=WEIGHTS)
    assert told(checked(case, ("ann", "A")))[-1] == "travel 60, response 15"


def test_a_ticket_opened_later_counts_from_then_and_not_at_all_before() -> None:
    later = problem([ticket("A", priority=1, opened_at="8:10")], now="8:00", weights=WEIGHTS)
    earlier = problem([ticket("A", priority=1, opened_at="8:40")], now="8:00", weights=WEIGHTS)
    assert told(checked(later, ("ann", "A")))[-1] == "travel 60, response 10"
    assert told(checked(earlier, ("ann", "A")))[-1] == "travel 60"


def test_the_solver_serves_the_urgent_one_first() -> None:
    tickets = [ticket("B", priority=2), ticket("A", priority=1)]
    # A 30 min at 0.5 and B 90 min at 0.25 are 37.5; the other way round 52.5.
    expected = ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "travel 60, response 37.5"]
    assert told(solve(problem(tickets, now="8:00", weights=WEIGHTS))) == expected
