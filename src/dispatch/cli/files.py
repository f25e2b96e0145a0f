"""Bytes in from files and standard input, bytes out to files: whole or not at all."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dispatch.errors import Fault, InputError

if TYPE_CHECKING:
    from dispatch.planning import Planned

T = TypeVar("T")
U = TypeVar("U")

STDIN = "-"


# ------------------------------------------------------------------ reading


def read(source: str) -> bytes:
    """Return what is in a file, or on standard input for ``-``.

    Raises
    ------
    InputError
        There is no such file, or it cannot be read.
    """
    if source == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except FileNotFoundError:
        fault = Fault("", "MISSING_FILE", f"There is no file {source!r}.", "Correct the name, or give - to read standard input.")
    except IsADirectoryError:
        fault = Fault("", "UNREADABLE_FILE", f"{source!r} is a folder.", "Name a file in it.")
    except (OSError, ValueError) as error:
        fault = Fault("", "UNREADABLE_FILE", f"{source!r} cannot be read: {_why(error)}.", "Name a file that can be read.")
    raise InputError([fault])


def read_both(first: str, second: str, read_first: Callable[[bytes], T], read_second: Callable[[bytes], U]) -> tuple[T, U]:
    """Return what two readers make of two files.

    Raises
    ------
    InputError
        The faults of both files at once, each pointer preceded by the name of its file and ``#``.
    """
    if first == second == STDIN:
        raise InputError([Fault("", "UNREADABLE_FILE", "Standard input can be read only once.", "Name a file for one of them.")])
    faults: list[Fault] = []
    one, two = _try(first, read_first, faults), _try(second, read_second, faults)
    if one is None or two is None:
        raise InputError(faults)
    return one, two


def _try(source: str, reader: Callable[[bytes], T], faults: list[Fault]) -> T | None:
    try:
        return reader(read(source))
    except InputError as error:
        name = "standard input" if source == STDIN else source
        faults += [replace(f, pointer=f"{name}#{f.pointer}") for f in error.faults]
        return None


# ------------------------------------------------------------------ writing


def cache_folder() -> Path:
    """Return where this user keeps what can be had again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "field-dispatch"


def _why(error: OSError | ValueError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        message = f"{str(path)!r} cannot be written: {_why(error)}."
        raise InputError([Fault("", "UNWRITABLE_FILE", message, "Name a place that can be written.")]) from error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.new")


def check_writable(path: Path) -> None:
    """Make the folder of a file and see that a file can be made there: better before an hour of planning than after it.

    Raises
    ------
    InputError
        The file could not be written.
    """
    with _refusing(path):
        target = path.resolve()
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.is_file():
            _beside(target).touch()
            _beside(target).unlink()


def write(path: Path, data: bytes) -> None:
    """Write a file as a whole: whoever reads it sees the old one or the new one.

    Raises
    ------
    InputError
        It cannot be written.
    """
    with _refusing(path):
        target = path.resolve()
        if target.exists() and not target.is_file():  # a device or a pipe is written to, and never replaced
            target.write_bytes(data)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _beside(target).write_bytes(data)
            _beside(target).replace(target)
        finally:
            _beside(target).unlink(missing_ok=True)


# ------------------------------------------------------------------ outputs


@dataclass(frozen=True)
class Outputs:
    """Where a checked plan is to be written.

    Parameters
    ----------
    plan, report
        Files for the plan and the HTML report, or None.
    export
        Folder for GeoJSON, CSV and calendars, or None.
    """

    plan: Path | None = None
    report: Path | None = None
    export: Path | None = None


def check_outputs(outputs: Outputs) -> None:
    """See that all outputs can be written.

    Raises
    ------
    InputError
        One of them cannot.
    """
    for path in (outputs.plan, outputs.report, None if outputs.export is None else outputs.export / "plan.csv"):
        if path is not None:
            check_writable(path)


def write_outputs(outputs: Outputs, planned: Planned) -> list[Path]:
    """Write the outputs, and return their names; of the exports, the folder."""
    from dispatch import report, schema

    written: list[Path] = []
    if outputs.plan is not None:
        write(outputs.plan, schema.write_plan(planned.plan, planned.problem.time_zone))
        written.append(outputs.plan)
    if outputs.report is not None:
        write(outputs.report, report.html(planned.problem, planned.plan, planned.violations).encode())
        written.append(outputs.report)
    if outputs.export is not None:
        for name, data in exports(planned):
            write(outputs.export / name, data)
        written.append(outputs.export)
    return written


def exports(planned: Planned) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the export files: a calendar for every engineer, with work or without."""
    from dispatch import export

    problem, plan = planned.problem, planned.plan
    yield "plan.geojson", export.geojson(problem, plan, planned.matrix).encode()
    yield "plan.csv", export.csv(problem, plan).encode("utf-8-sig")
    for engineer, name in calendar_names([e.id for e in problem.engineers]).items():
        yield f"calendars/{name}", export.icalendar(problem, plan, engineer)


def calendar_names(engineers: list[str]) -> dict[str, str]:
    """Return a file name for the calendar of each engineer; ids that would share a name get a number."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for engineer in engineers:
        plain = re.sub(r"[^\w.-]+", "_", engineer).lstrip(".")[:60] or "_"
        name, number = f"{plain}.ics", 2
        while name.lower() in taken:  # some file systems do not tell A from a
            name, number = f"{plain}_{number}.ics", number + 1
        taken.add(name.lower())
        names[engineer] = name
    return names
