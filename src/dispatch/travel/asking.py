"""Asking a server over HTTP: again when it is busy, not for longer than there is patience, and never more than can be read."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import stamina

from dispatch.errors import TravelError
from dispatch.travel.means import Means

__all__ = ["Answer", "Asker", "asking"]

_log = logging.getLogger(__name__)

CONNECT, READ = 5.0, 60.0
"""Seconds to wait for a connection, and for the next piece of an answer."""
LARGEST = 256 * 2**20
"""Bytes of an answer that are read."""
ATTEMPTS, FIRST_CONTACTS = 6, 2
"""How often a question is put, and how often to a server that has never answered."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds between attempts: twice as long each time."""


@dataclass(frozen=True)
class Answer:
    """A status that is neither a redirect nor worth another attempt, and the JSON that came with it; None where it was none."""

    status: int
    document: Any


class _BusyError(Exception):
    """A status that asks to try again, after so many seconds if the server says so."""

    def __init__(self, status: int, after: float | None) -> None:
        super().__init__(f"it answers with status {status}")
        self.after = after


@contextmanager
def asking(name: str, url: str, means: Means) -> Iterator[Asker]:
    """Yield what asks a server, and close its connections afterwards.

    Parameters
    ----------
    name
        What the server runs, for messages.

    Raises
    ------
    TravelError
        The address is none.
    """
    try:
        host = httpx2.URL(url).host
    except httpx2.InvalidURL as error:
        raise TravelError(f"{name} cannot have the address {url}: {error}. Correct travel.url.") from error
    key = {"Authorization": means.keys[host]} if host in means.keys else {}
    with httpx2.Client(headers={"User-Agent": "field-dispatch", **key}, transport=means.transport) as client:
        yield Asker(f"{name} at {url}", url.rstrip("/"), client, means)


class Asker:
    """One server, asked about one problem.

    Parameters
    ----------
    name
        The server and its address, for messages.
    """

    def __init__(self, name: str, url: str, client: httpx2.Client, means: Means) -> None:
        self.name = name
        self._url, self._client, self._clock = url, client, means.clock
        self._deadline, self._patience = means.clock() + means.patience, means.patience
        self._answered, self._unreached = False, 0

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """GET a path below the address of the server, or POST JSON to it.

        Raises
        ------
        TravelError
            It cannot be reached, is busy or broken for too long, redirects, or answers with something that is not JSON.
        """
        try:
            for attempt in stamina.retry_context(
                self._again, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT, wait_max=LONGEST_WAIT
            ):
                with attempt:
                    return self._once(path, body)
        except _BusyError as error:
            raise self.failed(f"is busy or broken: {error}", "Try again later, or see to the server.") from error
        except httpx2.ConnectError as error:
            raise self.failed(f"cannot be reached: {_why(error)}", "Start it, or correct travel.url.") from error
        except httpx2.ConnectTimeout as error:
            raise self.failed(f"cannot be reached within {CONNECT:g} s", "Start it, or correct travel.url.") from error
        except httpx2.TimeoutException as error:
            raise self.failed(f"has not answered within {READ:g} s", "See to the server, or try again later.") from error
        except (httpx2.HTTPError, UnicodeError) as error:  # a host name that cannot be encoded
            raise self.failed(f"cannot be asked: {_why(error)}", "See to the server, or correct travel.url.") from error
        raise AssertionError("an attempt returns or raises")

    def failed(self, what: str, action: str) -> TravelError:
        """Return an error that names the server."""
        return TravelError(f"{self.name} {what.rstrip('.')}. {action}")

    def _again(self, error: Exception) -> bool | float:
        """Return whether to ask again, or after how many seconds."""
        left = self._deadline - self._clock()
        wait: bool | float = False
        if isinstance(error, _BusyError):
            wait = True if error.after is None else error.after
        elif isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout)):
            self._unreached += 1
            wait = self._answered or self._unreached < FIRST_CONTACTS
        elif isinstance(error, (httpx2.NetworkError, httpx2.RemoteProtocolError)):
            wait = True
        if wait is False or wait > left:
            return False
        _log.info("%s: %s; it is asked again", self.name, _why(error))
        return wait

    def _once(self, path: str, body: Mapping[str, Any] | None) -> Answer:
        left = self._deadline - self._clock()
        if left <= 0:
            raise self._late()
        timeout = httpx2.Timeout(min(READ, left), connect=min(CONNECT, left))
        request = self._client.build_request("GET" if body is None else "POST", self._url + path, json=body, timeout=timeout)
        with _streamed(self._client, request) as response:
            data = self._body(response)
        self._answered = True
        status = response.status_code
        if status == 429 or status >= 500:
            raise _BusyError(status, _retry_after(response.headers.get("Retry-After")))
        if response.has_redirect_location:
            where = response.headers["Location"][:200]
            raise self.failed(f"redirects to {where}", "Give the address that answers itself in travel.url.")
        if status in (401, 403):
            raise self.failed(f"refuses the request with status {status}", "Give the key that it asks for, or another server.")
        document = _parsed(data)
        if document is None and response.is_success:
            raise self.failed(f"answers with something that is not JSON: {_start(data)!r}", "Correct travel.url, or see to the server.")
        if document is None and status == 404:
            raise self.failed("has no such service (status 404)", "Correct travel.url and travel.source.")
        return Answer(status, document)

    def _body(self, response: httpx2.Response) -> bytes:
        data = bytearray()
        for piece in response.iter_bytes():
            data += piece
            if len(data) > LARGEST:
                raise self.failed(f"answers with more than {LARGEST >> 20} MiB", "See to the server.")
            if self._clock() > self._deadline:
                raise self._late()
        return bytes(data)

    def _late(self) -> TravelError:
        return self.failed(f"has taken more than {self._patience:g} s in all", "See to the server, or try again later.")


@contextmanager
def _streamed(client: httpx2.Client, request: httpx2.Request) -> Iterator[httpx2.Response]:
    response = client.send(request, stream=True)
    try:
        yield response
    finally:
        response.close()


def _parsed(data: bytes) -> Any:
    """Return JSON, or None where it is none; NaN and Infinity are none."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        return json.loads(data, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None


def _start(data: bytes) -> str:
    return " ".join(data[:200].decode("utf-8", "replace").split())[:60]


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _retry_after(header: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as such or as a date; None where it is neither."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
