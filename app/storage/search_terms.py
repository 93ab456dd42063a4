"""What people type into a search box, as `websearch_to_tsquery` reads it.

The characters that are set apart here are those of `search_text` in the migrations: a query must see the same words as
the index does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.chat.errors import BadInput
from app.chat.search import MAX_QUERY_PREFIXES, MAX_QUERY_WORDS

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
_OR: Final = "or"


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """Both as `websearch_to_tsquery` takes them, and empty where there is nothing to search for.

    Args:
        query: what was asked for, each term once.
        shown: any of what can be shown where it is found: the same without what must not be there.
    """

    query: str
    shown: str


def search_terms(query: str) -> SearchTerms:
    """Every word as a phrase of its own, for what looks like one word may be several: `app/log.py`, `東京`.

    Understood are: words, of which all must be there; "phrases in quotes"; `or` between two of them; `-` before what
    must not be there; and `*` after the beginning of a word. Anything is a query.

    Raises:
        BadInput: there are too many words, or too many beginnings of words.
    """
    found = [_term(match) for match in _TERM.finditer(unicodedata.normalize("NFKC", query))]
    _check(each for each in found if each != _OR)
    alternatives = [list[str]()]
    for each in found:
        if each == _OR:
            alternatives.append([])
        elif each:
            alternatives[-1].append(each)
    wanted = _once(" ".join(_once(each)) for each in alternatives if each)
    shown = _once(each for each in found if each.startswith('"'))
    return SearchTerms(f" {_OR} ".join(wanted), f" {_OR} ".join(shown))


def _check(terms: Iterable[str]) -> None:
    text = " ".join(terms)
    words = sum(any(map(str.isalnum, each)) for each in _BETWEEN_WORDS.split(text))
    if words > MAX_QUERY_WORDS:
        raise BadInput("query", f"has {words} words, the most is {MAX_QUERY_WORDS}")
    if (prefixes := text.count(f'{PREFIX_MARK}"')) > MAX_QUERY_PREFIXES:
        raise BadInput("query", f"has {prefixes} words that end in *, the most is {MAX_QUERY_PREFIXES}")


def _term(match: re.Match[str]) -> str:
    """`or`, a phrase in quotes, one with `-` before it, or nothing."""
    phrase, word, negation = match["phrase"], match["word"], match["negation"]
    if phrase is not None:
        return _quoted(phrase, negation)
    if word.casefold() == _OR and not negation:
        return _OR
    stem = word.rstrip("*")
    if stem != word and stem[-1:].isalnum() and not _UNSPACED_AT_END.search(stem):
        return _quoted(stem + PREFIX_MARK, negation)
    return _quoted(stem, negation)


def _quoted(text: str, negation: str) -> str:
    words = SET_APART.sub(lambda match: f" {match[0]} ", text)
    return f'{negation}"{words}"' if any(each.isalnum() for each in words) else ""


def _once(terms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(terms))
