"""The comparison with a road server, on a small grid that is both the extract and, by a fake, the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import road
from dispatch.travel import graph, network
from dispatch.travel.network import Roads
from dispatch.travel.profiles import mode
from dispatch.travel.snapping import Snapper
from tests.travel.town import TOWN, roads


@pytest.fixture(scope="module")
def small() -> Roads:
    return network.flatten(graph.build(road.grid(12), mode("car")))


def test_places_are_on_streets_and_the_same_for_a_seed(small: Roads) -> None:
    first, again, other = (road.places(small, 30, seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    snapped = Snapper(small).nearest(first)
    assert snapped.metres.max() < 0.01


def test_a_grid_is_connected_and_measured_in_a_process_of_its_own(small: Roads) -> None:
    assert len(small.junction) == 144
    matrix, memory = road.grids(12, 10)
    assert matrix.what.startswith("grid of 144 junctions: 10 x 10 matrix, on one core to itself (")
    assert 0 < matrix.value < 60
    assert 0.01 < memory.value < 8


@pytest.fixture
def server() -> Iterator[str]:
    """An OSRM whose durations are half as long again as ours in the town; from the first place there is no way to the second."""
    found = roads(TOWN)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            positions = np.array([[float(x) for x in p.split(",")][::-1] for p in self.path.split("/")[-1].split(";")])
            told = (1.5 * road.ours(found, positions)).tolist()
            told[0][1] = None
            body = json.dumps({"code": "Ok", "durations": told}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


def test_figures_are_printed_written_and_judged(server: str, tmp_path: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(road.main)
    out = tmp_path / "road.json"
    done = CliRunner().invoke(app, ["--extract", f"{TOWN}={server}", "--grid", "0", "--places", "12", "--runs", "1", "--output", str(out)])
    found = json.loads(out.read_bytes())
    figures = {f["what"].split(" (")[0].split(", of ")[0]: f for f in found["figures"]}
    assert figures["town: difference from OSRM's durations, median"]["value"] == pytest.approx(100 / 3, abs=0.1)
    assert figures["town: durations over twice or under half of OSRM's"]["value"] == 0
    assert figures["town: read and build, 12 junctions, on one core to itself"]["value"] < 10
    assert done.exit_code == 1  # a third is more than 15 %
    assert found["options"] == {"places": 12, "runs": 1, "seed": 0, "grid": 0}
