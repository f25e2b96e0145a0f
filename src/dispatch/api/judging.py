"""Validate, check, explain, compare and export what is sent along: nothing is kept, nothing changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch import answers, explain, export, planning, scenario, schema
from dispatch.api import examples
from dispatch.api.description import PROBLEM, Told, told
from dispatch.api.requests import Answer, JsonBody, KeyUse, computing, encoded
from dispatch.api.service import Here, Service, Viewer
from dispatch.api.sources import allowed
from dispatch.errors import Fault, InputError
from dispatch.model import CrowTravel, MatrixTravel, Problem
from dispatch.planning import Ground, Planned
from dispatch.schema import text
from dispatch.schema.codes import fault

router = APIRouter(prefix="/v1", tags=["judging"])

Format = Literal["geojson", "csv", "icalendar"]

MEDIA_TYPES: dict[Format, str] = {
    "geojson": "application/geo+json",
    "csv": "text/csv",
    "icalendar": "text/calendar",
}


ProblemFormat = Annotated[Any, Field(json_schema_extra={"x-format": "Problem"})]
PlanFormat = Annotated[Any, Field(json_schema_extra={"x-format": "Plan"})]
"""Members of a body that are documents of our formats."""


FILES = {name: {"type": "object" if name.endswith("json") else "string"} for name in MEDIA_TYPES.values()}
"""Schemas of the exports."""


class ProblemAndPlan(BaseModel):
    """A problem, and a plan for it."""

    problem: ProblemFormat
    plan: PlanFormat


class TwoPlans(BaseModel):
    """Two plans."""

    before: PlanFormat
    after: PlanFormat


BOTH = {"A plan made by hand": {"problem": examples.DAY, "plan": examples.BY_HAND}}


GROUNDS, MOST_REMEMBERED = 4, 2000
"""Problems whose travel times are remembered, and the most tickets of such a one: it takes 8 bytes for each pair of places."""


# -------------------------------------------------------------------- reading


def parts(body: bytes, **readers: Callable[[bytes], Any]) -> list[Any]:
    """Return what readers make of the members of a JSON object, in their order.

    Raises
    ------
    InputError
        The faults of all members at once, their pointers from the top of the body.
    """
    tree, faults = text.load(body)
    known = ", ".join(readers)
    faults += [
        fault("UNKNOWN_FIELD", text.child("", name), f"{name[:60]!r} is not a field.", f"Give {known}.")
        for name in tree
        if name not in readers
    ]
    found = []
    for name, reader in readers.items():
        if name not in tree:
            faults.append(fault("MISSING_FIELD", f"/{name}", f"`{name}` is missing."))
            continue
        try:
            found.append(reader(json.dumps(tree[name]).encode()))
        except InputError as error:
            faults += [replace(f, pointer=f"/{name}{f.pointer}") for f in error.faults]
    if faults:
        raise InputError(faults)
    return found


def problem_of(service: Service, data: bytes) -> Problem:
    """Return a problem that came over HTTP, which may name only the maps and servers of the settings."""
    return allowed(service.settings, schema.read_problem(data))


def _planned(service: Service, body: bytes) -> Planned:
    on, plan = parts(body, problem=lambda data: _ground(service, data), plan=schema.read_plan)
    service.until_warm()
    return planning.check(on.problem, plan, on)


def _ground(service: Service, data: bytes) -> Ground:
    """Return the ground of a problem, remembered from the last time: who drags a stop sends the same problem with every plan."""
    digest = sha256(data).digest()
    known = service.grounds.get(digest)
    if known is not None:
        return known
    problem = problem_of(service, data)
    found = planning.ground(problem)
    if isinstance(problem.travel, (CrowTravel, MatrixTravel)) and len(problem.tickets) <= MOST_REMEMBERED:
        if len(service.grounds) >= GROUNDS:
            service.grounds.clear()
        service.grounds[digest] = found
    return found


def plan_bytes(planned: Planned) -> bytes:
    """Return a plan as the format has it, with the offset of its problem's time zone."""
    return schema.write_plan(planned.plan, planned.problem.time_zone)


# --------------------------------------------------------------------- routes


class Validated(BaseModel):
    """What there is to know about a problem without faults."""

    faults: list[Any] = Field(max_length=0, description="None: a problem with faults is refused with all of them.")
    warnings: list[dict[str, str]] = Field(description="`code`, `pointer` and `message`, as in plans.")


@router.post(
    "/validate",
    operation_id="validate",
    summary="Read a problem, without planning",
    **told({200: Told("No faults.", Validated)}, takes=PROBLEM, examples={"A day": examples.DAY}),
)
def validate(service: Here, _: Viewer, body: JsonBody, use: KeyUse) -> Response:
    """Tell every fault (422) or every warning of a problem."""

    def work() -> Answer:
        return Answer.of({"faults": [], "warnings": answers.warnings(schema.warnings(problem_of(service, body)))})

    return computing(service, use, work)


class Checked(BaseModel):
    """A plan judged: its order kept, its times and costs worked out anew."""

    violations: list[dict[str, Any]] = Field(
        description="Every broken rule: `rule`, `size`, `message`, and `engineer`, `shift`, `ticket` or null."
    )
    plan: PlanFormat


