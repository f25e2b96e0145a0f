import pytest

from dispatch.model import Customer, ServiceLevel
from tests.build import at, checked, problem, ticket, told
from tests.helpers import solve

WEIGHTS = {"lateness": {1: 4, 2: 2, 3: 1, 4: 0.5, 5: 0.25}}


@pytest.mark.parametrize(("priority", "minutes"), [(1, 40), (2, 20), (3, 10), (4, 5), (5, 2.5)])
def test_each_minute_past_respond_by_costs_by_priority(priority: int, minutes: float) -> None:
    case = problem([ticket("A", respond_by="8:20", priority=priority)], weights=WEIGHTS)
    verdict = checked(case, ("ann", "A"))
    assert told(verdict) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30 late 10 min", f"travel 60, lateness {minutes:g}"]
    assert verdict.plan.routes[0].stops[0].cost == (30 + minutes) * 60_000


def test_service_at_respond_by_is_not_late() -> None:
    case = problem([ticket("A", respond_by="8:30")], weights=WEIGHTS)
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60"]


def test_the_service_level_gives_the_promise_and_multiplies_its_price() -> None:
    case = problem(
        [ticket("A", customer="acme", kind="emergency", opened_at="7:00")],
        weights=WEIGHTS,
        customers=(Customer("acme", "vip"),),
        service_levels=(ServiceLevel(3600, "emergency", "vip", 2.5), ServiceLevel(7200, None, None)),
    )
    # 30 min past 8:00 at 1 x 2.5.
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30 late 30 min", "travel 60, lateness 75"]


def test_lateness_without_a_price_is_told_all_the_same() -> None:
    verdict = checked(problem([ticket("A", respond_by="8:20")]), ("ann", "A"))
    assert told(verdict) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30 late 10 min", "travel 60"]
    assert verdict.plan.routes[0].stops[0].lateness == at("8:30") - at("8:20")


def test_the_solver_keeps_the_dearer_promise() -> None:
    # B, an hour of priority 3, waits for A, an hour of priority 2.
    tickets = [ticket("B", respond_by="8:30"), ticket("A", respond_by="8:30", priority=2)]
    expected = ["ann 8:00-11:00", "  A 8:30 8:30-9:30", "  B 9:30 9:30-10:30 late 60 min", "travel 60, lateness 60"]
    assert told(solve(problem(tickets, weights=WEIGHTS))) == expected


def test_the_solver_drives_past_one_ticket_to_keep_the_promise_of_another() -> None:
    tickets = [ticket("A"), ticket("B", place=2, respond_by="9:00")]
    expected = ["ann 8:00-12:00", "  B 9:00 9:00-10:00", "  A 10:30 10:30-11:30", "travel 120"]
    assert told(solve(problem(tickets, weights=WEIGHTS))) == expected
