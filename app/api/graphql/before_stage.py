"""A stage of an operation for extensions that only want to be asked before it.

Strawberry finds out anew for each operation what kinds of functions their hooks are, and makes generators of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import TypeAlias

from strawberry.extensions import SchemaExtension

Hook: TypeAlias = Callable[[SchemaExtension], Awaitable[None] | None]


class BeforeStage(AbstractAsyncContextManager[None]):
    """Calls them in their order.

    Args:
        name: of the hooks, such as `on_parse`.
    """

    __slots__ = ("_extensions", "_name")

    def __init__(self, extensions: Iterable[SchemaExtension], name: str) -> None:
        self._extensions = extensions
        self._name = name

    async def __aenter__(self) -> None:
        for each in self._extensions:
            hook = _hook(each, self._name)
            if hook is not None and (waiting := hook(each)) is not None:
                await waiting

    async def __aexit__(self, *_: object) -> None:
        pass


def ends_before(extension: SchemaExtension, name: str) -> bool:
    """Whether its hook, if it has one, does nothing after the stage."""
    hook = _hook(extension, name)
    return hook is None or not _is_generator(hook)


def _hook(extension: SchemaExtension, name: str) -> Hook | None:
    own: Hook = getattr(type(extension), name)
    return None if own is getattr(SchemaExtension, name) else own


@cache
def _is_generator(hook: Hook) -> bool:
    return inspect.isgeneratorfunction(hook) or inspect.isasyncgenfunction(hook)
