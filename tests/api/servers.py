"""Real servers in processes of their own, to be killed."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx2
import psutil

from dispatch.store import Store, tokens

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds after which a test gives up; on a machine that does nothing else, a few are enough."""


def until(look: Callable[[], T | None], what: str) -> T:
    """Return what `look` finds, once it finds something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def secret_for(url: str, role: tokens.Role = "admin") -> str:
    """Make the tables of a database and a token, and return its secret."""
    store = Store(url)
    store.migrate()
    with store.writing() as connection:
        _, secret = tokens.create(connection, "a test", role, None, time.time())
    store.close()
    return secret


class Server:
    """`dispatch serve` on a free port.

    Parameters
    ----------
    url
        Of its database.
    secret
        A token; None takes the one that the server prints at its first start.
    settings
        Further settings, given as environment variables.
    """

    def __init__(self, url: str, secret: str | None, folder: Path, **settings: object) -> None:
        # At its own priority a worker would wait for ever where other tests take all processors.
        variables = {f"DISPATCH_{name.upper()}": str(value) for name, value in {"niceness": 0, **settings}.items()}
        command = [sys.executable, "-m", "dispatch.cli", "serve", "--port", "0", "--database-url", url]
        self.process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._first: queue.Queue[str] = queue.Queue()
        self.orphans: list[psutil.Process] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.address = self._first.get(timeout=PATIENCE)
        except queue.Empty:
            self.kill()
            raise AssertionError("the server did not start: " + "".join(self.lines)) from None
        secret = secret or self.first_token()
        self.client = httpx2.Client(base_url=self.address, headers={"Authorization": f"Bearer {secret}"}, timeout=PATIENCE)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(r"Listening on (\S+)", line)
            if found:
                self._first.put(found[1])

    def first_token(self) -> str | None:
        """Return the token that the server printed at its first start, if it did."""
        return next(iter(re.findall(r"dispatch_[\w-]{43}$", "".join(self.lines), re.MULTILINE)), None)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
        for process in self.orphans:
            _kill(process)
        self.client.close()
        self._reader.join(PATIENCE)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def workers(self) -> list[psutil.Process]:
        """Return the processes that make plans: those that the fork server of this server has forked."""
        try:
            below = psutil.Process(self.process.pid).children(recursive=True)
            return [p for p in below if p.ppid() != self.process.pid]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """Kill the server, as if it were switched off; its workers go on."""
        if self.process.poll() is None:
            self.orphans += psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
        self.process.wait(PATIENCE)

    def kill_all(self) -> None:
        """Kill the server and all its workers: the machine is switched off."""
        self.kill()
        for process in self.orphans:
            _kill(process)
        self.orphans.clear()

    def end(self) -> int:
        """Ask the server to end, and return its exit code."""
        self.orphans += psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def post(self, seconds: float, document: Any, headers: Mapping[str, str] | None = None) -> str:
        """Post a problem, and return where its plan will be."""
        answer = self.client.post(f"/v1/plans?seconds={seconds}", json=document, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["location"])

    def job(self, location: str) -> Any:
        """Return a job as it stands."""
        answer = self.client.get(location)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ended(self, location: str) -> Any:
        """Return a job once it has ended."""
        return until(lambda: (job := self.job(location))["ended_at"] and job, f"the end of {location}")


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
        process.wait(PATIENCE)
    except psutil.NoSuchProcess:
        pass
