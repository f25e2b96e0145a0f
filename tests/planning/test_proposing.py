"""Replanning a day: never worse, within a freeze and a change budget, by hand, and the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import events as ev
from dispatch import planning
from dispatch.errors import InputError
from dispatch.model import CHANGE_TOLERANCE
from dispatch.planning import Day, change
from dispatch.planning.proposing import rank
from dispatch.solver import Options
from tests.build import at, engineer, problem, shift, ticket
from tests.planning.random_days import days
from tests.planning.telling import changes, lines, opened

QUICK = Options(iterations=200, seed=3)
ANN, BOB = engineer("ann", shift(back=None)), engineer("bob", shift(home=4, back=None))
LINE = [[30 * abs(a - b) for b in range(5)] for a in range(5)]
FOUR = problem([ticket(name, k + 1) for k, name in enumerate("ABCD")], [ANN, BOB], LINE, now="8:00")
CROSSED = opened(FOUR, ("ann", "C D"), ("bob", "B A"))
"""Each works where the other lives: going straight would save 120 minutes of travel."""


def test_a_proposal_says_who_moves_and_what_it_bought() -> None:
    found = planning.propose(CROSSED, QUICK)
    assert lines(CROSSED)[-1] == "travel 210"
    assert lines(planning.publish(CROSSED, found))[-1] == "travel 90"
    assert found.changes == 4
    assert found.diff.cost_by_rule == {"travel": -120 * 60_000}
    assert found.diff.rest == {}
    told = changes(found.diff)
    assert told[0].startswith("moved D: ann 11:00 -> bob 8:00 (tell engineer ann, engineer bob, customer ?): travel -")
    # Who works at C is all the same, and decides by which of the changes how much is saved; together they save what the plan does.
    assert sum(int(line.rpartition("travel ")[2]) for line in told if "travel" in line) == -120


def test_at_the_price_of_a_change_nothing_moves_that_is_not_worth_it() -> None:
    weights = {**FOUR.policy.weights, "change": 40.0}
    dear = opened(replace(FOUR, policy=replace(FOUR.policy, weights=weights)), ("ann", "C D"), ("bob", "B A"))
    assert planning.propose(dear, QUICK).diff == planning.Diff(rest={}, cost_by_rule={})


@pytest.mark.parametrize(("most", "expected"), [(0, 210), (2, 210), (3, 180), (4, 90)])
def test_the_best_of_so_many_changes_is_proposed(most: int, expected: int) -> None:
    found = planning.propose(CROSSED, QUICK, most_changes=most)
    assert found.changes <= most
    assert lines(planning.publish(CROSSED, found))[-1] == f"travel {expected}"


def test_what_is_placed_for_the_first_time_is_no_change() -> None:
    day = planning.apply(CROSSED, ev.TicketPut(at("8:00"), ticket("E", 4))).day
    found = planning.propose(day, QUICK, most_changes=0)
    assert (found.changes, [c.ticket for c in found.diff.added]) == (0, ["E"])


def test_what_starts_within_the_freeze_stays() -> None:
    found = planning.propose(CROSSED, QUICK, freeze=2 * 3600)
    day = planning.publish(CROSSED, found)
    assert [day.visits[name] for name in "BC"] == [CROSSED.visits[name] for name in "BC"]


def test_the_same_seed_proposes_the_same() -> None:
    assert planning.propose(CROSSED, QUICK, most_changes=2) == planning.propose(CROSSED, QUICK, most_changes=2)


# -------------------------------------------------------------------- by hand


def test_a_ticket_that_is_dragged_is_proposed_with_its_cost() -> None:
    found = planning.place(CROSSED, "D", "bob", position=1)
    assert changes(found.diff) == [
        "moved D: ann 11:00 -> bob 8:00 (tell engineer ann, engineer bob, customer ?): travel -30",
        "retimed B: bob 9:00 -> bob 10:00 (tell engineer bob, customer ?)",
        "retimed A: bob 10:30 -> bob 11:30 (tell engineer bob, customer ?)",
    ]  # fmt: skip
    assert planning.place(CROSSED, "D", None).diff.removed[0].ticket == "D"


def test_what_time_breaks_is_said_and_nothing_is_put_where_it_may_not_be() -> None:
    tight = opened(replace(FOUR, tickets=(*FOUR.tickets[:3], ticket("D", 4, windows=[("8:00", "8:10")], never=["ann"]))), ("bob", "D"))
    assert [v.rule for v in planning.place(tight, "A", "bob", position=1).violations] == ["windows"]
    assert [c.ticket for c in planning.place(tight, "D", "ann").diff.removed] == ["D"]


@pytest.mark.parametrize(
    ("code", "where"),
    [("UNKNOWN_TICKET", ("Z", "ann")), ("UNKNOWN_ENGINEER", ("A", "zoe")), ("UNKNOWN_SHIFT", ("A", "ann", "night"))],
)
def test_what_is_not_there_cannot_be_dragged(code: str, where: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=code):
        planning.place(CROSSED, *where)  # type: ignore[arg-type]
    begun = planning.apply(CROSSED, ev.Arrived(at("8:00"), "A")).day
    with pytest.raises(InputError, match="TICKET_BEGUN"):
        planning.place(begun, "A", "ann")


# ----------------------------------------------------------------- of any day


def disturbed(before: Day, found: planning.Proposal) -> int:
    """Count, from the two plans alone, the tickets that had a place and have lost it or changed it."""
    count = 0
    for name, was in before.visits.items():
        now = found.visits.get(name)
        same = now is not None and (now.engineer, now.shift) == (was.engineer, was.shift) and abs(now.start - was.start) <= CHANGE_TOLERANCE
        count += not same
    return count


@given(days(), st.integers(0, 3), st.integers(0, 4), st.sampled_from([0, 1800, 4 * 3600]))
@settings(max_examples=30, deadline=None)
def test_a_proposal_is_never_worse_and_keeps_its_limits(day: Day, seed: int, most: int, freeze: int) -> None:
    found = planning.propose(day, Options(iterations=60, seed=seed), freeze=freeze, most_changes=most)
    assert disturbed(day, found) == found.changes <= most
    after = planning.publish(day, found)
    assert rank(after)[0] <= rank(day)[0]
    if rank(after)[0] == rank(day)[0]:
        assert found.diff.cost <= 0
    for name, was in day.visits.items():
        if was.start < day.problem.now + freeze:
            assert not change.told_otherwise(was, found.visits.get(name))
