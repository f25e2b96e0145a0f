"""Faults of a world that one field alone cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dispatch.errors import Fault
from dispatch.schema.codes import fault
from dispatch.schema.values import shown
from dispatch.simulation import documents
from dispatch.simulation.kpis import FIGURES, Scope

WEEK = 7 * 86_400


def world_faults(world: documents.World) -> Iterator[Fault]:
    """Yield every fault between the fields of a world."""
    yield from _travel(world)
    yield from _crew(world)
    yield from _work(world)
    yield from _log(world)
    yield from _targets(world)


def _travel(world: documents.World) -> Iterator[Fault]:
    given = world.travel if isinstance(world.travel, dict) else {}
    if given.get("source", "crow") not in ("crow", "matrix"):
        yield fault(
            "WORLD_TRAVEL", "/travel/source", f"`source` is {shown(given['source'])}: a simulation goes to thousands of new places."
        )
    if given.get("speeds"):
        yield fault("WORLD_TRAVEL", "/travel/speeds", f"`speeds` is {shown(given['speeds'])}: a simulation travels alike at any hour.")


def _crew(world: documents.World) -> Iterator[Fault]:
    if not any(e.roster for e in world.engineers):
        many = len(world.engineers)
        said = (
            "There are no engineers."
            if not many
            else f"None of the {many} engineers has a roster."
            if many > 1
            else "The one engineer has no roster."
        )
        yield fault("EMPTY_ROSTER", "/engineers", f"{said} Nobody would ever work.")
    seen: set[str] = set()
    for i, e in enumerate(world.engineers):
        names = {e.id} if e.count == 1 else {f"{e.id}-{k + 1}" for k in range(e.count)}
        if names & seen and e.count > 1:
            yield fault(
                "DUPLICATE_ID", f"/engineers/{i}/id", f"{shown(e.id)} with its count gives {shown(min(names & seen))} a second time."
            )
        seen |= names
        for j, r in enumerate(e.roster):
            if r.week > r.every:
                yield fault(
                    "ROSTER_WEEK", f"/engineers/{i}/roster/{j}/week", f"`week` is {r.week}, and the roster comes round every {r.every}."
                )
            for k, b in enumerate(r.breaks):
                if b.latest < b.earliest:
                    yield fault("BREAK_ENDS_BEFORE_START", f"/engineers/{i}/roster/{j}/breaks/{k}/latest", "`latest` is before `earliest`.")
                elif b.latest > r.length + r.overtime:
                    yield fault(
                        "BREAK_OUTSIDE_SHIFT", f"/engineers/{i}/roster/{j}/breaks/{k}", "The break may begin after the shift is over."
                    )
        clash = _overlap(e)
        if clash is not None:
            yield fault(
                "SHIFTS_OVERLAP",
                f"/engineers/{i}/roster/{clash}",
                f"A shift of this roster begins before another of {shown(e.id)} is over.",
            )


def _overlap(e: documents.Engineer) -> int | None:
    """Return the roster of which a shift begins while another of the engineer lasts, overtime not counted; clock changes aside."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    spans = []
    weeks = min(52, 2 * max((r.every for r in e.roster), default=1) * (2 if len(e.roster) > 1 else 1))
    for j, r in enumerate(e.roster):
        for week in range(weeks):
            if week % r.every == (r.week - 1) % r.every:
                spans += [(week * WEEK + days.index(d) * 86_400 + r.start, r.length, j) for d in set(r.days)]
    spans.sort()
    return next((b[2] for a, b in pairwise(spans) if a[0] + a[1] > b[0]), None)


def _work(world: documents.World) -> Iterator[Fault]:
    logged = {t.demand for t in world.log.tickets} if world.log is not None else set()
    regions = {r.id for r in world.regions}
    seen: set[str] = set()
    for name, works in (("demand", world.demand), ("preventive", world.preventive)):
        for i, w in enumerate(works):
            if w.id in seen:
                yield fault("DUPLICATE_ID", f"/{name}/{i}/id", f"{shown(w.id)} is the id of an earlier sort of tickets as well.")
            seen.add(w.id)
            if w.region is not None and w.region not in regions:
                yield fault("UNKNOWN_REGION", f"/{name}/{i}/region", f"There is no region {shown(w.region)}.")
            if w.visiting is not None and w.visiting.closes < w.visiting.opens:
                yield fault("WINDOW_CLOSES_BEFORE_OPENING", f"/{name}/{i}/visiting/closes", "`closes` is before `opens`.")
            yield from _area(f"/{name}/{i}/area", w.area, world)
    for i, d in enumerate(world.demand):
        given = (d.per_week is not None) + (d.by_hour is not None)
        if given == 2:
            yield fault("RATE_TWICE", f"/demand/{i}/by_hour", f"{shown(d.id)} states both `per_week` ({d.per_week:g}) and `by_hour`.")
        elif given == 0 and d.id not in logged:
            yield fault("RATE_MISSING", f"/demand/{i}", f"{shown(d.id)} states neither `per_week` nor `by_hour`, and no log names it.")
    if not world.demand and not world.preventive:
        yield fault("NO_DEMAND", "/demand", "There is neither `demand` nor `preventive`: nothing would ever come in.")


