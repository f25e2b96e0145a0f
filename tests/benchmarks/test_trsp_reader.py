"""Technicians with skills, tools and parts: reading, what home can supply, working time with the latest departure."""

from __future__ import annotations

import math

import pytest

from benchmarks.sets import trsp
from benchmarks.sets.base import ORIGIN, DataError, Judgement
from dispatch.model import Engineer, EngineerSkill, MatrixTravel, Place, Shift, Ticket, TicketSkill, Window

MADE = """tiny_2-2-1-2

INFO
CREW COUNT  SKILLS  TOOLS   SPARE PARTS
2      2       1       2

DEPOT TECHNICIANS AND REQUESTS
ID   X     Y     TWS    TWE    Serv   SKILLS   TOOLS    SPARE PARTS
0    0     0     0      100    0      [] \t[] \t[]
1    3     0     0      100    0      [0,1] \t[] \t[1,0]
2    0     4     10     50     0      [0] \t[0] \t[0,2]
3    3     4     20     30     5      [0] \t[] \t[1,0]
4    3     0     40     90     5      [1] \t[] \t[1,0]
5    0     0     0      90     5      [1] \t[0] \t[0,0]
"""

REAL = """Made_TRSP_R0

INFO
CREW COUNT  SKILLS    TOOLS   SPARE PARTS
        1        0        0             0

DEPOT TECHNICIANS AND REQUESTS
ID           X        Y     TWS     TWE    Serv     SKILLS   TOOLS    SPARE PARTS
0          0.0      0.0   420.0  1140.0     0.0 \t[] \t[] \t[]
1          0.0      0.0   420.0  1140.0     0.0 \t[] \t[] \t[]
2          0.0      0.0   600.0   615.0    45.0 \t[] \t[] \t[]
DISTANCES
0;9;9;9;9;9
1;9;9;9;9;9
2;9;9;9;9;9
3;9;9;9;9;9
4;9;9;9;9;9
TRAVEL TIMES
0;0.0000;0.0000;10.3333;0.0000;0.0000
1;0.0000;0.0000;10.3333;0.0000;0.0000
2;10.3333;10.3333;0.0000;10.3333;10.3333
3;0.0000;0.0000;10.3333;0.0000;0.0000
4;0.0000;0.0000;10.3333;0.0000;0.0000
"""


def test_home_supplies_skills_tools_and_parts() -> None:
    problem = trsp.to_problem(trsp.parse(MADE))
    first, second = Place(index=1), Place(index=2)
    skills = (EngineerSkill("skill-0"), EngineerSkill("skill-1"))
    day = Shift("day", ORIGIN, ORIGIN + 100_000, ORIGIN + 100_000, first, first, capacity={"part-0": 1})
    other = Shift("day", ORIGIN + 10_000, ORIGIN + 50_000, ORIGIN + 50_000, second, second, capacity={"part-1": 2})
    tags = (EngineerSkill("skill-0"), EngineerSkill("tool-0"))
    assert problem.engineers == (Engineer("1", (day,), home=first, skills=skills), Engineer("2", (other,), home=second, skills=tags))
    assert problem.tickets[2] == Ticket(
        "5",
        Place(index=5),
        5000,
        skills=(TicketSkill("skill-1"), TicketSkill("tool-0")),
        windows=(Window(ORIGIN, ORIGIN + 90_000),),
        unassigned_cost=10 * 1000 * 100_000 / 60,
    )
    assert problem.tickets[0].needs == {"part-0": 1}


def test_travel_is_rounded_up_to_a_thousandth() -> None:
    problem = trsp.to_problem(trsp.parse(MADE.replace("3    3     4  ", "3    1     1  ")))
    assert isinstance(problem.travel, MatrixTravel)
    assert problem.travel.seconds[0] == (0, 3000, 4000, 1415, 3000, 0)


def test_requests_that_need_the_depot_are_counted() -> None:
    assert trsp.only_from_depot(trsp.parse(MADE)) == (5,)


def test_working_time_counts_from_the_latest_departure() -> None:
    judgement = trsp.judge(trsp.parse(MADE), {"1": ("3",)}, must_serve_all=False)
    assert judgement == Judgement(4 + 5 + 4, 2)


def test_a_wait_between_two_windows_is_worked() -> None:
    instance = trsp.parse(MADE.replace("[1,0]\n2", "[2,0]\n2"))
    judgement = trsp.judge(instance, {"1": ("3", "4")}, must_serve_all=False)
    assert judgement == Judgement((40 + 5) - (30 - 4), 1)  # leaves for the end of the first window, waits for the second


def test_what_runs_out_is_a_fault_unless_the_depot_was_visited() -> None:
    instance = trsp.parse(MADE)
    assert trsp.judge(instance, {"1": ("3", "4")}, must_serve_all=True).faults == ("technician 1: 4 needs part 0, none left", "1 left out")
    visited = trsp.judge(instance, {"1": ("3", "0", "4", "5")}, must_serve_all=True)
    assert visited == Judgement((40 + 5 + 3 + 5 + 3) - (40 - 3 - 5 - 5 - 4), 0)


def test_skills_and_hours_of_the_wrong_technician_are_faults() -> None:
    judgement = trsp.judge(trsp.parse(MADE), {"2": ("4",)}, must_serve_all=False)
    assert judgement.faults == ("technician 2: 4 needs skill 1", "technician 2: 4 needs part 0, none left")
    assert trsp.judge(trsp.parse(MADE), {"3": ("4",)}, must_serve_all=False).faults == ("technician 3 does not exist",)


def test_published_routes_name_ends_and_depot_visits_by_number() -> None:
    routes = trsp.parse_routes("other=<1,3,6>\ntiny_2-2-1-2=<1,3,8,4,6|2,7>\n", trsp.parse(MADE))
    assert routes == {"1": ("3", "0", "4"), "2": ()}


def test_written_travel_times_are_whole_seconds() -> None:
    instance = trsp.parse(REAL)
    problem = trsp.to_problem(instance)
    assert problem.travel == MatrixTravel(((0, 0, 620), (0, 0, 620), (620, 620, 0)))
    assert problem.tickets[0].windows == (Window(ORIGIN + 36_000, ORIGIN + 36_900),)
    judgement = trsp.judge(instance, trsp.parse_routes("R0=<1,2,3>\n", instance), must_serve_all=False)
    assert math.isclose(judgement.value, 45 + 2 * 10.3333)


def test_a_matrix_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(DataError, match="3 nodes and travel times of shape"):
        trsp.parse(REAL.split("TRAVEL TIMES")[0] + "TRAVEL TIMES\n0;0;0;9\n")
