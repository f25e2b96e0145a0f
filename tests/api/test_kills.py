"""Servers, workers and databases are killed: no plan is lost, none is made twice at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from dispatch.api import examples
from dispatch.store import Store, jobs
from tests.api.conftest import opened, settings
from tests.api.days import day
from tests.api.servers import PATIENCE, Server, secret_for, until
from tests.databases import Postgres

DAY = day(40, 6)


class Dies(Executor):
    """An executor whose process dies at everything it is given."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        # What a process does at its first step, so that the death counts.
        place, job_id, claim = args
        store = Store(place.url)
        with store.writing() as connection:
            jobs.start(connection, job_id, claim, place.clock(), place.lease)
        store.close()
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool("killed"))
        return future


def test_a_plan_that_kills_its_workers_fails_after_some_and_the_others_go_on(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, deaths=2), Dies):
        location = desk.post("/v1/plans", examples.DAY).headers["location"]
        job = desk.get(location, headers={"Prefer": "wait=60"}).json()
        assert (job["state"], job["deaths"], job["error"]["code"]) == ("failed", 2, "WORKER_DIED")
        assert desk.post("/v1/plans", examples.DAY).status_code == 202


def further(server: Server, location: str, than: float = 0.0) -> Any:
    """Return a job once its search has gone on for longer than so many seconds and has a plan to show."""

    def look() -> Any:
        job = server.job(location)
        return job if job["progress"] and job["progress"]["seconds"] > than else None

    found = until(look, f"progress beyond {than} s")
    until(lambda: server.client.get(f"{location}/plan").status_code == 200, "a plan to show")
    return found


def test_a_plan_outlives_its_worker_its_server_and_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dispatch.db'}"
    secret = secret_for(url)
    with Server(url, secret, tmp_path, lease=2, niceness=1) as first:
        location = first.post(600, DAY)
        before = further(first, location)
        (worker,) = first.workers()
        # Only the search stands back: whoever writes to the database would let others wait.
        niceness = psutil.Process(first.process.pid).nice()
        if sys.platform == "linux":
            assert worker.nice() == niceness
            assert niceness + 1 in {os.getpriority(os.PRIO_PROCESS, thread.id) for thread in worker.threads()}
        else:  # threads have no priority of their own
            assert worker.nice() == niceness + 1
        worker.kill()
        until(lambda: first.job(location)["deaths"] == 1, "the death of the worker to be noticed")
        after = further(first, location, first.job(location)["progress"]["seconds"])
        assert (after["state"], after["deaths"]) == ("running", 1)
        assert after["progress"]["cost"] <= before["progress"]["cost"]
        first.kill()  # the worker goes on without it
        with Server(url, secret, tmp_path, lease=2) as second:
            alone = further(second, location, after["progress"]["seconds"] + 3)
            assert (alone["state"], alone["deaths"]) == ("running", 1)
            first.kill_all()
            until(lambda: second.job(location)["deaths"] == 2, "the death of the worker to be noticed")
            further(second, location, second.job(location)["progress"]["seconds"])
            assert second.end() == 0
            store = Store(url)
            with store.reading() as connection:
                job = jobs.find(connection, location.rpartition("/")[2])
                assert job is not None
                best = jobs.document(connection, job.id, "best")
            store.close()
            assert (job.state, job.deaths, best is not None) == ("queued", 2, True)
    with Server(url, secret, tmp_path, lease=2) as third:
        further(third, location, job.progress["seconds"] if job.progress else 0)
        assert third.client.delete(location).status_code in (200, 202)
        job = third.ended(location)
        assert (job["state"], job["deaths"], job["violations"]) == ("cancelled", 2, [])
        assert third.client.get(f"{location}/plan").json()["kpis"]["assigned"] > 30


def test_a_worker_whose_server_was_killed_finishes_its_plan_and_is_gone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dispatch.db'}"
    secret = secret_for(url)
    with Server(url, secret, tmp_path) as server:
        location = server.post(2, DAY)
        until(lambda: server.job(location)["progress"], "the search to begin")
        (worker,) = server.workers()
        server.kill()
        until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "the end of the worker")
    store = Store(url)
    with store.reading() as connection:
        job = jobs.find(connection, location.rpartition("/")[2])
    store.close()
    assert job is not None
    assert (job.state, job.claim) == ("succeeded", 1)


def test_two_servers_share_a_postgresql_that_is_restarted_and_each_plan_is_made_once(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new()
    secret = secret_for(url)
    with Server(url, secret, tmp_path) as one, Server(url, secret, tmp_path) as other:
        posted = [server.post(0.2, DAY) for _ in range(3) for server in (one, other)]
        under_way = one.post(3, DAY)
        postgres.stop("immediate")
        refused = [server.client.get("/v1/plans") for server in (one, other)]
        assert [(r.status_code, r.json()["code"], r.headers["retry-after"]) for r in refused] == [(503, "NO_STORE", "2")] * 2
        assert one.client.get("/healthz").status_code == 200
        postgres.start()
        posted.append(under_way)
        posted += [until(lambda server=server: try_to_post(server), "a database that is back") for server in (one, other)]  # type: ignore[misc]
        done = [one.ended(location) for location in posted]
        assert {(job["state"], job["deaths"]) for job in done} == {("succeeded", 0)}
        store = Store(url)
        with store.reading() as connection:
            found = [jobs.find(connection, job["id"]) for job in done]
        store.close()
        assert {job.claim for job in found if job is not None} <= {1, 2}  # a claim may be lost with the answer to it, before it began


def try_to_post(server: Server) -> str | None:
    """Post a problem; None while the database is away."""
    answer = server.client.post("/v1/plans?seconds=0.2", json=DAY)
    return str(answer.headers["location"]) if answer.status_code == 202 else None


@contextmanager
def program(*args: str) -> Iterator[subprocess.Popen[str]]:
    """Run a module of Python until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)
        assert process.stderr is not None
        process.stderr.close()


def address_of(process: subprocess.Popen[str]) -> str:
    """Return the address that a Dask scheduler says it has."""
    assert process.stderr is not None
    for line in process.stderr:
        if "Scheduler at:" in line:
            return line.split()[-1]
    raise AssertionError("no scheduler")


def test_a_dask_cluster_makes_the_plans_and_may_lose_a_worker(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dispatch.db'}"
    secret = secret_for(url)
    dask = "distributed.cli.dask_"
    with program(f"{dask}scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0") as scheduler:
        address = address_of(scheduler)
        place = ("--local-directory", str(tmp_path), "--dashboard-address", "127.0.0.1:0")
        worker_of = (f"{dask}worker", address, "--nthreads", "1", "--nworkers", "1", *place)
        with program(*worker_of) as nanny, Server(url, secret, tmp_path, lease=2, cluster=address) as server:
            location = server.post(600, DAY)
            further(server, location)
            (worker,) = (p for p in psutil.Process(nanny.pid).children() if "spawn_main" in " ".join(p.cmdline()))
            assert server.workers() == []
            worker.kill()
            until(lambda: server.job(location)["deaths"] == 1, "the death of the worker to be noticed")
            further(server, location, server.job(location)["progress"]["seconds"])
            server.client.delete(location)
            job = server.ended(location)
            assert (job["state"], job["deaths"], job["violations"]) == ("cancelled", 1, [])
            assert server.end() == 0
