"""Tickets and engineers as CSV: what a spreadsheet holds comes in with all its faults told by row, and goes out without formulas."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch import events, planning
from dispatch.api.days import ETAG
from dispatch.api.description import TEXT, Told, told
from dispatch.api.desk import Change
from dispatch.api.looking import DayKey, View, view
from dispatch.api.problems import Refusal
from dispatch.api.requests import Answer, Body, JsonBody, KeyUse
from dispatch.api.service import Caller, Here, Integration, Service, Viewer
from dispatch.api.settings import REMEDIES
from dispatch.api.standing import Standing
from dispatch.api.tickets import MOST, Put, many
from dispatch.errors import Fault, InputError
from dispatch.events import EngineerPut
from dispatch.model import Engineer, Ticket
from dispatch.schema import text
from dispatch.schema.codes import fault
from dispatch.schema.values import shown
from dispatch.store import hooks

router = APIRouter(prefix="/v1", tags=["sheets"])

Kind = Literal["tickets", "engineers"]
FIELDS: Mapping[Kind, tuple[str, ...]] = {
    "tickets": (
        "id", "external_ref", "title", "customer", "region", "address", "lat", "lon", "kind", "priority", "skills", "service_min",
        "window_start", "window_end", "opened_at", "respond_by", "mandatory",
    ),
    "engineers": ("id", "name", "region", "lat", "lon", "skills", "shift", "shift_start", "shift_end", "contractor"),
}  # fmt: skip
"""What columns there may be, explained in ``docs/service.md``."""

LEADS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""


SHEET = "external_ref,title,lat,lon,service_min,skills\r\nINC/9,Pump leaks,28.22,112.95,60,pumps:1\r\n"


class Columns(BaseModel):
    """What columns are called: names by field. Fields that are not named have columns of their own names."""

    columns: dict[str, str] = Field(default_factory=dict)


# --------------------------------------------------------------------- columns

ColumnMap = Annotated[
    str | None,
    Query(max_length=4000, description='What columns are called, by field, as JSON: {"id": "Ticket No"}; default: as kept for the token.'),
]


def _names(service: Service, who: Caller, kind: Kind, given: str | None) -> dict[str, str]:
    """Return what columns are called, by field."""
    kept: Any = None
    if given is None:
        with service.store.reading() as connection:
            kept = hooks.columns(connection, who.token, kind)
    else:
        try:
            kept = json.loads(given)
        except (ValueError, RecursionError):
            raise InputError([_fault("WRONG_COLUMN", "/query/columns", "`columns` is no JSON.")]) from None
    return {**{name: name for name in FIELDS[kind]}, **_checked(kind, kept or {}, "/query/columns")}


def _checked(kind: Kind, names: Any, pointer: str) -> dict[str, str]:
    if not isinstance(names, dict):
        raise InputError([_fault("WRONG_COLUMN", pointer, "It is not an object of names by field.")])
    faults = [
        _fault("WRONG_COLUMN", text.child(pointer, field), f"{shown(field)} is not a field of {kind}, or its column is no text.")
        for field, name in names.items()
        if field not in FIELDS[kind] or not isinstance(name, str) or not name or len(name) > 200
    ]
    if faults:
        raise InputError(faults)
    return names


def _fault(code: str, pointer: str, message: str) -> Fault:
    return Fault(pointer, code, message, REMEDIES[code])


KindPath = Annotated[Kind, Path(description="What is in the sheet.")]


@router.put(
    "/sheets/{kind}/columns",
    operation_id="keepColumns",
    summary="Say once what columns are called",
    **told({200: Told("They are kept for this token.", Columns)}, takes=Columns, examples={"Ours": {"columns": {"id": "Ticket No"}}}),
)
def keep_columns(service: Here, who: Integration, kind: KindPath, body: JsonBody) -> Response:
    """Keep the names of columns for this token: they are used where a request names none."""
    tree, faults = text.load(body)
    if faults or tree.keys() != {"columns"}:
        raise InputError(faults or [fault("MISSING_FIELD", "/columns", "`columns` is missing, or there is more.")])
    names = _checked(kind, tree["columns"], "/columns")
    with service.store.writing() as connection:
        hooks.keep_columns(connection, who.token, kind, names)
    return Answer.of({"columns": names}).response()


@router.get(
    "/sheets/{kind}/columns",
    operation_id="readColumns",
    summary="What columns are called",
    **told({200: Told("By field.", Columns)}),
)
def read_columns(service: Here, who: Viewer, kind: KindPath) -> Response:
    """Tell what the columns of this token are called, all fields."""
    return Answer.of({"columns": _names(service, who, kind, None)}).response()


# ---------------------------------------------------------------------- out


def _safe(value: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.lstrip(" ").startswith(LEADS) or value.startswith("'") else value


def _unsafe(value: str) -> str:
    """Return text as it was before `_safe`."""
    rest = value[1:]
    return rest if value.startswith("'") and (rest.lstrip(" ").startswith(LEADS) or rest.startswith("'")) else value


def _local(moment: int | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{datetime.fromtimestamp(moment, zone):%Y-%m-%d %H:%M:%S}"


def _skills(skills: Sequence[Any]) -> str:
    return "; ".join(f"{s.skill}:{s.tier}" for s in skills)


def _degrees(value: float | None) -> str:
    return "" if value is None else repr(value)


def _ticket_row(t: Ticket, zone: ZoneInfo) -> dict[str, str]:
    first = t.windows[0] if t.windows else None
    texts = {"id": t.id, "external_ref": t.external_ref, "title": t.title, "customer": t.customer, "region": t.region}
    texts |= {"address": t.place.address, "kind": t.kind, "skills": _skills(t.skills)}
    return {
        **{name: _safe(value or "") for name, value in texts.items()},
        "lat": _degrees(t.place.lat),
        "lon": _degrees(t.place.lon),
        "priority": str(t.priority),
        "service_min": f"{t.service / 60:g}",
        "window_start": _local(first.start if first else None, zone),
        "window_end": _local(first.end if first else None, zone),
        "opened_at": _local(t.opened_at, zone),
        "respond_by": _local(t.respond_by, zone),
        "mandatory": "yes" if t.mandatory else "",
    }


def _engineer_rows(e: Engineer, zone: ZoneInfo) -> list[dict[str, str]]:
    texts = {"id": e.id, "name": e.name, "region": e.region, "skills": _skills(e.skills)}
    shared = {name: _safe(value or "") for name, value in texts.items()}
    home = e.home
    shared |= {"lat": _degrees(home.lat if home else None), "lon": _degrees(home.lon if home else None)}
    shared |= {"contractor": "yes" if e.contractor else ""}
    shifts = [{"shift": _safe(s.id), "shift_start": _local(s.start, zone), "shift_end": _local(s.end, zone)} for s in e.shifts]
    return [{**shared, **one} for one in shifts or [{}]]


@router.get(
    "/days/{date}/sheets/{kind}",
    operation_id="exportSheet",
    summary="Tickets or engineers as CSV",
    **told({200: Told("The sheet, in UTF-8 with a byte order mark, so that Excel sees the encoding.", None, {"text/csv": TEXT}, ETAG)}),
)
def export_sheet(service: Here, who: Viewer, key: DayKey, kind: KindPath, columns: ColumnMap = None) -> Response:
    """Export tickets or engineers; text that a spreadsheet would take for a formula has an apostrophe in front."""
    seen = view(service.desk.read(key), who)
    names = _names(service, who, kind, columns)
    s, zone = seen.standing, ZoneInfo(seen.standing.time_zone)
    if kind == "tickets":
        rows = [_ticket_row(t, zone) for t in s.tickets() if seen.sees(t)]
    else:
        rows = [row for e in s.ground.day.problem.engineers if seen.sees(e) for row in _engineer_rows(e, zone)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_safe(names[name]) for name in FIELDS[kind]])
    writer.writerows([row.get(name, "") for name in FIELDS[kind]] for row in rows)
    headers = {"ETag": s.etag, "Content-Disposition": f'attachment; filename="{kind}-{key[1]}.csv"'}
    return Answer(out.getvalue().encode("utf-8-sig"), headers=headers, media_type="text/csv").response()


# ------------------------------------------------------------------------ in


@dataclass(frozen=True)
class Row:
    """A row with its number in the sheet (the header is 1) and its cells by field."""

    number: int
    cells: Mapping[str, str]


def _rows(kind: Kind, data: bytes, names: Mapping[str, str]) -> list[Row]:
    """Return the rows of a sheet; a semicolon or a tab may part the cells as well.

    Raises
    ------
    InputError
        It is not UTF-8, not CSV, or has not the columns it has to have.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError([_fault("BROKEN_SHEET", "", "The sheet is in UTF-16.")])
    try:
        sheet = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"Row {line}: the byte 0x{data[error.start]:02x} is not UTF-8; the sheet may be in Windows-1252 or GBK."
        raise InputError([_fault("BROKEN_SHEET", f"/rows/{line}", message)]) from None
    if "\x00" in sheet:
        raise InputError([_fault("BROKEN_SHEET", "", "The sheet holds the character NUL.")])
    first = sheet.partition("\n")[0]
    between = max((",", ";", "\t"), key=first.count)
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(sheet, newline=""), delimiter=between, strict=True)
    try:
        found.extend((reader.line_num, cells) for cells in reader if any(c.strip() for c in cells))
    except csv.Error as error:
        raise InputError([_fault("BROKEN_SHEET", f"/rows/{reader.line_num}", f"Row {reader.line_num}: {error}.")]) from None
    if not found:
        raise InputError([_fault("BROKEN_SHEET", "", "The sheet is empty.")])
    if len(found) > MOST + 1:
        raise InputError([_fault("BROKEN_SHEET", "", f"The sheet has {len(found) - 1} rows; send at most {MOST} at once.")])
    return _by_field(kind, found, names)


