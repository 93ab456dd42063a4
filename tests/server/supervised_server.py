"""`python -m tests.server.supervised_server DRAIN LOOP LINE_FD`: as tests.server.draining_server, with a supervisor."""

from __future__ import annotations

import asyncio
import socket
import sys

import uvicorn
import uvloop

from app.listening import bind
from app.server import SupervisedServer
from tests.server.draining_server import Draining, say


async def main(behaviour: str, line: socket.socket) -> None:
    draining = Draining(behaviour)
    with bind("127.0.0.1", 0) as bound:
        say(bound.getsockname()[1])
        config = uvicorn.Config(draining, lifespan="off", log_config=None)
        server = SupervisedServer(config, drain=draining.drain, hurry=draining.hurry, supervisor=line)
        await server.serve(sockets=[bound])
    say("stopped")


if __name__ == "__main__":
    run = {"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[2]]
    run(main(sys.argv[1], socket.socket(fileno=int(sys.argv[3]))))
