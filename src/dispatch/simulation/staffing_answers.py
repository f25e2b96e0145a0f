"""What is found about crews and promises, as JSON, as reports and as charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dispatch.report.markup import Markup, el, join
from dispatch.schema.values import write_duration
from dispatch.simulation import answers, page, picture
from dispatch.simulation.kpis import ALL, FIGURES, of_scope
from dispatch.simulation.promises import Promise, Promised, per_money
from dispatch.simulation.staff import Group, Staffed, Tried
from dispatch.simulation.studies import Compared, Study
from dispatch.simulation.sweeps import columns, heading, with_sign
from dispatch.simulation.world import World

__all__ = [
    "draw_differences",
    "draw_promises",
    "draw_staff",
    "marginal",
    "marginal_html",
    "promises",
    "promises_html",
    "staff",
    "staff_html",
]


def group(g: Group) -> dict[str, Any]:
    """Return a group of engineers."""
    return {"engineers": g.id, "region": g.region or None, "skills": g.skills, "now": g.now, "least": g.least, "most": g.most}


def said(tried: Tried, groups: Sequence[Group]) -> str:
    """Return a crew in words."""
    return ", ".join(f"{g.id} {n}" for g, n in zip(groups, tried.counts, strict=True))


def within(seconds: int) -> str:
    """Return a time promised in words: `2 h`, `1 h 30 min`."""
    hours, minutes = divmod(seconds // 60, 60)
    return " ".join(p for p in (f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else "") if p)


# ----------------------------------------------------------------------- staff


def _tried(t: Tried, groups: Sequence[Group]) -> dict[str, Any]:
    return {
        "crew": {g.id: n for g, n in zip(groups, t.counts, strict=True)},
        "engineers": sum(t.counts),
        "cost_per_week": round(t.cost, 2),
        "replications": len(t.compared.result.replications),
        "met": t.met,
        "targets": [answers.target(v) for v in t.compared.targets],
        "again": None if t.again is None else [answers.target(v) for v in t.again.targets],
    }


def staff(found: Staffed, world: World, plan: tuple[int, int, int]) -> dict[str, Any]:
    """Return the cheapest crew as a document; `plan` is days, replications and seed."""
    dearer = found.dearer()
    return {
        "format": "dispatch-staff/1",
        "world": world.name,
        **dict(zip(("days", "replications", "seed"), plan, strict=True)),
        "complete": found.complete,
        "groups": [group(g) for g in found.groups],
        "best": None if found.best is None else _tried(found.best, found.groups),
        "today": None if found.today is None else _tried(found.today, found.groups),
        "cost_per_day_more_than_today": None if dearer is None else answers.estimate(dearer),
        "neighbours": [_tried(t, found.groups) for t in found.neighbours],
        "nearest": [{**answers.target(v), "crew": _tried(t, found.groups)["crew"]} for v, t in found.nearest()],
        "tried": [_tried(t, found.groups) for t in found.tried],
    }


def _rows(name: str, t: Tried, found: Staffed) -> list[list[str | Markup]]:
    """Return the row of a crew, and another where it was judged again."""
    rows = [[name, said(t, found.groups), *_judged(t.compared, f"{t.cost:,.0f}")]]
    return rows if t.again is None else [*rows, ["again" if name else "", "on other random numbers", *_judged(t.again, "")]]


def _judged(c: Compared, cost: str) -> list[str | Markup]:
    verdict = el("strong", "met" if c.met else "missed", class_=None if c.met else "late")
    return [verdict, cost, *(page.with_interval(v.estimate, FIGURES[v.figure]) for v in c.targets)]


def staff_html(found: Staffed, world: World) -> str:
    """Return the report of a search for a crew."""
    rows = [] if found.best is None else _rows("best", found.best, found)
    rows += [row for t in found.neighbours for row in _rows("one less", t, found)]
    rows += [] if found.today is None else _rows("today", found.today, found)
    tried = [row[1:] for t in found.tried for row in _rows("", t, found)]
    names = [heading((v.figure, v.scope)) for v in (found.tried[0].compared.targets if found.tried else ())]
    lead = (
        f"No crew {'in range' if found.complete else 'that was simulated'} meets all targets."
        if found.best is None
        else f"The cheapest crew that meets all targets: {said(found.best, found.groups)}."
    )
    parts = [
        page.section(
            "The crew, and those with one engineer less", page.table(("", "Crew", "Targets", "Shifts a week cost", *names), rows, 3)
        ),
        page.section("Crews by cost", page.chart(lambda: draw_staff(found, world))),
        page.section("All crews that were simulated", page.table(("Crew", "Targets", "Shifts a week cost", *names), tried, 2)),
    ]
    made = "CP-SAT proposes the cheapest crew that is not ruled out; what misses a target rules out every crew that has nobody more. "
    made += "What may be the answer is judged again on other random numbers, and has to meet all targets there, too. Intervals are 95 %."
    return page.document(world.name or "Crew", lead, (), parts, made)


def draw_staff(found: Staffed, world: World) -> Any:
    """Return a chart of all crews simulated: what their shifts cost, and the first figure wanted."""
    drawn, axes = picture.figure(1, 1, 9, 4.2)
    axis = axes[0, 0]
    verdicts = found.tried[0].compared.targets if found.tried else ()
    if not verdicts:
        return drawn
    # The target that the fewest crews meet tells most.
    k = min(range(len(verdicts)), key=lambda i: sum(t.compared.targets[i].met for t in found.tried))
    target = verdicts[k]
    factor = 100.0 if FIGURES[target.figure] == "share" else 1.0
    for t in found.tried:
        e = t.compared.targets[k].estimate
        if e.mean is None:
            continue
        reach = [[0.0], [0.0]] if e.low is None or e.high is None else [[factor * (e.mean - e.low)], [factor * (e.high - e.mean)]]
        colour = picture.ACCENT if t.met else picture.SOFT
        axis.errorbar(
            t.cost, factor * e.mean, yerr=reach, fmt="o", color=colour, markersize=8 if t is found.best else 4, capsize=2, linewidth=1
        )
    for bound in (target.at_least, target.at_most):
        if bound is not None:
            axis.axhline(factor * bound, color=picture.LATE, linewidth=1.2)
    axis.set_xlabel(f"Shifts of a week, {world.currency or 'money'}")
    axis.set_title(f"{heading((target.figure, target.scope))}{', %' if factor == 100 else ''}: crews that meet all targets in blue")
    axis.grid(color="#e6eaef")
    return drawn


# -------------------------------------------------------------------- marginal


def order(study: Study, world: World) -> list[int]:
    """Return the alternatives, the one that buys most of the first figure for its money first."""
    figure, scope = columns(world)[0]
    target = next((t for t in world.targets), None)
    sign = -1 if target is not None and target.at_least is None else 1
    return sorted(range(1, len(study.compared)), key=lambda i: -sign * (per_money(study, i, figure, scope) or 0.0))


def marginal(groups: Sequence[Group], study: Study, world: World) -> dict[str, Any]:
    """Return what one more engineer of each group buys, as a document."""
    shown = columns(world)
    return {
        "format": "dispatch-marginal/1",
        "world": world.name,
        "days": study.days,
        "replications": study.replications,
        "seed": study.seed,
        "complete": study.complete,
        "figures": [{"figure": f, **answers.scope(s), **answers.estimate(study.compared[0].result.estimate(f, s))} for f, s in shown],
        "one_more": [
            {
                **group(groups[i - 1]),
                "differences": [{"figure": f, **answers.scope(s), **answers.estimate(study.difference(i, f, s))} for f, s in shown],
            }
            for i in order(study, world)
        ],
    }


def marginal_html(groups: Sequence[Group], study: Study, world: World) -> str:
    """Return the report of one engineer more."""
    shown = columns(world)
    rows: list[list[str | Markup]] = [
        [
            f"+1 {groups[i - 1].id}",
            groups[i - 1].region,
            groups[i - 1].skills,
            *(with_sign(study.difference(i, f, s), FIGURES[f]) for f, s in shown),
        ]
        for i in order(study, world)
    ]
    rows.append(["today", "", "", *(page.with_interval(study.compared[0].result.estimate(f, s), FIGURES[f]) for f, s in shown)])
    parts = [
        page.section("What one more engineer buys", page.chart(lambda: draw_differences(groups, study, world))),
        page.section(
            "Differences from today, with paired 95 % intervals", page.table(("", "Region", "Skills", *map(heading, shown)), rows, 3)
        ),
    ]
    lead = f"One more engineer of each group, {study.replications} replications of {study.days} days each, on the same tickets."
    return page.document(
        world.name or "One more", lead, (), parts, f"Seed {study.seed}. First comes who buys most of {heading(shown[0])} for the money."
    )


def draw_differences(groups: Sequence[Group], study: Study, world: World) -> Any:
    """Return the differences of the first figure and of the cost of a day, with paired intervals."""
    numbers = list(reversed(order(study, world)))
    drawn, axes = picture.figure(1, 2, 11, 1.3 + 0.34 * max(3, len(numbers)))
    for axis, (figure, scope) in ((axes[0, 0], columns(world)[0]), (axes[0, 1], ("cost_per_day", ALL))):
        factor = 100.0 if FIGURES[figure] == "share" else 1.0
        for row, i in enumerate(numbers):
            e = study.difference(i, figure, scope)
            if e.mean is not None:
                axis.errorbar(
                    factor * e.mean,
                    row,
                    xerr=factor * (e.half or 0.0),
                    fmt="o",
                    color=picture.ACCENT,
                    markersize=5,
                    capsize=3,
                    linewidth=1.2,
                )
        axis.axvline(0, color=picture.SOFT, linewidth=0.8)
        axis.set_yticks(range(len(numbers)), [f"+1 {groups[i - 1].id}" if axis is axes[0, 0] else "" for i in numbers])
        axis.set_ylim(-0.6, len(numbers) - 0.4)
        axis.grid(axis="x", color="#e6eaef")
        axis.set_title(f"{heading((figure, scope))}: points more" if factor == 100 else f"{heading((figure, scope))}: more")
    return drawn


# -------------------------------------------------------------------- promises


def _promise(p: Promise, groups: Sequence[Group]) -> dict[str, Any]:
    best = None if p.crew is None else p.crew.best
    return {
        **answers.scope(p.scope),
        "respond_within": write_duration(p.within),
        "factor": p.factor,
        "share": p.share,
        "kept": answers.estimate(p.kept),
        "holds": p.holds,
        "chance": answers.estimate(p.chance),
        "cost_per_day_more": answers.estimate(p.dearer),
        "crew": None if best is None else _tried(best, groups),
        "price_per_day": None if p.price is None else answers.estimate(p.price),
    }


def promises(found: Promised, world: World, plan: tuple[int, int, int]) -> dict[str, Any]:
    """Return the promises as a document; `plan` is days, replications and seed."""
    return {
        "format": "dispatch-promise/1",
        "world": world.name,
        **dict(zip(("days", "replications", "seed"), plan, strict=True)),
        "complete": found.complete,
        "promises": [_promise(p, found.groups) for p in found.promises],
    }


def takes(p: Promise, groups: Sequence[Group]) -> str:
    """Return what it takes to keep a promise, in words."""
    if p.holds:
        return "today's people"
    best = None if p.crew is None else p.crew.best
    if best is None:
        return "not sought" if p.crew is None else "no crew in range"
    more = [f"+{n - g.now} {g.id}" for g, n in zip(groups, best.counts, strict=True) if n != g.now]
    return ", ".join(more) or "today's people"


def price(p: Promise) -> str:
    """Return what a promise costs a day more than today's promises and people."""
    e = p.dearer if p.holds else p.price
    return "–" if e is None else with_sign(e, "money")


