"""Who else could do a ticket: problems worked out by hand, every figure of every candidate."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dispatch import explain
from dispatch.errors import InputError
from dispatch.explain.ranking import Candidate
from dispatch.model import MINUTE, Engineer, Problem
from dispatch.travel import matrix
from tests.build import clock, engineer, line, pin, plan, problem, shift, ticket


def ranked(problem: Problem, *routes: tuple[str, str], ticket: str = "X") -> list[str]:
    """Return the candidates as lines: who, place in the route, start, cost, cost by rule, others moved; or why not."""
    return lines(explain.runners_up(problem, matrix(problem), plan(*routes), ticket))


def lines(found: Sequence[Candidate]) -> list[str]:
    told = []
    for c in found:
        who = c.engineer if c.shift in ("day", None) else f"{c.engineer}/{c.shift}"
        if c.reason is not None:
            assert (c.position, c.start, c.by_rule, c.disturbs, c.cost_delta) == (None, None, None, (), 0)
            told.append(f"{who}: {c.reason.code} {c.reason.detail}")
            continue
        assert c.position is not None
        assert c.start is not None
        assert c.by_rule is not None
        assert sum(c.by_rule.values()) == c.cost_delta
        rules = ", ".join(f"{rule} {cost / MINUTE:+g}" for rule, cost in c.by_rule.items() if cost)
        moved = "".join(f" {name} {later // 60:+d} min" for name, later in c.disturbs)
        present = " (present)" if c.present else ""
        told.append(f"{who}{present}: stop {c.position} at {clock(c.start)} {c.cost_delta / MINUTE:+g} ({rules}){moved}")
    return told


def test_the_present_engineer_and_those_who_would_cost_more() -> None:
    engineers = [engineer("ann"), engineer("bob", shift(home=3)), engineer("eve", shift(end="9:00"), skills={"pump": 2})]
    day = problem([ticket("X", place=1), ticket("A", place=2)], engineers, line(4), weights={"fixed": 7})
    # ann drives 120 min with X and without it; bob would set out for X alone, 60 min each way.
    assert ranked(day, ("ann", "X A")) == [
        "ann (present): stop 1 at 8:30 +0 ()",
        "bob: stop 1 at 9:00 +127 (travel +120, fixed +7) A -60 min",
        "eve: OVERTIME_LIMIT Even with nothing else to do, eve would be back at 10:00, 60 min after the latest end of the shift (09:00).",
    ]


def test_a_better_place_in_the_same_route_is_told() -> None:
    day = problem([ticket("X", place=1), ticket("A", place=2), ticket("B", place=1)], minutes=line(3))
    # B A X home: X after A, on the way back, or right after B, saves nothing; X B A as it is needs 2 h as well.
    assert ranked(day, ("ann", "X B A")) == ["ann (present): stop 1 at 8:30 +0 ()"]
    late = problem([ticket("X", place=1, respond_by="8:30"), ticket("A", place=1)], weights={"lateness": 1})
    assert ranked(late, ("ann", "A X")) == ["ann: stop 1 at 8:30 -60 (lateness -60) A +60 min", "ann (present): stop 2 at 9:30 +0 ()"]


def test_a_ticket_left_out_has_candidates_and_no_present_one() -> None:
    day = problem([ticket("X", place=2), ticket("A", place=2)], [engineer("ann"), engineer("bob")])
    # Behind A it costs ann no travel; bob would drive 2 h. Leaving it out no longer costs 1,000.
    assert ranked(day, ("ann", "A")) == [
        "ann: stop 2 at 10:00 -1000 (unassigned -1000)",
        "bob: stop 1 at 9:00 -880 (travel +120, unassigned -1000)",
    ]


def test_what_keeps_each_of_the_others_from_it() -> None:
    engineers = [
        engineer("ann", skills={"pump": 2}),
        engineer("bob"),
        engineer("cid", skills={"pump": 1}),
        engineer("dan", skills={"pump": 2}),
        Engineer("eli", (), skills=engineer("", skills={"pump": 2}).skills),
    ]
    day = problem([ticket("X", skills={"pump": 2}, never=("dan",))], engineers)
    assert ranked(day, ("ann", "X"))[1:] == [
        "bob: NO_SKILL bob lacks the skill pump.",
        "cid: TIER_TOO_LOW cid has pump at tier 1, not 2.",
        "dan: NEVER_ENGINEER dan must never do it.",
        "eli: NO_SHIFT_OVERLAP eli has no shift.",
    ]


def test_shifts_that_are_over_or_broken_take_no_more() -> None:
    tickets = [ticket("X"), ticket("A", windows=[("8:00", "8:10")])]
    day = problem(tickets, [engineer("ann"), engineer("bob", shift(end="8:00")), engineer("eve")], now="8:05")
    assert ranked(day, ("ann", "X"), ("eve", "A")) == [
        "ann (present): stop 1 at 8:35 +0 ()",
        "bob: SHIFT_OVER The shifts of bob are over: the last, of bob, ends at 08:00, and nothing can begin before 08:05.",
        "eve: BROKEN_ROUTE Nothing can be added for eve as things are: Service of ticket A begins 25 min after its last window closed.",
    ]


def test_pinned_and_reserved_work_stays_where_it_is() -> None:
    two = [engineer("ann"), engineer("bob")]
    assert ranked(problem([ticket("X", pin=pin("ann"))], two), ("ann", "X")) == [
        "ann (present): stop 1 at 8:30 +0 ()",
        "bob: PINNED_ELSEWHERE It is pinned to ann.",
    ]
    assert ranked(problem([ticket("X", must=("ann",))], two), ("ann", "X"))[1] == "bob: RESERVED_ENGINEER Only ann may do it."
    two_days = [engineer("ann", shift("mon"), shift("tue", start="32:00", end="40:00")), engineer("bob", shift("tue", "32:00", "40:00"))]
    assert ranked(problem([ticket("X", pin=pin(shift="mon"))], two_days), ("ann/mon", "X")) == [
        "ann/mon (present): stop 1 at 8:30 +0 ()",
        "bob: PINNED_ELSEWHERE It is pinned to shift mon.",
    ]


def test_begun_work_stays_where_it_is() -> None:
    day = problem([ticket("X", status="on_site", pin=pin("ann"), actual=("8:30", None))], [engineer("ann"), engineer("bob")], now="9:00")
    assert ranked(day, ("ann", "X")) == [
        "ann (present): stop 1 at 8:30 +0 ()",
        "bob: BEGUN Work on it has begun: it stays where it is.",
    ]


def test_other_work_that_may_not_be_left_out_leaves_no_room() -> None:
    tickets = [ticket("X", service=420, windows=[("8:30", "8:30")]), ticket("A", pin=pin("bob", start="10:00"))]
    day = problem(tickets, [engineer("ann"), engineer("bob")])
    assert ranked(day, ("ann", "X"), ("bob", "A"))[1] == (
        "bob: OUTBID It would fit the shift of bob only in place of A, pinned or mandatory."
    )


def test_a_plan_made_ready_answers_for_as_many_as_asked() -> None:
    day = problem([ticket("X", place=0)], [engineer(f"e{k}", shift(home=k)) for k in range(4)], line(4))
    trials = explain.ready(day, matrix(day), plan(("e0", "X")))
    assert lines(explain.candidates(trials, "X", most=2)) == [
        "e0 (present): stop 1 at 8:00 +0 ()",
        "e1: stop 1 at 8:30 +60 (travel +60)",
    ]
    assert [c.engineer for c in explain.candidates(trials, "X")] == ["e0", "e1", "e2", "e3"]


@pytest.mark.parametrize(("name", "what"), [("Y", "is not in the problem"), ("X", "is cancelled")])
def test_a_ticket_that_is_not_there_is_refused(name: str, what: str) -> None:
    day = problem([ticket("X", status="cancelled")])
    with pytest.raises(InputError, match=f"Ticket '{name}' {what}"):
        ranked(day, ticket=name)
