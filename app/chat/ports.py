"""What the domain needs of the outside: records, and the log of deltas. Adapters live in app/storage and app/log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Protocol

from app.chat.changes import ConversationChanges, NewTurn, StartedTurn
from app.chat.completion import PromptMessage
from app.chat.events import CompletionEvent, Outcome
from app.chat.identifiers import ConversationId, MessageId, TurnId, WriterId
from app.chat.message_parts import MessageParts
from app.chat.overview import Overview, Shown
from app.chat.paging import ActivityKey, BranchQuery, CompletionPage, CompletionQuery, Page, Window
from app.chat.records import Completion, Conversation, Message, Metadata, Text
from app.chat.search_hit import SearchHit, SearchKey


class Records(Protocol):
    """Stored conversations and messages. Every read and write is confined to `owner`.

    The text of a message in flight is not here but in the log. All methods raise StorageUnavailable.

    Of messages only those `parts` are read that are asked for; in place of the others they have NOT_READ.
    """

    async def create_conversation(self, conversation: Conversation) -> Conversation: ...

    async def import_conversation(
        self, conversation: Conversation, messages: Sequence[tuple[MessageId, PromptMessage]]
    ) -> Conversation:
        """Creates it with these messages as its branch, the last one as the tip; at least one. They are no turn."""
        ...

    async def select_branch(self, owner: str, message: MessageId) -> Conversation | None:
        """The tip becomes the leaf below the message that is reached by the newest child at each level.

        None where there is no such message.
        """
        ...

    async def update_conversation(
        self, owner: str, id: ConversationId, changes: ConversationChanges
    ) -> Conversation | None: ...

    async def delete_conversation(self, owner: str, id: ConversationId) -> bool: ...

    async def conversations(
        self, owner: str, ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Conversation]: ...

    async def conversation_page(
        self, owner: str, window: Window[ActivityKey], *, archived: bool | None
    ) -> Page[Conversation]:
        """Newest activity first."""
        ...

    async def overview(
        self,
        owner: str,
        window: Window[ActivityKey],
        shown: Shown,
        *,
        archived: bool | None,
        parts: MessageParts = MessageParts.WHOLE,
    ) -> Overview:
        """A page of conversations and what is shown of each, as of one moment and in one round trip."""
        ...

    async def conversation_count(self, owner: str, *, archived: bool | None) -> int: ...

    async def messages(
        self, owner: str, ids: Sequence[MessageId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[MessageId, Message]: ...

    async def message_in_conversation(self, owner: str, id: MessageId) -> tuple[Message, Conversation] | None: ...

    async def siblings(
        self, owner: str, ids: Sequence[MessageId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[MessageId, Sequence[Message]]:
        """For each message, all with the same parent in the same conversation, itself included, oldest first.

        Raises:
            BadInput: they have more text than one answer can hold.
        """
        ...

    async def branch_page(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        """A page of the messages from the root to `tip`, root first; in all there are `tip.depth + 1`.

        Where they are long, it has fewer than the window asks for, but at least one: what is left lies beyond it.

        Raises:
            BadInput: a cursor of the window is no message of the tip's conversation.
        """
        ...

    async def branch_pages(
        self, owner: str, queries: Sequence[BranchQuery], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[BranchQuery, Page[Message]]:
        """Of each branch a page, root first. A tip that does not exist, or is another's, has an empty one."""
        ...

    async def active_replies(
        self, owner: str, ids: Sequence[ConversationId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[ConversationId, Sequence[Message]]:
        """Of each conversation the messages in flight, oldest first."""
        ...

    async def begin_turn(self, turn: NewTurn, writer: WriterId) -> StartedTurn:
        """Commits the posted message, what comes before it, its replies as STREAMING by `writer`, and the new tip.

        All of it in one transaction. Of a turn that answers a stored message anew that is the replies and the tip.

        Where another turn is in the way and the post says ENQUEUE, the replies are QUEUED and nobody's.

        Raises:
            NotFound: the conversation, the parent or what is answered anew does not exist or is another's.
            ConversationBusy: the turn has replies, and another turn of the conversation runs or waits.
            IdempotencyConflict: the key was used for another payload.
            StorageUnavailable: also when `writer` has lost its lease.
        """
        ...

    async def repeated_turn(self, owner: str, idempotency_key: str, payload_digest: bytes) -> StartedTurn | None:
        """What the same post has begun before, as it is now.

        Raises:
            IdempotencyConflict: the key was used for another payload.
        """
        ...

    async def claim_turns(self, writer: WriterId) -> Sequence[StartedTurn]:
        """Of the turns that wait, those that are next: they are RUNNING now, their replies STREAMING by `writer`.

        Whoever claims a turn must start it; no other process will get it. Gives a few at a time.
        """
        ...

    async def completion(self, owner: str, id: TurnId) -> Completion | None: ...

    async def completion_page(self, owner: str, query: CompletionQuery) -> CompletionPage: ...

    async def label_completion(self, owner: str, id: TurnId, metadata: Metadata) -> Completion | None: ...

    async def delete_completion(self, owner: str, id: TurnId) -> Sequence[MessageId]:
        """Deletes the turn with all its messages and their log.

        Its conversation goes, too, where nothing else is in it and it has neither title, system prompt, model nor
        metadata.

        Gives its replies that were in flight; their writers are told.

        Raises:
            NotFound: there is no such completion, or it is another's.
            CompletionContinued: a message of another turn hangs below one of them.
        """
        ...

    async def search(self, owner: str, query: str, window: Window[SearchKey]) -> Page[SearchHit]:
        """Messages that have ended and match, best first, of equals the newest. The window leads forward only.

        Where they are long, it has fewer than the window asks for, but at least one: what is left lies beyond it.

        Raises:
            BadInput: there are too many words in the query, or beginnings of words.
        """
        ...


class ReplyLog(Protocol):
    """The log of one reply, for the one who writes it."""

    async def append(self, content: str, reasoning: str = "") -> None:
        """Takes text to be committed with the next flush; waits while too much is waiting.

        Raises:
            Overflow: the database has taken nothing for too long. What was taken is kept; only `end` may follow.
            Fenced: the reply is not this writer's any more.
        """
        ...

    async def end(self, outcome: Outcome) -> None:
        """Commits what is left of the text and the outcome together, then tells it.

        Raises:
            Fenced: the reply is not this writer's any more; it has an end already.
        """
        ...


class Log(Protocol):
    """The durable log of deltas: what a watcher has seen is committed, whoever crashes."""

    @property
    def writer(self) -> WriterId: ...

    def open(self, id: MessageId) -> ReplyLog: ...

    def watch(self, id: MessageId, after: int) -> AsyncGenerator[CompletionEvent, None]:
        """Everything after delta `after`, each piece of text once and in order, then live, then one End.

        Raises:
            NotFound: there is no such message, or it is gone.
            BadInput: `after` is beyond what the reply says.
        """
        ...

    async def texts(self, ids: Sequence[MessageId]) -> Mapping[MessageId, Text]:
        """What replies in flight say now; content and seq are one consistent read."""
        ...

    async def request_stop(self, id: MessageId) -> None:
        """Makes the writer of the reply, whichever process it is, stop it. Durable."""
        ...

    def on_stop(self, callback: Callable[[MessageId], None]) -> None:
        """Calls back for each reply of this writer that somebody asked to stop; may do so more than once."""
        ...

    def on_queue(self, callback: Callable[[], None]) -> None:
        """Calls back when a turn that waits may be next; also now and then without a reason."""
        ...

    def on_fenced(self, callback: Callable[[], None]) -> None:
        """Calls back when this writer's lease was lost: all its replies have ended, under another's hand."""
        ...


class Overflow(Exception):
    """More text waits to be committed than may be kept in memory, and the database takes none of it."""


class Fenced(Exception):
    """A write was refused: the reply has been ended by somebody else, or is gone."""
