"""Studies: kept as they come, taken up again, the same however they are run, and compared in pairs."""

from __future__ import annotations

import json
import math
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dispatch import answers
from dispatch.errors import DispatchError
from dispatch.simulation import sweeps, workers
from dispatch.simulation.alternatives import Alternative, Grid, Headcount, alternatives
from dispatch.simulation.runs import estimate
from dispatch.simulation.studies import Plan, Study, key_of, simulate_all
from dispatch.simulation.world import read_world
from tests.simulation.worlds import DAY_SHIFT, demand, tree

WORLD = tree(
    engineers=[{"id": "ann", "count": 2, "cost_per_shift": 100, "roster": [DAY_SHIFT]}],
    demand=[demand(per_week=90, respond_within="PT2H", service={"mean": "PT40M"})],
    targets=[{"figure": "sla", "at_least": 0.3}],
)
GRID = Grid(format="dispatch-grid/1", headcount=[Headcount(engineers="ann", counts=[1, 2, 3])])


def found() -> list[Alternative]:
    return alternatives(WORLD, GRID)


def told(study: Study) -> str:
    return answers.text(sweeps.answer(study, read_world(json.dumps(WORLD))))


def lines(folder: Path) -> list[str]:
    return sorted(line for path in folder.glob("*.jsonl") for line in (path.name + " " + text for text in path.read_text().splitlines()))


@pytest.fixture(scope="module")
def whole() -> Study:
    return simulate_all(found(), Plan(3, 4, seed=5))


def test_an_interrupted_study_goes_on_where_it_stopped_and_ends_the_same(tmp_path: Path, whole: Study) -> None:
    asked: list[int] = []
    first = simulate_all(found(), Plan(3, 4, 5, tmp_path, on_progress=lambda n, of: asked.append(n), stop=lambda: len(asked) == 5))
    assert (first.complete, [len(c.result.replications) for c in first.compared]) == (False, [4, 1, 0])
    before = lines(tmp_path)
    assert len(before) == 5
    again: list[tuple[int, int]] = []
    second = simulate_all(found(), Plan(3, 4, 5, tmp_path, on_progress=lambda n, of: again.append((n, of))))
    after = lines(tmp_path)
    assert again == [(n, 12) for n in range(5, 13)]
    assert (len(after), len(set(after)), set(before) <= set(after)) == (12, 12, True)
    assert second.complete
    assert told(second) == told(whole)


def test_a_line_that_was_cut_off_is_simulated_again(tmp_path: Path, whole: Study) -> None:
    simulate_all(found(), Plan(3, 4, 5, tmp_path))
    path = tmp_path / f"{key_of(found()[1].tree, 3, 5)}.jsonl"
    path.write_text(path.read_text()[:-200], "utf-8")
    done: list[int] = []
    again = simulate_all(found(), Plan(3, 4, 5, tmp_path, on_progress=lambda n, of: done.append(n)))
    assert done == [11, 12]
    assert told(again) == told(whole)
    assert told(simulate_all(found(), Plan(3, 4, 5, tmp_path))) == told(whole)


def test_other_worlds_days_and_seeds_have_other_names() -> None:
    one, two, _ = found()
    keys = {key_of(one.tree, 3, 5), key_of(two.tree, 3, 5), key_of(one.tree, 4, 5), key_of(one.tree, 3, 6)}
    assert len(keys) == 4


def test_results_do_not_depend_on_who_works_or_in_which_order(whole: Study) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert told(simulate_all(found(), Plan(3, 4, 5, executor=threads, at_once=5))) == told(whole)


def test_processes_give_the_same_results(whole: Study) -> None:
    with workers.executor(2) as (pool, at_once):
        assert pool is not None
        assert told(simulate_all(found(), Plan(3, 4, 5, executor=pool, at_once=at_once))) == told(whole)


def test_a_difference_is_paired_and_its_interval_is_less_than_half_as_wide() -> None:
    study = simulate_all(found()[1:], Plan(5, 8, seed=1))
    one, other = (c.result for c in study.compared)
    values = [r.figures[(None, None, None)]["utilisation"] for r in one.replications]
    others = [r.figures[(None, None, None)]["utilisation"] for r in other.replications]
    paired = study.difference(1, "utilisation")
    assert paired == estimate([b - a for a, b in zip(values, others, strict=True) if a is not None and b is not None])
    alone = [result.estimate("utilisation").half for result in (one, other)]
    assert paired.half is not None
    assert None not in alone
    assert paired.half < 0.5 * math.hypot(*(h for h in alone if h is not None))
    came = study.difference(1, "tickets_per_day")
    assert (came.mean, came.half) == (0, 0)  # the same tickets


def test_who_meets_the_targets_comes_first_and_the_cheapest_of_them(whole: Study) -> None:
    names = [whole.compared[i].alternative.name for i in sweeps.order(whole)]
    met = [c.alternative.name for c in whole.compared if c.met]
    assert names[: len(met)] == met
    found = sweeps.best(whole)
    assert found is not None
    assert found.alternative.name == met[0]


def lose_a_process() -> None:
    with workers.processes(2) as (pool, _):
        assert pool is not None
        pool.submit(os.kill, pool.submit(os.getpid).result(), signal.SIGKILL).result()


def test_a_killed_process_is_told_in_a_sentence() -> None:
    with pytest.raises(DispatchError, match="was killed"):
        lose_a_process()
