"""Tickets put beside a day: looked up, listed and counted as if they were worked in, whatever the order they came in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dispatch import planning
from dispatch.api.standing import Ground, Standing
from dispatch.model import Region, Ticket
from dispatch.planning import Day
from tests.build import engineer, plan, problem, ticket

REGIONS = ("north", "south", None)


@cache
def day() -> Day:
    tickets = [replace(ticket(f"t{i}"), region=REGIONS[i % 3], external_ref=f"R{i}") for i in range(6)]
    whole = replace(problem(tickets, [engineer("chen", region="west")]), regions=tuple(map(Region, ("north", "south", "west"))))
    return planning.open_day(whole, plan(("chen", "t0 t1")))


PUTS = st.lists(st.tuples(st.integers(2, 20), st.sampled_from(REGIONS), st.integers(0, 3)), max_size=40)


def put(name: int, region: str | None, ref: int) -> Ticket:
    return replace(ticket(f"t{name}"), region=region, external_ref=f"R{name}.{ref}" if ref else None, title=f"{region} {ref}")


@given(PUTS)
def test_tickets_beside_a_day_are_found_listed_and_counted_like_those_in_it(puts: list[tuple[int, str | None, int]]) -> None:
    standing = first = Standing(("", "2026-03-03"), 1, Ground(day(), 1))
    expected = dict(day().ticket_of)
    for number, (name, region, ref) in enumerate(puts):
        one = put(name, region, ref)
        standing = standing.after(number + 2, puts={one.id: one})
        expected[one.id] = one
    assert list(standing.tickets()) == [expected[name] for name in sorted(expected)]
    for after in ("", "t1", "t15", "t2", "zzz"):
        assert [t.id for t in standing.tickets(after)] == [name for name in sorted(expected) if name > after]
    for t in expected.values():
        assert standing.ticket(t.id) is t
        assert standing.named(t.id) is t
        if t.external_ref is not None:
            assert standing.named(t.external_ref) is t
    assert standing.ticket("t99") is standing.named("R99") is None
    placed = Counter(t.region for t in expected.values() if t.id in ("t0", "t1"))
    every = Counter(t.region for t in expected.values())
    assert standing.counts(None) == (len(expected), 2, len(expected) - 2)
    for region in REGIONS:
        if region is not None:
            here = standing.counts(frozenset({region}))
            assert here == (every[region], placed[region], every[region] - placed[region])
    assert standing.regions() >= {"west"} | {region for region in every if region is not None}
    sizes = [len(layer.tickets) for layer in standing.beside.layers]
    assert all(below >= 2 * above for above, below in pairwise(sizes))
    # Who looks at the day as it was sees that.
    assert list(first.tickets()) == [day().ticket_of[name] for name in sorted(day().ticket_of)]
    assert first.counts(None) == (6, 2, 4)


def test_what_was_put_beside_a_day_counts_once_when_it_is_worked_in() -> None:
    standing = Standing(("", "2026-03-03"), 1, Ground(day(), 1))
    for name in (3, 7, 8, 7):
        one = put(name, "south", 0)
        standing = standing.after(standing.revision + 1, puts={one.id: one})
    counts, listed = standing.counts(None), [t.id for t in standing.tickets()]
    assert standing.whole().revision == 5
    assert len(standing.beside) == 0
    assert (standing.counts(None), [t.id for t in standing.tickets()]) == (counts, listed) == ((8, 2, 6), sorted(listed))
