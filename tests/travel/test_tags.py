"""What the tags of one way, or of one node, mean."""

from __future__ import annotations

import pytest

from dispatch.travel import tags
from dispatch.travel.profiles import mode

CAR, VAN, MOTORCYCLE, WALK = (mode(p) for p in ("car", "van", "motorcycle", "walk"))


def road(**more: str) -> dict[str, str]:
    return {"highway": "residential", **{k.replace("__", ":"): v for k, v in more.items()}}


@pytest.mark.parametrize(
    ("value", "kmh"),
    [
        ("50", 50), ("50 km/h", 50), ("30 mph", 48.28032), ("30mph", 48.28032), ("10 knots", 18.52), ("walk", 6), ("none", 140),
        ("BR:urban", 50), ("DE:rural", 100), ("DE:motorway", 140), ("DE:zone30", 30), ("FR:zone:30", 30), ("GB:30", 48.28032),
        ("RO:trunk", 110), ("80;60", 60), ("80|60|60", 60),
        ("", None), ("fast", None), ("signals", None), ("0", None), ("-20", None), ("XX:moon", None), ("urban", None),
    ],
)  # fmt: skip
def test_a_speed_limit_is_read(value: str, kmh: float | None) -> None:
    assert tags.limit(value) == (None if kmh is None else pytest.approx(kmh))


@pytest.mark.parametrize(
    ("found", "forward", "backward"),
    [
        (road(), 25, 25),
        (road(maxspeed="50"), 40, 40),
        (road(maxspeed="walk"), 4.8, 4.8),
        (road(maxspeed="signals"), 25, 25),
        (road(maxspeed="50", maxspeed__backward="30"), 40, 24),
        (road(maxspeed="50", maxspeed__advisory="20"), 20, 20),
        (road(source__maxspeed="DE:urban"), 40, 40),
        (road(source__maxspeed="sign"), 25, 25),
        (road(maxspeed="60", surface="mud"), 10, 10),
        (road(maxspeed="60", smoothness="bad"), 40, 40),
        (road(oneway="yes"), 25, 0),
        (road(oneway="-1"), 0, 25),
        (road(oneway="no", junction="roundabout"), 25, 25),
        (road(junction="roundabout"), 25, 0),
        (road(oneway="yes", oneway__motor_vehicle="no"), 25, 25),
        (road(highway="motorway"), 90, 0),
        (road(highway="motorway", maxspeed="none"), 112, 0),
        (road(motor_vehicle__backward="no"), 25, 0),
        (road(access="destination"), 25, 25),
        (road(access="private"), 25, 25),
        (road(access="no", motorcar="yes"), 25, 25),
        (road(highway="track", motor_vehicle="yes"), 10, 10),
        (road(highway="service", service="driveway"), 10, 10),
    ],
)  # fmt: skip
def test_a_car_drives_a_road(found: dict[str, str], forward: float, backward: float) -> None:
    drive = tags.drive(found, CAR)
    assert drive is not None
    assert [drive.forward, drive.backward] == pytest.approx([forward, backward])


@pytest.mark.parametrize(
    "found",
    [
        road(access="no"), road(motor_vehicle="no"), road(access="agricultural"), road(highway="footway"), road(highway="track"),
        road(highway="construction"), road(highway="proposed"), road(area="yes"), road(smoothness="impassable"),
        road(oneway="reversible"), road(highway="service", access="private"), road(highway="service", service="emergency_access"),
        {"route": "ferry", "motor_vehicle": "no"}, {"route": "ferry", "foot": "yes"}, {"route": "bus"}, {},
    ],
)  # fmt: skip
def test_a_car_does_not_drive_what_is_closed_to_it(found: dict[str, str]) -> None:
    assert tags.drive(found, CAR) is None


def test_a_built_up_area_slows_only_roads_without_a_limit() -> None:
    main = {"highway": "primary"}
    speeds = [tags.drive(found, CAR, urban=True) for found in (main, {**main, "maxspeed": "80"}, {"highway": "motorway"})]
    assert [d and d.forward for d in speeds] == [50, 64, 90]


def test_a_limit_that_says_nothing_is_told_and_the_road_class_counts() -> None:
    drive = tags.drive(road(maxspeed="fast"), CAR)
    assert drive == tags.Drive(25, 25, "residential", unread=("fast",))


def test_walking_takes_no_notice_of_one_ways_and_limits_and_uses_footways() -> None:
    assert tags.drive(road(oneway="yes", maxspeed="30"), WALK) == tags.Drive(5, 5, "residential")
    assert tags.drive({"highway": "footway"}, WALK) == tags.Drive(5, 5, "footway")
    assert tags.drive({"highway": "steps"}, WALK) == tags.Drive(2.5, 2.5, "steps")
    assert tags.drive({"highway": "trunk"}, WALK) is None
    assert tags.drive({"highway": "trunk", "sidewalk": "both"}, WALK) == tags.Drive(5, 5, "trunk")
    assert tags.drive(road(foot="no"), WALK) is None
    assert tags.drive({"highway": "motorway"}, WALK) is None


def test_a_van_is_slower_than_a_car_and_does_not_fit_everywhere() -> None:
    fast = {"highway": "motorway", "maxspeed": "none"}
    assert [d and d.forward for d in (tags.drive(fast, m) for m in (CAR, VAN))] == [112, 100]
    assert [tags.drive(road(maxheight="2.2"), m) is None for m in (CAR, VAN)] == [False, True]
    assert tags.drive(road(maxheight="3.5 m", maxweight="7.5"), VAN) is not None


def test_access_goes_by_what_is_driven() -> None:
    assert tags.drive(road(motorcar="no"), CAR) is None
    assert tags.drive(road(motorcar="no"), MOTORCYCLE) == tags.Drive(25, 25, "residential")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("20", 1200),
        ("00:20", 1200),
        ("1:05", 3900),
        ("00:20:30", 1230),
        ("PT1H5M", 3900),
        ("P1D", 86400),
        ("soon", None),
        ("", None),
        ("0", None),
    ],
)
def test_the_duration_of_a_ferry_is_read(value: str, seconds: int | None) -> None:
    assert tags.ferry_seconds({"route": "ferry", "duration": value}) == seconds


@pytest.mark.parametrize(
    ("found", "car", "walk"),
    [
        ({"barrier": "bollard"}, True, False), ({"barrier": "gate"}, False, False), ({"barrier": "gate", "access": "no"}, True, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False, False), ({"barrier": "bollard", "bollard": "rising"}, False, False),
        ({"highway": "crossing"}, False, False),
    ],
)  # fmt: skip
def test_a_barrier_stops_vehicles(found: dict[str, str], car: bool, walk: bool) -> None:
    assert (tags.blocks(found, CAR), tags.blocks(found, WALK)) == (car, walk)


def test_signals_take_time_where_they_are_faced() -> None:
    signals = {"highway": "traffic_signals"}
    assert tags.signal_seconds(signals, CAR) == (2, 2)
    assert tags.signal_seconds({**signals, "traffic_signals:direction": "forward"}, CAR) == (2, 0)
    assert tags.signal_seconds(signals, WALK) == (0, 0)
    assert tags.signal_seconds({"highway": "crossing"}, CAR) == (0, 0)
