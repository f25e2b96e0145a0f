"""What the tags of a way mean for one means of travel: whether, in which directions and how fast it is used.

Tags are read as https://wiki.openstreetmap.org documents them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.travel import profiles
from dispatch.travel.profiles import Mode

__all__ = ["FERRY", "NOT_STOPPED_AT", "Drive", "blocks", "drive", "ferry_seconds", "limit", "signal_seconds"]

Tags = Mapping[str, str]

FERRY = "ferry"
"""The road class of ferries."""
NOT_STOPPED_AT = frozenset({FERRY, "motorway", "motorway_link"})
"""Road classes on which nobody gets out."""

_ALLOWED = {"yes", "permissive", "designated", "official", "public", "motorcar", "motor_vehicle", "vehicle", "hov"}
_TO_GET_THERE = {"private", "destination", "delivery", "customers", "permit", "residents"}
"""Who goes somewhere on such a road may take it, and who only passes through may not."""
_REFUSED = {"no", "agricultural", "forestry", "agricultural;forestry", "emergency", "psv", "military", "use_sidepath", "bus"}

_BARRIERS_THAT_LET_THROUGH = {
    "cattle_grid", "border_control", "toll_booth", "sally_port", "gate", "lift_gate", "swing_gate", "no", "entrance",
    "height_restrictor", "arch", "kerb", "speed_bump",
}  # fmt: skip

_MPH, _KNOT = 1.609344, 1.852
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/?h|kmh|kph|knots)?$")
_ZONE = re.compile(r"([A-Z]{2}(?:-[A-Z]{2,3})?):(.+)$")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d)$")
_PERIOD = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")


@dataclass(frozen=True)
class Drive:
    """How a way is used.

    Parameters
    ----------
    forward, backward
        Kilometres per hour along the way and against it; 0 where that is not allowed.
    road_class
        The value of `highway`, or "ferry".
    through
        Whether one may pass through, and not only go to a place on it.
    unread
        Values of `maxspeed` that say nothing this program knows.
    """

    forward: float
    backward: float
    road_class: str
    through: bool = True
    unread: tuple[str, ...] = ()


def drive(tags: Tags, mode: Mode, urban: bool = False) -> Drive | None:
    """Return how a way is used, or None where it is not.

    Parameters
    ----------
    urban
        Whether it lies in a built-up area, where less is driven if no limit is tagged.
    """
    road_class = tags.get("highway", "")
    if road_class not in mode.speeds:
        return _ferry(tags, mode)
    if _is_no_road(tags, mode) or any(_metres(tags.get(k)) < size for k, size in mode.size.items()):
        return None
    access = _access(tags, mode, "")
    if access in _REFUSED or (access == "private" and road_class == "service" and not mode.walks):
        return None
    usual = mode.speeds[road_class]
    if usual == 0:
        if access not in _ALLOWED and not (mode.walks and _has_pavement(tags)):
            return None
        usual = mode.most if mode.walks else profiles.BY_LEAVE
    usual = min(usual, mode.most)
    if mode.walks:
        return Drive(usual, usual, road_class)
    along, back = _directions(tags, mode, road_class)
    unread: list[str] = []
    speeds = [_speed(tags, mode, usual, road_class, way, urban, unread) for way in ("forward", "backward")]
    ways = [
        speed if may and _access(tags, mode, f":{way}") not in _REFUSED else 0.0
        for speed, may, way in zip(speeds, (along, back), ("forward", "backward"), strict=True)
    ]
    return Drive(ways[0], ways[1], road_class, access not in _TO_GET_THERE, tuple(dict.fromkeys(unread))) if any(ways) else None


def _is_no_road(tags: Tags, mode: Mode) -> bool:
    if "impassable" in (tags.get("status"), tags.get("smoothness")) or tags.get("impassable") == "yes":
        return not mode.walks
    if mode.walks:
        return False
    return tags.get("area") == "yes" or tags.get("service") == "emergency_access" or _yes(tags.get("proposed"))


def _yes(value: str | None) -> bool:
    return value in ("yes", "true", "1")


def _has_pavement(tags: Tags) -> bool:
    return any(tags.get(f"sidewalk{side}") in ("yes", "both", "left", "right") for side in ("", ":left", ":right", ":both"))


def _access(tags: Tags, mode: Mode, direction: str) -> str | None:
    """Return the value of the most particular access tag there is."""
    return next((tags[key + direction] for key in mode.access if key + direction in tags), None)


def _directions(tags: Tags, mode: Mode, road_class: str) -> tuple[bool, bool]:
    value = next((tags[key] for key in (*(f"oneway:{k}" for k in mode.access), "oneway") if key in tags), None)
    if value in ("-1", "reverse"):
        return False, True
    if value in ("reversible", "alternating"):  # which way it goes now is not known
        return False, False
    one_way = value in ("yes", "true", "1")
    if value is None:
        one_way = tags.get("junction") in ("roundabout", "circular") or road_class == "motorway"
    return True, not one_way


# ------------------------------------------------------------------ speeds


def _speed(tags: Tags, mode: Mode, usual: float, road_class: str, direction: str, urban: bool, unread: list[str]) -> float:
    found: float | None = None
    for key in (f"maxspeed:{direction}", "maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic"):
        if key in tags and found is None:
            found = limit(tags[key])
            if found is None and key.startswith("maxspeed") and key != "maxspeed:type" and tags[key] not in ("signals", "variable"):
                unread.append(tags[key])
    speed = min(usual, profiles.URBAN.get(road_class, 1000.0) if urban else 1000.0) if found is None else profiles.DRIVEN_SHARE * found
    advised = limit(tags.get("maxspeed:advisory", ""))
    caps = [advised or 1000.0, mode.most, profiles.SURFACES.get(tags.get("surface", ""), 1000.0)]
    caps += [profiles.SMOOTHNESS.get(tags.get("smoothness", ""), 1000.0), profiles.TRACKS.get(tags.get("tracktype", ""), 1000.0)]
    if road_class == "service":
        caps.append(profiles.SERVICE_WAYS.get(tags.get("service", ""), 1000.0))
    return min(speed, *caps)


def limit(value: str) -> float | None:
    """Return a speed limit in kilometres per hour, or None where a value says nothing this program knows.

    Of several values, as for lanes, the lowest counts.
    """
    known = [found for part in re.split(r"[;|]", value) if (found := _one_limit(part.strip())) is not None]
    return min(known, default=None)


def _one_limit(value: str) -> float | None:
    if value == "none":
        return profiles.UNLIMITED
    if value == "walk":
        return float(profiles.LIMITS["walk"])
    zone = _ZONE.match(value)
    if zone:
        return _zone_limit(zone[1], zone[2])
    number = _NUMBER.match(value.lower())
    if number is None or float(number[1]) == 0:
        return None
    return float(number[1]) * {"mph": _MPH, "knots": _KNOT}.get(number[2] or "", 1.0)


def _zone_limit(country: str, zone: str) -> float | None:
    digits = re.match(r"(?:zone:?)?(\d+)$", zone)
    if digits:
        return float(digits[1]) * (_MPH if country in ("GB", "UK", "US") else 1.0)
    national = profiles.NATIONAL.get(f"{country}:{zone}")
    if national is not None:
        return float(national) or profiles.UNLIMITED
    known = profiles.LIMITS.get(zone)
    return None if known is None else float(known)


def _metres(value: str | None) -> float:
    """Return a size that a road allows, or infinity where none is tagged."""
    found = re.match(r"(\d+(?:\.\d+)?)\s*(?:m|t)?$", value or "")
    return float(found[1]) if found else float("inf")


# ----------------------------------------------------------------- ferries


def _ferry(tags: Tags, mode: Mode) -> Drive | None:
    """Return a ferry at 5 km/h, slow where its `duration` is not known."""
    if tags.get("route") not in ("ferry", "shuttle_train") or _access(tags, mode, "") in _REFUSED:
        return None
    if not mode.walks and _access(tags, mode, "") is None and tags.get("foot") in _ALLOWED:  # it says whom it takes
        return None
    along, back = _directions(tags, mode, FERRY)
    return Drive(5.0 * along, 5.0 * back, FERRY)


def ferry_seconds(tags: Tags) -> int | None:
    """Return how long a ferry takes, from `duration` (`20`, `00:20`, `00:20:00` or `PT20M`), or None."""
    value = tags.get("duration", "").strip()
    if value.isdigit():
        return 60 * int(value) or None
    clock = _CLOCK.match(value)
    if clock:
        first, second, last = int(clock[1] or 0), int(clock[2]), int(clock[3])
        return (3600 * first + 60 * second + last if clock[1] else 3600 * second + 60 * last) or None
    period = _PERIOD.match(value)
    if period:
        days, hours, minutes, seconds = (int(part or 0) for part in period.groups())
        return 86_400 * days + 3600 * hours + 60 * minutes + seconds or None
    return None


# ------------------------------------------------------------------- nodes


def blocks(tags: Tags, mode: Mode) -> bool:
    """Return whether nobody gets past a node this way, such as a bollard for a car."""
    access = _access(tags, mode, "")
    if access in _REFUSED:
        return True
    if mode.walks or "barrier" not in tags or access in _ALLOWED or access in _TO_GET_THERE:
        return False
    return tags["barrier"] not in _BARRIERS_THAT_LET_THROUGH and tags.get("bollard") != "rising"


def signal_seconds(tags: Tags, mode: Mode) -> tuple[float, float]:
    """Return the seconds that traffic signals at a node take on average, along its way and against it."""
    if mode.walks or "traffic_signals" not in tags.get("highway", ""):
        return 0.0, 0.0
    side = tags.get("traffic_signals:direction", "both")
    return (2.0 if side != "backward" else 0.0), (2.0 if side != "forward" else 0.0)
