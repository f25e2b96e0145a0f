"""How the search is compiled: once, cached on disk, and interpreted where `NUMBA_DISABLE_JIT` is set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types
from numba.extending import overload

F = TypeVar("F", bound=Callable[..., object])

_log = logging.getLogger(__name__)

# No reference counting: compiled functions here make no arrays, and counting took nine tenths of their time.
_njit: partial[Any] = partial(numba.njit, error_model="numpy", _nrt=False)


# What calls another function with the same arguments and can be inlined: that takes arguments with names.
_CALLS: dict[int, Callable[..., Any]] = {
    2: lambda f: lambda a, b: f(a, b),
    4: lambda f: lambda a, b, c, d: f(a, b, c, d),
    5: lambda f: lambda a, b, c, d, e: f(a, b, c, d, e),
    6: lambda f: lambda a, b, c, d, e, g: f(a, b, c, d, e, g),
    7: lambda f: lambda a, b, c, d, e, g, h: f(a, b, c, d, e, g, h),
}


def number(value: int) -> int:
    """Return a number that compiled functions pass on: a plain int would be a type of its own, and each function compiled once for each."""
    return cast("int", np.int64(value))


def compiled(function: F) -> F:
    """Compile `function` at its first call; the machine code is cached on disk and runs without the interpreter lock."""
    try:
        jitted: F = _njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the folder of the package nor that of the user can be written
        jitted = _njit(nogil=True)(function)
    return jitted


def inlined(function: F) -> F:
    """Compile `function` into each of its callers: a call passes every table by value, which costs more than what most functions do."""
    jitted: F = _njit(forceinline=True, nogil=True)(function)
    return jitted


def where_given(field: str, given: F, else_: F) -> F:
    """Return a function that calls `given` where a field of its first argument, a named tuple, is not None, and `else_` where it is.

    In compiled callers the type of the field settles it, so the one that is not called is not compiled either.
    """

    def chosen(first: Any, *rest: Any) -> Any:
        return (else_ if getattr(first, field) is None else given)(first, *rest)

    def typed(*types_of: Any) -> Callable[..., Any]:
        first = types_of[0]
        missing = isinstance(first.types[first.fields.index(field)], types.NoneType)
        call: Callable[..., Any] = _CALLS[len(types_of)](else_ if missing else given)
        return call

    overload(chosen, inline="always", strict=False)(typed)
    return cast("F", chosen)


def announce(function: Callable[..., object]) -> None:
    """Log that the search is about to be compiled, unless the machine code of `function` is on disk already."""
    if numba.config.DISABLE_JIT or function.signatures:  # type: ignore[attr-defined]
        return
    source = Path(function.py_func.__code__.co_filename)  # type: ignore[attr-defined]
    name = f"{source.stem}.{function.__name__}-*.nbi"
    cached = Path(function.stats.cache_path or ".").glob(name)  # type: ignore[attr-defined]
    if not any(index.stat().st_mtime >= source.stat().st_mtime for index in cached):
        _log.info("compiling the search, first run only")
