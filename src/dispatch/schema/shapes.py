"""Check a JSON tree against its classes: every fault in our own words, and what is left once the faulty parts are cut out.

Cutting lets the faults between fields be reported in the same reading as the faults of single fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dispatch.errors import Fault
from dispatch.model import KINDS, ON_FAILURE, POLICIES, PROFILES, RULES, STATUSES, WEEKDAYS
from dispatch.schema.codes import REMEDIES, fault
from dispatch.schema.documents import SOURCES, TAGS, Document
from dispatch.schema.text import child
from dispatch.schema.values import shown

D = TypeVar("D", bound=Document)
Path = tuple[str | int, ...]

_WRONG_TYPES = {
    "string_type": "not a text in quotes",
    "int_type": "not a whole number",
    "int_from_float": "not a whole number",
    "float_type": "not a number",
    "bool_type": "neither true nor false",
    "list_type": "not a list",
    "dict_type": "not an object",
    "model_type": "not an object",
}
_CHOICES: dict[str, tuple[str, Sequence[str]]] = {
    "kind": ("UNKNOWN_CHOICE", KINDS),
    "status": ("UNKNOWN_CHOICE", STATUSES),
    "policy": ("UNKNOWN_POLICY", POLICIES),
    "base": ("UNKNOWN_POLICY", POLICIES),
    "source": ("UNKNOWN_SOURCE", tuple(SOURCES)),
    "profile": ("UNKNOWN_CHOICE", PROFILES),
    "on_failure": ("UNKNOWN_CHOICE", ON_FAILURE),
    "days": ("UNKNOWN_CHOICE", WEEKDAYS),
}

_STAND_INS = {"engineers": "[]", "tickets": "[]", "routes": "[]", "stops": "[]", "place": "{}", "service": '"PT1H"'}
"""Required fields that can be made up, so that the rest of the object is still looked at; as JSON."""
_STAND_INS_AT_TOP = {**_STAND_INS, "start": '"2026-01-01"'}
"""The same for the document itself: the first day of a world."""


@dataclass
class Shape(Generic[D]):
    """What was found: the document without its faulty parts (None where too little is left), and the faults."""

    document: D | None
    faults: list[Fault]
    kept: dict[int, list[int]] = field(default_factory=dict)
    tree: Any = None

    def original(self, pointer: str) -> tuple[str, Any]:
        """Return where a value of the document stood before faulty list items were cut out, and the value as given."""
        found, node = "", self.tree
        for token in pointer.split("/")[1:]:
            if isinstance(node, list):
                index = int(token)
                found += f"/{self.kept[id(node)][index] if id(node) in self.kept else index}"
                node = node[index]
            else:
                found += f"/{token}"
                node = node.get(token.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
        return found, node


def check(document: type[D], tree: dict[str, Any]) -> Shape[D]:
    """Return the tree as a document, with all faults of single fields; `tree` loses its faulty parts."""
    shape: Shape[D] = Shape(None, [], tree=tree)
    # What is cut out may itself be required: then the object around it goes too, at most once per level.
    for attempt in range(8):
        try:
            shape.document = document.model_validate(tree)
            break
        except ValidationError as error:
            details = error.errors(include_url=False)
        if attempt == 0:
            found = (_fault(document, d) for d in details)
            shape.faults = list({(f.pointer, f.code): f for f in found}.values())
        if not _cut(shape, tree, [_path(d) for d in details]):
            break
    return shape


def _path(detail: ErrorDetails) -> Path:
    """Return where the error is in the tree, without the names of union members."""
    *above, last = detail["loc"] or ("",)
    path = [token for token in above if token not in TAGS]
    if detail["type"] == "extra_forbidden" or (last not in TAGS and last != "[key]"):
        path.append(last)
    if path[:1] == ["kpis"]:
        return tuple(path[:2])
    return (*path, "source") if detail["type"].startswith("union_tag") else tuple(path)


def _pointer(path: Path) -> str:
    pointer = ""
    for token in path:
        pointer = child(pointer, token)
    return pointer


def _fault(document: type[Document], detail: ErrorDetails) -> Fault:
    """Return an error of pydantic's as a fault in our words."""
    path, kind, value = _path(detail), detail["type"], detail["input"]
    pointer = _pointer(path)
    if kind == "missing":
        return fault("MISSING_FIELD", pointer, f"`{path[-1]}` is missing.")
    if kind == "extra_forbidden":
        return _unknown_field(document, path, value)
    if kind.startswith("union_tag"):
        value = value["source"]
    code, why, action = _cause(kind, path, value, detail.get("ctx", {}))
    return fault(code, pointer, f"{_subject(path)} is {shown(value)}, {why}.", action)


def _subject(path: Path) -> str:
    """Return the value in words: its name, and for an item of a list its number."""
    names = [token for token in path if isinstance(token, str)]
    if path and isinstance(path[-1], int):
        return f"Item {path[-1]} of `{names[-1]}`" if names else "The item"
    return f"`{path[-1]}`" if path else "The document"


