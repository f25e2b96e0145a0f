"""Proposals: the day planned anew, or by hand, with all that would change; published whole or in part."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from dispatch import answers, planning, schema
from dispatch.api import plans
from dispatch.api.days import ETAG, day_document
from dispatch.api.description import Told, told
from dispatch.api.desk import Change, clock_work
from dispatch.api.judging import PlanFormat
from dispatch.api.looking import After, Changed, DayKey, IfMatch, Limit, View, day_link, must_match, view
from dispatch.api.plans import Wait
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, JsonBody, KeyUse, changing, read
from dispatch.api.service import Caller, Dispatcher, Here, Service, Viewer
from dispatch.api.standing import Standing
from dispatch.errors import InputError
from dispatch.model import Plan
from dispatch.planning import Proposal
from dispatch.planning.day import settled
from dispatch.planning.proposing import proposal_of
from dispatch.planning.writing import diff_document
from dispatch.schema import text
from dispatch.schema.codes import fault
from dispatch.schema.documents import Document
from dispatch.schema.documents import Limit as Length
from dispatch.store import audit, days, jobs
from dispatch.store.days import Key, Made
from dispatch.store.jobs import Job

router = APIRouter(prefix="/v1/days", tags=["proposals"])

Id = Annotated[str, Path(pattern="^[0-9a-f]{16,32}$", description="Id of the proposal.")]
STALE = frozenset({"PROPOSAL_STALE", "OFFER_GONE"})
"""Faults that are due to what happened since, and not to the request."""


class Replan(Document):
    """How to plan anew."""

    seconds: Annotated[float, Field(ge=0)] | None = Field(default=None, description="Most seconds to search; 10 without `iterations`.")
    iterations: Annotated[int, Field(ge=0, le=2**53)] | None = Field(default=None, description="Most iterations to search.")
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(default=0, description="Of the random numbers.")
    workers: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="Searches that run side by side.")
    freeze: Length = Field(default=0, description="What is planned to start within this stays as it is (ISO 8601).")
    most_changes: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="At most so many tickets lose their place or get another engineer, shift or time; default: no limit."
    )


class ByHand(BaseModel):
    """A change made by hand: a whole plan, or one ticket put somewhere."""

    plan: PlanFormat = None
    place: dict[str, Any] | None = Field(
        default=None, description="`ticket`, and `engineer` (null: nobody), `shift` and `position` where it is to go."
    )


class ProposalDocument(BaseModel):
    """A plan that is not yet published, and all that it would change."""

    id: str
    state: str = Field(description="As of plans: `queued`, `running`, `succeeded`, `failed`, `cancelled`.")
    base_revision: int = Field(description="Of the day it was made for.")
    published: int | None = Field(description="Revision of the day with which it was published.")
    options: dict[str, Any]
    progress: dict[str, Any] | None
    error: dict[str, Any] | None
    changes: int | None = Field(description="Tickets that lose their place, or get another engineer, shift, or a time 15 minutes away.")
    diff: dict[str, Any] | None = Field(description="`added`, `removed`, `moved`, `retimed`, each with `notify` and `cost_by_rule`.")
    violations: list[dict[str, Any]] | None
    links: dict[str, str]


class ProposalList(BaseModel):
    """Proposals for a day, the newest first."""

    proposals: list[ProposalDocument]
    next: str | None


class Publish(BaseModel):
    """What of a proposal to publish."""

    tickets: list[str] | None = Field(default=None, description="Only the changes of these tickets; default: all.")


class Published(Changed):
    """What was published, and who has to be told (`notify` in the diff)."""

    day: dict[str, Any]


# ---------------------------------------------------------------------- make


@router.post(
    "/{date}/proposals",
    operation_id="propose",
    summary="Plan the day anew, or change it by hand",
    **told(
        {
            200: Told("The proposal, which was ready within the seconds of `Prefer: wait`, or made by hand.", ProposalDocument),
            202: Told("It is being made.", ProposalDocument, headers={"Location": "Where it is."}),
        },
        takes=(Replan, ByHand),
        examples={"Move little": {"seconds": 2, "freeze": "PT30M", "most_changes": 6}},
    ),
)
async def propose(service: Here, who: Dispatcher, key: DayKey, body: JsonBody, use: KeyUse, wait: Wait) -> Response:
    """Make a proposal. It changes nothing until it is published, and is never worse than the day as it stands."""
    response = await run_in_threadpool(_post, service, who, key, body, use)
    if not wait or response.status_code != 202:
        return response
    name = json.loads(bytes(response.body))["id"]
    await plans.until_ended(service, name, wait)
    answer = await run_in_threadpool(_answer, service, who, key, name)
    ended = answer["state"] in jobs.ENDED
    return Answer.of(answer, 200 if ended else 202, {"Location": response.headers["location"]}).response()


def _post(service: Service, who: Caller, key: Key, body: bytes, use: Any) -> Response:
    tree, faults = text.load(body)
    if faults:
        raise InputError(faults)
    by_hand = tree.keys() & {"plan", "place"}
    wanted = Replan() if by_hand else read(Replan, body)
    if max(wanted.seconds or 0, 0) > service.settings.max_seconds:
        raise Refusal("FAULTY_INPUT", f"A plan may take {service.settings.max_seconds:g} seconds here: ask for no more.")
    standing = view(service.desk.read(key), who).whole()
    if service.desk.moment(standing) > standing.ground.day.problem.now:
        service.desk.change(key, who, None, clock_work(service.desk.moment(standing)))
        standing = service.desk.read(key)
    made = _by_hand(standing, tree) if by_hand else None
    return _kept(service, who, standing, made, wanted, use)


def _by_hand(standing: Standing, tree: dict[str, Any]) -> Proposal:
    """Return what somebody has changed by hand: a plan, or the place of one ticket."""
    if len(tree) != 1:
        raise InputError([fault("UNKNOWN_FIELD", "", "Besides `plan` or `place` there is nothing to say.", "Give one of them alone.")])
    day = standing.day
    if "plan" in tree:
        try:
            return proposal_of(day, _of_order(day, schema.read_plan(json.dumps(tree["plan"]))))
        except InputError as error:
            raise InputError([replace(f, pointer=f"/plan{f.pointer}") for f in error.faults]) from None
    place = tree["place"]
    kinds = {"ticket": str, "engineer": (str, type(None)), "shift": (str, type(None)), "position": (int, type(None))}
    if not isinstance(place, dict) or place.keys() - kinds or not all(isinstance(place.get(n), kinds[n]) for n in kinds):  # type: ignore[arg-type]
        message = "`place` is not an object with `ticket`, and `engineer`, `shift`, `position` where wanted."
        raise InputError([fault("WRONG_TYPE", "/place", message)])
    try:
        position = place.get("position")
        position = None if position is None else max(1, min(position, 1_000_000))
        return planning.place(day, place["ticket"], place.get("engineer"), place.get("shift"), position)
    except InputError as error:
        raise InputError([replace(f, pointer=f"/place{f.pointer}") for f in error.faults]) from None


def _of_order(day: planning.Day, plan: Plan) -> planning.Day:
    """Return a day with the order of a plan."""
    orders: dict[tuple[str, str], list[str]] = {}
    for route in plan.routes:
        orders.setdefault((route.engineer, route.shift), []).extend(s.ticket for s in route.stops)
    return settled(day.problem, orders, day.holds, day.matrix, plan)


def _kept(service: Service, who: Caller, standing: Standing, made: Proposal | None, wanted: Replan, use: Any) -> Response:
    """Put a proposal into the queue; one that was made by hand is kept as it is."""
    now = service.clock()
    limits = {"freeze": wanted.freeze, "most_changes": wanted.most_changes}
    seconds = service.settings.max_seconds if wanted.iterations is not None else 10.0
    search = {"iterations": wanted.iterations, "seed": wanted.seed, "workers": wanted.workers, "engine": "search", "prove": None}
    options = {"seconds": seconds if wanted.seconds is None else wanted.seconds, **search, "proposal": limits}
    name = standing.ground.day.problem.name[:200]
    job = Job(jobs.new_id(now), name, "queued", who.token, who.regions, {"by_hand": True} if made else options, now)
    documents: dict[jobs.Document, bytes] = {"problem": planning.write_day(standing.day)}

    def work(connection: Connection) -> Answer:
        if made is None and jobs.counts(connection)["queued"] >= service.settings.max_queue:
            raise Refusal("QUEUE_FULL", f"{service.settings.max_queue} plans wait already. Try again later.", headers={"Retry-After": "30"})
        jobs.add(connection, job, documents)
        if made is not None:
            plan = schema.write_plan(made.plan, standing.time_zone)
            jobs.put(connection, job.id, plan, answers.violations(made.violations), now)
        days.propose(connection, Made(job.id, *standing.key, standing.revision))
        audit.add(connection, audit.Entry(now, who.token, who.name, "proposal.made", standing.key[0], job.id, {"date": standing.key[1]}))
        kept = jobs.find(connection, job.id)
        assert kept is not None
        document = proposal_document(standing.key, Made(job.id, *standing.key, standing.revision), kept, made)
        location = {"Location": day_link(standing.key, "proposals", job.id)}
        return Answer.of(document, 202 if made is None else 200, location)

    response = changing(service, use, work)
    service.runner.wake()
    return response


# ---------------------------------------------------------------------- read


def proposal_document(key: Key, made: Made, job: Job, proposal: Proposal | None) -> dict[str, Any]:
    """Return a proposal as it is told outside."""
    zone = None if proposal is None else proposal.problem.time_zone
    whole = plans.document(job)
    return {
        "id": made.id,
        "state": job.state,
        "base_revision": made.base_revision,
        "published": made.published,
        "options": dict(job.options),
        "progress": whole["progress"],
        "error": job.error,
        "changes": None if proposal is None else proposal.changes,
        "diff": None if proposal is None or zone is None else diff_document(proposal.diff, zone),
        "violations": None if proposal is None else answers.violations(proposal.violations),
        "links": {"self": day_link(key, "proposals", made.id), "plan": day_link(key, "proposals", made.id, "plan")},
    }


def _found(service: Service, who: Caller, key: Key, name: str) -> tuple[Made, Job]:
    view(service.desk.read(key), who).whole()
    with service.store.reading() as connection:
        made, job = days.proposal(connection, name), jobs.find(connection, name)
    if made is None or job is None or (made.region, made.date) != key:
        raise Refusal("NOT_FOUND", f"There is no proposal {name!r} for this day.")
    return made, job


def _made(service: Service, job: Job) -> Proposal | None:
    """Return a proposal that is ready, None where it is not."""
    if job.state not in ("succeeded", "cancelled"):
        return None
    return service.desk.proposals.get(job.id, lambda: _read(service, job))


def _read(service: Service, job: Job) -> Proposal | None:
    with service.store.reading() as connection:
        data, plan = jobs.document(connection, job.id, "problem"), jobs.document(connection, job.id, "plan")
    if data is None or plan is None:
        return None
    day = planning.read_day(data)
    return proposal_of(day, _of_order(day, schema.read_plan(plan)))


def _answer(service: Service, who: Caller, key: Key, name: str) -> dict[str, Any]:
    made, job = _found(service, who, key, name)
    return proposal_document(key, made, job, _made(service, job))


@router.get(
    "/{date}/proposals",
    operation_id="listProposals",
    summary="Proposals for a day",
    **told({200: Told("A page of proposals, the newest first, without their diffs.", ProposalList)}),
)
def list_proposals(service: Here, who: Viewer, key: DayKey, limit: Limit = 50, after: After = "") -> Response:
    """List the proposals for a day, the newest first."""
    view(service.desk.read(key), who).whole()
    with service.store.reading() as connection:
        found = days.proposals_of(connection, key, after, limit + 1)
        listed = [(made, jobs.find(connection, made.id)) for made in found[:limit]]
    told_ = [proposal_document(key, made, job, None) for made, job in listed if job is not None]
    return Answer.of({"proposals": told_, "next": found[limit - 1].id if len(found) > limit else None}).response()


@router.get(
    "/{date}/proposals/{proposal}",
    operation_id="getProposal",
    summary="A proposal with all that it would change",
    **told({200: Told("The proposal.", ProposalDocument)}),
)
async def get_proposal(service: Here, who: Viewer, key: DayKey, proposal: Id, wait: Wait) -> Response:
    """Tell how far a proposal is and, once it is ready, its diff; with `Prefer: wait=N`, wait for that first."""
    await run_in_threadpool(_found, service, who, key, proposal)
    await plans.until_ended(service, proposal, wait)
    return Answer.of(await run_in_threadpool(_answer, service, who, key, proposal)).response()


@router.get(
    "/{date}/proposals/{proposal}/plan",
    operation_id="readProposal",
    summary="The plan that is proposed",
    **told({200: Told("The plan.", "Plan")}),
)
def read_proposal(service: Here, who: Viewer, key: DayKey, proposal: Id) -> Response:
    """Give the plan that is proposed."""
    found = _ready(service, who, key, proposal)
    return Answer(schema.write_plan(found.plan, found.problem.time_zone)).response()


def _ready(service: Service, who: Caller, key: Key, name: str) -> Proposal:
    found = _made(service, _found(service, who, key, name)[1])
    if found is None:
        raise Refusal("NO_PLAN_YET", "The proposal is not made yet, or failed; its state says which.")
    return found


@router.delete(
    "/{date}/proposals/{proposal}",
    operation_id="stopProposal",
    summary="Stop early, and keep the best so far",
    **told({200: Told("It has ended.", ProposalDocument), 202: Told("It is told to stop.", ProposalDocument)}),
)
def stop_proposal(service: Here, who: Dispatcher, key: DayKey, proposal: Id) -> Response:
    """End a search before its time; what it has found is the proposal."""
    _found(service, who, key, proposal)
    with service.store.writing() as connection:
        jobs.stop(connection, proposal, service.clock())
    answer = _answer(service, who, key, proposal)
    return Answer.of(answer, 200 if answer["state"] in jobs.ENDED else 202).response()


# -------------------------------------------------------------------- publish


@router.post(
    "/{date}/proposals/{proposal}/publish",
    operation_id="publish",
    summary="Publish all of a proposal, or some of it",
    **told(
        {200: Told("What has changed, and who has to be told.", Published, headers=ETAG)},
        takes=Publish,
        examples={"All of it": {}},
        refused=(412,),
    ),
)
def publish(service: Here, who: Dispatcher, key: DayKey, proposal: Id, body: JsonBody, use: KeyUse, match: IfMatch = None) -> Response:
    """Make a proposal the plan that people work by. Refused where the day has gone on so that it does not fit any more."""
    tree, faults = text.load(body)
    tickets = tree.get("tickets")
    if tree.keys() - {"tickets"} or not (tickets is None or (isinstance(tickets, list) and all(isinstance(t, str) for t in tickets))):
        faults.append(fault("WRONG_TYPE", "/tickets", "`tickets` is not a list of ids, or something else is given.", "Give tickets alone."))
    if faults:
        raise InputError(faults)
    found = _ready(service, who, key, proposal)

    def work(standing: Standing) -> Change:
        view(standing, who).whole()
        must_match(match, standing.etag)
        before = standing.day
        try:
            after = planning.publish(before, found, tickets)
        except InputError as error:
            raise gone_on(error) from None
        diff = planning.diff(before, after)

        def answer(then: Standing) -> Answer:
            seen = View(then, None)
            document = {"revision": then.revision, "effects": [], "diff": seen.shown(diff), "day": day_document(seen)}
            return Answer.of(document, headers={"ETag": then.etag})

        subjects: dict[str, Any] = {"proposal": proposal, **({} if tickets is None else {"tickets": tickets})}
        return Change("published", subjects, answer, after, also=lambda connection, n: days.published(connection, proposal, n))

    return service.desk.change(key, who, use, work)


def gone_on(error: InputError) -> Exception:
    """Return a conflict where an error is due to what happened since, and not to the request."""
    if any(f.code in STALE for f in error.faults):
        return Refusal("CONFLICT", " ".join(f.message for f in error.faults), error.faults)
    return error
