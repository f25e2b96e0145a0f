"""How the search is compiled: once, cached on disk, and interpreted where `NUMBA_DISABLE_JIT` is set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])

_log = logging.getLogger(__name__)

# No reference counting: compiled functions here make no arrays, and counting took nine tenths of their time.
_njit: partial[Any] = partial(numba.njit, error_model="numpy", _nrt=False)


def compiled(function: F) -> F:
    """Compile `function` at its first call; the machine code is cached on disk and runs without the interpreter lock."""
    try:
        jitted: F = _njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the folder of the package nor that of the user can be written
        jitted = _njit(nogil=True)(function)
    return jitted


def inlined(function: F) -> F:
    """Compile `function` into each of its callers: tables passed by value cost more than what a short function does."""
    jitted: F = _njit(inline="always")(function)
    return jitted


def announce(function: Callable[..., object]) -> None:
    """Log that the search is about to be compiled, unless the machine code of `function` is on disk already."""
    if numba.config.DISABLE_JIT or function.signatures:  # type: ignore[attr-defined]
        return
    source = Path(function.py_func.__code__.co_filename)  # type: ignore[attr-defined]
    name = f"{source.stem}.{function.__name__}-*.nbi"
    cached = Path(function.stats.cache_path or ".").glob(name)  # type: ignore[attr-defined]
    if not any(index.stat().st_mtime >= source.stat().st_mtime for index in cached):
        _log.info("compiling the search, first run only")
