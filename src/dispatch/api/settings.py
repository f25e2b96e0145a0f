"""What can be set: from a TOML file and, before it, from environment variables named ``DISPATCH_`` and the name in capitals."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from dispatch.errors import Fault, InputError

MEGABYTE = 1_000_000

REMEDIES: MappingProxyType[str, str] = MappingProxyType(
    {
        "MAP_NOT_LISTED": "Use a map that the service has, or add it to the setting `maps`.",
        "SERVER_NOT_LISTED": "Use a routing server that the service knows, or add it to the setting `travel_servers`.",
        "INVALID_PARAMETER": "Give a value as the API description has it.",
        "UNKNOWN_SETTING": "Remove it, or correct its name.",
        "INVALID_SETTING": "Give a value as docs/service.md has it.",
        "BROKEN_SHEET": "Save the sheet as CSV, in UTF-8.",
        "WRONG_COLUMN": "Use a field of the sheet, as docs/service.md lists them, and a column that is there.",
        "BROKEN_CELL": "Write it as docs/service.md has it.",
        "OTHER_REFERENCE": "Leave it out, or let both be the same.",
        "OTHER_ID": "Leave the id out.",
    }
)
"""Faults that only the service finds, with their remedies."""


def fault(code: str, pointer: str, message: str, action: str | None = None) -> Fault:
    """Return a fault with the remedy of its code, or with a more exact one."""
    return Fault(pointer, code, message, action or REMEDIES[code])


class Settings(BaseSettings):
    """What can be set; each is explained in ``docs/service.md``."""

    model_config = SettingsConfigDict(env_prefix="DISPATCH_", extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on. Beyond this machine, put a proxy with TLS in front.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///dispatch.db"),
        description="The database: `sqlite:///FILE`, or `postgresql+psycopg://USER:PASSWORD@HOST/NAME` (extra `postgres`).",
    )
    workers: int = Field(default=1, ge=0, le=256, description="Plans made side by side by this server; 0 leaves them to other servers.")
    cluster: str | None = Field(
        default=None, description="Scheduler of a Dask cluster that makes the plans, `tcp://HOST:PORT` (extra `dask`)."
    )
    niceness: int = Field(default=10, ge=0, le=19, description="How far the processes that make plans stand back behind the server.")
    lease: float = Field(default=15, ge=1, le=600, description="Seconds without a sign of life after which a worker is taken for dead.")
    deaths: int = Field(default=3, ge=0, le=100, description="How many workers may die at one plan before it fails.")
    maps: tuple[Path, ...] = Field(default=(), description="OpenStreetMap extracts that problems may name, by the names of the files.")
    travel_servers: tuple[str, ...] = Field(default=(), description="Addresses of the routing servers that problems may name.")
    travel_keys: SecretStr | None = Field(
        default=None,
        description="Keys of routing servers, `HOST=KEY`, several with spaces between them; each goes to its host alone.",
    )
    travel_cache: Path | None = Field(
        default=None, description="Folder in which travel times are kept from one plan to the next; by default they are not."
    )
    travel_seconds: float = Field(default=60, gt=0, description="Most seconds that a routing server may take for one problem.")
    max_seconds: float = Field(default=3600, gt=0, description="Most seconds a plan may be asked to take.")
    max_queue: int = Field(default=1000, ge=1, description="Most plans that may wait; beyond it, more are refused.")
    max_body: int = Field(default=32 * MEGABYTE, ge=1024, description="Most bytes of a request.")
    body_timeout: float = Field(default=30, gt=0, description="Seconds in which a request has to be sent.")
    rate: float = Field(default=1000, gt=0, description="Requests a second that one token may make, on average.")
    burst: int = Field(default=2000, ge=1, description="Requests that one token may make at once.")
    keep_keys: float = Field(default=7, gt=0, description="Days for which answers are kept for their Idempotency-Key.")
    keep_plans: float = Field(default=90, gt=0, description="Days for which plans are kept after they ended.")
    shutdown_seconds: float = Field(default=10, ge=0, description="Seconds for requests and plans to come to an end at shutdown.")
    private_hooks: bool = Field(default=False, description="Whether webhooks may be told at addresses of this machine and its network.")
    hook_patience: float = Field(default=5, gt=0, description="Days after which a webhook that always fails is disabled.")
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Origins whose pages may call the service from a browser; none by default."
    )
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="Least level of what is logged.")
    log_requests: bool = Field(default=True, description="Whether each request is logged in a line.")

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if "*" in given:
            raise ValueError("name the origins, as in https://desk.example.com; * would let in every page there is")
        return given

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let options go before the environment, and the environment before the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(file: Path | None, **options: Any) -> Settings:
    """Return the settings: options that are given, then the environment, then the file, then what is the default.

    Raises
    ------
    InputError
        A setting is unknown or its value cannot be used, or the file cannot be read.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if file is not None and not file.is_file():
        raise InputError([Fault("", "MISSING_FILE", f"There is no file {str(file)!r}.", "Correct the name.")])

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    try:
        return FromFile(**given)
    except ValidationError as error:
        raise InputError([_fault(dict(e)) for e in error.errors(include_url=False)]) from None
    except ValueError as error:  # of the TOML file, or of JSON in a variable
        why = " ".join(str(error).split())
        raise InputError(
            [Fault("", "INVALID_SETTING", f"The settings cannot be read: {why}.", "Correct the file or the variable.")]
        ) from None


def _fault(error: dict[str, Any]) -> Fault:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return fault("UNKNOWN_SETTING", f"/{name}", f"There is no setting `{name}`.")
    why = error["msg"][:1].lower() + error["msg"][1:]
    return fault("INVALID_SETTING", f"/{name}", f"`{name}` cannot be used: {why}.")
