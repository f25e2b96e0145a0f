"""`dispatch simulate run` and `dispatch demand fit` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import document, run
from tests.simulation.log_cases import SOUND
from tests.simulation.worlds import DAY_SHIFT, NIGHT, demand, tree

SHORT = ("--days", "2", "--replications", "2", "--seed", "3", "--workers", "1")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / "world.json"
    path.write_text(json.dumps(tree(demand=[demand(per_week=60)], targets=[{"figure": "utilisation", "at_least": 0.01}])), "utf-8")
    return path


def test_a_run_prints_figures_with_intervals_and_targets(world: Path) -> None:
    ended = run("simulate", "run", world, *SHORT)
    assert ended.exit_code == 0
    assert "2 days, 2 replications, seed 3" in ended.stdout
    assert "response_p90_minutes" in ended.stdout
    assert "at least 1.0 %" in ended.stdout
    assert "met" in ended.stdout
    assert "Replications: 2 of 2" in ended.stderr


def test_the_document_has_all_figures_and_nothing_that_differs_between_runs(world: Path) -> None:
    one, other = (document(run("simulate", "run", world, *SHORT, "--json")) for _ in range(2))
    assert one == other
    assert (one["format"], one["replications"], one["stopped"]) == ("dispatch-simulation/1", 2, "replications")
    whole = one["figures"][0]
    assert (whole["kind"], whole["customer_class"], whole["region"]) == (None, None, None)
    assert len(whole["utilisation"]["values"]) == 2
    assert [t["met"] for t in one["targets"]] == [True]


def test_a_missed_target_is_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text(json.dumps(tree(targets=[{"figure": "response_p50_minutes", "at_most": 0.001}])), "utf-8")
    ended = run("simulate", "run", path, *SHORT)
    assert ended.exit_code == 1
    assert "missed" in ended.stdout


def test_report_picture_and_records_are_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ended = run(
        "simulate", "run", NIGHT, "--days", "1", "--replications", "2", "--workers", "1", "--records", tmp_path / "records",
        "--report", tmp_path / "out" / "night.html", "--picture", tmp_path / "night.png", "--quiet",
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("", "")
    page = (tmp_path / "out" / "night.html").read_text("utf-8")
    assert "On call at night" in page
    assert page.count("<svg") >= 2
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace("http://creativecommons.org", "")
    assert (tmp_path / "night.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in (tmp_path / "records" / "replication-001").iterdir()) == ["days.csv", "tickets.csv"]


def test_what_no_crew_can_serve_is_told_before_the_run(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text(json.dumps(tree(demand=[demand(per_week=1000)])), "utf-8")
    ended = run("simulate", "run", path, "--days", "1", "--replications", "1")
    assert ended.stderr.startswith("Warning CANNOT_BE_SERVED: 'leak' ask for 500.0 hours of service a week")
    assert (
        document(run("simulate", "run", path, "--days", "1", "--replications", "1", "--json"))["warnings"][0]["code"] == "CANNOT_BE_SERVED"
    )


def test_a_faulty_world_is_refused_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text(json.dumps(tree(engineers=[], start="soon")), "utf-8")
    ended = run("simulate", "run", path, "--json")
    assert ended.exit_code == 2
    assert [f["code"] for f in document(ended)["faults"]] == ["EMPTY_ROSTER", "INVALID_DATE"]


def test_a_log_becomes_a_world_that_can_be_simulated(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [
        f"T{d}-{h},2026-03-{d:02} {h:02}:10:00,2026-03-{d:02} {h:02}:30:00,2026-03-{d:02} {h:02}:55:00,28.2,112.9"
        for d in range(2, 30)
        for h in (9, 14)
    ]
    log = tmp_path / "log.csv"
    log.write_text(SOUND.split("\n", 1)[0] + "\n" + "\n".join([*rows, "X,,,,,"]) + "\n", "utf-8")
    made, picture = tmp_path / "world.json", tmp_path / "fit.png"
    ended = run("demand", "fit", log, "--output", made, "--picture", picture)
    assert ended.exit_code == 0
    assert "56 tickets, 2026-03-02 to 2026-03-29" in ended.stdout
    assert "Held out from 2026-03-23 on" in ended.stdout
    assert ended.stderr.startswith("Warning LOG_TIME_MISSING: 1 of 57 rows have no opening time and are left out, first in line 58.")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run("simulate", "run", made, *SHORT, "--quiet").exit_code == 0
    fitted = document(run("demand", "fit", log, "--json", "--held-out", "0"))
    assert (fitted["tickets"], fitted["sorts"][0]["service_minutes"]) == (56, 25)


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(SOUND, "utf-8")
    ended = run("demand", "fit", log, "--opened", "created", "--json")
    assert ended.exit_code == 2
    assert [f["code"] for f in document(ended)["faults"]] == ["UNKNOWN_COLUMN"]
    assert run("demand", "fit", log, "--time-zone", "Mars/Base").exit_code == 2


def test_a_world_with_shifts_of_one_day_a_week_is_simulated(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text(
        json.dumps(tree(engineers=[{"id": "ann", "roster": [{**DAY_SHIFT, "days": ["sun"]}]}], demand=[demand(per_week=3)])), "utf-8"
    )
    found = document(run("simulate", "run", path, *SHORT, "--json"))
    assert found["figures"][0]["utilisation"]["mean"] is None
