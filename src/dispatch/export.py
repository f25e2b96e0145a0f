"""Plans for other programs: GeoJSON for maps, CSV for spreadsheets, iCalendar for the engineers' phones."""

from __future__ import annotations

import csv as csv_module
import io
import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

import icalendar as ical

from dispatch import travel
from dispatch.errors import Fault, InputError
from dispatch.model import MINUTE, Place, Plan, Problem, Promise, Rest, Ticket, Unassigned, promises
from dispatch.travel import TravelMatrix
from dispatch.view import Row, Sheet, duration, sheets

__all__ = ["CSV_COLUMNS", "calendar", "csv", "geojson", "icalendar"]

CSV_COLUMNS = (
    "date", "engineer", "engineer_name", "shift", "stop", "ticket", "external_ref", "title", "customer", "kind", "priority",
    "status", "address", "lat", "lon", "arrival", "start", "end", "travel_min", "waiting_min", "service_min", "respond_by",
    "lateness_min", "cost_min", "reasons",
)  # fmt: skip
"""The header of the CSV, explained in ``docs/exports.md``."""

_NAMESPACE = uuid.UUID("6f0c1f9e-5d3a-5c86-9b57-0b5a0f3c7a11")
"""Makes calendar ids that are the same in every plan and collide with nobody else's."""


def _iso(moment: int | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, zone).isoformat()


# -------------------------------------------------------------------- GeoJSON


def _point(place: Place) -> list[float] | None:
    return None if place.lat is None or place.lon is None else [place.lon, place.lat]


def _feature(kind: str, name: str, geometry: str, coordinates: object, /, **properties: object) -> dict[str, Any]:
    """Return a feature; one without a position has the geometry null, as RFC 7946 asks."""
    shape = {"type": geometry, "coordinates": coordinates} if coordinates else None
    return {"type": "Feature", "id": name, "geometry": shape, "properties": {"feature": kind, **properties}}


def _details(ticket: Ticket, promised: Promise, zone: ZoneInfo) -> dict[str, object]:
    return {
        "ticket": ticket.id,
        "external_ref": ticket.external_ref,
        "title": ticket.title,
        "customer": ticket.customer,
        "kind": ticket.kind,
        "priority": ticket.priority,
        "status": ticket.status,
        "address": ticket.place.address,
        "respond_by": _iso(promised.respond_by, zone),
    }


def _route_features(
    sheet: Sheet, line: Sequence[tuple[float, float]], matrix: TravelMatrix, promised: dict[str, Promise], zone: ZoneInfo
) -> list[dict[str, Any]]:
    route = sheet.route
    if route is None:
        return []
    who = {"engineer": route.engineer, "name": sheet.name, "shift": route.shift, "colour": sheet.colour}
    name = f"{route.engineer}/{route.shift}"
    found = [
        _feature(
            "route",
            name,
            "LineString",
            [[round(lon, 6), round(lat, 6)] for lat, lon in line] if len(line) > 1 else None,
            **who,
            date=sheet.day.isoformat(),
            departure=_iso(route.departure, zone),
            **{"return": _iso(route.return_, zone)},
            stops=len(route.stops),
            km=round(route.distance_m / 1000, 3),
            minutes=round(route.travel / 60, 2),
            overtime_minutes=round(route.overtime / 60, 2),
            stroke=sheet.colour,
        )
    ]
    before = sheet.shift.start_place
    for row in sheet.rows:
        found.append(_stop_feature(row, name, who, matrix.between(before, row.ticket.place)[1], promised[row.ticket.id], zone))
        before = row.ticket.place
    return found


def _stop_feature(row: Row, route: str, who: dict[str, str], metres: int, promised: Promise, zone: ZoneInfo) -> dict[str, Any]:
    s = row.stop
    return _feature(
        "stop",
        f"{route}/{row.number}",
        "Point",
        _point(row.ticket.place),
        **who,
        order=row.number,
        **_details(row.ticket, promised, zone),
        arrival=_iso(s.arrival, zone),
        start=_iso(s.start, zone),
        end=_iso(s.end, zone),
        travel_minutes=round(s.travel / 60, 2),
        travel_km=round(metres / 1000, 3),
        waiting_minutes=round(s.waiting / 60, 2),
        lateness_minutes=round(s.lateness / 60, 2),
        **{"marker-color": who["colour"]},
    )


def _unassigned_feature(left: Unassigned, ticket: Ticket, promised: Promise, zone: ZoneInfo) -> dict[str, Any]:
    return _feature(
        "unassigned",
        f"unassigned/{ticket.id}",
        "Point",
        _point(ticket.place),
        **_details(ticket, promised, zone),
        cost_minutes=round(left.cost / MINUTE, 2),
        reasons=[r.code for r in left.reasons],
    )


