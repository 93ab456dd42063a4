"""A title for a conversation that was given none, made of the first thing that a user says in it.

It is made together with that message, in one transaction, and never later: so it cannot be lost, it never takes the
place of what somebody set, and a title that somebody clears afterwards stays cleared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from app.chat.completion import PromptMessage
from app.chat.records import Role

MAX_MADE_TITLE_CHARACTERS = 60
MIN_SENTENCE_CHARACTERS = 16
"""A shorter sentence, such as a greeting, says too little: the next one belongs to the title, too."""
CHARACTERS_LOOKED_AT = 4_096

_ELLIPSIS = "…"
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]")
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""They would turn around what stands beside the title in a list."""
_JOINER = "\u200d"


def made_title(messages: Iterable[PromptMessage]) -> str | None:
    """The title that these messages give; None where no user says anything in them."""
    said = next((each.content for each in messages if each.role is Role.USER and each.content.strip()), "")
    return title_of(said)


def title_of(text: str) -> str | None:
    """The first sentence of the first line, at most MAX_MADE_TITLE_CHARACTERS long; None for a text without one."""
    lines = [_plain(line) for line in text.lstrip()[:CHARACTERS_LOOKED_AT].splitlines()]
    words = [line for line in lines if any(map(str.isalnum, line))] or [line for line in lines if line]
    if not words:
        return None
    title = _first_sentence(words[0])
    return title if len(title) <= MAX_MADE_TITLE_CHARACTERS else _shortened(title)


def _plain(line: str) -> str:
    """On one line, with single spaces, and nothing in it that cannot be seen but can be felt."""
    if not line.isprintable():  # as nearly every line is, and whoever posts waits for this
        line = "".join(" " if unicodedata.category(each) == "Cc" else each for each in _DIRECTIONS.sub("", line))
    return " ".join(line.split())


def _first_sentence(line: str) -> str:
    for found in _SENTENCE_END.finditer(line):
        if found.end() >= MIN_SENTENCE_CHARACTERS:
            line = line[: found.end()]
            break
    return line.removesuffix(".") if not line.endswith("..") else line


def _shortened(line: str) -> str:
    """Ends between two words, or at least not within a character that is composed of several."""
    room = MAX_MADE_TITLE_CHARACTERS - len(_ELLIPSIS)
    end = line.rfind(" ", 0, room + 1)
    if end <= 0:
        end = room
        while end > 1 and _continues(line, end):
            end -= 1
    return line[:end].rstrip(" ,;:-–—") + _ELLIPSIS


def _continues(text: str, position: int) -> bool:
    """Whether what is after the position only changes the character before it."""
    after, before = text[position], text[position - 1]
    is_mark = unicodedata.category(after).startswith("M") or "\U0001f3fb" <= after <= "\U0001f3ff"
    return is_mark or _JOINER in (after, before)
