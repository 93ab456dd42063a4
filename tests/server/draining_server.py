"""`python -m tests.server.draining_server DRAIN LOOP`: a server whose drain does as it is told, and says what it does.

DRAIN is `asks` (goes on when a line comes on standard input), `waits` (for ever) or `breaks`; LOOP `asyncio` or
`uvloop`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvicorn
import uvloop

from app.listening import bind
from app.server import Server


class Draining:
    def __init__(self, behaviour: str) -> None:
        self._behaviour = behaviour
        self._finish = asyncio.Event()

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        """Answers at once; /stream does when the drain is through, /stuck never."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun\n", "more_body": True})
        if scope["path"] == "/stream":
            await self._finish.wait()
        elif scope["path"] == "/stuck":
            await asyncio.Event().wait()
        await send({"type": "http.response.body", "body": b"ended\n"})

    async def drain(self) -> None:
        say("draining")
        try:
            if self._behaviour == "breaks":
                raise RuntimeError("broken drain")
            if self._behaviour == "waits":
                await asyncio.Event().wait()
            await asyncio.to_thread(sys.stdin.readline)
        except asyncio.CancelledError:
            say("cancelled")
            raise
        self._finish.set()
        say("drained")

    async def hurry(self) -> None:
        say("hurried")
        self._finish.set()


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(behaviour: str) -> None:
    draining = Draining(behaviour)
    with bind("127.0.0.1", 0) as bound:
        say(bound.getsockname()[1])
        config = uvicorn.Config(draining, lifespan="off", log_config=None)
        await Server(config, drain=draining.drain, hurry=draining.hurry).serve(sockets=[bound])
    say("stopped")


if __name__ == "__main__":
    run = {"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[2]]
    run(main(sys.argv[1]))
