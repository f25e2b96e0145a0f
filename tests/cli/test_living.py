"""Replanning, candidates and offers on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch import events as ev
from dispatch import schema
from dispatch.planning import check
from tests.build import at, engineer, plan, problem, shift, ticket
from tests.cli.running import QUICK, document, put, run

DAY = problem([ticket("A"), ticket("B", 2)], [engineer("ann", shift(back=None)), engineer("bob", shift(home=2, back=None))], now="8:00")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    events = tmp_path / "events.json"
    happened = (ev.EngineerLate(at("8:00"), "ann", at("8:30")), ev.TicketPut(at("8:05"), ticket("N", 2)))
    events.write_bytes(ev.write_events(happened))
    return put(tmp_path / "day.json", DAY), put(tmp_path / "plan.json", plan(("ann", "A B"))), events


def test_a_replan_tells_what_happened_what_moves_and_whom_to_tell(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    problem_file, plan_file, events = files
    out, state = tmp_path / "new.json", tmp_path / "now.json"
    result = run("replan", problem_file, plan_file, "--events", events, *QUICK, "--output", out, "--state", state)
    assert (result.exit_code, result.stderr.splitlines()[-2:]) == (0, [f"Wrote {out}", f"Wrote {state}"])
    assert "Ticket N has no place yet." in result.stdout
    assert "engineer ann" in result.stdout
    after = check(schema.read_problem(state.read_bytes()), schema.read_plan(out.read_bytes()))
    assert (after.violations, after.plan.unassigned, after.plan.warnings) == ((), (), ())
    assert {v.ticket for v in after.problem.previous} == {"A", "B", "N"}
    assert "Nothing moves." in run("replan", state, out, *QUICK).stdout


def test_a_replan_within_limits_as_a_document(files: tuple[Path, Path, Path]) -> None:
    found = document(run("replan", *files[:2], "--events", files[2], *QUICK, "--most-changes", "0", "--freeze", "PT30M", "--json"))
    assert [e["code"] for e in found["effects"]] == ["UNASSIGNED"]
    assert [c["ticket"] for c in found["diff"]["added"]] == ["N"]
    assert found["diff"]["moved"] == []
    assert len(found["plan"]["unassigned"]) == 0


def test_only_some_changes_can_be_taken_over(files: tuple[Path, Path, Path]) -> None:
    found = document(run("replan", *files[:2], "--events", files[2], *QUICK, "--only", "N", "--json"))
    assert [c["ticket"] for c in found["diff"]["added"]] == ["N"]
    refused = run("replan", *files[:2], *QUICK, "--only", "Z", "--json")
    assert (refused.exit_code, [f["code"] for f in document(refused)["faults"]]) == (2, ["UNKNOWN_TICKET"])


def test_who_could_do_a_ticket_is_ranked(files: tuple[Path, Path, Path]) -> None:
    found = document(run("candidates", *files[:2], "N", "--events", files[2], "--json"))
    assert [(c["engineer"], c["position"], c["cost"], c["moves"]) for c in found["candidates"]] == [
        ("ann", 3, -1000, {}), ("bob", 1, -1000, {}),
    ]  # fmt: skip
    result = run("candidates", *files[:2], "A")
    assert (result.exit_code, "Who could do it" in result.stdout) == (0, True)


def test_slots_that_can_be_promised_are_listed(files: tuple[Path, Path, Path]) -> None:
    found = document(run("offers", *files[:2], "N", "--events", files[2], "--width", "PT4H", "--horizon", "PT6H", "--json"))
    assert [(o["window"]["start"], o["engineer"], o["cost"]) for o in found["offers"]] == [
        ("2026-03-02T12:00:00+00:00", "ann", -1000)
    ]  # fmt: skip
    assert "12:00" in run("offers", *files[:2], "N", "--events", files[2], "--width", "PT4H").stdout
    assert "No slot can be promised." in run("offers", *files[:2], "A", "--horizon", "PT0S").stdout


def test_what_is_wrong_is_said(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    late = tmp_path / "late.json"
    late.write_bytes(ev.write_events([ev.Clock(at("9:00")), ev.Clock(at("8:00"))]))
    refused = run("replan", *files[:2], "--events", late, *QUICK, "--json")
    assert (refused.exit_code, [f["pointer"] for f in document(refused)["faults"]]) == (2, ["/events/1/at"])
    assert run("candidates", *files[:2], "Z").exit_code == 2
    for option in (("replan", *files[:2], "--freeze", "30"), ("offers", *files[:2], "A", "--width", "PT1S")):
        assert run(*option).exit_code == 2
