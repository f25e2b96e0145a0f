"""The shape of `dispatch/1`: fields, types, ranges and units, one class per object of the format.

Only the shape: what fields must agree on with one another is in `faults` and `ticket_faults`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, FailFast, Field, PlainValidator, Tag, WithJsonSchema

from dispatch.model import SERVERS, WEEKDAYS, Kind, OnFailure, PolicyName, Profile, Server, Status, Weekday
from dispatch.schema.values import CLOCK_PATTERN, DAY, DURATION_PATTERN, TIME_PATTERN, read_clock, read_duration, read_time, write_duration

FORMAT = "dispatch/1"
SOURCES: MappingProxyType[str, str] = MappingProxyType(
    {"crow": "(crow)", "matrix": "(matrix)", "road": "(road)", **dict.fromkeys(SERVERS, "(server)")}
)
"""Travel sources, and the shape of each."""
TAGS = frozenset({*SOURCES.values(), "(name)", "(object)", "(number)", "(by priority)"})
"""Names of union members, which pydantic adds to the path of an error and a JSON Pointer must not contain."""


class Document(BaseModel):
    """An object of the format: unknown fields are faults, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _duration(least: int, most: int) -> tuple[PlainValidator, WithJsonSchema]:
    about = f"ISO 8601 duration from {write_duration(least)} to {write_duration(most)}."
    return (
        PlainValidator(partial(read_duration, least=least, most=most)),
        WithJsonSchema({"type": "string", "format": "duration", "pattern": DURATION_PATTERN, "$comment": about}),
    )


def _union(of_object: str, of_other: str) -> Callable[[Any], str]:
    return lambda value: of_object if isinstance(value, dict) else of_other


