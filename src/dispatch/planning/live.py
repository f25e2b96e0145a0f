"""What happens in a day: each event answers at once with the day after it, what it changed, and what that means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dispatch import events
from dispatch.errors import Fault, InputError
from dispatch.model import FIXED_STATUSES
from dispatch.planning.change import Diff, diff
from dispatch.planning.choices import candidates
from dispatch.planning.day import Day
from dispatch.planning.draft import Draft, Effect
from dispatch.planning.facts import handle
from dispatch.schema.codes import fault
from dispatch.view import many

if TYPE_CHECKING:
    from dispatch.explain.ranking import Candidate

BEST = 3
"""Candidates named for a ticket that came to be unassigned."""


@dataclass(frozen=True)
class Applied:
    """A day after an event.

    Parameters
    ----------
    day
        The day as it stands now.
    diff
        Against the day before the event.
    effects
        What it means, in sentences.
    unassigned
        Tickets that the event left without a place.
    """

    day: Day
    diff: Diff
    effects: tuple[Effect, ...]
    unassigned: tuple[str, ...] = ()

    @cached_property
    def candidates(self) -> Mapping[str, tuple[Candidate, ...]]:
        """The best three candidates for each ticket that the event left without a place; worked out when first asked for."""
        return {name: candidates(self.day, name, BEST) for name in self.unassigned}


def apply(day: Day, event: events.Event) -> Applied:
    """Let an event happen to a day.

    Nothing is searched for: routes keep their order and are timed anew; what cannot stay where it is goes to unassigned. `propose` is
    the one that plans.

    Raises
    ------
    InputError
        The event contradicts the day: it names what does not exist, lies in the past, or cannot have happened after what has.
    TravelError
        Travel times to a new place could not be had.
    """
    faults = list(_references(day, event))
    if faults:
        raise InputError(faults)
    draft = Draft(day, event.at)
    draft.expire()
    handle(draft, event)
    after = draft.finish()
    changes = diff(day, after)
    left = tuple(u.ticket for u in after.plan.unassigned)
    before = {u.ticket for u in day.plan.unassigned}
    newly = tuple(name for name in left if name not in before)
    return Applied(after, changes, (*draft.effects, *_told(day, after, changes, newly)), newly)


def _references(day: Day, event: events.Event) -> Iterator[Fault]:
    """Yield what the event names that is not there, and whether it comes too late."""
    if event.at < day.problem.now:
        late = day.problem.now - event.at
        yield fault("EVENT_IN_PAST", "/at", f"`at` is {late} s before the last event of the day.")
    engineers = {e.id: e for e in day.problem.engineers}
    ticket, engineer, shift = (getattr(event, name, None) for name in ("ticket", "engineer", "shift"))
    if isinstance(ticket, str) and ticket not in day.ticket_of:
        yield fault("UNKNOWN_TICKET", "/ticket", f"There is no ticket {ticket!r}.", "Correct the id, or put the ticket first.")
    if isinstance(engineer, str) and engineer not in engineers:
        yield fault("UNKNOWN_ENGINEER", "/engineer", f"There is no engineer {engineer!r}.", "Correct the id, or put the engineer first.")
    elif isinstance(engineer, str) and shift is not None and all(s.id != shift for s in engineers[engineer].shifts):
        yield fault("UNKNOWN_SHIFT", "/shift", f"Engineer {engineer!r} has no shift {shift!r}.", "Correct the id.")


def _told(before: Day, after: Day, changes: Diff, newly: tuple[str, ...]) -> Iterator[Effect]:
    """Yield what the change means: tickets without a place, promises and windows missed, people who are out too long."""
    for name in newly:
        gone = any(c.ticket == name for c in changes.removed)
        yield Effect("UNASSIGNED", f"Ticket {name} has {'lost its place' if gone else 'no place yet'}.", name)
    late = {s.ticket: s.lateness for r in before.plan.routes for s in r.stops if s.lateness}
    known = {id(route) for route in before.plan.routes}
    for route in after.plan.routes:
        if id(route) in known:
            continue
        for stop in route.stops:
            more = stop.lateness - late.get(stop.ticket, 0)
            if more > 0 and after.ticket_of[stop.ticket].status not in FIXED_STATUSES:
                by = many(-(-stop.lateness // 60), "minute")
                yield Effect("LATE", f"Ticket {stop.ticket} starts {by} after it was promised.", stop.ticket, route.engineer)
    sizes = {(v.rule, v.engineer, v.shift, v.ticket): v.size for v in before.violations}
    for v in after.violations:
        if v.size > sizes.get((v.rule, v.engineer, v.shift, v.ticket), 0):
            yield Effect("VIOLATION", v.message, v.ticket, v.engineer)
