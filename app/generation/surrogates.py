"""Characters beyond U+FFFF that an upstream cut in two.

One that counts in UTF-16 may send the first half of an emoji as `"\\ud83d"` at the end of one delta and the second half
at the start of the next.
"""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


class SurrogateJoiner:
    """Holds a first half back until the second one comes."""

    def __init__(self) -> None:
        self._high = ""

    def join(self, text: str) -> str:
        """What can be told so far; halves that have no other half stay as they are."""
        if not self._high and not _SURROGATE.search(text):
            return text
        text = self._high + text
        self._high = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        if self._high:
            text = text[:-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def rest(self) -> str:
        """A first half whose second one never came."""
        rest, self._high = self._high, ""
        return rest
