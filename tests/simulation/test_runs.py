"""Replications together: the same answer with any number of workers, intervals, common random numbers, precision, memory."""

from __future__ import annotations

import json
import math
import multiprocessing
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import stdev, variance

import pytest

from dispatch.simulation.kpis import ALL
from dispatch.simulation.runs import Estimate, chance, estimate, replicate, run
from dispatch.simulation.world import World, read_world
from tests.simulation.worlds import NIGHT, demand, world


def night(**changes: object) -> World:
    return read_world(json.dumps({**json.loads(NIGHT.read_text("utf-8")), **changes}))


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.csv"))}


def test_records_are_the_same_byte_for_byte_whatever_the_number_of_workers(tmp_path: Path) -> None:
    alone = run(night(), 3, 4, seed=2, folder=tmp_path / "alone")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver")) as pool:
        together = run(night(), 3, 4, seed=2, executor=pool, workers=2, folder=tmp_path / "together")
    assert files(tmp_path / "alone") == files(tmp_path / "together")
    assert len(files(tmp_path / "alone")) == 8
    assert alone == together


def test_an_interval_is_that_of_students_t() -> None:
    # Mean 5, standard deviation sqrt(10 / 4) = 1.5811, / sqrt(5) = 0.7071, t of 4 degrees 2.7764.
    e = estimate([3, 4, 5, 6, 7])
    assert e.mean == 5
    assert e.half == pytest.approx(2.7764 * 0.70711, abs=1e-4)
    assert e.low == pytest.approx(5 - 1.96324, abs=1e-4)
    assert e.high == pytest.approx(5 + 1.96324, abs=1e-4)
    assert estimate([None, 2.0]) == Estimate(2.0, None, None, None, (None, 2.0))
    assert estimate([]) == Estimate(None, None, None, None, ())


@pytest.mark.parametrize(
    ("times", "of", "low", "high"), [(7, 10, 0.3475, 0.9333), (0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (1, 1, 0.025, 1.0)]
)
def test_a_chance_has_the_exact_interval(times: int, of: int, low: float, high: float) -> None:
    e = chance([None, *([True] * times), *([False] * (of - times))])
    assert [e.mean, e.low, e.high] == pytest.approx([times / of, low, high], abs=1e-4)
    assert chance([None]) == Estimate(None, None, None, None, (None,))


def test_the_interval_of_a_share_ends_at_one() -> None:
    e = estimate([0.9, 1.0, 1.0], "sla")
    assert e.high == 1.0
    assert e.half is not None
    assert e.mean is not None
    assert e.mean + e.half > 1


def test_runs_end_when_the_intervals_are_narrow_enough() -> None:
    made = night()
    wide = run(made, 7, 12, seed=1, precision=0.08)
    assert wide.stopped == "precision"
    assert 3 <= len(wide.replications) < 12
    half = wide.estimate("sla").half
    assert half is not None
    assert half <= 0.08
    assert all(v.estimate.half is not None and v.estimate.half <= 0.08 for v in wide.targets())
    one_less = [r.figures for r in wide.replications[:-1]]
    assert len(one_less) < 3 or any(
        (estimate([f[s].get("sla") for f in one_less]).half or 1) > 0.08
        for s in (ALL, ("emergency", None, None), ("emergency", "vip", None))
    )
    assert run(made, 2, 2, seed=1, precision=0.001).stopped == "replications"


def test_a_run_that_is_stopped_keeps_what_it_has() -> None:
    told: list[tuple[int, int]] = []
    ended = run(night(), 1, 5, on_progress=lambda done, of: told.append((done, of)), stop=lambda: len(told) == 2)
    assert (len(ended.replications), ended.stopped, told) == (2, "stopped", [(1, 5), (2, 5)])


def one_more(made: World) -> World:
    """Return the world with one engineer more."""
    first = made.crew[0]
    return replace(made, crew=(*made.crew, replace(first, engineer=replace(first.engineer, id="one more"))))


@pytest.mark.parametrize(
    ("alternative", "figures"),
    [
        (lambda made: replace(made, dispatching="nearest-able"), ("utilisation", "first_time_fix")),
        (one_more, ("utilisation", "first_time_fix", "tickets_in_system")),
    ],
    ids=["another way to dispatch", "one more engineer"],
)
def test_common_random_numbers_halve_the_interval_of_a_difference(alternative: Callable[[World], World], figures: tuple[str, ...]) -> None:
    made = night(targets=[])
    other = alternative(made)
    before, common, apart = (run(w, 5, 10, seed).replications for w, seed in ((made, 1), (other, 1), (other, 2)))
    for figure in figures:
        a, b, c = ([r.figures[ALL][figure] or 0.0 for r in found] for found in (before, common, apart))
        together = stdev(y - x for x, y in zip(a, b, strict=True))
        independent = math.sqrt(variance(a) + variance(c))
        assert together <= independent / 2, figure


def test_targets_are_met_by_the_mean_and_surely_by_the_whole_interval() -> None:
    wanted = [
        {"figure": "sla", "at_least": 0.5},
        {"figure": "response_p90_minutes", "at_most": 1},
        {"figure": "sla", "kind": "upgrade", "at_least": 0},
    ]
    made = night(targets=wanted)
    found = run(made, 2, 3, seed=1).targets()
    assert [(v.figure, v.met, v.surely) for v in found] == [
        ("sla", True, True),
        ("response_p90_minutes", False, False),
        ("sla", False, False),  # nobody asked for an upgrade: the figure is not defined
    ]


def test_memory_does_not_grow_with_the_days() -> None:
    made = world(demand=[demand(per_week=100)], dispatching="nearest-able")
    replicate(made, 2, 0, 0)

    def peak(days: int) -> int:
        tracemalloc.start()
        replicate(made, days, 0, 0)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    # Responses are kept to rank them, 40 bytes a ticket; records are 20 times as much.
    assert peak(90) < peak(15) + 75 / 7 * 100 * 250
