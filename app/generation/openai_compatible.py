"""Any upstream that speaks OpenAI's chat completions, with the official SDK.

The SDK knows where to ask and what to say in the head, by what it is given and by the environment, and lists models. Of
completions it makes pydantic models, of each request and of each chunk, at several times the cost of all the rest; so
these are sent and read by ourselves, to where and with the head that the SDK would send.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import httpx2
import openai

from app.chat.completion import CompletionRequest, Finish, Piece
from app.chat.errors import BackendFailed
from app.generation.completion_chunks import CompletionReader
from app.generation.completion_stream import EmptyAnswer, read_completion
from app.generation.deadlines import DEFAULT_DEADLINES, Deadlines
from app.generation.dialect import DataRole, Dialect
from app.generation.retrying import DEFAULT_RETRIES, RetryPolicy, complete_with_retries
from app.generation.upstream_client import UpstreamClient
from app.generation.upstream_errors import UPSTREAM_INVALID, failure_from, failure_of, refusal

OPENAI_BASE_URL: Final = "https://api.openai.com/v1"

NO_KEY: Final = "none"
"""What upstreams that want no key are sent: the SDK insists on one."""

_NO_SUCH_ENDPOINT: Final = frozenset({404, 405, 501})


class OpenAICompatibleBackend:
    """Args:
    api_key: None for upstreams that want none.
    data_role: what the upstream is sent `data` messages as.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None = None,
        name: str = "openai",
        deadlines: Deadlines = DEFAULT_DEADLINES,
        retries: RetryPolicy = DEFAULT_RETRIES,
        data_role: DataRole = "user",
    ) -> None:
        self.name = name
        self._deadlines = deadlines
        self._retries = retries
        self._first_dialect = Dialect(data_role=data_role)
        self._dialects: dict[str, Dialect] = {}
        self._client = UpstreamClient(deadlines, follow_redirects=True)
        self._sdk = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or NO_KEY,
            max_retries=0,  # ours heed deadlines, of which the SDK's know nothing
            timeout=None,
            http_client=self._client,
        )
        base = self._sdk.base_url
        self._url = base.copy_with(raw_path=base.raw_path + b"chat/completions")  # `join` would tidy up what is there
        for name, value in (self._sdk.auth_headers | self._sdk.default_headers).items():
            if isinstance(value, str):  # the last of a name counts, whose case may differ: an operator's own come last
                self._client.headers[name] = value

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Piece | Finish, None]:
        """Streams a completion; asks again for one that failed before its first piece, where that may help.

        After an empty stream it asks for the whole at once: that may be refused with the reason.
        """
        stream = True

        async def attempt() -> AsyncGenerator[Piece | Finish, None]:
            nonlocal stream
            try:
                async with aclosing(self._attempt(request, stream=stream)) as items:
                    async for item in items:
                        yield item
            except EmptyAnswer:
                stream = False
                raise

        async with aclosing(complete_with_retries(attempt, self._retries, backend=self.name)) as items:
            async for item in items:
                yield item

    async def models(self) -> tuple[str, ...]:
        """The ids that `GET /models` lists; none where there is no such endpoint."""
        try:
            async with self._sdk.models.with_streaming_response.list() as response:
                return _model_ids(await response.json())
        except openai.APIStatusError as error:
            if error.status_code in _NO_SUCH_ENDPOINT:
                return ()
            raise failure_from(error) from error
        except openai.APIError as error:
            raise failure_from(error) from error
        except (httpx2.RequestError, OSError, ValueError, RecursionError) as error:
            raise BackendFailed(UPSTREAM_INVALID, "the list of models cannot be read", retryable=True) from error

    async def close(self) -> None:
        await self._sdk.close()

    async def _attempt(self, request: CompletionRequest, *, stream: bool) -> AsyncGenerator[Piece | Finish, None]:
        first_token_at = asyncio.get_running_loop().time() + self._deadlines.first_token_seconds
        async with (
            aclosing(await self._open(request, first_token_at, stream=stream)) as response,
            aclosing(
                read_completion(response, CompletionReader(), self._deadlines, first_token_at=first_token_at)
            ) as items,
        ):
            async for item in items:
                yield item

    async def _open(self, request: CompletionRequest, until: float, *, stream: bool) -> httpx2.Response:
        """The answer to the request, put as this upstream takes it; its body is still to be read.

        Raises:
            BackendFailed: it was refused, or there was no answer in time.
        """
        dialect = self._dialects.get(request.model, self._first_dialect)
        while True:
            body = dialect.body(request, stream=stream)
            response = await self._client.ask(self._url, body, until=until)
            if response.is_success:
                break
            if (other := dialect.after_refusal(refusal(response))) is None:
                raise failure_of(response)
            dialect = other
        if dialect != self._first_dialect:
            self._dialects[request.model] = dialect
        return response


def _model_ids(body: object) -> tuple[str, ...]:
    """Out of OpenAI's list object, or a bare list of objects or names."""
    models = body.get("data") if isinstance(body, dict) else body
    if not isinstance(models, list):
        raise ValueError("not a list of models")
    ids = (model.get("id") if isinstance(model, dict) else model for model in models)
    return tuple(id for id in ids if isinstance(id, str) and id)
