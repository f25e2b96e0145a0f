"""Every fault code with its remedy: the one table that readers, documentation and tests share."""

from __future__ import annotations

from types import MappingProxyType

from dispatch.errors import Fault

REMEDIES: MappingProxyType[str, str] = MappingProxyType(
    {
        # the document
        "WRONG_ENCODING": "Save the file as UTF-8.",
        "MALFORMED_JSON": "Correct the JSON at this place.",
        "TOO_DEEP": "Flatten the document: the format needs fewer than ten levels.",
        "DUPLICATE_KEY": "Keep one of the entries.",
        "NOT_AN_OBJECT": "Start the document with { and give the fields of the format.",
        "WRONG_FORMAT": "Supply a document of the format asked for.",
        # one field
        "UNKNOWN_FIELD": "Remove the field or correct its name.",
        "MISSING_FIELD": "Add the field.",
        "WRONG_TYPE": "Give a value of the right type.",
        "EMPTY_TEXT": "Give a text of at least one character.",
        "BROKEN_TEXT": "Replace the broken character.",
        "NOT_FINITE": "Give a finite number.",
        "NEGATIVE": "Give a value of zero or more.",
        "NOT_POSITIVE": "Give a value above zero.",
        "OUT_OF_RANGE": "Give a value inside the range.",
        "UNKNOWN_CHOICE": "Use one of the names the format knows.",
        "UNKNOWN_POLICY": "Use the name of a shipped policy.",
        "UNKNOWN_RULE": "Use the name of a cost rule.",
        "UNKNOWN_SOURCE": "Use a travel source the format knows.",
        "INVALID_URL": "Write the address like http://127.0.0.1:5000, without user, key or query.",
        "INVALID_TIME": "Write the time like 2026-05-12T08:00:00+08:00.",
        "NAIVE_TIME": "Add the offset from UTC, as in 2026-05-12T08:00:00+08:00.",
        "TIME_OUT_OF_RANGE": "Correct the year, or leave the field out where there is no such time.",
        "INVALID_DURATION": "Write an ISO 8601 duration such as PT45M or PT1H30M.",
        "CALENDAR_DURATION": "Use weeks, days, hours, minutes and seconds, whose length is fixed.",
        "ABSURD_DURATION": "Check the unit: M after T is minutes, H is hours.",
        # the problem as a whole
        "UNKNOWN_TIME_ZONE": "Use a name of the IANA time zone database, such as Asia/Shanghai.",
        "TRAVEL_WEIGHT": "Leave travel at 1 and change the other weights instead: all are priced in minutes of travel.",
        "MATRIX_NOT_SQUARE": "Give every row as many numbers as there are rows.",
        "MATRIX_SHAPES_DIFFER": "Give metres for the same rows and columns as seconds.",
        "SPEED_NEVER": "Name at least one day, and let to be another time than from.",
        "ROAD_CLASS_WITHOUT_ROADS": "Leave road_class out, or let travel come from roads.",
        # ids
        "DUPLICATE_ID": "Give each one an id of its own.",
        "DUPLICATE_SKILL": "Name each skill once.",
        "DUPLICATE_PREVIOUS": "Name each ticket once in previous.",
        "UNKNOWN_ENGINEER": "Add the engineer to engineers, or correct the id.",
        "UNKNOWN_SHIFT": "Add the shift to the engineer, or correct the id.",
        "UNKNOWN_CUSTOMER": "Add the customer to customers, or correct the id.",
        "UNKNOWN_REGION": "Add the region to regions, or correct the id.",
        "UNKNOWN_TICKET": "Remove the entry, or correct the id.",
        "REGION_CYCLE": "Leave parent out at the top of the tree.",
        # places
        "HALF_POSITION": "Give both lat and lon, or neither.",
        "POSITION_OUT_OF_RANGE": "Give degrees: lat from -90 to 90, lon from -180 to 180.",
        "SWAPPED_COORDINATES": "Exchange lat and lon.",
        "ZERO_COORDINATES": "Give the real position, or leave lat and lon out where it is not known.",
        "PLACE_WITHOUT_POSITION": "Give lat and lon, or give an address and ask for geocoding.",
        "PLACE_WITHOUT_INDEX": "Give the index of its row in the travel matrix.",
        "INDEX_OUT_OF_RANGE": "Give the index of a row of the travel matrix; the first row is 0.",
        "MISSING_HOME": "Give the engineer a home, or every shift a start_place and an end_place (null means anywhere).",
        # engineers
        "SHIFT_ENDS_BEFORE_START": "Correct the start or the end.",
        "OVERTIME_BEFORE_END": "Let overtime_until be the end or later; leave it out where there is no overtime.",
        "SHIFTS_OVERLAP": "Let a shift begin when the one before it, overtime included, is over.",
        "BREAK_ENDS_BEFORE_START": "Let latest be earliest or later.",
        "BREAK_OUTSIDE_SHIFT": "Move the break into the shift.",
        # tickets
        "WINDOW_CLOSES_BEFORE_OPENING": "Correct the start or the end.",
        "WINDOWS_OVERLAP": "Join the two windows into one.",
        "RESPOND_BEFORE_OPENED": "Correct opened_at or respond_by.",
        "CONTRADICTORY_ENGINEERS": "Take the engineer out of one of the lists.",
        "PIN_CONTRADICTS_ENGINEERS": "Pin another engineer, or change the lists; a must of the ticket overrules the dedicated engineer.",
        "PIN_OUTSIDE_SHIFT": "Pin a start inside the shift, or pin another shift.",
        "PIN_OUTSIDE_WINDOWS": "Pin a start inside a window, or change the windows.",
        "HISTORY_WITHOUT_ENGINEER": "Say who is at work in pin.engineer.",
        "HISTORY_WITHOUT_SHIFT": "Say in pin.shift which shift the work belongs to.",
        "HISTORY_WITHOUT_START": "Say when the work began in actual.start.",
        "HISTORY_IN_FUTURE": "Correct the time, the status, or now.",
        "ACTUAL_ENDS_BEFORE_START": "Correct actual.start or actual.end.",
        # a world
        "INVALID_DATE": "Write the date like 2026-03-02.",
        "INVALID_CLOCK": "Write the local clock time like 08:30, from 00:00 to 24:00.",
        "WORLD_TRAVEL": "Let travel be crow or matrix, without speeds.",
        "EMPTY_ROSTER": "Give at least one engineer a roster.",
        "ROSTER_WEEK": "Let week be from 1 to every.",
        "NO_DEMAND": "Give demand or preventive.",
        "RATE_MISSING": "Give per_week or by_hour, or name the entry in the log.",
        "RATE_TWICE": "Keep either per_week or by_hour.",
        "AREA_WITHOUT_PLACE": "Give a centre, or points.",
        "LOG_EMPTY": "Add tickets to the log, or leave it out.",
        "UNKNOWN_DEMAND": "Add the entry to demand, or correct the id.",
        "UNKNOWN_FIGURE": "Use a figure of docs/kpis.md.",
        "TARGET_WITHOUT_BOUND": "Give at_least or at_most.",
        "TARGETS_CONTRADICT": "Give up one of the two, or move its bound.",
        # a log
        "UNKNOWN_COLUMN": "Name a column that the log has.",
        "NO_OPENING_COLUMN": "Say which column it is, with --opened.",
        "LOG_UNUSABLE": "Give a CSV file with a line of column names and opening times such as 2026-03-02 08:30:00.",
        # a plan
        "COST_DOES_NOT_ADD_UP": "Let total be the sum of by_rule, or leave cost out: checking a plan prices it again.",
    }
)

