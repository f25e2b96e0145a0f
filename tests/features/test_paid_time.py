from tests.build import checked, engineer, problem, ticket, told
from tests.helpers import solve


def test_the_minutes_between_departure_and_return_cost_the_policys_and_the_engineers_rate() -> None:
    case = problem([ticket("A")], [engineer("ann", cost_per_hour=60)], weights={"paid_time": 0.5})
    # 120 min at 0.5 + 1 a minute.
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, paid_time 180"]


def test_waiting_and_breaks_are_paid() -> None:
    case = problem([ticket("A"), ticket("B", windows=[("11:00", "11:00")])], weights={"paid_time": 1, "response": 2})
    # Leaving later would save a minute's pay and cost two minutes of response.
    expected = ["ann 8:00-12:30", "  A 8:30 8:30-9:30", "  B 9:30 11:00-12:00 waits 90 min", "travel 60, paid_time 270, response 2340"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_the_solver_prefers_the_engineer_who_costs_less_an_hour() -> None:
    case = problem([ticket("A")], [engineer("ann", cost_per_hour=30), engineer("bea", cost_per_hour=15)])
    assert told(solve(case)) == ["bea 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, paid_time 30"]


def test_the_solver_puts_work_where_waiting_would_be_paid() -> None:
    # Between A and C there is an hour to spare; B after C would add an hour to the day.
    tickets = [ticket("A", windows=[("8:30", "8:30")]), ticket("B"), ticket("C", windows=[("10:30", "10:30")])]
    expected = ["ann 8:00-12:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "  C 10:30 10:30-11:30", "travel 60, paid_time 240"]
    assert told(solve(problem(tickets, weights={"paid_time": 1}))) == expected
