"""Where replications run: processes of this machine, or a Dask cluster. Both are executors, and nothing else is different."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from typing import Any

from dispatch.errors import DispatchError

__all__ = ["cluster", "executor", "processes"]

NICENESS = 5
"""How far processes stand back behind whoever works at this machine."""
PER_WORKER = 2
"""Replications that are handed to a thread of a cluster at a time: the next is there when one is done."""
PATIENCE = 30
"""Seconds in which a scheduler has to answer."""


def _prepare(niceness: int) -> None:
    from dispatch.simulation import engine  # noqa: F401 the compiled search is loaded once, and not by the first replication

    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asked


@contextmanager
def processes(workers: int) -> Iterator[tuple[Executor | None, int]]:
    """Yield an executor of processes and how many replications it takes at a time; one worker is this process itself: None."""
    if workers == 1:
        yield None, 1
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("forkserver")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(NICENESS,))
    try:
        with pool:
            yield pool, 2 * workers
    except BrokenExecutor as error:
        raise DispatchError("A process that ran replications was killed. What was saved is kept: ask again, and it goes on.") from error


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Yield the executor of a Dask cluster and how many replications it takes at a time. What a killed worker had, others do.

    Raises
    ------
    DispatchError
        `distributed` is not installed, no scheduler answers, or it has no workers.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise DispatchError("--cluster needs distributed: install field-dispatch[dask].") from None
    make: Any = Client
    try:
        client = make(address, timeout=PATIENCE, name="dispatch")
    except (OSError, ValueError, TimeoutError) as error:
        raise DispatchError(f"No Dask scheduler answers at {address}: {' '.join(str(error).split())}") from None
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            raise DispatchError(f"The Dask scheduler at {address} has no workers: start some, and ask again.")
        # An executor of Dask's would forget on a worker's death what a retry does not cover; replications are pure, so retries are safe.
        yield client.get_executor(pure=False, retries=3), PER_WORKER * threads
    except KilledWorker as error:
        raise DispatchError(f"The cluster gave up a replication whose workers died again and again: {error}") from error
    finally:
        client.close()


@contextmanager
def executor(workers: int, address: str | None = None) -> Iterator[tuple[Executor | None, int]]:
    """Yield where replications run, and how many are handed out at a time."""
    if address is not None:
        with cluster(address) as found:
            yield found
    else:
        with processes(workers) as here:
            yield here
