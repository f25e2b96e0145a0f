"""`dispatch simulate sweep` and what else is asked about crews, as a user calls them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from dispatch.simulation import alternatives
from tests.cli.running import document, run
from tests.simulation.worlds import DAY_SHIFT, ROOT, demand, tree

SHORT = ("--days", "2", "--replications", "2", "--seed", "3", "--workers", "1")
CREW = [{"id": "ann", "count": 2, "cost_per_shift": 100, "roster": [DAY_SHIFT]}]
PROMISED = demand(per_week=60, respond_within="PT4H", service={"mean": "PT40M"})


def saved(path: Path, **fields: Any) -> Path:
    path.write_text(json.dumps(tree(name="Leaks", engineers=CREW, demand=[PROMISED], **fields)), "utf-8")
    return path


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return saved(tmp_path / "world.json", targets=[{"figure": "sla", "at_least": 0.2}])


def test_a_sweep_prints_alternatives_and_differences(world: Path) -> None:
    ended = run("simulate", "sweep", world, *SHORT, "--headcount", "ann=1,2", "--policy", "balanced,emergency", COLUMNS="140")
    assert ended.exit_code == 0
    assert "Leaks: 4 alternatives, 2 days, 2 replications, seed 3" in ended.stdout
    assert "Differences from ann 1 · balanced on the same tickets" in ended.stdout
    assert "The cheapest that meets all targets: ann " in ended.stdout
    assert "Replications: 8 of 8" in ended.stderr


def test_what_was_kept_is_not_simulated_again_and_the_document_is_the_same(world: Path, tmp_path: Path) -> None:
    call = ("simulate", "sweep", world, *SHORT, "--keep", tmp_path / "kept", "--json")
    run(*call[:3], *SHORT, "--keep", tmp_path / "kept", "--headcount", "ann=1", "--quiet")
    first = run(*call, "--headcount", "ann=1,2")
    assert "Replications: 2 of 4" in first.stderr
    second = run(*call, "--headcount", "ann=1,2")
    assert "Replications: 3 of 4" not in second.stderr
    assert second.stdout == first.stdout
    found = document(first)
    assert (found["format"], found["complete"], found["replications"]) == ("dispatch-sweep/1", True, 2)
    assert [(a["name"], a["changes"], a["engineers"]) for a in found["alternatives"]] == [
        ("ann 1", {"ann": "1"}, 1), ("ann 2", {"ann": "2"}, 2)
    ]  # fmt: skip


def test_a_sweep_writes_report_and_picture(world: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = ("--report", tmp_path / "out" / "sweep.html", "--picture", tmp_path / "sweep.png", "--quiet")
    ended = run("simulate", "sweep", world, *SHORT, "--headcount", "ann=1,2", *out)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    page = (tmp_path / "out" / "sweep.html").read_text("utf-8")
    assert "differences from ann 1" in page
    assert "<svg" in page
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_extra_is_named_before_anything_is_simulated(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = run("simulate", "sweep", world, *SHORT, "--headcount", "ann=1", "--picture", tmp_path / "sweep.png")
    assert ended.exit_code == 1
    assert "install field-dispatch[reports]" in ended.stderr
    assert "Replications" not in ended.stderr


def test_without_distributed_the_extra_is_named(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    ended = run("simulate", "sweep", world, *SHORT, "--headcount", "ann=1", "--cluster", "tcp://127.0.0.1:9")
    assert ended.exit_code == 1
    assert "install field-dispatch[dask]" in ended.stderr


def test_when_no_alternative_meets_the_targets_the_exit_code_is_1(tmp_path: Path) -> None:
    path = saved(tmp_path / "world.json", targets=[{"figure": "response_p50_minutes", "at_most": 0.001}])
    ended = run("simulate", "sweep", path, *SHORT, "--headcount", "ann=1,2")
    assert ended.exit_code == 1
    assert "No alternative meets all targets." in ended.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--headcount", "ann"), "'ann' is not like night=2,3,4"),
        (("--headcount", "ann=two"), "'ann=two' is not like night=2,3,4"),
        (("--headcount", "bob=2"), "UNKNOWN_ENGINEER"),
        (("--policy", "quick"), "UNKNOWN_POLICY"),
        (("--dispatching", "slow"), "'slow' is none of replan"),
        ((), "MISSING_FIELD"),
        (("--grid", "nowhere.json"), "MISSING_FILE"),
    ],
    ids=str,
)
def test_a_faulty_sweep_is_refused(world: Path, options: tuple[str, ...], told: str) -> None:
    ended = run("simulate", "sweep", world, *SHORT, *options)
    assert ended.exit_code == 2
    assert told in " ".join(re.sub(r"[│╭╮╰╯─]", " ", ended.stderr + ended.stdout).split())


def test_every_field_of_a_grid_is_on_the_page() -> None:
    page = (ROOT / "docs" / "simulation.md").read_text("utf-8")
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    found = alternatives.Grid.model_json_schema()
    every = set(found["properties"])
    for name, definition in found["$defs"].items():
        if name not in ("Region", "EngineerSkill"):
            every |= set(definition.get("properties", {}))
    assert every - named - {"format"} == set()


def test_the_grid_on_the_page_fits_the_world_it_is_for() -> None:
    page = (ROOT / "docs" / "simulation.md").read_text("utf-8")
    (text,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    world = json.loads((ROOT / "scenarios" / "worlds" / "hunan.json").read_text("utf-8"))
    assert len(alternatives.alternatives(world, alternatives.read_grid(text))) == 64


def test_staff_prints_the_crew_its_neighbours_and_today(world: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = ("--report", tmp_path / "staff.html", "--picture", tmp_path / "staff.png")
    ended = run("simulate", "staff", world, *SHORT, "--range", "ann=0..3", *out, COLUMNS="140")
    assert ended.exit_code == 0
    assert "The cheapest crew that meets all targets: ann 2. " in ended.stdout
    assert "Crew 1: ann 2: meets all targets" in ended.stderr
    assert "Crew 3: ann 1: meets all targets" in ended.stderr
    assert "Again, on other random numbers: ann 1: misses sla" in ended.stderr
    assert re.search(r"\n *again +on other random numbers .*met", ended.stdout)
    assert "ann 1" in (tmp_path / "staff.html").read_text("utf-8")
    found = document(run("simulate", "staff", world, *SHORT, "--range", "ann=0..3", "--json", "--quiet"))
    assert (found["format"], found["complete"], found["best"]["crew"], found["today"]["crew"]) == (
        "dispatch-staff/1", True, {"ann": 2}, {"ann": 2}
    )  # fmt: skip
    assert [(t["crew"], t["met"], bool(t["again"])) for t in found["neighbours"]] == [({"ann": 1}, False, True)]


def test_targets_that_no_crew_meets_are_named_with_the_nearest_figure(tmp_path: Path) -> None:
    path = saved(tmp_path / "world.json", targets=[{"figure": "resolution_p50_minutes", "at_most": 5}])
    ended = run("simulate", "staff", path, *SHORT, "--range", "ann=1..3", COLUMNS="140")
    assert ended.exit_code == 1
    assert "No crew in range meets all targets." in ended.stdout
    assert re.search(r"resolution_p50_minutes: wanted at most 5\.0; the nearest is [0-9.]+, with ann \d\.", ended.stdout)


def test_promise_and_marginal_print_tables_and_documents(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = saved(tmp_path / "world.json", service_levels=[{"kind": "repair", "respond_within": "PT8H"}])
    out = ("--report", tmp_path / "a.html", "--picture", tmp_path / "a.png")
    promised = run("simulate", "promise", path, *SHORT, "--tighten", "0.5", "--room", "0", "--share", "0.9", *out, COLUMNS="140")
    assert promised.exit_code == 0
    assert "repair" in promised.stdout
    assert "4 h" in promised.stdout
    found = document(run("simulate", "promise", path, *SHORT, "--tighten", "0.5", "--room", "0", "--json", "--quiet"))
    assert [(p["respond_within"], p["share"], p["crew"]) for p in found["promises"]] == [("PT8H", 0.95, None), ("PT4H", 0.95, None)]
    more = run("simulate", "marginal", path, *SHORT, *out, COLUMNS="140")
    assert more.exit_code == 0
    assert "First comes who buys most of sla for the money." in more.stdout
    found = document(run("simulate", "marginal", path, *SHORT, "--json", "--quiet"))
    assert [(m["engineers"], m["now"]) for m in found["one_more"]] == [("ann", 2)]


def test_backtest_compares_a_log_with_what_was_done(world: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "log.csv"
    path.write_text("opened,begun,ended\n2026-03-02 09:00:00,2026-03-02 10:30:00,2026-03-02 11:00:00\n", "utf-8")
    out = ("--report", tmp_path / "b.html", "--picture", tmp_path / "b.png")
    call = ("simulate", "backtest", world, path, "--replications", "2", "--workers", "1")
    ended = run(*call, *out, COLUMNS="140")
    assert ended.exit_code == 0
    assert "Response of 1 tickets, minutes" in ended.stdout
    found = document(run(*call, "--json", "--quiet"))
    assert [(m["measure"], m["mean_minutes"]["actual"]) for m in found["measures"]] == [("response", 90), ("resolution", 120)]


@pytest.mark.parametrize(
    ("command", "options", "told"),
    [
        ("staff", ("--range", "ann"), "'ann' is not like night=1..4"),
        ("staff", ("--range", "ann=3..1"), "'ann=3..1' is not like night=1..4"),
        ("staff", ("--range", "bob=1..2"), "UNKNOWN_ENGINEER"),
        ("promise", ("--tighten", "2"), "'2' is not like 0.75,0.5"),
        ("promise", (), "MISSING_FIELD"),
    ],
    ids=str,
)
def test_a_faulty_question_is_refused(world: Path, command: str, options: tuple[str, ...], told: str) -> None:
    ended = run("simulate", command, world, *SHORT, *options)
    assert ended.exit_code == 2
    assert told in " ".join(re.sub(r"[│╭╮╰╯─]", " ", ended.stderr + ended.stdout).split())
