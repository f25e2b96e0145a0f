from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

METRES = [[0, 3333, 20_000], [5000, 0, 0], [20_000, 0, 0]]


def test_each_leg_costs_its_length_at_the_policys_and_the_engineers_rate() -> None:
    case = problem([ticket("A")], [engineer("ann", cost_per_km=0.25)], metres=METRES, weights={"distance": 0.5})
    verdict = checked(case, ("ann", "A"))
    # 0.75 min a km is 45,000 ms: there 3,333 m = 149,985 ms, back 5,000 m = 225,000 ms.
    assert told(verdict) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, distance 6.24975"]
    assert verdict.plan.routes[0].distance_m == 8333
    assert verdict.plan.routes[0].stops[0].cost == 30 * 60_000 + 149_985


def test_each_leg_is_rounded_down_on_its_own() -> None:
    case = problem([ticket("A")], metres=[[0, 1, 0], [1, 0, 0], [0, 0, 0]], weights={"distance": 0.0249})
    # 1 m at 1,494 ms a km is 1.494 ms, twice: 2, not 2.988.
    assert checked(case, ("ann", "A")).cost.by_rule["distance"] == 2


def test_the_solver_sends_the_engineer_with_the_shorter_way() -> None:
    # Bea drives as long as Ann, but 10 km in place of 40.
    metres = [[0, 20_000, 0], [20_000, 0, 5000], [0, 5000, 0]]
    case = problem([ticket("A")], [engineer("ann"), engineer("bea", shift(home=2))], metres=metres, weights={"distance": 0.5})
    assert told(solve(case)) == ["bea 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, distance 5"]


def test_the_solver_counts_what_the_engineer_charges() -> None:
    metres = [[0, 10_000, 0], [10_000, 0, 10_000], [0, 10_000, 0]]
    engineers = [engineer("ann", cost_per_km=1), engineer("bea", shift(home=2), cost_per_km=0.5)]
    case = problem([ticket("A")], engineers, metres=metres)
    assert told(solve(case)) == ["bea 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, distance 10"]
