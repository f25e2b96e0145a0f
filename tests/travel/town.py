"""The made-up town of tests/data/town.osm, and maps of a few lines written for one test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dispatch.model import Profile
from dispatch.travel import graph, network, osm
from dispatch.travel.network import Roads
from dispatch.travel.profiles import mode
from dispatch.travel.road import RoadMap

TOWN = Path(__file__).resolve().parent.parent / "data" / "town.osm"
BLOCK = 0.0045
"""Degrees of a block: 500.4 m."""


def at(x: float, y: float) -> tuple[float, float]:
    """Return degrees of a corner of the town, counted in blocks east and north of D."""
    return 0.01 + BLOCK * y, 10 + BLOCK * x


PLACES = {
    "High Street": at(0.5, 2), "High Street east": at(1.5, 2), "Mill Lane": at(0.5, 0), "North Street": at(1, 2.5),
    "Park Street": at(0.5, 3), "Foot Lane": at(1, -0.5), "Island Road": at(5, 2.5),
}  # fmt: skip
"""Places in the middle of streets."""


def roads(path: Path, profile: Profile = "car") -> Roads:
    """Return the roads of an extract, built anew."""
    return network.flatten(graph.build(osm.read(path), mode(profile)))


def road_map(path: Path, profile: Profile = "car") -> RoadMap:
    """Return the map of an extract, built anew."""
    return RoadMap(path.name, profile, roads(path, profile))


def written(
    folder: Path,
    nodes: Mapping[int, tuple[float, float]],
    ways: Sequence[tuple[Sequence[int], Mapping[str, str]]],
    restrictions: Sequence[tuple[str, int, int | Sequence[int], int]] = (),
    tagged: Mapping[int, Mapping[str, str]] | None = None,
) -> Path:
    """Write an extract and return its file.

    Parameters
    ----------
    nodes
        Corners in blocks, by id.
    ways
        Nodes and tags; ids count from 1.
    restrictions
        What, from way, via node or ways, to way.
    """

    def tags(of: Mapping[str, str]) -> str:
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in of.items())

    lines = ['<osm version="0.6">']
    for i, corner in nodes.items():
        lat, lon = at(*corner)
        lines.append(f'<node id="{i}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{tags((tagged or {}).get(i, {}))}</node>')
    for i, (refs, of) in enumerate(ways, 1):
        lines.append(f'<way id="{i}" version="1">{"".join(f"<nd ref={chr(34)}{n}{chr(34)}/>" for n in refs)}{tags(of)}</way>')
    for i, (what, first, via, last) in enumerate(restrictions, 1):
        over = [("node", via)] if isinstance(via, int) else [("way", w) for w in via]
        members = [("way", first, "from"), *((kind, ref, "via") for kind, ref in over), ("way", last, "to")]
        told = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
        lines.append(f'<relation id="{i}" version="1">{told}{tags({"type": "restriction", "restriction": what})}</relation>')
    path = folder / "made.osm"
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path
