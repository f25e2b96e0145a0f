"""Publishing a proposal, all of it or the changes of some tickets: what people are told from now on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from dispatch.check import Violation
from dispatch.errors import InputError
from dispatch.model import FIXED_STATUSES, Visit
from dispatch.planning.change import told_otherwise
from dispatch.planning.day import Day, settled
from dispatch.planning.limits import merged
from dispatch.planning.proposing import Proposal, proposal_of
from dispatch.schema.codes import fault


def publish(day: Day, proposal: Proposal, tickets: Collection[str] | None = None) -> Day:
    """Make a proposal the plan of the day.

    What people are told goes into `previous`: of every ticket with another engineer than told, or a start more than 15 minutes away.

    Parameters
    ----------
    tickets
        Only the changes of these tickets, as `part` has them; None for all.

    Raises
    ------
    InputError
        A selection that cannot stand alone (`NEEDS_OTHERS`), naming the others it needs; a ticket that the proposal does not change
        (`UNKNOWN_TICKET`); or the day has gone on since (`PROPOSAL_STALE`).
    """
    made = _selected(day, proposal, tickets)
    if tickets is None:
        return _published(made, {**made.visits, **day.visits})
    moved = {name for name, visit in made.visits.items() if day.visits.get(name) != visit}
    return _published(made, set(tickets) | moved | (set(day.visits) - set(made.visits)))


def part(day: Day, proposal: Proposal, tickets: Collection[str] | None = None) -> Proposal:
    """Return what `publish` would publish, as a proposal with a diff of its own: to look at before people are told.

    Raises
    ------
    InputError
        As `publish`.
    """
    return proposal_of(day, _selected(day, proposal, tickets))


def _selected(day: Day, proposal: Proposal, tickets: Collection[str] | None) -> Day:
    """Return the day with a proposal, or the changes of some tickets, made; refuse what does not stand."""
    _not_stale(day, proposal)
    if tickets is None:
        made = settled(day.problem, proposal.orders, day.holds, day.matrix, proposal.plan)
        if not _stands(day, made, proposal, set(proposal.visits)):
            raise InputError([fault("PROPOSAL_STALE", "", "The proposal breaks a rule on the day as it is now.")])
        return made
    changed = {c.ticket for c in proposal.diff.changes}
    wanted = set(tickets)
    if not wanted <= changed:
        faults = [
            fault("UNKNOWN_TICKET", f"/tickets/{k}", f"The proposal does not change ticket {name!r}.", "Leave it out.")
            for k, name in enumerate(tickets)
            if name not in changed
        ]
        raise InputError(faults)
    made = _partly(day, proposal, wanted)
    if not _stands(day, made, proposal, wanted):
        needed = _needed(day, proposal, wanted, changed - wanted)
        if needed is None:
            raise InputError([fault("PROPOSAL_STALE", "", "The proposal breaks a rule on the day as it is now.")])
        names = ", ".join(sorted(needed))
        message = f"The changes of {', '.join(sorted(wanted))} cannot stand without those of {names}."
        raise InputError([fault("NEEDS_OTHERS", "/tickets", message)])
    return made


def _published(made: Day, tickets: Collection[str]) -> Day:
    """Return a day of whose plan people have been told, as far as these tickets go."""
    problem = replace(made.problem, previous=_told(made, tickets))
    return settled(problem, made.orders, made.holds, made.matrix, made.plan)


def _told(day: Day, tickets: Collection[str]) -> tuple[Visit, ...]:
    told: dict[str, Visit] = {v.ticket: v for v in day.problem.previous}
    for name in (t.id for t in day.problem.tickets if t.id in tickets):
        visit = day.visits.get(name)
        if visit is None:
            told.pop(name, None)
        elif told_otherwise(told.get(name), visit):
            told[name] = visit
    return tuple(told.values())


def _not_stale(day: Day, proposal: Proposal) -> None:
    """Refuse a proposal that does not know of a ticket that has a place by now, and would take it away."""
    known = {t.id for t in proposal.problem.tickets}
    given = {name for name in day.visits if day.ticket_of[name].status not in FIXED_STATUSES}
    left = {c.ticket for c in proposal.diff.removed}
    lost = sorted(name for name in given if name not in proposal.visits and (name not in known or name not in left))
    if lost:
        message = f"It would leave out {', '.join(lost)}, planned since it was made."
        raise InputError([fault("PROPOSAL_STALE", "", message)])


def _size(violations: Collection[Violation]) -> Mapping[tuple[str | None, ...], int]:
    return {(v.rule, v.engineer, v.shift, v.ticket): v.size for v in violations}


def _stands(day: Day, made: Day, proposal: Proposal, tickets: set[str]) -> bool:
    """Whether a plan breaks no rule more than the day or the proposal does, and has these tickets where they were proposed."""
    before, proposed = _size(day.violations), _size(proposal.violations)
    worse = any(size > max(before.get(key, 0), proposed.get(key, 0)) for key, size in _size(made.violations).items())
    open_ = {t.id for t in made.problem.tickets if t.status in ("open", "dispatched")}

    def place(visits: Mapping[str, Visit], name: str) -> tuple[str, str] | None:
        return (visits[name].engineer, visits[name].shift) if name in visits else None

    return not worse and all(place(made.visits, n) == place(proposal.visits, n) for n in tickets & open_)


def _partly(day: Day, proposal: Proposal, tickets: set[str]) -> Day:
    """Return the day with the changes of some tickets."""
    orders, target = day.orders, proposal.orders
    for key in {**orders, **target}:
        orders[key] = merged(orders.get(key, []), target.get(key, []), tickets)
    return settled(day.problem, orders, day.holds, day.matrix, proposal.plan)


def _needed(day: Day, proposal: Proposal, wanted: set[str], others: set[str]) -> set[str] | None:
    """Return the fewest further changes, found by leaving out one after the other, with which some changes stand; None if none do."""
    needed = set(others)
    if not _stands(day, _partly(day, proposal, wanted | needed), proposal, wanted | needed):
        return None
    for name in sorted(others):
        fewer = needed - {name}
        if _stands(day, _partly(day, proposal, wanted | fewer), proposal, wanted | fewer):
            needed = fewer
    return needed
