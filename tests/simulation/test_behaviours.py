"""Each behaviour by its formula, on days that can be worked out, or on enough tickets that chance does not matter."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.simulation.behaviours import residual
from dispatch.simulation.documents import ServiceTime
from dispatch.simulation.records import TicketRecord
from tests.simulation.worlds import CENTRE, DAY_SHIFT, MIDNIGHT, clock, demand, outcome, world

ROUND = {"start": "00:00", "length": "PT24H", "overtime": "PT24H"}
CREW = [{"id": "e", "count": 12, "skills": [{"skill": "pump", "tier": 2}], "roster": [ROUND]}]


def day_of(*opened: str, behaviours: dict[str, Any], **fields: Any) -> list[TicketRecord]:
    """Return the tickets of two days on which so many were opened at these times of the first."""
    log = {"mode": "replay", "tickets": [{"opened_at": f"2026-03-02T{at}:00Z", "demand": "leak"} for at in opened]}
    made = world(log=log, behaviours=behaviours, **{"demand": [demand(per_week=None)], "engineers": CREW, **fields})
    tickets, _, _ = outcome(made, 4)
    return tickets


def many(behaviours: dict[str, Any], days: int = 4, **fields: Any) -> list[TicketRecord]:
    """Return some hundred tickets with a crew that has time for all."""
    sort = demand(per_week=1000, skills=[{"skill": "pump", "tier": 1}], **fields)
    return outcome(world(demand=[sort], engineers=CREW, behaviours=behaviours, dispatching="nearest-able"), days)[0]


def test_nothing_goes_wrong_unless_it_is_switched_on() -> None:
    tickets = many({})
    assert {(t.outcome, t.visits, t.repeats, t.part_visits, t.no_shows, t.level) for t in tickets if t.outcome != "open"} == {
        ("visit", 1, 0, 0, 0, 0)
    }


def test_a_closed_door_costs_the_wait_and_another_visit_and_keeps_the_promise() -> None:
    rule = {"no_show": {"share": 1, "wait": "PT20M", "again_after": "PT3H"}}
    (ticket,) = day_of("08:00", behaviours=rule)
    assert (clock(ticket.responded_at), ticket.outcome) == ("8:00", "open")
    # Visits at 8:00, 11:20, 14:40, ..: every 3 h 20 min.
    assert ticket.no_shows == ticket.visits == 1 + (88 * 60) // 200


def test_a_missing_part_splits_the_work_and_waits_for_delivery() -> None:
    rule = {"parts": {"missing": {"repair": 1}, "visit_share": 0.4, "delivery": "PT5H"}}
    (ticket,) = day_of("08:00", behaviours=rule)
    # 12 of 30 minutes first, back at 13:12 for the whole of it.
    assert (clock(ticket.closed_at), ticket.visits, ticket.part_visits, ticket.service) == ("13:42", 2, 1, 42 * 60)


def test_a_higher_tier_fixes_more_at_the_first_visit() -> None:
    shares = []
    for per_tier in (0.0, 0.2):
        tickets = [t for t in many({"first_time_fix": {"base": 0.6, "per_tier": per_tier, "again_after": "PT1H"}}) if t.outcome == "visit"]
        assert all(t.visits == t.repeats + 1 for t in tickets)
        shares.append(sum(t.repeats == 0 for t in tickets) / len(tickets))
    assert shares == [pytest.approx(0.6, abs=0.06), pytest.approx(0.8, abs=0.06)]  # one tier above what is asked


def test_the_hotline_solves_its_share_one_expert_at_a_time() -> None:
    rule = {"remote": {"success": {"repair": 0.3}, "experts": 3, "duration": "PT5M"}}
    tickets = many(rule)
    assert sum(t.outcome == "remote" for t in tickets) / len(tickets) == pytest.approx(0.3, abs=0.06)
    assert {t.visits for t in tickets if t.outcome == "remote"} == {0}
    # With a single expert who needs an hour, a second ticket opened at the same time waits for the first.
    slow = day_of("08:00", "08:00", behaviours={"remote": {"success": {"repair": 1}, "experts": 1, "duration": "PT1H"}})
    first, second = sorted(slow, key=lambda t: t.responded_at or 0)
    assert (first.outcome, second.outcome) == ("remote", "remote")
    assert second.responded_at == first.closed_at


def test_what_is_unsolved_goes_to_experts_step_by_step() -> None:
    crew = [
        {"id": "ann", "roster": [{**DAY_SHIFT, "days": ["mon"]}]},
        {"id": "regional", "role": "regional-expert", "roster": [{**DAY_SHIFT, "days": ["wed"]}]},
        {"id": "bob", "roster": [{**DAY_SHIFT, "days": ["tue"]}]},
    ]
    rule = {"escalation": {"after": "PT20H", "then": "PT24H"}}
    # Opened after Ann's day: on Tuesday at 13:00 it goes to the regional expert, so Bob, who is there until 16:00, loses nothing at 8:00 ..
    (early,) = day_of("17:00", behaviours=rule, engineers=crew)
    assert (early.engineer, early.level, clock(early.responded_at)) == ("bob", 0, "32:00")
    # .. but what was opened earlier is the expert's by then, who comes on Wednesday.
    without_ann = [{**crew[0], "roster": [{"days": ["mon"], "start": "00:00", "length": "PT1H"}]}, *crew[1:]]
    (late,) = day_of("11:00", behaviours=rule, engineers=without_ann)
    assert (late.engineer, late.level, clock(late.responded_at)) == ("regional", 2, "56:00")


def test_what_is_opened_in_time_is_promised_the_same_day() -> None:
    rule = {"same_day": {"opened_before": "12:00", "by": "17:00", "kinds": ["repair"]}}
    early, late = day_of("11:59", "12:01", behaviours=rule)
    assert (clock(early.respond_by), late.respond_by) == ("17:00", None)


def test_tickets_are_taken_back_unless_somebody_is_at_work() -> None:
    tickets = many({"cancellation": {"share": 0.5, "after": "PT1H"}}, service={"mean": "PT2H", "law": "fixed"})
    gone = [t for t in tickets if t.outcome == "cancelled"]
    assert gone
    assert {t.visits for t in gone} == {0}
    nobody = outcome(world(demand=[demand(per_week=1000)], engineers=[{"id": "e", "roster": [{**DAY_SHIFT, "days": ["sun"]}]}],
                           behaviours={"cancellation": {"share": 0.5, "after": "PT1M"}}), 2)[0]  # fmt: skip
    assert sum(t.outcome == "cancelled" for t in nobody) / len(nobody) == pytest.approx(0.5, abs=0.08)


def test_absent_engineers_are_recorded_and_do_no_work() -> None:
    made = world(
        engineers=[{"id": "e", "count": 20, "roster": [DAY_SHIFT]}], behaviours={"absence": {"share": 0.25}}, demand=[demand(per_week=1)]
    )
    _, shifts, _ = outcome(made, 20)
    assert len(shifts) == 400
    assert sum(d.absent for d in shifts) / 400 == pytest.approx(0.25, abs=0.06)
    assert {(d.stops, d.cost) for d in shifts if d.absent} == {(0, 0.0)}


def test_tiers_and_noise_change_service_and_travel_but_not_their_means() -> None:
    fast = day_of("08:00", behaviours={"tiers": {"factors": {"2": 0.5}}})
    assert fast[0].service == 15 * 60
    east = {"lat": 28.2, "lon": 113.0}
    crew = [{"id": "ann", "home": east, "roster": [ROUND]}]
    sort = demand(per_week=300, service={"mean": "PT1M", "law": "fixed"}, area={"points": [CENTRE, east]})
    plain, noisy = (
        sum(t.travel for t in outcome(world(engineers=crew, demand=[sort], behaviours=rule, dispatching="nearest-able"), 10)[0])
        for rule in ({}, {"travel": {"sigma": 0.3}})
    )
    assert noisy != plain
    assert noisy == pytest.approx(plain, rel=0.1)


def law(name: str) -> ServiceTime:
    return ServiceTime.model_validate({"mean": "PT1H", "sigma": 1.0, "law": name})


def test_what_is_still_to_do_is_the_mean_residual_life() -> None:
    assert residual(law("exponential"), 5000) == 3600
    assert residual(law("fixed"), 3000) == 600
    assert residual(law("fixed"), 9000) == 60
    # Lognormal with sigma 1: E[T | T > mean] = mean x Phi(1/2) / Phi(-1/2), so the rest is mean x (0.69146 / 0.30854 - 1).
    assert residual(law("lognormal"), 3600) == pytest.approx(3600 * (0.69146 / 0.30854 - 1), abs=2)


def test_the_days_begin_at_local_midnight() -> None:
    made = world(time_zone="Asia/Shanghai", demand=[demand(per_week=1000)])
    tickets, shifts, audit = outcome(made, 1)
    assert (audit.start, audit.end) == (MIDNIGHT - 8 * 3600, MIDNIGHT + 16 * 3600)
    assert [clock(d.start) for d in shifts] == ["0:00"]
    assert min(t.opened_at for t in tickets) < MIDNIGHT - 7 * 3600
