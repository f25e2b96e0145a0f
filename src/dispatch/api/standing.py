"""A live day as it stands at a revision, in memory: whole where it has to be, and cheap to look things up in.

Tickets put without a place change no route. They are kept beside the day that was worked out last, and worked into it when somebody
asks for the plan: so a hundred of them a second cost no more than their own judging.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

from dispatch import events, planning, schema
from dispatch.events import TicketPut
from dispatch.model import Engineer, Plan, Route, Stop, Ticket, Visit, covered_regions
from dispatch.planning import Day
from dispatch.planning.putting import put_tickets
from dispatch.store.days import Entry, Key

BESIDE = "ticket_put_beside"
"""Action of the log for tickets put without a place, which are worked in later."""
TOGETHER = "ticket_put_together"
"""The same for tickets of which some have a place: they are worked in at once."""


class Ground:
    """A day that is worked out, with indexes made when first asked for."""

    def __init__(self, day: Day) -> None:
        self.day = day

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
    def below(self) -> Mapping[str, frozenset[str]]:
        """For each region, itself and everything below it."""
        return covered_regions(self.day.problem)


@dataclass
class Standing:
    """A day at a revision.

    Parameters
    ----------
    ground
        The day as it was worked out last.
    pending
        Tickets put since, by id: none of them has a place.
    refs
        Ids of these, by external reference.
    """

    key: Key
    revision: int
    ground: Ground
    pending: Mapping[str, Ticket] = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)
    _whole: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def whole(self) -> Ground:
        """Return the day with all that was put worked in."""
        if self.pending:
            with self._whole:
                if self.pending:
                    day = self.ground.day
                    self.ground = Ground(put_tickets(day, [TicketPut(day.problem.now, t) for t in self.pending.values()]))
                    self.pending = {}
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
        pending, ground = self._parts()
        return pending.get(ticket_id) or ground.day.ticket_of.get(ticket_id)

    def named(self, ref: str) -> Ticket | None:
        """Return the ticket of an external reference, or of an id."""
        pending, ground = self._parts()
        found = self.ticket(self.refs.get(ref) or ground.refs.get(ref, ref))
        return found if found is not None and ref in (found.external_ref, found.id) else pending.get(ref)

    def tickets(self) -> Sequence[Ticket]:
        """Return all tickets by id."""
        pending, ground = self._parts()
        return sorted({**ground.day.ticket_of, **pending}.values(), key=lambda t: t.id)

    def regions(self) -> frozenset[str]:
        """Return the regions of its tickets and engineers."""
        pending, ground = self._parts()
        return ground.regions | {t.region for t in pending.values() if t.region is not None}

    def _parts(self) -> tuple[Mapping[str, Ticket], Ground]:
        # Pending first: whoever works it in meanwhile changes the ground before it empties this.
        pending = self.pending
        return pending, self.ground

    def after(self, revision: int, day: Day | None = None, puts: Mapping[str, Ticket] | None = None) -> Standing:
        """Return the day at a later revision: another day, or this one with tickets put beside it."""
        if day is not None:
            return Standing(self.key, revision, Ground(day))
        pending, ground = self._parts()
        named = {t.external_ref: t.id for t in (puts or {}).values() if t.external_ref is not None}
        return Standing(self.key, revision, ground, {**pending, **(puts or {})}, {**self.refs, **named})


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
