"""For each fault of a world: a change to a sound world, and where the fault is told, with which value."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.simulation.worlds import CENTRE, DAY_SHIFT, demand, tree


class Refused(NamedTuple):
    """A world that is refused: code and pointer of its one fault, and a part of its message."""

    code: str
    pointer: str
    told: str
    world: dict[str, Any]


def shift(**fields: Any) -> dict[str, Any]:
    """Return a world whose one engineer has a roster with some fields."""
    return tree(engineers=[{"id": "ann", "roster": [{**DAY_SHIFT, **fields}]}])


def targets(*found: dict[str, Any]) -> dict[str, Any]:
    """Return a world with targets."""
    return tree(targets=list(found))


SLA = {"figure": "sla", "kind": "repair"}

REFUSED_WORLDS = [
    Refused("INVALID_DATE", "/start", '"2026-02-30"', tree(start="2026-02-30")),
    Refused("INVALID_DATE", "/start", '"Monday"', tree(start="Monday")),
    Refused("INVALID_CLOCK", "/engineers/0/roster/0/start", '"25:00"', shift(start="25:00")),
    Refused("INVALID_CLOCK", "/engineers/0/roster/0/start", "8", shift(start=8)),
    Refused("UNKNOWN_CHOICE", "/engineers/0/roster/0/days/0", '"monday"', shift(days=["monday"])),
    Refused("UNKNOWN_CHOICE", "/dispatching", '"replann"', tree(dispatching="replann")),
    Refused("UNKNOWN_FIELD", "/engineers/0/shifts", "shifts", tree(engineers=[{"id": "ann", "roster": [DAY_SHIFT], "shifts": []}])),
    Refused("UNKNOWN_POLICY", "/policy", '"quick"', tree(policy="quick")),
    Refused("UNKNOWN_TIME_ZONE", "/time_zone", '"Mars/Base"', tree(time_zone="Mars/Base")),
    Refused("WORLD_TRAVEL", "/travel/speeds", "a list of 1 item", tree(travel={"source": "crow", "speeds": [{"factor": 0.5}]})),
    Refused("WORLD_TRAVEL", "/travel/source", '"osrm"', tree(travel={"source": "osrm", "url": "http://127.0.0.1:5000"})),
    Refused("EMPTY_ROSTER", "/engineers", "no engineers", tree(engineers=[])),
    Refused("EMPTY_ROSTER", "/engineers", "None of the 2 engineers", tree(engineers=[{"id": "ann"}, {"id": "bob"}])),
    Refused("ROSTER_WEEK", "/engineers/0/roster/0/week", "3", shift(every=2, week=3)),
    Refused("SHIFTS_OVERLAP", "/engineers/0/roster/0", '"ann"', shift(length="PT25H")),
    Refused("BREAK_ENDS_BEFORE_START", "/engineers/0/roster/0/breaks/0/latest", "before",
            shift(breaks=[{"earliest": "PT2H", "latest": "PT1H", "duration": "PT30M"}])),
    Refused("BREAK_OUTSIDE_SHIFT", "/engineers/0/roster/0/breaks/0", "over",
            shift(breaks=[{"earliest": "PT2H", "latest": "PT9H", "duration": "PT30M"}])),
    Refused("DUPLICATE_ID", "/engineers/1/id", '"ann"', tree(engineers=[{"id": "ann", "roster": [DAY_SHIFT]}, {"id": "ann"}])),
    Refused("DUPLICATE_ID", "/demand/1/id", '"leak"', tree(demand=[demand(), demand()])),
    Refused("NO_DEMAND", "/demand", "nothing would ever come in", tree(demand=[])),
    Refused("RATE_MISSING", "/demand/0", '"leak"', tree(demand=[demand(per_week=None)])),
    Refused("RATE_TWICE", "/demand/0/by_hour", "(168)", tree(demand=[demand(by_hour=[1] * 168)])),
    Refused("NEGATIVE", "/demand/0/per_week", "-1", tree(demand=[demand(per_week=-1)])),
    Refused("AREA_WITHOUT_PLACE", "/demand/0/area", "neither", tree(demand=[demand(area={"radius_km": 3})])),
    Refused("PLACE_WITHOUT_POSITION", "/demand/0/area/centre", "no position", tree(demand=[demand(area={"centre": {"address": "A"}})])),
    Refused("PLACE_WITHOUT_INDEX", "/demand/0/area/centre", "index",
            tree(travel={"source": "matrix", "seconds": [[0]]}, demand=[demand(area={"centre": CENTRE})])),
    Refused("UNKNOWN_REGION", "/demand/0/region", '"north"', tree(demand=[demand(region="north")])),
    Refused("UNKNOWN_REGION", "/engineers/0/region", '"north"', tree(engineers=[{"id": "ann", "region": "north", "roster": [DAY_SHIFT]}])),
    Refused("LOG_EMPTY", "/log/tickets", "no tickets", tree(log={"mode": "replay", "tickets": []})),
    Refused("UNKNOWN_DEMAND", "/log/tickets/0/demand", '"leek"',
            tree(log={"mode": "replay", "tickets": [{"opened_at": "2026-03-02T08:00:00Z", "demand": "leek"}]})),
    Refused("NAIVE_TIME", "/log/tickets/0/opened_at", "2026-03-02T08:00:00",
            tree(log={"mode": "replay", "tickets": [{"opened_at": "2026-03-02T08:00:00", "demand": "leak"}]})),
    Refused("UNKNOWN_FIGURE", "/targets/0/figure", '"slo"', targets({"figure": "slo", "at_least": 0.9})),
    Refused("TARGET_WITHOUT_BOUND", "/targets/0", '"sla"', targets({"figure": "sla"})),
    Refused("TARGETS_CONTRADICT", "/targets/1/at_most", "at_most 0.8 cannot be reached together with sla at_least 0.9 of /targets/0",
            targets({**SLA, "at_least": 0.9}, {**SLA, "at_most": 0.8})),
    Refused("TARGETS_CONTRADICT", "/targets/0/at_most", "at_most 0.8", targets({**SLA, "at_least": 0.9, "at_most": 0.8})),
    Refused("TARGETS_CONTRADICT", "/targets/0/at_least", "1 at the most", targets({**SLA, "at_least": 95})),
    Refused("TARGETS_CONTRADICT", "/targets/1/at_most", "response_p90_minutes at_most 30",
            targets({"figure": "response_p50_minutes", "at_least": 60}, {"figure": "response_p90_minutes", "at_most": 30})),
]  # fmt: skip


LOGGED = {"mode": "replay", "tickets": [{"opened_at": f"2026-03-{day:02}T08:00:00Z", "demand": "leak"} for day in (1, 2, 3, 12)]}
PUMP = [{"skill": "pump", "tier": 2}]

WARNED_WORLDS = [
    Refused("CANNOT_BE_SERVED", "/demand", "'leak' ask for 168.0 hours of service a week, travel not counted, and the 1 engineers who can"
            " do it work 56.0.", tree(demand=[demand(per_week=336)])),
    Refused("NOBODY_ABLE", "/demand/0/skills", "pump at tier 2", tree(demand=[demand(skills=PUMP)])),
    Refused("NEVER_WORKS", "/engineers", "'bob'", tree(engineers=[{"id": "ann", "count": 2, "roster": [DAY_SHIFT]}, {"id": "bob"}])),
    Refused("CLOCK_CHANGE", "/start", "On 2026-03-29 clocks in Europe/Berlin go forward by 60 min: the day has 23 h.",
            tree(time_zone="Europe/Berlin", start="2026-03-27", demand=[demand(per_week=10)])),
    Refused("LOG_OUTSIDE", "/log/tickets", "2 of 4", tree(demand=[demand(per_week=None)], log=LOGGED)),
]  # fmt: skip
"""For each warning, a world that gets it in a week, and no other."""
