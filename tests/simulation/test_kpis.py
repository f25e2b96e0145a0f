"""Figures over records that were made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.simulation.kpis import ALL, FIGURES, OF_SHIFTS, figures_of
from dispatch.simulation.records import DayRecord, TicketRecord

DAY = 86_400


def ticket(
    name: str, opened: int, respond_by: int | None, responded: int | None, closed: int | None, outcome: str, **fields: Any
) -> TicketRecord:
    base = TicketRecord(
        name, "leak", "repair", 2, "", "", 1, opened, respond_by, responded, closed, outcome, 1, 0, 0, 0, 600, 1800, 0, 0, "ann"
    )
    return base._replace(**fields)


TICKETS = [
    ticket("kept", 0, 3600, 3600, 7200, "visit", region="north"),
    ticket("late", 0, 3600, 3601, 9000, "visit", visits=2, repeats=1, travel=1200, customer_class="vip", tier_excess=1),
    ticket("remote", 600, None, 1200, 1800, "remote", visits=0, travel=0),
    ticket("never", 0, 3600, None, None, "open", visits=0, travel=0, kind="emergency", level=2),
    ticket("not due", DAY - 60, DAY + 3600, None, None, "open", visits=0, travel=0),
    ticket("taken back in time", 0, 3600, None, 1800, "cancelled", visits=0, travel=0),
    ticket("taken back too late", 0, 3600, None, 3700, "cancelled", visits=0, travel=0),
    ticket("before", -7200, 0, None, 3600, "visit", counted=0),
]
SHIFTS = [
    DayRecord("ann", "1", "north", 1, 0, 0, 28_800, 30_600, 2, 3600, 50_000, 7200, 0, 1800, 100.0),
    DayRecord("bob", "1", "", 1, 0, 0, 28_800, 28_800, 1, 1200, 10_000, 2400, 0, 0, 50.0),
    DayRecord("cai", "1", "", 1, 1, 0, 28_800, 0, 0, 0, 0, 0, 0, 0, 0.0),
    DayRecord("ann", "0", "north", 0, 0, -DAY, 28_800 - DAY, 0, 9, 9, 9, 9, 9, 9, 9.0),
]


def test_every_figure_of_a_day_made_by_hand() -> None:
    found = figures_of(TICKETS, SHIFTS, 0, DAY)[ALL]
    sojourn = 7200 + 9000 + 1200 + DAY + 60 + 1800 + 3700 + 3600
    assert found == pytest.approx({
        "tickets_per_day": 7,
        "sla": 1 / 4,
        "sla_promised": 4,
        "response_mean_minutes": (3600 + 3601 + 600) / 3 / 60,
        "response_p50_minutes": 60,
        "response_p90_minutes": 3601 / 60,
        "resolution_p50_minutes": 120,
        "first_time_fix": 1 / 2,
        "repeat_rate": 1 / 3,
        "remote_share": 1 / 7,
        "no_show_share": 0,
        "cancelled_share": 2 / 7,
        "escalated_share": 1 / 7,
        "tier_excess_share": 1 / 7,
        "travel_per_visit_minutes": 10,
        "backlog_end": 2,
        "tickets_in_system": sojourn / DAY,
        "utilisation": (3600 + 7200 + 1200 + 2400) / 57_600,
        "travel_share": 4800 / 14_400,
        "overtime_minutes": 15,
        "stops_per_shift": 1.5,
        "shifts_per_day": 2,
        "absent_share": 1 / 3,
        "distance_km_per_day": 60,
        "cost_per_day": 150,
        "cost_per_ticket": 150 / 7,
        "workload_spread_minutes": 60,
    })  # fmt: skip
    assert list(found) == list(FIGURES)


def test_figures_are_there_for_kinds_classes_regions_and_what_is_asked_for() -> None:
    asked = ("emergency", "vip", "north")
    found = figures_of(TICKETS, SHIFTS, 0, DAY, [asked])
    assert set(found) == {
        ALL, ("repair", None, None), ("emergency", None, None), (None, "vip", None), ("repair", "vip", None), (None, None, "north"), asked,
    }  # fmt: skip
    assert found[(None, "vip", None)]["sla"] == 0
    assert found[(None, None, "north")]["sla"] == 1
    assert found[(None, None, "north")]["utilisation"] == 10_800 / 28_800
    assert found[asked]["sla"] is None
    assert all(found[("emergency", None, None)][name] is None for name in OF_SHIFTS)
