"""Documents of which little can be read: wrong encoding, no JSON, another format; and faulty plans."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from dispatch import schema
from tests.schema.samples import PROBLEM, faults_of

MINIMAL = '{"format": "dispatch/1", "engineers": [], "tickets": []'
TRAVEL = MINIMAL + ', "travel": {"source": "crow"'
ROUTE = {"engineer": "a", "shift": "tue", "stops": [{"ticket": "t1"}]}


class Refused(NamedTuple):
    """A document, and the first fault with which it is refused."""

    code: str
    pointer: str
    message: str
    data: bytes | str
    plan: bool = False


def plan(**changes: Any) -> str:
    return json.dumps({"format": "dispatch-plan/1", "routes": [ROUTE], **changes})


REFUSED = [
    Refused("MALFORMED_JSON", "", "The document is empty.", b""),
    Refused("MALFORMED_JSON", "", "The document is empty.", b" \n\t"),
    Refused("MALFORMED_JSON", "", "Line 2, column 1: ", b'{"format": "dispatch/1",\n}'),
    Refused("MALFORMED_JSON", "", 'Line 1, column 25: "x" cannot stand here', b'{"format": "dispatch/1"}x'),
    Refused("MALFORMED_JSON", "", "the end of the document", b'{"format": '),
    Refused("MALFORMED_JSON", "", "Line 1, column 21: ", b'{"format": "dispatch\n"}'),
    Refused("NOT_AN_OBJECT", "", "an empty list", b"[]"),
    Refused("NOT_AN_OBJECT", "", "null", b"null"),
    Refused("NOT_AN_OBJECT", "", '"dispatch/1"', b'"dispatch/1"'),
    Refused("NOT_AN_OBJECT", "", "about 1000 digits", b"9" * 20_000),
    Refused("TOO_DEEP", "", "nested too deeply", b'{"format": ' + b"[" * 100_000),
    Refused("TOO_DEEP", "", "nested too deeply", b'{"a": ' * 50_000 + b"1" + b"}" * 50_000),
    Refused("WRONG_ENCODING", "", "UTF-16", json.dumps(PROBLEM).encode("utf-16")),
    Refused("WRONG_ENCODING", "", "UTF-16", json.dumps(PROBLEM).encode("utf-16-be")),
    Refused("WRONG_ENCODING", "", "UTF-32", json.dumps(PROBLEM).encode("utf-32")),
    Refused("WRONG_ENCODING", "", "Byte 0xb3 at offset 13, in line 2,", b'{\n"name": "ab\xb3"}'),
    Refused("WRONG_ENCODING", "", "is not UTF-8", '{"name": "\ud800"}'),
    Refused("BROKEN_TEXT", "/name", '"\\ud800"', MINIMAL + ', "name": "\\ud800"}'),
    Refused("BROKEN_TEXT", "/?", '"\\udfff"', MINIMAL + ', "\\udfff": 1}'),
    Refused("WRONG_FORMAT", "/format", '"dispatch-plan/1"', plan()),
    Refused("WRONG_FORMAT", "/format", '"dispatch/2"', b'{"format": "dispatch/2", "whatever": 1}'),
    Refused("WRONG_FORMAT", "/format", "an empty object", b'{"format": {}}'),
    Refused("DUPLICATE_KEY", "/name", 'first with "a", last with "b"', MINIMAL + ', "name": "a", "name": "b"}'),
    Refused(
        "DUPLICATE_KEY",
        "/travel/speed_kmh",
        "first with 30, last with 40",
        TRAVEL + ', "speed_kmh": 30, "speed_kmh": 40}}',
    ),
    Refused("NOT_FINITE", "/travel/detour", "Infinity", MINIMAL + ', "travel": {"source": "crow", "detour": 1e999}}'),
    Refused("NOT_FINITE", "/travel/detour", "-Infinity", MINIMAL + ', "travel": {"source": "crow", "detour": -Infinity}}'),
    Refused("INVALID_TIME", "/now", "about 1000 digits", MINIMAL + ', "now": ' + "9" * 20_000 + "}"),
    Refused("UNKNOWN_FIELD", "/deep", "a list of 1 item", MINIMAL + ', "deep": ' + "[" * 300 + "]" * 300 + "}"),
    # plans
    Refused("WRONG_FORMAT", "/format", '"dispatch/1"', MINIMAL + "}", plan=True),
    Refused("MISSING_FIELD", "/routes", "routes", b'{"format": "dispatch-plan/1"}', plan=True),
    Refused("MISSING_FIELD", "/routes/0/stops/0/ticket", "ticket", plan(routes=[ROUTE | {"stops": [{}]}]), plan=True),
    Refused("WRONG_TYPE", "/routes/0/stops/0", '"t1"', plan(routes=[ROUTE | {"stops": ["t1"]}]), plan=True),
    Refused("NEGATIVE", "/routes/0/travel", '"-PT5M"', plan(routes=[ROUTE | {"travel": "-PT5M"}]), plan=True),
    Refused("NEGATIVE", "/routes/0/distance_m", "-1", plan(routes=[ROUTE | {"distance_m": -1}]), plan=True),
    Refused("UNKNOWN_FIELD", "/unassigned/0/reason", '"late"', plan(unassigned=[{"ticket": "t", "reason": "late"}]), plan=True),
    Refused("UNKNOWN_RULE", "/cost/by_rule/fuel", '"fuel"', plan(cost={"total": 3, "by_rule": {"travel": 3, "fuel": 0}}), plan=True),
    Refused("COST_DOES_NOT_ADD_UP", "/cost/total", "5", plan(cost={"total": 5, "by_rule": {"travel": 3, "fixed": 1}}), plan=True),
    Refused("WRONG_TYPE", "/kpis/served", '"all"', plan(kpis={"served": "all"}), plan=True),
    Refused("NOT_FINITE", "/kpis/served", "NaN", plan(kpis={"served": float("nan")}), plan=True),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda r: f"{r.code}-{r.message[:30]}")
def test_a_document_that_cannot_be_read_is_refused_with_one_fault(refused: Refused) -> None:
    (fault,) = faults_of(refused.data, plan=refused.plan)
    assert (fault.code, fault.pointer) == (refused.code, refused.pointer)
    assert refused.message in fault.message
    assert fault.action


def test_a_byte_order_mark_is_no_fault() -> None:
    text = json.dumps(PROBLEM)
    assert schema.read_problem(text.encode("utf-8-sig")) == schema.read_problem(text)


def test_of_a_key_that_stands_three_times_in_a_shadowed_object_every_visible_fault_is_told() -> None:
    twice = (
        MINIMAL + ', "travel": {"source": "crow", "source": "crow"}, "travel": {"source": "crow", "detour": 1, "detour": 2, "detour": 3}}'
    )
    assert [(f.code, f.pointer) for f in faults_of(twice)] == [("DUPLICATE_KEY", "/travel"), ("DUPLICATE_KEY", "/travel/detour")]


def test_a_long_value_is_shortened_in_the_message() -> None:
    (fault,) = faults_of(MINIMAL + ', "time_zone": "' + "x" * 5000 + '"}')
    assert fault.code == "UNKNOWN_TIME_ZONE"
    assert len(fault.message) < 200
