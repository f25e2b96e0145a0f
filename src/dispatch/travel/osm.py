"""Reading an OpenStreetMap extract: the ways, turn restrictions, nodes and places that travel is about, still in its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatch.errors import TravelError

if TYPE_CHECKING:
    import osmium

__all__ = ["SUFFIXES", "BuiltUp", "Extract", "Restriction", "Way", "check_name", "missing", "read"]

Position = tuple[float, float]
Tell = Callable[[str], None]

SUFFIXES = (".osm.pbf", ".pbf", ".osm.gz", ".osm.bz2", ".osm")
_WAYS = ("highway", "route")
BUILT_UP = {"city": 5000.0, "town": 2500.0, "suburb": 1500.0, "village": 800.0, "hamlet": 300.0}
"""Metres around the node of a place that count as built-up."""


@dataclass(frozen=True)
class Way:
    """A way with its nodes in order; the extract may lack some of them."""

    id: int
    nodes: tuple[int, ...]
    tags: dict[str, str]


@dataclass(frozen=True)
class Restriction:
    """A restriction of turns: `no` turn from one way over others, or a node, to another; or `only` that one."""

    only: bool
    from_way: int
    via_node: int | None
    via_ways: tuple[int, ...]
    to_way: int
    excepted: frozenset[str]


@dataclass(frozen=True)
class BuiltUp:
    """A built-up area: degrees, and metres around them."""

    lat: float
    lon: float
    metres: float


@dataclass(frozen=True, eq=False)
class Extract:
    """What an extract says about travel.

    Parameters
    ----------
    nodes
        Degrees of every node of the ways, as far as the extract has them.
    node_tags
        Tags of those nodes that say something about travel.
    unread
        Restrictions of turns that could not be read, such as those that lack a member.
    """

    ways: list[Way]
    restrictions: list[Restriction]
    nodes: dict[int, Position]
    node_tags: dict[int, dict[str, str]]
    places: list[BuiltUp]
    unread: int


def read(path: Path, tell: Tell = lambda _: None) -> Extract:
    """Read an extract.

    Parameters
    ----------
    path
        A file of OpenStreetMap data: `.osm.pbf`, `.osm.gz`, `.osm.bz2` or `.osm`.
    tell
        Told in words what has been read.

    Raises
    ------
    TravelError
        There is no such file, it is damaged or of another format, or it has no roads.
    """
    check_name(path)
    try:
        return _read(path, tell)
    except (RuntimeError, OSError, ValueError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise TravelError(f"The map {path.name!r} cannot be read: {why}. It is damaged or of another format: get it anew.") from error


def check_name(path: Path) -> None:
    """See that a file is there and has the name of an extract.

    Raises
    ------
    TravelError
        It is not, or has not.
    """
    if not path.is_file():
        raise missing(path)
    if not path.name.endswith(SUFFIXES):
        raise TravelError(f"{path.name!r} is no OpenStreetMap extract by its name. Name a file that ends in {', '.join(SUFFIXES)}.")


def missing(path: Path) -> TravelError:
    """Return the error that there is no such map."""
    return TravelError(f"There is no map {str(path)!r}. Name an OpenStreetMap extract ({', '.join(SUFFIXES)}).")


def _read(path: Path, tell: Tell) -> Extract:
    from osmium.osm import NODE, RELATION, WAY

    ways: list[Way] = []
    wanted: set[int] = set()
    for way in _objects(path, WAY, _WAYS):
        tags = dict(way.tags)
        if "highway" in tags or tags.get("route") in ("ferry", "shuttle_train"):
            ways.append(Way(way.id, tuple(node.ref for node in way.nodes), tags))
            wanted.update(ways[-1].nodes)
    if not ways:
        raise TravelError(f"The map {path.name!r} has no roads in it. Get an extract with all ways and nodes.")
    tell(f"{len(ways):,} ways read")
    restrictions, unread = _restrictions(path, RELATION)
    nodes = _positions(path, NODE, wanted)
    tell(f"{len(nodes):,} nodes read")
    node_tags: dict[int, dict[str, str]] = {}
    places: list[BuiltUp] = []
    for node in _objects(path, NODE, ("barrier", "highway", "place")):
        tags = dict(node.tags)
        if node.id in wanted and ("barrier" in tags or "traffic_signals" in tags.get("highway", "")):
            node_tags[node.id] = tags
        if tags.get("place") in BUILT_UP:
            places.append(BuiltUp(node.lat, node.lon, BUILT_UP[tags["place"]]))
    return Extract(ways, restrictions, nodes, node_tags, places, unread)


def _objects(path: Path, kind: osmium.osm.osm_entity_bits, keys: tuple[str, ...]) -> Iterator[Any]:
    import osmium

    yield from osmium.FileProcessor(path, kind).with_filter(osmium.filter.KeyFilter(*keys))


def _positions(path: Path, kind: osmium.osm.osm_entity_bits, wanted: set[int]) -> dict[int, Position]:
    import osmium

    found: Iterable[Any] = osmium.FileProcessor(path, kind).with_filter(osmium.filter.IdFilter(wanted))
    return {node.id: (node.lat, node.lon) for node in found if node.location.valid()}


def _restrictions(path: Path, kind: osmium.osm.osm_entity_bits) -> tuple[list[Restriction], int]:
    """Return the restrictions of turns, and how many could not be read."""
    found: list[Restriction] = []
    unread = 0
    for relation in _objects(path, kind, ("restriction", "restriction:motorcar")):
        tags: dict[str, str] = dict(relation.tags)
        if tags.get("type") != "restriction":
            continue
        said = tags.get("restriction:motorcar", tags.get("restriction", ""))
        members: dict[str, list[tuple[str, int]]] = {}
        for member in relation.members:
            members.setdefault(member.role, []).append((member.type, member.ref))
        made = _restriction(said, members, frozenset(tags.get("except", "").split(";")) - {""})
        found += made
        unread += not made
    return found, unread


def _restriction(said: str, members: dict[str, list[tuple[str, int]]], excepted: frozenset[str]) -> list[Restriction]:
    """Return what a relation restricts: for `no_entry` and `no_exit`, every pair of ways that it names."""
    if not said.startswith(("no_", "only_")):
        return []
    via = members.get("via", [])
    nodes, over = [ref for kind, ref in via if kind == "n"], tuple(ref for kind, ref in via if kind == "w")
    if len(nodes) + bool(over) != 1:
        return []
    ways = {role: [ref for kind, ref in members.get(role, []) if kind == "w"] for role in ("from", "to")}
    only = said.startswith("only_")
    return [Restriction(only, a, nodes[0] if nodes else None, over, b, excepted) for a in ways["from"] for b in ways["to"]]