def _cause(kind: str, path: Path, value: Any, context: dict[str, Any]) -> tuple[str, str, str | None]:
    """Return code, reason, and an action where there is a better one than the code's."""
    if kind in REMEDIES:
        return kind, str(context["why"]), None
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "NOT_FINITE", "not a finite number", None
    if kind in _WRONG_TYPES:
        return "WRONG_TYPE", _WRONG_TYPES[kind], f"Give {_WRONG_TYPES[kind].replace('not ', '').replace('neither true nor', 'true or')}."
    if kind == "string_too_short":
        return "EMPTY_TEXT", "an empty text", None
    if kind == "string_pattern_mismatch":  # of all texts only this one has a pattern
        return "INVALID_URL", "not the address of a server", None
    if kind == "literal_error" or kind.startswith("union_tag"):
        return _wrong_choice(path, value, context)
    if kind == "greater_than" and context["gt"] == 0:
        return "NOT_POSITIVE", "not above zero", None
    if kind == "greater_than_equal" and context["ge"] == 0:
        return "NEGATIVE", "less than zero", None
    if kind == "greater_than_equal":
        return "OUT_OF_RANGE", f"less than {context['ge']:g}", f"Give {context['ge']:g} or more."
    if kind == "less_than_equal":
        return "OUT_OF_RANGE", f"more than {context['le']:,g}", f"Give {context['le']:,g} or less."
    return "WRONG_TYPE", "not what belongs here", None


def _wrong_choice(path: Path, value: Any, context: dict[str, Any]) -> tuple[str, str, str]:
    name = next(token for token in reversed(path) if isinstance(token, str))
    code, known = ("UNKNOWN_RULE", RULES) if "by_rule" in path else _CHOICES.get(name, ("UNKNOWN_CHOICE", ()))
    known = known or re.findall(r"'([^']*)'", str(context.get("expected", "")))
    words = {"UNKNOWN_POLICY": "not a shipped policy", "UNKNOWN_SOURCE": "not a travel source", "UNKNOWN_RULE": "not a cost rule"}
    return (
        code,
        words.get(code, "not a day of the week" if name == "days" else f"not a {name} of the format"),
        _instead(name if code == "UNKNOWN_RULE" else str(value), tuple(known)),
    )


@lru_cache(maxsize=256)
def _instead(name: str, known: tuple[str, ...]) -> str:
    """Return the action for a wrong name: the likely one, or all there are."""
    close = get_close_matches(name[:60], known, n=1, cutoff=0.7)
    return f"Did you mean `{close[0]}`?" if close else f"Use one of {', '.join(known)}."


def _unknown_field(document: type[Document], path: Path, value: Any) -> Fault:
    name, known = str(path[-1]), _fields_at(document, path[:-1])
    if path[:-1] == ("policy", "weights"):
        return fault("UNKNOWN_RULE", _pointer(path), f"{shown(name)} with value {shown(value)} is not a cost rule.", _instead(name, known))
    message = f"{shown(name)} with value {shown(value)} is not a field here."
    return fault("UNKNOWN_FIELD", _pointer(path), message, _instead(name, known))


def _fields_at(document: type[Document], path: Path) -> tuple[str, ...]:
    """Return the names of the fields that the object at a path may have."""
    here: list[type[BaseModel]] = [document]
    for token in path:
        if isinstance(token, str):
            fields = [f for cls in here for n, f in cls.model_fields.items() if token == (f.alias or n)]
            here = [cls for f in fields for cls in _classes(f.annotation)] or here
    return tuple(dict.fromkeys(f.alias or n for cls in here for n, f in cls.model_fields.items()))


def _classes(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _classes(part)


def _cut(shape: Shape[Any], tree: dict[str, Any], paths: list[Path]) -> bool:
    """Take the values at the paths, or what cannot be without them, out of the tree; False where nothing can be taken."""
    lists: dict[int, tuple[list[Any], set[int]]] = {}
    members: list[tuple[dict[str, Any], str]] = []
    for path in paths:
        nodes: list[Any] = [tree]
        for token in path:
            node = nodes[-1]
            present = token in node if isinstance(node, dict) else isinstance(node, list) and int(token) < len(node)
            if not present:
                break
            nodes.append(node[token])
        depth = len(nodes) - 1
        stand_in = _STAND_INS_AT_TOP.get(str(path[0])) if len(path) == 1 else _STAND_INS.get(str(path[-1]))
        if depth == len(path) - 1 and stand_in is not None:
            nodes[-1][path[-1]] = json.loads(stand_in)
        elif depth == 0:
            return False
        else:
            around, token = nodes[depth - 1], path[depth - 1]
            if isinstance(around, list):
                lists.setdefault(id(around), (around, set()))[1].add(int(token))
            else:
                members.append((around, str(token)))
    for around, key in members:
        around.pop(key, None)
    for around, gone in lists.values():
        before = shape.kept.get(id(around), range(len(around)))
        shape.kept[id(around)] = [n for i, n in enumerate(before) if i not in gone]
        around[:] = [item for i, item in enumerate(around) if i not in gone]
    return True
