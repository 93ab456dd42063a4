"""Listing, reading, changing and deleting stored completions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from app.api.identity import Identity
from app.api.rest.router import rest_router
from app.chat.identifiers import new_turn_id
from tests.api.rest.asking import PATH, asking, live, reading
from tests.api.rest.serving import serving
from tests.serving import Served
from tests.upstream.script import Script

UNKNOWN = f"chatcmpl-{new_turn_id().hex}"


@pytest.fixture
def label() -> str:
    """Of the completions of one test, to tell them from those of the others."""
    return uuid4().hex


@pytest.fixture
async def others_url(parley: Served) -> AsyncGenerator[str, None]:
    """The same service, for somebody else."""

    async def identify(_connection: HTTPConnection, _payload: object = None, /) -> Identity:
        return Identity("somebody else")

    app = FastAPI()
    app.include_router(rest_router(parley.parley.chat, identify=identify))
    async with serving(app) as url:
        yield url


async def create(client: httpx.AsyncClient, said: Script | str = "Hi", **fields: Any) -> dict[str, Any]:
    response = await client.post(PATH, json=asking(said, store=True, **fields))
    assert response.status_code == 200, response.text
    completion: dict[str, Any] = response.json()
    return completion


async def labelled(client: httpx.AsyncClient, label: str, count: int) -> list[str]:
    """The ids of so many completions, oldest first."""
    metadata = {"label": label}
    return [(await create(client, f"{each}", metadata=metadata, model="upstream"))["id"] for each in range(count)]


async def page(client: httpx.AsyncClient, label: str, **parameters: Any) -> dict[str, Any]:
    response = await client.get(PATH, params={"metadata[label]": label, **parameters})
    assert response.status_code == 200, response.text
    listed: dict[str, Any] = response.json()
    return listed


def ids_of(listed: dict[str, Any]) -> list[str]:
    return [each["id"] for each in listed["data"]]


async def test_what_is_read_is_what_was_answered(storing: httpx.AsyncClient, label: str) -> None:
    created = await storing.post(PATH, json=asking(Script(seed=1), store=True, n=2, metadata={"label": label}))
    read = await storing.get(f"{PATH}/{created.json()['id']}")
    assert read.json() == created.json()
    for name in ("x-conversation-id", "x-message-id"):
        assert read.headers[name] == created.headers[name]
    assert (await page(storing, label))["data"] == [created.json()]


async def test_pages_go_on_where_the_last_one_ended(storing: httpx.AsyncClient, label: str) -> None:
    ids = await labelled(storing, label, 5)
    first = await page(storing, label, limit=2)
    assert first == {
        "object": "list",
        "data": first["data"],
        "first_id": ids[0],
        "last_id": ids[1],
        "has_more": True,
    }
    second = await page(storing, label, limit=2, after=first["last_id"])
    third = await page(storing, label, limit=2, after=second["last_id"])
    assert ids_of(first) + ids_of(second) + ids_of(third) == ids
    assert (second["has_more"], third["has_more"]) == (True, False)


async def test_newest_first_if_asked_for(storing: httpx.AsyncClient, label: str) -> None:
    ids = await labelled(storing, label, 3)
    first = await page(storing, label, limit=2, order="desc")
    rest = await page(storing, label, limit=2, order="desc", after=first["last_id"])
    assert ids_of(first) + ids_of(rest) == ids[::-1]


async def test_a_page_of_nothing(storing: httpx.AsyncClient, label: str) -> None:
    assert await page(storing, label) == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


async def test_only_those_of_a_model(storing: httpx.AsyncClient, label: str) -> None:
    await create(storing, metadata={"label": label})
    other = await create(storing, metadata={"label": label}, model="upstream-2")
    assert ids_of(await page(storing, label, model="upstream-2")) == [other["id"]]


async def test_only_those_with_all_of_the_metadata(storing: httpx.AsyncClient, label: str) -> None:
    await create(storing, metadata={"label": label, "colour": "red"})
    blue = await create(storing, metadata={"label": label, "colour": "blue"})
    assert ids_of(await page(storing, label, **{"metadata[colour]": "blue"})) == [blue["id"]]
    assert ids_of(await page(storing, label, **{"metadata[colour]": "green"})) == []


@pytest.mark.parametrize(
    ("parameters", "param"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"order": "random"}, "order"),
        ({"after": "5"}, "after"),
        ({"model": "a\0"}, "model"),
        ({"model": "x" * 201}, "model"),
        ({"metadata[a]": "\0"}, "metadata.a"),
        ({"metadata[]": "x"}, "metadata"),
        ({f"metadata[{each}]": "x" for each in range(17)}, "metadata"),
    ],
)
async def test_names_the_parameter_that_is_wrong(
    storing: httpx.AsyncClient, parameters: dict[str, str], param: str
) -> None:
    response = await storing.get(PATH, params=parameters)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, "invalid_value")


@pytest.mark.parametrize("id", ["nonsense", UNKNOWN, UNKNOWN.upper(), UNKNOWN + "0"])
@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("POST", ""), ("DELETE", ""), ("GET", "/messages"), ("GET", "/stream")]
)
async def test_what_does_not_exist_is_not_found(storing: httpx.AsyncClient, method: str, suffix: str, id: str) -> None:
    body: dict[str, Any] | None = {"metadata": {}} if method == "POST" else None
    response = await storing.request(method, f"{PATH}/{id}{suffix}", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (404, "invalid_request_error", "not_found")


@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("POST", ""), ("DELETE", ""), ("GET", "/messages"), ("GET", "/stream")]
)
async def test_what_is_anothers_does_not_exist(
    storing: httpx.AsyncClient, others_url: str, label: str, method: str, suffix: str
) -> None:
    created = await create(storing, metadata={"label": label})
    body: dict[str, Any] | None = {"metadata": {}} if method == "POST" else None
    async with httpx.AsyncClient(base_url=others_url) as other:
        response = await other.request(method, f"{PATH}/{created['id']}{suffix}", json=body)
        assert response.status_code == 404
        assert ids_of(await page(other, label)) == []
    assert (await storing.get(f"{PATH}/{created['id']}")).json() == created


async def test_nobody_adds_to_a_conversation_of_anothers(storing: httpx.AsyncClient, others_url: str) -> None:
    created = await storing.post(PATH, json=asking("Hi", store=True))
    metadata = {"conversation_id": created.headers["x-conversation-id"]}
    async with httpx.AsyncClient(base_url=others_url) as other:
        response = await other.post(PATH, json=asking("Hi", store=True, metadata=metadata))
    assert (response.status_code, response.json()["error"]["param"]) == (404, "metadata.conversation_id")


async def test_the_messages_that_were_answered(storing: httpx.AsyncClient) -> None:
    roles = ["system", "developer", "user", "assistant", "data", "tool", "user"]
    sent = [{"role": role, "content": f"{index}"} for index, role in enumerate(roles)]
    created = (await storing.post(PATH, json={"model": "upstream", "messages": sent, "store": True})).json()
    listed = (await storing.get(f"{PATH}/{created['id']}/messages")).json()
    stored = ["system", "system", "user", "assistant", "data", "tool", "user"]
    assert [(each["role"], each["content"]) for each in listed["data"]] == [
        (role, f"{index}") for index, role in enumerate(stored)
    ]
    assert all(each.keys() == {"id", "role", "content", "name", "content_parts"} for each in listed["data"])
    assert (listed["object"], listed["has_more"]) == ("list", False)


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_of_messages(storing: httpx.AsyncClient, order: str) -> None:
    sent = [{"role": "user", "content": f"{index}"} for index in range(5)]
    created = (await storing.post(PATH, json={"model": "upstream", "messages": sent, "store": True})).json()
    path = f"{PATH}/{created['id']}/messages"
    read, after, more = "", "", True
    while more:
        listed = (await storing.get(path, params={"limit": 2, "order": order, "after": after})).json()
        read += "".join(each["content"] for each in listed["data"])
        after, more = listed["last_id"], listed["has_more"]
    assert read == ("01234" if order == "asc" else "43210")


@pytest.mark.parametrize("after", ["5", "msg_01h455vb4pex5vsknk084sn02q"])
async def test_a_page_of_messages_begins_after_one_of_them(storing: httpx.AsyncClient, after: str) -> None:
    created = await create(storing)
    response = await storing.get(f"{PATH}/{created['id']}/messages", params={"after": after})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "after")


async def test_metadata_can_be_changed(storing: httpx.AsyncClient, label: str) -> None:
    created = await create(storing, metadata={"old": "1"})
    changed = await storing.post(f"{PATH}/{created['id']}", json={"metadata": {"label": label}})
    assert changed.json() == {**created, "metadata": {"label": label}}
    assert ids_of(await page(storing, label)) == [created["id"]]
    cleared = await storing.post(f"{PATH}/{created['id']}", json={"metadata": None})
    assert cleared.json()["metadata"] == {}


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        (b"{", None, "invalid_json"),
        (b"[]", "metadata", "missing_required_parameter"),
        (b"{}", "metadata", "missing_required_parameter"),
        (b'{"metadata": []}', "metadata", "invalid_value"),
        (b'{"metadata": {"a": 1}}', "metadata.a", "invalid_value"),
        (b'{"metadata": {"conversation_id": "x"}}', "metadata.conversation_id", "invalid_value"),
    ],
)
async def test_names_what_cannot_be_changed(
    storing: httpx.AsyncClient, body: bytes, param: str | None, code: str
) -> None:
    created = await create(storing)
    response = await storing.post(f"{PATH}/{created['id']}", content=body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code)


async def test_what_is_deleted_is_gone(storing: httpx.AsyncClient, label: str) -> None:
    created = await create(storing, metadata={"label": label})
    path = f"{PATH}/{created['id']}"
    deleted = await storing.delete(path)
    assert deleted.json() == {"id": created["id"], "object": "chat.completion.deleted", "deleted": True}
    assert (await storing.get(path)).status_code == 404
    assert (await storing.delete(path)).status_code == 404
    assert ids_of(await page(storing, label)) == []


async def test_what_something_follows_is_not_deleted(storing: httpx.AsyncClient) -> None:
    first = await storing.post(PATH, json=asking("one", store=True))
    metadata = {"conversation_id": first.headers["x-conversation-id"]}
    second = await create(storing, "two", metadata=metadata)
    refused = await storing.delete(f"{PATH}/{first.json()['id']}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "COMPLETION_CONTINUED")
    for id in (second["id"], first.json()["id"]):
        assert (await storing.delete(f"{PATH}/{id}")).status_code == 200


async def test_what_goes_on_is_read_as_far_as_it_is(storing: httpx.AsyncClient) -> None:
    script = Script(seed=2, stall_after=3)
    async with storing.stream("POST", PATH, json=asking(script, store=True, stream=True)) as response:
        begun = await reading(live(response), script.whole_text(3))
        path = f"{PATH}/{begun[0].data['id']}"
        read = await storing.get(path)
        assert (await storing.delete(path)).status_code == 200
    (choice,) = read.json()["choices"]
    assert choice["message"]["content"] == script.whole_text(3)
    assert choice["finish_reason"] is None
    assert "error" not in choice
    assert read.json()["usage"] is None


async def test_who_follows_what_is_deleted_is_told(storing: httpx.AsyncClient) -> None:
    async with storing.stream("POST", PATH, json=asking(Script(stall_after=1), store=True, stream=True)) as response:
        events = live(response)
        begun = await reading(events, Script().whole_text(1))
        await storing.delete(f"{PATH}/{begun[0].data['id']}")
        async with asyncio.timeout(10):
            last = await anext(events)
    assert last.data["error"]["code"] == "not_found"


async def test_what_failed_has_its_text_and_its_error(storing: httpx.AsyncClient, label: str) -> None:
    script = Script(seed=3, error_after=5, code="engine_overloaded")
    await storing.post(PATH, json=asking(script, store=True, metadata={"label": label}))
    ((choice,),) = [each["choices"] for each in (await page(storing, label))["data"]]
    assert choice["message"]["content"] == script.whole_text(5)
    assert choice["finish_reason"] is None
    assert choice["error"]["code"] == "engine_overloaded"