def promises_html(found: Promised, world: World) -> str:
    """Return the report of the promises."""
    rows: list[Sequence[str | Markup]] = [
        (
            of_scope(p.scope),
            within(p.within),
            f"{100 * p.share:g} %",
            join(page.with_interval(p.kept, "share")),
            el("strong", "kept" if p.holds else "missed", class_=None if p.holds else "late"),
            join(page.with_interval(p.chance, "share")),
            takes(p, found.groups),
            price(p),
        )
        for p in found.promises
    ]
    head = ("Promise to", "Within", "For", "Kept by today's people", "", "Chance", "What it takes", "A day costs more")
    parts = [
        page.section("Promises, as they are and tighter", page.chart(lambda: draw_promises(found)), page.table(head, rows, 9)),
    ]
    lead = f"{sum(p.holds for p in found.promises)} of {len(found.promises)} promises are kept by today's people."
    made = "Chance: the share of replications in which today's people keep the promise for as many tickets as wanted, and its interval. "
    made += "Costs are paired differences from today, with 95 % intervals."
    return page.document(world.name or "Promises", lead, (), parts, made)


def draw_promises(found: Promised) -> Any:
    """Return the share of each promise kept by today's people, with the share wanted as a red tick."""
    listed = list(reversed(found.promises))
    drawn, axes = picture.figure(1, 1, 9, 1.2 + 0.34 * max(3, len(listed)))
    axis = axes[0, 0]
    for row, p in enumerate(listed):
        e = p.kept
        if e.mean is not None:
            reach = [[0.0], [0.0]] if e.low is None or e.high is None else [[100 * (e.mean - e.low)], [100 * (e.high - e.mean)]]
            axis.errorbar(
                100 * e.mean,
                row,
                xerr=reach,
                fmt="o",
                color=picture.ACCENT if p.holds else picture.SOFT,
                markersize=5,
                capsize=3,
                linewidth=1.2,
            )
        axis.plot([100 * p.share] * 2, [row - 0.35, row + 0.35], color=picture.LATE, linewidth=2)
    axis.set_yticks(range(len(listed)), [f"{of_scope(p.scope)} within {within(p.within)}" for p in listed])
    axis.set_ylim(-0.6, len(listed) - 0.4)
    axis.grid(axis="x", color="#e6eaef")
    axis.set_title("Promises kept by today's people, %; red: the share wanted")
    return drawn
