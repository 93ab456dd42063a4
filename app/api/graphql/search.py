"""Search, as a Relay connection: https://relay.dev/graphql/connections.htm"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.cost import PAGE, Sliced, cost
from app.api.graphql.headline import headline
from app.api.graphql.message import Message
from app.api.graphql.pagination import After, PageInfo, window
from app.api.graphql.search_cursor import search_cursor, search_key
from app.chat.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page
from app.chat.search import MAX_QUERY_CHARACTERS, MAX_QUERY_PREFIXES, MAX_QUERY_WORDS, MAX_RANKED
from app.chat.search_hit import SearchHit

SEARCH_COST = 500
"""Matches are ranked, however small the page."""

SearchText: TypeAlias = Annotated[
    str,
    strawberry.argument(
        description=(
            'Words, of which all must be in a message; "phrases in quotes"; `or` between two of them, and ignored '
            "elsewhere; `-` before what must not be in it; `*` after the beginning of a word. Words are letters and "
            "digits: nothing else is looked for, no emoji either. They are found as they are written, whatever their "
            "case and language. "
            f"At most {MAX_QUERY_WORDS} words, {MAX_QUERY_PREFIXES} of them with `*`, and {MAX_QUERY_CHARACTERS:,} "
            "characters; without a word nothing is found."
        )
    ),
]
First: TypeAlias = Annotated[
    int | None, strawberry.argument(description=f"At most so many, the best ones. From 0 to {MAX_PAGE_SIZE}.")
]


@strawberry.type(description="A message that was found.")
class SearchEdge:
    __slots__ = ("hit",)

    hit: strawberry.Private[SearchHit]

    @strawberry.field(description="Points at this item, for `after`, in the same search.")
    def cursor(self) -> str:
        return _cursor(self.hit)

    @strawberry.field(description="The message.")
    def node(self) -> Message:
        return Message(record=self.hit.message)

    @strawberry.field(
        description=(
            "What of the message shows best why it was found, as HTML that is safe to show: the matches stand in "
            "<mark>, and what the message has of HTML is escaped."
        )
    )
    def headline(self) -> str:
        return headline(self.hit.excerpt)

    @strawberry.field(
        description="How well the message matches. Only good to compare it with others of the same search."
    )
    def rank(self) -> float:
        return self.hit.rank


@strawberry.type(description="A page of what was found, best first.")
class SearchConnection:
    page: strawberry.Private[Page[SearchHit]]

    @strawberry.field(description="The items with their cursors.", metadata=cost(size=PAGE))
    def edges(self) -> list[SearchEdge]:
        return [SearchEdge(hit=each) for each in self.page.items]

    @strawberry.field(description="The items alone.", metadata=cost(size=PAGE))
    def nodes(self) -> list[Message]:
        return [Message(record=each.message) for each in self.page.items]

    @strawberry.field(description="Where this page lies in the whole.")
    def page_info(self) -> PageInfo:
        return PageInfo(page=self.page, cursor=_cursor)


@strawberry.type(description="What can be searched for.")
class SearchQuery:
    @strawberry.field(
        description=(
            "The caller's messages that match, best first, of equals the newest. Searched is their `content`, of very "
            "long ones the beginning; also in archived conversations, and on branches that are not selected. "
            "A message in flight is not found before it has ended. "
            f"Of more than {MAX_RANKED:,} that match only the newest {MAX_RANKED:,} are ranked and found. "
            "Where messages are long a page has fewer than `first`, but at least one."
        ),
        metadata=cost(SEARCH_COST, Sliced(("first",), DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)),
    )
    async def search_messages(
        self,
        info: Info,
        query: SearchText,
        first: First = DEFAULT_PAGE_SIZE,
        after: After = strawberry.UNSET,
    ) -> SearchConnection:
        wanted = window(search_key, first=first, after=after, last=None, before=None)
        return SearchConnection(page=await info.context.chat.search.messages(info.context.owner, query, wanted))


def _cursor(hit: SearchHit) -> str:
    return search_cursor(hit.key)
