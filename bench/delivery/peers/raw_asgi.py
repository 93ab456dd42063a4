"""`python -m bench.delivery.peers.raw_asgi`: the same frames without GraphQL, which is the most that uvicorn can do."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from starlette.types import Receive, Scope, Send

from bench.delivery.serving import serve
from bench.delivery.source import Source, Stream

source = Source(Stream)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """One subscription per socket, whose client does as it should."""
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    await receive()
    await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
    subscribe = json.loads((await receive())["text"])
    telling = asyncio.create_task(_tell(subscribe["payload"]["variables"]["id"], send))
    while (await receive())["type"] != "websocket.disconnect":
        pass
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling


async def _tell(id: str, send: Send) -> None:
    seq = 0
    async for seq, text in source.read(id):
        payload = f'{{"data":{{"completion":{{"seq":{seq},"content":"{text}"}}}}}}'
        await send({"type": "websocket.send", "text": f'{{"id":"1","type":"next","payload":{payload}}}'})
    message = f'{{"id":"{id}","status":"COMPLETE"}}'
    payload = f'{{"data":{{"completion":{{"seq":{seq},"message":{message}}}}}}}'
    await send({"type": "websocket.send", "text": f'{{"id":"1","type":"next","payload":{payload}}}'})
    await send({"type": "websocket.send", "text": '{"id":"1","type":"complete"}'})


if __name__ == "__main__":
    serve(app, source)
