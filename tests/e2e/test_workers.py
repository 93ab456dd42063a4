"""Several server processes at one address: clients notice nothing of it, whatever becomes of one of them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import WebSocketException

from tests.e2e.operations import FOLLOW, POST, STOP, Event, everything, follow, message, said
from tests.e2e.process import PARLEY, ServerProcess, bare_environment, running

LONG = "Tell me a long story, please."
DEADLINE_SECONDS = 60.0
"""Far longer than anything takes; only a broken server is waited for so long."""
SLOW = {"PARLEY_DEMO_WORDS_PER_SECOND": "40", "PARLEY_GRACE_SECONDS": "60"}


@asynccontextmanager
async def working(folder: Path, **environment: str) -> AsyncGenerator[ServerProcess]:
    """Two workers, both serving."""
    async with running(folder, PARLEY_WORKERS="2", **environment) as server:
        await said_in_log(server, "Parley is at")
        yield server


async def said_in_log(server: ServerProcess, text: str) -> str:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while text not in (log := server.log.read_text()):
            await asyncio.sleep(0.05)
    return log


def workers_of(server: ServerProcess) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children()


@asynccontextmanager
async def session_at(server: ServerProcess, worker: psutil.Process) -> AsyncGenerator[AsyncClientSession]:
    """A WebSocket that this worker has taken: the system decides which one does."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            transport = WebsocketsTransport(
                url=server.websocket_url, subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL]
            )
            async with Client(transport=transport) as session:
                assert transport.adapter.websocket
                port = transport.adapter.websocket.local_address[1]
                if any(each.raddr and each.raddr.port == port for each in worker.net_connections("tcp")):
                    yield session
                    return


async def follow_at(session: AsyncClientSession, id: str, after: int = 0) -> AsyncGenerator[Event]:
    async for data in session.subscribe(GraphQLRequest(FOLLOW, variable_values={"id": id, "after": after})):
        yield data["completion"]


async def post_at(session: AsyncClientSession) -> str:
    data = await session.execute(GraphQLRequest(POST, variable_values={"input": {"content": LONG}}))
    reply: str = data["postMessage"]["reply"]["id"]
    return reply


async def coming_back(server: ServerProcess, id: str, seen: list[Event]) -> None:
    """Follows a reply to its end, after the last `seq` seen, however often the socket is cut."""
    after = 0
    while not seen or seen[-1]["__typename"] != "CompletionEnd":
        with suppress(OSError, TransportError, WebSocketException):
            async for event in follow(server.websocket_url, id, after):
                after = event["seq"]
                seen.append(event)


async def test_what_is_posted_at_one_worker_is_watched_and_stopped_at_the_other(folder: Path) -> None:
    async with working(folder, **SLOW) as server:
        one, other = workers_of(server)
        async with session_at(server, one) as here, session_at(server, other) as there:
            for poster, watcher in ((here, there), (there, here)):
                reply = await post_at(poster)
                events = follow_at(watcher, reply)
                seen = [await anext(events) for _ in range(5)]
                stopped = await watcher.execute(GraphQLRequest(STOP, variable_values={"id": reply}))
                seen += [event async for event in events]
                assert seen[-1]["message"]["status"] == stopped["stopCompletion"]["status"] == "STOPPED"
                assert said(seen) == seen[-1]["message"]["content"]
        assert (await said_in_log(server, "Parley is at")).count("Parley is at") == 1


