"""A token for regions sees its own work, of every route, and of other work not even that it is there."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dispatch.api import examples
from tests.api.conftest import NOW, Desk

DAY = "/v1/days/2026-03-10"
NEW = {"place": {"lat": 28.22, "lon": 112.95}, "service": "PT1H"}


def problem() -> dict[str, Any]:
    """Return the day of the examples: a ticket in the north, one in the south, an engineer in each."""
    day = copy.deepcopy(examples.DAY)
    day["regions"] = [{"id": "city"}, {"id": "north", "parent": "city"}, {"id": "south", "parent": "city"}]
    day["tickets"][0]["region"], day["tickets"][1]["region"] = "north", "south"
    chen = day["engineers"][0]
    day["engineers"] = [{**chen, "region": "north"}, {**copy.deepcopy(chen), "id": "li", "region": "south"}]
    return day


PLAN = {
    "format": "dispatch-plan/1",
    "routes": [
        {"engineer": "chen", "shift": "tue", "stops": [{"ticket": "T-1"}]},
        {"engineer": "li", "shift": "tue", "stops": [{"ticket": "T-2"}]},
    ],
}


@pytest.fixture
def north(desk: Desk) -> tuple[Desk, dict[str, str]]:
    """A service with the day of all regions and one of the south, and a token for the north."""
    desk.clock.now = NOW + 100 * 86_400
    for region in ("", "south"):
        opened = desk.client.put(f"{DAY}?region={region}", json={"problem": problem(), "plan": PLAN}, headers=desk.as_("admin"))
        assert opened.status_code == 201, opened.text
    return desk, desk.token("dispatcher", ["north"])


def test_it_sees_its_own_part_of_the_day_of_all_regions(north: tuple[Desk, dict[str, str]]) -> None:
    desk, token = north
    get = desk.client.get
    day = get(DAY, headers=token).json()
    assert (day["tickets"], day["engineers"], day["planned"]) == (1, 1, 1)
    assert [t["ticket"]["id"] for t in get(f"{DAY}/tickets", headers=token).json()["tickets"]] == ["T-1"]
    assert [e["engineer"]["id"] for e in get(f"{DAY}/engineers", headers=token).json()["engineers"]] == ["chen"]
    assert "T-2" not in get(f"{DAY}/sheets/tickets", headers=token).text
    assert "li" not in get(f"{DAY}/sheets/engineers", headers=token).text
    assert get(f"{DAY}/routes/chen", headers=token).status_code == 200
    assert get("/v1/days", headers=token).json()["days"] == []
    found = desk.client.post(f"{DAY}/candidates", json={"ticket": "T-1", "others": True}, headers=token).json()
    assert [c["engineer"] for c in found["candidates"]] == ["chen"]


@pytest.mark.parametrize(
    ("method", "path", "document", "status"),
    [
        ("GET", "/tickets/T-2", None, 404),
        ("GET", "/engineers/li", None, 404),
        ("GET", "/routes/li", None, 404),
        ("GET", "/plan", None, 403),
        ("GET", "/problem", None, 403),
        ("GET", "/log", None, 403),
        ("GET", "/exports/csv", None, 403),
        ("GET", "/exports/icalendar?engineer=li", None, 404),
        ("GET", "/proposals", None, 403),
        ("POST", "/proposals", {"iterations": 1}, 403),
        ("POST", "/candidates", {"ticket": "T-2"}, 422),
        ("POST", "/offers", {"ticket": "T-2"}, 422),
        ("POST", "/holds", {"ticket": "T-2", "window": {"start": "2026-03-10T13:00:00+08:00", "end": "2026-03-10T15:00:00+08:00"}}, 422),
        ("PUT", "/tickets/T-2", {**NEW, "region": "north"}, 403),
        ("PUT", "/tickets/N", {**NEW, "region": "south"}, 403),
        ("PUT", "/tickets/N", NEW, 403),
        ("POST", "/tickets", {"tickets": [{"external_ref": "N", **NEW, "region": "south"}]}, 403),
        ("DELETE", "/tickets/T-2", None, 404),
        ("PUT", "/engineers/li", {"region": "north"}, 403),
        ("PUT", "/engineers/new", {"region": "south"}, 403),
        ("PUT", "/shifts", {"engineer": "li", "shift": {"id": "x"}}, 422),
        ("POST", "/absences", {"engineer": "li"}, 422),
        ("POST", "/events", {"type": "travelling", "ticket": "T-2"}, 422),
        ("POST", "/events", {"type": "clock"}, 403),
    ],
)
def test_what_is_of_another_region_is_refused(
    north: tuple[Desk, dict[str, str]], method: str, path: str, document: Any, status: int
) -> None:
    desk, token = north
    answer = desk.client.request(method, DAY + path, json=document, headers={**token, "If-Match": "*"} if "shifts" in path else token)
    assert answer.status_code == status, answer.text
    assert desk.get(DAY).json()["revision"] == 1
    elsewhere = desk.client.request(method, DAY + path + ("&" if "?" in path else "?") + "region=south", json=document, headers=token)
    assert elsewhere.status_code == 404, elsewhere.text


def test_the_days_feeds_and_webhooks_of_another_region_are_not_its_own(north: tuple[Desk, dict[str, str]]) -> None:
    desk, token = north
    body = {"problem": problem()}
    assert desk.client.put("/v1/days/2026-03-12", json=body, headers=token).status_code == 403
    assert desk.client.put("/v1/days/2026-03-12?region=north", json=body, headers=token).status_code == 201
    assert desk.client.post("/v1/feeds", json={"engineer": "li", "region": "south"}, headers=token).status_code == 403
    feed = desk.post("/v1/feeds", {"engineer": "li", "region": "south"}, "admin").json()
    assert desk.client.get("/v1/feeds", headers=token).json()["feeds"] == []
    assert desk.client.delete(f"/v1/feeds/{feed['id']}", headers=token).status_code == 404
    desk.clock.now = NOW  # feeds show the days around today
    assert desk.client.post("/v1/feeds", json={"engineer": "li"}, headers=token).status_code == 403
    own = desk.client.post("/v1/feeds", json={"engineer": "chen"}, headers=token).json()
    calendar = desk.client.get(own["url"])
    assert calendar.status_code == 200
    assert calendar.text.count("BEGIN:VEVENT") == 1
    assert "T-2" not in calendar.text
    assert [f["id"] for f in desk.client.get("/v1/feeds", headers=token).json()["feeds"]] == [own["id"]]
    assert desk.client.delete(f"/v1/feeds/{own['id']}", headers=desk.token("dispatcher", ["south"])).status_code == 404
    moved = {**desk.get(f"{DAY}/engineers/chen").json()["engineer"], "region": "south"}
    assert desk.client.put(f"{DAY}/engineers/chen", json=moved, headers={**desk.as_("admin"), "If-Match": "*"}).status_code == 200
    assert "BEGIN:VEVENT" not in desk.client.get(own["url"]).text
    assert desk.client.delete(f"/v1/feeds/{own['id']}", headers=token).status_code == 204
    admin = desk.token("admin", ["north"])
    hook = desk.post("/v1/hooks", {"direction": "in", "region": "south"}, "admin").json()
    assert desk.client.post("/v1/hooks", json={"direction": "in"}, headers=admin).status_code == 403
    assert desk.client.get("/v1/hooks", headers=admin).json()["hooks"] == []
    assert desk.client.delete(f"/v1/hooks/{hook['id']}", headers=admin).status_code == 404
    assert desk.client.post(f"/v1/hooks/{hook['id']}/enable", headers=admin).status_code == 404


def test_it_reports_on_its_own_work_and_sees_of_the_effect_what_is_its_own(north: tuple[Desk, dict[str, str]]) -> None:
    desk, token = north
    put = desk.client.put(f"{DAY}/tickets/N", json={**NEW, "region": "north"}, headers=token)
    sick = desk.client.post(f"{DAY}/absences", json={"engineer": "chen", "at": "2026-03-10T08:30:00+08:00"}, headers=token)
    assert (put.status_code, sick.status_code) == (201, 200)
    assert {kind: [c["ticket"] for c in changes] for kind, changes in sick.json()["diff"].items()} == {
        "added": [], "removed": ["T-1"], "moved": [], "retimed": [],
    }  # fmt: skip


def test_roles_may_do_what_is_theirs(north: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = north
    assert desk.client.put(f"{DAY}/tickets/N", headers=desk.as_("viewer"), json=NEW).status_code == 403
    assert desk.client.put(f"{DAY}/tickets/N", headers=desk.as_("integration"), json=NEW).status_code == 201
    assert desk.post(f"{DAY}/proposals", {"iterations": 1}, "integration").status_code == 403
    assert desk.post("/v1/hooks", {"direction": "in"}, "dispatcher").status_code == 403
    assert desk.client.get(DAY).status_code == 401
