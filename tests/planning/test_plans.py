"""The services everyone calls: every plan is checked, explained and says what it belongs to; disagreement is loud."""

from __future__ import annotations

import logging
from dataclasses import replace
from hashlib import sha256

import pytest

from dispatch import planning, policy, schema, solver, travel
from dispatch.check import Verdict, Violation
from dispatch.errors import TravelError
from dispatch.model import CrowTravel, Place, Plan, PlanWarning, Problem, ProblemRef, Route, Stop, Visit
from dispatch.planning import Planned
from tests.build import at, engineer, plan, problem, shift, ticket, told, visit

QUICK = solver.Options(iterations=100, seed=4)
TWO = problem([ticket("A", respond_by="9:00"), ticket("B", 2)], name="Two tickets", weights={"lateness": 1})
TOLD = ["ann 8:00-12:00", "  A 8:30 8:30-9:30", "  B 10:00 10:00-11:00", "travel 120"]
SHORT = problem([ticket("A"), ticket("B", 2, mandatory=True)], [engineer("ann", shift(end="8:45"))])


def lines(planned: Planned) -> list[str]:
    """Return a whole answer in lines."""
    assert planned.plan.cost is not None
    return told(Verdict(planned.plan, planned.violations, planned.plan.cost, planned.plan.kpis))


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


def wrong(monkeypatch: pytest.MonkeyPatch, answer: Plan, cost: int) -> None:
    """Let the search return this answer."""
    monkeypatch.setattr(solver, "solve", lambda *given: solver.Result(answer, cost, 0))


# ------------------------------------------------------------------ planning


def test_a_plan_is_checked_and_says_what_it_belongs_to_and_how_it_was_made() -> None:
    planned = planning.plan(TWO, QUICK)
    assert lines(planned) == TOLD
    assert planned.violations == ()
    assert planned.problem is TWO
    assert planned.plan.problem == ProblemRef("Two tickets", sha256(schema.write_problem(TWO)).hexdigest())
    assert planned.plan.policy == policy.resolve(TWO.policy)
    assert planned.plan.solver is not None
    assert (planned.plan.solver.engine, planned.plan.solver.seed, planned.plan.solver.iterations) == ("search", 4, 100)
    assert planned.plan.kpis["assigned"] == 2
    assert planned.plan.warnings == ()
    assert planned.matrix.between(Place(index=0), Place(index=2)) == (3600, 0)


def test_a_plan_is_read_back_as_it_was_written() -> None:
    planned = planning.plan(TWO, QUICK)
    assert schema.read_plan(schema.write_plan(planned.plan)) == planned.plan


def test_a_plan_explains_what_it_leaves_out_and_carries_the_warnings_of_its_problem() -> None:
    planned = planning.plan(problem([ticket("A", skills={"crane": 1})]), QUICK)
    assert [u.ticket for u in planned.plan.unassigned] == ["A"]
    assert [r.code for r in planned.plan.unassigned[0].reasons] == ["NO_SKILL"]
    assert [(w.code, w.pointer) for w in planned.plan.warnings] == [("SKILL_NOBODY_HAS", "/tickets/0/skills/0")]


def test_a_plan_to_start_with_is_handed_to_the_search_with_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def solve(*given: object) -> solver.Result:
        seen.extend(given)
        return solver.Result(plan(("ann", "A B")), 120 * 60_000, 0)

    monkeypatch.setattr(solver, "solve", solve)
    before = plan(("ann", "B"))
    planned = planning.plan(TWO, QUICK, before)
    assert seen == [TWO, planned.matrix, QUICK, before]
    assert lines(planned) == TOLD


def test_travel_times_that_cannot_be_had_are_refused() -> None:
    unplaced = replace(TWO, travel=CrowTravel())
    with pytest.raises(TravelError, match="No position for"):
        planning.plan(unplaced, QUICK)
    with pytest.raises(TravelError, match="No position for"):
        planning.check(unplaced, Plan(()))


# ------------------------------------------------------------------ checking


def test_a_plan_made_by_hand_keeps_its_order_and_is_timed() -> None:
    planned = planning.check(TWO, plan(("ann", "B A")))
    expected = ["ann 8:00-12:00", "  B 9:00 9:00-10:00", "  A 10:30 10:30-11:30 late 90 min", "travel 120, lateness 90"]
    assert lines(planned) == expected
    assert planned.plan.problem == ProblemRef("Two tickets", sha256(schema.write_problem(TWO)).hexdigest())


