"""Published routes, priced by our own judges, give the published values: the judges follow the rules of their sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sets import SETS, base, trsp, vrptw
from dispatch import check, travel
from dispatch.model import Cost, Plan, Route, Stop


@pytest.mark.parametrize("name", ["R1", "R4", "R5", "R6", "U2", "U3"])
def test_technicians_from_practice(data: Path, name: str) -> None:
    path = data / "trsp-real"
    case = SETS["trsp-real"].load(data, name)
    instance = trsp.parse(base.read_text(path / f"{name}.txt"))
    judgement = case.judge(trsp.parse_routes(base.read_text(path / "best_solutions.txt"), instance))
    assert judgement.feasible
    assert judgement.left_out == case.best_left_out
    assert judgement.value == pytest.approx(case.best, abs=1e-4)
    assert case.gap(judgement) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("name", ["C101", "C203", "R101", "R211", "RC105", "RC208"])
def test_technicians_with_tools_and_parts(data: Path, name: str) -> None:
    path = data / "trsp-pillac"
    full = f"{name}.100_25-5-5-5"
    case = SETS["trsp-pillac"].load(data, full)
    instance = trsp.parse(base.read_text(path / f"{full}.txt"))
    judgement = case.judge(trsp.parse_routes(base.read_text(path / "best_solutions.txt"), instance))
    assert judgement.feasible
    assert judgement.value == pytest.approx(case.best, abs=1e-3)


@pytest.mark.parametrize("name", ["C101", "R101", "RC208"])
def test_solomon_in_double_precision(data: Path, name: str) -> None:
    path = data / "vrptw-solomon"
    instance = vrptw.parse_classic(base.read_text(path / f"{name}.txt"))
    routes = vrptw.parse_routes(base.read_text(path / "solutions" / f"{name}.sintef.sol"))
    judgement = vrptw.judge(instance, routes, base.euclidean(instance.nodes))
    best = base.best_known(path, name, "sintef")
    assert judgement.feasible
    assert judgement.value == pytest.approx(float(best["cost"]), abs=0.006)
    assert len(routes) == int(best["vehicles"])


@pytest.mark.parametrize(("set_name", "name"), [("vrptw-gehring-homberger", "R1_10_1"), ("pcvrptw", "RC2_10_1")])
def test_distances_cut_to_one_decimal(data: Path, set_name: str, name: str) -> None:
    case = SETS[set_name].load(data, name)
    stem = f"{name}.dimacs.sol" if set_name == "vrptw-gehring-homberger" else f"{name}.sol"
    judgement = case.judge(vrptw.parse_routes(base.read_text(data / set_name / "solutions" / stem)))
    assert judgement.feasible
    assert judgement.value == pytest.approx(case.best, abs=1e-4)


@pytest.mark.parametrize(
    ("set_name", "count", "name", "tickets", "engineers", "best"),
    [
        ("trsp-real", 7, "U6", 113, 18, None),
        ("trsp-pillac", 34, "R101.100_25-5-5-5", 100, 25, 3134.863),
        ("strsp-kovacs", 44, "RC203_6x6 reduced", 100, 4, None),
        ("ftsp-damm", 126, "FTSP_R_1_3", 16, 2, 69),
        ("vrptw-solomon", 34, "C101", 100, 25, 827.3),
        ("vrptw-gehring-homberger", 64, "C1_2_1", 200, 50, 2698.6),
        ("pcvrptw", 7, "C1_10_1", 1000, 100, 24539.1),
    ],
)
def test_every_set_is_found_and_read(
    data: Path, set_name: str, count: int, name: str, tickets: int, engineers: int, best: float | None
) -> None:
    names = SETS[set_name].instances(data)
    assert len(names) == count
    assert name in names
    case = SETS[set_name].load(data, name)
    assert (len(case.problem.tickets), len(case.problem.engineers), case.best) == (tickets, engineers, best)
    served_by_nobody = case.judge({})
    assert served_by_nobody.left_out == tickets


def test_requests_that_only_the_depot_can_supply_are_said(data: Path) -> None:
    assert SETS["trsp-pillac"].load(data, "R101.100_25-5-5-5").notes == ("4 of 100 requests can only be served after a visit to the depot",)


def checked(case: base.Case, routes: base.Routes) -> Cost:
    plan = Plan(tuple(Route(engineer, "day", tuple(Stop(t) for t in tickets)) for engineer, tickets in routes.items()))
    verdict = check.verify(case.problem, travel.matrix(case.problem), plan)
    assert verdict.violations == ()
    return verdict.cost


@pytest.mark.parametrize("name", ["R1", "U3"])
def test_our_check_agrees_on_the_working_time_of_technicians_from_practice(data: Path, name: str) -> None:
    case = SETS["trsp-real"].load(data, name)
    instance = trsp.parse(base.read_text(data / "trsp-real" / f"{name}.txt"))
    cost = checked(case, trsp.parse_routes(base.read_text(data / "trsp-real" / "best_solutions.txt"), instance))
    assert cost.by_rule["paid_time"] / (1000 * trsp.PAID * trsp.SECONDS) == pytest.approx(case.best, abs=1e-3)
    assert cost.by_rule["unassigned"] == 0


@pytest.mark.parametrize(("set_name", "name"), [("vrptw-gehring-homberger", "C1_10_1"), ("pcvrptw", "RC2_10_1")])
def test_our_check_agrees_on_distance_and_prizes(data: Path, set_name: str, name: str) -> None:
    case = SETS[set_name].load(data, name)
    stem = f"{name}.dimacs.sol" if set_name == "vrptw-gehring-homberger" else f"{name}.sol"
    cost = checked(case, vrptw.parse_routes(base.read_text(data / set_name / "solutions" / stem)))
    assert cost.total / (1000 * vrptw.TENTHS) == pytest.approx(case.best, abs=1e-6)
