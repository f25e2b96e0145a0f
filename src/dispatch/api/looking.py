"""What the routes of a day share: which day, who sees what of it, whether it is the one that was read, and how its parts are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date as calendar_date
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch.answers import moment
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, encoded
from dispatch.api.service import Caller
from dispatch.api.standing import Standing
from dispatch.errors import Fault, InputError
from dispatch.model import Engineer, Ticket, Visit
from dispatch.planning import Diff
from dispatch.planning.writing import diff_document
from dispatch.schema import writing
from dispatch.store.days import Key

# ------------------------------------------------------------------- which day


async def _key(
    date: Annotated[str, Path(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="The day, as in 2026-05-12.")],
    region: Annotated[str, Query(max_length=200, description="Whose day; by default the one of all regions.")] = "",
) -> Key:
    try:
        calendar_date.fromisoformat(date)
    except ValueError:
        raise Refusal("NOT_FOUND", f"There is no day {date}.") from None
    return region, date


DayKey = Annotated[Key, Depends(_key)]
"""Parameter of a route: region and date."""

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=2000, description="`ETag` of what is changed, as it was read.")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=2000, description="`ETag` of what is known already.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most entries of the answer.")]
After = Annotated[str, Query(max_length=400, description="`next` of the page before.")]


def _names(header: str, etag: str) -> bool:
    return any(name.strip() in ("*", etag, f"W/{etag}") for name in header.split(","))


def must_match(header: str | None, etag: str | None, *, needed: bool = False) -> None:
    """Refuse a change of something that is not as the caller has read it.

    Parameters
    ----------
    header
        What ``If-Match`` says; None where nothing.
    etag
        Of the thing as it is; None where there is none.
    needed
        Whether the caller has to say it where there is something to be overwritten.

    Raises
    ------
    Refusal
        It was changed since, or the caller does not say which state it was read in.
    """
    if header is None:
        if needed and etag is not None:
            raise Refusal("PRECONDITION_REQUIRED", "Send If-Match with the ETag that was read, or * to overwrite whatever is there.")
    elif etag is None or not _names(header, etag):
        raise Refusal("STALE", "It was changed since it was read. Read it, and decide anew.")


def unless_known(header: str | None, etag: str, answer: Callable[[], Answer]) -> Response:
    """Answer, or say that nothing has changed where the caller knows it already."""
    if header is not None and _names(header, etag):
        return Response(status_code=304, headers={"ETag": etag})
    made = answer()
    return replace(made, headers={**made.headers, "ETag": etag}).response()


# ---------------------------------------------------------------- who sees what


@dataclass(frozen=True)
class View:
    """What a caller sees of a day.

    Parameters
    ----------
    regions
        Only tickets and engineers of these; None for all.
    """

    standing: Standing
    regions: frozenset[str] | None

    def sees(self, one: Ticket | Engineer | None) -> bool:
        """Whether it is there, and the caller may know of it."""
        return one is not None and (self.regions is None or one.region in self.regions)

    def ticket(self, name: str, pointer: str | None = None) -> Ticket:
        """Return a ticket by its id or external reference.

        Parameters
        ----------
        pointer
            Where in the body it is named; None: in the path.
        """
        found = self.standing.ticket(name) or self.standing.named(name)
        if found is None or not self.sees(found):
            raise _missing("ticket", name, pointer)
        return found

    def engineer(self, name: str, pointer: str | None = None) -> Engineer:
        """Return an engineer by the id."""
        found = self.standing.ground.engineers.get(name)
        if found is None or not self.sees(found):
            raise _missing("engineer", name, pointer)
        return found

    def whole(self) -> Standing:
        """Return the day, which the caller has to see whole."""
        if self.regions is not None:
            raise Refusal("FORBIDDEN", "This concerns the whole day, and the token is for a part of its regions.")
        return self.standing

    def concerns(self, *, ticket: str | None = None, engineer: str | None = None) -> None:
        """Refuse what is about a ticket or an engineer of another region."""
        if ticket is not None and self.standing.ticket(ticket) is not None:
            self.ticket(ticket, "/ticket")
        if engineer is not None and engineer in self.standing.ground.engineers:
            self.engineer(engineer, "/engineer")

    def shown(self, diff: Diff) -> dict[str, Any]:
        """Return a diff as a document, with what the caller sees of it; of a part the costs are not told, which are of the whole."""
        whole = diff_document(diff, self.standing.time_zone)
        if self.regions is None:
            return whole
        kinds = ("added", "removed", "moved", "retimed")
        return {kind: [c for c in whole[kind] if self.sees(self.standing.ticket(c["ticket"]))] for kind in kinds}


def _missing(what: str, name: str, pointer: str | None) -> Exception:
    message = f"There is no {what} {name!r}."
    if pointer is None:
        return Refusal("NOT_FOUND", message)
    return InputError([Fault(pointer, f"UNKNOWN_{what.upper()}", message, "Correct the id.")])


def view(standing: Standing, who: Caller) -> View:
    """Return what a caller sees of a day.

    Raises
    ------
    Refusal
        Nothing: then it is not even told that there is such a day.
    """
    if who.regions is None:
        return View(standing, None)
    below = standing.ground.below
    seen = frozenset(name for region in who.regions for name in below.get(region, frozenset({region})))
    if standing.key[0] in seen:
        return View(standing, None)
    if standing.key[0] or not seen & standing.regions():
        region, date = standing.key
        raise Refusal("NOT_FOUND", f"There is no day {date}" + (f" of the region {region!r}." if region else "."))
    return View(standing, seen)


def may_open(key: Key, who: Caller) -> None:
    """Refuse to open a day of a region that is not the caller's."""
    if who.regions is not None and key[0] not in who.regions:
        raise Refusal("FORBIDDEN", f"The token is for {', '.join(sorted(who.regions))}: name one of these regions, as in ?region=.")