def test_a_broken_rule_is_a_violation_with_its_size(caplog: pytest.LogCaptureFixture) -> None:
    planned = planning.check(SHORT, plan(("ann", "A B")))
    assert [(v.rule, v.size) for v in planned.violations] == [("overtime_limit", 11_700)]
    assert errors(caplog) == []


def test_a_plan_of_another_problem_is_checked_against_this_one_and_that_is_said() -> None:
    other = planning.plan(replace(TWO, name="Yesterday"), QUICK)
    planned = planning.check(TWO, other.plan)
    message = "The plan states another problem, 'Yesterday', or an earlier state of this one; it was checked against this one."
    assert planned.plan.warnings == (PlanWarning("OTHER_PROBLEM", "", message),)
    assert planned.plan.problem is not None
    assert planned.plan.problem.name == "Two tickets"
    assert planning.check(TWO, planned.plan).plan.warnings == ()


# ---------------------------------------------------------------- replanning


def told_before(monkeypatch: pytest.MonkeyPatch, case: Problem, published: Plan) -> tuple[Visit, ...]:
    """Return what a replan takes for what people were told, and see that it starts from the plan given."""
    seen: list[Plan | None] = []

    def solve(problem: Problem, matrix: travel.TravelMatrix, options: solver.Options, start: Plan | None) -> solver.Result:
        seen.append(start)
        return solver.Result(published, 0, 0)

    monkeypatch.setattr(solver, "solve", solve)
    previous = planning.replan(case, published).problem.previous
    assert seen == [published]
    return previous


def test_a_replan_counts_what_moves_against_the_published_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    published = planning.plan(TWO, QUICK).plan
    assert told_before(monkeypatch, TWO, published) == (visit("A", "ann", "8:30"), visit("B", "ann", "10:00"))


def test_a_replan_keeps_what_the_problem_says_people_were_told(monkeypatch: pytest.MonkeyPatch) -> None:
    case = replace(TWO, previous=(visit("A", "ann", "13:00"),))
    assert told_before(monkeypatch, case, plan(("ann", "A B"))) == case.previous


def test_what_is_gone_twice_or_without_a_time_was_not_told_to_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = (Stop("A", start=at("8:30")), Stop("gone", start=at("9:30")), Stop("A", start=at("10:30")), Stop("B"))
    published = Plan((Route("ann", "day", stops), Route("bob", "day", (Stop("B", start=at("9:00")),)), Route("ann", "night", stops)))
    assert told_before(monkeypatch, TWO, published) == (visit("A", "ann", "8:30"),)


def test_a_replan_moves_nobody_for_less_than_a_change_costs() -> None:
    engineers = [engineer("ann", shift(back=None)), engineer("bea", shift(home=2, back=None))]
    case = problem([ticket("A", 2)], engineers, weights={"change": 61})
    published = planning.check(case, plan(("ann", "A"))).plan
    assert lines(planning.replan(case, published, QUICK)) == ["ann 8:00-10:00", "  A 9:00 9:00-10:00", "travel 60"]
    cheap = replace(case, policy=replace(case.policy, weights={**case.policy.weights, "change": 59}))
    assert lines(planning.replan(cheap, published, QUICK)) == ["bea 8:00-9:00", "  A 8:00 8:00-9:00", "change 59"]


# -------------------------------------------------------------- disagreement


def test_a_cost_that_search_and_check_do_not_share_is_logged_and_a_violation(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong(monkeypatch, plan(("ann", "A B")), 119 * 60_000)
    planned = planning.plan(TWO)
    message = "The search says the plan costs 119 minutes of travel, and the check says 120."
    assert planned.violations == (Violation("agreement", 60_000, message),)
    assert errors(caplog) == [f"{message} Please report this."]


def test_a_rule_that_the_search_breaks_is_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    wrong(monkeypatch, plan(("ann", "A B")), 120 * 60_000)
    planned = planning.plan(SHORT)
    assert [v.rule for v in planned.violations] == ["overtime_limit"]
    (said,) = errors(caplog)
    assert said.startswith("The search returned a plan that breaks the rule overtime_limit: ")
    assert said.endswith(" Please report this.")


def test_mandatory_work_that_fits_nowhere_is_a_violation_and_no_fault_of_the_search(caplog: pytest.LogCaptureFixture) -> None:
    planned = planning.plan(SHORT, QUICK)
    assert [(v.rule, v.ticket) for v in planned.violations] == [("mandatory", "B")]
    assert errors(caplog) == []
