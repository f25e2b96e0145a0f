"""Ticket logs: a CSV file to tickets with times, places and durations; what is wrong with its rows is counted and told."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dispatch.errors import Fault, InputError
from dispatch.model import PlanWarning
from dispatch.schema.codes import REMEDIES, fault
from dispatch.schema.notices import WARNINGS
from dispatch.schema.values import shown

__all__ = ["Columns", "Entry", "TicketLog", "read_log"]

WEEK = 7 * 86_400

KNOWN: Mapping[str, tuple[str, ...]] = {
    "opened": ("opened_at", "opened", "created_at", "created_date", "created", "alarm_time", "alarm", "time", "completetimestamp"),
    "begun": ("begun", "started_at", "started", "arrival", "arrived_at"),
    "ended": ("ended", "ended_at", "close", "finished_at", "done_at"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "longitude"),
    "case": ("ticket", "id", "request", "number", "unique_key", "call_no", "caseid"),
}
"""Names by which a column is known if none is given, in lower case."""


@dataclass(frozen=True)
class Columns:
    """Which column of a log says what; None: looked for by its name, and done without where it is not found.

    Parameters
    ----------
    opened
        When a ticket was reported. The only one that must be there.
    begun, ended
        When work on site began and ended: together they give the service time.
    sort
        By what tickets are told apart; each of the commonest values becomes an entry of `demand`.
    case
        The name of a ticket. A log of events has several rows for one; the first is its opening.
    """

    opened: str | None = None
    begun: str | None = None
    ended: str | None = None
    lat: str | None = None
    lon: str | None = None
    sort: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One ticket of a log: Unix seconds, seconds, degrees; `begun` and `ended` where the log has them, and in this order."""

    opened_at: int
    sort: str = ""
    service: int | None = None
    lat: float | None = None
    lon: float | None = None
    begun: int | None = None
    ended: int | None = None


@dataclass(frozen=True)
class TicketLog:
    """The tickets of a log in order of opening, and what was wrong with its rows.

    Parameters
    ----------
    days_only
        Whether openings are days without a clock time.
    """

    entries: tuple[Entry, ...]
    columns: Columns
    days_only: bool
    warnings: tuple[PlanWarning, ...]


