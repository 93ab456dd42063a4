"""A completion as a generation backend makes it: the request, the pieces that stream, the finish."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from app.chat.parameters import CompletionParameters
from app.chat.records import FinishReason, Role, Usage


@dataclass(frozen=True, slots=True)
class PromptMessage:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Args:
    model: as the backend knows it.
    owner: whose conversations the completion may draw on; nobody's where it is None.
    """

    model: str
    messages: tuple[PromptMessage, ...]
    parameters: CompletionParameters = CompletionParameters()
    user: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """New text; either may be empty, not both."""

    content: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """The backend's own word that it is done; always the last item of its stream."""

    reason: FinishReason
    usage: Usage | None = None


class Backend(Protocol):
    """Where text comes from. Stateless between completions."""

    name: str

    def complete(self, request: CompletionRequest) -> AsyncGenerator[Piece | Finish, None]:
        """Streams pieces, then exactly one Finish. Closing the iterator closes the upstream connection.

        Raises:
            BackendFailed: the upstream refused, broke off without a finish, or kept silent for too long.
        """
        ...

    async def models(self) -> tuple[str, ...]:
        """The models it serves, as it knows them; never waits longer than a few seconds.

        Raises:
            BackendFailed: the upstream cannot be asked.
        """
        ...

    async def close(self) -> None: ...


class ConfinedBackend(ABC):
    """A backend whose models are not for everybody.

    Told by its class, not by what it can do: to look for that takes longer than all else that a post has resolved.
    """

    @abstractmethod
    async def admit(self, owner: str, model: str) -> None:
        """Raises:
        ModelNotFound: there is no such model, or none for this owner.
        StorageUnavailable: it cannot be known now.
        """


@dataclass(frozen=True, slots=True)
class Model:
    """A model as clients choose it."""

    id: str
    owned_by: str
    context_window: int | None = None
    alias_of: str | None = None


@dataclass(frozen=True, slots=True)
class ServedModel:
    """Where a model's text comes from, and the name it has there."""

    model: Model
    backend: Backend = field(repr=False)
    upstream_name: str = ""

    async def admit(self, owner: str) -> None:
        """To be asked before anything is stored.

        Raises:
            ModelNotFound, StorageUnavailable: as of `ConfinedBackend`.
        """
        if isinstance(self.backend, ConfinedBackend):
            await self.backend.admit(owner, self.upstream_name)


class ModelCatalog(Protocol):
    async def list(self) -> tuple[Model, ...]: ...

    async def resolve(self, name: str | None) -> ServedModel:
        """The model of that id or alias; the default one for None.

        Raises:
            ModelNotFound: no such model is served.
        """
        ...
