"""What people type into a search box, as `websearch_to_tsquery` reads it.

The characters that are set apart here are those of `search_text` in the migrations: a query must see the same words as
the index does.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from app.chat.errors import BadInput
from app.chat.search import MAX_QUERY_WORDS

PREFIX_MARK: Final = "zqprefixqz"
"""Ends a word that stands for all that begin with it; `websearch_to_tsquery` has no sign for that."""

_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af"
)
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese, Korean: no space between words, or none before what belongs to one."""
SET_APART: Final = re.compile(f"[<&/@.+-]|[{_UNSPACED}]")
_UNSPACED_AT_END: Final = re.compile(f"[{_UNSPACED}]$")
_BETWEEN_WORDS: Final = re.compile(r"[\s!-/:-@\[-`{-~]+")
_TERM: Final = re.compile(r'(?P<negation>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


def search_terms(query: str) -> str:
    """Every word as a phrase of its own, for what looks like one word may be several: `app/log.py`, `東京`.

    Understood are: words, of which all must be there; "phrases in quotes"; `or`; `-` before what must not be there; and
    `*` after the beginning of a word. Anything is a query.

    Raises:
        BadInput: there are too many words.
    """
    found = (_term(match) for match in _TERM.finditer(unicodedata.normalize("NFKC", query)))
    terms = " ".join(each for each in found if each)
    words = sum(any(map(str.isalnum, each)) for each in _BETWEEN_WORDS.split(terms))
    if words > MAX_QUERY_WORDS:
        raise BadInput("query", f"has {words} words, the most is {MAX_QUERY_WORDS}")
    return terms


def _term(match: re.Match[str]) -> str:
    phrase, word, negation = match["phrase"], match["word"], match["negation"]
    if phrase is not None:
        return _quoted(phrase, negation)
    if word.casefold() == "or" and not negation:
        return "or"
    stem = word.rstrip("*")
    if stem != word and stem[-1:].isalnum() and not _UNSPACED_AT_END.search(stem):
        return _quoted(stem + PREFIX_MARK, negation)
    return _quoted(stem, negation)


def _quoted(text: str, negation: str) -> str:
    words = SET_APART.sub(lambda match: f" {match[0]} ", text)
    return f'{negation}"{words}"' if any(each.isalnum() for each in words) else ""
