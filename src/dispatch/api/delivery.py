"""Sends a message to an address that somebody else has given: never to this machine or its network, unless that is allowed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

Deliver = Callable[[str, bytes, Mapping[str, str]], None]
"""Send a body with headers to an address.

Raises `NotDelivered`.
"""

SECONDS = 10.0
"""How long a receiver may take."""


class NotDelivered(Exception):  # noqa: N818 - an answer, and the receiver's doing
    """A message was not received, with the reason."""


@dataclass(frozen=True)
class Sender:
    """Sends over HTTP.

    The name is looked up once, all its addresses are judged, and the connection goes to the first of those: a name that means another
    address a moment later gains nothing. Redirects are not followed, and no proxy is used.

    Parameters
    ----------
    private
        Whether addresses of this machine and of private networks are allowed.
    transport
        What requests go through; None is the network.
    resolve
        From host and port to addresses.
    """

    private: bool = False
    transport: httpx2.BaseTransport | None = None
    resolve: Callable[[str, int], list[str]] | None = None

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a message.

        Raises
        ------
        NotDelivered
            The address is not allowed, nobody answers, or the answer is not one of success.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(host, port)
        target = httpx2.URL(url).copy_with(host=address, port=port)
        named = f"[{host}]" if ":" in host else host
        sent = {**headers, "host": named if parts.port is None else f"{named}:{parts.port}"}
        extensions: dict[str, Any] = {"sni_hostname": host}
        try:
            with (
                httpx2.Client(transport=self.transport, timeout=SECONDS, trust_env=False, follow_redirects=False) as client,
                client.stream("POST", target, content=body, headers=sent, extensions=extensions) as answer,
            ):
                status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise NotDelivered(f"{type(error).__name__}: {error}"[:300]) from None
        if not 200 <= status < 300:
            raise NotDelivered(f"The receiver answered {status}.")

    def _address(self, host: str, port: int) -> str:
        try:
            found = (self.resolve or _resolved)(host, port)
        except (OSError, UnicodeError) as error:
            raise NotDelivered(f"{host} is not known: {error}") from None
        if not found:
            raise NotDelivered(f"{host} is not known.")
        for address in found:
            if not self.private and not _public(address):
                raise NotDelivered(f"{host} is the address {address} of a private network, which is not allowed (setting private_hooks).")
        return found[0]


def _resolved(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _public(address: str) -> bool:
    found: Any = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if inner is not None and not inner.is_global:
        return False
    return bool(found.is_global and not found.is_multicast)
