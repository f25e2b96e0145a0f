"""The shape of `dispatch-plan/1`. A plan made by hand needs no more than engineer, shift and tickets in order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dispatch.model import Rule
from dispatch.schema.documents import Document, Id, Limit, Price, Time

PLAN_FORMAT = "dispatch-plan/1"

Minutes = Annotated[float, Field(ge=-1e12, le=1e12)]


class Stop(Document):
    """A ticket placed in a route. All but the ticket may be absent: checking a plan times it again."""

    ticket: Id = Field(description="Id of a ticket.")
    arrival: Time = Field(default_factory=int, description="At the door (RFC 3339).")
    start: Time = Field(default_factory=int, description="Service begins (RFC 3339).")
    end: Time = Field(default_factory=int, description="Service ends (RFC 3339).")
    travel: Limit = Field(default_factory=int, description="Driven to get here from the stop before (ISO 8601).")
    waiting: Limit = Field(default_factory=int, description="Between arrival and start, breaks excluded (ISO 8601).")
    lateness: Limit = Field(default_factory=int, description="Past `respond_by` when service begins (ISO 8601).")
    cost: Minutes = Field(default=0.0, description="What the stop adds by its own rules, in minutes of travel.")


class Rest(Document):
    """A break as planned."""

    start: Time = Field(description="Begins (RFC 3339).")
    end: Time = Field(description="Ends (RFC 3339).")


class Route(Document):
    """One shift's ordered work."""

    engineer: Id = Field(description="Id of the engineer.")
    shift: Id = Field(description="Id of the shift.")
    departure: Time = Field(default_factory=int, description="Leaves the start place (RFC 3339).")
    return_: Time = Field(
        default_factory=int, alias="return", description="Is at the end place, or has ended the last service without one (RFC 3339)."
    )
    travel: Limit = Field(default_factory=int, description="All travel of the route (ISO 8601).")
    distance_m: Annotated[int, Field(ge=0, le=2**53)] = Field(default=0, description="All travel of the route in metres.")
    overtime: Limit = Field(default_factory=int, description="Past the end of the shift (ISO 8601).")
    breaks: list[Rest] = Field(default_factory=list, description="Breaks as planned.")
    stops: list[Stop] = Field(description="In the order of work.")


class Reason(Document):
    """Why a ticket is unassigned."""

    code: Id = Field(description="A stable name, listed in docs/reasons.md.")
    detail: str = Field(description="A sentence with numbers.")
    action: str = Field(description="What to do.")


class WayIn(Document):
    """A verified smallest change that would place a ticket."""

    change: str = Field(description="A sentence.")
    cost_delta: Minutes = Field(description="What it adds to the cost of the plan, in minutes of travel.")


class Unassigned(Document):
    """A ticket left out."""

    ticket: Id = Field(description="Id of a ticket.")
    cost: Minutes = Field(default=0.0, description="What leaving it out costs, in minutes of travel.")
    reasons: list[Reason] = Field(default_factory=list, description="Why.")
    ways_in: list[WayIn] = Field(default_factory=list, description="Changes that would place it.")


class ProblemRef(Document):
    """The problem a plan belongs to."""

    name: str = Field(description="Its name.")
    sha256: str = Field(description="SHA-256 of its canonical JSON, in hexadecimal.")


class ByPriority(Document):
    """One weight per priority."""

    p1: Price = Field(alias="1", description="Minutes of travel per unit at priority 1.")
    p2: Price = Field(alias="2", description="Minutes of travel per unit at priority 2.")
    p3: Price = Field(alias="3", description="Minutes of travel per unit at priority 3.")
    p4: Price = Field(alias="4", description="Minutes of travel per unit at priority 4.")
    p5: Price = Field(alias="5", description="Minutes of travel per unit at priority 5.")


class ResolvedWeights(Document):
    """Every weight the plan was priced with, in minutes of travel per unit."""

    travel: Price = Field(description="Per minute driven: 1 by definition.")
    distance: Price = Field(description="Per km.")
    paid_time: Price = Field(description="Per minute between departure and return.")
    fixed: Price = Field(description="Per engineer used at all.")
    lateness: ByPriority = Field(description="Per minute past `respond_by`.")
    response: ByPriority = Field(description="Per minute from `opened_at` to the start.")
    unassigned: ByPriority = Field(description="Per ticket left out.")
    overtime: Price = Field(description="Per minute past the end of the shift.")
    tier_excess: Price = Field(description="Per tier above the preferred one.")
    not_preferred: Price = Field(description="Per stop by somebody else than preferred.")
    cross_region: Price = Field(description="Per stop outside the engineer's region.")
    contractor: Price = Field(description="Per stop by a contractor.")
    workload: Price = Field(description="Per squared hour of service and travel of a shift.")
    change: Price = Field(description="Per ticket moved against the previous plan.")


class SolverRun(Document):
    """How a plan was found."""

    engine: str = Field(description="Name of the engine.")
    seconds: Annotated[float, Field(ge=0)] = Field(description="Seconds spent.")
    seed: int = Field(description="Random seed.")
    iterations: Annotated[int, Field(ge=0)] = Field(description="Iterations made.")
    stopped: str = Field(description="Why it stopped.")
    bound: Minutes | None = Field(default=None, description="Proven lower bound of the cost in minutes of travel, or null.")


class Cost(Document):
    """What the plan costs, in minutes of travel."""

    total: Minutes = Field(description="The sum of the parts.")
    by_rule: dict[Rule, Minutes] = Field(description="Minutes of travel by rule.")


class PlanWarning(Document):
    """Something worth knowing that is not a fault."""

    code: Id = Field(description="A stable name, listed in docs/faults.md.")
    pointer: str = Field(description="JSON Pointer into the problem.")
    message: str = Field(description="A sentence.")


class Plan(Document):
    """What comes out: routes, unassigned tickets, cost, KPIs."""

    format: Literal["dispatch-plan/1"] = Field(description="Name and version of the format.")
    problem: ProblemRef | None = Field(default=None, description="The problem it belongs to.")
    policy: ResolvedWeights | None = Field(default=None, description="The resolved weights.")
    solver: SolverRun | None = Field(default=None, description="How it was found.")
    cost: Cost | None = Field(default=None, description="What it costs, by rule.")
    routes: list[Route] = Field(description="One for each shift that has work.")
    unassigned: list[Unassigned] = Field(default_factory=list, description="Tickets left out, and why.")
    kpis: dict[str, int | float | None] = Field(default_factory=dict, description="Figures of docs/kpis.md, by name.")
    warnings: list[PlanWarning] = Field(default_factory=list, description="Worth knowing about the problem.")
