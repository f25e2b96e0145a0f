from dataclasses import replace

from dispatch.model import EngineerSkill
from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

JUNIOR = engineer("ann", skills={"pump": 1})
SENIOR = engineer("bea", shift(home=2), skills={"pump": 3})


def test_an_engineer_at_the_tier_asked_for_or_above_is_able() -> None:
    at_tier = problem([ticket("A", skills={"pump": 3})], [JUNIOR, SENIOR])
    below = problem([ticket("A", skills={"pump": 2})], [JUNIOR, SENIOR])
    expected = ["bea 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60"]
    assert told(checked(at_tier, ("bea", "A"))) == expected
    assert told(checked(below, ("bea", "A"))) == expected


def test_the_size_is_the_number_of_tiers_missing_over_all_skills() -> None:
    case = problem([ticket("A", skills={"pump": 3, "valve": 2})], [JUNIOR, SENIOR])
    expected = ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60", "skills 4: ann A"]
    verdict = checked(case, ("ann", "A"))
    assert told(verdict) == expected
    assert verdict.violations[0].message == "Ticket A asks engineer ann for pump at tier 3 (has 1), valve at tier 2 (has none)."


def test_the_best_of_two_entries_for_one_skill_counts() -> None:
    both = replace(JUNIOR, skills=(EngineerSkill("pump", 2), *JUNIOR.skills))
    assert checked(problem([ticket("A", skills={"pump": 2})], [both]), ("ann", "A")).violations == ()


def test_the_solver_sends_the_able_engineer_though_the_other_lives_next_door() -> None:
    case = problem([ticket("A", place=0, skills={"pump": 2})], [JUNIOR, SENIOR])
    assert told(solve(case)) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]


def test_the_solver_leaves_out_what_nobody_can_do() -> None:
    case = problem([ticket("A", skills={"pump": 4})], [JUNIOR, SENIOR])
    assert told(solve(case)) == ["unassigned A", "unassigned 1000"]
