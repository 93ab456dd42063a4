"""What a subscriber to a completion is told."""

from __future__ import annotations

import strawberry

from app.api.graphql.context import Context, Info
from app.api.graphql.message import Message
from app.api.graphql.selection.foreseen import FORESEEN
from app.chat import events
from app.chat.errors import NotFound
from app.chat.identifiers import MessageId


@strawberry.interface(description="A step of a completion. `seq` grows strictly.")
class CompletionEvent:
    seq: int = strawberry.field(description="The last delta that is in it: subscribe `after` it to get the rest.")


@strawberry.type(
    description="New text. A slow or late subscriber gets several deltas joined into one, with the last one's seq."
)
class CompletionDelta(CompletionEvent):
    content: str = strawberry.field(description="Follows all text before; may be empty.")
    reasoning: str | None = strawberry.field(description="Follows all reasoning before.")


@strawberry.type(description="Replaces all text so far; sent only when the log before `seq` is no longer kept.")
class CompletionSnapshot(CompletionEvent):
    content: str = strawberry.field(description="All text.")
    reasoning: str | None = strawberry.field(description="All reasoning.")


@strawberry.type(description="Always the last event, exactly one, sent after the message is stored as it will stay.")
class CompletionEnd(CompletionEvent):
    key: strawberry.Private[MessageId]

    @strawberry.field(description="The finished message.", metadata=FORESEEN)
    async def message(self, info: Info) -> Message:
        if found := await Message.load(info, self.key):
            return found
        raise NotFound("message")


def completion_event(event: events.CompletionEvent) -> CompletionEvent:
    match event:
        case events.Delta(seq, content, reasoning):
            return CompletionDelta(seq=seq, content=content, reasoning=reasoning)
        case events.Snapshot(seq, content, reasoning):
            return CompletionSnapshot(seq=seq, content=content, reasoning=reasoning)
        case events.End(seq, message_id):
            return CompletionEnd(seq=seq, key=message_id)


async def learn(event: CompletionEvent, context: Context) -> None:
    """Reads what is foreseen for it. Nobody else of the operation asks for anything then, so nothing is gathered."""
    if isinstance(event, CompletionEnd):
        found = await context.chat.history.messages(context.owner, [event.key])
        context.load.messages.memory.learn(found.items())
