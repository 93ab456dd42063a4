from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.api.graphql.headline import headline
from app.chat.search_hit import Span


def test_matches_are_marked_and_markup_is_text() -> None:
    excerpt = (Span("a <script> & "), Span('<b> "tide"', match=True), Span("</mark>"))
    assert headline(excerpt) == ("a &lt;script&gt; &amp; <mark>&lt;b&gt; &quot;tide&quot;</mark>&lt;/mark&gt;")


@given(st.lists(st.builds(Span, st.text(), st.booleans())))
def test_there_is_no_markup_but_ours(excerpt: list[Span]) -> None:
    left = headline(excerpt).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in left
    assert ">" not in left
