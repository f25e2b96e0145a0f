"""Travel times from a routing server, block by block within what it takes at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatch.errors import TravelError
from dispatch.model import ServerTravel
from dispatch.travel.asking import Asker, asking
from dispatch.travel.dialects import DIALECTS, Dialect, Position, Refusal
from dispatch.travel.means import Means
from dispatch.travel.pairs import Piece, Rows, drawn, filled
from dispatch.travel.points import UNREACHABLE, Legs, Points

__all__ = ["legs", "lines"]

_log = logging.getLogger(__name__)

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

_STOPS = 20
"""Places of one way: what Valhalla takes unless told otherwise."""


def legs(travel: ServerTravel, at: Points, means: Means) -> Legs:
    """Return travel between points as a routing server tells it; what is kept from earlier plans is not asked for again.

    Raises
    ------
    TravelError
        The server cannot be reached, refuses, or answers what cannot be used.
    """
    dialect = DIALECTS[travel.source]
    profile = dialect.profiles[travel.profile]
    source = f"{travel.source} {travel.url.rstrip('/')} {profile}"
    with asking(dialect.name, travel.url, means) as asker:
        tables = _Tables(asker, dialect, profile, at, means)
        return Legs(*filled(means.cache, source, at.positions, tables.pieces))


def lines(travel: ServerTravel, routes: Sequence[Floats], means: Means) -> list[Floats]:
    """Return the lines of routes along the roads that a routing server knows, straight where it knows no way.

    Parameters
    ----------
    routes
        The positions that each route goes through, degrees, shape (n, 2), columns lat and lon; so are the lines.

    Raises
    ------
    TravelError
        As of `legs`.
    """
    dialect = DIALECTS[travel.source]
    profile = dialect.profiles[travel.profile]
    done = 0
    with asking(dialect.name, travel.url, means) as asker:

        def ask(route: Floats) -> Floats:
            nonlocal done
            places: list[Position] = [(round(lat, 5), round(lon, 5)) for lat, lon in route.tolist()]
            found = [
                p for a in range(0, max(1, len(places) - 1), _STOPS - 1) for p in _way(asker, dialect, profile, places[a : a + _STOPS])
            ]
            done += 1
            if means.on_progress is not None:
                means.on_progress(f"Lines from {asker.name}", done, len(routes))
            return np.array(found, np.float64).reshape(-1, 2)

        return drawn(means.cache, f"{travel.source} {travel.url.rstrip('/')} {profile}", routes, ask)


def _way(asker: Asker, dialect: Dialect, profile: str, places: list[Position]) -> list[Position]:
    """Return the way through places, in halves where the server does not answer it as a whole."""
    if len(set(places)) < 2:
        return places
    question = dialect.way(profile, places)
    answer = asker.ask(question.path, question.body)
    if answer.status != 200:
        middle = len(places) // 2
        return (
            places
            if len(places) == 2
            else _way(asker, dialect, profile, places[: middle + 1]) + _way(asker, dialect, profile, places[middle:])
        )
    try:
        found = [(float(lat), float(lon)) for lat, lon in dialect.line(answer.document)]
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise asker.failed(f"answers with what is no way: {error!r}", "See to travel.source and the server.") from error
    if not all(abs(lat) <= 90 and abs(lon) <= 180 for lat, lon in found):
        raise asker.failed("answers with a way that is not on earth", "See to travel.source and the server.")
    return [places[0], *found, places[-1]]


@dataclass(frozen=True)
class _Block:
    """Points to ask about: sources and targets."""

    rows: Rows
    columns: Rows

    def halves(self) -> tuple[_Block, _Block]:
        """Return the two halves of the longer side."""
        if len(self.rows) >= len(self.columns):
            middle = len(self.rows) // 2
            return _Block(self.rows[:middle], self.columns), _Block(self.rows[middle:], self.columns)
        middle = len(self.columns) // 2
        return _Block(self.rows, self.columns[:middle]), _Block(self.rows, self.columns[middle:])

    @property
    def pairs(self) -> int:
        return len(self.rows) * len(self.columns)


class _Tables:
    """Asks one server for tables between the points of one problem; learns how much it takes at once."""

    def __init__(self, asker: Asker, dialect: Dialect, profile: str, at: Points, means: Means) -> None:
        self._asker, self._dialect, self._profile = asker, dialect, profile
        self._names, self._means = at.names, means
        self._positions: list[Position] = [(round(lat, 5), round(lon, 5)) for lat, lon in at.positions.tolist()]
        self._side = dialect.side
        self._done = self._wanted = 0

    def pieces(self, rows: Rows, columns: Rows) -> Iterator[Piece]:
        """Yield the travel from rows to columns in bands of rows."""
        if not self._wanted:
            _log.info("Asking %s for the travel between %d places.", self._asker.name, len(self._names))
        self._wanted += len(rows) * len(columns)
        a = 0
        while a < len(rows):
            band = rows[a : a + self._side]
            seconds, metres = (np.empty((len(band), len(columns)), np.int32) for _ in range(2))
            b = 0
            while b < len(columns):
                part = slice(b, b + self._side)
                block = _Block(band, columns[part])
                seconds[:, part], metres[:, part] = self._table(block)
                b += len(block.columns)
                self._tell(block.pairs)
            yield Piece(band, columns, seconds, metres)
            a += len(band)

    def _tell(self, pairs: int) -> None:
        self._done += pairs
        if self._means.on_progress is not None:
            self._means.on_progress(f"Travel times from {self._asker.name}", self._done, self._wanted)

    def _table(self, block: _Block) -> tuple[Ints, Ints]:
        """Return the travel of a block, in halves where the server does not answer it as a whole."""
        if max(len(block.rows), len(block.columns)) > self._side:
            return self._halved(block)
        sources, targets = self._at(block.rows), self._at(block.columns)
        if len({*sources, *targets}) == 1:  # OSRM wants two places
            return np.zeros((1, 1), np.int32), np.zeros((1, 1), np.int32)
        question = self._dialect.table(self._profile, sources, targets)
        answer = self._asker.ask(question.path, question.body)
        if answer.status == 200:
            return self._read(answer.document, block)
        refusal = self._dialect.refusal(answer.document)
        if answer.status in (413, 414):
            refusal = Refusal("too big", f"status {answer.status}")
        if refusal.place is not None and refusal.place < len({*sources, *targets}):
            raise self._no_road(list(dict.fromkeys((*sources, *targets)))[refusal.place], block)
        if block.pairs > 1 and refusal.why != "other":
            if refusal.why == "too big":
                self._side = max(1, max(len(block.rows), len(block.columns)) // 2)
            return self._halved(block)
        if refusal.why == "unconnected":
            return np.full((1, 1), UNREACHABLE, np.int32), np.zeros((1, 1), np.int32)
        if refusal.why == "no road":
            raise self._stray(block)
        if refusal.why == "too far":
            ends = f"{self._names[block.rows[0]]} and {self._names[block.columns[0]]}"
            raise self._asker.failed(
                f"finds {ends} too far apart: {refusal.words}", "Check their positions, or raise the limit of the server."
            )
        words = f": {refusal.words}" if refusal.words else ""
        raise self._asker.failed(
            f"refuses the request with status {answer.status}{words}", "See to travel.source, travel.url and the server."
        )

    def _halved(self, block: _Block) -> tuple[Ints, Ints]:
        first, second = block.halves()
        axis = 0 if len(block.rows) >= len(block.columns) else 1
        (s, m), (t, n) = self._table(first), self._table(second)
        return np.concatenate((s, t), axis), np.concatenate((m, n), axis)

    def _at(self, points: Rows) -> list[Position]:
        return [self._positions[i] for i in points]

    def _no_road(self, position: Position, block: _Block) -> TravelError:
        who = next(self._names[i] for i in (*block.rows, *block.columns) if self._positions[i] == position)
        lat, lon = position
        return self._asker.failed(
            f"knows no road near {who} at lat {lat}, lon {lon}", "Check the position, or give the server a map of that area."
        )

    def _stray(self, block: _Block) -> TravelError:
        """Return the error for a pair of which one has no road: the source, where it is refused alone, too."""
        source, target = self._at(block.rows)[0], self._at(block.columns)[0]
        question = self._dialect.table(self._profile, [source], [source])
        alone = self._asker.ask(question.path, question.body)
        return self._no_road(target if alone.status == 200 else source, block)

    def _read(self, document: Any, block: _Block) -> tuple[Ints, Ints]:
        try:
            seconds, metres = (_numbers(rows, (len(block.rows), len(block.columns))) for rows in self._dialect.times(document))
        except KeyError as error:
            raise self._garbage(f"{error} is missing") from error
        except (IndexError, TypeError) as error:
            raise self._garbage("it has another shape") from error
        except (ValueError, OverflowError) as error:
            raise self._garbage(str(error)) from error
        lost = np.isnan(seconds)
        seconds[lost], metres[lost | np.isnan(metres)] = UNREACHABLE, 0
        return np.rint(seconds).astype(np.int32), np.rint(metres).astype(np.int32)

    def _garbage(self, why: str) -> TravelError:
        return self._asker.failed(f"answers with what is no table of travel times: {why}", "See to travel.source and the server.")


def _numbers(rows: Any, shape: tuple[int, int]) -> Floats:
    """Return rows of numbers as an array, NaN for None.

    Raises
    ------
    ValueError
        They are not of that shape, not numbers, negative, or beyond what can be travelled.
    """
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValueError("rows are missing")
    if (len(rows), {len(row) for row in rows}) != (shape[0], {shape[1]}):
        raise ValueError(f"{len(rows)} rows of {sorted({len(row) for row in rows})} numbers instead of {shape[0]} of {shape[1]}")
    kinds = {type(value) for row in rows for value in row}
    if not kinds <= {int, float, type(None)}:
        raise ValueError("a value is not a number")
    found = np.array(rows, np.float64)
    if ((found < 0) | (found >= UNREACHABLE)).any():
        worst = float(found[(found < 0) | (found >= UNREACHABLE)][0])
        raise ValueError(f"a value is {worst:g}")
    return found
