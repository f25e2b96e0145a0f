"""What is written is read back as it was; equal problems are equal bytes; defaults are filled in."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dispatch import policy, schema
from dispatch.errors import InputError
from dispatch.model import (
    ON_FAILURE,
    PROFILES,
    RULES,
    SERVERS,
    WEEKDAYS,
    Actual,
    Cost,
    CrowTravel,
    Engineer,
    EngineerChoice,
    Pin,
    Place,
    Plan,
    PlanWarning,
    PolicyChoice,
    Problem,
    ProblemRef,
    Reason,
    Rest,
    RoadTravel,
    Route,
    ServerTravel,
    Shift,
    SolverRun,
    Speed,
    Stop,
    Ticket,
    Unassigned,
    WayIn,
    Window,
)
from tests.generated.problems import MIDNIGHT, problems
from tests.schema.samples import PROBLEM, at

HOUR = 3600
times = st.integers(0, 7_258_118_400)
durations = st.integers(0, 366 * 24 * HOUR)
costs = st.integers(-(10**13), 10**13)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)

stops = st.builds(Stop, ids, times, times, times, durations, durations, durations, costs) | st.builds(Stop, ids)
routes = st.builds(
    Route,
    ids,
    ids,
    st.lists(stops, max_size=3).map(tuple),
    times,
    times,
    durations,
    st.integers(0, 10**9),
    durations,
    st.lists(st.builds(Rest, times, times), max_size=2).map(tuple),
)
unassigned = st.builds(
    Unassigned,
    ids,
    costs,
    st.lists(st.builds(Reason, ids, texts, texts), max_size=2).map(tuple),
    st.lists(st.builds(WayIn, texts, costs), max_size=2).map(tuple),
)
ROUTED = (st.sampled_from(PROFILES), st.sampled_from(ON_FAILURE), st.floats(0.1, 1000), st.floats(0.1, 100))
URLS = ("http://127.0.0.1:5000", "https://api.openrouteservice.org", "http://[::1]/osrm/", "http://maps.example/a/b")
figures = st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | st.none()
plans = st.builds(
    Plan,
    st.lists(routes, max_size=3).map(tuple),
    st.lists(unassigned, max_size=3).map(tuple),
    st.none() | st.builds(ProblemRef, texts, texts),
    st.none() | st.sampled_from(list(policy.POLICY_WEIGHTS.values())),
    st.none() | st.builds(SolverRun, texts, st.floats(0, 1e6), st.integers(-5, 2**63), st.integers(0, 10**12), texts, st.none() | costs),
    st.none() | st.dictionaries(st.sampled_from(RULES), costs).map(Cost),
    st.dictionaries(texts, figures, max_size=4),
    st.lists(st.builds(PlanWarning, ids, texts, texts), max_size=2).map(tuple),
)


@settings(max_examples=100, deadline=None)
@given(problems())
def test_every_valid_problem_is_read_as_it_was_written(problem: Problem) -> None:
    written = schema.write_problem(problem)
    again = schema.read_problem(written)
    assert again == problem
    assert schema.write_problem(again) == written


@settings(max_examples=40, deadline=None)
@given(st.builds(RoadTravel, ids, *ROUTED) | st.builds(ServerTravel, st.sampled_from(SERVERS), st.sampled_from(URLS), *ROUTED))
def test_every_travel_source_is_read_as_it_was_written_and_is_valid_by_schema(travel: RoadTravel | ServerTravel) -> None:
    problem = replace(schema.read_problem(json.dumps(PROBLEM)), travel=travel)
    written = schema.write_problem(problem)
    assert schema.read_problem(written) == problem
    Draft202012Validator(schema.problem_schema()).validate(json.loads(written))


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ({"source": "road", "extract": "town.osm.gz"}, RoadTravel("town.osm.gz", "car", "fail", 40, 1.3)),
        (
            {"source": "valhalla", "url": "http://[::1]:8002/", "profile": "walk", "on_failure": "crow", "speed_kmh": 5},
            ServerTravel("valhalla", "http://[::1]:8002/", "walk", "crow", 5, 1.3),
        ),
    ],
)
def test_a_travel_source_takes_its_defaults(given_: dict[str, object], meant: RoadTravel | ServerTravel) -> None:
    assert schema.read_problem(json.dumps(PROBLEM | {"travel": given_})).travel == meant


@settings(max_examples=100, deadline=None)
@given(plans, st.sampled_from(("UTC", "Asia/Shanghai", "Africa/Monrovia")))
def test_every_plan_is_read_as_it_was_written(plan: Plan, time_zone: str) -> None:
    written = schema.write_plan(plan, time_zone)
    assert schema.read_plan(written) == plan
    assert schema.write_plan(schema.read_plan(written), time_zone) == written


@given(st.dictionaries(st.sampled_from(RULES), st.integers(0, 10**12), min_size=1))
def test_the_written_parts_of_a_cost_sum_to_the_written_total_to_the_last_decimal(by_rule: dict[str, int]) -> None:
    cost = json.loads(schema.write_plan(Plan((), cost=Cost(by_rule))), parse_float=Decimal, parse_int=Decimal)["cost"]  # type: ignore[arg-type]
    assert sum(cost["by_rule"].values()) == cost["total"]
    assert all(-part.as_tuple().exponent <= 6 or part == part.quantize(Decimal("1e-6")) for part in cost["by_rule"].values())


def test_equal_problems_are_equal_bytes_whatever_the_order_of_mappings_and_the_type_of_numbers() -> None:
    problem = schema.read_problem(json.dumps(PROBLEM))
    shift = problem.engineers[0].shifts[0]
    first = replace(shift, capacity={"seals": 4, "filters": 1})
    second = replace(shift, capacity={"filters": 1, "seals": 4})
    one = replace(problem, engineers=(replace(problem.engineers[0], shifts=(first,), service_factor=1),), travel=CrowTravel(40, 1.3))
    other = replace(problem, engineers=(replace(problem.engineers[0], shifts=(second,), service_factor=1.0),), travel=CrowTravel(40.0, 1.3))
    assert one == other
    assert schema.write_problem(one) == schema.write_problem(other)


def test_the_sample_is_read_field_by_field() -> None:
    problem = schema.read_problem(json.dumps(PROBLEM))
    midnight = MIDNIGHT - 8 * HOUR
    li, chen = problem.engineers
    home = Place(28.2, 112.9)
    assert problem.now == midnight + 10 * HOUR
    assert problem.policy == PolicyChoice("promise-first", {"travel": 1, "overtime": 3, "lateness": {1: 20}, "unassigned": 500})
    assert problem.travel == CrowTravel(35, 1.4, (Speed(0.6, ("mon", "tue"), 7 * HOUR, 9 * HOUR + 1800, "north"),))
    assert [(s.start_place, s.end_place) for s in li.shifts] == [(home, home), (None, home)]
    assert (li.shifts[0].max_stops, li.shifts[0].max_travel, li.shifts[0].capacity) == (8, 4 * HOUR, {"seals": 4})
    assert [(s.end, s.overtime_until) for s in chen.shifts] == [(midnight + 17 * HOUR, midnight + 18 * HOUR)]
    assert li.shifts[1].overtime_until == li.shifts[1].end
    first, done, _, last = problem.tickets
    assert first.windows == (Window(midnight + 10 * HOUR, midnight + 12 * HOUR), Window(midnight + 14 * HOUR, midnight + 16 * HOUR))
    assert first.engineers == EngineerChoice(("li",), ("li",), ("chen",))
    assert first.pin == Pin("li", "tue", midnight + 14 * HOUR + 1800)
    assert done.actual == Actual(midnight + 8 * HOUR + 1200, midnight + 9 * HOUR)
    assert last == Ticket("t3", Place(28.3, 113.05), 5400, kind="inspection", priority=5, unassigned_cost=30)


def test_a_problem_of_required_fields_alone_takes_the_defaults() -> None:
    data = {
        "format": "dispatch/1",
        "engineers": [{"id": "a", "home": {"lat": 1, "lon": 2}, "shifts": [{"id": "s", "start": at("08:00"), "end": at("16:00")}]}],
        "tickets": [{"id": "t", "place": {"lat": 1, "lon": 2}, "service": "PT1H"}],
    }
    start, home = MIDNIGHT, Place(1, 2)
    assert schema.read_problem(json.dumps(data)) == Problem(
        engineers=(Engineer("a", (Shift("s", start, start + 8 * HOUR, start + 8 * HOUR, home, home),), home=home),),
        tickets=(Ticket("t", home, HOUR),),
        now=start,
    )


@pytest.mark.parametrize(
    ("tickets", "now"),
    [
        ([], 0),
        ([{"opened_at": "1970-01-01T00:02:00Z"}, {"windows": [{"start": "1970-01-01T00:01:00Z", "end": "1970-01-01T00:03:00Z"}]}], 60),
    ],
)
def test_without_shifts_now_is_the_earliest_moment_a_ticket_names(tickets: list[dict[str, object]], now: int) -> None:
    named = [{"id": str(i), "place": {"lat": 1, "lon": 2}, "service": "PT1H"} | t for i, t in enumerate(tickets)]
    assert schema.read_problem(json.dumps({"format": "dispatch/1", "engineers": [], "tickets": named})).now == now


def test_windows_are_put_in_order_and_joined_where_they_touch() -> None:
    hours = (("14:00", "15:00"), ("08:00", "10:00"), ("10:00", "11:00"))
    ticket = PROBLEM["tickets"][3] | {"windows": [{"start": at(a), "end": at(b)} for a, b in hours]}
    problem = schema.read_problem(json.dumps(PROBLEM | {"tickets": [ticket], "previous": []}))
    assert problem.tickets[0].windows == (Window(MIDNIGHT, MIDNIGHT + 3 * HOUR), Window(MIDNIGHT + 6 * HOUR, MIDNIGHT + 7 * HOUR))


def test_an_address_without_a_position_is_read_only_where_it_will_be_geocoded() -> None:
    data = json.dumps(PROBLEM | {"tickets": [PROBLEM["tickets"][3] | {"place": {"address": "12 Wuyi Avenue"}}]})
    with pytest.raises(InputError):
        schema.read_problem(data)
    problem = schema.read_problem(data, allow_addresses=True)
    assert problem.tickets[0].place == Place(address="12 Wuyi Avenue")
    assert schema.read_problem(schema.write_problem(problem), allow_addresses=True) == problem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT45M", 2700),
        ("PT1H30M", 5400),
        ("PT1.5H", 5400),
        ("PT0,5H", 1800),
        ("P1D", 86_400),
        ("P1DT1S", 86_401),
        ("+PT2M", 120),
        ("PT90S", 90),
        ("PT2.6S", 3),
        ("P1W", 604_800),
    ],
)
def test_durations_are_read_in_weeks_down_to_seconds(text: str, seconds: int) -> None:
    document = PROBLEM | {"tickets": [PROBLEM["tickets"][3] | {"service": text}]}
    assert schema.read_problem(json.dumps(document)).tickets[0].service == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-05-12T08:00:00+08:00", MIDNIGHT),
        ("2026-05-12T00:00:00Z", MIDNIGHT),
        ("2026-05-11t20:00:00-04:00", MIDNIGHT),
        ("2026-05-12T05:45:00+05:45", MIDNIGHT),
        ("2026-05-12T00:00:00.987654321z", MIDNIGHT),
    ],
)
def test_times_are_read_with_any_offset_and_without_fractions(text: str, seconds: int) -> None:
    document = PROBLEM | {"tickets": [], "previous": [], "now": text}
    assert schema.read_problem(json.dumps(document)).now == seconds


def test_times_are_written_with_the_offset_of_the_time_zone_on_that_day() -> None:
    winter, summer = 1_767_225_600, 1_782_864_000
    plan = Plan((Route("a", "s", (Stop("t", winter, summer, summer),)),))
    stop = json.loads(schema.write_plan(plan, "America/New_York"))["routes"][0]["stops"][0]
    assert (stop["arrival"], stop["start"]) == ("2025-12-31T19:00:00-05:00", "2026-06-30T20:00:00-04:00")


def test_a_hand_made_plan_is_its_order_alone() -> None:
    text = '{"format":"dispatch-plan/1","routes":[{"engineer":"a","shift":"tue","stops":[{"ticket":"t1"},{"ticket":"t2"}]}]}'
    plan = schema.read_plan(text)
    assert plan == Plan((Route("a", "tue", (Stop("t1"), Stop("t2"))),))
    written = json.loads(schema.write_plan(plan))
    assert written == json.loads(text) | {"unassigned": [], "kpis": {}, "warnings": []}


def test_lines_of_a_document_are_short_enough_to_read() -> None:
    lines = schema.write_problem(schema.read_problem(json.dumps(PROBLEM))).decode().splitlines()
    assert max(map(len, lines)) <= 140
    assert '      "needs": {"seals": 1},' in lines


def test_speeds_are_read_with_their_defaults_and_written_without_them() -> None:
    given = [{"factor": 0.5}, {"days": ["sun", "mon", "mon"], "from": "22:00", "to": "06:00", "factor": 1.2, "region": "north"}]
    problem = schema.read_problem(json.dumps(PROBLEM | {"travel": {"source": "crow", "speeds": given}}))
    assert problem.travel.speeds == (Speed(0.5, WEEKDAYS, 0, 24 * HOUR), Speed(1.2, ("mon", "sun"), 22 * HOUR, 6 * HOUR, "north"))
    written = json.loads(schema.write_problem(problem))["travel"]["speeds"]
    assert written == [{"factor": 0.5}, {"days": ["mon", "sun"], "from": "22:00", "to": "06:00", "factor": 1.2, "region": "north"}]


def test_speeds_of_road_classes_go_with_roads() -> None:
    travel = {"source": "road", "extract": "town.osm.gz", "speeds": [{"factor": 0.7, "road_class": "primary"}]}
    problem = schema.read_problem(json.dumps(PROBLEM | {"travel": travel}))
    assert problem.travel.speeds == (Speed(0.7, road_class="primary"),)
    assert json.loads(schema.write_problem(problem))["travel"]["speeds"] == travel["speeds"]
