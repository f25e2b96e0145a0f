"""The cheapest crew that meets all targets: CP-SAT proposes, simulation judges, and what missed rules out more.

That more engineers never do worse is taken for granted where a target is of the kind that engineers help with: then a crew that misses
rules out every crew that has nobody more. It is a logic-based Benders decomposition with simulation as the subproblem (Hooker,
Ottosson 2003, doi 10.1007/s10107-003-0375-9).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dispatch.errors import InputError
from dispatch.schema.codes import fault
from dispatch.simulation.alternatives import Alternative, groups, with_count
from dispatch.simulation.runs import Estimate, Verdict
from dispatch.simulation.studies import Compared, Plan, difference, simulate_all
from dispatch.simulation.warnings import hours_a_week
from dispatch.simulation.world import Member, World, shifts_on
from dispatch.solver.crews import Crews, Cut, cheapest

__all__ = ["Group", "Staffed", "Tried", "groups_of", "offered", "staff", "with_crew"]

FIRST = 3
"""Replications after which a crew that misses beyond doubt is not looked at any longer."""
OTHERS = 1_000_003
"""Added to the seed for the random numbers on which what met all targets is judged again."""
HELPED = {"at_least": frozenset({"sla", "first_time_fix"}), "at_most": frozenset({
    "response_mean_minutes", "response_p50_minutes", "response_p90_minutes", "resolution_p50_minutes", "repeat_rate", "no_show_share",
    "cancelled_share", "escalated_share", "travel_per_visit_minutes", "backlog_end", "tickets_in_system", "utilisation",
    "overtime_minutes", "stops_per_shift",
})}  # fmt: skip
"""Targets that more engineers help with; more engineers are against the others."""


@dataclass(frozen=True)
class Group:
    """Engineers who are alike: an entry of `engineers`.

    Parameters
    ----------
    now, least, most
        How many there are today, and how many there may be.
    shifts, hours, cost
        Of one of them in a week: shifts, hours on site at the most (overtime included), money for the shifts.
    """

    id: str
    region: str
    skills: str
    now: int
    least: int
    most: int
    shifts: float
    hours: float
    cost: float


@dataclass(frozen=True)
class Tried:
    """A crew that was simulated.

    Parameters
    ----------
    counts
        Of each group.
    cost
        Money a week for its shifts.
    again
        The same crew on other random numbers, if it met all targets and may be the answer: of many crews one meets them by luck, and that
        is the one that a search would find.
    """

    counts: tuple[int, ...]
    cost: float
    compared: Compared
    again: Compared | None = None

    @property
    def met(self) -> bool:
        """Whether it meets all targets, wherever it was judged."""
        return self.compared.met and (self.again is None or self.again.met)

    @property
    def targets(self) -> tuple[Verdict, ...]:
        """How the targets came out where it was judged last."""
        return (self.compared if self.again is None else self.again).targets

    @property
    def missed(self) -> tuple[Verdict, ...]:
        """The targets it misses."""
        return tuple(v for v in self.targets if not v.met)


@dataclass(frozen=True)
class Staffed:
    """What the search found.

    Parameters
    ----------
    best
        The cheapest crew that meets all targets, None where none in range does; of a search that was ended, the cheapest known by then.
    today
        The crew of the world as it is.
    neighbours
        Crews with one engineer less than the best.
    tried
        All crews that were simulated, in order of cost.
    complete
        Whether the search came to its end.
    """

    groups: tuple[Group, ...]
    best: Tried | None
    today: Tried | None
    neighbours: tuple[Tried, ...]
    tried: tuple[Tried, ...]
    complete: bool

    def dearer(self) -> Estimate | None:
        """Return by how much a day of the best crew costs more than one of today's: paired."""
        if self.best is None or self.today is None:
            return None
        return difference(self.today.compared.result, self.best.compared.result, "cost_per_day")

    def nearest(self) -> list[tuple[Verdict, Tried]]:
        """Return, for each target that no crew met, the best that was reached, and by which crew."""
        found = []
        for k, target in enumerate(self.tried[0].compared.targets if self.tried else ()):
            mine = [(t.targets[k], t) for t in self.tried if t.targets[k].estimate.mean is not None]
            if mine and not any(v.met for v, _ in mine):
                sign = 1 if target.at_least is not None else -1
                found.append(max(mine, key=lambda pair: sign * (pair[0].estimate.mean or 0.0)))
        return found


# ---------------------------------------------------------------------- groups


def _member(world: World, entry: Mapping[str, Any]) -> Member:
    name = entry["id"] if entry.get("count", 1) == 1 else f"{entry['id']}-1"
    return next(m for m in world.crew if m.engineer.id == name)


