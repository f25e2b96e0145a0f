"""How explanations speak: names, clock times, spans and costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dispatch.model import MINUTE, Problem

FEW = 3
"""Names listed before "and 4 more"."""


class Words:
    """The names and the local time of one problem."""

    def __init__(self, problem: Problem) -> None:
        self.zone = ZoneInfo(problem.time_zone)
        shared = Counter(e.name for e in problem.engineers)
        self.names = {e.id: f"{e.name} ({e.id})" if shared[e.name] > 1 else e.name for e in problem.engineers if e.name}
        days = {self._local(s.start).date() for e in problem.engineers for s in e.shifts}
        self.day = days.pop() if len(days) == 1 else None

    def _local(self, time: int) -> datetime:
        return datetime.fromtimestamp(time, self.zone)

    def name(self, engineer: str) -> str:
        """Return what people call an engineer: the name, with the id where several share it."""
        return self.names.get(engineer, engineer)

    def clock(self, time: int, late: bool = False) -> str:
        """Return the local time of day, with the weekday unless everybody works on that one day; if `late`, begun minutes count."""
        local = self._local(-(-time // 60) * 60 if late else time)
        return f"{local:%H:%M}" if local.date() == self.day else f"{local:%a %H:%M}"

    def people(self, engineers: Sequence[str], last: str = "and") -> str:
        """Return names of engineers in a row, each once."""
        return listed([self.name(e) for e in dict.fromkeys(engineers)], last)


def listed(names: Sequence[str], last: str = "and") -> str:
    """Return names in a row: Ann, Bob and Eve; of many the first few: Ann, Bob, Eve and 4 more."""
    if len(names) > FEW + 1:
        names = [*names[:FEW], f"{len(names) - FEW} more"]
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def span(seconds: int) -> str:
    """Return a duration in minutes, begun ones counted: 95 min; in hours from two on: 2 h 5 min."""
    minutes = -(-seconds // 60)
    hours, rest = divmod(minutes, 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def price(cost: int) -> str:
    """Return a cost in minutes of travel, with a decimal where it has one: 1,240 min."""
    return f"{cost / MINUTE:,.1f}".removesuffix(".0") + " min"


def clauses(sentences: Sequence[str]) -> str:
    """Join instructions into one sentence: Do this, and do that."""
    return ", and ".join([sentences[0], *(s[:1].lower() + s[1:] for s in sentences[1:])])
