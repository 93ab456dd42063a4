"""One graphql-transport-ws connection: its state, its operations, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack, aclosing, suppress
from typing import Any, Final

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from app.api.errors import INTERNAL_MESSAGE
from app.api.graphql import limits
from app.api.graphql.context import Context
from app.api.graphql.errors import present, report
from app.api.graphql.json_codec import encode
from app.api.graphql.operation import Failed, responses
from app.api.graphql.policy import Policy
from app.api.graphql.push import Outlet
from app.api.graphql.request import RequestParameters
from app.api.graphql.websocket.close import Close, CloseCode
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

OUTLET: Final = "parley.outlet"
"""An ASGI extension, which holds the server's connection as an Outlet. Taken out of the scope: it is memory of each
socket, and the connection keeps its scope.
"""


class Gone(Exception):
    """There is no client any more."""


class Connection:
    """Everything that goes on in a connection is a task in one group, so it ends as a whole: when one of them raises
    Close, or the client has gone, the others are cancelled and waited for, and with them what they opened.

    Most sockets wait most of the time, so waiting has to be cheap: what is only waited for is a timer and no task, and
    there is one timer at a time, for the init, for the next ping or for the answer to the last one.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        chat: Chat,
        identify: Identify,
        pace: Pace,
        policy: Policy,
    ) -> None:
        self._scope = scope
        self._outlet: Outlet | None = scope.get("extensions", {}).pop(OUTLET, {}).get("outlet")
        self._receive_message = receive
        self._send_message = send
        self._chat = chat
        self._identify = identify
        self._pace = pace
        self._policy = policy
        self._identity: Identity | None = None
        self._counted: ExitStack | None = None
        self._tasks = asyncio.TaskGroup()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._requests = RequestBytes()
        self._answers = asyncio.Semaphore(limits.MAX_ANSWERS_PER_SOCKET)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._pinged = False
        self._draining = False
        self._grace: asyncio.TimerHandle | None = None
        self._live = False

    async def serve(self) -> None:
        """Returns when the socket is closed, however that came, and nothing of it is left."""
        try:
            async with self._tasks:
                self._live = True
                self._end_if_drained()
                self._after(
                    self._pace.init_deadline, self._end, CloseCode.INIT_TIMEOUT, "Connection initialisation timeout"
                )
                try:
                    await self._receive()
                finally:
                    self._live = False
                    self._stop_timers()
        except* Gone:
            pass
        except* Close as ends:
            await self._close(next(each for each in ends.exceptions if isinstance(each, Close)))
        except* Exception as ends:
            await self._close(Close(CloseCode.INTERNAL_ERROR, f"{INTERNAL_MESSAGE} {report(ends)}"))
        finally:
            if self._counted:
                self._counted.close()

    def drain(self, deadline: float) -> None:
        """Takes no new operation; what is under way gets its end before the socket is closed, or the deadline comes, by
        the loop's clock. May be called again to hurry.
        """
        self._draining = True
        if self._grace:
            self._grace.cancel()
        self._grace = self._loop.call_at(deadline, self._restart)
        self._end_if_drained()

    async def _receive(self) -> None:
        while True:
            await self._handle(await self._next())

    async def _next(self) -> ClientMessage:
        message = await self._receive_message()
        if message["type"] == "websocket.disconnect":
            raise Gone
        text = message.get("text")
        if text is None:
            raise Close(CloseCode.BAD_REQUEST, "Invalid message: a message must be text")
        if self._pinged:
            self._ping_later()
        return await parse_message(text, known=self._identity is not None)

    async def _handle(self, message: ClientMessage) -> None:
        match message:
            case ConnectionInit(payload):
                await self._initialise(payload)
            case Ping(payload):
                await self._send({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
            case Pong():
                pass
            case Subscribe():
                await self._subscribe(message)
            case Complete(id):
                if id in self._operations:
                    self._operations.pop(id).cancel()
                    self._end_if_drained()

    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        if self._identity:
            raise Close(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        try:
            identity = await self._identify(HTTPConnection(self._scope), payload)
            if identity.allowance:
                self._counted = ExitStack()
                self._counted.enter_context(identity.allowance.socket())
        except Unauthenticated:
            raise Close(CloseCode.FORBIDDEN, "Forbidden") from None
        except ChatError as error:  # too many sockets, or the database is away: clients come again after this code
            raise Close(CloseCode.TRY_AGAIN_LATER, str(error)) from None
        self._identity = identity
        if identity.until is not None:
            self._tasks.create_task(self._expect_revocation(identity, key_alone(payload)))
        self._ping_later()
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, message: Subscribe) -> None:
        id = message.id
        if not self._identity:
            raise Close(CloseCode.UNAUTHORIZED, "Unauthorized")
        if id in self._operations:
            raise Close(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {id} already exists")
        if refusal := self._refusal(self._identity, message):
            await self._send({"id": id, "type": "error", "payload": [refusal.formatted]})
            return
        introspection = self._policy.introspection
        context = Context(self._chat, self._identity, introspection=introspection, answers=self._answers)
        self._operations[id] = task = self._tasks.create_task(self._run(id, message.sent, context))
        self._requests.hold(message.size_bytes, task)

    def _refusal(self, identity: Identity, message: Subscribe) -> GraphQLError | None:
        if self._draining:
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
                    if self._outlet and context.events:
                        await context.events.push(self._outlet, f'{{"id":{encode(id)},"type":"next","payload":', "}")
        except Failed as failed:
            last: Mapping[str, Any] = {"id": id, "type": "error", "payload": failed.errors}
        else:
            last = {"id": id, "type": "complete"}
        finally:
            if self._operations.get(id) is asyncio.current_task():
                del self._operations[id]
        await self._send(last)
        self._end_if_drained()

    async def _send(self, message: Mapping[str, Any]) -> None:
        """Waits while the client reads more slowly than it is sent to.

        Raises:
            Gone: the socket is closed.
        """
        try:
            await self._send_message({"type": "websocket.send", "text": encode(message)})
        except (OSError, RuntimeError) as error:  # so say servers that the client, or they, have closed it
            raise Gone from error

    async def _close(self, end: Close) -> None:
        """A client that reads nothing cannot hold up the end of its connection."""
        with suppress(TimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(self._pace.close_deadline):
                await self._send_message({"type": "websocket.close", "code": end.code, "reason": end.reason})

    def _ping_later(self) -> None:
        self._pinged = False
        self._after(self._pace.ping_interval, lambda: self._tasks.create_task(self._ping()))

    async def _ping(self) -> None:
        """The client is given time from when the ping is on its way, however much is before it."""
        self._pinged = True
        await self._send({"type": "ping"})
        if self._pinged:
            self._after(self._pace.pong_deadline, self._end, CloseCode.PING_TIMEOUT, "Ping timeout")

    async def _expect_revocation(self, identity: Identity, payload: Mapping[str, Any]) -> None:
        await revocation(self._identify, HTTPConnection(self._scope), identity, payload)
        raise Close(CloseCode.FORBIDDEN, "Forbidden")

    def _end_if_drained(self) -> None:
        if self._draining and not self._operations:
            self._restart()

    def _restart(self) -> None:
        self._end(CloseCode.SERVICE_RESTART, "Service restart")

    def _end(self, code: CloseCode, reason: str) -> None:
        if self._live:
            self._tasks.create_task(_raise(Close(code, reason)))

    def _after(self, seconds: float, then: Callable[..., object], *given: object) -> None:
        """In place of what was to come."""
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, then, *given)

    def _stop_timers(self) -> None:
        for each in (self._timer, self._grace):
            if each:
                each.cancel()


async def _raise(end: Close) -> None:
    raise end


def _too_much(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "RATE_LIMITED", "retryable": True})
