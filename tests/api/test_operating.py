"""Readiness, metrics, logs, and a plan that is watched while it is made."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dispatch.api.app import create_app
from dispatch.api.operating import log_as_json
from dispatch.api.service import Service
from dispatch.store import Store, tokens
from tests.api.conftest import Desk, opened, settings
from tests.api.days import day
from tests.api.servers import until


def test_it_is_ready_once_the_search_is_loaded_and_who_needs_the_search_waits_for_it(tmp_path: Path) -> None:
    loaded = threading.Event()
    wanted = settings(tmp_path)
    store = Store(wanted.database_url.get_secret_value())
    app = create_app(wanted, store, warm=lambda: assert_set(loaded))
    service: Service = app.state.service
    with store.writing() as connection:
        _, secret = tokens.create(connection, "me", "admin", None, 0.0)
    headers = {"Authorization": f"Bearer {secret}"}
    with TestClient(app) as client, ThreadPoolExecutor(1) as thread:
        early = client.get("/readyz", headers=headers)
        assert (early.status_code, early.json()["code"], early.headers["retry-after"]) == (503, "NOT_READY", "5")
        waits = thread.submit(service.until_warm)
        assert not waits.done()
        loaded.set()
        waits.result(60)
        assert client.get("/readyz", headers=headers).json() == {"status": "ready"}
        service.ending.set()
        assert client.get("/readyz", headers=headers).json()["detail"] == "The service shuts down."


def assert_set(event: threading.Event) -> None:
    assert event.wait(60)


def test_figures_for_prometheus_count_requests_by_route_and_jobs_by_state(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, workers=0)):
        location = desk.post("/v1/plans", day(5, 1)).headers["location"]
        desk.get(location)
        desk.get("/nothing")
        text = desk.get("/metrics").text
        assert 'dispatch_request_seconds_count{method="GET",route="/v1/plans/{job_id}",status="200"} 1.0' in text
        assert 'dispatch_request_seconds_count{method="GET",route="",status="404"} 1.0' in text
        assert 'dispatch_jobs{state="queued"} 1.0' in text


@pytest.fixture
def _logs_as_they_were() -> Iterator[None]:
    names = ("", "alembic", "dispatch", "uvicorn", "uvicorn.error", "uvicorn.access")
    kept = [(logging.getLogger(n), list(logging.getLogger(n).handlers), logging.getLogger(n).level) for n in names]
    yield
    for logger, handlers, level in kept:
        logger.handlers[:] = handlers
        logger.setLevel(level)


@pytest.mark.usefixtures("_logs_as_they_were")
def test_all_that_is_logged_is_one_document_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json("info")
    logging.getLogger("dispatch.requests").info("request", extra={"request_id": "r1", "path": "/v1/\n{}"})
    logging.getLogger("somebody.else").warning("a warning\nin two lines")
    logging.getLogger("dispatch.api").debug("not told")
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\x1b[36mStarted"})
    first, second, third = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["request_id"], first["path"], first["level"]) == ("request", "r1", "/v1/\n{}", "info")
    assert (second["event"], second["logger"], second["level"]) == ("a warning\nin two lines", "somebody.else", "warning")
    assert third.keys() == {"event", "level", "logger", "timestamp"}


class InThread(Executor):
    """Works beside the service, as a process would."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)

    def submit(self, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        return self.pool.submit(function, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.pool.shutdown(wait, cancel_futures=cancel_futures)


def begun(desk: Desk, location: str) -> None:
    until(lambda: desk.get(location).json()["progress"] and desk.get(f"{location}/plan").status_code == 200, "the search to begin")


def test_a_plan_is_watched_while_it_is_made_and_stopped_when_it_is_good_enough(tmp_path: Path) -> None:
    for desk in opened(settings(tmp_path, lease=1, database_url=f"sqlite:///{tmp_path / 'dispatch.db'}"), InThread):
        location = desk.post("/v1/plans?seconds=3000", day(30, 5)).headers["location"]
        begun(desk, location)
        so_far = desk.get(f"{location}/plan")
        assert so_far.headers["dispatch-state"] == "running"
        assert so_far.json()["cost"]["total"] > 0
        with ThreadPoolExecutor(1) as thread:
            watching = thread.submit(desk.get, f"{location}/events")
            stopped = desk.client.delete(location, headers=desk.as_("dispatcher", Prefer="wait=60"))
            assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
            events = [block.split("\n") for block in watching.result(60).text.strip().split("\n\n")]
        assert events[-1][0] == "event: end"
        assert json.loads(events[-1][1].removeprefix("data: "))["state"] == "cancelled"
        best = desk.get(f"{location}/plan").json()
        assert best["cost"]["total"] <= so_far.json()["cost"]["total"]
        assert best["solver"]["stopped"] == "stopped"


def test_at_shutdown_a_plan_goes_back_into_the_queue_with_its_best_so_far(tmp_path: Path) -> None:
    location = ""
    for desk in opened(settings(tmp_path, lease=1), InThread):
        location = desk.post("/v1/plans?seconds=3000", day(30, 5)).headers["location"]
        begun(desk, location)
    for desk in opened(settings(tmp_path, workers=0)):
        job = desk.get(location).json()
        assert (job["state"], job["deaths"]) == ("queued", 0)
        desk.service.warm.set()
        assert desk.get(f"{location}/plan").json()["kpis"]["assigned"] > 20
