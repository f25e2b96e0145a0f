"""While the search runs: how far it is, and how to stop it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from dispatch.solver import DEFAULT_SECONDS, Options
from dispatch.solver import Progress as Moment
from dispatch.view import many, minutes

LINE_EVERY = 5.0
"""Seconds between two lines where standard error is not a terminal."""


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Yield an event that SIGINT (Ctrl-C) and SIGTERM set; a second signal interrupts at once."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():  # only the main thread is given signals
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def share(moment: Moment, options: Options) -> float:
    """Return how much of the time or the iterations allowed is spent, 0 to 1."""
    seconds = DEFAULT_SECONDS if options.seconds is None and options.iterations is None else options.seconds
    spent = [moment.seconds / seconds if seconds else 0.0, moment.iterations / options.iterations if options.iterations else 0.0]
    return min(1.0, max(spent))


def told(moment: Moment) -> str:
    """Return a moment of the search in words: seconds, cost, what is unassigned."""
    return f"{moment.seconds:.0f} s · {minutes(moment.cost)} of travel · {many(moment.unassigned, 'ticket')} unassigned"


@contextmanager
def watching(options: Options, name: str, quiet: bool) -> Iterator[Callable[[Moment], None] | None]:
    """Yield what to tell of each moment of the search: a bar on a terminal, else a line on standard error every few seconds.

    Parameters
    ----------
    name
        What to call the search, in a word or two.
    """
    if quiet:
        yield None
        return
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _lines(name)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(None), TextColumn("{task.fields[told]}", markup=False))
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task(name, total=1.0, told="")
        yield lambda moment: bar.update(task, completed=share(moment, options), told=told(moment))


def _lines(name: str, clock: Callable[[], float] = monotonic) -> Callable[[Moment], None]:
    last = clock()

    def say(moment: Moment) -> None:
        nonlocal last
        if clock() - last >= LINE_EVERY:
            last = clock()
            print(f"{name}: {told(moment)}", file=sys.stderr, flush=True)

    return say
