"""All text that PostgreSQL can hold, and text that it cannot."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

MEAN: Final = (
    *("\u2028", "\u2029", "\u0085", "\r\n", "\r", "\n", "\t", "\x0b", "\x0c", "\x1c", "\x7f", "\x01", "\ufeff"),
    *("🦜", "👩‍👩‍👧‍👦", "🇩🇪", "❤️", "e\u0301", "a\u0300\u0316\u0335", "\u200d", "\u200b"),
    *("\U0010ffff", "\ufffe", "\ufffd", "\ue000"),
    *("שלום", "مرحبا", "\u202e", "\u2066", "नमस्ते", "한국어", "\u1112\u1161\u11ab", "ﬁ", "İ", "ß"),
    *('"', "\\", "\\u0000", "\\n", "'", "$$", "$1", "%s", "{}", "\\x00", "--", "${x}", '"""', "#"),
)
"""What some step between a client and a table is known to have taken for something else."""

CHARACTERS: Final = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS: Final = st.text(CHARACTERS, min_size=1) | st.lists(st.sampled_from(MEAN) | CHARACTERS, min_size=1).map("".join)

UNSTORABLE: Final = ("\0", "\ud800", "a\udfffb", "\udc00\ud800")
