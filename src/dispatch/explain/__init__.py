"""Explaining: why a ticket is left out, the changes that would place it, and who else could do it.

Nothing is said that was not tried: a reason names a rule only where the ticket fits once that rule is lifted, and a way in is a
change that was made, timed and judged by `dispatch.check` (``docs/reasons.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.check import Verdict, verify
from dispatch.errors import Fault, InputError
from dispatch.explain.codes import ACTIONS, REASON_CODES, WAY_KINDS, ReasonCode, WayKind
from dispatch.model import Plan, Problem, WayIn
from dispatch.travel import TravelMatrix

if TYPE_CHECKING:  # numba takes half a second to import
    from dispatch.explain.ranking import Candidate
    from dispatch.explain.trials import Trials

__all__ = [
    "ACTIONS", "REASON_CODES", "WAY_KINDS", "Opening", "ReasonCode", "WayKind", "candidates", "explain", "openings", "ready", "runners_up",
]  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """A way in with all it takes to go it: what kind of change it is, and problem and plan with the change made.

    Times and costs of the plan are for `dispatch.check` to work out.
    """

    kind: WayKind
    way: WayIn
    problem: Problem
    plan: Plan


def explain(problem: Problem, matrix: TravelMatrix, plan: Plan, verdict: Verdict | None = None) -> Plan:
    """Say of every ticket a plan leaves out why, and what would place it.

    Parameters
    ----------
    verdict
        Of the check on this plan, where it is known already.

    Returns
    -------
    plan
        As the check times and prices it, with up to four reasons for each unassigned ticket, the most decisive first, and up to
        five ways in, the cheapest first.
    """
    from dispatch.explain.reasons import account

    verdict = verdict or verify(problem, matrix, plan)
    if not verdict.plan.unassigned:
        return verdict.plan
    trials = ready(problem, matrix, plan, verdict)
    explained = []
    for u in verdict.plan.unassigned:
        reasons, found = account(trials, u.ticket)
        ways = tuple(WayIn(f.say or "", f.judged.delta) for f in found)
        explained.append(replace(u, reasons=reasons, ways_in=ways))
    return replace(verdict.plan, unassigned=tuple(explained))


def openings(problem: Problem, matrix: TravelMatrix, plan: Plan, ticket_id: str) -> tuple[Opening, ...]:
    """Return the ways in of an unassigned ticket, the cheapest first, with problem and plan as each would make them.

    Raises
    ------
    InputError
        The problem has no such ticket, or the plan does not leave it out.
    """
    from dispatch.explain.reasons import account

    trials = ready(problem, matrix, plan)
    if all(u.ticket != ticket_id for u in trials.plan.unassigned):
        raise _unknown(ticket_id, "is not among the tickets left out")
    _, found = account(trials, ticket_id)
    return tuple(Opening(f.kind, WayIn(f.say or "", f.judged.delta), *trials.apply(f.change)) for f in found)


def runners_up(problem: Problem, matrix: TravelMatrix, plan: Plan, ticket_id: str) -> tuple[Candidate, ...]:
    """Return who could do a ticket, the cheapest first, and then who could not and why.

    The ticket is taken out of the plan, if it is in it, and put where it costs least into every shift that may have it; the rest
    of the plan keeps its order. The candidate who has it now is among them, with a cost of 0.

    Raises
    ------
    InputError
        The problem has no such ticket, or it is cancelled.
    """
    from dispatch.explain.ranking import kept_out

    trials = ready(problem, matrix, plan)
    fit = candidates(trials, ticket_id)
    return (*fit, *kept_out(trials, ticket_id, {c.engineer for c in fit}))


def candidates(trials: Trials, ticket_id: str, most: int | None = None) -> tuple[Candidate, ...]:
    """Return who could do a ticket, the cheapest first, as `runners_up` does.

    Parameters
    ----------
    trials
        A plan made `ready`: made once, it answers for one ticket after the other in milliseconds.
    most
        How many shifts besides the present one are priced by rule, the cheapest first; None for all.

    Raises
    ------
    InputError
        The problem has no such ticket, or it is cancelled.
    """
    from dispatch.explain.ranking import candidates as found

    if ticket_id not in trials.order_of:
        raise _unknown(ticket_id, "is not in the problem")
    if trials.ticket(ticket_id).status == "cancelled":
        raise _unknown(ticket_id, "is cancelled")
    return found(trials, ticket_id, most)


def ready(problem: Problem, matrix: TravelMatrix, plan: Plan, verdict: Verdict | None = None) -> Trials:
    """Make a plan ready for trying changes of it.

    Parameters
    ----------
    verdict
        Of the check on this plan, where it is known already.
    """
    from dispatch.explain.trials import Trials

    return Trials.of(problem, matrix, verdict or verify(problem, matrix, plan))


def _unknown(ticket_id: str, what: str) -> InputError:
    return InputError([Fault("", "UNKNOWN_TICKET", f"Ticket {ticket_id!r} {what}.", "Give the id of another ticket.")])
