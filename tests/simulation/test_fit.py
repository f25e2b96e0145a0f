"""Fitting a log: what was put in comes out, a fitted world has the volume of its log, and real logs are judged by their last part."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dispatch.simulation.demand import Arrivals
from dispatch.simulation.fit import Fitted, fit, world_of
from dispatch.simulation.logs import Columns, Entry, TicketLog, read_log
from dispatch.simulation.streams import Streams
from dispatch.simulation.world import read_world
from tests.simulation.worlds import CENTRE, demand, world


def made_log(weeks: int) -> TicketLog:
    """Return the log of a world in which tickets come from nine to five on workdays only, lognormal with sigma 0.6 and mean 45 minutes."""
    hours = [0] * 9 + [1] * 8 + [0] * 7
    made = world(demand=[demand(per_week=100, hours=hours, weekdays=[2, 1, 1, 1, 1, 0, 0], area={"centre": CENTRE, "radius_km": 5})])
    arrivals, streams = Arrivals(made, Streams(4, 0)), Streams(5, 0)
    entries = []
    for day in range(made.start, made.start + 7 * weeks):
        for a in arrivals.on(day):
            service = int(2700 * streams.lognormal("service", a.id, 0.6))
            entries.append(Entry(a.opened_at, "leak", service, a.place.lat, a.place.lon))
    return TicketLog(tuple(entries), Columns("opened_at"), False, ())


def volume(fitted: Fitted, seed: int = 0) -> tuple[int, int]:
    """Return the tickets of a log, and those that a world fitted to it lets come in the same days."""
    made = read_world(json.dumps(world_of(fitted)))
    arrivals = Arrivals(made, Streams(seed, 0))
    return len(fitted.log.entries), sum(len(arrivals.on(day)) for day in range(fitted.first, fitted.last))


def test_rates_and_durations_that_were_put_in_come_out() -> None:
    fitted = fit(made_log(40))
    (sort,) = fitted.sorts
    week = sort.by_hour.reshape(7, 24)
    assert week[:, list(range(9)) + list(range(17, 24))].sum() == 0
    assert week[5:].sum() == 0
    assert week[0].sum() == pytest.approx(100 / 3, rel=0.1)
    assert week[1].sum() == pytest.approx(100 / 6, rel=0.1)
    assert np.ptp(week[0, 9:17]) < 1.5  # the weight of the profile was found: hours differ by chance only
    mean, sigma, law = sort.service
    assert law == "lognormal"
    assert mean == pytest.approx(2700, rel=0.04)
    assert sigma == pytest.approx(0.6, abs=0.03)
    g = fitted.goodness
    assert g.expected == pytest.approx(g.seen, rel=0.08)
    assert g.spread == pytest.approx(1, abs=0.35)
    assert g.ks is not None
    assert g.ks_bound is not None
    assert g.ks < g.ks_bound
    assert g.explained is not None
    assert g.explained > 0.5
    assert g.places_km is not None
    assert g.places_km < 0.5


def test_a_fitted_world_has_the_volume_of_its_log() -> None:
    logged, came = volume(fit(made_log(30), held_out=0))
    assert came == pytest.approx(logged, rel=0.05)


def test_a_log_that_is_put_into_the_world_comes_as_it_was() -> None:
    fitted = fit(made_log(3), held_out=0)
    replayed = read_world(json.dumps(world_of(fitted, log="replay")))
    arrivals = Arrivals(replayed, Streams(0, 0))
    came = [(a.opened_at, a.service) for day in range(fitted.first, fitted.last) for a in arrivals.on(day)]
    assert came == [(e.opened_at, e.service) for e in fitted.log.entries]


def test_resampled_days_are_days_of_the_log_with_the_same_weekday() -> None:
    fitted = fit(made_log(4), held_out=0)
    made = read_world(json.dumps(world_of(fitted, log="resample")))
    arrivals = Arrivals(made, Streams(0, 0))
    of_day = {
        d: sorted(e.opened_at % 86_400 for e in fitted.log.entries if e.opened_at // 86_400 + 719163 == d)
        for d in range(fitted.first, fitted.last)
    }
    for day in range(fitted.last + 100, fitted.last + 114):
        clocks = sorted(a.opened_at % 86_400 for a in arrivals.on(day))
        assert clocks in [of_day[d] for d in of_day if (d - day) % 7 == 0] or not clocks


@pytest.mark.parametrize(
    ("name", "zone", "columns"),
    [
        ("sf_fire_incidents", "America/Los_Angeles", Columns()),
        ("pittsburgh_fire_incidents", "America/New_York", Columns()),
        ("chicago_311_sanitation", "America/Chicago", Columns(sort="nature")),
    ],
)
def test_real_logs_are_fitted_judged_and_met_again_in_volume(data: Path, name: str, zone: str, columns: Columns) -> None:
    log = read_log((data / "tickets" / f"{name}.csv.gz").read_bytes(), columns, zone)
    judged = fit(log, zone)
    assert judged.split < judged.last
    assert judged.goodness.seen == sum(1 for n in judged.counts(judged.split, judged.last) for _ in range(int(n)))
    assert judged.goodness.expected == pytest.approx(judged.goodness.seen, rel=0.2)
    logged, came = volume(fit(log, zone, held_out=0))
    assert came == pytest.approx(logged, rel=0.05)
