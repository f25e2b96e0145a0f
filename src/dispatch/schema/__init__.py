"""The one JSON format: `dispatch/1` and `dispatch-plan/1` to the model and back.

Reading reports every fault at once; writing is canonical: equal problems become equal bytes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from dispatch.errors import Fault, InputError
from dispatch.model import Plan, Problem
from dispatch.schema import building, documents, plan_documents, shapes, text, writing
from dispatch.schema.codes import fault
from dispatch.schema.faults import between_fields, cost_faults
from dispatch.schema.ids import ids_of
from dispatch.schema.notices import warnings
from dispatch.schema.values import shown

__all__ = ["faults_of", "plan_schema", "problem_schema", "read_plan", "read_problem", "warnings", "write_plan", "write_problem"]


def read_problem(data: bytes | str, allow_addresses: bool = False) -> Problem:
    """Return the problem that JSON of the format `dispatch/1` states.

    Parameters
    ----------
    data
        UTF-8 bytes, with or without a byte order mark, or text.
    allow_addresses
        Whether places may have an address and no position, to be geocoded afterwards.

    Raises
    ------
    InputError
        With every fault that can be told at once.
    """
    with _collector_paused():
        tree, faults = opened(data, documents.FORMAT, "a problem")
        ids = ids_of(tree)
        shape = shapes.check(documents.Problem, tree)
        faults += shape.faults
        if shape.document is not None:
            between = between_fields(shape.document, ids, allow_addresses=allow_addresses)
            faults += independent(between, shape)
        if faults or shape.document is None:
            raise InputError(faults)
        return building.problem_of(shape.document)


def faults_of(problem: Problem) -> tuple[Fault, ...]:
    """Return the faults that reading a problem finds in what writing it gives: none, for a problem that was read."""
    try:
        read_problem(write_problem(problem))
    except InputError as error:
        return error.faults
    return ()


def write_problem(problem: Problem) -> bytes:
    """Return the canonical JSON of a problem in UTF-8: equal problems give equal bytes, and reading them gives the problem."""
    return writing.lines(writing.problem_document(problem))


def read_plan(data: bytes | str) -> Plan:
    """Return the plan that JSON of the format `dispatch-plan/1` states; a hand-made one needs only routes with tickets in order.

    Raises
    ------
    InputError
        With every fault that can be told at once.
    """
    tree, faults = opened(data, plan_documents.PLAN_FORMAT, "a plan")
    shape = shapes.check(plan_documents.Plan, tree)
    faults += shape.faults
    if shape.document is not None:
        faults += independent(cost_faults(shape.document), shape)
    if faults or shape.document is None:
        raise InputError(faults)
    return building.plan_of(shape.document)


def write_plan(plan: Plan, time_zone: str = "UTC") -> bytes:
    """Return the JSON of a plan in UTF-8, its times with the offset of an IANA time zone."""
    return writing.lines(writing.plan_document(plan, ZoneInfo(time_zone)))


def problem_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `dispatch/1`."""
    return _schema(documents.Problem)


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `dispatch-plan/1`."""
    return _schema(plan_documents.Plan)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector off: reading 10,000 tickets makes a million objects, and looking for garbage takes half the time."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


class _Untitled(GenerateJsonSchema):
    """Without a title per field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def _schema(document: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": GenerateJsonSchema.schema_dialect} | document.model_json_schema(schema_generator=_Untitled)


def opened(data: bytes | str, name: str, what: str) -> tuple[dict[str, Any], list[Fault]]:
    """Return the JSON object and the faults so far; refuse a document of another format without looking further."""
    tree, faults = text.load(data)
    if "format" not in tree:
        faults.append(fault("MISSING_FIELD", "/format", "`format` is missing.", f'Add "format": "{name}".'))
        tree["format"] = name
    elif tree["format"] != name:
        message = f"`format` is {shown(tree['format'])}, and {what} is of format {shown(name)}."
        raise InputError([*faults, fault("WRONG_FORMAT", "/format", message)])
    return tree, faults


_RESTS_ON = {
    "HISTORY_IN_FUTURE": ("/now",),
    "PIN_OUTSIDE_SHIFT": ("/engineers",),
    "PIN_CONTRADICTS_ENGINEERS": ("/customers",),
    "PLACE_WITHOUT_POSITION": ("/travel",),
    "PLACE_WITHOUT_INDEX": ("/travel",),
    "INDEX_OUT_OF_RANGE": ("/travel",),
    "MATRIX_SHAPES_DIFFER": ("/travel",),
    "MATRIX_NOT_SQUARE": ("/travel",),
    "COST_DOES_NOT_ADD_UP": ("/cost/by_rule",),
}
"""Faults between fields that may be due to a faulty field elsewhere, by the pointer of that field."""

_RESTS_ON_WHOLE = ("HISTORY_", "PIN_", "BREAK_OUTSIDE_", "MISSING_HOME")
"""Those that may be due to any faulty field of the same engineer or ticket."""


def independent(between: Iterable[Fault], shape: shapes.Shape[Any]) -> Iterator[Fault]:
    """Yield the faults between fields that are not a consequence of those of single fields, with their values."""
    single = {f.pointer for f in shape.faults}
    touched = {pointer[:i] for pointer in single for i, c in enumerate(pointer + "/") if c == "/"}
    for found in between:
        pointer, value = shape.original(found.pointer)
        above = {pointer[:i] for i, c in enumerate(pointer + "/") if c == "/" and i}
        item = "/".join(pointer.split("/")[:3])
        rests_on = set(_RESTS_ON.get(found.code, ()))
        if found.code.startswith(_RESTS_ON_WHOLE):
            rests_on.add(item)
        if pointer not in touched and not above & single and not rests_on & touched:
            yield _with_value(replace(found, pointer=pointer), value)


def _with_value(found: Fault, value: Any) -> Fault:
    if isinstance(value, (dict, list)) or value is None or shown(value) in found.message:
        return found
    name = next((token for token in reversed(found.pointer.split("/")) if not token.isdigit()), "")
    return replace(found, message=f"{found.message[:-1]} (`{name}` is {shown(value)}).")
