"""The cheapest crew, promises and one engineer more: against what every crew gives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from dispatch.errors import InputError
from dispatch.simulation import staffing_answers
from dispatch.simulation.promises import marginal, promise
from dispatch.simulation.staff import OTHERS, Group, Tried, cut_of, groups_of, offered, staff, with_crew
from dispatch.simulation.studies import Plan, difference, simulate_all
from dispatch.simulation.world import World, read_world
from dispatch.solver.crews import Cut
from tests.simulation.worlds import DAY_SHIFT, demand, tree

TEAM = [
    {
        "id": "any",
        "count": 1,
        "skills": [{"skill": "pump", "tier": 2}, {"skill": "drive", "tier": 1}],
        "cost_per_shift": 150,
        "roster": [DAY_SHIFT],
    },
    {"id": "drives", "count": 1, "skills": [{"skill": "drive", "tier": 1}], "cost_per_shift": 80, "roster": [DAY_SHIFT]},
]
WORK = [
    demand("leak", skills=[{"skill": "pump", "tier": 2}], per_week=60, respond_within="PT4H", hours=[0] * 8 + [1] * 6 + [0] * 10),
    demand("motor", skills=[{"skill": "drive", "tier": 1}], per_week=120, respond_within="PT4H", hours=[0] * 8 + [1] * 6 + [0] * 10),
]
TARGET = {"figure": "sla", "at_least": 0.9}
WORLD = tree(name="Two skills", engineers=TEAM, demand=WORK, targets=[TARGET])
PLAN = Plan(4, 4, seed=2)
RANGES = {"any": (0, 3), "drives": (0, 3)}


def there(world: dict[str, Any]) -> World:
    return read_world(json.dumps(world))


def crew(found: Any) -> tuple[int, ...]:
    assert found is not None
    return tuple(found.counts)


def test_the_crew_found_is_the_cheapest_of_all_that_meet_the_targets() -> None:
    groups = groups_of(WORLD, there(WORLD), 4, RANGES)
    every = [c for c in product(range(4), range(4)) if any(c)]
    costs = costs_of_those_that_meet(groups, every, PLAN)
    assert costs
    assert len(costs) < len(every)
    told: list[Tried] = []
    found = staff(WORLD, there(WORLD), groups, PLAN, on_crew=told.append)
    assert found.complete
    assert costs[crew(found.best)] == min(costs.values())
    assert len([t for t in told if t.again is None]) == len(found.tried) < len(every)


def costs_of_those_that_meet(groups: tuple[Group, ...], every: Sequence[tuple[int, ...]], plan: Plan) -> dict[tuple[int, ...], int]:
    worlds = [with_crew(WORLD, groups, c) for c in every]
    seeds = (plan.seed, plan.seed + OTHERS)
    studies = [simulate_all(worlds, replace(plan, seed=seed)).compared for seed in seeds]
    both = zip(every, *studies, strict=True)
    return {c: 7 * (150 * c[0] + 80 * c[1]) for c, here, there_too in both if here.met and there_too.met}


def test_a_crew_that_meets_its_targets_by_luck_is_judged_again_and_ruled_out() -> None:
    plan = Plan(3, 2, seed=0)
    groups = groups_of(WORLD, there(WORLD), 3, RANGES)
    found = staff(WORLD, there(WORLD), groups, plan)
    lucky = [t for t in found.tried if t.again is not None and t.compared.met and not t.again.met]
    assert lucky
    assert found.best is not None
    assert found.best.again is not None
    assert found.best.again.met
    assert all(t.cost <= found.best.cost for t in lucky)
    every = [c for c in product(range(4), range(4)) if any(c)]
    assert found.best.cost == min(costs_of_those_that_meet(groups, every, plan).values())
    for t in lucky:
        assert t.missed == tuple(v for v in t.again.targets if not v.met)  # type: ignore[union-attr]
    document = staffing_answers.staff(found, there(WORLD), (3, 2, 0))
    again = {tuple(e["crew"].values()): e["again"] for e in document["tried"]}
    for t in lucky:
        ((judged,), entry) = t.missed, again[t.counts]
        assert entry == [{**entry[0], "figure": judged.figure, "mean": round(judged.estimate.mean or 0.0, 6), "met": False}]
    assert staffing_answers.staff_html(found, there(WORLD)).count("on other random numbers") >= 2


def test_the_proof_shows_every_crew_with_one_engineer_less_with_its_figures() -> None:
    groups = groups_of(WORLD, there(WORLD), 4, RANGES)
    found = staff(WORLD, there(WORLD), groups, PLAN)
    best = crew(found.best)
    assert {t.counts for t in found.neighbours} == {
        tuple(n - (k == g) for k, n in enumerate(best)) for g in range(2) if best[g] > 0 and sum(best) > 1
    }
    assert [(t.met, len(t.compared.result.replications)) for t in found.neighbours] == [(False, 4)] * len(found.neighbours)
    document = staffing_answers.staff(found, there(WORLD), (4, 4, 2))
    for entry in document["neighbours"]:
        (target,) = entry["targets"]
        assert target["mean"] < 0.9
        assert target["low"] <= target["mean"] <= target["high"]
    assert found.today is not None
    assert found.best is not None
    assert found.dearer() == difference(found.today.compared.result, found.best.compared.result, "cost_per_day")


def test_a_search_that_is_ended_gives_the_cheapest_crew_that_it_knows() -> None:
    for ranges, expected in ((RANGES, (1, 1)), ({"any": (2, 3), "drives": (0, 3)}, (3, 3))):
        found = staff(WORLD, there(WORLD), groups_of(WORLD, there(WORLD), 4, ranges), PLAN, most_crews=2)
        assert (len(found.tried), found.complete, found.neighbours) == (2, False, ())
        assert crew(found.best) == expected
        assert found.best is not None
        assert found.best.again is not None
    groups = groups_of(WORLD, there(WORLD), 4, RANGES)
    assert not staff(WORLD, there(WORLD), groups, replace(PLAN, stop=lambda: True)).complete


def test_where_no_crew_in_range_meets_a_target_the_nearest_figure_is_told() -> None:
    hard = {**WORLD, "targets": [TARGET, {"figure": "resolution_p50_minutes", "at_most": 20}]}
    found = staff(hard, there(hard), groups_of(hard, there(hard), 4, RANGES), PLAN)
    assert (found.best, found.complete) == (None, True)
    ((verdict, tried),) = found.nearest()
    assert verdict.figure == "resolution_p50_minutes"
    assert verdict.estimate.mean == min(t.compared.targets[1].estimate.mean or 9e9 for t in found.tried)
    assert tried in found.tried


def test_a_world_without_targets_and_an_unknown_group_are_refused() -> None:
    bare = {**WORLD, "targets": []}
    with pytest.raises(InputError, match="MISSING_FIELD at /targets"):
        staff(bare, there(bare), groups_of(bare, there(bare), 4, {}), PLAN)
    with pytest.raises(InputError, match=r"UNKNOWN_ENGINEER.*'night'"):
        groups_of(WORLD, there(WORLD), 4, {"night": (0, 2)})


def test_the_load_offered_to_those_who_alone_can_do_it_is_a_lower_bound() -> None:
    groups = groups_of(WORLD, there(WORLD), 7, {})
    assert [(g.id, g.now, g.least, g.most, g.shifts, g.hours, g.cost) for g in groups] == [
        ("any", 1, 0, 4, 7.0, 56.0, 1050.0), ("drives", 1, 0, 4, 7.0, 56.0, 560.0)
    ]  # fmt: skip
    loads = offered(there(WORLD), groups, WORLD, 7)
    assert [gives for gives, _ in loads] == [(56.0, 0.0), (56.0, 56.0)]
    assert [wanted for _, wanted in loads] == pytest.approx([30, 90])


def test_what_a_miss_rules_out_depends_on_whether_more_engineers_help() -> None:
    dear = {**WORLD, "targets": [{"figure": "cost_per_day", "at_most": 1}]}
    groups = tuple(replace(g, least=0, most=3) for g in groups_of(dear, there(dear), 4, {}))

    def missed(world: dict[str, Any]) -> Cut:
        alternative = with_crew(world, groups, (1, 2))
        (compared,) = simulate_all([alternative], Plan(1, 1)).compared
        return cut_of(Tried((1, 2), 0.0, compared), groups)

    assert missed(dear) == Cut(fewer={0: 0, 1: 1})
    assert missed({**WORLD, "targets": [{"figure": "response_p90_minutes", "at_most": 0.001}]}) == Cut(more={0: 2, 1: 3})


def test_one_more_is_compared_with_today_group_by_group() -> None:
    groups, study = marginal(WORLD, there(WORLD), PLAN)
    assert [g.id for g in groups] == ["any", "drives"]
    assert [c.alternative.name for c in study.compared] == ["as is", "+1 any", "+1 drives"]
    assert [len(c.result.world.crew) for c in study.compared] == [2, 3, 3]
    assert [m.engineer.id for m in study.compared[1].result.world.crew] == ["any", "any+", "drives"]
    document = staffing_answers.marginal(groups, study, there(WORLD))
    by_group = {entry["engineers"]: entry["differences"][-1] for entry in document["one_more"]}
    assert {name: d["figure"] for name, d in by_group.items()} == {"any": "cost_per_day", "drives": "cost_per_day"}
    assert by_group["any"]["mean"] == pytest.approx(150, abs=20)
    assert by_group["drives"]["mean"] == pytest.approx(80, abs=20)


def test_promises_are_judged_as_they_are_and_tighter_and_have_a_price() -> None:
    levels = [{"kind": "repair", "respond_within": "PT4H"}]
    plain = [{k: v for k, v in d.items() if k != "respond_within"} for d in WORK]
    world = {**WORLD, "service_levels": levels, "demand": plain, "targets": []}
    found = promise(world, there(world), PLAN, [0.25], 0.9, room=2)
    assert [(p.scope, p.within, p.factor, p.share) for p in found.promises] == [
        (("repair", None, None), 14_400, 1.0, 0.9), (("repair", None, None), 3_600, 0.25, 0.9)
    ]  # fmt: skip
    now, tight = found.promises
    assert now.kept.mean is not None
    assert tight.kept.mean is not None
    assert now.kept.mean > tight.kept.mean
    assert tight.chance.values == tuple(float(v is not None and v >= 0.9) for v in tight.kept.values)
    assert (tight.holds, tight.crew is None) == (False, False)
    assert tight.crew is not None
    assert tight.crew.best is not None
    assert all(n >= g.now for n, g in zip(tight.crew.best.counts, found.groups, strict=True))
    assert tight.crew.best.compared.targets[0].estimate.mean is not None
    assert tight.crew.best.compared.targets[0].estimate.mean >= 0.9
    assert tight.price is not None
    assert tight.price.mean is not None
    assert tight.price.mean > 0


def test_a_world_without_service_levels_promises_nothing() -> None:
    with pytest.raises(InputError, match="MISSING_FIELD at /service_levels"):
        promise(WORLD, there(WORLD), PLAN, [0.5], 0.9, room=0)


def test_groups_are_in_words() -> None:
    group = Group("night", "north", "pump 2", 1, 0, 3, 7.0, 56.0, 100.0)
    assert staffing_answers.within(5400) == "1 h 30 min"
    assert staffing_answers.within(60) == "1 min"
    assert staffing_answers.group(group)["now"] == 1
