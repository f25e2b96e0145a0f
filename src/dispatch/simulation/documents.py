"""The shape of `dispatch-world/1`: fields, types, ranges and units, one class per object."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from dispatch.model import Kind
from dispatch.planning.light import Dispatching
from dispatch.schema.documents import (
    Amount,
    Clock,
    Document,
    EngineerSkill,
    Id,
    Level,
    Limit,
    Place,
    Rate,
    Region,
    Service,
    ServiceLevel,
    Span,
    TicketSkill,
    Time,
)

WORLD_FORMAT = "dispatch-world/1"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Law = Literal["lognormal", "exponential", "fixed"]
Role = Literal["engineer", "regional-expert", "headquarters-expert"]
LogMode = Literal["replay", "resample"]


def _refuse(code: str, why: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{why}", {"why": why})


def read_date(value: Any) -> int:
    """Return the ordinal (days since 0001-01-01, which is 1) of a date such as 2026-03-02."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise _refuse("INVALID_DATE", "not a date in quotes such as 2026-03-02")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _refuse("INVALID_DATE", "a date that does not exist") from None
    if not 1971 <= day.year <= 2198:
        raise _refuse("INVALID_DATE", "outside the years 1971 to 2198")
    return day.toordinal()


Date = Annotated[int, PlainValidator(read_date), WithJsonSchema({"type": "string", "format": "date"})]
Share = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0, le=1_000_000_000)]
Sigma = Annotated[float, Field(ge=0, le=3)]
Weight = Annotated[float, Field(ge=0, le=1_000_000)]
ByKind = dict[Kind, Share]


class Part(Document):
    """An object of the format that nobody changes once it is read."""

    model_config = ConfigDict(frozen=True)


class RosterBreak(Part):
    """A rest that begins between two moments of a shift."""

    earliest: Limit = Field(description="Earliest beginning, after the start of the shift (ISO 8601).")
    latest: Limit = Field(description="Latest beginning, after the start of the shift (ISO 8601).")
    duration: Service = Field(description="How long it lasts (ISO 8601).")


class Roster(Part):
    """Shifts that recur by the week, in local time."""

    days: list[Weekday] = Field(default=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], description="Days on which a shift begins.")
    start: Clock = Field(description="Local clock time at which it begins.")
    length: Service = Field(description="Regular hours from then on (ISO 8601), at most a week; it may run past midnight.")
    overtime: Limit = Field(default=0, description="Most overtime after them (ISO 8601).")
    every: Annotated[int, Field(ge=1, le=52)] = Field(default=1, description="The roster comes round every so many weeks ..")
    week: Annotated[int, Field(ge=1, le=52)] = Field(
        default=1, description=".. and holds in this one of them; the week of `start` is the first."
    )
    breaks: list[RosterBreak] = Field(default=[], description="Rests in each shift, in order.")


class Engineer(Part):
    """One engineer, or several alike."""

    id: Id = Field(description="Unique; where `count` is above 1, `-1`, `-2`, .. is added.")
    count: Annotated[int, Field(ge=1, le=1000)] = Field(default=1, description="How many alike.")
    name: str = Field(default="", description="For people.")
    role: Role = Field(default="engineer", description="Whom an escalated ticket goes to.")
    region: str | None = Field(default=None, description="Id of a region; at home there and in everything below it.")
    home: Place | None = Field(default=None, description="Where shifts begin and end; absent: anywhere.")
    skills: list[EngineerSkill] = Field(default=[], description="What the engineer can do.")
    service_factor: float = Field(default=1.0, gt=0, le=100, description="Multiplies every service time.")
    contractor: bool = Field(default=False, description="Whether visits cost the `contractor` weight.")
    cost_per_hour: Rate = Field(default=0.0, description="Minutes of travel per paid hour, on top of the policy: for planning.")
    cost_per_km: Rate = Field(default=0.0, description="Minutes of travel per km, on top of the policy: for planning.")
    cost_per_visit: Rate = Field(default=0.0, description="Minutes of travel per stop, on top of the policy: for planning.")
    cost_per_shift: Money = Field(default=1.0, description="Money that one shift costs.")
    cost_per_overtime_hour: Money = Field(default=0.0, description="Money that an hour of overtime costs.")
    max_stops: Amount | None = Field(default=None, description="Most tickets in a shift.")
    capacity: dict[str, Amount] = Field(default={}, description="What a shift carries, by unit.")
    roster: list[Roster] = Field(default=[], description="When the engineer works.")


class ServiceTime(Part):
    """How long the work takes on site at standard speed."""

    mean: Service = Field(description="Mean (ISO 8601); what is planned with.")
    sigma: Sigma = Field(default=0.5, description="Standard deviation of the logarithm, for `lognormal`.")
    law: Law = Field(default="lognormal", description="Distribution.")


