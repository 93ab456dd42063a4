"""Why the query builder is mended, and that it is enough."""

from __future__ import annotations

import textwrap
from types import SimpleNamespace
from typing import Any

import prisma._builder
from prisma.models import Conversation

from app.storage import query_builder
from app.storage.client import Database

LINES = "a\u0085b\u2028c\u2029d\ne\x1ef"


def query_with(text: str) -> str:
    builder = Database("postgresql://localhost/none")._make_query_builder(
        method="find_first", model=Conversation, arguments={"where": {"title": text}}, root_selection=None
    )
    return builder.build_query()


def test_query_holds_strings_as_they_are() -> None:
    assert '"a\u0085b\u2028c\u2029d\\ne\\u001ef"' in query_with(LINES)


def test_stock_builder_still_corrupts_strings(monkeypatch: Any) -> None:
    """Once this fails, the mend is not needed any more."""
    monkeypatch.setattr(prisma._builder, "indent", textwrap.indent)
    assert "a\u0085b" not in query_with(LINES)


def test_any_package_can_be_mended() -> None:
    asked: list[str] = []

    def find_out(_field: object, *, name: str, parent: type) -> bool:
        asked.append(f"{parent.__name__}.{name}")
        return name == "posts"

    package: Any = SimpleNamespace(indent=textwrap.indent, _field_is_prisma_model=find_out)
    query_builder.mend(package)
    assert package.indent(LINES, "  ") == LINES
    for _ in range(2):
        assert package._field_is_prisma_model(None, name="posts", parent=Conversation)
        assert not package._field_is_prisma_model(None, name="title", parent=Conversation)
        assert not package._field_is_prisma_model(None, name="title", parent=Database)
    assert asked == ["Conversation.posts", "Conversation.title", "Database.title"]
