"""The ids a problem names, read from the raw JSON so that a faulty engineer is not also an unknown one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ids:
    """Ids by sort; None where the list itself is faulty, so that nothing can be said."""

    engineers: dict[str, frozenset[str]] | None
    tickets: frozenset[str] | None
    customers: frozenset[str] | None
    regions: frozenset[str] | None

    def shifts(self, engineer: str) -> frozenset[str]:
        """Return the ids of the shifts of an engineer."""
        return (self.engineers or {}).get(engineer, frozenset())


def ids_of(tree: dict[str, Any]) -> Ids:
    """Return every id that stands where an id belongs."""
    engineers = _items(tree, "engineers", required=True)
    shifts: dict[str, frozenset[str]] = {}
    for name, engineer in _named(engineers or []):
        # Of two engineers with one id, the shifts of both: the id alone is at fault.
        shifts[name] = shifts.get(name, frozenset()).union(_ids(_items(engineer, "shifts") or []))
    return Ids(
        None if engineers is None else shifts,
        _set(_items(tree, "tickets", required=True)),
        _set(_items(tree, "customers")),
        _set(_items(tree, "regions")),
    )


def _items(tree: dict[str, Any], name: str, *, required: bool = False) -> list[Any] | None:
    items = tree.get(name, None if required else [])
    return items if isinstance(items, list) else None


def _named(items: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((item["id"], item) for item in items if isinstance(item, dict) and isinstance(item.get("id"), str))


def _ids(items: list[Any]) -> Iterator[str]:
    return (name for name, _ in _named(items))


def _set(items: list[Any] | None) -> frozenset[str] | None:
    return None if items is None else frozenset(_ids(items))