# ------------------------------------------------------------------ how told


def ticket_document(standing: Standing, ticket: Ticket) -> dict[str, Any]:
    """Return a ticket as in `dispatch/1`."""
    return writing.part_document(ticket, ZoneInfo(standing.time_zone))


def etag_of(document: Any) -> str:
    """Return a name for the state of a part of a day."""
    return f'"{sha256(encoded(document)).hexdigest()[:24]}"'


def place_document(standing: Standing, ticket: Ticket) -> dict[str, Any] | None:
    """Return where the plan has a ticket, None where nowhere."""
    found = standing.ground.stops.get(ticket.id)
    if found is None:
        return None
    route, stop = found
    times = {name: moment(getattr(stop, name), standing.time_zone) for name in ("arrival", "start", "end")}
    return {"engineer": route.engineer, "shift": route.shift, **times}


def told_document(standing: Standing, ticket: Ticket) -> dict[str, Any]:
    """Return a ticket with what is promised and planned: four pairs of times, which stay apart."""
    hold = next((h for h in standing.ground.day.holds if h.ticket == ticket.id), None)
    told: Visit | None = standing.ground.told.get(ticket.id)
    zone = standing.time_zone
    return {
        "ticket": ticket_document(standing, ticket),
        "told": None if told is None else {"engineer": told.engineer, "shift": told.shift, "start": moment(told.start, zone)},
        "appointment": None if hold is None else hold_document(standing, hold),
        "planned": place_document(standing, ticket),
    }


def hold_document(standing: Standing, hold: Any) -> dict[str, Any]:
    """Return an appointment."""
    zone = standing.time_zone
    window = {"start": moment(hold.window.start, zone), "end": moment(hold.window.end, zone)}
    state = "booked" if hold.until is None else "held"
    return {"id": hold.id, "ticket": hold.ticket, "window": window, "state": state, "until": moment(hold.until, zone)}


def day_link(key: Key, *parts: str) -> str:
    """Return the path of a day, or of a part of it."""
    path = "/".join(["/v1/days", key[1], *(quote(part, safe="") for part in parts)])
    return path + (f"?{urlencode({'region': key[0]})}" if key[0] else "")


class Changed(BaseModel):
    """What a change came to."""

    revision: int = Field(description="Of the day after it.")
    effects: list[dict[str, Any]] = Field(description="What it means: `code`, `message`, `ticket`, `engineer`.")
    diff: dict[str, Any] = Field(description="How the plan differs: `added`, `removed`, `moved`, `retimed`, `cost_by_rule`.")
