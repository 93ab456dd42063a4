"""A small GraphQL server with the contract's names, so that the starter tabs run without a database.

A reply streams two deltas and then waits to be stopped: a test decides what has been seen before the end comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from enum import Enum
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import Info

from app.web.playground import playground_response, playground_routes

DELTAS = ("Hello", ", world!")


@strawberry.enum
class Role(Enum):
    USER = "USER"
    ASSISTANT = "ASSISTANT"


@strawberry.type
class Usage:
    total_tokens: int
    source: str


@strawberry.type
class Message:
    id: strawberry.ID
    role: Role
    status: str
    content: str
    seq: int = 0
    finish_reason: str | None = None
    usage: Usage | None = None


@strawberry.type
class Conversation:
    id: strawberry.ID
    title: str | None
    updated_at: str
    tip: Message | None


@strawberry.type
class PageInfo:
    has_next_page: bool = False
    end_cursor: str | None = None


@strawberry.type
class ConversationConnection:
    total_count: int
    nodes: list[Conversation]
    page_info: PageInfo


@strawberry.type
class Model:
    id: strawberry.ID
    owned_by: str
    context_window: int | None
    alias_of: strawberry.ID | None


@strawberry.input
class PostMessageInput:
    content: str


@strawberry.type
class PostMessagePayload:
    conversation: Conversation
    message: Message
    reply: Message | None


@strawberry.interface
class CompletionEvent:
    seq: int


@strawberry.type
class CompletionDelta(CompletionEvent):
    content: str


@strawberry.type
class CompletionSnapshot(CompletionEvent):
    content: str


@strawberry.type
class CompletionEnd(CompletionEvent):
    message: Message


class Chat:
    """What the resolvers share: the conversations, and who watches the one reply there may be at a time."""

    def __init__(self) -> None:
        self.conversations: list[Conversation] = []
        self.stopped = asyncio.Event()
        self.watchers = 0

    def post(self, content: str) -> PostMessagePayload:
        self.stopped.clear()
        number = len(self.conversations)
        message = Message(id=strawberry.ID(f"msg_{number}u"), role=Role.USER, status="COMPLETE", content=content)
        reply = Message(id=strawberry.ID(f"msg_{number}a"), role=Role.ASSISTANT, status="STREAMING", content="")
        conversation = Conversation(
            id=strawberry.ID(f"conv_{number}"), title=content, updated_at="2026-01-01T00:00:00.000Z", tip=reply
        )
        self.conversations.insert(0, conversation)
        return PostMessagePayload(conversation=conversation, message=message, reply=reply)

    def end(self) -> Message:
        reply = self.conversations[0].tip
        assert reply is not None
        reply.status, reply.content, reply.seq = "STOPPED", "".join(DELTAS), len(DELTAS)
        reply.usage = Usage(total_tokens=len(DELTAS), source="ESTIMATED")
        self.stopped.set()
        return reply


def chat_of(info: Info[Any, Any]) -> Chat:
    chat = info.context["request"].app.state.chat
    assert isinstance(chat, Chat)
    return chat


@strawberry.type
class Query:
    @strawberry.field
    def conversations(
        self, info: Info[Any, Any], first: int | None = None, after: str | None = None
    ) -> ConversationConnection:
        found = chat_of(info).conversations
        return ConversationConnection(total_count=len(found), nodes=found[:first], page_info=PageInfo())

    @strawberry.field
    def models(self) -> list[Model]:
        return [Model(id=strawberry.ID("demo"), owned_by="parley", context_window=8192, alias_of=None)]

    @strawberry.field
    def watchers(self, info: Info[Any, Any]) -> int:
        return chat_of(info).watchers

    @strawberry.field
    def api_key(self, info: Info[Any, Any]) -> str | None:
        key: str | None = info.context["request"].headers.get("x-api-key")
        return key


@strawberry.type
class Mutation:
    @strawberry.mutation
    def post_message(self, info: Info[Any, Any], input: PostMessageInput) -> PostMessagePayload:
        return chat_of(info).post(input.content)

    @strawberry.mutation
    def stop_completion(self, info: Info[Any, Any], message_id: strawberry.ID) -> Message:
        return chat_of(info).end()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def completion(
        self, info: Info[Any, Any], message_id: strawberry.ID, after: int = 0
    ) -> AsyncGenerator[CompletionEvent, None]:
        chat = chat_of(info)
        chat.watchers += 1
        try:
            for seq, content in enumerate(DELTAS, start=1):
                if seq > after:
                    yield CompletionDelta(seq=seq, content=content)
            await chat.stopped.wait()
            reply = chat.conversations[0].tip
            assert reply is not None
            yield CompletionEnd(seq=reply.seq, message=reply)
        finally:
            chat.watchers -= 1

    @strawberry.subscription
    async def api_key(self, info: Info[Any, Any]) -> AsyncGenerator[str | None, None]:
        yield (info.context["connection_params"] or {}).get("x-api-key")


schema = strawberry.Schema(Query, Mutation, Subscription, types=[CompletionDelta, CompletionSnapshot, CompletionEnd])


def playground(request: Request) -> Response:
    return playground_response()


def create_stand_in() -> Starlette:
    api: ASGIApp = GraphQL[Any, Any](schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
    app = Starlette(
        routes=[
            Route("/graphql", playground, methods=["GET"]),
            Route("/graphql", api, methods=["POST"]),
            WebSocketRoute("/graphql", api),
            *playground_routes(),
        ]
    )
    app.state.chat = Chat()
    return app
