"""Generated days: the same for the same seed, within the shift, beyond nobody."""

from __future__ import annotations

from benchmarks import days
from dispatch.model import EngineerSkill, Place, Ticket, TicketSkill, Window
from dispatch.policy import resolve


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert days.generate(40, 3) == days.generate(40, 3)
    assert days.generate(40, 3).tickets != days.generate(40, 4).tickets


def test_a_day_is_the_same_on_every_machine() -> None:
    day = days.generate(14, 1)
    assert day.engineers[0].home == Place(28.29993, 112.94143)
    assert day.engineers[0].skills == (EngineerSkill("pumps", 3), EngineerSkill("refrigeration", 2))
    assert day.tickets[0] == Ticket(
        "t1",
        Place(28.1241, 112.85728),
        3600,
        priority=3,
        skills=(TicketSkill("controls", 1),),
        windows=(Window(days.START + 28_800, days.START + 36_000),),
        unassigned_cost=240,
    )


def test_about_seven_tickets_per_engineer() -> None:
    assert {n: len(days.generate(n, 0).engineers) for n in (1, 100, 250, 1000)} == {1: 1, 100: 14, 250: 36, 1000: 143}


def test_every_ticket_can_be_served_by_somebody_within_the_shift() -> None:
    day = days.generate(300, 5)
    end = days.START + 3600 * days.SHIFT_HOURS
    for ticket in day.tickets:
        assert all(days.START <= w.start < w.end <= end for w in ticket.windows)
        assert ticket.unassigned_cost == 60 * days.LEFT_OUT_HOURS[ticket.priority]
        able = [e for e in day.engineers if all(any(h.skill == s.skill and h.tier >= s.tier for h in e.skills) for s in ticket.skills)]
        assert able


def test_only_travel_and_tickets_left_out_are_priced() -> None:
    weights = resolve(days.generate(5, 0).policy)
    assert (weights.travel, weights.unassigned) == (1, (960, 480, 240, 120, 60))
    assert (weights.distance, weights.paid_time, weights.fixed, weights.overtime, weights.workload, weights.change) == (0, 0, 0, 0, 0, 0)
    assert (weights.lateness, weights.response) == ((0,) * 5, (0,) * 5)
