"""What the commands of staffing print for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dispatch.cli.simulated import bound, number
from dispatch.cli.telling import text
from dispatch.simulation import backtest, staffing_answers, sweeps
from dispatch.simulation.backtest import Backtest
from dispatch.simulation.kpis import FIGURES, of_scope
from dispatch.simulation.promises import Promised
from dispatch.simulation.runs import Estimate
from dispatch.simulation.staff import Group as Crowd
from dispatch.simulation.staff import Staffed
from dispatch.simulation.studies import Compared, Study
from dispatch.simulation.world import World


def _table(title: str, *names: str) -> Table:
    """Return a table whose first column is text and whose others are numbers; names of figures break between words."""
    table = Table(title=text(title), title_justify="left", box=None, pad_edge=False)
    for i, name in enumerate(names):
        table.add_column(text(name.replace("_", " ")), justify="left" if i == 0 else "right", no_wrap=i == 0)
    return table


def mean_over_interval(e: Estimate, unit: str) -> str:
    """Return a mean, and under it its interval."""
    if e.low is None or e.high is None:
        return number(e.mean, unit)

    def short(value: float | None) -> str:
        return f"{value:,.0f}" if value is not None and abs(value) >= 1000 else number(value, unit)

    return f"{short(e.mean)}\n{short(e.low).removesuffix(' %')}–{short(e.high).removesuffix(' %')}"


def sweep(study: Study, world: World) -> RenderableType:
    """Return the alternatives of a sweep, those that meet all targets first, and the cheapest first among them."""
    n = study.replications
    head = f"{world.name or 'World'}: {len(study.compared)} alternatives, {study.days} days, {n} replication{'s' * (n != 1)}, "
    head += f"seed {study.seed}"
    shown = sweeps.columns(world)
    table = _table("Mean, and its 95 % interval under it", "Alternative", *(sweeps.heading(c) for c in shown), "")
    for i in sweeps.order(study):
        c = study.compared[i]
        cells = [mean_over_interval(c.result.estimate(f, s), FIGURES[f]) for f, s in shown]
        verdict = Text("" if not world.targets else "met" if c.met else "missed", "green" if c.met else "bold red")
        table.add_row(text(c.alternative.name), *cells, verdict)
    first = study.compared[0].alternative.name
    apart = _table(
        f"Differences from {first} on the same tickets, with paired intervals", "Alternative", *(sweeps.heading(c) for c in shown)
    )
    for i in sweeps.order(study):
        if i:
            cells = [sweeps.with_sign(study.difference(i, f, s), FIGURES[f]) for f, s in shown]
            apart.add_row(text(study.compared[i].alternative.name), *cells)
    parts: list[RenderableType] = [text(head, "bold"), Text(), table, Text(), apart]
    if world.targets:
        found = sweeps.best(study)
        parts += [
            Text(),
            text(
                "No alternative meets all targets." if found is None else f"The cheapest that meets all targets: {found.alternative.name}"
            ),
        ]
    return Group(*parts)


def _judged(c: Compared) -> list[str | Text]:
    """Return the cells of a table for how the targets came out, and whether all are met."""
    figures = [mean_over_interval(v.estimate, FIGURES[v.figure]) for v in c.targets]
    return [*figures, Text("met", "green") if c.met else Text("missed", "bold red")]


def staff(found: Staffed, world: World) -> RenderableType:
    """Return the cheapest crew, the crews with one engineer less, and today's."""
    money = world.currency or "money"
    names = [sweeps.heading((v.figure, v.scope)) for v in (found.tried[0].compared.targets if found.tried else ())]
    table = _table("Mean, and its 95 % interval under it", "", "Crew", f"{money} a week", *names, "")
    rows = [] if found.best is None else [("best", found.best)]
    rows += [("one less", t) for t in found.neighbours]
    rows += [] if found.today is None else [("today", found.today)]
    for name, t in rows:
        table.add_row(name, text(staffing_answers.said(t, found.groups)), f"{t.cost:,.0f}", *_judged(t.compared))
        if t.again is not None:
            table.add_row("again", "on other random numbers", "", *_judged(t.again))
    many = f"{len(found.tried)} crews were simulated"
    parts: list[RenderableType] = [table, Text()]
    if found.best is not None:
        parts.append(text(f"The cheapest crew that meets all targets: {staffing_answers.said(found.best, found.groups)}. {many}."))
        more = found.dearer()
        if more is not None and more.mean is not None:
            parts.append(text(f"A day costs {sweeps.with_sign(more, 'money')} {money} against today."))
    else:
        parts.append(text(f"No crew {'in range' if found.complete else 'that was simulated'} meets all targets. {many}."))
        for v, t in found.nearest():
            crew = staffing_answers.said(t, found.groups)
            wanted, reached = bound(v), number(v.estimate.mean, FIGURES[v.figure])
            parts.append(text(f"{sweeps.heading((v.figure, v.scope))}: wanted {wanted}; the nearest is {reached}, with {crew}."))
    if not found.complete:
        parts.append(text("The search was ended before its end: a cheaper crew may meet the targets."))
    return Group(*parts)


