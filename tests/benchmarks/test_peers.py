"""Other engines: what they are told, what becomes of their answers, and what the comparison says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from benchmarks import days, summary
from benchmarks.peers import chart, engines, instances, run, table
from benchmarks.peers.answer import Point, judge, thinned, to_plan
from benchmarks.peers.day import CannotExpressError, Day, DayShift, DayTicket, reduce
from dispatch import travel
from dispatch.model import Customer, Plan, Problem, Route, Stop
from tests.build import engineer, line, pin, problem, shift, ticket

main = import_module("benchmarks.peers.__main__")

SKILLED = problem(
    [
        ticket("A", 1, windows=[("9:00", "9:30")], skills={"pumps": 2}, unassigned_cost=960.0),
        ticket("B", 3, unassigned_cost=480.0),
        ticket("D", 2, windows=[("9:00", "9:30")], skills={"pumps": 2}, unassigned_cost=120.0),
    ],
    [engineer("ann", skills={"pumps": 2}), engineer("bob", shift(home=4), skills={"pumps": 1})],
    line(5),
)
"""Ann alone may do A and D, and cannot be in time for both; bob is next door to B."""

LOADED = problem(
    [ticket("X", 0, needs={"load": 1}), ticket("Y", 1, needs={"load": 1}), ticket("Z", 3, needs={"load": 1})],
    [engineer(name, shift(home=2, capacity={"load": 2})) for name in ("ann", "bob")],
    line(4),
)
"""Two alike that carry two each: X and Y lie one way, Z the other."""


def day(given: Problem, all_served: bool = False) -> Day:
    return reduce(given, travel.matrix(given), all_served)


def adapter(library: str, module: str) -> ModuleType:
    """Import what speaks to an engine, or skip aloud where the engine is not installed."""
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed: {engines.INSTALL}")
    return import_module(f"benchmarks.peers.{module}")


# --------------------------------------------------------- what engines are told


def test_a_problem_becomes_plain_numbers() -> None:
    told = day(SKILLED)
    assert told.tickets == (
        DayTicket("A", 1, 3600, 3600, 5400, 57_600, frozenset({1}), ()),
        DayTicket("B", 3, 3600, 0, 28_800, 28_800, frozenset(), ()),
        DayTicket("D", 2, 3600, 3600, 5400, 7200, frozenset({1}), ()),
    )
    assert told.shifts == (
        DayShift("ann", "day", 0, 0, 0, 28_800, frozenset({1}), ()),
        DayShift("bob", "day", 4, 4, 0, 28_800, frozenset(), ()),
    )
    assert told.able().tolist() == [[True, False], [True, True], [True, False]]
    assert told.seconds[0].tolist() == [0, 1800, 3600, 5400, 7200]
    assert told.alike() == [[0], [1]]


def test_what_is_carried_and_who_is_alike_is_told() -> None:
    told = day(LOADED)
    assert told.units == ("load",)
    assert [t.needs for t in told.tickets] == [(1,), (1,), (1,)]
    assert [s.capacity for s in told.shifts] == [(2,), (2,)]
    assert told.alike() == [[0, 1]]


def test_places_that_nobody_uses_are_left_away() -> None:
    told = day(problem([ticket("A", 2)], minutes=line(4)))
    assert told.seconds.tolist() == [[0, 3600], [3600, 0]]
    assert told.tickets[0].place == 1


def test_tickets_beyond_everybody_are_not_told() -> None:
    beyond = ticket("C", 1, skills={"cranes": 1})
    late = ticket("E", 1, windows=[("20:00", "21:00")])
    assert [t.id for t in day(replace(SKILLED, tickets=(*SKILLED.tickets, beyond, late))).tickets] == ["A", "B", "D"]


def test_a_problem_that_others_cannot_be_told_is_refused_with_all_reasons() -> None:
    odd = problem(
        [ticket("A", windows=[("8:00", "9:00"), ("10:00", "11:00")], must=["ann"]), ticket("B", pin=pin("ann"), mandatory=True)],
        [engineer("ann", shift(breaks=[("12:00", "13:00", 30)], max_stops=3, back=None), service_factor=1.5, cost_per_hour=1.0)],
        weights={"lateness": 1.0, "travel": 2.0},
        customers=(Customer("acme", dedicated_engineer="ann"),),
    )
    with pytest.raises(CannotExpressError) as refused:
        day(odd)
    assert str(refused.value) == (
        "Other engines cannot be told all of this problem: a price on lateness, a weight of travel other than 1, breaks, "
        "dedicated engineers, engineers asked for or refused, engineers with costs of their own, limits on stops or travel, "
        "mandatory tickets, pins, service factors, several windows for a ticket, shifts from or to anywhere."
    )


def test_generated_days_can_be_told_whole() -> None:
    told = day(days.generate(30, 1))
    assert len(told.tickets) == 30
    assert len(told.shifts) == 4
    assert told.able().any(axis=1).all()
    assert {t.price for t in told.tickets} <= {3600 * hours for hours in days.LEFT_OUT_HOURS.values()}


def test_vroom_has_priorities_in_proportion_to_prices() -> None:
    vroom = adapter("vroom", "vroom")
    assert vroom.priorities(day(SKILLED)) == [8, 4, 1]
    dear = replace(SKILLED.tickets[0], unassigned_cost=77_777.0)
    assert vroom.priorities(day(replace(SKILLED, tickets=(dear, *SKILLED.tickets[1:])))) == [100, 1, 1]
    assert vroom.priorities(day(SKILLED, all_served=True)) == [100, 100, 100]


def test_nextroute_has_whole_minutes_and_places_in_a_plane() -> None:
    nextroute = adapter("nextroute", "nextroute")
    assert nextroute.minutes(day(SKILLED)) == 1
    odd = replace(SKILLED, now=SKILLED.engineers[0].shifts[0].start + 36)
    assert nextroute.minutes(day(odd)) == 5
    spots = nextroute.positions(day(LOADED))
    apart = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1)) / nextroute.DEGREES_PER_SECOND
    assert apart == pytest.approx(day(LOADED).seconds, abs=1e-3)


# ------------------------------------------------------------ what they answer


@pytest.mark.parametrize("engine", engines.ENGINES.values(), ids=list(engines.ENGINES))
def test_an_engine_finds_the_best_plan_of_a_tiny_day(engine: engines.Engine) -> None:
    adapter(engine.library, engine.module)
    answer = engine.load()(day(SKILLED), 1.0, 0)
    judged = judge(SKILLED, travel.matrix(SKILLED), answer.routes)
    assert (judged.violations, judged.removed, judged.mended) == ((), (), True)
    assert sorted(answer.routes) == [("ann", "day", ("A",)), ("bob", "day", ("B",))]
    assert [u.ticket for u in judged.plan.unassigned] == ["D"]
    assert judged.cost == 14_400
    assert answer.points[-1].cost == 14_400
    assert 0 <= answer.points[-1].seconds <= answer.seconds


@pytest.mark.parametrize("engine", engines.ENGINES.values(), ids=list(engines.ENGINES))
def test_an_engine_keeps_to_what_is_carried_where_all_are_served(engine: engines.Engine) -> None:
    adapter(engine.library, engine.module)
    answer = engine.load()(day(LOADED, all_served=True), 1.0, 0)
    judged = judge(LOADED, travel.matrix(LOADED), answer.routes)
    assert (judged.violations, judged.plan.unassigned, judged.cost) == ((), (), 10_800)
    assert {frozenset(tickets) for _, _, tickets in answer.routes} == {frozenset("XY"), frozenset("Z")}
    assert answer.points[-1].cost == 10_800


def test_routes_become_a_plan_of_nothing_but_order() -> None:
    routes = [("ann", "day", ("B", "A")), ("bob", "day", ())]
    assert to_plan(routes) == Plan((Route("ann", "day", (Stop("B"), Stop("A"))),))


def test_an_answer_that_breaks_rules_loses_the_stops_that_do() -> None:
    judged = judge(SKILLED, travel.matrix(SKILLED), [("ann", "day", ("A", "D")), ("bob", "day", ("B",))])
    assert judged.violations == ("Service of ticket D begins 60 min after its last window closed.",)
    assert judged.removed == ("D",)
    assert judged.mended
    assert judged.cost == 14_400


def test_a_route_that_is_too_long_or_too_full_loses_its_last_stops() -> None:
    long = replace(LOADED, tickets=tuple(replace(t, service=7 * 3600) for t in LOADED.tickets))
    assert judge(long, travel.matrix(long), [("ann", "day", ("Y", "Z"))]).removed == ("Z",)
    assert judge(LOADED, travel.matrix(LOADED), [("ann", "day", ("X", "Y", "Z"))]).removed == ("Z",)


def test_a_curve_keeps_what_is_better_and_its_last_point() -> None:
    told = [Point(1, 1000), Point(2, 1200), Point(3, 999.5), Point(4, 990), Point(5, 989.9), Point(6, 989.8)]
    assert thinned(told) == (Point(1, 1000), Point(4, 990), Point(6, 989.8))
    assert thinned([]) == ()


# ------------------------------------------------------------------- one run


def test_one_run_is_asked_for_in_a_process_of_its_own_and_judged() -> None:
    made = run.compare(engines.OURS, instances.generated([8], [2])[0], 0.2, 0)
    assert made.failure == ""
    assert (made.engine, made.group, made.instance, made.tickets, made.engineers) == ("ours", "8 tickets", "8 tickets, seed 2", 8, 1)
    assert (made.violations, made.removed, made.value, made.gap) == ((), (), None, None)
    assert made.cost == made.points[-1][1]
    assert made.seconds <= made.wall


def test_a_failure_is_an_answer_too() -> None:
    bogus = instances.Instance("none", "nothing", published="nowhere")
    assert run.ask(engines.OURS, bogus, 0.1, 0) == "KeyError: 'nowhere' (exit code 1)"


def test_a_published_instance_is_judged_by_its_set_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "tiny\n\nVEHICLE\nNUMBER CAPACITY\n 2 30\n\nCUSTOMER\nCUST NO. XCOORD. YCOORD. DEMAND READY DUE SERVICE\n\n"
    rows = ("0 0 0 0 0 100 0", "1 3 4 10 8 20 5", "2 3 0 20 0 30 5", "3 1 1 15 50 60 5")
    (tmp_path / "vrptw-solomon").mkdir()
    (tmp_path / "vrptw-solomon" / "T1.txt").write_text(text + "\n".join(rows))
    (tmp_path / "vrptw-solomon" / "bks.csv").write_text("instance,cost,convention\nT1,14.8,dimacs: min distance\n")
    (instance,) = instances.of_set("vrptw-solomon", tmp_path, None, "*")
    assert instance.read()[0].all_served
    answer = {"routes": [["1", "day", ["2", "1"]], ["2", "day", ["3"]]], "seconds": 1.0, "wall": 1.0, "processor": 1.0, "points": []}
    monkeypatch.setattr(run, "ask", lambda *_: answer | {"setting": "as told"})
    made = run.compare(engines.OURS, instance, 1.0, 0)
    assert (made.group, made.instance, made.cost, made.setting) == ("vrptw-solomon", "T1", 148, "as told")
    assert made.value == pytest.approx(14.8)
    assert made.gap == pytest.approx(0)
    assert made.feasible


def test_all_engines_run_on_one_instance_before_the_next() -> None:
    first, second = instances.generated([10, 20], [5])
    planned = run.schedule([first, second], [engines.PEERS[0]], [1.0, 10.0], 60.0)
    one = [(engines.OURS, first, 1.0), (engines.OURS, first, 10.0), (engines.PEERS[0], first, 60.0)]
    assert list(planned) == [*one, *((engine, second, seconds) for engine, _, seconds in one)]


def test_missing_engines_are_named_with_their_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda library: None if library == "pyvrp" else library)
    found, absent = engines.chosen("vroom, pyvrp")
    assert [engine.name for engine in found] == ["vroom"]
    assert absent == ["pyvrp: not installed: pip install 'field-dispatch[peers]'"]
    with pytest.raises(engines.NoSuchPeerError, match=r"No peer routefinder\. Name some of or-tools-gls, .*, nextroute\."):
        engines.chosen("routefinder")


# ------------------------------------------------------------ what is printed


def made(engine: str, seed: int, cost: float | None, budget: float = 10.0, **fields: Any) -> table.Record:
    points = () if cost is None else ((0.5, 2 * cost), (budget / 2, cost))
    common = {"seconds": budget, "wall": budget, "processor": budget, "points": points, "left_out": 1, "failure": "" if cost else "crash"}
    return asdict(run.Run(engine, "100 tickets", f"100 tickets, seed {seed}", 100, 14, budget, cost=cost, **(common | fields)))


RUNS: Sequence[table.Record] = (
    made("ours", 0, 120.0, 1.0),
    made("ours", 0, 100.0),
    made("vroom", 0, 110.0),
    made("pyvrp", 0, 130.0, violations=("It is late.",), removed=("t1",)),
    made("ours", 1, 210.0, 1.0),
    made("ours", 1, 200.0),
    made("vroom", 1, 240.0, left_out=2),
    made("pyvrp", 1, None),
)
DOCUMENT = {
    "date": "2026-03-03T08:00:00+00:00",
    "commit": "abc",
    "machine": "a machine",
    "versions": {"python": "3.11", "pyvrp": None},
    "options": {"seconds": "1,10", "set": None},
    "absent": ["nextroute: not installed: get it"],
    "runs": RUNS,
    "chart": "peers.png",
}


def test_the_table_holds_means_and_ratios_per_instance_to_our_longest_run() -> None:
    assert [line.cells() for line in table.lines(RUNS)] == [
        ("100 tickets", "field-dispatch, 1 s", "1.0", "2 of 2", "165", "1.125", "1.050", "1.200", "1.0", "-"),
        ("100 tickets", "field-dispatch, 10 s", "10.0", "2 of 2", "150", "1.000", "1.000", "1.000", "1.0", "-"),
        ("100 tickets", "VROOM, 10 s", "10.0", "2 of 2", "175", "1.150", "1.100", "1.200", "1.5", "-"),
        ("100 tickets", "PyVRP, 10 s", "10.0", "1 of 2", "130", "1.300", "1.300", "1.300", "1.0", "-"),
    ]


def test_ours_is_set_against_the_best_peer_of_each_instance() -> None:
    assert table.against_best(RUNS) == [
        "100 tickets: ours in 1 s by the best peer of each instance: mean 0.983, least 0.875, most 1.091 (2 instances)",
        "100 tickets: ours in 10 s by the best peer of each instance: mean 0.871, least 0.833, most 0.909 (2 instances)",
    ]


def test_what_went_wrong_is_said() -> None:
    odd = [
        made("vroom", 2, 100.0, points=((1.0, 900.0),)),
        made("nextroute", 2, 100.0, processor=25.0),
        made("vrp-cli", 2, 100.0, processor=5.0, violations=("It is broken.",), mended=False),
    ]
    assert table.notes([*RUNS, *odd]) == [
        "pyvrp on 100 tickets: 100 tickets, seed 0: 1 violations, 1 stops left out to mend that: It is late.",
        "pyvrp on 100 tickets: 100 tickets, seed 1: no answer: crash",
        "vroom on 100 tickets: 100 tickets, seed 2: says 900, is 100",
        "nextroute on 100 tickets: 100 tickets, seed 2: used 2.5 cores",
        "vrp-cli on 100 tickets: 100 tickets, seed 2: 1 violations, beyond repair: It is broken.",
        "The machine was busy: engines had 50 to 250 % of a core.",
    ]


def test_a_curve_is_the_mean_from_when_all_instances_have_an_answer() -> None:
    first = made("vroom", 0, 100.0, points=((1.0, 300.0), (4.0, 100.0)))
    second = made("vroom", 1, 100.0, points=((2.0, 500.0), (3.0, 200.0)))
    assert chart.curve([first, second]) == [(2.0, 400.0), (3.0, 250.0), (4.0, 150.0)]
    assert chart.curve([first, made("vroom", 1, 100.0, points=())]) == []


def test_a_chart_is_drawn(tmp_path: Path) -> None:
    if not chart.available():
        pytest.skip(f"matplotlib is not installed: {engines.INSTALL}")
    chart.draw(DOCUMENT, tmp_path / "out" / "peers.png")
    assert (tmp_path / "out" / "peers.png").read_bytes().startswith(b"\x89PNG")


def test_results_are_summarised_in_markdown() -> None:
    told = summary.markdown(DOCUMENT).splitlines()
    assert told[0] == "2026-03-03, commit abc, a machine; python 3.11. Options: seconds 1,10."
    assert told[2] == "![Mean cost against seconds](results/peers.png)"
    assert told[4].startswith("| instances | engine | seconds | solved | mean cost |")
    assert told[8] == "| 100 tickets | VROOM, 10 s | 10.0 | 2 of 2 | 175 | 1.150 | 1.100 | 1.200 | 1.5 | - |"
    assert told[-1] == "- nextroute: not installed: get it"


def test_the_command_writes_results_and_refuses_what_it_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Typer()
    app.command()(main.main)
    monkeypatch.setattr(
        main, "compare", lambda engine, instance, seconds, _: run.Run(engine.name, instance.group, instance.name, 5, 1, seconds, cost=1.0)
    )
    monkeypatch.setattr(chart, "available", lambda: False)
    done = CliRunner().invoke(
        app, ["--sizes", "5", "--seeds", "2", "--seconds", "1,2", "--peers", "or-tools-gls", "--output", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    assert "no chart: matplotlib is not installed: pip install 'field-dispatch[peers]'" in done.output
    (written,) = tmp_path.glob("peers-days-*.json")
    document = json.loads(written.read_text())
    assert [(r["engine"], r["instance"], r["budget"]) for r in document["runs"]] == [
        (engine, f"5 tickets, seed {seed}", seconds)
        for seed in (0, 1)
        for engine, seconds in (("ours", 1), ("ours", 2), ("or-tools-gls", 2))
    ]
    for wrong, why in (
        (["--peers", "nobody"], "No peer nobody."),
        (["--set", "vrptw-solomon"], "Give --data"),
        (["--sizes", "ten"], "is not a list"),
        (["--seconds", "0"], "above 0"),
    ):
        refused = CliRunner().invoke(app, wrong)
        assert refused.exit_code == 2
        assert why in " ".join(refused.output.split())