def groups_of(tree: Mapping[str, Any], world: World, days: int, ranges: Mapping[str, tuple[int, int]], room: int = 3) -> tuple[Group, ...]:
    """Return the groups of a world with how many there may be: by default none to `room` more than today.

    Raises
    ------
    InputError
        A range names a group that is not there.
    """
    ids = groups(dict(tree))
    faults = [
        fault("UNKNOWN_ENGINEER", "/engineers", f"No entry of `engineers` with a roster is {name!r}. There are {', '.join(ids)}.")
        for name in ranges
        if name not in ids
    ]
    if faults:
        raise InputError(faults)
    found = []
    last = world.start + world.warm_up_days + days
    weeks = (last - world.start) / 7
    absent = 0.0 if world.behaviours.absence is None else world.behaviours.absence.share
    factors = () if world.behaviours.tiers is None else tuple(world.behaviours.tiers.factors.values())
    for entry in tree["engineers"]:
        if entry["id"] not in ids:
            continue
        m, now = _member(world, entry), entry.get("count", 1)
        shifts = [s for day in range(world.start, last) for s in shifts_on(world, m, day)]
        hours = sum(s.overtime_until - s.start - sum(b.duration for b in s.breaks) for s in shifts) / 3600 / weeks * (1 - absent)
        hours /= m.engineer.service_factor * min((1.0, *factors))
        least, most = ranges.get(entry["id"], (0, now + room))
        skills = ", ".join(f"{k.skill} {k.tier}" for k in m.engineer.skills)
        many = len(shifts) / weeks
        found.append(Group(entry["id"], m.engineer.region or "", skills, now, least, most, many, hours, many * m.cost_per_shift))
    return tuple(found)


def offered(world: World, found: Sequence[Group], tree: Mapping[str, Any], days: int) -> list[tuple[tuple[float, ...], float]]:
    """Return what each engineer of a group gives, and what is asked for, in hours a week: for all who alone can do some work.

    Repeat visits and travel are left out, overtime counts in full: a crew below this lets the backlog grow.
    """
    last = world.start + world.warm_up_days + days
    entries = {e["id"]: _member(world, e) for e in tree["engineers"] if e["id"] in {g.id for g in found}}
    tiers = {name: {k.skill: k.tier for k in m.engineer.skills} for name, m in entries.items()}
    kept = 1 - (0.0 if world.behaviours.cancellation is None else world.behaviours.cancellation.share)
    asked = {
        w.id: (
            frozenset(g.id for g in found if all(tiers[g.id].get(s.skill, 0) >= s.tier for s in w.skills)),
            hours_a_week(world, w, last) * kept,
        )
        for w in world.work
    }
    loads = []
    for able in sorted({a for a, _ in asked.values() if a}, key=lambda a: (len(a), sorted(a))):
        wanted = sum(hours for a, hours in asked.values() if a and a <= able)
        loads.append((tuple(g.hours if g.id in able else 0.0 for g in found), wanted))
    return loads


def with_crew(tree: Mapping[str, Any], found: Sequence[Group], counts: Sequence[int]) -> Alternative:
    """Return the world with another crew."""
    changed, wanted = dict(tree), dict(zip((g.id for g in found), counts, strict=True))
    for i in reversed(range(len(tree["engineers"]))):
        name = tree["engineers"][i]["id"]
        if name in wanted:
            changed = with_count(changed, i, wanted[name])
    return Alternative(tuple((g.id, str(n)) for g, n in zip(found, counts, strict=True)), changed)


# ---------------------------------------------------------------------- search


class _Search:
    """Crews that were simulated, each once."""

    def __init__(
        self, tree: Mapping[str, Any], found: tuple[Group, ...], plan: Plan, most: int, on_crew: Callable[[Tried], None] | None
    ) -> None:
        self.tree, self.groups, self.plan, self.limit, self.on_crew = tree, found, plan, most, on_crew
        self.tried: dict[tuple[int, ...], Tried] = {}

    @property
    def over(self) -> bool:
        return self.plan.stop() or len(self.tried) >= self.limit

    def crew(self, counts: tuple[int, ...], whole: bool = False) -> Tried:
        """Return a crew, simulated: `whole` to the end and, if it meets all targets, again; else not beyond a miss that leaves no doubt."""
        known = self.tried.get(counts)
        if known is not None and (not whole or known.again is not None):
            return known
        if known is not None and not known.compared.met and len(known.compared.result.replications) == self.plan.replications:
            return known
        alternative = with_crew(self.tree, self.groups, counts)
        first = min(FIRST, self.plan.replications)
        (found,) = simulate_all([alternative], replace(self.plan, replications=first)).compared
        surely = first >= FIRST and any(_beyond_doubt(v) for v in found.targets)
        if whole or not surely:
            (found,) = simulate_all([alternative], self.plan).compared
        again = None
        if whole and found.met and not self.plan.stop():
            (again,) = simulate_all([alternative], replace(self.plan, seed=self.plan.seed + OTHERS)).compared
        cost = sum(g.cost * n for g, n in zip(self.groups, counts, strict=True))
        self.tried[counts] = tried = Tried(counts, cost, found, again)
        if self.on_crew is not None:
            if known is None:
                self.on_crew(replace(tried, again=None))
            if again is not None:
                self.on_crew(tried)
        return tried


