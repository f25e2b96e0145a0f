import pytest

from tests.build import checked, problem, ticket, told
from tests.helpers import solve

WEIGHTS = {"unassigned": {1: 960, 2: 480, 3: 240, 4: 100, 5: 60}}


@pytest.mark.parametrize(("priority", "minutes"), [(1, 960), (2, 480), (3, 240), (4, 100), (5, 60)])
def test_a_ticket_left_out_costs_by_priority(priority: int, minutes: int) -> None:
    verdict = checked(problem([ticket("A", priority=priority)], weights=WEIGHTS))
    assert told(verdict) == ["unassigned A", f"unassigned {minutes}"]
    assert verdict.plan.unassigned[0].cost == minutes * 60_000


def test_its_own_price_comes_before_the_policys() -> None:
    case = problem([ticket("A", unassigned_cost=12.5), ticket("B", unassigned_cost=0)], weights=WEIGHTS)
    assert told(checked(case)) == ["unassigned A B", "unassigned 12.5"]


def test_the_solver_leaves_out_what_is_not_worth_the_way() -> None:
    # Place 2 is 120 min there and back: worth it for priority 3, not for 4.
    assert told(solve(problem([ticket("A", 2, priority=3)], weights=WEIGHTS))) == ["ann 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
    assert told(solve(problem([ticket("A", 2, priority=4)], weights=WEIGHTS))) == ["unassigned A", "unassigned 100"]
