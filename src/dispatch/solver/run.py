"""One run: engines, assignment and insertion in turn, until time or iterations are spent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dispatch.model import Plan, SolverRun
from dispatch.solver import DEFAULT_SECONDS, Options, Progress, Result, search
from dispatch.solver.arrays import Instance
from dispatch.solver.assignment import Pool, choose
from dispatch.solver.routes import Routes, best_of, from_plan, load, real_cost, to_plan
from dispatch.solver.search import BEST, LENGTH, Guide, State
from dispatch.solver.timing import DRIVEN

CHUNK = 500
"""Iterations between two looks at the clock."""
HARVEST = 4
"""Chunks between two harvests of routes."""
HOT, COLD = 1.5, 0.0075
"""First and last temperature, in mean legs of the plan at hand."""
ROUNDS = ((0.0, 0.6, 1.0), (0.6, 1.0, 0.2))
"""Share of the budget from and to which a round cools, and the share of `HOT` it begins with; each ends with an assignment."""


@dataclass
class Budget:
    """What a run may spend, what it has spent, and why it ended."""

    options: Options
    began: float
    iterations: int = 0
    stopped: str = ""

    def seconds(self) -> float:
        """Return the seconds spent."""
        return self.options.clock() - self.began

    def limit(self) -> float | None:
        """Return the seconds allowed, None for no limit."""
        unlimited = self.options.seconds is None and self.options.iterations is None
        return DEFAULT_SECONDS if unlimited else self.options.seconds

    def share(self) -> float:
        """Return how much of the budget is spent, 0 to 1."""
        seconds, iterations = self.limit(), self.options.iterations
        spent = [0.0]
        if seconds is not None:
            spent.append(self.seconds() / seconds if seconds > 0 else 1.0)
        if iterations is not None:
            spent.append(self.iterations / iterations if iterations > 0 else 1.0)
        return min(1.0, max(spent))

    def over(self) -> bool:
        """Whether to stop; notes why."""
        if self.options.stop is not None and self.options.stop.is_set():
            self.stopped = "stopped"
        elif not self.stopped and self.share() >= 1.0:
            most = self.options.iterations
            self.stopped = "iterations" if most is not None and self.iterations >= most else "time"
        return bool(self.stopped)

    def chunk(self, until: float) -> int:
        """Return how many iterations to run before looking again, ending at a share of the budget."""
        most = self.options.iterations
        if most is None:
            return CHUNK
        return max(1, min(CHUNK, most // 100, int(np.ceil(most * until)) - self.iterations))

    def report(self, state: State) -> None:
        """Tell whoever asked how far the run is."""
        if self.options.on_progress is not None:
            left_out = len(state.tickets) - int(state.best[:, 0].sum())
            self.options.on_progress(Progress(self.seconds(), self.iterations, int(state.number[BEST]), left_out))


def run(instance: Instance, options: Options, start: Plan | None) -> Result:
    """Solve an instance; see `dispatch.solver.solve`."""
    budget = Budget(options, options.clock())
    guide, state = search.guide(instance.arrays), search.start(instance.arrays, options.seed)
    if start is not None:
        load(instance, state, from_plan(instance, start)[0])
    search.fill(instance.arrays, guide, state)
    gained = 0
    try:
        gained = _improve(instance, guide, state, budget)
    except KeyboardInterrupt:
        budget.stopped = "interrupted"
    load(instance, state, best_of(state))
    search.leave_nothing(instance.arrays, state)
    plan = to_plan(instance, state)
    how = SolverRun(options.engine, round(budget.seconds(), 3), options.seed, budget.iterations, budget.stopped)
    return Result(replace(plan, solver=how), real_cost(instance, state), gained)


def _improve(instance: Instance, guide: Guide, state: State, budget: Budget) -> int:
    """Run the engine, choosing anew among all routes seen at the end of each round; return what the choices gained."""
    gained, pool, arrays = 0, Pool(), instance.arrays
    for begin, until, heat in ROUNDS:
        if budget.options.engine == "routing":
            _propose(instance, state, budget, pool, until)
        else:
            _anneal(instance, guide, state, budget, pool, begin, until, heat)
        best = best_of(state)
        pool.add(instance, state, best)
        cost = int(state.number[BEST])
        chosen = choose(instance, pool, best, budget.limit())
        load(instance, state, best if chosen is None else chosen)
        search.fill(arrays, guide, state)
        if state.number[BEST] > cost:
            load(instance, state, best)
        gained += cost - int(state.number[BEST])
        budget.report(state)
        if budget.over():
            break
    return gained


def _propose(instance: Instance, state: State, budget: Budget, pool: Pool, until: float) -> None:
    """Let the OR-Tools routing model improve the best routes until a share of the budget is spent."""
    from dispatch.solver import routing  # its library is loaded only where it is asked for

    def found(candidate: Routes) -> bool:
        pool.add(instance, state, candidate)
        before, best = int(state.number[BEST]), best_of(state)
        load(instance, state, candidate)
        if state.number[BEST] > before:
            load(instance, state, best)
        budget.iterations += 1
        budget.report(state)
        return not budget.over() and budget.share() < until

    seconds, most = budget.limit(), budget.options.iterations
    routing.propose(
        instance,
        best_of(state),
        None if seconds is None else max(0.0, seconds * until - budget.seconds()),
        None if most is None else max(1, int(most * until) - budget.iterations),
        found,
    )


def _anneal(
    instance: Instance, guide: Guide, state: State, budget: Budget, pool: Pool, begin: float, until: float, heat: float
) -> None:
    """Cool from `heat` times the first temperature to the last while the budget goes from one share to another."""
    leg = _mean_leg(state)
    hot, cold = HOT * heat * leg, COLD * leg
    chunks = 0
    while not budget.over() and (share := budget.share()) < until:
        temperature = hot * (cold / hot) ** ((share - begin) / (until - begin) if share > begin else 0.0)
        size = budget.chunk(until)
        search.run(instance.arrays, guide, state, size, temperature, temperature)
        budget.iterations += size
        chunks += 1
        if chunks % HARVEST == 0:
            pool.add_current(state)
            budget.report(state)


def _mean_leg(state: State) -> float:
    """Return the mean leg of the current routes, milliseconds of travel; at least a minute."""
    stops = state.shifts[:, LENGTH]
    driven = sum(int(state.routes[s, n + 1, DRIVEN]) for s, n in enumerate(stops))
    return max(60_000.0, 1000.0 * driven / max(1, int(stops.sum())))
