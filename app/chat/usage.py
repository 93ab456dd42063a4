"""Token counts where the provider gives none: an estimate, and always labelled as one."""

from __future__ import annotations

from collections.abc import Iterable

from app.chat.completion import PromptMessage
from app.chat.records import Usage, UsageSource

BYTES_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4
"""What chat templates add around a message, about."""


def estimate_usage(prompt: Iterable[PromptMessage], completion: str) -> Usage:
    """About four bytes of UTF-8 a token, as the common BPE vocabularies have it for English."""
    prompt_tokens = sum(_tokens(each.content) + TOKENS_PER_MESSAGE for each in prompt)
    return Usage(prompt_tokens, _tokens(completion), UsageSource.ESTIMATED)


def _tokens(text: str) -> int:
    return -(-len(text.encode()) // BYTES_PER_TOKEN)
