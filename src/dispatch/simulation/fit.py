"""A world's demand from a log: rates, places and durations, fitted to its first part and judged by the rest.

Rates by hour of week are shrunk towards the product of an hour and a weekday profile, `(n + k m) / (weeks + k)`: the posterior mean of a
Poisson rate under a gamma prior with mean `m` that weighs as much as `k` weeks. How much it weighs, and whether months differ, is settled
by the last quarter of the fitted part. Durations are lognormal or exponential, whichever is likelier on the fitted part.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from dispatch.model import Kind
from dispatch.schema.values import write_duration, write_time
from dispatch.simulation.logs import Entry, TicketLog
from dispatch.simulation.world import day_start

__all__ = ["Fitted", "Goodness", "SortFit", "fit", "world_of"]

FloatArray = npt.NDArray[np.float64]

PRIOR_WEEKS = (1.0, 4.0, 16.0, 64.0, 256.0, 4096.0)
"""Weeks that the profile may weigh against an hour's own count."""
PRIOR_DAYS = 28.0
"""Days that the mean of all months weighs against a month's own count."""
MOST_SORTS = 8
"""Values of a column that become sorts of their own; the rest is `other`."""
UNNAMED = "tickets"
"""The sort of what has no other name."""
MOST_POINTS = 200
"""Places kept of a sort."""
DEFAULT_SERVICE = 3600


@dataclass(frozen=True)
class SortFit:
    """What was fitted to one sort of tickets.

    Parameters
    ----------
    by_hour
        Expected tickets per hour of week, Monday 00:00 first, a mean month taken.
    season
        Factor of each month.
    points
        Places (lat, lon), as often as they occur.
    service
        Mean seconds, standard deviation of the logarithm, and law; `known` says whether the log had durations.
    """

    name: str
    tickets: int
    by_hour: FloatArray
    season: FloatArray
    points: tuple[tuple[float, float], ...]
    service: tuple[float, float, str]
    known: bool


@dataclass(frozen=True)
class Goodness:
    """How well what was fitted to the first part says the second part.

    Parameters
    ----------
    expected, seen
        Tickets in the held-out part.
    spread
        Variance of daily counts over what Poisson counts would have: 1 where the days differ by chance alone.
    explained
        Share of the Poisson deviance of hourly counts, around a flat rate of the same volume, that the fit takes away; None where openings
        are days.
    durations, ks, ks_bound
        Number of held-out durations, the largest distance of their distribution from the fitted one (Kolmogorov-Smirnov), and what it stays
        below in 95 of 100 cases if the fit is true.
    places_km
        Median distance of held-out places from the nearest fitted one.
    """

    expected: float
    seen: int
    spread: float | None
    explained: float | None
    durations: int
    ks: float | None
    ks_bound: float | None
    places_km: float | None


@dataclass(frozen=True)
class Fitted:
    """The fit of a whole log: by sorts, with the days that were fitted and held out (ordinals, ends excluded)."""

    log: TicketLog
    zone: ZoneInfo
    sorts: tuple[SortFit, ...]
    first: int
    split: int
    last: int
    goodness: Goodness

    def rates(self, start: int, end: int) -> FloatArray:
        """Return the expected tickets in each hour of some days, all sorts together, clock changes aside."""
        days = range(start, end)
        months = np.array([date.fromordinal(d).month - 1 for d in days])
        total = np.zeros((len(days), 24))
        for sort in self.sorts:
            week = sort.by_hour.reshape(7, 24)
            total += week[[(d - 1) % 7 for d in days]] * sort.season[months][:, None]
        return total.ravel()

    def counts(self, start: int, end: int) -> FloatArray:
        """Return the tickets of the log in each local hour of some days."""
        found = np.zeros((end - start, 24))
        for entry in self.log.entries:
            local = datetime.fromtimestamp(entry.opened_at, self.zone)
            day = local.date().toordinal()
            if start <= day < end:
                found[day - start, local.hour] += 1
        return found.ravel()


