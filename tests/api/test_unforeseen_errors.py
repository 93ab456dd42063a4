"""What nobody foresaw: the caller gets an id and nothing of the error; the log has the error, under that id."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.api.graphql import graphql_router
from app.api.identity import local_identity
from app.api.rest.router import rest_router
from app.chat.completion import CompletionRequest, Finish, Piece
from app.chat.events import CompletionEvent
from app.chat.identifiers import MessageId
from app.chat.service import build_chat
from app.generation.catalog import Catalog
from app.log.delta_log import DeltaLog
from app.storage.client import Database
from app.storage.records import PrismaRecords
from tests.api.failing_ports import FOLLOW, MODELS, SAID, UNKNOWN, Edges, serving_failures
from tests.api.graphql.client import ANSWER_SECONDS, POST, Client
from tests.api.graphql.client import FOLLOW as FOLLOW_REPLY
from tests.api.graphql.serving import serving

SECRET = "hunter2"
EVENTS = {"accept": "text/event-stream"}
OPENAI, EGP = "/v1/chat/completions", "/egp/v1/chat-completions"

Ask = Callable[[Edges], Awaitable[Any]]

ASKED: dict[str, Ask] = {
    "an operation": lambda edges: edges.graphql(),
    "an operation over WebSocket": lambda edges: edges.over_websocket(MODELS),
    "a subscription over WebSocket": lambda edges: edges.over_websocket(FOLLOW),
    "an operation as an event stream": lambda edges: edges.events(MODELS),
    "a subscription as an event stream": lambda edges: edges.events(FOLLOW),
    "GraphQL, of whom": lambda edges: edges.graphql(headers=UNKNOWN),
    "a WebSocket, of whom": lambda edges: edges.closing(),
    "OpenAI's": lambda edges: edges.openai(),
    "OpenAI's stream": lambda edges: edges.openai(stream=True),
    "OpenAI's, of whom": lambda edges: edges.openai(UNKNOWN),
    "EGP's": lambda edges: edges.egp(),
    "EGP's stream": lambda edges: edges.egp(stream=True),
    "EGP's, of whom": lambda edges: edges.egp(UNKNOWN),
}


@pytest.fixture(scope="module")
async def edges() -> AsyncGenerator[Edges]:
    async with serving_failures() as edges:
        yield edges


def assert_told_by_its_id_alone(answer: object, caplog: pytest.LogCaptureFixture) -> None:
    """Of all that has been logged there is one such error, and the answer has its id."""
    whole = (
        f"{answer.status_code} {answer.headers} {answer.text}" if isinstance(answer, httpx.Response) else str(answer)
    )
    assert SECRET not in whole
    (record,) = [each for each in caplog.records if SECRET in traceback_of(each)]
    assert "Traceback" in traceback_of(record)
    (error_id,) = re.findall(r"\b[0-9a-f]{16}\b", whole)
    assert (error_id in record.getMessage(), vars(record)["error_id"]) == (True, error_id)


def traceback_of(record: logging.LogRecord) -> str:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info else ""


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
async def test_on_every_edge_it_is_told_by_an_id_that_the_log_has(
    edges: Edges, caplog: pytest.LogCaptureFixture, ask: Ask
) -> None:
    edges.fails_by(RuntimeError(SECRET))
    assert_told_by_its_id_alone(await ask(edges), caplog)


@pytest.mark.parametrize("ask", ["GraphQL, of whom", "OpenAI's", "OpenAI's stream", "EGP's", "EGP's stream"])
async def test_where_nothing_was_answered_yet_the_status_says_whose_fault_it_is(edges: Edges, ask: str) -> None:
    edges.fails_by(RuntimeError(SECRET))
    answer = await ASKED[ask](edges)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (500, "application/json")
    assert '"INTERNAL"' in answer.text


@pytest.mark.parametrize("path", ["/graphql", OPENAI, EGP])
async def test_a_caller_who_goes_away_while_asking_is_nothing_that_went_wrong(
    edges: Edges, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    url = edges.http.base_url
    head = f"POST {path} HTTP/1.1\r\nhost: {url.host}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{{"
    _, writer = await asyncio.open_connection(url.host, url.port)
    while not edges.ended.empty():
        edges.ended.get_nowait()
    writer.write(head.encode())
    writer.close()
    async with asyncio.timeout(ANSWER_SECONDS):
        assert await edges.ended.get() == path
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


class BreakingBackend:
    """Says half, then raises what no backend should."""

    name = "breaking"

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Piece | Finish]:
        yield Piece("half")
        raise RuntimeError(SECRET)

    async def models(self) -> tuple[str, ...]:
        return ("demo",)

    async def close(self) -> None:
        """Nothing is open."""


class BreakingLog(DeltaLog):
    """Whose watchers are told one event, and then nothing but an error; unless it is whole."""

    whole = True

    async def watch(  # type: ignore[override]  # no Watch: what breaks, breaks where it is waited for
        self, id: MessageId, after: int
    ) -> AsyncGenerator[CompletionEvent]:
        async for event in super().watch(id, after):
            yield event
            if not self.whole:
                raise RuntimeError(SECRET)


@pytest.fixture
async def log(database_url: str) -> AsyncGenerator[BreakingLog]:
    log = BreakingLog(database_url)
    await log.start()
    yield log
    await log.close()


@pytest.fixture
async def client(database_url: str, log: BreakingLog) -> AsyncGenerator[Client]:
    """A caller of the real service, whose one model breaks in the middle of what it says."""
    database = Database(database_url)
    await database.connect()
    chat, runner = build_chat(PrismaRecords(database), log, Catalog([BreakingBackend()]))
    app = FastAPI()
    app.include_router(rest_router(chat, identify=local_identity))
    served = graphql_router(chat, identify=local_identity).added_to(app)
    async with serving(served) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as http:
        yield Client(http, port, "local")
    await runner.drain(0)
    await database.disconnect()


@pytest.mark.parametrize("path", [OPENAI, EGP])
async def test_a_stream_that_breaks_in_the_middle_ends_with_it(
    client: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = await client.http.post(path, json={**SAID, "stream": True})
    said, error = answer.text.split("half")
    assert (answer.status_code, '"code":"INTERNAL"' in error.replace(" ", "")) == (200, True)
    assert_told_by_its_id_alone(said + error, caplog)


@pytest.mark.parametrize("path", [OPENAI, EGP])
async def test_a_whole_answer_that_breaks_in_the_middle_is_none(
    client: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = await client.http.post(path, json=SAID)
    assert answer.status_code == 500
    assert_told_by_its_id_alone(answer, caplog)


async def test_a_stored_reply_that_breaks_says_so_for_good_with_the_same_id_to_whoever_reads_it(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reply = (await client.post())["reply"]["id"]
    assert (await client.follow(reply))[-1]["message"]["content"] == "half"
    read = await client.data("query ($id: ID!) { message(id: $id) { error { code message } } }", id=reply)
    assert read["message"]["error"]["code"] == "INTERNAL"
    assert_told_by_its_id_alone(read, caplog)
    listed = (await client.http.get(OPENAI)).json()["data"]
    assert read["message"]["error"]["message"] in json.dumps(listed)


@pytest.mark.parametrize("stream", [False, True])
async def test_whoever_stores_a_completion_that_breaks_gets_the_id_too(
    client: Client, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    answer = await client.http.post(OPENAI, json={**SAID, "store": True, "stream": stream})
    assert_told_by_its_id_alone(answer.text, caplog)


async def test_a_subscription_that_breaks_in_the_middle_ends_with_it(
    client: Client, log: BreakingLog, caplog: pytest.LogCaptureFixture
) -> None:
    reply = (await client.post())["reply"]["id"]
    await client.follow(reply)
    caplog.clear()
    log.whole = False
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW_REPLY, id=reply)
        assert (await socket.receive())["payload"]["data"]["completion"]["content"] == "half"
        broken = await socket.receive()
        assert (broken["id"], broken["type"]) == ("1", "error")
        assert_told_by_its_id_alone(broken, caplog)
        await socket.subscribe("2", POST, input={"content": "Still there?", "reply": False})
        assert (await socket.receive())["payload"]["data"]["postMessage"]["message"], "other operations go on"


async def test_an_event_stream_that_breaks_in_the_middle_ends_with_it(
    client: Client, log: BreakingLog, caplog: pytest.LogCaptureFixture
) -> None:
    reply = (await client.post())["reply"]["id"]
    await client.follow(reply)
    caplog.clear()
    log.whole = False
    body = {"query": FOLLOW_REPLY, "variables": {"id": reply}}
    async with asyncio.timeout(ANSWER_SECONDS):
        answer = await client.http.post("/graphql", json=body, headers=EVENTS)
    said, error = answer.text.split('"half"')
    assert '"INTERNAL"' in error
    assert error.endswith("event: complete\ndata:\n\n")
    assert_told_by_its_id_alone(said + error, caplog)


async def test_a_stored_stream_whose_log_breaks_ends_with_it(
    client: Client, log: BreakingLog, caplog: pytest.LogCaptureFixture
) -> None:
    reply = (await client.post())["reply"]["id"]
    await client.follow(reply)
    caplog.clear()
    log.whole = False
    id = (await client.http.get(OPENAI)).json()["data"][0]["id"]
    answer = await client.http.get(f"{OPENAI}/{id}/stream")
    said, error = answer.text.split("half")
    assert '"INTERNAL"' in error
    assert_told_by_its_id_alone(said + error, caplog)
