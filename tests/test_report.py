"""The report: whole as HTML, complete, safe with hostile names, and no wider than a phone."""

from __future__ import annotations

import html as html_module
import math
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dispatch import report
from dispatch.check import Violation, verify
from dispatch.model import Actual, CrowTravel, Engineer, Pin, Place, Plan, Problem, Route, Shift, Stop, Ticket
from dispatch.report.ground import apart
from dispatch.report.markup import Markup, el
from dispatch.travel import matrix
from dispatch.view import duration, percent, sheets, tags
from tests import sample_day as day

EMPTY_ELEMENTS = {"meta"}


@dataclass
class Page(HTMLParser):
    """A report taken apart: elements still open, text outside style, attributes by element."""

    text: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    attributes: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in EMPTY_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.text.append(" ".join(data.split()))

    def values(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.attributes if attribute in a]

    def count(self, tag: str, class_: str | None = None) -> int:
        return sum(t == tag and (class_ is None or class_ in (a.get("class") or "").split()) for t, a in self.attributes)


def parsed(document: str) -> Page:
    page = Page()
    page.feed(document)
    page.close()
    assert (page.wrong, page.open) == ([], [])
    return page


def sample(problem: Problem = day.PROBLEM, *routes: Route, violations: tuple[Violation, ...] = ()) -> Page:
    verdict = day.checked(problem, *routes)
    return parsed(report.html(problem, verdict.plan, violations or verdict.violations))


def many_tickets(tickets: int, engineers: int) -> tuple[Problem, Plan]:
    """Return a day on which everybody has the same number of tickets, in a ring around the city."""
    homes = [Place(28.2 + i / 1000, 112.9) for i in range(engineers)]
    shift = Shift("tue", day.at("8:00"), day.at("17:00"), day.at("19:00"), None, None)
    people = tuple(Engineer(f"e{i}", (replace(shift, start_place=h, end_place=h),), name=f"Engineer {i}") for i, h in enumerate(homes))
    work = tuple(
        Ticket(
            f"T-{i:04}", Place(28.1 + i % 17 / 100, 112.8 + i % 23 / 100, "Wuyi Avenue"), 2400, title="Check", respond_by=day.at("12:00")
        )
        for i in range(tickets)
    )
    problem = Problem(people, work, day.at("8:00"), "Full", "Asia/Shanghai", travel=CrowTravel())
    routes = tuple(Route(e.id, "tue", tuple(Stop(t.id) for t in work[i::engineers])) for i, e in enumerate(people))
    return problem, verify(problem, matrix(problem), Plan(routes)).plan


def test_every_ticket_and_engineer_is_in_the_report_once_as_a_heading_of_its_row() -> None:
    page = sample()
    for name in ("Ann Li", "bob", "A", "B", "C", "D", "A morning in Changsha"):
        assert name in page.text
    assert [a["id"] for t, a in page.attributes if t == "tr" and "id" in a] == ["e0-1", "e0-2", "e0-3"]


def test_the_head_says_in_a_sentence_what_the_plan_is_worth() -> None:
    assert (
        "3 tickets planned with 1 of 2 engineers, 1 left out. "
        "All it costs, lateness and overtime included, is worth 8 h 33 min of driving (513 min)."
    ) in sample().text


def test_headline_figures_are_cards() -> None:
    text = sample().text
    at = text.index("Tickets planned")
    assert text[at : at + 16] == [
        *("Tickets planned", "3 of 4", "1 left out"),
        *("Promises kept", "0 %", "1 stop late, 1 h 00 min in all"),
        *("Emergencies on time", "–", "none promised"),
        *("Travel share", "36 %", "2 h 00 min, 72 km"),
        *("Overtime", "1 h 30 min"),
        *("Engineers used", "1"),
    ]


def test_the_table_of_an_engineer_reads_like_the_day() -> None:
    text = sample().text
    at = text.index("Promise")
    assert text[at + 1 : text.index("Without work:")] == [
        *("1", "08:30–09:30", "A", "RT-7", "port · Pump seized", "Wuyi Avenue 10, Changsha", "emergency", "P1", "vip", "30 min", "–"),
        *("09:40–10:10", "Break"),
        *("2", "11:00–12:00", "window 11:00–11:30", "B", "Yearly check", "inspection", "P3", "30 min", "30 min"),
        *("3", "12:30–13:00", "C", "mill · Leak", "Wuyi Avenue 12, Changsha", "repair", "P3", "30 min", "–", "by 11:30", "late 1 h 00 min"),
        *("13:30", "Back after 30 min of travel"),
    ]


