"""What a client gives to begin or change a conversation."""

from __future__ import annotations

from typing import TypeVar

import strawberry

from app.api.graphql.imported_message_input import ImportedMessageInput
from app.api.graphql.metadata import read_metadata
from app.api.graphql.scalars import JSON
from app.chat.changes import UNSET, ConversationChanges, Unset
from app.chat.identifiers import ConversationId, conversation_id
from app.chat.validation import MAX_IMPORTED_BYTES, MAX_IMPORTED_MESSAGES

T = TypeVar("T")


@strawberry.input(description="A conversation to begin.")
class CreateConversationInput:
    title: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="What people call it. Left out: the server may make one of what a user says first.",
    )
    system_prompt: str | None = strawberry.field(
        default=strawberry.UNSET, description="Put before the messages of every prompt."
    )
    model: str | None = strawberry.field(
        default=strawberry.UNSET, description="Answers posts that name none; else the server's default."
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="An object of the client's own, to find again."
    )
    messages: list[ImportedMessageInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "What was said before, elsewhere, oldest first: stored as the selected branch, and not answered. At most "
            f"{MAX_IMPORTED_MESSAGES:,} messages, of {MAX_IMPORTED_BYTES:,} bytes of UTF-8 together."
        ),
    )


@strawberry.input(description="What to change of a conversation: a field left out stays, a null clears it.")
class UpdateConversationInput:
    id: strawberry.ID = strawberry.field(description="The conversation.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it.")
    system_prompt: str | None = strawberry.field(
        default=strawberry.UNSET, description="Put before the messages of every prompt."
    )
    model: str | None = strawberry.field(
        default=strawberry.UNSET, description="Answers posts that name none; null is the server's default."
    )
    archived: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it is out of sight by default; null is false."
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="Takes the place of all that was there; null is an empty object."
    )

    @property
    def conversation_id(self) -> ConversationId:
        return conversation_id(self.id)

    def changes(self) -> ConversationChanges:
        """Raises:
        BadInput: the metadata cannot be stored.
        """
        return ConversationChanges(
            title=_kept(self.title),
            system_prompt=_kept(self.system_prompt),
            model=_kept(self.model),
            archived=UNSET if self.archived is strawberry.UNSET else bool(self.archived),
            metadata=UNSET if self.metadata is strawberry.UNSET else read_metadata(self.metadata),
        )


def _kept(value: T) -> T | Unset:
    """Strawberry's word for a field that was left out, in the domain's."""
    return UNSET if value is strawberry.UNSET else value
