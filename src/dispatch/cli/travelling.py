"""What a command travels by: the store of travel times, keys of servers, where extracts are, and telling how far it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic

from dispatch.cli.edge import note
from dispatch.cli.files import STDIN, cache_folder
from dispatch.model import Problem, RoadTravel, ServerTravel, Travel

KEYS = "DISPATCH_TRAVEL_KEYS"
"""Environment variable with the keys of servers: HOST=KEY, several with spaces between them."""
FIRST, EVERY = 1.0, 5.0
"""Seconds until the first line that tells how far it is, and between two of them."""


def set_out(problem: Problem, source: str, *, cached: bool, quiet: bool, extract: Path | None = None) -> Problem:
    """Let a problem travel by what the user has, and return it.

    Parameters
    ----------
    source
        The file it was read from, or ``-``: extracts are named relative to it.
    cached
        Whether travel times of earlier plans are used, and those of this one kept.
    quiet
        Whether nothing is told meanwhile.
    extract
        The map along whose roads to travel, whatever the problem says; None leaves it to the problem.
    """
    from dispatch.travel.means import Means, read_keys, use

    folder = Path() if source == STDIN else Path(source).parent
    if extract is not None:
        problem = replace(problem, travel=_along(problem.travel, extract))
    use(
        Means(
            cache=cache_folder() if cached else None,
            locate=lambda name: extract if extract is not None and name == extract.name else folder / name,
            keys=read_keys(os.environ.get(KEYS, "")),
            on_progress=None if quiet else _lines(),
        )
    )
    if isinstance(problem.travel, ServerTravel):
        from stamina.instrumentation import set_on_retry_hooks

        set_on_retry_hooks([])  # by default they print on standard output; ours are logged where they happen
    return problem


def _along(before: Travel, extract: Path) -> RoadTravel:
    """Return travel along the roads of an extract, by the profile asked for before."""
    if isinstance(before, RoadTravel):
        return replace(before, extract=extract.name)
    return RoadTravel(extract.name, before.profile) if isinstance(before, ServerTravel) else RoadTravel(extract.name)


def _lines(clock: Callable[[], float] = monotonic) -> Callable[[str, int, int], None]:
    due = clock() + FIRST

    def say(what: str, done: int, of: int) -> None:
        nonlocal due
        if clock() >= due and done < of:
            due = clock() + EVERY
            note(f"{what}: {done:,} of {of:,}")

    return say
