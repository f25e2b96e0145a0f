"""Times and prices one route: the one place where the search knows the rules of ``docs/rules.md``.

A route is an array of *marks*: row 0 is the start place, row k the k-th stop and what the walk knows after it, row n + 1 the return
and what is known of the whole. So an insertion is tried from the stop before it on, and only as far as it changes anything.

Where travel depends on the hour, `by_hour` does the same; days on which it does not pay nothing for that.
"""

from __future__ import annotations

from dispatch.solver import by_hour
from dispatch.solver.arrays import (
    BASE_TRAVEL,
    BEGUN,
    END,
    ENGINEER,
    FOREVER,
    FROM,
    INFEASIBLE,
    LATE_RATE,
    LIMIT,
    MAX_STOPS,
    MAX_TRAVEL,
    NONE,
    OVERTIME_RATE,
    PACE,
    PAID_RATE,
    PLACE,
    PREVIOUS_ENGINEER,
    READY,
    RESPOND_BY,
    RESPONSE_RATE,
    REST_END,
    REST_FIRST,
    TICKET_COLUMNS,
    TO,
    WINDOW,
    WINDOW_END,
    WORKLOAD_RATE,
    Arrays,
    FlagArray,
    IntArray,
)
from dispatch.solver.compiled import compiled, inlined, where_given
from dispatch.solver.terms import (
    ALL,
    ANSWERED,
    AT,
    BEARABLE,
    DRIVEN,
    FREE,
    LATEST,
    MARK_COLUMNS,
    REST,
    SERVED,
    SPENT,
    TICKET,
    WAITED,
    bears,
    close,
    last_call,
    opening,
    road_cost,
    serve,
    timed_cost,
)

__all__ = [
    "ANSWERED", "AT", "BEARABLE", "DRIVEN", "FREE", "LATEST", "MARK_COLUMNS", "REST", "SERVED", "SPENT", "TICKET", "WAITED",
    "come_home", "drive", "fits", "insertion", "last_call", "leg", "plain_shifts", "push", "serve", "timed_cost",
    "timetable", "walk", "walk_from",
]  # fmt: skip


@inlined
def drive(arrays: Arrays, s: IntArray, free: int, rest: int, seconds: int) -> tuple[int, int]:
    """Return the arrival after `seconds` of driving and the breaks due on the way, and the next break; arrival `NONE` if one is late."""
    arrival = free + seconds
    while rest < s[REST_END]:
        begin = max(free, arrays.span[rest, 0])
        if begin >= arrival:
            break
        if begin > arrays.span[rest, 1]:
            arrival = NONE
            break
        free = begin + arrays.span[rest, 2]
        arrival += arrays.span[rest, 2]
        rest += 1
    return arrival, rest


@inlined
def leg(arrays: Arrays, s: IntArray, start: int, end: int) -> tuple[int, int]:
    """Return the seconds of a leg and its cost; a leg from or to anywhere takes nothing."""
    seconds, cost = 0, 0
    if start >= 0 and end >= 0:
        seconds = int(arrays.seconds[start, end])
        cost = 1000 * seconds + road_cost(arrays, s, start, end)
    return seconds, cost


@inlined
def step(arrays: Arrays, s: IntArray, ticket: int, place: int, free: int, rest: int) -> tuple[int, int, int, int, int, int]:
    """Go from `place` to a ticket and serve it.

    Returns
    -------
    start, end
        Seconds; start `NONE` if the ticket cannot be served any more.
    rest
        The next break.
    waiting, travel
        Seconds.
    cost
        What the stop adds by its own rules.
    """
    t = arrays.ticket[ticket]
    seconds, cost = leg(arrays, s, place, t[PLACE])
    service = t[TICKET_COLUMNS + s[PACE]]
    arrival, rest = drive(arrays, s, free, rest, seconds)
    start, waiting = NONE, 0
    if arrival != NONE:
        start, rest, rested = serve(arrays, s, t, service, arrival, rest)
        waiting = start - arrival - rested
        if start != NONE:
            cost += arrays.stop_cost[ticket, s[ENGINEER]] + timed_cost(s, t, start)
    return start, start + service, rest, waiting, seconds, cost


@inlined
def put_off(paid: int, waited: int, answered: int, bearable: int, rate: int, room: int) -> tuple[int, int]:
    """Carry the bound on the delay over a stop; `answered` is `FOREVER` once answering later would cost more than it saves."""
    answered += rate
    if answered >= paid:
        answered, bearable = FOREVER, min(bearable, waited)
    else:
        bearable = min(bearable, waited + room)
    return answered, bearable


