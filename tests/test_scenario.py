"""Scenarios: the shipped ones are sound and documented; running judges them; comparing tells plans apart."""

from __future__ import annotations

import json
import re
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatch import check, scenario, schema, travel
from dispatch.errors import InputError
from dispatch.model import RULES, Plan, ProblemRef, Route, Stop, Unassigned, Visit
from dispatch.planning import Planned
from dispatch.scenario import Comparison, Difference, Expectation, Finding, Move, Outcome, Row, Scenario
from dispatch.solver import Options
from tests.build import at, checked, engineer, plan, problem, ticket

FOLDER = Path(__file__).parent.parent / "scenarios"
NAMES = sorted(p.stem for p in FOLDER.glob("*.json") if "." not in p.stem)
GOOD = {
    "format": "dispatch-expect/1",
    "title": "Two tickets",
    "shows": "That two tickets fit a day.",
    "options": {"iterations": 20, "seed": 3},
    "expect": [{"kpi": "unassigned", "at_most": 0}, {"kpi": "travel_minutes", "at_least": 100, "at_most": 130}],
}
TWO = problem([ticket("A", 1), ticket("B", 2)])


# ------------------------------------------------------------------ shipped


def test_at_least_eight_scenarios_are_shipped_and_all_are_sound() -> None:
    found = scenario.load(FOLDER)
    assert [s.name for s in found] == NAMES
    assert len(found) >= 8
    assert len({s.title for s in found}) == len(found)


def must_reach(found: Scenario) -> str:
    return "; ".join(f"`{e.kpi}` {scenario.bounds(e)}" for e in found.expectations)


