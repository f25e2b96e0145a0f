"""Checked documents to the model: defaults filled in, windows and breaks in order."""

from __future__ import annotations

from collections.abc import Mapping

from dispatch.model import (
    RULES,
    WEEKDAYS,
    Actual,
    Break,
    Cost,
    CrowTravel,
    Customer,
    Engineer,
    EngineerChoice,
    EngineerSkill,
    MatrixTravel,
    Pin,
    Place,
    Plan,
    PlanWarning,
    PolicyChoice,
    Problem,
    ProblemRef,
    Reason,
    Region,
    Rest,
    Resume,
    RoadTravel,
    Route,
    Rule,
    ServerTravel,
    ServiceLevel,
    Shift,
    SolverRun,
    Speed,
    Stop,
    Ticket,
    TicketSkill,
    Travel,
    Unassigned,
    Visit,
    WayIn,
    Weights,
    Window,
)
from dispatch.schema import documents, plan_documents
from dispatch.schema.ticket_faults import planning_moment
from dispatch.schema.values import read_minutes

_NO_CHOICE = EngineerChoice()


def problem_of(document: documents.Problem) -> Problem:
    """Return the problem a faultless document states."""
    return Problem(
        engineers=tuple(engineer_of(e) for e in document.engineers),
        tickets=tuple(ticket_of(t) for t in document.tickets),
        now=planning_moment(document),
        name=document.name,
        time_zone=document.time_zone,
        policy=_policy(document.policy),
        travel=_travel(document.travel),
        service_levels=tuple(
            ServiceLevel(level.respond_within, level.kind, level.customer_class, level.late_factor) for level in document.service_levels
        ),
        regions=tuple(Region(r.id, r.parent) for r in document.regions),
        customers=tuple(customer_of(c) for c in document.customers),
        previous=tuple(Visit(v.ticket, v.engineer, v.shift, v.start) for v in document.previous),
    )


def part_of(part: documents.Ticket | documents.Engineer | documents.Place | documents.Customer) -> Ticket | Engineer | Place | Customer:
    """Return the part of a problem that a faultless object states."""
    if isinstance(part, documents.Ticket):
        return ticket_of(part)
    if isinstance(part, documents.Engineer):
        return engineer_of(part)
    return customer_of(part) if isinstance(part, documents.Customer) else place_of(part)


def customer_of(customer: documents.Customer) -> Customer:
    """Return the customer an object states."""
    return Customer(customer.id, customer.class_, customer.dedicated_engineer)


def place_of(place: documents.Place) -> Place:
    """Return the place an object states."""
    return Place(place.lat, place.lon, place.address, place.index)


def engineer_of(e: documents.Engineer) -> Engineer:
    """Return the engineer a faultless object states."""
    home = None if e.home is None else place_of(e.home)
    return Engineer(
        id=e.id,
        shifts=tuple(_shift(s, home) for s in e.shifts),
        name=e.name,
        region=e.region,
        home=home,
        skills=tuple(EngineerSkill(s.skill, s.tier) for s in e.skills),
        service_factor=e.service_factor,
        contractor=e.contractor,
        cost_per_hour=e.cost_per_hour,
        cost_per_km=e.cost_per_km,
        cost_per_visit=e.cost_per_visit,
    )


def _shift(s: documents.Shift, home: Place | None) -> Shift:
    def said(name: str, place: documents.Place | None) -> Place | None:
        if name not in s.model_fields_set:
            return home
        return None if place is None else place_of(place)

    return Shift(
        id=s.id,
        start=s.start,
        end=s.end,
        overtime_until=s.end if s.overtime_until is None else s.overtime_until,
        start_place=said("start_place", s.start_place),
        end_place=said("end_place", s.end_place),
        breaks=tuple(sorted((Break(b.earliest, b.latest, b.duration) for b in s.breaks), key=lambda b: b.earliest)),
        max_stops=s.max_stops,
        max_travel=s.max_travel,
        capacity=s.capacity,
        resume=None if s.resume is None else Resume(s.resume.time, None if s.resume.place is None else place_of(s.resume.place)),
    )


def ticket_of(t: documents.Ticket) -> Ticket:
    """Return the ticket a faultless object states."""
    choice = t.engineers
    return Ticket(
        id=t.id,
        place=place_of(t.place),
        service=t.service,
        external_ref=t.external_ref,
        title=t.title,
        customer=t.customer,
        region=t.region,
        kind=t.kind,
        priority=t.priority,
        skills=tuple(TicketSkill(s.skill, s.tier, s.preferred_tier) for s in t.skills),
        needs=t.needs,
        windows=_windows(t.windows),
        opened_at=t.opened_at,
        respond_by=t.respond_by,
        mandatory=t.mandatory,
        unassigned_cost=t.unassigned_cost,
        engineers=EngineerChoice(tuple(choice.must), tuple(choice.prefer), tuple(choice.never)) if choice.model_fields_set else _NO_CHOICE,
        pin=None if t.pin is None else Pin(t.pin.engineer, t.pin.shift, t.pin.start),
        status=t.status,
        actual=None if t.actual is None else Actual(t.actual.start, t.actual.end),
    )


