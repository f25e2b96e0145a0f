"""GeoJSON, CSV and iCalendar of one morning (`tests.sample_day`), read back whole."""

from __future__ import annotations

import csv as csv_module
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest

from dispatch import export, schema
from dispatch.errors import InputError
from dispatch.model import Place, Plan, Route, Stop
from dispatch.travel import matrix
from tests import sample_day as day

WHO = {"engineer": "ann", "name": "Ann Li", "shift": "tue", "colour": "#0e74c4"}


def geojson(problem: Any = day.PROBLEM, plan: Plan | None = None) -> list[dict[str, Any]]:
    """Return the features of the sample day."""
    document = json.loads(export.geojson(problem, plan or day.checked(problem).plan, matrix(problem)))
    assert document["type"] == "FeatureCollection"
    features: list[dict[str, Any]] = document["features"]
    return features


def clock(hours: str) -> str:
    return f"2026-11-03T{hours}:00+08:00"


def test_geojson_draws_each_route_as_a_line_in_longitude_and_latitude() -> None:
    assert geojson()[0] == {
        "type": "Feature",
        "id": "ann/tue",
        "geometry": {
            "type": "LineString",
            "coordinates": [[112.9, 28.2], [112.91, 28.21], [112.92, 28.22], [112.91, 28.21], [112.9, 28.2]],
        },
        "properties": {
            "feature": "route",
            **WHO,
            "date": "2026-11-03",
            "departure": clock("08:00"),
            "return": clock("13:30"),
            "stops": 3,
            "km": 72.0,
            "minutes": 120.0,
            "overtime_minutes": 90.0,
            "stroke": "#0e74c4",
        },
    }


def test_geojson_gives_each_stop_its_order_its_times_and_its_ticket() -> None:
    features = geojson()
    assert [(f["id"], f["geometry"]["coordinates"]) for f in features[1:4]] == [
        ("ann/tue/1", [112.91, 28.21]),
        ("ann/tue/2", [112.92, 28.22]),
        ("ann/tue/3", [112.91, 28.21]),
    ]
    assert features[3]["properties"] == {
        "feature": "stop",
        **WHO,
        "order": 3,
        "ticket": "C",
        "external_ref": None,
        "title": "Leak",
        "customer": "mill",
        "kind": "repair",
        "priority": 3,
        "status": "open",
        "address": "Wuyi Avenue 12, Changsha",
        "respond_by": clock("11:30"),
        "arrival": clock("12:30"),
        "start": clock("12:30"),
        "end": clock("13:00"),
        "travel_minutes": 30.0,
        "travel_km": 18.0,
        "waiting_minutes": 0.0,
        "lateness_minutes": 60.0,
        "marker-color": "#0e74c4",
    }


def test_geojson_ends_with_the_tickets_left_out() -> None:
    assert geojson()[4:] == [
        {
            "type": "Feature",
            "id": "unassigned/D",
            "geometry": {"type": "Point", "coordinates": [112.95, 28.25]},
            "properties": {
                "feature": "unassigned",
                "ticket": "D",
                "external_ref": None,
                "title": "Crane training",
                "customer": "port",
                "kind": "training",
                "priority": 4,
                "status": "open",
                "address": None,
                "respond_by": None,
                "cost_minutes": 120.0,
                "reasons": ["NO_SKILL"],
            },
        }
    ]


def test_geojson_has_no_geometry_where_there_is_no_position() -> None:
    features = geojson(day.without_positions())
    assert [(f["id"], f["geometry"]) for f in features] == [
        ("ann/tue", None),
        ("ann/tue/1", None),
        ("ann/tue/2", None),
        ("ann/tue/3", None),
        ("unassigned/D", None),
    ]


def test_geojson_draws_no_line_through_a_single_point() -> None:
    ann = day.PROBLEM.engineers[0]
    nowhere = replace(ann, shifts=(replace(ann.shifts[0], start_place=None, end_place=None),))
    problem = replace(day.PROBLEM, engineers=(nowhere,))
    verdict = day.checked(problem, Route("ann", "tue", (Stop("A"),)))
    assert [f["geometry"] and f["geometry"]["type"] for f in geojson(problem, verdict.plan)] == [None, "Point", "Point", "Point", "Point"]


def test_csv_has_a_row_per_stop_and_the_tickets_left_out_at_the_end() -> None:
    assert export.csv(day.PROBLEM, day.checked().plan).split("\r\n") == [
        "date,engineer,engineer_name,shift,stop,ticket,external_ref,title,customer,kind,priority,status,address,lat,lon,"
        "arrival,start,end,travel_min,waiting_min,service_min,respond_by,lateness_min,cost_min,reasons",
        '2026-11-03,ann,Ann Li,tue,1,A,RT-7,Pump seized,port,emergency,1,open,"Wuyi Avenue 10, Changsha",28.21,112.91,'
        "2026-11-03 08:30:00,2026-11-03 08:30:00,2026-11-03 09:30:00,30,0,60,,0,34.8,",
        "2026-11-03,ann,Ann Li,tue,2,B,,Yearly check,,inspection,3,open,,28.22,112.92,"
        "2026-11-03 10:30:00,2026-11-03 11:00:00,2026-11-03 12:00:00,30,30,60,,0,35.4,",
        '2026-11-03,ann,Ann Li,tue,3,C,,Leak,mill,repair,3,open,"Wuyi Avenue 12, Changsha",28.21,112.91,'
        "2026-11-03 12:30:00,2026-11-03 12:30:00,2026-11-03 13:00:00,30,0,30,2026-11-03 11:30:00,60,97.2,",
        ",,,,,D,,Crane training,port,training,4,open,,28.25,112.95,,,,,,,,,120,NO_SKILL: Nobody has the skill crane.",
        "",
    ]


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 7071", "'+49 7071"),
        ("-5 °C", "'-5 °C"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1+1", "'\r=1+1"),
        ("＝1+1", "'＝1+1"),
        ("Pump = broken", "Pump = broken"),
        ('7" pipe, rusty', '7" pipe, rusty'),
    ],
)
def test_csv_hands_no_formula_to_a_spreadsheet(title: str, cell: str) -> None:
    problem = replace(day.PROBLEM, tickets=(replace(day.A, title=title), *day.PROBLEM.tickets[1:]))
    rows = list(csv_module.DictReader(io.StringIO(export.csv(problem, day.checked(problem).plan), newline="")))
    assert rows[0]["title"] == cell


