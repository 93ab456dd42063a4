"""`python -m bench.delivery.peers.strawberry`: Parley's types under Strawberry's own schema, executor and router."""

from __future__ import annotations

import strawberry
from fastapi import FastAPI
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.schema.config import StrawberryConfig

from app.api.graphql.completion_event import CompletionDelta, CompletionEnd, CompletionSnapshot
from app.api.graphql.context import Context
from app.api.graphql.mutation import Mutation
from app.api.graphql.query import Query
from app.api.graphql.scalars import SCALARS
from app.api.graphql.subscription import Subscription
from app.api.identity import LOCAL
from bench.delivery.peers.sourced_chat import SourcedLog, watched_only
from bench.delivery.serving import serve
from bench.delivery.source import Source, Stream

source = Source(Stream)
chat = watched_only(SourcedLog(source))

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[CompletionDelta, CompletionSnapshot, CompletionEnd],
    config=StrawberryConfig(scalar_map=SCALARS),
)


class RoutedContext(Context, BaseContext):
    """As Strawberry's router wants it."""

    def __init__(self) -> None:
        BaseContext.__init__(self)
        Context.__init__(self, chat, LOCAL)


async def context() -> RoutedContext:
    return RoutedContext()


router: GraphQLRouter[RoutedContext, None] = GraphQLRouter(schema, path="/graphql", context_getter=context)
app = FastAPI()
app.include_router(router)

if __name__ == "__main__":
    serve(app, source)
