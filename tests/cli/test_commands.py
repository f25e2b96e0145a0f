"""All commands but `plan`."""

from __future__ import annotations

import json
import runpy
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from dispatch import planning, schema
from dispatch.model import Customer, Problem
from dispatch.solver import Options
from tests.build import engineer, plan, problem, shift, ticket
from tests.cli.running import BY_HAND, QUICK, TWO, document, put, run

# ------------------------------------------------------------- check, explain


def test_check_times_a_plan_made_by_hand_and_keeps_its_order(day: Path, tmp_path: Path) -> None:
    made = put(tmp_path / "made.json", BY_HAND)
    result = run("check", day, made, "--output", tmp_path / "timed.json")
    assert result.exit_code == 0
    assert "09:00–10:00  B " in result.stdout
    timed = schema.read_plan((tmp_path / "timed.json").read_bytes())
    assert [s.ticket for s in timed.routes[0].stops] == ["B", "A"]
    assert timed.kpis["lateness_minutes"] == 90


def test_check_as_json_has_every_violation_and_the_plan(day: Path, tmp_path: Path) -> None:
    made = put(tmp_path / "made.json", plan(("ann", "A A"), ("bob", "B")))
    result = run("check", day, made, "--json")
    assert result.exit_code == 1
    found = document(result)
    assert {(v["rule"], v["size"]) for v in found["violations"]} == {("once", 1), ("known", 1)}
    assert set(found["violations"][0]) == {"rule", "size", "message", "engineer", "shift", "ticket"}
    assert found["plan"]["format"] == "dispatch-plan/1"


def test_what_was_planned_is_checked_through_a_pipe(day: Path) -> None:
    planned = run("plan", day, *QUICK, "--json")
    result = run("check", day, "-", "--quiet", stdin=planned.stdout_bytes)
    assert (result.exit_code, result.output) == (0, "")


CRANE = ticket("C", title="Crane", customer="port", skills={"crane": 1})
ENGINEERS = [replace(engineer("ann"), name="Ann Li"), engineer("bob", shift(end="10:30")), engineer("cat", shift(end="9:30"))]
THREE = replace(problem([ticket("A"), ticket("B", 2), CRANE], ENGINEERS, weights={"fixed": 7}), customers=(Customer("port"),))


def explained(tmp_path: Path, *args: str) -> Result:
    """Run explain on a plan in which Ann has A and B, and nobody has C."""
    result = run("explain", put(tmp_path / "day.json", THREE), put(tmp_path / "made.json", plan(("ann", "A B"))), *args, COLUMNS="160")
    assert (result.exit_code, result.stderr) == (0, "")
    return result


def words(result: Result) -> list[str]:
    """Return the lines printed, with single spaces between words."""
    return [" ".join(line.split()) for line in result.stdout.splitlines() if line.strip()]


def test_explain_tells_of_every_ticket_left_out_why_and_what_would_place_it(tmp_path: Path) -> None:
    assert words(explained(tmp_path)) == [
        "C · port · Crane · priority 3 · 1 h 00 min on site",
        "Left out, which costs 1,000 min of travel.",
        "NO_SKILL Nobody has the skill crane.",
        "Bring in somebody who has it, such as a contractor, or correct what the ticket asks for.",
        "No way in was found.",
    ]
    (left,) = document(explained(tmp_path, "--json"))["unassigned"]
    assert (left["ticket"], left["cost"], [r["code"] for r in left["reasons"]]) == ("C", 1000, ["NO_SKILL"])


def test_explain_tells_the_ways_in_with_what_they_add_to_the_cost(tmp_path: Path) -> None:
    day = put(tmp_path / "day.json", problem([ticket("A", windows=[("7:00", "8:20")])]))
    result = run("explain", day, put(tmp_path / "made.json", plan()))
    (way,) = document(run("explain", day, tmp_path / "made.json", "--json"))["unassigned"][0]["ways_in"]
    assert way["cost_delta"] == -940
    assert f"-940 min {way['change']}" in words(result)


