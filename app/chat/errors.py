"""What can go wrong, by a stable code. The edges give each code its HTTP status or GraphQL extension."""

from __future__ import annotations

import enum
from typing import ClassVar
from uuid import UUID


class Code(enum.StrEnum):
    BAD_USER_INPUT = "BAD_USER_INPUT"
    NOT_FOUND = "NOT_FOUND"
    CONVERSATION_BUSY = "CONVERSATION_BUSY"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    COMPLETION_CONTINUED = "COMPLETION_CONTINUED"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    RATE_LIMITED = "RATE_LIMITED"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    INTERNAL = "INTERNAL"


class ChatError(Exception):
    """An outcome that the caller is told about; its text is written for them."""

    code: ClassVar[Code]
    retryable: ClassVar[bool] = False


class BadInput(ChatError):
    code = Code.BAD_USER_INPUT

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NotFound(ChatError):
    """There is no such thing, or it belongs to somebody else."""

    code = Code.NOT_FOUND

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} does not exist")


class ConversationBusy(ChatError):
    """A reply is in flight on the conversation."""

    code = Code.CONVERSATION_BUSY

    def __init__(self, active: UUID | None) -> None:
        super().__init__("a reply to this conversation is being generated; wait for it, or stop it")
        self.active = active


class IdempotencyConflict(ChatError):
    code = Code.IDEMPOTENCY_CONFLICT

    def __init__(self) -> None:
        super().__init__("this idempotency key was used before for another payload")


class CompletionContinued(ChatError):
    """A completion cannot be deleted: something else in the conversation hangs below it."""

    code = Code.COMPLETION_CONTINUED

    def __init__(self) -> None:
        super().__init__("the conversation goes on below this completion; delete what follows it first")


class ModelNotFound(ChatError):
    """Args:
    because: where it is a kind of model that no list can show.
    """

    code = Code.MODEL_NOT_FOUND

    def __init__(self, model: str, because: str | None = None) -> None:
        super().__init__(f"model: {model!r} {because or 'is not served here'}")
        self.model = model
        self.because = because


class Unauthenticated(ChatError):
    """A key is required, and none that is valid was sent."""

    code = Code.UNAUTHENTICATED

    def __init__(self, because: str = "the API key is not valid") -> None:
        super().__init__(because)


class RateLimited(ChatError):
    """Too much was asked with one key lately.

    Args:
        retry_after_seconds: when the next request is let through.
    """

    code = Code.RATE_LIMITED
    retryable = True

    def __init__(self, because: str, retry_after_seconds: float) -> None:
        super().__init__(because)
        self.retry_after_seconds = retry_after_seconds


class StorageUnavailable(ChatError):
    """The database cannot be reached now; nothing of the request was done, or nothing of it is known."""

    code = Code.STORAGE_UNAVAILABLE
    retryable = True

    def __init__(self, because: str = "the database cannot be reached; try again") -> None:
        super().__init__(because)


class ShuttingDown(ChatError):
    code = Code.SHUTTING_DOWN
    retryable = True

    def __init__(self) -> None:
        super().__init__("this server is shutting down; try again")


class BackendFault(enum.Enum):
    """What kept a backend from answering."""

    REFUSED = enum.auto()
    """It will not answer this request, however often it is asked: a value out of its range, a prompt too long."""
    UNKNOWN_MODEL = enum.auto()
    LIMITED = enum.auto()
    """Too much was asked of it lately."""
    UNAVAILABLE = enum.auto()
    """It is down, does not take our key, or broke off."""
    SILENT = enum.auto()
    """It kept silent for longer than we wait."""


class BackendFailed(ChatError):
    """The generation backend gave up; what it said before is kept.

    Args:
        upstream_code: the backend's own code, such as `rate_limit_exceeded`, or ours, such as `UPSTREAM_TIMEOUT`.
        retry_after_seconds: how long the backend wants to be left alone, where it says so.
    """

    code = Code.INTERNAL

    def __init__(
        self,
        upstream_code: str,
        message: str,
        *,
        retryable: bool,
        fault: BackendFault = BackendFault.UNAVAILABLE,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.upstream_code = upstream_code
        self.can_retry = retryable
        self.fault = fault
        self.retry_after_seconds = retry_after_seconds
