"""The commands of the service: run it, and say who may use it."""

from __future__ import annotations

import gc
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dispatch import answers
from dispatch.cli.edge import FAILED, guarded, note, put
from dispatch.errors import Fault, InputError

if TYPE_CHECKING:
    from dispatch.store import Store
    from dispatch.store.tokens import Token

Role = Literal["viewer", "integration", "dispatcher", "admin"]
"""As `dispatch.store.tokens.Role`, which takes SQLAlchemy to import; a test keeps them equal."""

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE.toml", help="Read settings from this file.", show_default=False)
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME.", show_default="sqlite:///dispatch.db"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, and nothing else there.")]

SELDOM = (20_000, 20, 100)
"""When garbage is looked for: everything that lives is gone through for it, which takes a tenth of a second on a day of 1,000 tickets
and keeps all answers waiting."""

tokens_app = typer.Typer(no_args_is_help=True, help="Who may use the service.")


@guarded
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", show_default="8000")] = None,
    database_url: DatabaseUrl = None,
    workers: Annotated[int | None, typer.Option(help="Plans made side by side.", show_default="1")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="Dask cluster that makes the plans.", show_default="off")
    ] = None,
    settings: SettingsFile = None,
) -> int:
    """Run the service: plans over HTTP, until Ctrl-C or SIGTERM."""
    import uvicorn

    from dispatch.api import operating
    from dispatch.api.app import create_app
    from dispatch.api.settings import load

    given = load(settings, host=host, port=port, database_url=database_url, workers=workers, cluster=cluster)
    operating.log_as_json(given.log_level)
    app = create_app(given, warm=_warm_up)
    service = app.state.service
    _first_token(service.store)

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            service.ending.set()  # ends the streams, which would go on as long as their plans
            super().handle_exit(sig, frame)

    with _listening(given.host, given.port) as door:
        address = door.getsockname()
        note(f"Listening on http://{f'[{address[0]}]' if ':' in address[0] else address[0]}:{address[1]}")
        for ending in (signal.SIGINT, signal.SIGTERM):  # raised anew by uvicorn once all is closed
            signal.signal(ending, lambda *_: None)
        # An answer takes ten turns of the interpreter or so; at the usual 5 ms each, a day worked out meanwhile would make all wait.
        sys.setswitchinterval(0.0005)
        gc.set_threshold(*SELDOM)
        wait = max(1, round(given.shutdown_seconds))
        wanted = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=wait)
        Server(wanted).run(sockets=[door])
    return 0


def _warm_up() -> None:
    """Load the search, and take what is loaded by then out of what garbage is looked for in."""
    from dispatch.api.warm import warm_up

    warm_up()
    gc.collect()
    gc.freeze()


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    InputError
        The address is not one of this machine, or the port is taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        message = f"The service cannot listen on {host} port {port}: {why}."
        raise InputError([Fault("/port", "INVALID_SETTING", message, "Give another --host or --port.")]) from None


def _first_token(store: Store) -> None:
    """On an embedded database without any token, make one and print it: else nobody could come in."""
    from dispatch.store import tokens

    with store.writing() as connection:
        if tokens.every(connection):
            return
        if not store.sqlite:
            note("There is no token yet: make one with `dispatch token create NAME --role admin --database-url ...`.")
            return
        _, secret = tokens.create(connection, "first", "admin", None, time.time())
    note(f"A token for you, role admin; it is shown only now: {secret}")


# --------------------------------------------------------------------- tokens


def _store(settings: Path | None, database_url: str | None) -> Store:
    from dispatch.api.settings import load
    from dispatch.store import Store

    store = Store(load(settings, database_url=database_url).database_url.get_secret_value())
    store.migrate()
    return store


def _told(token: Token) -> dict[str, Any]:
    def moment(time: float | None) -> str | None:
        return answers.moment(None if time is None else int(time), "UTC")

    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "regions": None if token.regions is None else sorted(token.regions),
        "created_at": moment(token.created_at),
        "expires_at": moment(token.expires_at),
        "revoked_at": moment(token.revoked_at),
    }


@tokens_app.command("create")
@guarded
def create_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose token it is: a person, a desk, a system.")],
    *,
    role: Annotated[Role, typer.Option(help="What it may do.")] = "dispatcher",
    region: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only work of this region; may be repeated.", show_default="all")
    ] = None,
    days: Annotated[float | None, typer.Option(min=0, metavar="N", help="Days after which it expires.", show_default="never")] = None,
    database_url: DatabaseUrl = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Make a token, and print it this once: only a hash of it is kept."""
    from dispatch.store import tokens

    now = time.time()
    with _store(settings, database_url).writing() as connection:
        token, secret = tokens.create(connection, name, role, region, now, None if days is None else now + 86_400 * days)
    put(answers.text({**_told(token), "token": secret}) if as_json else secret)
    return 0


@tokens_app.command("list")
@guarded
def list_tokens(*, database_url: DatabaseUrl = None, settings: SettingsFile = None, as_json: AsJson = False) -> int:
    """List all tokens, without their secrets."""
    from dispatch.store import tokens

    with _store(settings, database_url).reading() as connection:
        found = [_told(token) for token in tokens.every(connection)]
    if as_json:
        put(answers.text({"tokens": found}))
        return 0
    for t in found:
        state = f"revoked {t['revoked_at']}" if t["revoked_at"] else f"expires {t['expires_at']}" if t["expires_at"] else "does not expire"
        put(f"{t['id']}  {t['role']:<11}  {', '.join(t['regions'] or ['all regions'])}  {state}  {t['name']}")
    return 0


@tokens_app.command("revoke")
@guarded
def revoke_token(
    token: Annotated[str, typer.Argument(metavar="ID", help="Id of the token, as `dispatch token list` shows it.")],
    *,
    database_url: DatabaseUrl = None,
    settings: SettingsFile = None,
) -> int:
    """Let a token open nothing any more; running services notice within seconds."""
    from dispatch.store import tokens

    with _store(settings, database_url).writing() as connection:
        if tokens.revoke(connection, token, time.time()):
            note(f"Revoked {token}.")
            return 0
    note(f"There is no token {token} that could be revoked.")
    return FAILED
