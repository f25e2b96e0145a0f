"""What a simulation leaves behind: flat records, one per ticket and one per shift, written out as they come."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TextIO

__all__ = ["DayRecord", "RecordFiles", "TicketRecord", "read_days", "read_tickets"]


class TicketRecord(NamedTuple):
    """One ticket. Times are Unix seconds, None where there is none.

    Parameters
    ----------
    counted
        1 where it was opened after the warm-up.
    responded_at
        When somebody was first at work: service or remote diagnosis begins, or the engineer stands at a closed door.
    closed_at, outcome
        When and how it ended: `visit`, `remote`, `cancelled`; `open` where the simulation ended first.
    visits, repeats, part_visits, no_shows
        Numbers: all visits, those after a fix that failed, those that found a part missing, those that met nobody.
    travel, service
        Actual seconds, over all visits.
    level
        0 as it came, 1 with a regional expert, 2 with headquarters.
    tier_excess
        Tiers of the last engineer above what was asked for.
    """

    ticket: str
    work: str
    kind: str
    priority: int
    customer_class: str
    region: str
    counted: int
    opened_at: int
    respond_by: int | None
    responded_at: int | None
    closed_at: int | None
    outcome: str
    visits: int
    repeats: int
    part_visits: int
    no_shows: int
    travel: int
    service: int
    level: int
    tier_excess: int
    engineer: str


class DayRecord(NamedTuple):
    """One shift of one engineer. Times are Unix seconds, durations seconds.

    Parameters
    ----------
    absent
        1 where the engineer did not come; all else is 0 then.
    returned
        When the engineer was back, or the shift ended, whichever was later.
    metres
        Driven by plan.
    cost
        Money: the shift, its overtime and its kilometres.
    """

    engineer: str
    shift: str
    region: str
    counted: int
    absent: int
    start: int
    end: int
    returned: int
    stops: int
    travel: int
    metres: int
    service: int
    rest: int
    overtime: int
    cost: float


_TEXTS = {"ticket", "work", "kind", "customer_class", "region", "outcome", "engineer", "shift"}
TICKETS, DAYS = "tickets.csv", "days.csv"


class RecordFiles:
    """Two CSV files in a folder, `tickets.csv` and `days.csv`, written as records come."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> RecordFiles:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.files: list[TextIO] = [(self.folder / name).open("w", encoding="utf-8", newline="") for name in (TICKETS, DAYS)]
        self.writers = [csv.writer(f, lineterminator="\n") for f in self.files]
        self.writers[0].writerow(TicketRecord._fields)
        self.writers[1].writerow(DayRecord._fields)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for file in self.files:
            file.close()

    def ticket(self, record: TicketRecord) -> None:
        """Write a ticket."""
        self.writers[0].writerow(record)

    def day(self, record: DayRecord) -> None:
        """Write a shift."""
        self.writers[1].writerow(record)


def _rows(path: Path) -> Iterator[list[str | int | float | None]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        for row in reader:
            yield [v if n in _TEXTS else None if v == "" else float(v) if n == "cost" else int(v) for n, v in zip(names, row, strict=True)]


def read_tickets(folder: Path) -> Iterator[TicketRecord]:
    """Yield the tickets of a folder of records, one after the other."""
    return (TicketRecord(*row) for row in _rows(folder / TICKETS))  # type: ignore[arg-type]


def read_days(folder: Path) -> Iterator[DayRecord]:
    """Yield the shifts of a folder of records, one after the other."""
    return (DayRecord(*row) for row in _rows(folder / DAYS))  # type: ignore[arg-type]
