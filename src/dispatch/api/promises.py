"""Who could do a ticket, which appointments can be promised, and keeping what was promised."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch import events, planning
from dispatch.answers import moment
from dispatch.api.days import ETAG
from dispatch.api.description import Told, told
from dispatch.api.desk import Change, Work
from dispatch.api.looking import Changed, DayKey, View, hold_document, view
from dispatch.api.proposals import gone_on
from dispatch.api.requests import Answer, JsonBody, KeyUse, computing, read
from dispatch.api.service import Caller, Here, Integration, Viewer
from dispatch.api.standing import Standing
from dispatch.errors import InputError
from dispatch.events import TicketPut
from dispatch.model import Ticket, Window
from dispatch.planning import Day, Hold
from dispatch.planning.writing import candidates_document, offers_document
from dispatch.schema.documents import Document, Id, Time
from dispatch.schema.documents import Limit as Length
from dispatch.schema.documents import Window as WindowDocument

router = APIRouter(prefix="/v1/days", tags=["promises"])

HOLD_SECONDS = 900
"""How long a hold lasts if nothing else is said."""


class AskCandidates(Document):
    """For which ticket."""

    ticket: Id = Field(description="Id of a ticket of the day, or its external reference.")
    limit: Annotated[int, Field(ge=1, le=1000)] = Field(default=20, description="Most candidates.")
    others: bool = Field(default=False, description="Whether to name those who cannot have it, and why.")


class Candidates(BaseModel):
    """Who could do a ticket, the cheapest first."""

    revision: int
    ticket: str
    candidates: list[dict[str, Any]] = Field(
        description="`engineer`, `shift`, `position`, `start`, `cost`, `cost_by_rule`, `moves`: minutes by which others would start later."
    )


class AskOffers(Document):
    """What to offer appointments for."""

    ticket: Any = Field(description="Id of a ticket of the day, or a whole new ticket as in `dispatch/1`.")
    slots: list[WindowDocument] | None = Field(default=None, description="The slots to look at; default: all of `width`.")
    width: Length = Field(default=7200, description="Width of a slot (ISO 8601).")
    horizon: Length | None = Field(default=None, description="How far to look ahead (ISO 8601); default: to the end of the last shift.")
    limit: Annotated[int, Field(ge=1, le=200)] = Field(default=20, description="Most offers.")


class Offers(BaseModel):
    """Appointments that can be promised, the cheapest first."""

    revision: int
    offers: list[dict[str, Any]] = Field(description="`window`, `engineer`, `shift`, `position`, `start`, `cost`, `cost_by_rule`, `moves`.")


class AskHold(Document):
    """Which slot to keep for a customer."""

    ticket: Any = Field(description="Id of a ticket of the day, or a whole new ticket as in `dispatch/1`.")
    window: WindowDocument = Field(description="The slot, as it was offered.")
    until: Time | None = Field(default=None, description="When the hold expires (RFC 3339); default: in 15 minutes.")


class AskBooking(Document):
    """Which hold the customer has accepted."""

    hold: Id = Field(description="Id of the hold.")


class Kept(Changed):
    """A slot that is kept, and what that came to."""

    appointment: dict[str, Any] = Field(description="`id`, `ticket`, `window`, `state` (held or booked), `until`.")


SLOT = {"start": "2026-03-10T13:00:00+08:00", "end": "2026-03-10T15:00:00+08:00"}


@router.post(
    "/{date}/candidates",
    operation_id="candidates",
    summary="Who could do a ticket",
    **told({200: Told("Who could.", Candidates)}, takes=AskCandidates, examples={"All": {"ticket": "T-2", "others": True}}),
)
def candidates(service: Here, who: Viewer, key: DayKey, body: JsonBody, use: KeyUse) -> Response:
    """Rank every able engineer, each at the best position, with cost by rule and the stops that would move."""
    asked = read(AskCandidates, body)
    service.until_warm()

    def work() -> Answer:
        seen = view(service.desk.read(key), who)
        ticket = seen.ticket(asked.ticket, "/ticket")
        day = seen.standing.day
        found = planning.candidates(day, ticket.id, asked.limit, others=asked.others)
        shown = [c for c in found if seen.sees(seen.standing.ground.engineers.get(c.engineer))]
        listed = candidates_document(shown, seen.standing.time_zone)
        return Answer.of({"revision": seen.standing.revision, "ticket": ticket.id, "candidates": listed})

    return computing(service, use, work)


def _ticket(seen: View, asked: Any) -> str | Ticket:
    """Return the ticket a request is about: one of the day by its name, or a whole new one."""
    if isinstance(asked, str):
        return seen.ticket(asked, "/ticket").id
    at = moment(seen.standing.ground.day.problem.now, seen.standing.time_zone)
    event = events.read_event(json.dumps({"type": "ticket_put", "at": at, "ticket": asked}))
    assert isinstance(event, TicketPut)
    if seen.regions is not None and event.ticket.region not in seen.regions:
        seen.whole()
    return event.ticket


@router.post(
    "/{date}/offers",
    operation_id="offers",
    summary="Appointments that can be promised",
    **told({200: Told("What can be promised.", Offers)}, takes=AskOffers, examples={"Two hours": {"ticket": "T-2", "width": "PT2H"}}),
)
def offers(service: Here, who: Viewer, key: DayKey, body: JsonBody, use: KeyUse) -> Response:
    """Rank the slots in which a ticket could begin, by what the day would cost more; nothing is kept yet."""
    asked = read(AskOffers, body)
    service.until_warm()

    def work() -> Answer:
        seen = view(service.desk.read(key), who)
        day = seen.standing.day
        slots = None if asked.slots is None else [_window(w) for w in asked.slots]
        found = planning.offers(day, _ticket(seen, asked.ticket), slots, width=asked.width, horizon=asked.horizon, limit=asked.limit)
        listed = offers_document(found, seen.standing.time_zone)
        return Answer.of({"revision": seen.standing.revision, "offers": listed})

    return computing(service, use, work)


def _window(window: WindowDocument) -> Window:
    return Window(window.start, window.end)


@router.post(
    "/{date}/holds",
    operation_id="hold",
    summary="Keep a slot for a while",
    **told({201: Told("It is kept.", Kept, headers=ETAG)}, takes=AskHold, examples={"An offer": {"ticket": "T-2", "window": SLOT}}),
)
def hold(service: Here, who: Integration, key: DayKey, body: JsonBody, use: KeyUse) -> Response:
    """Keep a slot until the customer has decided; the ticket is in the plan meanwhile. A hold expires by itself."""
    asked = read(AskHold, body)
    service.until_warm()

    def work(standing: Standing) -> Change:
        seen = view(standing, who)
        now = service.desk.moment(standing)
        day = standing.day
        if now > day.problem.now:
            day = planning.apply(day, events.Clock(now)).day
        ticket = _ticket(seen, asked.ticket)
        until = now + HOLD_SECONDS if asked.until is None else asked.until
        try:
            after = planning.hold(day, ticket, _window(asked.window), until)
        except InputError as error:
            raise gone_on(error) from None
        name = ticket if isinstance(ticket, str) else ticket.id
        (kept,) = (h for h in after.holds if h.ticket == name)
        return _kept(seen, standing.day, after, "held", kept, 201)

    return service.desk.change(key, who, use, work)


def _kept(seen: View, before: Day, after: Day, action: str, kept: Hold, status: int) -> Change:
    """Return what keeping a slot, or giving it up, comes to; slots are searched for, so the whole day is kept."""
    diff = planning.diff(before, after)

    def answer(then: Standing) -> Answer:
        document = {"revision": then.revision, "effects": [], "diff": View(then, seen.regions).shown(diff)}
        return Answer.of({**document, "appointment": hold_document(then, kept)}, status, {"ETag": then.etag})

    return Change(action, {"ticket": kept.ticket, "hold": kept.id}, answer, after)


@router.post(
    "/{date}/bookings",
    operation_id="book",
    summary="Book a slot that is held",
    **told(
        {201: Told("It is booked.", Kept, headers=ETAG)}, takes=AskBooking, examples={"A hold": {"hold": "T-2/2026-03-10T05:00:00+00:00"}}
    ),
)
def book(service: Here, who: Integration, key: DayKey, body: JsonBody, use: KeyUse) -> Response:
    """Book a slot that is held: it becomes the ticket's window, and every later plan keeps it."""
    asked = read(AskBooking, body)

    def work(standing: Standing) -> Change:
        seen = view(standing, who)
        _hold(seen, asked.hold)
        now = service.desk.moment(standing)
        day = standing.day
        if now > day.problem.now:
            day = planning.apply(day, events.Clock(now)).day
        after = planning.book(day, asked.hold)
        (kept,) = (h for h in after.holds if h.id == asked.hold)
        return _kept(seen, standing.day, after, "booked", kept, 201)

    return service.desk.change(key, who, use, work)


def _hold(seen: View, name: str) -> Hold | None:
    """Return a hold of a ticket that the caller may know of."""
    found = next((h for h in seen.standing.ground.day.holds if h.id == name), None)
    if found is not None:
        seen.ticket(found.ticket, "/hold")
    return found


@router.delete(
    "/{date}/holds/{hold:path}",
    operation_id="release",
    summary="Give up a slot that is held or booked",
    **told({200: Told("It is given up.", Kept, headers=ETAG)}),
)
def release(
    service: Here, who: Integration, key: DayKey, hold: Annotated[str, Path(max_length=600, description="Id of the hold.")]
) -> Response:
    """Give up a hold or a booking: the ticket asks for what it asked for before."""
    return service.desk.change(key, who, None, _releasing(who, hold))


def _releasing(who: Caller, name: str) -> Work:
    def work(standing: Standing) -> Change:
        from dispatch.api.problems import Refusal

        seen = view(standing, who)
        found = _hold(seen, name)
        if found is None:
            raise Refusal("NOT_FOUND", f"There is no hold {name!r}, or it has expired.")
        return _kept(seen, standing.day, planning.release(standing.day, name), "released", replace(found, until=found.until), 200)

    return work