def test_explain_of_a_plan_that_serves_all_says_so(day: Path, tmp_path: Path) -> None:
    assert run("explain", day, put(tmp_path / "made.json", BY_HAND)).stdout == "No ticket is left out.\n"


def test_explain_of_a_placed_ticket_tells_who_else_could_do_it_at_what_cost_and_who_could_not(tmp_path: Path) -> None:
    assert words(explained(tmp_path, "A")) == [
        "A · repair · priority 3 · 1 h 00 min on site",
        "Who could do it, and what the plan would cost more",
        "Ann Li 08:30 (day) as it is",
        "bob 08:30 (day) +67 min Driving +60 · Engineers used +7 · moves 1 other stop",
        "Who could not",
        "cat Even with nothing else to do, cat would be back at 10:00, 30 min after the latest end of the shift (09:30).",
    ]


def test_explain_of_a_ticket_as_json_has_every_candidate(tmp_path: Path) -> None:
    found = document(explained(tmp_path, "A", "--json"))
    start = "2026-03-02T08:30:00+00:00"
    assert {k: found[k] for k in ("ticket", "placed", "reasons", "ways_in")} == {
        "ticket": "A",
        "placed": {"engineer": "ann", "shift": "day", "start": start},
        "reasons": [],
        "ways_in": [],
    }
    ann, bob, cat = found["candidates"]
    assert (ann["engineer"], ann["present"], ann["cost_delta"]) == ("ann", True, 0)
    assert bob == {
        "engineer": "bob",
        "shift": "day",
        "start": start,
        "cost_delta": 67,
        "by_rule": {"travel": 60, "fixed": 7},
        "moves": {"B": -60},
        "present": False,
        "reason": None,
    }
    assert (cat["engineer"], cat["cost_delta"], cat["reason"]["code"]) == ("cat", None, "OVERTIME_LIMIT")


def test_explain_of_a_ticket_left_out_tells_why_and_of_everybody_why_not(tmp_path: Path) -> None:
    told = words(explained(tmp_path, "C"))
    assert told[2] == "NO_SKILL Nobody has the skill crane."
    assert told[-4:] == ["Who could not", *(f"{name} {name} lacks the skill crane." for name in ("Ann Li", "bob", "cat"))]
    found = document(explained(tmp_path, "C", "--json"))
    assert (found["placed"], [r["code"] for r in found["reasons"]]) == (None, ["NO_SKILL"])


def test_explain_of_a_ticket_that_does_not_exist_is_a_fault(day: Path, tmp_path: Path) -> None:
    result = run("explain", day, put(tmp_path / "made.json", BY_HAND), "X", "--json")
    assert (result.exit_code, [f["code"] for f in document(result)["faults"]]) == (2, ["UNKNOWN_TICKET"])


# ------------------------------------------------------- validate and schema


def test_validate_counts_what_is_there_and_warns(tmp_path: Path) -> None:
    day = put(tmp_path / "day.json", problem([ticket("A", skills={"crane": 1})]))
    shown, as_json = run("validate", day), run("validate", day, "--json")
    assert (shown.exit_code, as_json.exit_code) == (0, 0)
    assert shown.stdout.startswith("No faults: 1 ticket, 1 engineer, 1 shift.\n1 warning\n")
    assert document(as_json)["faults"] == []
    assert [(w["code"], w["pointer"]) for w in document(as_json)["warnings"]] == [("SKILL_NOBODY_HAS", "/tickets/0/skills/0")]
    assert run("validate", day, "--quiet").output == ""


@pytest.mark.parametrize(
    ("args", "expected"), [((), schema.problem_schema()), (("problem",), schema.problem_schema()), (("plan",), schema.plan_schema())]
)
def test_schema_prints_the_json_schema(args: tuple[str, ...], expected: dict[str, Any]) -> None:
    assert document(run("schema", *args)) == expected


def test_the_version_is_printed() -> None:
    from dispatch import __version__

    assert run("--version").stdout == f"dispatch {__version__}\n"


