"""What of a history that comes again is stored already: OpenAI's API has its clients send all of it each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.chat.completion import PromptMessage
from app.chat.identifiers import MessageId
from app.chat.records import Message, Role


@dataclass(frozen=True, slots=True)
class Continuation:
    """Args:
    messages: those that are still to be stored; never empty.
    parent_id: the stored message that they follow; None where no history was sent again.
    """

    messages: tuple[PromptMessage, ...]
    parent_id: MessageId | None = None


def unsaid(branch: Sequence[Message], messages: Sequence[PromptMessage], system_prompt: str | None) -> Continuation:
    """The messages that the branch, given from its root on, does not say yet; always at least the last one.

    Role and text are compared, from the root on. Messages without text say nothing and are passed over, on both sides.

    - All of the branch comes again: the rest follows its tip.
    - Its beginning comes again: the rest follows the last message that did, beside what the branch says there. So the
      model reads what the client has sent, and nothing twice.
    - Nothing does: all messages are new. System messages at the beginning that are in force already, as the
      conversation's system prompt or as the beginning of the branch, are not repeated; they alone are no history.
    """
    said = [each for each in branch if each.text.content]
    start = int(len(messages) > 1 and system_prompt is not None and _is_prompt(messages[0], system_prompt))
    if start and said and _same(said[0], messages[0]):
        start = 0  # the branch says it as well
    stored, known = 0, start
    for index in range(start, len(messages) - 1):
        if not messages[index].content:
            continue
        if stored == len(said) or not _same(said[stored], messages[index]):
            break
        stored, known = stored + 1, index + 1
    rest = tuple(messages[known:])
    if all(each.role is Role.SYSTEM for each in said[:stored]):
        return Continuation(rest)
    return Continuation(rest, branch[-1].id if stored == len(said) else said[stored - 1].id)


def _is_prompt(message: PromptMessage, system_prompt: str) -> bool:
    return message == PromptMessage(Role.SYSTEM, system_prompt)


def _same(stored: Message, sent: PromptMessage) -> bool:
    return (stored.role, stored.text.content) == (sent.role, sent.content)
