"""The line of each key of a TOML document, which tomllib does not tell.

Only for documents that tomllib has taken: what is known to be well-formed needs its tokens told apart, nothing more.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import Final

KeyPath = tuple[str | int, ...]
"""Keys from the root down, and the index within each array."""

_SPACE: Final = re.compile(r"[ \t]*")
_BETWEEN: Final = re.compile(r"(?:[\s,]|#[^\n]*)*")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?""""{0,2}' r"|'''.*?''''{0,2}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
)
"""A multi-line string may end in quotes of its own, right before the three that close it."""
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+")
"""A date may have a space before its time."""


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of each table, key and array element; of several lines, the one that names it whole."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._tables_in_array: Counter[KeyPath] = Counter()
        self.lines: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        self._take(_BETWEEN)
        while self._at < len(self._text):
            if self._next_is("["):
                table = self._header()
            else:
                self._pair(table)
            self._take(_BETWEEN)

    def _header(self) -> KeyPath:
        line = self._line
        in_array = self._next_is("[")
        *above, name = self._keys()
        path: KeyPath = ()
        for key in above:
            path += (key,)
            self.lines.setdefault(path, line)
            if tables := self._tables_in_array[path]:  # what follows belongs to the newest
                path += (tables - 1,)
        path += (name,)
        if in_array:
            self.lines.setdefault(path, line)
            self._tables_in_array[path] += 1
            path += (self._tables_in_array[path] - 1,)
        self.lines[path] = line
        self._at += 1 + in_array
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line
        path = table
        for key in self._keys():
            path += (key,)
            self.lines.setdefault(path, line)
        self._at += 1  # the equals sign
        self._value(path)

    def _keys(self) -> list[str]:
        """One key, or several with dots, and the white space after them."""
        keys = []
        while True:
            self._take(_SPACE)
            quoted = self._take(_STRING)
            keys.append(tomllib.loads(f"key = {quoted}")["key"] if quoted else self._take(_BARE_KEY))
            self._take(_SPACE)
            if not self._next_is("."):
                return keys

    def _value(self, path: KeyPath) -> None:
        self._take(_SPACE)
        if self._next_is("["):
            self._array(path)
        elif self._next_is("{"):
            self._take(_BETWEEN)
            while not self._next_is("}"):
                self._pair(path)
                self._take(_BETWEEN)
        elif not self._take(_STRING):
            self._take(_BARE_VALUE)

    def _array(self, path: KeyPath) -> None:
        index = 0
        self._take(_BETWEEN)
        while not self._next_is("]"):
            self.lines[*path, index] = self._line
            self._value((*path, index))
            self._take(_BETWEEN)
            index += 1

    @property
    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _next_is(self, character: str) -> bool:
        found = self._text.startswith(character, self._at)
        self._at += found
        return found

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        taken = found[0] if found else ""
        self._at += len(taken)
        return taken
