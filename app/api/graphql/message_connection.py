"""Pages of a conversation's branch."""

from __future__ import annotations

import strawberry

from app.api.graphql.branch_cursor import branch_cursor
from app.api.graphql.cost import PAGE, cost
from app.api.graphql.message import Message
from app.api.graphql.pagination import PageInfo
from app.api.graphql.selected_parts import NOTHING, PLACE
from app.chat import records
from app.chat.paging import Page


@strawberry.type(description="A message in a page.")
class MessageEdge:
    __slots__ = ("record",)

    record: strawberry.Private[records.Message]

    @strawberry.field(description="Points at this item, for `after` and `before`.", metadata=PLACE)
    def cursor(self) -> str:
        return _cursor(self.record)

    @strawberry.field(description="The message.", metadata=NOTHING)
    def node(self) -> Message:
        return Message(record=self.record)


@strawberry.type(description="A page of a conversation's selected branch, root to tip.")
class MessageConnection:
    page: strawberry.Private[Page[records.Message]]

    @strawberry.field(description="The items with their cursors.", metadata=cost(size=PAGE))
    def edges(self) -> list[MessageEdge]:
        return [MessageEdge(record=each) for each in self.page.items]

    @strawberry.field(description="The items alone.", metadata=cost(size=PAGE))
    def nodes(self) -> list[Message]:
        return [Message(record=each) for each in self.page.items]

    @strawberry.field(description="Where this page lies in the whole.")
    def page_info(self) -> PageInfo:
        return PageInfo(page=self.page, cursor=_cursor)

    @strawberry.field(description="How many there are on all pages.")
    def total_count(self) -> int:
        return self.page.total or 0


def _cursor(record: records.Message) -> str:
    return branch_cursor(record.conversation_id, record.depth)
