"""What the commands of staffing print for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dispatch.cli.simulated import number
from dispatch.cli.telling import text
from dispatch.simulation import sweeps
from dispatch.simulation.kpis import FIGURES
from dispatch.simulation.runs import Estimate
from dispatch.simulation.studies import Study
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
