"""What a day keeps between events saves time and changes nothing: the check of the whole day, from nothing, says the same."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import check, events, planning, travel
from dispatch.errors import InputError
from dispatch.model import CrowTravel, Place, Plan, Problem, RoadTravel, Route, Stop, Ticket
from dispatch.planning import Day
from tests.planning.random_days import HOUR, days, event_of, pick


def anew(day: Day) -> check.Verdict:
    """Return what the check says of a day from nothing but its problem and its orders."""
    order = Plan(tuple(Route(r.engineer, r.shift, tuple(Stop(s.ticket) for s in r.stops)) for r in day.plan.routes))
    return check.verify(day.problem, travel.matrix(day.problem), order)


def agrees(day: Day) -> None:
    """See that times, costs by rule and by stop, figures and violations of a day are those of a whole check."""
    verdict = anew(day)
    assert day.plan.routes == verdict.plan.routes
    assert day.plan.unassigned == verdict.plan.unassigned
    assert day.plan.cost == verdict.cost
    assert dict(day.plan.kpis) == verdict.kpis
    assert day.plan.policy == verdict.plan.policy
    assert day.violations == verdict.violations


def moved_places(draw: st.DrawFn, day: Day, event: events.Event) -> events.Event:
    """Put some tickets where nobody has been yet."""
    if not isinstance(event, events.TicketPut) or not isinstance(day.problem.travel, CrowTravel):
        return event
    place = event.ticket.place
    if place.lat is None or place.lon is None:
        return event
    off = pick(draw, (0.0, 0.00001, 0.01))
    return replace(event, ticket=replace(event.ticket, place=Place(place.lat + off, place.lon - off)))


@st.composite
def further(draw: st.DrawFn, day: Day) -> events.Event:
    """Draw what comes next: often nothing but some seconds, at which routes hold that nobody has reported of."""
    if draw(st.integers(0, 2)) == 0:
        return events.Clock(day.problem.now + pick(draw, (1, 20, 300, 1800, HOUR)))
    return moved_places(draw, day, draw(event_of(day)))


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_day_after_any_events_is_judged_as_if_it_were_new(data: st.DataObject) -> None:
    day = data.draw(days())
    for _ in range(data.draw(st.integers(1, 8))):
        try:
            day = planning.apply(day, data.draw(further(day))).day
        except InputError:
            continue
        agrees(day)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_days_that_grow_apart_do_not_disturb_each_other(data: st.DataObject) -> None:
    root = data.draw(days())
    grown = [root]
    for _ in range(data.draw(st.integers(2, 6))):
        day = grown[data.draw(st.integers(0, len(grown) - 1))]
        try:
            grown.append(planning.apply(day, data.draw(further(day))).day)
        except InputError:
            continue
    for day in grown:
        agrees(day)


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_a_day_that_is_sent_elsewhere_goes_on_as_here(data: st.DataObject) -> None:
    day = data.draw(days())
    there = pickle.loads(pickle.dumps(day))
    event = events.Clock(day.problem.now + 60)
    assert planning.apply(there, event) == planning.apply(day, event)


@st.composite
def sites(draw: st.DrawFn, most: int) -> list[Place]:
    degrees = st.floats(-0.2, 0.2, allow_nan=False)
    return [Place(round(48 + draw(degrees), 5), round(9 + draw(degrees), 5)) for _ in range(draw(st.integers(1, most)))]


@given(sites(5), sites(6), sites(6))
@settings(max_examples=40, deadline=None)
def test_a_matrix_that_grew_says_what_a_new_one_says(known: list[Place], first: list[Place], second: list[Place]) -> None:
    def problem(places: list[Place]) -> Problem:
        return Problem((), tuple(Ticket(f"t{k}", p, 60) for k, p in enumerate(places)), 0)

    matrix = travel.matrix(problem(known))
    one = travel.grown(matrix, problem(known + first), first)
    other = travel.grown(matrix, problem(known + second), second)
    both = travel.grown(one, problem(known + first + second), second)
    for grown, places in ((matrix, known), (one, known + first), (other, known + second), (both, known + first + second)):
        new = travel.matrix(problem(places))
        assert [[grown.between(a, b) for b in places] for a in places] == [[new.between(a, b) for b in places] for a in places]
        assert grown.origin is matrix.origin


def test_a_matrix_grows_in_place_unless_another_has_grown_from_it_before() -> None:
    places = [Place(48, 9 + k / 100) for k in range(4)]

    def problem(count: int) -> Problem:
        return Problem((), tuple(Ticket(f"t{k}", p, 60) for k, p in enumerate(places[:count])), 0)

    two = travel.grown(travel.matrix(problem(1)), problem(2), places[:2])
    three = travel.grown(two, problem(3), places[:3])
    other = travel.grown(two, problem(4), [places[3]])
    assert np.shares_memory(two.seconds, three.seconds)
    assert not np.shares_memory(two.seconds, other.seconds)
    assert travel.grown(three, problem(3), places[:3]) is three


def test_a_matrix_from_a_source_that_is_asked_again_is_known_to_say_the_same_only_if_it_does() -> None:
    sites = [Place(48, 9), Place(48, 9.1), Place(48.1, 9)]

    def problem(count: int) -> Problem:
        tickets = tuple(Ticket(f"t{k}", p, 60) for k, p in enumerate(sites[:count]))
        return Problem((), tickets, 0, travel=RoadTravel("nowhere.osm", on_failure="crow"))

    known = travel.matrix(problem(2))
    grown = travel.grown(known, problem(3), [sites[2]])
    assert grown.origin is known.origin
    assert grown.warnings == travel.matrix(problem(3)).warnings
    assert grown.between(sites[0], sites[2]) == travel.matrix(problem(3)).between(sites[0], sites[2])
    other = replace(known, seconds=known.seconds + 1)
    assert travel.grown(other, problem(3), [sites[2]]).origin is not other.origin
