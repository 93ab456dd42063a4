"""What a model may say is as hostile as what strangers made it say: in a real Chromium none of it comes to life."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.process import ServerProcess
from tests.upstream.script import Script
from tests.web.browser import Seen, needs_chromium, visit

pytestmark = needs_chromium

HOSTILE = """# Hello <script>ran.push("heading")</script>

<script>ran.push("script")</script>
<img src="https://tracker.example/a.png" onerror="ran.push('img')">
<svg onload="ran.push('svg')"></svg><iframe src="https://tracker.example/"></iframe>
<style>* { display: none }</style><form action="https://tracker.example/"><input></form>

![pixel](https://tracker.example/pixel.png?who=you) ![data](data:image/svg+xml;base64,PHN2Zy8+)

[one](javascript:ran.push('link')) [two](JaVaScRiPt&colon;ran.push(2)) [three](&#106;avascript:ran.push(3))
[four](data:text/html,<script>ran.push(4)</script>) [five](vbscript:x) [six](file:///etc/passwd)
[seven](//tracker.example/x) [eight](/graphql) [nine](https://bank.example@tracker.example/) [ten][definition]
<javascript:ran.push(5)> <https://auto.example/"onmouseover="ran.push(6)>

[definition]: javascript:ran.push('definition') "title"

[fine](https://fine.example/?a=1&b=2 "a\\"onclick=\\"ran.push(7)") [mail](mailto:somebody@fine.example)

| <img src=x onerror=ran.push(8)> | b |
|---|:-:|
| <script>ran.push(9)</script> | `<script>ran.push(10)</script>` |

```html"><script>ran.push(11)</script>
<script>ran.push(12)</script>
```

1. <details open ontoggle=ran.push(13)>
2. **<b onclick=ran.push(14)>bold**

<base href="https://tracker.example/"><meta http-equiv="refresh" content="0;url=https://tracker.example/">
"""
QUESTION = "<img src=x onerror=ran.push(15)> quince <mark>&lt;script&gt;</mark>"
SLOW = "\n\n".join([">" * 8_000, "[" * 8_000, "`a" * 4_000, "*a **b " * 1_000, "- " * 4_000, "![[](" * 1_600])


@pytest.fixture(scope="module")
async def seen(front_end: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser saw on its visit."""

    async def scripts() -> dict[str, str]:
        hostile, slow = Script(text=HOSTILE, deltas=60, per_second=60), Script(text=SLOW, deltas=200, per_second=200)
        return {"prompt": hostile.prompt(), "question": QUESTION, "long": slow.prompt(), "longText": SLOW}

    return await visit("chat_hostile.mjs", f"{front_end.url}/", tmp_path_factory, {"scripts": scripts})


LOOKS = ["streaming", "complete", "reloaded", "question"]


@pytest.mark.parametrize("look", LOOKS)
async def test_no_script_runs_and_no_element_is_made_of_what_was_said(seen: Seen, look: str) -> None:
    assert seen[look]["ran"] == []
    assert seen[look]["elements"] == []


@pytest.mark.parametrize("look", LOOKS)
async def test_links_lead_to_the_web_or_to_a_mailbox_and_take_nothing_along(seen: Seen, look: str) -> None:
    said: list[dict[str, Any]] = seen[look]["links"]
    assert {link["protocol"] for link in said} <= {"https:", "mailto:"}
    assert [link for link in said if link["target"] != "_blank" or "noopener" not in link["rel"]] == []
    assert [link for link in said if "@tracker" in link["href"]] == []


async def test_an_image_is_a_link_and_is_not_loaded(seen: Seen) -> None:
    links = [link["href"] for link in seen["complete"]["links"]]
    assert "https://tracker.example/pixel.png?who=you" in links
    assert "https://fine.example/?a=1&b=2" in links
    assert "mailto:somebody@fine.example" in links


async def test_what_was_said_of_scripts_is_there_to_be_read(seen: Seen) -> None:
    for look in ("complete", "reloaded"):
        assert '<script>ran.push("script")</script>' in seen[look]["text"]
        assert "<script>ran.push(12)</script>" in seen[look]["text"]
    assert QUESTION in seen["question"]["text"]


async def test_a_text_made_to_be_slow_holds_nobody_up(seen: Seen) -> None:
    assert seen["typed"] == "still here"
    assert seen["long"]["shown"] > seen["long"]["said"] // 4


async def test_nothing_is_asked_of_another_host_and_the_policy_has_nothing_to_block(
    seen: Seen, front_end: ServerProcess
) -> None:
    assert [url for url in seen["requests"] if not url.startswith(f"{front_end.url}/")] == []
    assert seen["violations"] == []
    assert seen["failures"] == []
    assert seen["console"] == []
