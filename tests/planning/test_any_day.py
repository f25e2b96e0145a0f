"""Whatever is reported, the day stays whole: no fault, no fact lost, nothing that is not written, and the parts of a diff sum up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import check, events, planning, schema, travel
from dispatch.errors import InputError
from dispatch.model import FIXED_STATUSES, RULES, Plan, Route, Stop
from dispatch.planning import Day, Diff
from dispatch.schema.codes import DAY_REMEDIES, REMEDIES
from tests.planning.random_days import days, event_of

FORCED = {"windows", "shift", "overtime_limit", "breaks", "max_travel", "pin", "mandatory"}
"""Rules that what happens may make a plan break: all others are kept, whatever happens."""


def whole(day: Day) -> None:
    """See that a day is one that can be written, read, checked, and worked by."""
    assert schema.faults_of(day.problem) == ()
    assert planning.read_day(planning.write_day(day)) == day
    order = Plan(tuple(Route(r.engineer, r.shift, tuple(Stop(s.ticket) for s in r.stops)) for r in day.plan.routes))
    verdict = check.verify(day.problem, travel.matrix(day.problem), order)
    assert (verdict.plan.routes, verdict.cost, verdict.violations) == (day.plan.routes, day.plan.cost, day.violations)
    assert {v.rule for v in day.violations} <= FORCED


def sums_up(diff: Diff) -> None:
    """See that the parts of a diff are its whole, rule by rule."""
    total: Counter[str] = Counter()
    for part in (diff.rest, *(c.cost_by_rule for c in diff.changes)):
        for rule, amount in part.items():
            total[rule] += amount
    assert {rule: total[rule] for rule in RULES if total[rule]} == diff.cost_by_rule


def facts(day: Day) -> dict[str, object]:
    """Return what must never be lost: work that is over."""
    pins = {t.id: t.pin if t.status == "done" else None for t in day.problem.tickets}
    return {t.id: (t.status, t.actual, pins[t.id]) for t in day.problem.tickets if t.status in ("done", "cancelled")}


def accepted(day: Day, event: events.Event) -> planning.Applied | None:
    """Return what an event does, None where it is refused with codes that the documentation lists."""
    refused: tuple[str, ...] = ()
    try:
        return planning.apply(day, event)
    except InputError as error:
        refused = tuple(f.code for f in error.faults)
    assert refused
    assert set(refused) <= {*REMEDIES, *DAY_REMEDIES}
    return None


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_events_leave_a_whole_day(data: st.DataObject) -> None:
    day = data.draw(days())
    whole(day)
    for _ in range(data.draw(st.integers(1, 8))):
        event = data.draw(event_of(day))
        applied = accepted(day, event)
        if applied is None:
            continue
        after = applied.day
        whole(after)
        sums_up(applied.diff)
        assert after.problem.now == event.at
        assert facts(day).items() <= facts(after).items()
        assert {t.id for t in day.problem.tickets} <= {t.id for t in after.problem.tickets}
        placed = {u.ticket for u in after.plan.unassigned} | set(after.visits)
        assert placed == {t.id for t in after.problem.tickets if t.status != "cancelled"}
        assert all(after.ticket_of[t].status not in FIXED_STATUSES for t in applied.unassigned)
        day = after
