"""Webhooks: told with the change, in order, signed, until they are received, and never at private addresses; and taken in, signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from dispatch.api import examples
from dispatch.api.delivery import NotDelivered, Sender
from tests.api.conftest import NOW, Desk

DAY = "/v1/days/2026-03-10"
LATER = NOW + 100 * 86_400
NEW = {"place": {"lat": 28.22, "lon": 112.95}, "service": "PT1H"}


class Receiver:
    """Stands for somebody else's server."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any], Mapping[str, str]]] = []
        self.away = False

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        if self.away:
            raise NotDelivered("The receiver answered 503.")
        self.heard.append((url, json.loads(body), headers))


@pytest.fixture
def receiver(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """A receiver of the webhooks of a service, whose day is open; messages go when the test says so."""
    found = Receiver()
    monkeypatch.setattr(desk.service.outgoing, "deliver", found)
    monkeypatch.setattr(desk.service.outgoing, "send", lambda: desk.service.ending.wait(0.2))
    desk.service.outgoing.close()
    desk.clock.now = LATER
    desk.client.put(DAY, json={"problem": examples.DAY, "plan": examples.BY_HAND}, headers=desk.as_("admin"))
    return found


def hook(desk: Desk, **wanted: Any) -> Any:
    """Make a webhook."""
    made = desk.post("/v1/hooks", wanted, "admin")
    assert made.status_code == 201, made.text
    return made.json()


def put(desk: Desk, name: str) -> None:
    """Change the day."""
    assert desk.client.put(f"{DAY}/tickets/{name}", json=NEW, headers=desk.as_("integration")).status_code == 201


def tell(desk: Desk) -> None:
    """Send all that is to be sent now."""
    while desk.service.outgoing.send_some():
        pass


def test_every_change_is_told_in_order_signed_and_thin(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, direction="out", url="https://tickets.example.com/hook")
    put(desk, "A")
    put(desk, "B")
    tell(desk)
    assert [(url, body["type"], body["data"]["ticket"], body["data"]["revision"]) for url, body, _ in receiver.heard] == [
        ("https://tickets.example.com/hook", "day.ticket_put", "A", 2),
        ("https://tickets.example.com/hook", "day.ticket_put", "B", 3),
    ]
    _, body, headers = receiver.heard[0]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    told = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert Webhook(made["secret"]).sign(headers["webhook-id"], at, told) == headers["webhook-signature"]
    assert set(body["data"]) == {"region", "date", "revision", "action", "ticket", "link"}
    assert desk.get("/v1/hooks", "admin").json()["hooks"][0]["secret"] is None


def test_what_is_not_received_is_told_again_later_and_nothing_behind_it_first(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, direction="out", url="https://tickets.example.com/hook")
    receiver.away = True
    put(desk, "A")
    put(desk, "B")
    tell(desk)
    receiver.away = False
    tell(desk)
    assert receiver.heard == []
    desk.clock.now += 6
    tell(desk)
    assert [body["data"]["ticket"] for _, body, _ in receiver.heard] == ["A", "B"]
    receiver.away = True
    put(desk, "C")
    for _ in range(200):
        desk.clock.now += 3600
        tell(desk)
    assert desk.get("/v1/hooks", "admin").json()["hooks"][0]["disabled"] is True
    put(desk, "D")
    receiver.away = False
    assert desk.client.post(f"/v1/hooks/{made['id']}/enable", headers=desk.as_("admin")).json()["disabled"] is False
    put(desk, "E")
    tell(desk)
    assert [body["data"]["ticket"] for _, body, _ in receiver.heard] == ["A", "B", "E"]


def test_a_change_that_is_refused_tells_nobody_and_other_regions_are_not_told(desk: Desk, receiver: Receiver) -> None:
    hook(desk, direction="out", url="https://tickets.example.com/hook", region="south")
    hook(desk, direction="out", url="https://all.example.com/hook")
    desk.client.put(f"{DAY}/tickets/A", json={**NEW, "service": "x"}, headers=desk.as_("integration"))
    put(desk, "B")
    tell(desk)
    assert [url for url, _, _ in receiver.heard] == ["https://all.example.com/hook"]


@pytest.mark.parametrize("url", ["ftp://x.example.com", "https://", "https://me:secret@x.example.com", "x", "http://[::1", 7, None])
def test_what_is_no_address_is_refused(desk: Desk, url: Any) -> None:
    refused = desk.post("/v1/hooks", {"direction": "out", "url": url}, "admin")
    assert (refused.status_code, refused.json()["faults"][0]["code"]) == (422, "INVALID_URL")


PRIVATE = ("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fd00::1")


@pytest.mark.parametrize("address", [*PRIVATE, "fe80::1%eth0", "::ffff:10.0.0.1"])
def test_a_private_address_is_not_told_whatever_name_it_has(address: str) -> None:
    sender = Sender(resolve=lambda *_: ["8.8.8.8", address], transport=httpx2.MockTransport(lambda _: httpx2.Response(200)))
    with pytest.raises(NotDelivered, match="private_hooks"):
        sender("https://hook.example.com/x", b"{}", {})


def test_the_name_is_looked_up_once_and_the_address_that_was_judged_is_called() -> None:
    looked_up, called = [], []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append((host, port))
        return ["93.184.216.34"]

    def answer(request: httpx2.Request) -> httpx2.Response:
        called.append((str(request.url), request.headers["host"], request.extensions["sni_hostname"]))
        return httpx2.Response(302, headers={"location": "http://127.0.0.1/"})

    with pytest.raises(NotDelivered, match="302"):
        Sender(resolve=resolve, transport=httpx2.MockTransport(answer))("https://hook.example.com:8443/x?y=1", b"{}", {})
    assert looked_up == [("hook.example.com", 8443)]
    assert called == [("https://93.184.216.34:8443/x?y=1", "hook.example.com:8443", "hook.example.com")]


# -------------------------------------------------------------------- incoming


def signed(secret: str, body: Any, name: str = "msg_1", at: float = LATER, **other: str) -> tuple[bytes, dict[str, str]]:
    """Return a body and the headers that sign it."""
    data = json.dumps(body)
    moment = datetime.fromtimestamp(int(at), UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": "v1,AAAA " + Webhook(secret).sign(name, moment, data),
    }
    return data.encode(), {**headers, **other}


EVENT = {"date": "2026-03-10", "type": "note", "at": "2026-03-10T08:05:00+08:00", "text": "hello"}


def test_signed_events_happen_once_and_are_answered_alike_again(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, direction="in")
    body, headers = signed(made["secret"], EVENT)
    first = desk.client.post(made["url"], content=body, headers=headers)
    again = desk.client.post(made["url"], content=body, headers=headers)
    assert (first.status_code, first.json()["revision"], again.content) == (200, 2, first.content)
    assert desk.get(DAY).json()["revision"] == 2
    other, headers = signed(made["secret"], {**EVENT, "text": "another"})
    assert desk.client.post(made["url"], content=other, headers=headers).status_code == 409


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": str(int(LATER) - 301)},
        {"webhook-timestamp": str(int(LATER) + 301)},
        {"webhook-timestamp": str(int(LATER) + 1)},
        {"webhook-timestamp": "now"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": "v1,!!!!"},
    ],
)
def test_what_is_not_signed_as_it_has_to_be_is_refused(desk: Desk, receiver: Receiver, change: dict[str, str]) -> None:
    made = hook(desk, direction="in")
    body, headers = signed(made["secret"], EVENT)
    refused = desk.client.post(made["url"], content=body, headers={**headers, **change})
    assert (refused.status_code, refused.json()["code"]) == (401, "NOT_SIGNED")
    assert desk.get(DAY).json()["revision"] == 1


