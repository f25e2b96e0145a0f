"""The work at one plan, in a process of its own or on a Dask worker. It speaks with the service through the database alone."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import stamina

from dispatch import answers, planning, schema, travel
from dispatch.api.sources import sources
from dispatch.api.warm import warm_up
from dispatch.errors import DispatchError, InputError, StoreError, TravelError
from dispatch.model import Plan
from dispatch.planning import Planned
from dispatch.solver import Options, Progress
from dispatch.store import Store, jobs
from dispatch.store.jobs import Job

T = TypeVar("T")

log = logging.getLogger(__name__)

BEATS = 5
"""Signs of life in the time of one lease."""
KEEP_EVERY = 1.0
"""Seconds between two best plans kept, at the least."""
PATIENCE = 300.0
"""Seconds for which a finished plan waits for the database."""


def prepare(niceness: int) -> None:
    """Make a process ready to work: it leaves Ctrl-C to the server, and loads the search."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_server, name="orphan", daemon=True).start()
    _behind(niceness, warm_up)


def _behind(niceness: int, function: Callable[[], T]) -> T:
    """Call a function in a thread that stands back behind all else.

    Where threads have no priority of their own, the process stands back. It is better if only the search does: who has to wait for a
    processor while it writes to the database lets everybody wait.
    """

    def stand_back() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(19, os.nice(0) + niceness))
        else:
            os.nice(max(0, niceness - os.nice(0)))

    with ThreadPoolExecutor(1, thread_name_prefix="search", initializer=stand_back) as thread:
        return thread.submit(function).result()


_at_work: set[tuple[str, int]] = set()
"""Jobs and claims that this process works at."""


def _end_with_server() -> None:
    """Wait for the death of the server, finish the plan under way, and end: nobody would hand out another."""
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        while _at_work:
            time.sleep(0.2)
        os._exit(0)


@dataclass(frozen=True)
class Place:
    """Where the work is done, as the settings of the service have it.

    Parameters
    ----------
    url
        Of the database.
    lease
        Seconds for which a claim holds without a sign of life.
    maps, cache, patience, keys
        See `dispatch.api.sources.sources`.
    niceness
        How far the search stands back.
    clock
        Unix seconds.
    """

    url: str
    lease: float
    maps: Mapping[str, str]
    cache: str | None
    patience: float
    keys: Mapping[str, str] = field(repr=False)
    niceness: int = 0
    clock: Callable[[], float] = time.time


def work(place: Place, job_id: str, claim: int) -> str:
    """Make a plan under a claim of its job, and return how that ended; whatever there is to keep is in the database."""
    travel.use(sources(place.maps, place.cache, place.patience, place.keys))
    store = Store(place.url, connections=2)
    _at_work.add((job_id, claim))
    try:
        return _work(store, place, job_id, claim)
    finally:
        _at_work.discard((job_id, claim))
        store.close()


def _work(store: Store, place: Place, job_id: str, claim: int) -> str:
    clock = place.clock
    with store.writing() as connection:
        job = jobs.start(connection, job_id, claim, clock(), place.lease)
        if job is None:  # somebody else has it by now
            return "lost"
        problem = jobs.document(connection, job_id, "problem")
        begin = jobs.document(connection, job_id, "best") or jobs.document(connection, job_id, "start")
    assert problem is not None
    with _Watch(store, job, place) as watch:
        try:
            planned = _behind(place.niceness, partial(_planned, job, problem, begin, watch))
        except Exception as error:
            if not isinstance(error, DispatchError):
                log.exception("planning failed", extra={"job": job_id})
            told = _error(error)
            return _settle(lambda c: jobs.fail(c, job_id, claim, clock(), told), store, "failed")
        if watch.wanted == "hand_back":
            watch.keep(planned.plan)
            return _settle(lambda c: jobs.hand_back(c, job_id, claim), store, "handed back")
        if watch.wanted is None:
            return "lost"
        plan = schema.write_plan(planned.plan, planned.problem.time_zone)
        broken = answers.violations(planned.violations)
        progress = watch.progress(planned.plan)
        return _settle(lambda c: jobs.finish(c, job_id, claim, clock(), plan, broken, progress), store, "finished")


