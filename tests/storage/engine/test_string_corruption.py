"""Why `without_indentation` is there, and that it is enough."""

from __future__ import annotations

import textwrap
from types import SimpleNamespace
from typing import Any

import prisma._builder
from prisma.models import Conversation

from app.storage.client import Database
from app.storage.own_engine import without_indentation

LINES = "a\u0085b\u2028c\u2029d\ne\x1ef"


def query_with(text: str) -> str:
    builder = Database("postgresql://localhost/none")._make_query_builder(
        method="find_first", model=Conversation, arguments={"where": {"title": text}}, root_selection=None
    )
    return builder.build_query()


def test_query_holds_strings_as_they_are() -> None:
    assert '"a\u0085b\u2028c\u2029d\\ne\\u001ef"' in query_with(LINES)


def test_stock_builder_still_corrupts_strings(monkeypatch: Any) -> None:
    """Once this fails, `without_indentation` is not needed any more."""
    monkeypatch.setattr(prisma._builder, "indent", textwrap.indent)
    assert "a\u0085b" not in query_with(LINES)


def test_any_package_can_be_mended() -> None:
    package = SimpleNamespace(indent=textwrap.indent)
    without_indentation(package)  # type: ignore[arg-type]  # all that counts of a module is its namespace
    assert package.indent(LINES, "  ") == LINES