def fit(log: TicketLog, time_zone: str = "UTC", held_out: float = 0.25, service: int = DEFAULT_SERVICE) -> Fitted:
    """Fit rates, places and durations to a log.

    Parameters
    ----------
    held_out
        Share of the days at the end that is kept back to judge the fit.
    service
        Mean seconds on site where the log has no durations.
    """
    zone = ZoneInfo(time_zone)
    days = np.array([datetime.fromtimestamp(e.opened_at, zone).date().toordinal() for e in log.entries])
    first, last = int(days.min()), int(days.max()) + 1
    split = last - int((last - first) * held_out)
    if not (days < split).any():
        split = last
    names = _sorts([e for e, d in zip(log.entries, days.tolist(), strict=True) if d < split])
    prior = _prior([e for e, d in zip(log.entries, days.tolist(), strict=True) if d < split], zone, first, split, log.days_only)
    sorts = []
    for name in names:
        mine = [e for e, d in zip(log.entries, days.tolist(), strict=True) if d < split and _sort_of(e, names) == name]
        if mine:
            sorts.append(_sort(name, mine, zone, (first, split), log.days_only, prior, service))
    fitted = Fitted(log, zone, tuple(sorts), first, split, last, Goodness(0.0, 0, None, None, 0, None, None, None))
    return Fitted(log, zone, fitted.sorts, first, split, last, _goodness(fitted))


def _sorts(entries: Sequence[Entry]) -> list[str]:
    counts = Counter(e.sort or UNNAMED for e in entries)
    names = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    return names if len(names) <= MOST_SORTS else [*names[: MOST_SORTS - 1], "other"]


def _sort_of(entry: Entry, names: Sequence[str]) -> str:
    name = entry.sort or UNNAMED
    return name if name in names else "other"


def _sort(
    name: str, entries: Sequence[Entry], zone: ZoneInfo, days: tuple[int, int], days_only: bool, prior: tuple[float, bool], service: int
) -> SortFit:
    by_hour, season = _rates([datetime.fromtimestamp(e.opened_at, zone) for e in entries], days, days_only, prior)
    known = [e.service for e in entries if e.service is not None]
    points = [(e.lat, e.lon) for e in entries if e.lat is not None and e.lon is not None]
    step = max(1, math.ceil(len(points) / MOST_POINTS))
    return SortFit(name, len(entries), by_hour, season, tuple(points[::step]), _service(known, service), len(known) >= 2)


def _rates(moments: Sequence[datetime], days: tuple[int, int], days_only: bool, prior: tuple[float, bool]) -> tuple[FloatArray, FloatArray]:
    """Return rates by hour of week, and the factor of each month, under a prior: its weeks, and whether months differ."""
    weeks, seasonal = prior
    season = _season([m.month for m in moments], *days) if seasonal else np.ones(12)
    # A day weighs as much as the factor of its month: rates are those of a mean month.
    exposure = np.zeros(7)
    for day in range(*days):
        exposure[(day - 1) % 7] += season[date.fromordinal(day).month - 1]
    counts = np.zeros((7, 24))
    for m in moments:
        counts[m.weekday(), m.hour] += 1
    if days_only:  # a day says nothing about its hours
        counts = np.repeat(counts.sum(axis=1, keepdims=True) / 24, 24, axis=1)
    total = counts.sum()
    hours = counts.sum(axis=0) / total
    # Weekdays that the log does not have get the rate of a mean day.
    each = np.where(exposure > 0, counts.sum(axis=1) / np.maximum(exposure, 1e-9), total / max(1, days[1] - days[0]))
    profile = each[:, None] * hours[None, :]
    return ((counts + weeks * profile) / (exposure[:, None] + weeks)).ravel(), season


def _prior(entries: Sequence[Entry], zone: ZoneInfo, first: int, split: int, days_only: bool) -> tuple[float, bool]:
    """Return the prior under which the first three quarters of some days say the last quarter best (Poisson likelihood)."""
    inner = split - (split - first) // 4
    moments = [datetime.fromtimestamp(e.opened_at, zone) for e in entries]
    early = [m for m in moments if m.date().toordinal() < inner]
    if inner == split or not early:
        return PRIOR_WEEKS[-2], False
    later = np.zeros((split - inner, 24))
    for m in moments:
        day = m.date().toordinal()
        if day >= inner:
            later[day - inner, m.hour] += 1
    if days_only:
        later = np.repeat(later.sum(axis=1, keepdims=True) / 24, 24, axis=1)
    months = np.array([date.fromordinal(d).month - 1 for d in range(inner, split)])
    weekdays = np.array([(d - 1) % 7 for d in range(inner, split)])

    def likelihood(prior: tuple[float, bool]) -> float:
        by_hour, season = _rates(early, (first, inner), days_only, prior)
        rates = np.maximum(by_hour.reshape(7, 24)[weekdays] * season[months][:, None], 1e-9)
        rates *= later.sum() / rates.sum() if later.sum() else 1.0  # the volume is judged elsewhere: here it is the shape
        return float((later * np.log(rates)).sum())

    return max(((weeks, seasonal) for weeks in PRIOR_WEEKS for seasonal in (False, True)), key=likelihood)


