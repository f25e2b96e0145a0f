"""Queues whose answer is known: an M/M/c world (no travel, one skill) against Erlang's C formula."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from dispatch.planning.light import DISPATCHING
from dispatch.simulation.runs import Estimate, estimate
from dispatch.simulation.world import World
from tests.simulation.worlds import demand, outcome, world

SERVICE = 15
"""Mean minutes of service."""


def erlang(servers: int, load: float) -> tuple[float, float]:
    """Return the probability of waiting and the mean wait in minutes (Erlang 1917, formula C)."""
    below = sum(load**k / math.factorial(k) for k in range(servers))
    full = load**servers / math.factorial(servers) * servers / (servers - load)
    waiting = full / (below + full)
    return waiting, waiting * SERVICE / (servers - load)


def queue(servers: int, load: float, dispatching: str) -> World:
    """Return a world of so many engineers who work round the clock, and tickets that take an exponential time."""
    roster = [{"days": ["mon"], "start": "00:00", "length": "P7D", "overtime": "P30D"}]
    tickets = demand(service={"mean": f"PT{SERVICE}M", "law": "exponential"}, per_week=load * 7 * 24 * 60 / SERVICE)
    crew = [{"id": "e", "count": servers, "roster": roster}]
    return world(engineers=crew, demand=[tickets], dispatching=dispatching, iterations=20)


def waits(made: World, replications: int, days: int, seed: int) -> tuple[Estimate, Estimate]:
    """Return the share of tickets that waited and their mean wait in minutes, of those that came after the first six hours."""
    shares, means = [], []
    for replication in range(replications):
        tickets, _, audit = outcome(made, days, seed, replication)
        late = [t for t in tickets if t.opened_at >= audit.start + 6 * 3600]
        seconds = [(t.responded_at if t.responded_at is not None else audit.end) - t.opened_at for t in late]
        shares.append(sum(s > 0 for s in seconds) / len(seconds))
        means.append(sum(seconds) / len(seconds) / 60)
    return estimate(shares), estimate(means)


@pytest.mark.parametrize("dispatching", DISPATCHING)
@pytest.mark.parametrize(("servers", "load", "replications", "days"), [(1, 0.5, 10, 4), (5, 3.5, 16, 2), (20, 14.0, 6, 1)])
def test_waiting_is_what_erlang_says_it_is(dispatching: str, servers: int, load: float, replications: int, days: int) -> None:
    share, mean = waits(queue(servers, load, dispatching), replications, days, seed=3)
    expected_share, expected_mean = erlang(servers, load)
    assert share.low is not None
    assert share.high is not None
    assert mean.low is not None
    assert mean.high is not None
    assert share.low <= expected_share <= share.high
    assert mean.low <= expected_mean <= mean.high
    assert share.high - share.low < expected_share  # narrow enough to say something


@pytest.mark.parametrize("dispatching", DISPATCHING)
def test_nobody_waits_while_an_able_engineer_is_idle(dispatching: str) -> None:
    tickets, _, audit = outcome(queue(5, 3.5, dispatching), 1, seed=8)
    changes = [(t.opened_at, 1, 0) for t in tickets]
    changes += [(t.responded_at, -1, 1) for t in tickets if t.responded_at is not None]
    changes += [(t.closed_at, 0, -1) for t in tickets if t.closed_at is not None]
    waiting = busy = 0
    seen = 0
    changes.sort()
    for (time, waits, works), (following, _, _) in pairwise([*changes, (audit.end, 0, 0)]):
        waiting, busy = waiting + waits, busy + works
        if following > time:
            assert waiting == 0 or busy == 5, f"{waiting} waiting, {busy} busy at {time}"
            seen += waiting > 0
    assert seen > 20
