"""The chat page before a server that wants keys, in a real Chromium."""

from __future__ import annotations

import pytest

from tests.serving import serving
from tests.stored_keys import made, stored_keys
from tests.web.browser import needs_chromium, visit

pytestmark = needs_chromium


async def test_a_key_is_asked_for_kept_and_forgotten(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with stored_keys(database_url) as keys, serving(database_url, auth="keys") as served:
        key = await made(keys, "laptop")

        async def tell() -> str:
            return key

        seen = await visit("chat_key.mjs", f"{served.url}/", tmp_path_factory, {"key": tell})
    assert "wants a key" in seen["asked"]
    assert "does not take the key" in seen["refused"]
    assert seen["titles"] == ["Hello!"]
    assert key not in seen["stored"]
    assert "For nobody else" not in seen["stored"]
    assert seen["shownToNobody"] == 0
    assert seen["barriers"] == []
    assert seen["violations"] == []
