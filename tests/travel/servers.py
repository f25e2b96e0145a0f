"""Routing servers that answer in this process, from the positions as each one writes them: a wrong order shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx2

from dispatch.model import Engineer, Place, Problem, Server, ServerTravel, Shift, Ticket
from dispatch.travel import Means

URLS: dict[Server, str] = {"osrm": "http://osrm.test", "valhalla": "http://valhalla.test/", "openrouteservice": "http://ors.test/ors"}
PLACES = ((52.1, 4.5), (52.25, 4.75), (52.3, 5.0), (52.0, 5.5), (52.61, 4.12345))
Position = tuple[float, float]


def day(travel: ServerTravel, places: Sequence[Position] = PLACES) -> Problem:
    """Return a problem of one engineer at the first place, and a ticket at every other."""
    home, *others = (Place(lat, lon) for lat, lon in places)
    ann = Engineer("ann", (Shift("mon", 0, 28_800, 28_800, home, home),), home=home)
    return Problem((ann,), tuple(Ticket(f"T{i}", p, 600) for i, p in enumerate(others, 1)), 0, travel=travel)


def seconds(a: Position, b: Position) -> int:
    """Return the travel seconds of a leg: north counts three times, and west is not east."""
    return round(3000 * abs(b[0] - a[0]) + 1000 * (b[1] - a[1]) * (1 if b[1] > a[1] else -2))


def metres(a: Position, b: Position) -> int:
    return 10 * seconds(a, b)


def expected(places: Sequence[Position] = PLACES) -> tuple[list[list[int]], list[list[int]]]:
    return [[seconds(a, b) for b in places] for a in places], [[metres(a, b) for b in places] for a in places]


@dataclass
class Fake:
    """A server that notes what it is asked for.

    Parameters
    ----------
    most
        Sources times targets that it takes at once.
    island
        Places that nobody comes to or leaves.
    sea
        Places without a road.
    moon
        Places too far from all others.
    """

    source: Server
    most: int = 10_000
    island: frozenset[Position] = frozenset()
    sea: frozenset[Position] = frozenset()
    moon: frozenset[Position] = frozenset()
    asked: list[tuple[list[Position], list[Position]]] = field(default_factory=list)
    refused: int = 0
    requests: list[httpx2.Request] = field(default_factory=list)

    @property
    def pairs(self) -> int:
        return sum(len(a) * len(b) for a, b in self.asked)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        sources, targets = READERS[self.source](request)
        trouble = self._trouble(sources, targets)
        if trouble is not None:
            self.refused += 1
            return httpx2.Response(400, json=trouble)
        self.asked.append((sources, targets))
        return httpx2.Response(200, json=self._answer(sources, targets))

    def _trouble(self, sources: list[Position], targets: list[Position]) -> dict[str, Any] | None:
        wet = next((i for i, p in enumerate(dict.fromkeys((*sources, *targets))) if p in self.sea), None)
        if self.source == "osrm":
            if len({*sources, *targets}) < 2:
                return {"message": "Number of coordinates needs to be at least two.", "code": "InvalidOptions"}
            if len(sources) * len(targets) > self.most:
                return {"message": "Too many table coordinates", "code": "TooBig"}
            if wet is not None:
                return {"message": f"Could not find a matching segment for coordinate {wet}", "code": "NoSegment"}
        elif self.source == "valhalla":
            if len(sources) * len(targets) > self.most:
                return {"error_code": 150, "error": f"Exceeded max locations: {self.most}", "status_code": 400, "status": "Bad Request"}
            if ({*sources, *targets} & self.moon) and len({*sources, *targets}) > 1:
                words = "Path distance exceeds the max distance limit: 400000 meters"
                return {"error_code": 154, "error": words, "status_code": 400, "status": "Bad Request"}
            if wet is not None:
                return {"error_code": 171, "error": "No suitable edges near location", "status_code": 400, "status": "Bad Request"}
            if ({*sources, *targets} & self.island) and len({*sources, *targets}) > 1:
                return {"error_code": 170, "error": "Locations are in unconnected regions", "status_code": 400, "status": "Bad Request"}
        elif len(sources) * len(targets) > self.most:
            words = f"Request parameters exceed the server configuration limits. Only a total of {self.most} routes are allowed."
            return {"error": {"code": 6004, "message": words}}
        return None

    def _answer(self, sources: list[Position], targets: list[Position]) -> dict[str, Any]:
        def table(leg: Callable[[Position, Position], float]) -> list[list[float | None]]:
            lost = self.island | self.sea
            return [[None if a != b and {a, b} & lost else leg(a, b) for b in targets] for a in sources]

        if self.source == "valhalla":
            return {"sources_to_targets": {"durations": table(seconds), "distances": table(lambda a, b: metres(a, b) / 1000)}}
        return {"code": "Ok", "durations": table(seconds), "distances": table(metres)}


def _osrm(request: httpx2.Request) -> tuple[list[Position], list[Position]]:
    path, _, query = unquote(request.url.raw_path.decode()).partition("?")
    assert path.startswith("/table/v1/driving/")
    points = [(float(lat), float(lon)) for lon, lat in (p.split(",") for p in path.rsplit("/", 1)[1].split(";"))]
    fields = parse_qs(query, separator="&")
    assert fields["annotations"] == ["duration,distance"]
    sources, targets = ([points[int(i)] for i in fields[name][0].split(";")] for name in ("sources", "destinations"))
    return sources, targets


def _valhalla(request: httpx2.Request) -> tuple[list[Position], list[Position]]:
    assert (request.method, request.url.path) == ("POST", "/sources_to_targets")
    body = json.loads(request.content)
    assert (body["costing"], body["units"]) == ("auto", "kilometers")
    sources, targets = ([(p["lat"], p["lon"]) for p in body[name]] for name in ("sources", "targets"))
    return sources, targets


def _ors(request: httpx2.Request) -> tuple[list[Position], list[Position]]:
    assert (request.method, request.url.path) == ("POST", "/ors/v2/matrix/driving-car")
    body = json.loads(request.content)
    assert (body["metrics"], body["units"]) == (["duration", "distance"], "m")
    sources, targets = (
        [(body["locations"][int(i)][1], body["locations"][int(i)][0]) for i in body[name]] for name in ("sources", "destinations")
    )
    return sources, targets


READERS: dict[Server, Callable[[httpx2.Request], tuple[list[Position], list[Position]]]] = {
    "osrm": _osrm,
    "valhalla": _valhalla,
    "openrouteservice": _ors,
}


def by(handler: Callable[[httpx2.Request], httpx2.Response], **fields: Any) -> Means:
    """Return means whose requests a handler answers."""
    return Means(transport=httpx2.MockTransport(handler), **fields)
