"""How far a plan can be from the best possible: a lower bound of the cost, by column generation.

A linear program mixes routes by share (`master`); its dual values say what each ticket earns, and `pricing` finds, for every kind of
shift, the route that would save most. What all shifts could save at the most, taken off the sum of the dual values, is a bound
that holds for any dual values and any penalties of cuts, however far the program is from its end. They are rounded to whole
numbers before that sum, which is then exact. Rules that pricing does not know in full are undercounted (`network`), and where travel
depends on the hour every leg counts what it takes at the fastest: that makes the bound weaker, never wrong.

Routes that visit a ticket twice are ruled out where the program wants them, by letting the tickets between the visits remember it
(Roberti, Mingozzi 2014, doi 10.1287/trsc.2013.0474). Then cuts on triples of tickets follow, until none is violated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf
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
    IntArray,
)
from dispatch.solver.assignment import Column, Pool, choose
from dispatch.solver.compiled import announce
from dispatch.solver.hours import at_any_hour
from dispatch.solver.master import SMALL, Master, Solved, Way, merged, separate
from dispatch.solver.network import Kind, kinds
from dispatch.solver.pricer import Pricer
from dispatch.solver.pricing import least_cost, price
from dispatch.solver.routes import Routes
from dispatch.solver.settle import settle
from dispatch.solver.timing import DRIVEN, MARK_COLUMNS, SERVED, TICKET, walk

FIRST_ROUTES = 2000
"""Routes of the pool that the linear program begins with."""
SETTLED_AFTER, MOST_SETTLED = 4, 15_000
"""Rounds of cuts after which a plan is chosen for good, cuts or not, where no more routes than so many are listed."""
MOST_WAYS = 6000
"""Routes above which the least promising are dropped between rounds of cuts."""
NARROWER = 0.92
"""Share of the gap that must be left before it is worth looking again for what no better plan can hold."""
CLOSE = 1000
"""Milliseconds of travel between bound and linear program below which a program has converged."""
LOOSE = 50
"""So many parts of the gap, between bound and linear program, are little enough to go on to cuts."""


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
        ran out of room), ``settled`` (all routes that could matter were chosen among) or ``numbers`` (the linear program gave up).
    routes
        The best known, which may be better than those given.
    """

    bound: int | None
    columns: list[Column]
    rounds: int
    reason: str
    routes: Routes


@dataclass
class Work:
    """A proof under way.

    Parameters
    ----------
    arrays
        Those that routes are priced by: of the instance, but every leg as at the hour when it is driven fastest.
    fixed
        What the linear program leaves out, milliseconds of travel.
    best, known, left
        The best known routes, their cost, and how much work that must be served they leave out.
    proved
        The pricing that proved most with the cuts there are: bound, gains, penalties, and what each kind saves at the most.
    narrow
        The gap when what no better plan can hold was last left away.
    """

    instance: Instance
    arrays: Arrays
    kinds: list[Kind]
    master: Master
    pricer: Pricer
    over: Callable[[int], str]
    remaining: Callable[[], float | None]
    fixed: int
    best: Routes
    known: int
    left: int
    bound: int | None = None
    proved: tuple[int, IntArray, IntArray, list[int]] | None = None
    narrow: float = inf
    rounds: int = 0
    stages: int = 0
    reason: str = ""
    found: dict[tuple[int, tuple[int, ...]], None] = field(default_factory=dict)

    def ended(self) -> bool:
        """Whether to stop, and note why."""
        if not self.reason:
            closed = self.bound is not None and self.bound >= self.known
            self.reason = "closed" if closed else self.over(self.rounds)
        return bool(self.reason)

    def gap(self) -> int:
        """Return how far the bound is from the best known plan, milliseconds of travel."""
        return self.known - (self.bound if self.bound is not None else 0)

    def add(self, kind: int, tickets: tuple[int, ...]) -> bool:
        """Add a route to the linear program; False if it was there already."""
        of = self.kinds[kind]
        if not all(t in of.number_of for t in tickets):
            return False
        cost = least_cost(self.arrays, of.network, of.numbers(tickets))
        return cost < INFEASIBLE and self.master.add(Way(kind, tickets, cost - of.idle))

    def take(self, routes: Routes) -> None:
        """Take routes as the best known ones if they are."""
        cost, left, _ = _known(self.instance, routes)
        if cost < self.known and left <= self.left:
            self.best, self.known = routes, cost


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
    known, left, workloads = _known(instance, routes)
    if not len(instance.arrays.shift) or not len(instance.tickets):
        return Proof(known, [], 0, "closed", routes)
    warm_up()
    began = clock()

    def remaining() -> float | None:
        return None if seconds is None else seconds - (clock() - began)

    def over(done: int) -> str:
        if stop is not None and stop.is_set():
            return "stopped"
        if seconds is not None and clock() - began >= seconds:
            return "time"
        return "rounds" if rounds is not None and done >= rounds else ""

    with ThreadPoolExecutor(workers) as threads:
        arrays = at_any_hour(instance.arrays)
        there = kinds(arrays, workloads)
        program, fixed = _program(arrays, there, known, left)
        pricer = Pricer(arrays, there, threads, workers)
        work = Work(instance, arrays, there, program, pricer, over, remaining, fixed, routes, known, left)
        kind_of = {shift: i for i, kind in enumerate(there) for shift in kind.shifts}
        best = [(s, tuple(tickets)) for s, tickets in enumerate(routes) if tickets]
        for shift, tickets in [*best, *list(pool.costs)[-FIRST_ROUTES:]]:
            work.add(kind_of[shift], tickets)
        _improve(work)
    columns = [(shift, tickets) for kind, tickets in work.found for shift in there[kind].shifts]
    bound = None if work.bound is None else min(work.bound, work.known)
    return Proof(bound, columns, work.rounds, work.reason, work.best)


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
        pricer, nothing = Pricer(arrays, alone, threads, 1), np.zeros(1, np.int64)
        pricer.price(nothing, [], none, nothing, quick=False)
        pricer.narrow(nothing, [], none, [0], 1)
    separate([], 0)


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