def _beyond_doubt(v: Verdict) -> bool:
    """Whether the whole interval misses."""
    e = v.estimate
    if e.mean is None or e.low is None or e.high is None:
        return False
    return (v.at_least is not None and e.high < v.at_least) or (v.at_most is not None and e.low > v.at_most)


def _helped(v: Verdict) -> bool | None:
    """Whether more engineers help with a target that was missed; None where that is not known."""
    e = v.estimate.mean
    below = e is not None and v.at_least is not None and e < v.at_least
    if e is None:
        return None
    return v.figure in HELPED["at_least" if below else "at_most"]


def cut_of(tried: Tried, found: Sequence[Group]) -> Cut:
    """Return what a crew that missed rules out."""
    helped = {_helped(v) for v in tried.missed}
    more = {g: n + 1 for g, n in enumerate(tried.counts) if n < found[g].most}
    fewer = {g: n - 1 for g, n in enumerate(tried.counts) if n > found[g].least}
    if True in helped:
        return Cut(more=more)
    return Cut(fewer=fewer) if helped == {False} else Cut(more, fewer)


def _least(search: _Search, most: tuple[int, ...]) -> list[int]:
    """Return how many of each group there must be even if there are as many as possible of all others, by bisection."""
    found = []
    for g, group in enumerate(search.groups):
        low, high = group.least, most[g]
        while low < high and not search.over:
            middle = (low + high) // 2
            counts = (*most[:g], middle, *most[g + 1 :])
            if any(counts) and search.crew(counts).met:
                high = middle
            else:
                low = middle + 1
        found.append(low if low == high else group.least)
    return found


def staff(
    tree: Mapping[str, Any], world: World, found: tuple[Group, ...], plan: Plan, *,
    most_crews: int = 200, on_crew: Callable[[Tried], None] | None = None,
) -> Staffed:  # fmt: skip
    """Return the cheapest crew that meets all targets of a world, and the crews that show it.

    Parameters
    ----------
    most_crews
        Most crews that are simulated.
    on_crew
        Told of every crew that was simulated, and once more of those judged again.

    Raises
    ------
    InputError
        The world has no targets.
    """
    if not world.targets:
        raise InputError([fault("MISSING_FIELD", "/targets", "`targets` is missing: there is nothing that a crew has to meet.")])
    search = _Search(tree, found, plan, most_crews, on_crew)
    today = tuple(g.now for g in found)
    search.crew(today, whole=True)
    top = search.crew(tuple(g.most for g in found), whole=True) if not search.over else None
    if top is None or any(_helped(v) for v in top.missed):
        return _result(search, None, today, complete=top is not None)
    least = _least(search, top.counts) if top.met else [g.least for g in found]
    loads = [([round(1000 * h) for h in gives], int(1000 * wanted)) for gives, wanted in offered(world, found, tree, plan.days)]
    possible = Crews([round(100 * g.cost) for g in found], least, [g.most for g in found], loads)
    cuts = [cut_of(t, found) for t in search.tried.values() if not t.met]
    best: Tried | None = None
    while not search.over:
        proposed = cheapest(possible, cuts)
        if proposed is None:
            break
        tried = search.crew(proposed)
        if tried.met:
            best = search.crew(proposed, whole=True)
            if best.met:
                break
        cuts.append(cut_of(search.tried[proposed], found))
    complete = not search.over
    if best is None or not best.met:  # ended before its end: what is known by then
        known = [t for t in search.tried.values() if t.again is not None and t.met and _in_range(t, found)]
        best = min(known, key=lambda t: (t.cost, t.counts), default=None)
    while complete and best is not None and not plan.stop():
        better = [n for n in _neighbours(search, best) if n.met]
        if not better:
            break
        best = min(better, key=lambda n: n.cost)
    return _result(search, best, today, complete)


def _in_range(tried: Tried, found: Sequence[Group]) -> bool:
    return all(g.least <= n <= g.most for g, n in zip(found, tried.counts, strict=True))


def _neighbours(search: _Search, best: Tried) -> list[Tried]:
    """Return the crews with one engineer less, simulated to the end."""
    found = []
    for g, n in enumerate(best.counts):
        counts = (*best.counts[:g], n - 1, *best.counts[g + 1 :])
        if n > search.groups[g].least and any(counts):
            found.append(search.crew(counts, whole=True))
    return found


def _result(search: _Search, best: Tried | None, today: tuple[int, ...], complete: bool) -> Staffed:
    neighbours = tuple(_neighbours(search, best)) if complete and best is not None and not search.plan.stop() else ()
    tried = tuple(sorted(search.tried.values(), key=lambda t: (t.cost, t.counts)))
    return Staffed(search.groups, best, search.tried.get(today), neighbours, tried, complete)
