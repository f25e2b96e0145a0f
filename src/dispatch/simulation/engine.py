"""One replication: an event queue, a crew, and the desk that dispatches it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dispatch.model import EngineerChoice
from dispatch.planning.light import Desk
from dispatch.simulation.behaviours import Luck, residual, tier_excess
from dispatch.simulation.demand import Arrival, Arrivals
from dispatch.simulation.records import DayRecord, TicketRecord
from dispatch.simulation.streams import Streams
from dispatch.simulation.tickets import VISIT_DAYS, is_expert_for, ticket_of, visiting_windows
from dispatch.simulation.under_way import Audit, Case, Crew, Sink
from dispatch.simulation.walking import arrive
from dispatch.simulation.world import World, day_start, shifts_on

__all__ = ["Audit", "Sink", "simulate"]


class _Run:
    """The state of one replication; each method beginning with `on_` handles one sort of event."""

    def __init__(
        self, world: World, days: int, seed: int, replication: int, sink: Sink, inspect: Callable[[Desk, int], None] | None
    ) -> None:
        self.world, self.zone, self.sink, self.inspect = world, world.zone, sink, inspect
        self.streams = Streams(seed, replication)
        self.luck = Luck(world.behaviours, self.streams)
        self.arrivals = Arrivals(world, self.streams)
        problem = world.desk_problem()
        spans = max([VISIT_DAYS, *(len(r.breaks) + 1 for m in world.crew for r in m.roster)])
        units = tuple(sorted({u for w in world.work for u in w.needs}))
        self.desk = Desk(problem, world.dispatching, world.iterations, seed * 1_000_003 + replication, units, spans, inspect is not None)
        self.first, self.last = world.start, world.start + world.warm_up_days + days
        self.start, self.end = day_start(self.first, self.zone), day_start(self.last, self.zone)
        self.counted_from = day_start(world.start + world.warm_up_days, self.zone)
        self.heap: list[tuple[int, int, str, Any]] = []
        self.number = 0
        self.cases: dict[str, Case] = {}
        self.crews: dict[tuple[str, str], Crew] = {}
        self.at_work: dict[str, Crew] = {}
        self.hotline: deque[Case] = deque()
        self.experts = 0 if world.behaviours.remote is None else world.behaviours.remote.experts
        self.experts_of = {role: [m.engineer for m in world.crew if m.role == role] for role in ("regional-expert", "headquarters-expert")}
        self.now, self.tickets, self.ticket_seconds, self.sojourns, self.changed_at = self.start, 0, 0, 0, self.start

    # ------------------------------------------------------------- the queue

    def push(self, time: int, kind: str, what: Any = None) -> None:
        """Let something happen later."""
        self.number += 1
        heapq.heappush(self.heap, (time, self.number, kind, what))

    def run(self) -> Audit:
        """Let all happen."""
        # Rosters of the day before may reach into the first day; they belong to a time that is not simulated.
        self.push(self.start, "day", self.first)
        while True:
            time = min(self.heap[0][0] if self.heap else self.end, self._next_leave())
            if time >= self.end:
                break
            self.now = max(self.now, time)
            dirty = False
            while self.heap and self.heap[0][0] <= self.now:
                _, _, kind, what = heapq.heappop(self.heap)
                dirty = getattr(self, f"on_{kind}")(what) or dirty
            if dirty:
                self.desk.replan(self.now)
                if self.inspect is not None:
                    self.inspect(self.desk, self.now)
            self._set_out()
        return self._close()

    def _idle(self) -> list[Crew]:
        return [c for c in self.crews.values() if c.on and not c.busy]

    def _next_leave(self) -> int:
        return min((max(c.duty.leave, c.duty.resting_until, self.now) for c in self._idle() if c.duty.stops), default=self.end)

    def _count(self) -> None:
        self.ticket_seconds += len(self.cases) * (self.now - self.changed_at)
        self.changed_at = self.now

    def _close(self) -> Audit:
        self.now = self.end
        self._count()
        for case in list(self.cases.values()):
            self.sojourns += self.end - case.ticket.opened_at  # type: ignore[operator]
            self._record(case, None, "open")
        for crew in list(self.crews.values()):
            if crew.on:
                self._end_shift(crew, self.end)
        return Audit(self.start, self.counted_from, self.end, self.tickets, self.desk.replans, self.ticket_seconds, self.sojourns)

    # ------------------------------------------------------------------ days

    def on_day(self, day: int) -> bool:
        """Let a local day begin: its tickets and shifts are known to the queue."""
        for arrival in self.arrivals.on(day):
            self.push(arrival.opened_at, "open", arrival)
        for member in self.world.crew:
            for shift in shifts_on(self.world, member, day):
                name = member.engineer.id
                if self.luck.absent(name, shift.id):
                    counted = int(shift.start >= self.counted_from)
                    region = member.engineer.region or ""
                    self.sink.day(DayRecord(name, shift.id, region, counted, 1, shift.start, shift.end, 0, 0, 0, 0, 0, 0, 0, 0.0))
                else:
                    self.push(max(self.now, shift.start - self.world.horizon), "shift", (member, shift))
        if day + 1 < self.last:
            self.push(day_start(day + 1, self.zone), "day", day + 1)
        return False

    def on_shift(self, what: Any) -> bool:
        """Let a shift be planned; an engineer who is still out on the one before begins when that is over."""
        member, shift = what
        name = member.engineer.id
        if name in self.at_work and self.now >= shift.start:
            self.push(self.now + 60, "shift", what)
            return False
        crew = Crew(member, self.desk.begin_shift(member.engineer, shift))
        self.crews[name, shift.id] = crew
        self.push(max(self.now, shift.start), "on", crew)
        return True

    def on_on(self, crew: Crew) -> bool:
        """Let a shift begin."""
        name = crew.member.engineer.id
        if name in self.at_work:
            self.push(self.now + 60, "on", crew)
            return False
        crew.on, self.at_work[name] = True, crew
        self._free(crew)
        return True

    # --------------------------------------------------------------- tickets

    def on_open(self, arrival: Arrival) -> bool:
        """Let a ticket come in."""
        ticket = ticket_of(arrival, self.desk.board.problem, self.world.behaviours.same_day, self.zone)
        case = Case(arrival, ticket)
        self._count()
        self.cases[ticket.id] = case
        self.tickets += 1
        after = self.luck.cancelled_after(ticket.id)
        if after is not None:
            self.push(self.now + after, "cancel", case)
        escalation = self.world.behaviours.escalation
        if escalation is not None:
            self.push(self.now + escalation.after, "escalate", case)
        remote = self.world.behaviours.remote
        if remote is not None and ticket.kind in remote.success:
            case.state = "hotline"
            self.hotline.append(case)
            self._ask_hotline()
            return False
        self._offer(case)
        return True

    def _offer(self, case: Case) -> None:
        """Put a ticket on the desk."""
        case.state = "waiting"
        hours = case.arrival.work.visiting
        if hours is not None:
            windows = visiting_windows(hours, self.now, self.zone)
            case.ticket = replace(case.ticket, windows=windows)
            if self.world.dispatching == "nearest-able":
                for w in windows[:2]:
                    self.push(max(self.now, w.start - 900), "wake", case)
            self.push(windows[-1].start, "hours", case)
        self.desk.open(case.ticket)

    def on_wake(self, case: Case) -> bool:
        """Look at the desk again: a customer's hours are about to begin."""
        return case.state == "waiting"

    def on_hours(self, case: Case) -> bool:
        """Write visiting hours on, for a ticket that has waited a week."""
        if case.state != "waiting":
            return False
        self._offer(case)
        return True

    def on_again(self, case: Case) -> bool:
        """Let a ticket that had to wait be planned again."""
        if case.state != "later":
            return False
        self._offer(case)
        return True

    def on_cancel(self, case: Case) -> bool:
        """Take a ticket back, unless somebody is on the way."""
        if case.ticket.id not in self.cases or case.state == "begun":
            return False
        waiting = case.state == "waiting"
        if waiting:
            self.desk.withdraw(case.ticket.id)
        if case.state == "hotline" and case in self.hotline:
            self.hotline.remove(case)
        self._done(case, "cancelled")
        return waiting

    def on_escalate(self, case: Case) -> bool:
        """Let experts have what is not solved: those of the region and above, then headquarters as well."""
        if case.ticket.id not in self.cases or case.level == 2:
            return False
        case.level += 1
        escalation = self.world.behaviours.escalation
        if case.level == 1 and escalation is not None:
            self.push(self.now + escalation.then, "escalate", case)
        asked = ["regional-expert", "headquarters-expert"][: case.level]
        able = [e.id for role in asked for e in self.experts_of[role] if is_expert_for(e, case.ticket, self.desk.covered(e.region))]
        if not able:
            return False
        priority = max(1, case.ticket.priority - 1)
        case.ticket = replace(case.ticket, priority=priority, engineers=EngineerChoice(must=tuple(able)))
        if case.state != "waiting":
            return False
        self.desk.open(case.ticket)
        return True

    def _done(self, case: Case, outcome: str) -> None:
        self._count()
        del self.cases[case.ticket.id]
        case.state = "done"
        self.sojourns += self.now - (case.ticket.opened_at or 0)
        self._record(case, self.now, outcome)

    def _record(self, case: Case, closed_at: int | None, outcome: str) -> None:
        t, work = case.ticket, case.arrival.work
        counted = int((t.opened_at or 0) >= self.counted_from)
        sort = (t.id, work.id, t.kind, work.priority, work.customer_class or "", t.region or "", counted)
        times = (t.opened_at or 0, t.respond_by, case.responded_at, closed_at, outcome)
        numbers = (case.visits, case.repeats, case.part_visits, case.no_shows, case.travel, case.service, case.level, case.excess)
        self.sink.ticket(TicketRecord(*sort, *times, *numbers, case.engineer))

    # --------------------------------------------------------------- hotline

    def _ask_hotline(self) -> None:
        while self.experts and self.hotline:
            case = self.hotline.popleft()
            self.experts -= 1
            case.state, case.responded_at = "remote", self.now
            self.push(self.now + self.luck.remote_seconds(case.ticket.id), "diagnosed", case)

    def on_diagnosed(self, case: Case) -> bool:
        """Let an expert of the hotline be done with a ticket: solved, or a visit is needed."""
        self.experts += 1
        self._ask_hotline()
        if case.state != "remote":
            return False
        if self.luck.solved_remotely(case.ticket):
            self._done(case, "remote")
            return False
        # A promise is about somebody at work on the ticket until it is solved: a remote diagnosis that fails does not keep it.
        case.responded_at = None
        self._offer(case)
        return True

    # ---------------------------------------------------------------- visits

    def _set_out(self) -> None:
        """Let everybody leave whose time has come."""
        for crew in self._idle():
            duty = crew.duty
            if duty.stops and max(duty.leave, duty.resting_until) <= self.now:
                self._leave(crew, self.cases[duty.stops[0]])

    def _leave(self, crew: Crew, case: Case) -> None:
        duty, engineer = crew.duty, crew.member.engineer
        planned, metres = self.desk.leg(duty, case.ticket)
        case.visits += 1
        case.state, case.engineer, crew.busy, crew.case = "begun", engineer.id, True, case
        actual = self.luck.travel(planned, f"{case.ticket.id}|{case.visits}")
        service = self._planned_service(crew, case)
        _, expected, ahead, _ = arrive(self.now, planned, duty.breaks, case.ticket.windows, service)
        arrival, start, crew.breaks, rested = arrive(self.now, actual, duty.breaks, case.ticket.windows, service)
        duty.breaks = ahead
        crew.rest += rested
        crew.travel, crew.metres, case.travel = crew.travel + actual, crew.metres + metres, case.travel + actual
        self.desk.begin(duty, case.ticket.id, expected, expected + service)
        if self.luck.no_show(case.ticket.id, case.visits):
            self.push(arrival, "closed_door", crew)
        else:
            self.push(start, "start", crew)

    def _planned_service(self, crew: Crew, case: Case) -> int:
        return int(case.ticket.service * crew.member.engineer.service_factor + 0.5)

    def on_closed_door(self, crew: Crew) -> bool:
        """Let an engineer find nobody, and wait a while."""
        case, rule = crew.case, self.world.behaviours.no_show
        assert case is not None
        assert rule is not None
        crew.duty.breaks = crew.breaks
        case.no_shows += 1
        if case.responded_at is None:
            case.responded_at = self.now
        self.desk.expect(crew.duty, self.now, self.now + rule.wait)
        crew.ends = (self.now, self.now + rule.wait)
        self.push(self.now + rule.wait, "gave_up", crew)
        return True

    def on_gave_up(self, crew: Crew) -> bool:
        """Let an engineer drive on from a closed door."""
        case, rule = crew.case, self.world.behaviours.no_show
        assert case is not None
        assert rule is not None
        self._finish(crew)
        self._later(case, rule.again_after)
        return True

    def on_start(self, crew: Crew) -> bool:
        """Let service begin."""
        case = crew.case
        assert case is not None
        crew.duty.breaks = crew.breaks
        case.works += 1
        if case.responded_at is None:
            case.responded_at = self.now
        case.excess = tier_excess(crew.member.engineer, case.ticket)
        seconds = self.luck.service(case.arrival, case.ticket, crew.member.engineer, case.works)
        parts = self.world.behaviours.parts
        if parts is not None and self.luck.missing_part(case.ticket, case.works):
            seconds = max(1, int(seconds * parts.visit_share + 0.5))
        crew.ends = (self.now, self.now + seconds)
        expected = self.now + self._planned_service(crew, case)
        self.desk.expect(crew.duty, self.now, expected)
        self.push(crew.ends[1], "served", crew)
        if expected < crew.ends[1]:
            self.push(expected, "overrun", crew)
        return True

    def on_overrun(self, crew: Crew) -> bool:
        """Let work that takes longer than planned be expected to take as much longer as such work does."""
        case, (start, end) = crew.case, crew.ends
        if case is None or not start <= self.now < end:
            return False
        expected = self.now + residual(case.arrival.work.service, self.now - start)
        self.desk.expect(crew.duty, start, expected)
        if expected < end:
            self.push(expected, "overrun", crew)
        return True

    def on_served(self, crew: Crew) -> bool:
        """Let service be over: solved, or to be come back to."""
        case = crew.case
        assert case is not None
        crew.service += crew.ends[1] - crew.ends[0]
        case.service += crew.ends[1] - crew.ends[0]
        self._finish(crew)
        parts, fix = self.world.behaviours.parts, self.world.behaviours.first_time_fix
        if parts is not None and self.luck.missing_part(case.ticket, case.works):
            case.part_visits += 1
            self._later(case, parts.delivery)
        elif fix is not None and not self.luck.fixed(case.ticket, crew.member.engineer, case.works):
            case.repeats += 1
            self._later(case, fix.again_after)
        else:
            self._done(case, "visit")
        return True

    def _later(self, case: Case, seconds: int) -> None:
        case.state = "later"
        self.push(self.now + seconds, "again", case)

    def _finish(self, crew: Crew) -> None:
        self.desk.finish(crew.duty, *crew.ends)
        crew.busy, crew.case, crew.stops = False, None, crew.stops + 1
        self._free(crew)

    # ---------------------------------------------------------------- shifts

    def _free(self, crew: Crew) -> None:
        """Let an engineer have nothing to do: a break that is due, or home when it is time."""
        duty = crew.duty
        while duty.breaks and duty.breaks[0].latest < self.now:
            duty.breaks = duty.breaks[1:]
        if duty.breaks:
            self.push(max(self.now, duty.breaks[0].earliest), "rest", crew)
        self.push(max(self.now, duty.shift.end - self.desk.way_home(duty)[0]), "home", crew)

    def on_rest(self, crew: Crew) -> bool:
        """Let an idle engineer take a break that is due."""
        duty = crew.duty
        if not crew.on or crew.busy or duty.resting_until > self.now or not duty.breaks or duty.breaks[0].earliest > self.now:
            return False
        rest, duty.breaks = duty.breaks[0], duty.breaks[1:]
        duty.resting_until = self.now + rest.duration
        crew.rest += rest.duration
        self.push(duty.resting_until, "rested", crew)
        return True

    def on_rested(self, crew: Crew) -> bool:
        """Let a break be over."""
        if crew.on and not crew.busy:
            self._free(crew)
        return True

    def on_home(self, crew: Crew) -> bool:
        """Let an engineer without work go home in time."""
        duty = crew.duty
        if not crew.on or crew.busy:
            return False
        if duty.stops or duty.resting_until > self.now:
            self.push(max(self.now + 60, duty.resting_until), "home", crew)
            return False
        planned, metres = self.desk.way_home(duty)
        actual = self.luck.travel(planned, f"home|{crew.member.engineer.id}|{duty.shift.id}")
        crew.travel, crew.metres = crew.travel + actual, crew.metres + metres
        self._end_shift(crew, self.now + actual)
        return True

    def _end_shift(self, crew: Crew, returned: int) -> None:
        duty, member, shift = crew.duty, crew.member, crew.duty.shift
        crew.on = False
        del self.crews[member.engineer.id, shift.id]
        del self.at_work[member.engineer.id]
        self.desk.end_shift(duty)
        overtime = max(0, returned - shift.end)
        cost = member.cost_per_shift + overtime / 3600 * member.cost_per_overtime_hour + crew.metres / 1000 * self.world.cost_per_km
        counted = int(shift.start >= self.counted_from)
        self.sink.day(
            DayRecord(
                member.engineer.id, shift.id, member.engineer.region or "", counted, 0, shift.start, shift.end, max(returned, shift.end),
                crew.stops, crew.travel, crew.metres, crew.service, crew.rest, overtime, round(cost, 6),
            )
        )  # fmt: skip


def simulate(world: World, days: int, seed: int, replication: int, sink: Sink, inspect: Callable[[Desk, int], None] | None = None) -> Audit:
    """Run one replication.

    Parameters
    ----------
    days
        Local days that are counted, after the warm-up.
    replication
        Number of the replication: with the seed it settles every random number.
    sink
        Takes records as they come.
    inspect
        Called after every replan with the desk and the time, for tests; the desk then remembers begun work.
    """
    return _Run(world, days, seed, replication, sink, inspect).run()
