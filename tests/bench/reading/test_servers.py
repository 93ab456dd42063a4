"""Everybody who is asked says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.delivery.server_process import python, running
from bench.reading.questions import CONVERSATIONS, MESSAGES, PARLEY, POSTGRAPHILE, SQLALCHEMY
from bench.reading.servers import Server
from bench.stored_messages import fill
from tests.serving import Served

STORED = 500


async def test_strawberry_over_sqlalchemy_reads_what_parley_reads(server: Served, database_url: str) -> None:
    await fill(database_url, STORED)
    port = urlsplit(server.url).port
    assert port
    _, ours = await Server(port, PARLEY, float).answer()
    async with running([*python("bench.reading.peers.strawberry_sqlalchemy"), database_url], Path(), None) as peer:
        _, theirs = await Server(peer.port, SQLALCHEMY, float).answer()
    assert theirs == ours
    assert [len(each["messages"]) for each in ours] == [MESSAGES] * CONVERSATIONS
    times = [[message["createdAt"] for message in each["messages"]] for each in ours]
    assert all(of_one == sorted(of_one) for of_one in times)
    assert times == sorted(times, reverse=True)


MESSAGE = {"role": "USER", "content": "Hello!", "status": "COMPLETE"}
ID = "019b76da-a800-7000-8000-000000000000"


def postgraphile(time: str, **changes: Any) -> bytes:
    messages = {"nodes": [{**MESSAGE, "createdAt": time, **changes}]}
    return json.dumps({"data": {"allConversations": {"nodes": [{
        "rowId": ID, "title": "A title", "messagesByConversationId": messages,
    }]}}}).encode()  # fmt: skip


def test_however_a_time_is_written_it_is_the_same() -> None:
    zulu, local = "2026-01-01T00:00:00.001Z", "2026-01-01T01:00:00.001+01:00"
    assert POSTGRAPHILE.normal(postgraphile(zulu)) == POSTGRAPHILE.normal(postgraphile(local))
    data = {"conversations": [{"id": ID, "title": "A title", "messages": [{**MESSAGE, "createdAt": local}]}]}
    assert SQLALCHEMY.normal(json.dumps({"data": data}).encode()) == POSTGRAPHILE.normal(postgraphile(zulu))


@pytest.mark.parametrize("changes", [{"content": "Hello"}, {"createdAt": "2026-01-01T00:00:00.002Z"}])
def test_what_differs_is_not_the_same(changes: dict[str, str]) -> None:
    time = "2026-01-01T00:00:00.001Z"
    assert POSTGRAPHILE.normal(postgraphile(time)) != POSTGRAPHILE.normal(postgraphile(time, **changes))
