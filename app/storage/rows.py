"""Rows as records: which columns are read, and what is made of their values, which have asyncpg's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final, TypeAlias

from asyncpg import Record

from app.chat.parameters import CompletionParameters
from app.chat.records import (
    Completion,
    CompletionError,
    Conversation,
    FinishReason,
    Message,
    Role,
    Text,
    Usage,
    UsageSource,
)
from app.chat.status import MessageStatus

Row: TypeAlias = Mapping[str, Any] | Record
Values: TypeAlias = Sequence[Any]
"""Of the columns of a record, in their order. Where messages are many they are a row's; anywhere else they are the
fields of one value, `ROW(…)`, which asyncpg gives as a tuple, but takes three times as long for.
"""

# Enums go as text, for asyncpg asks each connection what an unknown type is. Times do as well, in UTC as all sessions
# are: they are read in a third of the time that asyncpg takes for its own form. JSON that says nothing stays away.
_CONVERSATION_COLUMNS: Final = (
    "{0}.id, {0}.owner, {0}.created_at::text, {0}.updated_at::text, {0}.title, {0}.system_prompt, {0}.model,"
    " nullif({0}.metadata, '{{}}'), {0}.archived, {0}.tip_id"
)
_MESSAGE_COLUMNS: Final = (
    "{0}.id, {0}.conversation_id, {0}.parent_id, {0}.turn_id, {0}.depth, {0}.role::text, {0}.status::text,"
    " {0}.content, {0}.reasoning, {0}.seq, {0}.model, nullif({0}.parameters, '{{}}'), {0}.finish_reason::text,"
    " {0}.prompt_tokens, {0}.completion_tokens, {0}.usage_source::text,"
    " {0}.error_code, {0}.error_message, {0}.error_retryable, nullif({0}.metadata, '{{}}'),"
    " {0}.created_at::text, {0}.completed_at::text"
)
_TURN_COLUMNS: Final = "{0}.id, {0}.conversation_id, {0}.message_id, {0}.created_at::text, nullif({0}.metadata, '{{}}')"

_time: Final = datetime.fromisoformat

_PARAMETERS: Final = tuple(each.name for each in fields(CompletionParameters))
_NO_PARAMETERS: Final = CompletionParameters()
# By value: to look one up takes a fraction of what a call of the class takes.
_ROLES: Final[Mapping[str, Role]] = {each.value: each for each in Role}
_STATUSES: Final[Mapping[str, MessageStatus]] = {each.value: each for each in MessageStatus}
_FINISH_REASONS: Final[Mapping[str | None, FinishReason | None]] = {
    None: None,
    **{each.value: each for each in FinishReason},
}
_USAGE_SOURCES: Final[Mapping[str, UsageSource]] = {each.value: each for each in UsageSource}


_MESSAGE_WIDTH: Final = _MESSAGE_COLUMNS.count("{0}.")
NO_MESSAGE: Final = ", ".join(["NULL"] * _MESSAGE_WIDTH)
"""In the place of `message_columns`."""
MESSAGE: Final = slice(-_MESSAGE_WIDTH, None)
"""Of a row that ends with them, what `message_of` reads."""


def message_columns(of: str) -> str:
    """What `message_of` reads, of the table or alias `of`."""
    return _MESSAGE_COLUMNS.format(of)


def message_row(of: str) -> str:
    return f"ROW({message_columns(of)})"


def conversation_row(of: str) -> str:
    return f"ROW({_CONVERSATION_COLUMNS.format(of)})"


def turn_row(of: str) -> str:
    return f"ROW({_TURN_COLUMNS.format(of)})"


def conversation_of(values: Values) -> Conversation:
    id, owner, created_at, updated_at, title, system_prompt, model, metadata, archived, tip_id = values
    return Conversation(
        id, owner, _time(created_at), _time(updated_at), title, system_prompt, model, metadata or {}, archived, tip_id
    )  # fmt: skip


def message_of(values: Values) -> Message:
    """Most of what a page costs this process is to make messages: so by position, and by value."""
    (id, conversation_id, parent_id, turn_id, depth, role, status, content, reasoning, seq, model, parameters,
     finish_reason, prompt_tokens, completion_tokens, usage_source, error_code, error_message, error_retryable,
     metadata, created_at, completed_at) = values  # fmt: skip
    return Message(
        id,
        conversation_id,
        _ROLES[role],
        _STATUSES[status],
        _time(created_at),
        depth,
        parent_id,
        turn_id,
        Text(seq, content, reasoning),
        model,
        parameters_of(parameters) if parameters else _NO_PARAMETERS,
        _FINISH_REASONS[finish_reason],
        Usage(prompt_tokens, completion_tokens, _USAGE_SOURCES[usage_source]) if usage_source else None,
        None if error_code is None else CompletionError(error_code, error_message, error_retryable),
        metadata or {},
        _time(completed_at) if completed_at else None,
    )


def completion_of(turn: Values, replies: Sequence[Values]) -> Completion:
    id, conversation_id, message_id, created_at, metadata = turn
    return Completion(
        id, conversation_id, message_id, _time(created_at), tuple(message_of(each) for each in replies), metadata or {}
    )  # fmt: skip


def parameters_of(stored: Mapping[str, Any]) -> CompletionParameters:
    """Of a newer release's parameters those that this one knows: the two serve side by side for a while."""
    known = {name: stored[name] for name in _PARAMETERS if name in stored}
    return CompletionParameters(**{**known, "stop": tuple(stored.get("stop", ()))})


def stored_parameters(parameters: CompletionParameters) -> dict[str, Any]:
    """Only what was given, so that a default that is added later stays one."""
    return {name: value for name, value in asdict(parameters).items() if value not in (None, ())}
