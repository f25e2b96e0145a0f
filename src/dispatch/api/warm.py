"""Loading the search, or compiling it where that was never done on this machine: once in a process, before anybody waits for it."""

from __future__ import annotations

from dispatch import planning
from dispatch.model import CrowTravel, Engineer, Place, Problem, Shift, Ticket, TicketSkill
from dispatch.solver import Options

_HOUR = 3600


def warm_up() -> None:
    """Plan, check and explain a day of three tickets, one of which nobody can do and one for which there is no time."""
    home = Place(0.1, 0.1)
    engineer = Engineer("a", (Shift("s", 0, 2 * _HOUR, 2 * _HOUR, home, home),), home=home)
    tickets = (
        Ticket("1", Place(0.1, 0.2), _HOUR),
        Ticket("2", Place(0.2, 0.1), _HOUR),
        Ticket("3", Place(0.1, 0.1), _HOUR, skills=(TicketSkill("none"),)),
    )
    problem = Problem(engineers=(engineer,), tickets=tickets, now=0, travel=CrowTravel())
    planned = planning.plan(problem, Options(iterations=20))
    planning.check(problem, planned.plan)
