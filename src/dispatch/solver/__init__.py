"""Solving: engines propose routes, the assignment model chooses among all seen, an insertion pass leaves nothing out at a loss."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from dispatch.model import Plan, Problem
from dispatch.travel import TravelMatrix

__all__ = ["ENGINES", "Engine", "Options", "Progress", "Result", "solve"]

Engine = Literal["search", "routing"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

DEFAULT_SECONDS = 10.0


@dataclass(frozen=True)
class Progress:
    """How far a run is: seconds spent, iterations done, the cost so far (milliseconds of travel), tickets left out.

    Parameters
    ----------
    best
        Returns the best plan so far, nothing but tickets in order; to be called before `Options.on_progress` returns.
    """

    seconds: float
    iterations: int
    cost: int
    unassigned: int
    best: Callable[[], Plan] | None = None


@dataclass(frozen=True)
class Options:
    """How to solve.

    Parameters
    ----------
    seconds, iterations
        Where to stop, whichever comes first; neither given means `DEFAULT_SECONDS`. With `iterations` alone and
        one worker the answer depends on nothing but the problem and the seed.
    seed
        Of the random numbers.
    workers
        Threads that search side by side, and then prove side by side; compiled code does not hold the interpreter lock.
    engine
        ``search``: compiled ruin and recreate. ``routing``: the OR-Tools routing model.
    prove
        Seconds to prove afterwards how far the plan is from the best possible; what is found on the way goes into the plan.
    on_progress
        Called a few times a second with how far it is.
    stop
        Set it to end the run; the best plan so far is returned.
    clock
        Seconds that never run backwards.
    """

    seconds: float | None = None
    iterations: int | None = None
    seed: int = 0
    workers: int = 1
    engine: Engine = "search"
    prove: float | None = None
    on_progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Result:
    """A plan and how it was found.

    Parameters
    ----------
    plan
        With times; costs by rule and KPIs are for `dispatch.check` to say.
    cost
        Of the plan by the policy, milliseconds of travel.
    gained
        What the assignment model took off the cost of the best plan an engine had found.
    """

    plan: Plan
    cost: int
    gained: int


def solve(problem: Problem, matrix: TravelMatrix, options: Options | None = None, start: Plan | None = None) -> Result:
    """Find a cheap plan.

    Parameters
    ----------
    start
        A plan to begin with. The answer never costs more than what of it can still be kept, and never leaves out more work that must
        be served.

    Returns
    -------
    Result
        Always, on an empty problem and after an interrupt, too. What is pinned, begun or done stays where it is.
    """
    from dispatch.solver import arrays, run  # numba takes half a second to import

    instance = arrays.build(problem, matrix)
    return run.run(instance, options or Options(), start)
