"""What comes in: rates by the hour, seasons, clock changes, recurring visits, places."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.simulation.demand import Arrival, Arrivals
from dispatch.simulation.streams import Streams
from dispatch.simulation.world import day_start
from tests.simulation.worlds import CENTRE, MIDNIGHT, demand, world


def come(days: int, seed: int = 1, **fields: Any) -> list[Arrival]:
    """Return the tickets of some days."""
    made = world(**fields)
    arrivals = Arrivals(made, Streams(seed, 0))
    return [a for day in range(made.start, made.start + days) for a in arrivals.on(day)]


def test_tickets_come_at_the_rates_of_the_hours_and_days() -> None:
    hours, weekdays = [0] * 8 + [3, 1] + [0] * 14, [2, 1, 1, 1, 1, 0, 0]
    found = Counter(datetime.fromtimestamp(a.opened_at, ZoneInfo("UTC")).strftime("%a %H") for a in come(
        700, demand=[demand(per_week=240, hours=hours, weekdays=weekdays)]
    ))  # fmt: skip
    assert set(found) == {f"{d} {h}" for d in ("Mon", "Tue", "Wed", "Thu", "Fri") for h in ("08", "09")}
    for slot, wanted in (("Mon 08", 60), ("Mon 09", 20), ("Tue 08", 30), ("Fri 09", 10)):
        assert found[slot] / 100 == pytest.approx(wanted, abs=4 * math.sqrt(wanted / 100))


def test_rates_may_be_given_hour_by_hour_and_follow_the_season() -> None:
    by_hour = [0.0] * 168
    by_hour[24 * 2 + 5] = 40.0
    found = come(70, demand=[demand(per_week=None, by_hour=by_hour, season=[1, 1, 0.5, *[1] * 9])])
    assert {datetime.fromtimestamp(a.opened_at, ZoneInfo("UTC")).strftime("%a %H") for a in found} == {"Wed 05"}
    months = Counter(datetime.fromtimestamp(a.opened_at, ZoneInfo("UTC")).month for a in found)
    assert months[3] / 4 == pytest.approx(20, abs=9)
    assert months[4] / 5 == pytest.approx(40, abs=12)


def test_a_day_of_a_clock_change_has_the_hours_it_has() -> None:
    found = come(1, time_zone="Europe/Berlin", start="2026-03-29", demand=[demand(per_week=7 * 24 * 50)])
    hours = Counter(datetime.fromtimestamp(a.opened_at, ZoneInfo("Europe/Berlin")).hour for a in found)
    assert set(hours) == set(range(24)) - {2}
    double = come(1, time_zone="Europe/Berlin", start="2026-10-25", demand=[demand(per_week=7 * 24 * 50)])
    twice = Counter(datetime.fromtimestamp(a.opened_at, ZoneInfo("Europe/Berlin")).hour for a in double)
    assert twice[2] == pytest.approx(100, abs=40)
    assert twice[5] == pytest.approx(50, abs=28)


def test_recurring_visits_come_at_every_site_in_time_to_be_early() -> None:
    plan = {**demand("care"), "kind": "preventive", "sites": 50, "every": "P10D", "tolerance": "P2D"}
    del plan["per_week"]
    found = come(30, demand=[], preventive=[plan])
    assert Counter(a.id.split("-")[1] for a in found) == {str(k): 3 for k in range(1, 51)}
    first, second, third = sorted(a.opened_at for a in found if a.id.startswith("care-7-"))
    assert second - first == third - second == 10 * 86_400
    assert 0 <= first - MIDNIGHT < 10 * 86_400
    assert {(a.respond_by or 0) - a.opened_at for a in found} == {4 * 86_400}
    assert len({a.place for a in found if a.id.startswith("care-7-")}) == 1


def test_places_are_spread_evenly_over_a_disc() -> None:
    found = come(7, demand=[demand(per_week=2000, area={"centre": CENTRE, "radius_km": 10})])
    far = [
        math.hypot(((a.place.lat or 0) - 28.2) * 111.195, ((a.place.lon or 0) - 112.9) * 111.195 * math.cos(math.radians(28.2)))
        for a in found
    ]
    assert max(far) <= 10.01
    assert sum(d <= 5 for d in far) / len(far) == pytest.approx(0.25, abs=0.04)


def test_the_same_ticket_is_the_same_whatever_else_comes_in() -> None:
    alone = come(3, demand=[demand("a", area={"centre": CENTRE, "radius_km": 10})])
    both = come(3, demand=[demand("b"), demand("a", area={"centre": CENTRE, "radius_km": 10})])
    assert [(a.id, a.opened_at, a.place) for a in both if a.work.id == "a"] == [(a.id, a.opened_at, a.place) for a in alone]
    assert len({a.id for a in both}) == len(both)


def test_a_day_lasts_from_midnight_to_midnight() -> None:
    zone = ZoneInfo("America/New_York")
    day = date(2026, 3, 8).toordinal()
    assert day_start(day + 1, zone) - day_start(day, zone) == 23 * 3600
