"""Each key is found on its line, however TOML lets it be written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.toml_lines import KeyPath, lines_of

DOCUMENT = r'''# In this document every number is that of its line.
bare = 2
"quoted" = 3   # = 99
'literal.with.dots' = 4
dotted.key = 5
dotted . "other key" = 6
"escaped \" \u00e9 \\" = 7
"" = 8

text = "a = [1, # { \" \\"
literal = 'c:\temp\'
long = """
not = 0
[nor.this]
\""" "" \\"""
after_long = 16
raw = \'\'\'
neither = 0 \
'' \'\'\'
after_raw = 20
ends_in_quotes = """a"""""
after_quotes = 22
literal_ends_in_quotes = \'\'\'a\'\'\'\'\'
after_literal_quotes = 24
empty = """"""
after_empty = 26
date = 1979-05-27 07:32:00
after_date = 28
others = [true, -1.5e3, 1979-05-27 07:32:00.999-07:00, 07:32:00, inf]

array = [31, 31,
  32, # ]
  # 0, 0
  [ 34, ["]", 34] ], { deep = 34, list = [ 34,
    35 ] },
]
inline = { a = 37, b.c = 37, "d e" = { f = 37 }, none = {}, nothing = [] }
[table]
key = 39
[ table . "sub.table" ]
key = 41
	indented = 42
[other.deep.table]
key = 44
[other]
key = 46
[[list]]
key = 48
[[list]]
key = 50
[list.sub]
key = 52
[[list.more]]
key = 54
[[list.more]]
key = 56
[[list]]
more = [{ key = 58 }]
no_newline_at_the_end = 59'''.replace(r"\'\'\'", "'''").replace(r"\'\'", "''")


def numbers(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """The path of each whole number in a document."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield path, value
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(each, (*path, key))


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from paths(each, (*path, key))


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_key_is_found_on_its_line(newline: str) -> None:
    text = DOCUMENT.replace("\n", newline)
    lines = lines_of(text)
    found = list(numbers(tomllib.loads(text)))
    assert len(found) > 35
    assert {path: lines[path] for path, _ in found} == dict(found)


def test_no_key_is_missing_and_none_is_made_up() -> None:
    assert lines_of(DOCUMENT).keys() == set(paths(tomllib.loads(DOCUMENT)))


def test_a_table_is_on_the_line_of_its_own_header_wherever_it_was_named_before() -> None:
    lines = lines_of("[a.b]\n[a]\nx.y = 1\nx.z = 2\n[[c]]\n[[c]]\n")
    assert lines["a",] == 2
    assert lines["a", "b"] == 1
    assert lines["a", "x"] == 3
    assert (lines["c",], lines["c", 0], lines["c", 1]) == (5, 5, 6)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "\t\n# a = 1\n"])
def test_where_there_is_no_key_none_is_found(text: str) -> None:
    assert lines_of(text) == {}


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=["Cc"]), max_size=6)
BLANKS = st.sampled_from(["", "\n", "# [a] = {\n", " \t\n\n"])


def quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.dictionaries(KEYS, st.tuples(BLANKS, KEYS, st.sampled_from("tdisa")), max_size=8))
def test_any_keys_in_any_style_are_found(entries: dict[str, tuple[str, str, str]]) -> None:
    text = ""
    for key, (blank, inner, style) in entries.items():
        outer, within = quoted(f"k{key}"), quoted(inner)
        line = text.count("\n") + blank.count("\n") + 1
        text += (
            blank
            + {
                "t": f"[t.{outer}]\n{within} = {line + 1}\n",
                "d": f"[d.{outer}]\na.{within} = {line + 1}\n",
                "i": f"[i.{outer}]\na = {{ {within} = {line + 1} }}\n",
                "s": f"[s.{outer}]\n{within} = '''{key.replace(chr(39), '')}\n\n'''\nz{line} = {line + 4}\n",
                "a": f"[[a.{outer}]]\n{within} = [\n{line + 2}, # {key}\n[{line + 3}]]\n[[a.{outer}]]\n",
            }[style]
        )
    lines = lines_of(text)
    document = tomllib.loads(text)
    assert lines.keys() == set(paths(document))
    assert {path: lines[path] for path, _ in numbers(document)} == dict(numbers(document))
