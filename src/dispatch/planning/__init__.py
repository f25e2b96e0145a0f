"""Planning: the services everyone calls. Every answer is checked and priced by one evaluator, wherever it came from.

`plan`, `check` and `replan` work on a problem; the others on a live `Day`, which events change and which people are told of by `publish`.
What is offered is kept: candidates, offers, holds, proposals and publications are all judged by `dispatch.check`, on the same day.
"""

from dispatch.planning.change import Change, Diff, Notice, diff
from dispatch.planning.choices import candidates, ranking
from dispatch.planning.day import Day, Hold, open_day, read_day, write_day
from dispatch.planning.draft import Effect
from dispatch.planning.live import Applied, apply
from dispatch.planning.offering import Offer, book, hold, offers, release
from dispatch.planning.plans import Ground, Planned, check, ground, plan, replan, told
from dispatch.planning.proposing import Proposal, place, propose
from dispatch.planning.publishing import part, publish

__all__ = [
    "Applied", "Change", "Day", "Diff", "Effect", "Ground", "Hold", "Notice", "Offer", "Planned", "Proposal", "apply", "book",
    "candidates", "check", "diff", "ground", "hold", "offers", "open_day", "part", "place", "plan", "propose", "publish", "ranking",
    "read_day", "release", "replan", "told", "write_day",
]  # fmt: skip
