from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

NEAR, FAR, OTHER = engineer("ann"), engineer("bea", shift(home=2)), engineer("cyd", shift(home=2))
CASE = problem([ticket("A", place=0, must=["bea", "dan"])], [NEAR, FAR, OTHER])


def test_one_of_the_named_engineers_does_it() -> None:
    assert told(checked(CASE, ("bea", "A"))) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]


def test_anybody_else_breaks_the_rule() -> None:
    verdict = checked(CASE, ("ann", "A"))
    assert told(verdict) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "no cost", "must_engineer 1: ann A"]
    assert verdict.violations[0].message == "Ticket A must be done by bea or dan."


def test_the_solver_sends_the_named_engineer_however_far() -> None:
    assert told(solve(CASE)) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
