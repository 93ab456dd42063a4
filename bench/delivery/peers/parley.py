"""`python -m bench.delivery.peers.parley [joined | mirror]`: Parley's own edge, as `parley serve` has it.

A reader gets each delta by itself; with `joined` all that waits for it as one; with `mirror` what the real log's own
Mirror gives it, which any number of readers share.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from functools import partial

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.api.graphql import graphql_router
from app.api.host import LocalNamesOnly
from app.api.identity import local_identity
from app.chat.events import CompletionEvent
from app.chat.identifiers import MESSAGE, MessageId, to_text
from app.chat.service import Chat
from app.chat.watch import Watch
from app.log.cursor import Cursor
from app.log.mirror import Mirror
from app.log.mirror_watch import MirrorWatch
from app.server import Server
from bench.delivery.peers.sourced_chat import SourcedLog, Unstored, watched_only
from bench.delivery.serving import serve
from bench.delivery.source import Source, Stream


class Mirrored:
    """A reply with any number of readers, each of them a cursor into one mirror, as app/log/watcher.py has it."""

    idle = True

    def __init__(self) -> None:
        self._mirror = Mirror()

    def put(self, text: str) -> None:
        self._feed(text, final=False)

    def end(self) -> None:
        self._feed("", final=True)

    def _feed(self, text: str, *, final: bool) -> None:
        self._mirror.feed(self._mirror.seq + 1, text, None, final)
        self._mirror.tell()

    def watch(self, id: MessageId, after: int) -> Watch:
        cursor = Cursor(id, self._mirror, after)
        return MirrorWatch(cursor, _events(cursor))


async def _events(cursor: Cursor) -> AsyncGenerator[CompletionEvent, None]:
    while not cursor.ended:
        if event := cursor.next():
            yield event
        else:
            await cursor.mirror.change()


class MirroredLog(Unstored):
    def __init__(self, source: Source) -> None:
        self._source = source

    def watch(self, id: MessageId, after: int) -> Watch:
        reply = self._source.reply(to_text(MESSAGE, id))
        assert isinstance(reply, Mirrored)
        return reply.watch(id, after)


def edge(chat: Chat) -> ASGIApp:
    return LocalNamesOnly(graphql_router(chat, identify=local_identity).added_to(FastAPI()))


def server(config: uvicorn.Config) -> Server:
    return Server(config, drain=_nothing, hurry=_nothing)


async def _nothing() -> None:
    """There are no replies to be given an end."""


def _log(kind: str) -> tuple[Unstored, Source]:
    if kind == "mirror":
        mirrored = Source(Mirrored)
        return MirroredLog(mirrored), mirrored
    source = Source(partial(Stream, joined=kind == "joined"))
    return SourcedLog(source), source


if __name__ == "__main__":
    log, source = _log(sys.argv[-1])
    serve(edge(watched_only(log)), source, server)
