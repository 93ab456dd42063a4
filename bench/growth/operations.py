"""What is done again and again while the database is of some size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from bench.closed_loop import Load, closed_loop
from bench.graphql_client import clients, request
from bench.stored_messages import RARE_MESSAGES, RARE_WORD

POST, READ, SEARCH = "post", "read", "search"
CONVERSATIONS: Final = 5
MESSAGES: Final = 10
POST_PAUSE_SECONDS: Final = 0.03
"""Between two posts: they are few beside what is stored."""

_POST: Final = "mutation ($input: PostMessageInput!) { postMessage(input: $input) { message { id createdAt } } }"
_NEWEST: Final = "{ conversations(first: 1) { edges { cursor } } }"
_READ: Final = (
    f"query ($after: String) {{ conversations(first: {CONVERSATIONS}, after: $after) {{ nodes {{ id title"
    f" messages(last: {MESSAGES}) {{ nodes {{ role content status createdAt }} }} }} }} }}"
)
_SEARCH: Final = (
    f'{{ searchMessages(query: "{RARE_WORD}", first: {RARE_MESSAGES})'
    " { edges { headline node { id createdAt } } } }"
)


async def requests(port: int) -> dict[str, bytes]:
    """By their names. A page that is read begins below what is posted here, so it stays the same."""
    post = request(_POST, {"input": {"content": "What is a pond?", "reply": False}})
    await _answer(port, post)
    [newest] = (await _answer(port, request(_NEWEST)))["conversations"]["edges"]
    read, search = request(_READ, {"after": newest["cursor"]}), request(_SEARCH)
    found = (await _answer(port, read))["conversations"]["nodes"]
    assert [len(each["messages"]["nodes"]) for each in found] == [MESSAGES] * CONVERSATIONS
    assert len((await _answer(port, search))["searchMessages"]["edges"]) == RARE_MESSAGES
    return {POST: post, READ: read, SEARCH: search}


async def repeat(port: int, requests: Mapping[str, bytes], name: str, seconds: float) -> Load:
    """By one client."""
    async with clients(port, requests[name], 1) as [client]:
        return await closed_loop([client.ask], seconds, pause_seconds=POST_PAUSE_SECONDS if name == POST else 0.0)


async def _answer(port: int, request: bytes) -> dict[str, Any]:
    async with clients(port, request, 1) as [client]:
        data: dict[str, Any] = json.loads(await client.ask())["data"]
    return data