def promises(found: Promised, world: World) -> RenderableType:
    """Return the promises, what today's people keep of them, and what the rest would take."""
    table = _table(
        "Kept by today's people, and the chance of it, with 95 % intervals under them",
        "Promise to", "within", "for", "kept", "chance", "", "what it takes", f"a day costs more, {world.currency or 'money'}",
    )  # fmt: skip
    for p in found.promises:
        verdict = Text("kept" if p.holds else "missed", "green" if p.holds else "bold red")
        said = staffing_answers
        kept, chance = (mean_over_interval(e, "share") for e in (p.kept, p.chance))
        cells = (said.within(p.within), f"{100 * p.share:g} %", kept, chance, verdict)
        table.add_row(text(of_scope(p.scope)), *cells, text(said.takes(p, found.groups)), said.price(p))
    return Group(table)


def marginal(groups: Sequence[Crowd], study: Study, world: World) -> RenderableType:
    """Return what one more engineer of each group buys, best first."""
    shown = sweeps.columns(world)
    names = ("One more", "region", "skills", *map(sweeps.heading, shown))
    table = _table("Differences on the same tickets, with paired 95 % intervals", *names)
    for i in staffing_answers.order(study, world):
        g = groups[i - 1]
        cells = [sweeps.with_sign(study.difference(i, f, s), FIGURES[f]) for f, s in shown]
        table.add_row(text(g.id), text(g.region), text(g.skills), *cells)
    table.add_section()
    table.add_row("today", "", "", *(mean_over_interval(study.compared[0].result.estimate(f, s), FIGURES[f]) for f, s in shown))
    return Group(table, Text(), text(f"First comes who buys most of {sweeps.heading(shown[0])} for the money."))


def replay(found: Backtest) -> RenderableType:
    """Return what was done with a log's tickets, and what the simulation did."""
    n = found.replications
    head = f"{found.world.name or 'World'}: {found.replayed:,} tickets of {found.days} days, {n} replication{'s' * (n != 1)}, "
    head += f"seed {found.seed}"
    parts: list[RenderableType] = [text(head, "bold")]
    for m in found.measures:
        table = _table(f"{m.name.capitalize()} of {m.tickets:,} tickets, minutes", "", "as it was", "simulated")
        for name, was, would in backtest.rows(m):
            table.add_row(name, f"{was:,.1f}", f"{would:,.1f}")
        if m.kept_actual is not None:
            table.add_row("promises kept", number(m.kept_actual, "share"), number(m.kept_simulated, "share"))
        parts += [Text(), table, text(f"Simulated less actual: {sweeps.with_sign(m.difference, 'minutes')} minutes in the mean of days.")]
    if found.left_out:
        parts += [Text(), text(f"{found.left_out:,} tickets after these days were left out.")]
    return Group(*parts)