@router.post(
    "/check",
    operation_id="check",
    summary="Time, price and judge a plan",
    **told({200: Told("The plan, judged.", Checked)}, takes=ProblemAndPlan, examples=BOTH),
)
def check(service: Here, _: Viewer, body: JsonBody, use: KeyUse) -> Response:
    """Keep the order of a plan, work out its times, costs and figures anew, and name every rule it breaks."""

    def work() -> Answer:
        planned = _planned(service, body)
        return Answer(b'{"violations":' + encoded(answers.violations(planned.violations)) + b',"plan":' + plan_bytes(planned) + b"}")

    return computing(service, use, work)


class Explained(BaseModel):
    """Why tickets are left out, and what would place them."""

    unassigned: list[dict[str, Any]] = Field(description="As in plans: `ticket`, `cost`, `reasons` and `ways_in`.")


class TicketExplained(BaseModel):
    """Where a ticket is, or why it is nowhere, and who could do it."""

    ticket: str
    placed: dict[str, Any] | None = Field(description="`engineer`, `shift` and `start`, or null where it is left out.")
    reasons: list[dict[str, Any]]
    ways_in: list[dict[str, Any]]
    candidates: list[dict[str, Any]] = Field(description="Who could do it, the cheapest first, and who could not and why.")


TicketId = Annotated[str | None, Query(min_length=1, max_length=200, description="Id of a ticket, placed or not.")]


@router.post(
    "/explain",
    operation_id="explain",
    summary="Why tickets are left out, what would place them, who else could do one",
    **told(
        {200: Told("Reasons and ways in; with `ticket`, all about that one.", (Explained, TicketExplained))},
        takes=ProblemAndPlan,
        examples={"A ticket is left out": {"problem": examples.DAY, "plan": examples.OTHER}},
    ),
)
def explain_plan(service: Here, _: Viewer, body: JsonBody, use: KeyUse, ticket: TicketId = None) -> Response:
    """Explain all tickets left out, or one ticket with everybody who could do it."""

    def work() -> Answer:
        planned = _planned(service, body)
        if ticket is None:
            return Answer.of({"unassigned": answers.plan(planned)["unassigned"]})
        found = explain.runners_up(planned.problem, planned.matrix, planned.plan, ticket)
        return Answer.of(answers.candidates(planned, ticket, found))

    return computing(service, use, work)


class Compared(BaseModel):
    """How two plans differ; costs in minutes of travel."""

    same_problem: bool | None
    cost: list[dict[str, Any]]
    kpis: list[dict[str, Any]]
    moved: list[dict[str, Any]] = Field(description="Tickets with another engineer or shift, or a start more than 15 minutes away.")


TimeZone = Annotated[str, Query(max_length=64, description="IANA time zone in which times are written.")]


@router.post(
    "/compare",
    operation_id="compare",
    summary="How one plan differs from another",
    **told(
        {200: Told("The differences.", Compared)},
        takes=TwoPlans,
        examples={"Two plans": {"before": examples.BY_HAND, "after": examples.OTHER}},
    ),
)
def compare(service: Here, _: Viewer, body: JsonBody, use: KeyUse, time_zone: TimeZone = "UTC") -> Response:
    """Compare cost by rule, key figures, and where each ticket is."""

    def work() -> Answer:
        if not known_zone(time_zone):
            message = f"The parameter `time_zone` is {time_zone!r}, which is not an IANA time zone."
            raise InputError([Fault("/query/time_zone", "UNKNOWN_TIME_ZONE", message, "Use a name such as Asia/Shanghai.")])
        before, after = parts(body, before=schema.read_plan, after=schema.read_plan)
        return Answer.of(answers.comparison(scenario.compare(before, after), time_zone))

    return computing(service, use, work)


def known_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, absurd, or the name of a folder of zones
        return False
    return True


Engineer = Annotated[str | None, Query(min_length=1, max_length=200, description="Id of the engineer whose calendar is wanted.")]


@router.post(
    "/exports/{format}",
    operation_id="export",
    summary="A plan as GeoJSON, CSV or calendar",
    **told({200: Told("The file.", other=FILES)}, takes=ProblemAndPlan, examples=BOTH),
)
def export_plan(service: Here, _: Viewer, format: Format, body: JsonBody, use: KeyUse, engineer: Engineer = None) -> Response:  # noqa: A002
    """Check a plan and export it; `icalendar` is for one engineer."""

    def work() -> Answer:
        return exported(_planned(service, body), format, engineer)

    return computing(service, use, work)


def exported(planned: Planned, form: Format, engineer: str | None) -> Answer:
    """Return a checked plan in a format for other programs.

    Raises
    ------
    InputError
        A calendar is wanted, and no engineer of the problem is named.
    """
    problem, plan = planned.problem, planned.plan
    if form == "geojson":
        data = export.geojson(problem, plan, planned.matrix).encode()
    elif form == "csv":
        data = export.csv(problem, plan).encode("utf-8-sig")
    elif engineer is None:
        message = "The parameter `engineer` is missing: a calendar is for one engineer."
        raise InputError([Fault("/query/engineer", "INVALID_PARAMETER", message, "Give the id of an engineer.")])
    else:
        data = export.icalendar(problem, plan, engineer)
    return Answer(data, media_type=MEDIA_TYPES[form])
