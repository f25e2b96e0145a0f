"""The ground of the map: degrees to px, the grid of kilometres, and marks moved apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.model import Place
from dispatch.report.markup import Markup, el

__all__ = ["WIDTH", "Ground", "apart", "grid", "ground"]

WIDTH = 1180.0
_MARGIN = 30.0
_KM_PER_DEGREE = 111.195
_SMALLEST = 2.0  # km across at least, so that a single place is not blown up to nothing


@dataclass(frozen=True)
class Ground:
    """From degrees to px: equirectangular, true to scale at the middle latitude."""

    west: float
    north: float
    height: float
    px_per_km: float
    narrowing: float

    def xy(self, place: Place) -> tuple[float, float]:
        """Return where a place with a position is drawn."""
        lat, lon = place.lat or 0.0, place.lon or 0.0
        east_km = (lon - self.west) * _KM_PER_DEGREE * self.narrowing
        south_km = (self.north - lat) * _KM_PER_DEGREE
        return _MARGIN + east_km * self.px_per_km, _MARGIN + south_km * self.px_per_km


def ground(places: Sequence[Place]) -> Ground:
    """Return the ground that shows all places, at least one, each with a position."""
    lats = [p.lat for p in places if p.lat is not None]
    lons = [p.lon for p in places if p.lon is not None]
    middle_lat, middle_lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    narrowing = max(math.cos(math.radians(middle_lat)), 0.01)
    wide = max((max(lons) - min(lons)) * _KM_PER_DEGREE * narrowing, _SMALLEST)
    tall = max((max(lats) - min(lats)) * _KM_PER_DEGREE, _SMALLEST / 2)
    inner = WIDTH - 2 * _MARGIN
    height = min(max(inner * tall / wide, 0.34 * inner), 0.54 * inner)
    scale = min(inner / wide, height / tall)
    return Ground(
        west=middle_lon - inner / scale / 2 / (_KM_PER_DEGREE * narrowing),
        north=middle_lat + height / scale / 2 / _KM_PER_DEGREE,
        height=height + 2 * _MARGIN,
        px_per_km=scale,
        narrowing=narrowing,
    )


def grid(ground: Ground) -> tuple[Markup, Markup]:
    """Return a grid of round kilometres, and the scale bar that tells its size."""
    wanted = 130 / ground.px_per_km
    power = 10 ** math.floor(math.log10(wanted))
    step = max(power * m for m in (1, 2, 5) if power * m <= wanted)
    px = step * ground.px_per_km
    lines = [f"M{i * px:.1f} 0V{ground.height:.0f}" for i in range(1, int(WIDTH / px) + 1)]
    lines += [f"M0 {i * px:.1f}H{WIDTH:.0f}" for i in range(1, int(ground.height / px) + 1)]
    size = f"{step:g} km" if step >= 1 else f"{step * 1000:g} m"
    y = ground.height - 16
    scale = el(
        "g",
        el("path", d=f"M16 {y - 5}v5H{16 + px:.1f}v-5"),
        el("text", size, x=16 + px / 2, y=y - 5, text_anchor="middle"),
        class_="scale",
    )
    return el("path", class_="grid", d="".join(lines)), scale


def apart(points: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Move points that are closer than `gap` px away from each other, as little as it takes.

    Pair by pair, each point gives way by half of what is missing, until none is or the rounds are over.
    """
    moved = list(points)
    for _ in range(min(max(40_000 // (len(points) + 1), 5), 100)):
        cells: dict[tuple[int, int], list[int]] = {}
        for i, (x, y) in enumerate(moved):
            cells.setdefault((int(x // gap), int(y // gap)), []).append(i)
        still = False
        for i, j in _near(cells):
            still = _part(moved, i, j, gap) or still
        if not still:
            break
    return moved


def _near(cells: dict[tuple[int, int], list[int]]) -> list[tuple[int, int]]:
    """Return the pairs that lie in one cell or in cells side by side, in order."""
    around = [(u, v) for u in (-1, 0, 1) for v in (-1, 0, 1)]
    return sorted((i, j) for (x, y), here in cells.items() for u, v in around for j in cells.get((x + u, y + v), ()) for i in here if i < j)


def _part(moved: list[tuple[float, float]], i: int, j: int, gap: float) -> bool:
    (x1, y1), (x2, y2) = moved[i], moved[j]
    far = math.hypot(x2 - x1, y2 - y1)
    if far > gap - 0.1:
        return False
    # Points on one spot part in a direction of their own: the golden angle spreads them all around.
    ux, uy = ((x2 - x1) / far, (y2 - y1) / far) if far > 1e-6 else (math.cos(2.4 * j), math.sin(2.4 * j))
    push = (gap - far) / 2
    moved[i] = (x1 - ux * push, y1 - uy * push)
    moved[j] = (x2 + ux * push, y2 + uy * push)
    return True
