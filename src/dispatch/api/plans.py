"""Plans as jobs: posted, watched, read, stopped early. The work itself is done by `worker`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from dispatch import planning, schema
from dispatch.answers import minutes
from dispatch.api import examples
from dispatch.api.description import PLAN, PROBLEM, Told, told
from dispatch.api.judging import FILES, Engineer, Format, exported, plan_bytes, problem_of
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, JsonBody, KeyUse, changing
from dispatch.api.service import Caller, Dispatcher, Here, Service, Viewer
from dispatch.api.settings import fault
from dispatch.errors import InputError
from dispatch.model import Problem
from dispatch.planning import Planned
from dispatch.store import audit, jobs
from dispatch.store.jobs import Document, Job
from dispatch.store.keys import Use

router = APIRouter(prefix="/v1/plans", tags=["plans"])

JobId = Annotated[str, Path(pattern="^[0-9a-f]{16,32}$", description="Id of the plan.")]

LOOK_EVERY = 0.5
"""Seconds between two looks at a job that is watched."""
MOST_WAIT = 60.0
"""Seconds that an answer may be waited for at the most."""
_WAIT = re.compile(r"\bwait=(\d{1,6})\b")


class JobDocument(BaseModel):
    """A plan to be made, and how far it is."""

    id: str
    name: str = Field(description="Name of the problem.")
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    options: dict[str, Any] = Field(description="How it is searched for.")
    created_at: str = Field(description="RFC 3339.")
    begun_at: str | None
    ended_at: str | None
    progress: dict[str, Any] | None = Field(description="`seconds`, `iterations`, `cost` in minutes of travel and `unassigned`, so far.")
    violations: list[dict[str, Any]] | None = Field(description="Rules that the plan breaks; null while it is not made.")
    error: dict[str, Any] | None = Field(description="Why it failed: `code`, `title`, `detail`, `faults`.")
    deaths: int = Field(description="How many workers died at it; it was gone on with from the best plan so far.")
    links: dict[str, str] = Field(description="Where to find `self`, `plan`, `problem` and `events`.")


class JobList(BaseModel):
    """Plans, the newest first."""

    plans: list[JobDocument]
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")


# -------------------------------------------------------------------- helpers


def document(job: Job) -> dict[str, Any]:
    """Return a job as it is told outside."""
    here = f"/v1/plans/{job.id}"
    progress = None if job.progress is None else {**job.progress, "cost": minutes(job.progress["cost"])}
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "options": dict(job.options),
        "created_at": _moment(job.created_at),
        "begun_at": _moment(job.begun_at),
        "ended_at": _moment(job.ended_at),
        "progress": progress,
        "violations": job.violations,
        "error": job.error,
        "deaths": job.deaths,
        "links": {"self": here, "plan": f"{here}/plan", "problem": f"{here}/problem", "events": f"{here}/events"},
    }


def _moment(time: float | None) -> str | None:
    return None if time is None else datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seen(connection: Connection, who: Caller, job_id: str) -> Job:
    """Return a job that a caller may see; of one of other regions it is not even told that there is one."""
    job = jobs.find(connection, job_id)
    seen = job is not None and (who.regions is None or (job.regions is not None and job.regions <= who.regions))
    if job is None or not seen or job.options.keys() & {"proposal", "by_hand"}:
        raise Refusal("NOT_FOUND", f"There is no plan {job_id!r}.")
    return job


def _find(service: Service, who: Caller, job_id: str) -> Job:
    with service.store.reading() as connection:
        return _seen(connection, who, job_id)


async def _wait(
    request: Request, prefer: Annotated[str | None, Header(description="`wait=N`: wait up to N seconds for the end.")] = None
) -> float:
    del request
    found = _WAIT.search(prefer or "")
    return min(MOST_WAIT, float(found[1])) if found else 0.0


async def _watched(service: Here, who: Viewer, job_id: JobId) -> tuple[Caller, Job]:
    # Looked up before the stream begins: afterwards nothing can be refused.
    return who, await run_in_threadpool(_find, service, who, job_id)


Watched = Annotated[tuple[Caller, Job], Depends(_watched)]
Wait = Annotated[float, Depends(_wait)]


async def _until_ended(service: Service, who: Caller, job_id: str, seconds: float) -> Job:
    await run_in_threadpool(_find, service, who, job_id)
    return await until_ended(service, job_id, seconds)


def _look(service: Service, job_id: str) -> Job:
    with service.store.reading() as connection:
        job = jobs.find(connection, job_id)
    if job is None:
        raise Refusal("NOT_FOUND", f"There is no plan {job_id!r}.")
    return job


async def until_ended(service: Service, job_id: str, seconds: float) -> Job:
    """Return a job when it has ended, or how it stands after so many seconds."""
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + seconds, 0.02
    while True:
        job = await run_in_threadpool(_look, service, job_id)
        left = end - loop.time()
        if job.ended or left <= 0 or service.ending.is_set():
            return job
        await asyncio.sleep(min(pause, left))
        pause = min(0.5, pause * 1.5)


# ---------------------------------------------------------------------- post


def _options(
    service: Here,
    seconds: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="Most seconds to search; 10 where `iterations` are not given either.")
    ] = None,
    iterations: Annotated[int | None, Query(ge=0, le=2**53, description="Most iterations to search.")] = None,
    seed: Annotated[int, Query(ge=0, lt=2**31, description="Of the random numbers.")] = 0,
    workers: Annotated[int, Query(ge=1, le=64, description="Searches that run side by side.")] = 1,
    engine: Annotated[Literal["search", "routing"], Query(description="Ruin and recreate, or the OR-Tools routing model.")] = "search",
    prove: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="Seconds to prove afterwards how good the plan is.")
    ] = None,
) -> dict[str, Any]:
    most = service.settings.max_seconds
    if max(seconds or 0.0, prove or 0.0) > most:
        name = "seconds" if (seconds or 0.0) > most else "prove"
        message = f"The parameter `{name}` of the query asks for more than the {most:g} seconds that a plan may take here."
        raise InputError([fault("INVALID_PARAMETER", f"/query/{name}", message, "Ask for less.")])
    if seconds is None:
        seconds = 10.0 if iterations is None else most
    return {"seconds": seconds, "iterations": iterations, "seed": seed, "workers": workers, "engine": engine, "prove": prove}


Start = Annotated[
    str | None,
    Query(
        pattern="^[0-9a-f]{16,32}$",
        description="Id of a plan made before, to begin with: the answer costs no more than what of it can be kept.",
    ),
]
Replan = Annotated[
    str | None,
    Query(
        pattern="^[0-9a-f]{16,32}$", description="Id of a plan that people were told, to begin with: what moves against it costs `change`."
    ),
]
_LINKS = {"Location": "Where the plan is."}


@router.post(
    "",
    operation_id="makePlan",
    summary="Make a plan",
    **told(
        {
            200: Told("The plan, which was ready within the seconds of `Prefer: wait`.", PLAN, headers=_LINKS),
            202: Told("The plan will be made.", JobDocument, headers=_LINKS),
        },
        takes=PROBLEM,
        examples={"A day": examples.DAY},
        refused=(404,),
    ),
)
async def make_plan(
    service: Here,
    who: Dispatcher,
    body: JsonBody,
    use: KeyUse,
    wait: Wait,
    options: Annotated[dict[str, Any], Depends(_options)],
    start: Start = None,
    replan: Replan = None,
) -> Response:
    """Take a problem, and make a plan for it: at once with `Prefer: wait=N`, if N seconds are enough, else in the background."""
    response = await run_in_threadpool(_post, service, who, body, use, options, start, replan)
    if not wait or response.status_code != 202:
        return response
    location = response.headers["location"]
    job = await _until_ended(service, who, location.rpartition("/")[2], wait)
    if job.state != "succeeded":
        return Answer.of(document(job), 202, {"Location": location}).response()
    plan = await run_in_threadpool(_stored, service, job.id, "plan")
    return Answer(plan, headers={"Location": location, "Preference-Applied": f"wait={wait:g}"}).response()


def _post(
    service: Service, who: Caller, body: bytes, use: Use | None, options: dict[str, Any], start: str | None, replan: str | None
) -> Response:
    if start is not None and replan is not None:
        message = "The parameters `start` and `replan` of the query both name a plan to begin with."
        raise InputError([fault("INVALID_PARAMETER", "/query/replan", message, "Give one of them.")])
    problem = problem_of(service, body)
    now = service.clock()
    job = Job(jobs.new_id(now), _name(problem), "queued", who.token, who.regions, options, now)

    def work(connection: Connection) -> Answer:
        if jobs.counts(connection)["queued"] >= service.settings.max_queue:
            detail = f"{service.settings.max_queue} plans wait already. Try again later."
            raise Refusal("QUEUE_FULL", detail, headers={"Retry-After": "30"})
        documents: dict[Document, bytes] = {}
        wanted, before = problem, start or replan
        if before is not None:
            documents["start"] = _before(connection, who, before)
        if replan is not None and not problem.previous:
            # Resolved here: who goes on with the job begins with another plan, and is to compare with this one all the same.
            wanted = replace(problem, previous=planning.told(problem, schema.read_plan(documents["start"])))
        documents["problem"] = schema.write_problem(wanted)
        jobs.add(connection, job, documents)
        audit.add(connection, audit.Entry(now, who.token, who.name, "plan.posted", None, job.id, {"name": job.name}))
        return Answer.of(document(job), 202, {"Location": f"/v1/plans/{job.id}"})

    response = changing(service, use, work)
    service.runner.wake()
    return response


def _before(connection: Connection, who: Caller, job_id: str) -> bytes:
    """Return the plan of a job, or the best so far, to begin another with."""
    job = _seen(connection, who, job_id)
    found = jobs.document(connection, job.id, "plan") or jobs.document(connection, job.id, "best")
    if found is None:
        raise Refusal("NO_PLAN_YET", f"The plan {job_id!r} to begin with is not made yet.")
    return found


def _name(problem: Problem) -> str:
    return problem.name[:200]


def _stored(service: Service, job_id: str, kind: Document) -> bytes:
    with service.store.reading() as connection:
        found = jobs.document(connection, job_id, kind)
    if found is None:
        raise Refusal("NO_PLAN_YET", "There is no plan yet; the state of the job says whether there will be one.")
    return found


# ----------------------------------------------------------------------- read


@router.get("", operation_id="listPlans", summary="Plans, the newest first", **told({200: Told("A page of plans.", JobList)}))
def list_plans(
    service: Here,
    who: Viewer,
    limit: Annotated[int, Query(ge=1, le=500, description="Most plans in the answer.")] = 50,
    after: Annotated[str, Query(pattern="^([0-9a-f]{16,32})?$", description="`next` of the page before.")] = "",
    state: Annotated[Literal["queued", "running", "succeeded", "failed", "cancelled"] | None, Query(description="Only these.")] = None,
) -> Response:
    """List the plans that the token may see."""
    with service.store.reading() as connection:
        found = jobs.listed(connection, after=after, limit=limit + 1, state=state, regions=who.regions)
    page = found[:limit]
    return Answer.of({"plans": [document(job) for job in page], "next": page[-1].id if len(found) > limit else None}).response()


@router.get("/{job_id}", operation_id="getPlan", summary="How far a plan is", **told({200: Told("The job.", JobDocument)}))
async def get_plan(service: Here, who: Viewer, job_id: JobId, wait: Wait) -> Response:
    """Tell the state, and how far the search is; with `Prefer: wait=N`, wait for the end first."""
    return Answer.of(document(await _until_ended(service, who, job_id, wait))).response()


_STATE = {"Dispatch-State": "State of the job: while it is `queued` or `running`, the plan is the best so far."}


@router.get(
    "/{job_id}/plan",
    operation_id="readPlan",
    summary="The plan, or the best so far",
    **told({200: Told("The plan.", PLAN, headers=_STATE)}),
)
def read_plan(service: Here, who: Viewer, job_id: JobId) -> Response:
    """Give the plan; while it is being made, the best so far."""
    job = _find(service, who, job_id)
    return Answer(_so_far(service, job), headers={"Dispatch-State": job.state}).response()


def _so_far(service: Service, job: Job) -> bytes:
    with service.store.reading() as connection:
        made = jobs.document(connection, job.id, "plan")
    return made or plan_bytes(_checked(service, job))


def _checked(service: Service, job: Job) -> Planned:
    """Return the plan of a job, or the best so far, judged."""
    problem = schema.read_problem(_stored(service, job.id, "problem"))
    with service.store.reading() as connection:
        plan = jobs.document(connection, job.id, "plan") or jobs.document(connection, job.id, "best")
    if plan is None:
        raise Refusal("NO_PLAN_YET", "There is no plan yet; the state of the job says whether there will be one.")
    service.until_warm()
    return planning.check(problem, schema.read_plan(plan))


@router.get("/{job_id}/problem", operation_id="readProblem", summary="The problem of a plan", **told({200: Told("The problem.", PROBLEM)}))
def read_problem(service: Here, who: Viewer, job_id: JobId) -> Response:
    """Give the problem, to be planned again elsewhere: same problem, seed and iterations, same plan."""
    return Answer(_stored(service, _find(service, who, job_id).id, "problem")).response()


@router.get(
    "/{job_id}/exports/{format}",
    operation_id="exportPlan",
    summary="The plan as GeoJSON, CSV or calendar",
    **told({200: Told("The file.", other=FILES)}),
)
def export_plan(service: Here, who: Viewer, job_id: JobId, format: Format, engineer: Engineer = None) -> Response:  # noqa: A002
    """Export the plan, or the best so far; `icalendar` is a feed for one engineer."""
    return exported(_checked(service, _find(service, who, job_id)), format, engineer).response()


@router.get(
    "/{job_id}/events",
    operation_id="watchPlan",
    summary="How far a plan is, as it goes on",
    response_class=EventSourceResponse,
    **told({200: Told("Server-sent events: `progress` with the job as data, and at the end `end`.", other={"text/event-stream": {}})}),
)
async def watch_plan(service: Here, watched: Watched) -> AsyncIterable[ServerSentEvent]:
    """Stream the job whenever it has changed, until it has ended."""
    who, job = watched
    told_last: dict[str, Any] = {}
    while not service.ending.is_set():
        now = document(job)
        if now != told_last:
            told_last = now
            yield ServerSentEvent(data=now, event="end" if job.ended else "progress")
        if job.ended:
            return
        await asyncio.sleep(LOOK_EVERY)
        job = await run_in_threadpool(_find, service, who, job.id)


# ----------------------------------------------------------------------- stop


@router.delete(
    "/{job_id}",
    operation_id="stopPlan",
    summary="Stop early, and keep the best plan so far",
    **told({200: Told("It has ended.", JobDocument), 202: Told("It is told to stop, and ends within seconds.", JobDocument)}),
)
async def stop_plan(service: Here, who: Dispatcher, job_id: JobId, wait: Wait) -> Response:
    """End a plan before its time; one that has ended stays as it is."""
    await run_in_threadpool(_stop, service, who, job_id)
    job = await _until_ended(service, who, job_id, wait)
    return Answer.of(document(job), 200 if job.ended else 202).response()


def _stop(service: Service, who: Caller, job_id: str) -> None:
    with service.store.writing() as connection:
        _seen(connection, who, job_id)
        if jobs.stop(connection, job_id, service.clock()):
            audit.add(connection, audit.Entry(service.clock(), who.token, who.name, "plan.stopped", None, job_id, {}))
