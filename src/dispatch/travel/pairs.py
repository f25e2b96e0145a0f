"""Travel between pairs of positions, kept on disk from one plan to the next.

A position counts to 1e-5 degrees (about a metre). What is kept are chunks: one origin, many targets, and the travel to each. Chunks are
only ever added, so that processes side by side need not agree on anything; those not used for longest go when there are too many.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["FILE", "Piece", "drawn", "filled"]

_log = logging.getLogger(__name__)

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Keys = npt.NDArray[np.int64]

FILE = "travel-1.sqlite"
"""Name of the store in its folder; the number is that of its layout."""
LARGEST = 512 * 2**20
"""Bytes of travel kept at the most: some 30 million pairs."""
LARGEST_LINES = 128 * 2**20
"""Bytes of lines kept at the most: some 50,000 routes."""
MAX_AGE = 30 * 86_400
"""Seconds after which travel is asked for anew: maps and servers change."""
_FRESH = 3600
"""Seconds within which the use of a chunk is not noted again: reading the same day twice writes nothing."""
_UNKNOWN = -1
_AT_ONCE = 500
"""Origins per query: SQLite allows only so many parameters."""

_TABLES = """
CREATE TABLE IF NOT EXISTS chunks (
    source BLOB NOT NULL, origin INTEGER NOT NULL, digest BLOB NOT NULL, targets BLOB NOT NULL, seconds BLOB NOT NULL, metres BLOB NOT NULL,
    bytes INTEGER NOT NULL, kept_at INTEGER NOT NULL, used_at INTEGER NOT NULL, PRIMARY KEY (source, origin, digest)
);
CREATE INDEX IF NOT EXISTS by_use ON chunks (used_at, bytes);
CREATE TABLE IF NOT EXISTS lines (
    digest BLOB PRIMARY KEY, points BLOB NOT NULL, bytes INTEGER NOT NULL, kept_at INTEGER NOT NULL, used_at INTEGER NOT NULL
);
"""


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a matrix: the rows and columns it is of, and its seconds and metres, shape (rows, columns)."""

    rows: Rows
    columns: Rows
    seconds: Ints
    metres: Ints


Asked = Callable[[Rows, Rows], Iterator[Piece]]


def filled(
    folder: Path | None,
    source: str,
    positions: Floats,
    ask: Asked,
    *,
    clock: Callable[[], float] = time.time,
    largest: int = LARGEST,
) -> tuple[Ints, Ints]:
    """Return travel between all positions, asking only for what is not kept, and keep that.

    Parameters
    ----------
    folder
        Where the store is; None keeps nothing.
    source
        What the travel is from: everything that it depends on besides the positions.
    positions
        Degrees, shape (n, 2), columns lat and lon.
    ask
        From rows and columns of `positions` to the travel between them, in pieces; each is kept before the next is asked for.
    clock
        Unix seconds.
    largest
        Bytes of travel to keep.

    Returns
    -------
    seconds, metres
        Shape (n, n), int32, row = from.
    """
    keys, first, back = np.unique(_packed(positions), return_inverse=True, return_index=True)
    n = len(keys)
    seconds, metres = np.full((n, n), _UNKNOWN, np.int32), np.zeros((n, n), np.int32)
    with _Kept(folder, blake2b(source.encode(), digest_size=16).digest(), clock, largest) as kept:
        kept.read(keys, seconds, metres)
        np.fill_diagonal(seconds, 0)
        np.fill_diagonal(metres, 0)
        for rows, columns in _missing(seconds == _UNKNOWN):
            for piece in ask(first[rows], first[columns]):
                # In terms of the distinct positions: the first of each was asked about.
                r, c = back[piece.rows], back[piece.columns]
                seconds[np.ix_(r, c)], metres[np.ix_(r, c)] = piece.seconds, piece.metres
                kept.write(keys[r], keys[c], piece.seconds, piece.metres)
    np.fill_diagonal(seconds, 0)
    np.fill_diagonal(metres, 0)
    return seconds[np.ix_(back, back)], metres[np.ix_(back, back)]


