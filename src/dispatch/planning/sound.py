"""Parts that events bring into a day, judged by the format as a whole problem would be, and made as reading makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dispatch import schema
from dispatch.errors import Fault, InputError
from dispatch.model import CrowTravel, Customer, Engineer, MatrixTravel, Place, Problem, Shift, Ticket
from dispatch.planning.draft import Draft
from dispatch.schema.codes import fault

_PARTS = {"/tickets/0": "/ticket", "/engineers/0": "/engineer", "/customers/0": "/customer"}


def sound_ticket(draft: Draft, ticket: Ticket) -> Ticket:
    """Return a ticket as reading a problem with it gives it: windows in order and apart.

    Raises
    ------
    InputError
        With every fault it has in this day.
    """
    choice, pin = ticket.engineers, ticket.pin
    customers = tuple(c for c in draft.customers.values() if c.id == ticket.customer)
    named = {*choice.must, *choice.prefer, *choice.never, *(c.dedicated_engineer for c in customers), None if pin is None else pin.engineer}
    any_of = pin is not None and pin.engineer is None and (pin.shift is not None or pin.start is not None)
    engineers = tuple(e for e in draft.engineers.values() if any_of or e.id in named)
    part = _part(draft, engineers, (ticket,), customers)
    (read,) = _read(draft, part, list(_index_faults(draft, ticket.place, "/ticket/place"))).tickets
    return replace(read, place=ticket.place)


def sound_engineer(draft: Draft, engineer: Engineer) -> Engineer:
    """Return an engineer as reading a problem gives it: breaks in order.

    Raises
    ------
    InputError
        With every fault.
    """
    placed = [(f"/engineer/shifts/{j}", place) for j, s in enumerate(engineer.shifts) for place in s.places]
    faults = [f for pointer, place in placed for f in _index_faults(draft, place, pointer)]
    (read,) = _read(draft, _part(draft, (engineer,), (), ()), faults).engineers
    return replace(read, home=engineer.home, shifts=tuple(map(_placed, read.shifts, engineer.shifts)))


def sound_place(draft: Draft, place: Place) -> Place:
    """Return a place.

    Raises
    ------
    InputError
        With every fault, each at ``/place``.
    """
    try:
        return sound_ticket(draft, Ticket("somewhere", place, 60)).place
    except InputError as error:
        raise InputError([replace(f, pointer=f.pointer.removeprefix("/ticket")) for f in error.faults]) from None


def _placed(read: Shift, like: Shift) -> Shift:
    return replace(read, start_place=like.start_place, end_place=like.end_place, resume=like.resume)


def _part(draft: Draft, engineers: tuple[Engineer, ...], tickets: tuple[Ticket, ...], customers: tuple[Customer, ...]) -> Problem:
    """Return a small problem with the day's surroundings; without a matrix, which would have to be written to be read."""
    problem = draft.day.problem
    part = replace(problem, now=draft.now, engineers=engineers, tickets=tickets, customers=customers, previous=())
    if not isinstance(problem.travel, MatrixTravel):
        return part
    return replace(
        part,
        travel=CrowTravel(),
        tickets=tuple(replace(t, place=_somewhere(t.place)) for t in tickets),
        engineers=tuple(replace(e, home=e.home and _somewhere(e.home), shifts=tuple(map(_moved, e.shifts))) for e in engineers),
    )


def _somewhere(place: Place) -> Place:
    """Return a place that may have no position."""
    return place if place.lat is not None else replace(place, address=place.address or "-")


def _moved(shift: Shift) -> Shift:
    resume = shift.resume and replace(shift.resume, place=shift.resume.place and _somewhere(shift.resume.place))
    start, end = (place and _somewhere(place) for place in (shift.start_place, shift.end_place))
    return replace(shift, start_place=start, end_place=end, resume=resume)


def _index_faults(draft: Draft, place: Place, pointer: str) -> Iterator[Fault]:
    travel = draft.day.problem.travel
    if isinstance(travel, MatrixTravel):
        if place.index is None:
            yield fault("PLACE_WITHOUT_INDEX", f"{pointer}/index", "Travel comes from a matrix, and the place has no index.")
        elif not 0 <= place.index < len(travel.seconds):
            message = f"`index` is {place.index}, and the matrix has {len(travel.seconds)} rows."
            yield fault("INDEX_OUT_OF_RANGE", f"{pointer}/index", message)


def _read(draft: Draft, part: Problem, faults: list[Fault]) -> Problem:
    """Return what reading gives of what writing a problem gives."""
    try:
        read = schema.read_problem(schema.write_problem(part), allow_addresses=isinstance(draft.day.problem.travel, MatrixTravel))
    except InputError as error:
        faults += error.faults
    if faults:
        raise InputError([replace(f, pointer=_renamed(f.pointer)) for f in faults])
    return read


def _renamed(pointer: str) -> str:
    for theirs, ours in _PARTS.items():
        if pointer == theirs or pointer.startswith(f"{theirs}/"):
            return ours + pointer.removeprefix(theirs)
    return pointer
