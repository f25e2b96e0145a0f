"""Faults of places: coordinates that cannot be meant, and places the travel source cannot use."""

from __future__ import annotations

from collections.abc import Iterator
from math import asin, cos, radians, sin, sqrt
from statistics import median

from dispatch.errors import Fault
from dispatch.schema import documents
from dispatch.schema.codes import fault
from dispatch.schema.values import plain, shown

_FAR_KM = 1000.0
_NEAR_KM = 200.0


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great circle between two positions (lat, lon in degrees)."""
    north_a, north_b = radians(a[0]), radians(b[0])
    half = sin((north_b - north_a) / 2) ** 2 + cos(north_a) * cos(north_b) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 12_742.0 * asin(sqrt(min(1.0, half)))


def place_faults(problem: documents.Problem, *, allow_addresses: bool) -> Iterator[Fault]:
    """Yield the faults of all places."""
    rows = len(problem.travel.seconds) if isinstance(problem.travel, documents.MatrixTravel) else None
    placed: list[tuple[str, tuple[float, float]]] = []
    for pointer, place, used in _places(problem):
        found = list(_position(pointer, place))
        if found:
            yield from found
        elif place.lat is not None and place.lon is not None:
            placed.append((pointer, (place.lat, place.lon)))
        elif rows is None and used and not (allow_addresses and place.address and place.address.strip()):
            what = f"only an address, {shown(place.address)}" if place.address else "neither position nor address"
            yield fault("PLACE_WITHOUT_POSITION", pointer, f"The place has {what}.")
        if rows is not None and used:
            yield from _index(pointer, place, rows)
    yield from _homes(problem)
    yield from _swapped(placed)


def _places(problem: documents.Problem) -> Iterator[tuple[str, documents.Place, bool]]:
    """Yield pointer, place, and whether a route can come there."""
    for i, e in enumerate(problem.engineers):
        if e.home is not None:
            yield f"/engineers/{i}/home", e.home, any(_goes_home(s) for s in e.shifts)
        for j, s in enumerate(e.shifts):
            for name, place in (("start_place", s.start_place), ("end_place", s.end_place)):
                if place is not None:
                    yield f"/engineers/{i}/shifts/{j}/{name}", place, True
            if s.resume is not None and s.resume.place is not None:
                yield f"/engineers/{i}/shifts/{j}/resume/place", s.resume.place, True
    for i, t in enumerate(problem.tickets):
        yield f"/tickets/{i}/place", t.place, True


def _goes_home(shift: documents.Shift) -> bool:
    return not {"start_place", "end_place"} <= shift.model_fields_set


def _homes(problem: documents.Problem) -> Iterator[Fault]:
    for i, e in enumerate(problem.engineers):
        if e.home is None:
            unsaid = next((s for s in e.shifts if _goes_home(s)), None)
            if unsaid is not None:
                message = f"Engineer {shown(e.id)} has no home, and shift {shown(unsaid.id)} does not say where it starts and ends."
                yield fault("MISSING_HOME", f"/engineers/{i}/home", message)


def _position(pointer: str, place: documents.Place) -> Iterator[Fault]:
    lat, lon = place.lat, place.lon
    if lat is None or lon is None:
        if lat is not None or lon is not None:
            name, other, value = ("lon", "lat", lat) if lat is not None else ("lat", "lon", lon or 0.0)
            yield fault("HALF_POSITION", f"{pointer}/{name}", f"`{other}` is {plain(value)} and `{name}` is missing.")
    elif 90 < abs(lat) <= 180 and abs(lon) <= 90:
        yield fault("SWAPPED_COORDINATES", pointer, f"lat {plain(lat)}, lon {plain(lon)} is nowhere on earth; exchanged it is.")
    elif abs(lat) > 90 or abs(lon) > 180:
        name, value, most = ("lat", lat, 90) if abs(lat) > 90 else ("lon", lon, 180)
        yield fault("POSITION_OUT_OF_RANGE", f"{pointer}/{name}", f"`{name}` is {plain(value)}, beyond {most} degrees.")
    elif lat == 0 and lon == 0:
        yield fault("ZERO_COORDINATES", pointer, f"lat {plain(lat)}, lon {plain(lon)} is a point in the Gulf of Guinea.")


def _index(pointer: str, place: documents.Place, rows: int) -> Iterator[Fault]:
    if place.index is None:
        yield fault("PLACE_WITHOUT_INDEX", f"{pointer}/index", "Travel comes from a matrix, and the place has no index.")
    elif place.index >= rows:
        yield fault("INDEX_OUT_OF_RANGE", f"{pointer}/index", f"`index` is {place.index}, and the matrix has {rows} rows.")


def _swapped(placed: list[tuple[str, tuple[float, float]]]) -> Iterator[Fault]:
    """Yield the places that are far from where the work is and near it when lat and lon are exchanged."""
    if len(placed) < 3:
        return
    centre = (median(p[0] for _, p in placed), median(p[1] for _, p in placed))
    for pointer, (lat, lon) in placed:
        if abs(lon) <= 90 and kilometres((lat, lon), centre) > _FAR_KM and kilometres((lon, lat), centre) < _NEAR_KM:
            away = kilometres((lat, lon), centre)
            message = f"lat {plain(lat)}, lon {plain(lon)} is {away:,.0f} km from the other places; exchanged it is among them."
            yield fault("SWAPPED_COORDINATES", pointer, message)
