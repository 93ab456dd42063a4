"""The upstream's HTTP/1.1: down to the bytes, since faults are made of bytes."""

from __future__ import annotations

import asyncio
import json
import random
import struct
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from tests.upstream.chunks import ChunkWriter
from tests.upstream.dialect import Dialect, DialectWriter
from tests.upstream.egp_chunks import EgpChunkWriter, egp_refusal
from tests.upstream.script import MODELS, Script

_REMEMBERED_REQUESTS = 500
_REMEMBERED_BYTES = 10_000
"""Longer requests are forgotten: the state is asked for often."""


@dataclass(slots=True)
class State:
    """What the upstream has seen.

    Args:
        open: connections that have asked for a completion or the models and still stand.
        answering: completions being said now.
        abandoned: completions whose caller went away before their end.
        requests: bodies and some headers of the last ones.
    """

    models: tuple[str, ...] = MODELS
    models_status: int = 200
    models_delay_seconds: float = 0
    open: int = 0
    answering: int = 0
    completed: int = 0
    abandoned: int = 0
    models_requests: int = 0
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_REQUESTS))
    refused: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> bytes:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return json.dumps({**values, "requests": list(self.requests)}).encode()


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One client: a request, its answer, the next request."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._received = bytearray()
        self._answer: asyncio.Task[None] | None = None
        self._asked_for_something = False
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._state.open -= self._asked_for_something
        if self._answer:
            self._answer.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._answer is None and (request := self._request()):
            if request.path.startswith(("/v1", "/egp")) and not self._asked_for_something:
                self._asked_for_something = True
                self._state.open += 1
            self._answer = asyncio.create_task(self._serve(request))

    def _request(self) -> Request | None:
        """Takes a whole request off what was received."""
        head, found, rest = bytes(self._received).partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        self._received = bytearray(rest[length:])
        method, path, _ = first.split(" ")
        return Request(method, path, headers, rest[:length])

    async def _serve(self, request: Request) -> None:
        try:
            match request.method, request.path:
                case "GET", "/state":
                    self._respond(200, self._state.as_json())
                case "GET", "/v1/models":
                    await self._models()
                case "POST", "/v1/chat/completions":
                    await self._complete(request, OPENAI)
                case "POST", "/egp/v1/chat-completions":
                    await self._complete(request, EGP)
                case _:
                    self._respond(404, b"<html>nothing here</html>", kind="text/html")
        finally:
            self._answer = None
        self.data_received(b"")

    async def _models(self) -> None:
        self._state.models_requests += 1
        await asyncio.sleep(self._state.models_delay_seconds)
        models = [{"id": each, "object": "model", "created": 1, "owned_by": "tests"} for each in self._state.models]
        self._respond(self._state.models_status, json.dumps({"object": "list", "data": models}).encode())

    async def _complete(self, request: Request, dialect: Dialect) -> None:
        body = json.loads(request.body)
        headers = {name: request.headers.get(name) for name in ("authorization", "user-agent", "x-api-key")}
        if len(request.body) <= _REMEMBERED_BYTES:
            self._state.requests.append({"headers": headers, "body": body})
        said = next((each["content"] for each in reversed(body["messages"]) if each["role"] == "user"), "")
        script = Script.of(said)
        if self._refuse(script, body, said, dialect):
            return
        self._state.answering += 1
        try:
            await self._speak(script, body, dialect)
            self._state.completed += 1
        except asyncio.CancelledError:
            self._state.abandoned += 1
            raise
        finally:
            self._state.answering -= 1

    def _refuse(self, script: Script, body: dict[str, Any], said: str, dialect: Dialect) -> bool:
        for name in script.refuse_fields:
            if name in body:
                message = f"Unsupported parameter: '{name}' is not supported"
                self._respond(400, dialect.refusal(message, "unsupported", name))
                return True
        if script.status is None:
            return False
        if script.silent_refusal and body.get("stream"):
            self._start(200, "text/event-stream", {"transfer-encoding": "chunked"})
            self._end(script)
            return True
        if script.refusals is not None and self._state.refused[said] >= script.refusals:
            return False
        self._state.refused[said] += 1
        extra = {"retry-after": script.retry_after} if script.retry_after else {}
        self._respond(script.status, dialect.refusal(script.message, script.code, None), extra=extra)
        return True

    async def _speak(self, script: Script, body: dict[str, Any], dialect: Dialect) -> None:
        options = body.get("stream_options") or {}
        chunks = dialect.writer(script, body["model"], options.get("include_usage", False))
        if script.whole or not body.get("stream"):
            self._respond(200, chunks.whole())
            return
        self._start(200, "text/event-stream", {"transfer-encoding": "chunked"} if script.framed else {})
        if script.raw is not None:
            await self._write(script, [script.raw.encode()])
        elif not await self._say(script, chunks):
            return
        if script.linger:
            await asyncio.Event().wait()
        self._end(script)

    async def _say(self, script: Script, chunks: DialectWriter) -> bool:
        """Whether the end was reached."""
        loop = asyncio.get_running_loop()
        started, choose = loop.time(), random.Random(script.seed)
        await self._write(script, chunks.reasoning())
        pieces = script.pieces() if script.streamed else []
        for said in range(len(pieces) + 1):
            if said == script.break_after:
                self._end(script) if script.break_cleanly else self._reset()
                return False
            if said == script.stall_after:
                await self._stall(script)
            if said == script.error_after:
                await self._write(script, [chunks.error()])
                return True
            if said == len(pieces):
                break
            if script.per_second:
                late = choose.uniform(-script.jitter, script.jitter)
                await asyncio.sleep(max(0.0, started + (said + late) / script.per_second - loop.time()))
            await self._write(script, [chunks.delta(pieces[said])])
        await self._write(script, chunks.end())
        return True

    async def _stall(self, script: Script) -> None:
        if not script.keep_alive_per_second:
            await asyncio.Event().wait()
        while True:
            await self._write(script, [f": keep-alive{script.newline * 2}".encode()])
            await asyncio.sleep(1 / script.keep_alive_per_second)

    def _end(self, script: Script) -> None:
        """In good order: as whoever reads the body is told that it ends."""
        if script.framed:
            self._transport.write(b"0\r\n\r\n")
        else:
            self._transport.close()

    def _reset(self) -> None:
        # A reset, as of a process that was killed; written bytes are let out first.
        self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 0, 0))
        self._transport.close()

    async def _write(self, script: Script, parts: Iterable[bytes]) -> None:
        for part in parts:
            size = script.slice_bytes or max(1, len(part))
            for start in range(0, len(part), size):
                piece = part[start : start + size]
                self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if script.framed else piece)
                await asyncio.sleep(0)
                await self._writable.wait()

    def _respond(
        self, status: int, body: bytes, *, kind: str = "application/json", extra: dict[str, str] | None = None
    ) -> None:
        self._start(status, kind, {"content-length": str(len(body)), **(extra or {})})
        self._transport.write(body)

    def _start(self, status: int, kind: str, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"content-type: {kind}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))


def _openai_refusal(message: str, code: str | None, param: str | None) -> bytes:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return json.dumps({"error": error}).encode()


OPENAI = Dialect(
    lambda script, model, usage_asked: ChunkWriter(script, model, usage_asked=usage_asked), _openai_refusal
)
EGP = Dialect(lambda script, _model, _usage_asked: EgpChunkWriter(script), egp_refusal)
