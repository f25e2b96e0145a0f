"""What a run may spend, and how it divides that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.solver import DEFAULT_SECONDS, Options
from dispatch.solver.assignment import SHARE

CHUNK = 500
"""Iterations between two looks at the clock."""
ROUND, MOST_ROUNDS = 2000, 4
"""Iterations per ticket that are worth a round of their own, and the most rounds."""
LAST, REHEAT = 0.25, 0.1
"""Share of the budget for the round after several, which only polishes, and the share of `HOT` it begins with."""
SPEED = 60_000
"""Iterations a second to expect, where only seconds are given."""


@dataclass
class Budget:
    """What a run may spend.

    `enough` iterations settle so small a day, whatever time is left; `last` is the share of the seconds that is kept back for what comes
    after the search; `stopped` says who ended the run before its time.
    """

    options: Options
    began: float
    enough: int
    last: float = SHARE
    stopped: str = ""

    def seconds(self) -> float:
        """Return the seconds spent."""
        return self.options.clock() - self.began

    def limit(self) -> float | None:
        """Return the seconds allowed, None for no limit."""
        unlimited = self.options.seconds is None and self.options.iterations is None
        return DEFAULT_SECONDS if unlimited else self.options.seconds

    def share(self, iterations: int) -> float:
        """Return how much is spent after so many iterations, 0 to 1."""
        seconds, most = self.limit(), self.most()
        spent = iterations / most if most > 0 else 1.0
        if seconds is not None:
            spent = max(spent, self.seconds() / (seconds * (1.0 - self.last)) if seconds > 0 else 1.0)
        return min(1.0, spent)

    def most(self) -> int:
        """Return the iterations allowed."""
        return self.enough if self.options.iterations is None else min(self.options.iterations, self.enough)

    def over(self, iterations: int) -> bool:
        """Whether to stop after so many iterations."""
        if self.options.stop is not None and self.options.stop.is_set():
            self.stopped = "stopped"
        return bool(self.stopped) or self.share(iterations) >= 1.0

    def end(self, iterations: int) -> str:
        """Return why the run ended."""
        if self.stopped or iterations < self.most():
            return self.stopped or "time"
        return "settled" if self.most() == self.enough else "iterations"

    def expected(self) -> float:
        """Return the iterations to expect of one lane."""
        seconds = self.limit()
        return self.most() if seconds is None else min(self.most(), SPEED * seconds)

    def rounds(self, tickets: int) -> list[tuple[float, float, float]]:
        """Return for each round the share of the budget from and to which it cools, and the share of `HOT` it begins with.

        Each round ends with an assignment among the routes of all before it: several that cool in turn give it more to choose from than
        one, but each needs its iterations; where there are few, one round takes them all.
        """
        count = int(min(MOST_ROUNDS, self.expected() / max(1, ROUND * tickets)))
        if count < 2:
            return [(0.0, 1.0, 1.0)]
        each = (1.0 - LAST) / count
        return [(k * each, (k + 1) * each, 1.0) for k in range(count)] + [(1.0 - LAST, 1.0, REHEAT)]

    def chunk(self, iterations: int, until: float) -> int:
        """Return how many iterations to run before looking again, ending at a share of the budget."""
        most = self.most()
        return max(1, min(CHUNK, most // 100, int(np.ceil(most * until)) - iterations))
