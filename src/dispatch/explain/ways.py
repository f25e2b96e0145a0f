"""Finding the changes that place a ticket: each is tried in the arrays first, then made and judged by the check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dispatch.explain.codes import ReasonCode, WayKind
from dispatch.explain.stretches import STRETCHES, Draft, Stretch, Told
from dispatch.explain.trials import Change, Judged, Trials
from dispatch.explain.who import NOBODY, Blocks, waived, waiving
from dispatch.explain.words import clauses, price
from dispatch.model import Engineer, Ticket
from dispatch.solver.arrays import INFEASIBLE, Arrays, IntArray

EACH = 2
"""Changes of one kind that are judged, the cheapest by the trial."""


@dataclass(frozen=True)
class Found:
    """A change that places the ticket.

    Parameters
    ----------
    code, detail
        The reason it proves, as a sentence.
    say
        The instruction; None where the change only proves a reason: nobody can be given a skill.
    """

    kind: WayKind
    code: ReasonCode
    detail: str
    say: str | None
    change: Change
    judged: Judged


@dataclass(frozen=True)
class Question:
    """A ticket to be placed in one of some shifts.

    Parameters
    ----------
    ticket, row
        As it is, and its row in the arrays.
    shifts
        Rows of shifts whose engineers are kept from it by `lift` and nothing else.
    """

    trials: Trials
    ticket: Ticket
    row: int
    shifts: IntArray
    lift: Blocks = NOBODY

    def among(self, shifts: Sequence[int] | IntArray) -> Question:
        """Return the question for some of the shifts."""
        return replace(self, shifts=np.asarray(shifts, np.int64))

    def fitting(self) -> IntArray:
        """Return the shifts that carry what the ticket needs."""
        return self.shifts[self.trials.carries(self.row)[self.shifts]]

    def draft(self, shift: int, tickets: Iterable[str]) -> Draft:
        """Return the ticket as this engineer may do it, and what the route would need."""
        engineer, of_shift = self.trials.shift(shift)
        needed: Counter[str] = Counter()
        for name in tickets:
            needed.update(self.trials.ticket(name).needs)
        return Draft(waived(self.trials, self.ticket, engineer, self.lift), engineer, of_shift.id, needed)

    def instructions(self, engineer: Engineer) -> list[str] | None:
        """Return what has to be waived, as instructions; None where nobody can waive it."""
        return None if "NO_SKILL" in self.lift else waiving(self.trials, self.ticket, engineer, self.lift)

    def starts(self, shift: int, judged: Judged) -> str:
        """Return who begins the ticket, and when."""
        engineer, _ = self.trials.shift(shift)
        return f"{self.trials.words.name(engineer.id)} could begin it at {self.clock(shift, judged)}"

    def clock(self, shift: int, judged: Judged) -> str:
        """Return the local time at which the ticket begins."""
        return self.trials.words.clock(judged.stop(shift, self.ticket.id).start)


def best(found: IntArray, shifts: IntArray) -> list[tuple[int, int, int]]:
    """Return (cost, shift row, row in the route) of every feasible insertion, the cheapest first."""
    made = [(int(cost), int(s), int(at)) for s, (cost, at) in zip(shifts, found, strict=True) if cost < INFEASIBLE]
    return sorted(made)


# -------------------------------------------------------------------- as it is


def placements(q: Question) -> Iterator[Found]:
    """Yield the cheapest placements with no limit let out, in the shifts of different engineers."""
    trials, shifts = q.trials, q.fitting()
    seen: set[str] = set()
    for _, shift, at in best(trials.cheapest(q.row, shifts), shifts):
        engineer, _ = trials.shift(shift)
        if engineer.id in seen or len(seen) == EACH:
            continue
        seen.add(engineer.id)
        order = trials.inserted(shift, at, q.row)
        draft = q.draft(shift, order)
        change = Change({shift: order}, tickets=(draft.ticket,) if q.lift else ())
        judged = trials.judge(change)
        if judged is None:
            continue
        said = q.instructions(engineer)
        when = f"{trials.words.name(engineer.id)} begins it at {q.clock(shift, judged)}"
        say = None if said is None else f"{clauses(said)}: {when}" if said else f"Give it to {trials.words.name(engineer.id)}, at {q.clock(shift, judged)}"
        kind, code = KINDS[next(iter(q.lift))] if q.lift else ("place", "OUTBID")
        yield Found(kind, code, q.starts(shift, judged), say, change, judged)


KINDS: Mapping[ReasonCode, tuple[WayKind, ReasonCode]] = {
    "NO_SKILL": ("tier", "NO_SKILL"),
    "TIER_TOO_LOW": ("tier", "TIER_TOO_LOW"),
    "PINNED_ELSEWHERE": ("pin", "PINNED_ELSEWHERE"),
    "RESERVED_ENGINEER": ("reserved", "RESERVED_ENGINEER"),
    "NEVER_ENGINEER": ("never", "NEVER_ENGINEER"),
}
