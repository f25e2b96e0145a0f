"""A Dask cluster: the same results as here, and nothing lost with a worker."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from dispatch import answers
from dispatch.errors import DispatchError
from dispatch.simulation import sweeps, workers
from dispatch.simulation.studies import Plan, simulate_all
from tests.simulation.test_studies import found

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("ignore")  # those of a cluster that loses a worker are what is asked for


@pytest.fixture
def cluster() -> Iterator[object]:
    """Two worker processes with one thread each."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as made:
        yield made


def pids(address: str) -> list[int]:
    with distributed.Client(address) as client:
        return sorted(client.run(os.getpid).values())


def test_a_killed_worker_loses_nothing_and_records_are_the_same(cluster: object) -> None:
    address = str(cluster.scheduler_address)  # type: ignore[attr-defined]
    here = simulate_all(found(), Plan(10, 4, 5))
    before = pids(address)
    killed = threading.Event()

    def kill(done: int, of: int) -> None:
        if done == 2 and not killed.is_set():
            killed.set()
            os.kill(before[0], signal.SIGKILL)

    with workers.executor(2, address) as (pool, at_once):
        assert at_once == 4
        there = simulate_all(found(), Plan(10, 4, 5, executor=pool, at_once=at_once, on_progress=kill))
    assert killed.is_set()
    assert there.complete
    world = found()[0].world
    assert answers.text(sweeps.answer(there, world)) == answers.text(sweeps.answer(here, world))


def test_no_scheduler_is_told_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    with pytest.raises(DispatchError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"), workers.cluster("tcp://127.0.0.1:9"):
        pass


def test_without_distributed_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DispatchError, match=r"install field-dispatch\[dask\]"), workers.cluster("tcp://127.0.0.1:9"):
        pass
