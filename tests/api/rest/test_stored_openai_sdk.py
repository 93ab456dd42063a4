"""Stored completions by the official SDK, as its users have it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import uuid4

import openai
import pytest

from tests.api.rest.test_openai_sdk import saying
from tests.serving import Served
from tests.upstream.script import Script


@pytest.fixture
async def sdk(parley: Served) -> AsyncGenerator[openai.AsyncOpenAI, None]:
    async with openai.AsyncOpenAI(base_url=f"{parley.url}/v1", api_key="any", max_retries=0) as sdk:
        yield sdk


async def create(sdk: openai.AsyncOpenAI, said: Script | str, **metadata: str) -> str:
    completion = await sdk.chat.completions.create(
        model="upstream", messages=saying(said), store=True, metadata=metadata
    )
    return completion.id


async def test_create_and_retrieve(sdk: openai.AsyncOpenAI) -> None:
    script = Script(seed=1)
    created = await sdk.chat.completions.create(
        model="upstream", messages=saying(script), store=True, metadata={"a": "b"}
    )
    assert created.choices[0].message.content == script.whole_text()
    assert created.metadata == {"a": "b"}
    assert await sdk.chat.completions.retrieve(created.id) == created


async def test_stream_and_retrieve(sdk: openai.AsyncOpenAI) -> None:
    script = Script(seed=2, deltas=100)
    async with sdk.chat.completions.stream(model="upstream", messages=saying(script), store=True) as stream:
        streamed = await stream.get_final_completion()
    assert streamed.choices[0].message.content == script.whole_text()
    retrieved = await sdk.chat.completions.retrieve(streamed.id)
    assert retrieved.choices[0].message.content == script.whole_text()
    assert (retrieved.created, retrieved.model) == (streamed.created, streamed.model)


async def test_headers_name_what_is_watched_over_graphql(sdk: openai.AsyncOpenAI) -> None:
    raw = await sdk.chat.completions.with_raw_response.create(model="upstream", messages=saying("Hi"), store=True)
    assert raw.headers["x-conversation-id"].startswith("conv_")
    assert raw.headers["x-message-id"].startswith("msg_")


async def test_list_goes_through_all_pages(sdk: openai.AsyncOpenAI) -> None:
    label = uuid4().hex
    ids = [await create(sdk, f"{each}", label=label) for each in range(5)]
    listed = [each.id async for each in sdk.chat.completions.list(metadata={"label": label}, limit=2)]
    assert listed == ids
    newest_first = sdk.chat.completions.list(metadata={"label": label}, limit=2, order="desc", model="upstream")
    assert [each.id async for each in newest_first] == ids[::-1]


async def test_messages_go_through_all_pages(sdk: openai.AsyncOpenAI) -> None:
    completion = await sdk.chat.completions.create(
        model="upstream",
        messages=[{"role": "user", "content": f"{each}"} for each in range(5)],
        store=True,
    )
    listed = [each async for each in sdk.chat.completions.messages.list(completion.id, limit=2)]
    assert [each.content for each in listed] == ["0", "1", "2", "3", "4"]
    assert all(each.id and each.content_parts is None for each in listed)


async def test_update_and_delete(sdk: openai.AsyncOpenAI) -> None:
    id = await create(sdk, "Hi")
    updated = await sdk.chat.completions.update(id, metadata={"x": "y"})
    assert updated.metadata == {"x": "y"}
    deleted = await sdk.chat.completions.delete(id)
    assert (deleted.id, deleted.deleted, deleted.object) == (id, True, "chat.completion.deleted")
    with pytest.raises(openai.NotFoundError) as raised:
        await sdk.chat.completions.retrieve(id)
    assert raised.value.code == "not_found"


async def test_a_failure_is_not_stored_again_by_the_sdks_own_retries(parley: Served) -> None:
    label = uuid4().hex
    async with openai.AsyncOpenAI(base_url=f"{parley.url}/v1", api_key="any", max_retries=3) as sdk:
        with pytest.raises(openai.InternalServerError):
            await create(sdk, Script(break_after=1), label=label)
        assert len([each async for each in sdk.chat.completions.list(metadata={"label": label})]) == 1


async def test_comments_that_keep_the_connection_alive_do_not_disturb(
    sdk: openai.AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.rest.event_stream.KEEP_ALIVE_SECONDS", 0.01)
    script = Script(seed=5, deltas=10, per_second=10)
    async with sdk.chat.completions.stream(model="upstream", messages=saying(script), store=True) as stream:
        completion = await stream.get_final_completion()
    assert completion.choices[0].message.content == script.whole_text()


async def test_what_was_said_before_a_failure_arrives_and_then_the_error(sdk: openai.AsyncOpenAI) -> None:
    script = Script(seed=4, deltas=50, error_after=10)
    stream = await sdk.chat.completions.create(model="upstream", messages=saying(script), stream=True, store=True)
    said = ""
    with pytest.raises(openai.APIError, match="refused as told"):
        async for chunk in stream:
            said += chunk.choices[0].delta.content or ""
    assert said == script.whole_text(10)
