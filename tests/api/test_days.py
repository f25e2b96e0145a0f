"""A live day over HTTP: opened, told what happens, planned anew, published; two at once; and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dispatch import planning, schema
from dispatch.api import examples
from dispatch.api.desk import Desk as LiveDays
from tests.api.conftest import NOW, Desk, opened, settings

if TYPE_CHECKING:
    from tests.databases import Postgres

DAY = "/v1/days/2026-03-10"
NEW = {"title": "Pump leaks", "place": {"lat": 28.22, "lon": 112.95}, "skills": [{"skill": "pumps"}], "service": "PT1H", "priority": 2}


def put(desk: Desk, path: str, document: Any, role: Any = "dispatcher", **headers: str) -> Any:
    """Put a document as a role."""
    return desk.client.put(path, json=document, headers=desk.as_(role, **headers))


def opens(desk: Desk, plan: Any = examples.BY_HAND) -> Desk:
    """Open the day of the examples."""
    desk.clock.now = NOW + 100 * 86_400  # long after it: the day goes by its events
    answer = put(desk, DAY, {"problem": examples.DAY, "plan": plan})
    assert answer.status_code == 201, answer.text
    return desk


def at(time: str) -> str:
    return f"2026-03-10T{time}:00+08:00"


@pytest.fixture
def day(desk: Desk) -> Desk:
    """A service with a day of two tickets and one engineer."""
    return opens(desk)


def test_a_day_is_opened_once_and_replaced_only_by_who_has_read_it(desk: Desk) -> None:
    opens(desk)
    read = desk.get(DAY)
    assert (read.json()["revision"], read.json()["planned"], read.json()["unassigned"]) == (1, 2, 0)
    again = {"problem": examples.DAY}
    assert put(desk, DAY, again).status_code == 428
    assert put(desk, DAY, again, **{"If-Match": '"r7"'}).status_code == 412
    replaced = put(desk, DAY, again, **{"If-Match": read.headers["etag"]})
    assert (replaced.status_code, replaced.json()["revision"], replaced.json()["planned"]) == (200, 2, 0)
    assert desk.client.get(DAY, headers=desk.as_("viewer", **{"If-None-Match": replaced.headers["etag"]})).status_code == 304


def test_a_ticket_put_by_its_reference_is_new_once_and_then_left_alone(day: Desk) -> None:
    path = f"{DAY}/tickets/INC%2F7%20%C3%A4"
    first = put(day, path, NEW, "integration")
    again = put(day, path, NEW, "integration")
    changed = put(day, path, {**NEW, "priority": 1}, "integration")
    assert [r.status_code for r in (first, again, changed)] == [201, 200, 200]
    assert first.json()["ticket"]["external_ref"] == "INC/7 ä"
    assert first.headers["etag"] == again.headers["etag"] != changed.headers["etag"]
    assert day.get(DAY).json()["revision"] == 3
    assert day.get(f"{DAY}/tickets/INC/7 ä").json() == changed.json()
    plan = day.get(f"{DAY}/plan").json()
    assert [u["ticket"] for u in plan["unassigned"]] == ["INC/7 ä"]
    stale = put(day, path, {**NEW, "priority": 3}, "integration", **{"If-Match": first.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE")


def test_what_is_put_beside_a_day_gives_the_same_day_as_the_event(day: Desk) -> None:
    for i in range(3):
        put(day, f"{DAY}/tickets/N{i}", {**NEW, "place": {"lat": 28.2 + i / 100, "lon": 112.9}})
    beside = json.loads(day.get(f"{DAY}/problem").content), day.get(f"{DAY}/plan").json()
    problem = schema.read_problem(json.dumps(examples.DAY))
    alone = planning.open_day(problem, schema.read_plan(json.dumps(examples.BY_HAND)))
    from dispatch import events

    for i in range(3):
        ticket = {"id": f"N{i}", "external_ref": f"N{i}", **NEW, "place": {"lat": 28.2 + i / 100, "lon": 112.9}}
        event = {"type": "ticket_put", "at": examples.DAY["now"], "ticket": ticket}
        alone = planning.apply(alone, events.read_event(json.dumps(event))).day
    assert beside == (json.loads(schema.write_problem(alone.problem)), json.loads(schema.write_plan(alone.plan, "Asia/Shanghai")))


def test_many_tickets_are_put_together_or_not_at_all_with_every_fault(day: Desk) -> None:
    good = [{"external_ref": f"A{i}", **NEW} for i in range(3)]
    bad = [*good, {"external_ref": "B", **NEW, "service": "90"}, {"external_ref": "C", **NEW, "customer": "nobody"}]
    refused = day.post(f"{DAY}/tickets", {"tickets": bad}, "integration")
    assert refused.status_code == 422
    assert [(f["pointer"], f["code"]) for f in refused.json()["faults"]] == [
        ("/tickets/3/service", "INVALID_DURATION"),
        ("/tickets/4/customer", "UNKNOWN_CUSTOMER"),
    ]
    assert day.get(DAY).json()["revision"] == 1
    put_ = day.post(f"{DAY}/tickets", {"tickets": good}, "integration")
    assert [t["result"] for t in put_.json()["tickets"]] == ["created"] * 3
    more = {"tickets": [{**good[0], "customer": "mill"}, good[1]], "customers": [{"id": "mill", "class": "vip"}]}
    assert day.post(f"{DAY}/tickets", more).status_code == 200
    assert day.get(f"{DAY}/tickets/A0").json()["ticket"]["customer"] == "mill"


def test_each_event_answers_with_its_effect_and_later_ones_may_not_come_before(day: Desk) -> None:
    travelling = day.post(f"{DAY}/events", {"type": "travelling", "at": at("08:05"), "ticket": "T-1"}, "integration")
    assert (travelling.status_code, travelling.json()["revision"]) == (200, 2)
    late = day.post(f"{DAY}/events", {"type": "note", "at": at("08:00"), "text": "too late"}, "integration")
    assert (late.status_code, late.json()["faults"][0]["code"]) == (422, "EVENT_IN_PAST")
    sick = day.post(f"{DAY}/events?candidates=true", {"type": "engineer_absent", "at": at("09:00"), "engineer": "chen"}, "integration")
    assert {e["code"] for e in sick.json()["effects"]} >= {"UNASSIGNED"}
    assert {c["ticket"] for c in sick.json()["diff"]["removed"]} == {"T-1", "T-2"}
    assert set(sick.json()["candidates"]) == {"T-1", "T-2"}
    several = {
        "format": "dispatch-events/1",
        "events": [{"type": "clock", "at": at("09:10")}, {"type": "done", "at": at("09:11"), "ticket": "X"}],
    }
    refused = day.post(f"{DAY}/events", several)
    assert [f["pointer"] for f in refused.json()["faults"]] == ["/events/1/ticket"]
    assert day.get(DAY).json()["now"] == at("09:00")


def test_an_event_sent_twice_with_one_key_happens_once(day: Desk) -> None:
    note = {"type": "note", "at": at("08:05"), "text": "gate code 4711"}
    first = day.post(f"{DAY}/events", note, "integration", **{"Idempotency-Key": "k1"})
    again = day.post(f"{DAY}/events", note, "integration", **{"Idempotency-Key": "k1"})
    other = day.post(f"{DAY}/events", {**note, "text": "4712"}, "integration", **{"Idempotency-Key": "k1"})
    assert (first.content, again.headers["idempotency-replayed"], other.status_code) == (again.content, "true", 409)
    assert day.get(DAY).json()["revision"] == 2


def test_engineers_shifts_and_absences(day: Desk) -> None:
    wang = {"name": "Wang", "home": {"lat": 28.2, "lon": 112.9}, "skills": [{"skill": "pumps", "tier": 2}]}
    made = put(day, f"{DAY}/engineers/w/ang", wang)
    assert (made.status_code, made.json()["engineer"]["id"]) == (201, "w/ang")
    assert put(day, f"{DAY}/engineers/w/ang", {**wang, "name": "W."}).status_code == 428
    renamed = put(day, f"{DAY}/engineers/w/ang", {**wang, "name": "W."}, **{"If-Match": made.headers["etag"]})
    assert renamed.status_code == 200
    assert put(day, f"{DAY}/engineers/w/ang", wang, **{"If-Match": made.headers["etag"]}).status_code == 412
    shift = {"engineer": "w/ang", "shift": {"id": "tue", "start": at("08:00"), "end": at("16:00")}}
    assert put(day, f"{DAY}/shifts", shift, **{"If-Match": "*"}).status_code == 200
    absent = day.post(f"{DAY}/absences", {"engineer": "chen", "at": at("08:30")}, "integration")
    assert [c["ticket"] for c in absent.json()["diff"]["removed"]] == ["T-1", "T-2"]
    listed = day.get(f"{DAY}/engineers?limit=1").json()
    assert (listed["engineers"][0]["engineer"]["id"], listed["next"]) == ("chen", "chen")
    assert day.get(f"{DAY}/engineers?after=chen").json()["engineers"][0]["engineer"]["shifts"][0]["id"] == "tue"
    assert [
        e["code"] for e in put(day, f"{DAY}/shifts", {"engineer": "w/ang", "shift": {"id": "x"}}, **{"If-Match": "*"}).json()["faults"]
    ] == ["MISSING_FIELD"] * 2


def proposed(desk: Desk, document: Any) -> Any:
    """Return a proposal once it is made."""
    made = desk.post(f"{DAY}/proposals", document, Prefer="wait=60")
    assert made.status_code == 200, made.text
    return made.json()


def test_a_proposal_says_what_would_change_and_is_published_whole_or_in_part(day: Desk) -> None:
    for i in range(2):
        put(day, f"{DAY}/tickets/N{i}", {**NEW, "place": {"lat": 28.2 + i / 50, "lon": 112.95}})
    made = proposed(day, {"iterations": 200, "freeze": "PT10M", "most_changes": 6})
    assert {c["ticket"] for c in made["diff"]["added"]} == {"N0", "N1"}
    assert made["diff"]["added"][0]["notify"][0] == {"engineer": "chen"}
    assert day.get(DAY).json()["planned"] == 2
    some = day.post(f"{DAY}/proposals/{made['id']}/publish", {"tickets": ["N0"]})
    assert {c["ticket"] for c in some.json()["diff"]["added"]} == {"N0"}
    whole = day.post(f"{DAY}/proposals/{made['id']}/publish", {})
    assert (whole.json()["day"]["planned"], whole.json()["day"]["unassigned"]) == (4, 0)
    assert day.get(f"{DAY}/proposals/{made['id']}").json()["published"] == whole.json()["revision"]
    assert day.get(f"{DAY}/proposals/{made['id']}/plan").json()["format"] == "dispatch-plan/1"
    assert [p["id"] for p in day.get(f"{DAY}/proposals").json()["proposals"]] == [made["id"]]
    assert day.get("/v1/plans").json()["plans"] == []
    assert day.get(f"/v1/plans/{made['id']}").status_code == 404


def test_a_change_by_hand_is_judged_and_published_like_any_other(day: Desk) -> None:
    made = proposed(day, {"place": {"ticket": "T-2", "engineer": None}})
    assert [c["ticket"] for c in made["diff"]["removed"]] == ["T-2"]
    assert proposed(day, {"plan": examples.OTHER})["diff"] == made["diff"]
    assert day.post(f"{DAY}/proposals/{made['id']}/publish", {}).json()["day"]["unassigned"] == 1


def test_a_proposal_that_does_not_fit_the_day_any_more_is_a_conflict(day: Desk) -> None:
    made = proposed(day, {"place": {"ticket": "T-2", "engineer": None}})
    put(day, f"{DAY}/tickets/N", NEW)
    placed = proposed(day, {"place": {"ticket": "N", "engineer": "chen"}})
    day.post(f"{DAY}/proposals/{placed['id']}/publish", {})
    refused = day.post(f"{DAY}/proposals/{made['id']}/publish", {})
    assert (refused.status_code, refused.json()["faults"][0]["code"]) == (409, "PROPOSAL_STALE")


def test_an_appointment_that_was_offered_is_held_booked_and_kept_by_every_later_plan(day: Desk) -> None:
    put(day, f"{DAY}/tickets/N", {**NEW, "priority": 5})
    offers = day.post(f"{DAY}/offers", {"ticket": "N", "width": "PT2H"}).json()["offers"]
    assert [o["cost"] for o in offers] == sorted(o["cost"] for o in offers)
    held = day.post(f"{DAY}/holds", {"ticket": "N", "window": offers[-1]["window"], "until": at("08:30")}, "integration")
    assert (held.status_code, held.json()["appointment"]["state"]) == (201, "held")
    booked = day.post(f"{DAY}/bookings", {"hold": held.json()["appointment"]["id"]}, "integration")
    assert (booked.status_code, booked.json()["appointment"]["state"]) == (201, "booked")
    made = proposed(day, {"iterations": 300})
    day.post(f"{DAY}/proposals/{made['id']}/publish", {})
    ticket = day.get(f"{DAY}/tickets/N").json()
    window = ticket["appointment"]["window"]
    assert window == offers[-1]["window"]
    assert window["start"] <= ticket["planned"]["start"] <= window["end"]
    gone = day.client.delete(f"{DAY}/holds/{booked.json()['appointment']['id']}", headers=day.as_("integration"))
    assert (gone.status_code, day.get(DAY).json()["appointments"]) == (200, [])


def test_a_hold_expires_by_the_clock_of_the_service_on_the_day_itself(day: Desk) -> None:
    day.clock.now = NOW + 600  # 08:10 in Changsha
    put(day, f"{DAY}/tickets/N", NEW)
    window = day.post(f"{DAY}/offers", {"ticket": "N"}).json()["offers"][0]["window"]
    held = day.post(f"{DAY}/holds", {"ticket": "N", "window": window}, "integration").json()
    assert held["appointment"]["until"] == at("08:25")
    day.clock.now += 1000
    day.service.desk.expire()
    assert day.get(DAY).json()["appointments"] == []
    assert day.get(f"{DAY}/log").json()["entries"][-1]["who"] == "the service"


def test_candidates_are_ranked_and_the_others_are_named_with_their_reasons(day: Desk) -> None:
    put(day, f"{DAY}/tickets/N", NEW)
    put(
        day,
        f"{DAY}/engineers/wang",
        {"home": {"lat": 28.2, "lon": 112.9}, "shifts": [{"id": "s", "start": at("08:00"), "end": at("16:00")}]},
    )
    found = day.post(f"{DAY}/candidates", {"ticket": "N", "others": True}, "viewer").json()["candidates"]
    assert [(c["engineer"], c["reason"] is None) for c in found] == [("chen", True), ("wang", False)]
    assert found[0]["cost"] == pytest.approx(sum(found[0]["cost_by_rule"].values()), abs=1e-5)


def test_lists_page_by_cursor_and_filter(day: Desk) -> None:
    day.post(f"{DAY}/tickets", {"tickets": [{"external_ref": f"N{i}", **NEW} for i in range(5)]})
    seen, after = [], ""
    while True:
        page = day.get(f"{DAY}/tickets?limit=3&after={after}").json()
        seen += [t["ticket"]["id"] for t in page["tickets"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == ["N0", "N1", "N2", "N3", "N4", "T-1", "T-2"]
    assert [t["ticket"]["id"] for t in day.get(f"{DAY}/tickets?engineer=chen").json()["tickets"]] == ["T-1", "T-2"]
    assert len(day.get(f"{DAY}/tickets?placed=false&status=open").json()["tickets"]) == 5
    assert day.get("/v1/days").json() == {"days": [{"region": "", "date": "2026-03-10", "revision": 2, "link": DAY}], "next": None}


def test_the_log_says_who_did_what_and_cannot_be_changed(either_desk: Desk) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    day = opens(either_desk)
    put(day, f"{DAY}/tickets/N", NEW, "integration")
    day.post(f"{DAY}/events", {"type": "note", "at": at("08:05"), "text": "hello"})
    told = day.get(f"{DAY}/log").json()["entries"]
    assert [(e["before"], e["revision"], e["who"], e["action"]) for e in told] == [
        (0, 1, "the dispatcher", "opened"),
        (1, 2, "the integration", "ticket_put"),
        (2, 3, "the dispatcher", "note"),
    ]
    for statement in ("UPDATE day_log SET who = 'nobody'", "DELETE FROM day_log"):
        with pytest.raises(DBAPIError, match="append-only"), day.service.store.writing() as connection:
            connection.execute(text(statement))


def test_another_server_has_the_same_day_and_two_at_once_lose_nothing(either_desk: Desk) -> None:
    day = opens(either_desk)
    other = LiveDays(day.service)

    def puts(i: int) -> int:
        return int(put(day, f"{DAY}/tickets/N{i}", NEW).status_code)

    with ThreadPoolExecutor(4) as clerks:
        assert list(clerks.map(puts, range(12))) == [201] * 12
    assert other.read(("", "2026-03-10")).revision == 13
    put(day, f"{DAY}/tickets/T-2", {**examples.DAY["tickets"][1], "service": "PT50M"})
    day.post(f"{DAY}/events", {"type": "travelling", "at": at("08:05"), "ticket": "T-1"})
    here, there = day.service.desk.read(("", "2026-03-10")), other.read(("", "2026-03-10"))
    fresh = LiveDays(day.service).read(("", "2026-03-10"))
    assert here.revision == there.revision == fresh.revision == 15
    assert planning.write_day(here.day) == planning.write_day(there.day) == planning.write_day(fresh.day)


def test_two_servers_that_change_one_day_take_turns(either_desk: Desk) -> None:
    day = opens(either_desk)
    desks = [LiveDays(day.service) for _ in range(3)]
    from dispatch.api.days import reporting
    from dispatch.api.gate import Caller

    who = Caller("t", "somebody", "admin", None)

    def notes(i: int) -> int:
        tree = {"type": "note", "at": at("08:05"), "text": f"note {i}"}
        return int(desks[i % 3].change(("", "2026-03-10"), who, None, reporting(day.service, who, tree)).status_code)

    with ThreadPoolExecutor(6) as clerks:
        assert list(clerks.map(notes, range(12))) == [200] * 12
    texts = {e["events"][0]["text"] for e in day.get(f"{DAY}/log").json()["entries"][1:]}
    assert texts == {f"note {i}" for i in range(12)}


def test_a_long_log_is_folded_into_the_day_that_is_kept(day: Desk) -> None:
    from dispatch.api import desk as module

    for i in range(module.LONG + 2):
        put(day, f"{DAY}/tickets/N{i}", NEW)
    day.clock.now += 10
    day.service.desk.tidy()
    from dispatch.store import days

    with day.service.store.reading() as connection:
        revision, kept = days.head(connection, ("", "2026-03-10")), days.snapshot(connection, ("", "2026-03-10"))
    assert kept is not None
    assert kept[0] == revision == module.LONG + 3
    assert len(LiveDays(day.service).read(("", "2026-03-10")).day.problem.tickets) == module.LONG + 4


def test_more_tickets_than_that_stay_in_the_log_until_somebody_asks_for_the_plan(day: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from dispatch.api import desk as module
    from dispatch.store import days

    monkeypatch.setattr(module, "FOLDED", module.LONG)

    def kept() -> int:
        day.clock.now += 10
        day.service.desk.tidy()
        with day.service.store.reading() as connection:
            found = days.snapshot(connection, ("", "2026-03-10"))
        assert found is not None
        return found[0]

    for i in range(module.LONG + 2):
        put(day, f"{DAY}/tickets/N{i}", NEW)
    assert kept() == 1
    assert len(list(LiveDays(day.service).read(("", "2026-03-10")).tickets())) == module.LONG + 4
    day.get(f"{DAY}/plan")
    assert kept() == module.LONG + 3


def test_what_is_saved_plans_the_same_elsewhere(day: Desk) -> None:
    problem = schema.read_problem(day.get(f"{DAY}/problem").content)
    plan = schema.read_plan(day.get(f"{DAY}/plan").content)
    assert planning.check(problem, plan).plan.cost == plan.cost


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Desk]:
    """A service that knows no day."""
    yield from opened(settings(tmp_path))


def test_what_is_not_there_is_not_found(small: Desk) -> None:
    for path in ("/v1/days/2026-03-10", "/v1/days/2026-02-30", f"{DAY}/plan", f"{DAY}/tickets/N", f"{DAY}/proposals/{'0' * 20}"):
        assert small.get(path).status_code == 404, path
    assert small.get("/v1/days/tomorrow").status_code == 422


def test_a_database_that_goes_away_refuses_for_a_while_and_loses_nothing(postgres: Postgres, tmp_path: Path) -> None:
    for day in opened(settings(tmp_path, database_url=postgres.new())):
        opens(day)
        put(day, f"{DAY}/tickets/A", NEW)
        postgres.stop("immediate")
        try:
            refused = [put(day, f"{DAY}/tickets/B", NEW), day.get(f"{DAY}/tickets/A")]
        finally:
            postgres.start()
        assert [(r.status_code, r.json()["code"]) for r in refused] == [(503, "NO_STORE")] * 2
        for _ in range(30):  # connections that were open break one after the other
            if put(day, f"{DAY}/tickets/B", NEW).is_success:
                break
        assert {t["ticket"]["id"] for t in day.get(f"{DAY}/tickets").json()["tickets"]} == {"A", "B", "T-1", "T-2"}
