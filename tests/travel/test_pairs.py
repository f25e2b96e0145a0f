"""Travel kept on disk: nothing is asked for twice, little is asked for too much, and no damage to the file stops a plan."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import travel
from dispatch.errors import TravelError
from dispatch.model import ServerTravel
from dispatch.travel import UNREACHABLE
from dispatch.travel.pairs import FILE, LARGEST, MAX_AGE, Piece, Rows, filled
from tests.travel.servers import PLACES, URLS, Fake, by, day, expected

Floats = npt.NDArray[np.float64]
OSRM = ServerTravel("osrm", URLS["osrm"])


def town(n: int, start: int = 0) -> Floats:
    return np.array([[50 + i / 1000, 4 + (i * i % 89) / 1000] for i in range(start, start + n)]).reshape(-1, 2)


def truth(positions: Floats) -> npt.NDArray[np.int32]:
    """Return seconds that tell every pair from every other."""
    own = np.rint(positions * 1e5).astype(np.int64) @ np.array([7, 3])
    found = (own[:, None] * 31 + own[None, :]) % 9973
    found[own[:, None] == own[None, :]] = 0
    return np.asarray(found, np.int32)


class Counted:
    """Answers for positions, and counts the pairs asked for."""

    def __init__(self, positions: Floats, fail_after: int | None = None) -> None:
        self.positions, self.pairs, self.left = positions, 0, fail_after

    def __call__(self, rows: Rows, columns: Rows) -> Iterator[Piece]:
        every = truth(self.positions)
        for band in np.array_split(rows, max(1, len(rows) // 5)):
            if self.left is not None and self.left <= 0:
                raise TravelError("the server is gone")
            self.left = None if self.left is None else self.left - 1
            self.pairs += len(band) * len(columns)
            seconds = every[np.ix_(band, columns)]
            yield Piece(band, columns, seconds, 2 * seconds)


def asked(folder: Path | None, positions: Floats, at: float = 0.0, largest: int = LARGEST) -> int:
    """Return how many pairs were asked for to fill a matrix at a moment, and see that it is right."""
    ask = Counted(positions)
    seconds, metres = filled(folder, "s", positions, ask, clock=lambda: at, largest=largest)
    assert (seconds.tolist(), metres.tolist()) == (truth(positions).tolist(), (2 * truth(positions)).tolist())
    return ask.pairs


def test_a_second_plan_of_the_same_day_asks_for_nothing(tmp_path: Path) -> None:
    first, second = Fake("osrm", island=frozenset((PLACES[2],))), Fake("osrm")
    before = travel.matrix(day(OSRM), by(first, cache=tmp_path))
    after = travel.matrix(day(OSRM), by(second, cache=tmp_path))
    assert (len(first.requests), second.requests) == (1, [])
    assert (after.seconds.tolist(), after.metres.tolist()) == (before.seconds.tolist(), before.metres.tolist())
    assert after.seconds[0, 2] == UNREACHABLE
    assert after.warnings == before.warnings


def test_only_new_rows_and_columns_are_asked_for(tmp_path: Path) -> None:
    places = [*PLACES, (52.7, 4.2), (52.8, 4.3)]
    travel.matrix(day(OSRM), by(Fake("osrm"), cache=tmp_path))
    fake = Fake("osrm")
    found = travel.matrix(day(OSRM, places), by(fake, cache=tmp_path))
    assert found.seconds.tolist() == expected(places)[0]
    assert [(len(sources), len(targets)) for sources, targets in fake.asked] == [(2, 7), (5, 2)]


def test_what_another_server_or_profile_has_told_is_not_used(tmp_path: Path) -> None:
    def requests(server: ServerTravel) -> int:
        fake = Fake(server.source)
        travel.matrix(day(server), by(fake, cache=tmp_path))
        return len(fake.requests)

    others = [
        OSRM,
        ServerTravel("osrm", "http://osrm.test/"),
        ServerTravel("osrm", "http://other.test"),
        ServerTravel("osrm", URLS["osrm"], "van"),
        ServerTravel("valhalla", URLS["osrm"]),
    ]
    assert [requests(s) for s in others] == [1, 0, 1, 0, 1]


def test_without_a_folder_nothing_is_kept() -> None:
    assert [asked(None, town(6)), asked(None, town(6))] == [36, 36]


def test_what_was_told_before_a_failure_is_kept(tmp_path: Path) -> None:
    positions = town(20)
    with pytest.raises(TravelError, match="gone"):
        filled(tmp_path, "s", positions, Counted(positions, fail_after=3))
    assert asked(tmp_path, positions) == 5 * 20


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=12), min_size=1, max_size=6))
def test_whatever_days_come_after_one_another_times_are_right_and_known_days_free(
    tmp_path_factory: pytest.TempPathFactory, days: Sequence[list[int]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    every = town(41)
    for places in days:
        asked(folder, every[places])
        assert asked(folder, every[places]) == 0


def test_two_days_apart_are_known_together_as_far_as_they_were_asked_for(tmp_path: Path) -> None:
    asked(tmp_path, town(10))
    asked(tmp_path, town(10, 10))
    assert asked(tmp_path, town(20)) == 2 * 10 * 10


def test_travel_is_asked_for_anew_when_it_is_old(tmp_path: Path) -> None:
    times = (0, MAX_AGE - 1, MAX_AGE, MAX_AGE + 1)
    assert [asked(tmp_path, town(4), t) for t in times] == [16, 0, 16, 0]


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    hour, room = 3601.0, 3 * 30 * (16 * 30 + 64)
    days = [town(30, 100 * i) for i in range(4)]
    assert [asked(tmp_path, positions, i * hour, room) for i, positions in enumerate(days[:3])] == [900] * 3
    assert asked(tmp_path, days[0], 10 * hour, room) == 0
    assert asked(tmp_path, days[3], 11 * hour, room) == 900
    assert [asked(tmp_path, days[i], 12 * hour, room) for i in (0, 3)] == [0, 0]
    assert asked(tmp_path, days[1], 12 * hour, room) > 0


def test_the_file_stays_about_as_large_as_it_may_be(tmp_path: Path) -> None:
    for i in range(12):
        asked(tmp_path, town(60, 60 * i), float(i), 400_000)
    assert (tmp_path / FILE).stat().st_size < 1_000_000


@pytest.mark.parametrize("damage", ["text", "cut", "hole", "empty"])
def test_a_damaged_file_is_set_aside_with_a_warning(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    asked(tmp_path, town(40))
    file = tmp_path / FILE
    whole = file.read_bytes()
    file.write_bytes(
        {"text": b"not a store " * 1000, "cut": whole[:5000], "hole": whole[:200] + b"\xff" * 8000 + whole[8200:], "empty": b""}[damage]
    )
    with caplog.at_level(logging.WARNING, "dispatch"):
        assert asked(tmp_path, town(40)) == 1600
    assert asked(tmp_path, town(40)) == 0
    if damage == "empty":  # as good as none
        assert caplog.messages == []
    else:
        assert "set aside" in caplog.messages[0]
        assert (tmp_path / FILE).with_suffix(".damaged").exists()


def test_a_damaged_entry_is_as_good_as_none(tmp_path: Path) -> None:
    asked(tmp_path, town(4))
    with sqlite3.connect(tmp_path / FILE) as store:
        store.execute("UPDATE chunks SET seconds = x'00' WHERE rowid = 2")
    store.close()
    assert asked(tmp_path, town(4)) == 3


@pytest.mark.parametrize("where", ["file", "folder in the way"])
def test_a_store_that_cannot_be_written_is_done_without(tmp_path: Path, where: str, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "cache"
    if where == "file":
        folder.write_text("")
    else:
        (folder / FILE).mkdir(parents=True)
    with caplog.at_level(logging.WARNING, "dispatch"):
        assert [asked(folder, town(5)), asked(folder, town(5))] == [25, 25]
    assert caplog.messages[0].startswith(f"Travel times cannot be kept in {folder / FILE}: ")


def test_a_store_that_fails_half_way_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked(tmp_path, town(3))
    with sqlite3.connect(tmp_path / FILE) as store:
        store.execute("CREATE TRIGGER full BEFORE INSERT ON chunks BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    store.close()
    with caplog.at_level(logging.WARNING, "dispatch"):
        assert asked(tmp_path, town(20)) > 0
    assert asked(tmp_path, town(3)) == 0


def _side_by_side(folder: Path, start: int) -> list[int]:
    return [asked(folder, town(25, start + 5 * i)) for i in range(4)]


def test_processes_side_by_side_share_one_store(tmp_path: Path) -> None:
    with multiprocessing.get_context("forkserver").Pool(3) as pool:
        pool.starmap(_side_by_side, [(tmp_path, start) for start in (0, 10, 0, 10, 20, 0)])
    assert [asked(tmp_path, town(25, start)) for start in (0, 5, 10, 15, 20, 25, 30, 35)] == [0] * 8
    store = sqlite3.connect(tmp_path / FILE)
    assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()