class Area(Part):
    """Where tickets come from."""

    centre: Place | None = Field(default=None, description="Middle of a disc in which places are spread evenly.")
    radius_km: Annotated[float, Field(ge=0, le=2000)] = Field(default=0.0, description="Its radius.")
    points: list[Place] = Field(default=[], description="Or: places, each equally likely.")


class Visiting(Part):
    """Local hours in which service may begin, every day."""

    opens: Clock = Field(description="From this clock time on ..")
    closes: Clock = Field(description=".. to this one.")


class Work(Part):
    """What tickets of one sort have in common."""

    id: Id = Field(description="Unique among demand and preventive plans; tickets are named after it.")
    kind: Kind = Field(description="Kind of the tickets.")
    priority: Level = Field(default=3, description="1 most urgent to 5.")
    skills: list[TicketSkill] = Field(default=[], description="Skills they ask for.")
    customer_class: str | None = Field(default=None, description="Class of the customers, named by service levels.")
    region: str | None = Field(default=None, description="Id of a region.")
    area: Area = Field(description="Where they come from.")
    service: ServiceTime = Field(description="Time on site.")
    respond_within: Span | None = Field(default=None, description="Promise of its own (ISO 8601); default: from the service levels.")
    visiting: Visiting | None = Field(default=None, description="Local hours in which service may begin; default: at any time.")
    needs: dict[str, Amount] = Field(default={}, description="What a ticket takes from the capacity of a shift, by unit.")


class Demand(Work):
    """Tickets that come at random."""

    per_week: Weight | None = Field(default=None, description="Expected tickets in a week, spread by `hours` and `weekdays`.")
    hours: Annotated[list[Weight], Field(min_length=24, max_length=24)] = Field(
        default=[1.0] * 24, description="Weights of the hours of a local day, 24 of them."
    )
    weekdays: Annotated[list[Weight], Field(min_length=7, max_length=7)] = Field(
        default=[1.0] * 7, description="Weights of the days, Monday first, 7 of them."
    )
    by_hour: Annotated[list[Weight], Field(min_length=168, max_length=168)] | None = Field(
        default=None, description="Or: expected tickets in each hour of the local week, Monday 00:00 first, 168 of them."
    )
    season: Annotated[list[Weight], Field(min_length=12, max_length=12)] = Field(
        default=[1.0] * 12, description="Factor of each month, January first, 12 of them."
    )


class Preventive(Work):
    """Visits that recur at each of a number of sites."""

    sites: Annotated[int, Field(ge=1, le=100_000)] = Field(description="How many sites, spread over `area`.")
    every: Span = Field(description="Time between two visits of a site (ISO 8601).")
    tolerance: Limit = Field(description="A visit may come so much earlier or later than due (ISO 8601).")


class LoggedTicket(Part):
    """One ticket of a log."""

    opened_at: Time = Field(description="When it was reported (RFC 3339).")
    demand: Id = Field(description="Id of the entry of `demand` that says what sort of ticket it is.")
    place: Place | None = Field(default=None, description="Where it was; default: drawn from the area.")
    service: Service | None = Field(default=None, description="Time it took on site (ISO 8601); default: drawn.")


class Log(Part):
    """Tickets that were, to be met again as they came or in a new order of days."""

    mode: LogMode = Field(description="`replay`: as they came; `resample`: each day is a random one of the log with the same weekday.")
    tickets: list[LoggedTicket] = Field(description="In any order.")


class Travelling(Part):
    """How far travel differs from what is planned."""

    sigma: Sigma = Field(description="Standard deviation of the logarithm of actual over planned travel; the mean factor is 1.")


class Tiers(Part):
    """How the tier of the engineer changes service times."""

    factors: dict[Literal["1", "2", "3", "4", "5"], Annotated[float, Field(gt=0, le=100)]] = Field(description="Factor by tier.")


class NoShow(Part):
    """Nobody is there."""

    share: Share = Field(description="Chance per visit.")
    wait: Service = Field(default=900, description="The engineer waits so long (ISO 8601).")
    again_after: Limit = Field(default=86_400, description="The next visit is possible so much later (ISO 8601).")


class Remote(Part):
    """A hotline tries first."""

    success: ByKind = Field(description="Share solved without a visit, by kind; kinds that are not named are not tried.")
    experts: Annotated[int, Field(ge=1, le=10_000)] = Field(description="Experts at the hotline, day and night.")
    duration: Service = Field(default=1200, description="Time an expert needs, exponential with this mean (ISO 8601).")


