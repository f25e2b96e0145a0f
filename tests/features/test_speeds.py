from dataclasses import replace
from typing import Any

import pytest

from dispatch.check import verify
from dispatch.model import Problem, Region, Speed
from dispatch.travel import matrix
from tests.build import checked, engineer, pin, plan, problem, shift, ticket, told
from tests.helpers import solve

HALF_PAST = 1800
RUSH = Speed(0.5, from_=8 * 3600, to=8 * 3600 + HALF_PAST)
"""Half speed from 8:00 to 8:30: of a leg of half an hour, half is driven by then."""
REGIONS = (Region("hq"), Region("north", "hq"), Region("site", "north"))
SLOW = ["ann 8:00-10:15", "  A 8:45 8:45-9:45", "travel 75"]
NORMAL = ["ann 8:00-10:00", "  A 8:30 8:30-9:30", "travel 60"]


def at_speeds(case: Problem, *speeds: Speed) -> Problem:
    return replace(case, travel=replace(case.travel, speeds=speeds))


def a_leg(*speeds: Speed, **fields: Any) -> list[str]:
    """Return half an hour out from 8:00, an hour of work, and half an hour back."""
    return told(checked(replace(at_speeds(problem([ticket("A")], regions=REGIONS), *speeds), **fields), ("ann", "A")))


def test_a_leg_takes_as_long_as_it_takes_at_the_hour_it_is_driven() -> None:
    assert a_leg(RUSH) == SLOW
    assert a_leg() == NORMAL
    assert a_leg(Speed(2.0)) == ["ann 8:00-9:30", "  A 8:15 8:15-9:15", "travel 30"]
    assert told(solve(at_speeds(problem([ticket("A")]), RUSH))) == SLOW


def test_a_second_that_is_not_driven_to_its_end_counts_whole() -> None:
    # 1800 seconds at 0.7 are 2571.4 seconds.
    assert a_leg(Speed(0.7, to=9 * 3600)) == ["ann 8:00-10:12:52", "  A 8:42:52 8:42:52-9:42:52", f"travel {round(72 + 52 / 60, 6)}"]


@pytest.mark.parametrize(
    ("speed", "expected"),
    [
        (replace(RUSH, days=("mon",)), SLOW),
        (replace(RUSH, days=("sun", "tue")), NORMAL),
        (Speed(0.5, ("sun",), 23 * 3600, 8 * 3600 + HALF_PAST), SLOW),
        (Speed(0.5, ("mon",), 23 * 3600, 8 * 3600 + HALF_PAST), NORMAL),
        (Speed(0.5, ("mon",), 8 * 3600 + HALF_PAST, 9 * 3600), NORMAL),
        (Speed(0.5, ("mon",), 0, 8 * 3600), NORMAL),
    ],
)
def test_days_are_those_on_which_the_hours_begin(speed: Speed, expected: list[str]) -> None:
    assert a_leg(speed) == expected


def test_hours_are_those_of_the_clock_in_the_time_zone() -> None:
    early = replace(RUSH, from_=3 * 3600, to=3 * 3600 + HALF_PAST)
    assert a_leg(early, time_zone="America/New_York") == SLOW
    assert a_leg(early) == NORMAL


def test_the_region_is_the_one_in_which_the_leg_begins() -> None:
    home = engineer("ann", region="north")
    case = at_speeds(problem([ticket("A", region="site")], [home], regions=REGIONS), replace(RUSH, region="hq"))
    assert told(checked(case, ("ann", "A"))) == SLOW
    assert told(checked(at_speeds(case, replace(RUSH, region="site")), ("ann", "A"))) == NORMAL
    back = Speed(0.5, region="site", to=24 * 3600)
    assert told(checked(at_speeds(case, back), ("ann", "A"))) == ["ann 8:00-10:30", "  A 8:30 8:30-9:30", "travel 90"]


@pytest.mark.parametrize(
    ("speeds", "thousandths"),
    [
        ((Speed(0.5), Speed(0.8)), 500),
        ((Speed(0.8), Speed(0.5)), 800),
        ((Speed(0.8), Speed(0.5, region="hq")), 500),
        ((Speed(0.8, region="hq"), Speed(0.5, region="north")), 500),
        ((Speed(0.8, region="north"), Speed(0.5, region="site")), 800),
        ((Speed(0.5, region="north"), Speed(0.8, road_class="primary")), 500),
    ],
)
def test_of_entries_that_hold_the_nearest_region_counts_and_then_the_first(speeds: tuple[Speed, ...], thousandths: int) -> None:
    anne = engineer("ann", shift(back=None), region="north")
    case = at_speeds(problem([ticket("A")], [anne], regions=REGIONS), *speeds)
    assert checked(case, ("ann", "A")).plan.routes[0].travel == 1800 * 1000 // thousandths
    assert solve(case).plan.routes[0].travel == 1800 * 1000 // thousandths


