import re
from pathlib import Path

from dispatch.model import Customer
from tests.build import checked, engineer, pin, problem, shift, ticket, visit

PAGE = Path(__file__).parents[2] / "docs" / "kpis.md"


def test_the_page_lists_the_figures_of_every_plan_in_their_order() -> None:
    figures = checked(problem([])).kpis
    of_plans = PAGE.read_text(encoding="utf-8").split("# Figures of a simulation")[0]
    assert re.findall(r"^\| `(\w+)` \|", of_plans, re.MULTILINE) == list(figures)


def test_every_figure_of_a_day_worked_out_by_hand() -> None:
    case = problem(
        [
            ticket("E1", kind="emergency", priority=1, customer="acme", opened_at="7:50", respond_by="9:00"),
            ticket("E2", kind="emergency", priority=1, customer="zeta", opened_at="7:00", respond_by="9:00"),
            ticket("E3", place=2, kind="emergency", priority=2, customer="acme", respond_by="9:00"),
            ticket("R1", place=2, service=480, skills={"pump": 1}, prefer=["ann"], region="south", windows=[("9:10", "12:00")]),
            ticket("R2", priority=5, status="cancelled", respond_by="8:00"),
        ],
        [
            engineer("ann", shift(breaks=[("9:00", "9:30", 20)], overtime_until="24:00")),
            engineer("bea", shift(end="17:00", overtime_until="20:00"), skills={"pump": 2}, region="north", contractor=True),
            engineer("cyd"),
        ],
        metres=[[0, 10_000, 20_000], [10_001, 0, 0], [20_000, 0, 0]],
        customers=(Customer("acme", "VIP"), Customer("zeta", "standard")),
        previous=(visit("E1", "bea", "8:30"), visit("E2", "ann", "9:50")),
        weights={"unassigned": 500},
    )
    # Ann: 8:00, E1 8:30-9:30, break -9:50, E2 9:50-10:50, 11:20. Bea: 8:10, R1 9:10-17:10, 18:10. E3 is left out.
    verdict = checked(case, ("ann", "E1 E2"), ("bea", "R1"), ("cyd", ""))
    assert verdict.violations == ()
    assert verdict.plan.kpis == verdict.kpis
    assert verdict.kpis == {
        "tickets": 4,
        "assigned": 3,
        "unassigned": 1,
        "served_share": 0.75,
        "served_share_p1": 1.0,
        "served_share_p2": 0.0,
        "served_share_p3": 1.0,
        "served_share_p4": None,
        "served_share_p5": None,
        "served_share_emergency": 0.6667,
        "served_share_vip": 0.5,
        "served_share_vip_emergency": 0.5,
        "on_time": 0.3333,
        "on_time_emergency": 0.3333,
        "on_time_vip": 0.5,
        "on_time_vip_emergency": 0.5,
        "late_stops": 1,
        "lateness_minutes": 50.0,
        "max_lateness_minutes": 50.0,
        "emergency_response_p50_minutes": 40.0,
        "emergency_response_p90_minutes": 170.0,
        "travel_minutes": 180.0,
        "travel_share": 0.225,
        "distance_km": 60.001,
        "service_minutes": 600.0,
        "waiting_minutes": 0.0,
        "break_minutes": 20.0,
        "overtime_minutes": 70.0,
        "paid_minutes": 800.0,
        "engineers_used": 2,
        "shifts_used": 2,
        "utilisation": 0.7647,
        "workload_range_minutes": 420.0,
        "workload_stdev_minutes": 210.0,
        "tier_excess_stops": 1,
        "not_preferred_stops": 1,
        "cross_region_stops": 1,
        "contractor_stops": 1,
        "changes": 1,
        "cost_minutes": 680.0,
    }


def test_figures_about_nothing_are_undefined_and_never_an_error() -> None:
    assert checked(problem([])).kpis == {
        **dict.fromkeys(("tickets", "assigned", "unassigned", "late_stops", "engineers_used", "shifts_used"), 0),
        **dict.fromkeys(("served_share", *(f"served_share_p{p}" for p in range(1, 6)))),
        **{f"{share}{group}": None for share in ("served_share", "on_time") for group in ("_emergency", "_vip", "_vip_emergency")},
        **dict.fromkeys(("on_time", "emergency_response_p50_minutes", "emergency_response_p90_minutes", "travel_share")),
        **dict.fromkeys(("lateness_minutes", "max_lateness_minutes", "travel_minutes", "distance_km", "service_minutes"), 0.0),
        **dict.fromkeys(("waiting_minutes", "break_minutes", "overtime_minutes", "paid_minutes", "cost_minutes"), 0.0),
        **dict.fromkeys(("utilisation", "workload_range_minutes", "workload_stdev_minutes")),
        **dict.fromkeys(("tier_excess_stops", "not_preferred_stops", "cross_region_stops", "contractor_stops", "changes"), 0),
    }


def test_waiting_is_told_without_breaks_and_cross_region_stops_are_counted() -> None:
    tickets = [ticket("A", region="south"), ticket("B", windows=[("11:00", "11:00")])]
    ann = engineer("ann", shift(breaks=[("10:00", "10:30", 15)]), region="north")
    figures = checked(problem(tickets, [ann]), ("ann", "A B")).kpis
    assert (figures["waiting_minutes"], figures["break_minutes"], figures["cross_region_stops"]) == (75.0, 15.0, 1)


def test_a_ticket_placed_twice_counts_where_it_comes_first() -> None:
    figures = checked(problem([ticket("A", respond_by="8:30")]), ("ann", "A A")).kpis
    assert (figures["tickets"], figures["assigned"], figures["on_time"], figures["late_stops"]) == (1, 1, 1.0, 0)


def test_history_counts_like_any_other_work() -> None:
    done = ticket("A", kind="emergency", opened_at="8:00", respond_by="9:00", actual=("8:30", "9:00"), pin=pin("ann"), status="done")
    figures = checked(problem([done], now="9:00"), ("ann", "A")).kpis
    assert (figures["on_time_emergency"], figures["emergency_response_p50_minutes"], figures["service_minutes"]) == (1.0, 30.0, 30.0)
