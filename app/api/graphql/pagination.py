"""Relay's arguments and page info: https://relay.dev/graphql/connections.htm"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Final, Protocol, TypeAlias, TypeVar

import strawberry

from app.api.graphql.arguments import given
from app.api.graphql.selected_parts import NOTHING, PLACE
from app.chat.paging import MAX_PAGE_SIZE, Page, Window

_KEPT_WINDOWS: Final = 2 * (MAX_PAGE_SIZE + 2)
"""Of every size that may be, from either end."""

Key = TypeVar("Key")
Decoded_co = TypeVar("Decoded_co", covariant=True)

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description=f"At most so many from the start. From 0 to {MAX_PAGE_SIZE}; 20 without `last`."),
]
Last: TypeAlias = Annotated[
    int | None, strawberry.argument(description=f"At most so many from the end, in the same order. To {MAX_PAGE_SIZE}.")
]
After: TypeAlias = Annotated[str | None, strawberry.argument(description="Only what follows this cursor.")]
Before: TypeAlias = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="Where a page lies in the whole.")
class PageInfo:
    """Args:
    cursor: of an item of the page.
    """

    page: strawberry.Private[Page[Any]]
    cursor: strawberry.Private[Callable[[Any], str]]

    @strawberry.field(description="Whether items follow the page.", metadata=NOTHING)
    def has_next_page(self) -> bool:
        return self.page.has_next

    @strawberry.field(description="Whether items come before the page.", metadata=NOTHING)
    def has_previous_page(self) -> bool:
        return self.page.has_previous

    @strawberry.field(description="Of the first item; null for an empty page.", metadata=PLACE)
    def start_cursor(self) -> str | None:
        return self.cursor(self.page.items[0]) if self.page.items else None

    @strawberry.field(description="Of the last item; null for an empty page.", metadata=PLACE)
    def end_cursor(self) -> str | None:
        return self.cursor(self.page.items[-1]) if self.page.items else None


class _Decode(Protocol[Decoded_co]):
    def __call__(self, text: str, *, field: str) -> Decoded_co: ...


def window(
    decode: _Decode[Key], *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Window[Key]:
    """What the arguments of a connection ask for.

    Args:
        decode: makes a key of a cursor; takes the argument's name as `field`.

    Raises:
        BadInput: a size is out of range, or a cursor is none.
    """
    after, before = given(after), given(before)
    if after is None and before is None:
        return _sized(given(first), given(last))
    return Window.of(
        first=given(first),
        last=given(last),
        after=None if after is None else decode(after, field="after"),
        before=None if before is None else decode(before, field="before"),
    )


@lru_cache(maxsize=_KEPT_WINDOWS)
def _sized(first: int | None, last: int | None) -> Window[Any]:
    """The same object for the same sizes, as all branches of a page of conversations have them."""
    return Window.of(first=first, last=last)