def test_the_timeline_tells_travel_waiting_break_lateness_and_overtime_in_words_too() -> None:
    text = sample().text
    for words in (
        "Travel to A: 30 min",
        "Waiting at B: 30 min",
        "Break 09:40–10:10",
        "Way back: 13:00–13:30",
        "late 1 h 00 min",
        "Overtime 1 h 30 min",
        "Overtime possible until 14:00",
        "B starts at 11:00, window 11:00–11:30",
        "C starts at 12:30, promised by 11:30",
        "now 08:00",
        "Shift 08:00–12:00. 1. A 08:30–09:30. 2. B 11:00–12:00. 3. C 12:30–13:00, late 1 h 00 min.",
        "Shift 08:00–12:00. No work.",
    ):
        assert words in text


def test_a_ticket_left_out_comes_with_reasons_and_ways_in() -> None:
    text = sample().text
    at = text.index("Unassigned tickets")
    assert text[at + 1 : text.index("Engineers", at)] == [
        *("D", "Crane training", "training", "P4", "vip"),
        "port · 20 min on site. Left out, it costs 120 min.",
        *("Why", "Nobody has the skill crane. Train somebody or send a contractor.", "NO_SKILL"),
        "What would make it fit, and what that does to the cost",
        *("Let Bob do it with hydraulics alone", "+31 min", "Ask Ann, who is able, to stay 40 min longer", "+12 min"),
    ]


def test_the_cost_is_shown_by_rule_dearest_first() -> None:
    text = sample().text
    at = text.index("Share")
    assert text[at + 1 : text.index("How it was made", at)] == [
        *("Overtime", "180 min", "35 %"),
        *("Tickets left out", "120 min", "23 %"),
        *("Driving", "120 min", "23 %"),
        *("Late for a promise", "60 min", "12 %"),
        *("Waiting for an answer", "12 min", "2 %"),
        *("Engineers used", "10 min", "2 %"),
        *("Kilometres driven", "7 min", "1 %"),
        *("Uneven workload", "4 min", "1 %"),
        *("Total", "513 min"),
    ]


def test_the_foot_tells_policy_search_and_bound() -> None:
    text = sample().text
    at = text.index("How it was made", text.index("Share"))
    assert text[at + 1 : at + 9] == [
        "Found by search in 2.5 s and 4,000 iterations (seed 7); stopped by iterations. "
        "No plan can cost less than 300 min: this one is at most 41.5 % above the best possible.",
        "Policy balanced with paid_time changed. A weight is how many minutes of travel one unit is worth:",
        *("travel", "1", "distance", "0.1", "paid_time", "0"),
    ]


def test_broken_rules_and_warnings_stand_at_the_top_and_lead_to_the_stop() -> None:
    broken = (
        Violation("windows", 60, "Service of ticket B begins 1 min after its last window closed.", "ann", "tue", "B"),
        Violation("known", 1, "There is no ticket X.", ticket="X"),
    )
    page = sample(violations=broken)
    at = page.text.index("2 broken rules")
    assert at < page.text.index("Tickets planned")
    assert page.text[at : at + 9] == [
        "2 broken rules",
        *("windows", "Service of ticket B begins 1 min after its last window closed.", "show"),
        *("known", "There is no ticket X."),
        *("1 warning", "Nobody has crane.", "NOBODY_HAS_SKILL"),
    ]
    assert next(a["href"] for t, a in page.attributes if t == "a" and (a["href"] or "").startswith("#e0")) == "#e0-2"


def test_hostile_names_stay_text() -> None:
    nasty = "<script>alert(1)</script>\"'&"
    ann = replace(day.PROBLEM.engineers[0], name=nasty)
    problem = replace(
        day.PROBLEM,
        name=nasty,
        engineers=(ann, day.PROBLEM.engineers[1]),
        tickets=(replace(day.A, title=nasty, customer=None, external_ref=nasty), day.B, day.C, replace(day.D, title=nasty)),
    )
    page = sample(problem)
    assert page.count("script") == 0
    assert page.text.count(nasty) >= 5  # title, heading, timeline, table of the engineer, tickets