def _area(pointer: str, area: documents.Area, world: documents.World) -> Iterator[Fault]:
    places = [(f"{pointer}/points/{k}", p) for k, p in enumerate(area.points)] + (
        [(f"{pointer}/centre", area.centre)] if area.centre else []
    )
    if not places:
        yield fault("AREA_WITHOUT_PLACE", pointer, "The area has neither `centre` nor `points`.")
    by_matrix = isinstance(world.travel, dict) and world.travel.get("source") == "matrix"
    rows = len(world.travel["seconds"]) if by_matrix and isinstance(world.travel.get("seconds"), list) else None
    for where, p in places:
        if rows is not None and p.index is None:
            yield fault("PLACE_WITHOUT_INDEX", where, "Travel comes from a matrix, and the place has no `index`.")
        elif rows is not None and p.index is not None and p.index >= rows:
            yield fault("INDEX_OUT_OF_RANGE", f"{where}/index", f"`index` is {p.index}, and the matrix has {rows} rows.")
        elif rows is None and (p.lat is None or p.lon is None):
            yield fault("PLACE_WITHOUT_POSITION", where, "The place has no position.")
        elif rows is None and p.lat is not None and p.lon is not None and not (-90 <= p.lat <= 90 and -180 <= p.lon <= 180):
            yield fault("POSITION_OUT_OF_RANGE", where, f"The place is at {p.lat:g}, {p.lon:g}.")
    if rows is not None and area.radius_km:
        yield fault("PLACE_WITHOUT_INDEX", f"{pointer}/radius_km", f"`radius_km` is {area.radius_km:g}, and travel comes from a matrix.")


def _log(world: documents.World) -> Iterator[Fault]:
    if world.log is None:
        return
    known = {d.id for d in world.demand}
    if not world.log.tickets:
        yield fault("LOG_EMPTY", "/log/tickets", "The log has no tickets.")
    for i, t in enumerate(world.log.tickets):
        if t.demand not in known:
            yield fault("UNKNOWN_DEMAND", f"/log/tickets/{i}/demand", f"There is no entry {shown(t.demand)} in `demand`.")


def _targets(world: documents.World) -> Iterator[Fault]:
    regions = {r.id for r in world.regions}
    bounds: dict[tuple[str, Scope, int], list[tuple[int, float]]] = {}
    for i, t in enumerate(world.targets):
        if t.figure not in FIGURES:
            yield fault(
                "UNKNOWN_FIGURE",
                f"/targets/{i}/figure",
                f"{shown(t.figure)} is not a figure of a simulation.",
                f"Use one of {', '.join(FIGURES)}.",
            )
            continue
        if t.region is not None and t.region not in regions:
            yield fault("UNKNOWN_REGION", f"/targets/{i}/region", f"There is no region {shown(t.region)}.")
        if t.at_least is None and t.at_most is None:
            yield fault("TARGET_WITHOUT_BOUND", f"/targets/{i}", f"The target for {shown(t.figure)} has neither `at_least` nor `at_most`.")
        scope = (t.kind, t.customer_class, t.region)
        if FIGURES[t.figure] == "share" and (t.at_least or 0.0) > 1:
            yield fault(
                "TARGETS_CONTRADICT", f"/targets/{i}/at_least", f"`at_least` is {t.at_least:g}, and `{t.figure}` is a share, 1 at the most."
            )
        for name, value, sign in (("at_least", t.at_least, 1), ("at_most", t.at_most, -1)):
            if value is None:
                continue
            for figure, other in _opposite(t.figure, sign):
                for j, bound in bounds.get((figure, scope, other), ()):
                    if (value - bound) * sign > 0:
                        mine, theirs = f"{t.figure} {name} {value:g}", f"{figure} {'at_most' if sign > 0 else 'at_least'} {bound:g}"
                        message = f"{mine} cannot be reached together with {theirs} of /targets/{j}."
                        yield fault("TARGETS_CONTRADICT", f"/targets/{i}/{name}", message)
            bounds.setdefault((t.figure, scope, sign), []).append((i, value))


def _opposite(figure: str, sign: int) -> Iterator[tuple[str, int]]:
    """Yield the figures whose opposite bound a bound can contradict: itself, and the other percentile of the response."""
    yield figure, -sign
    lower, upper = "response_p50_minutes", "response_p90_minutes"
    if figure == lower and sign > 0:
        yield upper, -1
    if figure == upper and sign < 0:
        yield lower, 1
