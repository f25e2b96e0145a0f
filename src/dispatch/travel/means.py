"""What travel times may be had with: where to keep them, how to ask for them. Set once, at the edge of a process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

__all__ = ["Means", "means", "read_keys", "use"]


@dataclass(frozen=True)
class Means:
    """What travel times may be had with.

    Parameters
    ----------
    cache
        Folder in which travel times are kept from one plan to the next; None keeps none.
    locate
        From the name of an extract, as a problem states it, to the file.
    keys
        Key of a server by its host name, such as ``api.openrouteservice.org``; sent to no other.
    transport
        What HTTP requests go through; None is the network.
    patience
        Most seconds that all requests for one problem may take together.
    clock
        Monotonic seconds.
    on_progress
        Told what is being done, how many steps are done, and of how many.
    """

    cache: Path | None = None
    locate: Callable[[str], Path] = Path
    keys: Mapping[str, str] = field(default_factory=dict)
    transport: httpx2.BaseTransport | None = None
    patience: float = 300.0
    clock: Callable[[], float] = time.monotonic
    on_progress: Callable[[str, int, int], None] | None = None


def read_keys(text: str) -> dict[str, str]:
    """Return the keys of servers by host, from ``HOST=KEY``, several with spaces between them; what is not of this form is passed over."""
    return dict(entry.split("=", 1) for entry in text.split() if "=" in entry)


_here = Means()


def use(wanted: Means) -> Means:
    """Let every problem of this process travel by these means; return the ones before."""
    global _here  # the one setting of a process, so that planning needs no argument for it
    before, _here = _here, wanted
    return before


def means() -> Means:
    """Return the means in use."""
    return _here
