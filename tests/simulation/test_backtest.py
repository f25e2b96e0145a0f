"""Backtests: a log dispatched again, ticket by ticket beside what was done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dispatch.errors import InputError
from dispatch.simulation.backtest import answer, backtest, html, replayed
from dispatch.simulation.logs import Columns, TicketLog, read_log
from dispatch.simulation.studies import Plan
from tests.simulation.worlds import DAY_SHIFT, demand, tree

WORLD = tree(
    name="By hand",
    engineers=[{"id": "ann", "roster": [DAY_SHIFT]}],
    demand=[demand("leak", respond_within="PT1H"), demand("noise", per_week=5)],
    preventive=[{**demand("visit"), "sites": 5, "every": "P7D", "tolerance": "P1D", "per_week": None}],
)
WORLD["preventive"][0].pop("per_week")
LOG = """ticket,opened_at,begun,ended,what
1,2026-03-02 09:00:00,2026-03-02 10:30:00,2026-03-02 11:00:00,Leak
2,2026-03-02 09:10:00,2026-03-02 09:30:00,2026-03-02 10:00:00,Leak
3,2026-03-03 10:00:00,,,Leak
4,2026-03-03 12:00:00,2026-03-03 12:10:00,2026-03-03 13:10:00,Leak
5,2026-03-09 08:00:00,2026-03-09 08:10:00,2026-03-09 09:00:00,Leak
"""


def log(text: str = LOG, sort: str | None = "what") -> TicketLog:
    return read_log(text.encode(), Columns(sort=sort))


def test_a_log_is_dispatched_again_and_compared_ticket_by_ticket() -> None:
    found = backtest(WORLD, log(), Plan(1, 2, 1), days=3)
    # One engineer without travel: the second waits until the first is done at 9:30; all others are answered at once.
    response, resolution = found.measures
    assert (found.days, found.replayed, found.left_out) == (3, 4, 1)
    assert (response.name, response.tickets, response.actual) == ("response", 3, (90, 20, 10))
    assert response.simulated == (0, 20, 0)
    assert (response.kept_actual, response.kept_simulated) == (2 / 3, 1)
    assert response.difference.mean == ((-90 + 0) / 2 + -10) / 2
    assert (resolution.name, resolution.actual, resolution.simulated) == ("resolution", (120, 50, 70), (30, 50, 60))


def test_other_demand_and_preventive_visits_do_not_come_as_well() -> None:
    world, entries, days = replayed(WORLD, log())
    assert [d.id for d in world.demand] == ["leak"]
    assert (world.preventive, len(entries), days) == ((), 5, 8)


def test_the_document_does_not_depend_on_who_works() -> None:
    one = backtest(WORLD, log(), Plan(1, 3, 1))
    with ThreadPoolExecutor(2) as threads:
        assert answer(backtest(WORLD, log(), Plan(1, 3, 1, executor=threads, at_once=2))) == answer(one)
    assert "As it was" in html(one)


@pytest.mark.parametrize(
    ("world", "text", "told"),
    [
        (WORLD, LOG.replace("Leak", "Squeak"), "UNKNOWN_DEMAND at /demand: The log has tickets of sort \"Squeak\""),
        (WORLD, "opened_at,what\n2026-03-02 09:00:00,Leak\n", "LOG_UNUSABLE at /: The log does not say when work began or ended"),
        (WORLD, LOG.replace("2026-03-09", "2046-03-09"), "OUT_OF_RANGE at /log: The log goes over 7,313 days"),
    ],
)  # fmt: skip
def test_a_log_that_does_not_fit_is_refused(world: dict[str, Any], text: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        backtest(world, log(text), Plan(1, 1))
    assert told in str(refused.value)


def test_reversed_times_are_told_and_not_compared() -> None:
    found = log(LOG.replace("2026-03-03 12:10:00", "2026-03-03 11:10:00"))
    assert [(w.code, w.pointer) for w in found.warnings] == [("LOG_TIMES_REVERSED", "/5")]
    assert [(e.begun, e.ended) for e in found.entries][3] == (None, None)
    assert backtest(WORLD, found, Plan(1, 1)).measures[0].tickets == 3


def test_a_real_log_with_arrivals_is_replayed(request: pytest.FixtureRequest) -> None:
    data: Path | None = request.config.getoption("--data")
    if data is None:
        pytest.skip("needs --data DIR")
    given = read_log(
        (data / "tickets" / "sf_fire_incidents.csv.gz").read_bytes(), Columns("alarm", "arrival", "close"), "America/Los_Angeles"
    )
    world = tree(time_zone="America/Los_Angeles", demand=[demand("alarm")], engineers=[
        {"id": "engine", "count": 2, "roster": [{"days": ["mon"], "start": "00:00", "length": "P7D"}]}
    ])  # fmt: skip
    found = backtest(world, given, Plan(1, 1), days=60)
    assert found.measures[0].tickets > 0.9 * found.replayed
    assert sum(found.measures[0].actual) / found.measures[0].tickets < 10
