"""Answers and refusals as JSON documents: what `--json` prints, and what the service sends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dispatch.errors import DispatchError, Fault, InputError, StoreError, TravelError
from dispatch.model import MINUTE, PlanWarning, Visit

if TYPE_CHECKING:
    from dispatch.check import Violation
    from dispatch.explain.ranking import Candidate
    from dispatch.planning import Planned
    from dispatch.scenario import Comparison, Difference, Outcome

CODES: dict[type[DispatchError], tuple[str, str]] = {
    InputError: ("FAULTY_INPUT", "The input is faulty."),
    TravelError: ("NO_TRAVEL", "Travel times could not be had."),
    StoreError: ("NO_STORE", "The database cannot be used."),
}
"""Code and title of each refusal."""


def text(document: Any) -> str:
    """Return a document as indented JSON."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def minutes(cost: float | int | None) -> float | None:
    """Return a cost in minutes of travel, as the format has it: with up to 6 decimals."""
    return None if cost is None else round(cost / MINUTE, 6)


def moment(time: int | None, time_zone: str) -> str | None:
    """Return a time as the format has it: RFC 3339 with an offset."""
    return None if time is None else datetime.fromtimestamp(time, ZoneInfo(time_zone)).isoformat()


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


def candidates(planned: Planned, ticket: str, found: Sequence[Candidate]) -> dict[str, Any]:
    """Return where a ticket is, or why it is nowhere, and who could do it; costs in minutes of travel."""
    zone = planned.problem.time_zone
    listed = [
        {
            "engineer": c.engineer,
            "shift": c.shift,
            "start": moment(c.start, zone),
            "cost_delta": minutes(c.cost_delta) if c.feasible else None,
            "by_rule": {rule: minutes(cost) for rule, cost in (c.by_rule or {}).items() if cost},
            "moves": {name: round(later / 60, 2) for name, later in c.disturbs},
            "present": c.present,
            "reason": None if c.reason is None else asdict(c.reason),
        }
        for c in found
    ]
    left = [u for u in plan(planned)["unassigned"] if u["ticket"] == ticket]
    placed = [{k: c[k] for k in ("engineer", "shift", "start")} for c in listed if c["present"]]
    return {
        "ticket": ticket,
        "placed": placed[0] if placed else None,
        "reasons": left[0]["reasons"] if left else [],
        "ways_in": left[0]["ways_in"] if left else [],
        "candidates": listed,
    }


def comparison(found: Comparison, time_zone: str) -> dict[str, Any]:
    """Return how two plans differ; costs in minutes of travel."""

    def where(visit: Visit | None) -> dict[str, Any] | None:
        return None if visit is None else {"engineer": visit.engineer, "shift": visit.shift, "start": moment(visit.start, time_zone)}

    def pair(d: Difference, in_minutes: bool) -> dict[str, Any]:
        before, after = (minutes(d.before), minutes(d.after)) if in_minutes else (d.before, d.after)
        return {"name": d.name, "before": before, "after": after}

    return {
        "same_problem": found.same_problem,
        "cost": [pair(d, True) for d in found.cost],
        "kpis": [pair(d, False) for d in found.kpis],
        "moved": [{"ticket": m.ticket, "before": where(m.before), "after": where(m.after)} for m in found.moved],
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
