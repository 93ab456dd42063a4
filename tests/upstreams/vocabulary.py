"""What the tiny models speak: words, some of letters that are several bytes, UTF-16 units or code points each."""

from __future__ import annotations

from itertools import product
from typing import Final

_ONSETS: Final = ("b", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v")
_RHYMES: Final = ("an", "el", "ir", "os", "um", "ay")
_FOREIGN: Final = (
    *("naïve", "Straße", "ωμέγα", "привет", "日本", "שלום", "नमस्ते", "🦜"),
    *("\U0001f469\u200d\U0001f52c", "e\u0301tude"),
)

WORDS: Final = (*("".join(each) for each in product(_ONSETS, _RHYMES)), *_FOREIGN)

CHAT_TEMPLATE: Final = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:"
)

CONTEXT_TOKENS: Final = 8192
SEED: Final = 7
MODEL: Final = "parley/tiny"
"""Its name on both upstreams."""