@inlined
def come_home(arrays: Arrays, s: IntArray, place: int, free: int, rest: int) -> tuple[int, int, int, int]:
    """Return the arrival at the end place (`NONE` if a break is late), travel seconds, the cost of the leg, and the next break."""
    seconds, cost = leg(arrays, s, place, s[TO])
    back = free + seconds
    while rest < s[REST_END]:
        if back > arrays.span[rest, 1]:
            begin = max(free, arrays.span[rest, 0])
            if begin > arrays.span[rest, 1]:
                back = NONE
                break
            free = begin + arrays.span[rest, 2]
            back += arrays.span[rest, 2]
        rest += 1
    return back, seconds, cost, rest


@compiled
def delayed_cost(arrays: Arrays, shift: int, route: IntArray, stops: int, delay: int) -> int:
    """Return what putting off the departure adds to the cost of the stops that start later for it."""
    s, cost = arrays.shift[shift], 0
    for k in range(1, stops + 1):
        late_by = delay - route[k, WAITED]
        if late_by <= 0:
            break
        t = arrays.ticket[route[k, TICKET]]
        start = route[k, FREE] - t[TICKET_COLUMNS + s[PACE]]
        cost += timed_cost(s, t, start + late_by) - timed_cost(s, t, start)
    return cost


@inlined
def look_back(arrays: Arrays, route: IntArray, stops: int, first: int) -> None:
    """Write the `LATEST` of the stops of a walked route that are new: all, or that in row `first` and those that change with it."""
    for k in range(first if first > 0 else stops, 0, -1):
        here, after = route[k], route[k + 1]
        latest = after[LATEST] - (after[DRIVEN] - here[DRIVEN]) - (here[SERVED] - route[k - 1, SERVED])
        latest = min(latest, last_call(arrays, arrays.ticket[here[TICKET]]))
        if k < first and latest == here[LATEST]:
            break
        here[LATEST] = latest


@inlined
def _walk_from(arrays: Arrays, shift: int, route: IntArray, stops: int, first: int) -> int:
    """Time and price a route, writing its marks.

    Parameters
    ----------
    route
        Shape (at least stops + 2, MARK_COLUMNS). `TICKET` of rows 1 to `stops` is read, all else written.
    first
        The row that is new in a walked route: the rows before it have their marks, those behind it their `LATEST`, and what stood in the
        last row is still in row `stops`. 0 where all is new.

    Returns
    -------
    cost
        Milliseconds of travel, `INFEASIBLE` if a hard rule inside the route is broken. Skills and capacity, which
        do not depend on the order, are not looked at.
    """
    s = arrays.shift[shift]
    rest, free = s[REST_FIRST], s[READY]
    spent, driven, served, waited, answered, bearable = 0, 0, 0, 0, 0, FOREVER
    place, paid, begun = s[FROM], s[PAID_RATE], s[BEGUN]
    if rest < s[REST_END]:
        bearable = arrays.span[rest, 1] - free
    if first > 0:
        mark = route[first - 1]
        place, free, rest, spent, driven = mark[AT], mark[FREE], mark[REST], mark[SPENT], mark[DRIVEN]
        served, waited, answered, bearable = mark[SERVED], mark[WAITED], mark[ANSWERED], mark[BEARABLE]
    for k in range(first, stops + 1):
        mark = route[k]
        if k > 0:
            t = arrays.ticket[mark[TICKET]]
            start, free, rest, waiting, seconds, cost = step(arrays, s, mark[TICKET], place, free, rest)
            if start == NONE:
                return INFEASIBLE
            place = t[PLACE]
            spent, driven, served, waited = spent + cost, driven + seconds, served + free - start, waited + waiting
            if answered < FOREVER:
                room = bears(arrays, s, t, start, free, rest)
                answered, bearable = put_off(paid, waited, answered, bearable, t[RESPONSE_RATE], room)
        mark[AT], mark[FREE], mark[REST], mark[SPENT], mark[DRIVEN] = place, free, rest, spent, driven
        mark[SERVED], mark[WAITED], mark[ANSWERED], mark[BEARABLE] = served, waited, answered, bearable
    back, seconds, cost, rest = come_home(arrays, s, place, free, rest)
    if back == NONE and stops > 0:
        return INFEASIBLE
    delay = 0
    if begun == NONE and stops > 0:
        delay = bearable if answered == FOREVER else min(bearable, waited)
    closing = close(s, stops, back, delay, driven + seconds, served)
    if closing == INFEASIBLE:
        return INFEASIBLE
    total = spent + cost + closing
    if stops == 0 and begun == NONE:
        total = 0
    elif delay > route[1, WAITED] and stops > 0:
        total += delayed_cost(arrays, shift, route, stops, delay)
    mark = route[stops + 1]
    mark[TICKET], mark[AT], mark[FREE], mark[REST], mark[SPENT], mark[DRIVEN] = NONE, s[TO], back, rest, total, driven + seconds
    mark[SERVED], mark[WAITED], mark[ANSWERED], mark[BEARABLE], mark[LATEST] = served, waited, answered, delay, s[LIMIT]
    look_back(arrays, route, stops, first)
    return int(total)


