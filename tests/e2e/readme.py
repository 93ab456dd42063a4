"""The README as a program: its fenced blocks, and a place to run them in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"

_FENCED = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_OF_THE_CLONE = {".env", ".git", ".parley", "parley.toml"}


@dataclass(frozen=True)
class Block:
    """Args:
    line: of its fence in the README.
    """

    language: str
    line: int
    text: str

    @property
    def starts_a_server(self) -> bool:
        return self.text.rstrip().endswith(("make run", "parley serve"))

    def with_addresses(self, address: str, database_url: str, port: int) -> str:
        """The text with this run's addresses in place of the README's."""
        theirs = self.text.replace("http://127.0.0.1:8000", address).replace("PARLEY_PORT=8001", f"PARLEY_PORT={port}")
        return re.sub(r"postgresql://\S+", database_url, theirs)


def blocks(markdown: str) -> list[Block]:
    return [
        Block(found["language"], markdown.count("\n", 0, found.start()) + 1, found["text"])
        for found in _FENCED.finditer(markdown)
    ]


def make_clone(folder: Path) -> None:
    """The clone once more, by links, but without what its user has put there."""
    for each in ROOT.iterdir():
        if each.name not in _NOT_OF_THE_CLONE:
            (folder / each.name).symlink_to(each)
