"""Times and prices one route where travel depends on the hour: `walk`, `insertion` and `timetable` as `timing` has them.

The differences: how long a leg takes is known only once its departure is, and putting off the departure of the route changes the
times on the way. So the departure is sought backwards, from the stop that must not move, and the stops before it are then timed once more.
Marks are those of the walk that leaves at once. In those of stops, DRIVEN counts every leg as at its fastest hour, which is what the search
compares a detour with; ACTUAL counts the seconds driven, and BEARABLE is not used. In the last row, DRIVEN, SPENT and BEARABLE are as in
`timing`, ACTUAL is what the delay adds to the seconds driven, and WAITED the cost of legs and stops without a delay.
"""

from __future__ import annotations

from dispatch.solver.arrays import (
    BEGUN,
    ENGINEER,
    FOREVER,
    FROM,
    INFEASIBLE,
    LIMIT,
    MAX_STOPS,
    NONE,
    ONWARD,
    OUTSET,
    PACE,
    PAID_RATE,
    PLACE,
    READY,
    RESPONSE_RATE,
    REST_END,
    REST_FIRST,
    TICKET_COLUMNS,
    TO,
    Arrays,
    IntArray,
)
from dispatch.solver.compiled import compiled, inlined
from dispatch.solver.hours import LONG, arrive, back, forth, leave, length
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
    road_cost,
    serve,
    timed_cost,
)

ACTUAL = ANSWERED

# ------------------------------------------------------------------------ legs


@compiled
def drive_and_rest(
    arrays: Arrays, shift: int, column: int, place: int, to: int, free: int, rest: int, home: bool, rests: IntArray
) -> tuple[int, int, int]:
    """Return the arrival (`NONE` if a break is late), the next break and the seconds driven of a leg with breaks due on the way.

    Parameters
    ----------
    home
        Whether the leg is the return.
    rests
        Written, if it has rows: start and end of each break of the shift that is taken.
    """
    s = arrays.shift[shift]
    part, left, driven = 0, length(arrays, place, to, 0), 0
    arrival = arrive(arrays, column, place, to, free)
    while rest < s[REST_END]:
        begin = max(free, arrays.span[rest, 0])
        if begin >= arrival:
            break
        if home and arrival <= arrays.span[rest, 1]:
            rest += 1
            continue
        if begin > arrays.span[rest, 1]:
            return NONE, rest, driven
        _, part, left = forth(arrays, column, place, to, part, left, free, begin)
        driven += begin - free
        free = begin + arrays.span[rest, 2]
        if rests.shape[0] > 0:
            rests[rest - s[REST_FIRST], 0], rests[rest - s[REST_FIRST], 1] = begin, free
        arrival, _, _ = forth(arrays, column, place, to, part, left, free, LONG)
        rest += 1
    return arrival, rest, driven + arrival - free


@inlined
def drive(arrays: Arrays, shift: int, s: IntArray, column: int, place: int, to: int, free: int, rest: int) -> tuple[int, int, int]:
    """Return the arrival at the end of a leg (`NONE` if a break is late), the next break, and the seconds driven."""
    arrival = arrive(arrays, column, place, to, free)
    driven = arrival - free
    if rest < s[REST_END] and max(free, arrays.span[rest, 0]) < arrival:
        arrival, rest, driven = drive_and_rest(arrays, shift, column, place, to, free, rest, False, arrays.span[:0])
    return arrival, rest, driven


@inlined
def come_home(arrays: Arrays, shift: int, s: IntArray, column: int, place: int, free: int, rest: int) -> tuple[int, int, int, int]:
    """Return the arrival at the end place (`NONE` if a break is late), travel seconds, the cost of the leg, and the next break."""
    home = s[TO]
    arrival = arrive(arrays, column, place, home, free)
    driven = arrival - free
    if rest < s[REST_END] and max(free, arrays.span[rest, 0]) < arrival:
        arrival, rest, driven = drive_and_rest(arrays, shift, column, place, home, free, rest, True, arrays.span[:0])
    return arrival, driven, 1000 * driven + road_cost(arrays, s, place, home), rest


@inlined
def step(
    arrays: Arrays, shift: int, s: IntArray, t: IntArray, ticket: int, column: int, place: int, free: int, rest: int
) -> tuple[int, int, int, int, int, int]:
    """Go from `place` to a ticket and serve it; what `timing.step` returns."""
    service = t[TICKET_COLUMNS + s[PACE]]
    arrival, rest, driven = drive(arrays, shift, s, column, place, t[PLACE], free, rest)
    start, waiting, cost = NONE, 0, 0
    if arrival != NONE:
        start, rest, rested = serve(arrays, s, t, service, arrival, rest)
        waiting = start - arrival - rested
        if start != NONE:
            cost = 1000 * driven + road_cost(arrays, s, place, t[PLACE])
            cost += arrays.stop_cost[ticket, s[ENGINEER]] + timed_cost(s, t, start)
    return start, start + service, rest, waiting, driven, cost


