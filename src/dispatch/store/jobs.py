"""The queue of jobs. A job is claimed with a lease; a claim has a number, and what an older claim still has to say is not heard.

::

    queued ── claim ──> running ── succeed, fail, stop ──> succeeded, failed, cancelled
       ^                   │
       └── hand_back ──────┘     and a lease that ran out is claimed anew: whoever held it has died

So a job is never lost, and never done by two at the same time: who no longer holds the claim learns it at the next beat, and can
write nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from dispatch.store.tables import job_documents, jobs, proposals

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
ENDED: frozenset[State] = frozenset({"succeeded", "failed", "cancelled"})
Document = Literal["problem", "start", "best", "plan"]
Wanted = Literal["", "stop", "hand_back"]


@dataclass(frozen=True)
class Job:
    """A plan to be made, and how far it is.

    Parameters
    ----------
    id
        Ids sort by the time the jobs were made.
    token, regions
        Who asked for it, and the regions of that token (None for all).
    options
        How to search.
    created_at, begun_at, ended_at
        Unix seconds.
    progress
        ``seconds``, ``iterations``, ``cost`` (milliseconds of travel) and ``unassigned`` of the search so far, over all claims.
    error
        What went wrong, as a problem of RFC 9457; None unless it failed.
    violations
        Rules that the plan breaks; None while there is no plan.
    claim
        How often it was claimed: the number of the claim that holds now.
    deaths
        How many claims ended without a word.
    wanted
        What whoever works at it is to do: nothing special, stop, or hand it back.
    """

    id: str
    name: str
    state: State
    token: str
    regions: frozenset[str] | None
    options: Mapping[str, Any]
    created_at: float
    begun_at: float | None = None
    ended_at: float | None = None
    progress: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    violations: list[dict[str, Any]] | None = None
    claim: int = 0
    deaths: int = 0
    wanted: Wanted = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


def new_id(now: float) -> str:
    """Return an id that sorts behind those made before."""
    return f"{int(now * 1000):012x}{secrets.token_hex(5)}"


def add(connection: Connection, job: Job, documents: Mapping[Document, bytes]) -> None:
    """Put a job into the queue, with the problem and, where there is one, the plan to begin with."""
    connection.execute(
        jobs.insert().values(
            id=job.id,
            name=job.name,
            state=job.state,
            token=job.token,
            regions=None if job.regions is None else sorted(job.regions),
            options=dict(job.options),
            created_at=job.created_at,
            claim=0,
            started=False,
            deaths=0,
            lease_until=0.0,
            wanted="",
        )
    )
    for kind, data in documents.items():
        connection.execute(job_documents.insert().values(job=job.id, kind=kind, data=data))


def put(connection: Connection, job_id: str, plan: bytes, violations: list[dict[str, Any]], now: float) -> None:
    """End a job that nobody has to work at, its plan being there."""
    _put(connection, job_id, "plan", plan)
    _end(connection, jobs.c.id == job_id, "succeeded", now, violations=violations)


def find(connection: Connection, job_id: str) -> Job | None:
    """Return a job, None where there is none."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return None if row is None else _job(row)


def listed(connection: Connection, *, after: str, limit: int, state: str | None, regions: Collection[str] | None) -> list[Job]:
    """Return jobs, the newest first; proposals are listed with their days.

    Parameters
    ----------
    after
        The id of the last job that is known already, "" for none.
    regions
        Only jobs of tokens that see no more than these regions; None for all.
    """
    wanted = select(jobs).where(jobs.c.id.not_in(select(proposals.c.id))).order_by(jobs.c.id.desc())
    if after:
        wanted = wanted.where(jobs.c.id < after)
    if state is not None:
        wanted = wanted.where(jobs.c.state == state)
    if regions is None:
        return [_job(row) for row in connection.execute(wanted.limit(limit))]
    # Regions are a list in JSON, which the two databases search in different ways; the jobs of one page are soon looked through.
    seen = (job for job in map(_job, connection.execute(wanted)) if job.regions is not None and job.regions <= set(regions))
    return [job for job, _ in zip(seen, range(limit), strict=False)]


