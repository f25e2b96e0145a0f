"""Tickets of a day: put by their names in the system they come from, one or many, read, listed, cancelled."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch import events
from dispatch.api.days import ETAG, KNOWN, happened
from dispatch.api.description import Told, told
from dispatch.api.desk import Change
from dispatch.api.looking import (
    After,
    Changed,
    DayKey,
    IfMatch,
    IfNoneMatch,
    Limit,
    View,
    etag_of,
    must_match,
    told_document,
    unless_known,
    view,
)
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, JsonBody, KeyUse
from dispatch.api.service import Here, Integration, Viewer
from dispatch.api.standing import BESIDE, TOGETHER, Standing
from dispatch.errors import Fault, InputError
from dispatch.events import TicketPut
from dispatch.model import FIXED_STATUSES, STATUSES, Customer, Ticket
from dispatch.planning.putting import as_put, changes_no_route, put_tickets
from dispatch.schema import text
from dispatch.schema.codes import fault

router = APIRouter(prefix="/v1/days", tags=["tickets"])

Ref = Annotated[str, Path(min_length=1, max_length=400, description="`external_ref` of the ticket, or its id.")]
Status = Literal["open", "dispatched", "travelling", "on_site", "done", "cancelled"]
assert set(Status.__args__) == set(STATUSES)  # type: ignore[attr-defined]

MOST = 2000
"""Tickets put at once."""


class TicketDocument(BaseModel):
    """A ticket with what is promised and planned: four pairs of times, which stay apart."""

    ticket: dict[str, Any] = Field(description="As in `dispatch/1`: the windows wanted, and what happened.")
    told: dict[str, Any] | None = Field(description="What people were told: `engineer`, `shift`, `start`.")
    appointment: dict[str, Any] | None = Field(description="The slot held or booked: `id`, `window`, `state`, `until`.")
    planned: dict[str, Any] | None = Field(description="Where the plan has it: `engineer`, `shift`, `arrival`, `start`, `end`.")


class TicketList(BaseModel):
    """Tickets by id."""

    tickets: list[TicketDocument]
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")


class PutTicket(BaseModel):
    """A ticket as in `dispatch/1`. `id` may be left out: it is then the name in the path."""

    id: str | None = None
    external_ref: str | None = Field(default=None, description="The name in the path.")
    place: dict[str, Any]
    service: str = Field(description="Time on site (ISO 8601).")


class PutTickets(BaseModel):
    """Several tickets, each with its `external_ref` or `id`, and customers that are new or changed."""

    tickets: list[dict[str, Any]]
    customers: list[dict[str, Any]] | None = None


class Put(BaseModel):
    """What became of tickets that were put."""

    revision: int
    tickets: list[dict[str, Any]] = Field(description="`id`, `external_ref`, and `result`: created, changed or unchanged.")
    engineers: list[dict[str, Any]] | None = Field(default=None, description="The same of the engineers of a sheet.")


EXAMPLE = {
    "title": "Pump leaks",
    "place": {"lat": 28.22, "lon": 112.95},
    "skills": [{"skill": "pumps"}],
    "service": "PT1H",
    "priority": 2,
}


# ---------------------------------------------------------------------- read


@router.get(
    "/{date}/tickets", operation_id="listTickets", summary="Tickets of a day", **told({200: Told("A page of tickets.", TicketList)})
)
def list_tickets(
    service: Here,
    who: Viewer,
    key: DayKey,
    limit: Limit = 100,
    after: After = "",
    status: Annotated[Status | None, Query(description="Only tickets with this status.")] = None,
    of_region: Annotated[str | None, Query(max_length=200, description="Only tickets of this region.")] = None,
    engineer: Annotated[str | None, Query(max_length=400, description="Only tickets that the plan has with this engineer.")] = None,
    placed: Annotated[bool | None, Query(description="Only tickets with a place in the plan, or only those without.")] = None,
) -> Response:
    """List tickets by id, with what is promised and planned."""
    seen = view(service.desk.read(key), who)
    s = seen.standing
    stops = s.ground.stops

    def wanted(t: Ticket) -> bool:
        at = stops.get(t.id)
        return (
            seen.sees(t)
            and status in (None, t.status)
            and of_region in (None, t.region)
            and (engineer is None or (at is not None and at[0].engineer == engineer))
            and (placed is None or placed == (at is not None))
        )

    found = []
    for t in s.tickets(after):
        if wanted(t):
            found.append(t)
            if len(found) > limit:
                break
    listed = [told_document(s, t) for t in found[:limit]]
    return Answer.of({"tickets": listed, "next": found[limit - 1].id if len(found) > limit else None}).response()


@router.get(
    "/{date}/tickets/{ref:path}",
    operation_id="getTicket",
    summary="One ticket",
    **told({200: Told("The ticket.", TicketDocument, headers=ETAG), 304: KNOWN}),
)
def get_ticket(service: Here, who: Viewer, key: DayKey, ref: Ref, known: IfNoneMatch = None) -> Response:
    """Give a ticket by its external reference or its id."""
    seen = view(service.desk.read(key), who)
    document = told_document(seen.standing, seen.ticket(ref))
    return unless_known(known, etag_of(document["ticket"]), lambda: Answer.of(document))


# ----------------------------------------------------------------------- put


@dataclass(frozen=True)
class Drawn:
    """A ticket that was read and is to be put.

    Parameters
    ----------
    ticket
        As the caller wants it.
    old
        As it is; None for a new one.
    """

    ticket: Ticket
    old: Ticket | None


def drawn(seen: View, tree: dict[str, Any], ref: str | None) -> Drawn:
    """Return the ticket of a JSON object; it is found by its external reference, else by its id.

    Raises
    ------
    InputError
        With every fault of the object; pointers begin with /ticket.
    Refusal
        It is the ticket of another region, or would become one.
    """
    named = tree.get("external_ref") if ref is None else ref
    old = None
    for name in (named, tree.get("id")):
        if old is None and isinstance(name, str):
            old = seen.standing.named(name)
    tree = dict(tree)
    if ref is not None:
        given = tree.setdefault("external_ref", ref if old is None or old.id != ref else old.external_ref or ref)
        if given != ref and not (old is not None and old.id == ref):
            message = f"`external_ref` is {given!r}, and the path says {ref!r}."
            raise InputError([Fault("/ticket/external_ref", "OTHER_REFERENCE", message, "Leave it out, or let both be the same.")])
    if "id" not in tree:
        tree["id"] = old.id if old is not None else named
    if tree["id"] is None:
        del tree["id"]
    event = events.read_event(json.dumps({"type": "ticket_put", "at": _now(seen.standing), "ticket": tree}))
    assert isinstance(event, TicketPut)
    ticket = event.ticket
    if old is not None and old.id != ticket.id:
        message = f"The ticket {old.external_ref!r} has the id {old.id!r} here, and cannot become {ticket.id!r}."
        raise InputError([Fault("/ticket/id", "OTHER_ID", message, "Leave the id out.")])
    if seen.regions is not None and (ticket.region not in seen.regions or (old is not None and not seen.sees(old))):
        raise Refusal("FORBIDDEN", f"The token is for tickets of {', '.join(sorted(seen.regions))}: say so in `region`.")
    return Drawn(ticket, old)


def _now(standing: Standing) -> str:
    from dispatch.answers import moment

    return moment(standing.ground.day.problem.now, standing.time_zone) or ""


def put_change(seen: View, found: Sequence[Drawn], answer: Callable[[Standing], Answer]) -> Change:
    """Return what tickets that are put come to: those without a place are put beside the day, which is else worked out anew."""
    s = seen.standing
    day = s.ground.day
    puts: dict[str, Ticket] = {}
    beside = True
    for d in found:
        if d.old is not None and _as_it_is(d.ticket, d.old) == d.old:
            continue
        put = TicketPut(day.problem.now, d.ticket)
        ticket = as_put(day, put)
        if d.old is not None and s.ticket(d.old.id) is not day.ticket_of.get(d.old.id):  # put beside the day before
            ticket = replace(ticket, status=d.old.status)
        hold = next((h for h in day.holds if h.ticket == ticket.id), None)
        if ticket == d.old and (hold is None or (hold.windows, hold.mandatory) == (d.ticket.windows, d.ticket.mandatory)):
            continue
        beside = beside and changes_no_route(day, put) and ticket.status in ("open", "dispatched")
        puts[ticket.id] = ticket if beside else d.ticket
    names = list(puts)
    subjects = {"ticket": names[0] if len(names) == 1 else names}
    if not puts:
        return Change("ticket_put", {}, answer)
    if beside:
        return Change(BESIDE, subjects, answer, puts=puts, events=[TicketPut(day.problem.now, t) for t in puts.values()])
    wanted = [TicketPut(day.problem.now, d.ticket) for d in found if d.ticket.id in puts]
    return Change(TOGETHER, subjects, answer, put_tickets(s.day, wanted), events=wanted)


def _as_it_is(put: Ticket, old: Ticket) -> Ticket:
    """Return a ticket that is put with what only events say of it."""
    pin = old.pin if old.status in FIXED_STATUSES else put.pin
    return replace(put, status=old.status, actual=old.actual, pin=pin)


@router.put(
    "/{date}/tickets/{ref:path}",
    operation_id="putTicket",
    summary="Open or change a ticket",
    **told(
        {
            200: Told("The ticket is as it was put.", TicketDocument, headers=ETAG),
            201: Told("The ticket is new.", TicketDocument, headers=ETAG),
        },
        takes=PutTicket,
        examples={"A new ticket": EXAMPLE},
        refused=(409, 412),
    ),
)
def put_ticket(service: Here, who: Integration, key: DayKey, ref: Ref, body: JsonBody, match: IfMatch = None) -> Response:
    """Put a whole ticket under its external reference: opened where it is new, changed where it is another, else left alone."""
    tree, faults = text.load(body)
    if faults:
        raise InputError(faults)

    def work(standing: Standing) -> Change:
        seen = view(standing, who)
        try:
            one = drawn(seen, tree, ref)
            if match is not None:
                must_match(match, None if one.old is None else etag_of(told_document(standing, one.old)["ticket"]))

            def answer(after: Standing) -> Answer:
                ticket = after.ticket(one.ticket.id)
                assert ticket is not None
                document = told_document(after, ticket)
                headers = {"ETag": etag_of(document["ticket"])}
                return Answer.of(document, 201 if one.old is None else 200, headers)

            return put_change(seen, [one], answer)
        except InputError as error:
            raise InputError([replace(f, pointer=f.pointer.removeprefix("/ticket")) for f in error.faults]) from None

    return service.desk.change(key, who, None, work)


@router.post(
    "/{date}/tickets",
    operation_id="putTickets",
    summary="Open or change many tickets",
    **told(
        {200: Told("The tickets are as they were put.", Put, headers=ETAG)},
        takes=PutTickets,
        examples={"Two tickets": {"tickets": [{"external_ref": "INC/1", **EXAMPLE}, {"external_ref": "INC/2", **EXAMPLE}]}},
    ),
)
def put_tickets_at_once(service: Here, who: Integration, key: DayKey, body: JsonBody, use: KeyUse) -> Response:
    """Put many tickets, all of them or, where one is faulty, none; every fault is told."""
    tree, faults = text.load(body)
    trees, customers = tree.get("tickets"), tree.get("customers") or []
    for name in tree.keys() - {"tickets", "customers"}:
        faults.append(fault("UNKNOWN_FIELD", text.child("", name), f"{name[:60]!r} is not a field.", "Give tickets and customers."))
    if not isinstance(trees, list) or not isinstance(customers, list) or len(trees) > MOST:
        faults.append(fault("WRONG_TYPE", "/tickets", f"`tickets` is not a list of at most {MOST} tickets."))
        raise InputError(faults)
    if faults:
        raise InputError(faults)
    return service.desk.change(key, who, use, lambda standing: many(view(standing, who), trees, customers))


def many(seen: View, trees: Sequence[Any], customers: Sequence[Any]) -> Change:
    """Return what many tickets come to.

    Raises
    ------
    InputError
        With the faults of all tickets; pointers begin with /tickets/0.
    """
    faults: list[Fault] = []
    found: dict[str, Drawn] = {}
    for i, tree in enumerate(trees):
        if not isinstance(tree, dict):
            faults.append(fault("WRONG_TYPE", f"/tickets/{i}", f"Item {i} of `tickets` is not an object."))
            continue
        try:
            one = drawn(seen, tree, None)
            as_put(seen.standing.ground.day, TicketPut(seen.standing.ground.day.problem.now, one.ticket)) if not customers else None
        except InputError as error:
            faults += [replace(f, pointer=f"/tickets/{i}{f.pointer.removeprefix('/ticket')}") for f in error.faults]
            continue
        if one.ticket.id in found:
            faults.append(fault("DUPLICATE_ID", f"/tickets/{i}", f"The ticket {one.ticket.id!r} stands twice among them."))
        found[one.ticket.id] = one
    if faults:
        raise InputError(faults)

    def answer(after: Standing) -> Answer:
        def result(d: Drawn) -> str:
            return "created" if d.old is None else "unchanged" if after.ticket(d.ticket.id) == d.old else "changed"

        told = [{"id": d.ticket.id, "external_ref": d.ticket.external_ref, "result": result(d)} for d in found.values()]
        return Answer.of({"revision": after.revision, "tickets": told}, headers={"ETag": after.etag})

    if customers:
        return _with_customers(seen, list(found.values()), customers, answer)
    return put_change(seen, list(found.values()), answer)


def _with_customers(seen: View, found: Sequence[Drawn], customers: Sequence[Any], answer: Callable[[Standing], Answer]) -> Change:
    """Return what tickets come to whose customers are put with them: a customer may change who serves tickets that have a place."""
    day = seen.whole().day
    named: dict[str, Customer] = {}
    for i, tree in enumerate(customers):
        try:
            place = {"id": "?", "place": {"lat": 1, "lon": 1}, "service": "PT1M"}
            event = events.read_event(json.dumps({"type": "ticket_put", "at": _now(seen.standing), "ticket": place, "customer": tree}))
        except InputError as error:
            raise InputError([replace(f, pointer=f"/customers/{i}{f.pointer.removeprefix('/customer')}") for f in error.faults]) from None
        assert isinstance(event, TicketPut)
        assert event.customer is not None
        named[event.customer.id] = event.customer
    used = {d.ticket.customer for d in found}
    unused = sorted(named.keys() - {name for name in used if name is not None})
    if unused:
        message = f"No ticket is of the customer {unused[0]!r}."
        raise InputError([fault("UNKNOWN_CUSTOMER", "/customers", message, "Put a customer with a ticket.")])
    puts = [TicketPut(day.problem.now, d.ticket, named.get(d.ticket.customer or "")) for d in found]
    return Change(TOGETHER, {"ticket": [d.ticket.id for d in found]}, answer, put_tickets(day, puts), events=puts)


@router.delete(
    "/{date}/tickets/{ref:path}",
    operation_id="cancelTicket",
    summary="Cancel a ticket",
    **told({200: Told("It is cancelled.", Changed, headers=ETAG)}, refused=(412,)),
)
def cancel_ticket(service: Here, who: Integration, key: DayKey, ref: Ref, match: IfMatch = None) -> Response:
    """Cancel a ticket: nobody goes there any more. It stays in the day with the status `cancelled`."""

    def work(standing: Standing) -> Change:
        seen = view(standing, who)
        ticket = seen.ticket(ref)
        if match is not None:
            must_match(match, etag_of(told_document(standing, ticket)["ticket"]))
        return happened(seen, [events.TicketCancelled(standing.ground.day.problem.now, ticket.id)])

    return service.desk.change(key, who, None, work)
