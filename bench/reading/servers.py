"""Those who are asked: each a process on the same database, all of them at once, one at a time under load."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.closed_loop import Clock
from bench.delivery.server_process import python, running
from bench.delivery.service import cpu_seconds, family
from bench.graphql_client import clients, request
from bench.proxy.proxies import parley
from bench.reading.install import POSTGRAPHILE_FOLDER
from bench.reading.questions import PARLEY, POSTGRAPHILE, SQLALCHEMY, Json, Question

PARLEY_NAME, POSTGRAPHILE_NAME, SQLALCHEMY_NAME = "Parley", "PostGraphile", "SQLAlchemy"
_PEERS: Final = Path(__file__).parent / "peers"
_NO_UPSTREAM: Final = "http://127.0.0.1:9/v1"


@dataclass(frozen=True, slots=True)
class Server:
    """Args:
    cpu_seconds: of its process and of those that it has started.
    """

    port: int
    question: Question
    cpu_seconds: Clock

    @property
    def request(self) -> bytes:
        return request(self.question.document)

    async def answer(self) -> tuple[bytes, list[Json]]:
        """To the question: as it came, and what it says."""
        async with clients(self.port, self.request, 1) as [client]:
            body = await client.ask()
        return body, self.question.normal(body)


@asynccontextmanager
async def servers(database_url: str, folder: Path) -> AsyncGenerator[dict[str, Server]]:
    async with AsyncExitStack() as stack:
        way = stack.enter_context(parley(_NO_UPSTREAM, folder, database_url))
        port = urlsplit(way.url).port
        assert port
        asked = {PARLEY_NAME: Server(port, PARLEY, lambda: cpu_seconds(family(way.processes)))}
        shutil.copy(_PEERS / "postgraphile.mjs", POSTGRAPHILE_FOLDER)
        commands = {
            POSTGRAPHILE_NAME: (["node", "postgraphile.mjs"], POSTGRAPHILE_FOLDER, POSTGRAPHILE),
            SQLALCHEMY_NAME: (python("bench.reading.peers.strawberry_sqlalchemy"), Path(), SQLALCHEMY),
        }
        for name, (command, cwd, question) in commands.items():
            peer = await stack.enter_async_context(running([*command, database_url], cwd, None))
            asked[name] = Server(peer.port, question, peer.cpu_seconds)
        yield asked
