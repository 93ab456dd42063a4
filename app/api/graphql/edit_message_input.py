"""What a client gives to edit a message."""

from __future__ import annotations

import strawberry

from app.api.graphql.arguments import given
from app.api.graphql.post_message_input import CompletionParameters
from app.chat import changes, parameters
from app.chat.identifiers import message_id


@strawberry.input(description="Another wording of a message, and how to answer it.")
class EditMessageInput:
    message_id: strawberry.ID = strawberry.field(
        description="The message; its role is USER, SYSTEM or DATA. It stays as it is, on its own branch."
    )
    content: str = strawberry.field(description="What to say instead. NUL and lone surrogates are refused.")
    parameters: CompletionParameters | None = strawberry.field(
        default=strawberry.UNSET, description="How the reply is sampled."
    )
    model: str | None = strawberry.field(
        default=strawberry.UNSET, description="Left out: the conversation's model, else the server's default."
    )
    reply: bool | None = strawberry.field(default=True, description="False: store the message only.")
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The same key and payload give the same answer, a different payload an error.",
    )

    def edit(self) -> changes.Edit:
        """Raises:
        BadInput: the id is malformed.
        """
        sampling = given(self.parameters)
        return changes.Edit(
            message_id=message_id(self.message_id, field="message_id"),
            content=self.content,
            model=given(self.model),
            parameters=sampling.parameters() if sampling else parameters.CompletionParameters(),
            replies=0 if self.reply is False else 1,
            idempotency_key=given(self.idempotency_key),
        )
