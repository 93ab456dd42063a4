"""A client that does not stay: raw graphql-transport-ws, from one server to another, always after the last seq seen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.chaos.transcript import Transcript

FOLLOW: Final = """
subscription Follow($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    __typename
    seq
    ... on CompletionDelta { content }
    ... on CompletionEnd { message { status content seq } }
  }
}
"""
OPEN_DEADLINE_SECONDS: Final = 2.0
"""A server that is paused accepts connections and says nothing."""
CLOSE_DEADLINE_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 0.1
LONGEST_RETRY_SECONDS: Final = 1.0
"""As clients in the wild, who would otherwise keep a server that has just started from ever catching up."""
RETRYABLE: Final = frozenset({"STORAGE_UNAVAILABLE", "SHUTTING_DOWN"})
LEAVINGS: Final = ("cut", "close", "complete")


class Refused(Exception):
    """The server answered with an error instead of an event."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code: str = error["extensions"]["code"]


class Subscriber:
    """Args:
    urls: of the servers' WebSockets.
    mean_stay_seconds: after which it goes elsewhere, exponentially distributed.
    """

    def __init__(self, reply: str, urls: Sequence[str], choose: random.Random, mean_stay_seconds: float) -> None:
        self.reply = reply
        self.transcript = Transcript()
        self.visits = 0
        self._urls = urls
        self._choose = choose
        self._mean_stay_seconds = mean_stay_seconds
        self._operation = 0

    @property
    def reconnects(self) -> int:
        return max(0, self.visits - 1)

    async def follow(self) -> None:
        """Returns when it has seen the end, and that nothing comes after it."""
        failures = 0
        while self.transcript.end is None:
            cursor = self.transcript.cursor
            try:
                await self._visit(self._choose.choice(self._urls))
                continue
            except Refused as refused:
                if refused.code not in RETRYABLE:
                    self.transcript.complaints.append(f"{refused.code}: {refused}")
            except (OSError, TimeoutError, WebSocketException):
                pass
            failures = 0 if self.transcript.cursor > cursor else failures + 1
            longest = min(RETRY_SECONDS * 2**failures, LONGEST_RETRY_SECONDS)
            await asyncio.sleep(self._choose.uniform(longest / 2, longest))

    async def _visit(self, url: str) -> None:
        self.visits += 1
        async with connect(
            url,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            compression=None,
            proxy=None,
            ping_interval=None,
            open_timeout=OPEN_DEADLINE_SECONDS,
            close_timeout=CLOSE_DEADLINE_SECONDS,
        ) as socket:
            await self._send(socket, type="connection_init")
            while self.transcript.end is None:
                leaving = await self._stay(socket)
                if leaving == "cut":
                    socket.transport.abort()
                if leaving in ("cut", "close"):
                    return
                self.visits += 1

    async def _stay(self, socket: ClientConnection) -> str | None:
        """How it left; None when it saw the end."""
        self._operation += 1
        id = str(self._operation)
        variables = {"id": self.reply, "after": self.transcript.cursor}
        try:
            async with asyncio.timeout(self._choose.expovariate(1 / self._mean_stay_seconds)):
                await self._send(socket, type="subscribe", id=id, payload={"query": FOLLOW, "variables": variables})
                await self._listen(socket, id)
        except TimeoutError:
            if self.transcript.end is None:
                leaving = self._choose.choice(LEAVINGS)
                if leaving == "complete":
                    await self._send(socket, type="complete", id=id)
                return leaving
        with suppress(TimeoutError):
            async with asyncio.timeout(OPEN_DEADLINE_SECONDS):
                await self._expect_silence(socket, id)
        return None

    async def _listen(self, socket: ClientConnection, id: str) -> None:
        while self.transcript.end is None:
            message = await self._receive(socket, id)
            if message["type"] == "complete":
                self.transcript.complaints.append("complete without an end")
                raise ConnectionAbortedError

    async def _expect_silence(self, socket: ClientConnection, id: str) -> None:
        """Whatever the server had to say after the end has come before its answer to a ping."""
        await self._send(socket, type="ping")
        completed = 0
        while (message := await self._receive(socket, id))["type"] != "pong":
            completed += message["type"] == "complete"
        if completed != 1:
            self.transcript.complaints.append(f"{completed} times complete after the end")

    async def _receive(self, socket: ClientConnection, id: str) -> dict[str, Any]:
        """The next message, an event in it taken down.

        Raises:
            Refused: it is an error.
        """
        while True:
            message: dict[str, Any] = orjson.loads(await socket.recv(decode=False))
            if message["type"] == "ping":
                await self._send(socket, type="pong")
            elif message.get("id", id) != id:
                continue  # of the subscription that was completed before
            elif message["type"] == "error":
                raise Refused(message["payload"][0])
            elif message["type"] == "next":
                if errors := message["payload"].get("errors"):
                    raise Refused(errors[0])
                self.transcript.take(message["payload"]["data"]["completion"])
                return message
            else:
                return message

    @staticmethod
    async def _send(socket: ClientConnection, **message: Any) -> None:
        await socket.send(orjson.dumps(message), text=True)