def drawn(
    folder: Path | None,
    source: str,
    routes: Sequence[Floats],
    ask: Callable[[Floats], Floats],
    *,
    clock: Callable[[], float] = time.time,
) -> list[Floats]:
    """Return the line of every route, asking only for what is not kept, and keep that.

    Parameters
    ----------
    folder, source, clock
        As of `filled`.
    routes
        The positions that each goes through, degrees, shape (n, 2), columns lat and lon.
    ask
        From such positions to the line through them, of the same shape but longer.
    """
    lines = []
    with _Kept(folder, blake2b(source.encode(), digest_size=16).digest(), clock, LARGEST) as kept:
        for route in routes:
            if len(route) < 2:
                lines.append(route)
                continue
            digest = blake2b(_packed(route).tobytes(), key=kept.source, digest_size=16).digest()
            line = kept.line(digest)
            if line is None:
                line = ask(route)
                kept.keep_line(digest, line)
            lines.append(line)
    return lines


def _packed(positions: Floats) -> Keys:
    """Return each position, rounded to 1e-5 degrees, as one number."""
    degrees = np.rint(positions * 1e5).astype(np.int64)
    return np.asarray((degrees[:, 0] + 9_000_000) * 36_000_001 + degrees[:, 1] + 18_000_000, dtype=np.int64)


def _missing(unknown: npt.NDArray[np.bool_]) -> Iterator[tuple[Rows, Rows]]:
    """Yield blocks that cover what is unknown: rows that lack about the same columns together, so that little known is asked for again."""
    left = unknown.copy()
    while (lacking := left.sum(axis=1)).any():
        lead = left[lacking.argmax()]
        # A row knows itself: those that lack the same as the lead, which knows itself, lack one more.
        alike = (lacking > 0) & (lacking >= lacking.max() / 2) & ((left & ~lead).sum(axis=1) <= 1)
        rows = np.flatnonzero(alike)
        columns = np.flatnonzero(left[rows].any(axis=0))
        yield rows, columns
        left[np.ix_(rows, columns)] = False


