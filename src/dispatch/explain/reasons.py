"""Why a ticket is left out: what the trials prove, the most decisive first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dispatch.explain.codes import ReasonCode, reason
from dispatch.explain.trials import Trials, is_begun
from dispatch.explain.ways import KINDS, Found, Question, alone, crowded, even_alone, make_room, placements, room, stretched, together
from dispatch.explain.who import NOBODY, ORDER, Blocks, groups, missing_tiers, nobody, rule
from dispatch.explain.words import listed, price, span
from dispatch.model import Reason, Ticket, Window
from dispatch.solver.arrays import FROM, LIMIT, NONE, PLACE, READY, TO
from dispatch.travel import UNREACHABLE

MOST_REASONS, MOST_WAYS, MOST_OF_A_KIND = 4, 5, 2
SAME_AS_APART: tuple[ReasonCode, ...] = ("WINDOW_UNREACHABLE", "PINNED_START", "OVERTIME_LIMIT")
"""Said already by `NO_SHIFT_OVERLAP`."""


def account(trials: Trials, name: str) -> tuple[tuple[Reason, ...], tuple[Found, ...]]:
    """Return why a ticket is left out, the most decisive reason first, and the ways in, the cheapest first."""
    ticket = trials.ticket(name)
    if is_begun(ticket):
        return (reason("BEGUN", f"Work on it has begun{_by(trials, ticket)}, and no route has it."),), ()
    if not trials.instance.shifts:
        return (reason("NO_ENGINEERS", "Nobody has a shift."),), ()
    by_blocks = groups(trials, ticket)
    reasons, found = _of_those_who_may(trials, ticket, by_blocks)
    released: list[Reason] = []
    for code in ORDER[1:]:
        waived = [f for q in _question(trials, ticket, by_blocks, frozenset({code})) for f in _waived(_whole(q))]
        found += waived
        if waived and code != "TIER_TOO_LOW" and NOBODY in by_blocks:
            engineer, _ = trials.shift(next(iter(waived[0].change.routes)))
            released.append(reason(code, f"{rule(trials, ticket, engineer, code)}; otherwise {waived[0].detail}."))
    reasons = released + reasons
    if NOBODY not in by_blocks and not found:
        further, found = _of_the_nearest(trials, ticket, by_blocks)
        reasons += further
    unique = {r.code: r for r in reversed(reasons)}
    kept = [r for r in reasons if unique[r.code] is r]
    must = not trials.may_leave_out(trials.rows[name])
    return tuple(kept[:MOST_REASONS]), _ways_in([f for f in found if must or _worth_saying(f, trials.price(name))])


def _by(trials: Trials, ticket: Ticket) -> str:
    pin = ticket.pin
    return "" if pin is None or pin.engineer is None else f" with {trials.words.name(pin.engineer)}"


def _question(trials: Trials, ticket: Ticket, by_blocks: dict[Blocks, list[int]], lift: Blocks) -> Iterator[Question]:
    """Yield the question for the shifts that these blocks keep from the ticket, if there are any."""
    if lift in by_blocks:
        yield Question(trials, ticket, trials.rows[ticket.id], np.array(by_blocks[lift], np.int64), lift)


def _waived(q: Question) -> list[Found]:
    """Return placements with what keeps the engineers waived; of tiers, as few as will do."""
    if "TIER_TOO_LOW" not in q.lift:
        return list(placements(q))
    by_tiers: dict[int, list[int]] = {}
    for s in q.shifts.tolist():
        by_tiers.setdefault(missing_tiers(q.trials, q.ticket, q.trials.shift(s)[0]), []).append(s)
    return next((found for tiers in sorted(by_tiers) if (found := list(placements(q.among(by_tiers[tiers]))))), [])


def _whole(q: Question) -> Question:
    """Return the question without the shifts whose route breaks a rule already."""
    return q.among([s for s in q.shifts.tolist() if s not in q.trials.broken])


def _of_those_who_may(trials: Trials, ticket: Ticket, by_blocks: dict[Blocks, list[int]]) -> tuple[list[Reason], list[Found]]:
    for q in _question(trials, ticket, by_blocks, NOBODY):
        return _told(replace(q, all_who_may=True))
    return nobody(trials, ticket, by_blocks), []


def _of_the_nearest(trials: Trials, ticket: Ticket, by_blocks: dict[Blocks, list[int]]) -> tuple[list[Reason], list[Found]]:
    """Return what else is in the way of those whom least keeps from the ticket, as if it did not."""
    least = min(by_blocks, key=lambda b: (len(b), "NO_SKILL" in b, sorted(b)))
    reasons, found = _told(Question(trials, ticket, trials.rows[ticket.id], np.array(by_blocks[least], np.int64), least))
    known = {r.code for r in nobody(trials, ticket, by_blocks)} | least
    return [r for r in reasons if r.code not in (*known, "OUTBID", "NOT_PLANNED")], found


# ---------------------------------------------------------- those who could do it


def _told(q: Question) -> tuple[list[Reason], list[Found]]:
    """Return what is in the way in the shifts of a question, and what would help."""
    closed, q = _closed(q)
    if closed is not None:
        return [closed], []
    found, even, apart = room(q), even_alone(q), _apart(q)
    proved = [f for f in (*_decisive(q, even), *_decisive(q, found)) if apart is None or f.code not in SAME_AS_APART]
    reasons = [*([] if apart is None else [apart]), *(_proved(q, f) for f in proved)]
    if even and not found:  # several limits at once may still do; that each of them binds is said already
        found = together(q)
    return reasons or list(_held(q)), found


def limits(q: Question) -> Reason | None:
    """Return what decides that a ticket does not fit in the shifts of a question; None where no trial could say."""
    closed, q = _closed(q)
    if closed is not None:
        return closed
    found = _decisive(q, even_alone(q) or [*stretched(q)] or crowded(q))
    return _apart(q) or next((_proved(q, f) for f in found), None) or next(_held(q), None)


def _closed(q: Question) -> tuple[Reason | None, Question]:
    """Return the question without shifts that nothing can be added to, and the reason if none is left."""
    cut, q = _cut_off(q)
    if cut is not None:
        return cut, q
    whole = _whole(q)
    if not len(whole.shifts):
        return _broken(q.trials, q.shifts.tolist()), whole
    table = q.trials.arrays.shift
    running = whole.among([s for s in whole.shifts.tolist() if table[s, READY] <= table[s, LIMIT]])
    return (None if len(running.shifts) else _over(whole)), running


def _cut_off(q: Question) -> tuple[Reason | None, Question]:
    """Return the question without shifts that have no way to the ticket or back from it, and the reason if none is left."""
    arrays = q.trials.arrays
    place, ends = arrays.ticket[q.row, PLACE], arrays.shift[q.shifts][:, [FROM, TO]]
    there = (ends[:, 0] == NONE) | (arrays.seconds[ends[:, 0], place] < UNREACHABLE)
    back = (ends[:, 1] == NONE) | (arrays.seconds[place, ends[:, 1]] < UNREACHABLE)
    near = q.among(q.shifts[there & back])
    if len(near.shifts) or not len(q.shifts):
        return None, near
    who = q.trials.words.people([q.trials.shift(s)[0].id for s in q.shifts.tolist()])
    ways = "to it, nor back" if not (there.any() or back.any()) else "back from it" if there.all() else "to it"
    return reason("UNREACHABLE", f"For {who} there is no way {ways}."), near


def _held(q: Question) -> Iterator[Reason]:
    """Yield the reason that only work which may not be left out could make room."""
    for _, s, _ in alone(q)[:1]:
        held = [q.trials.instance.tickets[t].id for t in make_room(q, s)[0] if not q.trials.may_leave_out(t)]
        told = f"It would fit the shift of {q.name(s)} only in place of {listed(held)}, pinned or mandatory."
        yield reason("OUTBID", told if held else f"The other work of {q.name(s)} leaves no room.")


def _broken(trials: Trials, shifts: Sequence[int]) -> Reason:
    who = trials.words.people([trials.shift(s)[0].id for s in shifts])
    return reason("BROKEN_ROUTE", f"Nothing can be added for {who} as things are: {trials.broken[shifts[0]].message}")


def _over(q: Question) -> Reason:
    clock = q.trials.words.clock
    last = max(q.shifts.tolist(), key=lambda s: q.trials.shift(s)[1].overtime_until)
    end, free = q.trials.shift(last)[1].overtime_until, int(q.trials.arrays.shift[last, READY])
    who = q.trials.words.people([q.trials.shift(s)[0].id for s in q.shifts.tolist()])
    told = f"The shifts of {who} are over: the last, of {q.name(last)}, ends at {clock(end)}, and nothing can begin before {clock(free)}."
    return reason("SHIFT_OVER", told)


def _apart(q: Question) -> Reason | None:
    """Return the reason that no shift overlaps a window, if so, with the shift that comes nearest."""
    pin, windows = q.ticket.pin, q.ticket.windows
    if pin is not None and pin.start is not None:
        windows = (Window(pin.start, pin.start),)
    table, clock = q.trials.arrays.shift, q.trials.words.clock
    gaps = [(max(w.start - int(table[s, LIMIT]), int(table[s, READY]) - w.end), s, w) for s in q.shifts.tolist() for w in windows]
    if not gaps or min(gap for gap, _, _ in gaps) <= 0:
        return None
    gap, s, w = min(gaps, key=lambda g: g[0])
    who = q.trials.words.people([q.trials.shift(s)[0].id for s in q.shifts.tolist()])
    limit, ready = int(table[s, LIMIT]), int(table[s, READY])
    if w.start > limit:
        told = f"opens at {clock(w.start)}, {span(gap)} after the latest end of the shift of {q.name(s)} ({clock(limit)})"
    else:
        told = f"closes at {clock(w.end)}, {span(gap)} before {q.name(s)} can set out ({clock(ready)})"
    return reason("NO_SHIFT_OVERLAP", f"No shift of {who} overlaps its window: it {told}.")


def _decisive(q: Question, found: Sequence[Found]) -> list[Found]:
    """Return what proves the reasons: of changes with the same code the cheapest, what fits first, then what costs least to change."""
    kept: dict[ReasonCode, Found] = {}
    for f in sorted(found, key=_least):
        if f.kind not in KINDS.values():
            kept.setdefault(f.code, f)
    gains = [f for f in found if f.code == "OUTBID" and (f.judged.delta < 0 or not q.trials.may_leave_out(q.row))]
    if gains:
        kept["OUTBID"] = min(gains, key=lambda f: f.judged.delta)
    return sorted(kept.values(), key=_least)


def _least(f: Found) -> tuple[bool, int, int]:
    return f.kind != "place", f.judged.delta, f.amount


def _proved(q: Question, f: Found) -> Reason:
    """Return the reason that a change proves; of work that fits, with the prices of both choices."""
    if f.code != "OUTBID":
        return reason(f.code, f.detail + ".")
    own, must = q.trials.price(q.ticket.id), not q.trials.may_leave_out(q.row)
    added = f"{f.detail}, which would add {price(f.judged.delta + own)} to the cost"
    if must:
        return reason("NOT_PLANNED", f"{added}, and it may not be left out.")
    return reason("NOT_PLANNED" if f.judged.delta < 0 else "OUTBID", f"{added}; leaving it out costs {price(own)}.")


# -------------------------------------------------------------------- ways in


def _worth_saying(f: Found, own: int) -> bool:
    """Whether a change is advice: moving or leaving out other work is none where it costs twice what leaving out this ticket does."""
    return f.say is not None and (f.kind not in ("move", "leave_out") or f.judged.delta <= own)


def _ways_in(found: Sequence[Found]) -> tuple[Found, ...]:
    """Return the cheapest changes that are advice, each once and few of a kind."""
    kept: dict[str, Found] = {}
    of_kind: dict[str, int] = {}
    for f in sorted(found, key=lambda f: (f.judged.delta, f.amount, f.say or "")):
        if f.say and f.say not in kept and of_kind.get(f.kind, 0) < MOST_OF_A_KIND:
            kept[f.say] = f
            of_kind[f.kind] = of_kind.get(f.kind, 0) + 1
    return tuple(kept.values())[:MOST_WAYS]
