"""What all routes work with, and how they get it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from dispatch.api.gate import Caller
from dispatch.api.problems import Refusal
from dispatch.api.settings import Settings
from dispatch.planning import Ground
from dispatch.store import Store
from dispatch.store.tokens import Role

if TYPE_CHECKING:
    from dispatch.api.desk import Desk
    from dispatch.api.hooks import Outgoing
    from dispatch.api.jobs import Runner
    from dispatch.api.operating import Metrics

__all__ = ["Admin", "Caller", "Dispatcher", "Here", "Integration", "Service", "Viewer"]

_ALLOWED: dict[Role, frozenset[Role]] = {
    "viewer": frozenset({"viewer", "integration", "dispatcher", "admin"}),
    "integration": frozenset({"integration", "dispatcher", "admin"}),
    "dispatcher": frozenset({"dispatcher", "admin"}),
    "admin": frozenset({"admin"}),
}
"""The roles that may do what asks for a role."""


@dataclass
class Service:
    """One running service.

    Parameters
    ----------
    clock
        Unix seconds.
    warm
        Set once the search is compiled or loaded: nothing that searches or explains is asked before.
    ending
        Set when the service shuts down.
    grounds
        Of the problems last sent to be judged, by the SHA-256 of what was sent.
    desk
        The live days.
    outgoing
        Tells webhooks of changes.
    """

    settings: Settings
    store: Store
    clock: Callable[[], float]
    metrics: Metrics
    runner: Runner
    warm: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)
    grounds: dict[bytes, Ground] = field(default_factory=dict)
    desk: Desk = field(init=False)
    outgoing: Outgoing = field(init=False)

    def until_warm(self) -> None:
        """Wait in a thread of its own until the search can be used; the first start on a machine compiles it.

        Raises
        ------
        Refusal
            It took too long.
        """
        if not self.warm.wait(120):
            raise Refusal("NOT_READY", "The search is being compiled. Try again in a moment.", headers={"Retry-After": "5"})


async def _here(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Here = Annotated[Service, Depends(_here)]
"""Parameter of a route: the service."""


def _needs(role: Role) -> object:
    async def caller(request: Request) -> Caller:
        who: Caller = request.scope["caller"]
        if who.role not in _ALLOWED[role]:
            raise Refusal("FORBIDDEN", f"This needs the role {role}, and the token {who.name!r} has the role {who.role}.")
        return who

    return Depends(caller)


Viewer = Annotated[Caller, _needs("viewer")]
"""Parameter of a route: the caller, who may be anybody with a token."""
Integration = Annotated[Caller, _needs("integration")]
"""Parameter of a route: the caller, who may send tickets and events."""
Dispatcher = Annotated[Caller, _needs("dispatcher")]
"""Parameter of a route: the caller, who may plan and change plans."""
Admin = Annotated[Caller, _needs("admin")]
"""Parameter of a route: the caller, who may change the service itself."""
