"""Calls a service at a steady rate, whether it keeps up or not, and tells how long each answer took.

The rate does not wait for answers, and an answer's time counts from when its request was due: a service that falls behind cannot hide it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter


@dataclass(frozen=True)
class Call:
    """A request: method, path with query, body, and header fields besides those of all calls."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Heard:
    """What came back.

    Parameters
    ----------
    seconds
        From when each request was due to the end of its answer.
    statuses
        How often each status was answered; 0 is a connection that broke.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which a share of the answers came."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Line:
    """One connection that is kept open."""

    def __init__(self, host: str, port: int, headers: Mapping[str, str]) -> None:
        self.host, self.port = host, port
        self.headers = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, call: Call) -> int:
        """Send a request and read its answer; return the status, 0 where the connection broke."""
        try:
            if self.streams is None:
                self.streams = await asyncio.open_connection(self.host, self.port)
            reader, writer = self.streams
            more = "".join(f"{k}: {v}\r\n" for k, v in call.headers.items())
            if call.body:
                more += f"Content-Type: application/json\r\nContent-Length: {len(call.body)}\r\n"
            writer.write(f"{call.method} {call.path} HTTP/1.1\r\nHost: {self.host}\r\n{self.headers}{more}\r\n".encode() + call.body)
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            at = lower.find(b"content-length:")
            if at >= 0:
                await reader.readexactly(int(lower[at + 15 : lower.index(b"\r\n", at)]))
            if b"connection: close" in lower:
                self.close()
            return int(head[9:12])
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return 0

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


async def steady(lines: list[Line], rate: float, seconds: float, next_call: Callable[[int], Call]) -> Heard:
    """Call at a rate for some seconds, over as many connections as there are.

    Parameters
    ----------
    rate
        Requests a second.
    next_call
        Returns the request of a number, counting from 0.
    """
    heard, due = Heard(), asyncio.Queue[tuple[float, Call] | None]()

    async def work(line: Line) -> None:
        while (item := await due.get()) is not None:
            when, call = item
            heard.statuses[await line.call(call)] += 1
            heard.seconds.append(perf_counter() - when)

    workers = [asyncio.create_task(work(line)) for line in lines]
    began = perf_counter()
    for number in range(int(rate * seconds)):
        when = began + number / rate
        pause = when - perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        due.put_nowait((when, next_call(number)))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    for line in lines:
        line.close()
    return heard
