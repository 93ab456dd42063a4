"""What resolvers find in `info.context`."""

from __future__ import annotations

import asyncio
from typing import NoReturn, TypeAlias

import strawberry

from app.api.graphql import limits
from app.api.graphql.errors import too_complex
from app.api.graphql.event_source import Following
from app.api.graphql.loaders import KnownLoaders, Loaders
from app.api.graphql.selection.foreseen import Unknown
from app.api.identity import Identity
from app.chat.message_parts import MessageParts
from app.chat.service import Chat


class Context(Following):
    """Belongs to one operation. A socket carries many, so it is never the socket's.

    Args:
        introspection: whether the operation may ask for the schema.
        answers: held by a query or a mutation from before it is executed until its answer has been taken. None lets
            any number go on.
    """

    def __init__(
        self, chat: Chat, identity: Identity, *, introspection: bool = True, answers: asyncio.Semaphore | None = None
    ) -> None:
        self.chat = chat
        self.owner = identity.owner
        self.introspection = introspection
        self.answers = answers
        self._parts = MessageParts.WHOLE
        self.has_room = False
        self._siblings_given = 0
        self.forget()

    def leave_room(self) -> None:
        """To be called when the answer has been taken, or there is none."""
        if self.answers and self.has_room:
            self.answers.release()
            self.has_room = False

    def give_siblings(self, count: int) -> None:
        """Raises:
        GraphQLError: the operation has been given too many; with its code.
        """
        self._siblings_given += count
        if self._siblings_given > limits.MAX_SIBLINGS_GIVEN:
            raise too_complex(
                f"The messages of this operation have more than {limits.MAX_SIBLINGS_GIVEN:,} siblings in all, "
                "those of siblings counted each time."
            )

    @property
    def known(self) -> KnownContext:
        return KnownContext(self)

    def forget(self) -> None:
        """After a change nothing read before it counts."""
        self.load = Loaders(self.chat, self.owner, self._parts)
        self.loaded = KnownLoaders(self.load)

    def read_only(self, parts: MessageParts) -> None:
        """Of messages the operation asks for no more than that."""
        self._parts = parts
        self.forget()


class KnownContext:
    """What stands for a context where nothing can be waited for: see FORESEEN."""

    __slots__ = ("_context",)

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def load(self) -> KnownLoaders:
        return self._context.loaded

    def __getattr__(self, _name: str) -> NoReturn:
        raise Unknown


Info: TypeAlias = strawberry.Info[Context, None]
