"""What an operator declares: backends, models, aliases and the default model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.chat.text import MAX_MODEL_CHARACTERS
from app.generation.configuration_faults import ConfigurationError
from app.generation.deadlines import DEFAULT_DEADLINES, Deadlines
from app.generation.dialect import DataRole
from app.generation.retrying import DEFAULT_RETRIES, RetryPolicy

MAX_SECONDS: Final = 86_400.0
"""One day: longer than any deadline can be meant."""


def _check_url(url: str) -> str:
    if " " in url or not url.isprintable():
        raise ValueError("must have no spaces and no control characters")
    parts = urlsplit(url)  # raises ValueError, such as for brackets without an address
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and a host")
    if not (parts.port is None or parts.port):  # raises ValueError, such as for a port that is no number
        raise ValueError("has no port 0")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path")
    if url.rstrip("/").endswith(("/chat/completions", "/chat-completions")):
        raise ValueError("must end before the endpoint's own path, as in https://api.openai.com/v1")
    return url


Name = Annotated[str, Field(min_length=1, max_length=MAX_MODEL_CHARACTERS)]
NO_KEY: Final = "must be letters, digits and signs of ASCII, without spaces"


def is_key(text: str) -> bool:
    """Whether it can be sent in a header."""
    return text.isascii() and text.isprintable() and " " not in text


def _check_key(key: str) -> str:
    if not is_key(key):
        raise ValueError(NO_KEY)
    return key


Key = Annotated[str, Field(min_length=1), AfterValidator(_check_key)]
Url = Annotated[str, AfterValidator(_check_url)]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS, allow_inf_nan=False)]


class Table(BaseModel):
    """A table of `parley.toml`: its keys, and what each may be."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class UpstreamTable(Table):
    """What all backends have that ask another server."""

    api_key: Annotated[Key | None, Field(repr=False)] = None
    api_key_env: Annotated[str | None, Field(min_length=1)] = None
    """The environment variable that holds the key."""
    connect_seconds: Seconds = DEFAULT_DEADLINES.connect_seconds
    first_token_seconds: Seconds = DEFAULT_DEADLINES.first_token_seconds
    between_tokens_seconds: Seconds = DEFAULT_DEADLINES.between_tokens_seconds
    attempts: Annotated[int, Field(ge=1, le=20)] = DEFAULT_RETRIES.attempts
    """How often a completion is asked for until its first token comes; 1 is never again."""
    max_retry_after_seconds: Annotated[float, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False)] = (
        DEFAULT_RETRIES.max_retry_after_seconds
    )

    @property
    def deadlines(self) -> Deadlines:
        return Deadlines(
            connect_seconds=self.connect_seconds,
            first_token_seconds=self.first_token_seconds,
            between_tokens_seconds=self.between_tokens_seconds,
        )

    @property
    def retries(self) -> RetryPolicy:
        return RetryPolicy(attempts=self.attempts, max_retry_after_seconds=self.max_retry_after_seconds)


class OpenAITable(UpstreamTable):
    """Any server that speaks OpenAI's chat completions."""

    kind: Literal["openai"] = "openai"
    base_url: Url | None = None
    """None is OpenAI itself."""
    data_role: DataRole = "user"
    list_models: bool = True
    """Whether its own list is served; without it, only the models that are declared."""


class EgpTable(UpstreamTable):
    """A server that speaks Scale's EGP. It has no list of models."""

    kind: Literal["egp"] = "egp"
    base_url: Url | None = None
    """None is Scale's own."""


class DemoTable(Table):
    kind: Literal["demo"] = "demo"
    words_per_second: Annotated[float | None, Field(gt=0, le=100_000, allow_inf_nan=False)] = None
    """None is PARLEY_DEMO_WORDS_PER_SECOND."""


BackendTable = OpenAITable | EgpTable | DemoTable
BACKEND_TABLES: Final[Mapping[str, type[BackendTable]]] = {
    "openai": OpenAITable,
    "egp": EgpTable,
    "demo": DemoTable,
}


class ModelTable(Table):
    backend: Name
    upstream_name: Name | None = None
    """What its backend calls it; None where that is its own name."""
    context_window: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    """Tokens of prompt and reply together."""


@dataclass(frozen=True)
class Configuration:
    """Consistent in itself: whatever is referred to is there.

    Args:
        backends: by name, at least one; where two serve the same model, the first one does.
        aliases: the model, never another alias, that each other name stands for.
        default_model: a model or an alias.
    """

    backends: Mapping[str, BackendTable]
    models: Mapping[str, ModelTable] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    default_model: str | None = None

    @property
    def asks_others(self) -> bool:
        """Whether there is a backend that asks another server."""
        return any(isinstance(table, UpstreamTable) for table in self.backends.values())


def backend_of_settings(*, openai_api_key: str | None, openai_base_url: str | None) -> dict[str, BackendTable]:
    """The one backend there is where none is declared: an upstream if a key or a URL is given, else the demo.

    Raises:
        ConfigurationError: one of them cannot be what it is meant to be.
    """
    if not (openai_api_key or openai_base_url):
        return {"demo": DemoTable()}
    try:
        return {"openai": OpenAITable(base_url=openai_base_url, api_key=openai_api_key)}
    except ValidationError as error:
        first = error.errors()[0]
        given = f"={openai_base_url!r}" if first["loc"] == ("base_url",) else ""  # keys are not shown
        problem = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"OPENAI_{str(first['loc'][0]).upper()}{given}: {problem}") from None