def geojson(problem: Problem, plan: Plan, matrix: TravelMatrix) -> str:
    """Return a checked plan as a GeoJSON FeatureCollection (RFC 7946).

    A LineString per route, along the roads where travel is, a Point per stop and per unassigned ticket; the property `feature`
    tells them apart.
    Times carry an offset, `stroke` and `marker-color` are read by common map viewers. What has no position has no geometry.

    Parameters
    ----------
    matrix
        Of the problem: it gives the kilometres of each leg.
    """
    zone = ZoneInfo(problem.time_zone)
    promised = promises(problem)
    tickets = {t.id: t for t in problem.tickets}
    shown = sheets(problem, plan)
    drawn = travel.lines(problem, [sheet.places if sheet.route else () for sheet in shown])
    features = [f for sheet, line in zip(shown, drawn, strict=True) for f in _route_features(sheet, line, matrix, promised, zone)]
    features += [_unassigned_feature(u, tickets[u.ticket], promised[u.ticket], zone) for u in plan.unassigned]
    lines = ",\n".join(json.dumps(f, ensure_ascii=False) for f in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


# ------------------------------------------------------------------------ CSV


def _text(text: str | None) -> str:
    """Return text that no spreadsheet takes for a formula: what could start one gets an apostrophe in front."""
    text = text or ""
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@＝＋－＠") or text[:1] in ("\t", "\r", "\n") else text


def _local(moment: int | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{datetime.fromtimestamp(moment, zone):%Y-%m-%d %H:%M:%S}"


def _minutes(amount: int, unit: int = 60) -> str:
    return f"{amount / unit:.2f}".rstrip("0").rstrip(".")


def _ticket_cells(ticket: Ticket, respond_by: int | None, zone: ZoneInfo) -> dict[str, str]:
    place = ticket.place
    return {
        "ticket": _text(ticket.id),
        "external_ref": _text(ticket.external_ref),
        "title": _text(ticket.title),
        "customer": _text(ticket.customer),
        "kind": ticket.kind,
        "priority": str(ticket.priority),
        "status": ticket.status,
        "address": _text(place.address),
        "lat": "" if place.lat is None else str(place.lat),
        "lon": "" if place.lon is None else str(place.lon),
        "respond_by": _local(respond_by, zone),
    }


def _stop_cells(sheet: Sheet, row: Row, zone: ZoneInfo) -> dict[str, str]:
    s = row.stop
    return {
        **_ticket_cells(row.ticket, row.respond_by, zone),
        "date": sheet.day.isoformat(),
        "engineer": _text(sheet.engineer.id),
        "engineer_name": _text(sheet.engineer.name),
        "shift": _text(sheet.shift.id),
        "stop": str(row.number),
        "arrival": _local(s.arrival, zone),
        "start": _local(s.start, zone),
        "end": _local(s.end, zone),
        "travel_min": _minutes(s.travel),
        "waiting_min": _minutes(s.waiting),
        "service_min": _minutes(s.end - s.start),
        "lateness_min": _minutes(s.lateness),
        "cost_min": _minutes(s.cost, MINUTE),
    }


def csv(problem: Problem, plan: Plan) -> str:
    """Return a checked plan as CSV (RFC 4180): a row per stop in the order of the day, unassigned tickets at the end.

    Columns are `CSV_COLUMNS`; times are local and without offset, as spreadsheets want them. Text that a
    spreadsheet would take for a formula has an apostrophe in front. Write it as ``utf-8-sig``, so that Excel sees the encoding.
    """
    zone = ZoneInfo(problem.time_zone)
    promised = promises(problem)
    tickets = {t.id: t for t in problem.tickets}
    out = io.StringIO()
    writer = csv_module.DictWriter(out, CSV_COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_stop_cells(sheet, row, zone) for sheet in sheets(problem, plan) for row in sheet.rows)
    for u in plan.unassigned:
        cells = _ticket_cells(tickets[u.ticket], promised[u.ticket].respond_by, zone)
        reasons = " ".join(f"{r.code}: {r.detail}" for r in u.reasons)
        writer.writerow({**cells, "cost_min": _minutes(u.cost, MINUTE), "reasons": _text(reasons)})
    return out.getvalue()


# ------------------------------------------------------------------ iCalendar


def _event(key: Iterable[str], start: int, end: int, problem: Problem, zone: ZoneInfo) -> ical.Event:
    event = ical.Event()
    event.add("uid", str(uuid.uuid5(_NAMESPACE, "\n".join(key))))
    event.add("dtstamp", datetime.fromtimestamp(problem.now, UTC))
    event.add("dtstart", datetime.fromtimestamp(start, zone))
    event.add("dtend", datetime.fromtimestamp(end, zone))
    return event


def _visit(row: Row, sheet: Sheet, problem: Problem, zone: ZoneInfo) -> ical.Event:
    t, s = row.ticket, row.stop
    # The id goes by the ticket alone: moved to another time or engineer, it stays the same visit.
    event = _event(("ticket", t.id), s.start, s.end, problem, zone)
    event.add("summary", " ".join(word for word in (t.id, t.title) if word))
    said = [f"Customer: {t.customer}"] if t.customer else []
    said += [f"Kind: {t.kind}, priority {t.priority}"]
    said += [f"Stop {row.number} of {len(sheet.rows)}, {duration(s.travel)} of travel before it, arrival {_local(s.arrival, zone)[11:16]}"]
    if row.respond_by is not None:
        said.append(f"Promised by {_local(row.respond_by, zone)[:16]}" + (f", late {duration(s.lateness)}" if s.lateness else ""))
    if t.external_ref:
        said.append(f"Reference: {t.external_ref}")
    event.add("description", "\n".join(said))
    if t.place.address:
        event.add("location", t.place.address)
    if t.place.lat is not None and t.place.lon is not None:
        event.add("geo", (t.place.lat, t.place.lon))
    event.add("categories", [t.kind])
    return event


def _break(rest: Rest, number: int, sheet: Sheet, problem: Problem, zone: ZoneInfo) -> ical.Event:
    # The same shift id may come back every day.
    key = "break", sheet.engineer.id, _local(sheet.shift.start, zone)[:10], sheet.shift.id, str(number)
    event = _event(key, rest.start, rest.end, problem, zone)
    event.add("summary", "Break")
    return event


def _known_engineer(problem: Problem, engineer_id: str) -> str:
    for e in problem.engineers:
        if e.id == engineer_id:
            return e.name or e.id
    message = f"There is no engineer {engineer_id}."
    raise InputError([Fault("/engineers", "UNKNOWN_ENGINEER", message, "Add the engineer to engineers, or correct the id.")])


def _add_zone(calendar: ical.Calendar, moments: Sequence[int], zone: ZoneInfo) -> None:
    """Describe the time zone from the year before the first event to the end of the year of the last one."""
    if moments:
        years = [datetime.fromtimestamp(m, zone).year for m in (min(moments), max(moments))]
        # A year earlier: an event just after New Year still needs the rule in force before it.
        calendar.add_missing_timezones(date(years[0] - 1, 1, 1), date(years[1] + 1, 1, 1))


def icalendar(problem: Problem, plan: Plan, engineer_id: str) -> bytes:
    """Return the days of one engineer as an iCalendar file (RFC 5545): an event per stop and per break.

    Event ids stay the same from plan to plan, so that a calendar which subscribes to the file moves its events and adds
    none; DTSTAMP is the planning moment, so that one problem gives the same bytes every time.

    Raises
    ------
    InputError
        There is no such engineer.
    """
    _known_engineer(problem, engineer_id)
    return calendar([(problem, plan)], engineer_id)


def calendar(days: Sequence[tuple[Problem, Plan]], engineer_id: str) -> bytes:
    """Return several days of one engineer as one iCalendar file; days without the engineer are left out.

    Parameters
    ----------
    days
        Problems with their checked plans. A ticket that is in two of them is shown as the later one has it.
    """
    found = ical.Calendar()
    found.add("prodid", f"-//field-dispatch//{version('field-dispatch')}//EN")
    found.add("version", "2.0")
    events: dict[str, tuple[int, ical.Event]] = {}
    name, zone = engineer_id, ZoneInfo("UTC")
    for problem, plan in days:
        zone = ZoneInfo(problem.time_zone)
        called = next((e.name or e.id for e in problem.engineers if e.id == engineer_id), engineer_id)
        name = f"{problem.name}: {called}" if problem.name and len(days) == 1 else called
        for sheet in sheets(problem, plan):
            if sheet.engineer.id == engineer_id and sheet.route is not None:
                of_day = [(r.stop.start, _visit(r, sheet, problem, zone)) for r in sheet.rows]
                of_day += [(b.start, _break(b, i, sheet, problem, zone)) for i, b in enumerate(sheet.route.breaks, 1)]
                events.update((f"{event['uid']}", (start, event)) for start, event in of_day)
    found.add("x-wr-calname", name)
    found.add("x-wr-timezone", zone.key)
    for _, event in sorted(events.values(), key=lambda item: item[0]):
        found.add_component(event)
    _add_zone(found, [moment for moment, _ in events.values()], zone)
    return bytes(found.to_ical())
