"""What comes in on a day: tickets at random, recurring visits, and logs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dispatch.model import Place
from dispatch.simulation.documents import Area, Demand, LoggedTicket, Preventive
from dispatch.simulation.streams import Streams
from dispatch.simulation.world import World, clock_time, day_start

__all__ = ["Arrival", "Arrivals", "rate_of_hour"]

KM_PER_DEGREE = 111.195


@dataclass(frozen=True, slots=True)
class Arrival:
    """A ticket that comes in.

    Parameters
    ----------
    opened_at
        Unix seconds.
    respond_by
        Unix seconds; None where the work or a service level says.
    service
        Seconds it takes at standard speed, where a log says so.
    """

    id: str
    work: Demand | Preventive
    opened_at: int
    place: Place
    respond_by: int | None = None
    service: int | None = None


def rate_of_hour(work: Demand, hour_of_week: int, month: int) -> float:
    """Return the expected tickets of an hour: 0 is Monday from 00:00 to 01:00, months count from 1."""
    if work.by_hour is not None:
        rate = work.by_hour[hour_of_week]
    else:
        total = sum(work.hours) * sum(work.weekdays)
        weight = work.hours[hour_of_week % 24] * work.weekdays[hour_of_week // 24]
        rate = (work.per_week or 0.0) * weight / total if total else 0.0
    return rate * work.season[month - 1]


class Arrivals:
    """The tickets of one replication, day by day."""

    def __init__(self, world: World, streams: Streams) -> None:
        self.world, self.streams, self.zone = world, streams, world.zone
        self.logged = {t.demand for t in world.log.tickets} if world.log is not None else set()
        self.phases: dict[str, npt.NDArray[np.float64]] = {}

    def on(self, day: int) -> list[Arrival]:
        """Return the tickets of a local day (ordinal), in order of opening."""
        found = [*self._random(day), *self._recurring(day), *self._from_log(day)]
        return sorted(found, key=lambda a: (a.opened_at, a.id))

    # -------------------------------------------------------------- at random

    def _random(self, day: int) -> Iterator[Arrival]:
        start, end = day_start(day, self.zone), day_start(day + 1, self.zone)
        hours = [datetime.fromtimestamp(t, self.zone) for t in range(start, end, 3600)]
        lengths = np.array([min(3600, end - t) for t in range(start, end, 3600)])
        name = date.fromordinal(day).isoformat()
        for work in self.world.demand:
            if work.id in self.logged:
                continue
            rates = np.array([rate_of_hour(work, h.weekday() * 24 + h.hour, h.month) for h in hours]) * lengths / 3600
            draw = self.streams.generator("arrivals", f"{work.id}|{day}")
            counts = draw.poisson(rates)
            moments = [
                start + 3600 * h + int(u * lengths[h]) for h, n in enumerate(counts.tolist()) for u in sorted(draw.random(n).tolist())
            ]
            for k, opened in enumerate(moments):
                ticket = f"{work.id}-{name}-{k + 1}"
                yield Arrival(ticket, work, opened, self.place(work.area, ticket))

    def place(self, area: Area, entity: str) -> Place:
        """Return a random place of an area."""
        u = self.streams.uniform("place", entity)
        if area.points:
            p = area.points[int(u * len(area.points))]
            return Place(p.lat, p.lon, p.address, p.index)
        centre = area.centre
        if centre is None or centre.lat is None or centre.lon is None or not area.radius_km:
            return Place() if centre is None else Place(centre.lat, centre.lon, centre.address, centre.index)
        far, angle = area.radius_km * math.sqrt(u), 2 * math.pi * self.streams.uniform("angle", entity)
        lat = centre.lat + far * math.sin(angle) / KM_PER_DEGREE
        lon = centre.lon + far * math.cos(angle) / (KM_PER_DEGREE * max(0.01, math.cos(math.radians(centre.lat))))
        return Place(round(lat, 6), round(lon, 6))

    # -------------------------------------------------------------- recurring

    def _recurring(self, day: int) -> Iterator[Arrival]:
        origin = day_start(self.world.start, self.zone)
        start, end = day_start(day, self.zone), day_start(day + 1, self.zone)
        for work in self.world.preventive:
            if work.id not in self.phases:
                self.phases[work.id] = self.streams.generator("phase", work.id).random(work.sites)
            # A site is due at origin + tolerance + (phase + j) x every, and may be visited from `tolerance` before that.
            first = origin + np.floor(self.phases[work.id] * work.every).astype(np.int64)
            rounds = np.maximum(0, -((first - start) // work.every))
            opened = first + rounds * work.every
            for site in np.flatnonzero((opened >= start) & (opened < end)).tolist():
                at, number = int(opened[site]), int(rounds[site])
                place = self.place(work.area, f"{work.id}/{site}")
                yield Arrival(f"{work.id}-{site + 1}-{number + 1}", work, at, place, at + 2 * work.tolerance)

    # --------------------------------------------------------------- from logs

    @cached_property
    def _log_days(self) -> dict[int, list[tuple[LoggedTicket, str]]]:
        """The tickets of the log by local day, with names."""
        days: dict[int, list[tuple[LoggedTicket, str]]] = defaultdict(list)
        if self.world.log is not None:
            for k, t in enumerate(sorted(self.world.log.tickets, key=lambda t: t.opened_at)):
                days[datetime.fromtimestamp(t.opened_at, self.zone).date().toordinal()].append((t, f"{t.demand}-log-{k + 1}"))
        return days

    def _from_log(self, day: int) -> Iterator[Arrival]:
        log = self.world.log
        if log is None or not self._log_days:
            return
        source = day
        if log.mode == "resample":
            first, last = min(self._log_days), max(self._log_days)
            alike = [d for d in range(first, last + 1) if (d - day) % 7 == 0]
            if not alike:
                return
            source = alike[int(self.streams.uniform("log day", str(day)) * len(alike))]
        works = {w.id: w for w in self.world.demand}
        for t, name in self._log_days.get(source, ()):
            opened = t.opened_at
            if source != day:
                local = datetime.fromtimestamp(opened, self.zone)
                opened = clock_time(day, local.hour * 3600 + local.minute * 60, self.zone) + local.second
            ticket = name if source == day else f"{name}-on-{date.fromordinal(day).isoformat()}"
            place = (
                self.place(works[t.demand].area, ticket)
                if t.place is None
                else Place(t.place.lat, t.place.lon, t.place.address, t.place.index)
            )
            yield Arrival(ticket, works[t.demand], opened, place, None, t.service)
