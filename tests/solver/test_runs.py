"""How a run begins, ends and repeats itself."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import pytest

from benchmarks.days import generate
from dispatch import check, travel
from dispatch.model import Pin, Plan, Problem
from dispatch.solver import Options, Progress, Result, run, solve
from dispatch.solver.arrays import Instance
from dispatch.solver.budget import Budget
from dispatch.solver.compiled import announce
from dispatch.solver.state import BEST, RANDOM, State
from tests.build import engineer, line, plan, problem, shift, ticket
from tests.helpers import solve as checked


def day(tickets: int = 8) -> Problem:
    """Return a day that two engineers cannot finish."""
    return problem([ticket(f"t{k}", 1 + k % 4, 45) for k in range(tickets)], [engineer("ann"), engineer("bob", shift(home=4))], line(5, 20))


def ask(this: Problem, start: Plan | None = None, **options: object) -> Result:
    return solve(this, travel.matrix(this), Options(**{"iterations": 400, **options}), start)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_plan() -> None:
    assert [replace(ask(day(), seed=7).plan, solver=None)] * 2 == [replace(ask(day(), seed=7).plan, solver=None) for _ in range(2)]


def test_workers_share_one_answer_that_the_check_confirms_and_that_repeats_itself() -> None:
    both = [checked(day(), iterations=400, seed=3, workers=2) for _ in range(2)]
    assert both[0].plan.routes == both[1].plan.routes


def test_more_workers_do_more_iterations() -> None:
    runs = [ask(day(), workers=w).plan.solver for w in (1, 2)]
    assert [how.iterations if how else 0 for how in runs] == [400, 800]


def test_a_run_without_limit_ends_after_ten_seconds_of_its_clock() -> None:
    now = iter(range(10_000))
    how = ask(day(), iterations=None, clock=lambda: float(next(now))).plan.solver
    assert how is not None
    assert (how.stopped, how.seconds >= 10) == ("time", True)


def test_no_seconds_and_no_iterations_still_give_a_plan() -> None:
    for nothing in ({"seconds": 0.0, "iterations": None}, {"iterations": 0}):
        assert len(ask(day(), **nothing).plan.routes) == 2


def rounds(tickets: int, **options: object) -> list[tuple[float, float, float]]:
    return Budget(Options(**options), 0.0, 10**9).rounds(tickets)  # type: ignore[arg-type]


def test_one_round_takes_all_the_iterations_where_there_are_few() -> None:
    once = [(0.0, 1.0, 1.0)]
    assert [rounds(250, iterations=999_999), rounds(250, seconds=16.0), rounds(250, iterations=0)] == [once] * 3


def test_many_iterations_are_several_rounds_from_hot_and_one_that_polishes() -> None:
    assert rounds(100, iterations=600_000) == [(0.0, 0.25, 1.0), (0.25, 0.5, 1.0), (0.5, 0.75, 1.0), (0.75, 1.0, 0.1)]
    assert [len(rounds(100, seconds=s)) for s in (1.0, 10.0, 60.0)] == [1, 4, 5]


def test_a_cooling_that_is_the_only_one_branches_and_keeps_the_best_of_all_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    branches: list[State] = []
    branch = run._branch

    def counted(instance: Instance, state: State, number: int) -> State:
        branches.append(branch(instance, state, number))
        return branches[-1]

    monkeypatch.setattr(run, "_branch", counted)
    few, many = ask(day(30), iterations=20_000), ask(day(30), iterations=50_000)
    assert len(branches) == 3
    assert many.plan.solver is not None
    assert (many.plan.solver.iterations, many.plan.solver.stopped) == (50_000, "iterations")
    assert len({int(state.number[RANDOM]) for state in branches}) == 3
    assert many.cost <= min(int(state.number[BEST]) for state in branches)
    assert many.cost <= few.cost
    assert ask(day(30), iterations=50_000).plan.routes == many.plan.routes


def test_the_stop_event_ends_a_run_and_keeps_what_it_has() -> None:
    stop = threading.Event()
    stop.set()
    result = ask(day(), iterations=10**9, stop=stop)
    assert result.plan.solver is not None
    assert (result.plan.solver.stopped, len(result.plan.routes)) == ("stopped", 2)


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupt_keeps_the_best_plan_so_far(workers: int) -> None:
    def press_ctrl_c(progress: Progress) -> None:
        if progress.iterations > 1000:
            raise KeyboardInterrupt

    result = ask(day(), iterations=10**9, workers=workers, on_progress=press_ctrl_c)
    verdict = check.verify(day(), travel.matrix(day()), result.plan)
    assert result.plan.solver is not None
    assert (result.plan.solver.stopped, verdict.violations, verdict.cost.total) == ("interrupted", (), result.cost)


def test_progress_tells_seconds_iterations_cost_and_what_is_left_out() -> None:
    told: list[Progress] = []
    result = ask(day(30), on_progress=told.append)
    costs = [p.cost for p in told]
    assert costs == sorted(costs, reverse=True)
    assert (told[-1].iterations, told[-1].cost, told[-1].unassigned) == (400, result.cost, len(result.plan.unassigned))


def test_room_is_made_for_a_ticket_whose_only_engineer_is_busy_far_away() -> None:
    # Eve alone has the skill for x, and is full of work that Bob, who lives a little farther off, could do as well.
    around = [ticket(f"a{k}", 1, 5, unassigned_cost=400) for k in range(48)]
    far = [ticket(f"b{k}", 5, 60, unassigned_cost=900) for k in range(7)]
    x = ticket("x", 0, 180, skills={"pumps": 1}, unassigned_cost=700)
    crew = [engineer("ann"), engineer("eve", shift(home=5), skills={"pumps": 1}), engineer("bob", shift(home=4))]
    found = ask(problem([*around, *far, x], crew, line(6, 20)), iterations=2000)
    assert [u.ticket for u in found.plan.unassigned] == []


def test_a_run_is_never_worse_than_the_plan_it_starts_with() -> None:
    good = ask(day(30), iterations=20_000)
    for seed in range(3):
        assert ask(day(30), start=good.plan, iterations=0, seed=seed).cost <= good.cost
        assert ask(day(30), start=good.plan, iterations=50, seed=seed).cost <= good.cost


def test_of_a_start_that_has_become_impossible_the_rest_is_kept() -> None:
    start = ask(day()).plan
    today = replace(day(), engineers=day().engineers[:1], tickets=day().tickets[1:])
    result = ask(today, start=start, iterations=0)
    kept = [s.ticket for r in start.routes if r.engineer == "ann" for s in r.stops if s.ticket != "t0"]
    placed = [s.ticket for r in result.plan.routes for s in r.stops]
    assert [t for t in placed if t in kept] == kept


def test_a_start_that_breaks_a_rule_loses_only_the_stops_that_do() -> None:
    this = problem([ticket("early", 1, 60, windows=[("8:00", "9:00")]), ticket("late", 2, 60)], [engineer("ann")], line(3, 30))
    result = ask(this, start=plan(("ann", "late early")), iterations=0)
    assert [[s.ticket for s in r.stops] for r in result.plan.routes] == [["early", "late"]]


def test_pins_hold_against_a_cheaper_plan() -> None:
    this = day(2)
    far = replace(this, tickets=(replace(this.tickets[0], pin=Pin(engineer="bob")), *this.tickets[1:]))
    assert "t0" in [s.ticket for r in ask(far).plan.routes if r.engineer == "bob" for s in r.stops]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "empty",
    [
        replace(problem([], [], [[0]]), engineers=()),
        replace(problem([ticket("t")], [], line(2)), engineers=()),
        problem([], [engineer("ann")], line(2)),
        problem([ticket("t")], [engineer("ann")], line(2)),
        problem([ticket("t", skills={"none": 1})], [engineer("ann")], line(2)),
        problem([ticket("t", pin=Pin(engineer="ann")), ticket("u", pin=Pin(engineer="ann"))], [engineer("ann")], line(2)),
        replace(problem([ticket("t")], [engineer("ann")], line(2)), engineers=(replace(engineer("ann"), shifts=()),)),
    ],
    ids=["nothing", "no engineer", "no ticket", "one each", "nobody able", "all pinned", "no shift"],
)
def test_the_smallest_problems_get_an_answer(empty: Problem, workers: int) -> None:
    verdict = checked(empty, workers=workers)
    placed = sum(len(r.stops) for r in verdict.plan.routes)
    assert placed + len(verdict.plan.unassigned) == len(empty.tickets)


def test_compiling_is_announced_only_where_nothing_is_on_disk(caplog: pytest.LogCaptureFixture) -> None:
    run.warm_up()
    with caplog.at_level(logging.INFO, "dispatch.solver.compiled"):
        run.warm_up()
    assert caplog.messages == []


def test_what_was_never_compiled_is_announced(caplog: pytest.LogCaptureFixture) -> None:
    from dispatch.solver.compiled import compiled

    @compiled
    def fresh(x: int) -> int:
        return x

    if not hasattr(fresh, "py_func"):
        pytest.skip("interpreted")
    with caplog.at_level(logging.INFO, "dispatch.solver.compiled"):
        announce(fresh)
    assert caplog.messages == ["compiling the search, first run only"]


def test_a_proof_gives_a_bound_below_the_cost_and_may_better_the_plan() -> None:
    """On so small a day the linear program leaves no gap."""
    plain, proved = ask(day(6)), ask(day(6), prove=30.0)
    assert plain.plan.solver is not None
    assert proved.plan.solver is not None
    assert (plain.plan.solver.bound, proved.plan.solver.bound) == (None, proved.cost)
    assert proved.cost <= plain.cost


def test_what_a_proof_finds_is_kept_where_another_branch_than_the_first_went_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def branch(this: run.Run, begin: float, until: float, heat: float, k: int) -> None:
        this.lanes[k].state = run._branch(this.instance, this.lanes[k].state, 1)

    monkeypatch.setattr(run, "_anneal", branch)
    unproved, proved = ask(generate(12, 2)), ask(generate(12, 2), prove=30.0)
    assert proved.plan.solver is not None
    assert unproved.cost > proved.cost == proved.plan.solver.bound


def test_an_interrupt_during_a_proof_keeps_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def press_ctrl_c(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dispatch.solver.bound.prove", press_ctrl_c)
    result = ask(day(), prove=30.0)
    assert result.plan.solver is not None
    assert (result.plan.solver.stopped, result.plan.solver.bound, len(result.plan.routes)) == ("interrupted", None, 2)


def test_a_lane_that_fails_loses_no_plan(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    anneal = run._anneal

    def fail_beside(this: run.Run, begin: float, until: float, heat: float, k: int) -> None:
        anneal(this, begin, until, heat, k)
        if k > 0:
            raise MemoryError

    monkeypatch.setattr(run, "_anneal", fail_beside)
    result = ask(day(30), workers=3)
    verdict = check.verify(day(30), travel.matrix(day(30)), result.plan)
    assert (verdict.violations, verdict.cost.total) == ((), result.cost)
    assert set(caplog.messages) == {"a search beside the first one failed; the plan is the best of what was found"}
