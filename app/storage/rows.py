"""Rows as records: which columns are read, and what is made of their values, which have asyncpg's types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeAlias
from uuid import UUID

from asyncpg import Record

from app.chat.message_parts import NOT_READ, MessageParts
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
Values: TypeAlias = Sequence[Any] | Record
"""Of the columns of a record, in their order. Where messages are many they are a row's; anywhere else they are the
fields of one value, `ROW(…)`, which asyncpg gives as a tuple, but takes longer for.
"""

# Enums go as text, for asyncpg asks each connection what an unknown type is. Times do as well, in UTC as all sessions
# are: they are read in a third of the time that asyncpg takes for its own form. JSON that says nothing stays away.
_CONVERSATION_COLUMNS: Final = (
    "{0}.id, {0}.owner, {0}.created_at::text, {0}.updated_at::text, {0}.title, {0}.system_prompt, {0}.model,"
    " nullif({0}.metadata, '{{}}'), {0}.archived, {0}.tip_id"
)
_MESSAGE_COLUMNS: Final = "{0}.id, {0}.depth, {0}.role::text, {0}.status::text, {0}.created_at::text"
_PART_COLUMNS: Final = {
    MessageParts.PLACE: "{0}.conversation_id, {0}.parent_id",
    MessageParts.TEXT: "{0}.seq, {0}.content, {0}.reasoning",
    MessageParts.OUTCOME: (
        "{0}.model, {0}.finish_reason::text, {0}.prompt_tokens, {0}.completion_tokens, {0}.usage_source::text,"
        " {0}.error_code, {0}.error_message, {0}.error_retryable, {0}.completed_at::text"
    ),
    MessageParts.METADATA: "nullif({0}.metadata, '{{}}')",
    MessageParts.TURN: "{0}.turn_id, nullif({0}.parameters, '{{}}')",
}
"""After those of every message, in this order."""
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
_NO_PLACE: Final = (NOT_READ,) * 2
_NO_OUTCOME: Final = (NOT_READ,) * 5
_NO_TURN: Final = (NOT_READ,) * 2
_tuple: Final = tuple.__new__


def _width(columns: str) -> int:
    return columns.count("{0}.")


def _columns(parts: MessageParts) -> list[str]:
    return [_MESSAGE_COLUMNS, *(_PART_COLUMNS[each] for each in parts)]


def message_columns(of: str, parts: MessageParts = MessageParts.WHOLE) -> str:
    """What the reader of the same parts takes, of the table or alias `of`."""
    return ", ".join(_columns(parts)).format(of)


def no_message(parts: MessageParts) -> str:
    """In the place of `message_columns`."""
    return ", ".join(["NULL"] * sum(map(_width, _columns(parts))))


def message_row(of: str, parts: MessageParts = MessageParts.WHOLE) -> str:
    return f"ROW({message_columns(of, parts)})"


def conversation_row(of: str) -> str:
    return f"ROW({_CONVERSATION_COLUMNS.format(of)})"


def turn_row(of: str) -> str:
    return f"ROW({_TURN_COLUMNS.format(of)})"


def conversation_of(values: Values) -> Conversation:
    id, owner, created_at, updated_at, title, system_prompt, model, metadata, archived, tip_id = values
    return Conversation(
        id, owner, _time(created_at), _time(updated_at), title, system_prompt, model, metadata or {}, archived, tip_id
    )  # fmt: skip


@cache
def message_reader(parts: MessageParts) -> Callable[[Values], Message]:
    """Makes messages of values that begin with the columns of those parts.

    Most of what a page costs this process is to make messages: so by position, by value, and without the constructors
    of named tuples, which take twice as long as a tuple's own.
    """
    places, width = {}, _width(_MESSAGE_COLUMNS)
    every = slice(width)
    for each in parts:
        places[each] = slice(width, width := width + _width(_PART_COLUMNS[each]))
    place, text, outcome, metadata, turn = (places.get(each) for each in _PART_COLUMNS)

    def message(values: Values) -> Message:
        id, depth, role, status, created_at = values[every]
        conversation_id, parent_id = values[place] if place else _NO_PLACE
        model, finish_reason, usage, error, completed_at = _outcome(*values[outcome]) if outcome else _NO_OUTCOME
        turn_id, parameters = _turn(*values[turn]) if turn else _NO_TURN
        return _tuple(
            Message,
            (
                id,
                conversation_id,
                _ROLES[role],
                _STATUSES[status],
                _time(created_at),
                depth,
                parent_id,
                turn_id,
                _tuple(Text, values[text]) if text else NOT_READ,
                model,
                parameters,
                finish_reason,
                usage,
                error,
                values[metadata][0] or {} if metadata else NOT_READ,
                completed_at,
            ),
        )

    return message


message_of: Final = message_reader(MessageParts.WHOLE)


def _outcome(
    model: str | None,
    finish_reason: str | None,
    prompt_tokens: int,
    completion_tokens: int,
    usage_source: str | None,
    error_code: str | None,
    error_message: str,
    error_retryable: bool,
    completed_at: str | None,
) -> tuple[object, ...]:
    return (
        model,
        _FINISH_REASONS[finish_reason],
        Usage(prompt_tokens, completion_tokens, _USAGE_SOURCES[usage_source]) if usage_source else None,
        None if error_code is None else CompletionError(error_code, error_message, error_retryable),
        _time(completed_at) if completed_at else None,
    )


def _turn(turn_id: UUID | None, parameters: Mapping[str, Any] | None) -> tuple[object, ...]:
    return turn_id, parameters_of(parameters) if parameters else _NO_PARAMETERS


def completion_of(turn: Values, replies: Sequence[Values]) -> Completion:
    id, conversation_id, message_id, created_at, metadata = turn
    return Completion(
        id, conversation_id, message_id, _time(created_at), tuple(message_of(each) for each in replies), metadata or {}
    )  # fmt: skip


def parameters_of(stored: Mapping[str, Any]) -> CompletionParameters:
    """Of a newer release's parameters those that this one knows: the two serve side by side for a while."""
    known = {name: stored[name] for name in _PARAMETERS if name in stored}
    return CompletionParameters(**{**known, "stop": tuple(stored.get("stop", ()))})
