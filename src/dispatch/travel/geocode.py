"""Positions for places that have only an address, through geopy; only where asked for, and each address once."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

from dispatch.errors import TravelError
from dispatch.model import Engineer, Place, Problem, Shift

__all__ = ["Geocoder", "Located", "geocode", "geocoder"]

_log = logging.getLogger(__name__)
Position = tuple[float, float]


class Located(Protocol):
    """What a geocoder answers, such as a geopy ``Location`` (degrees, WGS 84)."""

    @property
    def latitude(self) -> float:
        """Degrees north."""

    @property
    def longitude(self) -> float:
        """Degrees east."""


Geocoder = Callable[[str], Located | None]


def geocoder(name: str, *, timeout: float = 10.0, pause: float = 1.0, **settings: Any) -> Geocoder:
    """Return a geocoder of geopy's that keeps a pause between requests and tries again twice.

    Parameters
    ----------
    name
        A service geopy knows, such as ``nominatim``.
    timeout
        Seconds to wait for an answer.
    pause
        Least seconds between two requests; public services ask for one.
    settings
        What the service wants, such as ``user_agent`` or ``api_key``.

    Raises
    ------
    TravelError
        There is no such service, or it refuses the settings.
    """
    # geopy takes a tenth of a second to import, and almost no run needs it.
    from geopy.exc import GeocoderNotFound, GeopyError
    from geopy.extra.rate_limiter import RateLimiter
    from geopy.geocoders import get_geocoder_for_service

    try:
        service = get_geocoder_for_service(name)(timeout=timeout, **settings)
    except GeocoderNotFound as error:
        raise TravelError(f"geopy has no geocoder {name!r}. Name one that it has, such as nominatim.") from error
    except GeopyError as error:
        raise TravelError(f"Geocoder {name!r} refuses its settings: {str(error).rstrip('.')}. Give the ones it asks for.") from error
    except TypeError as error:
        raise TravelError(f"Geocoder {name!r} does not take these settings: {error}. Give the ones it asks for.") from error
    limited: Geocoder = RateLimiter(
        service.geocode, min_delay_seconds=pause, max_retries=2, error_wait_seconds=max(5.0, pause), swallow_exceptions=False
    )
    return limited


def geocode(problem: Problem, geocoder: Geocoder, cache: Path | None = None) -> Problem:
    """Return the problem with a position at every place that had only an address.

    Parameters
    ----------
    geocoder
        From an address to a location, or None where there is none; asked once per address that the cache does not know.
    cache
        JSON file of the positions found so far; written anew as soon as one is added, also when a later address fails.

    Raises
    ------
    TravelError
        Addresses have no position, naming them all; or the service failed.
    """
    addresses = list(dict.fromkeys(_key(p.address) for p in _places(problem) if p.lat is None and _key(p.address)))
    known = _read(cache) if cache is not None else {}
    missing = [address for address in addresses if address not in known]
    found: dict[str, Position] = {}
    try:
        for address in missing:
            position = _ask(geocoder, address)
            if position is not None:
                found[address] = position
    finally:
        known |= found
        if cache is not None and found:
            _write(cache, known)
    lost = [address for address in missing if address not in found]
    if lost:
        raise TravelError(f"No position for {len(lost)} addresses: {'; '.join(lost)}. Correct them, or give lat and lon.")
    return _placed(problem, known)


def _key(address: str | None) -> str:
    return " ".join((address or "").split())


def _places(problem: Problem) -> Iterator[Place]:
    for e in problem.engineers:
        for place in (e.home, *(p for s in e.shifts for p in s.places)):
            if place is not None:
                yield place
    for t in problem.tickets:
        yield t.place


def _ask(geocoder: Geocoder, address: str) -> Position | None:
    from geopy.exc import GeocoderServiceError, GeopyError

    try:
        location = geocoder(address)
    except GeocoderServiceError as error:
        why = str(error) or type(error).__name__
        raise TravelError(f"The geocoder failed at {address!r}: {why}. Try again later, or give lat and lon.") from error
    except GeopyError as error:
        raise TravelError(f"The geocoder cannot be asked for {address!r}: {error}. Correct its settings, or give lat and lon.") from error
    return None if location is None else _position((location.latitude, location.longitude))


def _position(value: object) -> Position | None:
    """Return a pair of numbers as a position, or None where it is none on earth; 0, 0 is what services say for "unknown"."""
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(isinstance(v, (int, float)) and isfinite(v) for v in value):
        return None
    lat, lon = float(value[0]), float(value[1])
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0.0, 0.0) else None


def _read(cache: Path) -> dict[str, Position]:
    """Return the positions in a cache file; a file that is damaged counts as empty, and a damaged entry as absent."""
    try:
        entries = json.loads(cache.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("The geocoding cache %s cannot be read and is started anew: %s", cache, error)
        return {}
    positions = {_key(address): _position(value) for address, value in entries.items()} if isinstance(entries, dict) else {}
    return {address: position for address, position in positions.items() if position is not None}


def _write(cache: Path, known: dict[str, Position]) -> None:
    """Replace the cache file as a whole, so that a reader never sees half of it; the positions count more than the file."""
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=cache.parent, prefix=cache.name, suffix=".new")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(dict(sorted(known.items())), file, ensure_ascii=False, indent=1)
            Path(name).replace(cache)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        _log.warning("The geocoding cache %s cannot be written: %s", cache, error)


def _placed(problem: Problem, known: dict[str, Position]) -> Problem:
    def placed(place: Place) -> Place:
        if place.lat is not None or not _key(place.address):
            return place
        lat, lon = known[_key(place.address)]
        return replace(place, lat=lat, lon=lon)

    def shift(s: Shift) -> Shift:
        resume = s.resume and replace(s.resume, place=s.resume.place and placed(s.resume.place))
        return replace(s, start_place=s.start_place and placed(s.start_place), end_place=s.end_place and placed(s.end_place), resume=resume)

    def settled(e: Engineer) -> Engineer:
        shifts = tuple(shift(s) for s in e.shifts)
        return replace(e, home=e.home and placed(e.home), shifts=shifts)

    return replace(
        problem,
        engineers=tuple(settled(e) for e in problem.engineers),
        tickets=tuple(replace(t, place=placed(t.place)) for t in problem.tickets),
    )
