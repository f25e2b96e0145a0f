import pytest

from dispatch.model import Pin
from tests.build import checked, engineer, pin, problem, shift, ticket, told
from tests.helpers import solve

ANN, BEA = engineer("ann"), engineer("bea", shift("early"), shift("late", "17:00", "22:00"))


def test_a_pinned_start_is_waited_for_and_stands_in_place_of_the_windows() -> None:
    case = problem([ticket("A", windows=[("8:00", "9:00")], pin=pin(start="11:00"))])
    assert told(checked(case, ("ann", "A"))) == ["ann 10:30-12:30", "  A 11:00 11:00-12:00", "travel 60"]


def test_after_the_pinned_start_service_begins_on_arrival_and_the_size_is_the_seconds_past_it() -> None:
    case = problem([ticket("A", windows=[("8:00", "12:00")], pin=pin(start="8:20"))])
    verdict = checked(case, ("ann", "A"))
    assert told(verdict) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60", "pin 600: ann A"]
    assert verdict.violations[0].message == "Service of ticket A begins 10 min from its pinned start."


@pytest.mark.parametrize("pinned", [pin("bea"), pin("bea", "late"), pin(shift="late")])
def test_another_engineer_or_shift_than_the_pinned_one_breaks_the_rule(pinned: Pin) -> None:
    case = problem([ticket("A", pin=pinned)], [ANN, BEA])
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60", "pin 1: ann A"]
    assert told(checked(case, ("bea/late", "A"))) == ["bea/late 17:00-19:00", "  A 17:30 17:30-18:30", "travel 60"]


def test_a_pinned_ticket_is_not_left_out() -> None:
    case = problem([ticket("A", pin=pin("ann")), ticket("B", pin=pin())])
    assert told(checked(case, unassigned="A B")) == ["unassigned A B", "unassigned 2000", "pin 1: A"]


def test_the_solver_keeps_engineer_shift_and_start() -> None:
    case = problem([ticket("A", pin=pin("bea", "late", "18:00")), ticket("B", pin=pin(start="9:00"))], [ANN, BEA])
    expected = ["ann 8:30-10:30", "  B 9:00 9:00-10:00", "bea/late 17:30-19:30", "  A 18:00 18:00-19:00", "travel 120"]
    fixed = problem([case.tickets[0], ticket("B", must=["ann"], pin=pin(start="9:00"))], [ANN, BEA])
    assert told(solve(fixed)) == expected


def test_the_solver_serves_a_pinned_ticket_at_any_price() -> None:
    case = problem([ticket("A", place=2, pin=pin("ann"), unassigned_cost=0)])
    assert told(solve(case)) == ["ann 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
