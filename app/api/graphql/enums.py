"""The domain's enumerations with a description for each value."""

from __future__ import annotations

import enum

import strawberry

from app.chat import changes, records, status


@strawberry.enum(description="Who says a message.")
class Role(enum.Enum):
    SYSTEM = strawberry.enum_value(records.Role.SYSTEM, description="Instructions for the model.")
    USER = strawberry.enum_value(records.Role.USER, description="The person.")
    ASSISTANT = strawberry.enum_value(records.Role.ASSISTANT, description="The model.")
    DATA = strawberry.enum_value(records.Role.DATA, description="Material for the model to work on.")
    TOOL = strawberry.enum_value(records.Role.TOOL, description="What a tool returned.")


@strawberry.enum(description="Where a message is in its life.")
class MessageStatus(enum.Enum):
    QUEUED = strawberry.enum_value(
        status.MessageStatus.QUEUED, description="Waits for the completion before it in the same conversation."
    )
    STREAMING = strawberry.enum_value(status.MessageStatus.STREAMING, description="Being generated now.")
    COMPLETE = strawberry.enum_value(status.MessageStatus.COMPLETE, description="All there, and final.")
    STOPPED = strawberry.enum_value(
        status.MessageStatus.STOPPED, description="Somebody asked it to stop; what was generated is kept."
    )
    FAILED = strawberry.enum_value(
        status.MessageStatus.FAILED, description="The backend failed; what was generated is kept, `error` says why."
    )
    INTERRUPTED = strawberry.enum_value(
        status.MessageStatus.INTERRUPTED,
        description="The server that generated it went away; what was generated is kept.",
    )


@strawberry.enum(description="Why the model came to an end.")
class FinishReason(enum.Enum):
    STOP = strawberry.enum_value(records.FinishReason.STOP, description="It was done, or met a stop sequence.")
    LENGTH = strawberry.enum_value(records.FinishReason.LENGTH, description="It reached the most tokens allowed.")
    CONTENT_FILTER = strawberry.enum_value(
        records.FinishReason.CONTENT_FILTER, description="The provider's filter cut it off."
    )
    TOOL_CALLS = strawberry.enum_value(records.FinishReason.TOOL_CALLS, description="It asks for tools to be called.")


@strawberry.enum(description="Who counted the tokens.")
class UsageSource(enum.Enum):
    PROVIDER = strawberry.enum_value(records.UsageSource.PROVIDER, description="The model's provider.")
    ESTIMATED = strawberry.enum_value(records.UsageSource.ESTIMATED, description="This server, by estimate.")


@strawberry.enum(description="What to do with a post while a reply to the conversation is being generated.")
class WhenBusy(enum.Enum):
    REJECT = strawberry.enum_value(changes.WhenBusy.REJECT, description="Refuse it with CONVERSATION_BUSY.")
    INTERRUPT = strawberry.enum_value(changes.WhenBusy.INTERRUPT, description="Stop that reply, then post.")
    ENQUEUE = strawberry.enum_value(changes.WhenBusy.ENQUEUE, description="Post now, reply when that one is done.")