class FirstTimeFix(Part):
    """Whether a visit solves the ticket."""

    base: Share = Field(description="Chance with an engineer of the tier asked for.")
    per_tier: Annotated[float, Field(ge=-1, le=1)] = Field(default=0.0, description="Added for each tier above it.")
    again_after: Limit = Field(default=0, description="The next visit is possible so much later (ISO 8601).")


class Parts(Part):
    """A part that is not on the van."""

    missing: ByKind = Field(description="Chance per first visit, by kind.")
    visit_share: Share = Field(default=0.5, description="Share of the service time that such a visit takes.")
    delivery: Limit = Field(description="The return visit is possible so much later (ISO 8601).")


class Absence(Part):
    """Engineers who do not come."""

    share: Share = Field(description="Chance per shift.")


class Escalation(Part):
    """What is not solved in time goes to experts."""

    after: Span = Field(default=86_400, description="To a regional expert so long after opening (ISO 8601) ..")
    then: Span = Field(default=86_400, description=".. and to headquarters so much later (ISO 8601).")


class SameDay(Part):
    """What comes early is served the same day."""

    opened_before: Clock = Field(description="Tickets opened by this local clock time ..")
    by: Clock = Field(description=".. are promised by this one.")
    kinds: list[Kind] = Field(default=[], description="Of these kinds; none named: of all.")


class Cancellation(Part):
    """Tickets that are taken back."""

    share: Share = Field(description="Chance per ticket.")
    after: Span = Field(default=14_400, description="So long after opening, exponential with this mean (ISO 8601), unless work has begun.")


class Behaviours(Part):
    """What does not go by plan; what is absent is off."""

    travel: Travelling | None = Field(default=None, description="Travel takes longer or shorter.")
    tiers: Tiers | None = Field(default=None, description="Service time by tier.")
    no_show: NoShow | None = Field(default=None, description="Customers who are not there.")
    remote: Remote | None = Field(default=None, description="Remote diagnosis before travel.")
    first_time_fix: FirstTimeFix | None = Field(default=None, description="Repeat visits.")
    parts: Parts | None = Field(default=None, description="Return visits after delivery.")
    absence: Absence | None = Field(default=None, description="Shifts that are not worked.")
    escalation: Escalation | None = Field(default=None, description="Experts after a day.")
    same_day: SameDay | None = Field(default=None, description="Promises of the same day.")
    cancellation: Cancellation | None = Field(default=None, description="Tickets taken back.")


class Target(Part):
    """What is to be reached."""

    figure: Id = Field(description="A figure of docs/kpis.md, such as `sla`.")
    kind: Kind | None = Field(default=None, description="Of tickets of this kind only.")
    customer_class: str | None = Field(default=None, description="Of customers of this class only.")
    region: str | None = Field(default=None, description="Of this region only.")
    at_least: float | None = Field(default=None, description="The figure reaches this.")
    at_most: float | None = Field(default=None, description="The figure does not pass this.")


class World(Part):
    """What `dispatch-world/1` has beside `policy`, `travel` and `time_zone`, which are those of `dispatch/1`."""

    format: Literal["dispatch-world/1"] = Field(description="Name and version of the format.")
    name: str = Field(default="", description="For people.")
    time_zone: str = Field(default="UTC", description="IANA time zone of rosters, hours and days.")
    start: Date = Field(description="First local day, such as 2026-03-02.")
    warm_up_days: Annotated[int, Field(ge=0, le=366)] = Field(default=0, description="Days that are simulated first and not counted.")
    policy: Any = Field(default="balanced", description="As in dispatch/1.")
    travel: Any = Field(default=None, description="As in dispatch/1: crow or matrix.")
    dispatching: Dispatching = Field(default="replan", description="How the desk decides.")
    iterations: Annotated[int, Field(ge=0, le=1_000_000)] = Field(default=100, description="Of the search, at every event.")
    horizon: Limit = Field(default=0, description="Shifts that begin within so long are planned, too (ISO 8601).")
    cost_per_km: Money = Field(default=0.0, description="Money that a km costs.")
    currency: str = Field(default="", description="Of all money.")
    service_levels: list[ServiceLevel] = Field(default=[], description="Promises by kind and customer class, as in dispatch/1.")
    regions: list[Region] = Field(default=[], description="The region tree, as in dispatch/1.")
    engineers: list[Engineer] = Field(description="Who works, and when.")
    demand: list[Demand] = Field(default=[], description="Tickets that come at random.")
    preventive: list[Preventive] = Field(default=[], description="Visits that recur.")
    log: Log | None = Field(default=None, description="Tickets of a log; entries of `demand` that it names come from it alone.")
    behaviours: Behaviours = Field(default=Behaviours(), description="What does not go by plan.")
    targets: list[Target] = Field(default=[], description="What is to be reached.")
