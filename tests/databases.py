"""A PostgreSQL of our own for tests: a throw-away cluster on a free port of this machine, gone with the test run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

WITHOUT_CARE = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=100")


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, which Debian keeps off the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    return next(iter([*folders, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]), None)


def why_not() -> str | None:
    """Return why no PostgreSQL can be started here, None where it can."""
    if programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return None


class Postgres:
    """A cluster in a folder of its own."""

    def __init__(self) -> None:
        bin_ = programs()
        assert bin_ is not None
        self.programs = bin_
        self.folder = Path(tempfile.mkdtemp(prefix="dispatch-postgres-"))
        self.data = self.folder / "data"
        self.made = 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "--auth=trust", "--username=dispatch", "--encoding=UTF8", "--no-sync", "--pgdata", str(self.data))
        self.start()

    def _run(self, program: str, *args: str) -> None:
        who: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(self.programs / program), *args]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            subprocess.run(command, check=True, cwd="/", stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=120, **who)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = [f"-p {self.port}", f"-k {self.folder}", "-c listen_addresses=127.0.0.1", *(f"-c {o}" for o in WITHOUT_CARE)]
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-o", " ".join(options), "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `immediate` is as good as a crash."""
        self._run("pg_ctl", "stop", "-w", "-D", str(self.data), "-m", mode)

    def url(self, name: str = "postgres") -> str:
        """Return the URL of a database as SQLAlchemy has it."""
        return f"postgresql+psycopg://dispatch@127.0.0.1:{self.port}/{name}"

    def new(self) -> str:
        """Make an empty database, and return its URL."""
        self.made += 1
        name = f"test_{self.made}"
        with psycopg.connect(host="127.0.0.1", port=self.port, user="dispatch", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def remove(self) -> None:
        """Stop the server and remove the cluster."""
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            (self.folder.parent / f"{self.folder.name}.log").unlink(missing_ok=True)
