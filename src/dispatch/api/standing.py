"""A live day as it stands at a revision, in memory: whole where it has to be, and cheap to look things up in.

Tickets put without a place change no route. They are kept beside the day that was worked out last, and worked into it when somebody
asks for the plan: so a hundred of them a second cost no more than their own judging.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from itertools import groupby, islice
from typing import Any

from dispatch import events, planning, schema
from dispatch.events import TicketPut
from dispatch.model import FIXED_STATUSES, Engineer, Plan, Route, Stop, Ticket, Visit, covered_regions
from dispatch.planning import Day
from dispatch.planning.putting import put_tickets
from dispatch.store.days import Entry, Key

BESIDE = "ticket_put_beside"
"""Action of the log for tickets put without a place, which are worked in later."""
TOGETHER = "ticket_put_together"
"""The same for tickets of which some have a place: they are worked in at once."""


class Ground:
    """A day that is worked out, with indexes made when first asked for.

    Parameters
    ----------
    revision
        The day's, as far as it is worked out.
    """

    def __init__(self, day: Day, revision: int) -> None:
        self.day, self.revision = day, revision

    @cached_property
    def refs(self) -> Mapping[str, str]:
        """Ticket ids by external reference."""
        return {t.external_ref: t.id for t in self.day.problem.tickets if t.external_ref is not None}

    @cached_property
    def engineers(self) -> Mapping[str, Engineer]:
        """Engineers by id."""
        return {e.id: e for e in self.day.problem.engineers}

    @cached_property
    def stops(self) -> Mapping[str, tuple[Route, Stop]]:
        """Where each ticket is that has a place."""
        return {s.ticket: (r, s) for r in self.day.plan.routes for s in r.stops}

    @cached_property
    def told(self) -> Mapping[str, Visit]:
        """What people were told of each ticket."""
        return {v.ticket: v for v in self.day.problem.previous}

    @cached_property
    def plan_bytes(self) -> bytes:
        """The plan as the format has it."""
        return schema.write_plan(self.day.plan, self.day.problem.time_zone)

    def routes_of(self, engineer: str) -> list[dict[str, Any]]:
        """Return the routes of an engineer as plans have them."""
        routes = tuple(r for r in self.day.plan.routes if r.engineer == engineer)
        found: list[dict[str, Any]] = json.loads(schema.write_plan(Plan(routes), self.day.problem.time_zone))["routes"]
        return found

    @cached_property
    def regions(self) -> frozenset[str]:
        """Regions of its tickets and engineers."""
        named = {t.region for t in self.day.problem.tickets} | {e.region for e in self.day.problem.engineers}
        return frozenset(name for name in named if name is not None)

    @cached_property
    def ordered(self) -> Sequence[str]:
        """Ids of all tickets, in order."""
        return sorted(self.day.ticket_of)

    @cached_property
    def counts(self) -> Mapping[str | None, tuple[int, int, int]]:
        """By region how many tickets there are, have a place, and wait for one."""
        found: dict[str | None, tuple[int, int, int]] = {}
        for t in self.day.problem.tickets:
            every, placed, waiting = found.get(t.region, (0, 0, 0))
            has = t.id in self.stops
            waits = not has and t.status not in (*FIXED_STATUSES, "cancelled")
            found[t.region] = (every + 1, placed + has, waiting + waits)
        return found

    @cached_property
    def below(self) -> Mapping[str, frozenset[str]]:
        """For each region, itself and everything below it."""
        return covered_regions(self.day.problem)


class _Layer:
    """Tickets by id, with indexes made when first asked for."""

    def __init__(self, tickets: Mapping[str, Ticket]) -> None:
        self.tickets = tickets
        self.refs = {t.external_ref: t.id for t in tickets.values() if t.external_ref is not None}

    @cached_property
    def ordered(self) -> Sequence[str]:
        """Ids in order."""
        return sorted(self.tickets)


@dataclass(frozen=True)
class Beside:
    """Tickets put beside a day, none of which has a place. It is not changed: whoever looks at an earlier revision sees that.

    Parameters
    ----------
    layers
        Newest first, each less than half as large as the next, so that adding one ticket to thousands copies few of them
        (a log-structured merge tree: O'Neil et al. 1996, doi 10.1007/s002360050048).
    more
        By region how many tickets there are more than in the day itself.
    """

    layers: tuple[_Layer, ...] = ()
    more: Mapping[str | None, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(layer.tickets) for layer in self.layers)

    def get(self, ticket_id: str) -> Ticket | None:
        """Return a ticket by its id."""
        return next((layer.tickets[ticket_id] for layer in self.layers if ticket_id in layer.tickets), None)

    def id_of(self, ref: str) -> str | None:
        """Return the id of the ticket put last under an external reference."""
        return next((layer.refs[ref] for layer in self.layers if ref in layer.refs), None)

    def tickets(self) -> dict[str, Ticket]:
        """Return all tickets by id, as they were put last."""
        found: dict[str, Ticket] = {}
        for layer in reversed(self.layers):
            found.update(layer.tickets)
        return found

    def plus(self, puts: Mapping[str, Ticket], ground: Ground) -> Beside:
        """Return these and more tickets beside a day."""
        more = dict(self.more)
        for ticket in puts.values():
            old = self.get(ticket.id) or ground.day.ticket_of.get(ticket.id)
            if old is not None:
                more[old.region] = more.get(old.region, 0) - 1
            more[ticket.region] = more.get(ticket.region, 0) + 1
        newest, below = dict(puts), self.layers
        while below and len(below[0].tickets) < 2 * len(newest):
            newest, below = {**below[0].tickets, **newest}, below[1:]
        return Beside((_Layer(newest), *below), more)


class Standing:
    """A day at a revision.

    Parameters
    ----------
    ground
        The day as it was worked out last.
    beside
        Tickets put since.
    """

    def __init__(self, key: Key, revision: int, ground: Ground, beside: Beside | None = None) -> None:
        self.key, self.revision = key, revision
        self.parts = ground, beside or Beside()  # in one place, so that nobody sees the one without the other
        self._whole = threading.Lock()

    @property
    def ground(self) -> Ground:
        """The day as it was worked out last."""
        return self.parts[0]

    @property
    def beside(self) -> Beside:
        """Tickets put since."""
        return self.parts[1]

    def whole(self) -> Ground:
        """Return the day with all that was put worked in."""
        if len(self.beside):
            with self._whole:
                ground, beside = self.parts
                if len(beside):
                    puts = [TicketPut(ground.day.problem.now, t) for t in beside.tickets().values()]
                    self.parts = Ground(put_tickets(ground.day, puts), self.revision), Beside()
        return self.ground

    @property
    def day(self) -> Day:
        """The day with all that was put worked in."""
        return self.whole().day

    @property
    def etag(self) -> str:
        """Names the revision."""
        return f'"r{self.revision}"'

    @property
    def time_zone(self) -> str:
        """IANA time zone of the day."""
        return self.ground.day.problem.time_zone

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return a ticket by its id."""
        ground, beside = self.parts
        return beside.get(ticket_id) or ground.day.ticket_of.get(ticket_id)

    def named(self, ref: str) -> Ticket | None:
        """Return the ticket of an external reference, or of an id."""
        ground, beside = self.parts
        found = self.ticket(beside.id_of(ref) or ground.refs.get(ref, ref))
        return found if found is not None and ref in (found.external_ref, found.id) else beside.get(ref)

    def tickets(self, after: str = "") -> Iterator[Ticket]:
        """Yield all tickets by id, those behind an id."""
        ground, beside = self.parts
        lists = [ground.ordered, *(layer.ordered for layer in beside.layers)]
        for name, _ in groupby(merge(*(islice(ids, bisect_right(ids, after), None) for ids in lists))):
            yield beside.get(name) or ground.day.ticket_of[name]

    def counts(self, regions: frozenset[str] | None) -> tuple[int, int, int]:
        """Return how many tickets there are, have a place, and wait for one; of some regions, or (None) of all."""
        ground, beside = self.parts
        found = {region: (n, placed, waiting) for region, (n, placed, waiting) in ground.counts.items()}
        for region, more in beside.more.items():
            n, placed, waiting = found.get(region, (0, 0, 0))
            found[region] = n + more, placed, waiting + more
        every, placed, waiting = (sum(n[k] for region, n in found.items() if regions is None or region in regions) for k in range(3))
        return every, placed, waiting

    def regions(self) -> frozenset[str]:
        """Return the regions of its tickets and engineers."""
        ground, beside = self.parts
        return ground.regions | {region for region, more in beside.more.items() if region is not None and more > 0}

    def after(self, revision: int, day: Day | None = None, puts: Mapping[str, Ticket] | None = None) -> Standing:
        """Return the day at a later revision: another day, or this one with tickets put beside it."""
        if day is not None:
            return Standing(self.key, revision, Ground(day, revision))
        ground, beside = self.parts
        return Standing(self.key, revision, ground, beside.plus(puts, ground) if puts else beside)


def replayed(standing: Standing, entries: Sequence[Entry]) -> Standing:
    """Return a day after what its log says was done since; the same as where it was done first."""
    for beside, run in groupby(entries, lambda entry: entry.action == BESIDE):
        done = [(entry, events.read_events(entry.events or "")) for entry in run]
        if beside:  # a busy hour has thousands of these
            puts = {e.ticket.id: e.ticket for _, found in done for e in found if isinstance(e, TicketPut)}
            standing = standing.after(done[-1][0].revision, puts=puts)
            continue
        for entry, found in done:
            if entry.action == TOGETHER:
                standing = standing.after(entry.revision, put_tickets(standing.day, [e for e in found if isinstance(e, TicketPut)]))
                continue
            for event in found:
                standing = standing.after(entry.revision, planning.apply(standing.day, event).day)
    return standing
