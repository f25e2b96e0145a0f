"""Every reason code with what to do about it: the one table that explanations, documentation and tests share."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, get_args

from dispatch.model import Reason

ReasonCode = Literal[
    "NO_ENGINEERS", "BEGUN", "NO_SKILL", "TIER_TOO_LOW", "PINNED_ELSEWHERE", "RESERVED_ENGINEER", "NEVER_ENGINEER", "UNREACHABLE",
    "SHIFT_OVER", "NO_SHIFT_OVERLAP", "BROKEN_ROUTE", "PINNED_START", "WINDOW_UNREACHABLE", "OVERTIME_LIMIT", "BREAK", "MAX_TRAVEL",
    "MAX_STOPS", "CAPACITY", "OUTBID", "NOT_PLANNED",
]  # fmt: skip

REASON_CODES: tuple[ReasonCode, ...] = get_args(ReasonCode)

WayKind = Literal[
    "place", "move", "leave_out", "window", "overtime", "break", "travel", "stop", "capacity", "tier", "reserved", "never", "pin",
]  # fmt: skip
"""What a way in changes; `place`, `move` and `leave_out` change the plan alone, all others the problem."""

WAY_KINDS: tuple[WayKind, ...] = get_args(WayKind)

ACTIONS: MappingProxyType[ReasonCode, str] = MappingProxyType(
    {
        "NO_ENGINEERS": "Add an engineer with a shift.",
        "BEGUN": "Put it back into its route, ahead of everything still to be planned, or correct its status.",
        "NO_SKILL": "Bring in somebody who has it, such as a contractor, or correct what the ticket asks for.",
        "TIER_TOO_LOW": "Accept a lower tier, or bring in somebody who has it.",
        "PINNED_ELSEWHERE": "Release the pin, or make room where it is pinned.",
        "RESERVED_ENGINEER": "Let somebody else do it, too, or make room for it where it is reserved.",
        "NEVER_ENGINEER": "Ask whether the engineer may do it after all.",
        "UNREACHABLE": "Check the coordinates, or use a map or server that has the way there.",
        "SHIFT_OVER": "Add a shift, or leave it for the next day.",
        "NO_SHIFT_OVERLAP": "Agree another time with the customer, or add a shift that overlaps the window.",
        "BROKEN_ROUTE": "Mend that route first.",
        "PINNED_START": "Move the pinned start, or release it.",
        "WINDOW_UNREACHABLE": "Agree another time with the customer, or make room earlier in the day.",
        "OVERTIME_LIMIT": "Ask for overtime, or move other work away.",
        "BREAK": "Move the break, or choose another time.",
        "MAX_TRAVEL": "Allow a longer drive, or plan it together with other work nearby.",
        "MAX_STOPS": "Allow one more stop, or move another one away.",
        "CAPACITY": "Load more for the shift, or fetch more on the way.",
        "OUTBID": "Raise its priority or its unassigned_cost, or make it mandatory, if it has to be done.",
        "NOT_PLANNED": "Plan again from this plan, or put it in by hand.",
    }
)


def reason(code: ReasonCode, detail: str) -> Reason:
    """Return a reason with the action of its code."""
    return Reason(code, detail, ACTIONS[code])
