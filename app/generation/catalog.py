"""Which models there are, and which backend speaks for each.

- A model that the operator declared, such as the default one, is served without asking its backend about it.
- A backend that lists its models serves those and no others, so that a misspelt name is refused before anything is
  stored.
- One that cannot list them, for it has no such endpoint or is down, is given any name and says itself what it thinks
  of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from app.chat.completion import Backend, Model, ServedModel
from app.chat.errors import BadInput, ModelNotFound
from app.generation.demo import DEFAULT_WORDS_PER_SECOND, DemoBackend
from app.generation.model_list import ModelList
from app.generation.openai_compatible import OPENAI_BASE_URL, OpenAICompatibleBackend

MISS_REFRESH_SECONDS: Final = 10.0
"""A name that is not listed is looked for again in a list no older than this: it may have been added just now."""

OPENAI_DEFAULT_MODEL: Final = "gpt-5-mini"
"""Where OpenAI itself is the upstream: its list begins with whatever it likes, an embedding model for example."""


class Catalog:
    """`app.chat.completion.ModelCatalog` over backends; where two serve the same name, the first one does.

    Args:
        declared: models by the operator's word, aliases among them, by the name that clients use.
        default: what None resolves to; without it, the first model that a backend lists.
    """

    def __init__(
        self,
        backends: Sequence[Backend],
        *,
        declared: Mapping[str, ServedModel] | None = None,
        default: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lists = {backend: ModelList(backend, clock=clock) for backend in backends}
        self._declared = declared or {}
        self._default = default

    async def list(self) -> tuple[Model, ...]:
        """What is declared and what the backends list, each name once; a backend that fails hides its own models."""
        names = await self._names()
        models = {name: each.model for name, each in self._declared.items() if names.get(each.backend) is not None}
        for backend, listed in names.items():
            for name in listed or ():
                models.setdefault(name, Model(name, backend.name))
        return tuple(models.values())

    async def resolve(self, name: str | None) -> ServedModel:
        """The model of that id; the default one for None.

        Raises:
            ModelNotFound: no such model is served.
            BadInput: None was asked for and there is no default.
        """
        wanted = name or self._default
        if wanted and wanted in self._declared:
            return self._declared[wanted]
        names = await self._names()
        wanted = wanted or _first_listed(names.values())
        if served := _find(wanted, names):
            return served
        fresh = {backend: await each.names_newer_than(MISS_REFRESH_SECONDS) for backend, each in self._lists.items()}
        if served := _find(wanted, fresh):
            return served
        for backend, listed in fresh.items():
            if not listed:
                return _serve(wanted, backend)
        raise ModelNotFound(wanted)

    async def close(self) -> None:
        for backend, models in self._lists.items():
            await models.close()
            await backend.close()

    async def _names(self) -> dict[Backend, tuple[str, ...] | None]:
        listed = await asyncio.gather(*(each.names() for each in self._lists.values()))
        return dict(zip(self._lists, listed, strict=True))


def build_catalog(
    *,
    openai_api_key: str | None = None,
    openai_base_url: str | None = None,
    default_model: str | None = None,
    demo_words_per_second: float = DEFAULT_WORDS_PER_SECOND,
) -> Catalog:
    """The OpenAI-compatible upstream if a key or a URL is given, else the demo. Opens nothing yet."""
    if not (openai_api_key or openai_base_url):
        return Catalog([DemoBackend(words_per_second=demo_words_per_second)], default=default_model)
    backend = OpenAICompatibleBackend(base_url=openai_base_url or OPENAI_BASE_URL, api_key=openai_api_key)
    default = default_model or (None if openai_base_url else OPENAI_DEFAULT_MODEL)
    declared = {default: _serve(default, backend)} if default else {}
    return Catalog([backend], declared=declared, default=default)


def _serve(name: str, backend: Backend) -> ServedModel:
    return ServedModel(Model(name, backend.name), backend, name)


def _find(wanted: str, names: Mapping[Backend, tuple[str, ...] | None]) -> ServedModel | None:
    return next((_serve(wanted, backend) for backend, listed in names.items() if wanted in (listed or ())), None)


def _first_listed(names: Iterable[tuple[str, ...] | None]) -> str:
    for listed in names:
        if listed:
            return listed[0]
    raise BadInput("model", "must be named: no backend lists any now, and PARLEY_DEFAULT_MODEL is not set")
