"""The live days of a service: read from memory, changed in one short transaction, the same on every server that shares the database.

What is in memory is compared with the revision in the database at every request. Where another server has changed the day, what it
did is read from the log and done here as well. A change is worked out first and written only where the day is still as it was; else it
is worked out anew.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.responses import Response

from dispatch import events, planning
from dispatch.api.gate import Caller
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, again, encoded, keep
from dispatch.api.standing import BESIDE, TOGETHER, Ground, Standing, replayed
from dispatch.events import Event
from dispatch.model import Ticket
from dispatch.planning import Day, Proposal
from dispatch.store import days, hooks, keys
from dispatch.store.days import Entry, Key

if TYPE_CHECKING:
    from dispatch.api.service import Service
    from dispatch.store.keys import Use

REMEMBERED, PROPOSALS = 64, 16
"""Days and proposals kept in memory."""
PATIENCE = 5
"""Milliseconds to wait for what was changed here, before it is read from the log."""
ATTEMPTS = 50
"""How often a change is worked out anew because another server was quicker."""
LONG, VERY_LONG, QUIET = 50, 5000, 3.0
"""Entries of a log after which the whole day is kept: so many once nothing has happened for these seconds, and so many in any case."""
FOLDED = 2000
"""Most tickets put beside a day that are worked in before anybody asks for its plan. More take a matrix of gigabytes, and the log is read
fast enough."""
ITSELF = Caller("", "the service", "admin", None)
"""Who lets time pass."""


@dataclass(frozen=True)
class Change:
    """A change of a day, worked out and not yet written.

    Parameters
    ----------
    action
        What is done, as the log has it.
    subjects
        Ids of what is changed, by the word for it.
    answer
        What to answer, of the day after it.
    day
        The day after it.
    puts
        Tickets put beside the day, by id. Without these and a day, nothing is changed.
    events
        What happened; empty where the whole day has to be kept.
    also
        Written in the same transaction; is given the connection and the new revision.
    """

    action: str
    subjects: Mapping[str, Any]
    answer: Callable[[Standing], Answer]
    day: Day | None = None
    puts: Mapping[str, Ticket] = field(default_factory=dict)
    events: Sequence[Event] = ()
    also: Callable[[Connection, int], None] | None = None

    @property
    def nothing(self) -> bool:
        """Whether nothing is changed."""
        return self.day is None and not self.puts


Work = Callable[[Standing], Change]


class _MovedError(Exception):
    """Another server changed the day in the meantime: what was worked out has to be worked out anew."""


@dataclass(eq=False)
class _Wanted:
    """A change that waits for its turn, and what came of it."""

    who: Caller
    use: Use | None
    work: Work
    answer: Response | None = None
    error: BaseException | None = None

    @property
    def over(self) -> bool:
        return self.answer is not None or self.error is not None


@dataclass
class _Place:
    """A day in memory: who waits to change it, whose turn it is, and what of it is kept whole."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    loading: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[_Wanted] = field(default_factory=list)
    standing: Standing | None = None
    kept: int = 0
    changed_at: float = 0.0


