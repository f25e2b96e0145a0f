"""One morning in Changsha that report, exports and console all show: late work, a break, waiting, overtime, a ticket left out.

::

    ann drives 30 min to A, an hour's work; the break begins at 9:40 on the way to B, which opens at 11:00 (30 min of waiting);
    C is back beside A, promised by 11:30 and begun at 12:30; home at 13:30, 90 min after the shift.
    bob has no work; nobody can do D.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from dispatch.check import Verdict, verify
from dispatch.model import (
    MINUTE,
    Break,
    Customer,
    Engineer,
    MatrixTravel,
    Place,
    Plan,
    PlanWarning,
    PolicyChoice,
    Problem,
    Reason,
    Route,
    Shift,
    SolverRun,
    Stop,
    Ticket,
    Unassigned,
    WayIn,
    Window,
)
from dispatch.travel import matrix
from tests.build import line

ZONE = ZoneInfo("Asia/Shanghai")


def at(clock: str, day: int = 3) -> int:
    """Return a local time of a day in November 2026, "8:30", as Unix seconds."""
    hours, minutes = map(int, clock.split(":"))
    return int(datetime(2026, 11, day, hours, minutes, tzinfo=ZONE).timestamp())


HOME = Place(28.20, 112.90, "Furong Road 1, Changsha", 0)
A = Ticket("A", Place(28.21, 112.91, "Wuyi Avenue 10, Changsha", 1), 3600, "RT-7", "Pump seized", "port", kind="emergency", priority=1)
B = Ticket("B", Place(28.22, 112.92, None, 2), 3600, title="Yearly check", kind="inspection", windows=(Window(at("11:00"), at("11:30")),))
C = Ticket("C", Place(28.21, 112.91, "Wuyi Avenue 12, Changsha", 1), 1800, None, "Leak", "mill", respond_by=at("11:30"))
D = Ticket("D", Place(28.25, 112.95, None, 3), 1200, None, "Crane training", "port", kind="training", priority=4)
WITHOUT_D = Unassigned(
    "D",
    reasons=(Reason("NO_SKILL", "Nobody has the skill crane.", "Train somebody or send a contractor."),),
    ways_in=(
        WayIn("Let Bob do it with hydraulics alone", 31 * MINUTE),
        WayIn("Ask Ann, who is able, to stay 40 min longer", 12 * MINUTE),
    ),
)


def shift(name: str = "tue", day: int = 3, start: str = "8:00", end: str = "12:00") -> Shift:
    """Return a morning with a break, and two hours of overtime allowed."""
    pause = Break(at("9:40", day), at("11:00", day), 1800)
    return Shift(name, at(start, day), at(end, day), at(end, day) + 7200, HOME, HOME, (pause,))


PROBLEM = Problem(
    engineers=(Engineer("ann", (shift(),), name="Ann Li", home=HOME), Engineer("bob", (shift(),), home=HOME)),
    tickets=(A, B, C, D),
    now=at("8:00"),
    name="A morning in Changsha",
    time_zone="Asia/Shanghai",
    policy=PolicyChoice("balanced", {"paid_time": 0}),
    travel=MatrixTravel(tuple(tuple(60 * m for m in row) for row in line(4)), tuple(tuple(600 * m for m in row) for row in line(4))),
    customers=(Customer("port", "vip"), Customer("mill")),
)
ROUTE = Route("ann", "tue", (Stop("A"), Stop("B"), Stop("C")))
RUN = SolverRun("search", 2.5, 7, 4000, "iterations", 300 * MINUTE)


def checked(problem: Problem = PROBLEM, *routes: Route, unassigned: tuple[Unassigned, ...] = (WITHOUT_D,)) -> Verdict:
    """Return the verdict on the sample day, or on other routes of a variation of it."""
    plan = Plan(routes or (ROUTE,), unassigned, solver=RUN, warnings=(PlanWarning("NOBODY_HAS_SKILL", "/tickets/3", "Nobody has crane."),))
    return verify(problem, matrix(problem), plan)


def without_positions(problem: Problem = PROBLEM) -> Problem:
    """Return the problem with places that are nothing but rows of the matrix."""
    home = Place(index=0)
    return replace(
        problem,
        engineers=tuple(
            replace(e, shifts=tuple(replace(s, start_place=home, end_place=home) for s in e.shifts)) for e in problem.engineers
        ),
        tickets=tuple(replace(t, place=Place(index=t.place.index)) for t in problem.tickets),
    )
