"""Turns in PostgreSQL: begun, or claimed from the queue, each by one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg

from app.chat.changes import NewTurn, StartedTurn, WhenBusy
from app.chat.completion import PromptMessage
from app.chat.errors import ConversationBusy, IdempotencyConflict, NotFound, StorageUnavailable
from app.chat.identifiers import WriterId
from app.chat.records import Conversation, Message, Role, Text
from app.chat.status import MessageStatus
from app.storage.client import Database
from app.storage.errors import OutcomeUnknownError
from app.storage.message_tree_statements import IN_FLIGHT
from app.storage.reaching import run_statement
from app.storage.rows import Row, conversation_of, message_of
from app.storage.statements import (
    BEGIN_CONVERSATION,
    BEGIN_CONVERSATION_WITH_BEFORE,
    BEGIN_TURN,
    BEGIN_TURN_ANEW,
    BEGIN_TURN_WITH_BEFORE,
    BEGUN_BY_ID,
    BEGUN_BY_KEY,
    CLAIM_TURNS,
)

MAX_QUEUED_TURNS = 100
"""Of a conversation, the running one included."""
MAX_CLAIMED_TURNS = 20
"""At once, so that what waits is spread over the processes."""
MAX_CLAIM_ATTEMPTS = 3
MAX_UNKNOWN_OUTCOMES = 3
_LEASE_LOST = "this server has just lost its lease; try again"


class PrismaTurns:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def begin(self, turn: NewTurn, writer: WriterId) -> StartedTurn:
        """See app.chat.ports.Records.begin_turn.

        All ids are known before, so a statement whose answer was lost is sent again: either it is done now, or its own
        rows are in the way and tell that it was done then.
        """
        statement, arguments = _statement(turn), _arguments(turn, writer)
        unknown = 0
        while True:
            try:
                rows = await run_statement(self._db, statement, *arguments)
            except StorageUnavailable as error:
                unknown += 1
                if not isinstance(error.__cause__, OutcomeUnknownError) or unknown == MAX_UNKNOWN_OUTCOMES:
                    raise
            except asyncpg.ForeignKeyViolationError:
                continue  # the parent was deleted after that statement's snapshot; the next one does not see it
            except asyncpg.UniqueViolationError:
                if started := await self._in_the_way(turn, sent_before=unknown > 0):
                    return started
            else:
                if turn.conversation:
                    return _begun(turn, rows)
                if started := await self._outcome(turn, rows[0], sent_before=unknown > 0):
                    return started

    async def _in_the_way(self, turn: NewTurn, *, sent_before: bool) -> StartedTurn | None:
        """What an index refused the turn for; None where it is worth another try."""
        try:
            return await self._explain_refusal(turn, sent_before=sent_before)
        except ConversationBusy:
            if turn.post.when_busy is not WhenBusy.ENQUEUE:
                raise
            return None  # a turn began after that statement's snapshot; the next one sees it, and queues

    async def _outcome(self, turn: NewTurn, answer: Row, *, sent_before: bool) -> StartedTurn | None:
        """What a statement that went through did; None where it is worth another try."""
        if answer["conversation"]:
            started = _started(answer)
            return replace(started, branch=_branch(turn, started, answer.get("said")))
        if not answer["alive"]:
            raise StorageUnavailable(_LEASE_LOST)
        if not answer["found"]:
            raise NotFound("conversation")
        if answer["refused"]:
            return await self._explain_refusal(turn, sent_before=sent_before)
        if turn.anew:
            raise NotFound("message")
        if turn.post.parent_id or not answer["has_tip"]:
            raise NotFound("parent message")
        return None  # the tip was committed after the snapshot, while the statement waited for the conversation's lock

    async def claim(self, writer: WriterId) -> Sequence[StartedTurn]:
        """See app.chat.ports.Records.claim_turns."""
        for _ in range(MAX_CLAIM_ATTEMPTS):
            try:
                rows = await run_statement(self._db, CLAIM_TURNS, writer, MAX_CLAIMED_TURNS)
            except asyncpg.UniqueViolationError:
                continue  # one of the conversations has a running turn by now; the next snapshot knows which
            return [_started(row) for row in rows]
        return ()

    async def _explain_refusal(self, turn: NewTurn, *, sent_before: bool) -> StartedTurn:
        """Why a turn was refused: it is itself in the way when it was sent before, and its answer lost; and the same
        post again has its first answer, even if its conversation is busy."""
        if sent_before:
            begun = await run_statement(self._db, BEGUN_BY_ID, turn.owner, turn.id, reads=True)
            if begun:
                return _started(begun[0])
        key, digest = turn.post.idempotency_key, turn.payload_digest
        if key and digest and (started := await self.repeated(turn.owner, key, digest)):
            return started
        active = await run_statement(self._db, IN_FLIGHT, turn.owner, [turn.conversation_id], reads=True)
        raise ConversationBusy(message_of(active[0]["message"]).id if active else None)

    async def repeated(self, owner: str, idempotency_key: str, payload_digest: bytes) -> StartedTurn | None:
        """See app.chat.ports.Records.repeated_turn."""
        found = await run_statement(self._db, BEGUN_BY_KEY, owner, idempotency_key, reads=True)
        if not found:
            return None
        if found[0]["payload_digest"] != payload_digest.hex():
            raise IdempotencyConflict
        return replace(_started(found[0]), repeated=True)


def _statement(turn: NewTurn) -> str:
    if turn.anew:
        return BEGIN_TURN_ANEW
    if turn.conversation:
        return BEGIN_CONVERSATION_WITH_BEFORE if turn.post.before else BEGIN_CONVERSATION
    return BEGIN_TURN_WITH_BEFORE if turn.post.before else BEGIN_TURN


def _arguments(turn: NewTurn, writer: WriterId) -> list[Any]:
    post = turn.post
    arguments = [
        turn.conversation_id,
        turn.owner,
        writer,
        turn.id,
        turn.message_id,
        turn.reply_ids,
        post.idempotency_key,
        turn.payload_digest and turn.payload_digest.hex(),
        turn.model,
        json.dumps([post.parameters.of_sibling(index).given() for index in range(post.replies)]),
        MAX_QUEUED_TURNS if post.when_busy is WhenBusy.ENQUEUE else 0,
        json.dumps(dict(post.completion_metadata)),
    ]
    return arguments if turn.anew else [*arguments, *_posted(turn)]


def _posted(turn: NewTurn) -> list[Any]:
    post = turn.post
    arguments = [
        post.role.value,
        post.content,
        json.dumps(dict(post.metadata)),
        post.parent_id,
        turn.title,
        *(_before(turn) if post.before else ()),
    ]
    return arguments if turn.conversation else [*arguments, turn.root]


def _before(turn: NewTurn) -> list[Any]:
    rows = [
        {"id": str(id), "role": message.role.value, "content": message.content}
        for id, message in zip(turn.before_ids, turn.post.before, strict=True)
    ]
    return [json.dumps(rows, ensure_ascii=False), turn.before_ids[-1], len(rows)]


def _branch(
    turn: NewTurn, started: StartedTurn, above: Sequence[Sequence[str]] | None
) -> tuple[PromptMessage, ...] | None:
    """Of a turn that was just begun.

    Args:
        above: what was said up to the message that it follows; of one that is answered anew, with that message.
    """
    if started.message.depth == len(turn.before_ids) and not turn.anew:
        above = ()  # it begins at the root
    if above is None or not started.replies or started.replies[0].status is not MessageStatus.STREAMING:
        return None
    said = tuple(PromptMessage(Role(role), content) for role, content in above)
    if turn.anew:
        return said
    return (*said, *turn.post.before, PromptMessage(turn.post.role, turn.post.content))


def _begun(turn: NewTurn, answer: Sequence[Row]) -> StartedTurn:
    """A turn that begins a conversation, as it was stored: PostgreSQL adds nothing but the time."""
    if not answer:
        raise StorageUnavailable(_LEASE_LOST)
    at, post, id = datetime.fromisoformat(answer[0]["created_at"]), turn.post, turn.conversation_id
    depth, parent = len(turn.before_ids), turn.before_ids[-1] if turn.before_ids else None
    replies = tuple(
        Message(
            reply, id, Role.ASSISTANT, MessageStatus.STREAMING, at, depth + 1, turn.message_id, turn.id,
            model=turn.model, parameters=post.parameters.of_sibling(index),
        )
        for index, reply in enumerate(turn.reply_ids)
    )  # fmt: skip
    return StartedTurn(
        Conversation(id, turn.owner, at, at, turn.title, tip_id=(*turn.reply_ids, turn.message_id)[0]),
        Message(
            turn.message_id, id, post.role, MessageStatus.COMPLETE, at, depth, parent, turn.id, Text(0, post.content),
            metadata=post.metadata,
        ),
        replies,
        branch=(*post.before, PromptMessage(post.role, post.content)) if replies else None,
    )  # fmt: skip


def _started(row: Row) -> StartedTurn:
    replies = tuple(message_of(each) for each in row["replies"] or ())
    return StartedTurn(conversation_of(row["conversation"]), message_of(row["message"]), replies)
