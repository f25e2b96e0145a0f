"""The page on the live day shows every event with all its fields, and lists every effect."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from dispatch import events
from dispatch.planning import draft, facts, live

PAGE = (Path(__file__).parent.parent.parent / "docs" / "live-day.md").read_text("utf-8")
EXAMPLES = {json.loads(text)["type"]: text for text in re.findall(r"```json\n(\{\"type.*\})\n```", PAGE)}


def test_every_event_has_an_example_and_no_other_has() -> None:
    assert list(EXAMPLES) == list(events.TYPES)
    assert re.findall(r"^### `([a-z_]+)`", PAGE, re.MULTILINE) == list(events.TYPES)


@pytest.mark.parametrize("name", list(events.TYPES))
def test_an_example_shows_every_field_and_is_read_and_written_as_it_stands(name: str) -> None:
    event = events.read_event(EXAMPLES[name])
    assert type(event) is events.TYPES[name]
    shown = json.loads(EXAMPLES[name])
    assert set(shown) == {"type", *(f.name for f in fields(event))}
    assert events.read_events(events.write_events([event], "Asia/Shanghai")) == (event,)


def test_every_effect_is_listed_and_no_other_is() -> None:
    source = "".join(Path(str(m.__file__)).read_text("utf-8") for m in (draft, facts, live))
    said = set(re.findall(r"(?:Effect|say)\(\s*\"([A-Z_]+)\"", source))
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE.split("## Effects")[1], re.MULTILINE)) == said
