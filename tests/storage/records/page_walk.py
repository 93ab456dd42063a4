"""Reading a paged list from one end to the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.chat.paging import Page, Window

Key = TypeVar("Key")
Item = TypeVar("Item")


async def walk(
    page_at: Callable[[Window[Key]], Awaitable[Page[Item]]],
    key_of: Callable[[Item], Key],
    size: int,
    *,
    backward: bool,
    between: Callable[[], Awaitable[object]] | None = None,
) -> list[Item]:
    """All pages from one end to the other, each asked for by the cursor that the one before ended with."""
    found: list[Item] = []
    cursor: Key | None = None
    while True:
        window = Window(size, True, None, cursor) if backward else Window(size, False, cursor, None)
        page = await page_at(window)
        assert len(page.items) <= size
        found = [*page.items, *found] if backward else [*found, *page.items]
        if not (page.has_previous if backward else page.has_next):
            return found
        last, cursor = cursor, key_of(page.items[0] if backward else page.items[-1])
        assert cursor != last, "the page ends where the one before it did"
        if between:
            await between()
