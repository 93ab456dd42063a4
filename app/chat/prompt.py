"""The prompt of a reply, made from the branch that it answers."""

from __future__ import annotations

from collections.abc import Iterable

from app.chat.completion import PromptMessage
from app.chat.records import Message, Role


def build_prompt(system_prompt: str | None, branch: Iterable[Message]) -> tuple[PromptMessage, ...]:
    """System prompt first, then what was said from the root on.

    A reply that was cut short counts with the text it got to, as the person saw it; one without any is left out,
    because upstreams refuse empty assistant messages.
    """
    messages = [PromptMessage(Role.SYSTEM, system_prompt)] if system_prompt else []
    messages += [PromptMessage(each.role, each.text.content) for each in branch if each.text.content]
    return tuple(messages)
