"""What the demo says: plain sentences, lists, tables and code in Markdown, about what it was asked.

Pure, and deterministic: a demo that says the same to the same is one that a script or a screenshot can rely on.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from typing import Final

from app.chat.completion import PromptMessage
from app.chat.records import Role

_MAX_QUOTED_CHARACTERS: Final = 160

_NOTICE: Final = (
    "This is Parley's demo backend: no language model read your message, and every sentence here was written in "
    "advance. Set `OPENAI_API_KEY`, or `OPENAI_BASE_URL` for any compatible server, to talk to a real one."
)

_OPENINGS: Final = (
    "You wrote {quote}, and I would love to have an opinion on it.",
    "{quote}: noted, word for word.",
    "Thank you for {quote}. A real model would now think; I just talk.",
    "So, {quote}. Here is what an answer looks like while it streams.",
)

_QUESTION_OPENINGS: Final = (
    "You asked {quote}, and a real model would know.",
    "{quote} is a fair question, for somebody who can answer it.",
    "I read {quote} with great interest and no understanding at all.",
)

_GREETING_OPENINGS: Final = (
    "Hello! You said {quote}, and it is good to hear from you.",
    "Hi there, and {quote} to you too.",
    "Welcome! {quote} is a fine way to begin.",
)

_GREETING = re.compile(r"\b(hi|hello|hey|hallo|howdy|good (morning|evening|day))\b", re.IGNORECASE)
_CODE = re.compile(r"\b(code|function|program|script|python|javascript|graphql|sql|bug)\b", re.IGNORECASE)
_TABLE = re.compile(r"\b(table|compare|versus|vs|differences?)\b", re.IGNORECASE)
_LIST = re.compile(r"\b(list|steps|how (do|to|can)|ways|ideas|plan)\b", re.IGNORECASE)
_LONG = re.compile(r"\b(long|story|essay|detailed|everything|poem|blog)\b", re.IGNORECASE)

_CODE_BLOCK: Final = """Code arrives in a fence, like this:

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"


print(greet("world"))
```

Nothing was run to make it."""

_TABLE_BLOCK: Final = """A table shows that Markdown makes it through the stream whole:

| | Demo | A real model |
|---|---|---|
| Needs a key | no | mostly |
| Needs a network | no | mostly |
| Understands you | **no** | it depends |"""

_LIST_BLOCK: Final = """What happened on the way here:

1. Your message and this reply were stored together, before the first word was made.
2. Each word was committed to the log, and only then sent.
3. If the connection breaks now, *nothing* is lost: come back with the last `seq` you saw and get the rest."""

_REMARKS: Final = (
    "Every word of this was committed to the database before you saw it.",
    "You can stop me at any time; what I said until then is kept.",
    "Close the page and open it again, and you will find me where I was.",
    "A second window on this conversation would see the same words in the same order.",
    "Kill the server in the middle of a sentence if you like: what you have read will still be there.",
    "I speak at about the pace of a real model, so what you see is what you would get.",
    "Ask for *code*, a *table*, a *list* or a *long story* to see something else.",
    "Both GraphQL and the REST endpoint are answered by this one voice.",
    "A reply can be generated again, and the other one stays beside it as a sibling.",
    "Text such as naïve café, 你好, שלום and 🦜 should come out just as it went in.",
)

_STORY: Final = (
    "Once upon a time there was a token that wanted to be sure that it would never be forgotten.",
    "It had heard of others that were shown on a screen for a moment and then lost when a process died.",
    "So it asked the scribe in the archive to write it down first, and only then let it be read out.",
    "The scribe was quick: she wrote down everything that had gathered on her desk in one stroke of the pen.",
    "Travellers came, listened for a while, went away, and came back with a number in their hand.",
    "To each of them the archive read exactly what they had missed, neither more nor less.",
    "One night the lights went out in the middle of a word.",
    "In the morning every word that anyone had heard was on the page, and below it stood: interrupted.",
    "Nobody pretended that the story had been finished, and that is why it was trusted.",
    "From then on the token slept soundly, and so did those who kept the archive.",
)


def compose_answer(messages: Sequence[PromptMessage], *, seed: int | None = None) -> str:
    """The answer to the last thing that was said, in Markdown."""
    said = _last_said(messages)
    choose = random.Random(_digest(messages, seed))  # noqa: S311 - variety, not secrecy
    paragraphs = [f"{_opening(said, choose)} {choose.choice(_REMARKS)}"]
    if _LONG.search(said):
        paragraphs += [" ".join(_STORY[:5]), " ".join(_STORY[5:])]
    if _CODE.search(said):
        paragraphs.append(_CODE_BLOCK)
    if _TABLE.search(said):
        paragraphs.append(_TABLE_BLOCK)
    if _LIST.search(said):
        paragraphs.append(_LIST_BLOCK)
    if len(paragraphs) == 1:
        paragraphs.append(choose.choice((" ".join(choose.sample(_REMARKS, 3)), _LIST_BLOCK)))
    paragraphs.append(f"> {_NOTICE}")
    return "\n\n".join(paragraphs)


def _last_said(messages: Sequence[PromptMessage]) -> str:
    return next((each.content for each in reversed(messages) if each.role is Role.USER), "")


def _opening(said: str, choose: random.Random) -> str:
    words = " ".join(said.split())
    if not words:
        return "You have not said anything yet."
    if len(words) > _MAX_QUOTED_CHARACTERS:
        words = words[: _MAX_QUOTED_CHARACTERS - 1].rstrip() + "…"
    openings: Sequence[str] = _OPENINGS
    if _GREETING.search(said):
        openings = _GREETING_OPENINGS
    elif said.rstrip().endswith("?"):
        openings = _QUESTION_OPENINGS
    return choose.choice(openings).replace("{quote}", f"“{words}”")


def _digest(messages: Sequence[PromptMessage], seed: int | None) -> bytes:
    whole = "\x1f".join(f"{each.role}\x1e{each.content}" for each in messages)
    return hashlib.sha256(f"{seed}\x1f{whole}".encode(errors="surrogatepass")).digest()
