"""Text over REST: the upstream is given it as it is, what is stored comes back the same, what cannot be is named."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.rest.completion_metadata import MAX_METADATA_KEY_CHARACTERS, MAX_METADATA_VALUE_CHARACTERS
from app.chat.idempotency import MAX_IDEMPOTENCY_KEY_CHARACTERS
from app.chat.parameters import MAX_STOP_CHARACTERS
from app.chat.text import MAX_CONTENT_BYTES, MAX_MODEL_CHARACTERS
from tests.any_text import TEXTS, UNSTORABLE
from tests.api.rest.asking import PATH, asking
from tests.api.rest.egp.asking import PATH as EGP
from tests.upstream.process import Upstream

AT_ONCE = 10
ROLES = {"system": "system", "developer": "system", "assistant": "assistant", "data": "data", "user": "user"}
"""And `tool` and `function`, of which an upstream is told in words of our own. Each as it is read again."""
GENERATED = settings(
    max_examples=3, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
SOME_TEXTS = st.lists(TEXTS, min_size=AT_ONCE, max_size=AT_ONCE, unique=True)


def in_parts(text: str) -> list[dict[str, str]]:
    half = len(text) // 2
    return [{"type": "text", "text": part} for part in (text[:half], text[half:], "")]


def saying(text: str) -> dict[str, Any]:
    """It, wherever a request has room for text."""
    named = [{"role": role, "content": text} for role in (*ROLES, "tool", "function")]
    parts = [{"role": role, "content": in_parts(text)} for role in ("system", "user")]
    return asking(
        messages=[*named, *parts],
        stop=[text[:MAX_STOP_CHARACTERS], f"{text[:20]}!"],
        user=text,
        metadata={text[:MAX_METADATA_KEY_CHARACTERS]: text[:MAX_METADATA_VALUE_CHARACTERS]},
    )


def with_json(body: dict[str, Any]) -> dict[str, Any]:
    """As ASCII with escapes, so that a lone surrogate can be sent at all."""
    return {"content": json.dumps(body), "headers": {"content-type": "application/json"}}


async def texts_given(upstream: Upstream, model: str) -> list[tuple[list[str], Any]]:
    """What each request for that model said, and where it was to stop."""
    bodies = [each["body"] for each in (await upstream.state())["requests"]]
    return [
        ([message["content"] for message in body["messages"]], body.get("stop"))
        for body in bodies
        if body["model"] == model
    ]


@GENERATED
@given(SOME_TEXTS)
async def test_what_is_stored_comes_back_and_the_upstream_was_given_the_same(
    storing: httpx.AsyncClient, lasting: Upstream, texts: list[str]
) -> None:
    bodies = [{**saying(text), "model": "upstream-2", "store": True} for text in texts]
    answers = await asyncio.gather(*(storing.post(PATH, json=body) for body in bodies))
    given_to_upstream = await texts_given(lasting, "upstream-2")
    for text, body, answer in zip(texts, bodies, answers, strict=True):
        assert answer.status_code == 200, answer.text
        id = answer.json()["id"]
        messages = (await storing.get(f"{PATH}/{id}/messages")).json()["data"]
        assert [each["content"] for each in messages] == [text] * len(body["messages"])
        assert [each["role"] for each in messages] == [*ROLES.values(), "tool", "tool", "system", "user"]
        assert (await storing.get(f"{PATH}/{id}")).json()["metadata"] == body["metadata"]
        [(key, value)] = body["metadata"].items()
        found = await storing.get(PATH, params={f"metadata[{key}]": value, "limit": 100})
        assert id in [each["id"] for each in found.json()["data"]]
        assert any(
            stop == body["stop"] and all(said.endswith(text) for said in given) for given, stop in given_to_upstream
        )


@GENERATED
@given(SOME_TEXTS)
async def test_what_is_not_stored_reaches_the_upstream_unchanged(
    client: httpx.AsyncClient, upstream: Upstream, texts: list[str]
) -> None:
    for text in texts:
        body = {**saying(text), "model": "upstream-2"}
        egp = {
            "model": "upstream-2",
            "instructions": text,
            "messages": [{"role": "agent", "content": text}, {"role": "user", "content": in_parts(text)}],
            "model_parameters": {"stop_sequences": body["stop"]},
        }
        answers = [await client.post(PATH, json=body), await client.post(EGP, json=egp)]
        assert [each.status_code for each in answers] == [200, 200], [each.text for each in answers]
    given = (await texts_given(upstream, "upstream-2"))[-2 * len(texts) :]
    for text, openai, egp_given in zip(texts, given[::2], given[1::2], strict=True):
        stop = saying(text)["stop"]
        assert openai[1] == egp_given[1] == stop
        assert [said.endswith(text) for said in openai[0]] == [True] * len(saying(text)["messages"])
        assert egp_given[0] == [text] * 3


@GENERATED
@given(SOME_TEXTS)
async def test_a_model_that_is_any_text_is_not_found_or_not_taken(storing: httpx.AsyncClient, texts: list[str]) -> None:
    for text in [f"\u2028{each}"[:MAX_MODEL_CHARACTERS] for each in texts]:  # so that none is served
        for path, store in ((PATH, True), (PATH, False), (EGP, False)):
            answer = await storing.post(path, json=asking(model=text, store=store))
            assert (answer.status_code, "model_not_found" in answer.text) == (404, True)
        listed = await storing.get(PATH, params={"model": text})
        assert (listed.status_code, listed.json()["data"]) == (200, [])
        described = await storing.get(httpx.URL(f"{storing.base_url}/v1/models/x").join(quoted(text)))
        assert described.status_code == 404


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


@GENERATED
@given(
    st.lists(
        st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), min_size=1),
        min_size=3,
        max_size=3,
        unique=True,
    )
)
async def test_a_key_of_any_bytes_is_the_same_as_itself_and_as_no_other(
    storing: httpx.AsyncClient, keys: list[str]
) -> None:
    async def create(key: str) -> str:
        answer = await storing.post(
            PATH, json=asking(store=True), headers=[(b"idempotency-key", key.encode("latin-1"))]
        )
        assert answer.status_code == 200, answer.text
        id: str = answer.json()["id"]
        return id

    first = [await create(key) for key in keys]
    assert [await create(key) for key in keys] == first
    assert len(set(first)) == len(keys)


def system(content: str) -> dict[str, str]:
    return {"role": "system", "content": content}


LONGEST = {
    "messages[0].content": ("x" * MAX_CONTENT_BYTES, lambda text: {"messages": [system(text), *asking()["messages"]]}),
    "stop": ("é" * MAX_STOP_CHARACTERS, lambda text: {"stop": ["fine", text]}),
    "metadata.k": ("🦜" * MAX_METADATA_VALUE_CHARACTERS, lambda text: {"metadata": {"k": text}}),
    "metadata": ("🦜" * MAX_METADATA_KEY_CHARACTERS, lambda text: {"metadata": {text: "v"}}),
}


@pytest.mark.parametrize(("field", "longest"), LONGEST.items(), ids=LONGEST)
async def test_the_longest_is_taken_and_one_more_is_refused_by_its_field(
    storing: httpx.AsyncClient, field: str, longest: tuple[str, Any]
) -> None:
    text, where = longest
    assert (await storing.post(PATH, json=asking(store=True, **where(text)))).status_code == 200
    refused = await storing.post(PATH, json=asking(store=True, **where(f"{text}x")))
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, field)


async def test_the_longest_key_is_taken_and_a_longer_one_is_refused_by_its_name(storing: httpx.AsyncClient) -> None:
    for key, status in (("k" * MAX_IDEMPOTENCY_KEY_CHARACTERS, 200), ("k" * (MAX_IDEMPOTENCY_KEY_CHARACTERS + 1), 400)):
        answer = await storing.post(PATH, json=asking(store=True), headers={"idempotency-key": key})
        assert answer.status_code == status
    assert answer.json()["error"]["param"] == "Idempotency-Key"


def user(content: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "fine"}, {"role": "user", "content": content}]}


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a text": ("messages[1].content", user("{}")),
    "stop": ("stop", {"stop": ["fine", "{}"]}),
    "a value of metadata": ("metadata.k", {"metadata": {"k": "{}"}}),
    "a key of metadata": ("metadata", {"metadata": {"{}": "v"}}),
    "model": ("model", {"model": "{}"}),
}


def holding(bad: str, fields: dict[str, Any]) -> Any:
    """The fields with that in place of each `{}`."""
    return json.loads(json.dumps(fields).replace("{}", json.dumps(bad)[1:-1]))


@pytest.mark.parametrize("bad", UNSTORABLE, ids=ascii)
@pytest.mark.parametrize(("field", "fields"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_stored_is_refused_by_its_field(
    storing: httpx.AsyncClient, field: str, fields: dict[str, Any], bad: str
) -> None:
    refused = await storing.post(PATH, **with_json(asking(store=True, **holding(bad, fields))))
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["param"] in (field, f"{field}[1]")
    assert error["message"].startswith(error["param"])
    assert ("a NUL" if bad == "\0" else "a lone surrogate") in error["message"]


@pytest.mark.parametrize("bad", UNSTORABLE, ids=ascii)
async def test_a_part_that_cannot_be_stored_is_refused_by_its_message(storing: httpx.AsyncClient, bad: str) -> None:
    parts = [{"type": "text", "text": "fine"}, {"type": "text", "text": bad}]
    refused = await storing.post(PATH, **with_json(asking(store=True, **user(parts))))
    assert refused.status_code == 400
    assert refused.json()["error"]["param"].startswith("messages[1].content")


@pytest.mark.parametrize("bad", UNSTORABLE, ids=ascii)
async def test_metadata_that_cannot_be_stored_is_refused_when_it_is_changed(
    storing: httpx.AsyncClient, bad: str
) -> None:
    id = (await storing.post(PATH, json=asking(store=True))).json()["id"]
    refused = await storing.post(f"{PATH}/{id}", **with_json({"metadata": {"k": bad}}))
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "metadata.k")


EGP_REFUSED: list[tuple[list[str | int], dict[str, Any]]] = [
    (["instructions"], {"instructions": "{}"}),
    (["messages", 1, "content"], user("{}")),
    (["model_parameters", "stop_sequences"], {"model_parameters": {"stop_sequences": ["fine", "{}"]}}),
]


@pytest.mark.parametrize("bad", UNSTORABLE, ids=ascii)
@pytest.mark.parametrize(("path", "fields"), EGP_REFUSED)
async def test_egp_refuses_it_by_its_field_too(
    client: httpx.AsyncClient, path: list[str | int], fields: dict[str, Any], bad: str
) -> None:
    refused = await client.post(EGP, **with_json(asking(**holding(bad, fields))))
    (problem,) = refused.json()["detail"]
    assert refused.status_code == 422
    assert problem["loc"][: len(path) + 1] == ["body", *path]
    assert ("a NUL" if bad == "\0" else "a lone surrogate") in problem["msg"]
