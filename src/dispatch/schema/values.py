"""Times, durations and amounts between JSON and int seconds; how a value is shown in a message."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic_core import PydanticCustomError

from dispatch.model import MINUTE, whole

DAY = 86_400
LATEST_TIME = 7_258_118_400
"""2200-01-01T00:00:00Z: years beyond are stand-ins for "never", not times."""

TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
DURATION_PATTERN = r"^\+?P(?=[0-9T])([0-9.,]+W)?([0-9.,]+D)?(T(?=[0-9])([0-9.,]+H)?([0-9.,]+M)?([0-9.,]+S)?)?$"

CLOCK_PATTERN = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?")
_NUMBER = r"([0-9]{1,12}(?:[.,][0-9]{1,12})?)"
_DURATION = re.compile(
    rf"([+-]?)P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?(T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_UNITS = (7 * DAY, DAY, 3600, 60, 1)
_SHOWN = 60


def shown(value: Any) -> str:
    """Return a value as a message shows it: as JSON, shortened, and only the kind and size of a container."""
    if isinstance(value, (dict, list)):
        kind, parts = ("object", "member") if isinstance(value, dict) else ("list", "item")
        article = "an" if not value or kind == "object" else "a"
        return f"{article} {kind} of {len(value)} {parts}{'s' * (len(value) > 1)}" if value else f"{article} empty {kind}"
    if isinstance(value, int) and value.bit_length() > 4 * _SHOWN:
        return f"a number of about {int(value.bit_length() * 0.30103)} digits"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def plain(number: float) -> float:
    """Return a number without a fraction as an int, so that it is shown and written as 40 and not as 40.0."""
    return int(number) if number == int(number) else number


def in_words(seconds: int) -> str:
    """Return a positive duration as a message says it: 1 h 30 min."""
    units = ((seconds // DAY, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{n} {unit}" for n, unit in units if n) or "0 s"


def _refuse(code: str, why: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{why}", {"why": why})


def read_time(value: Any) -> int:
    """Return Unix seconds of an RFC 3339 time with offset; fractions of a second are cut off."""
    if not isinstance(value, str):
        raise _refuse("INVALID_TIME", "not a time in quotes")
    match = _TIME.fullmatch(value)
    if match is None:
        raise _refuse("INVALID_TIME", "not an RFC 3339 time")
    date, clock, offset = match.groups()
    if offset is None:
        raise _refuse("NAIVE_TIME", "a time without an offset from UTC")
    try:
        seconds = int((datetime.fromisoformat(f"{date}T{clock}{offset.upper()}") - _EPOCH).total_seconds())
    except (ValueError, OverflowError):
        raise _refuse("INVALID_TIME", "a time that does not exist") from None
    if not 0 <= seconds <= LATEST_TIME:
        raise _refuse("TIME_OUT_OF_RANGE", "outside the years 1970 to 2199")
    return seconds


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def _duration(text: str) -> int:
    """Return seconds, negative ones included, of an ISO 8601 duration; a fraction is rounded to the second."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise _refuse("INVALID_DURATION", "not an ISO 8601 duration")
    sign, years, months, *parts = match.groups()
    time_part = parts.pop(2)
    if years is not None or months is not None:
        raise _refuse("CALENDAR_DURATION", "a duration in years or months")
    given = [(number.replace(",", "."), unit) for number, unit in zip(parts, _UNITS, strict=True) if number is not None]
    if not given or time_part == "T" or any("." in number for number, _ in given[:-1]):
        raise _refuse("INVALID_DURATION", "not an ISO 8601 duration")
    seconds = whole(sum(float(number) * unit for number, unit in given))
    return -seconds if sign == "-" else seconds


def read_duration(value: Any, *, least: int, most: int) -> int:
    """Return seconds of an ISO 8601 duration between `least` (0 or 1) and `most` seconds."""
    if not isinstance(value, str):
        raise _refuse("INVALID_DURATION", "not a duration in quotes")
    seconds = _duration(value)
    if seconds < 0:
        raise _refuse("NEGATIVE", "less than nothing")
    if seconds < least:
        raise _refuse("NOT_POSITIVE", "no time at all")
    if seconds > most:
        raise _refuse("ABSURD_DURATION", f"longer than {write_duration(most)}")
    return seconds


def write_time(seconds: int, zone: tzinfo) -> str:
    """Return the RFC 3339 time with the offset the zone has at that moment."""
    moment = datetime.fromtimestamp(seconds, zone)
    offset = moment.utcoffset() or timedelta()
    # RFC 3339 offsets are whole minutes; a few zones of the early 1970s were not.
    return (moment if offset.seconds % 60 == 0 else moment.astimezone(UTC)).isoformat()


def read_clock(value: Any) -> int:
    """Return seconds after midnight of a time of the day, 00:00 to 24:00."""
    if not isinstance(value, str):
        raise _refuse("INVALID_CLOCK", "not a time of the day in quotes")
    if re.fullmatch(CLOCK_PATTERN, value) is None:
        raise _refuse("INVALID_CLOCK", "not a time of the day")
    return 3600 * int(value[:2]) + 60 * int(value[3:])


def write_clock(seconds: int) -> str:
    """Return the time of the day that `read_clock` was given."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def write_duration(seconds: int) -> str:
    """Return the ISO 8601 duration in days, hours, minutes and seconds; nothing is PT0S."""
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (secs, "S")) if n)
    date = f"P{days}D" if days else "P"
    return f"{date}T{clock}" if clock else (date if days else "PT0S")


def write_minutes(cost: int) -> Decimal:
    """Return milliseconds of travel as minutes with at most six decimals."""
    return (Decimal(cost) / MINUTE).quantize(Decimal("0.000001"))


def read_minutes(minutes: float) -> int:
    """Return the milliseconds of travel that `write_minutes` was given."""
    return round(minutes * MINUTE)
