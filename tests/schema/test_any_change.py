"""Whatever is done to a valid document, it is read or refused with faults: nothing else ever happens."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import schema
from dispatch.errors import Fault, InputError
from dispatch.schema.codes import REMEDIES
from tests.schema.samples import INDEXED, PROBLEM, changed

T = TypeVar("T")

PLAN: dict[str, Any] = {
    "format": "dispatch-plan/1",
    "problem": {"name": "x", "sha256": "0" * 64},
    "solver": {"engine": "search", "seconds": 1.5, "seed": 0, "iterations": 9, "stopped": "time", "bound": None},
    "cost": {"total": 3, "by_rule": {"travel": 3}},
    "routes": [
        {"engineer": "a", "shift": "tue", "travel": "PT5M", "breaks": [], "stops": [{"ticket": "t", "start": "2026-05-12T08:00:00Z"}]}
    ],
    "unassigned": [{"ticket": "u", "reasons": [{"code": "C", "detail": "", "action": ""}], "ways_in": [{"change": "", "cost_delta": -1}]}],
    "kpis": {"served": 1, "share": 0.5, "none": None},
    "warnings": [{"code": "W", "pointer": "/x", "message": ""}],
}
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(
        ("", "li", "chen", "tue", "t0", "PT1H", "2026-05-12T08:00:00+08:00", "crow", "road", "osrm", "http://h", "balanced", "done")
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(("id", "lat", "~/", "source")), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Return every container of a tree with every key in it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(node, (dict, list)):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            found += [(node, key), *places(node[key])]
    return found


def mutated(data: st.DataObject, document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a document in which up to six values are replaced, removed or added."""
    found = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 6))):
        container, key = data.draw(st.sampled_from(places(found) or [(found, "x")]))
        deed = data.draw(st.sampled_from(("replace", "replace", "remove", "add")))
        if deed == "replace":
            container[key] = data.draw(values)
        elif deed == "remove":
            container.pop(key, None) if isinstance(container, dict) else container.pop(key)
        elif isinstance(container, dict):
            container[data.draw(st.text(max_size=3))] = data.draw(values)
        else:
            container.append(data.draw(values))
    return found


def exists(document: Any, pointer: str) -> bool:
    """Return whether a pointer leads to a value of a document, or to a member that is missing there or cut short on the way."""
    node = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            if not key.isdigit() or int(key) >= len(node):
                return False
            node = node[int(key)]
        else:
            node = node.get(key) if isinstance(node, dict) else None
    return True


def read_or_refused(read: Callable[[bytes | str], T], data: bytes | str) -> tuple[T | None, tuple[Fault, ...]]:
    """Return what is read and no faults, or nothing and the faults."""
    try:
        return read(data), ()
    except InputError as refused:
        return None, refused.faults


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_problem_is_read_or_refused_with_faults_that_point_into_it(data: st.DataObject) -> None:
    document = mutated(data, changed(PROBLEM, data.draw(st.sampled_from(({}, INDEXED)))))
    problem, faults = read_or_refused(schema.read_problem, json.dumps(document))
    assert [f for f in faults if f.code not in REMEDIES or not exists(document, f.pointer)] == []
    if problem is None:
        assert faults
    else:
        assert schema.read_problem(schema.write_problem(problem)) == problem
        schema.warnings(problem)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_plan_is_read_or_refused_with_faults_that_point_into_it(data: st.DataObject) -> None:
    document = mutated(data, PLAN)
    plan, faults = read_or_refused(schema.read_plan, json.dumps(document))
    assert [f for f in faults if f.code not in REMEDIES or not exists(document, f.pointer)] == []
    if plan is None:
        assert faults
    else:
        assert schema.read_plan(schema.write_plan(plan)) == plan


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_bytes_of_any_sort_are_refused_with_faults(data: bytes | str) -> None:
    for read in (schema.read_problem, schema.read_plan):
        found, faults = read_or_refused(read, data)
        assert found is None
        assert faults
