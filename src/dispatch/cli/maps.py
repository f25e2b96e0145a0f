"""The commands about maps: what is in one, times between places, and the way from one place to another."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dispatch import answers
from dispatch.cli import options
from dispatch.cli.edge import FAILED, guarded, note, put, say
from dispatch.cli.files import cache_folder, check_writable, read, write
from dispatch.errors import Fault, InputError
from dispatch.model import PlanWarning, Profile
from dispatch.view import duration, kilometres

if TYPE_CHECKING:
    from dispatch.travel.road import RoadMap
    from dispatch.travel.survey import Directions, Spot, Table

maps = typer.Typer(no_args_is_help=True, help="Maps: OpenStreetMap extracts, and times along their roads.")

Extract = Annotated[Path, typer.Argument(metavar="EXTRACT", help="OpenStreetMap data: .osm.pbf, .osm.gz, .osm.bz2 or .osm.")]
ProfileName = Annotated[Profile, typer.Option("--profile", help="What is driven, or walk.")]
_WITH_NEGATIVES = {"ignore_unknown_options": True}
"""Lets -30.05,-51.20 be a place and no option."""

LEFT_OUT = (
    ("ways_closed", "ways that the profile does not use"),
    ("ways_without_length", "ways without length, or of which the extract has no two nodes"),
    ("nodes_missing", "nodes of ways that the extract does not have"),
    ("speeds_unread", "speed limits that could not be read"),
    ("restrictions_unread", "restrictions of turns that say nothing about these roads"),
    ("metres_left_out", "metres of road that are not connected there and back"),
)
"""Names of counts that say what was left out, in words."""


def _open(extract: Path, profile: Profile) -> RoadMap:
    from dispatch.travel import road

    return road.open_map(extract, profile, cache_folder())


# ------------------------------------------------------------------ places


def _position(text: str) -> tuple[float, float] | None:
    """Return the degrees that LAT,LON states, or None where it states none."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _spot(text: str, name: str, hint: str) -> Spot:
    from dispatch.travel.survey import Spot

    at = _position(text)
    if at is None:
        raise typer.BadParameter(f"{text!r} is no position such as -30.05,-51.20 (lat, lon)", param_hint=hint)
    return Spot(name, *at)


def _spots(given: Sequence[str]) -> list[Spot]:
    """Return the places that arguments name: positions, and files of them.

    Raises
    ------
    InputError
        A file is missing or faulty; all faults of it at once.
    """
    found: list[Spot] = []
    for text in given:
        if text != "-" and _position(text) is None and not Path(text).suffix:
            _spot(text, "", "PLACES")
        if _position(text) is not None:
            found.append(_spot(text, f"{len(found) + 1}", "PLACES"))
        else:
            found += _of_file(text, read(text))
    return found


def _of_file(source: str, data: bytes) -> list[Spot]:
    """Return the places in a file: CSV with the columns lat and lon, and id if it has one, or a JSON array of such objects."""
    from dispatch.travel.survey import Spot

    rows = list(_rows(source, data))
    faults: list[Fault] = []
    found: list[Spot] = []
    for i, row in enumerate(rows):
        numbers = []
        for field, most in (("lat", 90), ("lon", 180)):
            pointer, value = f"{source}#/{i}/{field}", row.get(field)
            try:
                number = float(value if isinstance(value, str | int | float) else "")
            except ValueError:
                code = "MISSING_FIELD" if value in (None, "") else "WRONG_TYPE"
                faults.append(Fault(pointer, code, f"`{field}` is {value!r}, not a number.", "Give degrees as a number."))
                continue
            if not isfinite(number) or abs(number) > most:
                faults.append(Fault(pointer, "POSITION_OUT_OF_RANGE", f"`{field}` is {number:g}.", f"Give degrees from -{most} to {most}."))
            numbers.append(number)
        if len(numbers) == 2:
            found.append(Spot(str(row.get("id") or i + 1), *numbers))
    if not rows:
        faults.append(Fault(f"{source}#", "MISSING_FIELD", "There is no place in it.", "Give rows with lat and lon."))
    if faults:
        raise InputError(faults)
    return found


