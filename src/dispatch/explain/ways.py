"""Finding the changes that place a ticket: each is tried in the arrays first, then made and judged by the check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dispatch.explain.codes import ReasonCode, WayKind
from dispatch.explain.stretches import STRETCHES, Draft, Stretch, Told
from dispatch.explain.trials import Change, Judged, Trials, best
from dispatch.explain.who import NOBODY, Blocks, waived, waiving
from dispatch.explain.words import clauses, listed
from dispatch.model import Engineer, Ticket
from dispatch.solver.arrays import INFEASIBLE, PRICE, SHIFT_COLUMNS, Arrays, IntArray

EACH = 2
"""Changes of one kind that are made and judged, those that the trial finds cheapest."""

Amounts = Mapping[Stretch, int]
"""Limits let out, and by how much."""

KINDS: Mapping[ReasonCode, WayKind] = {
    "NO_SKILL": "tier",
    "TIER_TOO_LOW": "tier",
    "PINNED_ELSEWHERE": "pin",
    "RESERVED_ENGINEER": "reserved",
    "NEVER_ENGINEER": "never",
}


@dataclass(frozen=True)
class Found:
    """A change that places the ticket.

    Parameters
    ----------
    code, detail
        The reason it proves, as a sentence without a full stop.
    say
        The instruction; None where the change proves a reason and is no advice: nobody can be given a skill.
    amount
        By how much limits are let out, in minutes.
    """

    kind: WayKind
    code: ReasonCode
    detail: str
    say: str | None
    change: Change
    judged: Judged
    amount: int = 0


@dataclass(frozen=True)
class Question:
    """A ticket to be placed in one of some shifts.

    Parameters
    ----------
    ticket, row
        As it is, and its row in the arrays.
    shifts
        Rows of shifts whose engineers are kept from it by `lift` and nothing else.
    all_who_may
        Whether nobody but their engineers may do it.
    """

    trials: Trials
    ticket: Ticket
    row: int
    shifts: IntArray
    lift: Blocks = NOBODY
    all_who_may: bool = False

    def among(self, shifts: Sequence[int] | IntArray) -> Question:
        """Return the question for some of the shifts."""
        return replace(self, shifts=np.asarray(shifts, np.int64))

    def carried(self, short: bool = False, idle: bool = False) -> IntArray:
        """Return the shifts that carry what the ticket needs; `short` those that do not; `idle` as if nothing else were planned."""
        left = self.trials.arrays.shift[:, SHIFT_COLUMNS:] if idle else self.trials.left
        carries = (left[self.shifts] >= self.trials.needs(self.row)).all(axis=1)
        wanted: IntArray = self.shifts[~carries if short else carries]
        return wanted

    def draft(self, shift: int, order: Sequence[str]) -> Draft:
        """Return the ticket as this engineer may do it, and what the route would need."""
        engineer, of_shift = self.trials.shift(shift)
        needed: Counter[str] = Counter()
        for name in order:
            needed.update(self.trials.ticket(name).needs)
        return Draft(waived(self.trials, self.ticket, engineer, self.lift), engineer, of_shift.id, len(order), needed)

    def make(self, after: Draft, shift: int, routes: Mapping[int, tuple[str, ...]]) -> Change:
        """Return the change to a draft: what differs from the problem."""
        engineer, _ = self.trials.shift(shift)
        return Change(
            routes,
            () if after.engineer == engineer else (after.engineer,),
            () if after.ticket == self.ticket else (after.ticket,),
        )

    def say(self, engineer: Engineer, what: Sequence[str], then: str = "") -> str | None:
        """Return what has to be waived and done, as one instruction; None where it cannot be waived."""
        if "NO_SKILL" in self.lift:
            return None
        return clauses([*waiving(self.trials, self.ticket, engineer, self.lift), *what]) + then

    def name(self, shift: int) -> str:
        """Return the name of the engineer of a shift."""
        return self.trials.words.name(self.trials.shift(shift)[0].id)

    def clock(self, shift: int, judged: Judged) -> str:
        """Return the local time at which the ticket begins."""
        return self.trials.words.clock(judged.stop(shift, self.ticket.id).start)

    def who(self, shift: int) -> str:
        """Return the engineer of a shift as the subject of a sentence."""
        if len({self.trials.shift(int(s))[0].id for s in self.shifts}) > 1:
            return f"{self.name(shift)}, who comes closest,"
        return f"{self.name(shift)}, the only one who may do it," if self.all_who_may else self.name(shift)


def room(q: Question) -> list[Found]:
    """Return the changes that place a ticket: as the limits are, with one of them let out, or at the cost of other work.

    Only where there is none: at the cost of several others.
    """
    found = [*placements(q), *exchanges(q)]
    if not any(f.kind == "place" or f.kind in KINDS.values() for f in found):
        found += stretched(q)
    return found or crowded(q)


def even_alone(q: Question) -> list[Found]:
    """Return what is in the way even if the engineers had nothing else to do; nothing where the ticket would fit then."""
    return [] if alone(q) else [*stretched(q, idle=True)] or together(q, idle=True)


def alone(q: Question) -> list[tuple[int, int, int]]:
    """Return as `best` does the shifts that the ticket would fit if they had nothing else to do, no limit let out."""
    shifts = q.carried(idle=True)
    return best(q.trials.alone(q.row, shifts, q.trials.arrays), shifts)


# -------------------------------------------------------------------- as it is


def placements(q: Question) -> Iterator[Found]:
    """Yield the cheapest placements with no limit let out, by different engineers."""
    shifts, seen = q.carried(), set[str]()
    for _, shift, at in best(q.trials.cheapest(q.row, shifts), shifts):
        engineer, name = q.trials.shift(shift)[0], q.name(shift)
        if engineer.id in seen or len(seen) == EACH:
            continue
        seen.add(engineer.id)
        order = q.trials.inserted(shift, at, q.row)
        change = q.make(q.draft(shift, order), shift, {shift: order})
        judged = q.trials.judge(change)
        if judged is None:
            continue
        clock = q.clock(shift, judged)
        say = q.say(engineer, (), f": {name} begins it at {clock}") if q.lift else f"Give it to {name} at {clock}"
        code: ReasonCode = next(iter(q.lift), "OUTBID")
        yield Found(KINDS[code] if q.lift else "place", code, f"{name} could begin it at {clock}", say, change, judged)


# ------------------------------------------------------- at the cost of other work


@dataclass(frozen=True)
class _Exchange:
    """A ticket to be put into a shift at the cost of another, which goes elsewhere or is left out; cost by the trial."""

    cost: int
    shift: int
    at: int
    other: int
    to: tuple[int, int] | None


def exchanges(q: Question) -> Iterator[Found]:
    """Yield the cheapest placements for which one other ticket is moved, and for which one is left out."""
    moves, leaves = _exchanges(q)
    for some in (moves, leaves):
        seen: set[int] = set()
        for x in sorted(some, key=lambda x: (x.cost, x.shift, x.other)):
            if x.other in seen or len(seen) == EACH:
                continue
            seen.add(x.other)
            found = _exchanged(q, x)
            if found is not None:
                yield found


def _exchanges(q: Question) -> tuple[list[_Exchange], list[_Exchange]]:
    trials, need = q.trials, q.trials.needs(q.row)
    moves, leaves = [], []
    for shift, costs in zip(q.shifts.tolist(), trials.in_place_of(q.row, q.shifts).tolist(), strict=True):
        for other, (cost, at) in zip(trials.planned(shift), costs[1:], strict=False):
            if cost >= INFEASIBLE or (len(need) and (trials.left[shift] + trials.needs(other) < need).any()):
                continue
            if trials.may_leave_out(other):
                leaves.append(_Exchange(cost + trials.price(trials.instance.tickets[other].id), shift, at, other, None))
            there = next((way for way in trials.elsewhere(other) if way[1] != shift), None)
            if there is not None:
                moves.append(_Exchange(cost + there[0], shift, at, other, there[1:]))
    return moves, leaves


def _exchanged(q: Question, x: _Exchange) -> Found | None:
    """Make an exchange and have it judged."""
    trials, engineer, name = q.trials, q.trials.shift(x.shift)[0], q.name(x.shift)
    order = trials.inserted(x.shift, x.at, q.row, x.other)
    routes, other = {x.shift: order}, trials.instance.tickets[x.other].id
    if x.to is not None:
        routes[x.to[0]] = trials.inserted(x.to[0], x.to[1], x.other)
    change = q.make(q.draft(x.shift, order), x.shift, routes)
    judged = trials.judge(change)
    if judged is None:
        return None
    clock = q.clock(x.shift, judged)
    if x.to is not None:
        to, there = q.name(x.to[0]), trials.words.clock(judged.stop(x.to[0], other).start)
        say = q.say(engineer, [f"Move ticket {other} to {to} at {there}"], f"; then {name} begins this one at {clock}")
        return Found("move", "OUTBID", f"{name} could begin it at {clock} if ticket {other} went to {to}", say, change, judged)
    worse = trials.price(other) >= trials.price(q.ticket.id) and judged.delta >= 0 and trials.may_leave_out(q.row)
    say = None if worse else q.say(engineer, [f"Leave ticket {other} out"], f"; then {name} begins this one at {clock}")
    return Found("leave_out", "OUTBID", f"{name} could begin it at {clock} in place of ticket {other}", say, change, judged)


def crowded(q: Question) -> list[Found]:
    """Return the placement for which the cheapest several tickets are left out, where nothing but other work is in the way."""
    trials = q.trials
    found: list[Found] = []
    for _, shift, _ in alone(q):
        out, at = make_room(q, shift)
        if not out or not all(trials.may_leave_out(t) for t in out):
            continue
        planned = [t for t in trials.planned(shift) if t not in out]
        order = trials.order(shift, [*planned[:at], q.row, *planned[at:]])
        change = q.make(q.draft(shift, order), shift, {shift: order})
        judged = trials.judge(change)
        if judged is not None:
            names = listed([trials.instance.tickets[t].id for t in out])
            clock, engineer = q.clock(shift, judged), trials.shift(shift)[0]
            then = f"; then {q.name(shift)} begins this one at {clock}"
            worth = judged.delta < 0 or not trials.may_leave_out(q.row)
            say = q.say(engineer, [f"Leave tickets {names} out"], then) if worth else None
            detail = f"{q.name(shift)} could begin it at {clock} in place of tickets {names}"
            found.append(Found("leave_out", "OUTBID", detail, say, change, judged))
    return sorted(found, key=lambda f: f.judged.delta)[:1]


def make_room(q: Question, shift: int) -> tuple[list[int], int]:
    """Return the tickets of a route that have to go, the cheapest to leave out first, and the row the ticket then goes behind."""
    trials, one = q.trials, np.array([shift])
    price = trials.arrays.ticket[:, PRICE]
    kept, out = trials.planned(shift), list[int]()
    for t in sorted(kept, key=price.__getitem__):
        kept.remove(t)
        out.append(t)
        fewer = trials.with_route(shift, kept)
        ways = best(fewer.cheapest(q.row, one), one) if fewer.carries(q.row)[shift] else []
        if ways:
            return out, ways[0][2]
    return [], 0


# --------------------------------------------------------- with limits let out


def lifted(arrays: Arrays, row: int, amounts: Amounts) -> Arrays:
    """Return the arrays with limits let out."""
    for stretch, amount in amounts.items():
        arrays = stretch.lift(arrays, row, amount)
    return arrays


def stretched(q: Question, idle: bool = False) -> Iterator[Found]:
    """Yield, for each limit that alone is in the way, the smallest amount by which it has to be let out."""
    for stretch in STRETCHES:
        shifts = q.carried(stretch.kind == "capacity", idle)
        amount, ways = smallest(q.trials, q.row, shifts, stretch, idle=idle)
        for _, shift, at in ways[:EACH]:
            found = _let_out(q, shift, at, {stretch: amount}, idle)
            if found:
                yield found[0]
                break


def smallest(
    trials: Trials, row: int, shifts: IntArray, stretch: Stretch, others: Amounts | None = None, idle: bool = False
) -> tuple[int, list[tuple[int, int, int]]]:
    """Return the smallest amount by which a limit has to be let out, and what fits then as `best` does; nothing for no amount.

    Parameters
    ----------
    others
        Further limits, let out already.
    idle
        Whether to look at the shifts as if they had nothing else to do.
    """

    def fitting(amount: int, among: IntArray) -> list[tuple[int, int, int]]:
        arrays = lifted(trials.arrays, row, {**(others or {}), stretch: amount})
        return best(trials.alone(row, among, arrays) if idle else trials.cheapest(row, among, arrays), among)

    ways = fitting(stretch.most, shifts)
    among = np.array(sorted(s for _, s, _ in ways), np.int64)
    low, high = 0, stretch.most
    while ways and high - low > 1:
        middle = (low + high) // 2
        tried = fitting(middle, among)
        low, high, ways = (low, middle, tried) if tried else (middle, high, ways)
    return high, ways


def _let_out(q: Question, shift: int, at: int, amounts: Amounts, idle: bool) -> list[Found]:
    """Write the limits into the problem, have it judged, and tell each of them; nothing where the check finds a rule broken."""
    trials, engineer = q.trials, q.trials.shift(shift)[0]
    order = trials.order(shift, [q.row]) if idle else trials.inserted(shift, at, q.row)
    draft = q.draft(shift, order)
    judge = trials.stands if idle else trials.judge
    for after in _edited(draft, list(amounts.items())):
        judged = judge(q.make(after, shift, {shift: order}))
        if judged is None:
            continue
        again = after.pinned_again(draft, judged.stop(shift, q.ticket.id).start)
        change = q.make(again, shift, {shift: order})
        judged = judged if again is after else judge(change)
        if judged is None:
            continue
        stop, route = judged.stop(shift, q.ticket.id), judged.routes[shift]
        who = q.who(shift) if len(amounts) == 1 else q.name(shift)
        told = [s.tell(Told(trials.words, draft, after, amount, who, stop, route)) for s, amount in amounts.items()]
        sensible = not idle and all(amount <= s.sensible for s, amount in amounts.items())
        say = q.say(engineer, [what for what, _ in told]) if sensible else None
        even = "Even with nothing else to do, " if idle else ""
        return [
            Found(s.kind, s.code_for(q.ticket), even + detail, say if k == 0 else None, change, judged, sum(amounts.values()))
            for k, (s, (_, detail)) in enumerate(zip(amounts, told, strict=True))
        ]
    return []


def _edited(draft: Draft, amounts: Sequence[tuple[Stretch, int]]) -> Iterator[Draft]:
    """Yield the draft with all limits let out, in each of the ways they can be."""
    if not amounts:
        yield draft
        return
    (stretch, amount), *rest = amounts
    for edited in stretch.edits(draft, amount):
        yield from _edited(edited, rest)


def together(q: Question, idle: bool = False) -> list[Found]:
    """Return what letting out several limits at once is worth, in the shift for which the fewest are needed.

    In the routes as they are; `idle` as if the engineers had nothing else to do.
    """
    arrays = lifted(q.trials.arrays, q.row, {s: s.most for s in STRETCHES})
    found = q.trials.alone(q.row, q.shifts, arrays) if idle else q.trials.cheapest(q.row, q.shifts, arrays)
    by_limits: dict[tuple[Stretch, ...], list[int]] = {}
    for _, shift, _ in best(found, q.shifts):
        by_limits.setdefault(tuple(_needed(q, shift, idle)), []).append(shift)
    for limits in sorted(by_limits, key=len):
        told = _together(q, np.array(by_limits[limits]), limits, idle)
        if told:
            return told
    return []


def _needed(q: Question, shift: int, idle: bool) -> list[Stretch]:
    """Return limits of which none can be kept: those that do not have to be let out are dropped one by one."""
    one, needed = np.array([shift]), list(STRETCHES)
    for stretch in reversed(STRETCHES):
        fewer = [s for s in needed if s is not stretch]
        if stretch.kind == "capacity":
            carried = q.trials.arrays.shift[shift, SHIFT_COLUMNS:] if idle else q.trials.left[shift]
            fits = bool((carried >= q.trials.needs(q.row)).all())
        else:
            arrays = lifted(q.trials.arrays, q.row, {s: s.most for s in fewer})
            found = q.trials.alone(q.row, one, arrays) if idle else q.trials.cheapest(q.row, one, arrays)
            fits = bool(found[0, 0] < INFEASIBLE)
        if fits:
            needed = fewer
    return needed


def _together(q: Question, shifts: IntArray, limits: Sequence[Stretch], idle: bool) -> list[Found]:
    """Let out several limits by as little as will do, one after the other."""
    amounts, ways = {s: s.most for s in limits}, list[tuple[int, int, int]]()
    for stretch in limits:
        others = {s: amount for s, amount in amounts.items() if s is not stretch}
        amounts[stretch], ways = smallest(q.trials, q.row, shifts, stretch, others, idle)
        shifts = np.array([s for _, s, _ in ways], np.int64)
    return next((told for _, shift, at in ways[:EACH] if (told := _let_out(q, shift, at, amounts, idle))), [])
