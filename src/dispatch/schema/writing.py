"""The model to canonical JSON: fields in the order of the format, defaults left out, one layout.

Equal problems become equal bytes: mappings are written in order, and 40.0 as 40.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import tzinfo
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.model import (
    PRIORITIES,
    RULES,
    WEEKDAYS,
    Break,
    Cost,
    CrowTravel,
    Customer,
    Engineer,
    EngineerChoice,
    Place,
    Plan,
    PolicyChoice,
    Problem,
    Resume,
    RoadTravel,
    Route,
    ServerTravel,
    Shift,
    SolverRun,
    Speed,
    Stop,
    Ticket,
    Travel,
    Unassigned,
    Weights,
)
from dispatch.schema.documents import FORMAT
from dispatch.schema.plan_documents import PLAN_FORMAT
from dispatch.schema.values import DAY, plain, write_clock, write_duration, write_minutes, write_time

_WIDTH = 120
_Clock = Callable[[int], str]


def lines(value: Any) -> bytes:
    """Return JSON in which a value of up to 120 characters stands on one line, and a row of numbers always does."""
    return f"{_laid_out(value, 0)}\n".encode()


def _laid_out(value: Any, depth: int) -> str:
    """Return a value at a depth of nesting."""
    numbers = isinstance(value, list) and bool(value) and isinstance(value[0], (int, float))
    if not isinstance(value, (dict, list)) or not value or numbers:
        return _flat(value)
    if isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [f"{encode_basestring(key)}: {_laid_out(item, depth + 1)}" for key, item in value.items()]
    else:
        opening, closing = "[", "]"
        parts = [_laid_out(item, depth + 1) for item in value]
    # What is broken into lines inside is too long as a whole, too; a line break in a text is written as two characters.
    if depth and sum(map(len, parts)) + 2 * len(parts) + 2 * depth <= _WIDTH and not any("\n" in part for part in parts):
        return f"{opening}{', '.join(parts)}{closing}"
    indent = "  " * depth
    inside = f",\n{indent}  ".join(parts)
    return f"{opening}\n{indent}  {inside}\n{indent}{closing}"


_encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _flat(value: Any) -> str:
    """Return a value on one line; texts and whole numbers, which are nearly all there are, without an encoder."""
    if type(value) is str:
        return encode_basestring(value)
    return str(value) if type(value) is int else _encode(value)


def _clock(zone: tzinfo) -> _Clock:
    return lambda seconds: write_time(seconds, zone)


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _unless(default: object, value: Any) -> Any:
    """Return the value, or None where it is the default and need not be written."""
    return None if value == default else value


def _in_order(amounts: Mapping[str, int]) -> dict[str, int] | None:
    return dict(sorted(amounts.items())) or None


# ---------------------------------------------------------------- the problem


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return a problem as the JSON object of `dispatch/1`."""
    clock = _clock(ZoneInfo(problem.time_zone))
    levels = [
        _without_none(
            {
                "kind": level.kind,
                "customer_class": level.customer_class,
                "respond_within": None if level.respond_within is None else write_duration(level.respond_within),
                "late_factor": _unless(1, plain(level.late_factor)),
            }
        )
        for level in problem.service_levels
    ]
    customers = [_customer(c) for c in problem.customers]
    previous = [{"ticket": v.ticket, "engineer": v.engineer, "shift": v.shift, "start": clock(v.start)} for v in problem.previous]
    return _without_none(
        {
            "format": FORMAT,
            "name": problem.name,
            "time_zone": problem.time_zone,
            "now": clock(problem.now),
            "policy": _policy(problem.policy),
            "travel": _travel(problem.travel),
            "service_levels": levels or None,
            "regions": [_without_none({"id": r.id, "parent": r.parent}) for r in problem.regions] or None,
            "customers": customers or None,
            "engineers": [_engineer(e, clock) for e in problem.engineers],
            "tickets": [_ticket(t, clock) for t in problem.tickets],
            "previous": previous or None,
        }
    )


def part_document(part: Ticket | Engineer | Place | Customer, zone: tzinfo) -> dict[str, Any]:
    """Return a part of a problem as its JSON object in `dispatch/1`."""
    if isinstance(part, Ticket):
        return _ticket(part, _clock(zone))
    if isinstance(part, Engineer):
        return _engineer(part, _clock(zone))
    return _customer(part) if isinstance(part, Customer) else _place(part)


def _customer(c: Customer) -> dict[str, Any]:
    return _without_none({"id": c.id, "class": c.class_, "dedicated_engineer": c.dedicated_engineer})


