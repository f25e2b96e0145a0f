"""The one door to travel times: who is where, what cannot be reached, what happens when a source fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from dispatch import planning, travel
from dispatch.errors import TravelError
from dispatch.model import CrowTravel, Engineer, Place, Problem, RoadTravel, Shift, Ticket
from dispatch.solver import Options
from dispatch.travel import UNREACHABLE, Means
from dispatch.travel.points import Legs, points

HOME, SHOP, MILL, DOCK = Place(52.0, 4.0), Place(52.0, 4.0, "again"), Place(52.1, 4.1), Place(52.2, 4.2)
DAY = Problem(
    engineers=(
        Engineer("ann", (Shift("mon", 0, 28_800, 28_800, HOME, HOME), Shift("tue", 86_400, 115_200, 115_200, DOCK, None)), home=HOME),
        Engineer("bob", (Shift("mon", 0, 28_800, 28_800, HOME, None),), home=HOME),
    ),
    tickets=(Ticket("T1", MILL, 600), Ticket("T2", SHOP, 600), Ticket("T3", MILL, 600)),
    now=0,
)
ROAD = RoadTravel("nowhere.osm.pbf", on_failure="crow", speed_kmh=30, detour=2)


@pytest.fixture(autouse=True)
def _means_as_they_were() -> Iterator[None]:
    before = travel.use(Means())
    yield
    travel.use(before)


def test_each_position_is_one_point_that_knows_who_is_there() -> None:
    at = points(DAY)
    assert at.positions.tolist() == [[52.0, 4.0], [52.2, 4.2], [52.1, 4.1]]
    assert at.names == ("engineer ann and 2 more", "engineer ann", "ticket T1 and 1 more")
    assert at.pointers == ("/engineers/0/home", "/engineers/0/shifts/1/start_place", "/tickets/0/place")
    assert (at.bases, at.tickets) == (frozenset((0, 1)), frozenset((0, 2)))
    assert dict(at.rows) == {HOME: 0, DOCK: 1, MILL: 2, SHOP: 0}


def test_a_place_without_a_position_is_named_whatever_the_source_and_its_fallback() -> None:
    lost = replace(DAY, tickets=(*DAY.tickets, Ticket("T4", Place(address="Quay 1"), 600)), travel=ROAD)
    with pytest.raises(TravelError, match=r"^No position for ticket T4\. Give lat and lon, or geocode the addresses\.$"):
        travel.matrix(lost)


def test_a_source_that_fails_refuses_the_problem() -> None:
    with pytest.raises(TravelError):
        travel.matrix(replace(DAY, travel=replace(ROAD, on_failure="fail")))


def test_a_source_that_fails_is_replaced_by_the_crow_only_where_that_is_wanted_and_the_plan_says_so() -> None:
    crow = travel.matrix(replace(DAY, travel=CrowTravel(30, 2)))
    found = travel.matrix(replace(DAY, travel=ROAD))
    assert (found.seconds.tolist(), found.metres.tolist()) == (crow.seconds.tolist(), crow.metres.tolist())
    (warned,) = found.warnings
    assert (warned.code, warned.pointer) == ("TRAVEL_FALLBACK", "/travel")
    assert "nowhere.osm.pbf" in warned.message
    assert warned.message.endswith("Travel is as the crow flies instead, at 30 km/h with a detour of 2. Mend what failed and plan again.")
    planned = planning.plan(replace(DAY, travel=ROAD), Options(iterations=5))
    assert warned in planned.plan.warnings


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        ([], []),
        ([(0, 2)], []),
        ([(0, 2), (1, 2)], [("/tickets/0/place", "No engineer can come to ticket T1 and 1 more.")]),
        ([(2, 0), (2, 1)], [("/tickets/0/place", "No engineer can come back from ticket T1 and 1 more.")]),
        ([(0, 2), (1, 2), (2, 0), (2, 1)], [("/tickets/0/place", "No engineer can come to ticket T1 and 1 more, nor back.")]),
        ([(1, 2)], []),
        ([(1, 2), (1, 0)], [("/engineers/0/shifts/1/start_place", "There is no way from engineer ann to any ticket.")]),
        ([(2, 1), (0, 1)], [("/engineers/0/shifts/1/start_place", "There is no way to engineer ann from any ticket.")]),
        ([(1, 2), (2, 1), (0, 1), (1, 0)], [("/engineers/0/shifts/1/start_place", "There is no way between engineer ann and any ticket.")]),
    ],
)
def test_a_place_that_nobody_can_come_to_or_back_from_is_warned_about(
    cut: list[tuple[int, int]], told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = np.full((3, 3), 60, np.int32)
    for i, j in cut:
        seconds[i, j] = UNREACHABLE
    monkeypatch.setattr(travel, "_sourced", lambda *_: Legs(seconds, np.zeros_like(seconds)))
    warned = [(w.pointer, w.message) for w in travel.matrix(replace(DAY, travel=ROAD)).warnings]
    assert warned == [(pointer, f"{message} Check the coordinates, or use a map that has the way there.") for pointer, message in told]


def test_no_plan_drives_where_there_is_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = np.full((3, 3), 60, np.int32)
    seconds[:, 2] = UNREACHABLE
    monkeypatch.setattr(travel, "_sourced", lambda *_: Legs(seconds, np.zeros_like(seconds)))
    planned = planning.plan(replace(DAY, travel=ROAD), Options(iterations=50))
    assert [u.ticket for u in planned.plan.unassigned] == ["T1", "T3"]
    assert planned.violations == ()


def test_means_are_in_use_until_others_are() -> None:
    mine = Means(patience=7)
    first = travel.use(mine)
    assert travel.use(first) is mine
