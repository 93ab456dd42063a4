"""What is wrong with a configuration file, in words: one line with the file, the line and what was probably meant."""

from __future__ import annotations

import ast
import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.generation.toml_lines import KeyPath, lines_of

_POSITION: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_DECLARED_TWICE: Final = re.compile(r"Cannot declare (\(.*\)) twice", re.DOTALL)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SECRET: Final = frozenset({"api_key"})
_MAX_QUOTED_CHARACTERS: Final = 80


class ConfigurationError(Exception):
    """The configuration is not usable; says where and why, in one line."""


class Faults:
    """Those found so far.

    Args:
        lines: of the file's keys.
    """

    def __init__(self, file: str, lines: Mapping[KeyPath, int]) -> None:
        self._file = file
        self._found: list[tuple[int, str]] = []
        self.lines = lines

    def add(self, path: KeyPath, problem: str) -> None:
        """At the line of that key; where it is not there, of the table that lacks it."""
        while path and path not in self.lines:
            path = path[:-1]
        self._found.append((self.lines.get(path, 1), problem))

    def raise_first(self) -> None:
        """Raises:
        ConfigurationError: there are faults; says the topmost one.
        """
        if self._found:
            line, problem = min(self._found)
            raise ConfigurationError(f"{self._file}:{line}: {problem}")


def parse_toml(text: str, file: str) -> tuple[dict[str, Any], Faults]:
    """The document, and where to put its faults.

    Raises:
        ConfigurationError: it is no TOML.
    """
    text = text.replace("\r\n", "\n")
    try:
        return tomllib.loads(text), Faults(file, lines_of(text))
    except tomllib.TOMLDecodeError as error:
        line, problem = _syntax_fault(str(error), last_line=text.rstrip("\n").count("\n") + 1)
        raise ConfigurationError(f"{file}:{line}: {problem}") from None
    except RecursionError:
        raise ConfigurationError(f"{file}: is nested too deeply") from None


def faults_of_table(error: ValidationError, path: KeyPath, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """The key and the problem of each fault that a table has."""
    for details in error.errors():
        key = str(details["loc"][0])
        yield key, _fault_of_key(details, key, path, known)


def table_name(path: KeyPath) -> str:
    """As its header is written."""
    keys = (key if isinstance(key, str) and _BARE_KEY.fullmatch(key) else quote(key) for key in path)
    return f"[{'.'.join(keys)}]"


def quote(value: object) -> str:
    """A value much as TOML writes it, never longer than a line can be read."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= _MAX_QUOTED_CHARACTERS else f"{text[:_MAX_QUOTED_CHARACTERS]}…"


def suggestion(name: str, known: Iterable[str]) -> str:
    """What was probably meant, if anything is like it."""
    by_lower_case = {each.lower(): each for each in sorted(known)}
    close = difflib.get_close_matches(name.lower(), by_lower_case, n=1)
    return f"; did you mean {quote(by_lower_case[close[0]])}?" if close else ""


def alternatives(name: str, known: Iterable[str]) -> str:
    """What was probably meant, or else all that could be."""
    known = list(known)
    return suggestion(name, known) or f"; there is {', '.join(map(quote, known)) or 'none'}"


def unquoted_dots(name: str, value: object, *, leaf: type) -> str | None:
    """The whole name, where one with dots was written without quotes, so that TOML takes it for nested tables.

    Args:
        leaf: of which type the value of a whole name is.
    """
    keys = [name]
    while (
        isinstance(value, dict)
        and value
        and (leaf is not dict or all(isinstance(each, dict) for each in value.values()))
    ):
        key, value = next(iter(value.items()))
        keys.append(key)
    return ".".join(keys) if len(keys) > 1 and isinstance(value, leaf) else None


def _fault_of_key(details: ErrorDetails, key: str, path: KeyPath, known: Collection[str]) -> str:
    table = table_name(path)
    if details["type"] == "extra_forbidden":
        if isinstance(details["input"], dict):
            dotted = table_name((*path[:-1], f"{path[-1]}.{key}"))
            return f"unknown table {quote(key)} in {table}; a name with dots is written in quotes: {dotted}"
        return f"unknown key {quote(key)} in {table}{alternatives(key, known)}"
    if details["type"] == "missing":
        return f"{table} needs the key {quote(key)}"
    problem = re.sub(r"^(Input|String) should", "must", details["msg"].removeprefix("Value error, "))
    given = "" if key in _SECRET else f", not {quote(details['input'])}"
    return f"{key} in {table} {problem}{given}"


def _syntax_fault(message: str, *, last_line: int) -> tuple[int, str]:
    """The line and the words of tomllib's message."""
    found = _POSITION.fullmatch(message)
    words, line, column = found.groups() if found else (message, None, None)
    number = int(line) if line else last_line
    if twice := _DECLARED_TWICE.fullmatch(words):
        return number, f"{table_name(ast.literal_eval(twice[1]))} is declared twice"
    if words == "Cannot overwrite a value":
        return number, "this key is set twice"
    where = f" (column {column})" if column else ""
    return number, f"not TOML: {words[0].lower()}{words[1:]}{where}"
