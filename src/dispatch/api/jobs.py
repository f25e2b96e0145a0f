"""Who works at the jobs: claims them from the queue in the database and hands each to an executor."""

from __future__ import annotations

import logging
import multiprocessing
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from dispatch.api import worker
from dispatch.api.settings import Settings
from dispatch.errors import StoreError
from dispatch.store import Store, jobs, keys
from dispatch.store.jobs import Job
from dispatch.travel.means import read_keys

if TYPE_CHECKING:
    from dispatch.api.operating import Metrics

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at the queue; a job posted here is seen at once."""
TIDY_EVERY = 600.0
"""Seconds between two removals of what need not be kept any longer."""
DAY = 86_400

MakeExecutor = Callable[[], Executor]


def process(niceness: int) -> Executor:
    """Return an executor of one process. It is not forked from the server, whose threads would not survive that."""
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(1, mp_context=context, initializer=worker.prepare, initargs=(niceness,))


@cache
def cluster(address: str) -> Executor:
    """Return the executor of a Dask cluster.

    Parameters
    ----------
    address
        Of the scheduler, ``tcp://HOST:PORT``.
    """
    from distributed import Client

    client: Any = Client
    executor: Executor = client(address, name="dispatch").get_executor(pure=False)
    return executor


class Runner:
    """Works off the queue, in a thread of its own.

    Parameters
    ----------
    make_executor
        Makes an executor for each plan that may be made at the same time; called again when one has died.
    clock
        Unix seconds.
    """

    def __init__(self, settings: Settings, store: Store, metrics: Metrics, clock: Callable[[], float], make_executor: MakeExecutor) -> None:
        self.settings, self.store, self.metrics, self.clock, self.make_executor = settings, store, metrics, clock, make_executor
        self.place = worker.Place(
            store.url,
            settings.lease,
            {file.name: str(file.resolve()) for file in settings.maps},
            None if settings.travel_cache is None else str(settings.travel_cache.resolve()),
            settings.travel_seconds,
            read_keys("" if settings.travel_keys is None else settings.travel_keys.get_secret_value()),
            settings.niceness if settings.cluster is None else 0,
            clock,
        )
        self.owner = secrets.token_hex(8)
        self.executors: list[Executor | None] = [None] * settings.workers
        self.busy: dict[int, tuple[Job, Future[str]]] = {}
        self._awake, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._tidied = 0.0

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the queue now."""
        self._awake.set()

    def close(self, seconds: float) -> None:
        """End: what is under way is handed back with its best plan so far, for another server or the next start.

        Parameters
        ----------
        seconds
            How long to wait for that; a job that is not handed back then is taken over when its lease has run out.
        """
        self._over.set()
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join()
        futures = [future for _, future in self.busy.values()]
        if futures:
            try:
                with self.store.writing() as connection:
                    jobs.ask_back(connection, self.owner)
            except StoreError as error:
                log.warning("plans under way could not be handed back: %s", error)
            late = wait(futures, seconds).not_done
            if late:
                log.warning("%d plans were not handed back in time; they are gone on with when their lease has run out", len(late))
                for child in multiprocessing.active_children():  # the interpreter would wait for them
                    child.kill()
        for executor in filter(None, self.executors):
            executor.shutdown(wait=False)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._work_off()
                self._tidy()
            except StoreError as error:
                log.warning("the queue cannot be looked at: %s", error)
            except Exception:
                log.exception("the queue cannot be looked at")
            self._awake.wait(LOOK_EVERY)
            self._awake.clear()

    def _work_off(self) -> None:
        """Claim as many jobs as there are hands free, and hand them out."""
        for slot, (job, future) in list(self.busy.items()):
            if future.done():
                del self.busy[slot]
                self._ended(slot, job, future)
        free = [slot for slot in range(len(self.executors)) if slot not in self.busy]
        if not free:
            return
        now = self.clock()
        with self.store.reading() as connection:
            if not jobs.waiting(connection, now):
                return
        with self.store.writing() as connection:
            claimed = jobs.claim(connection, self.owner, now, self.settings.lease, len(free), self.settings.deaths)
        for slot, job in zip(free, claimed, strict=False):
            self.busy[slot] = (job, self._hand_out(slot, job))

    def _hand_out(self, slot: int, job: Job) -> Future[str]:
        for _ in range(2):
            executor = self.executors[slot] = self.executors[slot] or self.make_executor()
            try:
                future = executor.submit(worker.work, self.place, job.id, job.claim)
                break
            except BrokenExecutor:  # it died idle
                self.executors[slot] = None
        else:
            future = Future()
            future.set_exception(BrokenProcessPool("no worker could be started"))
        future.add_done_callback(lambda _: self.wake())
        return future

    def _ended(self, slot: int, job: Job, future: Future[str]) -> None:
        error = future.exception() if not future.cancelled() else None
        if error is None:
            how = "cancelled" if future.cancelled() else future.result()
            self.metrics.ended.labels(how).inc()
            return
        self.metrics.ended.labels("died").inc()
        log.warning("the worker at plan %s died: %s", job.id, error or type(error).__name__)
        if isinstance(error, BrokenExecutor):
            self.executors[slot] = None
        with self.store.writing() as connection:
            jobs.let_go(connection, job.id, job.claim)

    def _tidy(self) -> None:
        now = self.clock()
        if now - self._tidied < TIDY_EVERY:
            return
        self._tidied = now
        with self.store.writing() as connection:
            keys.forget(connection, now - self.settings.keep_keys * DAY)
            jobs.forget(connection, now - self.settings.keep_plans * DAY)


def maker(settings: Settings) -> MakeExecutor:
    """Return how to make executors by the settings."""
    return partial(process, settings.niceness) if settings.cluster is None else partial(cluster, settings.cluster)
