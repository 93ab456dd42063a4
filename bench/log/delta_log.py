"""Parley's own log: a producer and a watcher, each a `DeltaLog` as a server has it."""

from __future__ import annotations

import asyncio
from multiprocessing.connection import Connection as Pipe
from uuid import UUID

import asyncpg

from app.chat.events import Delta, Outcome
from app.chat.identifiers import MessageId, WriterId, new_message_id, new_uuid
from app.chat.status import MessageStatus
from app.log.delta_log import DeltaLog
from bench.log.load import cpu_seconds, latencies, pace

READY_SECONDS = 1.0
"""For the watcher to have loaded all replies before the first delta."""


async def produce(url: str, pipe: Pipe, seconds: float) -> None:
    log = DeltaLog(url)
    await log.start()
    replies = [new_message_id() for _ in range(pipe.recv())]
    await insert_replies(url, replies, log.writer)
    pipe.send([str(reply) for reply in replies])
    pipe.recv()
    streams = [log.open(reply) for reply in replies]
    began = cpu_seconds()
    sent = await pace(len(streams), seconds, lambda number, text: streams[number].append(text))
    used = cpu_seconds() - began
    for stream in streams:
        await stream.end(Outcome(MessageStatus.COMPLETE))
    pipe.send((sent, used))
    await log.close()


async def insert_replies(url: str, replies: list[MessageId], writer: WriterId) -> None:
    connection = await asyncpg.connect(url)
    conversations = [new_uuid() for _ in replies]
    rows = [(conversation,) for conversation in conversations]
    await connection.executemany("INSERT INTO conversations (id, owner) VALUES ($1, 'bench')", rows)
    await connection.executemany(
        "INSERT INTO messages (id, conversation_id, depth, role, status, writer_id)"
        " VALUES ($1, $2, 0, 'ASSISTANT', 'STREAMING', $3)",
        [(reply, conversation, writer) for reply, conversation in zip(replies, conversations, strict=True)],
    )
    await connection.close()


async def watch_all(url: str, pipe: Pipe, _seconds: float) -> None:
    log = DeltaLog(url)
    await log.start()
    replies = [MessageId(UUID(text)) for text in pipe.recv()]
    found: list[float] = []

    async def watch(reply: MessageId) -> None:
        async for event in log.watch(reply, 0):
            if isinstance(event, Delta):
                found.extend(latencies(event.content))

    watching = asyncio.gather(*(watch(reply) for reply in replies))
    await asyncio.sleep(READY_SECONDS)
    pipe.send("ready")
    began = cpu_seconds()
    await watching
    pipe.send((found, cpu_seconds() - began))
    await log.close()
