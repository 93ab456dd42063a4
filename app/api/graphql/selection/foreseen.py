"""Fields whose values are often known before anybody asks for them, because they were read with something else.

Such a field is resolved by generated code, with the resolver that it has: nothing is waited for, no task is made. Where
the value is not known after all, its object is graphql-core's to complete, and the resolver is called once more.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Final, Protocol

from graphql import GraphQLField
from strawberry.schema.schema_converter import GraphQLCoreConverter

_KEY: Final = "foreseen"

FORESEEN: Final[Mapping[str, bool]] = {_KEY: True}
"""For `metadata` of a field. Its resolver takes nothing of `info` but the context, and nothing of that but what there
is in `known`, unless what it needs is not known. It changes nothing, so it may be called in vain.
"""


class Unknown(Exception):
    """It has to be found out, which takes time."""


class Foreseeing(Protocol):
    """A context that can tell what is known of it already."""

    @property
    def known(self) -> object:
        """What stands for the context where nothing can be waited for. What is not known raises Unknown."""
        ...


class KnownInfo:
    """What stands for `info` there."""

    __slots__ = ("context",)

    def __init__(self, context: object) -> None:
        self.context = context


def is_foreseen(field: GraphQLField) -> bool:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return bool(definition and definition.metadata.get(_KEY))


def result_of(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Raises:
    Unknown: it would wait for something. It has ended then.
    """
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    coroutine.close()
    raise Unknown
