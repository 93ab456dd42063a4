"""Stored completions, and the messages that they answer, as OpenAI writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.api.rest.completion_format import CompletionHead, choice_fields, usage_fields
from app.api.rest.completion_id import completion_id
from app.api.rest.reply_error import reply_error
from app.chat.identifiers import CONVERSATION, MESSAGE, to_text
from app.chat.records import Completion, FinishReason, Message, Role, Usage, UsageSource
from app.chat.status import MessageStatus

_ROLES: Final[Mapping[Role, str]] = {
    Role.SYSTEM: "system",
    Role.USER: "user",
    Role.ASSISTANT: "assistant",
    Role.DATA: "data",
    Role.TOOL: "tool",
}


def place_headers(completion: Completion) -> dict[str, str]:
    """Where the completion is on the other protocols: its conversation, and its replies in their order."""
    return {
        "x-conversation-id": to_text(CONVERSATION, completion.conversation_id),
        "x-message-id": ",".join(to_text(MESSAGE, each.id) for each in completion.replies),
    }


def stored_head(completion: Completion) -> CompletionHead:
    created = int(completion.created_at.timestamp())
    return CompletionHead(completion_id(completion.id), created, completion.replies[0].model or "")


def stored_completion(completion: Completion) -> dict[str, Any]:
    """As it is now: what goes on has no finish reason yet, and what ended badly none but an error."""
    parameters = completion.replies[0].parameters
    usage = total_usage(completion.replies)
    return {
        **stored_head(completion).fields("chat.completion"),
        "choices": [_choice(index, reply) for index, reply in enumerate(completion.replies)],
        "usage": usage_fields(usage) if usage else None,
        "metadata": dict(completion.metadata),
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "presence_penalty": parameters.presence_penalty,
        "frequency_penalty": parameters.frequency_penalty,
        "seed": parameters.seed,
    }


def deleted_completion(id: str) -> dict[str, Any]:
    return {"object": "chat.completion.deleted", "id": id, "deleted": True}


def stored_message(message: Message) -> dict[str, Any]:
    """Text given in parts is stored as one, hence no parts."""
    return {
        "id": to_text(MESSAGE, message.id),
        "role": _ROLES[message.role],
        "content": message.text.content,
        "name": None,
        "content_parts": None,
    }


def object_list(items: Sequence[Mapping[str, Any]], *, has_more: bool) -> dict[str, Any]:
    return {
        "object": "list",
        "data": items,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": has_more,
    }


def finish_reason(reply: Message) -> FinishReason | None:
    """Who has a reply stopped gets what it said up to there, and no error."""
    return FinishReason.STOP if reply.status is MessageStatus.STOPPED else reply.finish_reason


def total_usage(replies: Sequence[Message]) -> Usage | None:
    """The prompt once, as OpenAI counts it, and the tokens of all replies; None until all of them have ended.

    A reply that was ended before there was a prompt has no usage, and adds nothing.
    """
    if any(each.status.in_flight for each in replies):
        return None
    counts = [each.usage for each in replies if each.usage]
    estimated = any(usage.source is UsageSource.ESTIMATED for usage in counts)
    return Usage(
        max((usage.prompt_tokens for usage in counts), default=0),
        sum(usage.completion_tokens for usage in counts),
        UsageSource.ESTIMATED if estimated else UsageSource.PROVIDER,
    )


def _choice(index: int, reply: Message) -> dict[str, Any]:
    fields = choice_fields(index, reply.text.content, reply.text.reasoning or "", finish_reason(reply))
    if error := reply_error(reply):
        fields["error"] = error.fields()
    return fields
