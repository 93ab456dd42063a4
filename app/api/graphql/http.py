"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from http import HTTPStatus
from typing import Any

from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from app.api.disconnect import CLIENT_CLOSED_REQUEST
from app.api.errors import HTTP_STATUS, error_headers
from app.api.graphql import media_type
from app.api.graphql.context import Context
from app.api.graphql.errors import describe, present
from app.api.graphql.json_codec import NotJson, decode, encode
from app.api.graphql.limits import MAX_BODY_BYTES
from app.api.graphql.operation import Failed, has_no_data, response, responses
from app.api.graphql.policy import Policy
from app.api.graphql.request import BadRequest, GraphQLRequest, RequestParameters, read_request
from app.api.graphql.schema import schema
from app.api.graphql.sse.event_streams import EventStreams
from app.api.identity import Identify, counting_requests
from app.api.large_json import TooManyValues, parse_json
from app.chat.errors import ChatError, Code
from app.chat.service import Chat

Playground = Callable[[], Response]

SAFE_METHODS = frozenset({"GET", "HEAD"})
READING = frozenset({OperationType.QUERY})
WATCHING = READING | {OperationType.SUBSCRIPTION}
READING_AND_WRITING = frozenset({OperationType.QUERY, OperationType.MUTATION})
NAMING_DOCUMENTS = frozenset({"query", "documentId", "extensions"})
"""The parameters of a GET that make it a request for an operation, not for the page."""


class NotServed(Exception):
    """The HTTP request cannot become a GraphQL operation."""

    def __init__(self, status: HTTPStatus, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class SubscriptionAsked(NotServed):
    """It can only become one with a stream of answers."""

    def __init__(self) -> None:
        where = f"over WebSocket and as {media_type.EVENT_STREAM}"
        super().__init__(HTTPStatus.BAD_REQUEST, f"Subscriptions are served {where}")


class Endpoint:
    """An ASGI application for the requests of one path; a framework's route takes `serve`.

    Args:
        playground: what a browser gets that opens the address; None serves none.
    """

    def __init__(
        self,
        chat: Chat,
        identify: Identify,
        playground: Playground | None,
        streams: EventStreams | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._chat = chat
        self._policy = policy or Policy()
        self.streams = EventStreams(identify) if streams is None else streams
        self._identify = counting_requests(identify)
        self._playground = playground

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.serve(Request(scope, receive, send))
        await response(scope, receive, send)

    async def serve(self, request: Request) -> Response:
        accept = request.headers.get("accept", "")
        if self._playground and _opens_page(request, accept):
            return self._playground()
        try:
            return await self._answer(request, accept)
        except NotServed as error:
            problem = {"message": str(error), "extensions": {"code": Code.BAD_USER_INPUT.value}}
            return _respond({"errors": [problem]}, media_type.response_type(accept), error.status, error.headers)
        except ChatError as error:  # of the caller, before anything of the request is looked at
            message, extensions = describe(error)
            problem = {"message": message, "extensions": extensions}
            status = HTTP_STATUS[error.code]
            return _respond({"errors": [problem]}, media_type.response_type(accept), status, error_headers(error))
        except ClientDisconnect:  # while it was asking
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        except Exception as error:
            unforeseen = present(GraphQLError("", original_error=error))
            formed = {"errors": [unforeseen.formatted]}
            return _respond(formed, media_type.response_type(accept), HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _answer(self, request: Request, accept: str) -> Response:
        identity = await self._identify(request)
        sent = await _read(request)
        context = Context(self._chat, identity, introspection=self._policy.introspection)
        safe = _is_safe(request)

        try:
            asked = self._policy.documents.request(sent)
        except Failed as failed:
            if media_type.prefers_events(accept):
                return self.streams.open(request, identity, _failing(failed))
            return _respond_without_data({"errors": failed.errors}, accept)

        def stream() -> Response:
            return self.streams.open(request, identity, responses(asked, context, WATCHING if safe else None))

        if media_type.prefers_events(accept):
            return stream()
        try:
            result = await _execute(asked, context, READING if safe else READING_AND_WRITING)
        except SubscriptionAsked:
            if media_type.accepts_events(accept):
                return stream()
            raise
        formed = response(result)
        if not has_no_data(result):
            return _respond(formed, media_type.response_type(accept))
        del formed["data"]
        return _respond_without_data(formed, accept)


async def _failing(failed: Failed) -> AsyncGenerator[Any, None]:
    """The responses of an operation that is not begun."""
    raise failed
    yield  # type: ignore[unreachable]  # it makes a generator of the function


async def _execute(asked: GraphQLRequest, context: Context, allowed: frozenset[OperationType]) -> ExecutionResult:
    try:
        return await schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            allowed_operation_types=allowed,
        )
    except CannotGetOperationTypeError as error:
        raise NotServed(HTTPStatus.BAD_REQUEST, error.as_http_error_reason()) from None
    except InvalidOperationTypeError as error:
        if error.operation_type is OperationType.SUBSCRIPTION:
            raise SubscriptionAsked from None
        raise NotServed(HTTPStatus.METHOD_NOT_ALLOWED, "Mutations are served by POST", Allow="POST") from None


def _is_safe(request: Request) -> bool:
    """Whether the method promises to change nothing (RFC 9110, 9.2.1)."""
    return request.method in SAFE_METHODS


def _opens_page(request: Request, accept: str) -> bool:
    asked = _is_safe(request) and media_type.wants_page(accept)
    return asked and NAMING_DOCUMENTS.isdisjoint(request.query_params)


async def _read(request: Request) -> RequestParameters:
    """Raises:
    NotServed: it is not a GraphQL request, or too large.
    """
    try:
        if _is_safe(request):
            return read_request(_query_parameters(request.query_params))
        if not media_type.is_json(request.headers.get("content-type", "")):
            raise NotServed(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body must be {media_type.JSON}")
        return await parse_json(await _body(request), lambda body: read_request(decode(body)))
    except TooManyValues as error:
        raise NotServed(HTTPStatus.BAD_REQUEST, f"The body has {error}") from None
    except NotJson:
        raise NotServed(HTTPStatus.BAD_REQUEST, "The request is not JSON") from None
    except BadRequest as error:
        raise NotServed(HTTPStatus.BAD_REQUEST, str(error)) from None


def _query_parameters(given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a GET, of which two are JSON."""
    encoded = ("variables", "extensions")
    return {name: decode(value) if name in encoded and value else value or None for name, value in given.items()}


async def _body(request: Request) -> bytes:
    """Raises:
    NotServed: it is too large; no more of it is read than that.
    """
    body = bytearray()
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) <= MAX_BODY_BYTES:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                break
        else:
            return bytes(body)
    raise NotServed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has more than {MAX_BODY_BYTES:,} bytes")


def _respond_without_data(body: object, accept: str) -> Response:
    """Nothing was run: GraphQL over HTTP, 6.4."""
    content_type = media_type.response_type(accept)
    legacy = content_type == media_type.JSON  # whose clients take any other status for a broken server
    return _respond(body, content_type, HTTPStatus.OK if legacy else HTTPStatus.BAD_REQUEST)


def _respond(
    body: object, content_type: str, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    always = {"Content-Type": f"{content_type}; charset=utf-8", "Cache-Control": "no-store", "Vary": "Accept"}
    return Response(encode(body), status, {**always, **(headers or {})})
