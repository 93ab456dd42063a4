"""A turn: a message is posted, its replies are begun, and perhaps stopped."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict, replace

from app.chat.changes import NewTurn, Post, StartedTurn, WhenBusy
from app.chat.completion import ModelCatalog, PromptMessage, ServedModel
from app.chat.conversations import new_conversation
from app.chat.errors import BadInput, ChatError, ConversationBusy, NotFound, ShuttingDown, StorageUnavailable
from app.chat.events import End
from app.chat.history import History
from app.chat.identifiers import MessageId, new_message_id, new_turn_id
from app.chat.ports import Log, Records
from app.chat.queue import Queue
from app.chat.records import Conversation, Message
from app.chat.resent_history import compare_history
from app.chat.runner import Runner
from app.chat.status import MessageStatus
from app.chat.text import MAX_MODEL_CHARACTERS, check_characters, check_metadata, check_text

MAX_REPLIES = 8
MAX_MESSAGES_BEFORE = 2_000
MAX_BYTES_BEFORE = 16 * 1024 * 1024
"""Of all of them together, in UTF-8: they are stored by one statement."""
MAX_CONTINUATIONS = 5
"""How often a conversation is read again because what was to be followed is gone from it."""
MAX_IDEMPOTENCY_KEY_CHARACTERS = 255
BUSY_PAUSE_SECONDS = 0.02
STOP_DEADLINE_SECONDS = 15
"""How long a stop waits for its writer; past a lease the reply has been ended by somebody else."""
INTERRUPT_DEADLINE_SECONDS = 30
"""How long a post goes on to interrupt what others have begun in the meantime."""


class Turns:
    def __init__(
        self, records: Records, log: Log, history: History, catalog: ModelCatalog, runner: Runner, queue: Queue
    ) -> None:
        self._queue = queue
        self._records = records
        self._log = log
        self._history = history
        self._catalog = catalog
        self._runner = runner
        self._accepting = True
        self._starting: set[asyncio.Task[StartedTurn]] = set()

    @property
    def accepting(self) -> bool:
        """Whether new work is taken."""
        return self._accepting

    def close(self) -> None:
        """From now on posts are refused with ShuttingDown."""
        self._accepting = False
        self._queue.close()

    async def settle(self) -> None:
        """Returns when every post that was accepted has its replies started, and every turn that was claimed."""
        while self._starting:
            await asyncio.wait(self._starting)
        await self._queue.settle()

    async def post(self, owner: str, post: Post) -> StartedTurn:
        """Stores the message and begins its replies.

        Raises:
            BadInput: a value is out of its limits; names the field.
            NotFound, ConversationBusy, IdempotencyConflict, ModelNotFound, ShuttingDown, StorageUnavailable.
        """
        if not self._accepting:
            raise ShuttingDown
        check_post(post)
        conversation = await self._conversation(owner, post)
        return await self._start(owner, conversation, post, digest(post))

    async def continue_with(self, owner: str, post: Post) -> StartedTurn:
        """As `post`, but what of `post.before` the conversation says already is not stored again: see `continuation`.

        For clients that send the whole history each time. The branch is that of the conversation's tip, or of
        `post.parent_id`. With an idempotency key, the same post is the one that sends the same history. The limits on
        how much comes before the posted message are on what is still to be stored.

        Raises:
            As `post` does.
        """
        if post.conversation_id is None or not post.before:
            return await self.post(owner, post)
        if not self._accepting:
            raise ShuttingDown
        check_fields(post)
        messages = (*post.before, PromptMessage(post.role, post.content))
        for attempt in range(1, MAX_CONTINUATIONS + 1):
            conversation = await self._conversation(owner, post)
            rest = await compare_history(self._history, conversation, messages, post.parent_id)
            if rest is None:
                continue
            # Invariant: the rest hangs below the very message that it was compared up to, or is a branch from the root
            # on where there was none, whatever has been posted since. So of two such calls at once the later one is
            # refused, waits or interrupts, as `when_busy` says, and becomes a branch beside the other; it never repeats
            # history below it.
            new = replace(post, before=rest.messages[:-1], parent_id=rest.parent_id or post.parent_id)
            check_amount_before(new.before)
            try:
                return await self._start(owner, conversation, new, digest(post), root=rest.root)
            except NotFound:  # deleted since it was read; another read tells what is there
                if new.parent_id is None or attempt == MAX_CONTINUATIONS:
                    raise
        raise StorageUnavailable("the conversation changes too fast; try again")

    async def _start(
        self, owner: str, conversation: Conversation, post: Post, payload_digest: bytes, *, root: bool = False
    ) -> StartedTurn:
        try:
            served = await self._served(owner, post.model or conversation.model) if post.replies else None
        except ChatError:  # which is nothing to a post that was accepted before
            key = post.idempotency_key
            if key and (repeated := await self._records.repeated_turn(owner, key, payload_digest)):
                return repeated
            raise
        turn = NewTurn(
            id=new_turn_id(),
            owner=owner,
            conversation_id=conversation.id,
            post=post,
            before_ids=tuple(new_message_id() for _ in post.before),
            message_id=new_message_id(),
            reply_ids=tuple(new_message_id() for _ in range(post.replies)),
            model=served.model.id if served else None,
            payload_digest=payload_digest,
            conversation=conversation if post.conversation_id is None else None,
            root=root,
        )
        if not self._accepting:  # since we looked: `settle` may have counted already
            raise ShuttingDown
        # A caller that goes away between the commit and the start must not leave a reply that nobody generates.
        starting = asyncio.create_task(self._begin(turn, served))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        return await asyncio.shield(starting)

    async def stop(self, owner: str, id: MessageId) -> Message:
        """Ends a reply in flight STOPPED, wherever it is generated, and gives the message as it then is. Idempotent.

        Raises:
            NotFound: there is no such message, or it is another's.
        """
        message = await self._history.message(owner, id)
        if not message.status.in_flight:
            return message
        await self._log.request_stop(id)
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(STOP_DEADLINE_SECONDS),
                aclosing(self._log.watch(id, message.text.seq)) as events,
            ):
                async for event in events:
                    if isinstance(event, End):
                        break
        return await self._history.message(owner, id)

    async def _conversation(self, owner: str, post: Post) -> Conversation:
        if post.conversation_id is None:
            return new_conversation(owner)
        found = await self._records.conversations(owner, [post.conversation_id])
        if post.conversation_id not in found:
            raise NotFound("conversation")
        return found[post.conversation_id]

    async def _served(self, owner: str, model: str | None) -> ServedModel:
        served = await self._catalog.resolve(model)
        await served.admit(owner)
        return served

    async def _begin(self, turn: NewTurn, served: ServedModel | None) -> StartedTurn:
        started = await self._commit(turn)
        if served and not started.repeated:
            if started.replies[0].status is MessageStatus.QUEUED:
                self._queue.advance()  # the turn before it may have ended while this one was committed
            else:
                self._runner.start_all(started.replies, started.conversation, served)
        return started

    async def _commit(self, turn: NewTurn) -> StartedTurn:
        clock = asyncio.get_running_loop().time
        deadline = clock() + INTERRUPT_DEADLINE_SECONDS
        while True:
            try:
                return await self._records.begin_turn(turn, self._log.writer)
            except ConversationBusy:
                if turn.post.when_busy is not WhenBusy.INTERRUPT or clock() > deadline:
                    raise
            if not self._accepting:
                raise ShuttingDown
            active = await self._records.active_replies(turn.owner, [turn.conversation_id])
            if not active:
                await asyncio.sleep(BUSY_PAUSE_SECONDS)  # it has just ended, and its turn not yet as we see it
            for reply in active.get(turn.conversation_id, ()):
                with suppress(NotFound):  # then `begin_turn` tells what is gone
                    await self.stop(turn.owner, reply)
            turn = _as_of_now(turn)


def _as_of_now(turn: NewTurn) -> NewTurn:
    """The same with ids drawn now: lists are in their order, so what was held up must not go back in them."""
    return replace(
        turn,
        id=new_turn_id(),
        before_ids=tuple(new_message_id() for _ in turn.before_ids),
        message_id=new_message_id(),
        reply_ids=tuple(new_message_id() for _ in turn.reply_ids),
    )


def check_post(post: Post) -> None:
    """Raises:
    BadInput: a value is out of its limits; names the field.
    """
    check_fields(post)
    check_amount_before(post.before)


def check_fields(post: Post) -> None:
    """As `check_post`, but for the limits on how much comes before the posted message.

    Raises:
        BadInput: a value is out of its limits; names the field.
    """
    content = f"messages[{len(post.before)}].content" if post.before else "content"
    check_text(post.content, content)
    if not post.content:
        raise BadInput(content, "must not be empty")
    for index, message in enumerate(post.before):
        check_text(message.content, f"messages[{index}].content")
    if not 0 <= post.replies <= MAX_REPLIES:
        raise BadInput("n", f"must be from 1 to {MAX_REPLIES}, not {post.replies}")
    if post.parent_id is not None and post.conversation_id is None:
        raise BadInput("parent_id", "needs the conversation that it belongs to")
    if post.model is not None:
        check_characters(post.model, "model", MAX_MODEL_CHARACTERS)
    if post.idempotency_key is not None:
        check_idempotency_key(post.idempotency_key)
    post.parameters.check()
    check_metadata(post.metadata)
    check_metadata(post.completion_metadata, "completion_metadata")


def check_amount_before(messages: Sequence[PromptMessage]) -> None:
    """Raises:
    BadInput: they are too many, or too long, to be stored at once.
    """
    if len(messages) > MAX_MESSAGES_BEFORE:
        most = MAX_MESSAGES_BEFORE + 1
        raise BadInput("messages", f"takes at most {most:,} new messages, not {len(messages) + 1:,}")
    if sum(len(message.content.encode()) for message in messages) > MAX_BYTES_BEFORE:
        raise BadInput("messages", f"have more than {MAX_BYTES_BEFORE:,} new bytes of UTF-8 before the last one")


def check_idempotency_key(key: str, field: str = "idempotency_key") -> None:
    """Raises:
    BadInput: it is empty or too long.
    """
    if not key:
        raise BadInput(field, "must not be empty")
    check_characters(key, field, MAX_IDEMPOTENCY_KEY_CHARACTERS)


def digest(post: Post) -> bytes:
    """Equal for posts that ask for the same; a field that a later release adds changes it only where it is given."""
    default = asdict(Post(content=""))
    given = {name: value for name, value in asdict(post).items() if value != default[name]}
    given["parameters"] = {name: value for name, value in asdict(post.parameters).items() if value not in (None, ())}
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).digest()