def _season(months: Sequence[int], first: int, split: int) -> FloatArray:
    """Return a factor per month, 1 in the mean over the days fitted; all 1 where a year is not covered."""
    days = np.zeros(12)
    for day in range(first, split):
        days[date.fromordinal(day).month - 1] += 1
    if (days < 14).any():
        return np.ones(12)
    counts = np.bincount(np.array(months) - 1, minlength=12)
    mean = counts.sum() / days.sum()
    return np.asarray((counts + PRIOR_DAYS * mean) / (days + PRIOR_DAYS) / mean, np.float64)


def _service(seconds: Sequence[int], default: int) -> tuple[float, float, str]:
    """Return mean, sigma and law of durations: lognormal or exponential by likelihood."""
    if len(seconds) < 2:
        return float(default), 0.5, "lognormal"
    x = np.array(seconds, np.float64)
    logs = np.log(x)
    mu, sigma, mean = float(logs.mean()), float(max(logs.std(), 1e-3)), float(x.mean())
    lognormal = float((-logs - math.log(sigma * math.sqrt(2 * math.pi)) - (logs - mu) ** 2 / (2 * sigma**2)).sum())
    exponential = float((-math.log(mean) - x / mean).sum())
    if exponential > lognormal:
        return mean, 0.5, "exponential"
    sigma = min(sigma, 3.0)
    return math.exp(mu + sigma**2 / 2), sigma, "lognormal"


# ------------------------------------------------------------------- judging


def _goodness(fitted: Fitted) -> Goodness:
    start, end = fitted.split, fitted.last
    if start == end:
        start = fitted.first
    rates, counts = fitted.rates(start, end), fitted.counts(start, end)
    expected, seen = float(rates.sum()), int(counts.sum())
    daily, daily_rates = counts.reshape(-1, 24).sum(axis=1), rates.reshape(-1, 24).sum(axis=1)
    scaled = daily_rates * (seen / expected) if expected else daily_rates
    spread = float((((daily - scaled) ** 2) / np.maximum(scaled, 1e-9)).mean()) if len(daily) > 1 and seen else None
    held = [e for e in fitted.log.entries if start <= datetime.fromtimestamp(e.opened_at, fitted.zone).date().toordinal() < end]
    known = [(e, s) for e in held if (s := e.service) is not None]
    ks = _ks(fitted, known) if known and any(s.known for s in fitted.sorts) else None
    bound = 1.36 / math.sqrt(len(known)) if known else None
    explained = None if fitted.log.days_only or not seen else _explained(rates, counts)
    return Goodness(expected, seen, spread, explained, len(known), ks, None if ks is None else bound, _apart(fitted, held))


def _explained(rates: FloatArray, counts: FloatArray) -> float | None:
    def deviance(mean: FloatArray) -> float:
        mean = np.maximum(mean, 1e-9)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(counts > 0, counts * np.log(counts / mean), 0.0)
        return float(2 * (logs - counts + mean).sum())

    scaled = rates * (counts.sum() / rates.sum())
    flat = deviance(np.full(len(counts), counts.mean()))
    return 1 - deviance(scaled) / flat if flat > 0 else None


def _ks(fitted: Fitted, known: Sequence[tuple[Entry, int]]) -> float:
    """Return the largest distance of the held-out durations from the fitted distribution, a mixture over the sorts they belong to."""
    from scipy.special import ndtr

    sorts = {s.name: s for s in fitted.sorts}
    names = list(sorts)
    weights = Counter(_sort_of(e, names) for e, _ in known)
    x = np.sort(np.array([s for _, s in known], np.float64))
    mixture = np.zeros(len(x))
    for name, count in weights.items():
        mean, sigma, law = sorts[name].service if name in sorts else (float(DEFAULT_SERVICE), 0.5, "lognormal")
        share = count / len(known)
        if law == "exponential":
            mixture += share * (1 - np.exp(-x / mean))
        else:
            mixture += share * ndtr((np.log(x) - math.log(mean) + sigma**2 / 2) / sigma)
    steps = np.arange(1, len(x) + 1) / len(x)
    return float(max(np.abs(steps - mixture).max(), np.abs(steps - 1 / len(x) - mixture).max()))