def test_the_package_runs_as_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["-m", "plan", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("dispatch.cli", run_name="__main__")
    assert ended.value.code == 0
    assert "Usage: dispatch plan [OPTIONS]" in capsys.readouterr().out


# ------------------------------------------------------------------ compare


def test_compare_tells_cost_figures_and_moves(tmp_path: Path) -> None:
    before, after = (
        put(tmp_path / f"{name}.json", planning.check(TWO, p).plan) for name, p in (("a", BY_HAND), ("b", plan(("ann", "A B"))))
    )
    shown, as_json = run("compare", before, after, "--time-zone", "Asia/Shanghai"), run("compare", before, after, "--json")
    assert (shown.exit_code, as_json.exit_code) == (0, 0)
    assert "2 tickets moved" in shown.stdout
    assert "Mon 02 Mar 17:00 ann (day)" in shown.stdout
    found = document(as_json)
    assert found["same_problem"] is True
    assert {c["name"]: (c["before"], c["after"]) for c in found["cost"] if c["before"]} == {
        "total": (210, 120),
        "travel": (120, 120),
        "lateness": (90, 0),
    }
    assert found["moved"][0] == {
        "ticket": "B",
        "before": {"engineer": "ann", "shift": "day", "start": "2026-03-02T09:00:00+00:00"},
        "after": {"engineer": "ann", "shift": "day", "start": "2026-03-02T10:00:00+00:00"},
    }
    assert {k["name"]: k["after"] for k in found["kpis"]}["late_stops"] == 0


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc", "Asia"])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str, tmp_path: Path) -> None:
    made = put(tmp_path / "made.json", BY_HAND)
    result = run("compare", made, made, "--time-zone", zone)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--time-zone" in result.stderr


# ---------------------------------------------------------------- scenarios


@pytest.fixture
def scenarios(tmp_path: Path) -> Path:
    """A folder of two scenarios; one cannot be reached."""
    for name, most in (("easy", 0), ("hard", -1)):
        put(tmp_path / f"{name}.json", TWO)
        expected = {"format": "dispatch-expect/1", "title": name, "shows": "A test.", "options": {"iterations": 20}}
        (tmp_path / f"{name}.expect.json").write_text(json.dumps({**expected, "expect": [{"kpi": "unassigned", "at_most": most}]}), "utf-8")
    return tmp_path


def test_scenarios_are_planned_judged_and_printed_in_one_table(scenarios: Path) -> None:
    result = run("scenarios", "run", scenarios)
    assert result.exit_code == 1
    assert [line.split()[-1] for line in result.stdout.splitlines() if "unassigned" in line] == ["yes", "MISSED"]
    assert run("scenarios", "run", scenarios, "--quiet").output == ""


def test_one_scenario_can_be_picked_and_given_other_seconds(scenarios: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Options] = []
    real = planning.plan

    def spy(problem: Problem, options: Options) -> planning.Planned:
        seen.append(options)
        return real(problem, replace(options, iterations=10))

    monkeypatch.setattr(planning, "plan", spy)
    result = run("scenarios", "run", scenarios, "--only", "easy", "--seconds", "2", "--json")
    assert result.exit_code == 0
    assert document(result) == {
        "reached": True,
        "scenarios": [
            {
                "name": "easy",
                "title": "easy",
                "reached": True,
                "violations": [],
                "findings": [{"kpi": "unassigned", "at_least": None, "at_most": 0, "value": 0, "met": True}],
            }
        ],
    }
    assert (seen[0].seconds, seen[0].iterations) == (2, None)


def test_a_signal_ends_the_scenarios_after_the_one_at_hand(scenarios: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = planning.plan

    def interrupted(problem: Problem, options: Options) -> planning.Planned:
        signal.raise_signal(signal.SIGINT)
        return real(problem, options)

    monkeypatch.setattr(planning, "plan", interrupted)
    result = run("scenarios", "run", scenarios, "--json")
    assert result.exit_code == 130
    assert [s["name"] for s in document(result)["scenarios"]] == ["easy"]
