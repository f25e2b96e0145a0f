"""Which room may import which, and where each library lives. Imports inside functions and for type checking count, too."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "src" / "dispatch"

LEVELS = (
    {"errors"},
    {"model"},
    {"schema", "policy", "travel", "view"},
    {"solver", "check", "events"},
    {"explain"},
    {"planning"},
    {"scenario", "export", "report", "store"},
    {"simulation"},
    {"console", "answers"},
    {"api"},
    {"cli"},
)
LEVEL = {room: i for i, rooms in enumerate(LEVELS) for room in rooms}

LIBRARIES = {
    "alembic": {"store"},
    "distributed": {"api", "simulation"},
    "fastapi": {"api"},
    "geopy": {"travel"},
    "httpx2": {"travel", "api"},
    "icalendar": {"export"},
    "matplotlib": {"simulation"},
    "networkx": {"travel"},
    "numba": {"solver"},
    "numpy": {"travel", "solver", "explain", "planning", "simulation"},
    "ortools": {"solver"},
    "osmium": {"travel"},
    "prometheus_client": {"api"},
    "pydantic": {"schema", "simulation", "api"},
    "pydantic_core": {"schema", "simulation"},
    "pydantic_settings": {"api"},
    "rich": {"console", "cli"},
    "scipy": {"travel", "simulation"},
    "sqlalchemy": {"store", "api"},
    "stamina": {"api", "cli", "travel"},
    "standardwebhooks": {"api"},
    "starlette": {"api"},
    "structlog": {"api"},
    "typer": {"cli"},
    "uvicorn": {"cli"},
}
ONLY_FILES = {
    "numba": {"solver/compiled.py"},
    "ortools.constraint_solver": {"solver/routing.py"},
    "ortools.linear_solver": {"solver/assignment.py", "solver/master.py", "solver/settle.py"},
    "networkx": {"travel/graph.py", "travel/network.py", "travel/turns.py"},
    "osmium": {"travel/osm.py"},
}

FILES = sorted(ROOT.rglob("*.py"))


def name_of(file: Path) -> str:
    """Return the dotted name of the module in a file."""
    return ".".join(("dispatch", *file.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {name_of(file) for file in FILES}


def room_of(module: str) -> str:
    """Return the room of a module; the package itself is none."""
    return module.split(".")[1] if "." in module else ""


def imports(source: str, file: str) -> Iterator[str]:
    """Yield what a file imports, as dotted names; of `from x import y`, x.y where that is a module of ours."""
    for node in ast.walk(ast.parse(source, file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{file}: a relative import hides where a name comes from"
            assert node.level == 0, f"{file}: a relative import hides where a name comes from"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def forbidden(room: str, found: Iterator[str]) -> list[str]:
    """Return the modules of ours that a room must not import."""
    others = (module for module in found if module.split(".")[0] == "dispatch" and room_of(module) != room)
    return [module for module in others if room_of(module) not in LEVEL or LEVEL[room_of(module)] >= LEVEL[room]]


def test_every_room_has_its_level() -> None:
    assert {room_of(module) for module in MODULES} - {""} == set(LEVEL)


@pytest.mark.parametrize("file", [f for f in FILES if room_of(name_of(f))], ids=name_of)
def test_a_room_imports_only_rooms_above_it(file: Path) -> None:
    assert forbidden(room_of(name_of(file)), imports(file.read_text("utf-8"), str(file))) == []


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_library_lives_in_its_rooms(file: Path) -> None:
    for module in imports(file.read_text("utf-8"), str(file)):
        library = module.split(".")[0]
        if library == "dispatch" or library in sys.stdlib_module_names:
            continue
        assert room_of(name_of(file)) in LIBRARIES.get(library, set()), f"{module} does not belong here"
        for prefix, files in ONLY_FILES.items():
            if f"{module}.".startswith(f"{prefix}."):
                assert file.relative_to(ROOT).as_posix() in files


@pytest.mark.parametrize(
    ("room", "line", "found"),
    [
        ("check", "from dispatch.solver import timing", ["dispatch.solver.timing"]),
        ("check", "import dispatch.solver.timing", ["dispatch.solver.timing"]),
        ("check", "def f():\n    from dispatch import solver", ["dispatch.solver"]),
        ("solver", "from dispatch.check import verify", ["dispatch.check"]),
        ("schema", "from dispatch.policy import resolve", ["dispatch.policy"]),
        ("schema", "from dispatch import plan", ["dispatch"]),
        ("solver", "from dispatch.travel import TravelMatrix", []),
    ],
)
def test_a_forbidden_import_is_seen(room: str, line: str, found: list[str]) -> None:
    assert forbidden(room, imports(line, "a line")) == found
