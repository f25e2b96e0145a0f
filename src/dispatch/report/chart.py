"""The map: routes drawn to scale, without tiles, so that it opens without a network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatch.model import Place, Ticket
from dispatch.report.markup import Markup, el
from dispatch.view import Row, Sheet, calendar_day, kilometres, many

__all__ = ["chart", "focus_rules"]

_WIDTH = 1180.0
_MARGIN = 30.0
_KM_PER_DEGREE = 111.195
_SMALLEST = 2.0  # km across at least, so that a single place is not blown up to nothing


@dataclass(frozen=True)
class _Ground:
    """From degrees to px: equirectangular, true to scale at the middle latitude."""

    west: float
    north: float
    height: float
    px_per_km: float
    narrowing: float

    def xy(self, place: Place) -> tuple[float, float]:
        lat, lon = place.lat or 0.0, place.lon or 0.0
        east_km = (lon - self.west) * _KM_PER_DEGREE * self.narrowing
        south_km = (self.north - lat) * _KM_PER_DEGREE
        return _MARGIN + east_km * self.px_per_km, _MARGIN + south_km * self.px_per_km


def _ground(places: Sequence[Place]) -> _Ground:
    lats = [p.lat for p in places if p.lat is not None]
    lons = [p.lon for p in places if p.lon is not None]
    middle_lat, middle_lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    narrowing = max(math.cos(math.radians(middle_lat)), 0.01)
    wide = max((max(lons) - min(lons)) * _KM_PER_DEGREE * narrowing, _SMALLEST)
    tall = max((max(lats) - min(lats)) * _KM_PER_DEGREE, _SMALLEST / 2)
    inner = _WIDTH - 2 * _MARGIN
    height = min(max(inner * tall / wide, 0.34 * inner), 0.54 * inner)
    scale = min(inner / wide, height / tall)
    return _Ground(
        west=middle_lon - inner / scale / 2 / (_KM_PER_DEGREE * narrowing),
        north=middle_lat + height / scale / 2 / _KM_PER_DEGREE,
        height=height + 2 * _MARGIN,
        px_per_km=scale,
        narrowing=narrowing,
    )


def _placed(places: Iterable[Place]) -> list[Place]:
    return [p for p in places if p.lat is not None and p.lon is not None]


# ------------------------------------------------------------------- what is drawn


def _grid(ground: _Ground) -> tuple[Markup, Markup]:
    """Draw a grid of round kilometres, and the scale bar that tells its size."""
    wanted = 130 / ground.px_per_km
    power = 10 ** math.floor(math.log10(wanted))
    step = max(power * m for m in (1, 2, 5) if power * m <= wanted)
    px = step * ground.px_per_km
    lines = [f"M{i * px:.1f} 0V{ground.height:.0f}" for i in range(1, int(_WIDTH / px) + 1)]
    lines += [f"M0 {i * px:.1f}H{_WIDTH:.0f}" for i in range(1, int(ground.height / px) + 1)]
    size = f"{step:g} km" if step >= 1 else f"{step * 1000:g} m"
    y = ground.height - 16
    scale = el(
        "g",
        el("path", d=f"M16 {y - 5}v5H{16 + px:.1f}v-5"),
        el("text", size, x=16 + px / 2, y=y - 5, text_anchor="middle"),
        class_="scale",
    )
    return el("path", class_="grid", d="".join(lines)), scale


def _north() -> Markup:
    x = _WIDTH - 28
    return el(
        "g",
        el("path", d=f"M{x} 16l7 20l-7 -5l-7 5z"),
        el("text", "N", x=x, y=50, text_anchor="middle"),
        class_="north",
    )


def _key(sheet: Sheet) -> str:
    """Return the class that all marks of one engineer carry."""
    return f"r{sheet.number}"


def _line(sheet: Sheet, ground: _Ground) -> Markup | None:
    points = [ground.xy(p) for p in _placed(sheet.places)]
    if len(points) < 2:
        return None
    route = sheet.route
    said = f"{sheet.name}: {many(len(sheet.rows), 'stop')}, {kilometres(route.distance_m if route else 0)}"
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Markup(
        f'<path class="route {_key(sheet)}" d="{d}" stroke="{sheet.colour}"'
        + (f' stroke-dasharray="{sheet.dash}"' if sheet.dash else "")
        + f">{el('title', said)}</path>"
    )


def _homes(sheets: Sequence[Sheet], ground: _Ground) -> list[Markup]:
    who: dict[tuple[float, float], list[Sheet]] = {}
    for s in sheets:
        for place in _placed(dict.fromkeys(p for p in (s.shift.start_place, s.shift.end_place) if p is not None)):
            x, y = ground.xy(place)
            who.setdefault((round(x, 1), round(y, 1)), []).append(s)
    parts = []
    for (x, y), there in who.items():
        names = ", ".join(dict.fromkeys(s.name for s in there))
        colour = there[0].colour if len({s.engineer.id for s in there}) == 1 else None
        square = el("rect", class_="home", x=x - 6, y=y - 6, width=12, height=12, rx=2, style=f"stroke:{colour}" if colour else None)
        parts.append(el("g", el("title", f"Start or end: {names}"), square))
    return parts


@dataclass(frozen=True)
class _Dot:
    """A stop on the map, or a ticket left out (`sheet` None)."""

    x: float
    y: float
    ticket: Ticket
    row: Row | None
    sheet: Sheet | None
    anchor: str


def _spread(dots: Sequence[_Dot], radius: float) -> list[_Dot]:
    """Move dots that lie on one point onto a small ring around it, so that each can be seen and tapped."""
    same: dict[tuple[int, int], list[_Dot]] = {}
    for dot in dots:
        same.setdefault((round(dot.x / 3), round(dot.y / 3)), []).append(dot)
    found = []
    for group in same.values():
        ring = radius / math.sin(math.pi / len(group)) if len(group) > 1 else 0.0
        for i, d in enumerate(group):
            turn = 2 * math.pi * i / len(group)
            x, y = d.x + ring * math.sin(turn), d.y - ring * math.cos(turn)
            found.append(_Dot(x, y, d.ticket, d.row, d.sheet, d.anchor))
    return found


def _dot(dot: _Dot, radius: float, numbered: bool) -> Markup:
    t = dot.ticket
    what = f"{t.id} {t.title}".rstrip() + (f" · {t.place.address}" if t.place.address else "")
    if dot.sheet is None or dot.row is None:
        r = radius * 0.8
        cross = f"M{dot.x - r:.1f} {dot.y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} {2 * r:.1f}"
        marks = (el("path", class_="left-under", d=cross), el("path", class_="left", d=cross))
        return el("a", el("title", f"Unassigned: {what}"), *marks, href=f"#{dot.anchor}", tabindex=-1)
    late = " late" if dot.row.stop.lateness else ""
    return el(
        "a",
        el("title", f"{dot.row.number}. {what} · {dot.sheet.name}" + (" · late" if late else "")),
        el("circle", class_=f"stop{late}", cx=dot.x, cy=dot.y, r=radius, fill=dot.sheet.colour),
        el("text", str(dot.row.number), x=dot.x, y=dot.y + radius * 0.4) if numbered else None,
        href=f"#{dot.anchor}",
        tabindex=-1,
    )


def _dots(sheets: Sequence[Sheet], anchors: Sequence[str], left: Sequence[tuple[Ticket, str]], ground: _Ground) -> list[Markup]:
    dots = [
        _Dot(*ground.xy(r.ticket.place), r.ticket, r, s, f"{a}-{r.number}")
        for s, a in zip(sheets, anchors, strict=True)
        for r in s.rows
        if _placed([r.ticket.place])
    ]
    radius = 10.0 if len(dots) <= 60 else 8.5 if len(dots) <= 150 else 7.0
    dots = _spread([*dots, *(_Dot(*ground.xy(t.place), t, None, None, a) for t, a in left if _placed([t.place]))], radius)
    groups: dict[str, list[Markup]] = {}
    for i, dot in enumerate(dots):
        # A dot drawn later may hide the number of one drawn before: then the number is left to the tooltip.
        free = all(math.hypot(dot.x - o.x, dot.y - o.y) > radius * 1.3 for o in dots[i + 1 :])
        groups.setdefault(_key(dot.sheet) if dot.sheet else "left-out", []).append(_dot(dot, radius, free))
    return [el("g", *parts, class_=f"dots {key}", font_size=radius * 1.15) for key, parts in groups.items()]


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


def chart(sheets: Sequence[Sheet], anchors: Sequence[str], left: Sequence[tuple[Ticket, str]]) -> Markup:
    """Return the map of one day's routes.

    Parameters
    ----------
    sheets, anchors
        The shifts with work on that day, and the id of each one's table on the page.
    left
        The tickets left out, and the id of each one's description on the page.
    """
    if not sheets and not left:
        return el("p", "No map: nothing is planned on this day.", class_="note")
    everywhere = [p for s in sheets for p in s.places] + [t.place for t, _ in left]
    places = _placed(everywhere)
    if not places:
        return el("p", "No map: the places of this problem have no positions, only travel times.", class_="note")
    ground = _ground(places)
    grid, scale = _grid(ground)
    told = f"{many(len(sheets), 'route')} and {many(len(left), 'unassigned ticket')}, north up. The tables below list the same stops."
    drawing = el(
        "svg",
        el("title", f"Map of {calendar_day(sheets[0].day)}" if sheets else "Map"),
        el("desc", told),
        grid,
        *(_line(s, ground) for s in sheets),
        *_homes(sheets, ground),
        *_dots(sheets, anchors, left, ground),
        scale,
        _north(),
        role="group",
        viewBox=f"0 0 {_WIDTH:.0f} {ground.height:.0f}",
    )
    box = el("div", drawing, class_="sheet", tabindex=0, role="region", aria_label="Map")
    missing = len(set(everywhere)) - len(set(places))
    note = el("p", f"{many(missing, 'place')} without a position not drawn.", class_="note") if missing else None
    return el("div", box, _legend(sheets, anchors, bool(left)), note, class_="map crowded" if len(sheets) > 15 else "map")


def focus_rules(sheets: Sequence[Sheet]) -> str:
    """Return the style rules by which a route pointed at in the legend stands out from the others."""
    keys = dict.fromkeys(_key(s) for s in sheets if s.route)
    return "".join(f".map:has(a.{k}:is(:hover,:focus-visible)) .sheet :is(.route,.dots):not(.{k}){{opacity:.12}}" for k in keys)
