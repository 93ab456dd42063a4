"""What may be posted, and when two posts are the same one."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

import pytest

from app.chat.changes import Post, WhenBusy
from app.chat.completion import PromptMessage
from app.chat.errors import BadInput
from app.chat.idempotency import MAX_IDEMPOTENCY_KEY_CHARACTERS, digest
from app.chat.identifiers import new_conversation_id, new_message_id
from app.chat.parameters import CompletionParameters
from app.chat.records import Role
from app.chat.text import MAX_CONTENT_BYTES, MAX_METADATA_BYTES, MAX_MODEL_CHARACTERS
from app.chat.validation import MAX_BYTES_BEFORE, MAX_MESSAGES_BEFORE, MAX_REPLIES, check_post

HI, EMPTY = PromptMessage(Role.USER, "Hi"), PromptMessage(Role.ASSISTANT, "")
LONG = PromptMessage(Role.DATA, "é" * (MAX_CONTENT_BYTES // 2))

GOOD: list[dict[str, Any]] = [
    {"content": " "},
    {"content": "\u0085\u2028\u2029\u202e😀"},
    {"content": "x" * MAX_CONTENT_BYTES},
    {"replies": 0},
    {"replies": MAX_REPLIES},
    {"conversation_id": new_conversation_id(), "parent_id": new_message_id()},
    {"idempotency_key": "k" * MAX_IDEMPOTENCY_KEY_CHARACTERS},
    {"model": "m" * MAX_MODEL_CHARACTERS},
    {"model": ""},
    {"before": (HI, EMPTY) * (MAX_MESSAGES_BEFORE // 2)},
    {"before": (LONG,) * (MAX_BYTES_BEFORE // MAX_CONTENT_BYTES)},
    {"completion_metadata": {"a": "b"}},
]

BAD: list[tuple[str, dict[str, Any]]] = [
    ("content", {"content": ""}),
    ("content", {"content": "a\0"}),
    ("content", {"content": "a\udc00"}),
    ("content", {"content": "x" * (MAX_CONTENT_BYTES + 1)}),
    ("n", {"replies": -1}),
    ("n", {"replies": MAX_REPLIES + 1}),
    ("parent_id", {"parent_id": new_message_id()}),
    ("idempotency_key", {"idempotency_key": ""}),
    ("idempotency_key", {"idempotency_key": "k" * (MAX_IDEMPOTENCY_KEY_CHARACTERS + 1)}),
    ("idempotency_key", {"idempotency_key": "k\0"}),
    ("model", {"model": "m" * (MAX_MODEL_CHARACTERS + 1)}),
    ("model", {"model": "m\0"}),
    ("parameters.temperature", {"parameters": CompletionParameters(temperature=3)}),
    ("metadata.a", {"metadata": {"a": "\0"}}),
    ("metadata", {"metadata": {"a": "x" * MAX_METADATA_BYTES}}),
    ("completion_metadata.a", {"completion_metadata": {"a": "\0"}}),
    ("messages", {"before": (HI,) * (MAX_MESSAGES_BEFORE + 1)}),
    ("messages", {"before": (*(LONG,) * (MAX_BYTES_BEFORE // MAX_CONTENT_BYTES), HI)}),
    ("messages[1].content", {"before": (HI, PromptMessage(Role.USER, "a\0"), HI)}),
    ("messages[0].content", {"before": (PromptMessage(Role.USER, "x" * (MAX_CONTENT_BYTES + 1)),)}),
    ("messages[2].content", {"before": (HI, HI), "content": ""}),
]


@pytest.mark.parametrize("given", GOOD, ids=",".join)
def test_a_post_within_its_limits_is_taken(given: dict[str, Any]) -> None:
    check_post(Post(**{"content": "Hello", **given}))


@pytest.mark.parametrize(("field", "given"), BAD, ids=lambda each: each if isinstance(each, str) else "")
def test_a_post_beyond_its_limits_is_refused_by_the_name_of_the_field(field: str, given: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        check_post(Post(**{"content": "Hello", **given}))
    assert refused.value.field == field
    assert len(str(refused.value)) < 200


ONE = Post(
    "Hello",
    conversation_id=new_conversation_id(),
    parent_id=new_message_id(),
    model="m",
    parameters=CompletionParameters(temperature=1.0, stop=("a", "b")),
    idempotency_key="k",
    metadata={"a": 1, "b": {"c": 2, "d": 3}},
    before=(HI,),
)
OTHERS: dict[str, Any] = {
    "content": "hello",
    "conversation_id": new_conversation_id(),
    "role": Role.DATA,
    "parent_id": None,
    "model": None,
    "parameters": CompletionParameters(temperature=1.0, stop=("b", "a")),
    "replies": 2,
    "when_busy": WhenBusy.INTERRUPT,
    "idempotency_key": "K",
    "metadata": {"a": 1, "b": {"c": 2, "d": 4}},
    "before": (PromptMessage(Role.DATA, "Hi"),),
    "completion_metadata": {"a": 1},
}


def as_dict(post: Post) -> dict[str, Any]:
    return {each.name: getattr(post, each.name) for each in fields(post)}


def test_the_same_post_has_the_same_digest_whatever_the_order_of_its_metadata() -> None:
    again = {**as_dict(ONE), "metadata": {"b": {"d": 3, "c": 2}, "a": 1}}
    assert digest(Post(**again)) == digest(ONE)


@pytest.mark.parametrize("field", [each.name for each in fields(Post)])
def test_a_post_that_differs_in_any_field_has_another_digest(field: str) -> None:
    assert digest(Post(**{**as_dict(ONE), field: OTHERS[field]})) != digest(ONE)


def test_values_that_only_look_alike_have_different_digests() -> None:
    alike: list[Any] = [{"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {"a": "None"}, {"a": [1]}, {"a": {"1": 1}}, {}]
    assert len({digest(Post("x", metadata=each)) for each in alike}) == len(alike)


def test_a_post_has_the_digest_that_earlier_releases_have_stored_of_it() -> None:
    """A client that repeats a post across an upgrade must not be told that it is another one."""
    assert digest(Post("Hello")).hex() == "d6797d9a20842c7baf4ec0c9ab4c969728ee625c70e7d737a2c8966ce7f682ea"
    everything: dict[str, Any] = {
        "conversation_id": UUID(int=1),
        "role": Role.SYSTEM,
        "parent_id": UUID(int=2),
        "model": "m",
        "parameters": CompletionParameters(temperature=1.0, stop=("a", "b")),
        "replies": 2,
        "when_busy": WhenBusy.ENQUEUE,
        "idempotency_key": "k",
        "metadata": {"ü": {"c": [2, None]}},
        "before": (PromptMessage(Role.USER, "Hi"),),
        "completion_metadata": {"a": 1},
    }
    assert (
        digest(Post("Hello", **everything)).hex() == "97b5f1e98f4daa6c1daa9cc263f97267afd4c397c04e7e4150623eb457d64c8f"
    )
