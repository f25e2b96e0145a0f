"""What the check says of one route alone, kept for as long as nothing happens to the route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dispatch.check.case import Case, ShiftKey
from dispatch.check.cost import TIMELY_RULES, Parts, Served, answering_lasts, overtime_seconds, price, response
from dispatch.check.rules import TIMELESS, Violation, of_route
from dispatch.check.timing import Timed
from dispatch.model import Engineer, Problem, Route, Rule, Shift, Stop, Ticket
from dispatch.travel import TravelMatrix

ANSWERING = list(TIMELY_RULES).index("response")


def costing(stop: Stop, cost: int) -> Stop:
    """Return a stop with what it adds to the cost."""
    return Stop(stop.ticket, stop.arrival, stop.start, stop.end, stop.travel, stop.waiting, stop.lateness, cost)


@dataclass(frozen=True, eq=False)
class Judged:
    """A route as the check timed and priced it.

    Parameters
    ----------
    tickets, names
        Its tickets in their order, and their ids.
    begun, history
        How many of the first are history, and which of all tickets of the shift ought to be.
    route
        With times and costs.
    by_rule
        What it costs, milliseconds of travel.
    timeless, answers
        What each of its stops costs by the rules that do not depend on when they are, and for answering.
    violations
        What it breaks on its own.
    until, answers_until
        It stays so `until`; of its cost, answering stays as it is until `answers_until` (Unix seconds).
    """

    engineer: Engineer
    shift: Shift
    tickets: tuple[Ticket, ...]
    names: tuple[str, ...]
    begun: int
    history: tuple[str, ...]
    route: Route
    by_rule: Mapping[Rule, int]
    timeless: Parts
    answers: tuple[int, ...]
    violations: tuple[Violation, ...]
    until: int
    answers_until: int

    @classmethod
    def of(cls, case: Case, timed: Timed, like: Judged | None = None) -> Judged:
        """Judge a timed route.

        Parameters
        ----------
        like
            The same route at another time.
        """
        priced = price(case, timed, None if like is None else like.timeless)
        timely = (
            like is not None and len(timed.stops) > like.begun == timed.begun and TIMELESS.isdisjoint([v.rule for v in like.violations])
        )
        engineer, shift = timed.engineer, timed.shift
        route = Route(
            engineer.id,
            shift.id,
            tuple([costing(stop, cost) for stop, cost in zip(timed.stops, priced.stops, strict=True)]),
            timed.departure,
            timed.return_,
            timed.travel,
            sum(timed.metres) + timed.home_metres,
            overtime_seconds(timed),
            tuple(rest for _, rest in timed.rests),
        )
        return cls(
            engineer,
            shift,
            timed.tickets,
            tuple(t.id for t in timed.tickets),
            timed.begun,
            case.begun.get((engineer.id, shift.id), ()),
            route,
            priced.by_rule,
            priced.timeless,
            tuple([parts[ANSWERING] for parts in priced.timely]),
            of_route(timed, timely),
            timed.until,
            answering_lasts(case, timed.tickets, timed.stops),
        )

    def same(self, case: Case, names: Sequence[str]) -> bool:
        """Whether this is also the route of these tickets in another case but for the time, if nothing is new about any of them."""
        key = (self.engineer.id, self.shift.id)
        engineer, shift = case.shifts[key]
        same = self.names == names and self.engineer == engineer and self.shift == shift
        return same and self.history == case.begun.get(key, ())

    def at(self, case: Case) -> Judged:
        """Return what it is at a later moment: answering may cost less."""
        if case.problem.now <= self.answers_until:
            return self
        stops = self.route.stops
        pairs = zip(self.tickets, stops, strict=True)
        answers = tuple([response(Served(case, self.engineer, t, stop, 0)) for t, stop in pairs])
        gone = [now - then for now, then in zip(answers, self.answers, strict=True)]
        costs = zip(stops, gone, strict=True)
        return replace(
            self,
            route=replace(self.route, stops=tuple([costing(stop, stop.cost + less) if less else stop for stop, less in costs])),
            by_rule={**self.by_rule, "response": sum(answers)},
            answers=answers,
            answers_until=answering_lasts(case, self.tickets, stops),
        )


@dataclass(frozen=True, eq=False)
class Kept:
    """What the check worked out for a plan, by shift; a later check of the same day need not work it out again."""

    case: Case
    routes: Mapping[ShiftKey, Judged]

    def then(self, problem: Problem, matrix: TravelMatrix) -> tuple[Case, Mapping[ShiftKey, Judged]]:
        """Return the problem as it is now, indexed, and the routes that nothing new is known of but the time."""
        after = self.case.then(problem, matrix)
        if after is None:
            return Case.of(problem, matrix), {}
        case, changed = after
        return case, {key: judged for key, judged in self.routes.items() if changed.isdisjoint(judged.names)}

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Leave it behind where a day is sent elsewhere: it only saves time."""
        return type(None), ()
