"""What `dispatch plan` prints and writes, and what its options do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatch import planning, schema, solver, travel
from dispatch.cli import options
from dispatch.model import Plan, Problem
from dispatch.solver import Options
from tests.build import engineer, plan, problem, shift, ticket
from tests.cli.running import QUICK, document, put, run


def test_plan_prints_every_day_and_what_there_is_to_say_about_it(day: Path) -> None:
    result = run("plan", day, *QUICK)
    assert result.exit_code == 0
    assert "Monday 2 March 2026" in result.stdout
    assert "ann · 08:00–16:00 · 2 stops · 120 min travel" in result.stdout
    assert "08:30–09:30  A " in result.stdout
    assert "Tickets planned      2 of 2  none left out" in result.stdout
    assert "Cost 120 min of travel" in result.stdout
    assert result.stderr == ""


def test_plan_writes_plan_report_and_exports_and_says_where(day: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("plan", day, *QUICK, "--output", out / "plan.json", "--report", out / "report.html", "--export", out / "exports")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [f"Wrote {out / name}" for name in ("plan.json", "report.html", "exports")]
    written = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert written == ["exports/calendars/ann.ics", "exports/plan.csv", "exports/plan.geojson", "plan.json", "report.html"]
    made = schema.read_plan((out / "plan.json").read_bytes())
    assert [[s.ticket for s in r.stops] for r in made.routes] == [["A", "B"]]
    assert made.problem is not None
    assert made.problem.name == "Two tickets"
    assert (out / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (out / "exports/plan.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(json.loads((out / "exports/plan.geojson").read_bytes())["features"]) == 3
    assert b"BEGIN:VEVENT" in (out / "exports/calendars/ann.ics").read_bytes()


def test_plan_as_json_is_the_plan_and_nothing_else(day: Path, tmp_path: Path) -> None:
    result = run("plan", day, *QUICK, "--json", "--output", tmp_path / "plan.json")
    assert document(result) == json.loads((tmp_path / "plan.json").read_bytes())
    assert result.stderr == f"Wrote {tmp_path / 'plan.json'}\n"


def test_plan_reads_standard_input(day: Path) -> None:
    result = run("plan", "-", *QUICK, "--json", stdin=day.read_bytes())
    assert result.exit_code == 0
    assert document(result)["problem"]["name"] == "Two tickets"


def test_quiet_prints_nothing(day: Path, tmp_path: Path) -> None:
    result = run("plan", day, *QUICK, "--quiet", "--output", tmp_path / "plan.json")
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "plan.json").exists()


def test_options_of_the_search_reach_it(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Options] = []
    real = planning.plan

    def spy(problem: Problem, options: Options, start: Plan | None) -> planning.Planned:
        seen.append(options)
        return real(problem, options, start)

    monkeypatch.setattr(planning, "plan", spy)
    args = ("--seconds", "2.5", "--iterations", "30", "--seed", "7", "--workers", "2", "--engine", "search")
    assert run("plan", day, *args, "--quiet").exit_code == 0
    (given,) = seen
    assert replace(given, stop=None) == Options(2.5, 30, 7, 2, "search")


def test_the_engines_offered_are_those_of_the_solver() -> None:
    assert options.Engine.__args__ == solver.ENGINES  # type: ignore[attr-defined]


def test_another_policy_takes_the_place_of_the_problems(day: Path) -> None:
    weights = document(run("plan", day, *QUICK, "--json", "--policy", "cost-first"))["policy"]
    assert (weights["fixed"], weights["lateness"]["1"]) == (45, 2)


def test_a_plan_to_start_with_is_taken_up(day: Path, tmp_path: Path) -> None:
    best = put(tmp_path / "best.json", plan(("ann", "A B")))
    result = run("plan", day, "--iterations", "0", "--start", best, "--json")
    assert [s["ticket"] for r in document(result)["routes"] for s in r["stops"]] == ["A", "B"]


def test_a_replan_pays_for_what_it_moves_and_a_start_does_not(tmp_path: Path) -> None:
    engineers = [engineer("ann", shift(back=None)), engineer("bea", shift(home=2, back=None))]
    case = problem([ticket("A", 2)], engineers, weights={"change": 61})
    told, day = put(tmp_path / "told.json", planning.check(case, plan(("ann", "A"))).plan), put(tmp_path / "day.json", case)
    who = {name: document(run("plan", day, *QUICK, name, told, "--json"))["routes"][0]["engineer"] for name in ("--start", "--replan")}
    assert who == {"--start": "bea", "--replan": "ann"}


def test_a_start_and_a_replan_together_are_refused(day: Path) -> None:
    result = run("plan", day, "--start", "a.json", "--replan", "b.json")
    assert result.exit_code == 2
    assert "--start / --replan" in result.stderr


def test_addresses_are_looked_up_only_where_asked_for_and_then_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, site = {"lat": 28.20, "lon": 112.90}, {"address": "Wuyi Avenue 1"}
    shifts = [{"id": "day", "start": "2026-03-02T08:00:00Z", "end": "2026-03-02T16:00:00Z"}]
    case = {
        "format": "dispatch/1",
        "engineers": [{"id": "ann", "home": home, "shifts": shifts}],
        "tickets": [{"id": "A", "place": site, "service": "PT1H"}],
    }
    day = tmp_path / "day.json"
    day.write_text(json.dumps(case), "utf-8")
    assert document(run("plan", day, *QUICK, "--json"))["faults"][0]["code"] == "PLACE_WITHOUT_POSITION"

    asked: list[str] = []

    class Located:
        latitude, longitude = 28.21, 112.91

    def service(name: str, **settings: Any) -> travel.geocode.Geocoder:
        assert (name, list(settings)) == ("nominatim", ["user_agent"])

        def look_up(address: str) -> Located:
            asked.append(address)
            return Located()

        return look_up

    monkeypatch.setattr("dispatch.travel.geocode.geocoder", service)
    for _ in range(2):
        result = run("plan", day, *QUICK, "--json", "--geocode", "nominatim", XDG_CACHE_HOME=str(tmp_path))
        assert (result.exit_code, document(result)["kpis"]["assigned"]) == (0, 1)
    assert asked == ["Wuyi Avenue 1"]
    assert (tmp_path / "field-dispatch" / "geocode-nominatim.json").exists()
