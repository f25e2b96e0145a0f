"""The error tree: who is at fault, and what to do about it.

::

    DispatchError
    ├── InputError       the problem or plan supplied is faulty   exit code 2
    ├── TravelError      travel times could not be had            exit code 2
    ├── StoreError       the database cannot be used              exit code 2
    └── InfeasibleError  mandatory work fits no plan              exit code 3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with the input.

    Parameters
    ----------
    pointer
        Where, as a JSON Pointer (RFC 6901); the empty string is the whole document.
    code
        A stable name, listed in ``docs/faults.md``.
    message
        What is wrong, with the offending value.
    action
        What to do about it.
    """

    pointer: str
    code: str
    message: str
    action: str


class DispatchError(Exception):
    """Anything this package refuses to do, said in a sentence a user can act on."""

    exit_code = 1


class InputError(DispatchError):
    """The problem or plan supplied is faulty.

    Parameters
    ----------
    faults
        Every fault found, not only the first.
    """

    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(f"{f.code} at {f.pointer or '/'}: {f.message} {f.action}" for f in self.faults))


class TravelError(DispatchError):
    """Travel times could not be had: a place without a position, a source that failed."""

    exit_code = 2


class StoreError(DispatchError):
    """The database cannot be used: it is away, locked, or none of ours."""

    exit_code = 2


class InfeasibleError(DispatchError):
    """No plan found serves all mandatory work."""

    exit_code = 3
