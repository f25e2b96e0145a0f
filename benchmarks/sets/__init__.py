"""The published sets: those that are read, and those that are not, with the reason."""

from __future__ import annotations

from benchmarks.sets.base import Case, DataError, Judgement, PublishedSet, Routes
from benchmarks.sets.damm import PRIORITIES
from benchmarks.sets.kovacs import NO_TEAM
from benchmarks.sets.trsp import MADE, REAL
from benchmarks.sets.vrptw import HOMBERGER, PRIZES, SOLOMON

__all__ = ["NOT_READ", "SETS", "Case", "DataError", "Judgement", "PublishedSet", "Routes"]

SETS: dict[str, PublishedSet] = {s.name: s for s in (REAL, MADE, NO_TEAM, PRIORITIES, SOLOMON, HOMBERGER, PRIZES)}

NOT_READ: dict[str, str] = {
    "dispatch-security": "states no objective and has no published value to compare with",
    "dvrptw-lackner": "customers become known during the day: a matter for replanning, not for one plan",
    "hhcrsp": "visits by two people at once or in a set order, and a price on the largest lateness",
    "mdvrptw-vidal": "limits travel, service and waiting of a route together; a shift limits only its hours and its travel",
    "roadef2007": "teams formed for a day and interventions that wait for others",
    "strsp-kovacs (teams)": "teams formed for a day, tasks that need several technicians at once",
    "trsp-pillac (crew13)": "no published values, and the detour to the central depot cannot be expressed",
    "vrptw-ortec": "could be expressed; left out because its licence (CC BY-NC 4.0) keeps it from commercial use",
}