DAY_REMEDIES: MappingProxyType[str, str] = MappingProxyType(
    {
        "UNKNOWN_EVENT": "Use a type of event that the format knows.",
        "EVENT_IN_PAST": "Report it with the present time as at; when it happened goes into start or end.",
        "TICKET_OVER": "Open a new ticket for what is left to do.",
        "TICKET_BEGUN": "Report what happened with the event for it: done, no_show or overran.",
        "NOT_ON_SITE": "Report arrived first.",
        "DONE_BEFORE_ARRIVED": "Report arrived first, or give start.",
        "OTHER_ENGINEER": "Correct the engineer, or report no_show or done for the one who is at it.",
        "ENGINEER_AT_WORK": "Report done, or no_show, for the work under way first.",
        "STATUS_BY_EVENT": "Leave status and actual out, and report what happened with the event for it.",
        "SHIFT_HAS_HISTORY": "Keep the shift among those of the engineer.",
        "UNTIL_IN_PAST": "Give a moment after at.",
        "TICKET_BOOKED": "Release the booking first.",
        "UNKNOWN_HOLD": "Ask for offers again, and hold one of them.",
        "OFFER_GONE": "Ask for offers again.",
        "NEEDS_OTHERS": "Publish these changes as well, or leave this one out.",
        "PROPOSAL_STALE": "Propose anew: the day has gone on.",
    }
)
"""The same for events of a day, holds and publications."""


def fault(code: str, pointer: str, message: str, action: str | None = None) -> Fault:
    """Return a fault with the remedy of its code, or with a more exact one."""
    return Fault(pointer, code, message, (REMEDIES.get(code) or DAY_REMEDIES[code]) if action is None else action)