@inlined
def outset(arrays: Arrays, s: IntArray, route: IntArray, row: int) -> int:
    """Return the column of `hours` for the leg that begins at a row of a route."""
    column = s[OUTSET]
    if row > 0:
        column = arrays.ticket[route[row, TICKET], ONWARD]
    return int(column)


# ------------------------------------------------------------------- departure


@compiled
def set_out(arrays: Arrays, column: int, place: int, to: int, by: int, rests: IntArray) -> int:
    """Return the last moment to set out at so that leg and breaks, all of them, are over by a moment."""
    time = leave(arrays, column, place, to, by)
    for first in range(rests.shape[0] - 1, -1, -1):
        time -= rests[first, 2]
        if time >= rests[first, 0]:
            continue
        # Who sets out before this break is due has it when it is, and the others as they follow: drive back from `by` around them.
        part = arrays.seconds.shape[0] // max(1, arrays.seconds.shape[1]) - 2
        left, time = length(arrays, place, to, part), by
        for b in range(rests.shape[0] - 1, first - 1, -1):
            begin = rests[first, 0]
            for earlier in range(first, b):
                begin = max(begin + rests[earlier, 2], rests[earlier + 1, 0])
            if time > begin + rests[b, 2]:
                time, part, left = back(arrays, column, place, to, part, left, time, begin + rests[b, 2])
            time = min(time, begin)
        time, _, _ = back(arrays, column, place, to, part, left, time, -LONG)
    return int(time)


@compiled
def sensible_delay(arrays: Arrays, shift: int, route: IntArray, stops: int) -> int:
    """Return by how many seconds the departure of a walked route is put off (rules.md, latest sensible departure)."""
    s = arrays.shift[shift]
    if s[BEGUN] != NONE or stops == 0:
        return 0
    m, answered = 0, 0
    while m < stops and (m == 0 or answered < s[PAID_RATE]):
        m += 1
        answered += arrays.ticket[route[m, TICKET], RESPONSE_RATE]
    while m > 0 and route[m, WAITED] == route[m - 1, WAITED]:
        m -= 1
    if m == 0:
        return 0
    by = FOREVER
    for k in range(m, 0, -1):
        t = arrays.ticket[route[k, TICKET]]
        service = t[TICKET_COLUMNS + s[PACE]]
        start = route[k, FREE] - service
        by = start if k == m else min(by - service, start + bears(arrays, s, t, start, route[k, FREE], route[k, REST]))
        column, place, first, last = outset(arrays, s, route, k - 1), route[k - 1, AT], route[k - 1, REST], route[k, REST]
        if first == last:
            by = leave(arrays, column, place, t[PLACE], by)
        else:
            by = set_out(arrays, column, place, t[PLACE], by, arrays.span[first:last])
    if s[REST_FIRST] < s[REST_END]:
        by = min(by, arrays.span[s[REST_FIRST], 1])
    return int(max(0, by - s[READY]))


@compiled
def put_off(arrays: Arrays, shift: int, route: IntArray, stops: int, delay: int) -> tuple[int, int]:
    """Return what leaving later adds to the seconds driven and to the cost of legs and stops, `INFEASIBLE` if a break is late."""
    s = arrays.shift[shift]
    free, rest, place, driven, spent = s[READY] + delay, s[REST_FIRST], s[FROM], 0, 0
    for k in range(1, stops + 1):
        mark = route[k]
        t = arrays.ticket[mark[TICKET]]
        start, free, rest, _, seconds, cost = step(arrays, shift, s, t, mark[TICKET], outset(arrays, s, route, k - 1), place, free, rest)
        if start == NONE:
            return 0, INFEASIBLE
        driven, spent, place = driven + seconds, spent + cost, t[PLACE]
        if free == mark[FREE] and rest == mark[REST]:
            return driven - mark[ACTUAL], spent - mark[SPENT]
    return 0, INFEASIBLE


@inlined
def delayed(s: IntArray, end: IntArray, stops: int) -> tuple[int, int, int]:
    """Return by how much a walked route is put off, and what that adds to the seconds driven and to the cost of legs and stops."""
    delay = end[BEARABLE]
    return delay, end[ACTUAL], end[SPENT] - end[WAITED] - close(s, stops, end[FREE], delay, end[DRIVEN], end[SERVED])


# ------------------------------------------------------------------------ walk


