"""Logs: small tables, and for each fault and warning one that has it."""

from __future__ import annotations

from typing import NamedTuple

from dispatch.simulation.logs import Columns


class LogCase(NamedTuple):
    """A log, how it is read, and what is told."""

    code: str
    pointer: str
    told: str
    text: str
    columns: Columns = Columns()
    time_zone: str = "UTC"


HEAD = "id,opened_at,started_at,ended_at,lat,lon\n"
SOUND = HEAD + "A,2026-03-02 08:00:00,2026-03-02 09:00:00,2026-03-02 09:30:00,28.2,112.9\n"

REFUSED_LOGS = [
    LogCase(
        "UNKNOWN_COLUMN", "/begun", '"start". The log has id, opened_at, started_at, ended_at, lat, lon.', SOUND, Columns(begun="start")
    ),
    LogCase("NO_OPENING_COLUMN", "/opened", "The log has a, b.", "a,b\n1,2\n"),
    LogCase("LOG_UNUSABLE", "", "None of the 2 rows", "id,opened_at\nA,\nB,soon\n"),
    LogCase("LOG_UNUSABLE", "", "no rows", "id,opened_at\n"),
]

WARNED_LOGS = [
    LogCase("LOG_TIME_MISSING", "/3", "1 of 2 rows have no opening time", SOUND + "B,,,,28.2,112.9\n"),
    LogCase("LOG_TIME_UNREADABLE", "/3", 'and are left out or taken without it, first in line 3 ("soon")',
            SOUND + "B,soon,,,28.2,112.9\n"),
    LogCase("LOG_DUPLICATE", "/7", '1 of 6 rows repeat an earlier ticket and are left out, first in line 7 ("A")',
            SOUND + "".join(f"{n},2026-03-02 08:00:00,,,28.2,112.9\n" for n in "BCDEA")),
    LogCase("LOG_TIMES_REVERSED", "/3", '2 of 3 rows end before they begin, or begin before they were opened',
            SOUND + "B,2026-03-02 08:00:00,2026-03-02 09:00:00,2026-03-02 08:50:00,28.2,112.9\n"
            "C,2026-03-02 08:00:00,2026-03-02 07:00:00,2026-03-02 08:50:00,28.2,112.9\n"),
    LogCase("LOG_CLOCK_CHANGE", "/3", '2 of 3 rows have a local time that a clock change skips or lets come twice',
            SOUND + "B,2026-03-29 02:30:00,,,28.2,112.9\nC,2026-10-25 02:30:00,,,28.2,112.9\n", time_zone="Europe/Berlin"),
    LogCase("LOG_PLACE_MISSING", "/3", "2 of 3 rows have no position on earth",
            SOUND + "B,2026-03-02 08:00:00,,,,\nC,2026-03-02 08:00:00,,,0,0\n"),
]  # fmt: skip
