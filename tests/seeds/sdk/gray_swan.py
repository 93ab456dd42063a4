"""What the Gray Swan document imports, over the `openai` SDK: no registry has a package of that name.

This is the tests' own. It has the document's names (`chat.completion`, in the singular), and what its examples do with
them: what an asynchronous `create` gives can be awaited for all chunks at once, and iterated chunk by chunk.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Generator
from typing import Any

import openai

BASE_URL = os.environ["GRAYSWAN_BASE_URL"]


class GraySwan:
    def __init__(self, *, api_key: str | None = None) -> None:
        self.chat = _Chat(openai.OpenAI(api_key=api_key, base_url=BASE_URL).chat.completions)


class AsyncGraySwan:
    def __init__(self, *, api_key: str | None = None) -> None:
        self.chat = _Chat(_AsyncCompletions(openai.AsyncOpenAI(api_key=api_key, base_url=BASE_URL)))


class _Chat:
    def __init__(self, completion: Any) -> None:
        self.completion = completion


class _AsyncCompletions:
    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client

    def create(self, **arguments: Any) -> _Answer:
        return _Answer(self._client, arguments)


class _Answer:
    def __init__(self, client: openai.AsyncOpenAI, arguments: dict[str, Any]) -> None:
        self._client = client
        self._arguments = arguments

    def __await__(self) -> Generator[Any, None, Any]:
        return self._whole().__await__()

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk in await self._client.chat.completions.create(**self._arguments):
            yield chunk

    async def _whole(self) -> Any:
        if self._arguments.get("stream"):
            return [chunk async for chunk in self]
        return await self._client.chat.completions.create(**self._arguments)
