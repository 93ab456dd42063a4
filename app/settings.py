"""What operators set, by environment variable or in `.env`; read once, then frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

DOTENV = ".env"
ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting is not usable; says which, in one line."""


class Settings(BaseSettings):
    """Every name but DATABASE_URL and OPENAI_… begins with PARLEY_."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_", env_file=DOTENV, frozen=True, extra="ignore", env_ignore_empty=True
    )

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    workers: Annotated[int, Field(ge=1, le=1000)] = 1
    """Server processes at that address, which share all but the processor; each counts as a server."""
    data_dir: Path = Path(".parley")
    """Of the embedded database; not used where DATABASE_URL is set."""
    database_url: Annotated[
        str | None, Field(validation_alias=AliasChoices("DATABASE_URL", "database_url"), repr=False)
    ] = None
    config: Path | None = None
    """Declares backends and models; None is `parley.toml` in the working directory, if it is there."""
    openai_base_url: Annotated[
        str | None, Field(validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url"))
    ] = None
    openai_api_key: Annotated[
        str | None, Field(validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key"), repr=False)
    ] = None
    default_model: str | None = None
    demo_words_per_second: Annotated[float, Field(gt=0, le=100_000)] = 30.0
    auth: Literal["auto", "keys", "open"] = "auto"
    """`auto` wants keys where others can connect, and refuses to start there without any; `keys` wants them everywhere;
    `open` takes everybody for the one local user."""
    key_requests_per_second: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = 50.0
    """What one key may ask of one server, over time: HTTP requests and WebSocket operations together."""
    key_burst: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """How many of them may come at once."""
    key_sockets: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """How many WebSockets one key may have open on one server."""
    documents: Path | None = None
    """Lists GraphQL documents that clients may name instead of sending them: graphql-codegen's, Relay's or Apollo's."""
    documents_only: bool = False
    """No other GraphQL document is served; it wants `documents`."""
    introspection: bool = True
    """GraphQL clients may ask for the schema, as the playground does."""
    auto_titles: bool = True
    """A conversation that was given no title gets one from what a user says first in it."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """`auto` is `console` in a terminal and `json` elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    grace_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """How long running replies may go on after SIGTERM."""
    log_retention: timedelta = timedelta(hours=24)
    """How long the log of a reply is kept after its end; in seconds, or as ISO 8601 such as PT24H."""
    lease_seconds: Annotated[float, Field(ge=1, le=300)] = 10.0
    """How long after its last sign of life a server's replies are ended INTERRUPTED by another."""


def read_settings() -> Settings:
    """Raises:
    SettingsError: a value is not usable, or `.env` cannot be read; names the variable.
    """
    try:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        variable = name if name.isupper() else f"PARLEY_{name.upper()}"
        raise SettingsError(f"{variable}={first['input']!r}: {first['msg']}") from None


def read_environment() -> Mapping[str, str]:
    """All that is set, in the environment itself or else in `.env`; empty is not set, as for `Settings`."""
    given = (dotenv_values(DOTENV), os.environ)
    return {name: value for variables in given for name, value in variables.items() if value}
