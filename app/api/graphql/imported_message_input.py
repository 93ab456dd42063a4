"""What a client gives of a message that was said elsewhere."""

from __future__ import annotations

import strawberry

from app.api.graphql.enums import Role
from app.chat import records
from app.chat.completion import PromptMessage


@strawberry.input(description="A message that was said elsewhere; it is stored as it is, and COMPLETE.")
class ImportedMessageInput:
    role: Role = strawberry.field(description="Who said it.")
    content: str = strawberry.field(description="What was said. NUL and lone surrogates are refused.")

    def message(self) -> PromptMessage:
        return PromptMessage(records.Role[self.role.name], self.content)
