from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

CASE = problem([ticket("A", place=0, never=["ann"])], [engineer("ann"), engineer("bea", shift(home=2))])


def test_anybody_not_named_may_do_it() -> None:
    assert told(checked(CASE, ("bea", "A"))) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]


def test_a_named_engineer_breaks_the_rule() -> None:
    verdict = checked(CASE, ("ann", "A"))
    assert told(verdict) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "no cost", "never_engineer 1: ann A"]
    assert verdict.violations[0].message == "Ticket A must never be done by ann."


def test_the_solver_sends_somebody_else() -> None:
    assert told(solve(CASE)) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
