"""The commands of the tutorial run as they stand, one after the other, against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.servers import PATIENCE, Server, secret_for

ROOT = Path(__file__).resolve().parents[2]


def test_the_commands_of_the_tutorial_run_against_a_real_server(tmp_path: Path) -> None:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("curl is not installed (apt-get install curl): the tutorial is not run")
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "tutorial.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    commands = "\n".join(blocks)
    assert commands.count("ask ") > 20
    url = f"sqlite:///{tmp_path / 'dispatch.db'}"
    secret = secret_for(url)
    with Server(url, secret, tmp_path) as server:
        known = {**os.environ, "SERVICE": server.address, "TOKEN": secret, "no_proxy": "*"}
        told = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT, env=known, capture_output=True, text=True, timeout=2 * PATIENCE
        )
        assert told.returncode == 0, told.stdout[-2000:] + told.stderr
        day = server.client.get("/v1/days/2026-05-12").json()
        log = server.client.get("/v1/days/2026-05-12/log").json()["entries"]
        ticket = server.client.get("/v1/days/2026-05-12/tickets/CRM-20444").json()
    assert [entry["action"] for entry in log] == [
        "opened", "published", "travelling", "arrived", "ticket_put", "held", "booked", "overran", "engineer_absent", "published", "done",
        "ticket_cancelled",
    ]  # fmt: skip
    assert ticket["appointment"]["state"] == "booked"
    assert ticket["planned"]["engineer"] == "li-wei"
    assert ticket["appointment"]["window"]["start"] <= ticket["planned"]["start"] <= ticket["appointment"]["window"]["end"]
    assert day["revision"] == len(log)
