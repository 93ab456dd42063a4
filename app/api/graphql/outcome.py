"""What is told of a reply that has ended: the tokens that it took, and why it failed."""

from __future__ import annotations

from typing import Self

import strawberry

from app.api.graphql.enums import UsageSource
from app.chat import records


@strawberry.type(description="Tokens, as models count text.")
class Usage:
    prompt_tokens: int = strawberry.field(description="Of what the model was given.")
    completion_tokens: int = strawberry.field(description="Of what it said.")
    total_tokens: int = strawberry.field(description="Both together.")
    source: UsageSource = strawberry.field(description="Who counted.")

    @classmethod
    def of(cls, usage: records.Usage) -> Self:
        return cls(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            source=UsageSource(usage.source),
        )


@strawberry.type(description="Why a reply failed.")
class CompletionError:
    code: str = strawberry.field(description="The backend's own, or this server's, such as UPSTREAM_TIMEOUT.")
    message: str = strawberry.field(description="Written for people.")
    retryable: bool = strawberry.field(description="Whether the same may go well another time.")

    @classmethod
    def of(cls, error: records.CompletionError) -> Self:
        return cls(code=error.code, message=error.message, retryable=error.retryable)