class _Kept:
    """The part of the store that is of one source; one that cannot be used knows nothing and keeps nothing."""

    def __init__(self, folder: Path | None, source: bytes, clock: Callable[[], float], largest: int) -> None:
        self._path = None if folder is None else folder / FILE
        self.source, self._clock, self._largest = source, clock, largest
        self._store: sqlite3.Connection | None = None
        self._wrote = False

    def __enter__(self) -> _Kept:
        with self._guarded():
            self._open()
        return self

    def __exit__(self, *_: object) -> None:
        with self._guarded():
            if self._wrote:
                self._shrink()
        if self._store is not None:
            self._store.close()

    def read(self, keys: Keys, seconds: Ints, metres: Ints) -> None:
        """Fill in what is known of the travel between positions, in order of their keys."""
        with self._guarded():
            for a in range(0, len(keys) if self._store else 0, _AT_ONCE):
                self._read(keys, keys[a : a + _AT_ONCE], seconds, metres)

    def write(self, origins: Keys, targets: Keys, seconds: Ints, metres: Ints) -> None:
        """Keep travel from origins to targets."""
        if self._store is None:
            return
        now, there = int(self._clock()), targets.astype("<i8").tobytes()
        digest, size = blake2b(there, digest_size=8).digest(), 2 * len(there) + 64
        chunks = (
            (self.source, int(origin), digest, there, s.astype("<i4").tobytes(), m.astype("<i4").tobytes(), size, now, now)
            for origin, s, m in zip(origins, seconds, metres, strict=True)
        )
        with self._guarded(), _transaction(self._store):
            self._store.executemany("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", chunks)
            self._wrote = True

    def line(self, digest: bytes) -> Floats | None:
        """Return the line that is kept under a digest."""
        with self._guarded():
            if self._store is not None:
                now = int(self._clock())
                wanted = "SELECT points, used_at FROM lines WHERE digest = ? AND kept_at > ?"
                found = self._store.execute(wanted, (digest, now - MAX_AGE)).fetchone()
                if found is not None and found[1] < now - _FRESH:
                    self._store.execute("UPDATE lines SET used_at = ? WHERE digest = ?", (now, digest))
                if found is not None and len(found[0]) % 16 == 0:
                    return np.frombuffer(found[0], "<f8").reshape(-1, 2).astype(np.float64)
        return None

    def keep_line(self, digest: bytes, line: Floats) -> None:
        """Keep a line under a digest."""
        if self._store is None:
            return
        now, points = int(self._clock()), line.astype("<f8").tobytes()
        with self._guarded():
            self._store.execute("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?)", (digest, points, len(points) + 64, now, now))
            self._wrote = True

    def _read(self, keys: Keys, origins: Keys, seconds: Ints, metres: Ints) -> None:
        assert self._store is not None
        now = int(self._clock())
        marks = ", ".join("?" * len(origins))
        chunks = self._store.execute(
            f"SELECT rowid, origin, targets, seconds, metres, used_at FROM chunks WHERE source = ? AND kept_at > ? AND origin IN ({marks}) "
            "ORDER BY kept_at",
            (self.source, now - MAX_AGE, *map(int, origins)),
        ).fetchall()
        chunks = [c for c in chunks if len(c[2]) == 2 * len(c[3]) == 2 * len(c[4])]
        if not chunks:
            return
        targets = np.frombuffer(b"".join(c[2] for c in chunks), "<i8")
        each = np.repeat(np.arange(len(chunks)), [len(c[3]) // 4 for c in chunks])
        rows = np.searchsorted(keys, np.array([c[1] for c in chunks], np.int64))[each]
        columns = np.searchsorted(keys, targets)
        columns[columns == len(keys)] = 0
        hit = keys[columns] == targets
        for into, at in ((seconds, 3), (metres, 4)):
            into[rows[hit], columns[hit]] = np.frombuffer(b"".join(c[at] for c in chunks), "<i4")[hit]
        used = [(now, chunks[i][0]) for i in np.unique(each[hit]) if chunks[i][5] < now - _FRESH]
        if used:
            with _transaction(self._store):
                self._store.executemany("UPDATE chunks SET used_at = ? WHERE rowid = ?", used)

    def _shrink(self) -> None:
        """Remove what is too old, and what was not used for longest where there is too much."""
        assert self._store is not None
        with _transaction(self._store) as store:
            for table, largest in (("chunks", self._largest), ("lines", LARGEST_LINES)):
                store.execute(f"DELETE FROM {table} WHERE kept_at <= ?", (int(self._clock()) - MAX_AGE,))
                (size,) = store.execute(f"SELECT coalesce(sum(bytes), 0) FROM {table}").fetchone()
                if size > largest:
                    sums = f"SELECT rowid, sum(bytes) OVER (ORDER BY used_at DESC, rowid DESC) AS so_far FROM {table}"
                    unused = f"SELECT rowid FROM ({sums}) WHERE so_far > ?"
                    store.execute(f"DELETE FROM {table} WHERE rowid IN ({unused})", (largest * 9 // 10,))
        self._store.execute("PRAGMA incremental_vacuum").fetchall()

    def _open(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(self._path, timeout=60, isolation_level=None)
        self._store.execute("PRAGMA auto_vacuum = INCREMENTAL")
        with suppress(sqlite3.OperationalError):  # another process is just changing to it
            self._store.execute("PRAGMA journal_mode = WAL")
        self._store.execute("PRAGMA synchronous = NORMAL")
        with _transaction(self._store):
            for statement in _TABLES.split(";"):
                self._store.execute(statement)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Go on without the store where it cannot be used, and with an empty one where it is damaged: times can be asked for again."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self._close()
            if type(error) is sqlite3.DatabaseError:  # its subclasses are a full disk, a lock, a folder that may not be written
                self._set_aside(error)
            else:
                _log.warning("Travel times cannot be kept in %s: %s", self._path, error)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _set_aside(self, error: Exception) -> None:
        assert self._path is not None
        aside = self._path.with_suffix(".damaged")
        try:
            self._path.replace(aside)
            for rest in ("-wal", "-shm"):
                self._path.with_name(self._path.name + rest).unlink(missing_ok=True)
            _log.warning("The travel times kept in %s are damaged (%s): set aside as %s, and started anew", self._path, error, aside)
            self._open()
        except (sqlite3.Error, OSError) as again:
            _log.warning("Travel times cannot be kept in %s: %s", self._path, again)
            self._close()


@contextmanager
def _transaction(store: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    store.execute("BEGIN IMMEDIATE")
    try:
        yield store
    except BaseException:
        with suppress(sqlite3.Error):
            store.execute("ROLLBACK")
        raise
    store.execute("COMMIT")
