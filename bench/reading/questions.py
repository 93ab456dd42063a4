"""The same question in the words of each schema, and the answers in one shape, so that they can be compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from app.api.identity import LOCAL
from app.chat.identifiers import CONVERSATION, from_text

CONVERSATIONS: Final = 20
MESSAGES: Final = 10
_FIELDS: Final = "role content status createdAt"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Args:
    document: asks for conversations with the last messages of each, in the order of time.
    nodes: the conversations in its answer's data.
    conversation: one of them as id, title and messages.
    """

    document: str
    nodes: Callable[[Json], list[Json]]
    conversation: Callable[[Json], tuple[UUID, str, list[Json]]]

    def normal(self, answer: bytes) -> list[Json]:
        """What it says: equal where two answers say the same, however they are written."""
        return [self._normal(node) for node in self.nodes(json.loads(answer)["data"])]

    def _normal(self, node: Json) -> Json:
        id, title, messages = self.conversation(node)
        return {"id": id, "title": title, "messages": [_with_time(each) for each in messages]}


def _with_time(message: Json) -> Json:
    return {**message, "createdAt": datetime.fromisoformat(message["createdAt"]).astimezone(UTC)}


PARLEY: Final = Question(
    f"{{ conversations(first: {CONVERSATIONS}) {{ nodes {{ id title"
    f" messages(last: {MESSAGES}) {{ nodes {{ {_FIELDS} }} }} }} }} }}",
    lambda data: data["conversations"]["nodes"],
    lambda node: (from_text(CONVERSATION, node["id"]), node["title"], node["messages"]["nodes"]),
)
POSTGRAPHILE: Final = Question(
    f'{{ allConversations(condition: {{owner: "{LOCAL.owner}", archived: false}},'
    f" orderBy: [UPDATED_AT_DESC, ROW_ID_DESC], first: {CONVERSATIONS}) {{ nodes {{ rowId title"
    f" messagesByConversationId(last: {MESSAGES}, orderBy: ROW_ID_ASC) {{ nodes {{ {_FIELDS} }} }} }} }} }}",
    lambda data: data["allConversations"]["nodes"],
    lambda node: (UUID(node["rowId"]), node["title"], node["messagesByConversationId"]["nodes"]),
)
SQLALCHEMY: Final = Question(
    f"{{ conversations(first: {CONVERSATIONS}) {{ id title messages(last: {MESSAGES}) {{ {_FIELDS} }} }} }}",
    lambda data: data["conversations"],
    lambda node: (UUID(node["id"]), node["title"], node["messages"]),
)
