from dispatch.model import Customer
from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

ENGINEERS = [engineer("ann"), engineer("bea", shift(home=2))]
CUSTOMERS = (Customer("acme", "vip", "bea"), Customer("zeta"))
CASE = problem([ticket("A", place=0, customer="acme")], ENGINEERS, customers=CUSTOMERS)


def test_the_dedicated_engineer_does_it() -> None:
    assert told(checked(CASE, ("bea", "A"))) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]


def test_anybody_else_breaks_the_rule() -> None:
    verdict = checked(CASE, ("ann", "A"))
    assert told(verdict) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "no cost", "dedicated_engineer 1: ann A"]
    assert verdict.violations[0].message == "Customer acme of ticket A is served by bea only."


def test_the_tickets_own_choice_comes_before_the_customers() -> None:
    case = problem([ticket("A", place=0, customer="acme", must=["ann"])], ENGINEERS, customers=CUSTOMERS)
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "no cost"]


def test_the_solver_keeps_the_customer_with_the_dedicated_engineer_and_others_with_the_nearest() -> None:
    tickets = [ticket("A", place=0, customer="acme"), ticket("B", place=0, customer="zeta", windows=[("8:00", "8:00")])]
    expected = ["ann 8:00-9:00", "  B 8:00 8:00-9:00", "bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
    assert told(solve(problem(tickets, ENGINEERS, customers=CUSTOMERS))) == expected
