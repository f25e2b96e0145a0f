"""Planning along roads that a server knows, from the command line."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
import stamina

from dispatch import schema, travel
from dispatch.cli import travelling
from dispatch.model import ServerTravel
from dispatch.travel import Means
from tests.cli.running import QUICK, document, run
from tests.travel.servers import Fake, day


@pytest.fixture(autouse=True)
def _means_and_retries_as_they_were() -> Iterator[None]:
    before, hooks = travel.use(Means()), stamina.instrumentation.get_on_retry_hooks()
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)
    stamina.instrumentation.set_on_retry_hooks(hooks)
    travel.use(before)


@contextmanager
def serving(fake: Fake) -> Iterator[str]:
    """Yield the address at which a fake server listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name it is called by
            length = int(self.headers.get("Content-Length") or 0)
            url = f"http://127.0.0.1{self.path}"
            answer = fake(httpx2.Request(self.command, url, headers=dict(self.headers), content=self.rfile.read(length)))
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def put(folder: Path, server: ServerTravel) -> Path:
    path = folder / "day.json"
    path.write_bytes(schema.write_problem(day(server)))
    return path


def nowhere() -> ServerTravel:
    """Return a server that nobody runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return ServerTravel("osrm", f"http://127.0.0.1:{taken.getsockname()[1]}")


def test_the_second_plan_of_a_day_asks_the_server_for_nothing_unless_it_is_told_to(tmp_path: Path) -> None:
    fake, cache = Fake("osrm"), str(tmp_path / "cache")
    with serving(fake) as url:
        problem, plan = put(tmp_path, ServerTravel("osrm", url)), tmp_path / "plan.json"
        planned = run("plan", problem, *QUICK, "--output", plan, XDG_CACHE_HOME=cache)
        assert (planned.exit_code, len(fake.requests)) == (0, 1), planned.output
        assert planned.stderr.splitlines()[0] == f"dispatch: Asking OSRM at {url} for the travel between 5 places."
        for again in (("plan", problem, *QUICK), ("check", problem, plan), ("explain", problem, plan, "T2")):
            answered = run(*again, XDG_CACHE_HOME=cache)
            assert (answered.exit_code, "Asking" in answered.stderr) == (0, False)
        assert len(fake.requests) == 1
        for anew in (("plan", problem, *QUICK), ("check", problem, plan), ("explain", problem, plan)):
            assert run(*anew, "--no-cache", XDG_CACHE_HOME=cache).exit_code == 0
        assert len(fake.requests) == 4
    assert sorted(p.name for p in tmp_path.rglob("*.sqlite")) == ["travel-1.sqlite"]


def test_a_scenario_travels_as_its_problem_says(tmp_path: Path) -> None:
    fake, cache = Fake("osrm"), str(tmp_path / "cache")
    with serving(fake) as url:
        put(tmp_path, ServerTravel("osrm", url))
        expectation = {
            "format": "dispatch-expect/1",
            "title": "A day",
            "shows": "Roads",
            "options": {"iterations": 5},
            "expect": [{"kpi": "served_share", "at_least": 1}],
        }
        (tmp_path / "day.expect.json").write_text(json.dumps(expectation))
        ran = run("scenarios", "run", tmp_path, "--json", XDG_CACHE_HOME=cache)
        assert ran.exit_code == 0, ran.output
    assert len(fake.requests) == 1


def test_a_key_is_sent_to_the_host_it_is_for(tmp_path: Path) -> None:
    fake = Fake("osrm")
    with serving(fake) as url:
        problem = put(tmp_path, ServerTravel("osrm", url))
        run("plan", problem, *QUICK, "--no-cache", DISPATCH_TRAVEL_KEYS="127.0.0.1=abc=1 other.test=xyz")
        run("plan", problem, *QUICK, "--no-cache", DISPATCH_TRAVEL_KEYS="other.test=xyz nonsense")
    assert [r.headers.get("Authorization") for r in fake.requests] == ["abc=1", None]


def test_a_server_that_is_down_refuses_the_problem_with_a_remedy(tmp_path: Path) -> None:
    server = nowhere()
    problem = put(tmp_path, server)
    told = f"OSRM at {server.url} cannot be reached: [Errno 111] Connection refused. Start it, or correct travel.url."
    refused = run("plan", problem, *QUICK, "--no-cache")
    assert (refused.exit_code, refused.stdout, refused.stderr.splitlines()[-1]) == (2, "", f"dispatch: {told}")
    refused = run("plan", problem, *QUICK, "--no-cache", "--json")
    assert (refused.exit_code, document(refused)["code"], document(refused)["detail"]) == (2, "NO_TRAVEL", told)


def test_a_server_that_is_down_is_replaced_by_the_crow_where_that_is_wanted_and_every_answer_says_so(tmp_path: Path) -> None:
    problem = put(tmp_path, replace(nowhere(), on_failure="crow"))
    planned = run("plan", problem, *QUICK, "--no-cache", "--json")
    assert (planned.exit_code, [w["code"] for w in document(planned)["warnings"]]) == (0, ["TRAVEL_FALLBACK"])
    told = run("plan", problem, *QUICK, "--no-cache", "--output", tmp_path / "plan.json")
    assert (told.exit_code, "TRAVEL_FALLBACK" in told.stdout) == (0, True), told.stdout
    checked = run("check", problem, tmp_path / "plan.json", "--no-cache", "--json")
    assert [w["code"] for w in document(checked)["plan"]["warnings"]] == ["TRAVEL_FALLBACK"]


def test_how_far_it_is_is_told_after_a_second_and_then_every_five(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    say = travelling._lines(lambda: now)
    for now in (0.5, 1.2, 3.0, 6.1, 6.3, 11.5):
        say("Travel times from OSRM", int(1000 * now), 11_500)
    assert capsys.readouterr().err == "Travel times from OSRM: 1,200 of 11,500\nTravel times from OSRM: 6,300 of 11,500\n"
