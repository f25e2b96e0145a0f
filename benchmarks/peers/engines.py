"""The engines compared: what each is called, where it comes from, and which function here speaks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from benchmarks.peers.answer import Answer
from benchmarks.peers.day import Day

Solve = Callable[[Day, float, int], Answer]
"""Solves a day within so many seconds, with a seed where the engine takes one."""

INSTALL = "pip install 'field-dispatch[peers]'"


class NoSuchPeerError(Exception):
    """A peer was asked for that is none of these."""


@dataclass(frozen=True)
class Engine:
    """An engine.

    Parameters
    ----------
    package, library
        The distribution it comes in, and the module that is imported.
    module, function
        What speaks to it, in this package.
    """

    name: str
    title: str
    package: str
    library: str
    module: str
    function: str = "solve"

    @property
    def installed(self) -> bool:
        """Whether its library is there."""
        return find_spec(self.library) is not None

    def load(self) -> Solve:
        """Return the function that speaks to it, importing its library."""
        solve: Solve = getattr(import_module(f"benchmarks.peers.{self.module}"), self.function)
        return solve


OURS = Engine("ours", "field-dispatch", "field-dispatch", "dispatch", "ours")
PEERS = (
    Engine("or-tools-gls", "OR-Tools, guided local search", "ortools", "ortools", "or_tools", "guided"),
    Engine("or-tools-ils", "OR-Tools, iterated local search + SISR", "ortools", "ortools", "or_tools", "iterated"),
    Engine("vroom", "VROOM", "pyvroom", "vroom", "vroom"),
    Engine("pyvrp", "PyVRP", "pyvrp", "pyvrp", "pyvrp"),
    Engine("vrp-cli", "vrp-cli", "vrp-cli", "vrp_cli", "vrp_cli"),
    Engine("nextroute", "nextroute", "nextroute", "nextroute", "nextroute"),
)
ENGINES = {engine.name: engine for engine in (OURS, *PEERS)}
PACKAGES = (*dict.fromkeys(engine.package for engine in ENGINES.values()), "numba", "numpy")


def chosen(names: str) -> tuple[list[Engine], list[str]]:
    """Return the peers named (all for none) that are installed, and a line for each that is not.

    Raises
    ------
    NoSuchPeerError
        A name is not one of the peers'.
    """
    known = {peer.name: peer for peer in PEERS}
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(known)
    strangers = [name for name in wanted if name not in known]
    if strangers:
        raise NoSuchPeerError(f"No peer {', '.join(strangers)}. Name some of {', '.join(known)}.")
    return [known[name] for name in wanted if known[name].installed], missing(known[name] for name in wanted)


def missing(engines: Iterable[Engine]) -> list[str]:
    """Return a line for each engine that is not installed, with what to do about it."""
    return [f"{engine.name}: not installed: {INSTALL}" for engine in engines if not engine.installed]
