"""A configuration as a catalog of models over backends."""

from __future__ import annotations

from typing import Final, assert_never

from app.chat.completion import Backend, Model, ServedModel
from app.generation.catalog import Catalog
from app.generation.configuration import (
    BackendTable,
    Configuration,
    DemoTable,
    EgpTable,
    ModelTable,
    OpenAITable,
    UpstreamTable,
)
from app.generation.demo import DEFAULT_WORDS_PER_SECOND, DemoBackend
from app.generation.egp import EGP_BASE_URL, EgpBackend
from app.generation.openai_compatible import OPENAI_BASE_URL, OpenAICompatibleBackend

OPENAI_DEFAULT_MODEL: Final = "gpt-5-mini"
"""Where OpenAI itself is the upstream: its list begins with whatever it likes, an embedding model for example."""

DEMO_ONLY: Final = Configuration({"demo": DemoTable()})


def build_catalog(
    configuration: Configuration = DEMO_ONLY,
    *,
    default_model: str | None = None,
    demo_words_per_second: float = DEFAULT_WORDS_PER_SECOND,
    replay: Backend | None = None,
) -> Catalog:
    """Opens nothing yet.

    Args:
        default_model: instead of the configured one. Where there is but one upstream, it need not be declared nor
            listed.
        demo_words_per_second: of demos that do not say it themselves.
        replay: plays stored replies again.
    """
    backends = {name: _backend(name, table, demo_words_per_second) for name, table in configuration.backends.items()}
    declared = {name: _serve(name, table, backends) for name, table in configuration.models.items()}
    default = default_model or configuration.default_model or next(iter(declared), None)
    first, *others = configuration.backends
    if default is None and _is_openai_itself(configuration.backends[first]):
        default, others = OPENAI_DEFAULT_MODEL, []
    known = {*declared, *configuration.aliases}
    if default and default not in known and not others and isinstance(configuration.backends[first], UpstreamTable):
        declared = {default: _serve(default, ModelTable(backend=first), backends), **declared}
    return Catalog(
        [backend for name, backend in backends.items() if _lists_models(configuration.backends[name])],
        declared=declared,
        aliases=configuration.aliases,
        default=default,
        closed={backends[table.backend] for table in configuration.models.values()},
        replay=replay,
    )


def _backend(name: str, table: BackendTable, words_per_second: float) -> Backend:
    match table:
        case DemoTable():
            return DemoBackend(name=name, words_per_second=table.words_per_second or words_per_second)
        case OpenAITable():
            return OpenAICompatibleBackend(
                base_url=table.base_url or OPENAI_BASE_URL,
                api_key=table.api_key,
                name=name,
                deadlines=table.deadlines,
                retries=table.retries,
                data_role=table.data_role,
            )
        case EgpTable():
            return EgpBackend(
                base_url=table.base_url or EGP_BASE_URL,
                api_key=table.api_key,
                name=name,
                deadlines=table.deadlines,
                retries=table.retries,
            )
        case _:
            assert_never(table)


def _serve(name: str, table: ModelTable, backends: dict[str, Backend]) -> ServedModel:
    backend = backends[table.backend]
    return ServedModel(Model(name, backend.name, table.context_window), backend, table.upstream_name or name)


def _is_openai_itself(table: BackendTable) -> bool:
    return isinstance(table, OpenAITable) and table.base_url is None


def _lists_models(table: BackendTable) -> bool:
    return not isinstance(table, OpenAITable) or table.list_models