def _rows(source: str, data: bytes) -> Iterator[dict[str, Any]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError([Fault(f"{source}#", "WRONG_ENCODING", "It is not UTF-8.", "Save the file as UTF-8.")]) from None
    if not text.lstrip().startswith(("[", "{")):
        reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
        if not {"lat", "lon"} <= set(reader.fieldnames or ()):
            message = f"The columns are {', '.join(reader.fieldnames or ()) or 'none'}."
            raise InputError([Fault(f"{source}#", "MISSING_FIELD", message, "Name columns lat and lon, and id, in the first line.")])
        yield from reader
        return
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError([Fault(f"{source}#", "MALFORMED_JSON", f"It is no JSON: {error}.", "Correct the JSON.")]) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError([Fault(f"{source}#", "WRONG_TYPE", "It is no array of objects.", 'Write [{"id": .., "lat": .., "lon": ..}, ..].')])
    yield from rows


def _tell(warnings: Sequence[PlanWarning]) -> None:
    for w in warnings:
        note(f"dispatch: {w.message}")


# ------------------------------------------------------------------ commands


@maps.command("info")
@guarded
def info(extract: Extract, *, profile: ProfileName = "car", as_json: options.AsJson = False) -> int:
    """Tell what is in a map: junctions, roads, kilometres, extent, and what was left out."""
    from dispatch import console
    from dispatch.travel.survey import survey

    found = survey(_open(extract, profile))
    if as_json:
        put(answers.text(asdict(found)))
        return 0
    south, west, north, east = found.extent
    rows = [
        ("junctions", f"{found.junctions:,}"),
        ("roads between them", f"{found.roads:,}, {found.kilometres:,.1f} km"),
        ("extent", f"lat {south:.4f} to {north:.4f}, lon {west:.4f} to {east:.4f}"),
        ("restrictions of turns", f"{found.counts.get('restrictions', 0):,}"),
    ]
    if len(found.parts) > 1:
        others = ", ".join(f"{km:g}" for km in found.parts[1:])
        rows.append(("parts", f"{len(found.parts)}: {found.parts[0]:,.1f} km, and not connected with it {others} km"))
    left = [(words, f"{found.counts[name]:,}") for name, words in LEFT_OUT if found.counts.get(name)]
    classes = [(c.name, f"{c.kilometres:,.1f}", f"{c.kmh:g}") for c in found.classes]
    say(console.survey(f"{found.name}, {profile}", rows, classes, left))
    return 0


@maps.command("matrix", context_settings=_WITH_NEGATIVES)
@guarded
def matrix(
    extract: Extract,
    places: Annotated[
        list[str], typer.Argument(metavar="PLACES...", help="Positions LAT,LON, and files of them: CSV with id, lat, lon, or JSON.")
    ],
    *,
    profile: ProfileName = "car",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here: .json, or else CSV.", show_default="CSV on standard output")
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Tell seconds and metres between all places, along the roads of a map."""
    from dispatch.travel.survey import table

    if output is not None:
        check_writable(output)
    spots = _spots(places)
    found = table(_open(extract, profile), spots)
    _tell(found.warnings)
    document = answers.text(_document(found))
    if output is not None:
        write(output, (document + "\n" if output.suffix == ".json" else _csv(found)).encode())
        note(f"Wrote {output}")
    if as_json or output is None:
        put(document if as_json else _csv(found).rstrip("\r\n"))
    return 0


def _document(found: Table) -> dict[str, Any]:
    return {
        "places": [{"id": s.name, "lat": s.lat, "lon": s.lon} for s in found.places],
        "seconds": found.seconds,
        "metres": found.metres,
        "warnings": answers.warnings(found.warnings),
    }


def _csv(found: Table) -> str:
    """Return a table as CSV, a row for each pair; no seconds and metres where there is no way."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("from", "to", "seconds", "metres"))
    for a, seconds, metres in zip(found.places, found.seconds, found.metres, strict=True):
        writer.writerows((a.name, b.name, s, m) for b, s, m in zip(found.places, seconds, metres, strict=True))
    return out.getvalue()


@maps.command("route", context_settings=_WITH_NEGATIVES)
@guarded
def route(
    extract: Extract,
    start: Annotated[str, typer.Argument(metavar="A", help="Position LAT,LON.")],
    end: Annotated[str, typer.Argument(metavar="B", help="Position LAT,LON.")],
    *,
    profile: ProfileName = "car",
    output: Annotated[Path | None, typer.Option(metavar="FILE.geojson", help="Write the way here, as GeoJSON.", show_default=False)] = None,
    as_json: options.AsJson = False,
) -> int:
    """Tell the fastest way from A to B: time, distance, and its streets in order. Exit code 1 where there is none."""
    from dispatch import console
    from dispatch.travel.survey import directions

    if output is not None:
        check_writable(output)
    a, b = _spot(start, "A", "A"), _spot(end, "B", "B")
    found = directions(_open(extract, profile), a, b)
    if found is None:
        if as_json:
            put(answers.text(None))
        note(f"dispatch: there is no way from {start} to {end} on this map.")
        return FAILED
    _tell(found.warnings)
    if output is not None:
        write(output, (answers.text(_feature(found)) + "\n").encode())
        note(f"Wrote {output}")
    if as_json:
        put(answers.text(_told(found)))
    else:
        steps = [(s.name or "without a name", kilometres(round(s.metres)), duration(round(s.seconds))) for s in found.steps]
        say(console.way(f"{duration(round(found.seconds))}, {kilometres(round(found.metres))}", steps))
    return 0


def _told(found: Directions) -> dict[str, Any]:
    steps = [{"name": s.name, "seconds": round(s.seconds, 1), "metres": round(s.metres, 1)} for s in found.steps]
    line = [[round(lon, 6), round(lat, 6)] for lat, lon in found.line]
    return {
        "seconds": round(found.seconds, 1),
        "metres": round(found.metres, 1),
        "steps": steps,
        "geometry": {"type": "LineString", "coordinates": line},
        "warnings": answers.warnings(found.warnings),
    }


def _feature(found: Directions) -> dict[str, Any]:
    told = _told(found)
    properties = {name: told[name] for name in ("seconds", "metres", "steps")}
    return {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": told["geometry"], "properties": properties}]}
