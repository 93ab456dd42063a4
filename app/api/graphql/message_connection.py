"""Pages of a conversation's branch."""

from __future__ import annotations

from typing import Self

import strawberry

from app.api.graphql.branch_cursor import branch_cursor
from app.api.graphql.cost import PAGE, cost
from app.api.graphql.message import Message
from app.api.graphql.pagination import PageInfo, page_info
from app.chat import records
from app.chat.paging import Page


@strawberry.type(description="A message in a page.")
class MessageEdge:
    cursor: str = strawberry.field(description="Points at this item, for `after` and `before`.")
    node: Message = strawberry.field(description="The message.")


@strawberry.type(description="A page of a conversation's selected branch, root to tip.")
class MessageConnection:
    edges: list[MessageEdge] = strawberry.field(description="The items with their cursors.", metadata=cost(size=PAGE))
    nodes: list[Message] = strawberry.field(description="The items alone.", metadata=cost(size=PAGE))
    page_info: PageInfo = strawberry.field(description="Where this page lies in the whole.")
    total_count: int = strawberry.field(description="How many there are on all pages.")

    @classmethod
    def of(cls, page: Page[records.Message]) -> Self:
        nodes = [Message.of(each) for each in page.items]
        cursors = [branch_cursor(each.conversation_id, each.depth) for each in page.items]
        edges = [MessageEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)]
        return cls(edges=edges, nodes=nodes, page_info=page_info(page, edges), total_count=page.total or 0)
