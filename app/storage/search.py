"""Search in PostgreSQL: its own full-text search, over entries that are filled in after the fact."""

from __future__ import annotations

from typing import Final

import asyncpg

from app.chat.paging import Page, Window
from app.chat.search_hit import SearchHit, SearchKey
from app.storage.bulkhead import Bulkhead
from app.storage.client import Database
from app.storage.reaching import run_statement
from app.storage.rows import message_of
from app.storage.search_excerpt import excerpt
from app.storage.search_index import OwnerIndex
from app.storage.search_statements import SEARCH
from app.storage.search_terms import SearchTerms, search_terms

MAX_PAGE_BYTES: Final = 2 * 1024 * 1024
"""Of the text of all messages but the last one of a page, in UTF-8. What to show of a MiB takes about a second."""
SEARCH_SECONDS: Final = 10
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

    async def _rows(self, owner: str, terms: SearchTerms, window: Window[SearchKey]) -> list[asyncpg.Record]:
        after = window.after
        place = (repr(after.rank), after.id) if after else (None, None)
        limits = (window.size, MAX_PAGE_BYTES)
        return await run_statement(
            self._db, SEARCH, owner, terms.query, *place, *limits, terms.shown, reads=True, seconds=SEARCH_SECONDS
        )