@inlined
def _push(arrays: Arrays, shift: int, route: IntArray, stops: int, first: int) -> int:
    """Walk a route of a plain shift on from a new row behind and before which all rows have the marks they had without it.

    It does what `walk_from` does, by what the marks of the later rows differ in instead of what tickets and legs say.
    """
    s, here, new, after = arrays.shift[shift], route[first - 1], route[first], route[first + 1]
    t = arrays.ticket[new[TICKET]]
    out, cost = leg(arrays, s, here[AT], t[PLACE])
    on, more = leg(arrays, s, t[PLACE], after[AT])
    straight, less = leg(arrays, s, here[AT], after[AT])
    service = t[TICKET_COLUMNS + s[PACE]]
    start = opening(arrays, t, here[FREE] + out)
    waiting, later = start - here[FREE] - out, start + service + on - here[FREE] - straight
    if later < 0:
        return int(_walk_from(arrays, shift, route, stops, first))  # the way round is the shorter one
    cost += arrays.stop_cost[new[TICKET], s[ENGINEER]]
    new[AT], new[FREE], new[REST], new[ANSWERED] = t[PLACE], start + service, s[REST_FIRST], FOREVER
    new[SPENT], new[DRIVEN] = here[SPENT] + cost, here[DRIVEN] + out
    new[SERVED], new[WAITED], new[BEARABLE] = here[SERVED] + service, here[WAITED] + waiting, here[BEARABLE]
    if first == 1:
        new[BEARABLE] = waiting
    waited, cost, driven = here[WAITED], cost + more - less, out + on - straight
    for k in range(first + 1, stops + 2):
        mark = route[k]
        saved = min(later, mark[WAITED] - waited)
        later, waiting, waited = later - saved, waiting - saved, mark[WAITED]
        mark[FREE], mark[SPENT], mark[DRIVEN] = mark[FREE] + later, mark[SPENT] + cost, mark[DRIVEN] + driven
        mark[SERVED], mark[WAITED] = mark[SERVED] + service, waited + waiting
        if first == 1 and (k <= stops or s[BEGUN] == NONE):
            mark[BEARABLE] = new[BEARABLE]
    look_back(arrays, route, stops, first)
    return int(route[stops + 1, SPENT])


@compiled
def _walk(arrays: Arrays, shift: int, route: IntArray, stops: int) -> int:
    """Time and price a route anew; see `_walk_from`."""
    return _walk_from(arrays, shift, route, stops, ALL)


walk_from = where_given("hours", by_hour.walk_from, _walk_from)
push = where_given("hours", by_hour.walk_from, _push)
walk = where_given("hours", by_hour.walk, _walk)


@compiled
def fits(arrays: Arrays, ticket: int, left: IntArray) -> bool:
    """Whether what the ticket needs of each unit is in `left`."""
    first = arrays.ticket.shape[1] - left.shape[0]
    for unit in range(left.shape[0]):
        if arrays.ticket[ticket, first + unit] > left[unit]:
            return False
    return True


