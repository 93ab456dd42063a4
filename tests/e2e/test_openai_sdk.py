"""The official `openai` package of PyPI against the real server: its clients, its transports, its classes of errors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionUserMessageParam

from tests.e2e.openai_server import SAID, openai_server
from tests.e2e.process import ServerProcess, copy_folder, free_port

WHOLE, LONG = SAID["whole"], SAID["long"]


@pytest.fixture(scope="module")
async def server(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess]:
    folder = tmp_path_factory.mktemp("sdk")
    await copy_folder(migrated, folder)
    async with openai_server(folder) as server:
        yield server


@pytest.fixture
def sdk(server: ServerProcess) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as sdk:
        yield sdk


@pytest.fixture(params=["httpx", "aiohttp"])
async def async_sdk(server: ServerProcess, request: pytest.FixtureRequest) -> AsyncGenerator[openai.AsyncOpenAI]:
    """By each of the transports that the package has."""
    transport = openai.DefaultAioHttpClient() if request.param == "aiohttp" else openai.DefaultAsyncHttpxClient()
    async with openai.AsyncOpenAI(
        base_url=f"{server.url}/v1", api_key="any", max_retries=0, http_client=transport
    ) as sdk:
        yield sdk


def saying(name: str) -> list[ChatCompletionUserMessageParam]:
    return [{"role": "user", "content": SAID[name].prompt()}]


def create(sdk: openai.OpenAI, name: str, **metadata: str) -> ChatCompletion:
    return sdk.chat.completions.create(model="upstream", messages=saying(name), store=True, metadata=metadata)


def test_create(sdk: openai.OpenAI) -> None:
    completion = sdk.chat.completions.create(model="upstream", messages=saying("whole"))
    assert completion.choices[0].message.content == WHOLE.whole_text()


def test_stream(sdk: openai.OpenAI) -> None:
    chunks = list(sdk.chat.completions.create(model="upstream", messages=saying("long"), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == LONG.whole_text()
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_with_streaming_response(sdk: openai.OpenAI) -> None:
    with sdk.chat.completions.with_streaming_response.create(
        model="upstream", messages=saying("long"), stream=True
    ) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        said = [chunk.choices[0].delta.content or "" for chunk in response.parse()]
    assert "".join(said) == LONG.whole_text()


def test_with_raw_response(sdk: openai.OpenAI) -> None:
    raw = sdk.chat.completions.with_raw_response.create(model="upstream", messages=saying("whole"), store=True)
    assert raw.status_code == 200
    assert raw.headers["x-conversation-id"].startswith("conv_")
    assert raw.parse().choices[0].message.content == WHOLE.whole_text()


def test_list_and_retrieve_models(sdk: openai.OpenAI) -> None:
    assert "upstream" in [model.id for model in sdk.models.list()]
    assert sdk.models.retrieve("upstream").object == "model"


async def test_create_stream_and_list_over_each_asynchronous_transport(async_sdk: openai.AsyncOpenAI) -> None:
    completion = await async_sdk.chat.completions.create(model="upstream", messages=saying("whole"))
    assert completion.choices[0].message.content == WHOLE.whole_text()
    stream = await async_sdk.chat.completions.create(model="upstream", messages=saying("long"), stream=True)
    said = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(said) == LONG.whole_text()
    assert "upstream" in [model.id async for model in async_sdk.models.list()]
    with pytest.raises(openai.NotFoundError):
        await async_sdk.models.retrieve("gpt-unknown")


def test_stored_completions_are_kept_until_they_are_deleted(sdk: openai.OpenAI) -> None:
    label = uuid4().hex
    first, second = create(sdk, "whole", label=label), create(sdk, "long", label=label)
    stored = sdk.chat.completions
    assert stored.retrieve(second.id).choices[0].message.content == LONG.whole_text()
    assert [each.id for each in stored.list(metadata={"label": label}, limit=1)] == [first.id, second.id]
    assert [each.content for each in stored.messages.list(first.id)] == [WHOLE.prompt()]
    assert stored.update(first.id, metadata={"kept": "yes"}).metadata == {"kept": "yes"}
    assert stored.delete(first.id).deleted
    with pytest.raises(openai.NotFoundError):
        stored.retrieve(first.id)


ASKED: dict[str, tuple[type[openai.APIStatusError], int, Callable[[openai.OpenAI], object]]] = {
    "a value out of range": (
        openai.BadRequestError,
        400,
        lambda sdk: sdk.chat.completions.create(model="upstream", messages=saying("whole"), temperature=3),
    ),
    "an unknown model": (
        openai.NotFoundError,
        404,
        lambda sdk: sdk.chat.completions.create(model="gpt-unknown", messages=saying("whole")),
    ),
    "an upstream that limits": (
        openai.RateLimitError,
        429,
        lambda sdk: sdk.chat.completions.create(model="upstream", messages=saying("limited")),
    ),
    "an upstream that fails": (
        openai.InternalServerError,
        502,
        lambda sdk: sdk.chat.completions.create(model="upstream", messages=saying("broken")),
    ),
}


@pytest.mark.parametrize(("kind", "status", "ask"), ASKED.values(), ids=ASKED)
def test_errors_have_the_class_of_their_status(
    sdk: openai.OpenAI,
    kind: type[openai.APIStatusError],
    status: int,
    ask: Callable[[openai.OpenAI], object],
) -> None:
    with pytest.raises(kind) as raised:
        ask(sdk)
    assert raised.value.status_code == status
    assert raised.value.code


def test_a_conversation_that_is_being_answered_is_a_conflict(sdk: openai.OpenAI) -> None:
    completions = sdk.chat.completions
    with completions.with_streaming_response.create(
        model="upstream", messages=saying("endless"), store=True, stream=True
    ) as answering:
        place = {"conversation_id": answering.headers["x-conversation-id"]}
        with pytest.raises(openai.ConflictError) as raised:
            completions.create(model="upstream", messages=saying("whole"), store=True, metadata=place)
    assert raised.value.code == "CONVERSATION_BUSY"


def test_an_idempotency_key_for_another_payload_cannot_be_processed(sdk: openai.OpenAI) -> None:
    completions, key = sdk.chat.completions, {"Idempotency-Key": uuid4().hex}
    completions.create(model="upstream", messages=saying("whole"), store=True, extra_headers=key)
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        completions.create(model="upstream", messages=saying("long"), store=True, extra_headers=key)
    assert raised.value.code == "IDEMPOTENCY_CONFLICT"


def test_a_caller_who_does_not_wait_gets_a_timeout(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.APITimeoutError):
        sdk.chat.completions.create(model="upstream", messages=saying("silent"), timeout=0.3)


def test_a_server_that_is_not_there_is_a_connection_error() -> None:
    with (
        openai.OpenAI(base_url=f"http://127.0.0.1:{free_port()}/v1", api_key="any", max_retries=0) as sdk,
        pytest.raises(openai.APIConnectionError),
    ):
        sdk.models.list()
