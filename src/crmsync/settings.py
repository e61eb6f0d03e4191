"""Settings from the environment (`CRMSYNC_...`) and from files in `CRMSYNC_SECRETS_DIR`. Never from YAML.

Plain http is accepted on loopback only; secrets show as stars wherever a settings object is printed.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from crmsync.errors import ConfigurationError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def _safe(url: str) -> str:
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("give a URL that starts with https://")
    if url.startswith("http://") and not is_loopback(url):
        raise ValueError("plain http is accepted on loopback only; use https")
    return url.rstrip("/")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HubSpot(_Part):
    """How to reach HubSpot. `api_version` is `v3` or `2026-09`."""

    access_token: SecretStr = SecretStr("")
    base_url: str = "https://api.hubapi.com"
    api_version: Literal["v3", "2026-09"] = "v3"
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    refresh_token_file: str = ""
    webhook_secret: SecretStr = SecretStr("")

    _url = field_validator("base_url")(_safe)


class Salesforce(_Part):
    """How to reach Salesforce. With a private key file the JWT bearer flow is used, else client credentials."""

    login_url: str = ""
    instance_url: str = ""
    consumer_key: str = ""
    consumer_secret: SecretStr = SecretStr("")
    username: str = ""
    private_key_file: str = ""
    api_version: str = Field("62.0", pattern=r"^\d{2}\.0$")

    _urls = field_validator("login_url", "instance_url")(_safe)


class Http(_Part):
    """Where the worker answers."""

    host: str = "127.0.0.1"
    port: int = Field(8787, ge=0, le=65535)


class Run(_Part):
    """How the worker runs: seconds between cycles, seconds that a lost request may still need to land, calls at once."""

    interval_s: float = Field(60.0, gt=0)
    settle_s: float = Field(120.0, ge=0)
    in_flight: int = Field(4, ge=1, le=10)


class Log(_Part):
    """How much is logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Dashboard(_Part):
    """Who may see the dashboard."""

    token: SecretStr = SecretStr("")


class Connection(_Part):
    """One portal with one org."""

    hubspot: HubSpot = HubSpot()
    salesforce: Salesforce = Salesforce()


class Settings(BaseSettings):
    """Everything that differs between machines. See the README's table."""

    model_config = SettingsConfigDict(
        env_prefix="CRMSYNC_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    config: Path = Path("config")
    database_url: SecretStr = SecretStr("sqlite:///crmsync.db")
    hubspot: HubSpot = HubSpot()
    salesforce: Salesforce = Salesforce()
    http: Http = Http()
    run: Run = Run()
    log: Log = Log()
    dashboard: Dashboard = Dashboard()
    erasure_key_file: str = ""
    overlay: Path | None = None
    clock_url: AnyHttpUrl | None = None
    connections: dict[str, Connection] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then secret files; only the nested source splits a file's name at `__`."""
        return init_settings, env_settings, NestedSecretsSettingsSource(file_secret_settings)

    def connection(self, name: str) -> Connection:
        """The settings of one connection; `default` is the unnamed one. Raises ConfigurationError."""
        if name in self.connections:
            return self.connections[name]
        if name == "default":
            return Connection(hubspot=self.hubspot, salesforce=self.salesforce)
        raise ConfigurationError(
            f"there is no connection {name!r}", fix=f"set CRMSYNC_CONNECTIONS__{name.upper()}__HUBSPOT__..."
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The connections, by name."""
        return tuple(sorted(self.connections)) or ("default",)


def load_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError that names each wrong variable, never its value."""
    secrets = os.environ.get("CRMSYNC_SECRETS_DIR")
    if secrets and not Path(secrets).is_dir():
        raise ConfigurationError(
            f"CRMSYNC_SECRETS_DIR: there is no directory {secrets}", fix="correct the path, or unset it"
        )
    try:
        settings = Settings(_secrets_dir=secrets) if secrets else Settings()
    except ValidationError as error:
        lines = [_wrong(e["loc"], e["msg"]) for e in error.errors(include_input=False, include_url=False)]
        raise ConfigurationError("\n".join(lines), fix="correct the environment and start again") from None
    except SettingsError as error:
        group = "CRMSYNC_" + str(error).partition('"')[2].partition('"')[0].upper()
        raise ConfigurationError(
            f"{group} is a group of settings and has no value itself",
            fix=f"unset it and set its members one by one, as {group}__...",
        ) from None
    clock = str(settings.clock_url or "")
    if clock and not all(
        is_loopback(url)
        for url in (
            clock,
            settings.hubspot.base_url,
            settings.salesforce.instance_url or settings.salesforce.login_url,
        )
    ):
        raise ConfigurationError(
            "CRMSYNC_CLOCK_URL: an outside clock is for tests; it is refused unless both CRMs are on loopback",
            fix="unset CRMSYNC_CLOCK_URL",
        )
    return settings


def _wrong(loc: tuple[int | str, ...], message: str) -> str:
    """One wrong variable under its full name, in words."""
    name = "CRMSYNC_" + "__".join(map(str, loc)).upper()
    if message.startswith("Extra inputs"):
        near = get_close_matches(name, setting_names(), 1)
        return f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
    return f"{name}: {message.removeprefix('Value error, ')}"


def setting_names() -> list[str]:
    """Every variable that is read, by its full name; those of further connections left out."""
    names = ["CRMSYNC_SECRETS_DIR"]
    for name, info in Settings.model_fields.items():
        part = info.annotation
        inner = part.model_fields if isinstance(part, type) and issubclass(part, BaseModel) else {}
        names += [f"CRMSYNC_{path.upper()}" for path in ([f"{name}__{n}" for n in inner] or [name])]
    return names
