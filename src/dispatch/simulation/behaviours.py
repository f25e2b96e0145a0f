"""What does not go by plan, each by the formula of ``docs/world.md``; every draw is keyed by the ticket and its visit, or by the shift."""

from __future__ import annotations

import math
from statistics import NormalDist

from dispatch.model import Engineer, Ticket
from dispatch.simulation.demand import Arrival
from dispatch.simulation.documents import Behaviours, ServiceTime
from dispatch.simulation.streams import Streams

__all__ = ["Luck", "residual"]

_PHI = NormalDist().cdf


def residual(service: ServiceTime, elapsed: int) -> int:
    """Return how many seconds more work is expected to take after `elapsed`: the mean residual life, at least a minute."""
    mean = float(service.mean)
    if service.law == "exponential":
        left = mean
    elif service.law == "fixed" or service.sigma == 0 or elapsed <= 0:
        left = mean - elapsed
    else:
        s = service.sigma
        mu = math.log(mean) - s * s / 2
        z = (mu - math.log(elapsed)) / s
        beyond = _PHI(z)
        left = mean * _PHI(z + s) / beyond - elapsed if beyond > 1e-9 else 0.1 * elapsed
    return max(60, int(left + 0.5))


def tier_in(engineer: Engineer, ticket: Ticket) -> int:
    """Return the tier an engineer has in the first skill a ticket asks for; where it asks for none, the best tier of all; else 1."""
    tiers = {k.skill: k.tier for k in engineer.skills}
    if ticket.skills:
        return tiers.get(ticket.skills[0].skill, 1)
    return max(tiers.values(), default=1)


def tier_excess(engineer: Engineer, ticket: Ticket) -> int:
    """Return by how many tiers an engineer passes what a ticket asks for, in the skill where it is least."""
    tiers = {k.skill: k.tier for k in engineer.skills}
    return min((max(0, tiers.get(k.skill, 0) - k.tier) for k in ticket.skills), default=0)


class Luck:
    """The draws of one replication."""

    def __init__(self, behaviours: Behaviours, streams: Streams) -> None:
        self.on, self.streams = behaviours, streams

    def service(self, arrival: Arrival, ticket: Ticket, engineer: Engineer, visit: int) -> int:
        """Return the seconds of a visit that goes well."""
        seconds = float(self.sample(arrival, visit)) * engineer.service_factor
        if self.on.tiers is not None:
            seconds *= self.on.tiers.factors.get(str(tier_in(engineer, ticket)), 1.0)  # type: ignore[call-overload]
        return max(1, int(seconds + 0.5))

    def sample(self, arrival: Arrival, visit: int) -> float:
        """Return the seconds of a visit at standard speed."""
        law, entity = arrival.work.service, f"{arrival.id}|{visit}"
        if arrival.service is not None and visit == 1:
            return float(arrival.service)
        if law.law == "exponential":
            return law.mean * self.streams.exponential("service", entity)
        return law.mean * (self.streams.lognormal("service", entity, law.sigma) if law.law == "lognormal" else 1.0)

    def travel(self, seconds: int, entity: str) -> int:
        """Return the seconds that a drive takes which is planned with so many."""
        if self.on.travel is None or not seconds:
            return seconds
        return int(seconds * self.streams.lognormal("travel", entity, self.on.travel.sigma) + 0.5)

    def no_show(self, ticket: str, visit: int) -> bool:
        """Whether nobody is there."""
        return self.on.no_show is not None and self.streams.uniform("no-show", f"{ticket}|{visit}") < self.on.no_show.share

    def missing_part(self, ticket: Ticket, visit: int) -> bool:
        """Whether the first visit at work finds that a part is missing."""
        return (
            self.on.parts is not None
            and visit == 1
            and self.streams.uniform("part", ticket.id) < self.on.parts.missing.get(ticket.kind, 0.0)
        )

    def fixed(self, ticket: Ticket, engineer: Engineer, visit: int) -> bool:
        """Whether a visit solves the ticket."""
        fix = self.on.first_time_fix
        if fix is None:
            return True
        return self.streams.uniform("fix", f"{ticket.id}|{visit}") < fix.base + fix.per_tier * tier_excess(engineer, ticket)

    def absent(self, engineer: str, shift: str) -> bool:
        """Whether an engineer does not come."""
        return self.on.absence is not None and self.streams.uniform("absence", f"{engineer}|{shift}") < self.on.absence.share

    def solved_remotely(self, ticket: Ticket) -> bool:
        """Whether the hotline solves the ticket."""
        return self.on.remote is not None and self.streams.uniform("remote", ticket.id) < self.on.remote.success.get(ticket.kind, 0.0)

    def remote_seconds(self, ticket: str) -> int:
        """Return how long an expert of the hotline needs."""
        mean = 0 if self.on.remote is None else self.on.remote.duration
        return max(1, int(mean * self.streams.exponential("hotline", ticket) + 0.5))

    def cancelled_after(self, ticket: str) -> int | None:
        """Return how long after opening a ticket is taken back, None for never."""
        off = self.on.cancellation
        if off is None or self.streams.uniform("cancelled", ticket) >= off.share:
            return None
        return int(off.after * self.streams.exponential("cancelled after", ticket) + 0.5)
