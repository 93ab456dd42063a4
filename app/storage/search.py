"""Search in PostgreSQL: its own full-text search, over entries that are filled in after the fact."""

from __future__ import annotations

from typing import Any, Final

from app.chat.paging import Page, Window
from app.chat.search_hit import SearchHit, SearchKey
from app.storage.bulkhead import Bulkhead
from app.storage.client import Database
from app.storage.limited_transaction import limited_transaction
from app.storage.reaching import run_again
from app.storage.rows import message_of
from app.storage.search_excerpt import excerpt
from app.storage.search_index import OwnerIndex
from app.storage.search_statements import SEARCH
from app.storage.search_terms import SearchTerms, search_terms

MAX_PAGE_BYTES: Final = 2 * 1024 * 1024
"""Of the text of all messages but the last one of a page, in UTF-8. What to show of a MiB takes about a second."""
SEARCH_SECONDS: Final = 10
LOCK_SECONDS: Final = 3
MAX_AT_ONCE: Final = 3
"""Each takes a processor of PostgreSQL's for itself."""
MAX_AT_ONCE_OF_OWNER: Final = 2
MAX_WAIT_SECONDS: Final = 5


class PrismaSearch:
    """See app.chat.ports.Records.search."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._index = OwnerIndex(database)
        self._searches = Bulkhead(
            MAX_AT_ONCE,
            max_at_once_of_owner=MAX_AT_ONCE_OF_OWNER,
            max_wait_seconds=MAX_WAIT_SECONDS,
            because="too much is being searched for; try again",
        )

    async def find(self, owner: str, query: str, window: Window[SearchKey]) -> Page[SearchHit]:
        terms = search_terms(query)
        if not terms.query:
            return Page((), has_next=False, has_previous=window.after is not None)
        await self._index.catch_up(owner)
        rows = await self._searches.run(owner, lambda: self._rows(owner, terms, window))
        hits = [
            SearchHit(message_of(row["message"]), float(row["rank"]), excerpt(row["excerpt"]))
            for row in rows
            if row["message"]
        ]
        return Page(hits, has_next=len(rows) > len(hits), has_previous=window.after is not None)

    async def _rows(self, owner: str, terms: SearchTerms, window: Window[SearchKey]) -> list[dict[str, Any]]:
        after = window.after
        place = (repr(after.rank), str(after.id)) if after else (None, None)

        async def search() -> list[dict[str, Any]]:
            async with limited_transaction(self._db, seconds=SEARCH_SECONDS, lock_seconds=LOCK_SECONDS) as transaction:
                return await transaction.query_raw(
                    SEARCH, owner, terms.query, *place, window.size, MAX_PAGE_BYTES, terms.shown
                )

        return await run_again(search)
