"""Engineers of a day: put, with their shifts, read, listed; who is absent; calendars of their own."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch import answers, events, export
from dispatch.api.days import ETAG, KNOWN, happened, reporting
from dispatch.api.description import TEXT, Told, told
from dispatch.api.desk import Change
from dispatch.api.looking import After, Changed, DayKey, IfMatch, IfNoneMatch, Limit, View, etag_of, must_match, unless_known, view
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, JsonBody, KeyUse, changing
from dispatch.api.service import Caller, Dispatcher, Here, Integration, Service, Viewer
from dispatch.api.standing import Standing
from dispatch.errors import InputError
from dispatch.events import EngineerPut
from dispatch.model import Engineer
from dispatch.schema import text, writing
from dispatch.schema.codes import fault
from dispatch.store import days, hooks, tokens

router = APIRouter(tags=["crew"])

Id = Annotated[str, Path(min_length=1, max_length=400, description="Id of the engineer.")]

DAYS_BEFORE, DAYS_AFTER = 7, 28
"""Days that a calendar shows."""


class EngineerDocument(BaseModel):
    """An engineer of the day."""

    engineer: dict[str, Any] = Field(description="As in `dispatch/1`.")
    routes: list[dict[str, Any]] = Field(description="What the plan has the engineer do: `shift`, `departure`, `return`, `tickets`.")


class EngineerList(BaseModel):
    """Engineers by id."""

    engineers: list[EngineerDocument]
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")


class PutEngineer(BaseModel):
    """An engineer as in `dispatch/1` with all shifts. `id` may be left out: it is then the name in the path."""

    id: str | None = None
    home: dict[str, Any] | None = None
    shifts: list[dict[str, Any]] | None = None


class EngineerPutDocument(Changed):
    """An engineer that was put, and what that came to."""

    engineer: dict[str, Any]


class PutShift(BaseModel):
    """One shift of an engineer."""

    engineer: str = Field(description="Id of the engineer.")
    shift: dict[str, Any] = Field(description="As in `dispatch/1`; it takes the place of the one with the same `id`.")


class Absence(BaseModel):
    """Who is away, and until when."""

    engineer: str = Field(description="Id of the engineer.")
    shift: str | None = Field(default=None, description="Id of the shift; default: the one that is on, else the next.")
    at: str | None = Field(default=None, description="From when (RFC 3339); default: now.")
    until: str | None = Field(default=None, description="When the engineer goes on (RFC 3339); default: not in this shift.")


def _told(standing: Standing, engineer: Engineer) -> dict[str, Any]:
    zone = standing.time_zone
    routes = [
        {
            "shift": r.shift,
            "departure": answers.moment(r.departure, zone),
            "return": answers.moment(r.return_, zone),
            "tickets": [s.ticket for s in r.stops],
        }
        for r in standing.ground.day.plan.routes
        if r.engineer == engineer.id and r.stops
    ]
    return {"engineer": writing.part_document(engineer, ZoneInfo(zone)), "routes": routes}


@router.get(
    "/v1/days/{date}/engineers",
    operation_id="listEngineers",
    summary="Engineers of a day",
    **told({200: Told("A page of engineers.", EngineerList)}),
)
def list_engineers(
    service: Here,
    who: Viewer,
    key: DayKey,
    limit: Limit = 100,
    after: After = "",
    of_region: Annotated[str | None, Query(max_length=200, description="Only engineers of this region.")] = None,
) -> Response:
    """List engineers by id, with their shifts and what the plan has them do."""
    seen = view(service.desk.read(key), who)
    every = sorted((e for e in seen.standing.ground.day.problem.engineers if seen.sees(e)), key=lambda e: e.id)
    first = bisect_right(every, after, key=lambda e: e.id) if after else 0
    found = [e for e in every[first:] if of_region in (None, e.region)]
    listed = [_told(seen.standing, e) for e in found[:limit]]
    return Answer.of({"engineers": listed, "next": found[limit - 1].id if len(found) > limit else None}).response()


@router.get(
    "/v1/days/{date}/engineers/{engineer:path}",
    operation_id="getEngineer",
    summary="One engineer",
    **told({200: Told("The engineer.", EngineerDocument, headers=ETAG), 304: KNOWN}),
)
def get_engineer(service: Here, who: Viewer, key: DayKey, engineer: Id, known: IfNoneMatch = None) -> Response:
    """Give an engineer with shifts and what the plan has the engineer do."""
    seen = view(service.desk.read(key), who)
    document = _told(seen.standing, seen.engineer(engineer))
    return unless_known(known, etag_of(document["engineer"]), lambda: Answer.of(document))


def _put(seen: View, tree: dict[str, Any], status: int = 200) -> Change:
    """Return what an engineer comes to; pointers of faults begin with /engineer."""
    standing = seen.standing
    now = answers.moment(standing.ground.day.problem.now, standing.time_zone)
    event = events.read_event(json.dumps({"type": "engineer_put", "at": now, "engineer": tree}))
    assert isinstance(event, EngineerPut)
    change = happened(seen, [event])

    def answer(after: Standing) -> Answer:
        made = change.answer(after)
        engineer = writing.part_document(after.ground.engineers[event.engineer.id], ZoneInfo(after.time_zone))
        whole = {**json.loads(made.body), "engineer": engineer}
        return Answer.of(whole, status, {"ETag": etag_of(engineer)})

    old = standing.ground.engineers.get(event.engineer.id)
    return replace(change, answer=answer, day=None if _same(old, event.engineer) else change.day)


def _same(old: Engineer | None, put: Engineer) -> bool:
    """Whether an engineer is put as before, but for what was reported of the shifts."""
    if old is None:
        return False
    return replace(old, shifts=tuple(replace(s, resume=None) for s in old.shifts)) == put


def _match(seen: View, name: str, match: str | None) -> None:
    """Refuse to overwrite an engineer that was not read, or not as it is."""
    old = seen.standing.ground.engineers.get(name)
    etag = etag_of(writing.part_document(old, ZoneInfo(seen.standing.time_zone))) if old is not None and seen.sees(old) else None
    must_match(match, etag, needed=True)


@router.put(
    "/v1/days/{date}/engineers/{engineer:path}",
    operation_id="putEngineer",
    summary="Add or change an engineer",
    **told(
        {
            200: Told("The engineer is as put.", EngineerPutDocument, headers=ETAG),
            201: Told("The engineer is new.", EngineerPutDocument, headers=ETAG),
        },
        takes=PutEngineer,
        examples={"Somebody to help out": {"name": "Wang", "home": {"lat": 28.2, "lon": 112.9}, "skills": [{"skill": "pumps"}]}},
        refused=(409, 412, 428),
    ),
)
def put_engineer(service: Here, who: Integration, key: DayKey, engineer: Id, body: JsonBody, match: IfMatch = None) -> Response:
    """Put a whole engineer with all shifts; to change one that is there, `If-Match` has to name what was read."""
    tree, faults = text.load(body)
    if tree.setdefault("id", engineer) != engineer:
        faults.append(fault("WRONG_TYPE", "/id", f"`id` is {tree['id']!r}, and the path says {engineer!r}.", "Leave it out."))
    if faults:
        raise InputError(faults)

    def work(standing: Standing) -> Change:
        seen = view(standing, who)
        _match(seen, engineer, match)
        try:
            return _put(seen, tree, 200 if engineer in standing.ground.engineers else 201)
        except InputError as error:
            raise InputError([replace(f, pointer=f.pointer.removeprefix("/engineer")) for f in error.faults]) from None

    return service.desk.change(key, who, None, work)


@router.put(
    "/v1/days/{date}/shifts",
    operation_id="putShift",
    summary="Add or change one shift",
    **told(
        {200: Told("The shift is as put.", EngineerPutDocument, headers=ETAG)},
        takes=PutShift,
        examples={
            "An evening": {
                "engineer": "chen",
                "shift": {"id": "late", "start": "2026-03-10T18:00:00+08:00", "end": "2026-03-10T21:00:00+08:00"},
            }
        },
        refused=(409, 412, 428),
    ),
)
def put_shift(service: Here, who: Integration, key: DayKey, body: JsonBody, match: IfMatch = None) -> Response:
    """Put one shift of an engineer; `If-Match` names the engineer as read."""
    tree, faults = text.load(body)
    name, shift = tree.get("engineer"), tree.get("shift")
    if not isinstance(name, str) or not isinstance(shift, dict):
        faults.append(fault("WRONG_TYPE", "", "`engineer` is no id, or `shift` no object.", "Give both."))
        raise InputError(faults)

    def work(standing: Standing) -> Change:
        seen = view(standing, who)
        found = seen.engineer(name, "/engineer")
        _match(seen, name, match)
        whole = writing.part_document(found, ZoneInfo(standing.time_zone))
        shifts = [s for s in whole.get("shifts", []) if s.get("id") != shift.get("id")]
        try:
            return _put(seen, {**whole, "shifts": [*shifts, shift]})
        except InputError as error:
            here = f"/engineer/shifts/{len(shifts)}"
            raise InputError([replace(f, pointer=f.pointer.replace(here, "/shift", 1)) for f in error.faults]) from None

    return service.desk.change(key, who, None, work)


@router.post(
    "/v1/days/{date}/absences",
    operation_id="reportAbsence",
    summary="Somebody is sick or away",
    **told(
        {200: Told("What it came to.", Changed, headers=ETAG)},
        takes=Absence,
        examples={"At the dentist": {"engineer": "chen", "at": "2026-03-10T12:00:00+08:00", "until": "2026-03-10T12:30:00+08:00"}},
    ),
)
def report_absence(service: Here, who: Integration, key: DayKey, body: JsonBody, use: KeyUse) -> Response:
    """Report an absence: the event `engineer_absent`."""
    tree, faults = text.load(body)
    if faults:
        raise InputError(faults)
    return service.desk.change(key, who, use, reporting(service, who, {**tree, "type": "engineer_absent"}))


# ------------------------------------------------------------------ calendars


class WantedFeed(BaseModel):
    """Whose calendar."""

    engineer: str = Field(description="Id of the engineer.")
    region: str = Field(default="", description="Of which days.")


class FeedDocument(BaseModel):
    """A calendar that programs can subscribe to."""

    id: str
    engineer: str
    region: str
    url: str | None = Field(default=None, description="Path with the key, which is told only once.")


class FeedList(BaseModel):
    """Feeds by id."""

    feeds: list[FeedDocument]
    next: str | None


def _sees(who: Caller, standing: Standing, engineer: str) -> bool:
    """Whether a caller may know what an engineer does on a day."""
    try:
        return view(standing, who).sees(standing.ground.engineers.get(engineer))
    except Refusal:
        return False


def _may(service: Service, who: Caller, region: str, engineer: str) -> None:
    """Refuse the calendar of an engineer of other regions: on days of all regions one has to be of those of the token."""
    if who.regions is None or region in who.regions:
        return
    if region or not any(_sees(who, s, engineer) for s in _days_around(service, region)):
        regions = ", ".join(sorted(who.regions))
        raise Refusal("FORBIDDEN", f"The token is for {regions}: name one of these regions, or an engineer of theirs.")


@router.post(
    "/v1/feeds",
    operation_id="makeFeed",
    summary="A calendar for an engineer",
    **told({201: Told("The calendar.", FeedDocument)}, takes=WantedFeed, examples={"Chen's": {"engineer": "chen"}}),
)
def make_feed(service: Here, who: Dispatcher, body: JsonBody, use: KeyUse) -> Response:
    """Make a link that a calendar program can subscribe to; it holds a key, because these programs cannot send a token."""
    tree, faults = text.load(body)
    engineer, region = tree.get("engineer"), tree.get("region", "")
    if faults or not isinstance(engineer, str) or not isinstance(region, str) or not engineer or len(region) > 200:
        wrong = fault("WRONG_TYPE", "/engineer", "`engineer` is no id, or `region` no text.", "Give the id of an engineer.")
        raise InputError([*faults, wrong])
    _may(service, who, region, engineer)

    def work(connection: Any) -> Answer:
        feed, key = hooks.create_feed(connection, region, engineer, who.token, service.clock())
        url = f"/v1/feeds/{key}/calendar.ics"
        return Answer.of({"id": feed.id, "engineer": engineer, "region": region, "url": url}, 201)

    return changing(service, use, work)


@router.get("/v1/feeds", operation_id="listFeeds", summary="Calendars", **told({200: Told("A page of feeds.", FeedList)}))
def list_feeds(service: Here, who: Dispatcher, limit: Limit = 100, after: After = "") -> Response:
    """List the calendars that were made, without their keys."""
    with service.store.reading() as connection:
        found = hooks.feeds_of(connection, who.regions, who.token, after, limit + 1)
    listed = [{"id": f.id, "engineer": f.engineer, "region": f.region, "url": None} for f in found[:limit]]
    return Answer.of({"feeds": listed, "next": found[limit - 1].id if len(found) > limit else None}).response()


@router.delete(
    "/v1/feeds/{feed}", operation_id="removeFeed", summary="Close a calendar", **told({204: Told("Its link opens nothing.", None, {})})
)
def remove_feed(service: Here, who: Dispatcher, feed: Annotated[str, Path(max_length=64)]) -> Response:
    """Let the link of a calendar open nothing any more."""
    with service.store.writing() as connection:
        found = hooks.find_feed(connection, feed)
        if found is None or (who.regions is not None and found.region not in who.regions and found.token != who.token):
            raise Refusal("NOT_FOUND", f"There is no calendar {feed!r}.")
        hooks.remove_feed(connection, feed)
    return Response(status_code=204)


@router.get(
    "/v1/feeds/{key}/calendar.ics",
    operation_id="readFeed",
    summary="A calendar to subscribe to",
    **told({200: Told("The calendar.", None, {"text/calendar": TEXT}, ETAG), 304: KNOWN}),
)
def read_feed(service: Here, key: Annotated[str, Path(max_length=200)], known: IfNoneMatch = None) -> Response:
    """Give what an engineer does from a week ago to four weeks on; needs no token, because the link holds a key."""
    with service.store.reading() as connection:
        feed = hooks.feed_of(connection, key)
        if feed is None:
            raise Refusal("INVALID_TOKEN", "The key in this link is unknown, or the calendar was closed.")
        made_by = tokens.named(connection, feed.token)
    maker = Caller(feed.token, "", "viewer", frozenset() if made_by is None else made_by.regions)
    shown = [s.ground.day for s in _days_around(service, feed.region) if _sees(maker, s, feed.engineer)]
    data = export.calendar([(d.problem, d.plan) for d in shown], feed.engineer)
    return unless_known(known, etag_of(data.decode()), lambda: Answer(data, media_type="text/calendar"))


def _days_around(service: Service, region: str) -> list[Standing]:
    """Return the days of a region that a calendar shows."""
    today = date.fromordinal(719_163 + int(service.clock()) // 86_400)
    since, until = today - timedelta(DAYS_BEFORE), today + timedelta(DAYS_AFTER)
    span = {"since": since.isoformat(), "until": until.isoformat()}
    with service.store.reading() as connection:
        found = days.listed(connection, after=("", ""), limit=DAYS_BEFORE + DAYS_AFTER + 1, region=region, **span)
    return [service.desk.read((d.region, d.date)) for d in found]
