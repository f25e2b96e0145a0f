"""Domains and levels, outsourcing at a price: reading, skills with tiers past the fifth level, distance plus outsourcing."""

from __future__ import annotations

import math

import pytest

from benchmarks.sets import base, kovacs
from benchmarks.sets.base import DataError
from dispatch.model import EngineerSkill, TicketSkill

TASKS = """Capacity: 200
Customer: 3

CUST NO.   XCOORD.   YCOORD.   DEMAND   READY TIME   DUE DATE   SERVICE TIME  cost d11 d12 d13 d14 d15 d16 d21 d22 d23 d24 d25 d26
1\t0\t0\t0\t0\t100\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0
2\t3\t4\t10\t20\t30\t5\t99\t1\t1\t0\t0\t0\t0\t1\t0\t0\t0\t0\t0
3\t3\t0\t10\t0\t90\t5\t99\t0\t0\t0\t0\t0\t0\t1\t1\t1\t1\t1\t1
"""

TECHNICIANS = """Technicians
Number of Technicians: 2
domains: 2
proficiency level: 6


ID\tdomain1\tdomain2
1\t2\t5
2\t0\t6

"""


def judged(routes: base.Routes) -> base.Judgement:
    instance = kovacs.parse("tiny", TASKS, TECHNICIANS)
    return kovacs.judge(instance, routes, base.euclidean(instance.nodes))


def test_a_task_wants_the_highest_level_marked_in_each_domain() -> None:
    instance = kovacs.parse("tiny", TASKS, TECHNICIANS)
    assert instance.wanted == ((0, 0), (2, 1), (0, 6))
    assert instance.levels == ((2, 5), (0, 6))
    assert instance.prices == (200, 200 + 3**1.5, 200 + 6**1.5)


def test_levels_are_tiers_and_a_sixth_level_is_a_skill_of_its_own() -> None:
    problem = kovacs.to_problem(kovacs.parse("tiny", TASKS, TECHNICIANS))
    assert [e.skills for e in problem.engineers] == [
        (EngineerSkill("domain-1", 2), EngineerSkill("domain-2", 5)),
        (EngineerSkill("domain-2", 5), EngineerSkill("domain-2-upper", 1)),
    ]
    assert [t.skills for t in problem.tickets] == [
        (TicketSkill("domain-1", 2), TicketSkill("domain-2", 1)),
        (TicketSkill("domain-2", 5), TicketSkill("domain-2-upper", 1)),
    ]
    assert [t.unassigned_cost for t in problem.tickets] == [1000 * (200 + n**1.5) / 60 for n in (3, 6)]


def test_distance_and_outsourcing_are_added() -> None:
    assert math.isclose(judged({"1": ("1",), "2": ("2",)}).value, 10 + 6)
    outsourced = judged({"1": ("1",)})
    assert outsourced.feasible
    assert outsourced.left_out == 1
    assert math.isclose(outsourced.value, 10 + 200 + 6**1.5)


def test_too_low_a_level_and_lateness_are_faults() -> None:
    assert judged({"1": ("2",)}).faults == ("technician 1: 2 needs a higher level",)
    late = kovacs.parse("tiny", TASKS.replace("\t20\t30\t", "\t0\t4\t"), TECHNICIANS)
    assert kovacs.judge(late, {"1": ("1",)}, base.euclidean(late.nodes)).faults == ("technician 1: 1 begins 1 after its window",)


def test_a_task_for_several_technicians_is_refused() -> None:
    with pytest.raises(DataError, match="task 3 needs 2 technicians at once"):
        kovacs.parse("tiny", TASKS.replace("1\t1\t1\t1\t1\t1", "2\t1\t1\t1\t1\t1"), TECHNICIANS)
