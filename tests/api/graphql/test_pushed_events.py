"""The events of a real subscription, some of which are pushed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import orjson

from app.api.graphql.context import Context
from app.api.graphql.operation import responses
from app.api.graphql.request import GraphQLRequest
from app.api.identity import Identity
from app.chat.events import CompletionEvent
from app.chat.history import History
from app.chat.identifiers import MessageId
from app.chat.ports import Log, Records
from app.chat.service import Chat
from app.log.cursor import Cursor
from app.log.delta_log import DeltaLog
from app.log.mirror import Mirror
from app.log.mirror_watch import MirrorWatch
from app.storage.records import PrismaRecords
from tests.api.graphql.client import FOLLOW, Client
from tests.api.graphql.outlets import Broken, Kept

DEADLINE_SECONDS = 15


class Mirrored(History):
    """Of which one reply is fed by the test."""

    def __init__(self, records: Records, log: Log) -> None:
        super().__init__(records, log)
        self.mirror = Mirror()

    async def watch(self, _owner: str, id: MessageId, after: int = 0) -> AsyncGenerator[CompletionEvent, None]:
        cursor = Cursor(id, self.mirror, after)
        return MirrorWatch(cursor, events(cursor))

    def say(self, content: str, *, final: bool = False) -> None:
        self.mirror.feed(self.mirror.seq + 1, content, None, final)
        self.mirror.tell()


async def events(cursor: Cursor) -> AsyncGenerator[CompletionEvent]:
    while not cursor.ended:
        if event := cursor.next():
            yield event
        else:
            await cursor.mirror.change()


async def test_however_events_are_asked_for_in_between_each_comes_once_and_in_order(
    chat: Chat, records: PrismaRecords, log: DeltaLog, client: Client
) -> None:
    posted = await client.post("Hello", model="demo-fast")
    await client.follow(posted["reply"]["id"])
    history = Mirrored(records, log)
    context = Context(replace(chat, history=history), Identity(client.owner))
    told: list[tuple[str, Any]] = []
    stream = responses(GraphQLRequest(FOLLOW, {"id": posted["reply"]["id"]}), context)

    async def ask() -> None:
        told.append(("asked", (await anext(stream))["data"]["completion"]))

    async def push(outlet: Kept, said: str, *, final: bool = False) -> None:
        assert context.events
        pushing = asyncio.create_task(context.events.push(outlet, '{"payload":', "}"))
        await asyncio.sleep(0)
        history.say(said, final=final)
        await pushing
        told.extend(("pushed", orjson.loads(each)["payload"]["data"]["completion"]) for each in outlet.written)

    async with asyncio.timeout(DEADLINE_SECONDS), aclosing(stream):
        history.say("1")
        await ask()  # the first is graphql-core's
        await push(Broken(), "2")
        await ask()  # which is now again, for it was given back
        history.say("3")
        await ask()
        full = Kept()
        full.has_room = False
        await push(full, "4")
        await ask()
        history.say("5")
        await push(Kept(), "", final=True)
        await ask()
        assert await anext(stream, None) is None
    assert [(how, each.get("content")) for how, each in told] == [
        ("asked", "1"), ("asked", "2"), ("asked", "3"), ("asked", "4"), ("pushed", "5"), ("asked", None),
    ]  # fmt: skip
    assert [each["seq"] for _, each in told] == [1, 2, 3, 4, 5, 5]
    assert told[-1][1]["message"]["id"] == posted["reply"]["id"]
