"""How each routing server is asked for a table of times, and what its answers and refusals mean. Pure functions: nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Literal

from dispatch.model import Profile, Server

__all__ = ["DIALECTS", "Dialect", "Question", "Refusal"]

Position = tuple[float, float]
"""Degrees, lat and lon: in this order everywhere but in what is sent."""

Why = Literal["too big", "too far", "no road", "unconnected", "other"]


@dataclass(frozen=True)
class Question:
    """One request: the path below the server's address, and a JSON body to POST, or None to GET."""

    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a server refused a table, in its words.

    Parameters
    ----------
    why
        More places than it takes at once; places too far apart for it; a place without a road near it; places without a way between
        them; anything else.
    place
        Which of the places asked about has no road, where the server says so: sources first, then targets.
    """

    why: Why
    words: str
    place: int | None = None


@dataclass(frozen=True)
class Dialect:
    """What is particular to one sort of server.

    Parameters
    ----------
    name
        For messages.
    side
        Sources, and as many targets, to ask about at once; halved when the server finds that too many.
    profiles
        Its own names of what is driven.
    table
        From profile, sources and targets to the question.
    times
        From its answer to seconds and metres, rows of numbers or None; raises LookupError or TypeError where it is not of that shape.
    refusal
        From the JSON of an answer that is no success, or None, to what it means.
    way
        From profile and places to the question for the way through all of them.
    line
        From its answer to the positions of that way; raises as `times` does.
    """

    name: str
    side: int
    profiles: Mapping[Profile, str]
    table: Callable[[str, Sequence[Position], Sequence[Position]], Question]
    times: Callable[[Any], tuple[Any, Any]]
    refusal: Callable[[Any], Refusal]
    way: Callable[[str, Sequence[Position]], Question]
    line: Callable[[Any], list[Position]]


def _joined(sources: Sequence[Position], targets: Sequence[Position]) -> tuple[list[Position], list[int], list[int]]:
    """Return every position once, and where the sources and targets are among them."""
    at: dict[Position, int] = {}
    rows = [at.setdefault(p, len(at)) for p in sources]
    columns = [at.setdefault(p, len(at)) for p in targets]
    return list(at), rows, columns


def _turned(coordinates: Any) -> list[Position]:
    """Return GeoJSON positions, lon first and perhaps a height last, as ours."""
    return [(lat, lon) for lon, lat, *_ in coordinates]


def _said(document: Any, *names: str) -> str:
    """Return the first text among members of an answer, or nothing."""
    members = document if isinstance(document, dict) else {}
    return next((text for text in map(members.get, names) if isinstance(text, str)), "")


# ----------------------------------------------------------------------- OSRM
# https://project-osrm.org/docs/v26.10/http: lon,lat; the profile is what the server was built with, whatever the name in the path.


def _osrm_table(profile: str, sources: Sequence[Position], targets: Sequence[Position]) -> Question:
    points, rows, columns = _joined(sources, targets)
    coordinates = ";".join(f"{lon:.5f},{lat:.5f}" for lat, lon in points)
    which = f"sources={';'.join(map(str, rows))}&destinations={';'.join(map(str, columns))}"
    return Question(f"/table/v1/{profile}/{coordinates}?annotations=duration,distance&{which}")


def _osrm_way(profile: str, places: Sequence[Position]) -> Question:
    coordinates = ";".join(f"{lon:.5f},{lat:.5f}" for lat, lon in places)
    return Question(f"/route/v1/{profile}/{coordinates}?overview=full&geometries=geojson")


def _osrm_line(document: Any) -> list[Position]:
    return _turned(document["routes"][0]["geometry"]["coordinates"])


def _osrm_times(document: Any) -> tuple[Any, Any]:
    return document["durations"], document["distances"]


def _osrm_refusal(document: Any) -> Refusal:
    words, code = _said(document, "message", "code"), _said(document, "code")
    if code == "TooBig":
        return Refusal("too big", words)
    if code == "NoSegment":
        found = re.search(r"coordinate (\d+)", words)
        return Refusal("no road", words, int(found[1]) if found else None)
    return Refusal("other", words)


# ------------------------------------------------------------------- Valhalla
# https://valhalla.github.io/valhalla/api/matrix/api-reference: objects with lat and lon; kilometres; versions before 3.5 know no `verbose`.


def _valhalla_table(profile: str, sources: Sequence[Position], targets: Sequence[Position]) -> Question:
    body = {"sources": _named(sources), "targets": _named(targets), "costing": profile, "units": "kilometers", "verbose": False}
    return Question("/sources_to_targets", body)


def _named(positions: Sequence[Position]) -> list[dict[str, float]]:
    return [{"lat": lat, "lon": lon} for lat, lon in positions]


def _valhalla_way(profile: str, places: Sequence[Position]) -> Question:
    return Question("/route", {"locations": _named(places), "costing": profile, "directions_type": "none"})


def _valhalla_line(document: Any) -> list[Position]:
    return [position for leg in document["trip"]["legs"] for position in _decoded(leg["shape"])]


def _decoded(shape: str) -> list[Position]:
    """Return the positions of an encoded polyline of six decimals.

    https://developers.google.com/maps/documentation/utilities/polylinealgorithm: differences, five bits to a character, low ones first.
    """
    numbers: list[int] = []
    number = shift = 0
    for character in shape:
        bits = ord(character) - 63
        number |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            numbers.append(~(number >> 1) if number & 1 else number >> 1)
            number = shift = 0
    if shift:
        raise ValueError("the shape of a leg is cut off")
    lats, lons = accumulate(numbers[::2]), accumulate(numbers[1::2])
    return [(lat / 1e6, lon / 1e6) for lat, lon in zip(lats, lons, strict=True)]


def _valhalla_times(document: Any) -> tuple[Any, Any]:
    found = document["sources_to_targets"]
    if isinstance(found, dict):
        seconds, kilometres = found["durations"], found["distances"]
    else:
        seconds, kilometres = ([[cell[name] for cell in row] for row in found] for name in ("time", "distance"))
    return seconds, [[None if km is None else 1000 * km for km in row] for row in kilometres]


def _valhalla_refusal(document: Any) -> Refusal:
    words = _said(document, "error")
    code = document.get("error_code") if isinstance(document, dict) else None
    # By number: https://valhalla.github.io/valhalla/api/turn-by-turn/api-reference/#internal-error-codes-and-conditions
    meaning: dict[object, Why] = {150: "too big", 154: "too far", 170: "unconnected", 171: "no road"}
    return Refusal(meaning.get(code if isinstance(code, int) else None, "other"), words)


# ----------------------------------------------------------- openrouteservice
# https://openrouteservice.org/dev/#/api-docs/v2/matrix: lists of lon and lat; indices as text.


def _ors_table(profile: str, sources: Sequence[Position], targets: Sequence[Position]) -> Question:
    points, rows, columns = _joined(sources, targets)
    body = {
        "locations": [[lon, lat] for lat, lon in points],
        "sources": [str(i) for i in rows],
        "destinations": [str(i) for i in columns],
        "metrics": ["duration", "distance"],
        "units": "m",
    }
    return Question(f"/v2/matrix/{profile}", body)


def _ors_way(profile: str, places: Sequence[Position]) -> Question:
    return Question(f"/v2/directions/{profile}/geojson", {"coordinates": [[lon, lat] for lat, lon in places], "instructions": False})


def _ors_line(document: Any) -> list[Position]:
    return _turned(document["features"][0]["geometry"]["coordinates"])


def _ors_times(document: Any) -> tuple[Any, Any]:
    return document["durations"], document["distances"]


def _ors_refusal(document: Any) -> Refusal:
    # A gateway in front of it says {"error": "..."}; the service itself {"error": {"code": .., "message": ".."}}.
    inner = document.get("error") if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        return Refusal("other", _said(document, "error", "message"))
    words, code = _said(inner, "message"), inner.get("code")
    return Refusal("too big" if code == 6004 else "no road" if code == 6010 else "other", words)


DIALECTS: MappingProxyType[Server, Dialect] = MappingProxyType(
    {
        # Servers take 100 places unless told otherwise; most of those that people run themselves are told otherwise.
        "osrm": Dialect(
            "OSRM",
            200,
            {"car": "driving", "van": "driving", "motorcycle": "driving", "walk": "foot"},
            _osrm_table,
            _osrm_times,
            _osrm_refusal,
            _osrm_way,
            _osrm_line,
        ),
        "valhalla": Dialect(
            "Valhalla",
            50,
            {"car": "auto", "van": "auto", "motorcycle": "motorcycle", "walk": "pedestrian"},
            _valhalla_table,
            _valhalla_times,
            _valhalla_refusal,
            _valhalla_way,
            _valhalla_line,
        ),
        "openrouteservice": Dialect(
            "openrouteservice",
            50,
            {"car": "driving-car", "van": "driving-car", "motorcycle": "driving-car", "walk": "foot-walking"},
            _ors_table,
            _ors_times,
            _ors_refusal,
            _ors_way,
            _ors_line,
        ),
    }
)
"""Every server that can be asked."""