def _by_field(kind: Kind, found: Sequence[tuple[int, list[str]]], names: Mapping[str, str]) -> list[Row]:
    header = [_unsafe(cell.strip()) for cell in found[0][1]]
    fields = {name: field for field, name in names.items()}
    wrong = [f"There is no field for the column {shown(name)}." for name in header if name not in fields]
    wrong += [f"The column {shown(name)} stands twice." for name in sorted(set(header)) if header.count(name) > 1]
    needed = ("lat", "lon", "service_min") if kind == "tickets" else ("id",)
    wrong += [f"There is no column {shown(names[name])}." for name in needed if names[name] not in header]
    if kind == "tickets" and not {names["id"], names["external_ref"]} & set(header):
        wrong.append(f"There is neither a column {shown(names['id'])} nor {shown(names['external_ref'])}.")
    faults = [_fault("WRONG_COLUMN", "/rows/1", why) for why in wrong]
    rows = []
    for number, cells in found[1:]:
        if len(cells) > len(header):
            faults.append(_fault("BROKEN_SHEET", f"/rows/{number}", f"Row {number} has {len(cells)} cells, and the header {len(header)}."))
        told_ = {fields.get(n, n): _unsafe(cell.strip()) for n, cell in zip(header, cells, strict=False)}
        rows.append(Row(number, told_))
    if faults:
        raise InputError(faults)
    return rows