@inlined
def _insertion(arrays: Arrays, shift: int, routes: IntArray, stops: int, at: int, ticket: int, bound: int) -> int:
    """Return what inserting a ticket behind row `at` of a walked route adds to its cost.

    Parameters
    ----------
    routes
        All routes, shape (shifts + 1, .., MARK_COLUMNS); the last is room to try one in.
    bound
        Once the insertion is certain to cost this much, it is given up.

    Returns
    -------
    cost
        Milliseconds of travel; `INFEASIBLE` where given up or where a hard rule inside the route is broken.
    """
    s, route = arrays.shift[shift], routes[shift]
    if stops >= s[MAX_STOPS]:
        return INFEASIBLE
    paid = s[PAID_RATE] if s[BEGUN] == NONE else 0
    here = route[at]
    place, free, rest, spent, driven, served = here[AT], here[FREE], here[REST], here[SPENT], here[DRIVEN], here[SERVED]
    waited, answered, bearable = here[WAITED], here[ANSWERED], here[BEARABLE]
    first_wait = FOREVER if at == 0 else route[1, WAITED]
    last = stops + 1
    for k in range(at, last):
        mark = route[k]
        u = ticket if k == at else mark[TICKET]
        start, free, rest, waiting, seconds, cost = step(arrays, s, u, place, free, rest)
        if start == NONE:
            return INFEASIBLE
        t = arrays.ticket[u]
        spent, driven, served, place = spent + cost, driven + seconds, served + free - start, t[PLACE]
        if paid > 0:
            waited += waiting
            first_wait = min(first_wait, waited)
            if answered < FOREVER:
                room = bears(arrays, s, t, start, free, rest)
                answered, bearable = put_off(paid, waited, answered, bearable, t[RESPONSE_RATE], room)
        if k == at:
            continue
        more = spent - mark[SPENT]
        if more >= bound:
            return INFEASIBLE
        if paid == 0 and free == mark[FREE] and rest == mark[REST]:
            # From here on nothing changes: take the rest of the route as it is.
            end = route[last]
            after = close(s, last, end[FREE], 0, end[DRIVEN] + driven - mark[DRIVEN], end[SERVED] + served - mark[SERVED])
            return INFEASIBLE if after == INFEASIBLE else more + after - close(s, 0, end[FREE], 0, end[DRIVEN], end[SERVED])
    back, seconds, cost, rest = come_home(arrays, s, place, free, rest)
    if back == NONE:
        return INFEASIBLE
    delay = 0
    if paid > 0:
        delay = bearable if answered == FOREVER else min(bearable, waited)
    closing = close(s, last, back, delay, driven + seconds, served)
    if closing == INFEASIBLE:
        return INFEASIBLE
    if delay > first_wait:
        trial = routes.shape[0] - 1
        for k in range(1, last):
            routes[trial, k + (k > at), TICKET] = route[k, TICKET]
        routes[trial, at + 1, TICKET] = ticket
        return int(_walk(arrays, shift, routes[trial], last) - route[last, SPENT])
    return int(spent + cost + closing - route[last, SPENT])


insertion = where_given("hours", by_hour.insertion, _insertion)


@compiled
def plain_shifts(arrays: Arrays, plain: FlagArray) -> None:
    """Write 1 for each shift of whose routes legs, stops and `LATEST` tell all: what an insertion costs, and whether it is in time.

    That takes a ticket that costs the same at any time, in one window or none, and a shift without breaks or prices of its hours.
    """
    always = arrays.hours is None
    for ticket in range(arrays.ticket.shape[0]):
        t = arrays.ticket[ticket]
        late = t[LATE_RATE] > 0 and t[RESPOND_BY] < FOREVER
        always = always and not late and t[RESPONSE_RATE] == 0 and t[PREVIOUS_ENGINEER] == NONE and t[WINDOW_END] - t[WINDOW] <= 1
    for shift in range(plain.shape[0]):
        s = arrays.shift[shift]
        priced = s[PAID_RATE] > 0 or s[WORKLOAD_RATE] > 0 or (s[OVERTIME_RATE] > 0 and s[END] < s[LIMIT])
        limited = s[REST_FIRST] < s[REST_END] or s[MAX_TRAVEL] < s[BASE_TRAVEL] + s[LIMIT] - s[READY]
        plain[shift] = always and not priced and not limited


@compiled
def _timetable(arrays: Arrays, shift: int, route: IntArray, stops: int, times: IntArray, rests: IntArray) -> None:
    """Write out a walked route as it will be driven, the departure put off as far as is sensible.

    Parameters
    ----------
    times
        Written: shape (stops, 5): arrival, start, end, travel seconds, waiting seconds.
    rests
        Written: shape (breaks of the shift, 2): start and end of each break taken, `NONE` for one not taken.
    """
    s = arrays.shift[shift]
    free, rest, place = s[READY] + route[stops + 1, BEARABLE], s[REST_FIRST], s[FROM]
    rests[:, :] = NONE
    for k in range(stops + 1):
        first, left = rest, free
        if k < stops:
            t = arrays.ticket[route[k + 1, TICKET]]
            seconds, _ = leg(arrays, s, place, t[PLACE])
            arrival, rest = drive(arrays, s, free, rest, seconds)
            service = t[TICKET_COLUMNS + s[PACE]]
            on_the_way = rest
            start, rest, rested = serve(arrays, s, t, service, arrival, rest)
            times[k, 0], times[k, 1], times[k, 2], times[k, 3] = arrival, start, start + service, seconds
            times[k, 4] = start - arrival - rested
            free, place = start + service, t[PLACE]
        else:
            arrival, seconds, _, rest = come_home(arrays, s, place, free, rest)
            on_the_way, arrival = rest, route[stops + 1, FREE]
        back = left + seconds
        for b in range(first, rest):
            if k == stops and back <= arrays.span[b, 1]:
                continue  # home before it is due
            begin = max(left if b < on_the_way else max(left, arrival), arrays.span[b, 0])
            left = begin + arrays.span[b, 2]
            back += arrays.span[b, 2]
            rests[b - s[REST_FIRST], 0], rests[b - s[REST_FIRST], 1] = begin, left


timetable = where_given("hours", by_hour.timetable, _timetable)
