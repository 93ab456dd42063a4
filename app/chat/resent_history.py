"""Reads, of a conversation, what tells which messages of a history that comes again are stored already."""

from __future__ import annotations

from dataclasses import replace

from app.chat.completion import PromptMessage
from app.chat.continuation import Comparison, Continuation
from app.chat.errors import NotFound
from app.chat.history import History
from app.chat.identifiers import MessageId
from app.chat.paging import Window
from app.chat.records import Conversation

BRANCH_PAGE_MESSAGES = 500
FIRST_BRANCH_PAGE_MESSAGES = 50
"""Where a history is another one, its first messages tell."""


async def compare_history(
    history: History, conversation: Conversation, messages: tuple[PromptMessage, ...], parent_id: MessageId | None
) -> Continuation | None:
    """What of the messages is still to be stored, and where; None where the branch was deleted meanwhile.

    The branch is that of `parent_id`, or else of the tip that the conversation is known to have.

    Raises:
        NotFound: there is no such parent.
    """
    comparison = Comparison(messages, conversation.system_prompt, may_root=parent_id is None)
    tip = parent_id or conversation.tip_id
    if tip is None:
        rest = comparison.rest()
        return replace(rest, root=len(rest.messages) > 1)
    window: Window[MessageId] = Window(min(FIRST_BRANCH_PAGE_MESSAGES, BRANCH_PAGE_MESSAGES))
    while True:
        page = await history.branch(conversation.owner, tip, window)
        if not comparison.read(page.items) or not page.has_next:
            break
        window = replace(window, size=min(2 * window.size, BRANCH_PAGE_MESSAGES), after=page.items[-1].id)
    if not comparison.empty:
        return comparison.rest()
    if parent_id:
        raise NotFound("parent message")
    return None
