from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

# Minutes between home and three places; the ring 0 -> 1 -> 2 -> 3 -> 0 is short one way only.
ONE_WAY = [[0, 10, 40, 40], [40, 0, 10, 40], [40, 40, 0, 10], [10, 40, 40, 0]]
TICKETS = [ticket("C", 3, 30), ticket("A", 1, 30), ticket("B", 2, 30)]


def test_every_leg_costs_its_minutes_the_return_included() -> None:
    case = problem(TICKETS, minutes=ONE_WAY)
    against = ["ann 8:00-12:10", "  C 8:40 8:40-9:10", "  B 9:50 9:50-10:20", "  A 11:00 11:00-11:30", "travel 160"]
    verdict = checked(case, ("ann", "C B A"))
    assert told(verdict) == against
    assert [s.cost for s in verdict.plan.routes[0].stops] == [40 * 60_000] * 3


def test_without_an_end_place_there_is_no_return() -> None:
    case = problem(TICKETS[1:2], [engineer("ann", shift(back=None))], ONE_WAY)
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-8:40", "  A 8:10 8:10-8:40", "travel 10"]


def test_the_solver_drives_the_ring_the_short_way() -> None:
    expected = ["ann 8:00-10:10", "  A 8:10 8:10-8:40", "  B 8:50 8:50-9:20", "  C 9:30 9:30-10:00", "travel 40"]
    assert told(solve(problem(TICKETS, minutes=ONE_WAY))) == expected
