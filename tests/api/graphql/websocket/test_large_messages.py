"""Long messages: of strangers none are read, and those of others hold up nobody and stay in their order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.api.graphql.limits import MAX_BYTES_BEFORE_INIT, MAX_OPERATION_ID_CHARACTERS
from app.api.graphql.websocket.close import Close, CloseCode
from app.api.graphql.websocket.messages import ConnectionInit, Subscribe, parse_message
from app.api.large_json import INLINE_BYTES, MAX_JSON_VALUES
from tests.api.graphql.client import ACK, INIT, Client

MODELS = "{ models { id } }"


def init_of(size_bytes: int) -> str:
    empty = json.dumps(INIT | {"payload": {"a": ""}})
    return json.dumps(INIT | {"payload": {"a": "x" * (size_bytes - len(empty))}})


def subscribe(id: str, **variables: Any) -> str:
    return json.dumps({"type": "subscribe", "id": id, "payload": {"query": MODELS, "variables": variables}})


async def refusal(text: str, *, known: bool) -> str:
    with pytest.raises(Close) as caught:
        await parse_message(text, known=known)
    assert caught.value.code == CloseCode.BAD_REQUEST
    return caught.value.reason


async def test_the_longest_message_of_a_stranger_is_read_and_one_byte_more_is_not() -> None:
    assert isinstance(await parse_message(init_of(MAX_BYTES_BEFORE_INIT), known=False), ConnectionInit)
    assert f"{MAX_BYTES_BEFORE_INIT:,} bytes" in await refusal(init_of(MAX_BYTES_BEFORE_INIT + 1), known=False)
    assert isinstance(await parse_message(init_of(MAX_BYTES_BEFORE_INIT + 1), known=True), ConnectionInit)


async def test_it_is_bytes_that_count() -> None:
    text = json.dumps(INIT | {"payload": {"a": "🦜" * (MAX_BYTES_BEFORE_INIT // 4)}}, ensure_ascii=False)
    assert len(text) < MAX_BYTES_BEFORE_INIT
    assert "bytes" in await refusal(text, known=False)
    sent = await parse_message(subscribe("1"), known=True)
    assert isinstance(sent, Subscribe)
    assert sent.size_bytes == len(subscribe("1"))


async def test_more_values_than_memory_is_kept_for_are_not_read() -> None:
    assert f"{MAX_JSON_VALUES:,} JSON values" in await refusal(subscribe("1", a=[[]] * MAX_JSON_VALUES), known=True)


async def test_the_longest_id_is_taken_and_one_character_more_is_not() -> None:
    id = "é" * MAX_OPERATION_ID_CHARACTERS
    assert isinstance(await parse_message(subscribe(id), known=True), Subscribe)
    assert f"{MAX_OPERATION_ID_CHARACTERS} characters" in await refusal(subscribe(id + "é"), known=True)
    assert await refusal(json.dumps({"type": "complete", "id": id + "é"}), known=True)


async def test_a_stranger_who_sends_much_is_closed(client: Client) -> None:
    async with client.socket(init=False) as socket:
        await socket.send(init_of(MAX_BYTES_BEFORE_INIT + 1))
        assert (await socket.closed())[0] == 4400
    async with client.socket(init=False) as socket:
        await socket.send(init_of(MAX_BYTES_BEFORE_INIT))
        assert await socket.receive() == ACK


async def test_a_long_message_comes_before_the_short_one_that_was_sent_after_it(client: Client) -> None:
    long = {"a": "x" * (4 * INLINE_BYTES)}
    async with client.socket() as socket:
        for number in range(5):
            await socket.send({"type": "ping", "payload": long})
            await socket.send({"type": "ping", "payload": {"a": number}})
        for number in range(5):
            assert (await socket.receive())["payload"] == long
            assert (await socket.receive())["payload"] == {"a": number}
