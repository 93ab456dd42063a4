"""Stored completions: turns with replies, as things of their own that can be listed, labelled and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.chat.errors import NotFound
from app.chat.history import History
from app.chat.identifiers import MessageId, TurnId
from app.chat.paging import CompletionPage, CompletionQuery, Page, Window
from app.chat.ports import Log, Records
from app.chat.records import Completion, Message, Metadata
from app.chat.runner import Runner
from app.chat.text import MAX_MODEL_CHARACTERS, check_characters, check_metadata


class Completions:
    """All methods raise StorageUnavailable; what is another's is not found."""

    def __init__(self, records: Records, log: Log, history: History, runner: Runner) -> None:
        self._records = records
        self._log = log
        self._history = history
        self._runner = runner

    async def get(self, owner: str, id: TurnId) -> Completion:
        """Raises:
        NotFound: there is no such completion.
        """
        return await self._found(await self._records.completion(owner, id))

    async def page(self, owner: str, query: CompletionQuery) -> CompletionPage:
        """Raises:
        BadInput: the model or the metadata cannot be looked for.
        """
        if query.model is not None:
            check_characters(query.model, "model", MAX_MODEL_CHARACTERS)
        check_metadata(query.metadata)
        page = await self._records.completion_page(owner, query)
        return replace(page, items=await self._with_texts(page.items))

    async def prompt(self, owner: str, id: TurnId, window: Window[MessageId]) -> Page[Message]:
        """A page of the messages that it answers, from the root of the conversation to the one that was posted.

        Raises:
            NotFound: there is no such completion.
            BadInput: a cursor of the window is no message of its conversation.
        """
        completion = await self._records.completion(owner, id)
        if completion is None:
            raise NotFound("completion")
        return await self._history.branch(owner, completion.message_id, window)

    async def set_metadata(self, owner: str, id: TurnId, metadata: Metadata) -> Completion:
        """Puts it in the place of what was there.

        Raises:
            NotFound: there is no such completion.
            BadInput: the metadata cannot be stored.
        """
        check_metadata(metadata)
        return await self._found(await self._records.label_completion(owner, id, metadata))

    async def delete(self, owner: str, id: TurnId) -> None:
        """Deletes its replies with all that was posted with them; a reply in flight is abandoned.

        The conversation's tip goes back to the message before. With its last message the conversation goes, too,
        unless somebody has given it a title, a system prompt, a model or metadata.

        Raises:
            NotFound: there is no such completion.
            CompletionContinued: another message hangs below one of these.
        """
        for reply in await self._records.delete_completion(owner, id):
            self._runner.abandon(reply)

    async def _found(self, completion: Completion | None) -> Completion:
        if completion is None:
            raise NotFound("completion")
        [completion] = await self._with_texts([completion])
        return completion

    async def _with_texts(self, completions: Sequence[Completion]) -> tuple[Completion, ...]:
        """What is in flight says what its log says, in one read for all of them."""
        in_flight = [reply.id for each in completions for reply in each.replies if reply.status.in_flight]
        if not in_flight:
            return tuple(completions)
        texts = await self._log.texts(in_flight)
        return tuple(
            replace(
                each,
                replies=tuple(
                    reply.with_text(texts[reply.id]) if reply.id in texts else reply for reply in each.replies
                ),
            )
            for each in completions
        )
