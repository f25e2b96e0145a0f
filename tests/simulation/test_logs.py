"""Reading logs: what is wrong with rows is counted and told, what is wrong with the file is refused."""

from __future__ import annotations

import gzip

import pytest

from dispatch.errors import InputError
from dispatch.simulation.logs import Columns, Entry, read_log
from tests.simulation.log_cases import HEAD, REFUSED_LOGS, SOUND, WARNED_LOGS, LogCase
from tests.simulation.worlds import MIDNIGHT

EIGHT = MIDNIGHT + 8 * 3600


@pytest.mark.parametrize("case", REFUSED_LOGS, ids=lambda c: c.code)
def test_a_log_that_cannot_be_used_is_refused_with_what_it_has(case: LogCase) -> None:
    with pytest.raises(InputError) as refused:
        read_log(case.text.encode(), case.columns, case.time_zone)
    (fault,) = refused.value.faults
    assert (fault.code, fault.pointer) == (case.code, case.pointer)
    assert case.told in fault.message


@pytest.mark.parametrize("case", WARNED_LOGS, ids=lambda c: c.code)
def test_rows_that_are_wrong_are_counted_with_the_line_of_the_first(case: LogCase) -> None:
    (warning,) = read_log(case.text.encode(), case.columns, case.time_zone).warnings
    assert (warning.code, warning.pointer) == (case.code, case.pointer)
    assert case.told in warning.message


def test_all_unknown_columns_are_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        read_log(SOUND.encode(), Columns(opened="a", lat="b", sort="c"))
    assert [f.pointer for f in refused.value.faults] == ["/lat", "/opened", "/sort"]


def test_columns_are_known_by_their_usual_names_and_a_compressed_log_is_read() -> None:
    log = read_log(gzip.compress(SOUND.encode()))
    assert log.entries == (Entry(EIGHT, "", 1800, 28.2, 112.9, EIGHT + 3600, EIGHT + 5400),)
    assert log.columns == Columns("opened_at", "started_at", "ended_at", "lat", "lon", None, "id")
    assert log.warnings == ()


def test_of_several_rows_of_a_ticket_in_a_log_of_events_the_first_moment_counts() -> None:
    events = "CaseID,ActivityID,CompleteTimestamp\n7,2,2026-03-02 09:00:00\n7,1,2026-03-02 08:00:00\n8,1,2026-03-02 10:00:00\n"
    log = read_log(events.encode())
    assert [e.opened_at for e in log.entries] == [EIGHT, EIGHT + 7200]
    assert log.warnings == ()


def test_times_are_local_unless_they_have_an_offset() -> None:
    rows = "A,2026-03-02 08:00:00,,,28.2,112.9\nB,2026-03-02T08:00:00Z,,,28.2,112.9\n"
    log = read_log((HEAD + rows).encode(), time_zone="Asia/Shanghai")
    assert [e.opened_at for e in log.entries] == [EIGHT - 8 * 3600, EIGHT]