def document(connection: Connection, job_id: str, kind: Document) -> bytes | None:
    """Return a document of a job, None where there is none."""
    found = select(job_documents.c.data).where(job_documents.c.job == job_id, job_documents.c.kind == kind)
    return connection.execute(found).scalar_one_or_none()


def counts(connection: Connection) -> dict[State, int]:
    """Return how many jobs wait and run."""
    rows = connection.execute(select(jobs.c.state, func.count()).where(jobs.c.state.in_(("queued", "running"))).group_by(jobs.c.state))
    found: dict[State, int] = {"queued": 0, "running": 0}
    found.update((row[0], row[1]) for row in rows)
    return found


# ------------------------------------------------------------------- claiming


def waiting(connection: Connection, now: float) -> bool:
    """Whether there is a job to claim."""
    return connection.execute(select(jobs.c.id).where(_to_do(now)).limit(1)).one_or_none() is not None


def claim(connection: Connection, owner: str, now: float, lease: float, most: int, deaths_allowed: int) -> list[Job]:
    """Claim jobs, the oldest first: those that wait, and those whose lease ran out.

    Parameters
    ----------
    owner
        The server that claims.
    now
        Unix seconds.
    lease
        Seconds for which the claim holds without a beat.
    most
        How many to claim at the most.
    deaths_allowed
        A job that had more than so many workers die at it fails.
    """
    to_do = select(jobs).where(_to_do(now)).order_by(jobs.c.id).limit(most)
    claimed = []
    for row in connection.execute(to_do.with_for_update(skip_locked=True)).all():
        deaths = row.deaths + (row.state == "running" and row.started)
        if deaths > deaths_allowed:
            _end(connection, jobs.c.id == row.id, "failed", now, error=_died(deaths))
            continue
        values = {"state": "running", "claim": row.claim + 1, "started": False, "deaths": deaths, "owner": owner}
        times = {"begun_at": row.begun_at or now, "lease_until": now + lease}
        connection.execute(jobs.update().where(jobs.c.id == row.id).values(**values, **times))
        job = find(connection, row.id)
        assert job is not None
        claimed.append(job)
    return claimed


def _died(deaths: int) -> dict[str, Any]:
    detail = f"The process at work on this plan died {deaths} times, which may be for want of memory. The best plan so far is kept."
    return {"code": "WORKER_DIED", "title": "The plan could not be finished.", "detail": detail, "faults": []}


def start(connection: Connection, job_id: str, number: int, now: float, lease: float) -> Job | None:
    """Begin work under a claim; None where the claim no longer holds, or work under it was begun before."""
    first = _held(job_id, number) & jobs.c.started.is_(False)
    if not connection.execute(jobs.update().where(first).values(started=True, lease_until=now + lease)).rowcount:
        return None
    return find(connection, job_id)


def beat(connection: Connection, job_id: str, number: int, now: float, lease: float, progress: Mapping[str, Any] | None) -> Wanted | None:
    """Renew a lease and say how far the work is; return what is wanted, None where the claim no longer holds."""
    values: dict[str, Any] = {"lease_until": now + lease}
    if progress is not None:
        values["progress"] = dict(progress)
    if not connection.execute(jobs.update().where(_held(job_id, number)).values(**values)).rowcount:
        return None
    wanted: Wanted = connection.execute(select(jobs.c.wanted).where(jobs.c.id == job_id)).scalar_one()
    return wanted


def improve(connection: Connection, job_id: str, number: int, best: bytes) -> bool:
    """Keep the best plan so far; False where the claim no longer holds."""
    if not _lock(connection, job_id, number):
        return False
    _put(connection, job_id, "best", best)
    return True


