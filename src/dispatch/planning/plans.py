"""Planning, checking and replanning a problem: every answer is checked, priced and explained, wherever it came from."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from dispatch import explain, schema, solver, travel
from dispatch.check import Verdict, Violation, verify
from dispatch.model import MINUTE, Plan, PlanWarning, Problem, ProblemRef, Visit
from dispatch.travel import TravelMatrix

_log = logging.getLogger(__name__)

_LEFT_OUT = frozenset({"mandatory", "pin"})
"""Rules that a sound search may have to break: work that must be served and that no shift can take."""


@dataclass(frozen=True)
class Planned:
    """A plan and all it was judged with.

    Parameters
    ----------
    plan
        Timed, priced and explained, with its figures and the problem it belongs to.
    violations
        Every rule it breaks, with sizes.
    """

    problem: Problem
    matrix: TravelMatrix
    plan: Plan
    violations: tuple[Violation, ...]


def plan(problem: Problem, options: solver.Options | None = None, start: Plan | None = None) -> Planned:
    """Plan a problem, and check and explain the answer.

    Parameters
    ----------
    options
        How long to search, and how; see `solver.Options`.
    start
        A plan to begin with: the answer costs no more than what of it can still be kept.

    Raises
    ------
    TravelError
        Travel times could not be had.
    """
    matrix = travel.matrix(problem)
    result = solver.solve(problem, matrix, options, start)
    verdict = verify(problem, matrix, result.plan)
    disagreements = tuple(_disagreements(result.cost, verdict))
    return _finished(ground(problem, matrix), replace(verdict, violations=verdict.violations + disagreements))


@dataclass(frozen=True)
class Ground:
    """What judging a plan needs of its problem alone: worked out once, it serves one plan after the other.

    Parameters
    ----------
    this
        Name and SHA-256 of the problem.
    warnings
        What to know about the problem and its travel times.
    """

    problem: Problem
    matrix: TravelMatrix
    this: ProblemRef
    warnings: tuple[PlanWarning, ...]


def ground(problem: Problem, matrix: TravelMatrix | None = None) -> Ground:
    """Return what judging plans of a problem needs of it.

    Parameters
    ----------
    matrix
        Of the problem, where it is known already.

    Raises
    ------
    TravelError
        Travel times could not be had.
    """
    matrix = travel.matrix(problem) if matrix is None else matrix
    this = ProblemRef(problem.name, sha256(schema.write_problem(problem)).hexdigest())
    return Ground(problem, matrix, this, schema.warnings(problem) + matrix.warnings)


def check(problem: Problem, plan: Plan, on: Ground | None = None) -> Planned:
    """Check and explain a plan, made by hand or earlier; its order is kept, its times and costs are worked out anew.

    A plan that states another problem gets a warning, `OTHER_PROBLEM`.

    Parameters
    ----------
    on
        The ground of this problem, where it is known already.

    Raises
    ------
    TravelError
        Travel times could not be had.
    """
    on = ground(problem) if on is None else on
    return _finished(on, verify(problem, on.matrix, plan))


def replan(problem: Problem, published: Plan, options: solver.Options | None = None) -> Planned:
    """Plan a problem anew after people were told a plan: what moves against it costs `change`, and the search begins with it.

    Parameters
    ----------
    published
        What people were told. Its times count as `previous` where the problem states none; stops without a time, and
        tickets, engineers and shifts that are gone, do not.

    Raises
    ------
    TravelError
        Travel times could not be had.
    """
    if not problem.previous:
        problem = replace(problem, previous=told(problem, published))
    return plan(problem, options, published)


def told(problem: Problem, plan: Plan) -> tuple[Visit, ...]:
    """Return where a plan had put each ticket of a problem, the first place of one placed twice."""
    tickets = {t.id for t in problem.tickets}
    shifts = {(e.id, s.id) for e in problem.engineers for s in e.shifts}
    found: dict[str, Visit] = {}
    for route in plan.routes:
        for stop in route.stops:
            if stop.ticket in tickets and (route.engineer, route.shift) in shifts and stop.start:
                found.setdefault(stop.ticket, Visit(stop.ticket, route.engineer, route.shift, stop.start))
    return tuple(found.values())


def _disagreements(cost: int, verdict: Verdict) -> Iterator[Violation]:
    """Log what the check finds wrong with a plan of the search, and yield a violation where it names another cost.

    Neither may happen; where it does, the plan is not to be trusted, and that must not pass unseen.
    """
    left_out = {u.ticket for u in verdict.plan.unassigned}
    for v in verdict.violations:
        if v.rule not in _LEFT_OUT or v.ticket not in left_out:
            _log.error("The search returned a plan that breaks the rule %s: %s Please report this.", v.rule, v.message)
    if cost != verdict.cost.total:
        message = f"The search says the plan costs {cost / MINUTE:g} minutes of travel, and the check says {verdict.cost.total / MINUTE:g}."
        _log.error("%s Please report this.", message)
        yield Violation("agreement", abs(cost - verdict.cost.total), message)


def _finished(on: Ground, verdict: Verdict) -> Planned:
    """Explain a checked plan, and write on it which problem it belongs to and what to know about it."""
    explained = explain.explain(on.problem, on.matrix, verdict.plan, verdict)
    told, warnings = explained.problem, on.warnings
    if told is not None and told.sha256 != on.this.sha256:
        message = f"The plan states another problem, {told.name!r}, or an earlier state of this one; it was checked against this one."
        warnings += (PlanWarning("OTHER_PROBLEM", "", message),)
    return Planned(on.problem, on.matrix, replace(explained, problem=on.this, warnings=warnings), verdict.violations)