_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2}(?::\d{2})?)")


class _Cells:
    """Reads the cells of one row, and gathers what is wrong with them."""

    def __init__(self, row: Row, zone: ZoneInfo) -> None:
        self.row, self.zone = row, zone
        self.faults: list[Fault] = []

    def text(self, field: str) -> str | None:
        return self.row.cells.get(field) or None

    def wrong(self, field: str, why: str) -> None:
        message = f"Row {self.row.number}: `{field}` is {shown(self.row.cells.get(field, ''))}, {why}."
        self.faults.append(_fault("BROKEN_CELL", f"/rows/{self.row.number}/{field}", message))

    def number(self, field: str, *, needed: bool = False) -> float | None:
        given = self.text(field)
        if given is None:
            if needed:
                self.wrong(field, "and a number is needed")
            return None
        try:
            # Digits of half the world have a comma before the decimals.
            value = float(given.replace(",", ".") if given.count(",") == 1 and "." not in given else given)
        except ValueError:
            value = float("nan")
        if value != value or abs(value) > 1e9:
            self.wrong(field, "not a number")
            return None
        return value

    def moment(self, field: str) -> str | None:
        given = self.text(field)
        if given is None:
            return None
        local = _LOCAL.fullmatch(given)
        try:
            if local:
                hours = local[2] if len(local[2].split(":")[0]) == 2 else f"0{local[2]}"
                return datetime.fromisoformat(f"{local[1]}T{hours}").replace(tzinfo=self.zone).isoformat()
            moment = datetime.fromisoformat(given)
        except ValueError:
            self.wrong(field, "not a time such as 2026-05-12 08:00")
            return None
        if moment.tzinfo is None:
            self.wrong(field, "not a time such as 2026-05-12 08:00")
            return None
        return moment.isoformat()

    def yes(self, field: str) -> bool:
        given = (self.text(field) or "").lower()
        if given not in ("", "yes", "no", "true", "false", "1", "0", "x"):
            self.wrong(field, "neither yes nor no")
        return given in ("yes", "true", "1", "x")

    def skills(self) -> list[dict[str, Any]]:
        found = []
        for one in re.split(r"[;|]", self.text("skills") or ""):
            name, _, tier = one.strip().rpartition(":") if ":" in one else (one.strip(), "", "1")
            if not one.strip():
                continue
            if not name or not tier.strip().isdigit() or len(tier) > 3:
                self.wrong("skills", "not tags with tiers such as pumps:2; electrical")
                return []
            found.append({"skill": name.strip(), "tier": int(tier)})
        return found

    def place(self, *, needed: bool) -> dict[str, Any] | None:
        lat, lon = self.number("lat", needed=needed), self.number("lon", needed=needed)
        address = self.text("address")
        if lat is None and lon is None:
            return None
        return {"lat": lat, "lon": lon, **({} if address is None else {"address": address})}


