"""Addresses become positions through the geocoder given: each once, remembered, and with a clear refusal."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from geopy.exc import ConfigurationError, GeocoderTimedOut, GeocoderUnavailable
from geopy.extra.rate_limiter import RateLimiter
from geopy.location import Location

from dispatch.errors import TravelError
from dispatch.model import Engineer, Place, Problem, Shift, Ticket
from dispatch.travel import matrix
from dispatch.travel.geocode import geocode, geocoder

KNOWN = {"1 North Road": (28.2, 112.9), "2 South Road": (28.1, 113.0), "3 West Road": (28.15, 112.8)}


class Fake:
    """A geocoder that knows a few addresses and writes down what it is asked."""

    def __init__(self, fails_at: str | None = None, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.fails_at = fails_at
        self.error = error

    def __call__(self, address: str) -> Location | None:
        self.asked.append(address)
        if address == self.fails_at and self.error is not None:
            raise self.error
        return Location(address, (*KNOWN[address], 0.0), {}) if address in KNOWN else None


def day(*addresses: str) -> Problem:
    """Return a problem with a ticket at each address, and an engineer who starts at one and ends at another."""
    home = Place(address="1 North Road")
    shift = Shift("s", 0, 3600, 3600, home, Place(address="2 South  Road"))
    tickets = tuple(Ticket(f"t{i}", Place(address=address), 60) for i, address in enumerate(addresses))
    return Problem((Engineer("e", (shift, replace(shift, id="s2", start_place=None)), home=home),), tickets, 0)


def test_every_place_with_only_an_address_gets_a_position_and_keeps_the_address() -> None:
    problem = replace(
        day("3 West Road", "1 North Road"), tickets=(*day("3 West Road").tickets, Ticket("known", Place(1.0, 2.0, "elsewhere"), 60))
    )
    fake = Fake()
    found = geocode(problem, fake)
    north, south = Place(28.2, 112.9, "1 North Road"), Place(28.1, 113.0, "2 South  Road")
    (engineer,) = found.engineers
    assert engineer.home == north
    assert [(s.start_place, s.end_place) for s in engineer.shifts] == [(north, south), (None, south)]
    assert [t.place for t in found.tickets] == [Place(28.15, 112.8, "3 West Road"), Place(1.0, 2.0, "elsewhere")]
    assert len(matrix(found).seconds) == 4


def test_each_address_is_asked_once_however_often_it_stands_in_the_problem() -> None:
    fake = Fake()
    geocode(day("3 West Road", "3 West  Road ", "1 North Road"), fake)
    assert fake.asked == ["1 North Road", "2 South Road", "3 West Road"]


def test_what_was_found_is_remembered_in_the_cache_file(tmp_path: Path) -> None:
    cache = tmp_path / "new" / "places.json"
    first = geocode(day("3 West Road"), Fake(), cache)
    second = Fake()
    assert geocode(day("3 West Road"), second, cache) == first
    assert second.asked == []
    assert json.loads(cache.read_bytes()) == {address: list(position) for address, position in KNOWN.items()}
    assert [p.name for p in cache.parent.iterdir()] == ["places.json"]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[1, 2]", b"\xff\xfe", b"[" * 100_000, b'{"1 North Road": [91, 0], "2 South Road": "here", "3 West Road": [1]}']
)
def test_a_damaged_cache_is_started_anew(tmp_path: Path, damage: bytes) -> None:
    cache = tmp_path / "places.json"
    cache.write_bytes(damage)
    fake = Fake()
    geocode(day("3 West Road"), fake, cache)
    assert len(fake.asked) == 3
    assert json.loads(cache.read_bytes()) == {address: list(position) for address, position in KNOWN.items()}


def test_a_cache_that_cannot_be_written_does_not_cost_the_positions(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    found = geocode(day("3 West Road"), Fake(), tmp_path / "file" / "places.json")
    assert found.tickets[0].place.lat == 28.15
    assert "cannot be written" in caplog.text


def test_addresses_without_a_position_are_named_all_at_once_and_the_others_remembered(tmp_path: Path) -> None:
    cache = tmp_path / "places.json"
    with pytest.raises(TravelError) as refused:
        geocode(day("9 Nowhere", "3 West Road", "8 Nowhere"), Fake(), cache)
    assert str(refused.value) == "No position for 2 addresses: 9 Nowhere; 8 Nowhere. Correct them, or give lat and lon."
    assert sorted(json.loads(cache.read_bytes())) == sorted(KNOWN)


@dataclass
class Answer:
    """What a careless service may answer."""

    latitude: float
    longitude: float


@pytest.mark.parametrize("answer", [(0.0, 0.0), (91.0, 5.0), (5.0, 181.0), (float("nan"), 5.0)])
def test_an_answer_that_is_nowhere_on_earth_counts_as_none(answer: tuple[float, float]) -> None:
    with pytest.raises(TravelError, match="No position for 3 addresses"):
        geocode(day("3 West Road"), lambda address: Answer(*answer))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (GeocoderTimedOut("timed out"), "The geocoder failed at '3 West Road': timed out. Try again later, or give lat and lon."),
        (GeocoderUnavailable(), "The geocoder failed at '3 West Road': GeocoderUnavailable. Try again later, or give lat and lon."),
        (
            ConfigurationError("no key"),
            "The geocoder cannot be asked for '3 West Road': no key. Correct its settings, or give lat and lon.",
        ),
    ],
)
def test_a_failing_service_is_a_travel_error_and_what_it_answered_before_is_kept(tmp_path: Path, error: Exception, message: str) -> None:
    cache = tmp_path / "places.json"
    with pytest.raises(TravelError) as refused:
        geocode(day("3 West Road"), Fake("3 West Road", error), cache)
    assert str(refused.value) == message
    assert sorted(json.loads(cache.read_bytes())) == ["1 North Road", "2 South Road"]


def test_without_addresses_nobody_is_asked_and_no_file_is_written(tmp_path: Path) -> None:
    problem = Problem((), (Ticket("t", Place(1.0, 2.0), 60), Ticket("u", Place(address="  "), 60)), 0)
    fake = Fake()
    assert geocode(problem, fake, tmp_path / "places.json") == problem
    assert fake.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_geocoder_by_name_keeps_a_pause_and_tries_again() -> None:
    limited: Any = geocoder("nominatim", user_agent="a-test", timeout=3, pause=2)
    assert isinstance(limited, RateLimiter)
    assert (limited.min_delay_seconds, limited.max_retries, limited.swallow_exceptions) == (2, 2, False)
    service = limited.func.__self__
    assert (type(service).__name__, service.timeout, service.headers["User-Agent"]) == ("Nominatim", 3, "a-test")


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("crystal-ball", {}, "geopy has no geocoder 'crystal-ball'. Name one that it has, such as nominatim."),
        ("nominatim", {}, "Geocoder 'nominatim' refuses its settings"),
        ("nominatim", {"user_agent": "a-test", "colour": "red"}, "Geocoder 'nominatim' does not take these settings"),
    ],
)
def test_a_geocoder_that_cannot_be_made_is_a_travel_error(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(TravelError) as refused:
        geocoder(name, **settings)
    assert str(refused.value).startswith(message)


def test_geopy_is_not_imported_until_a_geocoder_is_asked_for() -> None:
    code = "import sys, dispatch.travel, dispatch.travel.geocode; sys.exit(any(m.split('.')[0] == 'geopy' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
