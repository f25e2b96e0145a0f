from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

TICKETS = [ticket("A"), ticket("B")]


def test_each_stop_of_a_contractor_costs_the_weight_and_what_the_visit_costs() -> None:
    case = problem(TICKETS, [engineer("ann", contractor=True, cost_per_visit=12.5)], weights={"contractor": 20})
    verdict = checked(case, ("ann", "A B"))
    assert told(verdict) == ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "travel 60, contractor 65"]
    assert [s.cost for s in verdict.plan.routes[0].stops] == [(30 + 32.5) * 60_000, 32.5 * 60_000]


def test_what_a_visit_costs_counts_for_any_engineer() -> None:
    case = problem(TICKETS[:1], [engineer("ann", cost_per_visit=12.5)], weights={"contractor": 20})
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, contractor 12.5"]


def test_the_solver_calls_the_contractor_only_where_that_saves_more_than_it_costs() -> None:
    engineers = [engineer("ann"), engineer("bea", shift(home=2), contractor=True)]
    near_bea = [ticket("A", place=2)]
    assert told(solve(problem(near_bea, engineers, weights={"contractor": 119}))) == [
        "bea 8:00-9:00",
        "  A 8:00 8:00-9:00",
        "contractor 119",
    ]
    assert told(solve(problem(near_bea, engineers, weights={"contractor": 121}))) == ["ann 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
