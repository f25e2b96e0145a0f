"""From a folder of instances to a table, a result file and its summary."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from benchmarks import published, summary
from benchmarks.sets import SETS
from dispatch.solver import Options

SHORT = Options(iterations=200)

SOLOMON = """tiny

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

DAMM = """2 1  0 7 10  0 1 1  0 5 10  715 20 10  1440 30 21  0 100  1189 1 1080  0 0  3 4  0 1"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, file, text, best in (
        ("vrptw-solomon", "T1.txt", SOLOMON, "instance,cost,convention\nT1,14.8,dimacs: min distance\n"),
        ("ftsp-damm", "F1.txt", DAMM, "instance,best_priority_sum,brkga_A,convention\nF1,17,10,maximise\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
        (tmp_path / name / "bks.csv").write_text(best)
    return tmp_path


def test_an_instance_is_solved_and_judged_twice(folder: Path) -> None:
    row = published.run("vrptw-solomon", SETS["vrptw-solomon"].load(folder, "T1"), SHORT)
    assert row.gap == pytest.approx(0)
    assert replace(row, seconds=0.0, gap=0.0, value=14.8) == published.Row(
        set="vrptw-solomon",
        instance="T1",
        tickets=3,
        engineers=2,
        left_out=0,
        value=14.8,
        best=14.8,
        gap=0.0,
        feasible=True,
        faults=(),
        violations=0,
        seconds=0.0,
        iterations=200,
    )


def test_one_table_per_set_then_a_file_and_its_summary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = published.solve_all(published.chosen("ftsp-damm", folder, None, "*"), folder, SHORT)
    printed = capsys.readouterr()
    assert "ftsp-damm F1 (1 of 1)" in printed.err
    assert "mean brkga_A 10.00, ours 17.00 (1 instances)" in printed.out
    cells = [line.replace("│", " ").split() for line in printed.out.splitlines()]
    assert ["F1", "2", "1", "0", "17", "17", "0.00", "yes"] in [words[:-1] for words in cells]

    published.save(folder / "out" / "result.json", {"seconds": 5.0, "engine": None}, rows)
    document = json.loads((folder / "out" / "result.json").read_text())
    assert {"date", "commit", "versions", "machine"} < set(document)
    assert "| `ftsp-damm` | 1 | 1 | 1 | 17.00 | 0.00 | 0.00 | 0.00 |" in summary.markdown(document)


def test_a_folder_that_is_missing_is_said_with_exit_code_2(tmp_path: Path) -> None:
    app = Typer()
    app.command()(published.main)
    done = CliRunner().invoke(app, ["--data", str(tmp_path), "--set", "ftsp-damm"])
    assert done.exit_code == 2
    assert "Give --data the folder that holds the published sets" in " ".join(done.stderr.split())