def _policy(choice: PolicyChoice) -> str | dict[str, Any]:
    if not choice.weights:
        return choice.base
    weights: dict[str, Any] = {}
    for rule in RULES:
        weight = choice.weights.get(rule)
        if isinstance(weight, Mapping):
            weights[rule] = {str(p): plain(weight[p]) for p in PRIORITIES if p in weight}
        elif weight is not None:
            weights[rule] = plain(weight)
    return {"base": choice.base, "weights": weights}


def _travel(travel: Travel) -> dict[str, Any]:
    return _source(travel) | _without_none({"speeds": [_speed(s) for s in travel.speeds] or None})


def _speed(s: Speed) -> dict[str, Any]:
    return _without_none(
        {
            "days": _unless(list(WEEKDAYS), list(s.days)),
            "from": _unless("00:00", write_clock(s.from_)),
            "to": None if s.to == DAY else write_clock(s.to),
            "factor": plain(s.factor),
            "region": s.region,
            "road_class": s.road_class,
        }
    )


def _source(travel: Travel) -> dict[str, Any]:
    if isinstance(travel, CrowTravel):
        return {"source": "crow", "speed_kmh": plain(travel.speed_kmh), "detour": plain(travel.detour)}
    if isinstance(travel, RoadTravel | ServerTravel):
        source = (
            {"source": "road", "extract": travel.extract}
            if isinstance(travel, RoadTravel)
            else {"source": travel.source, "url": travel.url}
        )
        speed, detour = _unless(CrowTravel.speed_kmh, plain(travel.speed_kmh)), _unless(CrowTravel.detour, plain(travel.detour))
        rest = {"profile": travel.profile, "on_failure": travel.on_failure, "speed_kmh": speed, "detour": detour}
        return source | _without_none(rest)
    found: dict[str, Any] = {"source": "matrix", "seconds": [list(row) for row in travel.seconds]}
    if travel.metres is not None:
        found["metres"] = [list(row) for row in travel.metres]
    return found


def _place(place: Place) -> dict[str, Any]:
    return _without_none(
        {
            "lat": None if place.lat is None else plain(place.lat),
            "lon": None if place.lon is None else plain(place.lon),
            "address": place.address,
            "index": place.index,
        }
    )


def _engineer(e: Engineer, clock: _Clock) -> dict[str, Any]:
    return _without_none(
        {
            "id": e.id,
            "name": e.name or None,
            "region": e.region,
            "home": None if e.home is None else _place(e.home),
            "skills": [{"skill": s.skill, "tier": s.tier} for s in e.skills] or None,
            "service_factor": _unless(1, plain(e.service_factor)),
            "contractor": e.contractor or None,
            "cost_per_hour": plain(e.cost_per_hour) or None,
            "cost_per_km": plain(e.cost_per_km) or None,
            "cost_per_visit": plain(e.cost_per_visit) or None,
            "shifts": [_shift(s, e.home, clock) for s in e.shifts],
        }
    )


def _shift(s: Shift, home: Place | None, clock: _Clock) -> dict[str, Any]:
    found: dict[str, Any] = {"id": s.id, "start": clock(s.start), "end": clock(s.end)}
    if s.overtime_until != s.end:
        found["overtime_until"] = clock(s.overtime_until)
    for name, place in (("start_place", s.start_place), ("end_place", s.end_place)):
        if place is None:
            found[name] = None
        elif place != home:
            found[name] = _place(place)
    rest = {
        "breaks": [_break(b, clock) for b in s.breaks] or None,
        "max_stops": s.max_stops,
        "max_travel": None if s.max_travel is None else write_duration(s.max_travel),
        "capacity": _in_order(s.capacity),
        "resume": None if s.resume is None else _resume(s.resume, clock),
    }
    return found | _without_none(rest)


def _resume(r: Resume, clock: _Clock) -> dict[str, Any]:
    return _without_none({"time": clock(r.time), "place": None if r.place is None else _place(r.place)})


def _break(b: Break, clock: _Clock) -> dict[str, str]:
    return {"earliest": clock(b.earliest), "latest": clock(b.latest), "duration": write_duration(b.duration)}


