"""What goes wrong is told in words, on the right stream, and with the right exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch import planning
from tests.build import pin, problem, ticket
from tests.cli.running import QUICK, document, put, run


def test_a_broken_pin_ends_with_1_and_is_named(tmp_path: Path) -> None:
    day = put(tmp_path / "day.json", problem([ticket("A", skills={"crane": 1}, pin=pin("ann"))]))
    shown, as_json = run("plan", day, *QUICK), run("plan", day, *QUICK, "--json")
    assert (shown.exit_code, as_json.exit_code) == (1, 1)
    assert "1 broken rule" in shown.stdout
    assert document(as_json)["unassigned"][0]["ticket"] == "A"
    assert "1 broken rule" in as_json.stderr


def test_mandatory_work_that_fits_nowhere_ends_with_3_and_the_plan_is_written_all_the_same(tmp_path: Path) -> None:
    day = put(tmp_path / "day.json", problem([ticket("A", skills={"crane": 1}, mandatory=True), ticket("B")]))
    result = run("plan", day, *QUICK, "--json", "--output", tmp_path / "plan.json")
    assert result.exit_code == 3
    assert document(result)["kpis"]["assigned"] == 1
    assert (tmp_path / "plan.json").exists()
    assert result.stderr.splitlines()[-1] == "dispatch: No plan found serves all mandatory work: A left out."


def test_faulty_input_ends_with_2_and_every_fault(tmp_path: Path) -> None:
    day = tmp_path / "day.json"
    day.write_text('{"format": "dispatch/1", "engineers": 7, "tickets": [], "tikets": []}', "utf-8")
    shown, as_json = run("plan", day), run("plan", day, "--json")
    assert (shown.exit_code, as_json.exit_code) == (2, 2)
    assert shown.stdout == ""
    assert "2 faults" in shown.stderr
    assert as_json.stderr == ""
    refused = document(as_json)
    assert {k: refused[k] for k in ("title", "code", "detail")} == {
        "title": "The input is faulty.",
        "code": "FAULTY_INPUT",
        "detail": "2 faults.",
    }
    assert [(f["pointer"], f["code"]) for f in refused["faults"]] == [("/engineers", "WRONG_TYPE"), ("/tikets", "UNKNOWN_FIELD")]
    assert all(f["message"] and f["action"] for f in refused["faults"])


def test_the_faults_of_two_files_are_told_together_with_their_names(tmp_path: Path) -> None:
    day = tmp_path / "day.json"
    day.write_text("{}", "utf-8")
    result = run("check", day, "-", "--json", stdin=b'{"format": "dispatch-plan/1"}')
    named = {f["pointer"]: f["code"] for f in document(result)["faults"]}
    assert named == {
        f"{day}#/format": "MISSING_FIELD",
        f"{day}#/engineers": "MISSING_FIELD",
        f"{day}#/tickets": "MISSING_FIELD",
        "standard input#/routes": "MISSING_FIELD",
    }


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("plan", "{}/nothing.json"), "MISSING_FILE"),
        (("plan", "{}"), "UNREADABLE_FILE"),
        (("plan", "{}/\0.json"), "UNREADABLE_FILE"),
        (("check", "-", "-"), "UNREADABLE_FILE"),
        (("plan", "{}/day.json", "--output", "{}"), "UNWRITABLE_FILE"),
        (("plan", "{}/day.json", "--report", "{}/day.json/report.html"), "UNWRITABLE_FILE"),
        (("plan", "{}/day.json", "--export", "{}/day.json"), "UNWRITABLE_FILE"),
        (("scenarios", "run", "{}", "--only", "night"), "MISSING_FILE"),
    ],
)
def test_files_that_cannot_be_used_are_faults_found_before_planning(
    args: tuple[str, ...], code: str, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "plan", lambda *given: pytest.fail("it was planned all the same"))
    result = run(*(a.format(day.parent) for a in args), "--json")
    assert result.exit_code == 2
    assert {f["code"] for f in document(result)["faults"]} == {code}


def test_a_file_that_may_not_be_read_is_told_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (fault,) = document(run("validate", "day.json", "--json"))["faults"]
    assert (fault["code"], fault["message"]) == ("UNREADABLE_FILE", "'day.json' cannot be read: Permission denied.")


def test_travel_times_that_cannot_be_had_end_with_2(day: Path) -> None:
    result = run("plan", day, "--geocode", "mars")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "dispatch: geopy has no geocoder 'mars'. Name one that it has, such as nominatim.\n"
    as_json = run("plan", day, "--geocode", "mars", "--json")
    assert document(as_json)["code"] == "NO_TRAVEL"


def test_an_error_nobody_has_foreseen_is_one_line_and_more_only_when_asked_for(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> planning.Planned:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr(planning, "plan", fail)
    line = "dispatch: this should not have happened: ZeroDivisionError: one two (`dispatch --debug COMMAND ...` tells more)\n"
    shown = run("plan", day)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (70, "", line)
    as_json = run("plan", day, "--json")
    assert document(as_json)["code"] == "UNEXPECTED"
    more = run("--debug", "plan", day)
    assert more.exit_code == 70
    assert "Traceback" in more.stderr
    assert more.stderr.endswith(line)


@pytest.mark.parametrize("args", [("plan",), ("plan", "day.json", "--seconds", "nan"), ("plan", "day.json", "--workers", "0"), ("ask",)])
def test_wrong_usage_ends_with_2(args: tuple[str, ...]) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr
