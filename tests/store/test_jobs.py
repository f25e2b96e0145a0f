"""The queue: no job is lost, none is held twice, and who has lost a claim can write nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dispatch.store import Store, jobs
from dispatch.store.jobs import Job

LEASE = 15.0
OPTIONS = {"seconds": 10.0, "iterations": None, "seed": 0, "workers": 1, "engine": "search", "prove": None}
PROGRESS = {"seconds": 2.5, "iterations": 400, "cost": 60_000, "unassigned": 1}


def put(store: Store, *names: str, now: float = 100.0) -> list[str]:
    """Put jobs into the queue, one a second."""
    made = [Job(jobs.new_id(now + k), name, "queued", "t", None, OPTIONS, now + k) for k, name in enumerate(names)]
    with store.writing() as connection:
        for job in made:
            jobs.add(connection, job, {"problem": job.name.encode()})
    return [job.id for job in made]


def claim(store: Store, now: float = 200.0, most: int = 1, deaths_allowed: int = 3, owner: str = "a") -> list[Job]:
    with store.writing() as connection:
        return jobs.claim(connection, owner, now, LEASE, most, deaths_allowed)


def do(store: Store, what: Callable[..., Any], *args: Any) -> Any:
    with store.writing() as connection:
        return what(connection, *args)


def found(store: Store, name: str) -> Job:
    with store.reading() as connection:
        job = jobs.find(connection, name)
    assert job is not None
    return job


def document(store: Store, name: str, kind: jobs.Document) -> bytes | None:
    with store.reading() as connection:
        return jobs.document(connection, name, kind)


def test_jobs_are_claimed_in_the_order_in_which_they_came(store: Store) -> None:
    put(store, "first", "second", "third")
    assert [job.name for job in claim(store, most=2)] == ["first", "second"]
    assert [(job.name, job.state, job.claim, job.begun_at) for job in claim(store, most=2)] == [("third", "running", 1, 200.0)]
    assert claim(store, most=2) == []


def test_of_many_who_claim_at_once_each_gets_other_jobs(store: Store) -> None:
    names = put(store, *map(str, range(24)))

    def take(owner: int) -> list[str]:
        got: list[str] = []
        while mine := claim(store, most=2, owner=str(owner)):
            got += [job.id for job in mine]
        return got

    with ThreadPoolExecutor(4) as servers:
        taken = [name for some in servers.map(take, range(4)) for name in some]
    assert sorted(taken) == names


def test_a_job_is_done_once(store: Store) -> None:
    (name,) = put(store, "day")
    claim(store)
    assert do(store, jobs.start, name, 1, 201.0, LEASE).name == "day"
    assert do(store, jobs.start, name, 1, 201.0, LEASE) is None
    assert do(store, jobs.beat, name, 1, 205.0, LEASE, PROGRESS) == ""
    assert do(store, jobs.improve, name, 1, b"one")
    assert do(store, jobs.improve, name, 1, b"two")
    assert (found(store, name).progress, document(store, name, "best")) == (PROGRESS, b"two")
    assert do(store, jobs.finish, name, 1, 210.0, b"plan", [], {**PROGRESS, "seconds": 9.9})
    job = found(store, name)
    assert (job.state, job.ended_at, job.violations, job.ended) == ("succeeded", 210.0, [], True)
    assert job.progress is not None
    assert job.progress["seconds"] == 9.9
    assert document(store, name, "plan") == b"plan"
    assert claim(store, now=1e9) == []


def test_a_lease_that_ran_out_is_claimed_anew_and_the_old_claim_can_do_nothing(store: Store) -> None:
    (name,) = put(store, "day")
    claim(store, now=200.0)
    do(store, jobs.start, name, 1, 200.0, LEASE)
    do(store, jobs.improve, name, 1, b"best")
    assert claim(store, now=215.0) == []
    (again,) = claim(store, now=215.1, owner="b")
    assert (again.claim, again.deaths, again.begun_at) == (2, 1, 200.0)
    assert do(store, jobs.beat, name, 1, 216.0, LEASE, None) is None
    assert do(store, jobs.start, name, 1, 216.0, LEASE) is None
    assert not do(store, jobs.improve, name, 1, b"late")
    assert not do(store, jobs.finish, name, 1, 216.0, b"late", [], PROGRESS)
    assert not do(store, jobs.fail, name, 1, 216.0, {})
    assert not do(store, jobs.hand_back, name, 1)
    assert not do(store, jobs.let_go, name, 1)
    assert (found(store, name).state, document(store, name, "best"), document(store, name, "plan")) == ("running", b"best", None)


def test_a_claim_that_was_never_begun_is_no_death(store: Store) -> None:
    (name,) = put(store, "day")
    for number in range(1, 8):
        (job,) = claim(store, now=100.0 * number, deaths_allowed=0)
        assert (job.claim, job.deaths) == (number, 0)
    assert found(store, name).state == "running"


def test_a_job_at_which_too_many_workers_die_fails_and_keeps_its_best_plan(store: Store) -> None:
    (name,) = put(store, "day")
    for number in (1, 2, 3):
        (job,) = claim(store, deaths_allowed=2)
        assert job.deaths == number - 1
        do(store, jobs.start, name, number, 200.0, LEASE)
        do(store, jobs.improve, name, number, b"best")
        assert do(store, jobs.let_go, name, number)
    assert claim(store, deaths_allowed=2) == []
    job = found(store, name)
    assert (job.state, job.error and job.error["code"], document(store, name, "best")) == ("failed", "WORKER_DIED", b"best")


def test_a_job_that_waits_is_stopped_at_once_and_one_that_runs_is_told_to(store: Store) -> None:
    waits, runs = put(store, "runs", "waits")[::-1]
    claim(store)
    do(store, jobs.start, runs, 1, 200.0, LEASE)
    assert do(store, jobs.stop, waits, 201.0)
    assert do(store, jobs.stop, runs, 201.0)
    assert [found(store, name).state for name in (waits, runs)] == ["cancelled", "running"]
    assert do(store, jobs.beat, runs, 1, 202.0, LEASE, None) == "stop"
    assert do(store, jobs.finish, runs, 1, 203.0, b"plan", [], PROGRESS)
    assert (found(store, runs).state, document(store, runs, "plan")) == ("cancelled", b"plan")
    assert not do(store, jobs.stop, runs, 204.0)


def test_a_stop_outlives_the_worker_that_should_have_heard_it(store: Store) -> None:
    (name,) = put(store, "day")
    claim(store)
    do(store, jobs.start, name, 1, 200.0, LEASE)
    do(store, jobs.stop, name, 201.0)
    (job,) = claim(store, now=300.0)
    assert job.wanted == "stop"


def test_a_server_that_ends_asks_for_its_jobs_and_they_go_back_into_the_queue(store: Store) -> None:
    mine, unbegun, theirs = put(store, "mine", "unbegun", "theirs")
    claim(store, most=2)
    claim(store, owner="b")
    for name in (mine, theirs):
        do(store, jobs.start, name, 1, 200.0, LEASE)
    assert do(store, jobs.ask_back, "a") == 1
    assert [found(store, name).wanted for name in (mine, unbegun, theirs)] == ["hand_back", "", ""]
    assert [found(store, name).state for name in (mine, unbegun, theirs)] == ["running", "queued", "running"]
    assert do(store, jobs.beat, mine, 1, 201.0, LEASE, None) == "hand_back"
    assert do(store, jobs.hand_back, mine, 1)
    assert [(job.name, job.claim, job.deaths) for job in claim(store, most=3, owner="c")] == [("mine", 2, 0), ("unbegun", 2, 0)]


def test_ended_jobs_are_forgotten_with_their_documents(store: Store) -> None:
    old, new, waits = put(store, "old", "new", "waits")
    do(store, jobs.stop, old, 500.0)
    do(store, jobs.stop, new, 600.0)
    assert do(store, jobs.forget, 600.0) == 1
    with store.reading() as connection:
        assert jobs.find(connection, old) is None
        assert jobs.document(connection, old, "problem") is None
        assert [job.id for job in jobs.listed(connection, after="", limit=9, state=None, regions=None)] == [waits, new]


def test_a_stop_is_heard_by_who_gets_a_job_that_was_handed_back(store: Store) -> None:
    (name,) = put(store, "day")
    claim(store)
    do(store, jobs.start, name, 1, 200.0, LEASE)
    do(store, jobs.ask_back, "a")
    do(store, jobs.stop, name, 201.0)
    assert do(store, jobs.hand_back, name, 1)
    (job,) = claim(store)
    assert job.wanted == "stop"


@pytest.mark.parametrize(("after", "limit", "expected"), [("", 2, [2, 1]), ("2", 9, [1, 0]), ("0", 9, [])])
def test_jobs_are_listed_the_newest_first(store: Store, after: str, limit: int, expected: list[int]) -> None:
    made = put(store, "0", "1", "2")
    with store.reading() as connection:
        listed = jobs.listed(connection, after=made[int(after)] if after else "", limit=limit, state="queued", regions=None)
    assert [job.id for job in listed] == [made[k] for k in expected]
