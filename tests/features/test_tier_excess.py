from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

SENIOR, JUNIOR = engineer("ann", skills={"pump": 3, "valve": 2}), engineer("bea", shift(home=2), skills={"pump": 1})
WEIGHTS = {"tier_excess": 40.0}


def test_each_tier_above_the_one_asked_for_costs_over_all_skills() -> None:
    case = problem([ticket("A", skills={"pump": 1, "valve": 1})], [SENIOR], weights=WEIGHTS)
    verdict = checked(case, ("ann", "A"))
    assert told(verdict) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, tier_excess 120"]
    assert verdict.plan.routes[0].stops[0].cost == (30 + 120) * 60_000


def test_a_preferred_tier_stands_in_place_of_the_one_asked_for() -> None:
    case = problem([ticket("A", skills={"pump": 1, "valve": 1}, preferred={"pump": 3})], [SENIOR], weights=WEIGHTS)
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60, tier_excess 40"]


def test_a_tier_below_the_preferred_one_costs_nothing() -> None:
    case = problem([ticket("A", skills={"pump": 1}, preferred={"pump": 2})], [JUNIOR], weights=WEIGHTS)
    assert told(checked(case, ("bea", "A"))) == ["bea 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60"]


def test_the_solver_keeps_the_senior_free_as_long_as_the_way_is_worth_it() -> None:
    # The junior drives 120 min more; two tiers cost 80 at a weight of 40, 130 at a weight of 65.
    cheap = problem([ticket("A", 0, skills={"pump": 1})], [SENIOR, JUNIOR], weights=WEIGHTS)
    dear = problem([ticket("A", 0, skills={"pump": 1})], [SENIOR, JUNIOR], weights={"tier_excess": 65})
    assert told(solve(cheap)) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "tier_excess 80"]
    assert told(solve(dear)) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
