"""`parley serve` as a whole, on the server's core, with its database and its engine beside the load client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import psutil

from bench.delivery.server_process import on_server_core
from bench.delivery.upstream import MODEL
from bench.proxy.proxies import parley

POSTS_AT_ONCE: Final = 8
POST_DEADLINE_SECONDS: Final = 60.0
_POST: Final = "mutation($input: PostMessageInput!) { postMessage(input: $input) { reply { id } } }"


@dataclass(frozen=True, slots=True)
class Service:
    """Args:
    process: of `parley serve` itself.
    folder: where its data is: so its database is known.
    """

    port: int
    process: psutil.Process
    folder: Path

    def cpu_seconds(self) -> float:
        return cpu_seconds([self.process])

    def cpu_seconds_with_database(self) -> float:
        """Of all that would not run without it."""
        return cpu_seconds({*family([self.process]), *family(at_work_in(self.folder))})

    async def post(self, number: int) -> list[str]:
        """The ids of so many replies, each of a conversation of its own."""
        limits = httpx.Limits(max_connections=POSTS_AT_ONCE)
        async with httpx.AsyncClient(limits=limits, timeout=POST_DEADLINE_SECONDS, verify=False) as client:
            return await asyncio.gather(*(self._post(client) for _ in range(number)))

    async def _post(self, client: httpx.AsyncClient) -> str:
        body = {"query": _POST, "variables": {"input": {"content": "Hello!", "model": MODEL}}}
        answer = await client.post(f"http://127.0.0.1:{self.port}/graphql", json=body)
        id: str = answer.json()["data"]["postMessage"]["reply"]["id"]
        return id


@asynccontextmanager
async def serving(upstream_url: str, folder: Path, database_url: str | None = None) -> AsyncGenerator[Service]:
    """Args:
    database_url: of a database in `folder`; None is one of its own.
    """
    with parley(upstream_url, folder, database_url) as way:
        port = urlsplit(way.url).port
        assert port
        [process] = way.processes
        for thread in process.threads():
            on_server_core(thread.id)
        yield Service(port, process, folder)


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for each in processes:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def at_work_in(folder: Path) -> list[psutil.Process]:
    return [each for each in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(each.info["cmdline"] or ())]


def family(processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    return {member for each in processes for member in (each, *each.children(recursive=True))}