def _apart(fitted: Fitted, held: Sequence[Entry]) -> float | None:
    points = np.array([p for s in fitted.sorts for p in s.points], np.float64).reshape(-1, 2)
    places = np.array([(e.lat, e.lon) for e in held if e.lat is not None], np.float64).reshape(-1, 2)
    if not len(points) or not len(places):
        return None
    places = places[:: max(1, len(places) // 2000)]
    narrow = math.cos(math.radians(float(points[:, 0].mean())))
    nearest = [float(np.hypot(*((points - p) * (111.195, 111.195 * narrow)).T).min()) for p in places]
    return float(np.median(nearest))


# ------------------------------------------------------------------- writing


def world_of(fitted: Fitted, kind: Kind = "repair", log: str | None = None) -> dict[str, Any]:
    """Return a world with the fitted demand, and a crew to begin with: enough hours in the day for the work at 60 % of them.

    Where the log has no places, all is in one, and travel takes no time.

    Parameters
    ----------
    log
        `replay` or `resample`: the tickets of the log are put in, to come instead of random ones.
    """
    demand = []
    ids = _ids([s.name for s in fitted.sorts])
    middle = _middle(fitted)
    for sort in fitted.sorts:
        mean, sigma, law = sort.service
        service = {"mean": write_duration(max(1, round(mean))), "law": law, **({"sigma": round(sigma, 4)} if law == "lognormal" else {})}
        points = [{"lat": round(lat, 6), "lon": round(lon, 6)} for lat, lon in sort.points]
        demand.append(
            {
                "id": ids[sort.name],
                "kind": kind,
                "area": {"points": points} if points else {"centre": middle},
                "service": service,
                "by_hour": [round(r, 6) for r in sort.by_hour.tolist()],
                "season": [round(r, 4) for r in sort.season.tolist()],
            }
        )
    hours = sum(float(s.by_hour.sum()) * s.service[0] / 3600 for s in fitted.sorts)
    roster = {"start": "08:00", "length": "PT10H", "overtime": "PT4H"}
    crew = {"id": "engineer", "count": min(1000, max(1, math.ceil(hours / (7 * 10 * 0.6)))), "home": middle, "roster": [roster]}
    world: dict[str, Any] = {
        "format": "dispatch-world/1",
        "name": f"Fitted to {sum(s.tickets for s in fitted.sorts)} tickets",
        "time_zone": fitted.zone.key,
        "start": date.fromordinal(fitted.first).isoformat(),
        **({"travel": {"source": "matrix", "seconds": [[0]]}} if "index" in middle else {}),
        "engineers": [crew],
        "demand": demand,
    }
    if log is not None:
        names = [s.name for s in fitted.sorts]
        world["log"] = {
            "mode": log,
            "tickets": [_logged(e, ids, names, fitted.zone) for e in fitted.log.entries if _sort_of(e, names) in ids],
        }
    return world


def _ids(names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        plain = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())[:40] or "tickets"
        number, made = 2, plain
        while made in found.values():
            made, number = f"{plain}-{number}", number + 1
        found[name] = made
    return found


def _middle(fitted: Fitted) -> dict[str, float]:
    points = np.array([p for s in fitted.sorts for p in s.points], np.float64).reshape(-1, 2)
    if not len(points):
        return {"index": 0}
    lat, lon = np.median(points, axis=0).tolist()
    return {"lat": round(lat, 6), "lon": round(lon, 6)}


def _logged(e: Entry, ids: dict[str, str], names: Sequence[str], zone: ZoneInfo) -> dict[str, Any]:
    found: dict[str, Any] = {"opened_at": write_time(e.opened_at, zone), "demand": ids[_sort_of(e, names)]}
    if e.lat is not None and e.lon is not None:
        found["place"] = {"lat": e.lat, "lon": e.lon}
    if e.service is not None:
        found["service"] = write_duration(e.service)
    return found


def days_of(fitted: Fitted) -> tuple[int, int]:
    """Return the Unix seconds between which the log lies."""
    return day_start(fitted.first, fitted.zone), day_start(fitted.last, fitted.zone)