@inlined
def look_back(arrays: Arrays, s: IntArray, route: IntArray, stops: int, first: int) -> None:
    """Write `LATEST` as `timing.look_back` does, every leg at its fastest hour: exact times cost more than they save."""
    for k in range(first if first > 0 else stops, 0, -1):
        t, after = arrays.ticket[route[k, TICKET]], route[k + 1, AT]
        least = int(arrays.seconds[t[PLACE], after]) if after >= 0 else 0
        latest = min(route[k + 1, LATEST] - least - t[TICKET_COLUMNS + s[PACE]], last_call(arrays, t))
        if k < first and latest == route[k, LATEST]:
            break
        route[k, LATEST] = latest


@compiled
def walk(arrays: Arrays, shift: int, route: IntArray, stops: int) -> int:
    """Time and price a route anew; see `walk_from`."""
    return walk_from(arrays, shift, route, stops, ALL)


@compiled
def walk_from(arrays: Arrays, shift: int, route: IntArray, stops: int, first: int) -> int:
    """Time and price a route, writing its marks, from a row on; see `timing.walk_from`."""
    s = arrays.shift[shift]
    rest, free, place, column = s[REST_FIRST], s[READY], s[FROM], s[OUTSET]
    spent, driven, served, waited, least = 0, 0, 0, 0, 0
    delay, more_driven, more_spent, unless = 0, 0, 0, NONE
    if first > 1 and s[BEGUN] == NONE and 0 < route[first - 1, WAITED] == route[stops - 1, WAITED]:
        # As long as nobody waits from the row on, what there is to put off is as it was.
        delay, more_driven, more_spent = delayed(s, route[stops], stops - 1)
        unless = route[first - 1, WAITED]
    if first > 0:
        mark = route[first - 1]
        place, free, rest, spent, least = mark[AT], mark[FREE], mark[REST], mark[SPENT], mark[DRIVEN]
        served, waited, driven, column = mark[SERVED], mark[WAITED], mark[ACTUAL], outset(arrays, s, route, first - 1)
    for k in range(first, stops + 1):
        mark = route[k]
        if k > 0:
            t = arrays.ticket[mark[TICKET]]
            start, free, rest, waiting, seconds, cost = step(arrays, shift, s, t, mark[TICKET], column, place, free, rest)
            if start == NONE:
                return INFEASIBLE
            if place >= 0:
                least += int(arrays.seconds[place, t[PLACE]])
            place, column = t[PLACE], t[ONWARD]
            spent, driven, served, waited = spent + cost, driven + seconds, served + free - start, waited + waiting
        mark[AT], mark[FREE], mark[REST], mark[SPENT], mark[DRIVEN] = place, free, rest, spent, least
        mark[SERVED], mark[WAITED], mark[ACTUAL] = served, waited, driven
    back_at, seconds, cost, rest = come_home(arrays, shift, s, column, place, free, rest)
    if back_at == NONE and stops > 0:
        return INFEASIBLE
    if waited != unless:
        delay, more_driven, more_spent = sensible_delay(arrays, shift, route, stops), 0, 0
        if delay > 0:
            more_driven, more_spent = put_off(arrays, shift, route, stops, delay)
            if more_spent == INFEASIBLE:
                return INFEASIBLE
    closing = close(s, stops, back_at, delay, driven + seconds + more_driven, served)
    if closing == INFEASIBLE:
        return INFEASIBLE
    total = 0 if stops == 0 and s[BEGUN] == NONE else spent + cost + more_spent + closing
    mark = route[stops + 1]
    mark[TICKET], mark[AT], mark[FREE], mark[REST], mark[SPENT], mark[DRIVEN] = (
        NONE,
        s[TO],
        back_at,
        rest,
        total,
        driven + seconds + more_driven,
    )
    mark[SERVED], mark[WAITED], mark[ACTUAL], mark[BEARABLE], mark[LATEST] = served, spent + cost, more_driven, delay, s[LIMIT]
    look_back(arrays, s, route, stops, first)
    return int(total)


# ------------------------------------------------------------------- insertion


