"""What a graphql-transport-ws client may say, read strictly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.api.graphql.json_codec import NotJson, decode
from app.api.graphql.limits import MAX_BYTES_BEFORE_INIT, MAX_OPERATION_ID_CHARACTERS
from app.api.graphql.request import BadRequest, RequestParameters, read_request
from app.api.graphql.websocket.close import Close, CloseCode
from app.api.large_json import TooManyValues, parse_json


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class Subscribe:
    id: str
    sent: RequestParameters
    size_bytes: int = field(default=0, compare=False)
    """Of the message, as it was sent."""


@dataclass(frozen=True, slots=True)
class Complete:
    id: str


ClientMessage = ConnectionInit | Ping | Pong | Subscribe | Complete


async def parse_message(text: str, *, known: bool) -> ClientMessage:
    """What `read_message` reads, beside the event loop where it is much.

    Args:
        known: whether the client has been acknowledged. Others have nothing long to say.

    Raises:
        Close: with 4400; it is too large, or as `read_message` has it.
    """
    encoded = text.encode()
    if not known and len(encoded) > MAX_BYTES_BEFORE_INIT:
        raise _invalid(f"before the acknowledgement a message has at most {MAX_BYTES_BEFORE_INIT:,} bytes")
    try:
        return await parse_json(encoded, read_message)
    except TooManyValues as error:
        raise _invalid(f"a message has {error}") from None


def read_message(text: str | bytes) -> ClientMessage:
    """Args:
        text: in UTF-8, if it is not decoded.

    Raises:
    Close: with 4400, as the protocol has it for whatever it does not define.
    """
    try:
        message = decode(text)
    except NotJson:
        raise _invalid("a message must be JSON") from None
    if not isinstance(message, dict):
        raise _invalid("a message must be a JSON object")
    match message.get("type"):
        case "connection_init":
            return ConnectionInit(_payload(message) or {})
        case "ping":
            return Ping(_payload(message))
        case "pong":
            _payload(message)
            return Pong()
        case "subscribe":
            return Subscribe(_id(message), _request(message), len(text))
        case "complete":
            return Complete(_id(message))
        case other:
            raise _invalid(f"{other!r} is no type of message that a client sends")


def _payload(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _invalid(f"the payload of {message['type']} must be an object or null")
    return payload


def _id(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        raise _invalid(f"the id of {message['type']} must be a string that is not empty")
    if len(id) > MAX_OPERATION_ID_CHARACTERS:
        raise _invalid(f"the id of {message['type']} must have at most {MAX_OPERATION_ID_CHARACTERS} characters")
    return id


def _request(message: dict[str, Any]) -> RequestParameters:
    try:
        return read_request(message.get("payload"))
    except BadRequest as error:
        raise _invalid(str(error)) from None


def _invalid(why: str) -> Close:
    return Close(CloseCode.BAD_REQUEST, f"Invalid message: {why}")