async def test_a_worker_that_is_killed_takes_nothing_with_it_and_is_replaced(folder: Path) -> None:
    async with working(folder, **SLOW) as server:
        doomed, survivor = workers_of(server)
        (engine,) = doomed.children()
        async with session_at(server, doomed) as there, session_at(server, survivor) as here:
            lost, kept = await post_at(there), await post_at(here)
        watched: dict[str, list[Event]] = {lost: [], kept: []}
        following = [asyncio.create_task(coming_back(server, id, seen)) for id, seen in watched.items()]
        async with asyncio.timeout(DEADLINE_SECONDS):
            while min(map(len, watched.values())) < 5:
                await asyncio.sleep(0.01)
            doomed.kill()
            await asyncio.gather(*following)
        for id, status in ((lost, "INTERRUPTED"), (kept, "COMPLETE")):
            end = watched[id][-1]["message"]
            assert end["status"] == status
            assert said(watched[id]) == end["content"] == (await message(server.graphql_url, id))["content"]
        assert psutil.wait_procs([engine], timeout=DEADLINE_SECONDS)[1] == []
        await said_in_log(server, "a worker serves again")
        assert survivor in workers_of(server)
        assert len(workers_of(server)) == 2
        (successor,) = {*workers_of(server)} - {survivor}
        async with session_at(server, successor) as session:
            await post_at(session)
        assert await server.stop() == 0
        assert server.left_behind() == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_lets_every_worker_finish_and_leaves_no_process(folder: Path, sign: signal.Signals) -> None:
    """Whoever signals them all, as service managers do, does not hurry them."""
    async with working(folder, **SLOW) as server:
        one, other = workers_of(server)
        async with session_at(server, one) as here, session_at(server, other) as there:
            events = [follow_at(session, await post_at(session)) for session in (here, there)]
            seen = [[await anext(each)] for each in events]
            for worker in (one, other):
                worker.send_signal(sign)
            stopping = asyncio.create_task(server.stop(sign))
            for known, rest in zip(seen, events, strict=True):
                known += [event async for event in rest]
                assert known[-1]["message"]["status"] == "COMPLETE"
                assert said(known) == known[-1]["message"]["content"]
        assert await stopping == 0
        assert server.left_behind() == []


async def test_a_second_signal_ends_the_grace_period_of_every_worker(folder: Path) -> None:
    async with working(folder, PARLEY_DEMO_WORDS_PER_SECOND="1", PARLEY_GRACE_SECONDS="3600") as server:
        replies = []
        for worker in workers_of(server):
            async with session_at(server, worker) as session:
                replies.append(await post_at(session))
        watching = [asyncio.create_task(everything(server.websocket_url, id)) for id in replies]
        server.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while server.log.read_text().count("stopping; a second signal") < 2:
                await asyncio.sleep(0.05)
        assert await server.stop(signal.SIGINT) == 0
        for events in await asyncio.gather(*watching):
            assert events[-1]["message"]["status"] == "INTERRUPTED"


async def test_workers_whose_supervisor_is_killed_finish_and_end_and_the_address_is_free(folder: Path) -> None:
    async with working(folder, **SLOW) as server:
        workers = workers_of(server)
        async with session_at(server, workers[0]) as session:
            reply = await post_at(session)
            events = follow_at(session, reply)
            seen = [await anext(events) for _ in range(3)]
            await server.kill()
            seen += [event async for event in events]
        assert seen[-1]["message"]["status"] == "COMPLETE"
        assert said(seen) == seen[-1]["message"]["content"]
        assert (await asyncio.to_thread(psutil.wait_procs, workers, DEADLINE_SECONDS))[1] == []
        assert server.left_behind() == []
        await server.start()
        assert (await message(server.graphql_url, reply))["content"] == said(seen)


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_an_address_in_use_is_told_in_one_line_before_anything_is_started(
    standing: ServerProcess, tmp_path: Path, workers: str
) -> None:
    process = await serve(tmp_path, standing.port, "--workers", workers)
    _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    assert process.returncode == 1
    (line,) = errors.decode().splitlines()
    assert line.startswith(f"parley: cannot listen on 127.0.0.1:{standing.port}: ")
    assert files_in(tmp_path) == []


async def test_what_keeps_workers_from_starting_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    process = await serve(tmp_path, 0, "--workers", "3")
    _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    assert process.returncode == 1
    assert errors.decode().count("parley: the database cannot be kept in") == 1
    assert "Traceback" not in errors.decode()


async def test_one_worker_has_no_supervisor(standing: ServerProcess) -> None:
    (engine,) = workers_of(standing)
    assert "query-engine.mjs" in " ".join(engine.cmdline())


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def serve(folder: Path, port: int, *options: str) -> asyncio.subprocess.Process:
    environment = {**bare_environment(folder), "PARLEY_PORT": str(port)}
    return await asyncio.create_subprocess_exec(
        PARLEY, "serve", *options, cwd=folder, env=environment, stderr=asyncio.subprocess.PIPE
    )