def _windows(windows: list[documents.Window]) -> tuple[Window, ...]:
    """Return windows in order and apart: two that touch are one, since both include their bounds."""
    apart: list[Window] = []
    for w in sorted(windows, key=lambda w: w.start):
        if apart and apart[-1].end == w.start:
            apart[-1] = Window(apart[-1].start, w.end)
        else:
            apart.append(Window(w.start, w.end))
    return tuple(apart)


def _policy(policy: str | documents.Policy) -> PolicyChoice:
    if not isinstance(policy, documents.Policy):
        return PolicyChoice(base=policy)  # type: ignore[arg-type]  # one of the literal names: the document says so
    weights: dict[Rule, float | Mapping[int, float]] = {}
    for rule in RULES:
        weight = getattr(policy.weights, rule)
        if isinstance(weight, (documents.RateByPriority, documents.PriceByPriority)):
            each = ((p, getattr(weight, f"p{p}")) for p in range(1, 6))
            weights[rule] = {p: price for p, price in each if price is not None}
        elif weight is not None:
            weights[rule] = weight
    return PolicyChoice(policy.base, weights)


def _travel(travel: documents.Travel) -> Travel:
    speeds = tuple(_speed(s) for s in travel.speeds)
    if isinstance(travel, documents.CrowTravel):
        return CrowTravel(travel.speed_kmh, travel.detour, speeds)
    if isinstance(travel, documents.RoadTravel):
        return RoadTravel(travel.extract, travel.profile, travel.on_failure, travel.speed_kmh, travel.detour, speeds)
    if isinstance(travel, documents.ServerTravel):
        return ServerTravel(travel.source, travel.url, travel.profile, travel.on_failure, travel.speed_kmh, travel.detour, speeds)
    metres = None if travel.metres is None else tuple(map(tuple, travel.metres))
    return MatrixTravel(tuple(map(tuple, travel.seconds)), metres, speeds)


def _speed(s: documents.Speed) -> Speed:
    return Speed(s.factor, tuple(d for d in WEEKDAYS if d in s.days), s.from_, s.to, s.region, s.road_class)


# ------------------------------------------------------------------- the plan


def plan_of(document: plan_documents.Plan) -> Plan:
    """Return the plan a faultless document states."""
    run, ref, cost = document.solver, document.problem, document.cost
    return Plan(
        routes=tuple(_route(r) for r in document.routes),
        unassigned=tuple(_unassigned(u) for u in document.unassigned),
        problem=None if ref is None else ProblemRef(ref.name, ref.sha256),
        policy=None if document.policy is None else _weights(document.policy),
        solver=None
        if run is None
        else SolverRun(
            run.engine, run.seconds, run.seed, run.iterations, run.stopped, None if run.bound is None else read_minutes(run.bound)
        ),
        cost=None if cost is None else Cost({rule: read_minutes(minutes) for rule, minutes in cost.by_rule.items()}),
        kpis=document.kpis,
        warnings=tuple(PlanWarning(w.code, w.pointer, w.message) for w in document.warnings),
    )


def _route(r: plan_documents.Route) -> Route:
    return Route(
        engineer=r.engineer,
        shift=r.shift,
        stops=tuple(Stop(s.ticket, s.arrival, s.start, s.end, s.travel, s.waiting, s.lateness, read_minutes(s.cost)) for s in r.stops),
        departure=r.departure,
        return_=r.return_,
        travel=r.travel,
        distance_m=r.distance_m,
        overtime=r.overtime,
        breaks=tuple(Rest(b.start, b.end) for b in r.breaks),
    )


def _unassigned(u: plan_documents.Unassigned) -> Unassigned:
    return Unassigned(
        u.ticket,
        read_minutes(u.cost),
        tuple(Reason(r.code, r.detail, r.action) for r in u.reasons),
        tuple(WayIn(w.change, read_minutes(w.cost_delta)) for w in u.ways_in),
    )


def _weights(weights: plan_documents.ResolvedWeights) -> Weights:
    def resolved(value: float | plan_documents.ByPriority) -> object:
        return (value.p1, value.p2, value.p3, value.p4, value.p5) if isinstance(value, plan_documents.ByPriority) else value

    return Weights(**{rule: resolved(getattr(weights, rule)) for rule in RULES})  # type: ignore[arg-type]  # one field per rule
