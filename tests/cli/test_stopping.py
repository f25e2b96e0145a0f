"""How far the search is, and how to stop it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dispatch import solver, travel
from dispatch.cli import app, watch
from dispatch.model import Plan, Problem
from dispatch.solver import Options, Progress
from tests.cli.running import QUICK, REPOSITORY, document, run

# --------------------------------------------------------------- stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_search_and_the_best_plan_so_far_is_kept(
    number: signal.Signals, day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = signal.getsignal(number), solver.solve

    def solve(problem: Problem, matrix: travel.TravelMatrix, options: Options, start: Plan | None) -> solver.Result:
        signal.raise_signal(number)
        return real(problem, matrix, options, start)

    monkeypatch.setattr(solver, "solve", solve)
    result = run("plan", day, "--seconds", "3600", "--json", "--output", tmp_path / "plan.json")
    assert result.exit_code == 130
    assert document(result)["solver"]["stopped"] == "stopped"
    assert document(result)["kpis"]["assigned"] == 2
    assert (tmp_path / "plan.json").exists()
    assert signal.getsignal(number) is before


def test_a_second_signal_ends_the_command_at_once(day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def solve(*given: object) -> solver.Result:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it went on")

    monkeypatch.setattr(solver, "solve", solve)
    result = run("plan", day, "--output", tmp_path / "plan.json")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Stopped.\n")
    assert not (tmp_path / "plan.json").exists()


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    handlers: list[object] = []

    def look() -> None:
        with watch.stopping() as stop:
            handlers.extend((signal.getsignal(signal.SIGINT), stop.is_set()))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert handlers == [before, False]


def test_a_real_process_stops_when_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dispatch.cli", "plan", "scenarios/changsha-tuesday.json", "--seconds", "3600", "--json"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"unassigned" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        made = json.loads(process.stdout.read())
    assert process.returncode == 130
    assert made["solver"]["stopped"] == "stopped"


def test_nobody_reading_on_is_no_error() -> None:
    command = f"{sys.executable} -m dispatch.cli plan scenarios/changsha-tuesday.json --iterations 20 | head -1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout.splitlines()[1:] == ["141"]
    assert ended.stderr == ""


@pytest.mark.parametrize("command", ["schema", "validate"])
def test_a_pipe_without_a_reader_ends_a_command_with_141(command: str, day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        with pytest.raises(SystemExit) as ended:
            app(["schema"] if command == "schema" else ["validate", str(day)])
        assert ended.value.code == 141
        stdout.write("what is written later goes nowhere")


# ----------------------------------------------------------------- watching


def test_a_terminal_shows_a_bar_with_seconds_cost_and_what_is_unassigned(day: Path) -> None:
    result = run("plan", day, *QUICK, FORCE_COLOR="1", TERM="xterm")
    assert "Planning" in result.stderr
    assert "120 min of travel · 0 tickets unassigned" in result.stderr


def test_elsewhere_a_line_every_five_seconds_does(capsys: pytest.CaptureFixture[str]) -> None:
    now = iter([0.0, 4.9, 5.0, 5.0, 9.0, 10.5, 10.5])
    say = watch._lines("Planning", clock=lambda: next(now))
    for seconds in (4.9, 5.0, 9.0, 10.5):
        say(Progress(seconds, 10, 90_000 * 60, 1))
    assert capsys.readouterr().err.splitlines() == [
        "Planning: 5 s · 90 min of travel · 1 ticket unassigned",
        "Planning: 10 s · 90 min of travel · 1 ticket unassigned",
    ]


@pytest.mark.parametrize(
    ("options", "share"),
    [
        (Options(), 0.2),
        (Options(seconds=4), 0.5),
        (Options(iterations=400), 0.25),
        (Options(seconds=4, iterations=125), 0.8),
        (Options(seconds=1), 1),
        (Options(iterations=0), 0),
    ],
)
def test_the_bar_shows_the_share_of_time_or_iterations_whichever_is_further(options: Options, share: float) -> None:
    assert watch.share(Progress(2.0, 100, 0, 0), options) == share
