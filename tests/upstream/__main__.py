"""`python -m tests.upstream --port 0`: serves on loopback, prints its port, ends with its standard input."""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.upstream.script import MODELS
from tests.upstream.server import Connection, State


async def serve(port: int, state: State) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - for whoever started it
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--models", default=",".join(MODELS), help="what it lists, with commas")
    parser.add_argument("--models-status", type=int, default=200)
    parser.add_argument("--models-delay-seconds", type=float, default=0)
    options = parser.parse_args()
    models = tuple(filter(None, options.models.split(",")))
    asyncio.run(serve(options.port, State(models, options.models_status, options.models_delay_seconds)))


if __name__ == "__main__":
    main()
