"""``docs/reasons.md`` lists every code and every kind of way in, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from dispatch import explain

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reasons.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")]


def test_every_code_is_documented_in_its_order_with_its_action() -> None:
    assert [(code.strip("`"), action) for code, _, action in rows("The codes")] == [(c, explain.ACTIONS[c]) for c in explain.REASON_CODES]


def test_every_kind_of_way_in_is_documented() -> None:
    assert [kind.strip("`") for kind, _ in rows("How a way in is proved")] == list(explain.WAY_KINDS)


def test_codes_look_like_codes() -> None:
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", code) for code in explain.REASON_CODES)