def test_nothing_is_fetched_and_every_link_leads_somewhere_on_the_page() -> None:
    verdict = day.checked()
    document = report.html(day.PROBLEM, verdict.plan, ())
    page = parsed(document)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link for link in page.values("href") if link.removeprefix("#") not in ids} == set()
    assert not page.values("src")
    assert not {"script", "link", "img", "iframe", "object"} & {t for t, _ in page.attributes}
    assert re.findall(r"https?:|@import|url\((?!#)", document) == []


def test_drawings_have_a_title_and_a_description_tables_a_caption_and_the_page_a_language() -> None:
    document = report.html(day.PROBLEM, day.checked().plan, ())
    page = parsed(document)
    told = [a for t, a in page.attributes if t == "svg" and "aria-hidden" not in a]
    assert len(told) == 3  # two rows of the timeline, one map
    assert len(re.findall(r"<svg[^>]*><title>[^<]+</title><desc>[^<]+</desc>", document)) == 3
    assert page.count("table") == page.count("caption") == 3  # timeline, one engineer, cost
    assert page.count("h1") == 1
    assert page.values("lang") == ["en"]


def test_several_days_have_a_timeline_and_a_map_each() -> None:
    ann = replace(day.PROBLEM.engineers[0], shifts=(day.shift(), day.shift("wed", 4)))
    page = sample(replace(day.PROBLEM, engineers=(ann,)), Route("ann", "tue", (Stop("A"),)), Route("ann", "wed", (Stop("C"),)))
    assert [t for t in page.text if t.startswith(("Timeline:", "Map:"))] == [
        *("Timeline: Tuesday 3 November 2026", "Map: Tuesday 3 November 2026"),
        *("Timeline: Wednesday 4 November 2026", "Map: Wednesday 4 November 2026"),
    ]
    assert "Tuesday 3 November 2026 to Wednesday 4 November 2026" in page.text
    assert [t for t in page.text if t.startswith("Shift ")] == [
        "Shift 08:00–12:00. 1. A 08:30–09:30.",
        "Shift 08:00–12:00. 1. C 08:30–09:00, late 21 h 00 min.",
    ]
    assert page.text[page.text.index("by Tue 11:30") + 1] == "late 21 h 00 min"


def test_a_problem_without_positions_has_no_map_and_says_so() -> None:
    page = sample(day.without_positions())
    assert "No map: the places of this problem have no positions, only travel times." in page.text
    assert page.count("circle", "stop") == 0


def test_a_place_without_position_is_counted_beside_the_map() -> None:
    problem = replace(day.PROBLEM, tickets=(replace(day.A, place=Place(index=1)), day.B, day.C, day.D))
    page = sample(problem)
    assert "1 place without a position not drawn." in page.text
    assert page.count("circle", "stop") == 2


def test_stops_at_one_address_are_drawn_side_by_side() -> None:
    page = sample()
    dots = {(a["cx"], a["cy"]) for t, a in page.attributes if t == "circle" and "stop" in (a["class"] or "")}
    assert len(dots) == 3  # A and C share a place


def test_work_that_has_begun_is_marked() -> None:
    begun = replace(day.A, status="on_site", pin=Pin("ann", "tue", day.at("8:10")), actual=Actual(day.at("8:10")))
    problem = replace(day.PROBLEM, now=day.at("8:40"), tickets=(begun, day.B, day.C, day.D))
    page = sample(problem)
    assert page.count("rect", "begun") == 2  # in the timeline and in its key
    assert "on site" in page.text
    assert "now 08:40" in page.text


def test_a_label_that_does_not_fit_is_left_to_the_tooltip() -> None:
    long = "TICKET-WITH-A-VERY-LONG-NAME-" + "X" * 150
    problem = replace(day.PROBLEM, tickets=(replace(day.A, id=long), replace(day.B, id="B" * 9), day.C, day.D))
    page = sample(problem, Route("ann", "tue", (Stop(long), Stop("B" * 9), Stop("C"))))
    assert [page.text[i] for i in range(len(page.text)) if page.text[i].startswith(f"1. {long}")]
    labels = page.count("text", "id")
    assert labels == 2


def test_an_empty_problem_gives_a_report_that_says_there_is_nothing() -> None:
    problem = Problem((), (), day.at("8:00"))
    page = parsed(report.html(problem, verify(problem, matrix(problem), Plan(())).plan, ()))
    assert "0 tickets planned with 0 of 0 engineers, none left out." in " ".join(page.text)
    assert {"Every ticket has its place.", "There are no engineers in this problem.", "Nothing costs anything in this plan."} <= set(
        page.text
    )


