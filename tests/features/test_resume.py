"""An engineer goes on later, or from elsewhere, than the work so far says."""

from __future__ import annotations

from dataclasses import replace

from dispatch import solver
from dispatch.model import Place, Problem, Resume
from dispatch.travel import matrix
from tests.build import at, checked, engineer, pin, problem, shift, ticket, told


def day(resume: Resume | None, *tickets: object) -> Problem:
    """Return a day of ann, who starts at 8:00 at place 0; B is at place 2, an hour away."""
    ann = engineer("ann", replace(shift(back=None), resume=resume))
    return problem([*tickets, ticket("B", 2)], [ann], now="8:00")  # type: ignore[list-item]


def both(case: Problem, *tickets: str) -> list[str]:
    """Return the answer of the check, having seen that the search gives the same."""
    verdict = checked(case, ("ann", " ".join(tickets)))
    result = solver.solve(case, matrix(case), solver.Options(iterations=50))
    assert (result.cost, result.plan.routes[0].departure) == (verdict.cost.total, verdict.plan.routes[0].departure)
    return told(verdict)


DONE = ticket("A", 1, status="done", pin=pin("ann", "day"), actual=("7:00", "7:30"))


def test_a_late_engineer_sets_out_late() -> None:
    assert both(day(Resume(at("9:30"))), "B") == ["ann 9:30-11:30", "  B 10:30 10:30-11:30", "travel 60"]


def test_an_engineer_seen_elsewhere_sets_out_there() -> None:
    assert both(day(Resume(at("8:00"), Place(index=1))), "B") == ["ann 8:00-9:30", "  B 8:30 8:30-9:30", "travel 30"]


def test_work_done_comes_before_the_place_seen() -> None:
    case = replace(day(Resume(at("8:10"), Place(index=2)), DONE), now=at("8:05"))
    assert both(case, "A", "B") == ["ann 6:30-9:10", "  A 7:00 7:00-7:30", "  B 8:10 8:10-9:10", "travel 30"]


def test_a_drive_under_way_is_counted_from_the_place_seen() -> None:
    driven = ticket("A", 1, status="travelling", pin=pin("ann", "day"))
    case = day(Resume(at("8:20"), Place(index=2)), driven)
    assert both(case, "A", "B") == ["ann 8:20-11:20", "  A 8:50 8:50-9:50", "  B 10:20 10:20-11:20", "travel 60"]


def test_whoever_goes_on_after_the_shift_does_not_go_on_in_it() -> None:
    case = day(Resume(at("16:01")), DONE)
    assert told(checked(case, ("ann", "A"), unassigned="B")) == [
        "ann 6:30-8:00", "  A 7:00 7:00-7:30", "unassigned B", "travel 30, unassigned 1000",
    ]  # fmt: skip
    assert [(v.rule, v.size) for v in checked(case, ("ann", "A B")).violations] == [("shift", 60)]
    assert [u.ticket for u in solver.solve(case, matrix(case), solver.Options(iterations=50)).plan.unassigned] == ["B"]
