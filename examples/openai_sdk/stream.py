"""Streams a stored completion with the `openai` package, and takes it up again where the connection was lost."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator

import httpx2  # what the package speaks through
import openai
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

URL = os.environ.get("PARLEY_URL", "http://127.0.0.1:8000") + "/v1"
RETRY_SECONDS = 0.5

client = OpenAI(base_url=URL, api_key=os.environ.get("PARLEY_KEY", "none"))


def complete(prompt: str) -> Iterator[ChatCompletionChunk]:
    """Every chunk, once and in order, however often the connection is lost.

    Raises:
        openai.APIError: the completion has ended badly; all that was said has come before.
    """
    idempotency_key = str(uuid.uuid4())  # asked twice, it is stored once
    completion, last_event = None, ""
    while True:
        try:
            stream = resume(completion, last_event) if completion else create(prompt, idempotency_key)
            for event, chunk in numbered(stream):
                completion, last_event = chunk.id, event
                yield chunk
            return
        except openai.APIConnectionError:
            pass
        except openai.APIStatusError as error:
            if error.status_code not in (429, 503):
                raise
        time.sleep(RETRY_SECONDS)


def create(prompt: str, idempotency_key: str) -> Stream[ChatCompletionChunk]:
    return client.chat.completions.create(
        model="default",
        messages=[{"role": "user", "content": prompt}],
        stream=True,
        store=True,
        extra_headers={"Idempotency-Key": idempotency_key},
    )


def resume(completion: str, last_event: str) -> Stream[ChatCompletionChunk]:
    return client.get(
        f"/chat/completions/{completion}/stream",
        cast_to=ChatCompletionChunk,
        options={"headers": {"Last-Event-ID": last_event}},
        stream=True,
        stream_cls=Stream[ChatCompletionChunk],
    )


def numbered(stream: Stream[ChatCompletionChunk]) -> Iterator[tuple[str, ChatCompletionChunk]]:
    """Each chunk with the id of its event, which the package's own iterator keeps to itself."""
    event = data = ""
    with stream:
        try:
            for line in stream.response.iter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    event = value
                elif field == "data":
                    data = value
                elif not line and data == "[DONE]":
                    return
                elif not line and data:
                    yield event, chunk_of(data, stream)
                    data = ""
        except httpx2.TransportError as error:
            raise openai.APIConnectionError(request=stream.response.request) from error
    raise openai.APIConnectionError(message="The stream was cut", request=stream.response.request)


def chunk_of(data: str, stream: Stream[ChatCompletionChunk]) -> ChatCompletionChunk:
    found = json.loads(data)
    if error := found.get("error"):
        raise openai.APIError(error["message"], request=stream.response.request, body=error)
    return ChatCompletionChunk.model_validate(found)


def main(prompt: str) -> None:
    try:
        for chunk in complete(prompt):
            for choice in chunk.choices:
                print(choice.delta.content or "", end="", flush=True)
                if choice.finish_reason:
                    print(f"\n{choice.finish_reason}")
    except openai.APIError as error:
        sys.exit(f"\n{error.message}")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "Tell me a long story")
