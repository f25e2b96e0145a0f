"""Measure a live day over HTTP: tickets put and read at a rate beside a plan that is made, and candidates among 1,000 tickets.

Run ``python -m benchmarks.live load``, ``candidates`` or ``kills``. Each starts a server of its own on a free port.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import httpx2
import psutil
import typer

from benchmarks.days import generate
from benchmarks.load import Call, Heard, Line, steady
from benchmarks.record import circumstances
from dispatch import schema, solver, travel
from tests.api.days import day as day_of_plans
from tests.api.servers import Server, secret_for, until

app = typer.Typer(add_completion=False, help=__doc__)

DATE = "/v1/days/2026-03-03"
Url = Annotated[str | None, typer.Option(help="Database; by default a new SQLite file.")]
Tickets = Annotated[int, typer.Option(help="Tickets of the day.")]


@dataclass
class Running:
    """A server with a day of so many tickets, and how to call it."""

    server: Server
    secret: str
    url: str
    folder: Path
    problem: dict[str, Any]

    def lines(self, count: int) -> list[Line]:
        """Return connections that are kept open."""
        host, port = self.server.address.removeprefix("http://").split(":")
        return [Line(host, int(port), {"Authorization": f"Bearer {self.secret}"}) for _ in range(count)]

    def client(self) -> httpx2.Client:
        """Return a client for single calls."""
        return httpx2.Client(base_url=self.server.address, headers={"Authorization": f"Bearer {self.secret}"}, timeout=60)


@contextmanager
def running(tickets: int, database_url: str | None) -> Iterator[Running]:
    """Run a server with a day of so many tickets and a plan for it."""
    problem = generate(tickets, 1)
    plan = solver.solve(problem, travel.matrix(problem), solver.Options(iterations=3000)).plan
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = database_url or f"sqlite:///{folder / 'dispatch.db'}"
        secret = secret_for(url)
        with Server(url, secret, folder, niceness=10) as server:
            tree = json.loads(schema.write_problem(problem))
            here = Running(server, secret, url, folder, tree)
            body = {"problem": tree, "plan": json.loads(schema.write_plan(plan))}
            with here.client() as client:
                client.put(DATE, json=body).raise_for_status()
            yield here


def _told(what: str, heard: Heard) -> dict[str, Any]:
    times = {f"p{p}_ms": round(heard.percentile(p / 100), 1) for p in (50, 95, 99)}
    return {"what": what, "answers": sum(heard.statuses.values()), "statuses": dict(heard.statuses), **times}


def _say(what: object) -> None:
    typer.echo(json.dumps(what))


def _ticket(number: int) -> bytes:
    draw = random.Random(number)
    place = {"lat": round(28.1 + draw.random() / 5, 5), "lon": round(112.85 + draw.random() / 5, 5)}
    return json.dumps({"title": f"Pump {number}", "place": place, "skills": [{"skill": "pumps"}], "service": "PT45M"}).encode()


def _read(number: int) -> Call:
    """Return what a desk reads: mostly single tickets, then how the day stands, one engineer's route, a page of tickets."""
    kind = number % 20
    if kind < 12:
        return Call("GET", f"{DATE}/tickets/t{number % 1000 + 1}")
    if kind < 15:
        return Call("GET", DATE)
    if kind < 19:
        return Call("GET", f"{DATE}/routes/e{number % 100 + 1}")
    return Call("GET", f"{DATE}/tickets?limit=20&after=t{number % 1000}")


@app.command()
def load(
    reads: Annotated[float, typer.Option(help="Reads a second.")] = 300,
    puts: Annotated[float, typer.Option(help="Tickets put a second.")] = 100,
    seconds: Annotated[float, typer.Option(help="How long.")] = 20,
    connections: Annotated[int, typer.Option(help="Connections that are kept open.")] = 50,
    tickets: Tickets = 1000,
    database_url: Url = None,
) -> None:
    """Read and put tickets of a live day at a rate while a plan of 250 other tickets is made."""
    with running(tickets, database_url) as here:
        location = here.server.post(seconds + 60, day_of_plans(250, 36))
        until(lambda: here.server.job(location)["progress"], "the search to begin")
        process = psutil.Process(here.server.process.pid)
        before = process.cpu_times()
        heard = asyncio.run(_loaded(here.lines(connections), reads, puts, seconds))
        after = process.cpu_times()
        share = (after.user + after.system - before.user - before.system) / seconds
        with here.client() as client:
            revision = client.get(DATE).json()["revision"]
    _say({**circumstances(), "load_average": os.getloadavg(), "server_cpu_share": round(share, 3), "revision": revision})
    for what, answers in heard.items():
        _say(_told(what, answers))


