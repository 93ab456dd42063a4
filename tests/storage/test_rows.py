from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.identifiers import new_uuid
from app.chat.parameters import CompletionParameters
from app.chat.records import CompletionError, FinishReason, Role, Text, Usage, UsageSource
from app.chat.status import MessageStatus
from app.storage.rows import conversation_of, message_of, parameters_of

NOW = datetime(2026, 1, 31, 23, 59, 59, 123000, tzinfo=UTC)

CONVERSATION: dict[str, Any] = {
    "id": str(new_uuid()),
    "owner": "local",
    "created_at": NOW,
    "updated_at": NOW,
    "title": None,
    "system_prompt": None,
    "model": None,
    "metadata": {},
    "archived": False,
    "tip_id": None,
}
MESSAGE: dict[str, Any] = {
    "id": str(new_uuid()),
    "conversation_id": str(new_uuid()),
    "parent_id": None,
    "turn_id": None,
    "depth": 0,
    "role": "USER",
    "status": "COMPLETE",
    "content": "Hello",
    "reasoning": None,
    "seq": 0,
    "model": None,
    "parameters": {},
    "finish_reason": None,
    "prompt_tokens": None,
    "completion_tokens": None,
    "usage_source": None,
    "error_code": None,
    "error_message": None,
    "error_retryable": None,
    "metadata": {},
    "created_at": NOW,
    "completed_at": None,
}


def test_what_is_not_there_is_none() -> None:
    message = message_of(MESSAGE)
    assert (message.parent_id, message.turn_id, message.usage, message.error) == (None, None, None, None)
    assert (message.finish_reason, message.completed_at, message.parameters) == (None, None, CompletionParameters())
    assert conversation_of(CONVERSATION).tip_id is None


def test_usage_error_and_outcome_come_from_their_columns() -> None:
    failed = message_of(
        {
            **MESSAGE,
            "role": "ASSISTANT",
            "status": "FAILED",
            "seq": 3,
            "reasoning": "hm",
            "finish_reason": "LENGTH",
            "prompt_tokens": 0,
            "completion_tokens": 7,
            "usage_source": "ESTIMATED",
            "error_code": "UPSTREAM_TIMEOUT",
            "error_message": "",
            "error_retryable": False,
        }
    )
    assert (failed.role, failed.status) == (Role.ASSISTANT, MessageStatus.FAILED)
    assert failed.text == Text(3, "Hello", "hm")
    assert failed.finish_reason is FinishReason.LENGTH
    assert failed.usage == Usage(0, 7, UsageSource.ESTIMATED)
    assert failed.error == CompletionError("UPSTREAM_TIMEOUT", "", False)


@pytest.mark.parametrize(
    "text",
    ["2026-01-31T23:59:59.123+00:00", "2026-01-31T23:59:59.123Z", "2026-02-01T01:59:59.123+02:00"],
)
def test_a_time_is_read_as_postgresqls_json_has_it(text: str) -> None:
    read = message_of({**MESSAGE, "created_at": text}).created_at
    assert read == NOW
    assert read.utcoffset() == timedelta(0)


def test_a_time_is_given_in_utc_whatever_the_offset_that_it_came_with() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-5)))
    assert conversation_of({**CONVERSATION, "updated_at": there}).updated_at.tzinfo is UTC


PARAMETERS = st.builds(
    CompletionParameters,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(1),
    stop=st.lists(st.text(min_size=1), max_size=4).map(tuple),
    seed=st.none() | st.integers(),
    presence_penalty=st.none() | st.floats(-2, 2),
    frequency_penalty=st.none() | st.floats(-2, 2),
)


@given(PARAMETERS)
def test_parameters_come_back_as_they_were_stored(parameters: CompletionParameters) -> None:
    assert parameters_of(parameters.given()) == parameters


def test_only_what_was_given_is_stored_and_zero_is_something() -> None:
    assert CompletionParameters().given() == {}
    assert CompletionParameters(temperature=0, seed=0).given() == {"temperature": 0, "seed": 0}


def test_a_parameter_of_a_newer_release_does_not_keep_a_message_from_being_read() -> None:
    assert parameters_of({"seed": 1, "reasoning_effort": "high"}) == CompletionParameters(seed=1)