def _ticket(t: Ticket, clock: _Clock) -> dict[str, Any]:
    def moment(seconds: int | None) -> str | None:
        return None if seconds is None else clock(seconds)

    pin = None if t.pin is None else _without_none({"engineer": t.pin.engineer, "shift": t.pin.shift, "start": moment(t.pin.start)})
    actual = None if t.actual is None else _without_none({"start": moment(t.actual.start), "end": moment(t.actual.end)})
    return _without_none(
        {
            "id": t.id,
            "external_ref": t.external_ref,
            "title": t.title or None,
            "customer": t.customer,
            "region": t.region,
            "place": _place(t.place),
            "kind": t.kind,
            "priority": t.priority,
            "skills": [_without_none({"skill": s.skill, "tier": s.tier, "preferred_tier": s.preferred_tier}) for s in t.skills] or None,
            "service": write_duration(t.service),
            "needs": _in_order(t.needs),
            "windows": [{"start": clock(w.start), "end": clock(w.end)} for w in t.windows] or None,
            "opened_at": moment(t.opened_at),
            "respond_by": moment(t.respond_by),
            "mandatory": t.mandatory or None,
            "unassigned_cost": None if t.unassigned_cost is None else plain(t.unassigned_cost),
            "engineers": _choice(t.engineers) or None,
            "pin": pin,
            "status": _unless("open", t.status),
            "actual": actual,
        }
    )


def _choice(choice: EngineerChoice) -> dict[str, list[str]]:
    return {name: list(ids) for name, ids in (("must", choice.must), ("prefer", choice.prefer), ("never", choice.never)) if ids}


# ------------------------------------------------------------------- the plan


def plan_document(plan: Plan, zone: tzinfo) -> dict[str, Any]:
    """Return a plan as the JSON object of `dispatch-plan/1`, its times with the offset of a zone."""
    clock = _clock(zone)
    ref = plan.problem
    return _without_none(
        {
            "format": PLAN_FORMAT,
            "problem": None if ref is None else {"name": ref.name, "sha256": ref.sha256},
            "policy": None if plan.policy is None else _weights(plan.policy),
            "solver": None if plan.solver is None else _run(plan.solver),
            "cost": None if plan.cost is None else _cost(plan.cost),
            "routes": [_route(r, clock) for r in plan.routes],
            "unassigned": [_unassigned(u) for u in plan.unassigned],
            "kpis": dict(plan.kpis),
            "warnings": [{"code": w.code, "pointer": w.pointer, "message": w.message} for w in plan.warnings],
        }
    )


def _minutes(cost: int) -> float:
    return plain(float(write_minutes(cost)))


def _weights(weights: Weights) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for f in fields(weights):
        value = getattr(weights, f.name)
        if isinstance(value, tuple):
            found[f.name] = {str(p): plain(w) for p, w in zip(PRIORITIES, value, strict=True)}
        else:
            found[f.name] = plain(value)
    return found


def _run(run: SolverRun) -> dict[str, Any]:
    return {
        "engine": run.engine,
        "seconds": run.seconds,
        "seed": run.seed,
        "iterations": run.iterations,
        "stopped": run.stopped,
        "bound": None if run.bound is None else _minutes(run.bound),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    parts = {rule: write_minutes(cost.by_rule[rule]) for rule in RULES if rule in cost.by_rule}
    # The sum of what is written, not of what was rounded away: readers may add up the parts.
    total = float(sum(parts.values(), Decimal(0)))
    return {"total": plain(total), "by_rule": {rule: plain(float(part)) for rule, part in parts.items()}}


def _route(r: Route, clock: _Clock) -> dict[str, Any]:
    found: dict[str, Any] = {"engineer": r.engineer, "shift": r.shift}
    if r != Route(r.engineer, r.shift, r.stops):
        found |= {
            "departure": clock(r.departure),
            "return": clock(r.return_),
            "travel": write_duration(r.travel),
            "distance_m": r.distance_m,
            "overtime": write_duration(r.overtime),
            "breaks": [{"start": clock(b.start), "end": clock(b.end)} for b in r.breaks],
        }
    return found | {"stops": [_stop(s, clock) for s in r.stops]}


def _stop(s: Stop, clock: _Clock) -> dict[str, Any]:
    if s == Stop(s.ticket):
        return {"ticket": s.ticket}
    return {
        "ticket": s.ticket,
        "arrival": clock(s.arrival),
        "start": clock(s.start),
        "end": clock(s.end),
        "travel": write_duration(s.travel),
        "waiting": write_duration(s.waiting),
        "lateness": write_duration(s.lateness),
        "cost": _minutes(s.cost),
    }


def _unassigned(u: Unassigned) -> dict[str, Any]:
    return {
        "ticket": u.ticket,
        "cost": _minutes(u.cost),
        "reasons": [{"code": r.code, "detail": r.detail, "action": r.action} for r in u.reasons],
        "ways_in": [{"change": w.change, "cost_delta": _minutes(w.cost_delta)} for w in u.ways_in],
    }
