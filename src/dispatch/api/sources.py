"""What travel times a problem from outside may ask for: only maps and routing servers that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dispatch.api.settings import Settings, fault
from dispatch.errors import InputError
from dispatch.model import Problem, RoadTravel, ServerTravel
from dispatch.travel import Means


def allowed(settings: Settings, problem: Problem) -> Problem:
    """Return the problem: its travel times come from where the service may get them.

    Raises
    ------
    InputError
        It names a file or a server that the settings do not list; who sends a problem is not to say what this machine reads or calls.
    """
    travel = problem.travel
    if isinstance(travel, RoadTravel) and travel.extract not in {file.name for file in settings.maps}:
        raise InputError([fault("MAP_NOT_LISTED", "/travel/extract", f"The map {travel.extract!r} is not one of this service.")])
    if isinstance(travel, ServerTravel) and travel.url.rstrip("/") not in {url.rstrip("/") for url in settings.travel_servers}:
        raise InputError([fault("SERVER_NOT_LISTED", "/travel/url", f"The server {travel.url!r} is not one of this service.")])
    return problem


def sources(maps: Mapping[str, str], cache: str | None, patience: float, keys: Mapping[str, str]) -> Means:
    """Return what travel times are had with.

    Parameters
    ----------
    maps
        Files by the names that problems give them.
    cache
        Folder in which travel times are kept.
    patience
        Most seconds that a routing server may take for one problem.
    keys
        Of routing servers, by host.
    """
    return Means(cache=None if cache is None else Path(cache), locate=lambda name: Path(maps[name]), keys=keys, patience=patience)
