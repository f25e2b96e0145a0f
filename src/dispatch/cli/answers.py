"""What `--json` prints: one document for every answer and every refusal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dispatch.errors import DispatchError, Fault, InputError, TravelError
from dispatch.model import MINUTE, PlanWarning

if TYPE_CHECKING:
    from dispatch.check import Violation
    from dispatch.planning import Planned
    from dispatch.scenario import Comparison, Difference, Outcome

CODES: dict[type[DispatchError], tuple[str, str]] = {
    InputError: ("FAULTY_INPUT", "The input is faulty."),
    TravelError: ("NO_TRAVEL", "Travel times could not be had."),
}
"""Code and title of each refusal."""


def text(document: Any) -> str:
    """Return a document as indented JSON."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def minutes(cost: float | int | None) -> float | None:
    """Return a cost in minutes of travel, as the format has it: with up to 6 decimals."""
    return None if cost is None else round(cost / MINUTE, 6)


def problem(code: str, title: str, detail: str, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    """Return what went wrong, in the members of RFC 9457 that make sense without HTTP."""
    return {"title": title, "code": code, "detail": detail, "faults": [asdict(f) for f in faults]}


def refusal(error: DispatchError) -> dict[str, Any]:
    """Return an error of ours as a document."""
    code, title = CODES[type(error)]
    faults = error.faults if isinstance(error, InputError) else ()
    return problem(code, title, f"{len(faults)} fault{'' if len(faults) == 1 else 's'}." if faults else str(error), faults)


def plan(planned: Planned) -> dict[str, Any]:
    """Return a plan as the format has it."""
    from dispatch import schema

    document: dict[str, Any] = json.loads(schema.write_plan(planned.plan, planned.problem.time_zone))
    return document


def violations(found: Sequence[Violation]) -> list[dict[str, Any]]:
    """Return broken rules with their sizes; what a violation is not about is null."""
    return [asdict(v) for v in found]


def warnings(found: Sequence[PlanWarning]) -> list[dict[str, Any]]:
    """Return warnings as plans have them."""
    return [asdict(w) for w in found]


def comparison(found: Comparison) -> dict[str, Any]:
    """Return how two plans differ; costs in minutes of travel."""

    def pair(d: Difference, in_minutes: bool) -> dict[str, Any]:
        before, after = (minutes(d.before), minutes(d.after)) if in_minutes else (d.before, d.after)
        return {"name": d.name, "before": before, "after": after}

    return {
        "same_problem": found.same_problem,
        "cost": [pair(d, True) for d in found.cost],
        "kpis": [pair(d, False) for d in found.kpis],
        "moved": [asdict(m) for m in found.moved],
    }


def outcomes(found: Sequence[Outcome]) -> dict[str, Any]:
    """Return scenarios, what was expected of them, and what they reached."""
    return {
        "reached": all(o.reached for o in found),
        "scenarios": [
            {
                "name": o.scenario.name,
                "title": o.scenario.title,
                "reached": o.reached,
                "violations": violations(o.planned.violations),
                "findings": [{**asdict(f.expectation), "value": f.value, "met": f.met} for f in o.findings],
            }
            for o in found
        ],
    }
