"""Finding what was said."""

from __future__ import annotations

from typing import Final

from app.chat.paging import Page, Window
from app.chat.ports import Records
from app.chat.search_hit import SearchHit, SearchKey
from app.chat.text import check_characters

MAX_QUERY_CHARACTERS: Final = 1_000
MAX_QUERY_WORDS: Final = 32
"""What a message is worth takes longer to work out the more words it is asked for; of unspaced scripts, letters."""
MAX_QUERY_PREFIXES: Final = 3
"""Each stands for as many words as begin with it, in what everybody has said."""
MAX_RANKED: Final = 10_000
"""Of more messages that match only the newest are ranked, and so found."""


class Search:
    def __init__(self, records: Records) -> None:
        self._records = records

    async def messages(self, owner: str, query: str, window: Window[SearchKey]) -> Page[SearchHit]:
        """The owner's messages that match, best first; those in flight are not found before they have ended.

        A query without a word in it finds nothing. Of more than MAX_RANKED that match, the newest are there. A page has
        fewer than the window asks for, but at least one, where the messages are long. What was said so lately that it
        could not be indexed in time is missing.

        Raises:
            BadInput: the query is too long, has too many words or beginnings of words, or holds what no text can.
            StorageUnavailable: the database cannot be reached, or too much is searched for at once, or for too long.
        """
        check_characters(query, "query", MAX_QUERY_CHARACTERS)
        return await self._records.search(owner, query, window)
