"""What can be followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

import strawberry

from app.api.graphql.completion_event import CompletionEvent, completion_event, learn
from app.api.graphql.context import Info
from app.api.graphql.cost import cost
from app.api.graphql.presented_events import PresentedEvents
from app.chat import identifiers

WATCH_COST = 10
"""Of a stream that is held open; what is asked of an event counts once."""


@strawberry.type(description="What can be followed. What does not exist, or is another's, is NOT_FOUND.")
class Subscription:
    @strawberry.subscription(
        description=(
            "Everything after `after`, each piece of text once and in order, then live, then one CompletionEnd. Works "
            "before, during and after generation, from any instance, as often as the client likes."
        ),
        metadata=cost(WATCH_COST),
    )
    async def completion(
        self,
        info: Info,
        message_id: Annotated[strawberry.ID, strawberry.argument(description="The reply's.")],
        after: Annotated[
            int | None, strawberry.argument(description="The `seq` of what the client has; 0 is the beginning.")
        ] = 0,
    ) -> AsyncIterator[CompletionEvent]:
        # Not itself a generator: what is wrong with the request is then told before the stream begins.
        key = identifiers.message_id(message_id, field="message_id")
        watch = await info.context.chat.history.watch(info.context.owner, key, after or 0)
        return PresentedEvents(watch, completion_event, partial(learn, context=info.context))
