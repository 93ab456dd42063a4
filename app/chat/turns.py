"""A turn: a message is posted, its replies are begun, and perhaps stopped."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace

from app.chat.changes import Edit, NewTurn, Post, Regeneration, StartedTurn, WhenBusy
from app.chat.completion import ModelCatalog, PromptMessage, ServedModel
from app.chat.conversations import new_conversation
from app.chat.errors import BadInput, ChatError, ConversationBusy, NotFound, ShuttingDown, StorageUnavailable
from app.chat.events import End
from app.chat.history import History
from app.chat.idempotency import Asked, digest
from app.chat.identifiers import MessageId, new_message_id, new_turn_id
from app.chat.ports import Log, Records
from app.chat.queue import Queue
from app.chat.records import Conversation, Message, Role
from app.chat.resent_history import compare_history
from app.chat.runner import Runner
from app.chat.status import MessageStatus
from app.chat.titles import made_title
from app.chat.validation import check_amount_before, check_edit, check_fields, check_post, check_regeneration

EDITABLE = (Role.USER, Role.SYSTEM, Role.DATA)
MAX_CONTINUATIONS = 5
"""How often a conversation is read again because what was to be followed is gone from it."""
BUSY_PAUSE_SECONDS = 0.02
STOP_DEADLINE_SECONDS = 15
"""How long a stop waits for its writer; past a lease the reply has been ended by somebody else."""
INTERRUPT_DEADLINE_SECONDS = 30
"""How long a post goes on to interrupt what others have begun in the meantime."""


class Turns:
    def __init__(
        self,
        records: Records,
        log: Log,
        history: History,
        catalog: ModelCatalog,
        runner: Runner,
        queue: Queue,
        *,
        auto_titles: bool = True,
    ) -> None:
        self._auto_titles = auto_titles
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
        self._check_accepting()
        check_post(post)
        conversation = await self._conversation(owner, post)
        return await self._start(owner, conversation, post, post)

    async def edit(self, owner: str, edit: Edit) -> StartedTurn:
        """Posts another wording beside the message, which stays; the new branch is the selected one.

        Raises:
            BadInput: also where the message is none of a role in EDITABLE.
            NotFound: there is no such message, or it is another's.
            And as `post` does; the conversation is busy as for a post that says REJECT.
        """
        self._check_accepting()
        check_edit(edit)
        edited, conversation = await self._site(owner, edit.message_id)
        if edited.role not in EDITABLE:
            raise BadInput("message_id", f"is of the role {edited.role}; one of {', '.join(EDITABLE)} can be edited")
        post = Post(
            content=edit.content,
            conversation_id=edited.conversation_id,
            role=edited.role,
            parent_id=edited.parent_id,
            model=edit.model,
            parameters=edit.parameters,
            replies=edit.replies,
            idempotency_key=edit.idempotency_key,
        )
        return await self._start(owner, conversation, post, edit, root=edited.parent_id is None)

    async def regenerate(self, owner: str, regeneration: Regeneration) -> StartedTurn:
        """Begins more replies to the message that a reply answers; the first of them is the tip.

        Raises:
            BadInput: also where the message is no reply, or one that answers nothing.
            NotFound, ConversationBusy: as `edit` does, the latter also while that reply is in flight.
            And as `post` does.
        """
        self._check_accepting()
        check_regeneration(regeneration)
        reply, conversation = await self._site(owner, regeneration.message_id)
        if reply.role is not Role.ASSISTANT:
            raise BadInput("message_id", f"is of the role {reply.role}; only a reply can be generated anew")
        if reply.parent_id is None:
            raise BadInput("message_id", "answers no message: nothing comes before it")
        post = Post(
            content="",
            conversation_id=reply.conversation_id,
            model=regeneration.model,
            parameters=regeneration.parameters,
            replies=regeneration.replies,
            idempotency_key=regeneration.idempotency_key,
        )
        return await self._start(owner, conversation, post, regeneration, answered=reply.parent_id)

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
        self._check_accepting()
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
                return await self._start(owner, conversation, new, post, root=rest.root)
            except NotFound:  # deleted since it was read; another read tells what is there
                if new.parent_id is None or attempt == MAX_CONTINUATIONS:
                    raise
        raise StorageUnavailable("the conversation changes too fast; try again")

    async def _start(
        self,
        owner: str,
        conversation: Conversation,
        post: Post,
        asked: Asked,
        *,
        root: bool = False,
        answered: MessageId | None = None,
    ) -> StartedTurn:
        try:
            served = await self._served(owner, post.model or conversation.model) if post.replies else None
        except ChatError:  # which is nothing to a post that was accepted before
            key = post.idempotency_key
            if key and (repeated := await self._records.repeated_turn(owner, key, digest(asked))):
                return repeated
            raise
        turn = NewTurn(
            id=new_turn_id(),
            owner=owner,
            conversation_id=conversation.id,
            post=post,
            before_ids=tuple(new_message_id() for _ in post.before),
            message_id=answered or new_message_id(),
            reply_ids=tuple(new_message_id() for _ in range(post.replies)),
            model=served.model.id if served else None,
            payload_digest=digest(asked) if post.idempotency_key else None,
            conversation=conversation if post.conversation_id is None else None,
            root=root,
            title=None if answered else self._title(conversation, post),
            anew=answered is not None,
        )
        self._check_accepting()  # again, since `settle` may have counted already
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

    def _check_accepting(self) -> None:
        if not self._accepting:
            raise ShuttingDown

    def _title(self, conversation: Conversation, post: Post) -> str | None:
        if conversation.title is not None or not self._auto_titles:
            return None
        return made_title((*post.before, PromptMessage(post.role, post.content)))

    async def _site(self, owner: str, id: MessageId) -> tuple[Message, Conversation]:
        if found := await self._records.message_in_conversation(owner, id):
            return found
        raise NotFound("message")

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
                self._runner.start_all(started, served)
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
            self._check_accepting()
            active = await self._records.active_replies(turn.owner, [turn.conversation_id])
            if not active:
                await asyncio.sleep(BUSY_PAUSE_SECONDS)  # it has just ended, and its turn not yet as we see it
            for reply in active.get(turn.conversation_id, ()):
                with suppress(NotFound):  # then `begin_turn` tells what is gone
                    await self.stop(turn.owner, reply.id)
            turn = _as_of_now(turn)


def _as_of_now(turn: NewTurn) -> NewTurn:
    """The same with ids drawn now: lists are in their order, so what was held up must not go back in them."""
    return replace(
        turn,
        id=new_turn_id(),
        before_ids=tuple(new_message_id() for _ in turn.before_ids),
        message_id=turn.message_id if turn.anew else new_message_id(),
        reply_ids=tuple(new_message_id() for _ in turn.reply_ids),
    )
