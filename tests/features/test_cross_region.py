import pytest

from dispatch.model import Region
from tests.build import checked, engineer, problem, shift, ticket, told
from tests.helpers import solve

REGIONS = (Region("hq"), Region("north", "hq"), Region("south", "hq"), Region("harbour", "north"))


@pytest.mark.parametrize(
    ("home", "there", "minutes"),
    [
        ("north", "north", 0),
        ("north", "harbour", 0),
        ("hq", "harbour", 0),
        ("harbour", "north", 10),
        ("south", "north", 10),
        ("north", "elsewhere", 10),
        ("elsewhere", "elsewhere", 0),
        (None, "north", 0),
        ("north", None, 0),
    ],
)
def test_a_stop_outside_the_region_and_what_lies_below_it_costs_once(home: str | None, there: str | None, minutes: int) -> None:
    case = problem([ticket("A", region=there)], [engineer("ann", region=home)], weights={"cross_region": 10}, regions=REGIONS)
    cost = f"travel 60, cross_region {minutes}" if minutes else "travel 60"
    assert told(checked(case, ("ann", "A"))) == ["ann 8:00-10:00", "  A 8:30 8:30-9:30", cost]


def test_the_solver_keeps_to_the_region_as_long_as_the_way_is_worth_it() -> None:
    engineers = [engineer("ann", region="south"), engineer("bea", shift(home=2), region="hq")]
    tickets = [ticket("A", place=0, region="harbour")]
    cheap = problem(tickets, engineers, weights={"cross_region": 119}, regions=REGIONS)
    dear = problem(tickets, engineers, weights={"cross_region": 121}, regions=REGIONS)
    assert told(solve(cheap)) == ["ann 8:00-9:00", "  A 8:00 8:00-9:00", "cross_region 119"]
    assert told(solve(dear)) == ["bea 8:00-11:00", "  A 9:00 9:00-10:00", "travel 120"]
