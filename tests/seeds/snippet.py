"""A document's code block as a program: what is published, and nothing changed but what is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PUBLISHED = Path(__file__).with_name("published")
RESTORED = Path(__file__).with_name("restored")

_LINE_NUMBER = re.compile(r"^\d+", re.MULTILINE)
_PROMPT = re.compile(r"^>>> ", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    text: str

    @classmethod
    def of(cls, name: str) -> Self:
        """The code block of that name; with its indentation, where that had to be restored.

        Raises:
            AssertionError: more than indentation was restored.
        """
        published = (PUBLISHED / f"{name}.txt").read_text()
        restored = RESTORED / f"{name}.txt"
        if not restored.exists():
            return cls(published)
        text = restored.read_text()
        assert unindented(text) == unindented(published), f"{name} is not what was published"
        return cls(text)

    def without_line_numbers(self) -> Self:
        return type(self)(_LINE_NUMBER.sub("", self.text))

    def without_prompts(self) -> Self:
        return type(self)(_PROMPT.sub("", self.text))

    def with_(self, replacement: str, for_: str) -> Self:
        """The same, but for the one place where it says `for_`.

        Raises:
            AssertionError: there is no such place, or there are several.
        """
        assert self.text.count(for_) == 1, f"{for_!r} is there {self.text.count(for_)} times"
        return type(self)(self.text.replace(for_, replacement))

    def before(self, mark: str) -> Self:
        """What comes before the one place where it says that."""
        head, found, _ = self.text.partition(mark)
        assert found, f"{mark!r} is not there"
        return type(self)(head)

    def followed_by(self, other: Snippet) -> Self:
        return type(self)(self.text + other.text)


def unindented(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]
