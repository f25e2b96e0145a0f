"""Measure travel along roads: how fast extracts are worked out and asked, and how near the times are to those of an OSRM server.

Run ``python -m benchmarks.road --extract porto-alegre.osm.pbf=http://127.0.0.1:5000``, where OSRM's server runs with its own car
profile on the same extract. The limits are what this project holds itself to.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Annotated

import httpx2
import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console

from benchmarks.record import circumstances
from benchmarks.speed import Figure, table
from dispatch.travel import graph, network, osm, shortest
from dispatch.travel.network import Roads
from dispatch.travel.profiles import mode
from dispatch.travel.snapping import Snapper

PACKAGES = ("field-dispatch", "numpy", "scipy", "networkx", "osmium")
STREETS = {"primary", "secondary", "tertiary", "unclassified", "residential", "living_street"}
SHORT = 60.0
"""Seconds: of shorter ways, the metres by which two programs put a place on a road differently decide; they are not compared."""
Array = npt.NDArray[np.float64]


def places(roads: Roads, count: int, seed: int) -> Array:
    """Return positions on streets of the largest part, degrees: any stretch is as likely as any other, and any point of it."""
    rng = np.random.default_rng(seed)
    street = np.array([c in STREETS for c in roads.classes])[roads.road_class]
    largest = np.zeros(len(street), bool)
    largest[roads.stretch] = roads.part[roads.tail] == 0
    chosen = rng.choice(np.flatnonzero(street & largest), count)
    point = roads.first[chosen] + rng.integers(0, roads.first[chosen + 1] - roads.first[chosen] - 1)
    share = rng.random(count)
    return np.column_stack([a[point] + share * (a[point + 1] - a[point]) for a in (roads.lat, roads.lon)])


def ours(roads: Roads, positions: Array) -> Array:
    """Return seconds between positions, infinite where there is no way."""
    costs = shortest.costs(roads, Snapper(roads).nearest(positions))
    found = np.isfinite(costs)
    return np.where(found, network.split(np.where(found, costs, 0.0))[0], np.inf)


def theirs(client: httpx2.Client, url: str, positions: Array) -> Array:
    """Return seconds between positions as OSRM tells them, infinite where there is no way."""
    points = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in positions.tolist())
    answer = client.get(f"{url.rstrip('/')}/table/v1/driving/{points}")
    answer.raise_for_status()
    return np.array([[np.inf if s is None else s for s in row] for row in answer.json()["durations"]], np.float64)


def extract(path: Path, url: str, count: int, runs: int, seed: int) -> list[Figure]:
    """Work out an extract, ask it and a server that has the same one, and compare."""
    name = path.name.split(".")[0]
    begun, worked = perf_counter(), process_time()
    roads = network.flatten(graph.build(osm.read(path), mode("car")))
    worked, built = process_time() - worked, perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.npz"
        network.save(roads, kept)
        loading = []
        for _ in range(runs):
            begun = perf_counter()
            again = network.load(kept)
            assert again is not None
            Snapper(again)
            loading.append(perf_counter() - begun)
    positions = places(roads, count, seed)
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    with httpx2.Client(timeout=300) as client:
        for _ in range(runs):  # in turns, so that a busy machine slows both
            begun = perf_counter()
            mine = ours(roads, positions)
            times["ours"].append(perf_counter() - begun)
            begun = perf_counter()
            other = theirs(client, url, positions)
            times["theirs"].append(perf_counter() - begun)
    own, server = median(times["ours"]), median(times["theirs"])
    both = np.isfinite(mine) & np.isfinite(other) & (other >= SHORT)
    ratio = mine[both] / other[both]
    far = np.maximum(ratio, 1 / ratio) > 2
    size = f"{count} x {count}"
    building = f"read and build, {len(roads.junction):,} junctions, on one core to itself ({built:.1f} s by the clock)"
    return [
        Figure(f"{name}: {building}", worked, 10.0, "s"),
        Figure(f"{name}: load what is kept", median(loading), 0.5, "s"),
        Figure(f"{name}: {size} matrix, by OSRM's time ({own:.2f} s by {server:.2f} s)", own / server, 2.0, ""),
        Figure(f"{name}: difference from OSRM's durations, median", 100 * float(np.median(np.abs(ratio - 1))), 15.0, "%"),
        Figure(f"{name}: durations over twice or under half of OSRM's, of {len(ratio):,} pairs", 100 * float(far.mean()), 0.1, "%"),
    ]


# ------------------------------------------------------------------------ grid


def grid(side: int) -> osm.Extract:
    """Return a made-up town of streets in a grid, about 200 m apart, some of them faster and some one-way."""
    rng = np.random.default_rng(0)
    lat = 45 + 0.0018 * np.arange(side)[:, None] + rng.uniform(-3e-4, 3e-4, (side, side))
    lon = 9 + 0.0025 * np.arange(side)[None, :] + rng.uniform(-4e-4, 4e-4, (side, side))
    nodes = {i: (float(a), float(b)) for i, (a, b) in enumerate(zip(lat.ravel(), lon.ravel(), strict=True), 1)}
    number = np.arange(1, side * side + 1).reshape(side, side)
    ways = []
    for i, line in enumerate([*number.tolist(), *number.T.tolist()]):
        kind = "primary" if i % 20 == 10 else "secondary" if i % 5 == 0 else "residential"
        tags = {"highway": kind, "name": f"Street {i}"} | ({"oneway": "yes" if i % 2 else "-1"} if i % 7 == 3 else {})
        ways.append(osm.Way(i + 1, tuple(line), tags))
    return osm.Extract(ways, [], nodes, {}, [], 0)


def measure_grid(side: int, count: int) -> tuple[int, float, float, float]:
    """Return junctions of a grid, seconds of a core and of the clock for a matrix on it, and the peak memory of all that, GiB."""
    roads = network.flatten(graph.build(grid(side), mode("car")))
    positions = places(roads, count, 0)
    begun, worked = perf_counter(), process_time()
    ours(roads, positions)
    worked, taken = process_time() - worked, perf_counter() - begun
    return len(roads.junction), worked, taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def grids(side: int, count: int) -> list[Figure]:
    """Measure a grid in a process of its own, for its memory."""
    code = f"from benchmarks import road; print(*road.measure_grid({side}, {count}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
    junctions, worked, taken, memory = (float(word) for word in done.stdout.split())
    name = f"grid of {junctions:,.0f} junctions"
    return [
        Figure(f"{name}: {count} x {count} matrix, on one core to itself ({taken:.1f} s by the clock)", worked, 20.0, "s"),
        Figure(f"{name}: peak memory, building included", memory, 2.0, "GiB"),
    ]


def main(
    extracts: Annotated[
        list[str] | None, typer.Option("--extract", metavar="FILE=URL", help="An extract, and an OSRM server that has it; may be repeated.")
    ] = None,
    side: Annotated[int, typer.Option("--grid", min=0, help="Streets each way of the made-up grid; 0 leaves it out.")] = 500,
    count: Annotated[int, typer.Option("--places", min=2, help="Places in each matrix.")] = 500,
    runs: Annotated[int, typer.Option(min=1, help="Runs of what is repeated; the median counts.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of the places.")] = 0,
    output: Annotated[Path | None, typer.Option(help="Write the figures there as JSON.")] = None,
) -> None:
    """Measure travel along roads against its limits; exit code 1 when one is missed."""
    figures: list[Figure] = []
    err = Console(stderr=True)
    for pair in extracts or []:
        file, found, url = pair.partition("=")
        if not found:
            raise typer.BadParameter(f"{pair!r} is not FILE=URL", param_hint="--extract")
        err.print(f"measuring: {file}", highlight=False)
        figures += extract(Path(file), url, count, runs, seed)
    if side:
        err.print(f"measuring: a grid of {side} x {side}", highlight=False)
        figures += grids(side, count)
    Console().print(table(figures))
    if output is not None:
        options = {"places": count, "runs": runs, "seed": seed, "grid": side}
        document = circumstances(PACKAGES) | {"options": options, "figures": [asdict(f) for f in figures]}
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    raise typer.Exit(0 if all(f.value < f.limit for f in figures) else 1)


if __name__ == "__main__":
    typer.run(main)
