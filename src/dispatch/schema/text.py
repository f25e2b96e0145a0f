"""Bytes to a JSON tree and back: encoding, syntax, duplicate keys; one layout for everything written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dispatch.errors import Fault, InputError
from dispatch.schema.codes import REMEDIES, fault
from dispatch.schema.values import shown

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_MOST_DIGITS = 1000


def child(pointer: str, key: str | int) -> str:
    """Return the JSON Pointer of a member of an object or list."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _decoded(data: bytes | str) -> str:
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
        raise InputError([fault("WRONG_ENCODING", "", "The document looks like UTF-16 or UTF-32.")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"Byte 0x{data[error.start]:02x} at offset {error.start}, in line {line}, is not UTF-8."
        raise InputError([fault("WRONG_ENCODING", "", message)]) from None


def _integer(digits: str) -> int:
    # Python refuses to convert thousands of digits; the first thousand are out of every range as well.
    return int(digits[:_MOST_DIGITS])


def _walk(tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield every value with its pointer, parents first, without recursion."""
    waiting = [("", tree)]
    while waiting:
        pointer, value = waiting.pop()
        yield pointer, value
        if isinstance(value, dict):
            waiting.extend((child(pointer, k), v) for k, v in value.items())
        elif isinstance(value, list):
            waiting.extend((child(pointer, i), v) for i, v in enumerate(value))


class _Repeated:
    """Objects in which a key stands twice, with each such key and its first value; held, so that no id is used again."""

    def __init__(self) -> None:
        self.found: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}

    def object_of(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            first: dict[str, Any] = {}
            twice: dict[str, Any] = {}
            for key, value in pairs:
                if key in first:
                    twice[key] = first[key]
                else:
                    first[key] = value
            self.found[id(members)] = (members, twice)
        return members

    def faults(self, tree: Any) -> Iterator[Fault]:
        for pointer, value in _walk(tree):
            if isinstance(value, dict) and id(value) in self.found:
                for key, first in self.found[id(value)][1].items():
                    message = f"The key {shown(key)} stands twice in one object, first with {shown(first)}, last with {shown(value[key])}."
                    yield fault("DUPLICATE_KEY", child(pointer, key), message)


def _broken_texts(tree: Any) -> Iterator[Fault]:
    for pointer, value in _walk(tree):
        texts = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
        for text in texts:
            if isinstance(text, str) and _SURROGATE.search(text):
                place = (pointer if text is value else child(pointer, text)).encode("utf-8", "replace").decode()
                yield fault("BROKEN_TEXT", place, f"{json.dumps(text)[:80]} holds half of a surrogate pair, which is no character.")


def load(data: bytes | str) -> tuple[dict[str, Any], list[Fault]]:
    """Return the JSON object in `data`, and the duplicate keys in it (the last one counts).

    Raises
    ------
    InputError
        The data is not UTF-8, not JSON, or not an object: nothing more can be said about it.
    """
    text = _decoded(data)
    if not text.strip():
        raise InputError([fault("MALFORMED_JSON", "", "The document is empty.", REMEDIES["NOT_AN_OBJECT"])])
    repeated = _Repeated()
    try:
        try:
            tree = json.loads(text, object_pairs_hook=repeated.object_of)
        except ValueError as error:
            if isinstance(error, json.JSONDecodeError):
                raise
            repeated = _Repeated()
            tree = json.loads(text, object_pairs_hook=repeated.object_of, parse_int=_integer)
    except json.JSONDecodeError as error:
        why = error.msg.removesuffix(" at").removesuffix(" starting")
        found = shown(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end of the document"
        message = f"Line {error.lineno}, column {error.colno}: {found} cannot stand here ({why[:1].lower()}{why[1:]})."
        raise InputError([fault("MALFORMED_JSON", "", message)]) from None
    except RecursionError:
        raise InputError([fault("TOO_DEEP", "", "Lists and objects are nested too deeply to be read.")]) from None
    if not isinstance(tree, dict):
        raise InputError([fault("NOT_AN_OBJECT", "", f"The document is {shown(tree)}, not an object.")])
    # A lone surrogate can only come from an escape, or from a str that held one.
    if _SURROGATE_ESCAPE.search(text):
        broken = list(_broken_texts(tree))
        if broken:
            raise InputError(broken)
    return tree, list(repeated.faults(tree)) if repeated.found else []