def test_the_table_of_scenarios_is_the_one_in_the_files() -> None:
    rows = []
    for s in scenario.load(FOLDER):
        size = f"{len(s.problem.tickets)} tickets, {len(s.problem.engineers)} engineers"
        rows.append(f"| [{s.name}]({s.name}.json) | {s.shows} | {size} | {must_reach(s)} |")
    shown = [line for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| [")]
    assert shown == rows


def test_the_files_are_drawn_and_laid_out_as_the_script_says() -> None:
    built = runpy.run_path(str(FOLDER / "build.py"))["documents"]()
    assert built == {f"{name}.json": (FOLDER / f"{name}.json").read_bytes() for name in NAMES}


def test_every_expected_figure_can_be_missed() -> None:
    for s in scenario.load(FOLDER):
        nothing = check.verify(s.problem, travel.matrix(s.problem), Plan(()))
        missed = [f.expectation.kpi for f in judged(s, nothing.plan).findings if not f.met]
        assert missed, f"{s.name} expects nothing that an empty plan has not"


# ------------------------------------------------------------------ running


def folder(tmp_path: Path, expect: Any = GOOD, name: str = "two") -> Path:
    (tmp_path / f"{name}.json").write_bytes(schema.write_problem(TWO))
    (tmp_path / f"{name}.expect.json").write_text(expect if isinstance(expect, str) else json.dumps(expect), encoding="utf-8")
    return tmp_path


def judged(found: Scenario, answer: Plan) -> Outcome:
    matrix = travel.matrix(found.problem)
    verdict = check.verify(found.problem, matrix, answer)
    return scenario.judge(found, Planned(found.problem, matrix, verdict.plan, verdict.violations))


def test_a_scenario_is_a_problem_and_what_stands_beside_it(tmp_path: Path) -> None:
    assert scenario.load(folder(tmp_path)) == (
        Scenario(
            "two",
            "Two tickets",
            "That two tickets fit a day.",
            TWO,
            (Expectation("unassigned", at_most=0), Expectation("travel_minutes", 100, 130)),
            Options(seconds=None, iterations=20, seed=3),
        ),
    )


def test_one_scenario_is_loaded_by_its_problem_file(tmp_path: Path) -> None:
    folder(tmp_path, name="one")
    assert [s.name for s in scenario.load(folder(tmp_path) / "one.json")] == ["one"]


def test_a_scenario_that_does_not_say_how_long_is_planned_for_five_seconds(tmp_path: Path) -> None:
    (found,) = scenario.load(folder(tmp_path, {k: v for k, v in GOOD.items() if k != "options"}))
    assert found.options == Options(seconds=5.0, iterations=None, seed=0)


def test_running_plans_and_judges_each_scenario(tmp_path: Path) -> None:
    (outcome,) = scenario.run(folder(tmp_path))
    assert outcome.reached
    assert [(f.expectation.kpi, f.value, f.met) for f in outcome.findings] == [("unassigned", 0, True), ("travel_minutes", 120.0, True)]
    assert outcome.planned.plan.solver is not None
    assert outcome.planned.plan.solver.seed == 3


def test_options_given_replace_those_of_the_scenario(tmp_path: Path) -> None:
    (outcome,) = scenario.run(folder(tmp_path), Options(seconds=None, iterations=10, seed=8))
    assert outcome.planned.plan.solver is not None
    assert outcome.planned.plan.solver.seed == 8


def test_the_smallest_shipped_scenario_runs_without_a_violation() -> None:
    smallest = min(NAMES, key=lambda name: (FOLDER / f"{name}.json").stat().st_size)
    (outcome,) = scenario.run(FOLDER / f"{smallest}.json", Options(seconds=None, iterations=200, seed=1))
    assert outcome.planned.violations == ()
    assert len(outcome.findings) == len(outcome.scenario.expectations)


def test_a_figure_that_is_not_reached_is_missed(tmp_path: Path) -> None:
    (found,) = scenario.load(folder(tmp_path))
    outcome = judged(found, plan(("ann", "A")))
    assert outcome.findings == (
        Finding(Expectation("unassigned", at_most=0), 1, False),
        Finding(Expectation("travel_minutes", 100, 130), 60.0, False),
    )
    assert not outcome.reached
    assert scenario.rows([outcome]) == (
        Row("two", "2 tickets, 1 engineer", "violations", "0", "0", True),
        Row("two", "2 tickets, 1 engineer", "unassigned", "at most 0", "1", False),
        Row("two", "2 tickets, 1 engineer", "travel_minutes", "at least 100, at most 130", "60", False),
    )


def test_a_broken_rule_is_a_miss_even_where_every_figure_is_reached(tmp_path: Path) -> None:
    (found,) = scenario.load(folder(tmp_path))
    strict = replace(found, problem=problem([ticket("A", 1, windows=[("8:00", "8:20")]), ticket("B", 2)]))
    outcome = judged(strict, plan(("ann", "A B")))
    assert all(f.met for f in outcome.findings)
    assert not outcome.reached
    assert scenario.rows([outcome])[0] == Row("two", "2 tickets, 1 engineer", "violations", "0", "1", False)


def test_a_figure_that_a_plan_does_not_have_is_missed() -> None:
    assert not Expectation("on_time", at_least=0).met(None)


@pytest.mark.parametrize(
    ("value", "met"),
    [(0.89, False), (0.9, True), (0.95, True), (1, True), (1.01, False)],
    ids=["below", "least", "between", "most", "above"],
)
def test_bounds_are_included(value: float, met: bool) -> None:
    assert Expectation("on_time", 0.9, 1).met(value) is met


# ------------------------------------------------------------------ faults


def faults(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as raised:
        scenario.load(path)
    return [(f.pointer, f.code) for f in raised.value.faults]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"format": "dispatch/1"}, [("/format", "WRONG_FORMAT")]),
        ({"title": None}, [("/title", "WRONG_TYPE")]),
        ({"shows": ""}, [("/shows", "EMPTY_TEXT")]),
        ({"show": "x"}, [("/show", "UNKNOWN_FIELD")]),
        ({"options": {"seconds": 0}}, [("/options/seconds", "NOT_POSITIVE")]),
        ({"options": {"iterations": 2.5}}, [("/options/iterations", "WRONG_TYPE")]),
        ({"options": {"workers": 2}}, [("/options/workers", "UNKNOWN_FIELD")]),
        ({"expect": []}, [("/expect/0", "MISSING_FIELD")]),
        ({"expect": [{"kpi": "unassigned"}]}, [("/expect/0", "MISSING_FIELD")]),
        ({"expect": [{"kpi": "late_tickets", "at_most": 0}]}, [("/expect/0/kpi", "UNKNOWN_CHOICE")]),
        ({"expect": [{"kpi": "on_time", "at_least": 0.9, "at_most": 0.8}]}, [("/expect/0/at_least", "OUT_OF_RANGE")]),
        (
            {"expect": [{"kpi": 1}, {"kpi": "on_time", "at_least": "0.9"}, {"kpi": "on_time"}]},
            [("/expect/0/kpi", "WRONG_TYPE"), ("/expect/1/at_least", "WRONG_TYPE"), ("/expect/2", "MISSING_FIELD")],
        ),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_bad_expectation_file_is_told_where_and_why(tmp_path: Path, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert faults(folder(tmp_path, GOOD | change)) == [(f"two.expect.json#{p}", code) for p, code in expected]


def test_an_expectation_file_that_is_not_json_is_a_fault(tmp_path: Path) -> None:
    assert faults(folder(tmp_path, "{")) == [("two.expect.json#", "MALFORMED_JSON")]


def test_the_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder(tmp_path, GOOD | {"title": ""})
    (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
    (tmp_path / "alone.json").write_bytes(schema.write_problem(TWO))
    (tmp_path / "stray.expect.json").write_text(json.dumps(GOOD), encoding="utf-8")
    assert faults(tmp_path) == [
        ("alone.expect.json#", "MISSING_FILE"),
        ("bad.expect.json#", "MISSING_FILE"),
        ("stray.expect.json#", "MISSING_FILE"),
        ("two.expect.json#/title", "EMPTY_TEXT"),
    ]


def test_a_faulty_problem_is_told_with_its_file(tmp_path: Path) -> None:
    (folder(tmp_path) / "two.json").write_text("[]", encoding="utf-8")
    assert faults(tmp_path) == [("two.json#", "NOT_AN_OBJECT")]


def test_a_folder_without_scenarios_is_a_fault(tmp_path: Path) -> None:
    assert [code for _, code in faults(tmp_path)] == ["MISSING_FILE"]


def test_a_fault_in_any_file_stops_the_run_before_anything_is_planned(tmp_path: Path) -> None:
    folder(tmp_path, GOOD | {"title": ""})
    with pytest.raises(InputError):
        next(scenario.run(folder(tmp_path, name="a")))


# ------------------------------------------------------------------ comparing


def test_comparing_two_plans_tells_cost_figures_and_moves() -> None:
    crew = [engineer("ann"), engineer("bob")]
    day = problem([ticket("A", 1), ticket("B", 2), ticket("C", 1)], crew)
    before = checked(day, ("ann", "A B"), unassigned="C").plan
    after = checked(day, ("ann", "B"), ("bob", "A C")).plan
    told = scenario.compare(before, after)
    assert told.same_problem is None
    assert [d for d in told.cost if d.before != d.after] == [
        Difference("total", 1_120 * 60_000, 180 * 60_000),
        Difference("travel", 120 * 60_000, 180 * 60_000),
        Difference("unassigned", 1_000 * 60_000, 0),
    ]
    assert [d.name for d in told.cost] == ["total", *RULES]
    assert [d for d in told.kpis if d.name in ("unassigned", "engineers_used", "on_time")] == [
        Difference("unassigned", 1, 0),
        Difference("on_time", None, None),
        Difference("engineers_used", 1, 2),
    ]
    assert told.moved == (
        Move("A", Visit("A", "ann", "day", at("8:30")), Visit("A", "bob", "day", at("8:30"))),
        Move("B", Visit("B", "ann", "day", at("10:00")), Visit("B", "ann", "day", at("9:00"))),
        Move("C", None, Visit("C", "bob", "day", at("9:30"))),
    )


def test_a_quarter_of_an_hour_is_not_a_move() -> None:
    def start(clock: str) -> Plan:
        return Plan((Route("ann", "day", (Stop("A", start=at(clock)),)),))

    assert scenario.compare(start("9:00"), start("9:15")).moved == ()
    assert [m.ticket for m in scenario.compare(start("9:00"), start("8:44")).moved] == ["A"]


def test_plans_written_by_hand_compare_without_cost_and_figures() -> None:
    empty = tuple(Difference(name, None, None) for name in ("total", *RULES))
    bare = Plan((), (Unassigned("A"),))
    assert scenario.compare(bare, bare) == Comparison(None, empty, (), ())


def test_plans_of_different_problems_are_told_apart() -> None:
    monday, tuesday = (Plan((), problem=ProblemRef("day", digest)) for digest in ("a" * 64, "b" * 64))
    assert scenario.compare(monday, monday).same_problem is True
    assert scenario.compare(monday, tuesday).same_problem is False


def test_the_documented_example_is_a_sound_expectation_file(tmp_path: Path) -> None:
    text = re.search(r"```json\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    assert len(scenario.load(folder(tmp_path, text[1]))) == 1
