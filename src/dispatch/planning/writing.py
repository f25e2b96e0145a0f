"""What the services answer, as JSON objects: costs in minutes of travel, times RFC 3339, as in the formats."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dispatch import schema
from dispatch.errors import Fault, InputError
from dispatch.model import MINUTE, Plan, Problem, Rule, Visit, Window
from dispatch.planning.change import Change, Diff
from dispatch.schema.values import read_time, write_time

if TYPE_CHECKING:
    from dispatch.explain.ranking import Candidate
    from dispatch.planning.day import Hold
    from dispatch.planning.live import Applied
    from dispatch.planning.offering import Offer


def minutes(cost: int) -> float:
    """Return a cost in minutes of travel, with up to 6 decimals."""
    return round(cost / MINUTE, 6)


def by_rule(cost: Mapping[Rule, int]) -> dict[str, float]:
    """Return what is not 0 of a cost by rule, in minutes of travel."""
    return {rule: minutes(amount) for rule, amount in cost.items() if amount}


def moment(time: int, time_zone: str) -> str:
    """Return an RFC 3339 time with the offset of a zone."""
    return write_time(time, ZoneInfo(time_zone))


def visit_document(visit: Visit | None, time_zone: str) -> dict[str, Any] | None:
    """Return where a plan has a ticket."""
    return None if visit is None else {"engineer": visit.engineer, "shift": visit.shift, "start": moment(visit.start, time_zone)}


def diff_document(diff: Diff, time_zone: str) -> dict[str, Any]:
    """Return how a plan differs from another."""

    def change(c: Change) -> dict[str, Any]:
        return {
            "ticket": c.ticket,
            "before": visit_document(c.before, time_zone),
            "after": visit_document(c.after, time_zone),
            "notify": [{n.role: n.id} for n in c.notify],
            "cost_by_rule": by_rule(c.cost_by_rule),
        }

    groups = {name: [change(c) for c in getattr(diff, name)] for name in ("added", "removed", "moved", "retimed")}
    return {**groups, "rest": by_rule(diff.rest), "cost": minutes(diff.cost), "cost_by_rule": by_rule(diff.cost_by_rule)}


def applied_document(applied: Applied, time_zone: str) -> dict[str, Any]:
    """Return the effect of an event."""
    effects = [{"code": e.code, "message": e.message, "ticket": e.ticket, "engineer": e.engineer} for e in applied.effects]
    return {"effects": effects, "diff": diff_document(applied.diff, time_zone)}


def candidates_document(found: Sequence[Candidate], time_zone: str) -> list[dict[str, Any]]:
    """Return who could do a ticket; `moves` has the minutes by which others would start later."""
    return [
        {
            "engineer": c.engineer,
            "shift": c.shift,
            "position": c.position,
            "start": None if c.start is None else moment(c.start, time_zone),
            "cost": minutes(c.cost_delta) if c.feasible else None,
            "cost_by_rule": by_rule(c.by_rule or {}),
            "moves": {name: round(later / 60, 2) for name, later in c.disturbs},
            "present": c.present,
            "reason": None if c.reason is None else {"code": c.reason.code, "detail": c.reason.detail, "action": c.reason.action},
        }
        for c in found
    ]


def offers_document(found: Sequence[Offer], time_zone: str) -> list[dict[str, Any]]:
    """Return slots that can be promised."""
    return [
        {
            "ticket": o.ticket,
            "window": _window(o.window, time_zone),
            "engineer": o.engineer,
            "shift": o.shift,
            "position": o.position,
            "start": moment(o.start, time_zone),
            "cost": minutes(o.cost),
            "cost_by_rule": by_rule(o.cost_by_rule),
            "moves": {name: round(later / 60, 2) for name, later in o.disturbs},
        }
        for o in found
    ]


def _window(window: Window, time_zone: str) -> dict[str, str]:
    return {"start": moment(window.start, time_zone), "end": moment(window.end, time_zone)}


# ---------------------------------------------------------------------- a day


def hold_document(hold: Hold, time_zone: str) -> dict[str, Any]:
    """Return an appointment as a JSON object."""
    return {
        "id": hold.id,
        "ticket": hold.ticket,
        "window": _window(hold.window, time_zone),
        "until": None if hold.until is None else moment(hold.until, time_zone),
        "windows": [_window(w, time_zone) for w in hold.windows],
        "mandatory": hold.mandatory,
        "placed": hold.placed,
    }


def _read_hold(tree: Mapping[str, Any]) -> Hold:
    from dispatch.planning.day import Hold

    def window(of: Mapping[str, Any]) -> Window:
        return Window(read_time(of["start"]), read_time(of["end"]))

    until = None if tree["until"] is None else read_time(tree["until"])
    windows = tuple(window(w) for w in tree["windows"])
    return Hold(tree["id"], tree["ticket"], window(tree["window"]), until, windows, bool(tree["mandatory"]), bool(tree["placed"]))


def read_parts(data: bytes | str) -> tuple[Problem, Plan, tuple[Hold, ...]]:
    """Return problem, plan and holds of a day as `write_day` wrote it."""
    try:
        tree = json.loads(data)
        parts = json.dumps(tree["problem"]), json.dumps(tree["plan"])
        holds = tuple(_read_hold(h) for h in tree["holds"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError([Fault("", "MALFORMED_JSON", f"This is no day: {error!r}.", "Give what write_day wrote.")]) from None
    return schema.read_problem(parts[0]), schema.read_plan(parts[1]), holds
