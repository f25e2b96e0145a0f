"""Who else could do a ticket: every able engineer with the cost of it, and what keeps the others from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dispatch.explain.codes import reason
from dispatch.explain.reasons import limits
from dispatch.explain.trials import Change, Judged, Trials, is_begun
from dispatch.explain.ways import Question
from dispatch.explain.who import ORDER, blocks, rule
from dispatch.model import RULES, Engineer, Reason, Rule, Ticket


@dataclass(frozen=True)
class Candidate:
    """An engineer for a ticket.

    Parameters
    ----------
    engineer, shift
        Ids. The shift is None where the engineer is not able, or has none.
    position
        Place in the route, the first stop being 1; None where it does not fit.
    start
        Begin of service, Unix seconds; None where it does not fit.
    cost_delta, by_rule
        What the plan would cost more than it does now, milliseconds of travel, and by rule; 0 for the one who has it.
    disturbs
        Other tickets whose service would begin at another time, with the seconds by which it would be later (negative: earlier).
    present
        Whether this is where the plan has it.
    reason
        What keeps the ticket from fitting; None where it fits.
    """

    engineer: str
    shift: str | None
    position: int | None = None
    start: int | None = None
    cost_delta: int = 0
    by_rule: Mapping[Rule, int] | None = None
    disturbs: tuple[tuple[str, int], ...] = ()
    present: bool = False
    reason: Reason | None = None

    @property
    def feasible(self) -> bool:
        """Whether the ticket fits."""
        return self.reason is None


def candidates(trials: Trials, name: str, most: int | None = None) -> tuple[Candidate, ...]:
    """Return the shifts that could have a ticket, the cheapest first; see `dispatch.explain.runners_up`.

    Parameters
    ----------
    most
        How many shifts besides the present one are looked at by the check, the cheapest by the trial; None for all.
    """
    ticket = trials.ticket(name)
    present = list(_present(trials, name))
    if is_begun(ticket):
        return tuple(present)
    row = trials.rows[name]
    at = trials.at.get(name)
    if at is None:
        rest, freed = trials, None
    else:
        kept = [t for t in trials.planned(at) if t != row]
        rest = trials.with_route(at, kept)
        freed, _ = trials.weigh(Change({at: trials.order(at, kept)}))
    found = []
    for _, shift, behind in rest.elsewhere(row)[:most]:
        order = rest.inserted(shift, behind, row)
        if shift == at and order == trials.order(shift):
            continue
        judged = rest.judge(Change({shift: order}))
        if judged is not None:
            found.append(candidate_of(trials, name, shift, order, judged, freed))
    better = [c for c in found if at is None or (c.engineer, c.shift) != _ids(trials, at) or c.cost_delta < 0]
    return tuple(sorted([*present, *better], key=lambda c: (c.cost_delta, not c.present, c.engineer, c.shift or "")))


def _ids(trials: Trials, shift: int) -> tuple[str, str]:
    engineer, of_shift = trials.shift(shift)
    return engineer.id, of_shift.id


def _present(trials: Trials, name: str) -> Iterator[Candidate]:
    """Yield where the plan has the ticket, if it does."""
    for route in trials.plan.routes:
        for k, stop in enumerate(route.stops):
            if stop.ticket == name:
                nothing = dict.fromkeys(RULES, 0)
                yield Candidate(route.engineer, route.shift, k + 1, stop.start, 0, nothing, present=True)
                return


def candidate_of(trials: Trials, name: str, shift: int, order: tuple[str, ...], judged: Judged, freed: Judged | None) -> Candidate:
    """Return what it would be: the insertion, and what the route that has the ticket now would gain without it."""
    by_rule = {rule: judged.by_rule[rule] + (0 if freed is None else freed.by_rule[rule]) for rule in RULES}
    after = {stop.ticket: stop.start for j in (freed, judged) if j is not None for r in j.routes.values() for stop in r.stops}
    touched = [*judged.routes, *(() if freed is None else freed.routes)]
    before = {stop.ticket: stop.start for row in touched for stop in trials.route(row).stops}
    moved = tuple((t, after[t] - start) for t, start in before.items() if t != name and after[t] != start)
    start = judged.stop(shift, name).start
    return Candidate(*_ids(trials, shift), order.index(name) + 1, start, sum(by_rule.values()), by_rule, moved)


def kept_out(trials: Trials, name: str, fits: set[str]) -> Iterator[Candidate]:
    """Yield the engineers in whose shifts the ticket does not fit, each with what decides it."""
    ticket = trials.ticket(name)
    at = trials.at.get(name)
    rest = trials if at is None else trials.with_route(at, [t for t in trials.planned(at) if t != trials.rows[name]])
    for engineer in trials.problem.engineers:
        if engineer.id not in fits:
            shift, why = _decides(rest, ticket, engineer)
            yield Candidate(engineer.id, shift, reason=why)


def _decides(trials: Trials, ticket: Ticket, engineer: Engineer) -> tuple[str | None, Reason]:
    if is_begun(ticket):
        return None, reason("BEGUN", "Work on it has begun: it stays where it is.")
    blocked = blocks(trials, ticket, engineer)
    shifts = [s.id for s in engineer.shifts if ticket.pin is None or ticket.pin.shift in (None, s.id)]
    for code in ORDER:
        if code in blocked or (code == "PINNED_ELSEWHERE" and engineer.shifts and not shifts):
            return None, reason(code, rule(trials, ticket, engineer, code) + ".")
    if not shifts:
        return None, reason("NO_SHIFT_OVERLAP", f"{trials.words.name(engineer.id)} has no shift.")
    rows = [row for row, (e, s) in enumerate(trials.instance.shifts) if e.id == engineer.id and s.id in shifts]
    why = limits(Question(trials, ticket, trials.rows[ticket.id], np.array(rows, np.int64)))
    full = f"The other work of {trials.words.name(engineer.id)} leaves no room."
    return (shifts[0] if len(shifts) == 1 else None), why or reason("OUTBID", full)
