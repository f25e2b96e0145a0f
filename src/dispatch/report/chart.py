"""The map: routes drawn to scale, without tiles, so that it opens without a network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatch.model import Place, Ticket
from dispatch.report.ground import WIDTH, Ground, apart, grid, ground
from dispatch.report.markup import Markup, el
from dispatch.view import Row, Sheet, calendar_day, kilometres, many

__all__ = ["chart", "focus_rules"]

_Point = tuple[float, float]

_NEAR = 1.5
"""Px: points of a line that are nearer to each other are not told apart."""


@dataclass(frozen=True)
class _Dot:
    """A stop on the map, or a ticket left out (`sheet` None)."""

    at: _Point
    ticket: Ticket
    row: Row | None
    sheet: Sheet | None
    anchor: str


@dataclass(frozen=True)
class _Layout:
    """Where everything is drawn: homes by their place on the ground, stops by sheet, tickets left out, and how big dots are."""

    radius: float
    homes: dict[_Point, _Point]
    dots: list[_Dot]
    moved: bool


def _placed(places: Iterable[Place | None]) -> list[Place]:
    return [p for p in places if p is not None and p.lat is not None and p.lon is not None]


def _layout(sheets: Sequence[Sheet], anchors: Sequence[str], left: Sequence[tuple[Ticket, str]], base: Ground) -> _Layout:
    """Place homes, stops and tickets left out, moved apart where they would cover each other."""
    homes = list(dict.fromkeys(base.xy(p) for s in sheets for p in _placed((s.shift.start_place, s.shift.end_place))))
    dots = [
        _Dot(base.xy(r.ticket.place), r.ticket, r, s, f"{a}-{r.number}")
        for s, a in zip(sheets, anchors, strict=True)
        for r in s.rows
        if _placed([r.ticket.place])
    ]
    dots += [_Dot(base.xy(t.place), t, None, None, a) for t, a in left if _placed([t.place])]
    radius = 10.0 if len(dots) <= 60 else 8.5 if len(dots) <= 150 else 7.0
    true = [*homes, *(d.at for d in dots)]
    drawn = apart(true, 2 * radius + 1)
    return _Layout(
        radius,
        dict(zip(homes, drawn, strict=False)),
        [_Dot(at, d.ticket, d.row, d.sheet, d.anchor) for d, at in zip(dots, drawn[len(homes) :], strict=True)],
        any(math.dist(a, b) > radius for a, b in zip(true, drawn, strict=True)),
    )


# ------------------------------------------------------------------- what is drawn


def _north() -> Markup:
    x = WIDTH - 28
    return el(
        "g",
        el("path", d=f"M{x} 16l7 20l-7 -5l-7 5z"),
        el("text", "N", x=x, y=50, text_anchor="middle"),
        class_="north",
    )


def _key(sheet: Sheet) -> str:
    """Return the class that all marks of one engineer carry."""
    return f"r{sheet.number}"


def _thinned(points: Sequence[_Point]) -> list[_Point]:
    """Return points without those that are hardly away from the one before, the last one kept."""
    kept = list(points[:1])
    for point in points[1:-1]:
        if math.dist(point, kept[-1]) >= _NEAR:
            kept.append(point)
    return [*kept, *points[1:][-1:]]


def _line(sheet: Sheet, layout: _Layout, base: Ground, along: Sequence[tuple[float, float]]) -> Markup | None:
    """Return the line of a route; one that is straight from mark to mark follows marks that were moved."""
    start, end = ([layout.homes[base.xy(p)] for p in _placed([place])] for place in (sheet.shift.start_place, sheet.shift.end_place))
    points = [*start, *(d.at for d in layout.dots if d.sheet is sheet), *end]
    if len(along) > len(points):
        points = _thinned([base.xy(Place(lat, lon)) for lat, lon in along])
    if len(points) < 2:
        return None
    route = sheet.route
    said = f"{sheet.name}: {many(len(sheet.rows), 'stop')}, {kilometres(route.distance_m if route else 0)}"
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dash = f' stroke-dasharray="{sheet.dash}"' if sheet.dash else ""
    return Markup(f'<path class="route {_key(sheet)}" d="{d}" stroke="{sheet.colour}"{dash}>{el("title", said)}</path>')


def _homes(sheets: Sequence[Sheet], layout: _Layout, base: Ground) -> list[Markup]:
    who: dict[_Point, list[Sheet]] = {}
    for s in sheets:
        for place in _placed(dict.fromkeys((s.shift.start_place, s.shift.end_place))):
            who.setdefault(layout.homes[base.xy(place)], []).append(s)
    parts = []
    for (x, y), there in who.items():
        names = ", ".join(dict.fromkeys(s.name for s in there))
        colour = there[0].colour if len({s.engineer.id for s in there}) == 1 else None
        square = el("rect", class_="home", x=x - 6, y=y - 6, width=12, height=12, rx=2, style=f"stroke:{colour}" if colour else None)
        parts.append(el("g", el("title", f"Start or end: {names}"), square))
    return parts


def _dot(dot: _Dot, radius: float, numbered: bool) -> Markup:
    t, (x, y) = dot.ticket, dot.at
    what = f"{t.id} {t.title}".rstrip() + (f" · {t.place.address}" if t.place.address else "")
    if dot.sheet is None or dot.row is None:
        r = radius * 0.8
        cross = f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} {2 * r:.1f}"
        marks = (el("path", class_="left-under", d=cross), el("path", class_="left", d=cross))
        return el("a", el("title", f"Unassigned: {what}"), *marks, href=f"#{dot.anchor}", tabindex=-1)
    late = " late" if dot.row.stop.lateness else ""
    return el(
        "a",
        el("title", f"{dot.row.number}. {what} · {dot.sheet.name}" + (" · late" if late else "")),
        el("circle", class_=f"stop{late}", cx=x, cy=y, r=radius, fill=dot.sheet.colour),
        el("text", str(dot.row.number), x=x, y=y + radius * 0.4) if numbered else None,
        href=f"#{dot.anchor}",
        tabindex=-1,
    )


def _dots(layout: _Layout) -> list[Markup]:
    groups: dict[str, list[Markup]] = {}
    for i, dot in enumerate(layout.dots):
        # A dot drawn later may hide the number of one drawn before: then the number is left to the tooltip.
        free = all(math.dist(dot.at, o.at) > layout.radius * 1.3 for o in layout.dots[i + 1 :])
        groups.setdefault(_key(dot.sheet) if dot.sheet else "left-out", []).append(_dot(dot, layout.radius, free))
    return [el("g", *parts, class_=f"dots {key}", font_size=layout.radius * 1.15) for key, parts in groups.items()]


def _legend(sheets: Sequence[Sheet], anchors: Sequence[str], left_out: bool) -> Markup:
    def sample(shape: Markup) -> Markup:
        return el("svg", shape, width=26, height=14, viewBox="0 0 26 14", aria_hidden="true")

    parts = []
    for s, anchor in zip(sheets, anchors, strict=True):
        line = el("line", class_="route", x1=0, y1=7, x2=26, y2=7, stroke=s.colour, stroke_dasharray=s.dash or None)
        parts.append(el("li", el("a", sample(line), s.name, el("small", f" {len(s.rows)}"), href=f"#{anchor}", class_=_key(s))))
    parts.append(el("li", sample(el("rect", class_="home", x=7, y=1, width=12, height=12, rx=2)), "start or end"))
    if left_out:
        parts.append(el("li", sample(el("path", class_="left", d="M8 2l10 10m0 -10l-10 10")), "unassigned"))
    return el("ul", *parts, class_="legend routes")


def chart(
    sheets: Sequence[Sheet], anchors: Sequence[str], left: Sequence[tuple[Ticket, str]], along: Sequence[Sequence[tuple[float, float]]]
) -> Markup:
    """Return the map of one day's routes.

    Parameters
    ----------
    sheets, anchors
        The shifts with work on that day, and the id of each one's table on the page.
    left
        The tickets left out, and the id of each one's description on the page.
    along
        Of each sheet, the line of its route, degrees lat and lon.
    """
    if not sheets and not left:
        return el("p", "No map: nothing is planned on this day.", class_="note")
    everywhere = [p for s in sheets for p in s.places] + [t.place for t, _ in left]
    places = _placed(everywhere)
    if not places:
        return el("p", "No map: the places of this problem have no positions, only travel times.", class_="note")
    base = ground(places)
    lines, scale = grid(base)
    layout = _layout(sheets, anchors, left, base)
    told = f"{many(len(sheets), 'route')} and {many(len(left), 'unassigned ticket')}, north up. The tables below list the same stops."
    drawing = el(
        "svg",
        el("title", f"Map of {calendar_day(sheets[0].day)}" if sheets else "Map"),
        el("desc", told),
        lines,
        *(_line(s, layout, base, line) for s, line in zip(sheets, along, strict=True)),
        *_homes(sheets, layout, base),
        *_dots(layout),
        scale,
        _north(),
        role="group",
        viewBox=f"0 0 {WIDTH:.0f} {base.height:.0f}",
    )
    box = el("div", drawing, class_="sheet", tabindex=0, role="region", aria_label="Map")
    missing = len(set(everywhere)) - len(set(places))
    notes = ["Marks that would cover each other are drawn side by side."] if layout.moved else []
    notes += [f"{many(missing, 'place')} without a position not drawn."] if missing else []
    note = el("p", " ".join(notes), class_="note") if notes else None
    return el("div", box, _legend(sheets, anchors, bool(left)), note, class_="map crowded" if len(sheets) > 15 else "map")


def focus_rules(sheets: Sequence[Sheet]) -> str:
    """Return the style rules by which a route pointed at in the legend stands out from the others."""
    keys = dict.fromkeys(_key(s) for s in sheets if s.route)
    pointed = {k: f".map:has(a.{k}:is(:hover,:focus-visible)) .sheet" for k in keys}
    return "".join(f"{where} :is(.route,.dots):not(.{k}){{opacity:.12}}{where} .route.{k}{{opacity:1}}" for k, where in pointed.items())