class _Proposals:
    """The proposals read last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Proposal] = OrderedDict()

    def get(self, name: str, read: Callable[[], Proposal | None]) -> Proposal | None:
        """Return a proposal, read where it is not known."""
        found = self._known.get(name) or read()
        if found is not None:
            self._known[name] = found
            while len(self._known) > PROPOSALS:
                self._known.popitem(last=False)
        return found


class Desk:
    """All live days of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._places: OrderedDict[Key, _Place] = OrderedDict()
        self._lock = threading.Lock()
        self.proposals = _Proposals()

    # ---------------------------------------------------------------- reading

    def read(self, key: Key) -> Standing:
        """Return a day as it stands.

        Raises
        ------
        Refusal
            There is no such day.
        """
        with self.service.store.reading() as connection:
            return self._current(connection, key)

    def _place(self, key: Key) -> _Place:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            for other in list(self._places)[: max(0, len(self._places) - REMEMBERED)]:
                if not (self._places[other].turn.locked() or self._places[other].waiting):
                    del self._places[other]
            return place

    def _current(self, connection: Connection, key: Key) -> Standing:
        revision = days.head(connection, key)
        if revision is None:
            raise Refusal("NOT_FOUND", f"There is no day {key[1]}" + (f" of the region {key[0]!r}." if key[0] else "."))
        place = self._place(key)
        standing = place.standing
        for _ in range(PATIENCE):
            if standing is not None and standing.revision >= revision:
                return standing
            if not place.turn.locked():
                break
            time.sleep(0.001)  # whoever has written this a moment ago here is about to say so
            standing = place.standing
        with place.loading:
            standing = place.standing
            if standing is None or standing.revision < revision:
                standing = self._caught_up(connection, key, place)
                if place.standing is None or place.standing.revision < standing.revision:
                    place.standing = standing
        return standing

    def _caught_up(self, connection: Connection, key: Key, place: _Place) -> Standing:
        """Return a day as the database has it, from what is in memory or else from the snapshot."""
        standing = place.standing
        entries = [] if standing is None else days.log(connection, key, standing.revision)
        while standing is None or any(e.events is None for e in entries):
            # A whole day may be kept between these two statements: then its entry is in the log, and it is read once more.
            kept = days.snapshot(connection, key)
            assert kept is not None
            place.kept = kept[0]
            standing = Standing(key, kept[0], Ground(planning.read_day(kept[1]), kept[0]))
            entries = days.log(connection, key, standing.revision)
            # A day of 1,000 tickets is a million objects that stay: looking through them for garbage would stop all answers for a while.
            gc.freeze()
        return replayed(standing, entries)

    # --------------------------------------------------------------- changing

    def change(self, key: Key, who: Caller, use: Use | None, work: Work) -> Response:
        """Work a change out, write it, and return the answer.

        Requests for one day take turns, and whoever's turn it is does all that waits, in one transaction.

        Parameters
        ----------
        work
            Is given the day as it stands, and may be asked again for a later one. What it raises changes nothing.
        """
        place, wanted = self._place(key), _Wanted(who, use, work)
        place.waiting.append(wanted)
        with place.turn:
            if not wanted.over:
                together, place.waiting = place.waiting, []
                if wanted not in together:  # it came to the list when that was just taken away
                    together.append(wanted)
                self._all(key, place, together)
        if wanted.error is not None:
            raise wanted.error
        assert wanted.answer is not None
        return wanted.answer

    def _all(self, key: Key, place: _Place, together: Sequence[_Wanted]) -> None:
        """See to it that each of several changes is over, written or refused."""
        attempts = 0
        while left := [one for one in together if not one.over]:
            try:
                self._attempt(key, place, _of_different_keys(left))
            except _MovedError:
                attempts += 1
                if attempts >= ATTEMPTS:
                    error: BaseException = Refusal("CONFLICT", "Many change the day at once. Try again.", headers={"Retry-After": "1"})
                    _refuse(left, error)
            except BaseException as error:
                _refuse(left, error)

    def _attempt(self, key: Key, place: _Place, together: Sequence[_Wanted]) -> None:
        """Work changes out one after the other, write them in one transaction, and answer; each is refused for itself."""
        with self.service.store.reading() as connection:
            since = self._current(connection, key)
            kept = [None if one.use is None else keys.kept(connection, one.use) for one in together]
        standing, done = since, list[_Done]()
        for one, before in zip(together, kept, strict=True):
            try:
                if before is not None and one.use is not None:
                    one.answer = again(before, one.use)
                    continue
                change = one.work(standing)
                if not change.nothing:
                    standing = standing.after(standing.revision + 1, change.day, change.puts)
                done.append(_Done(one, change, standing, change.answer(standing)))
            except Exception as error:
                one.error = error
        if done:
            self._write(key, place, since, standing, done)
        if standing is not since:
            place.standing, place.changed_at = standing, self.service.clock()
        for d in done:
            d.wanted.answer = d.answer.response()

    def _write(self, key: Key, place: _Place, since: Standing, last: Standing, done: Sequence[_Done]) -> None:
        """Write changes, with their messages and answers, in one transaction."""
        now = self.service.clock()
        entries = [d.entry(now) for d in done if not d.change.nothing]
        uses = [(d.wanted.use, d.answer) for d in done if d.wanted.use is not None]
        if not entries and not uses:
            return
        whole = planning.write_day(last.day) if any(e.events is None for e in entries) else None
        expires = min((h.until for h in last.ground.day.holds if h.until is not None), default=None)
        with self.service.store.writing() as connection:
            for use, answer in uses:
                if keys.take(connection, use, now) is not None:
                    raise _MovedError
                keep(connection, use, answer)
            if entries and not days.advance(connection, key, since.revision, entries, whole, expires):
                raise _MovedError
            if entries:
                hooks.tell(connection, key[0], [message(key, entry) for entry in entries], now)
            for d in done:
                if d.change.also is not None:
                    d.change.also(connection, d.standing.revision)
        if whole is not None:
            place.kept = last.revision
        if entries:
            self.service.outgoing.wake()

    def opened(self, key: Key, who: Caller, day: Day, answer: Callable[[Standing], Answer]) -> Response | None:
        """Open a new day; None where there is one already."""
        now = self.service.clock()
        entry = Entry(1, now, who.token, who.name, "opened", {}, None)
        with self.service.store.writing() as connection:
            if not days.open_day(connection, key, planning.write_day(day), entry):
                return None
            hooks.tell(connection, key[0], [message(key, entry)], now)
        self.service.outgoing.wake()
        return answer(Standing(key, 1, Ground(day, 1))).response()

    # ------------------------------------------------------------------- time

    def alive(self, standing: Standing) -> bool:
        """Whether the clock of the service is within the day, or the night after it."""
        midnight = datetime.fromisoformat(standing.key[1]).replace(tzinfo=ZoneInfo(standing.time_zone)).timestamp()
        return midnight <= self.service.clock() < midnight + 36 * 3600

    def moment(self, standing: Standing) -> int:
        """Return the present moment of a day: of today by the clock of the service, of another day that of its last event."""
        last = standing.ground.day.problem.now
        return max(int(self.service.clock()), last) if self.alive(standing) else last

    def expire(self) -> None:
        """Let holds expire whose time is over, of days that go by the clock of the service."""
        with self.service.store.reading() as connection:
            found = days.expiring(connection, self.service.clock())
        for key, at in found:
            if self.alive(self.read(key)):
                self.change(key, ITSELF, None, clock_work(int(at)))

    def tidy(self) -> None:
        """Keep days whole whose log has become long, so that they are soon there after a restart."""
        with self._lock:
            known = list(self._places.items())
        now = self.service.clock()
        for key, place in known:
            standing = place.standing
            if standing is None:
                continue
            quiet = now - place.changed_at > QUIET
            if quiet and standing.revision - place.kept > LONG and len(standing.beside) <= FOLDED:
                standing.whole()
            ground = standing.ground
            entries = ground.revision - place.kept
            if entries > VERY_LONG or (entries > LONG and quiet):
                data = planning.write_day(ground.day)
                with self.service.store.writing() as connection:
                    days.keep(connection, key, ground.revision, data)
                place.kept = ground.revision


