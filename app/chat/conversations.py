"""What can be done with a conversation itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app.chat.changes import UNSET, ConversationChanges
from app.chat.completion import ModelCatalog, PromptMessage
from app.chat.errors import NotFound
from app.chat.identifiers import ConversationId, new_conversation_id, new_message_id
from app.chat.paging import ActivityKey, Page, Window
from app.chat.ports import Records
from app.chat.records import Conversation, Metadata
from app.chat.runner import Runner
from app.chat.text import MAX_MODEL_CHARACTERS, MAX_TITLE_CHARACTERS, check_characters, check_metadata, check_text
from app.chat.titles import made_title
from app.chat.validation import check_imported


class Conversations:
    def __init__(self, records: Records, catalog: ModelCatalog, runner: Runner, *, auto_titles: bool = True) -> None:
        self._auto_titles = auto_titles
        self._records = records
        self._catalog = catalog
        self._runner = runner

    async def get(self, owner: str, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Conversation]:
        """Those of the ids that exist and are the owner's."""
        return await self._records.conversations(owner, ids)

    async def page(
        self, owner: str, window: Window[ActivityKey], *, archived: bool | None = False
    ) -> Page[Conversation]:
        """Newest activity first; `archived` None gives both kinds."""
        return await self._records.conversation_page(owner, window, archived=archived)

    async def count(self, owner: str, *, archived: bool | None = False) -> int:
        return await self._records.conversation_count(owner, archived=archived)

    async def create(
        self,
        owner: str,
        *,
        title: str | None = None,
        system_prompt: str | None = None,
        model: str | None = None,
        metadata: Metadata | None = None,
        messages: Sequence[PromptMessage] = (),
    ) -> Conversation:
        """Begins a conversation, with a branch of messages that were said elsewhere, if any.

        Raises:
            BadInput: a text cannot be stored or is too long, or there are too many messages.
            ModelNotFound: no such model is served.
        """
        changes = ConversationChanges(title=title, system_prompt=system_prompt, model=model, metadata=metadata or {})
        check_imported(messages)
        await self._check(changes)
        if not messages:
            return await self._records.create_conversation(new_conversation(owner, changes))
        if title is None and self._auto_titles:
            changes = replace(changes, title=made_title(messages))
        imported = [(new_message_id(), each) for each in messages]
        return await self._records.import_conversation(new_conversation(owner, changes), imported)

    async def update(self, owner: str, id: ConversationId, changes: ConversationChanges) -> Conversation:
        """Raises:
        BadInput, ModelNotFound: as in `create`.
        NotFound: there is no such conversation, or it is another's.
        """
        await self._check(changes)
        if updated := await self._records.update_conversation(owner, id, changes):
            return updated
        raise NotFound("conversation")

    async def delete(self, owner: str, id: ConversationId) -> None:
        """Deletes it with all its messages; a reply in flight is abandoned.

        Raises:
            NotFound: there is no such conversation, or it is another's.
        """
        replies = (await self._records.active_replies(owner, [id])).get(id, ())
        if not await self._records.delete_conversation(owner, id):
            raise NotFound("conversation")
        for reply in replies:
            self._runner.abandon(reply.id)

    async def _check(self, changes: ConversationChanges) -> None:
        if isinstance(changes.title, str):
            check_characters(changes.title, "title", MAX_TITLE_CHARACTERS)
        if isinstance(changes.system_prompt, str):
            check_text(changes.system_prompt, "system_prompt")
        if isinstance(changes.model, str):
            check_characters(changes.model, "model", MAX_MODEL_CHARACTERS)
        if changes.metadata is not UNSET:
            check_metadata(changes.metadata)
        if isinstance(changes.model, str):
            await self._catalog.resolve(changes.model)


def new_conversation(owner: str, changes: ConversationChanges | None = None) -> Conversation:
    now = datetime.now(UTC)
    given = changes.given() if changes else {}
    return Conversation(new_conversation_id(), owner, created_at=now, updated_at=now, **given)
