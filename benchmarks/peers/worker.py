"""One engine on one instance, in a process of its own: ``python -m benchmarks.peers.worker REQUEST ANSWER`` (JSON files).

A process of its own holds the engine to one thread by its environment, keeps what it leaves in memory away from the next one, and
may crash. Imports, compilation and reading the instance are done before the clock starts.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks import days
from benchmarks.peers.day import reduce
from benchmarks.peers.engines import ENGINES, Solve
from benchmarks.peers.instances import Instance
from dispatch import travel

WARM_UP_SECONDS = 1.0


def warm_up(solve: Solve) -> None:
    """Solve a small day, so that whatever an engine loads when first called is not counted."""
    small = days.generate(14, 0)
    solve(reduce(small, travel.matrix(small)), WARM_UP_SECONDS, 0)


def _processor() -> float:
    """Return the processor seconds of this process, all its threads, and its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of an engine, with the wall and the processor seconds of the whole call."""
    day, _ = Instance(**request["instance"]).read()
    solve = ENGINES[request["engine"]].load()
    warm_up(solve)
    began, spent = perf_counter(), _processor()
    found = solve(day, request["seconds"], request["seed"])
    return asdict(found) | {"wall": perf_counter() - began, "processor": _processor() - spent}


def main() -> None:
    """Read the request named first and write the answer to the file named second."""
    request, into = map(Path, sys.argv[1:])
    into.write_text(json.dumps(answer(json.loads(request.read_text()))))


if __name__ == "__main__":
    main()