def _travel_source(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "(crow)"
    source = value.get("source")
    if isinstance(source, str):
        return SOURCES.get(source)
    told = {"seconds": "(matrix)", "extract": "(road)", "url": "(server)"}
    return next((shape for name, shape in told.items() if name in value), "(crow)")


Id = Annotated[str, Field(min_length=1)]
Time = Annotated[int, PlainValidator(read_time), WithJsonSchema({"type": "string", "format": "date-time", "pattern": TIME_PATTERN})]
_service, _rest, _span, _limit = _duration(1, 7 * DAY), _duration(1, DAY), _duration(1, 366 * DAY), _duration(0, 366 * DAY)
Service = Annotated[int, _service[0], _service[1]]
Rest = Annotated[int, _rest[0], _rest[1]]
Span = Annotated[int, _span[0], _span[1]]
Limit = Annotated[int, _limit[0], _limit[1]]
Clock = Annotated[int, PlainValidator(read_clock), WithJsonSchema({"type": "string", "pattern": CLOCK_PATTERN})]
Amount = Annotated[int, Field(ge=0, le=1_000_000_000)]
Cell = Annotated[int, Field(ge=0, le=2_000_000_000)]
Level = Annotated[int, Field(ge=1, le=5)]
Rate = Annotated[float, Field(ge=0, le=10_000)]
Price = Annotated[float, Field(ge=0, le=1_000_000)]
Url = Annotated[str, Field(pattern=r"^https?://(\[[0-9A-Fa-f:.]+\]|[^/?#@:\s\[\]]+)(:[0-9]{1,5})?(/[^?#@\s]*)?$")]
Table = list[Annotated[list[Cell], FailFast()]]


class Place(Document):
    """A point on the ground, or a row of a supplied matrix."""

    lat: float | None = Field(default=None, description="Degrees north, WGS 84, from -90 to 90.")
    lon: float | None = Field(default=None, description="Degrees east, WGS 84, from -180 to 180.")
    address: str | None = Field(default=None, description="Free text, for people and for geocoding.")
    index: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Row and column in the travel matrix; the first is 0.")


class Window(Document):
    """Service begins inside it, both bounds included."""

    start: Time = Field(description="Opens (RFC 3339).")
    end: Time = Field(description="Closes (RFC 3339): the last moment at which service may begin.")


class Break(Document):
    """A rest that begins inside its bounds, both included."""

    earliest: Time = Field(description="First moment at which it may begin (RFC 3339).")
    latest: Time = Field(description="Last moment at which it may begin (RFC 3339).")
    duration: Rest = Field(description="How long it lasts (ISO 8601), at most a day.")


class EngineerSkill(Document):
    """A skill an engineer has."""

    skill: Id = Field(description="A readable tag such as `pump`.")
    tier: Level = Field(default=1, description="Level in it: 1 junior, 2 mid, 3 senior, up to 5.")


class TicketSkill(Document):
    """A skill a ticket asks for."""

    skill: Id = Field(description="A readable tag such as `pump`.")
    tier: Level = Field(default=1, description="The engineer needs this tier or above, 1 to 5.")
    preferred_tier: Level | None = Field(default=None, description="The tier that suits best, 1 to 5; default: `tier`.")


class Resume(Document):
    """When, and from where, an engineer on shift goes on."""

    time: Time = Field(description="No sooner than this (RFC 3339); after the end of the shift: not in this shift any more.")
    place: Place | None = Field(default=None, description="From here; default: from where the work so far was.")


class Shift(Document):
    """One engineer's working time on one day: the thing that gets a route."""

    id: Id = Field(description="Unique among the shifts of its engineer.")
    start: Time = Field(description="Regular hours begin (RFC 3339).")
    end: Time = Field(description="Regular hours end (RFC 3339); later is overtime.")
    overtime_until: Time | None = Field(default=None, description="Hard end (RFC 3339); default: `end`.")
    start_place: Place | None = Field(default=None, description="Where the route begins; absent: the home; null: anywhere.")
    end_place: Place | None = Field(default=None, description="Where the route ends; absent: the home; null: anywhere.")
    breaks: list[Break] = Field(default_factory=list, description="Rests to be had in the shift.")
    max_stops: Amount | None = Field(default=None, description="Most tickets in the route; default: no limit.")
    max_travel: Limit | None = Field(default=None, description="Most travel in the route (ISO 8601); default: no limit.")
    capacity: dict[str, Amount] = Field(default_factory=dict, description="What it carries, by unit; a unit not named is not carried.")
    resume: Resume | None = Field(default=None, description="When and where the engineer goes on, after work done or on site.")


class Engineer(Document):
    """A person with skills, shifts and a home."""

    id: Id = Field(description="Unique among engineers.")
    name: str = Field(default="", description="For people.")
    region: str | None = Field(default=None, description="Id of a region; the engineer is at home there and in everything below it.")
    home: Place | None = Field(default=None, description="Where shifts begin and end unless they say otherwise.")
    skills: list[EngineerSkill] = Field(default_factory=list, description="What the engineer can do.")
    service_factor: float = Field(default=1.0, gt=0, le=100, description="Multiplies every service time; 1.0 is the standard speed.")
    contractor: bool = Field(default=False, description="Whether visits cost the `contractor` weight.")
    cost_per_hour: Rate = Field(default=0.0, description="Minutes of travel per paid hour, on top of the policy.")
    cost_per_km: Rate = Field(default=0.0, description="Minutes of travel per km, on top of the policy.")
    cost_per_visit: Rate = Field(default=0.0, description="Minutes of travel per stop, on top of the policy.")
    shifts: list[Shift] = Field(default_factory=list, description="Working times; several days are several shifts.")


class EngineerChoice(Document):
    """Who must, should or must never do a ticket."""

    must: list[Id] = Field(default_factory=list, description="Ids of engineers: one of them does it; empty: anybody able.")
    prefer: list[Id] = Field(default_factory=list, description="Ids of engineers who should do it.")
    never: list[Id] = Field(default_factory=list, description="Ids of engineers who do not do it.")


class Pin(Document):
    """What a plan must keep."""

    engineer: str | None = Field(default=None, description="Id of the engineer.")
    shift: str | None = Field(default=None, description="Id of the shift.")
    start: Time | None = Field(default=None, description="Start of service (RFC 3339).")


class Actual(Document):
    """What happened on site so far."""

    start: Time | None = Field(default=None, description="Service began (RFC 3339).")
    end: Time | None = Field(default=None, description="Service ended (RFC 3339).")


class Ticket(Document):
    """One unit of work wanted on site."""

    id: Id = Field(description="Unique among tickets.")
    external_ref: str | None = Field(default=None, description="Its name in the system it came from.")
    title: str = Field(default="", description="For people.")
    customer: str | None = Field(default=None, description="Id of a customer.")
    region: str | None = Field(default=None, description="Id of a region.")
    place: Place = Field(description="Where the work is.")
    kind: Kind = Field(default="repair", description="What sort of work it is.")
    priority: Level = Field(default=3, description="1 most urgent to 5.")
    skills: list[TicketSkill] = Field(default_factory=list, description="Every one of them is required.")
    service: Service = Field(description="Time on site at standard speed (ISO 8601), at most a week.")
    needs: dict[str, Amount] = Field(default_factory=dict, description="What it takes from the capacity of a shift, by unit.")
    windows: list[Window] = Field(default_factory=list, description="Service begins inside any one of them; none: any time.")
    opened_at: Time | None = Field(default=None, description="When it was reported (RFC 3339).")
    respond_by: Time | None = Field(default=None, description="When service should begin (RFC 3339); default: from the service level.")
    mandatory: bool = Field(default=False, description="Whether leaving it out is a violation.")
    unassigned_cost: Price | None = Field(default=None, description="Minutes of travel that leaving it out costs; default: by priority.")
    engineers: EngineerChoice = Field(default_factory=EngineerChoice, description="Who must, should or must never do it.")
    pin: Pin | None = Field(default=None, description="What a plan must keep.")
    status: Status = Field(default="open", description="travelling, on_site and done are history and stay as they are.")
    actual: Actual | None = Field(default=None, description="What happened on site so far.")


class ServiceLevel(Document):
    """A promise to tickets of a kind, of customers of a class."""

    kind: Kind | None = Field(default=None, description="Absent: every kind.")
    customer_class: str | None = Field(default=None, description="Absent: every class.")
    respond_within: Span | None = Field(default=None, description="Service begins so long after `opened_at` (ISO 8601).")
    late_factor: float = Field(default=1.0, ge=0, le=1000, description="Multiplies the price of lateness.")


class Region(Document):
    """A node of the region tree."""

    id: Id = Field(description="Unique among regions.")
    parent: str | None = Field(default=None, description="Id of the region above; absent at the top.")


class Customer(Document):
    """Somebody with tickets."""

    id: Id = Field(description="Unique among customers.")
    class_: str | None = Field(default=None, alias="class", description="Free text such as `vip`, named by service levels.")
    dedicated_engineer: str | None = Field(default=None, description="Id of the one engineer who serves this customer.")


class PriceByPriority(Document):
    """Prices of some priorities; the others keep those of the base policy."""

    p1: Price | None = Field(default=None, alias="1", description="Minutes of travel per unit at priority 1.")
    p2: Price | None = Field(default=None, alias="2", description="Minutes of travel per unit at priority 2.")
    p3: Price | None = Field(default=None, alias="3", description="Minutes of travel per unit at priority 3.")
    p4: Price | None = Field(default=None, alias="4", description="Minutes of travel per unit at priority 4.")
    p5: Price | None = Field(default=None, alias="5", description="Minutes of travel per unit at priority 5.")


class RateByPriority(Document):
    """Rates of some priorities; the others keep those of the base policy."""

    p1: Rate | None = Field(default=None, alias="1", description="Minutes of travel per minute at priority 1.")
    p2: Rate | None = Field(default=None, alias="2", description="Minutes of travel per minute at priority 2.")
    p3: Rate | None = Field(default=None, alias="3", description="Minutes of travel per minute at priority 3.")
    p4: Rate | None = Field(default=None, alias="4", description="Minutes of travel per minute at priority 4.")
    p5: Rate | None = Field(default=None, alias="5", description="Minutes of travel per minute at priority 5.")


_one_or_each = Discriminator(_union("(by priority)", "(number)"))
RateOrEach = Annotated[Annotated[Rate, Tag("(number)")] | Annotated[RateByPriority, Tag("(by priority)")], _one_or_each]
PriceOrEach = Annotated[Annotated[Price, Tag("(number)")] | Annotated[PriceByPriority, Tag("(by priority)")], _one_or_each]


class Weights(Document):
    """Weights that differ from the base policy, in minutes of travel per unit."""

    travel: Rate | None = Field(default=None, description="Per minute driven: 1 by definition.")
    distance: Rate | None = Field(default=None, description="Per km.")
    paid_time: Rate | None = Field(default=None, description="Per minute between departure and return.")
    fixed: Rate | None = Field(default=None, description="Per engineer used at all.")
    lateness: RateOrEach | None = Field(default=None, description="Per minute past `respond_by`; one number, or one per priority.")
    response: RateOrEach | None = Field(default=None, description="Per minute from `opened_at` to start; one number, or one per priority.")
    unassigned: PriceOrEach | None = Field(default=None, description="Per ticket left out; one number, or one per priority.")
    overtime: Rate | None = Field(default=None, description="Per minute past the end of the shift.")
    tier_excess: Rate | None = Field(default=None, description="Per tier above the preferred one.")
    not_preferred: Rate | None = Field(default=None, description="Per stop by somebody else than preferred.")
    cross_region: Rate | None = Field(default=None, description="Per stop outside the engineer's region.")
    contractor: Rate | None = Field(default=None, description="Per stop by a contractor.")
    workload: Rate | None = Field(default=None, description="Per squared hour of service and travel of a shift.")
    change: Rate | None = Field(default=None, description="Per ticket moved against `previous`.")


class Policy(Document):
    """A shipped policy and what is to differ from it."""

    base: PolicyName = Field(default="balanced", description="A shipped policy.")
    weights: Weights = Field(default_factory=Weights, description="Weights that differ from it.")


class Speed(Document):
    """How fast travel is at some hours."""

    days: list[Weekday] = Field(default_factory=lambda: list(WEEKDAYS), description="Days on which it begins; default: every day.")
    from_: Clock = Field(default=0, alias="from", description="From when on, by the clock in `time_zone` (HH:MM).")
    to: Clock = Field(default=DAY, description="Until when (HH:MM, to 24:00); before `from`: on the next day.")
    factor: Annotated[float, Field(ge=0.01, le=10)] = Field(description="Share of the normal speed, 0.01 to 10.")
    region: str | None = Field(default=None, description="Id of a region: legs that begin in it or below; absent: all.")
    road_class: Id | None = Field(default=None, description="Value of the tag `highway`, or `ferry`: only with roads; absent: all.")


Speeds = list[Speed]
_SPEEDS = "How fast travel is at some hours; at all others it is at normal speed."


class CrowTravel(Document):
    """Great circle times a detour at one speed."""

    source: Literal["crow"] = Field(description="As the crow flies.")
    speed_kmh: float = Field(default=40.0, gt=0, le=1000, description="Speed in km/h.")
    detour: float = Field(default=1.3, gt=0, le=100, description="Road length over great circle length.")
    speeds: Speeds = Field(default_factory=list, description=_SPEEDS)


class MatrixTravel(Document):
    """Travel between the rows that places name as their `index`."""

    source: Literal["matrix"] = Field(description="As supplied.")
    seconds: Table = Field(description="Travel in seconds; square, row = from.")
    metres: Table | None = Field(default=None, description="Travel in metres, of the same shape; default: none counted.")
    speeds: Speeds = Field(default_factory=list, description=_SPEEDS)


class RoadTravel(Document):
    """Travel along the roads of an OpenStreetMap extract."""

    source: Literal["road"] = Field(description="Along roads.")
    extract: Id = Field(description="File of OpenStreetMap data (.osm.pbf, .osm.gz, .osm), relative to the problem's file.")
    profile: Profile = Field(default="car", description="What is driven.")
    on_failure: OnFailure = Field(default="fail", description="Where the extract cannot be used: refuse, or go as the crow flies.")
    speed_kmh: float = Field(default=40.0, gt=0, le=1000, description="Speed in km/h as the crow flies, where that is fallen back on.")
    detour: float = Field(default=1.3, gt=0, le=100, description="Road length over great circle length in that case.")
    speeds: Speeds = Field(default_factory=list, description=_SPEEDS)


class ServerTravel(Document):
    """Travel from a routing server."""

    source: Server = Field(description="What the server runs.")
    url: Url = Field(description="Address of the server, without user, key or query.")
    profile: Profile = Field(default="car", description="What is driven.")
    on_failure: OnFailure = Field(default="fail", description="Where the server gives no answer: refuse, or go as the crow flies.")
    speed_kmh: float = Field(default=40.0, gt=0, le=1000, description="Speed in km/h as the crow flies, where that is fallen back on.")
    detour: float = Field(default=1.3, gt=0, le=100, description="Road length over great circle length in that case.")
    speeds: Speeds = Field(default_factory=list, description=_SPEEDS)


Travel = Annotated[
    Annotated[CrowTravel, Tag("(crow)")]
    | Annotated[MatrixTravel, Tag("(matrix)")]
    | Annotated[RoadTravel, Tag("(road)")]
    | Annotated[ServerTravel, Tag("(server)")],
    Discriminator(_travel_source),
]


class Visit(Document):
    """Where an earlier plan had put a ticket."""

    ticket: Id = Field(description="Id of a ticket.")
    engineer: Id = Field(description="Id of the engineer who was to do it.")
    shift: Id = Field(description="Id of the shift it was in.")
    start: Time = Field(description="Start of service as told to people (RFC 3339).")


class Problem(Document):
    """Everything a plan is made from."""

    format: Literal["dispatch/1"] = Field(description="Name and version of the format.")
    name: str = Field(default="", description="For people.")
    time_zone: str = Field(default="UTC", description="IANA time zone in which times are shown.")
    now: Time | None = Field(default=None, description="No travel begins before it (RFC 3339); default: the earliest shift start.")
    policy: Annotated[
        Annotated[PolicyName, Tag("(name)")] | Annotated[Policy, Tag("(object)")], Discriminator(_union("(object)", "(name)"))
    ] = Field(default="balanced", description="What is worth what: a name, or a base and weights.")
    travel: Travel = Field(
        default_factory=lambda: CrowTravel(source="crow"), description="Where travel times come from; default: crow at 40 km/h."
    )
    service_levels: list[ServiceLevel] = Field(default_factory=list, description="Promises by kind and customer class.")
    regions: list[Region] = Field(default_factory=list, description="The region tree.")
    customers: list[Customer] = Field(default_factory=list, description="Who tickets are for.")
    engineers: list[Engineer] = Field(description="Who can be sent.")
    tickets: list[Ticket] = Field(description="What is wanted.")
    previous: list[Visit] = Field(default_factory=list, description="The plan that people have been told; moves against it cost `change`.")
