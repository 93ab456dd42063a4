"""What is told of a reply that has ended: the tokens that it took, and why it failed."""

from __future__ import annotations

import strawberry

from app.api.graphql.enums import UsageSource
from app.chat import records


@strawberry.type(description="Tokens, as models count text.")
class Usage:
    __slots__ = ("record",)

    record: strawberry.Private[records.Usage]

    @strawberry.field(description="Of what the model was given.")
    def prompt_tokens(self) -> int:
        return self.record.prompt_tokens

    @strawberry.field(description="Of what it said.")
    def completion_tokens(self) -> int:
        return self.record.completion_tokens

    @strawberry.field(description="Both together.")
    def total_tokens(self) -> int:
        return self.record.total_tokens

    @strawberry.field(description="Who counted.", graphql_type=UsageSource)
    def source(self) -> records.UsageSource:
        return self.record.source


@strawberry.type(description="Why a reply failed.")
class CompletionError:
    __slots__ = ("record",)

    record: strawberry.Private[records.CompletionError]

    @strawberry.field(description="The backend's own, or this server's, such as UPSTREAM_TIMEOUT.")
    def code(self) -> str:
        return self.record.code

    @strawberry.field(description="Written for people.")
    def message(self) -> str:
        return self.record.message

    @strawberry.field(description="Whether the same may go well another time.")
    def retryable(self) -> bool:
        return self.record.retryable
