from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable

import pytest
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from app.api.graphql import GraphQLRouter, graphql_router
from app.api.graphql.limits import MAX_BODY_BYTES
from app.api.identity import LOCAL, Identity
from app.chat.service import Chat
from tests.api.graphql.client import ANSWER_SECONDS, Client
from tests.api.graphql.serving import serving

QUERY = b'{"query":"{ __typename }"}'
SUBSCRIPTION = b'{"query":"subscription { completion(messageId: \\"msg_0\\") { seq } }"}'
CHUNKED = b"10\r\n" + QUERY[:16] + b"\r\n" + b"%x\r\n" % len(QUERY[16:]) + QUERY[16:] + b"\r\n0\r\n\r\n"
JSON = "Content-Type: application/json"
EVENTS = "Accept: text/event-stream"
PAGE = "Accept: text/html,*/*;q=0.8"
MUTATION = "mutation%20%7B%20createConversation(input%3A%20%7B%7D)%20%7B%20id%20%7D%20%7D"


def http(line: str, *headers: str, body: bytes = b"", version: str = "1.1", host: bool = True) -> bytes:
    """A request, after whose answer the server closes the connection."""
    sized = () if any(each.startswith(("Transfer-Encoding", "Content-Length")) for each in headers) else (len(body),)
    lines = [
        f"{line} HTTP/{version}",
        *(["Host: parley.example"] if host else []),
        *headers,
        *(f"Content-Length: {each}" for each in sized),
        "Connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


ODD_REQUESTS = {
    "a query": http("POST /graphql", JSON, body=QUERY),
    "in chunks": http("POST /graphql", JSON, "Transfer-Encoding: chunked", body=CHUNKED),
    "a charset": http("POST /graphql", 'content-type: Application/JSON; Charset="UTF-8"', body=QUERY),
    "another charset": http("POST /graphql", f"{JSON}; charset=latin-1", body=QUERY),
    "no type": http("POST /graphql", body=QUERY),
    "two types": http("POST /graphql", "Content-Type: text/plain", JSON, body=QUERY),
    "no body": http("POST /graphql", JSON),
    "no JSON": http("POST /graphql", JSON, body=b'{"query":'),
    "no UTF-8": http("POST /graphql", JSON, body=b'{"query":"\xff"}'),
    "a byte order mark": http("POST /graphql", JSON, body=b"\xef\xbb\xbf" + QUERY),
    "a batch": http("POST /graphql", JSON, body=b"[" + QUERY + b"]"),
    "a surrogate": http("POST /graphql", JSON, body=b'{"query":"{ \\ud800 }"}'),
    "an unknown field": http("POST /graphql", JSON, body=b'{"query":"{ nothing }"}'),
    "an unknown operation": http("POST /graphql", JSON, body=b'{"query":"{ __typename }","operationName":"No"}'),
    "an unknown document": http("POST /graphql", JSON, body=b'{"documentId":"sha256:0"}'),
    "too large": http("POST /graphql", JSON, f"Content-Length: {MAX_BODY_BYTES + 1}", body=b""),
    "no length": http("POST /graphql", JSON, "Content-Length: many", body=QUERY),
    "continue": http("POST /graphql", JSON, "Expect: 100-continue", body=QUERY),
    "another origin": http("POST /graphql", JSON, "Origin: https://evil.example", body=QUERY),
    "a preflight": http("OPTIONS /graphql", "Origin: https://evil.example", "Access-Control-Request-Method: POST"),
    "a subscription": http("POST /graphql", JSON, body=SUBSCRIPTION),
    "a subscription as events": http("POST /graphql", JSON, EVENTS, body=SUBSCRIPTION),
    "a query as events": http("POST /graphql", JSON, EVENTS, body=QUERY),
    "its own media type": http("POST /graphql", JSON, "Accept: application/graphql-response+json", body=b"{}"),
    "a long Accept": http("POST /graphql", JSON, "Accept: " + "text/x;q=0.1, " * 500 + "*/*", body=QUERY),
    "HTTP 1.0": http("POST /graphql", JSON, body=QUERY, version="1.0", host=False),
    "a GET": http("GET /graphql?query=%7B__typename%7D"),
    "a GET of nothing": http("GET /graphql"),
    "a GET of the page": http("GET /graphql", PAGE),
    "a GET of a page that names a document": http("GET /graphql?documentId=x", PAGE),
    "a GET twice over": http("GET /graphql?query=%7B__typename%7D&query=%7Bno%7D"),
    "a GET of no JSON": http("GET /graphql?query=%7B__typename%7D&variables=%7B"),
    "a GET that writes": http(f"GET /graphql?query={MUTATION}"),
    "a GET with a body": http("GET /graphql", JSON, body=QUERY),
    "a HEAD": http("HEAD /graphql?query=%7B__typename%7D"),
    "a HEAD of the page": http("HEAD /graphql", PAGE),
    "a HEAD of events": http("HEAD /graphql?query=%7B__typename%7D", EVENTS),
    "a HEAD that writes": http(f"HEAD /graphql?query={MUTATION}"),
    "a PUT": http("PUT /graphql", JSON, body=QUERY),
    "a DELETE": http("DELETE /graphql"),
    "a PATCH": http("PATCH /graphql", JSON, body=QUERY),
    "a TRACE": http("TRACE /graphql"),
    "a path with escapes": http("POST /%67raph%71l", JSON, body=QUERY),
    "a slash more": http("POST /graphql/", JSON, body=QUERY),
    "a slash too many": http("POST //graphql", JSON, body=QUERY),
    "another case": http("POST /GraphQL", JSON, body=QUERY),
    "below it": http("GET /graphql/below"),
    "the whole URL": http("POST http://parley.example/graphql", JSON, body=QUERY),
    "two at once": http("POST /graphql", JSON, body=QUERY).replace(b"close", b"keep-alive")
    + http("GET /graphql?query=%7B__typename%7D"),
}


@pytest.fixture(scope="session")
async def framework_port(router: GraphQLRouter) -> AsyncGenerator[int]:
    """Where the router is mounted as any other, and all goes through the framework."""
    app = FastAPI()
    app.include_router(router)
    async with serving(app) as port:
        yield port


async def answer(port: int, request: bytes) -> bytes:
    """All that the server sends until it closes the connection, but for the time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(ANSWER_SECONDS):
            return re.sub(rb"\r\ndate: [^\r]+", b"", await reader.read())
    finally:
        writer.close()


@pytest.mark.parametrize("request_", ODD_REQUESTS.values(), ids=ODD_REQUESTS.keys())
async def test_an_answer_is_to_the_byte_what_it_is_through_the_framework(
    port: int, framework_port: int, request_: bytes
) -> None:
    straight = await answer(port, request_)
    assert straight.startswith(b"HTTP/1.1 ")
    assert straight == await answer(framework_port, request_)


async def test_what_is_not_of_that_path_is_the_frameworks(client: Client) -> None:
    async with client.socket() as socket:
        await socket.subscribe("1", "{ __typename }")
        assert (await socket.receive())["type"] == "next"
    assert (await client.http.get("/graphql", headers={"accept": "text/html"})).text == "the playground"
    assert (await client.http.get("/elsewhere")).json() == {"detail": "Not Found"}
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{client.port}/elsewhere", subprotocols=[Subprotocol("any")]):
            pass
    assert refused.value.response.status_code == 403


async def test_a_request_is_seen_by_the_middleware_of_its_application(router: GraphQLRouter) -> None:
    app = FastAPI()
    served = router.added_to(app)

    @app.middleware("http")
    async def refuse(_request: object, _next: Callable[..., object]) -> Response:
        return PlainTextResponse("not today", 418)

    async with serving(served) as port:
        assert (await answer(port, ODD_REQUESTS["a query"])).startswith(b"HTTP/1.1 418 ")


async def test_whoever_identifies_the_caller_knows_the_application(chat: Chat) -> None:
    app = FastAPI()
    known: list[tuple[str, object]] = []

    async def identify(connection: HTTPConnection, _payload: object = None, /) -> Identity:
        known.append((connection.scope["type"], connection.app))
        return LOCAL

    async with serving(graphql_router(chat, identify=identify).added_to(app)) as port:
        await answer(port, ODD_REQUESTS["a query"])
        async with connect(
            f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
        ) as socket:
            await socket.send('{"type":"connection_init"}')
            await socket.recv()
    assert known == [("http", app), ("websocket", app)]


async def test_whoever_leaves_while_asking_is_no_error(port: int, caplog: pytest.LogCaptureFixture) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(http("POST /graphql", JSON, f"Content-Length: {len(QUERY)}", body=QUERY[:8]))
    await writer.drain()
    writer.transport.abort()
    assert (await answer(port, ODD_REQUESTS["a query"])).startswith(b"HTTP/1.1 200 ")
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
