"""The timeline: one table per day, one row per shift, each row its own SVG (so that print breaks between rows)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dispatch.model import Route
from dispatch.report.markup import Markup, el, join
from dispatch.view import Row, Sheet, calendar_day, clock, duration, from_to, kilometres, many

__all__ = ["timeline"]

_WIDTH = 1000  # px a day is drawn on, unless its hours would get narrower than _HOUR
_HOUR = 44
_LONGEST = 96  # hours drawn at most: one absurd time must not make the drawing endless
_TOP, _BAR, _LANE = 15, 20, 7  # px: labels above the bars, bars, each line of windows and promises
_LANES = 5
_LETTER = 6.3  # px, a generous width of one letter of a label


@dataclass(frozen=True)
class _Axis:
    """From Unix seconds to px."""

    start: int
    end: int
    zone: ZoneInfo
    day: date

    @property
    def hours(self) -> float:
        return (self.end - self.start) / 3600

    @property
    def width(self) -> float:
        return max(_WIDTH, _HOUR * self.hours)

    def x(self, moment: int) -> float:
        return (min(max(moment, self.start), self.end) - self.start) * self.width / (self.end - self.start)

    def shows(self, moment: int) -> bool:
        return self.start <= moment <= self.end

    def ticks(self) -> range:
        return range(self.start, self.end + 1, 3600)

    def clock(self, moment: int) -> str:
        return clock(moment, self.zone, self.day)


def _axis(sheets: Sequence[Sheet], zone: ZoneInfo) -> _Axis:
    first = min(min(s.shift.start, s.route.departure) if s.route else s.shift.start for s in sheets)
    last = max(max(s.shift.overtime_until, s.route.return_) if s.route else s.shift.overtime_until for s in sheets)
    minute = datetime.fromtimestamp(first, zone).minute
    start = first - minute * 60 - first % 60
    end = start + -(-(last - start) // 3600) * 3600
    return _Axis(start, min(max(end, start + 4 * 3600), start + _LONGEST * 3600), zone, sheets[0].day)


def _bar(axis: _Axis, start: int, end: int, y: float, height: float, class_: str, title: str | None = None, **more: str) -> Markup:
    x = axis.x(start)
    width = max(axis.x(end) - x, 1.0)
    box = {"x": x, "y": y, "width": width, "height": height}
    shape = f'<rect class="{class_}"' + "".join(f' {k}="{v:.1f}"' for k, v in box.items())
    shape += "".join(f' {k}="{v}"' for k, v in more.items())
    return Markup(f"{shape}>{el('title', title)}</rect>" if title else f"{shape}/>")


def _line(class_: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return el("line", class_=class_, x1=x1, y1=y1, x2=x2, y2=y2)


# ------------------------------------------------- windows and promises, in lanes


@dataclass(frozen=True)
class _Mark:
    """What was wanted for one stop: its windows and its promise, and the lane they are drawn in."""

    row: Row
    windows: tuple[tuple[int, int], ...]
    respond_by: int | None
    lane: int


def _marks(sheet: Sheet, axis: _Axis) -> list[_Mark]:
    lanes: list[float] = []
    found = []
    for row in sheet.rows:
        shown = tuple(
            (w.start, w.end)
            for w in row.ticket.windows
            if w.end >= axis.start and w.start <= axis.end and not (w.start <= sheet.shift.start and w.end >= sheet.shift.overtime_until)
        )
        promise = row.respond_by if row.respond_by is not None and axis.shows(row.respond_by) else None
        if not shown and promise is None:
            continue
        moments = [row.stop.start, *(m for w in shown for m in w), *([promise] if promise is not None else [])]
        left, right = axis.x(min(moments)), axis.x(max(moments))
        free = next((i for i, used in enumerate(lanes) if used + 4 < left), len(lanes))
        lane = min(free, _LANES - 1)
        lanes[lane:] = [max(right, lanes[lane] if lane < len(lanes) else right), *lanes[lane + 1 :]]
        found.append(_Mark(row, shown, promise, lane))
    return found


def _mark(mark: _Mark, axis: _Axis) -> Markup:
    y = float(_TOP + _BAR + 5 + mark.lane * _LANE)
    x = axis.x(mark.row.stop.start)
    parts: list[Markup | None] = [el("title", _wanted(mark, axis)), _line("link", x, _TOP + _BAR, x, y)]
    for start, end in mark.windows:
        x1, x2 = axis.x(start), axis.x(end)
        ends = (f"M{x1:.1f} {y - 3}v6" if axis.shows(start) else "") + (f"M{x2:.1f} {y - 3}v6" if axis.shows(end) else "")
        parts.append(el("path", class_="window", d=f"M{x1:.1f} {y}H{x2:.1f}{ends}"))
    if mark.respond_by is not None:
        due = axis.x(mark.respond_by)
        if mark.row.stop.lateness:
            parts.append(_line("overdue", due, y, x, y))
        parts.append(el("path", class_="due", d=f"M{due:.1f} {y - 4}l4 4l-4 4l-4 -4z"))
    parts.append(el("circle", class_="began", cx=x, cy=y, r=2.2))
    return el("g", *parts)


def _wanted(mark: _Mark, axis: _Axis) -> str:
    said = [f"{mark.row.ticket.id} starts at {axis.clock(mark.row.stop.start)}"]
    if mark.windows:
        said.append("window " + " or ".join(from_to(a, b, axis.zone, axis.day) for a, b in mark.windows))
    if mark.respond_by is not None:
        said.append(f"promised by {axis.clock(mark.respond_by)}")
    return ", ".join(said)


# ------------------------------------------------------------------ one row


def _service_title(sheet: Sheet, row: Row, axis: _Axis) -> str:
    s, t = row.stop, row.ticket
    said = [f"{row.number}. {t.id} {t.title}".rstrip(), from_to(s.start, s.end, axis.zone, axis.day), sheet.name]
    said += [who for who in (t.customer,) if who]
    said.append(f"travel {duration(s.travel)}")
    if s.waiting:
        said.append(f"waiting {duration(s.waiting)}")
    if s.lateness:
        said.append(f"LATE {duration(s.lateness)}")
    return " · ".join(said)


def _legs(sheet: Sheet, route: Route, axis: _Axis) -> list[Markup]:
    middle = _TOP + _BAR / 2
    parts = []
    free = route.departure
    for row in sheet.rows:
        s = row.stop
        if s.arrival > free:
            title = f"Travel to {s.ticket}: {duration(s.travel)}"
            parts.append(_bar(axis, free, s.arrival, middle - 2, 4, "drive", title, fill=sheet.colour))
        if s.waiting:
            parts.append(_bar(axis, s.arrival, s.start, middle - 5, 10, "wait", f"Waiting at {s.ticket}: {duration(s.waiting)}"))
        free = s.end
    if route.return_ > free:
        back = f"Way back: {from_to(free, route.return_, axis.zone, axis.day)}"
        parts.append(_bar(axis, free, route.return_, middle - 2, 4, "drive", back, fill=sheet.colour))
    for rest in route.breaks:
        title = f"Break {from_to(rest.start, rest.end, axis.zone, axis.day)}"
        parts.append(_bar(axis, rest.start, rest.end, _TOP + 3, _BAR - 6, "break", title))
    return parts


def _label(row: Row, axis: _Axis) -> bool:
    """Tell whether the ticket id fits into its service bar."""
    return len(row.stop.ticket) * _LETTER + 4 <= axis.x(row.stop.end) - axis.x(row.stop.start)


def _flags(sheet: Sheet, axis: _Axis) -> dict[int, tuple[float, str]]:
    """Place what is written above the bars: lateness first, then ids too long for their bars, where there is room.

    Returns px and text by the number of the stop.
    """
    placed: dict[int, tuple[float, str]] = {}
    taken: list[tuple[float, float]] = []
    wanted: list[tuple[Row, tuple[str, ...]]]
    wanted = [(r, (f"late {duration(r.stop.lateness)}", "late")) for r in sheet.rows if r.stop.lateness]
    wanted += [(r, (r.stop.ticket,)) for r in sheet.rows if not r.stop.lateness and not _label(r, axis)]
    for row, texts in wanted:
        for text in texts:
            wide = len(text) * _LETTER
            left = min(axis.x(row.stop.start), axis.width - wide)
            if all(left + wide + 5 < a or left > b + 5 for a, b in taken):
                placed[row.number] = (left, text)
                taken.append((left, left + wide))
                break
    return placed


def _services(sheet: Sheet, axis: _Axis, anchor: str) -> list[Markup]:
    """Draw the service bars, each with its ticket id inside, else above it, else only in the tooltip."""
    flags = _flags(sheet, axis)
    parts = []
    for row in sheet.rows:
        s = row.stop
        begun = " begun" if row.ticket.status in ("done", "on_site") else ""
        paint = {"fill": sheet.colour, "stroke": sheet.colour} if begun else {"fill": sheet.colour}
        classes = f"service{begun}" + (" late" if s.lateness else "")
        drawn = [_bar(axis, s.start, s.end, _TOP, _BAR, classes, _service_title(sheet, row, axis), rx="3", **paint)]
        if _label(row, axis):
            middle = (axis.x(s.start) + axis.x(s.end)) / 2
            drawn.append(el("text", s.ticket, class_=f"id{begun}", x=middle, y=_TOP + _BAR / 2 + 4))
        if row.number in flags:
            x, text = flags[row.number]
            drawn.append(el("text", text, class_="flag late" if s.lateness else "flag", x=x, y=_TOP - 4))
        parts.append(el("a", *drawn, href=f"#{anchor}-{row.number}", tabindex=-1))
    return parts


def _row_svg(sheet: Sheet, axis: _Axis, now: int, anchor: str) -> Markup:
    marks = _marks(sheet, axis)
    lanes = max((m.lane + 1 for m in marks), default=0)
    shift, route = sheet.shift, sheet.route
    # At least as tall as the lines of the name beside it.
    height = max(_TOP + _BAR + 6 + lanes * _LANE, 58 if route and route.overtime else 43)
    ground = [_bar(axis, shift.start, shift.end, 0, height, "hours")]
    if shift.overtime_until > shift.end:
        title = f"Overtime possible until {axis.clock(shift.overtime_until)}"
        ground.append(_bar(axis, shift.end, shift.overtime_until, 0, height, "overtime", title))
    ground += [_line("hour", axis.x(t), 0, axis.x(t), height) for t in axis.ticks()]
    if route and route.overtime:
        title = f"Overtime {duration(route.overtime)}"
        ground.append(_bar(axis, shift.end, route.return_, 0, height, "overtime-used", title))
    if axis.shows(now):
        ground.append(_line("now", axis.x(now), 0, axis.x(now), height))
    work = [*_legs(sheet, route, axis), *(_mark(m, axis) for m in marks), *_services(sheet, axis, anchor)] if route else []
    return el(
        "svg",
        el("title", f"Timeline of {sheet.name}"),
        el("desc", _told(sheet, axis)),
        *ground,
        *work,
        role="group",
        width=f"{axis.width:.0f}",
        height=height,
        viewBox=f"0 0 {axis.width:.0f} {height}",
    )


def _told(sheet: Sheet, axis: _Axis) -> str:
    hours = f"Shift {from_to(sheet.shift.start, sheet.shift.end, axis.zone, axis.day)}."
    if sheet.route is None:
        return f"{hours} No work."
    return hours + "".join(
        f" {r.number}. {r.stop.ticket} {from_to(r.stop.start, r.stop.end, axis.zone, axis.day)}"
        + (f", late {duration(r.stop.lateness)}." if r.stop.lateness else ".")
        for r in sheet.rows
    )


def _name(sheet: Sheet, anchor: str) -> Markup:
    route = sheet.route
    if route is None:
        return el("th", el("a", el("i", class_="dot"), el("b", sheet.name), href=f"#{anchor}"), el("small", "no work"), scope="row")
    worked = f"{many(len(route.stops), 'stop')} · {kilometres(route.distance_m)}"
    return el(
        "th",
        el("a", el("i", class_="dot", style=f"background:{sheet.colour}"), el("b", sheet.name), href=f"#{anchor}"),
        el("small", worked),
        el("small", f"overtime {duration(route.overtime)}", class_="warn") if route.overtime else None,
        scope="row",
    )


def _hours(axis: _Axis, now: int) -> Markup:
    step = 1 if axis.width / axis.hours >= _HOUR else 2
    parts = []
    for i, t in enumerate(axis.ticks()):
        if i % step == 0:
            anchor = "start" if i == 0 else "end" if t == axis.end else "middle"
            near_now = axis.shows(now) and abs(axis.x(t) - axis.x(now)) < 62
            parts.append(None if near_now else el("text", clock(t, axis.zone), x=axis.x(t), y=14, text_anchor=anchor))
    if axis.shows(now):
        x = min(max(axis.x(now), 30), axis.width - 30)
        parts.append(el("text", f"now {clock(now, axis.zone)}", class_="now", x=x, y=14, text_anchor="middle"))
    drawing = el("svg", *parts, aria_hidden="true", width=f"{axis.width:.0f}", height=20, viewBox=f"0 0 {axis.width:.0f} 20")
    return el("tr", el("th", "Engineer", scope="col"), el("th", drawing, scope="col"))


def legend() -> Markup:
    """Return the key to the marks of the timeline."""

    def sample(name: str, *shapes: Markup) -> Markup:
        return el("li", el("svg", *shapes, width=26, height=14, viewBox="0 0 26 14", aria_hidden="true"), name)

    return el(
        "ul",
        sample("service", el("rect", class_="service", x=1, y=0, width=24, height=14, rx=3, fill="var(--soft)")),
        sample(
            "begun or done",
            el("rect", class_="service begun", x=1, y=1, width=24, height=12, rx=3, fill="var(--soft)", stroke="var(--soft)"),
        ),
        sample("travel", el("rect", class_="drive", x=0, y=5, width=26, height=4, fill="var(--soft)")),
        sample("waiting", el("rect", class_="wait", x=1, y=2, width=24, height=10)),
        sample("break", el("rect", class_="break", x=1, y=1, width=24, height=12)),
        sample("late", el("rect", class_="service late", x=1, y=1, width=24, height=12, rx=3, fill="var(--soft)")),
        sample(
            "window, with the start in it",
            el("path", class_="window", d="M1 7H25M1 4v6M25 4v6"),
            el("circle", class_="began", cx=9, cy=7, r=2.2),
        ),
        sample("promised by", el("path", class_="due", d="M13 2l5 5l-5 5l-5 -5z")),
        sample("overtime possible", el("rect", class_="overtime", x=0, y=0, width=26, height=14)),
        class_="legend",
    )


def timeline(sheets: Sequence[Sheet], now: int, zone: ZoneInfo, anchors: Sequence[str]) -> Markup:
    """Return the timeline of one day.

    Parameters
    ----------
    sheets
        The shifts that start on that day, at least one.
    now
        The planning moment, Unix seconds.
    anchors
        For each sheet, the id of its table on the page.
    """
    axis = _axis(sheets, zone)
    rows = [el("tr", _name(s, a), el("td", _row_svg(s, axis, now, a))) for s, a in zip(sheets, anchors, strict=True)]
    table = el(
        "table",
        el("caption", f"Timeline of {calendar_day(axis.day)}: {many(len(sheets), 'shift')}", class_="hidden"),
        el("thead", _hours(axis, now)),
        el("tbody", *rows),
    )
    # A4 landscape leaves about 1040 px; print scales what is wider.
    fit = min(1.0, 1040 / (axis.width + 190))
    return join(legend(), el("div", table, class_="gantt", style=f"--fit:{fit:.3f}", tabindex=0, role="region", aria_label="Timeline"))
