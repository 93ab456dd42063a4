"""What a client gives to have a reply generated anew."""

from __future__ import annotations

import strawberry

from app.api.graphql.arguments import given
from app.api.graphql.post_message_input import CompletionParameters
from app.chat import changes, parameters
from app.chat.identifiers import message_id
from app.chat.validation import MAX_REPLIES


@strawberry.input(description="A reply to have others beside, and how to make them.")
class RegenerateInput:
    message_id: strawberry.ID = strawberry.field(
        description="The reply; its role is ASSISTANT. It stays as it is, on its own branch."
    )
    parameters: CompletionParameters | None = strawberry.field(
        default=strawberry.UNSET, description="How the new replies are sampled; nothing is taken over from the old one."
    )
    model: str | None = strawberry.field(
        default=strawberry.UNSET, description="Left out: the conversation's model, else the server's default."
    )
    n: int | None = strawberry.field(default=1, description=f"That many replies, as siblings. From 1 to {MAX_REPLIES}.")
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The same key and payload give the same answer, a different payload an error.",
    )

    def regeneration(self) -> changes.Regeneration:
        """Raises:
        BadInput: the id is malformed.
        """
        sampling = given(self.parameters)
        return changes.Regeneration(
            message_id=message_id(self.message_id, field="message_id"),
            model=given(self.model),
            parameters=sampling.parameters() if sampling else parameters.CompletionParameters(),
            replies=1 if self.n is None else self.n,
            idempotency_key=given(self.idempotency_key),
        )