def _ticket(cells: _Cells) -> dict[str, Any]:
    minutes, priority = cells.number("service_min", needed=True), cells.number("priority")
    start, end = cells.moment("window_start"), cells.moment("window_end")
    if (start is None) != (end is None) and not cells.faults:
        cells.wrong("window_end" if end is None else "window_start", "and a window has both ends")
    tree = {
        **{name: cells.text(name) for name in ("id", "external_ref", "title", "customer", "region", "kind")},
        "place": cells.place(needed=True),
        "priority": None if priority is None else int(priority) if priority == int(priority) else priority,
        "skills": cells.skills(),
        "service": None if minutes is None else f"PT{round(minutes * 60)}S",
        "windows": [{"start": start, "end": end}] if start and end else None,
        "opened_at": cells.moment("opened_at"),
        "respond_by": cells.moment("respond_by"),
        "mandatory": cells.yes("mandatory") or None,
    }
    return {name: value for name, value in tree.items() if value is not None}


_BACK = {"place/lat": "lat", "place/lon": "lon", "place": "lat", "service": "service_min", "windows/0/start": "window_start"}
_BACK |= {"windows/0/end": "window_end", "windows/0": "window_end", "home/lat": "lat", "home/lon": "lon"}


def _by_row(error: InputError, rows: Sequence[int], stem: str) -> list[Fault]:
    """Return faults of items of a list as faults of rows."""
    found = []
    for f in error.faults:
        number, _, rest = f.pointer.removeprefix(f"{stem}/").partition("/")
        row = rows[int(number)] if number.isdigit() and int(number) < len(rows) else 0
        field = next((name for part, name in _BACK.items() if rest.startswith(part)), rest.partition("/")[0])
        found.append(replace(f, pointer=f"/rows/{row}/{field}", message=f"Row {row}: {f.message}"))
    return found


async def _is_csv(request: Request) -> None:
    kind = request.headers.get("content-type", "text/csv").partition(";")[0].strip().lower()
    if kind not in ("text/csv", "application/csv", "text/plain", "application/vnd.ms-excel"):
        raise Refusal("WRONG_MEDIA_TYPE", f"The body is {kind[:80]!r}. Send a sheet, and say so: Content-Type: text/csv.")


