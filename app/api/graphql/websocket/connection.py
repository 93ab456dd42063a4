"""One graphql-transport-ws connection: its state, its operations, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, aclosing, suppress
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.api.errors import INTERNAL_MESSAGE
from app.api.graphql import limits
from app.api.graphql.context import Context
from app.api.graphql.errors import present, report
from app.api.graphql.json_codec import encode
from app.api.graphql.operation import Failed, responses
from app.api.graphql.policy import Policy
from app.api.graphql.request import RequestParameters
from app.api.graphql.websocket.close import Close, CloseCode
from app.api.graphql.websocket.drain import Drain
from app.api.graphql.websocket.messages import (
    ClientMessage,
    Complete,
    ConnectionInit,
    Ping,
    Pong,
    Subscribe,
    parse_message,
)
from app.api.graphql.websocket.pace import Pace
from app.api.graphql.websocket.request_bytes import RequestBytes
from app.api.identity import Identify, Identity, revocation
from app.api.presented_key import key_alone
from app.chat.errors import ChatError, RateLimited, ShuttingDown, Unauthenticated
from app.chat.service import Chat


class Connection:
    """Everything that goes on in a connection is a task in one group, so it ends as a whole: when one of them raises
    Close, or the client has gone, the others are cancelled and waited for, and with them what they opened.
    """

    def __init__(
        self, socket: WebSocket, chat: Chat, identify: Identify, drain: Drain, pace: Pace, policy: Policy
    ) -> None:
        self._socket = socket
        self._chat = chat
        self._identify = identify
        self._drain = drain
        self._pace = pace
        self._policy = policy
        self._identity: Identity | None = None
        self._payload: Mapping[str, Any] = {}
        self._counted = ExitStack()
        self._initialised = asyncio.Event()
        self._heard = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._requests = RequestBytes()
        self._answers = asyncio.Semaphore(limits.MAX_ANSWERS_PER_SOCKET)

    async def serve(self) -> None:
        """Returns when the socket is closed, however that came, and nothing of it is left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._expect_init())
                tasks.create_task(self._keep_alive())
                tasks.create_task(self._expect_drain())
                tasks.create_task(self._expect_revocation())
                await self._receive(tasks)
        except* WebSocketDisconnect:
            pass
        except* Close as ends:
            await self._close(next(each for each in ends.exceptions if isinstance(each, Close)))
        except* Exception as ends:
            await self._close(Close(CloseCode.INTERNAL_ERROR, f"{INTERNAL_MESSAGE} {report(ends)}"))
        finally:
            self._counted.close()

    async def _receive(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._handle(await self._next(), tasks)

    async def _next(self) -> ClientMessage:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))
        text = message.get("text")
        if text is None:
            raise Close(CloseCode.BAD_REQUEST, "Invalid message: a message must be text")
        self._heard.set()
        return await parse_message(text, known=self._identity is not None)

    async def _handle(self, message: ClientMessage, tasks: asyncio.TaskGroup) -> None:
        match message:
            case ConnectionInit(payload):
                await self._initialise(payload)
            case Ping(payload):
                await self._send({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
            case Pong():
                pass
            case Subscribe():
                await self._subscribe(message, tasks)
            case Complete(id):
                if id in self._operations:
                    self._forget(id).cancel()

    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        if self._identity:
            raise Close(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        try:
            identity = await self._identify(self._socket, payload)
            if identity.allowance:
                self._counted.enter_context(identity.allowance.socket())
        except Unauthenticated:
            raise Close(CloseCode.FORBIDDEN, "Forbidden") from None
        except ChatError as error:  # too many sockets, or the database is away: clients come again after this code
            raise Close(CloseCode.TRY_AGAIN_LATER, str(error)) from None
        self._identity, self._payload = identity, key_alone(payload)
        self._initialised.set()
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, message: Subscribe, tasks: asyncio.TaskGroup) -> None:
        id = message.id
        if not self._identity:
            raise Close(CloseCode.UNAUTHORIZED, "Unauthorized")
        if id in self._operations:
            raise Close(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {id} already exists")
        if refusal := self._refusal(self._identity, message):
            await self._send({"id": id, "type": "error", "payload": [refusal.formatted]})
            return
        self._idle.clear()
        introspection = self._policy.introspection
        context = Context(self._chat, self._identity, introspection=introspection, answers=self._answers)
        self._operations[id] = task = tasks.create_task(self._run(id, message.sent, context))
        self._requests.hold(message.size_bytes, task)

    def _refusal(self, identity: Identity, message: Subscribe) -> GraphQLError | None:
        if self._drain.begun.is_set():
            return present(GraphQLError("", original_error=ShuttingDown()))
        if len(self._operations) >= limits.MAX_OPERATIONS_PER_SOCKET:
            most = limits.MAX_OPERATIONS_PER_SOCKET
            return _too_much(f"{most} operations are under way on this socket, which is the most")
        if not self._requests.have_room_for(message.size_bytes):
            most = limits.MAX_REQUEST_BYTES_PER_SOCKET
            return _too_much(f"the operations under way on this socket would be more than {most:,} bytes")
        try:
            identity.take_request()
        except RateLimited as error:
            return present(GraphQLError("", original_error=error))
        return None

    async def _run(self, id: str, sent: RequestParameters, context: Context) -> None:
        """The id is free again before the client hears that the operation has ended."""
        try:
            stream = responses(self._policy.documents.request(sent), context)
            del sent  # a subscription may be open for hours, and its request may be megabytes
            async with aclosing(stream):
                async for response in stream:
                    await self._send({"id": id, "type": "next", "payload": response})
        except Failed as failed:
            last: Mapping[str, Any] = {"id": id, "type": "error", "payload": failed.errors}
        else:
            last = {"id": id, "type": "complete"}
        finally:
            if self._operations.get(id) is asyncio.current_task():
                self._forget(id)
        await self._send(last)

    def _forget(self, id: str) -> asyncio.Task[None]:
        task = self._operations.pop(id)
        if not self._operations:
            self._idle.set()
        return task

    async def _send(self, message: Mapping[str, Any]) -> None:
        """Waits while the client reads more slowly than it is sent to.

        Raises:
            WebSocketDisconnect: the socket is closed.
        """
        try:
            await self._socket.send_text(encode(message))
        except RuntimeError as error:  # so says uvicorn where it has closed the socket by itself
            raise WebSocketDisconnect(1006) from error

    async def _close(self, end: Close) -> None:
        """A client that reads nothing cannot hold up the end of its connection."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(self._pace.close_deadline):
                await self._socket.close(end.code, end.reason)

    async def _expect_init(self) -> None:
        try:
            async with asyncio.timeout(self._pace.init_deadline):
                await self._initialised.wait()
        except TimeoutError:
            raise Close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout") from None

    async def _keep_alive(self) -> None:
        await self._initialised.wait()
        while True:
            await asyncio.sleep(self._pace.ping_interval)
            self._heard.clear()
            try:
                async with asyncio.timeout(self._pace.pong_deadline):
                    await self._send({"type": "ping"})
                    await self._heard.wait()
            except TimeoutError:
                raise Close(CloseCode.PING_TIMEOUT, "Ping timeout") from None

    async def _expect_revocation(self) -> None:
        await self._initialised.wait()
        if self._identity:
            await revocation(self._identify, self._socket, self._identity, self._payload)
            raise Close(CloseCode.FORBIDDEN, "Forbidden")

    async def _expect_drain(self) -> None:
        """What is under way gets its end, within the grace period, before the socket is closed."""
        await self._drain.begun.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain.grace_seconds):
                await self._idle.wait()
        raise Close(CloseCode.SERVICE_RESTART, "Service restart")


def _too_much(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "RATE_LIMITED", "retryable": True})