@dataclass(frozen=True)
class _Done:
    """A change that was worked out, the day after it, and what to answer."""

    wanted: _Wanted
    change: Change
    standing: Standing
    answer: Answer

    def entry(self, now: float) -> Entry:
        """Return what the log says of it."""
        c, who = self.change, self.wanted.who
        told = events.write_events(c.events, self.standing.time_zone).decode() if c.events else None
        return Entry(self.standing.revision, now, who.token, who.name, c.action, dict(c.subjects), told)


def _of_different_keys(wanted: Sequence[_Wanted]) -> list[_Wanted]:
    """Return changes of which no two have the same idempotency key: the second is to see the answer to the first."""
    found: dict[object, _Wanted] = {}
    for one in wanted:
        found.setdefault(id(one) if one.use is None else (one.use.token, one.use.route, one.use.key), one)
    return list(found.values())


def _refuse(wanted: Sequence[_Wanted], error: BaseException) -> None:
    for one in wanted:
        if not one.over:
            one.error = error


def clock_work(at: int) -> Work:
    """Return how to let time pass."""

    def work(standing: Standing) -> Change:
        day = standing.day
        event = events.Clock(max(at, day.problem.now))
        return Change("clock", {}, lambda _: Answer(), planning.apply(day, event).day, events=(event,))

    return work


def message(key: Key, entry: Entry) -> str:
    """Return what webhooks are told of a change: thin, with a link to the day."""
    region, date = key
    here = f"/v1/days/{date}" + (f"?{urlencode({'region': region})}" if region else "")
    at = datetime.fromtimestamp(entry.at, ZoneInfo("UTC")).isoformat(timespec="seconds").replace("+00:00", "Z")
    action = "ticket_put" if entry.action in (BESIDE, TOGETHER) else entry.action
    data = {"region": region, "date": date, "revision": entry.revision, "action": action, **entry.subjects, "link": here}
    return encoded({"type": f"day.{action}", "timestamp": at, "data": data}).decode()