def _program(arrays: Arrays, there: list[Kind], known: int, left: int) -> tuple[Master, int]:
    """Return a linear program without routes, and the cost that it leaves out.

    Leaving out work that must be served is priced at more than the whole plan: enough to count it, little enough for floating point.
    A plan that leaves out no more of it than the best known one costs at least the bound less that much for each.
    """
    ceiling = known + 60_000
    prices = arrays.ticket[:, PRICE]
    prices = np.where(prices >= MUST_SERVE, prices - MUST_SERVE + ceiling, prices)
    fixed = sum(kind.idle * len(kind.shifts) for kind in there) - left * ceiling
    return Master(prices, [len(kind.shifts) for kind in there]), fixed


def _improve(work: Work) -> None:
    """Raise the bound until nothing more can be done or the end is reached."""
    loose = True
    while True:
        solved = _converge(work, loose)
        if solved is None:
            return
        work.stages += 1
        if work.stages & (work.stages - 1) == 0:  # ever more seldom: most is found at the first attempts
            _recombine(work, solved)
        _narrow(work)
        if work.ended():
            return
        more = separate(work.master.chosen(solved), len(work.master.prices))
        lists = work.pricer.lists
        whole = all(i in lists or not len(kind.network.rows) for i, kind in enumerate(work.kinds))
        few = work.stages >= SETTLED_AFTER and sum(len(one.costs) for one in lists.values()) <= MOST_SETTLED
        if not more and loose:
            loose = False
            continue
        if whole and (few or not more):
            _settle(work)
            return
        if not more:
            work.reason = "converged"
            return
        cuts = [cut for cut, penalty in zip(work.master.cuts, solved.penalties, strict=True) if penalty > SMALL]
        work.master.rebuild(_worth_keeping(work, solved), merged(cuts, more), lists)
        work.proved, loose = None, True


