"""One run: engines, assignment and insertion in turn, until time or iterations are spent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import TypeVar

import numpy as np

from dispatch.model import Plan, SolverRun
from dispatch.solver import Options, Progress, Result, by_hour, search
from dispatch.solver.arrays import (
    KM_RATE,
    MUST_SERVE,
    NONE,
    ONWARD,
    OUTSET,
    PAID_RATE,
    PRICE,
    SHIFT_COLUMNS,
    TICKET_COLUMNS,
    Arrays,
    Instance,
)
from dispatch.solver.assignment import SHARE, Pool, choose
from dispatch.solver.budget import Budget
from dispatch.solver.compiled import announce
from dispatch.solver.guide import Guide, prepare
from dispatch.solver.hours import HOURS_COLUMNS, always_normal
from dispatch.solver.parts import Rows, part_of, split
from dispatch.solver.routes import Routes, bare_plan, best_of, current_of, from_plan, load, real_cost, to_plan
from dispatch.solver.state import BEST, COST, LENGTH, RANDOM, SHIFT, State, empty
from dispatch.solver.timing import DRIVEN, timetable

HARVEST = 4
"""Chunks between two harvests of routes."""
T = TypeVar("T")
_log = logging.getLogger(__name__)

HOT, COLD = 5.0, 0.05
"""First and last temperature, in units of `_scale`."""
ENOUGH = 3000
"""Times the square of the number of tickets: iterations that settle a day."""
CRUISE = 10
"""Metres a second: what a leg of so many seconds is long, near enough for a temperature."""
WHOLLY = ((0.0, 1.0, 1),)
BRANCHES, BRANCHED = ((0.0, 0.25, 1), (0.25, 0.6, 4), (0.6, 0.7, 2), (0.7, 1.0, 1)), 1000
"""From and to which share of a cooling how many searches go on in turn, and the iterations per ticket that are worth it. What a plan will
cost is largely settled at two thirds, and differs so much between searches that were one at a quarter that it pays to try four."""
WHOLE, PART = 1500, 1000
"""Tickets of the largest day that is searched as a whole; a larger one is searched in parts of so many."""
SWEEPS, VISIT = 48, 5000
"""How often a search in parts goes through all of them at the most, and the iterations that are worth a visit to a part."""


@dataclass
class Lane:
    """One search among those that run side by side: its state, the routes it has seen, and its iterations."""

    state: State
    pool: Pool = field(default_factory=Pool)
    iterations: int = 0


@dataclass
class Run:
    """All that one run works with. Lanes are threads: compiled functions do not hold the interpreter lock, and share the matrix."""

    instance: Instance
    guide: Guide
    budget: Budget
    lanes: list[Lane]

    def best(self) -> State:
        """Return the state that holds the best routes; of equal ones the first."""
        return min((lane.state for lane in self.lanes), key=_cost)

    def report(self) -> None:
        """Tell whoever asked how far the run is."""
        tell = self.budget.options.on_progress
        if tell is not None:
            state = self.best()
            left_out = len(state.tickets) - int(state.best[:, 0].sum())
            first = self.lanes[0].state  # the others go on meanwhile
            best = partial(bare_plan, self.instance, best_of(first))
            tell(Progress(self.budget.seconds(), self.lanes[0].iterations, int(state.number[BEST]), left_out, best))


def warm_up(hourly: bool = False) -> None:
    """Compile the search, or load it from disk, so that no run pays for it; say so where it takes seconds.

    Parameters
    ----------
    hourly
        The search for travel that depends on the hour, which is compiled apart.
    """
    announce(by_hour.walk if hourly else search.run)
    table = np.zeros((1, TICKET_COLUMNS + 1), np.int64)
    place = np.zeros((1, 1), np.int32)
    shift = np.zeros((1, SHIFT_COLUMNS), np.int64)
    arrays = Arrays(place, place, table, shift, np.full((1, 1), NONE), np.zeros((0, 3), np.int64))
    if hourly:
        arrays = arrays._replace(seconds=np.zeros((2, 1), np.int32), hours=always_normal())
        table[:, ONWARD] = shift[:, OUTSET] = HOURS_COLUMNS
    guide, state = prepare(arrays), empty(arrays, 0)
    search.fill(arrays, guide, state)
    search.run(arrays, guide, state, 1, 1.0, 1.0, search.ROOM)
    search.leave_nothing(arrays, state)
    timetable(arrays, 0, state.routes[0], 0, np.zeros((0, 5), np.int64), np.zeros((0, 2), np.int64))


def run(instance: Instance, options: Options, start: Plan | None) -> Result:
    """Solve an instance; see `dispatch.solver.solve`."""
    warm_up(hourly=instance.arrays.hours is not None)
    size = len(instance.tickets) if instance.shifts else 0
    large = size > WHOLE and options.engine == "search"
    # The last choice among routes comes after the search, and within the time; of a large day it has nothing to gain.
    budget = Budget(options, options.clock(), ENOUGH * size**2, 0.0 if large else SHARE)
    guide = prepare(instance.arrays)
    # A seed stands for as many seeds as there may be workers, so that runs with neighbouring seeds share none.
    lanes = [Lane(empty(instance.arrays, options.seed * 1024 + k)) for k in range(max(1, options.workers))]
    this, first = Run(instance, guide, budget, lanes), lanes[0]
    if start is not None:
        load(instance, first.state, from_plan(instance, start)[0])
    search.fill(instance.arrays, guide, first.state)
    gained = 0
    try:
        if large:
            _in_parts(this)
        else:
            gained = _improve(this)
    except KeyboardInterrupt:
        budget.stopped = "interrupted"
    load(instance, first.state, best_of(this.best()))
    search.leave_nothing(instance.arrays, first.state)
    bound = None
    if options.prove is not None and not budget.stopped:
        bound, more = _prove(this, options.prove)
        gained += more
        search.leave_nothing(instance.arrays, first.state)
    iterations = sum(lane.iterations for lane in lanes)
    ended = budget.end(lanes[0].iterations)
    how = SolverRun(options.engine, round(budget.seconds(), 3), options.seed, iterations, ended, bound)
    return Result(replace(to_plan(instance, first.state), solver=how), real_cost(instance, first.state), gained)


def _improve(this: Run) -> int:
    """Run the engine, choosing anew among all routes seen at the end of each round; return what the choices gained."""
    gained, instance = 0, this.instance
    for begin, until, heat in this.budget.rounds(len(instance.tickets)):
        best = best_of(this.best())
        for lane in this.lanes:
            load(instance, lane.state, best)
        if this.budget.options.engine == "routing":
            _propose(this, until)
        else:
            _side_by_side(this, partial(_anneal, this, begin, until, heat))
        if this.budget.stopped:
            break  # who stops a run wants the answer now
        gained += _recombine(this, this.budget.limit())
        this.report()
    return gained


def _side_by_side(this: Run, work: Callable[[int], T]) -> list[T]:
    """Do work in all lanes, the first in this thread: it is the one that an interrupt reaches."""
    with ThreadPoolExecutor(max(1, len(this.lanes) - 1)) as threads:
        others = [threads.submit(work, k) for k in range(1, len(this.lanes))]
        try:
            return [work(0), *(done for other in others for done in _awaited(other))]
        except BaseException:
            this.budget.stopped = "interrupted"  # the others look at this, and leaving waits for them
            raise


def _awaited(lane: Future[T]) -> list[T]:
    """Wait for a lane; one that fails has done nothing, but what it had found by then counts."""
    try:
        return [lane.result()]
    except Exception:
        _log.exception("a search beside the first one failed; the plan is the best of what was found")
        return []


def _recombine(this: Run, seconds: float | None) -> int:
    """Choose among the routes of all lanes, and give the result to the first; return what that took off the cost."""
    instance, first = this.instance, this.lanes[0]
    for lane in this.lanes:
        first.pool.add(instance, lane.state, best_of(lane.state))
        if lane is not first:
            first.pool.costs = {**lane.pool.costs, **first.pool.costs}
    best, cost = best_of(this.best()), int(this.best().number[BEST])
    chosen = choose(instance, first.pool, best, seconds)
    load(instance, first.state, best if chosen is None else chosen)
    search.fill(instance.arrays, this.guide, first.state)
    if first.state.number[BEST] > cost:
        load(instance, first.state, best)
    return cost - int(first.state.number[BEST])


def _prove(this: Run, seconds: float) -> tuple[int | None, int]:
    """Prove a bound of the cost, and choose anew with the routes found on the way; return the bound and what that gained."""
    from dispatch.solver.bound import prove  # compiled only where a proof is asked for

    instance, first, options = this.instance, this.lanes[0], this.budget.options
    routes = best_of(first.state)
    try:
        proof = prove(instance, routes, first.pool, seconds, None, options.stop, workers=max(1, options.workers), clock=options.clock)
    except KeyboardInterrupt:
        this.budget.stopped = "interrupted"
        return None, 0
    for shift, tickets in proof.columns:
        alone: Routes = [[] for _ in instance.shifts]
        alone[shift] = list(tickets)
        first.pool.add(instance, first.state, alone)
    before = int(first.state.number[BEST])
    load(instance, first.state, proof.routes)
    gained = before - int(first.state.number[BEST])
    return proof.bound, gained if proof.reason == "closed" else gained + _recombine(this, seconds)


def _propose(this: Run, until: float) -> None:
    """Let the OR-Tools routing model improve the best routes until a share of the budget is spent."""
    from dispatch.solver.routing import propose  # its library is loaded only where it is asked for

    instance, budget, lane = this.instance, this.budget, this.lanes[0]

    def found(candidate: Routes) -> bool:
        lane.pool.add(instance, lane.state, candidate)
        before, best = int(lane.state.number[BEST]), best_of(lane.state)
        load(instance, lane.state, candidate)
        if lane.state.number[BEST] > before:
            load(instance, lane.state, best)
        lane.iterations += 1
        this.report()
        return not budget.over(lane.iterations) and budget.share(lane.iterations) < until

    seconds, most = budget.limit(), budget.options.iterations
    propose(
        instance,
        best_of(lane.state),
        None if seconds is None else max(0.0, seconds * until - budget.seconds()),
        None if most is None else max(1, int(most * until) - lane.iterations),
        found,
        lambda: budget.over(lane.iterations),
    )
    if most is not None and (seconds is None or budget.seconds() < seconds * until):
        lane.iterations = max(lane.iterations, int(most * until))  # solutions that were not better count, too


def _anneal(this: Run, begin: float, until: float, heat: float, k: int) -> None:
    """Cool a lane from `heat` times the first temperature to the last while the budget goes from one share to another.

    Where it is the only cooling of a run it branches: several searches go on in turn from where one stood, and of several the cheaper ones.
    """
    lane, instance = this.lanes[k], this.instance
    hot, cold = _temperatures(this, lane.state, heat)
    alone = until - begin == 1.0
    stages = BRANCHES if alone and this.budget.expected() >= BRANCHED * len(instance.tickets) else WHOLLY
    effort = sum(count * (cool - warm) for warm, cool, count in stages)
    every, standing, since = [lane.state], [lane.state], begin

    def harvest(state: State) -> None:
        lane.pool.add_current(state)
        lane.state = min(every, key=_cost)
        if k == 0:
            this.report()

    try:
        for warm, cool, count in stages:
            while len(standing) < count:
                standing.append(_branch(instance, standing[0], len(every)))
                every.append(standing[-1])
            costs = []
            for state in standing[:count]:
                share = since, since + (until - begin) * (cool - warm) / effort
                between = hot * (cold / hot) ** warm, hot * (cold / hot) ** cool
                day = instance.arrays, this.guide, state
                costs.append(_cool(this.budget, lane, day, share, between, partial(harvest, state)))
                since = share[1]
            standing = [standing[j] for j in np.argsort(costs, kind="stable")]
    finally:
        lane.state = min(every, key=_cost)


def _branch(instance: Instance, state: State, number: int) -> State:
    """Return a search that goes on from where another stands, by random numbers of its own."""
    branch = empty(instance.arrays, int(state.number[RANDOM]) + number)
    load(instance, branch, current_of(state))
    return branch


def _cost(state: State) -> int:
    """Return the cost of the best routes of a search."""
    return int(state.number[BEST])


def _cool(
    budget: Budget,
    lane: Lane,
    day: tuple[Arrays, Guide, State],
    share: tuple[float, float],
    between: tuple[float, float],
    harvest: Callable[[], None],
) -> float:
    """Run iterations in chunks from one share of the budget to another, from one temperature to another; harvest now and then.

    Returns
    -------
    cost
        The mean of the last fifth, milliseconds of travel; infinite where no time was left.
    """
    (since, until), (hot, cold), costs = share, between, list[int]()
    while not budget.over(lane.iterations) and (now := budget.share(lane.iterations)) < until:
        size, heat = budget.chunk(lane.iterations, until), hot * (cold / hot) ** max(0.0, (now - since) / (until - since))
        search.run(*day, size, heat, heat, search.ROOM)
        lane.iterations += size
        costs.append(int(day[2].number[COST]))
        if len(costs) % HARVEST == 0:
            harvest()
    return float(np.mean(costs[4 * len(costs) // 5 :])) if costs else inf


def _in_parts(this: Run) -> None:
    """Anneal a large day part by part, the lanes side by side, split in another way in every sweep over it."""
    instance, budget, state = this.instance, this.budget, this.lanes[0].state
    routes, best = best_of(state), best_of(state)
    cost, (hot, cold) = int(state.number[BEST]), _temperatures(this, state, 1.0)
    rng = np.random.default_rng(budget.options.seed)
    visits = budget.expected() * len(this.lanes) / VISIT
    sweeps = int(max(1, min(SWEEPS, visits * PART / len(instance.tickets))))
    for number in range(sweeps):
        parts = split(instance.arrays, routes, PART, rng)
        begin, until = number / sweeps, (number + 1) / sweeps
        sweep = Sweep(begin, until, routes, (hot * (cold / hot) ** begin, hot * (cold / hot) ** until))
        dealt = [parts[k :: len(this.lanes)] for k in range(len(this.lanes))]
        for found in _side_by_side(this, partial(_through, this, sweep, dealt, int(rng.integers(1 << 40)))):
            for shift, route in found:
                routes[shift] = route
        load(instance, state, routes)
        search.fill(instance.arrays, this.guide, state)
        routes = best_of(state)
        if state.number[BEST] < cost:
            best, cost = best_of(state), int(state.number[BEST])
        else:
            load(instance, state, best)
        this.report()
        if budget.over(this.lanes[0].iterations):
            return


@dataclass(frozen=True)
class Sweep:
    """A sweep over the parts of a day: shares of the budget from and to which it goes, where it begins, first and last temperature."""

    begin: float
    until: float
    routes: Routes
    between: tuple[float, float]


def _through(this: Run, sweep: Sweep, dealt: Sequence[Sequence[Rows]], seed: int, k: int) -> list[tuple[int, list[int]]]:
    """Anneal the parts of a lane, each for its share of a sweep, and return their routes: the best ones where the run ends with it."""
    lane, budget = this.lanes[k], this.budget
    total, done = sum(len(tickets) for _, tickets in dealt[k]), 0
    found: list[tuple[int, list[int]]] = []
    for number, rows in enumerate(dealt[k]):
        done += len(rows[1])
        until, since = sweep.begin + (sweep.until - sweep.begin) * done / max(1, total), budget.share(lane.iterations)
        if since >= until or budget.over(lane.iterations):
            continue
        part = part_of(this.instance.arrays, rows, sweep.routes, seed + len(dealt) * number + k)

        day = part.arrays, part.guide, part.state
        _cool(budget, lane, day, (since, until), sweep.between, this.report if k == 0 else lambda: None)
        found += part.routes(best=sweep.until == 1.0)
    return found


def _temperatures(this: Run, state: State, heat: float) -> tuple[float, float]:
    """Return the first temperature, times `heat`, and the last."""
    scale = _scale(this.instance, state)
    return HOT * heat * scale, COLD * scale


def _scale(instance: Instance, state: State) -> float:
    """Return what decides between two plans: the cost of the mean leg, or, if more, of leaving tickets out per ticket.

    Milliseconds of travel, at least a minute. A leg counts with its distance and paid time.
    """
    stops = state.shifts[:, LENGTH]
    driven = sum(int(state.routes[s, n + 1, DRIVEN]) for s, n in enumerate(stops))
    rates = instance.arrays.shift[:, [PAID_RATE, KM_RATE]]
    second = 1000.0 + (rates.mean(axis=0) @ (1.0, CRUISE / 1000) if len(rates) else 0.0)
    prices = instance.arrays.ticket[state.tickets[:, SHIFT] == NONE, PRICE]
    left_out = prices[prices < MUST_SERVE].sum() / max(1, len(state.tickets))
    return float(max(60_000.0, second * driven / max(1, int(stops.sum())), left_out))