@router.post(
    "/days/{date}/sheets/{kind}",
    operation_id="importSheet",
    summary="Put the tickets or engineers of a sheet",
    dependencies=[Depends(_is_csv)],
    **told({200: Told("They are as they were put.", Put, headers=ETAG)}, takes_media="text/csv", examples={"One ticket": SHEET}),
)
def import_sheet(
    service: Here, who: Integration, key: DayKey, kind: KindPath, body: Body, use: KeyUse, columns: ColumnMap = None
) -> Response:
    """Put all tickets or engineers of a sheet, or, where a row is faulty, none; every fault is told with its row."""
    rows = _rows(kind, body, _names(service, who, kind, columns))
    work: Callable[[View, list[Row]], Change] = _put_tickets if kind == "tickets" else _put_engineers
    return service.desk.change(key, who, use, lambda standing: work(view(standing, who), rows))


def _put_tickets(seen: View, rows: list[Row]) -> Change:
    zone = ZoneInfo(seen.standing.time_zone)
    read = [_Cells(row, zone) for row in rows]
    trees = [_ticket(cells) for cells in read]
    faults = [f for cells in read for f in cells.faults]
    sound = [(row, tree) for row, tree, cells in zip(rows, trees, read, strict=True) if not cells.faults]
    try:
        change = many(seen, [tree for _, tree in sound], [])
    except InputError as error:
        faults += _by_row(error, [row.number for row, _ in sound], "/tickets")
    if faults:
        raise InputError(faults)
    return change


def _engineer(cells: Sequence[_Cells]) -> dict[str, Any]:
    """Return an engineer of the rows with one id: a row for each shift."""
    first, shifts = cells[0], []
    for c in cells:
        start, end, name = c.moment("shift_start"), c.moment("shift_end"), c.text("shift")
        if start and end:
            shifts.append({"id": name or start[:10], "start": start, "end": end})
        elif (start or end or name) and not c.faults:
            c.wrong("shift_start" if start is None else "shift_end", "and a shift has both ends")
    texts = {name: first.text(name) for name in ("id", "name", "region")}
    tree = {**texts, "home": first.place(needed=False), "skills": first.skills(), "contractor": first.yes("contractor") or None}
    return {name: value for name, value in {**tree, "shifts": shifts}.items() if value is not None}


def _put_engineers(seen: View, rows: list[Row]) -> Change:
    standing = seen.standing
    zone = ZoneInfo(standing.time_zone)
    of: dict[str, list[_Cells]] = {}
    faults: list[Fault] = []
    for row in rows:
        cells = _Cells(row, zone)
        if cells.text("id") is None:
            cells.wrong("id", "and an id is needed")
            faults += cells.faults
        else:
            of.setdefault(row.cells["id"], []).append(cells)
    day = standing.day
    done: list[EngineerPut] = []
    old = standing.ground.engineers
    at = _local_now(standing)
    for name, cells_of in of.items():
        tree = _engineer(cells_of)
        mine = [f for c in cells_of for f in c.faults]
        faults += mine
        if mine:
            continue
        if seen.regions is not None and (tree.get("region") not in seen.regions or (name in old and not seen.sees(old[name]))):
            raise Refusal("FORBIDDEN", f"The token is for engineers of {', '.join(sorted(seen.regions))}: say so in `region`.")
        try:
            event = events.read_event(json.dumps({"type": "engineer_put", "at": at, "engineer": tree}))
            assert isinstance(event, EngineerPut)
            day = planning.apply(day, event).day
            done.append(event)
        except InputError as error:
            again = InputError([replace(f, pointer=f.pointer.replace("/engineer", "/engineers/0", 1)) for f in error.faults])
            faults += _by_row(again, [cells_of[0].row.number], "/engineers")
    if faults:
        raise InputError(faults)

    def answer(after: Standing) -> Answer:
        told_ = [{"id": n, "external_ref": None, "result": "changed" if n in old else "created"} for n in of]
        return Answer.of({"revision": after.revision, "tickets": [], "engineers": told_}, headers={"ETag": after.etag})

    return Change("engineer_put", {"engineer": list(of)}, answer, day, events=done)


def _local_now(standing: Standing) -> str:
    from dispatch.answers import moment

    return moment(standing.ground.day.problem.now, standing.time_zone) or ""
