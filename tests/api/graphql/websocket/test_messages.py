from __future__ import annotations

import json
from typing import Any

import pytest

from app.api.graphql.request import RequestParameters
from app.api.graphql.websocket.close import MAX_REASON_BYTES, Close, CloseCode
from app.api.graphql.websocket.messages import (
    ClientMessage,
    Complete,
    ConnectionInit,
    Ping,
    Pong,
    Subscribe,
    read_message,
)

QUERY = "{ models { id } }"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"connection_init"}', ConnectionInit({})),
        ('{"type":"connection_init","payload":null}', ConnectionInit({})),
        ('{"type":"connection_init","payload":{"key":"k"}}', ConnectionInit({"key": "k"})),
        ('{"type":"ping"}', Ping(None)),
        ('{"type":"ping","payload":{"a":1}}', Ping({"a": 1})),
        ('{"type":"pong"}', Pong()),
        ('{"type":"pong","payload":{"a":1}}', Pong()),
        ('{"type":"complete","id":"1"}', Complete("1")),
        ('{"type":"subscribe","id":"1","payload":{"query":"{a}"}}', Subscribe("1", RequestParameters("{a}"))),
        (
            '{"type":"subscribe","id":"é","payload":{"query":"{a}","variables":{"b":1},"operationName":"C",'
            '"extensions":{"d":2}}}',
            Subscribe("é", RequestParameters("{a}", {"b": 1}, "C", {"d": 2})),
        ),
        (
            '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":null,"operationName":null,'
            '"extensions":null,"unknown":1},"unknown":2}',
            Subscribe("1", RequestParameters("{a}")),
        ),
    ],
)
def test_what_the_protocol_defines_is_read(text: str, message: ClientMessage) -> None:
    assert read_message(text) == message


@pytest.mark.parametrize(
    "message",
    [
        [],
        "ping",
        None,
        1,
        {},
        {"type": None},
        {"type": ["ping"]},
        {"type": "bogus"},
        {"type": "connection_ack"},
        {"type": "next", "id": "1", "payload": {}},
        {"type": "start", "id": "1", "payload": {"query": QUERY}},
        {"type": "connection_init", "payload": []},
        {"type": "connection_init", "payload": "key"},
        {"type": "ping", "payload": 1},
        {"type": "pong", "payload": False},
        {"type": "complete"},
        {"type": "complete", "id": None},
        {"type": "complete", "id": ""},
        {"type": "subscribe", "payload": {"query": QUERY}},
        {"type": "subscribe", "id": 1, "payload": {"query": QUERY}},
        {"type": "subscribe", "id": "", "payload": {"query": QUERY}},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": None},
        {"type": "subscribe", "id": "1", "payload": []},
        {"type": "subscribe", "id": "1", "payload": {}},
        {"type": "subscribe", "id": "1", "payload": {"query": 5}},
        {"type": "subscribe", "id": "1", "payload": {"query": ""}},
        {"type": "subscribe", "id": "1", "payload": {"query": QUERY, "variables": [1]}},
        {"type": "subscribe", "id": "1", "payload": {"query": QUERY, "operationName": 1}},
        {"type": "subscribe", "id": "1", "payload": {"query": QUERY, "extensions": "x"}},
    ],
)
def test_whatever_else_ends_the_connection_with_4400(message: Any) -> None:
    with pytest.raises(Close) as caught:
        read_message(json.dumps(message))
    assert caught.value.code == CloseCode.BAD_REQUEST
    assert caught.value.reason.startswith("Invalid message: ")


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"type":"ping"', "[" * 100_000])
def test_what_is_not_json_ends_the_connection_with_4400(text: str) -> None:
    with pytest.raises(Close) as caught:
        read_message(text)
    assert caught.value.code == CloseCode.BAD_REQUEST


@pytest.mark.parametrize("reason", ["x" * 200, "é" * 100, "😀" * 40, "a" + "😀" * 40, "\ud800" * 50])
def test_a_reason_fits_a_close_frame_and_is_not_cut_within_a_character(reason: str) -> None:
    written = Close(CloseCode.BAD_REQUEST, reason).reason
    assert MAX_REASON_BYTES - 4 < len(written.encode()) <= MAX_REASON_BYTES or "?" in written
    assert written.strip("?") == reason[: len(written)] or "?" in written


def test_a_lone_surrogate_comes_through_for_the_domain_to_refuse() -> None:
    message = read_message(r'{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":{"b":"\ud800"}}}')
    assert message == Subscribe("1", RequestParameters("{a}", {"b": "\ud800"}))
