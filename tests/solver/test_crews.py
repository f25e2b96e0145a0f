"""The cheapest crew under loads and cuts, against all crews there are."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.solver.crews import Crews, Cut, cheapest

SMALL = st.integers(0, 3)


def allowed(counts: tuple[int, ...], crews: Crews, cuts: list[Cut]) -> bool:
    loads = all(sum(n * c for n, c in zip(counts, gives, strict=True)) >= needed for gives, needed in crews.loads)
    return (
        sum(counts) >= 1
        and loads
        and all(any(counts[g] >= k for g, k in c.more.items()) or any(counts[g] <= k for g, k in c.fewer.items()) for c in cuts)
    )


CUTS = st.lists(
    st.builds(Cut, more=st.dictionaries(SMALL.filter(lambda g: g < 3), SMALL), fewer=st.dictionaries(st.integers(0, 2), SMALL)), max_size=4
)


@settings(max_examples=30, deadline=None)
@given(costs=st.tuples(*[st.integers(0, 9)] * 3), needed=st.integers(0, 12), cuts=CUTS)
def test_it_is_the_cheapest_of_all_and_of_these_one_of_the_smallest(costs: tuple[int, ...], needed: int, cuts: list[Cut]) -> None:
    crews = Crews(costs, (0, 0, 0), (3, 2, 3), [((2, 1, 3), needed)])
    every = [c for c in product(range(4), range(3), range(4)) if allowed(c, crews, cuts)]
    found = cheapest(crews, cuts)
    if not every:
        assert found is None
        return

    def price(counts: tuple[int, ...]) -> tuple[int, int]:
        return sum(n * c for n, c in zip(counts, costs, strict=True)), sum(counts)

    assert found in every
    assert price(found) == min(map(price, every))


def test_nobody_is_no_crew() -> None:
    assert cheapest(Crews((5, 3), (0, 0), (2, 2))) == (0, 1)
    assert cheapest(Crews((5,), (0,), (0,))) is None
    assert cheapest(Crews((), (), ())) is None


INTERRUPTED = """
import signal
signal.signal(signal.SIGINT, lambda *_: print("asked to stop"))
{chosen}
signal.raise_signal(signal.SIGINT)
print("told what is known")
"""


@pytest.mark.parametrize(
    "chosen",
    [
        "from dispatch.solver.crews import Crews, cheapest; cheapest(Crews((1,), (0,), (2,), ()), [])",
        "from dispatch.solver.selection import Column, select; select([Column('s', ('t',), 1, 0)], {}, 0, [])",
    ],
)
def test_who_asks_to_stop_after_a_choice_is_still_heard(chosen: str) -> None:
    run = subprocess.run([sys.executable, "-c", INTERRUPTED.format(chosen=chosen)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.splitlines()) == (0, ["asked to stop", "told what is known"]), run.stderr