def _planned(job: Job, problem: bytes, begin: bytes | None, watch: _Watch) -> Planned:
    """Plan a problem, or a live day anew."""
    limits = job.options.get("proposal")
    if limits is None:
        return planning.plan(schema.read_problem(problem), _options(job, watch), schema.read_plan(begin) if begin else None)
    made = planning.propose(planning.read_day(problem), _options(job, watch), **limits)
    return Planned(made.problem, made.matrix, made.plan, made.violations)


def _settle(end: Any, store: Store, how: str) -> str:
    """Write the end of a job, however long the database is away; it is written once, or the claim is lost."""
    for attempt in stamina.retry_context(on=StoreError, attempts=None, timeout=PATIENCE, wait_max=5.0):
        with attempt, store.writing() as connection:
            return how if end(connection) else "lost"
    return "lost"


def _error(error: Exception) -> dict[str, Any]:
    if isinstance(error, (InputError, TravelError)):
        return answers.refusal(error)
    return answers.problem("UNEXPECTED", "This should not have happened.", "The worker has logged what happened. Please report it.")


def _options(job: Job, watch: _Watch) -> Options:
    """Return how to search: with what earlier claims have left of seconds and iterations."""
    given = job.options
    seconds, iterations = given["seconds"], given["iterations"]
    return Options(
        seconds=None if seconds is None else max(0.0, seconds - watch.spent[0]),
        iterations=None if iterations is None else max(0, iterations - watch.spent[1]),
        seed=given["seed"],
        workers=given["workers"],
        engine=given["engine"],
        prove=given["prove"],
        on_progress=watch.moment,
        stop=watch.stop,
    )


@dataclass
class _Watch:
    """Beside the search: renews the lease, tells how far it is, keeps the best plan, and hears what is wanted."""

    store: Store
    job: Job
    place: Place
    stop: threading.Event = field(default_factory=threading.Event)
    wanted: str | None = ""
    last: Progress | None = None
    best: Plan | None = None
    kept_at: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        before = self.job.progress or {}
        self.spent = (float(before.get("seconds", 0.0)), int(before.get("iterations", 0)))
        self.thread = threading.Thread(target=self._beat, name="beat", daemon=True)

    def __enter__(self) -> _Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def moment(self, now: Progress) -> None:
        """Take what the search tells, in its thread: of the best plan a copy, once a second at the most."""
        improved = self.last is None or (now.unassigned, now.cost) != (self.last.unassigned, self.last.cost)
        if improved and now.best is not None and (self.best is None or now.seconds - self.kept_at >= KEEP_EVERY):
            self.best, self.kept_at = now.best(), now.seconds
        self.last = now

    def progress(self, plan: Plan | None = None) -> dict[str, Any]:
        """Return how far the work is, over all claims."""
        seconds, iterations = self.spent
        if plan is not None and plan.solver is not None and plan.cost is not None:
            seconds, iterations = seconds + plan.solver.seconds, iterations + plan.solver.iterations
            return _progress(seconds, iterations, plan.cost.total, len(plan.unassigned))
        if self.last is None:
            return dict(self.job.progress or {})
        return _progress(seconds + self.last.seconds, iterations + self.last.iterations, self.last.cost, self.last.unassigned)

    def keep(self, plan: Plan) -> None:
        """Keep a plan as the best so far; where the database is away, an earlier one stays."""
        data = schema.write_plan(plan)
        try:
            with self.store.writing() as connection:
                jobs.improve(connection, self.job.id, self.job.claim, data)
        except StoreError as error:
            log.warning("the best plan so far could not be kept: %s", error)

    def _beat(self) -> None:
        written: Plan | None = None
        while not self.over.wait(min(1.0, self.place.lease / BEATS)):
            told = self.progress() or None
            try:
                with self.store.writing() as connection:
                    self.wanted = jobs.beat(connection, self.job.id, self.job.claim, self.place.clock(), self.place.lease, told)
            except StoreError as error:  # the lease may run out meanwhile; then the next beat says so
                log.warning("no sign of life could be given: %s", error)
                continue
            except Exception:
                log.exception("no sign of life could be given", extra={"job": self.job.id})
                continue
            if self.wanted != "":
                self.stop.set()
            if self.wanted is None:
                return
            best = self.best
            if best is not None and best is not written:
                self.keep(best)
                written = best


def _progress(seconds: float, iterations: int, cost: int, unassigned: int) -> dict[str, Any]:
    return {"seconds": round(seconds, 1), "iterations": iterations, "cost": cost, "unassigned": unassigned}
