"""An excerpt as HTML that is safe to show as it is."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from app.chat.search_hit import Span


def headline(excerpt: Iterable[Span]) -> str:
    """The text with `<mark>` around what was found, and everything else of HTML's escaped."""
    return "".join(f"<mark>{escape(each.text)}</mark>" if each.match else escape(each.text) for each in excerpt)
