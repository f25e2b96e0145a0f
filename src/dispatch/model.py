"""The problem and the plan as frozen data.

Times are int Unix seconds, durations int seconds, distances int metres, costs int
*milliseconds of travel* (one minute of travel is 60,000): integers, so that two
independent computations of one cost agree to the last digit. Ids are strings.

Change data by copy (`dataclasses.replace`); nothing here is ever mutated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["emergency", "repair", "preventive", "installation", "training", "upgrade", "inspection", "recycling"]
Status = Literal["open", "dispatched", "travelling", "on_site", "done", "cancelled"]
Profile = Literal["car", "van", "motorcycle", "walk"]
Server = Literal["osrm", "valhalla", "openrouteservice"]
OnFailure = Literal["fail", "crow"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PolicyName = Literal["balanced", "promise-first", "cost-first", "emergency", "grow-juniors"]
Rule = Literal[
    "travel", "distance", "paid_time", "fixed", "lateness", "response", "unassigned", "overtime", "tier_excess",
    "not_preferred", "cross_region", "contractor", "workload", "change",
]  # fmt: skip

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)
PROFILES: tuple[Profile, ...] = get_args(Profile)
SERVERS: tuple[Server, ...] = get_args(Server)
ON_FAILURE: tuple[OnFailure, ...] = get_args(OnFailure)
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
POLICIES: tuple[PolicyName, ...] = get_args(PolicyName)
RULES: tuple[Rule, ...] = get_args(Rule)
PRIORITIES = (1, 2, 3, 4, 5)

DAY = 86_400
"""Seconds of a day by the clock."""

SPEED_DAYS = 14
"""Days before the first shift and after the last one within which speeds count; outside, travel is at normal speed."""

MINUTE = 60_000
"""Cost units in one minute of travel."""

CHANGE_TOLERANCE = 15 * 60
"""Seconds by which a ticket may move before the `change` rule counts it."""

FIXED_STATUSES: frozenset[Status] = frozenset({"travelling", "on_site", "done"})
"""Work that has begun: it stays with its engineer, ahead of everything still to be planned."""


def whole(amount: float) -> int:
    """Round a non-negative amount half up: the one rounding every rate and service time goes through."""
    return int(amount + 0.5)


# ---------------------------------------------------------------- the problem


@dataclass(frozen=True)
class Place:
    """A point on the ground, or a row of a supplied matrix.

    Parameters
    ----------
    lat, lon
        WGS 84 degrees; None where the place is only an address or only a matrix row.
    address
        Free text, for people and for geocoding.
    index
        Row and column in a supplied matrix.
    """

    lat: float | None = None
    lon: float | None = None
    address: str | None = None
    index: int | None = None


@dataclass(frozen=True)
class Window:
    """Service begins inside it, both bounds included (Unix seconds)."""

    start: int
    end: int


@dataclass(frozen=True)
class Break:
    """A rest of `duration` seconds that begins between `earliest` and `latest` (Unix seconds)."""

    earliest: int
    latest: int
    duration: int


@dataclass(frozen=True)
class EngineerSkill:
    """A skill an engineer has, at a tier from 1 (junior) to 5."""

    skill: str
    tier: int = 1


@dataclass(frozen=True)
class TicketSkill:
    """A skill a ticket asks for.

    Parameters
    ----------
    skill, tier
        The engineer needs this skill at this tier or above.
    preferred_tier
        The tier that suits best; each tier above it costs `tier_excess`. None means `tier`.
    """

    skill: str
    tier: int = 1
    preferred_tier: int | None = None


@dataclass(frozen=True)
class Resume:
    """What is known of an engineer on shift: goes on no sooner than `time` (Unix seconds), and from `place`, where that is known.

    It comes after work that is done or on site, and before work that is driven to or still to be planned.
    """

    time: int
    place: Place | None = None


@dataclass(frozen=True)
class Shift:
    """One engineer's working time on one day: the thing that gets a route.

    Parameters
    ----------
    id
        Unique among the shifts of its engineer.
    start, end
        Regular hours, Unix seconds.
    overtime_until
        Hard end, Unix seconds, not before `end`.
    start_place, end_place
        Where the route begins and ends; None means anywhere.
    breaks
        In order of `earliest`.
    max_stops
        Most tickets in the route, history included; None for no limit.
    max_travel
        Most seconds of travel in the route; None for no limit.
    capacity
        What the shift carries, by unit. A unit not named is not carried.
    resume
        When, and from where, the engineer goes on, where that differs from what the work so far says.
    """

    id: str
    start: int
    end: int
    overtime_until: int
    start_place: Place | None
    end_place: Place | None
    breaks: tuple[Break, ...] = ()
    max_stops: int | None = None
    max_travel: int | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)
    resume: Resume | None = None

    @property
    def goes_on(self) -> Resume | None:
        """When and where the engineer goes on in this shift; None where nothing is known, or it is not in this shift any more."""
        return None if self.resume is None or self.resume.time > self.overtime_until else self.resume

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the route begins and ends, and where the engineer goes on from, as far as they are given."""
        given = (self.start_place, self.end_place, None if self.resume is None else self.resume.place)
        return tuple(place for place in given if place is not None)


