"""Generated field-service days: the same count and seed give the same day, on every machine.

One city, one day, shifts of ten hours from and to the engineers' homes, about seven tickets per engineer. The cost is
travel plus a price per ticket left out, by priority; nothing else, so that every engine can express it. Print a day with
``python -m benchmarks.days 100 --seed 3 > day.json``.

What is drawn, in this order:

- `DISTRICTS` centres, uniform over a square of `SIDE_KM`; a home or a site lies within about `SPREAD_KM` of a centre (normal
  in both directions) with probability `CLUSTERED`, else anywhere in the square;
- for each engineer a home and two to four of `SKILLS`, each at a tier of `TIERS`;
- for each ticket a site, a priority of `PRIORITY_SHARES`, a service time of `SERVICE_MINUTES`, and one skill (two with
  probability `TWO_SKILLS`) that some engineer drawn at random has, at that tier or below, so nothing is beyond everybody;
- for each ticket a window: a width of `WINDOW_HOURS`, beginning on a half hour such that it lies within the shift.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from dispatch.model import (
    RULES,
    CrowTravel,
    Engineer,
    EngineerSkill,
    Place,
    PolicyChoice,
    Problem,
    Rule,
    Shift,
    Ticket,
    TicketSkill,
    Window,
)

TICKETS_PER_ENGINEER = 7
START = int(datetime(2026, 3, 3, tzinfo=UTC).timestamp())
"""The shifts begin: a Tuesday, 08:00 in Changsha."""
SHIFT_HOURS = 10
CENTRE = (28.2, 112.95)
"""Latitude and longitude of the middle of the city."""
SIDE_KM = 30.0
DISTRICTS = 8
CLUSTERED = 0.7
SPREAD_KM = 2.0
SKILLS = ("electrical", "hydraulics", "pumps", "controls", "refrigeration")
TIERS = {1: 3, 2: 4, 3: 3}
"""Tier to its share: of an engineer's skills, and of what tickets ask for."""
TWO_SKILLS = 0.25
SERVICE_MINUTES = {20: 2, 30: 3, 45: 4, 60: 4, 90: 3, 120: 2}
"""Minutes of service to their share; the mean is about an hour."""
WINDOW_HOURS = {2: 4, 4: 3, 10: 3}
"""Hours a window is open to their share; ten is the whole shift."""
PRIORITY_SHARES = {1: 1, 2: 2, 3: 4, 4: 3}
LEFT_OUT_HOURS = {1: 16, 2: 8, 3: 4, 4: 2}
"""Hours of travel that leaving a ticket out costs, by priority."""


def _draw(rng: random.Random, shares: dict[int, int]) -> int:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _place(rng: random.Random, districts: Sequence[tuple[float, float]]) -> Place:
    east, north = rng.uniform(0, SIDE_KM), rng.uniform(0, SIDE_KM)
    if rng.random() < CLUSTERED:
        centre = rng.choice(districts)
        east, north = (min(max(rng.gauss(at, SPREAD_KM), 0), SIDE_KM) for at in centre)
    km_per_degree = 111.195
    lat = CENTRE[0] + (north - SIDE_KM / 2) / km_per_degree
    lon = CENTRE[1] + (east - SIDE_KM / 2) / (km_per_degree * math.cos(math.radians(CENTRE[0])))
    return Place(round(lat, 5), round(lon, 5))


def _engineer(rng: random.Random, number: int, districts: Sequence[tuple[float, float]]) -> Engineer:
    home = _place(rng, districts)
    end = START + 3600 * SHIFT_HOURS
    skills = tuple(EngineerSkill(tag, _draw(rng, TIERS)) for tag in sorted(rng.sample(SKILLS, rng.randint(2, 4))))
    return Engineer(f"e{number}", (Shift("day", START, end, end, home, home),), home=home, skills=skills)


def _ticket(rng: random.Random, number: int, districts: Sequence[tuple[float, float]], engineers: Sequence[Engineer]) -> Ticket:
    place = _place(rng, districts)
    priority = _draw(rng, PRIORITY_SHARES)
    service = 60 * _draw(rng, SERVICE_MINUTES)
    model = rng.choice(engineers)
    asked = rng.sample(model.skills, 2 if rng.random() < TWO_SKILLS else 1)
    skills = tuple(TicketSkill(s.skill, min(s.tier, _draw(rng, TIERS))) for s in sorted(asked, key=lambda s: s.skill))
    width = _draw(rng, WINDOW_HOURS)
    opens = START + 1800 * rng.randint(0, 2 * (SHIFT_HOURS - width))
    window = Window(opens, opens + 3600 * width)
    price = 60.0 * LEFT_OUT_HOURS[priority]
    return Ticket(f"t{number}", place, service, priority=priority, skills=skills, windows=(window,), unassigned_cost=price)


def generate(tickets: int, seed: int) -> Problem:
    """Return a day of so many tickets; engineers are one for every `TICKETS_PER_ENGINEER`, at least one."""
    rng = random.Random(f"{tickets}/{seed}")
    districts = [(rng.uniform(0, SIDE_KM), rng.uniform(0, SIDE_KM)) for _ in range(DISTRICTS)]
    crew = max(1, round(tickets / TICKETS_PER_ENGINEER))
    engineers = tuple(_engineer(rng, k + 1, districts) for k in range(crew))
    wanted = tuple(_ticket(rng, k + 1, districts, engineers) for k in range(tickets))
    unpriced: dict[Rule, float] = {rule: 0.0 for rule in RULES if rule not in ("travel", "unassigned")}
    return Problem(
        engineers,
        wanted,
        START,
        name=f"day of {tickets} tickets, seed {seed}",
        time_zone="Asia/Shanghai",
        policy=PolicyChoice("balanced", {**unpriced}),
        travel=CrowTravel(),
    )


def main(
    tickets: Annotated[int, typer.Argument(min=1, help="How many tickets.")],
    seed: Annotated[int, typer.Option(help="Same seed, same day.")] = 0,
) -> None:
    """Print a generated field-service day as a problem."""
    from dispatch import schema

    sys.stdout.buffer.write(schema.write_problem(generate(tickets, seed)))


if __name__ == "__main__":
    typer.run(main)
