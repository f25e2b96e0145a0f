"""Customers with windows and demands: reading, units, and the judge, on four nodes whose distances can be seen."""

from __future__ import annotations

import math

from benchmarks.sets import base, vrptw
from benchmarks.sets.base import ORIGIN, Judgement, Node
from dispatch.model import Engineer, MatrixTravel, Place, Shift, Ticket, Window

CLASSIC = """tiny

VEHICLE
NUMBER     CAPACITY
  2          30

CUSTOMER
CUST NO.  XCOORD.    YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0          0          0          0        100          0
    1      3          4         10          8         20          5
    2      3          0         20          0         30          5
    3      1          1         15         50         60          5
"""

PRIZES = """NAME : tiny
TYPE : PCVRPTW
DIMENSION : 3
VEHICLES : 1
CAPACITY : 30
SERVICE_TIME : 5
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 3 0
DEMAND_SECTION
1 0
2 10
3 20
TIME_WINDOW_SECTION
1 0 100
2 8 20
3 0 30
PRIZE_SECTION
1 0
2 7
3 9
DEPOT_SECTION
1
-1
EOF
"""


def judged(routes: base.Routes) -> Judgement:
    instance = vrptw.parse_classic(CLASSIC)
    return vrptw.judge(instance, routes, vrptw.cut(instance.nodes))


def test_a_classic_file_is_read_as_it_stands() -> None:
    nodes = (Node(0, 0, 0, 100, 0), Node(3, 4, 8, 20, 5), Node(3, 0, 0, 30, 5), Node(1, 1, 50, 60, 5))
    assert vrptw.parse_classic(CLASSIC) == vrptw.Instance("TINY", 2, 30, nodes, (0, 10, 20, 15))


def test_distances_are_cut_to_one_decimal_and_a_unit_is_a_tenth() -> None:
    problem = vrptw.to_problem(vrptw.parse_classic(CLASSIC))
    assert problem.travel == MatrixTravel(((0, 50, 30, 14), (50, 0, 40, 36), (30, 40, 0, 22), (14, 36, 22, 0)))


def test_vehicles_become_engineers_and_customers_tickets_with_needs() -> None:
    problem = vrptw.to_problem(vrptw.parse_classic(CLASSIC))
    depot = Place(index=0)
    day = Shift("day", ORIGIN, ORIGIN + 1000, ORIGIN + 1000, depot, depot, capacity={"load": 30})
    assert problem.engineers == (Engineer("1", (day,), home=depot), Engineer("2", (day,), home=depot))
    window = Window(ORIGIN + 80, ORIGIN + 200)
    never = 100 * 50 / 60
    assert problem.tickets[0] == Ticket("1", Place(index=1), 50, needs={"load": 10}, windows=(window,), unassigned_cost=never)
    assert [t.id for t in problem.tickets] == ["1", "2", "3"]


def test_routes_are_priced_by_distance() -> None:
    judgement = judged({"1": ("1", "2"), "2": ("3",)})
    assert judgement.feasible
    assert math.isclose(judgement.value, 5 + 4 + 3 + 1.4 + 1.4)


def test_lateness_load_and_missing_customers_are_faults() -> None:
    assert judged({"1": ("3", "1", "2")}).faults == (
        "vehicle 1: 1 begins 38.6 after its window",
        "vehicle 1: 2 begins 37.6 after its window",
        "vehicle 1: carries 15 more than it can",
    )
    assert judged({"1": ("1",)}).faults == ("2 left out",)
    assert judged({"1": ("1",), "2": ("2",), "3": ("3",)}).faults == ("1 vehicles more than there are",)


def test_routes_that_make_no_sense_have_no_value() -> None:
    judgement = judged({"1": ("1", "9"), "2": ("1", "2", "3")})
    assert judgement.faults == ("9 does not exist", "1 is placed twice")
    assert math.isnan(judgement.value)


def test_a_return_after_the_day_is_a_fault() -> None:
    instance = vrptw.parse_classic(CLASSIC.replace("0        100 ", "0         56 "))
    judgement = vrptw.judge(instance, {"1": ("3",), "2": ("1", "2")}, vrptw.cut(instance.nodes))
    assert judgement.faults == ("vehicle 1: returns 0.4 after the end",)


def test_a_customer_with_a_prize_may_be_left_out_at_that_price() -> None:
    instance = vrptw.parse_prizes(PRIZES)
    assert instance.prizes == (0, 7, 9)
    assert [t.unassigned_cost for t in vrptw.to_problem(instance).tickets] == [70 / 60, 90 / 60]
    judgement = vrptw.judge(instance, {"1": ("2",)}, vrptw.cut(instance.nodes))
    assert judgement == Judgement(3 + 3 + 7, 1)


def test_solution_files_are_read() -> None:
    assert vrptw.parse_routes("Route #1: 3 1\nRoute #2: 2\nCost 9\n") == {"1": ("3", "1"), "2": ("2",)}
