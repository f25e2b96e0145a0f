"""Alternatives: what a grid makes of a world, and which grids are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch.errors import InputError
from dispatch.simulation.alternatives import Grid, alternatives, groups, read_grid, who_of, with_count
from tests.simulation.worlds import DAY_SHIFT, demand, tree

PUMP = [{"skill": "pump", "tier": 2}]
TEAM = [
    {"id": "day", "count": 2, "region": "north", "skills": PUMP, "roster": [DAY_SHIFT]},
    {"id": "late", "region": "south", "skills": [{"skill": "drive", "tier": 1}], "roster": [DAY_SHIFT]},
]
WORLD = tree(engineers=TEAM, regions=[{"id": "north"}, {"id": "south"}], demand=[demand(region="north")])


def grid(**axes: Any) -> Grid:
    return read_grid(json.dumps({"format": "dispatch-grid/1", **axes}))


def crews(**axes: Any) -> dict[str, list[str]]:
    return {a.name: [m.engineer.id for m in a.world.crew] for a in alternatives(WORLD, grid(**axes))}


def test_every_headcount_is_tried_with_every_policy() -> None:
    found = alternatives(WORLD, grid(headcount=[{"engineers": "day", "counts": [1, 3]}], policy=["balanced", "emergency"]))
    assert [a.name for a in found] == ["day 1 · balanced", "day 1 · emergency", "day 3 · balanced", "day 3 · emergency"]
    assert [(len(a.world.crew), a.world.problem.policy.base) for a in found] == [
        (2, "balanced"), (2, "emergency"), (4, "balanced"), (4, "emergency")
    ]  # fmt: skip


def test_who_stays_keeps_the_id_and_with_it_the_luck() -> None:
    assert crews(headcount=[{"engineers": "day", "counts": [0, 1, 2, 3]}]) == {
        "day 0": ["late"],
        "day 1": ["day-1", "late"],
        "day 2": ["day-1", "day-2", "late"],
        "day 3": ["day-1", "day-2", "day-3", "late"],
    }
    assert crews(headcount=[{"engineers": "late", "counts": [1, 2, 3]}]) == {
        "late 1": ["day-1", "day-2", "late"],
        "late 2": ["day-1", "day-2", "late", "late+"],
        "late 3": ["day-1", "day-2", "late", "late+-1", "late+-2"],
    }


def test_engineers_are_named_by_region_skill_and_tier() -> None:
    assert who_of("region:north+skill:pump+tier:2").model_dump() == {"engineers": None, "region": "north", "skill": "pump", "tier": 2}
    assert crews(headcount=[{"skill": "pump", "tier": 2, "counts": [1]}]) == {"pump tier 2 1": ["day-1", "late"]}
    assert crews(headcount=[{"region": "south", "counts": [2]}]) == {"south 2": ["day-1", "day-2", "late", "late+"]}
    everybody = alternatives(WORLD, grid(headcount=[{"counts": [1]}]))
    assert [m.engineer.id for m in everybody[0].world.crew] == ["day-1"]


def test_a_mix_of_skills_trains_the_first_of_them() -> None:
    mixes = [
        {"name": "as is"},
        {"name": "one trained", "train": [{"engineers": "day", "count": 1, "skills": [{"skill": "drive", "tier": 3}]}]},
    ]
    before, after = alternatives(WORLD, grid(skills=mixes))
    assert before.world == alternatives(WORLD, grid(policy=["balanced"]))[0].world or before.tree == WORLD
    skills = {m.engineer.id: {(k.skill, k.tier) for k in m.engineer.skills} for m in after.world.crew}
    assert skills == {"day-1": {("pump", 2), ("drive", 3)}, "day-2": {("pump", 2)}, "late": {("drive", 1)}}


def test_borders_move_engineers_and_work() -> None:
    opened = {"name": "south helps", "engineers": [{"engineers": "late", "to": "north"}], "work": [{"demand": "leak", "to": "south"}]}
    (found,) = alternatives(WORLD, grid(borders=[opened]))
    assert [m.engineer.region for m in found.world.crew] == ["north", "north", "north"]
    assert [d.region for d in found.world.demand] == ["south"]
    assert WORLD["engineers"][1]["region"] == "south"


def test_groups_are_the_entries_who_work() -> None:
    assert groups(tree(engineers=[*TEAM, {"id": "idle"}])) == ["day", "late"]
    assert with_count(WORLD, 0, 0)["engineers"] == TEAM[1:]


FAR = [{"name": "far", "engineers": [{"engineers": "late", "to": "west"}]}]
NOBODY = [{"name": "a", "train": [{"skill": "pump", "tier": 4, "skills": PUMP}]}]
NOWHERE = [{"name": "a", "engineers": [{"region": "west", "to": "north"}]}]
REFUSED = [
    ("UNKNOWN_ENGINEER", "/headcount/0", '"night"', {"headcount": [{"engineers": "night", "counts": [1]}]}),
    ("UNKNOWN_ENGINEER", "/skills/0/train/0", '"pump tier 4"', {"skills": NOBODY}),
    ("UNKNOWN_ENGINEER", "/borders/0/engineers/0", '"west"', {"borders": NOWHERE}),
    ("UNKNOWN_DEMAND", "/borders/0/work/0/demand", '"leek"', {"borders": [{"name": "a", "work": [{"demand": "leek", "to": "north"}]}]}),
    ("UNKNOWN_POLICY", "/policy/0", '"quick"', {"policy": ["quick"]}),
    ("UNKNOWN_CHOICE", "/dispatching/0", '"slow"', {"dispatching": ["slow"]}),
    ("DUPLICATE_ID", "/policy/1", '"balanced"', {"policy": ["balanced", "balanced"]}),
    ("DUPLICATE_ID", "/headcount/0/counts/1", "2", {"headcount": [{"engineers": "day", "counts": [2, 2]}]}),
    ("DUPLICATE_ID", "/headcount/1", '"day"', {"headcount": [{"engineers": "day", "counts": [2]}, {"engineers": "day", "counts": [3]}]}),
    ("NEGATIVE", "/headcount/0/counts/0", "-1", {"headcount": [{"engineers": "day", "counts": [-1]}]}),
    ("UNKNOWN_FIELD", "/headcount/0/count", "count", {"headcount": [{"engineers": "day", "count": 3, "counts": [1]}]}),
    ("MISSING_FIELD", "", "no axis", {}),
    ("OUT_OF_RANGE", "", "3,000 combinations", {"headcount": [{"engineers": "day", "counts": list(range(1000))}], "dispatching":
     ["replan", "insert-only", "nearest-able"]}),
    ("UNKNOWN_REGION", "far#/engineers/1/region", '"west"', {"borders": FAR}),
    ("EMPTY_ROSTER", "all 0#/engineers", "no engineers", {"headcount": [{"counts": [0]}]}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "pointer", "told", "axes"), REFUSED, ids=lambda v: v if isinstance(v, str) else "")
def test_a_faulty_grid_is_refused_with_place_value_and_remedy(code: str, pointer: str, told: str, axes: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        alternatives(WORLD, grid(**axes))
    (fault,) = refused.value.faults
    assert (fault.code, fault.pointer) == (code, pointer)
    assert told in fault.message
    assert fault.action