def test_tickets_without_engineers_are_all_left_out() -> None:
    problem = replace(day.PROBLEM, engineers=())
    page = parsed(report.html(problem, verify(problem, matrix(problem), Plan(())).plan, ()))
    assert [page.text[page.text.index(name) + 1] for name in ("A", "D")] == ["Pump seized", "Crane training"]


def test_engineers_without_tickets_have_an_empty_timeline() -> None:
    problem = replace(day.PROBLEM, tickets=())
    page = parsed(report.html(problem, verify(problem, matrix(problem), Plan(())).plan, ()))
    assert page.text.count("no work") == 2
    assert "No map: nothing is planned on this day." in page.text


def test_a_plan_that_was_never_checked_can_be_shown() -> None:
    page = parsed(report.html(day.PROBLEM, Plan(()), ()))
    assert "This plan has not been priced." in page.text


def test_a_big_city_day_stays_under_two_megabytes() -> None:
    problem, plan = many_tickets(300, 45)
    document = report.html(problem, plan, ())
    page = parsed(document)
    assert len(document.encode()) < 2_000_000
    assert page.count("circle", "stop") == 300
    assert {t.id for t in problem.tickets} | {e.name for e in problem.engineers} <= set(page.text)


def test_forty_five_engineers_are_told_apart_by_colour_and_line() -> None:
    problem, plan = many_tickets(90, 45)
    shown = sheets(problem, plan)
    assert len({(s.colour, s.dash) for s in shown}) == 45


def test_marks_that_would_cover_each_other_are_moved_apart_and_others_are_not() -> None:
    moved = apart([(100.0, 100.0)] * 5 + [(300.0, 100.0), (310.0, 100.0), (500.0, 100.0)], 15)
    assert min(math.dist(a, b) for i, a in enumerate(moved) for b in moved[:i]) > 14.8
    assert moved[7] == (500.0, 100.0)
    assert max(math.dist(p, (100.0, 100.0)) for p in moved[:5]) < 30


def test_what_makes_a_ticket_special_is_said_in_few_words() -> None:
    special = replace(day.A, mandatory=True, pin=Pin("ann"), status="dispatched")
    assert tags(special, {"port": "vip"}) == ("emergency", "P1", "vip", "dispatched", "mandatory", "pinned")
    assert tags(replace(special, status="on_site"), {}) == ("emergency", "P1", "on site", "mandatory")


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 min"), (40, "40 s"), (89, "1 min"), (3570, "1 h 00 min"), (90_000, "25 h 00 min")])
def test_durations_are_read_at_a_glance(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_only_markup_is_taken_as_markup() -> None:
    assert (
        el("p", "a < b", Markup("<b>c</b>"), None, class_="x & y", data_label=1.0)
        == '<p class="x &amp; y" data-label="1">a &lt; b<b>c</b></p>'
    )


@pytest.mark.parametrize(("share", "words"), [(1, "100 %"), (0.999, "99 %"), (0.5, "50 %"), (0.001, "1 %"), (0, "0 %")])
def test_only_all_is_a_hundred_percent(share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_its_screen(width: int, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("chromium is not installed: the width of the report is not measured")
    endless = replace(day.C, id="C" * 60, title="T" * 90, customer="K" * 90, place=replace(day.C.place, address="W" * 90))
    left = replace(day.WITHOUT_D, reasons=(replace(day.WITHOUT_D.reasons[0], detail="R" * 90),))
    problem = replace(day.PROBLEM, name="N" * 90, tickets=(day.A, day.B, endless, replace(day.D, title="D" * 90)))
    verdict = day.checked(problem, Route("ann", "tue", (Stop("A"), Stop("B"), Stop(endless.id))), unassigned=(left,))
    framed = html_module.escape(report.html(problem, verdict.plan, verdict.violations))
    page = tmp_path / "frame.html"
    page.write_text(
        f'<iframe id="f" style="width:{width}px;height:700px;border:0" srcdoc="{framed}"></iframe><script>onload = () => '
        '{ document.title = "scrolls to " + document.getElementById("f").contentDocument.documentElement.scrollWidth; }</script>',
        encoding="utf-8",
    )
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=1400,800",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    shown = subprocess.run([chromium, *flags, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=60, check=True)
    assert re.findall(r"<title>scrolls to (\d+)</title>", shown.stdout) == [str(width)]
