"""What clients ask to have changed, and what became of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from app.chat.completion import PromptMessage
from app.chat.identifiers import ConversationId, MessageId, TurnId
from app.chat.parameters import CompletionParameters
from app.chat.records import Conversation, Message, Metadata, Role


class Unset(enum.Enum):
    """Of an update: leave this as it is (None clears it)."""

    UNSET = enum.auto()


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class ConversationChanges:
    title: str | None | Unset = UNSET
    system_prompt: str | None | Unset = UNSET
    model: str | None | Unset = UNSET
    archived: bool | Unset = UNSET
    metadata: Metadata | Unset = UNSET

    def given(self) -> Mapping[str, Any]:
        """The changes that were asked for, by field."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not UNSET}


class WhenBusy(enum.StrEnum):
    REJECT = "REJECT"
    INTERRUPT = "INTERRUPT"
    ENQUEUE = "ENQUEUE"


@dataclass(frozen=True, slots=True)
class Post:
    """A message that a client posts.

    Args:
        conversation_id: None starts a new conversation.
        parent_id: None posts to the tip of the selected branch.
        replies: how many, as siblings; 0 stores the message only.
        before: stored with it in one transaction, one below the other, between the parent and the posted message.
        completion_metadata: of the completion that the replies are; `metadata` is the posted message's.
    """

    content: str
    conversation_id: ConversationId | None = None
    role: Role = Role.USER
    parent_id: MessageId | None = None
    model: str | None = None
    parameters: CompletionParameters = CompletionParameters()
    replies: int = 1
    when_busy: WhenBusy = WhenBusy.REJECT
    idempotency_key: str | None = None
    metadata: Metadata = field(default_factory=dict)
    before: tuple[PromptMessage, ...] = ()
    completion_metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """Another wording of a message that was posted: a sibling of it, of the same role, without its metadata.

    Args:
        replies: how many, as siblings; 0 stores the message only.
    """

    message_id: MessageId
    content: str
    model: str | None = None
    parameters: CompletionParameters = CompletionParameters()
    replies: int = 1
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Regeneration:
    """More replies to the message that a reply answers: siblings of that one.

    Args:
        message_id: of the reply. Its model and parameters are not taken over: what is left out is the default.
    """

    message_id: MessageId
    model: str | None = None
    parameters: CompletionParameters = CompletionParameters()
    replies: int = 1
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A post, checked and with its ids, as it is committed.

    Args:
        message_id: of the posted message, or of the stored one that is answered anew.
        conversation: the one to create first, where the post starts one.
        model: of the replies; None where there are none.
        payload_digest: of what was asked for, where it has an idempotency key; compared when that comes again.
        before_ids: of the messages stored before the posted one.
        root: the first message gets no parent, whatever the conversation's tip is by then.
        title: of the conversation, where it has none and no user has said anything in it yet.
        anew: of the post only the replies are stored; what they answer is there already.
    """

    id: TurnId
    owner: str
    conversation_id: ConversationId
    post: Post
    message_id: MessageId
    reply_ids: tuple[MessageId, ...]
    model: str | None
    payload_digest: bytes | None
    conversation: Conversation | None = None
    before_ids: tuple[MessageId, ...] = ()
    root: bool = False
    title: str | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class StartedTurn:
    """Args:
    message: what the replies answer.
    repeated: the same post was accepted before; this is what it started then.
    branch: what was said from the root to `message`, where that is known: it is not told of what is long, of what waits
        its turn, or without replies.
    """

    conversation: Conversation
    message: Message
    replies: tuple[Message, ...]
    repeated: bool = False
    branch: tuple[PromptMessage, ...] | None = None
