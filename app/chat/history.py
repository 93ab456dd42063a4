"""Reading what was said: stored messages, with the text of those in flight from the log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from app.chat.errors import BadInput, NotFound
from app.chat.events import CompletionEvent
from app.chat.identifiers import ConversationId, MessageId
from app.chat.message_parts import MessageParts
from app.chat.overview import Overview, Shown
from app.chat.paging import ActivityKey, BranchQuery, Page, Window
from app.chat.ports import Log, Records
from app.chat.records import Message, Text
from app.chat.status import MOVES

MAX_SEQ = 2**31 - 1


class History:
    def __init__(self, records: Records, log: Log) -> None:
        self._records = records
        self._log = log

    async def messages(
        self, owner: str, ids: Sequence[MessageId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[MessageId, Message]:
        """Those of the ids that exist and are the owner's."""
        found = await self._records.messages(owner, ids, parts)
        return {each.id: each for each in await self._with_texts(list(found.values()), parts)}

    async def message(self, owner: str, id: MessageId) -> Message:
        """Raises:
        NotFound: there is no such message, or it is another's.
        """
        if found := (await self.messages(owner, [id])).get(id):
            return found
        raise NotFound("message")

    async def siblings(
        self, owner: str, ids: Sequence[MessageId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[MessageId, Sequence[Message]]:
        found = await self._records.siblings(owner, ids, parts)
        texts = await self._texts((each for group in found.values() for each in group), parts)
        return {id: _told(group, texts) for id, group in found.items()}

    async def branch(self, owner: str, tip: MessageId, window: Window[MessageId]) -> Page[Message]:
        page = await self._records.branch_page(owner, tip, window)
        return replace(page, items=await self._with_texts(page.items))

    async def branches(
        self, owner: str, queries: Sequence[BranchQuery], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[BranchQuery, Page[Message]]:
        """Of each branch a page, root first. A tip that does not exist, or is another's, has an empty one."""
        pages = await self._records.branch_pages(owner, queries, parts)
        texts = await self._texts((each for page in pages.values() for each in page.items), parts)
        return {query: replace(page, items=_told(page.items, texts)) for query, page in pages.items()}

    async def overview(
        self,
        owner: str,
        window: Window[ActivityKey],
        shown: Shown,
        *,
        archived: bool | None = False,
        parts: MessageParts = MessageParts.WHOLE,
    ) -> Overview:
        """A page of conversations, newest activity first, and what is shown of each.

        Args:
            archived: only those that are, or are not; None for both kinds.
        """
        found = await self._records.overview(owner, window, shown, archived=archived, parts=parts)
        pages = [page.items for page in found.branches.values()]
        texts = await self._texts(chain(*pages, found.active.values()), parts)
        if not texts:
            return found
        return replace(
            found,
            branches={query: replace(page, items=_told(page.items, texts)) for query, page in found.branches.items()},
            active=dict(zip(found.active, _told(list(found.active.values()), texts), strict=True)),
        )

    async def active(
        self, owner: str, ids: Sequence[ConversationId], parts: MessageParts = MessageParts.WHOLE
    ) -> Mapping[ConversationId, Message]:
        """Of each conversation the first reply in flight, if any."""
        found = await self._records.active_replies(owner, ids, parts)
        first = {conversation: replies[0] for conversation, replies in found.items() if replies}
        return dict(zip(first, await self._with_texts(list(first.values()), parts), strict=True))

    async def watch(self, owner: str, id: MessageId, after: int = 0) -> AsyncGenerator[CompletionEvent, None]:
        """What `id` says after delta `after`, each piece once and in order, then live, then one End.

        Raises:
            BadInput: `after` is negative, or beyond what the reply says.
            NotFound: there is no such message, or it is another's.
        """
        if not 0 <= after <= MAX_SEQ:
            raise BadInput("after", f"must be from 0 to {MAX_SEQ}, not {after}")
        if not await self._records.messages(owner, [id], MessageParts.NONE):
            raise NotFound("message")
        return self._log.watch(id, after)

    async def _with_texts(
        self, messages: Sequence[Message], parts: MessageParts = MessageParts.WHOLE
    ) -> Sequence[Message]:
        return _told(messages, await self._texts(messages, parts))

    async def _texts(self, messages: Iterable[Message], parts: MessageParts) -> Mapping[MessageId, Text]:
        """Of those in flight the text and the seq of one read of the log, so nothing is lost in between.

        Nothing of any if it is not asked for.
        """
        if MessageParts.TEXT not in parts:
            return {}
        in_flight = {each.id for each in messages if MOVES[each.status]}
        return await self._log.texts(list(in_flight)) if in_flight else {}


def _told(messages: Sequence[Message], texts: Mapping[MessageId, Text]) -> Sequence[Message]:
    return [each.with_text(texts[each.id]) if each.id in texts else each for each in messages] if texts else messages
