"""What clients have sent with its hash, kept for as long as there is room."""

from __future__ import annotations

from collections import OrderedDict

from app.api.graphql.limits import (
    MAX_REGISTERED_DOCUMENT_BYTES,
    MAX_REGISTERED_DOCUMENTS,
    MAX_REGISTERED_DOCUMENTS_BYTES,
)


class RegisteredDocuments:
    """Those used last stay. What is gone costs its client one more request, which sends the whole again: so none need
    be shared between servers, or kept over a restart.

    All callers have the same ones. A SHA-256 names one text and no other, so nobody is given another document than they
    named; the text is all that is kept, and it runs with the rights of whoever names it. All that one can find out is
    that somebody has sent, of late, a text that one has oneself.
    """

    def __init__(self) -> None:
        self._texts: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._texts)

    def get(self, hash: str) -> str | None:
        if hash not in self._texts:
            return None
        self._texts.move_to_end(hash)
        return self._texts[hash].decode()

    def add(self, hash: str, document: str) -> None:
        """One that is too long is not kept.

        Args:
            document: that has been parsed: it has no lone surrogates.
        """
        text = document.encode()
        if hash in self._texts or len(text) > MAX_REGISTERED_DOCUMENT_BYTES:
            return
        self._texts[hash] = text
        self._bytes += len(text)
        while len(self) > MAX_REGISTERED_DOCUMENTS or self._bytes > MAX_REGISTERED_DOCUMENTS_BYTES:
            _, oldest = self._texts.popitem(last=False)
            self._bytes -= len(oldest)
