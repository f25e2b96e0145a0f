"""How far a plan can be from the best possible: a lower bound of the cost, by column generation.

A linear program mixes routes by share (`master`); its dual values say what each ticket earns, and `pricing` finds, for every kind of
shift, the route that would save most. What all shifts could save at the most, taken off the sum of the dual values, is a bound
that holds for any dual values and any penalties of cuts, however far the program is from its end. They are rounded to whole
numbers before that sum, which is then exact. Rules that pricing does not know in full are undercounted (`network`): that makes
the bound weaker, never wrong.

Routes that visit a ticket twice are ruled out where the program wants them, by letting the tickets between the visits remember it
(Roberti, Mingozzi 2014, doi 10.1287/trsc.2013.0474). Then cuts on triples of tickets follow, until none is violated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import numpy as np

from dispatch.solver.arrays import (
    BASE_SERVICE,
    BASE_TRAVEL,
    BEGUN,
    INFEASIBLE,
    MAX_STOPS,
    MUST_SERVE,
    NONE,
    PRICE,
    SHIFT_COLUMNS,
    TICKET_COLUMNS,
    Arrays,
    Instance,
)
from dispatch.solver.assignment import Column, Pool
from dispatch.solver.compiled import announce
from dispatch.solver.master import SMALL, Master, Solved, Way, merged, most_violated, separate
from dispatch.solver.network import Kind, kinds
from dispatch.solver.pricer import Pricer
from dispatch.solver.pricing import least_cost, price
from dispatch.solver.routes import Routes
from dispatch.solver.timing import DRIVEN, MARK_COLUMNS, SERVED, TICKET, walk

FIRST_ROUTES = 2000
"""Routes of the pool that the linear program begins with."""
MOST_WAYS = 6000
"""Routes above which the least promising are dropped between rounds of cuts."""
CLOSE = 1000
"""Milliseconds of travel between bound and linear program below which a program has converged."""


@dataclass(frozen=True)
class Proof:
    """What was proved.

    Parameters
    ----------
    bound
        No plan costs less that leaves out no more of the work that must be served than the best known one; milliseconds of travel,
        None if nothing was proved.
    columns
        Routes found on the way, worth having in the pool.
    rounds
        How often all shifts were priced.
    reason
        Why it ended: ``closed`` (the best known plan is a best one), ``converged``, ``rounds``, ``time``, ``stopped``, ``labels`` (pricing
        ran out of room) or ``numbers`` (the linear program gave up).
    """

    bound: int | None
    columns: list[Column]
    rounds: int
    reason: str


@dataclass
class Work:
    """A proof under way. `fixed` is what the linear program leaves out, `known` the cost of the best known plan."""

    arrays: Arrays
    kinds: list[Kind]
    master: Master
    pricer: Pricer
    over: Callable[[int], str]
    fixed: int
    known: int
    bound: int | None = None
    rounds: int = 0
    reason: str = ""
    found: dict[tuple[int, tuple[int, ...]], None] = field(default_factory=dict)

    def ended(self) -> bool:
        """Whether to stop, and note why."""
        if not self.reason:
            closed = self.bound is not None and self.bound >= self.known
            self.reason = "closed" if closed else self.over(self.rounds)
        return bool(self.reason)

    def add(self, kind: int, tickets: tuple[int, ...]) -> bool:
        """Add a route to the linear program; False if it was there already."""
        of = self.kinds[kind]
        if not all(t in of.number_of for t in tickets):
            return False
        cost = least_cost(self.arrays, of.network, of.numbers(tickets))
        return cost < INFEASIBLE and self.master.add(Way(kind, tickets, cost - of.idle))


def prove(
    instance: Instance,
    routes: Routes,
    pool: Pool,
    seconds: float | None = None,
    rounds: int | None = None,
    stop: Event | None = None,
    *,
    workers: int = 2,
    clock: Callable[[], float] = time.monotonic,
) -> Proof:
    """Prove a lower bound of the cost.

    Parameters
    ----------
    routes
        The best known, which break no rule.
    pool
        Routes to begin with.
    seconds, rounds
        Where to stop, whichever comes first; None for no limit. Time counts once the functions are compiled.
    stop
        Set it to end the proof; what is proved by then counts.
    workers
        Threads that price side by side.
    clock
        Seconds that never run backwards.
    """
    known, must, workloads = _known(instance, routes)
    if not len(instance.arrays.shift) or not len(instance.tickets):
        return Proof(known, [], 0, "closed")
    warm_up()
    began = clock()

    def over(done: int) -> str:
        if stop is not None and stop.is_set():
            return "stopped"
        if seconds is not None and clock() - began >= seconds:
            return "time"
        return "rounds" if rounds is not None and done >= rounds else ""

    with ThreadPoolExecutor(workers) as threads:
        work = _begin(instance.arrays, known, must, workloads, over, threads, workers)
        kind_of = {shift: i for i, kind in enumerate(work.kinds) for shift in kind.shifts}
        best = [(s, tuple(tickets)) for s, tickets in enumerate(routes) if tickets]
        for shift, tickets in [*best, *list(pool.costs)[-FIRST_ROUTES:]]:
            work.add(kind_of[shift], tickets)
        _improve(work)
    columns = [(shift, tickets) for kind, tickets in work.found for shift in work.kinds[kind].shifts]
    return Proof(work.bound, columns, work.rounds, work.reason)


def warm_up() -> None:
    """Compile what a proof needs, or load it from disk."""
    announce(price)
    place, none = np.zeros((1, 1), np.int32), np.zeros(0, np.int64)
    shift, ticket = np.zeros((1, SHIFT_COLUMNS), np.int64), np.zeros((1, TICKET_COLUMNS + 1), np.int64)
    shift[0, BEGUN], shift[0, MAX_STOPS] = NONE, 1
    arrays = Arrays(place, place, ticket, shift, np.zeros((1, 1), np.int64), np.zeros((0, 3), np.int64))
    with ThreadPoolExecutor(1) as threads:
        alone = kinds(arrays, [0])
        least_cost(arrays, alone[0].network, np.zeros(1, np.int64))
        Pricer(arrays, alone, threads, 1).price(np.zeros(1, np.int64), [], none)
    most_violated(np.zeros((0, 0), np.int64), np.zeros(0), np.zeros((0, 0)), 0.0, np.zeros((1, 3), np.int64), np.zeros(1))


def _known(instance: Instance, routes: Routes) -> tuple[int, int, list[int]]:
    """Return the cost of routes by the policy, how much work that must be served they leave out, and the workload of each."""
    arrays = instance.arrays
    total, workloads = 0, []
    for shift, tickets in enumerate(routes):
        room = np.zeros((len(tickets) + 3, MARK_COLUMNS), np.int64)
        room[1 : len(tickets) + 1, TICKET] = tickets
        total += int(walk(arrays, shift, room, len(tickets)))
        driven, served = room[len(tickets) + 1, [DRIVEN, SERVED]].tolist()
        workloads.append(int(driven + served + arrays.shift[shift, BASE_TRAVEL] + arrays.shift[shift, BASE_SERVICE]))
    placed = {t for tickets in routes for t in tickets}
    left = [p for t, p in enumerate(arrays.ticket[:, PRICE].tolist()) if t not in placed]
    must = sum(p >= MUST_SERVE for p in left)
    return total + sum(left) - must * MUST_SERVE, must, workloads


def _begin(
    arrays: Arrays, known: int, must: int, workloads: list[int], over: Callable[[int], str], threads: ThreadPoolExecutor, workers: int
) -> Work:
    """Set up the kinds of shifts and a linear program without routes.

    Leaving out work that must be served is priced at more than the whole plan: enough to count it, little enough for floating point.
    A plan that leaves out no more of it than the best known one costs at least the bound less that much for each.
    """
    ceiling = known + 60_000
    prices = arrays.ticket[:, PRICE]
    prices = np.where(prices >= MUST_SERVE, prices - MUST_SERVE + ceiling, prices)
    there = kinds(arrays, workloads)
    program = Master(prices, [len(kind.shifts) for kind in there])
    fixed = sum(kind.idle * len(kind.shifts) for kind in there) - must * ceiling
    return Work(arrays, there, program, Pricer(arrays, there, threads, workers), over, fixed, known)


def _improve(work: Work) -> None:
    """Raise the bound until nothing more can be done or the end is reached."""
    while True:
        solved = _converge(work)
        if solved is None:
            return
        chosen = work.master.chosen(solved)
        again = [(way.kind, way.tickets) for _, way in chosen if len(set(way.tickets)) < len(way.tickets)]
        for kind, tickets in again:
            work.kinds[kind].grow(tickets)
        cuts = [cut for cut, penalty in zip(work.master.cuts, solved.penalties, strict=True) if penalty > SMALL]
        if not again:
            more = separate(chosen, len(work.master.prices))
            if not more:
                work.reason = "converged"
                return
            cuts = merged(cuts, more)
        work.master.rebuild(_worth_keeping(work, solved), cuts)


def _converge(work: Work) -> Solved | None:
    """Add routes until the linear program has no use for another; None if the proof has ended before."""
    while not work.ended():
        solved = work.master.solve()
        if solved is None:
            work.reason = "numbers"
            return None
        bound, fresh = _round(work, solved)
        if work.reason:
            return None
        if not fresh or solved.value + work.fixed - bound < CLOSE:
            return None if work.ended() else solved
    return None


def _round(work: Work, solved: Solved) -> tuple[int, int]:
    """Price all kinds once; return the bound that gives, and how many routes are new."""
    gains = np.minimum(np.rint(solved.gains).astype(np.int64), work.master.prices)
    penalties = np.maximum(np.rint(solved.penalties).astype(np.int64), 0)
    priced = work.pricer.price(gains, work.master.cuts, penalties)
    if priced is None:
        work.reason = "labels"
        return 0, 0
    work.rounds += 1
    saved = sum(least * len(kind.shifts) for kind, (least, _) in zip(work.kinds, priced, strict=True))
    bound = int(gains.sum() - penalties.sum()) + saved + work.fixed
    work.bound = bound if work.bound is None else max(work.bound, bound)
    fresh = 0
    for kind, (_, routes) in enumerate(priced):
        for tickets in routes:
            if work.add(kind, tickets):
                fresh += 1
                if len(set(tickets)) == len(tickets):
                    work.found[kind, tickets] = None
    return bound, fresh


def _worth_keeping(work: Work, solved: Solved) -> list[Way]:
    """Return the routes to go on with: none that has become impossible, and of very many the most promising."""
    ways = work.master.ways
    if len(ways) > MOST_WAYS:
        of_use = np.argsort(solved.reduced, kind="stable")[: MOST_WAYS // 2]
        ways = [ways[i] for i in sorted(of_use)] + ways[len(solved.reduced) :]
    return [way for way in ways if work.kinds[way.kind].remembers(way.tickets)]
