"""Who may do a ticket, and what it takes to let somebody else do it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from dispatch.explain.codes import ReasonCode, reason
from dispatch.explain.trials import Trials
from dispatch.model import Engineer, Pin, Reason, Ticket, TicketSkill

Blocks = frozenset[ReasonCode]
"""What keeps an engineer from a ticket whatever the time; none for whom it may be given to."""

NOBODY: Blocks = frozenset()


def blocks(trials: Trials, ticket: Ticket, engineer: Engineer) -> Blocks:
    """Return what keeps an engineer from a ticket."""
    held = trials.tiers[engineer.id]
    found: set[ReasonCode] = set()
    for asked in ticket.skills:
        if held.get(asked.skill, 0) < asked.tier:
            found.add("TIER_TOO_LOW" if asked.skill in held else "NO_SKILL")
    only = reserved(trials, ticket)
    if only and engineer.id not in only:
        found.add("RESERVED_ENGINEER")
    if engineer.id in ticket.engineers.never:
        found.add("NEVER_ENGINEER")
    if ticket.pin is not None and ticket.pin.engineer not in (None, engineer.id):
        found.add("PINNED_ELSEWHERE")
    return frozenset(found)


def reserved(trials: Trials, ticket: Ticket) -> tuple[str, ...]:
    """Return the engineers of whom one must do the ticket; none means anybody."""
    own = None if ticket.customer is None else trials.dedicated.get(ticket.customer)
    return ticket.engineers.must or (() if own is None else (own,))


def groups(trials: Trials, ticket: Ticket) -> dict[Blocks, list[int]]:
    """Return the shift rows by what keeps their engineers, or the shift itself, from the ticket."""
    by_engineer = {e.id: blocks(trials, ticket, e) for e in trials.problem.engineers}
    found: dict[Blocks, list[int]] = {}
    for row, (engineer, shift) in enumerate(trials.instance.shifts):
        of = by_engineer[engineer.id]
        if ticket.pin is not None and ticket.pin.shift not in (None, shift.id):
            of |= {"PINNED_ELSEWHERE"}
        found.setdefault(of, []).append(row)
    return found


# -------------------------------------------------------------------- waiving


def waived(trials: Trials, ticket: Ticket, engineer: Engineer, codes: Blocks) -> Ticket:
    """Return the ticket as it would have to be for this engineer to be kept from it by none of these."""
    held = trials.tiers[engineer.id]
    skills, choice, pin = ticket.skills, ticket.engineers, ticket.pin
    if "NO_SKILL" in codes:
        skills = tuple(s for s in skills if s.skill in held)
    if "TIER_TOO_LOW" in codes:
        skills = tuple(replace(s, tier=min(s.tier, held.get(s.skill, s.tier))) for s in skills)
    if "RESERVED_ENGINEER" in codes:
        choice = replace(choice, must=(*reserved(trials, ticket), engineer.id))
    if "NEVER_ENGINEER" in codes:
        choice = replace(choice, never=tuple(e for e in choice.never if e != engineer.id))
    if "PINNED_ELSEWHERE" in codes and pin is not None:
        pin = None if pin.start is None else Pin(start=pin.start)
    return replace(ticket, skills=skills, engineers=choice, pin=pin)


def waiving(trials: Trials, ticket: Ticket, engineer: Engineer, codes: Blocks) -> list[str]:
    """Return the same as instructions, one for each code."""
    words, said = trials.words, []
    if "TIER_TOO_LOW" in codes:
        held = trials.tiers[engineer.id]
        lower = [f"{s.skill} at tier {held[s.skill]} instead of {s.tier}" for s in short(trials, ticket, engineer) if s.skill in held]
        said.append(f"Accept {' and '.join(lower)}")
    if "RESERVED_ENGINEER" in codes:
        said.append(f"Let {words.name(engineer.id)} do it instead of {words.people(reserved(trials, ticket), 'or')}")
    if "NEVER_ENGINEER" in codes:
        said.append(f"Let {words.name(engineer.id)} do it after all")
    if "PINNED_ELSEWHERE" in codes:
        said.append(f"Release the pin to {_pinned_to(trials, ticket)}")
    return said


def short(trials: Trials, ticket: Ticket, engineer: Engineer) -> list[TicketSkill]:
    """Return what the ticket asks for and the engineer does not have, or not at the tier."""
    held = trials.tiers[engineer.id]
    return [s for s in ticket.skills if held.get(s.skill, 0) < s.tier]


def missing_tiers(trials: Trials, ticket: Ticket, engineer: Engineer) -> int:
    """Return how many tiers the engineer is short of, over all skills."""
    held = trials.tiers[engineer.id]
    return sum(s.tier - held.get(s.skill, 0) for s in short(trials, ticket, engineer))


# -------------------------------------------------------------------- telling


def rule(trials: Trials, ticket: Ticket, engineer: Engineer, code: ReasonCode) -> str:
    """Return what keeps this engineer from the ticket, without a full stop."""
    words, name, held = trials.words, trials.words.name(engineer.id), trials.tiers[engineer.id]
    if code == "NO_SKILL":
        return f"{name} lacks {skills(s.skill for s in ticket.skills if s.skill not in held)}"
    if code == "TIER_TOO_LOW":
        lower = [s for s in short(trials, ticket, engineer) if s.skill in held]
        return f"{name} has " + " and ".join(f"{s.skill} at tier {held[s.skill]}, not {s.tier}" for s in lower)
    if code == "RESERVED_ENGINEER":
        only = words.people(reserved(trials, ticket), "or")
        return f"Only {only} may do it" if ticket.engineers.must else f"Customer {ticket.customer} is served by {only} only"
    if code == "NEVER_ENGINEER":
        return f"{name} must never do it"
    return f"It is pinned to {_pinned_to(trials, ticket)}"


def _pinned_to(trials: Trials, ticket: Ticket) -> str:
    pin = ticket.pin or Pin()
    where = [] if pin.engineer is None else [trials.words.name(pin.engineer)]
    return ", ".join(where + ([] if pin.shift is None else [f"shift {pin.shift}"]))


def skills(names: Iterable[str]) -> str:
    """Return skills in words: the skill pump; the skills crane and pump."""
    listed = list(dict.fromkeys(names))
    return f"the skill{'s' if len(listed) > 1 else ''} " + " and ".join(listed)


def nobody(trials: Trials, ticket: Ticket, by_blocks: Collection[Blocks]) -> list[Reason]:
    """Return why no shift may have the ticket at all, the most decisive first."""
    engineers = trials.problem.engineers
    best = {s.skill: max((trials.tiers[e.id].get(s.skill, 0), e.id) for e in engineers) for s in ticket.skills}
    unknown = [s.skill for s in ticket.skills if best[s.skill][0] == 0]
    if unknown:
        return [reason("NO_SKILL", f"Nobody has {skills(unknown)}.")]
    low = [(s, *best[s.skill]) for s in ticket.skills if best[s.skill][0] < s.tier]
    if low:
        name = trials.words.name
        told = (f"{s.skill} is asked for at tier {s.tier}; the best there is, {name(e)}, has tier {tier}" for s, tier, e in low)
        return [reason("TIER_TOO_LOW", "; ".join(told) + ".")]
    idle = [e.id for e in engineers if not e.shifts and not blocks(trials, ticket, e)]
    if idle:
        return [reason("NO_SHIFT_OVERLAP", f"{trials.words.people(idle)} could do it, but without a shift.")]
    return _each(trials, ticket, min(by_blocks, key=lambda b: (len(b), "NO_SKILL" in b), default=NOBODY))


def _each(trials: Trials, ticket: Ticket, least: Blocks) -> list[Reason]:
    """Return a reason for every code that keeps those from the ticket whom least keeps from it, told about the first of each."""
    of = {e.id: blocks(trials, ticket, e) for e in trials.problem.engineers}
    found: dict[ReasonCode, Reason] = {}
    skilled = any(not b & {"NO_SKILL", "TIER_TOO_LOW"} for b in of.values())
    for e in trials.problem.engineers:
        for code in of[e.id] if len(of[e.id]) <= len(least) else ():
            told = rule(trials, ticket, e, code)
            alone = skilled or code not in ("NO_SKILL", "TIER_TOO_LOW")
            found.setdefault(code, reason(code, f"{told}." if alone else f"Nobody has all it asks for: {told}."))
        if e.shifts and not of[e.id]:  # the engineer may do it, but in none of these shifts
            found.setdefault("PINNED_ELSEWHERE", reason("PINNED_ELSEWHERE", rule(trials, ticket, e, "PINNED_ELSEWHERE") + "."))
    return [found[code] for code in ORDER if code in found]


ORDER: tuple[ReasonCode, ...] = ("NO_SKILL", "TIER_TOO_LOW", "PINNED_ELSEWHERE", "RESERVED_ENGINEER", "NEVER_ENGINEER")
"""The most decisive first."""
