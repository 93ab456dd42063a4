"""Which models there are, and which backend speaks for each.

- A model that the operator declared is served without asking its backend about it.
- A backend that lists its models serves those and no others, so that a misspelt name is refused before anything is
  stored. One that is down is still given those that it listed before: its failure is the honest answer.
- One that never could list any, for it has no such endpoint or is down, is given any name and says itself what it
  thinks of it; unless the operator declared what it serves.
- An alias is another name for a model: replies tell the model, which still says who answered when the alias has moved
  on. `default` is such a name too, unless a model is declared by it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.chat.completion import Backend, Model, ServedModel
from app.chat.errors import BadInput, ModelNotFound
from app.generation.model_list import ModelList
from app.generation.replay import REPLAY_PREFIX, recorded_reply

MISS_REFRESH_SECONDS: Final = 10.0
"""A name that is not listed is looked for again in a list no older than this: it may have been added just now."""

DEFAULT_NAME: Final = "default"
"""What clients name that must name a model and want the default one."""


class Catalog:
    """`app.chat.completion.ModelCatalog` over backends; where two serve the same name, the first one does.

    Args:
        backends: those that are asked for their models.
        declared: models by the operator's word, of these backends or of others.
        aliases: the model, declared or listed, that each other name stands for.
        default: what None resolves to; without it, the first model that a backend lists.
        closed: backends that are not given names which nobody lists.
        replay: serves the names that begin with `replay:`; they are not listed.
    """

    def __init__(
        self,
        backends: Sequence[Backend],
        *,
        declared: Mapping[str, ServedModel] | None = None,
        aliases: Mapping[str, str] | None = None,
        default: str | None = None,
        closed: Collection[Backend] = (),
        replay: Backend | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lists = {backend: ModelList(backend, clock=clock) for backend in backends}
        self._declared = declared or {}
        self._aliases = aliases or {}
        self._default = default
        self._closed = closed
        self._replay = replay

    async def list(self) -> tuple[Model, ...]:
        """What is declared and what the backends list, each name once and the default first.

        A backend that fails hides its own models, declared ones and their aliases among them.
        """
        names = await self._names()
        models = {
            name: each.model
            for name, each in self._declared.items()
            if each.backend not in names or names[each.backend] is not None
        }
        for backend, listed in names.items():
            for name in listed or ():
                models.setdefault(name, Model(name, backend.name))
        aliases = {
            alias: replace(models[name], id=alias, alias_of=name)
            for alias, name in self._aliases.items()
            if name in models
        }
        by_name = {**models, **aliases}
        return tuple(sorted(by_name.values(), key=lambda model: model.id != self._default))

    async def resolve(self, name: str | None) -> ServedModel:
        """The model of that id or alias; the default one for None and for `default`.

        Raises:
            ModelNotFound: no such model is served.
            BadInput: None was asked for and there is no default.
        """
        if name == DEFAULT_NAME and name not in self._declared and name not in self._aliases:
            name = None
        wanted = name or self._default or await self._first_listed()
        wanted = self._aliases.get(wanted, wanted)
        if wanted in self._declared:
            return self._declared[wanted]
        if self._replay and wanted.startswith(REPLAY_PREFIX):
            recorded_reply(wanted)
            return _serve(wanted, self._replay)
        return await self._find(wanted)

    async def close(self) -> None:
        for models in self._lists.values():
            await models.close()
        for backend in self._backends:
            await backend.close()

    @property
    def _backends(self) -> Collection[Backend]:
        """Each once."""
        backends = [*self._lists, *(each.backend for each in self._declared.values())]
        return dict.fromkeys([*backends, self._replay] if self._replay else backends)

    async def _find(self, wanted: str) -> ServedModel:
        """The backend that lists the name, else that listed it once, else that lists nothing."""
        await self._first_lists()
        if served := self._known(wanted):
            return served
        await asyncio.gather(*(each.names_newer_than(MISS_REFRESH_SECONDS) for each in self._lists.values()))
        if served := self._known(wanted):
            return served
        for backend, models in self._lists.items():
            if not models.last_names and backend not in self._closed:
                return _serve(wanted, backend)
        raise ModelNotFound(wanted)

    def _known(self, wanted: str) -> ServedModel | None:
        present = (backend for backend, models in self._lists.items() if wanted in (models.now() or ()))
        past = (backend for backend, models in self._lists.items() if wanted in models.last_names)
        backend = next(present, None) or next(past, None)
        return _serve(wanted, backend) if backend else None

    async def _first_listed(self) -> str:
        """Of the first backend that may have any: prompts do not go elsewhere because it is down.

        Raises:
            BadInput: it lists none now.
        """
        for backend, listed in (await self._names()).items():
            if names := listed or self._lists[backend].last_names:
                return names[0]
            if listed is None:
                break
        raise BadInput("model", "must be named: no backend lists any now, and PARLEY_DEFAULT_MODEL is not set")

    async def _names(self) -> dict[Backend, tuple[str, ...] | None]:
        """What each lists now; waits only for those that were never asked."""
        await self._first_lists()
        return {backend: each.now() for backend, each in self._lists.items()}

    async def _first_lists(self) -> None:
        if first := [each.names() for each in self._lists.values() if not each.asked]:
            await asyncio.gather(*first)


def _serve(name: str, backend: Backend) -> ServedModel:
    return ServedModel(Model(name, backend.name), backend, name)
