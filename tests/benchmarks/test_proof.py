"""Gaps of generated days: measured against the check's cost, and never made up."""

from __future__ import annotations

import json
from pathlib import Path

from typer import Typer
from typer.testing import CliRunner

from benchmarks import proof, summary
from dispatch import solver


def row(day: str, gap: float | None) -> dict[str, object]:
    bound = None if gap is None else 200 - 2 * gap
    return {"day": day, "cost": 200.0, "bound": bound, "gap": gap, "violations": 0, "seconds": 10.0, "cpu_seconds": 20.0}


def test_a_small_day_is_proved_to_the_last_second() -> None:
    found = proof.proved(6, 3, solver.Options(iterations=300, prove=60.0))
    assert (found.gap, found.bound, found.violations) == (0, found.cost, 0)


def test_without_time_nothing_is_proved() -> None:
    found = proof.proved(6, 3, solver.Options(iterations=300, prove=0.0))
    assert (found.bound, found.gap) == (None, None)


def test_the_table_ends_with_the_mean_and_the_worst_gap() -> None:
    assert proof.lines([row("a", 1.0), row("b", 2.0)]) == [
        ("a", "200", "198", "1.00", "10", "20"),
        ("b", "200", "196", "2.00", "10", "20"),
        ("mean", "", "", "1.50", "10", "20"),
        ("worst", "", "", "2.00", "", ""),
    ]


def test_a_day_without_a_bound_leaves_mean_and_worst_unknown() -> None:
    assert [cells[3] for cells in proof.lines([row("a", 1.0), row("b", None)])] == ["1.00", "-", "-", "-"]


def test_the_command_records_what_the_summary_shows(tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    asked = ["--days", "1", "--tickets", "6", "--seconds", "0.2", "--prove", "60", "--workers", "1", "--cpu", "--output", str(out)]
    app = Typer()
    app.command()(proof.main)
    assert CliRunner().invoke(app, asked).exit_code == 0
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["options"]["cpu"] is True
    shown = summary.markdown(document).splitlines()
    assert shown[2] == "| day | cost | bound | gap % | seconds | CPU seconds |"
    assert shown[-2].startswith("| mean | | | 0.00 |")
