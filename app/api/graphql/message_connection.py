"""Pages of a conversation's branch."""

from __future__ import annotations

from typing import Self

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.message import Message
from app.api.graphql.pagination import PageInfo, page_info
from app.chat import records
from app.chat.identifiers import MessageId
from app.chat.paging import Page


@strawberry.type(description="A message in a page.")
class MessageEdge:
    cursor: str = strawberry.field(description="Points at this item, for `after` and `before`.")
    node: Message = strawberry.field(description="The message.")


@strawberry.type(description="A page of a conversation's selected branch, root to tip.")
class MessageConnection:
    edges: list[MessageEdge] = strawberry.field(description="The items with their cursors.")
    nodes: list[Message] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the whole.")
    tip: strawberry.Private[MessageId | None]

    @classmethod
    def of(cls, page: Page[records.Message], *, tip: MessageId | None) -> Self:
        nodes = [Message.of(each) for each in page.items]
        edges = [MessageEdge(cursor=each.id, node=each) for each in nodes]
        return cls(edges=edges, nodes=nodes, page_info=page_info(page, edges), tip=tip)

    @strawberry.field(description="How many there are on all pages; counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        tip = await info.context.load.messages.load(self.tip) if self.tip else None
        return tip.depth + 1 if tip else 0
