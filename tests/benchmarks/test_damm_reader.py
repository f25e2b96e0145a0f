"""Tasks by priority: reading, who is able, windows that end with the service, the sum of priorities."""

from __future__ import annotations

import pytest

from benchmarks.sets import base, damm
from benchmarks.sets.base import ORIGIN, DataError, Node
from dispatch.model import EngineerSkill, Place, Ticket, TicketSkill, Window

TEXT = """
   2
    2

    0
    7
   10

    0  0
    1  1
    0  1

0 5 10
715 20 30
1440 30 60

0 10
100 90

1189
  1
1080

 0.0 0.0
 3.0 4.0
 0.0 1.00004
"""


def judged(routes: base.Routes) -> base.Judgement:
    instance = damm.parse("tiny", TEXT)
    return damm.judge(instance, routes, base.euclidean(instance.nodes))


def test_a_task_must_end_inside_its_window() -> None:
    instance = damm.parse("tiny", TEXT)
    assert instance.nodes[1:] == (Node(3, 4, 20, 25, 5), Node(0, 1.00004, 30, 50, 10))
    assert instance.priorities == (0, 7, 10)
    assert instance.hours == ((0, 100), (10, 90))


def test_technicians_able_to_do_a_task_share_a_skill() -> None:
    problem = damm.to_problem(damm.parse("tiny", TEXT))
    assert [e.skills for e in problem.engineers] == [(EngineerSkill("able-0"),), (EngineerSkill("able-0"), EngineerSkill("able-1"))]
    window = Window(ORIGIN + 30_000, ORIGIN + 50_000)
    point = 100_000 / 60
    assert problem.tickets[1] == Ticket(
        "2", Place(index=2), 10_000, skills=(TicketSkill("able-1"),), windows=(window,), unassigned_cost=10 * point
    )


def test_the_value_is_the_sum_of_the_priorities_done() -> None:
    assert judged({"2": ("1", "2")}) == base.Judgement(17, 0)
    assert judged({"1": ("1",)}) == base.Judgement(7, 1)


def test_the_wrong_technician_and_a_late_end_are_faults() -> None:
    assert judged({"1": ("2",)}).faults == ("technician 1: 2 is not for this technician",)
    assert judged({"2": ("2", "1")}).faults == ("technician 2: 1 begins 19.24 after its window",)


def test_a_file_with_figures_missing_is_refused() -> None:
    with pytest.raises(DataError, match="32 figures where 2 tasks and 2 technicians make 33"):
        damm.parse("tiny", TEXT.rsplit(maxsplit=1)[0])
