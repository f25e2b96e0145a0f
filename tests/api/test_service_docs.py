"""The page about the service names every setting, code and route, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from dispatch.api.problems import PROBLEMS
from dispatch.api.settings import Settings
from dispatch.cli import serving
from dispatch.store.tokens import ROLES
from tests.api.conftest import Desk

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "service.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """Return the cells of the rows under a heading."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in part.splitlines() if line.startswith("| `")]


def test_every_setting_is_on_the_page_with_its_default() -> None:
    told = {name.strip("`"): default.strip("`") for name, default, _ in table("Settings")}
    kept = {name: field.default for name, field in Settings.model_fields.items()}
    assert list(told) == list(kept)
    for name, default in kept.items():
        if name == "database_url":
            assert told[name] == default.get_secret_value()
        elif default in (None, ()):
            assert told[name] == "none"
        else:
            assert told[name].lower() == f"{default}".lower()


def test_every_refusal_is_on_the_page_with_its_status() -> None:
    assert {code.strip("`"): int(status) for code, status, *_ in table("Errors")} == {
        code: status for code, (status, _) in PROBLEMS.items()
    }


def test_every_role_is_on_the_page_and_known_to_the_command() -> None:
    assert [row[0].strip("`") for row in table("Who may do what")] == list(ROLES)
    assert serving.Role.__args__ == ROLES  # type: ignore[attr-defined]


def test_every_route_is_on_the_page(desk: Desk) -> None:
    named = (
        re.sub(r"/ID\b", "/{job_id}", PAGE).replace("/exports/geojson", "/exports/{format}").replace("/exports/FORMAT", "/exports/{format}")
    )
    paths = desk.client.get("/openapi.json").json()["paths"]
    assert [path for path in paths if f"{path}`" not in named and f"{path}?" not in named and f"{path} " not in named] == []
