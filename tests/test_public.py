"""The public names: sorted, there, and loaded only when used."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import pytest

import dispatch


def test_public_names_are_sorted_and_there() -> None:
    assert dispatch.__all__ == sorted(dispatch.__all__)
    for name in dispatch.__all__:
        assert getattr(dispatch, name) is not None
    assert set(dispatch.__all__) <= set(dir(dispatch))


def test_public_names_are_those_of_the_rooms() -> None:
    from dispatch import check, errors, model, planning, schema, solver

    assert dispatch.plan is planning.plan
    assert dispatch.replan is planning.replan
    assert dispatch.Planned is planning.Planned
    assert dispatch.read_problem is schema.read_problem
    assert dispatch.Options is solver.Options
    assert dispatch.Problem is model.Problem
    assert dispatch.InputError is errors.InputError
    assert dispatch.Violation is check.Violation


def test_the_version_is_that_of_the_distribution() -> None:
    assert dispatch.__version__ == importlib.metadata.version("field-dispatch")


def test_a_name_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(AttributeError, match="module 'dispatch' has no attribute 'schedule'"):
        _ = dispatch.schedule


@pytest.mark.parametrize(
    ("module", "unloaded"),
    [("dispatch", {"numpy", "numba", "ortools", "pydantic", "rich", "typer"}), ("dispatch.cli", {"numpy", "numba", "ortools", "pydantic"})],
)
def test_importing_loads_nothing_heavy(module: str, unloaded: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout.split())
    assert module in loaded
    assert loaded & unloaded == set()