def finish(
    connection: Connection, job_id: str, number: int, now: float, plan: bytes, violations: list[dict[str, Any]], progress: Mapping[str, Any]
) -> bool:
    """Keep the plan and end the job: `cancelled` if it was told to stop, else `succeeded`; False where the claim no longer holds."""
    wanted = connection.execute(select(jobs.c.wanted).where(_held(job_id, number)).with_for_update()).scalar_one_or_none()
    if wanted is None:
        return False
    _put(connection, job_id, "plan", plan)
    state: State = "cancelled" if wanted == "stop" else "succeeded"
    return _end(connection, _held(job_id, number), state, now, violations=violations, progress=dict(progress))


def fail(connection: Connection, job_id: str, number: int, now: float, error: Mapping[str, Any]) -> bool:
    """End a job that cannot be done; False where the claim no longer holds."""
    return _end(connection, _held(job_id, number), "failed", now, error=dict(error))


def hand_back(connection: Connection, job_id: str, number: int) -> bool:
    """Put a job back into the queue, to be gone on with by somebody else; False where the claim no longer holds."""
    still = case((jobs.c.wanted == "stop", "stop"), else_="")  # asked for meanwhile, and for the next one to hear
    values = {"state": "queued", "started": False, "lease_until": 0.0, "owner": None, "wanted": still}
    return connection.execute(jobs.update().where(_held(job_id, number)).values(**values)).rowcount > 0


def let_go(connection: Connection, job_id: str, number: int) -> bool:
    """Let the lease of a worker that is known to be dead run out at once; False where the claim no longer holds."""
    return connection.execute(jobs.update().where(_held(job_id, number)).values(lease_until=0.0)).rowcount > 0


def stop(connection: Connection, job_id: str, now: float) -> bool:
    """Stop a job early: one that waits ends now, one that runs is told to; False where it has ended already."""
    waiting = (jobs.c.id == job_id) & (jobs.c.state == "queued")
    if _end(connection, waiting, "cancelled", now):
        return True
    running = (jobs.c.id == job_id) & (jobs.c.state == "running")
    return connection.execute(jobs.update().where(running).values(wanted="stop")).rowcount > 0


def ask_back(connection: Connection, owner: str) -> int:
    """Tell those who work for a server that ends to hand their jobs back; return how many are told."""
    theirs = (jobs.c.owner == owner) & (jobs.c.state == "running") & (jobs.c.wanted == "")
    connection.execute(jobs.update().where(theirs & jobs.c.started.is_(False)).values(state="queued", owner=None, lease_until=0.0))
    return connection.execute(jobs.update().where(theirs).values(wanted="hand_back")).rowcount


def forget(connection: Connection, before: float) -> int:
    """Remove jobs that ended before a moment (Unix seconds), with their documents, and return how many they were."""
    return connection.execute(jobs.delete().where(jobs.c.state.in_(ENDED), jobs.c.ended_at < before)).rowcount


# -------------------------------------------------------------------- helpers


def _to_do(now: float) -> ColumnElement[bool]:
    return or_(jobs.c.state == "queued", and_(jobs.c.state == "running", jobs.c.lease_until < now))


def _held(job_id: str, number: int) -> ColumnElement[bool]:
    return (jobs.c.id == job_id) & (jobs.c.claim == number) & (jobs.c.state == "running")


def _lock(connection: Connection, job_id: str, number: int) -> bool:
    return connection.execute(select(jobs.c.id).where(_held(job_id, number)).with_for_update()).one_or_none() is not None


def _end(connection: Connection, which: ColumnElement[bool], state: State, now: float, **values: Any) -> bool:
    ended = {"state": state, "ended_at": now, "lease_until": 0.0, "owner": None, "wanted": ""}
    return connection.execute(jobs.update().where(which).values(**ended, **values)).rowcount > 0


def _put(connection: Connection, job_id: str, kind: Document, data: bytes) -> None:
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    row = insert(job_documents).values(job=job_id, kind=kind, data=data)
    connection.execute(row.on_conflict_do_update(index_elements=["job", "kind"], set_={"data": data}))


def _job(row: Row[Any]) -> Job:
    kept = {k: v for k, v in row._mapping.items() if k not in ("started", "owner", "lease_until")}
    regions = kept["regions"]
    return Job(**{**kept, "regions": None if regions is None else frozenset(regions)})
