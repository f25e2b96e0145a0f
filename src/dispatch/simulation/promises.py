"""Which promises today's people keep, what it costs to promise more, and what one more engineer would buy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.errors import InputError
from dispatch.schema.codes import fault
from dispatch.schema.values import write_duration
from dispatch.simulation.alternatives import Alternative
from dispatch.simulation.kpis import Scope, of_scope
from dispatch.simulation.runs import Estimate, chance
from dispatch.simulation.staff import Group, Staffed, Tried, groups_of, staff, with_crew
from dispatch.simulation.studies import Compared, Plan, Study, difference, simulate_all
from dispatch.simulation.world import World

__all__ = ["Promise", "Promised", "marginal", "promise"]


@dataclass(frozen=True)
class Promise:
    """One promise, as it is or tighter, and what it takes.

    Parameters
    ----------
    within
        Seconds.
    factor
        Of the time promised today; 1 for the promise as it is.
    share
        Of tickets for which it is to be kept.
    kept
        Share kept by today's people.
    chance
        In which share of replications they kept it for as many tickets as wanted.
    dearer
        By how much a day costs more than under today's promises, with the same people: paired.
    crew
        The cheapest crew with which it is kept, today's people included; None where today's are enough, or none was sought.
    price
        By how much a day costs more than today, with that crew: paired.
    """

    scope: Scope
    within: int
    factor: float
    share: float
    compared: Compared
    kept: Estimate
    chance: Estimate
    dearer: Estimate
    crew: Staffed | None
    price: Estimate | None

    @property
    def holds(self) -> bool:
        """Whether today's people keep it, in the mean."""
        return self.kept.mean is not None and self.kept.mean >= self.share


@dataclass(frozen=True)
class Promised:
    """What is known of all promises of a world."""

    promises: tuple[Promise, ...]
    groups: tuple[Group, ...]
    complete: bool


def _share(world: World, scope: Scope, default: float) -> float:
    """Return the share that a target asks for, or the default."""
    asked = [t.at_least for t in world.targets if t.figure == "sla" and (t.kind, t.customer_class, t.region) == scope and t.at_least]
    return max(asked, default=default)


def _tightened(tree: Mapping[str, Any], level: int, within: int, share: float) -> dict[str, Any]:
    """Return a world with one promise changed, and to be kept: nothing else is asked for."""
    levels = [dict(entry) for entry in tree["service_levels"]]
    levels[level]["respond_within"] = write_duration(within)
    target = {"figure": "sla", "at_least": share, **{k: levels[level][k] for k in ("kind", "customer_class") if levels[level].get(k)}}
    return {**tree, "service_levels": levels, "targets": [target]}


def promise(
    tree: Mapping[str, Any], world: World, plan: Plan, factors: Sequence[float], share: float, room: int,
    *, most_crews: int = 200, on_crew: Callable[[Tried], None] | None = None,
) -> Promised:  # fmt: skip
    """Return what today's people keep of every service level as it is and tightened, and what it takes to keep the rest.

    Parameters
    ----------
    factors
        Of the time promised.
    share
        Of tickets for which a promise is to be kept, where no target says so.
    room
        Most engineers that may be added to each group; 0: no crews are sought.

    Raises
    ------
    InputError
        The world has no service levels.
    """
    levels = tree.get("service_levels") or []
    if not levels:
        raise InputError([fault("MISSING_FIELD", "/service_levels", "`service_levels` is missing: nothing is promised.")])
    cases: list[tuple[int, Scope, int, float, float, dict[str, Any]]] = []
    for i, (entry, level) in enumerate(zip(levels, world.problem.service_levels, strict=True)):
        if level.respond_within is None:
            continue
        scope: Scope = (entry.get("kind"), entry.get("customer_class"), None)
        for factor in (1.0, *factors):
            within = max(60, round(level.respond_within * factor / 60) * 60)
            wanted = _share(world, scope, share)
            cases.append((i, scope, within, factor, wanted, _tightened(tree, i, within, wanted)))
    as_it_is = Alternative((), dict(tree))
    study = simulate_all([as_it_is, *(Alternative((("promise", f"{of_scope(c[1])} {write_duration(c[2])}"),), c[5]) for c in cases)], plan)
    ranges = {g.id: (g.now, g.now + room) for g in groups_of(tree, world, plan.days, {})}
    found = groups_of(tree, world, plan.days, ranges)
    promises = []
    for number, (_, scope, within, factor, wanted, changed) in enumerate(cases, 1):
        c = study.compared[number]
        kept = c.result.estimate("sla", scope)
        known = [v for v in kept.values if v is not None]
        held = chance([None if v is None else v >= wanted for v in kept.values])
        crew = None
        if room and known and not plan.stop() and kept.mean is not None and kept.mean < wanted:
            crew = staff(changed, c.alternative.world, found, plan, most_crews=most_crews, on_crew=on_crew)
        best = None if crew is None else crew.best
        price = None if best is None else difference(study.compared[0].result, best.compared.result, "cost_per_day")
        promises.append(Promise(scope, within, factor, wanted, c, kept, held, study.difference(number, "cost_per_day"), crew, price))
    return Promised(tuple(promises), found, study.complete and not plan.stop())


def marginal(tree: Mapping[str, Any], world: World, plan: Plan) -> tuple[tuple[Group, ...], Study]:
    """Return the groups, and a study of the world as it is and of one engineer more in each group, in their order."""
    found = groups_of(tree, world, plan.days, {})
    now = [g.now for g in found]
    more = [
        Alternative((("+1", g.id),), with_crew(tree, found, [n + (k == i) for k, n in enumerate(now)]).tree) for i, g in enumerate(found)
    ]
    return found, simulate_all([Alternative((), dict(tree)), *more], plan)


def per_money(study: Study, number: int, figure: str, scope: Scope) -> float | None:
    """Return what a unit of money a day buys of a figure: the ratio of the mean differences."""
    gain, cost = study.difference(number, figure, scope).mean, study.difference(number, "cost_per_day").mean
    return None if gain is None or not cost else gain / cost
