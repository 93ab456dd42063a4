"""Search in PostgreSQL: its own full-text search, over entries that are filled in after the fact."""

from __future__ import annotations

from typing import Final

from app.chat.paging import Page, Window
from app.chat.search_hit import SearchHit, SearchKey, Span
from app.storage.client import Database
from app.storage.reaching import run_statement
from app.storage.rows import message_of
from app.storage.search_index import index_owner
from app.storage.search_statements import GAP, MATCH_END, MATCH_START, SEARCH, SET_APART_BY
from app.storage.search_terms import search_terms

SHOWN_GAP: Final = " … "


class PrismaSearch:
    """See app.chat.ports.Records.search."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def find(self, owner: str, query: str, window: Window[SearchKey]) -> Page[SearchHit]:
        terms = search_terms(query)
        if not terms:
            return Page((), has_next=False, has_previous=window.after is not None)
        await index_owner(self._db, owner)
        after = window.after
        place = (repr(after.rank), str(after.id)) if after else (None, None)
        rows = await run_statement(self._db, SEARCH, owner, terms, *place, window.size + 1, reads=True)
        hits = [SearchHit(message_of(row["message"]), float(row["rank"]), excerpt(row["excerpt"])) for row in rows]
        return Page(hits[: window.size], has_next=len(hits) > window.size, has_previous=after is not None)


def excerpt(headline: str) -> tuple[Span, ...]:
    """The pieces of what `ts_headline` gave. Matches that only touch are one."""
    text = headline.replace(SET_APART_BY, "").replace(MATCH_END + MATCH_START, "").replace(GAP, SHOWN_GAP)
    spans = []
    before, *rest = text.split(MATCH_START)
    spans.append(Span(before))
    for each in rest:
        match, _, after = each.partition(MATCH_END)
        spans += [Span(match, match=True), Span(after)]
    return tuple(each for each in spans if each.text)
