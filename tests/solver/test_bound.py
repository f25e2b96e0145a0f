"""A bound is proved, never guessed: it is compared with the best of all plans there are, on days small enough to list them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.model import Problem
from dispatch.solver import arrays, bound
from dispatch.solver.arrays import INFEASIBLE, MUST_SERVE, PRICE, SHIFT_COLUMNS, Instance
from dispatch.solver.assignment import Pool
from dispatch.solver.bound import Proof, prove
from dispatch.solver.guide import may_serve
from dispatch.solver.master import Cut, Way, separate
from dispatch.solver.network import ROOM, kinds
from dispatch.solver.pricer import Pricer
from dispatch.solver.pricing import least_cost
from dispatch.solver.routes import Routes
from dispatch.solver.timing import MARK_COLUMNS, TICKET, walk
from dispatch.travel import matrix
from tests.build import engineer, line, problem, shift, ticket
from tests.generated.problems import problems


def cost_of(instance: Instance, number: int, tickets: tuple[int, ...]) -> int:
    """Return the cost of one route, `INFEASIBLE` if it breaks a rule."""
    a = instance.arrays
    needs = a.ticket[list(tickets), a.ticket.shape[1] - a.units :].sum(axis=0)
    if not all(may_serve(a, number, t) for t in tickets) or (len(tickets) and (needs > a.shift[number, SHIFT_COLUMNS:]).any()):
        return INFEASIBLE
    room = np.zeros((len(tickets) + 3, MARK_COLUMNS), np.int64)
    room[1 : len(tickets) + 1, TICKET] = tickets
    return int(walk(a, number, room, len(tickets)))


def best_of_all(instance: Instance) -> tuple[int, Routes]:
    """Return the least cost by the policy, and its routes, of all plans that leave out as little as they can of what must be served."""
    n = len(instance.tickets)
    plans: dict[frozenset[int], tuple[int, Routes]] = {frozenset(): (0, [])}
    for number in range(len(instance.shifts)):
        routes: dict[frozenset[int], tuple[int, tuple[int, ...]]] = {}
        for k in range(n + 1):
            for tickets in permutations(range(n), k):
                cost = cost_of(instance, number, tickets)
                if cost < routes.get(frozenset(tickets), (INFEASIBLE, ()))[0]:
                    routes[frozenset(tickets)] = cost, tickets
        longer: dict[frozenset[int], tuple[int, Routes]] = {}
        for served, (total, plan) in plans.items():
            for more, (cost, tickets) in routes.items():
                if not served & more and total + cost < longer.get(served | more, (INFEASIBLE, []))[0]:
                    longer[served | more] = total + cost, [*plan, list(tickets)]
        plans = longer
    prices = instance.arrays.ticket[:, PRICE].tolist()
    cost, routes_ = min((total + sum(p for t, p in enumerate(prices) if t not in served), plan) for served, (total, plan) in plans.items())
    return cost % MUST_SERVE, routes_


def proof_of(instance: Instance, routes: Routes | None = None, **limits: object) -> Proof:
    """Return the proof for a day, beginning with these routes or with none."""
    return prove(instance, routes or [[] for _ in instance.shifts], Pool(), **limits)  # type: ignore[arg-type]


def day(day: Problem) -> Instance:
    """Return a problem as the solver sees it."""
    return arrays.build(day, matrix(day))


# ----------------------------------------------------------------- whole answers


def test_one_ticket_and_one_engineer_cost_the_way_there_and_back() -> None:
    instance = day(problem([ticket("A")]))
    proof = proof_of(instance, rounds=20)
    assert (proof.bound, proof.reason, proof.routes) == (60 * 60_000, "closed", [[0]])
    assert (0, (0,)) in proof.columns


def test_a_best_plan_given_is_proved_to_be_one() -> None:
    instance = day(problem([ticket("A"), ticket("B", place=2)]))
    proof = proof_of(instance, [[0, 1]], rounds=20)
    assert (proof.bound, proof.reason) == (120 * 60_000, "closed")


def test_nothing_to_plan_and_nobody_to_plan_it_for_are_proved_at_once() -> None:
    alone = day(replace(problem([ticket("A", unassigned_cost=7)]), engineers=()))
    idle = day(problem([]))
    assert (proof_of(alone).bound, proof_of(alone).reason) == (7 * 60_000, "closed")
    assert (proof_of(idle).bound, proof_of(idle).reason) == (0, "closed")


def test_a_cut_closes_what_halves_of_three_routes_leave_open() -> None:
    """Each engineer has time for two of three tickets, and any two of them cost the same: the program takes half of each pair."""
    tickets = [ticket(name, place=1 + i, service=120) for i, name in enumerate("ABC")]
    star = [[0, 10, 10, 10], [10, 0, 10, 10], [10, 10, 0, 10], [10, 10, 10, 0]]
    crew = [engineer(name, shift(end="13:00")) for name in ("ann", "bob", "cy")]
    wanted = problem(tickets, crew, star, weights={"fixed": 100.0})
    instance = day(wanted)
    best, routes = best_of_all(instance)
    assert best == (2 * 100 + 30 + 20) * 60_000
    assert proof_of(instance, rounds=1).bound < best  # type: ignore[operator]
    assert proof_of(instance, rounds=50).bound == best
    assert proof_of(instance, routes, rounds=50).reason == "closed"


def test_five_tickets_in_a_ring_of_halves_take_a_cut_of_five() -> None:
    """Any two neighbours of five are served by half a route: two and a half routes, no triple of which is too many."""
    ring = [(0.5, Way(0, (i, (i + 1) % 5), 0)) for i in range(5)]
    assert [(cut.tickets, cut.most) for cut in separate(ring, 5)] == [((0, 1, 2, 3, 4), 2)]


def test_work_that_must_be_served_is_not_bounded_by_the_price_of_leaving_it_out() -> None:
    instance = day(problem([ticket("A", place=4, mandatory=True, unassigned_cost=1)], minutes=line(5)))
    best, routes = best_of_all(instance)
    assert best == 240 * 60_000
    assert proof_of(instance, routes, rounds=20).bound == best


def test_work_that_nobody_can_serve_counts_at_its_price() -> None:
    beyond = ticket("A", mandatory=True, skills={"laser": 1}, unassigned_cost=5)
    instance = day(problem([beyond, ticket("B")]))
    best, routes = best_of_all(instance)
    assert best == 65 * 60_000
    assert proof_of(instance, routes, rounds=20).bound == best


def test_engineers_who_are_alike_are_priced_once() -> None:
    instance = day(problem([ticket(n) for n in "ABCDEFG"], [engineer(f"e{i}") for i in range(5)]))
    assert [kind.shifts for kind in kinds(instance.arrays, [0] * 5)] == [[0, 1, 2, 3, 4]]
    assert proof_of(instance, [[0, 1, 2, 3, 4, 5, 6], [], [], [], []], rounds=50).bound == 60 * 60_000


# -------------------------------------------------------------------------- ends


def test_a_proof_without_rounds_proves_nothing() -> None:
    proof = proof_of(day(problem([ticket("A")])), rounds=0)
    assert (proof.bound, proof.rounds, proof.reason) == (None, 0, "rounds")


def test_a_proof_that_is_out_of_time_returns_what_it_has_proved() -> None:
    clock = iter(range(100))
    proof = proof_of(day(problem([ticket(n, place=p) for n, p in (("A", 1), ("B", 2))])), seconds=4, clock=lambda: float(next(clock)))
    assert (proof.rounds, proof.reason) == (1, "time")
    assert proof.bound is not None
    assert proof.bound <= 120 * 60_000


def test_a_proof_stops_when_told_to() -> None:
    stop = Event()
    stop.set()
    proof = proof_of(day(problem([ticket("A")])), stop=stop)
    assert (proof.bound, proof.rounds, proof.reason) == (None, 0, "stopped")


def test_a_proof_ends_where_labels_have_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.solver.pricer.LABELS", 4)
    monkeypatch.setattr("dispatch.solver.pricer.MOST_LABELS", 4)
    proof = proof_of(day(problem([ticket(n, place=p) for n in "ABC" for p in (1,)])), rounds=5)
    assert (proof.bound, proof.reason) == (None, "labels")


def test_the_same_rounds_give_the_same_proof() -> None:
    instance = day(problem([ticket(n, place=i % 2 + 1, service=100) for i, n in enumerate("ABCDEF")], [engineer("ann"), engineer("bob")]))
    first, second = (proof_of(instance, rounds=4, workers=workers) for workers in (1, 2))
    assert (first.bound, first.columns) == (second.bound, second.columns)


# --------------------------------------------------------------------- any problem


@given(problems(most_tickets=5, most_engineers=3))
@settings(max_examples=50, deadline=None)
def test_a_bound_is_never_above_the_best_of_all_plans(wanted: Problem) -> None:
    instance = day(wanted)
    best, routes = best_of_all(instance)
    for known in (routes, None):
        proof = proof_of(instance, known, rounds=30)
        if known is None and bound._known(instance, [[] for _ in instance.shifts])[1] > bound._known(instance, routes)[1]:
            continue  # it then bounds plans that leave out more of what must be served
        assert proof.bound is None or proof.bound <= best


@given(st.lists(st.integers(1, 300), min_size=30, max_size=30), st.integers(0, 6), st.integers(300, 600))
@settings(max_examples=30, deadline=None)
def test_a_bound_holds_where_a_way_round_is_shorter_than_the_direct_one(minutes: list[int], early: int, late: int) -> None:
    table = [[0 if i == j else minutes[5 * i + j - (j > i)] for j in range(6)] for i in range(6)]
    tickets = [ticket(f"t{i}", 1 + i, 10, windows=[(f"{8 + (i + early) % 4}:00", "13:00")], unassigned_cost=late) for i in range(5)]
    instance = day(problem(tickets, [engineer("ann", shift(end="16:00"))], table))
    best, routes = best_of_all(instance)
    for known in (routes, None):
        proof = proof_of(instance, known, rounds=30)
        assert proof.bound is not None
        assert proof.bound <= best


@given(problems(most_tickets=5, most_engineers=2, compelled=False), st.data())
@settings(max_examples=30, deadline=None)
def test_all_routes_that_cost_less_than_a_limit_are_listed(wanted: Problem, data: st.DataObject) -> None:
    instance = day(wanted)
    n = len(instance.tickets)
    if not n or not instance.shifts:
        return
    gains = np.array([data.draw(st.integers(0, 6_000_000)) for _ in range(n)])
    cuts = [Cut((0, 1, 2), frozenset(range(n)))] * (n > 2)
    penalties = np.array([data.draw(st.integers(0, 4_000_000)) for _ in cuts], np.int64)
    gap = data.draw(st.integers(1, 20_000_000))
    there = kinds(instance.arrays, [0] * len(instance.shifts))
    with ThreadPoolExecutor(1) as threads:
        pricer = Pricer(instance.arrays, there, threads, 1)
        priced = pricer.price(gains, cuts, penalties, np.zeros(len(there), np.int64), quick=False)
        assert priced is not None
        pricer.narrow(gains, cuts, penalties, [least for least, _ in priced], gap)
    for number, (kind, (least, _)) in enumerate(zip(there, priced, strict=True)):
        cheapest: dict[frozenset[int], int] = {}
        for k in range(1, len(kind.number_of) + 1):
            for route in permutations(kind.number_of, k):
                cost = least_cost(instance.arrays, kind.network, kind.numbers(route)) - kind.idle
                needs = kind.network.need[kind.numbers(route)].sum()
                if cost < INFEASIBLE - kind.idle and needs <= kind.network.number[ROOM]:
                    cheapest[frozenset(route)] = min(cheapest.get(frozenset(route), INFEASIBLE), cost)
        wanted_routes = {
            served: cost
            for served, cost in cheapest.items()
            if cost - gains[list(served)].sum() + sum(p * (len(served & {0, 1, 2}) // 2) for p in penalties) < least + gap
        }
        listed = pricer.lists.get(number)
        found = {} if listed is None else {frozenset(listed.tickets(kind, r)): int(c) for r, c in enumerate(listed.costs)}
        assert found == wanted_routes


@given(problems(most_tickets=5, most_engineers=3), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_a_network_never_counts_more_than_a_route_costs(wanted: Problem, random: object) -> None:
    instance = day(wanted)
    for kind in kinds(instance.arrays, [18_000] * len(instance.shifts)):
        tickets = list(kind.number_of)
        for k in range(1, min(4, len(tickets)) + 1):
            for route in permutations(tickets, k):
                cost = cost_of(instance, kind.shifts[0], route)
                if cost < INFEASIBLE:
                    assert least_cost(instance.arrays, kind.network, kind.numbers(route)) <= cost
