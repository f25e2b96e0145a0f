from tests.build import checked, engineer, pin, problem, shift, ticket, told
from tests.helpers import solve

ENGINEERS = [engineer("ann", shift(overtime_until="20:00")), engineer("bea", shift(overtime_until="20:00"))]


def test_a_day_costs_the_square_of_its_hours_of_travel_and_service() -> None:
    eight, nine = (problem([ticket("A", service=60 * (hours - 1))], ENGINEERS, weights={"workload": 0.5}) for hours in (8, 9))
    assert told(checked(eight, ("ann", "A"))) == ["ann 8:00-16:00", "  A 8:30 8:30-15:30", "travel 60, workload 32"]
    assert told(checked(nine, ("ann", "A"))) == ["ann 8:00-17:00 overtime 60 min", "  A 8:30 8:30-16:30", "travel 60, workload 40.5"]


def test_waiting_is_no_workload_and_the_engineers_own_service_time_is() -> None:
    fast = engineer("ann", service_factor=0.5)
    case = problem([ticket("A"), ticket("B", windows=[("14:00", "14:00")])], [fast], weights={"workload": 1})
    # 60 min of travel and twice 30 of service: 2 h.
    expected = ["ann 8:00-15:00", "  A 8:30 8:30-9:00", "  B 9:00 14:00-14:30 waits 300 min", "travel 60, workload 4"]
    assert told(checked(case, ("ann", "A B"))) == expected


def test_history_counts_with_the_time_it_really_took() -> None:
    done = ticket("A", actual=("8:30", "10:30"), pin=pin("ann", "day"), status="done")
    case = problem([done, ticket("B")], ENGINEERS[:1], now="10:30", weights={"workload": 1})
    # 60 min of travel, 120 and 60 of service: 4 h.
    assert told(checked(case, ("ann", "A B")))[-1] == "travel 60, workload 16"


def test_the_solver_shares_the_work_as_long_as_that_is_worth_the_way() -> None:
    tickets = [ticket("A", service=180, windows=[("8:30", "8:30")]), ticket("B", service=180, must=["ann"])]
    alone = ["ann 8:00-15:00", "  A 8:30 8:30-11:30", "  B 11:30 11:30-14:30"]
    shared = ["ann 8:00-12:00", "  B 8:30 8:30-11:30", "bea 8:00-12:00", "  A 8:30 8:30-11:30"]
    # One day of 7 h costs 49, two of 4 h cost 32: at a weight of 3 that is less than an hour's drive, at 4 it is more.
    assert told(solve(problem(tickets, ENGINEERS, weights={"workload": 3}))) == [*alone, "travel 60, workload 147"]
    assert told(solve(problem(tickets, ENGINEERS, weights={"workload": 4}))) == [*shared, "travel 120, workload 128"]
