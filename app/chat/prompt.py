"""The prompt of a reply, made from the branch that it answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.chat.completion import PromptMessage
from app.chat.records import Message, Role


def said(messages: Iterable[Message]) -> Iterator[PromptMessage]:
    """What of stored messages is part of a prompt.

    A reply that was cut short counts with the text it got to, as the person saw it.
    """
    return (PromptMessage(each.role, each.text.content) for each in messages)


def build_prompt(system_prompt: str | None, branch: Iterable[PromptMessage]) -> tuple[PromptMessage, ...]:
    """System prompt first, then what was said from the root on.

    What has no text is left out, because upstreams refuse empty assistant messages.
    """
    messages = [PromptMessage(Role.SYSTEM, system_prompt)] if system_prompt else []
    messages += [each for each in branch if each.content]
    return tuple(messages)
