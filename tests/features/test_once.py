from tests.build import checked, engineer, problem, ticket, told

CASE = problem([ticket("A"), ticket("B")], [engineer("ann"), engineer("bea")])


def test_a_ticket_placed_twice_is_timed_both_times() -> None:
    expected = [
        "ann 8:00-11:00",
        "  A 8:30 8:30-9:30",
        "  A 9:30 9:30-10:30",
        "bea 8:00-10:00",
        "  A 8:30 8:30-9:30",
        "unassigned B",
        "travel 120, unassigned 1000",
        "once 1: ann A",
        "once 1: bea A",
    ]
    assert told(checked(CASE, ("ann", "A A"), ("bea", "A"))) == expected


def test_a_ticket_in_a_route_is_not_unassigned_as_well() -> None:
    expected = ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30", "travel 60", "once 1: B"]
    assert told(checked(CASE, ("ann", "A B"), unassigned="B")) == expected


def test_a_ticket_is_listed_as_unassigned_once() -> None:
    expected = ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "unassigned B", "travel 60, unassigned 1000", "once 1: B"]
    assert told(checked(CASE, ("ann", "A"), unassigned="B B")) == expected


def test_a_ticket_the_plan_forgot_is_unassigned_and_no_violation() -> None:
    assert told(checked(CASE, unassigned="B")) == ["unassigned B A", "unassigned 2000"]
