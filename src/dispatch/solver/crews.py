"""The cheapest crew that nothing learned so far rules out: how many of each group, by CP-SAT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

__all__ = ["Crews", "Cut", "cheapest"]


@dataclass(frozen=True)
class Cut:
    """What a crew that missed teaches: at least one of these holds.

    Parameters
    ----------
    more, fewer
        Number of a group to the least, or the most, of that group.
    """

    more: Mapping[int, int] = field(default_factory=dict)
    fewer: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Crews:
    """The crews that can be chosen.

    Parameters
    ----------
    costs
        Of one engineer of each group, whole numbers.
    least, most
        Of each group.
    loads
        What each engineer of a group gives, and how much there must be together; whole numbers.
    """

    costs: Sequence[int]
    least: Sequence[int]
    most: Sequence[int]
    loads: Sequence[tuple[Sequence[int], int]] = ()


def cheapest(crews: Crews, cuts: Sequence[Cut] = ()) -> tuple[int, ...] | None:
    """Return the cheapest crew that fits loads and cuts, of several the smallest; None where there is none."""
    model = cp_model.CpModel()
    count = [model.new_int_var(low, high, f"group {g}") for g, (low, high) in enumerate(zip(crews.least, crews.most, strict=True))]
    if not count:
        return None
    model.add(sum(count) >= 1)
    for gives, needed in crews.loads:
        model.add(sum(n * c for n, c in zip(count, gives, strict=True)) >= needed)
    reached: dict[tuple[int, int], cp_model.IntVar] = {}

    def at_least(g: int, k: int) -> cp_model.IntVar:
        if (g, k) not in reached:
            reached[g, k] = model.new_bool_var(f"group {g} has {k}")
            model.add(count[g] >= k).only_enforce_if(reached[g, k])
            model.add(count[g] < k).only_enforce_if(~reached[g, k])
        return reached[g, k]

    for cut in cuts:
        model.add_bool_or([*(at_least(g, k) for g, k in cut.more.items()), *(~at_least(g, k + 1) for g, k in cut.fewer.items())])
    # One engineer less never makes up for a unit of cost.
    many = sum(crews.most) + 1
    model.minimize(sum(n * (c * many + 1) for n, c in zip(count, crews.costs, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # else, from here on, Ctrl-C ends the program at once, and its answer is lost
    solver.parameters.random_seed = 0
    if solver.solve(model) != cp_model.OPTIMAL:
        return None
    return tuple(solver.value(n) for n in count)
