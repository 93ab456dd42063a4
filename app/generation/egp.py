"""Scale's EGP (Spellbook) as an upstream: `POST /egp/v1/chat-completions`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from app.chat.completion import CompletionRequest, Finish, Piece
from app.generation.completion_stream import read_completion
from app.generation.deadlines import DEFAULT_DEADLINES, Deadlines
from app.generation.egp_chunks import EgpReader
from app.generation.egp_request import egp_body
from app.generation.retrying import DEFAULT_RETRIES, RetryPolicy, complete_with_retries
from app.generation.upstream_client import UpstreamClient
from app.generation.upstream_errors import failure_of

EGP_BASE_URL: Final = "https://api.spellbook.scale.com/egp/v1"


class EgpBackend:
    """Args:
    base_url: up to `/chat-completions`, such as EGP_BASE_URL.
    api_key: sent as `x-api-key`; None for upstreams that want none.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None = None,
        name: str = "egp",
        deadlines: Deadlines = DEFAULT_DEADLINES,
        retries: RetryPolicy = DEFAULT_RETRIES,
    ) -> None:
        self.name = name
        self._url = f"{base_url.rstrip('/')}/chat-completions"
        self._deadlines = deadlines
        self._retries = retries
        self._client = UpstreamClient(deadlines, headers={"x-api-key": api_key} if api_key else None)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Piece | Finish, None]:
        """Streams a completion; asks again for one that failed before its first piece, where that may help."""
        body = egp_body(request)
        answers = complete_with_retries(lambda: self._attempt(body), self._retries, backend=self.name)
        async with aclosing(answers) as items:
            async for item in items:
                yield item

    async def models(self) -> tuple[str, ...]:
        """None: EGP lists what it could run, not what chat completions take."""
        return ()

    async def close(self) -> None:
        await self._client.aclose()

    async def _attempt(self, body: dict[str, Any]) -> AsyncGenerator[Piece | Finish, None]:
        first_token_at = asyncio.get_running_loop().time() + self._deadlines.first_token_seconds
        async with aclosing(await self._client.ask(self._url, body, until=first_token_at)) as response:
            if not response.is_success:
                raise failure_of(response)
            answer = read_completion(response, EgpReader(), self._deadlines, first_token_at=first_token_at)
            async with aclosing(answer) as items:
                async for item in items:
                    yield item
