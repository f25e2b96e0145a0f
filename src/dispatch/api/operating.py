"""Health, readiness, metrics and logs."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

import structlog
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.responses import Response

from dispatch.api.description import Told, told
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer
from dispatch.api.service import Here, Viewer
from dispatch.store import jobs

router = APIRouter(tags=["operating"])

TEXT = {"text/plain": {"type": "string"}}
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """What a service counts, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._seconds = Histogram("dispatch_request_seconds", "Seconds per request.", labels, buckets=BUCKETS, registry=self.registry)
        self._children: dict[tuple[str, str, int], Histogram] = {}
        self.jobs = Gauge("dispatch_jobs", "Plans that wait or run.", ("state",), registry=self.registry)
        self.ended = Counter("dispatch_jobs_ended", "Ends of work at plans in this server.", ("how",), registry=self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template of the path, empty where there is none."""
        name = (method, route, status)
        child = self._children.get(name)
        if child is None:
            known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
            child = self._children[name] = self._seconds.labels(known, route, str(status))
            if len(self._children) > 10_000:  # somebody makes up methods
                self._children.clear()
        child.observe(seconds)


class Status(BaseModel):
    """How the service is."""

    status: Literal["alive", "ready"]


@router.get("/healthz", operation_id="health", summary="Whether the process is alive", **told({200: Told("It is.", Status)}))
async def health() -> Response:
    """Answer, without a token, as long as the process can."""
    return Answer.of({"status": "alive"}).response()


@router.get("/readyz", operation_id="ready", summary="Whether requests can be served", **told({200: Told("They can.", Status)}))
def ready(service: Here, _: Viewer) -> Response:
    """Look whether the database can be used and the search is compiled; 503 says which is not."""
    if service.ending.is_set():
        raise Refusal("NOT_READY", "The service shuts down.")
    with service.store.reading() as connection:
        jobs.counts(connection)
    if not service.warm.is_set():
        raise Refusal("NOT_READY", "The search is being compiled, which is done once on a machine.", headers={"Retry-After": "5"})
    return Answer.of({"status": "ready"}).response()


@router.get("/metrics", operation_id="metrics", summary="Figures for Prometheus", **told({200: Told("All figures.", other=TEXT)}))
def metrics(service: Here, _: Viewer) -> Response:
    """Give all figures in the text format of Prometheus."""
    with service.store.reading() as connection:
        for state, count in jobs.counts(connection).items():
            service.metrics.jobs.labels(state).set(count)
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _uncoloured(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Leave away what uvicorn says once more in colours."""
    event.pop("color_message", None)
    return event


def log_as_json(level: str) -> None:
    """Write all that is logged, by this package or another, as one JSON object a line on standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _uncoloured,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    package = logging.getLogger("dispatch")  # the command line may have given it a handler for people
    package.handlers[:] = []
    package.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("alembic").setLevel("WARNING")  # else it tells at every start that there was nothing to do
    for name in ("httpx2", "httpcore2"):  # they log every address in full, and with it where the work is
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared[:3], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
