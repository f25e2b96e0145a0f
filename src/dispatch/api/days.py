"""The live day: opened, read, told what happened, and everything that was done to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch import answers, events, planning, schema
from dispatch.api import examples
from dispatch.api.description import PLAN, PROBLEM, Told, told
from dispatch.api.desk import Change, Work
from dispatch.api.judging import FILES, Engineer, Format, PlanFormat, ProblemFormat, exported, problem_of
from dispatch.api.looking import (
    Changed,
    DayKey,
    IfMatch,
    IfNoneMatch,
    Limit,
    View,
    day_link,
    hold_document,
    may_open,
    must_match,
    unless_known,
    view,
)
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, JsonBody, KeyUse
from dispatch.api.service import Caller, Dispatcher, Here, Integration, Service, Viewer
from dispatch.api.standing import BESIDE, TOGETHER, Standing
from dispatch.errors import InputError
from dispatch.events import EngineerPut, Event, TicketPut
from dispatch.model import Plan, Problem
from dispatch.planning import Applied, Planned
from dispatch.planning.writing import candidates_document
from dispatch.schema import text
from dispatch.schema.codes import fault
from dispatch.store import days

router = APIRouter(prefix="/v1/days", tags=["days"])

ETAG = {"ETag": "Names the state that was read, for If-Match and If-None-Match."}
KNOWN = Told("It is as If-None-Match names it.", None, {}, ETAG)


class DayDocument(BaseModel):
    """How a day stands."""

    region: str = Field(description='Whose day; "" is the one of all regions.')
    date: str
    revision: int = Field(description="Goes up by one with every change.")
    name: str
    time_zone: str
    now: str = Field(description="The last moment that the day has heard of (RFC 3339).")
    tickets: int
    engineers: int
    planned: int = Field(description="Tickets with a place in the plan.")
    unassigned: int = Field(description="Tickets that wait for one.")
    appointments: list[dict[str, Any]] = Field(description="Slots held and booked.")
    violations: list[dict[str, Any]] = Field(description="Rules that what happened makes the plan break.")
    links: dict[str, str]


class DayList(BaseModel):
    """Days by date and region."""

    days: list[dict[str, Any]]
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")


class OpenDay(BaseModel):
    """A problem to begin the day with, and the plan that people were told, if there is one."""

    problem: ProblemFormat
    plan: PlanFormat = None


class LogPage(BaseModel):
    """What was done to a day, in its order."""

    entries: list[dict[str, Any]] = Field(description="`revision` after and `before`, `at`, `who`, `token`, `action`, ids, and `events`.")
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")


class Happened(Changed):
    """What an event came to."""

    candidates: dict[str, list[dict[str, Any]]] = Field(
        description="The best three for every ticket left without a place, if they were asked for."
    )


class Events(BaseModel):
    """One event, or several in a document of the format `dispatch-events/1`."""

    type: str | None = Field(default=None, description="The sort of event; its other fields stand beside it.")
    at: str | None = Field(default=None, description="When it is reported (RFC 3339); default: now.")
    format: str | None = Field(default=None, description="`dispatch-events/1`, with several `events`.")
    events: list[dict[str, Any]] | None = Field(default=None, description="In the order in which they were reported.")


# ---------------------------------------------------------------------- read


@router.get("", operation_id="listDays", summary="Days by date", **told({200: Told("A page of days.", DayList)}))
def list_days(
    service: Here,
    who: Viewer,
    limit: Limit = 100,
    after: Annotated[str, Query(max_length=220, description="`next` of the page before.")] = "",
    region: Annotated[str | None, Query(max_length=200, description="Only days of this region.")] = None,
    since: Annotated[str, Query(max_length=10, description="First date.")] = "",
    until: Annotated[str, Query(max_length=10, description="Last date.")] = "9999-12-31",
) -> Response:
    """List the days of the regions of the token; the day of all regions is listed to those who see it whole."""
    place = (after[:10], after[11:])
    found: list[days.Known] = []
    with service.store.reading() as connection:
        while len(found) <= limit:
            batch = days.listed(connection, after=place, limit=limit + 1, region=region, since=since, until=until)
            found += [day for day in batch if who.regions is None or day.region in who.regions]
            if len(batch) <= limit:
                break
            place = (batch[-1].date, batch[-1].region)
    listed = [{"region": d.region, "date": d.date, "revision": d.revision, "link": day_link((d.region, d.date))} for d in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return Answer.of({"days": listed, "next": None if last is None else f"{last.date} {last.region}"}).response()


def day_document(seen: View) -> dict[str, Any]:
    """Return how a day stands, as far as it is seen."""
    s = seen.standing
    tickets, planned, waiting = s.counts(seen.regions)
    region, date = s.key
    query = f"?{urlencode({'region': region})}" if region else ""
    day = s.ground.day
    names = ("problem", "plan", "tickets", "engineers", "proposals", "log")
    return {
        "region": region,
        "date": date,
        "revision": s.revision,
        "name": day.problem.name,
        "time_zone": s.time_zone,
        "now": answers.moment(day.problem.now, s.time_zone),
        "tickets": tickets,
        "engineers": sum(seen.sees(e) for e in day.problem.engineers),
        "planned": planned,
        "unassigned": waiting,
        "appointments": [hold_document(s, h) for h in day.holds if seen.sees(s.ticket(h.ticket))],
        "violations": answers.violations([v for v in day.violations if seen.regions is None or seen.sees(s.ticket(v.ticket or ""))]),
        "links": {"self": f"/v1/days/{date}{query}", **{name: f"/v1/days/{date}/{name}{query}" for name in names}},
    }


@router.get(
    "/{date}",
    operation_id="getDay",
    summary="How a day stands",
    **told({200: Told("The day.", DayDocument, headers=ETAG), 304: KNOWN}),
)
def get_day(service: Here, who: Viewer, key: DayKey, known: IfNoneMatch = None) -> Response:
    """Tell the revision, counts, appointments and broken rules."""
    seen = view(service.desk.read(key), who)
    return unless_known(known, seen.standing.etag, lambda: Answer.of(day_document(seen)))


@router.get("/{date}/problem", operation_id="readDayProblem", summary="The day as a problem", **told({200: Told("The problem.", PROBLEM)}))
def read_problem(service: Here, who: Viewer, key: DayKey) -> Response:
    """Give the day as a problem: it can be saved, and planned again from the command line."""
    standing = view(service.desk.read(key), who).whole()
    return Answer(schema.write_problem(standing.day.problem), headers={"ETag": standing.etag}).response()


@router.get(
    "/{date}/plan",
    operation_id="readDayPlan",
    summary="The plan that people work by",
    **told({200: Told("The plan.", PLAN, headers=ETAG), 304: KNOWN}),
)
def read_plan(service: Here, who: Viewer, key: DayKey, known: IfNoneMatch = None) -> Response:
    """Give the plan as it stands."""
    standing = view(service.desk.read(key), who).whole()
    return unless_known(known, standing.etag, lambda: Answer(standing.whole().plan_bytes))


class RouteDocument(BaseModel):
    """What one engineer does."""

    engineer: str
    revision: int
    routes: list[dict[str, Any]] = Field(description="As in plans, one for each shift with work.")


@router.get(
    "/{date}/routes/{engineer:path}",
    operation_id="readRoute",
    summary="What one engineer does",
    **told({200: Told("The routes.", RouteDocument, headers=ETAG), 304: KNOWN}),
)
def read_route(
    service: Here, who: Viewer, key: DayKey, engineer: Annotated[str, Path(description="Id of the engineer.")], known: IfNoneMatch = None
) -> Response:
    """Give the routes of an engineer, as in plans."""
    seen = view(service.desk.read(key), who)
    seen.engineer(engineer)
    s = seen.standing

    def answer() -> Answer:
        return Answer.of({"engineer": engineer, "revision": s.revision, "routes": s.ground.routes_of(engineer)})

    return unless_known(known, s.etag, answer)


@router.get(
    "/{date}/exports/{format}",
    operation_id="exportDay",
    summary="The plan as GeoJSON, CSV or calendar",
    **told({200: Told("The file.", other=FILES)}),
)
def export_day(service: Here, who: Viewer, key: DayKey, format: Format, engineer: Engineer = None) -> Response:  # noqa: A002
    """Export the plan of the day; `icalendar` is for one engineer."""
    seen = view(service.desk.read(key), who)
    if format == "icalendar" and engineer is not None:
        seen.engineer(engineer)
    else:
        seen.whole()
    day = seen.standing.day
    return exported(Planned(day.problem, day.matrix, day.plan, day.violations), format, engineer).response()


@router.get("/{date}/log", operation_id="readLog", summary="Who did what, and when", **told({200: Told("A page of the log.", LogPage)}))
def read_log(service: Here, who: Viewer, key: DayKey, limit: Limit = 100, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> Response:
    """List all that was done to the day, in its order; entries are never changed or removed."""
    view(service.desk.read(key), who).whole()
    with service.store.reading() as connection:
        found = days.log(connection, key, after, limit + 1)
    entries = [entry_document(e) for e in found[:limit]]
    return Answer.of({"entries": entries, "next": str(found[limit - 1].revision) if len(found) > limit else None}).response()


def entry_document(entry: days.Entry) -> dict[str, Any]:
    """Return an entry of the log."""
    return {
        "revision": entry.revision,
        "before": entry.revision - 1,
        "at": datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "who": entry.who,
        "token": entry.token,
        "action": "ticket_put" if entry.action in (BESIDE, TOGETHER) else entry.action,
        "subjects": entry.subjects,
        "events": [] if entry.events is None else json.loads(entry.events)["events"],
    }


# ---------------------------------------------------------------------- open


@router.put(
    "/{date}",
    operation_id="openDay",
    summary="Open a day, or put another in its place",
    **told(
        {200: Told("Another day is in its place.", DayDocument, headers=ETAG), 201: Told("The day is open.", DayDocument, headers=ETAG)},
        takes=OpenDay,
        examples={"A day with a plan": {"problem": examples.DAY, "plan": examples.BY_HAND}},
        refused=(409, 412, 428),
    ),
)
def open_day(service: Here, who: Dispatcher, key: DayKey, body: JsonBody, match: IfMatch = None) -> Response:
    """Open a day with a problem and the plan that people were told; where there is a day already, `If-Match` has to name it."""
    may_open(key, who)
    problem, plan = _problem_and_plan(service, body)
    day = planning.open_day(problem, plan)

    def answer(standing: Standing, status: int) -> Answer:
        return Answer.of(day_document(View(standing, None)), status, {"ETag": standing.etag})

    if match is None:
        response = service.desk.opened(key, who, day, lambda s: answer(s, 201))
        if response is not None:
            return response

    def work(standing: Standing) -> Change:
        must_match(match, standing.etag, needed=True)
        return Change("opened", {}, lambda s: answer(s, 200), day)

    return service.desk.change(key, who, None, work)


def _problem_and_plan(service: Service, body: bytes) -> tuple[Problem, Plan | None]:
    tree, faults = text.load(body)
    for name in tree.keys() - {"problem", "plan"}:
        faults.append(fault("UNKNOWN_FIELD", text.child("", name), f"{name[:60]!r} is not a field.", "Give problem and plan."))
    if "problem" not in tree:
        faults.append(fault("MISSING_FIELD", "/problem", "`problem` is missing."))
    problem: Problem | None = None
    plan: Plan | None = None
    try:
        problem = problem_of(service, json.dumps(tree["problem"]).encode()) if "problem" in tree else None
    except InputError as error:
        faults += [replace(f, pointer=f"/problem{f.pointer}") for f in error.faults]
    try:
        plan = schema.read_plan(json.dumps(tree["plan"]).encode()) if tree.get("plan") is not None else None
    except InputError as error:
        faults += [replace(f, pointer=f"/plan{f.pointer}") for f in error.faults]
    if faults or problem is None:
        raise InputError(faults)
    return problem, plan


# -------------------------------------------------------------------- events


@router.post(
    "/{date}/events",
    operation_id="report",
    summary="Report what happened",
    **told(
        {200: Told("What it came to.", Happened, headers=ETAG)},
        takes=Events,
        examples={"On the way": {"type": "travelling", "at": "2026-03-10T08:05:00+08:00", "ticket": "T-1"}},
        refused=(412,),
    ),
)
def report(
    service: Here,
    who: Integration,
    key: DayKey,
    body: JsonBody,
    use: KeyUse,
    match: IfMatch = None,
    candidates: Annotated[bool, Query(description="Whether to name the best candidates for tickets left without a place.")] = False,
) -> Response:
    """Report one event or several; the answer says at once what it means. Nothing is planned anew: that is what a proposal does."""
    tree, faults = text.load(body)
    if faults:
        raise InputError(faults)
    if candidates:
        service.until_warm()
    return service.desk.change(key, who, use, reporting(service, who, tree, match, candidates=candidates))


def reporting(service: Service, who: Caller, tree: dict[str, Any], match: str | None = None, *, candidates: bool = False) -> Work:
    """Return how to let happen what a document says."""

    def work(standing: Standing) -> Change:
        seen = view(standing, who)
        must_match(match, standing.etag)
        return happened(seen, _events(tree, answers.moment(service.desk.moment(standing), standing.time_zone)), candidates=candidates)

    return work


def _events(tree: dict[str, Any], now: str | None) -> list[Event]:
    """Return the events of a document, those that do not say when happening now."""
    if "events" not in tree:
        return [events.read_event(json.dumps({"at": now, **tree}))]
    listed = tree["events"]
    if isinstance(listed, list):
        listed = [{"at": now, **one} if isinstance(one, dict) else one for one in listed]
    return list(events.read_events(json.dumps({"format": "dispatch-events/1", **tree, "events": listed})))


def happened(seen: View, found: list[Event], *, candidates: bool = False) -> Change:
    """Return what events come to, one after the other: all of them, or none."""
    if not found:
        raise InputError([fault("MISSING_FIELD", "/events", "There is no event.", "Give one at the least.")])
    before = day = seen.standing.day
    applied: list[Applied] = []
    for i, event in enumerate(found):
        try:
            _allowed(seen, event)
            applied.append(planning.apply(day, event))
        except InputError as error:
            where = f"/events/{i}" if len(found) > 1 else ""
            raise InputError([replace(f, pointer=where + f.pointer) for f in error.faults]) from None
        day = applied[-1].day
    diff = applied[0].diff if len(applied) == 1 else planning.diff(before, day)
    left = [name for a in applied for name in a.unassigned if name in {u.ticket for u in day.plan.unassigned}]

    def answer(after: Standing) -> Answer:
        then = View(after, seen.regions)
        effects = [
            {"code": e.code, "message": e.message, "ticket": e.ticket, "engineer": e.engineer}
            for a in applied
            for e in a.effects
            if e.ticket is None or then.sees(after.ticket(e.ticket))
        ]
        best = {n: candidates_document(planning.candidates(day, n, 3), after.time_zone) for n in left} if candidates else {}
        document = {"revision": after.revision, "effects": effects, "diff": then.shown(diff), "candidates": best}
        return Answer.of(document, headers={"ETag": after.etag})

    name = events.document(found[0])["type"] if len(found) == 1 else "events"
    return Change(name, _subjects(found), answer, day, events=found)


def _allowed(seen: View, event: Event) -> None:
    """Refuse an event about the work of another region."""
    if seen.regions is None:
        return
    if isinstance(event, (TicketPut, EngineerPut)):
        one = event.ticket if isinstance(event, TicketPut) else event.engineer
        if one.region not in seen.regions:
            raise Refusal("FORBIDDEN", f"The token is for the regions {', '.join(sorted(seen.regions))}, and this is of {one.region!r}.")
        s = seen.standing
        old = s.ticket(one.id) if isinstance(event, TicketPut) else s.ground.engineers.get(one.id)
        if old is not None and not seen.sees(old):
            raise Refusal("FORBIDDEN", f"The id {one.id!r} is not free.")
        return
    ticket, engineer = getattr(event, "ticket", None), getattr(event, "engineer", None)
    if ticket is None and engineer is None:
        seen.whole()
    seen.concerns(ticket=ticket, engineer=engineer)


def _subjects(found: list[Event]) -> dict[str, Any]:
    subjects: dict[str, Any] = {}
    for word in ("ticket", "engineer"):
        names = [getattr(one, "id", one) for one in (getattr(e, word, None) for e in found) if one is not None]
        if names:
            subjects[word] = names[0] if len(names) == 1 else names
    return subjects
