"""The limits of what may be posted, edited, generated anew and imported."""

from __future__ import annotations

from collections.abc import Sequence

from app.chat.changes import Edit, Post, Regeneration
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput
from app.chat.idempotency import check_idempotency_key
from app.chat.text import MAX_MODEL_CHARACTERS, check_characters, check_metadata, check_text

MAX_REPLIES = 8
MAX_MESSAGES_BEFORE = 2_000
MAX_BYTES_BEFORE = 16 * 1024 * 1024
"""Of all of them together, in UTF-8: they are stored by one statement."""
MAX_IMPORTED_MESSAGES = 2_000
MAX_IMPORTED_BYTES = MAX_BYTES_BEFORE


def check_post(post: Post) -> None:
    """Raises:
    BadInput: a value is out of its limits; names the field.
    """
    check_fields(post)
    check_amount_before(post.before)


def check_fields(post: Post) -> None:
    """As `check_post`, but for the limits on how much comes before the posted message.

    Raises:
        BadInput: a value is out of its limits; names the field, of a message before as `messages[N].content`.
    """
    _check_content(post.content, f"messages[{len(post.before)}].content" if post.before else "content")
    _check_texts(post.before)
    if post.parent_id is not None and post.conversation_id is None:
        raise BadInput("parent_id", "needs the conversation that it belongs to")
    _check_replying(post, least=0)
    check_metadata(post.metadata)
    check_metadata(post.completion_metadata, "completion_metadata")


def check_edit(edit: Edit) -> None:
    """Raises:
    BadInput: as `check_post`.
    """
    _check_content(edit.content, "content")
    _check_replying(edit, least=0)


def check_regeneration(regeneration: Regeneration) -> None:
    """Raises:
    BadInput: as `check_post`.
    """
    _check_replying(regeneration, least=1)


def check_amount_before(messages: Sequence[PromptMessage]) -> None:
    """Raises:
    BadInput: they are too many, or too long, to be stored at once.
    """
    if len(messages) > MAX_MESSAGES_BEFORE:
        most = MAX_MESSAGES_BEFORE + 1
        raise BadInput("messages", f"takes at most {most:,} new messages, not {len(messages) + 1:,}")
    if _bytes(messages) > MAX_BYTES_BEFORE:
        raise BadInput("messages", f"have more than {MAX_BYTES_BEFORE:,} new bytes of UTF-8 before the last one")


def check_imported(messages: Sequence[PromptMessage]) -> None:
    """Raises:
    BadInput: they are too many, or too long, or one cannot be stored; names it as `messages[N].content`.
    """
    if len(messages) > MAX_IMPORTED_MESSAGES:
        raise BadInput("messages", f"takes at most {MAX_IMPORTED_MESSAGES:,} messages, not {len(messages):,}")
    _check_texts(messages)
    if _bytes(messages) > MAX_IMPORTED_BYTES:
        raise BadInput("messages", f"have more than {MAX_IMPORTED_BYTES:,} bytes of UTF-8")


def _check_texts(messages: Sequence[PromptMessage]) -> None:
    for index, message in enumerate(messages):
        check_text(message.content, f"messages[{index}].content")


def _bytes(messages: Sequence[PromptMessage]) -> int:
    return sum(len(message.content.encode()) for message in messages)


def _check_content(content: str, field: str) -> None:
    check_text(content, field)
    if not content:
        raise BadInput(field, "must not be empty")


def _check_replying(asked: Post | Edit | Regeneration, *, least: int) -> None:
    if not least <= asked.replies <= MAX_REPLIES:
        raise BadInput("n", f"must be from 1 to {MAX_REPLIES}, not {asked.replies}")
    if asked.model is not None:
        check_characters(asked.model, "model", MAX_MODEL_CHARACTERS)
    if asked.idempotency_key is not None:
        check_idempotency_key(asked.idempotency_key)
    asked.parameters.check()