class _Trouble:
    """What was wrong with rows: how many, and the line of the first."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[int, int, str]] = {}

    def add(self, code: str, line: int, value: str) -> None:
        count, first, seen = self.found.get(code, (0, line, value))
        self.found[code] = (count + 1, first, seen)

    def warnings(self, rows: int) -> Iterator[PlanWarning]:
        said = {
            "LOG_TIME_MISSING": "have no opening time and are left out",
            "LOG_TIME_UNREADABLE": "have a time that cannot be read, and are left out or taken without it",
            "LOG_DUPLICATE": "repeat an earlier ticket and are left out",
            "LOG_TIMES_REVERSED": "end before they begin, or begin before they were opened, and give no service time",
            "LOG_CLOCK_CHANGE": "have a local time that a clock change skips or lets come twice; it is taken for the earlier one",
            "LOG_PLACE_MISSING": "have no position on earth",
        }
        for code, words in said.items():
            if code in self.found:
                count, line, value = self.found[code]
                example = f" ({shown(value)})" if value else ""
                yield PlanWarning(code, f"/{line}", f"{count} of {rows} rows {words}, first in line {line}{example}. {WARNINGS[code]}")


def read_log(data: bytes, columns: Columns | None = None, time_zone: str = "UTC") -> TicketLog:
    """Return the tickets of a CSV file, as it is or compressed with gzip.

    Times are ISO 8601; without an offset they are local to the time zone. A log of events, with several rows for one ticket, gives each
    ticket the time of its first row.

    Raises
    ------
    InputError
        The file is no CSV in UTF-8, a column that was named is not there, none says when tickets were opened, or no row can be used.
    """
    rows, names = _table(data)
    chosen = _chosen(columns or Columns(), names)
    zone, trouble = ZoneInfo(time_zone), _Trouble()
    found: dict[str, Entry] = {}
    events = _is_event_log(rows, chosen)
    days_only = True
    for number, row in enumerate(rows):
        line = number + 2
        text = (row.get(chosen.opened or "") or "").strip()
        if not text:
            trouble.add("LOG_TIME_MISSING", line, "")
            continue
        opened = _time(text, zone, line, trouble)
        if opened is None:
            continue
        days_only = days_only and len(text) <= 10
        case = (row.get(chosen.case or "") or "").strip() or f"line {line}"
        if case in found:
            if not events:
                trouble.add("LOG_DUPLICATE", line, case)
            elif opened < found[case].opened_at:
                found[case] = _entry(row, opened, chosen, zone, line, trouble)
            continue
        found[case] = _entry(row, opened, chosen, zone, line, trouble)
    if not found:
        raise InputError([fault("LOG_UNUSABLE", "", f"None of the {len(rows)} rows has an opening time that can be read.")])
    entries = tuple(sorted(found.values(), key=lambda e: e.opened_at))
    return TicketLog(entries, chosen, days_only, tuple(trouble.warnings(len(rows))))


def _table(data: bytes) -> tuple[list[dict[str, str]], list[str]]:
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError([Fault("", "WRONG_ENCODING", f"The log cannot be read: {error}.", REMEDIES["WRONG_ENCODING"])]) from None
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows = list(reader)
    except csv.Error as error:
        raise InputError([fault("LOG_UNUSABLE", "", f"The log is not a table in CSV: {error}.")]) from None
    names = [n for n in reader.fieldnames or [] if n]
    if not names or not rows:
        raise InputError([fault("LOG_UNUSABLE", "", "The log has no rows under a line of column names.")])
    return rows, names


def _chosen(columns: Columns, names: Sequence[str]) -> Columns:
    """Return the columns by name; those not given are looked for."""
    faults, chosen = [], {}
    lower = {n.lower(): n for n in reversed(names)}
    for what in ("opened", "begun", "ended", "lat", "lon", "sort", "case"):
        given = getattr(columns, what)
        if given is not None and given not in names:
            faults.append(fault("UNKNOWN_COLUMN", f"/{what}", f"There is no column {shown(given)}. The log has {', '.join(names)}."))
        chosen[what] = given or next((lower[k] for k in KNOWN.get(what, ()) if k in lower), None)
    if not faults and chosen["opened"] is None:
        message = f"No column says when tickets were opened. The log has {', '.join(names)}."
        faults.append(fault("NO_OPENING_COLUMN", "/opened", message))
    if faults:
        raise InputError(faults)
    return Columns(**chosen)


def _is_event_log(rows: Sequence[Mapping[str, str]], columns: Columns) -> bool:
    """Whether a ticket has several rows by design: a fifth of the rows, or more, name a ticket that another row names."""
    if columns.case is None:
        return False
    return len({row.get(columns.case) for row in rows}) < 0.8 * len(rows)


def _time(text: str, zone: ZoneInfo, line: int, trouble: _Trouble) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        trouble.add("LOG_TIME_UNREADABLE", line, text)
        return None
    if not 1971 <= moment.year <= 2198:
        trouble.add("LOG_TIME_UNREADABLE", line, text)
        return None
    if moment.tzinfo is not None:
        return int(moment.timestamp())
    here = moment.replace(tzinfo=zone)
    other = here.replace(fold=1)
    if here.utcoffset() != other.utcoffset():
        trouble.add("LOG_CLOCK_CHANGE", line, text)
        return int(min(here.astimezone(UTC), other.astimezone(UTC)).timestamp())
    return int(here.timestamp())


def _entry(row: Mapping[str, str], opened: int, columns: Columns, zone: ZoneInfo, line: int, trouble: _Trouble) -> Entry:
    sort = (row.get(columns.sort or "") or "").strip()
    lat, lon = _position(row, columns, line, trouble)
    begun, ended, service = _work(row, opened, columns, zone, line, trouble)
    return Entry(opened, sort, service, lat, lon, begun, ended)


def _work(
    row: Mapping[str, str], opened: int, columns: Columns, zone: ZoneInfo, line: int, trouble: _Trouble
) -> tuple[int | None, int | None, int | None]:
    """Return when work began and ended, and how long it took."""
    begun_text, ended_text = ((row.get(name or "") or "").strip() for name in (columns.begun, columns.ended))
    begun = _time(begun_text, zone, line, trouble) if begun_text else None
    ended = _time(ended_text, zone, line, trouble) if ended_text else None
    first = opened if begun is None else begun
    if first < opened or (ended is not None and ended < first):
        trouble.add("LOG_TIMES_REVERSED", line, begun_text if first < opened else ended_text)
        return None, None, None
    service = ended - begun if begun is not None and ended is not None else None
    return begun, ended, service if service is not None and 0 < service <= WEEK else None


def _position(row: Mapping[str, str], columns: Columns, line: int, trouble: _Trouble) -> tuple[float | None, float | None]:
    if columns.lat is None or columns.lon is None:
        return None, None
    try:
        lat, lon = float(row.get(columns.lat) or "nan"), float(row.get(columns.lon) or "nan")
    except ValueError:
        lat = lon = float("nan")
    if not (abs(lat) <= 90 and abs(lon) <= 180) or (lat, lon) == (0.0, 0.0):
        trouble.add("LOG_PLACE_MISSING", line, "")
        return None, None
    return lat, lon