async def _loaded(lines: list[Line], reads: float, puts: float, seconds: float) -> dict[str, Heard]:
    part = max(1, len(lines) // 4)
    tasks = {
        "reads": steady(lines[part:], reads, seconds, _read),
        "puts": steady(lines[:part], puts, seconds, lambda n: Call("PUT", f"{DATE}/tickets/INC%2F{n}", _ticket(n))),
    }
    return dict(zip(tasks, await asyncio.gather(*tasks.values()), strict=True))


@app.command()
def candidates(
    number: Annotated[int, typer.Option(help="How many requests, one after the other.")] = 100,
    tickets: Tickets = 1000,
    database_url: Url = None,
) -> None:
    """Ask for candidates for one ticket after the other, of a day that stands still."""
    with running(tickets, database_url) as here:
        line = here.lines(1)[0]

        async def asked() -> Heard:
            heard = Heard()
            for n in range(number + 1):
                began = time.perf_counter()
                body = json.dumps({"ticket": f"t{n * 7 % tickets + 1}", "limit": 5}).encode()
                status = await line.call(Call("POST", f"{DATE}/candidates", body))
                if n:  # the first one makes the day ready
                    heard.statuses[status] += 1
                    heard.seconds.append(time.perf_counter() - began)
            return heard

        found = asyncio.run(asked())
    _say({**circumstances(), "load_average": os.getloadavg()})
    _say(_told("candidates", found))


@app.command()
def kills(
    number: Annotated[int, typer.Option("--kills", help="How often the server is killed.")] = 50,
    seed: Annotated[int, typer.Option(help="Of the moments.")] = 0,
    tickets: Tickets = 50,
    database_url: Url = None,
) -> None:
    """Kill the server at random moments while tickets are put and events reported, and see that none is lost or happens twice."""
    draw = random.Random(seed)
    accepted: list[str] = []
    noted: list[str] = []
    with running(tickets, database_url) as here:
        n = asked_again = 0
        for _ in range(number):
            victim = here.server.process
            killer = threading.Timer(draw.uniform(0.05, 1.0), victim.kill)
            killer.start()
            while here.server.process is victim:
                n += 1
                asked_again += _sent(here, n, accepted, noted)
            killer.join()
        with here.client() as client:
            log, after = list[dict[str, Any]](), "0"
            while after is not None:
                page = client.get(f"{DATE}/log?limit=1000&after={after}").json()
                log, after = log + page["entries"], page["next"]
            kept, after = set[str](), ""
            while after is not None:
                page = client.get(f"{DATE}/tickets?limit=1000&after={after}").json()
                kept, after = kept | {t["ticket"]["id"] for t in page["tickets"]}, page["next"]
    texts = [e["text"] for entry in log for e in entry["events"] if e["type"] == "note"]
    revisions = [entry["revision"] for entry in log]
    found = {
        **circumstances(),
        "kills": number,
        "tickets": len(accepted),
        "events": len(noted),
        "asked_again": asked_again,
        "lost": len(set(accepted) - kept) + len(set(noted) - set(texts)),
        "twice": len(texts) - len(set(texts)),
        "gaps": len([a for a, b in pairwise(revisions) if b != a + 1]),
    }
    _say(found)
    if found["lost"] or found["twice"] or found["gaps"]:
        raise typer.Exit(1)


def _sent(here: Running, n: int, accepted: list[str], noted: list[str]) -> int:
    """Put a ticket and report an event until both are accepted; return how often that had to be asked again."""
    ticket = json.loads(_ticket(n))
    note = {"type": "note", "at": here.problem["now"], "text": f"note {n}"}
    for attempt in range(20):
        try:
            with here.client() as client:
                put = client.put(f"{DATE}/tickets/K{n}", json=ticket)
                told = client.post(f"{DATE}/events", json=note, headers={"Idempotency-Key": f"note-{n}"})
            if put.is_success and told.is_success:
                accepted.append(f"K{n}")
                noted.append(note["text"])
                return attempt
        except httpx2.HTTPError:
            here.server.process.wait()
            orphans = here.server.orphans
            here.server = Server(here.url, here.secret, here.folder, niceness=10)
            here.server.orphans += orphans
    raise typer.BadParameter(f"ticket {n} was not accepted in 20 attempts")


if __name__ == "__main__":
    app()
