"""The measurement of travel by the hour: both searches run the same iterations, and only one of them goes by the hour."""

from benchmarks.hours import CHUNK, compare
from dispatch.solver.state import ITERATION


def test_both_searches_run_in_turn_and_one_goes_by_the_hour() -> None:
    plain, by_hour = compare(20, "balanced", 2, 1)
    assert (plain.arrays.hours, len(by_hour.arrays.hours) > 0) == (None, True)
    assert [int(each.state.number[ITERATION]) for each in (plain, by_hour)] == [2 * CHUNK + 1] * 2
    assert min(plain.seconds, by_hour.seconds) > 0
