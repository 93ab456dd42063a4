"""The official SDK against this server, as its users have it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import openai
import pytest
from fastapi import FastAPI, HTTPException
from openai.types.chat import ChatCompletionUserMessageParam
from starlette.requests import HTTPConnection

from app.api.identity import Identity
from app.api.rest.models import models_router
from app.generation.registry import build_catalog
from tests.api.rest.serving import serving
from tests.upstream.process import Upstream
from tests.upstream.script import Script


@pytest.fixture
async def sdk(server: str) -> AsyncGenerator[openai.AsyncOpenAI, None]:
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key="any", max_retries=0) as sdk:
        yield sdk


def saying(said: Script | str) -> list[ChatCompletionUserMessageParam]:
    return [{"role": "user", "content": said.prompt() if isinstance(said, Script) else said}]


async def test_create(sdk: openai.AsyncOpenAI) -> None:
    script = Script(seed=1)
    completion = await sdk.chat.completions.create(model="upstream", messages=saying(script))
    assert completion.choices[0].message.content == script.whole_text()
    assert completion.usage is not None
    assert completion.usage.total_tokens == 27


async def test_stream(sdk: openai.AsyncOpenAI) -> None:
    script = Script(seed=2, deltas=100)
    stream = await sdk.chat.completions.create(
        model="upstream", messages=saying(script), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    said = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(said) == script.whole_text()
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 100


async def test_stream_with_the_sdks_accumulator(sdk: openai.AsyncOpenAI) -> None:
    script = Script(seed=3)
    async with sdk.chat.completions.stream(model="upstream", messages=saying(script)) as stream:
        completion = await stream.get_final_completion()
    assert completion.choices[0].message.content == script.whole_text()
    assert completion.choices[0].finish_reason == "stop"


async def test_with_streaming_response(sdk: openai.AsyncOpenAI) -> None:
    async with sdk.chat.completions.with_streaming_response.create(
        model="demo-fast", messages=saying("Hi"), stream=True
    ) as response:
        lines = [line async for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"


async def test_closing_a_stream_closes_that_of_the_upstream(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    before = await upstream.state()
    endless = Script(deltas=100_000, per_second=200)
    stream = await sdk.chat.completions.create(model="upstream", messages=saying(endless), stream=True)
    await anext(aiter(stream))
    await stream.close()
    after = await upstream.reaches(lambda state: state["answering"] == 0)
    assert after["abandoned"] == before["abandoned"] + 1


async def test_list_and_retrieve_models(sdk: openai.AsyncOpenAI) -> None:
    listed = [model async for model in sdk.models.list()]
    assert [(model.id, model.owned_by) for model in listed] == [
        ("upstream", "openai"),
        ("upstream-2", "openai"),
        ("demo", "demo"),
        ("demo-fast", "demo"),
    ]
    assert await sdk.models.retrieve("demo") == listed[2]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (Script(status=400), openai.BadRequestError),
        (Script(status=404), openai.NotFoundError),
        (Script(status=422), openai.BadRequestError),
        (Script(status=429), openai.RateLimitError),
        (Script(status=401), openai.InternalServerError),
        (Script(status=503), openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_errors_have_the_class_of_their_status(
    sdk: openai.AsyncOpenAI, script: Script, kind: type[openai.APIStatusError], stream: bool
) -> None:
    with pytest.raises(kind) as raised:
        await sdk.chat.completions.create(model="upstream", messages=saying(script), stream=stream)
    assert raised.value.code


async def test_an_error_names_its_field(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.chat.completions.create(model="upstream", messages=saying("Hi"), logprobs=True)
    assert (raised.value.param, raised.value.code) == ("logprobs", "unsupported_parameter")


async def test_an_unknown_model(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        await sdk.models.retrieve("org/gpt-unknown")
    assert raised.value.code == "model_not_found"


async def test_a_failure_in_mid_stream_is_raised_after_what_was_said(sdk: openai.AsyncOpenAI) -> None:
    script = Script(seed=4, deltas=50, error_after=10)
    stream = await sdk.chat.completions.create(model="upstream", messages=saying(script), stream=True)
    said = ""
    with pytest.raises(openai.APIError, match="refused as told"):
        async for chunk in stream:
            said += chunk.choices[0].delta.content or ""
    assert said == script.whole_text(10)


async def test_the_sdk_asks_again_only_where_that_may_help(server: str, upstream: Upstream) -> None:
    hopeless = Script(seed=5, status=401)
    passing = Script(seed=6, status=503, refusals=1)
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key="any", max_retries=2) as sdk:
        with pytest.raises(openai.InternalServerError):
            await sdk.chat.completions.create(model="upstream", messages=saying(hopeless))
        completion = await sdk.chat.completions.create(model="upstream", messages=saying(passing))
    assert completion.choices[0].message.content == passing.whole_text()
    assert (await upstream.state())["refused"][hopeless.prompt()] == 1


@pytest.mark.parametrize(("status", "kind"), [(401, openai.AuthenticationError), (403, openai.PermissionDeniedError)])
async def test_callers_who_may_not_are_told_in_the_same_shape(status: int, kind: type[openai.APIStatusError]) -> None:
    async def refuse(_connection: HTTPConnection, _payload: object = None, /) -> Identity:
        raise HTTPException(status, "a key is required")

    app = FastAPI()
    app.include_router(models_router(build_catalog(), identify=refuse))
    async with serving(app) as url, openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="any") as sdk:
        with pytest.raises(kind, match="a key is required"):
            await sdk.models.list()