def test_another_body_an_old_message_and_an_unknown_webhook_are_refused(desk: Desk, receiver: Receiver) -> None:
    made, out = hook(desk, direction="in"), hook(desk, direction="out", url="https://x.example.com")
    body, headers = signed(made["secret"], EVENT)
    assert desk.client.post(made["url"], content=body + b" ", headers=headers).status_code == 401
    assert desk.client.post(f"/v1/hooks/in/{out['id']}", content=body, headers=headers).status_code == 401
    assert desk.client.post("/v1/hooks/in/0000000000000000", content=body, headers=headers).status_code == 401
    old, headers = signed(made["secret"], EVENT, at=LATER - 301)
    assert desk.client.post(made["url"], content=old, headers=headers).json()["code"] == "NOT_SIGNED"
    assert desk.client.delete(f"/v1/hooks/{made['id']}", headers=desk.as_("admin")).status_code == 204
    body, headers = signed(made["secret"], EVENT)
    assert desk.client.post(made["url"], content=body, headers=headers).status_code == 401


def test_a_webhook_of_a_region_reports_on_the_days_of_its_region_alone(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, direction="in", region="south")
    body, headers = signed(made["secret"], EVENT)
    assert desk.client.post(made["url"], content=body, headers=headers).status_code == 404
    assert desk.get(DAY).json()["revision"] == 1


# ------------------------------------------------------------------ calendars


def test_a_calendar_opens_with_its_key_alone_until_it_is_closed(desk: Desk, receiver: Receiver) -> None:
    desk.clock.now = NOW + 3600
    feed = desk.post("/v1/feeds", {"engineer": "chen"}).json()
    calendar = desk.client.get(feed["url"])
    assert (calendar.status_code, calendar.headers["content-type"].split(";")[0]) == (200, "text/calendar")
    assert calendar.text.count("BEGIN:VEVENT") == 2
    assert desk.client.get(feed["url"], headers={"If-None-Match": calendar.headers["etag"]}).status_code == 304
    assert [f["url"] for f in desk.get("/v1/feeds", "dispatcher").json()["feeds"]] == [None]
    key = feed["url"].split("/")[3]
    assert desk.client.get(feed["url"].replace(key, "x" + key)).status_code == 401
    assert desk.client.delete(f"/v1/feeds/{feed['id']}", headers=desk.as_("dispatcher")).status_code == 204
    assert desk.client.get(feed["url"]).status_code == 401
