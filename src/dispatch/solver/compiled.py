"""How the search is compiled: once, cached on disk, and interpreted where `NUMBA_DISABLE_JIT` is set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile `function` at its first call; the machine code is cached on disk and runs without the interpreter lock."""
    jitted: F = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    return jitted


def inlined(function: F) -> F:
    """Compile `function` into each of its callers: tables passed by value cost more than what a short function does."""
    jitted: F = numba.njit(inline="always", error_model="numpy", _nrt=False)(function)
    return jitted
