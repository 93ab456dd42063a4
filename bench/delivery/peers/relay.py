"""`python -m bench.delivery.peers.relay URL`: Parley's edge and its backend without what lies between.

Every subscription asks the upstream anew, and what that says goes to the socket: nothing is stored, nobody else can see
it, and what the reader misses is gone.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.chat.completion import CompletionRequest, Piece, PromptMessage
from app.chat.events import CompletionEvent, Delta, End
from app.chat.identifiers import MessageId
from app.chat.records import Role
from app.generation.openai_compatible import OpenAICompatibleBackend
from bench.delivery.peers.parley import edge, server
from bench.delivery.peers.sourced_chat import Unstored, watched_only
from bench.delivery.serving import serve
from bench.delivery.source import Source, Stream
from bench.delivery.upstream import MODEL

_REQUEST = CompletionRequest(MODEL, (PromptMessage(Role.USER, "Hello!"),))


class Relay(Unstored):
    def __init__(self, upstream_url: str) -> None:
        self._backend = OpenAICompatibleBackend(base_url=upstream_url)

    async def watch(self, id: MessageId, _after: int) -> AsyncGenerator[CompletionEvent, None]:
        seq = 0
        async with aclosing(self._backend.complete(_REQUEST)) as items:
            async for item in items:
                if isinstance(item, Piece):
                    seq += 1
                    yield Delta(seq, item.content)
        yield End(seq, id)


if __name__ == "__main__":
    serve(edge(watched_only(Relay(sys.argv[1]))), Source(Stream), server)
