"""How each means of travel moves: which roads it may take, how fast, and what its tags are called.

Speeds by road class, surface and track, the share of a speed limit that is driven, and the seconds at traffic signals follow the
car profile of the Open Source Routing Machine (https://github.com/Project-OSRM/osrm-backend, BSD 2-clause).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dispatch.model import Profile

DRIVEN = MappingProxyType(
    {
        "motorway": 90, "motorway_link": 45, "trunk": 85, "trunk_link": 40, "primary": 65, "primary_link": 30, "secondary": 55,
        "secondary_link": 25, "tertiary": 40, "tertiary_link": 20, "unclassified": 25, "residential": 25, "living_street": 10,
        "service": 15, "road": 25, "busway": 0, "track": 0,
    }
)  # fmt: skip
"""Kilometres per hour where no limit is tagged; 0: only where the vehicle is expressly allowed, and then `BY_LEAVE`."""

BY_LEAVE = 10.0

WALKED = MappingProxyType(
    dict.fromkeys(
        (
            "primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential",
            "living_street", "service", "road", "track", "path", "footway", "pedestrian", "platform", "corridor", "bridleway",
        ),
        5.0,
    )
    | {"steps": 2.5, "trunk": 0.0, "trunk_link": 0.0, "cycleway": 0.0, "busway": 0.0}
)  # fmt: skip

SURFACES = MappingProxyType(
    {
        "cement": 80, "compacted": 80, "fine_gravel": 80, "paving_stones": 60, "metal": 60, "bricks": 60, "grass": 40, "wood": 40,
        "sett": 40, "grass_paver": 40, "gravel": 40, "unpaved": 40, "ground": 40, "dirt": 40, "pebblestone": 40, "tartan": 40,
        "cobblestone": 30, "unhewn_cobblestone": 30, "clay": 30, "earth": 20, "stone": 20, "rocky": 20, "sand": 20, "mud": 10,
    }
)  # fmt: skip
TRACKS = MappingProxyType({"grade1": 60, "grade2": 40, "grade3": 30, "grade4": 25, "grade5": 20})
SMOOTHNESS = MappingProxyType({"intermediate": 80, "bad": 40, "very_bad": 20, "horrible": 10, "very_horrible": 5})
SERVICE_WAYS = MappingProxyType(dict.fromkeys(("alley", "parking", "parking_aisle", "driveway", "drive-through"), 10))

URBAN = MappingProxyType({"trunk": 65, "primary": 50, "secondary": 45, "tertiary": 35})
"""Kilometres per hour at most in a built-up area where no limit is tagged."""

LIMITS = MappingProxyType({"urban": 50, "rural": 90, "trunk": 110, "motorway": 130, "living_street": 10, "bicycle_road": 30, "walk": 6})
"""Speed limits that tags name by zone, such as `BR:urban`, where the country is not among `NATIONAL`."""

NATIONAL = MappingProxyType(
    {
        "AT:rural": 100, "AT:trunk": 100, "BE:motorway": 120, "BE-VLG:rural": 70, "BR:rural": 60, "BR:trunk": 90, "BR:motorway": 110,
        "CH:rural": 80, "CH:trunk": 100, "CH:motorway": 120, "DE:living_street": 7, "DE:rural": 100, "DE:motorway": 0,
        "DK:rural": 80, "FI:rural": 80, "FI:motorway": 120, "FR:rural": 80, "GB:nsl_single": 97, "GB:nsl_dual": 113,
        "GB:motorway": 113, "UK:nsl_single": 97, "UK:nsl_dual": 113, "UK:motorway": 113, "NL:rural": 80, "NL:trunk": 100,
        "NL:motorway": 100, "NO:rural": 80, "NO:motorway": 110, "PL:rural": 90, "PL:trunk": 100, "PL:motorway": 140,
        "SE:rural": 70, "US:urban": 40, "US:rural": 89, "US:motorway": 113, "ZA:urban": 60, "ZA:rural": 100,
    }
)  # fmt: skip
"""Speed limits by zone that differ from `LIMITS`; 0 where there is none."""

UNLIMITED = 140.0
DRIVEN_SHARE = 0.8
"""What is driven of a limit: bends, junctions and other traffic take the rest."""


@dataclass(frozen=True)
class Mode:
    """A means of travel.

    Parameters
    ----------
    name
        What files and commands call it.
    access
        Keys of access tags that concern it, the most particular first.
    speeds
        Kilometres per hour by road class; a class that is not named is not used.
    most
        Kilometres per hour it never exceeds.
    walks
        Whether one-ways, speed limits, signals, restrictions of turns and barriers for vehicles do not concern it.
    size
        Metres or tonnes by tag, such as `maxheight`: a road that allows less is closed to it.
    """

    name: Profile
    access: tuple[str, ...]
    speeds: Mapping[str, float]
    most: float
    walks: bool = False
    size: Mapping[str, float] = field(default_factory=dict)


_BY = MappingProxyType(
    {
        "car": Mode("car", ("motorcar", "motor_vehicle", "vehicle", "access"), DRIVEN, 140.0),
        "van": Mode(
            "van",
            ("goods", "motorcar", "motor_vehicle", "vehicle", "access"),
            DRIVEN,
            100.0,
            size={"maxheight": 2.7, "maxwidth": 2.1, "maxweight": 3.5},
        ),
        "motorcycle": Mode("motorcycle", ("motorcycle", "motor_vehicle", "vehicle", "access"), DRIVEN, 120.0),
        "walk": Mode("walk", ("foot", "access"), WALKED, 5.0, walks=True),
    }
)


def mode(profile: Profile) -> Mode:
    """Return how a profile moves."""
    return _BY[profile]
