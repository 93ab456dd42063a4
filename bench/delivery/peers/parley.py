"""`python -m bench.delivery.peers.parley [joined | mirror]`: Parley's own edge, as `parley serve` has it.

A reader gets each delta by itself; with `joined` all that waits for it as one; with `mirror` what the real log's own
Mirror gives it, which any number of readers share.
"""

from __future__ import annotations

import sys
from functools import partial

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.api.graphql import graphql_router
from app.api.host import LocalNamesOnly
from app.api.identity import local_identity
from app.chat.service import Chat
from app.log.mirror import Mirror
from app.server import Server
from bench.delivery.peers.sourced_chat import SourcedLog, watched_only
from bench.delivery.serving import serve
from bench.delivery.source import Feed, Numbered, Source, Stream


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

    async def read(self) -> Numbered:
        mirror, cursor = self._mirror, 0
        while True:
            if cursor < mirror.seq:
                delta = mirror.after(cursor)
                cursor = delta.seq
                yield cursor, delta.content
            elif mirror.ended:
                return
            else:
                await mirror.change()


def edge(chat: Chat) -> ASGIApp:
    return LocalNamesOnly(graphql_router(chat, identify=local_identity).added_to(FastAPI()))


def server(config: uvicorn.Config) -> Server:
    return Server(config, drain=_nothing, hurry=_nothing)


async def _nothing() -> None:
    """There are no replies to be given an end."""


def _feed(kind: str) -> Feed:
    return Mirrored() if kind == "mirror" else Stream(joined=kind == "joined")


if __name__ == "__main__":
    source = Source(partial(_feed, sys.argv[-1]))
    serve(edge(watched_only(SourcedLog(source))), source, server)
