"""Measure the service: how fast it answers beside a plan that is made, and that it loses nothing when it is killed.

Run ``python -m benchmarks.service load`` and ``python -m benchmarks.service kills``. Both start servers of their own on free ports.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx2
import psutil
import typer

from benchmarks.load import Call, Heard, Line, steady
from benchmarks.record import circumstances
from dispatch.store import Store, jobs
from tests.api.days import day
from tests.api.servers import Server, secret_for, until

app = typer.Typer(add_completion=False, help=__doc__)

Url = Annotated[str | None, typer.Option(help="Database; by default a new SQLite file.")]


def _database(url: str | None, folder: Path) -> str:
    return url or f"sqlite:///{folder / 'dispatch.db'}"


def _say(what: object) -> None:
    typer.echo(json.dumps(what))


# ----------------------------------------------------------------------- load


@app.command()
def load(
    reads: Annotated[float, typer.Option(help="Reads a second.")] = 300,
    checks: Annotated[float, typer.Option(help="Checks of a plan of 1,000 tickets a second, besides.")] = 0,
    seconds: Annotated[float, typer.Option(help="How long.")] = 20,
    connections: Annotated[int, typer.Option(help="Connections that are kept open.")] = 50,
    database_url: Url = None,
) -> None:
    """Read the state of plans at a rate while a plan of 250 tickets is made, and tell the times of the answers."""
    with tempfile.TemporaryDirectory() as folder:
        url = _database(database_url, Path(folder))
        secret = secret_for(url)
        with Server(url, secret, Path(folder), niceness=10) as server:
            location = server.post(seconds + 60, day(250, 36))
            until(lambda: server.job(location)["progress"], "the search to begin")
            host, port = server.address.removeprefix("http://").split(":")
            lines = [Line(host, int(port), {"Authorization": f"Bearer {secret}"}) for _ in range(connections)]
            before = psutil.Process(server.process.pid).cpu_times()
            heard = asyncio.run(_loaded(lines, reads, checks, seconds, location))
            after = psutil.Process(server.process.pid).cpu_times()
            spent = after.user + after.system - before.user - before.system
            iterations = server.job(location)["progress"]["iterations"]
    _say({**circumstances(), "load_average": os.getloadavg(), "plan_iterations": iterations, "server_cpu_share": round(spent / seconds, 3)})
    for what, answers in heard.items():
        times = {f"p{p}_ms": round(answers.percentile(p / 100), 1) for p in (50, 95, 99)}
        _say({"what": what, "answers": sum(answers.statuses.values()), "statuses": dict(answers.statuses), **times})


async def _loaded(lines: list[Line], reads: float, checks: float, seconds: float, location: str) -> dict[str, Heard]:
    body = json.dumps({"problem": day(1000, 143), "plan": _by_hand(1000, 143)}).encode()
    tasks = {"reads": steady(lines[:-2], reads, seconds, lambda _: Call("GET", location))}
    if checks:
        tasks["checks"] = steady(lines[-2:], checks, seconds, lambda _: Call("POST", "/v1/check", body))
    return dict(zip(tasks, await asyncio.gather(*tasks.values()), strict=True))


def _by_hand(tickets: int, engineers: int) -> dict[str, Any]:
    """Return a plan that gives every engineer seven tickets."""
    names = [f"T{n:04}" for n in range(tickets)]
    routes = [
        {"engineer": f"E{n:03}", "shift": "day", "stops": [{"ticket": name} for name in names[7 * n : 7 * n + 7]]} for n in range(engineers)
    ]
    return {"format": "dispatch-plan/1", "routes": routes}


# ---------------------------------------------------------------------- kills


@dataclass
class Told:
    """What clients were told: the plan that was accepted for each key."""

    accepted: dict[str, str] = field(default_factory=dict)
    asked_again: int = 0
    other_answers: list[str] = field(default_factory=list)


@app.command()
def kills(
    number: Annotated[int, typer.Option("--kills", help="How often a server or a worker is killed.")] = 50,
    clients: Annotated[int, typer.Option(help="Clients that post plans all the while.")] = 4,
    pause: Annotated[float, typer.Option(help="Most seconds between two kills: a new worker takes a few to be ready.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the moments and of who is killed.")] = 0,
    database_url: Url = None,
) -> None:
    """Kill servers and workers at random moments under load, and see that every accepted plan is made, and made once."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = _database(database_url, folder)
        secret = secret_for(url)
        told, over, place = Told(), threading.Event(), [""]
        server = Server(url, secret, folder, lease=2, deaths=100, niceness=0)
        place[0] = server.address
        posting = [threading.Thread(target=_post, args=(k, place, secret, told, over)) for k in range(clients)]
        for thread in posting:
            thread.start()
        killed = {"server": 0, "worker": 0}
        for _ in range(number):
            time.sleep(draw.uniform(0.2, pause))
            workers = server.workers()
            if workers and draw.random() < 0.5:
                draw.choice(workers).kill()
                killed["worker"] += 1
            else:
                server.kill()
                killed["server"] += 1
                orphans = server.orphans
                server = Server(url, secret, folder, lease=2, deaths=100, niceness=0)
                server.orphans += orphans  # a worker outlives its server, until its plan is made
                place[0] = server.address
        over.set()
        for thread in posting:
            thread.join()
        done = [server.ended(location) for location in told.accepted.values()]
        store = Store(url)
        with store.reading() as connection:
            kept = jobs.listed(connection, after="", limit=1_000_000, state=None, regions=None)
        store.close()
        server.__exit__(None, None, None)
    found = {
        **circumstances(),
        "killed": killed,
        "accepted": len(told.accepted),
        "asked_again": told.asked_again,
        "succeeded": sum(job["state"] == "succeeded" for job in done),
        "lost": len(set(told.accepted.values()) - {f"/v1/plans/{job.id}" for job in kept}),
        "twice": len({f"/v1/plans/{job.id}" for job in kept} - set(told.accepted.values())),
        "deaths": sum(job["deaths"] for job in done),
        "other_answers": told.other_answers[:5],
    }
    _say(found)
    if found["succeeded"] != found["accepted"] or found["lost"] or found["twice"] or found["other_answers"]:
        raise typer.Exit(1)


def _post(client: int, place: list[str], secret: str, told: Told, over: threading.Event) -> None:
    """Post one plan after the other, each until it is accepted: the key makes it one plan however often it is sent."""
    number = 0
    while not over.is_set():
        key = f"{client}-{number}"
        number += 1
        while key not in told.accepted:
            try:
                headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
                answer = httpx2.post(f"{place[0]}/v1/plans?seconds=2", json=day(30, 5, client), headers=headers, timeout=10)
            except httpx2.TransportError:
                told.asked_again += 1
                time.sleep(0.1)
                continue
            if answer.status_code == 202:
                told.accepted[key] = answer.headers["location"]
            elif answer.status_code == 503:
                told.asked_again += 1
                time.sleep(0.1)
            else:
                told.other_answers.append(answer.text)
                return
        over.wait(1.0)


if __name__ == "__main__":
    app()
