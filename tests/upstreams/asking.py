"""Asking Parley for replies over GraphQL, and looking at what became of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import openai

from tests.e2e.operations import Event, everything, execute, follow, post, said
from tests.e2e.process import ServerProcess
from tests.upstreams.process import RealUpstream
from tests.upstreams.vocabulary import MODEL

ENDED = """
query Ended($id: ID!) {
  message(id: $id) {
    status content finishReason
    usage { promptTokens completionTokens totalTokens source }
    error { code message retryable }
  }
}
"""

Ended = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """Args:
    parley: knows no upstream but this one.
    openai: a client of Parley.
    """

    upstream: RealUpstream
    parley: ServerProcess
    openai: openai.AsyncOpenAI


async def begin(pair: Pair, prompt: str, **parameters: Any) -> str:
    """The id of the reply in a new conversation."""
    posted = await post(pair.parley.graphql_url, prompt, model=MODEL, parameters=parameters)
    return str(posted["reply"]["id"])


async def ended(pair: Pair, id: str) -> Ended:
    data: Ended = (await execute(pair.parley.graphql_url, ENDED, id=id))["message"]
    return data


async def reply_to(pair: Pair, prompt: str, **parameters: Any) -> Ended:
    """The reply when it is over; what was streamed of it is what is stored."""
    id = await begin(pair, prompt, **parameters)
    events = await everything(pair.parley.websocket_url, id)
    end = await ended(pair, id)
    assert said(events) == end["content"]
    return end


@asynccontextmanager
async def speaking(pair: Pair, id: str) -> AsyncGenerator[AsyncGenerator[Event]]:
    """The events of a reply from its second one on: it is entered when the upstream has begun to speak."""
    async with aclosing(follow(pair.parley.websocket_url, id)) as events:
        assert (await anext(events))["__typename"] == "CompletionDelta"
        yield events
