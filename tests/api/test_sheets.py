"""Tickets and engineers as CSV: in with every fault told by row, out without formulas."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from dispatch.api import examples
from tests.api.conftest import NOW, Desk

DAY = "/v1/days/2026-03-10"
SHEETS = f"{DAY}/sheets"


@pytest.fixture
def day(desk: Desk) -> Desk:
    """A service with the day of the examples."""
    desk.clock.now = NOW + 100 * 86_400
    desk.client.put(DAY, json={"problem": examples.DAY, "plan": examples.BY_HAND}, headers=desk.as_("admin"))
    return desk


def send(desk: Desk, sheet: str | bytes, kind: str = "tickets", **params: str) -> Any:
    """Put a sheet as an integration."""
    data = sheet.encode() if isinstance(sheet, str) else sheet
    headers = desk.as_("integration", **{"Content-Type": "text/csv"})
    return desk.client.post(f"{SHEETS}/{kind}", content=data, headers=headers, params=params)


HEADER = "external_ref,title,lat,lon,service_min,skills,window_start,window_end\n"


@pytest.mark.parametrize(("mark", "between"), [(b"", ","), (b"\xef\xbb\xbf", ","), (b"", ";"), (b"", "\t")])
def test_a_sheet_is_read_with_or_without_mark_and_however_cells_are_parted(day: Desk, mark: bytes, between: str) -> None:
    cells = ["INC/1", "Ölpumpe 漏", "28.2", "112.9", "45", "pumps:2", "2026-03-10 9:00", "2026-03-10T03:30:00Z"]
    sheet = between.join(HEADER.strip().split(",")) + "\r\n" + between.join(cells) + "\r\n"
    assert send(day, mark + sheet.encode()).json()["tickets"] == [{"id": "INC/1", "external_ref": "INC/1", "result": "created"}]
    ticket = day.get(f"{DAY}/tickets/INC/1").json()["ticket"]
    assert (ticket["title"], ticket["service"], ticket["skills"]) == ("Ölpumpe 漏", "PT45M", [{"skill": "pumps", "tier": 2}])
    assert ticket["windows"] == [{"start": "2026-03-10T09:00:00+08:00", "end": "2026-03-10T11:30:00+08:00"}]


def test_every_fault_is_told_with_its_row_and_nothing_is_put(day: Desk) -> None:
    rows = ["A,,28.2,112.9,45,,,", "B,,north,112.9,45,,,", "C,,98,112.9,45,,,", "D,,28.2,112.9,45,pumps:x,tomorrow,"]
    rows += ["A,,28.2,112.9,45,,,", "E,,28.2,112.9,-5,,,"]
    refused = send(day, HEADER + "\n".join(rows))
    assert refused.status_code == 422
    assert [(f["pointer"], f["code"]) for f in refused.json()["faults"]] == [
        ("/rows/3/lat", "BROKEN_CELL"),
        ("/rows/4/lat", "POSITION_OUT_OF_RANGE"),
        ("/rows/5/skills", "BROKEN_CELL"),
        ("/rows/5/window_start", "BROKEN_CELL"),
        ("/rows/6/", "DUPLICATE_ID"),
        ("/rows/7/service_min", "INVALID_DURATION"),
    ]
    assert all(f["message"].startswith("Row ") for f in refused.json()["faults"])
    assert day.get(DAY).json()["revision"] == 1


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        (HEADER.encode("utf-16"), "BROKEN_SHEET"),
        ("external_ref,title,lat,lon,service_min\nA,Ölpumpe,1,1,1\n".encode("cp1252"), "BROKEN_SHEET"),
        (b"", "BROKEN_SHEET"),
        (b'external_ref,"lat,lon,service_min\n', "BROKEN_SHEET"),
        (b"external_ref,lat,lon,service_min\nA,1,1,1,1\n", "BROKEN_SHEET"),
        (b"external_ref,lat,lon,service_min,colour\nA,1,1,1,red\n", "WRONG_COLUMN"),
        (b"external_ref,lat,lon\nA,1,1\n", "WRONG_COLUMN"),
        (b"lat,lat,lon,service_min\n1,1,1,1\n", "WRONG_COLUMN"),
    ],
)
def test_what_is_no_sheet_is_refused_with_what_it_is(day: Desk, sheet: bytes, code: str) -> None:
    refused = send(day, sheet)
    assert (refused.status_code, {f["code"] for f in refused.json()["faults"]}) == (422, {code})


def test_columns_are_named_with_the_request_or_kept_for_the_token(day: Desk) -> None:
    names = {"external_ref": "Ticket No", "service_min": "Dauer"}
    sheet = "Ticket No,lat,lon,Dauer\nA,28.2,112.9,30\n"
    assert send(day, sheet).status_code == 422
    assert send(day, sheet, columns=json.dumps(names)).status_code == 200
    kept = day.client.put("/v1/sheets/tickets/columns", json={"columns": names}, headers=day.as_("integration"))
    assert kept.json() == {"columns": names}
    assert send(day, sheet.replace("A,", "B,")).json()["tickets"][0]["result"] == "created"
    assert day.get("/v1/sheets/tickets/columns", "integration").json()["columns"]["service_min"] == "Dauer"
    assert day.get("/v1/sheets/tickets/columns", "viewer").json()["columns"]["service_min"] == "service_min"
    for wrong in ('{"colour": "x"}', "[]", "{"):
        assert send(day, sheet, columns=wrong).json()["faults"][0]["code"] == "WRONG_COLUMN"


def test_what_goes_out_holds_no_formula_and_comes_in_again_unchanged(day: Desk) -> None:
    titles = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "＝1", " =1", "'=1", "'quoted'", 'say "no",\nplease', "plain"]
    for i, title in enumerate(titles):
        ticket = {"title": title, "place": {"lat": 28.2, "lon": 112.9}, "service": "PT1H"}
        day.client.put(f"{DAY}/tickets/N{i}", json=ticket, headers=day.as_("integration"))
    sheet = day.get(f"{SHEETS}/tickets")
    assert sheet.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"), newline="")))
    assert not any(cell.lstrip()[:1] in tuple("=+-@＝") and cell for row in rows for cell in row.values())
    before = day.get(DAY).json()["revision"]
    again = send(day, sheet.content)
    titles_now = {t["ticket"]["id"]: t["ticket"].get("title") for t in day.get(f"{DAY}/tickets").json()["tickets"]}
    assert {titles_now[f"N{i}"].strip() for i in range(len(titles))} == {title.strip() for title in titles}
    assert {t["result"] for t in again.json()["tickets"]} <= {"unchanged", "changed"}
    assert day.get(DAY).json()["revision"] <= before + 1


def test_engineers_come_with_a_row_for_each_shift(day: Desk) -> None:
    sheet = (
        "id,name,lat,lon,skills,shift_start,shift_end\n"
        "wang,Wang,28.2,112.9,pumps:2; electrical,2026-03-10 08:00,2026-03-10 12:00\n"
        "wang,Wang,28.2,112.9,,2026-03-11 08:00,2026-03-11 12:00\n"
    )
    assert send(day, sheet, "engineers").json()["engineers"] == [{"id": "wang", "external_ref": None, "result": "created"}]
    wang = day.get(f"{DAY}/engineers/wang").json()["engineer"]
    assert [s["id"] for s in wang["shifts"]] == ["2026-03-10", "2026-03-11"]
    assert [s["skill"] for s in wang["skills"]] == ["pumps", "electrical"]
    assert send(day, day.get(f"{SHEETS}/engineers").content, "engineers").status_code == 200
    broken = send(day, "id,lat,lon,shift_start,shift_end\nli,28,112,2026-03-10 08:00,\n,28,112,,\n", "engineers")
    assert [f["pointer"] for f in broken.json()["faults"]] == ["/rows/2/shift_end", "/rows/3/id"]


def test_a_sheet_has_to_be_called_one(day: Desk) -> None:
    refused = day.post(f"{SHEETS}/tickets", {"tickets": []})
    assert (refused.status_code, refused.json()["code"]) == (415, "WRONG_MEDIA_TYPE")