def _converge(work: Work, loose: bool) -> Solved | None:
    """Add routes until the linear program has no use, or if `loose` little use, for another; None if the proof has ended before."""
    while not work.ended():
        solved = work.master.solve()
        if solved is None:
            work.reason = "numbers"
            return None
        if _round(work, solved, quick=True)[1]:
            continue
        bound, fresh = _round(work, solved, quick=False)
        if work.reason:
            return None
        if not fresh or solved.value + work.fixed - bound < max(CLOSE, loose * work.gap() // LOOSE):
            return None if work.ended() else solved
    return None


def _round(work: Work, solved: Solved, *, quick: bool) -> tuple[int, int]:
    """Price all kinds once; return the bound that gives unless `quick`, and how many routes are new."""
    gains = np.minimum(np.rint(solved.gains).astype(np.int64), work.master.prices)
    penalties = np.maximum(np.rint(solved.penalties).astype(np.int64), 0)
    shares = np.minimum(np.rint(solved.kinds).astype(np.int64), 0)
    priced = work.pricer.price(gains, work.master.cuts, penalties, shares, quick=quick)
    if priced is None:
        work.reason = "labels"
        return 0, 0
    saved = sum(least * len(kind.shifts) for kind, (least, _) in zip(work.kinds, priced, strict=True))
    charged = sum(cut.most * penalty for cut, penalty in zip(work.master.cuts, penalties.tolist(), strict=True))
    bound = int(gains.sum()) - charged + saved + work.fixed
    if not quick:
        work.rounds += 1
        work.bound = bound if work.bound is None else max(work.bound, bound)
        if work.proved is None or bound >= work.proved[0]:
            work.proved = bound, gains, penalties, [least for least, _ in priced]
    fresh = 0
    for kind, (_, routes) in enumerate(priced):
        for tickets in routes:
            if work.add(kind, tickets):
                fresh += 1
                work.found[kind, tickets] = None
    return bound, fresh


def _recombine(work: Work, solved: Solved) -> None:
    """Look for a better plan among the routes of the linear program, the most promising ones and those of the best known plan."""
    room, pool = np.zeros((len(work.master.prices) + 3, MARK_COLUMNS), np.int64), Pool()
    ways = [(work.master.ways[i].kind, work.master.ways[i].tickets) for i in np.argsort(-solved.reduced, kind="stable")]
    columns = [(shift, tickets) for kind, tickets in ways for shift in work.kinds[kind].shifts]
    for shift, tickets in [*columns, *((s, tuple(tickets)) for s, tickets in enumerate(work.best) if tickets)]:
        room[1 : len(tickets) + 1, TICKET] = tickets
        cost = int(walk(work.instance.arrays, shift, room, len(tickets)))
        if cost < INFEASIBLE:
            pool.costs[shift, tickets] = cost
    chosen = choose(work.instance, pool, work.best, work.remaining())
    if chosen is not None:
        work.take(chosen)


def _narrow(work: Work) -> None:
    """Leave away what no better plan can hold."""
    if work.proved is not None and not work.ended() and work.known - work.proved[0] < NARROWER * work.narrow:
        bound, gains, penalties, leasts = work.proved
        work.narrow = work.known - bound
        work.pricer.narrow(gains, work.master.cuts, penalties, leasts, work.known - bound)


def _settle(work: Work) -> None:
    """Choose among all routes that are left: that proves the plan a best one, or finds it."""
    ways = [
        Way(i, listed.tickets(work.kinds[i], r), int(cost))
        for i, listed in work.pricer.lists.items()
        for r, cost in enumerate(listed.costs)
    ]
    kind_of = {shift: i for i, kind in enumerate(work.kinds) for shift in kind.shifts}
    hint = {(kind_of[s], tuple(tickets)) for s, tickets in enumerate(work.best) if tickets}
    bound, chosen = settle(work.master.prices, work.master.sizes, ways, work.master.cuts, hint, work.remaining())
    if bound is not None:
        work.bound = max(work.bound or 0, min(bound + work.fixed, work.known))
        free = {i: list(kind.shifts) for i, kind in enumerate(work.kinds)}
        routes: Routes = [[] for _ in work.instance.shifts]
        for way in chosen:
            routes[free[way.kind].pop()] = list(way.tickets)
            work.found[way.kind, way.tickets] = None
        work.take(routes)
    if not work.ended():
        work.reason = "settled"


def _worth_keeping(work: Work, solved: Solved) -> list[Way]:
    """Return the routes to go on with: those that a better plan could hold, and of very many the most promising."""
    ways, of_use = work.master.ways, np.flatnonzero(solved.reduced < work.gap())
    if len(of_use) > MOST_WAYS // 2:
        of_use = np.sort(of_use[np.argsort(solved.reduced[of_use], kind="stable")[: MOST_WAYS // 2]])
    return [ways[i] for i in of_use] + ways[len(solved.reduced) :]
