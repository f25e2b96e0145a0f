"""The whole service put together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from dispatch import travel
from dispatch.api import crew, days, jobs, judging, operating, plans, problems, promises, proposals, sheets, tickets
from dispatch.api import hooks as webhooks
from dispatch.api.delivery import Deliver, Sender
from dispatch.api.description import describe
from dispatch.api.desk import Desk
from dispatch.api.gate import Gate
from dispatch.api.jobs import MakeExecutor, Runner
from dispatch.api.operating import Metrics
from dispatch.api.service import Service
from dispatch.api.settings import Settings
from dispatch.api.sources import sources
from dispatch.api.warm import warm_up
from dispatch.store import Store

log = logging.getLogger(__name__)

ROUTERS = tuple(part.router for part in (plans, judging, days, sheets, tickets, crew, proposals, promises, webhooks, operating))


def create_app(
    settings: Settings,
    store: Store | None = None,
    clock: Callable[[], float] = time.time,
    make_executor: MakeExecutor | None = None,
    warm: Callable[[], None] = warm_up,
    deliver: Deliver | None = None,
) -> FastAPI:
    """Return the service as an ASGI app, its tables up to date.

    Parameters
    ----------
    store
        By default the one that the settings name.
    clock
        Unix seconds.
    make_executor
        Makes who works at plans, by default as the settings say: a process, or a Dask cluster.
    warm
        Makes the process ready to search and explain; runs in a thread while the service is alive already.
    deliver
        Sends messages to webhooks, by default over HTTP.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    store = store or Store(settings.database_url.get_secret_value())
    store.migrate()
    metrics = Metrics()
    runner = Runner(settings, store, metrics, clock, make_executor or jobs.maker(settings))
    service = Service(settings, store, clock, metrics, runner)
    service.desk = Desk(service)
    service.outgoing = webhooks.Outgoing(service, deliver or Sender(settings.private_hooks))

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        place = runner.place
        before = travel.use(sources(place.maps, place.cache, place.patience, place.keys))
        threading.Thread(target=_warm, args=(service, warm), name="warm", daemon=True).start()
        runner.start()
        service.outgoing.start()
        yield
        service.ending.set()
        await run_in_threadpool(service.outgoing.close)
        await run_in_threadpool(runner.close, settings.shutdown_seconds)
        store.close()
        travel.use(before)

    app = FastAPI(lifespan=living, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    describe(app)
    app.add_middleware(Gate, service=service)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer", "X-Request-ID"],
            expose_headers=["ETag", "Location", "Retry-After", "X-Request-ID"],
        )
    return app


def _warm(service: Service, warm: Callable[[], None]) -> None:
    try:
        warm()
    except Exception:
        log.exception("the search could not be loaded")
    else:
        service.warm.set()
