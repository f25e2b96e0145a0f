"""`dispatch simulate sweep` and what else is asked about crews, as a user calls them."""

from __future__ import annotations

import json
import re
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