def test_csv_leaves_negative_coordinates_numbers() -> None:
    rio = replace(day.A, place=Place(-22.9, -43.2, index=1))
    problem = replace(day.PROBLEM, tickets=(rio, *day.PROBLEM.tickets[1:]))
    rows = list(csv_module.DictReader(io.StringIO(export.csv(problem, day.checked(problem).plan))))
    assert (rows[0]["lat"], rows[0]["lon"]) == ("-22.9", "-43.2")


def events(data: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def test_icalendar_has_an_event_per_stop_and_break_in_local_time() -> None:
    found = events(export.icalendar(day.PROBLEM, day.checked().plan, "ann"))
    assert [(str(e["summary"]), e.start.isoformat(), e.end.isoformat()) for e in found] == [
        ("A Pump seized", clock("08:30"), clock("09:30")),
        ("Break", clock("09:40"), clock("10:10")),
        ("B Yearly check", clock("11:00"), clock("12:00")),
        ("C Leak", clock("12:30"), clock("13:00")),
    ]
    assert {e["dtstart"].params["TZID"] for e in found} == {"Asia/Shanghai"}


def test_icalendar_tells_where_to_go_and_what_was_promised() -> None:
    late = events(export.icalendar(day.PROBLEM, day.checked().plan, "ann"))[3]
    assert (str(late["location"]), late["geo"].to_ical()) == ("Wuyi Avenue 12, Changsha", "28.21;112.91")
    assert str(late["description"]).splitlines() == [
        "Customer: mill",
        "Kind: repair, priority 3",
        "Stop 3 of 3, 30 min of travel before it, arrival 12:30",
        "Promised by 2026-11-03 11:30, late 1 h 00 min",
    ]


def test_icalendar_stamps_events_with_the_planning_moment_and_so_gives_the_same_bytes_again() -> None:
    first, again = (export.icalendar(day.PROBLEM, day.checked().plan, "ann") for _ in range(2))
    assert first == again
    assert {e["dtstamp"].dt for e in events(first)} == {datetime.fromtimestamp(day.PROBLEM.now, UTC)}


def test_icalendar_keeps_the_id_of_a_ticket_that_moves_to_another_time_and_engineer() -> None:
    before = events(export.icalendar(day.PROBLEM, day.checked().plan, "ann"))
    moved = day.checked(day.PROBLEM, Route("bob", "tue", (Stop("C"), Stop("A"), Stop("B"))))
    after = events(export.icalendar(day.PROBLEM, moved.plan, "bob"))
    ids = {str(e["summary"]): str(e["uid"]) for e in before}
    assert len(set(ids.values())) == 4
    assert [(str(e["summary"]), str(e["uid"]) == ids[str(e["summary"])]) for e in after] == [
        ("C Leak", True),
        ("A Pump seized", True),
        ("Break", False),
        ("B Yearly check", True),
    ]


def test_the_breaks_of_two_days_are_two_events_though_the_shift_has_one_name() -> None:
    later = schema.read_problem(schema.write_problem(day.PROBLEM).replace(b"2026-11-03", b"2026-11-04"))
    days = [(problem, day.checked(problem).plan) for problem in (day.PROBLEM, later)]
    found = events(export.calendar(days, "ann"))
    breaks = [e.start.isoformat() for e in found if str(e["summary"]) == "Break"]
    assert breaks == [clock("09:40"), clock("09:40").replace("-03T", "-04T")]


def test_icalendar_describes_a_time_zone_with_summer_time() -> None:
    problem = replace(day.PROBLEM, time_zone="Europe/Berlin")
    calendar = icalendar.Calendar.from_ical(export.icalendar(problem, day.checked(problem).plan, "ann"))
    assert [str(z["tzid"]) for z in calendar.timezones] == ["Europe/Berlin"]
    assert {part.name for part in calendar.timezones[0].subcomponents} == {"STANDARD", "DAYLIGHT"}
    event: Any = calendar.walk("VEVENT")[0]
    assert event.start.isoformat() == "2026-11-03T01:30:00+01:00"


def test_icalendar_of_an_engineer_without_work_is_empty() -> None:
    data = export.icalendar(day.PROBLEM, day.checked().plan, "bob")
    assert events(data) == []
    assert str(icalendar.Calendar.from_ical(data)["x-wr-calname"]) == "A morning in Changsha: bob"


def test_icalendar_refuses_an_engineer_it_does_not_know() -> None:
    with pytest.raises(InputError) as refused:
        export.icalendar(day.PROBLEM, day.checked().plan, "eve")
    assert [(f.code, f.message) for f in refused.value.faults] == [("UNKNOWN_ENGINEER", "There is no engineer eve.")]
