"""The commands of the service: run it, and make, list and revoke tokens."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from dispatch.store import Store, tokens
from tests.api.days import day
from tests.api.servers import Server
from tests.cli.running import run


def database(folder: Path) -> tuple[str, str]:
    """Return the option that names a database in a folder."""
    return "--database-url", f"sqlite:///{folder / 'dispatch.db'}"


def test_a_token_is_made_shown_once_listed_and_revoked(tmp_path: Path) -> None:
    where = database(tmp_path)
    made = run("token", "create", "North desk", "--role", "viewer", "--region", "north", "--region", "east", "--days", "30", *where)
    secret = made.stdout.strip()
    assert (made.exit_code, len(secret)) == (0, 52)
    listed = run("token", "list", "--json", *where)
    (token,) = json.loads(listed.stdout)["tokens"]
    assert (token["name"], token["role"], token["regions"], token["revoked_at"]) == ("North desk", "viewer", ["east", "north"], None)
    assert secret not in listed.stdout
    assert run("token", "revoke", token["id"], *where).exit_code == 0
    assert run("token", "revoke", token["id"], *where).exit_code == 1
    assert run("token", "list", *where).stdout.startswith(f"{token['id']}  viewer       east, north  revoked ")
    store = Store(where[1])
    with store.reading() as connection:
        found = tokens.find(connection, secret)
    store.close()
    assert found is not None
    assert (found.id, found.valid(found.created_at)) == (token["id"], False)


def test_a_token_for_programs_is_printed_as_a_document(tmp_path: Path) -> None:
    document = json.loads(run("token", "create", "RT", "--role", "integration", "--json", *database(tmp_path)).stdout)
    assert (document["role"], document["regions"], document["expires_at"]) == ("integration", None, None)
    assert document["token"].startswith("dispatch_")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("colour = 1", "UNKNOWN_SETTING", "There is no setting `colour`."),
        ("port = 70000", "INVALID_SETTING", "`port` cannot be used"),
        ('cors_origins = ["*"]', "INVALID_SETTING", "would let in every page"),
        ("port = ", "INVALID_SETTING", "The settings cannot be read"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(tmp_path: Path, text: str, code: str, words: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    result = run("token", "list", "--settings", tmp_path / "settings.toml", *database(tmp_path))
    assert result.exit_code == 2
    told = " ".join(result.stderr.split())
    assert code in told
    assert " ".join(words.split()[:4]) in told
    assert "Traceback" not in told


def test_a_file_of_settings_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = run("token", "list", "--settings", tmp_path / "none.toml")
    assert (result.exit_code, "MISSING_FILE" in result.stderr) == (2, True)


def test_options_go_before_variables_and_variables_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dispatch.api.settings import load

    file = tmp_path / "settings.toml"
    file.write_text('port = 1\nworkers = 1\nlease = 7\ntravel_servers = ["http://osrm:5000"]\n')
    monkeypatch.setenv("DISPATCH_PORT", "2")
    monkeypatch.setenv("DISPATCH_WORKERS", "2")
    monkeypatch.setenv("DISPATCH_MAPS", '["/maps/hunan.osm.pbf"]')
    found = load(file, port=3, host=None)
    assert (found.port, found.workers, found.lease, found.host) == (3, 2, 7, "127.0.0.1")
    assert (found.maps, found.travel_servers) == ((Path("/maps/hunan.osm.pbf"),), ("http://osrm:5000",))
    assert "secret" not in repr(load(None, database_url="postgresql+psycopg://me:secret@host/x"))


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", str(taken.getsockname()[1]), *database(tmp_path))
    assert result.exit_code == 2
    assert "address already in use" in " ".join(result.stderr.split())


def test_a_service_without_a_token_prints_one_and_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    url = database(tmp_path)[1]
    with Server(url, None, tmp_path, log_requests="true") as server:
        assert server.address.startswith("http://127.0.0.1:")
        answer = server.client.post("/v1/plans?seconds=0.1", json=day(5, 1), headers={"Prefer": "wait=60", "X-Request-ID": "first"})
        assert (answer.status_code, answer.headers["x-request-id"]) == (200, "first")
        assert server.end() == 0
        server._reader.join()
        events = [json.loads(line) for line in server.lines if line.startswith("{")]
    (told,) = (event for event in events if event.get("request_id") == "first")
    assert {k: told[k] for k in ("event", "method", "path", "status", "level")} == {
        "event": "request", "method": "POST", "path": "/v1/plans", "status": 200, "level": "info",
    }  # fmt: skip
    with Server(url, "dispatch_none", tmp_path) as server:
        assert (server.first_token(), server.client.get("/readyz").status_code) == (None, 401)