@compiled
def insertion(arrays: Arrays, shift: int, routes: IntArray, stops: int, at: int, ticket: int, bound: int) -> int:
    """Return what inserting a ticket behind row `at` of a walked route adds to its cost; see `timing.insertion`.

    A later start may find the roads clearer, so a bound may give up what would have come out cheaper in the end.
    """
    s, route, trial = arrays.shift[shift], routes[shift], routes[routes.shape[0] - 1]
    if stops >= s[MAX_STOPS]:
        return INFEASIBLE
    here, last = route[at], stops + 1
    place, free, rest, spent, driven, served, waited = (
        here[AT],
        here[FREE],
        here[REST],
        here[SPENT],
        here[ACTUAL],
        here[SERVED],
        here[WAITED],
    )
    column, caught = outset(arrays, s, route, at), last
    for k in range(at, last):
        mark, new = route[k], trial[k + 1]
        u = ticket if k == at else mark[TICKET]
        t = arrays.ticket[u]
        start, free, rest, waiting, seconds, cost = step(arrays, shift, s, t, u, column, place, free, rest)
        if start == NONE:
            return INFEASIBLE
        place, column = t[PLACE], t[ONWARD]
        spent, driven, served, waited = spent + cost, driven + seconds, served + free - start, waited + waiting
        new[TICKET], new[AT], new[FREE], new[REST], new[SPENT], new[ACTUAL], new[WAITED] = u, place, free, rest, spent, driven, waited
        if k == at:
            continue
        if spent - mark[SPENT] >= bound:
            return INFEASIBLE
        if free == mark[FREE] and rest == mark[REST]:
            caught = k
            break
    end = route[last]
    if caught < last:  # from here on nothing changes
        mark = route[caught]
        home = end[FREE]
        spent, served = spent + end[WAITED] - mark[SPENT], served + end[SERVED] - mark[SERVED]
        driven += end[DRIVEN] - end[ACTUAL] - mark[ACTUAL]
        waited += route[stops, WAITED] - mark[WAITED]
    else:
        home, seconds, cost, rest = come_home(arrays, shift, s, column, place, free, rest)
        if home == NONE:
            return INFEASIBLE
        spent, driven = spent + cost, driven + seconds
    delay, more_driven, more_spent = 0, 0, 0
    if s[BEGUN] == NONE and waited > 0 and at > 0 and waited == here[WAITED] == route[stops, WAITED]:
        # Nobody waits behind the row, so what there is to put off is as it was.
        delay, more_driven, more_spent = delayed(s, end, stops)
    elif s[BEGUN] == NONE and waited > 0:
        complete(route, trial, stops, at, caught)
        delay = sensible_delay(arrays, shift, trial, last)
        if delay > 0:
            more_driven, more_spent = put_off(arrays, shift, trial, last, delay)
            if more_spent == INFEASIBLE:
                return INFEASIBLE
    closing = close(s, last, home, delay, driven + more_driven, served)
    return INFEASIBLE if closing == INFEASIBLE else int(spent + more_spent + closing - end[SPENT])


@compiled
def complete(route: IntArray, trial: IntArray, stops: int, at: int, caught: int) -> None:
    """Write into a trial the marks of the rows that an insertion behind row `at` leaves as they are: up to it, and behind `caught`."""
    for k in range(at + 1):
        for column in range(MARK_COLUMNS):
            trial[k, column] = route[k, column]
    if caught > stops:
        return
    spent, driven = trial[caught + 1, SPENT] - route[caught, SPENT], trial[caught + 1, ACTUAL] - route[caught, ACTUAL]
    waited = trial[caught + 1, WAITED] - route[caught, WAITED]
    for k in range(caught + 1, stops + 1):
        for column in range(MARK_COLUMNS):
            trial[k + 1, column] = route[k, column]
        trial[k + 1, SPENT] += spent
        trial[k + 1, ACTUAL] += driven
        trial[k + 1, WAITED] += waited


# ------------------------------------------------------------------- timetable


@compiled
def timetable(arrays: Arrays, shift: int, route: IntArray, stops: int, times: IntArray, rests: IntArray) -> None:
    """Write out a walked route as it will be driven; see `timing.timetable`."""
    s = arrays.shift[shift]
    free, rest, place = s[READY] + route[stops + 1, BEARABLE], s[REST_FIRST], s[FROM]
    rests[:, :] = NONE
    for k in range(stops + 1):
        first, resting, column = rest, free, outset(arrays, s, route, k)
        if k == stops:
            drive_and_rest(arrays, shift, column, place, s[TO], free, rest, True, rests)
            break
        t = arrays.ticket[route[k + 1, TICKET]]
        service = t[TICKET_COLUMNS + s[PACE]]
        arrival, rest, driven = drive(arrays, shift, s, column, place, t[PLACE], free, rest)
        start, rest, rested = serve(arrays, s, t, service, arrival, rest)
        times[k, 0], times[k, 1], times[k, 2], times[k, 3] = arrival, start, start + service, driven
        times[k, 4] = start - arrival - rested
        free, place = start + service, t[PLACE]
        for b in range(first, rest):
            begin = max(resting, arrays.span[b, 0])
            resting = begin + arrays.span[b, 2]
            rests[b - s[REST_FIRST], 0], rests[b - s[REST_FIRST], 1] = begin, resting