def test_roads_of_a_class_are_driven_last_and_have_their_own_speed() -> None:
    motorway = Speed(0.5, to=9 * 3600, road_class="motorway")
    case = at_speeds(problem([ticket("A")], [engineer("ann", shift(back=None))]), motorway, Speed(0.8))
    travel = matrix(case)
    by_class = {"motorway": travel.seconds // 3}
    # 20 min at 0.8 are 25, then 10 min at 0.5 are 20.
    verdict = verify(case, replace(travel, by_class=by_class), plan(("ann", "A")))
    assert told(verdict) == ["ann 8:00-9:45", "  A 8:45 8:45-9:45", "travel 45"]


def test_a_break_pauses_the_drive() -> None:
    tea = engineer("ann", shift(breaks=[("8:10", "8:20", 15)]))
    case = at_speeds(problem([ticket("A")], [tea]), RUSH)
    # 5 min are driven by 8:10 and 2.5 from 8:25 to 8:30; 22.5 are left.
    expected = ["ann 8:00-10:22:30", "  break 8:10-8:25", "  A 8:52:30 8:52:30-9:52:30", "travel 67.5"]
    assert told(checked(case, ("ann", "A"))) == expected
    assert told(solve(case)) == expected


def test_the_departure_is_the_latest_that_moves_no_service() -> None:
    case = at_speeds(problem([ticket("A", windows=[("9:00", "15:00")])]), RUSH)
    expected = ["ann 8:30-10:30", "  A 9:00 9:00-10:00", "travel 60"]
    assert told(checked(case, ("ann", "A"))) == expected
    assert told(solve(case)) == expected
    # Latest is latest, also where driving then takes longer.
    into_the_rush = at_speeds(case, Speed(0.5, from_=8 * 3600 + HALF_PAST, to=9 * 3600))
    expected = ["ann 8:15-10:30", "  A 9:00 9:00-10:00", "travel 75"]
    assert told(checked(into_the_rush, ("ann", "A"))) == expected
    assert told(solve(into_the_rush)) == expected


def test_with_paid_time_waiting_further_on_is_slept_in_as_far_as_everything_bears() -> None:
    tickets = [ticket("A", windows=[("8:00", "9:30")]), ticket("Z", place=2, windows=[("12:00", "12:00")])]
    case = at_speeds(problem(tickets, weights={"paid_time": 1.0}), RUSH, Speed(0.5, from_=11 * 3600, to=12 * 3600))
    # A bears a start until 9:30: who leaves at 9:00 is there by then.
    expected = ["ann 9:00-14:00", "  A 9:30 9:30-10:30", "  Z 11:00 12:00-13:00 waits 60 min", "travel 120, paid_time 300"]
    assert told(checked(case, ("ann", "A Z"))) == expected
    assert told(solve(case)) == expected


def test_history_was_driven_so_as_to_arrive_when_the_work_began() -> None:
    done = ticket("A", actual=("8:45", "9:30"), pin=pin("ann"), status="done")
    on_the_way = ticket("B", place=2, status="travelling", pin=pin("ann"))
    case = at_speeds(problem([done, on_the_way], now="9:31"), RUSH, Speed(0.5, from_=9 * 3600 + HALF_PAST, to=10 * 3600))
    expected = ["ann 8:00-12:15", "  A 8:45 8:45-9:30", "  B 10:15 10:15-11:15", "travel 150"]
    assert told(checked(case, ("ann", "A B"))) == expected
    assert told(solve(case)) == expected


def test_the_travel_driven_is_what_is_limited() -> None:
    case = at_speeds(problem([ticket("A")], [engineer("ann", shift(max_travel=74))]), RUSH)
    assert told(checked(case, ("ann", "A")))[-1] == "max_travel 60: ann"
    assert told(solve(case)) == ["unassigned A", "unassigned 1000"]


def test_the_search_goes_where_the_roads_are_clear_first() -> None:
    home = engineer("ann", region="hq")
    tickets = [ticket("A", 1, region="north"), ticket("B", 1)]
    slow = Speed(0.1, from_=9 * 3600, to=10 * 3600, region="north")
    # Leaving A between 9:00 and 10:00 is slow: better to be in B then.
    grid = [[0, 30, 30], [30, 0, 10], [30, 10, 0]]
    case = at_speeds(
        problem([tickets[0], replace(tickets[1], place=replace(tickets[1].place, index=2))], [home], grid, regions=REGIONS), slow
    )
    assert told(solve(case)) == ["ann 8:00-11:10", "  B 8:30 8:30-9:30", "  A 9:40 9:40-10:40", "travel 70"]


def test_speeds_hold_within_two_weeks_of_the_shifts() -> None:
    days = [[0, 40 * 24 * 60], [40 * 24 * 60, 0]]
    case = at_speeds(problem([ticket("A")], [engineer("ann", shift(back=None))], days), Speed(0.5))
    # Half speed from 8:00 until two weeks after 16:00: 14 d 8 h at 0.5.
    there = checked(case, ("ann", "A")).plan.routes[0]
    assert there.travel == 40 * 86_400 + (14 * 86_400 + 8 * 3600) // 2
