"""What is printed, letter by letter, as a pipe of 80 columns would get it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from rich.console import Console, RenderableType

from dispatch import console
from dispatch.check import Violation
from dispatch.errors import Fault
from dispatch.model import MINUTE, Plan, Problem, Route, Stop, Visit
from dispatch.scenario import Comparison, Difference, Move, Row
from tests import sample_day as day


def printed(what: RenderableType, width: int = 80, **options: Any) -> list[str]:
    """Return the lines a console of this width prints, without the blanks at their ends."""
    out = io.StringIO()
    Console(file=out, width=width, **options).print(what)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert all(len(line) <= width for line in lines) or options
    return lines


def test_a_day_is_a_table_per_engineer() -> None:
    assert printed(console.day(day.PROBLEM, day.checked().plan)) == [
        "Tuesday 3 November 2026 ────────────────────────────────────────────────────────",
        "Ann Li · 08:00–12:00 · 3 stops · 120 min travel · 72 km · overtime 90 min",
        "  Time         Ticket  Customer and work                Travel    Waits     Late",
        "  08:30–09:30  A       port · Pump seized               30 min",
        "  09:40–10:10          break",
        "  11:00–12:00  B       Yearly check                     30 min   30 min",
        "  12:30–13:00  C       mill · Leak                      30 min            60 min",
        "  13:30                back                             30 min",
        "",
        "Without work: bob",
        "",
    ]


def test_a_day_uses_the_room_of_a_wide_terminal() -> None:
    row = next(line for line in printed(console.day(day.PROBLEM, day.checked().plan), 120) if " C " in line)
    assert row == "  12:30–13:00  C       mill · Leak" + " " * 62 + "30 min            60 min"


def test_several_days_are_told_apart() -> None:
    ann = replace(day.PROBLEM.engineers[0], shifts=(day.shift(), day.shift("wed", 4)))
    problem = replace(day.PROBLEM, engineers=(ann,))
    plan = day.checked(problem, Route("ann", "tue", (Stop("A"),)), Route("ann", "wed", (Stop("C"),))).plan
    heads = [line for line in printed(console.day(problem, plan)) if not line.startswith(" ") and line]
    assert heads == [
        "Tuesday 3 November 2026 ────────────────────────────────────────────────────────",
        "Ann Li · 08:00–12:00 · 1 stop · 60 min travel · 36 km",
        "Wednesday 4 November 2026 ──────────────────────────────────────────────────────",
        "Ann Li · 08:00–12:00 · 1 stop · 60 min travel · 36 km",
    ]


def test_a_summary_tells_figures_cost_and_what_is_left_out() -> None:
    verdict = day.checked()
    assert printed(console.summary(verdict.plan, verdict.violations)) == [
        "Tickets planned      3 of 4      1 left out",
        "Promises kept        0 %         1 stop late, 1 h 00 min in all",
        "Emergencies on time  –           none promised",
        "Travel share         36 %        2 h 00 min, 72 km",
        "Overtime             1 h 30 min",
        "Engineers used       1",
        "",
        "Cost 513 min of travel (8 h 33 min)",
        "Overtime 180 · Tickets left out 120 · Driving 120 · Late for a promise 60 ·",
        "Waiting for an answer 12 · Engineers used 10 · Kilometres driven 7 · Uneven",
        "workload 4",
        "",
        "1 ticket left out",
        "Ticket  Why it was left out                 Best way in",
        "D       Nobody has the skill crane.         Ask Ann, who is able, to stay 40 min",
        "                                            longer (+12 min)",
        "",
        "1 warning",
        "/tickets/3        Nobody has crane.",
        "NOBODY_HAS_SKILL",
    ]


def test_a_summary_of_a_plan_nobody_has_checked_is_short() -> None:
    bare = Plan((), (replace(day.WITHOUT_D, reasons=(), ways_in=()),))
    assert printed(console.summary(bare, ())) == [
        "1 ticket left out",
        "Ticket  Why it was left out                 Best way in",
        "D       not explained",
    ]


def test_broken_rules_are_named() -> None:
    broken = (Violation("overtime_limit", 1500, "Engineer ann is back 25 min after the overtime limit.", "ann", "tue"),)
    assert printed(console.violations(broken)) == [
        "1 broken rule",
        "overtime limit  Engineer ann is back 25 min after the overtime limit.",
    ]


def test_faults_say_where_what_and_what_to_do() -> None:
    faults = (
        Fault("/tickets/3/place/lat", "SWAPPED_COORDINATES", "`lat` is 112.96, more than 90.", "Exchange lat and lon."),
        Fault("", "NOT_JSON", "Line 1 ends too early.", "Close the brace."),
    )
    assert printed(console.faults(faults)) == [
        "2 faults",
        "/tickets/3/place/lat  `lat` is 112.96, more than 90.",
        "SWAPPED_COORDINATES   Exchange lat and lon.",
        "/                     Line 1 ends too early.",
        "NOT_JSON              Close the brace.",
    ]


def test_text_of_the_problem_is_neither_markup_nor_terminal_control() -> None:
    nasty = replace(day.C, title="[red]x[/red]\x1b[31mred\nend")
    problem = replace(day.PROBLEM, tickets=(day.A, day.B, nasty, day.D))
    lines = printed(console.day(problem, day.checked(problem).plan))
    assert [line for line in lines if "  C  " in line] == [
        "  12:30–13:00  C       mill · [red]x[/red] [31mred e…   30 min            60 min"
    ]


def test_nothing_is_coloured_in_a_pipe_and_lateness_is_a_word() -> None:
    out = io.StringIO()
    verdict = day.checked()
    Console(file=out, width=80).print(console.day(day.PROBLEM, verdict.plan), console.summary(verdict.plan, ()))
    assert "\x1b" not in out.getvalue()
    assert "1 stop late" in out.getvalue()


def test_without_colour_a_terminal_gets_no_colour_codes() -> None:
    lines = printed(console.day(day.PROBLEM, day.checked().plan), force_terminal=True, color_system="standard", no_color=True)
    assert not any(f"\x1b[{code}m" in line for line in lines for code in ("31", "33", "1;31"))


def test_an_empty_problem_prints_nothing() -> None:
    assert printed(console.day(Problem((), (), 0), Plan(()))) == []


def test_two_plans_are_compared_side_by_side() -> None:
    found = Comparison(
        same_problem=False,
        cost=(
            Difference("total", 100 * MINUTE, 90 * MINUTE),
            Difference("travel", 100 * MINUTE, 90 * MINUTE),
            Difference("overtime", 0, 0),
        ),
        kpis=(Difference("assigned", 3, 4), Difference("on_time", None, 0.9333), Difference("tickets", 4, 4)),
        moved=(Move("A", Visit("A", "ann", "tue", day.at("9:00")), Visit("A", "bob", "tue", day.at("9:00"))), Move("B", None, None)),
    )
    assert printed(console.comparison(found, ("a.json", "b.json"), "Asia/Shanghai")) == [
        "These plans are of different problems.",
        "",
        "Cost in minutes of travel          a.json       b.json       change",
        "Total                                 100           90          −10",
        "Driving                               100           90          −10",
        "",
        "Figures that differ                a.json       b.json       change",
        "assigned                                3            4           +1",
        "on_time                                 –       0.9333",
        "",
        "2 tickets moved   a.json                       b.json",
        "A                 Tue 03 Nov 09:00 ann (tue)   Tue 03 Nov 09:00 bob (tue)",
        "B                 left out                     left out",
    ]


def test_two_equal_plans_are_said_to_be_equal() -> None:
    found = Comparison(True, (Difference("total", MINUTE, MINUTE),), (Difference("tickets", 4, 4),), ())
    assert printed(console.comparison(found)) == [
        "Cost in minutes of travel          before        after       change",
        "Total                                   1            1",
        "",
        "All figures are the same.",
        "",
        "No ticket moved.",
    ]


def test_scenarios_are_one_table_that_says_what_was_missed() -> None:
    rows = (
        Row("calm-day", "40 tickets, 8 engineers", "violations", "0", "0", True),
        Row("calm-day", "40 tickets, 8 engineers", "on_time", "at least 1", "0.8", False),
        Row("storm", "9 tickets, 2 engineers", "changes", "at most 6", "2", True),
    )
    assert printed(console.outcomes(rows)) == [
        "Scenario                  Figure      Expected    Reached",
        "calm-day                  violations  0                 0  yes",
        "40 tickets, 8 engineers",
        "                          on_time     at least 1      0.8  MISSED",
        "storm                     changes     at most 6         2  yes",
        "9 tickets, 2 engineers",
        "",
        "1 figure missed.",
    ]
    assert printed(console.outcomes(rows[:1]))[-1] == "Every figure was reached."
