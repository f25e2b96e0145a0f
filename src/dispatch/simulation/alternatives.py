"""Alternatives: a world with changes to its crew, skills, policy or region borders, written as a world itself.

What is changed is the document, so that an alternative is read and judged like any world. Engineers who stay keep their ids: random numbers
are keyed by them, and the alternatives of one seed meet the same tickets and the same luck (common random numbers).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field

from dispatch import schema
from dispatch.errors import Fault, InputError
from dispatch.planning.light import Dispatching
from dispatch.schema import shapes
from dispatch.schema.codes import fault
from dispatch.schema.documents import EngineerSkill, Id, Region
from dispatch.schema.values import shown
from dispatch.simulation.documents import Part
from dispatch.simulation.world import World, read_world

__all__ = ["AS_IS", "AXES", "Alternative", "Grid", "alternatives", "groups", "read_grid", "who_of", "with_count"]

GRID_FORMAT = "dispatch-grid/1"
AXES = ("headcount", "skills", "policy", "dispatching", "borders")
AS_IS = "as is"
MOST = 2000
"""Alternatives of one grid."""


class Who(Part):
    """Entries of `engineers`: by id, or all of a region, of those who have a skill, at a tier."""

    engineers: Id | None = Field(default=None, description="Id of an entry.")
    region: str | None = Field(default=None, description="Region they are at home in.")
    skill: str | None = Field(default=None, description="A skill they have ..")
    tier: Annotated[int, Field(ge=1, le=5)] | None = Field(default=None, description=".. at this tier.")


class Headcount(Who):
    """How many of some engineers there are."""

    counts: Annotated[list[Annotated[int, Field(ge=0, le=1000)]], Field(min_length=1)] = Field(description="Numbers to be tried.")


class Training(Who):
    """Skills that some engineers have beside, or at another tier."""

    count: Annotated[int, Field(ge=1, le=1000)] | None = Field(default=None, description="The first so many of them; default: all.")
    skills: Annotated[list[EngineerSkill], Field(min_length=1)] = Field(description="What they can do then.")


class Mix(Part):
    """A mix of skills."""

    name: Id = Field(description="What to call it.")
    train: list[Training] = Field(default=[], description="Who can do what; nobody: as in the world.")


class Move(Who):
    """Engineers who are at home elsewhere."""

    to: str = Field(description="Id of a region.")


class Ceded(Part):
    """Work that belongs to another region."""

    demand: Id = Field(description="Id of an entry of `demand` or `preventive`.")
    to: str = Field(description="Id of a region.")


class Borders(Part):
    """Borders of regions."""

    name: Id = Field(description="What to call them.")
    regions: list[Region] | None = Field(default=None, description="The region tree; default: the world's.")
    engineers: list[Move] = Field(default=[], description="Engineers who change their region.")
    work: list[Ceded] = Field(default=[], description="Work that changes its region.")


class Grid(Part):
    """What is to be tried, each with each: one list for every axis."""

    format: Literal["dispatch-grid/1"] = Field(description="Name and version of the format.")
    headcount: list[Headcount] = Field(default=[], description="Every entry is an axis of its own.")
    skills: list[Mix] = Field(default=[], description="Mixes of skills.")
    policy: list[str] = Field(default=[], description="Named policies.")
    dispatching: list[Dispatching] = Field(default=[], description="How the desk decides.")
    borders: list[Borders] = Field(default=[], description="Borders of regions.")


@dataclass(frozen=True)
class Alternative:
    """A world with changes.

    Parameters
    ----------
    changes
        Axis and value, in words; none: the world as it is.
    tree
        The changed world as JSON.
    """

    changes: tuple[tuple[str, str], ...]
    tree: dict[str, Any]

    @property
    def name(self) -> str:
        """What is different, in words."""
        return " · ".join(value if axis in AXES else f"{axis} {value}" for axis, value in self.changes) or AS_IS

    @cached_property
    def world(self) -> World:
        """The world itself."""
        return read_world(json.dumps(self.tree))


# ------------------------------------------------------------------- engineers


def who_of(text: str) -> Who:
    """Return the engineers that a text names: the id of an entry, or `region:north+skill:pump+tier:2`."""
    parts = [part.partition(":") for part in text.split("+")]
    if all(sep and key in ("region", "skill", "tier") for key, sep, _ in parts):
        given: dict[str, Any] = {key: int(value) if key == "tier" and value.isdigit() else value for key, _, value in parts}
        return Who(**given)
    return Who(engineers=text)


def words(who: Who) -> str:
    """Return engineers in words."""
    if who.engineers is not None:
        return who.engineers
    parts = [who.region, who.skill, None if who.tier is None else f"tier {who.tier}"]
    return " ".join(p for p in parts if p is not None) or "all"


def chosen(tree: dict[str, Any], who: Who) -> list[int]:
    """Return the numbers of the entries of `engineers` that are meant."""

    def fits(e: dict[str, Any]) -> bool:
        skills = e.get("skills", [])
        tiers = [k for k in skills if (who.skill is None or k["skill"] == who.skill) and (who.tier is None or k.get("tier", 1) == who.tier)]
        return (
            (who.engineers is None or e["id"] == who.engineers)
            and (who.region is None or e.get("region") == who.region)
            and ((who.skill is None and who.tier is None) or bool(tiers))
        )

    return [i for i, e in enumerate(tree["engineers"]) if fits(e)]


def with_count(tree: dict[str, Any], entry: int, count: int) -> dict[str, Any]:
    """Return a world in which an entry of `engineers` stands for so many; those who stay keep their ids."""
    changed = {**tree, "engineers": list(tree["engineers"])}
    before = changed["engineers"][entry]
    many = before.get("count", 1)
    if count == 0:
        del changed["engineers"][entry]
    elif many == 1 and count > 1:
        taken = {e["id"] for e in tree["engineers"]}
        name = f"{before['id']}+"
        while name in taken:
            name += "+"
        changed["engineers"].insert(entry + 1, {**before, "id": name, "count": count - 1})
    elif many > 1 and count == 1:
        changed["engineers"][entry] = {**before, "id": f"{before['id']}-1", "count": 1}
    elif many != count:
        changed["engineers"][entry] = {**before, "count": count}
    return changed


def with_total(tree: dict[str, Any], who: Who, count: int) -> dict[str, Any]:
    """Return a world with so many of some engineers: more of the last entry, or fewer from the last entry on."""
    entries = chosen(tree, who)
    change = count - sum(tree["engineers"][i].get("count", 1) for i in entries)
    for i in reversed(entries):
        many = tree["engineers"][i].get("count", 1)
        wanted = max(0, many + change)
        tree = with_count(tree, i, wanted)
        change -= wanted - many
        if change >= 0:
            break
    return tree


def groups(tree: dict[str, Any]) -> list[str]:
    """Return the ids of the entries of `engineers` who work: each is a group alike in region, skills, tiers and roster."""
    return [e["id"] for e in tree["engineers"] if e.get("roster")]


def _singles(e: dict[str, Any]) -> list[dict[str, Any]]:
    many = e.get("count", 1)
    return [{**e, "id": e["id"] if many == 1 else f"{e['id']}-{k + 1}", "count": 1} for k in range(many)]


def _trained(tree: dict[str, Any], training: Training) -> dict[str, Any]:
    entries, left = chosen(tree, training), training.count
    found: list[dict[str, Any]] = []
    for i, e in enumerate(tree["engineers"]):
        if i not in entries:
            found.append(e)
            continue
        for single in _singles(e):
            if left == 0:
                found.append(single)
                continue
            left = None if left is None else left - 1
            tiers = {k["skill"]: k.get("tier", 1) for k in single.get("skills", [])} | {k.skill: k.tier for k in training.skills}
            found.append({**single, "skills": [{"skill": s, "tier": t} for s, t in tiers.items()]})
    return {**tree, "engineers": found}


def _bordered(tree: dict[str, Any], borders: Borders) -> dict[str, Any]:
    changed = deepcopy(tree)
    if borders.regions is not None:
        changed["regions"] = [r.model_dump(exclude_none=True) for r in borders.regions]
    for move in borders.engineers:
        for i in chosen(tree, move):
            changed["engineers"][i]["region"] = move.to
    for ceded in borders.work:
        for work in (*changed.get("demand", []), *changed.get("preventive", [])):
            if work["id"] == ceded.demand:
                work["region"] = ceded.to
    return changed


# ----------------------------------------------------------------------- grids


def read_grid(data: bytes | str) -> Grid:
    """Return the grid that JSON of the format `dispatch-grid/1` states.

    Raises
    ------
    InputError
        With every fault of single fields.
    """
    tree, faults = schema.opened(data, GRID_FORMAT, "a grid")
    shape = shapes.check(Grid, tree)
    if faults or shape.faults or shape.document is None:
        raise InputError([*faults, *shape.faults])
    return shape.document


def alternatives(tree: dict[str, Any], grid: Grid) -> list[Alternative]:
    """Return every combination of a grid, in its order: borders change slowest, the first headcount changes slowest after them.

    Raises
    ------
    InputError
        The grid does not fit the world: with every fault, an alternative's own ones under the name of the alternative.
    """
    faults = list(_misfits(tree, grid))
    if faults:
        raise InputError(faults)
    axes: list[list[tuple[str, str, Any]]] = [
        [("borders", b.name, b) for b in grid.borders],
        *([(words(h), str(n), (h, n)) for n in h.counts] for h in grid.headcount),
        [("skills", m.name, m) for m in grid.skills],
        [("policy", p, p) for p in grid.policy],
        [("dispatching", d, d) for d in grid.dispatching],
    ]
    found = []
    for combination in product(*[a for a in axes if a]):
        changed = tree
        for axis, _, value in combination:
            changed = _changed(changed, axis, value)
        found.append(Alternative(tuple((axis, said) for axis, said, _ in combination), changed))
    faults = []
    for alternative in found:
        try:
            _ = alternative.world
        except InputError as error:
            faults += [Fault(f"{alternative.name}#{f.pointer}", f.code, f.message, f.action) for f in error.faults]
    if faults:
        raise InputError(faults)
    return found


def _changed(tree: dict[str, Any], axis: str, value: Any) -> dict[str, Any]:
    if axis == "borders":
        return _bordered(tree, value)
    if axis == "skills":
        for training in value.train:
            tree = _trained(tree, training)
        return tree
    if axis == "policy":
        weights = tree.get("policy")
        return {**tree, "policy": {**weights, "base": value} if isinstance(weights, dict) else value}
    if axis == "dispatching":
        return {**tree, "dispatching": value}
    return with_total(tree, *value)


def _misfits(tree: dict[str, Any], grid: Grid) -> list[Fault]:
    faults: list[Fault] = []
    who: list[tuple[str, Who]] = [(f"/headcount/{i}", h) for i, h in enumerate(grid.headcount)]
    who += [(f"/skills/{i}/train/{j}", t) for i, m in enumerate(grid.skills) for j, t in enumerate(m.train)]
    who += [(f"/borders/{i}/engineers/{j}", m) for i, b in enumerate(grid.borders) for j, m in enumerate(b.engineers)]
    for pointer, w in who:
        if not chosen(tree, w):
            ids = ", ".join(e["id"] for e in tree["engineers"][:20])
            faults.append(fault("UNKNOWN_ENGINEER", pointer, f"No engineers of the world are {shown(words(w))}. Its entries are {ids}."))
    works = {w["id"] for name in ("demand", "preventive") for w in tree.get(name, [])}
    for i, b in enumerate(grid.borders):
        for j, ceded in enumerate(b.work):
            if ceded.demand not in works:
                message = f"There is no entry {shown(ceded.demand)} in `demand` or `preventive`."
                faults.append(fault("UNKNOWN_DEMAND", f"/borders/{i}/work/{j}/demand", message))
    from dispatch.model import POLICIES

    for i, policy in enumerate(grid.policy):
        if policy not in POLICIES:
            message = f"{shown(policy)} is not a shipped policy."
            faults.append(fault("UNKNOWN_POLICY", f"/policy/{i}", message, f"Use one of {', '.join(POLICIES)}."))
    faults += _repeated(grid)
    sizes = [len(grid.skills), len(grid.policy), len(grid.dispatching), len(grid.borders), *(len(h.counts) for h in grid.headcount)]
    many = prod(max(1, size) for size in sizes)
    if many > MOST:
        message = f"The grid has {many:,} combinations, and {MOST:,} is the most."
        faults.append(fault("OUT_OF_RANGE", "", message, "Try fewer values, or one axis after the other."))
    if not any((grid.headcount, grid.skills, grid.policy, grid.dispatching, grid.borders)):
        faults.append(fault("MISSING_FIELD", "", "The grid has no axis: there is nothing to compare.", f"Add one of {', '.join(AXES)}."))
    return faults


def _repeated(grid: Grid) -> list[Fault]:
    axes: Sequence[tuple[str, Sequence[object]]] = (
        *((f"/headcount/{i}/counts", h.counts) for i, h in enumerate(grid.headcount)),
        ("/headcount", [words(h) for h in grid.headcount]),
        ("/skills", [m.name for m in grid.skills]),
        ("/policy", grid.policy),
        ("/dispatching", grid.dispatching),
        ("/borders", [b.name for b in grid.borders]),
    )
    return [
        fault("DUPLICATE_ID", f"{pointer}/{i}", f"{shown(v)} is tried a second time.", "Name each value once.")
        for pointer, values in axes
        for i, v in enumerate(values)
        if v in values[:i]
    ]