@dataclass(frozen=True)
class Engineer:
    """A person with skills, shifts and a home.

    Parameters
    ----------
    service_factor
        Multiplies the service time of every ticket; 1.0 is the standard speed.
    cost_per_hour, cost_per_km, cost_per_visit
        Minutes of travel that one paid hour, one kilometre and one stop of this engineer cost
        on top of the policy's weights; counted in `paid_time`, `distance` and `contractor`.
    """

    id: str
    shifts: tuple[Shift, ...]
    name: str = ""
    region: str | None = None
    home: Place | None = None
    skills: tuple[EngineerSkill, ...] = ()
    service_factor: float = 1.0
    contractor: bool = False
    cost_per_hour: float = 0.0
    cost_per_km: float = 0.0
    cost_per_visit: float = 0.0


@dataclass(frozen=True)
class Pin:
    """What a plan must keep: the engineer, the shift, the start of service (Unix seconds), or several of them."""

    engineer: str | None = None
    shift: str | None = None
    start: int | None = None


@dataclass(frozen=True)
class EngineerChoice:
    """Engineers who must (one of them), should, or must never do a ticket."""

    must: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True)
class Actual:
    """What happened on site so far (Unix seconds); more precise than the pin, where both are given."""

    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Ticket:
    """One unit of work wanted on site.

    Parameters
    ----------
    service
        Seconds on site for an engineer of standard speed.
    needs
        What it takes from the capacity of a shift, by unit.
    windows
        Service begins inside any one of them; none means any time. In order of `start`, apart.
    opened_at, respond_by
        Unix seconds. `respond_by` None: taken from the service level that fits (see `promises`).
    unassigned_cost
        Minutes of travel that leaving it out costs; None: by priority, from the policy.
    """

    id: str
    place: Place
    service: int
    external_ref: str | None = None
    title: str = ""
    customer: str | None = None
    region: str | None = None
    kind: Kind = "repair"
    priority: int = 3
    skills: tuple[TicketSkill, ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    opened_at: int | None = None
    respond_by: int | None = None
    mandatory: bool = False
    unassigned_cost: float | None = None
    engineers: EngineerChoice = EngineerChoice()
    pin: Pin | None = None
    status: Status = "open"
    actual: Actual | None = None


@dataclass(frozen=True)
class ServiceLevel:
    """A promise: tickets of this kind and customer class are answered within so many seconds.

    `kind` or `customer_class` None fits all; `late_factor` multiplies the price of lateness.
    """

    respond_within: int | None = None
    kind: Kind | None = None
    customer_class: str | None = None
    late_factor: float = 1.0


@dataclass(frozen=True)
class Region:
    """A node of the region tree; engineers of a region are at home in everything below it."""

    id: str
    parent: str | None = None


@dataclass(frozen=True)
class Customer:
    """Somebody with tickets. `class_` is free text such as "vip"."""

    id: str
    class_: str | None = None
    dedicated_engineer: str | None = None


@dataclass(frozen=True)
class PolicyChoice:
    """A policy by name, with the weights that are to differ from it.

    Parameters
    ----------
    base
        One of the shipped policies.
    weights
        Rule to weight: a number, or for `lateness`, `response` and `unassigned` also a number per priority.
    """

    base: PolicyName = "balanced"
    weights: Mapping[Rule, float | Mapping[int, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Speed:
    """How fast travel is at some hours, where it begins in some region, on some class of road.

    Parameters
    ----------
    factor
        Share of the normal speed.
    days
        The days on which it begins.
    from_, to
        Seconds after midnight by the clock of the problem's time zone, `from_` included, `to` not. A `to` before `from_` is on the
        next day.
    region
        Legs that begin in this region or below it; None: all.
    road_class
        Roads of this class; None: all that no other entry names.
    """

    factor: float
    days: tuple[Weekday, ...] = WEEKDAYS
    from_: int = 0
    to: int = DAY
    region: str | None = None
    road_class: str | None = None


@dataclass(frozen=True)
class CrowTravel:
    """Great circle times `detour` at `speed_kmh`."""

    speed_kmh: float = 40.0
    detour: float = 1.3
    speeds: tuple[Speed, ...] = ()


@dataclass(frozen=True)
class MatrixTravel:
    """Seconds, and metres where known, between the rows that places name as their `index`; row = from."""

    seconds: tuple[tuple[int, ...], ...]
    metres: tuple[tuple[int, ...], ...] | None = None
    speeds: tuple[Speed, ...] = ()


@dataclass(frozen=True)
class RoadTravel:
    """Along the roads of an OpenStreetMap extract.

    Parameters
    ----------
    extract
        Name of the file, relative to the problem's.
    on_failure
        `fail`, or `crow`: where the extract cannot be used, as the crow flies, with a warning in the plan.
    speed_kmh, detour
        As of `CrowTravel`, for that case.
    """

    extract: str
    profile: Profile = "car"
    on_failure: OnFailure = "fail"
    speed_kmh: float = 40.0
    detour: float = 1.3
    speeds: tuple[Speed, ...] = ()


@dataclass(frozen=True)
class ServerTravel:
    """From a routing server.

    Parameters
    ----------
    source
        What the server runs.
    url
        Its address, without a key.
    on_failure
        `fail`, or `crow`: where the server gives no answer, as the crow flies, with a warning in the plan.
    speed_kmh, detour
        As of `CrowTravel`, for that case.
    """

    source: Server
    url: str
    profile: Profile = "car"
    on_failure: OnFailure = "fail"
    speed_kmh: float = 40.0
    detour: float = 1.3
    speeds: tuple[Speed, ...] = ()


Travel = CrowTravel | MatrixTravel | RoadTravel | ServerTravel


@dataclass(frozen=True)
class Visit:
    """Where an earlier plan had put a ticket: what the `change` rule compares with."""

    ticket: str
    engineer: str
    shift: str
    start: int


@dataclass(frozen=True)
class Problem:
    """Everything a plan is made from.

    Parameters
    ----------
    now
        Planning moment (Unix seconds): nothing is planned to start travelling before it.
    previous
        The plan that people have been told; the `change` rule counts what moves against it.
    """

    engineers: tuple[Engineer, ...]
    tickets: tuple[Ticket, ...]
    now: int
    name: str = ""
    time_zone: str = "UTC"
    policy: PolicyChoice = PolicyChoice()
    travel: Travel = CrowTravel()
    service_levels: tuple[ServiceLevel, ...] = ()
    regions: tuple[Region, ...] = ()
    customers: tuple[Customer, ...] = ()
    previous: tuple[Visit, ...] = ()


@dataclass(frozen=True)
class Promise:
    """What was promised for a ticket: `respond_by` (Unix seconds or None) and the factor on its lateness price."""

    respond_by: int | None
    late_factor: float


def promises(problem: Problem) -> dict[str, Promise]:
    """Resolve each ticket's promise from its own `respond_by` and the service levels.

    The level that names both kind and class wins over one that names the kind, that over one that names the
    class, that over one that names neither; among equals, the first. A level without `respond_within`
    only sets the factor.
    """
    class_of = {c.id: c.class_ for c in problem.customers}
    by_key: dict[tuple[Kind | None, str | None], ServiceLevel] = {}
    for level in problem.service_levels:
        by_key.setdefault((level.kind, level.customer_class), level)
    found: dict[str, Promise] = {}
    for t in problem.tickets:
        class_ = class_of.get(t.customer) if t.customer is not None else None
        candidates = (by_key.get(k) for k in ((t.kind, class_), (t.kind, None), (None, class_), (None, None)))
        best = next((level for level in candidates if level is not None), None)
        respond_by = t.respond_by
        if respond_by is None and best is not None and best.respond_within is not None and t.opened_at is not None:
            respond_by = t.opened_at + best.respond_within
        found[t.id] = Promise(respond_by, best.late_factor if best is not None else 1.0)
    return found


def covered_regions(problem: Problem) -> dict[str, frozenset[str]]:
    """For each region, itself and everything below it: where its engineers are at home."""
    parent = {r.id: r.parent for r in problem.regions}
    below: dict[str, set[str]] = {r: {r} for r in parent}
    for region in parent:
        above, seen = parent[region], {region}
        while above is not None and above not in seen:
            below.setdefault(above, {above}).add(region)
            seen.add(above)
            above = parent.get(above)
    return {region: frozenset(all_below) for region, all_below in below.items()}


# ------------------------------------------------------------------- the plan


@dataclass(frozen=True)
class Stop:
    """A ticket placed in a route.

    Parameters
    ----------
    arrival, start, end
        Unix seconds: at the door, service begins, service ends.
    travel
        Seconds driven to get here from the stop before.
    waiting
        Seconds between arrival and start in which nothing happens (breaks excluded).
    lateness
        Seconds past `respond_by` at which service begins.
    cost
        What this stop adds by its own rules (travel to it, distance, lateness, response, tier, preference,
        region, contractor, change), in milliseconds of travel.
    """

    ticket: str
    arrival: int = 0
    start: int = 0
    end: int = 0
    travel: int = 0
    waiting: int = 0
    lateness: int = 0
    cost: int = 0


@dataclass(frozen=True)
class Rest:
    """A break as planned (Unix seconds)."""

    start: int
    end: int


@dataclass(frozen=True)
class Route:
    """One shift's ordered work. `return_` is the arrival at the end place, or the end of the last service without one."""

    engineer: str
    shift: str
    stops: tuple[Stop, ...]
    departure: int = 0
    return_: int = 0
    travel: int = 0
    distance_m: int = 0
    overtime: int = 0
    breaks: tuple[Rest, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why a ticket is unassigned: a stable code, a sentence with numbers, and what to do."""

    code: str
    detail: str
    action: str


@dataclass(frozen=True)
class WayIn:
    """A verified smallest change that would place a ticket, and what it adds to the cost (milliseconds of travel)."""

    change: str
    cost_delta: int


@dataclass(frozen=True)
class Unassigned:
    """A ticket left out, what that costs (milliseconds of travel), and why."""

    ticket: str
    cost: int = 0
    reasons: tuple[Reason, ...] = ()
    ways_in: tuple[WayIn, ...] = ()


@dataclass(frozen=True)
class Cost:
    """Milliseconds of travel, by rule; `total` is the sum of the parts."""

    by_rule: Mapping[Rule, int]

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return sum(self.by_rule.values())


@dataclass(frozen=True)
class SolverRun:
    """How a plan was found: engine, seconds, seed, iterations, why it stopped, proven lower bound or None."""

    engine: str
    seconds: float
    seed: int
    iterations: int
    stopped: str
    bound: int | None = None


@dataclass(frozen=True)
class PlanWarning:
    """Something worth knowing that is not a fault."""

    code: str
    pointer: str
    message: str


@dataclass(frozen=True)
class ProblemRef:
    """The problem a plan belongs to: its name and the SHA-256 of its canonical JSON."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Weights:
    """The resolved weights of a policy, in minutes of travel per unit (see ``docs/policies.md``).

    `lateness`, `response` and `unassigned` hold one number per priority, 1 first.
    """

    travel: float
    distance: float
    paid_time: float
    fixed: float
    lateness: tuple[float, float, float, float, float]
    response: tuple[float, float, float, float, float]
    unassigned: tuple[float, float, float, float, float]
    overtime: float
    tier_excess: float
    not_preferred: float
    cross_region: float
    contractor: float
    workload: float
    change: float


@dataclass(frozen=True)
class Plan:
    """What comes out: routes, unassigned tickets, cost, KPIs.

    A plan made by hand may hold nothing but the order of its routes; `dispatch.check` fills in the rest.
    """

    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...] = ()
    problem: ProblemRef | None = None
    policy: Weights | None = None
    solver: SolverRun | None = None
    cost: Cost | None = None
    kpis: Mapping[str, float | int | None] = field(default_factory=dict)
    warnings: tuple[PlanWarning, ...] = ()
