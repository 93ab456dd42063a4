"""What can be changed."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.api.graphql.arguments import given
from app.api.graphql.context import Info
from app.api.graphql.conversation import Conversation
from app.api.graphql.conversation_input import CreateConversationInput, UpdateConversationInput
from app.api.graphql.cost import CHANGE_COST, PAGE, Assumed, Sliced, cost
from app.api.graphql.edit_message_input import EditMessageInput
from app.api.graphql.message import Message
from app.api.graphql.metadata import read_metadata
from app.api.graphql.post_message_input import PostMessageInput
from app.api.graphql.regenerate_input import RegenerateInput
from app.api.graphql.todo import TodoMutation
from app.chat import identifiers
from app.chat.changes import StartedTurn
from app.chat.validation import MAX_IMPORTED_MESSAGES, MAX_REPLIES

REPLY_COST = 100
"""A backend generates it."""
N_REPLIES = Sliced(("input.n",), 1, MAX_REPLIES)


@strawberry.type(description="What a post, an edit or a regeneration has started.")
class PostMessagePayload:
    turn: strawberry.Private[StartedTurn]

    @strawberry.field(description="The conversation, with the new tip.")
    def conversation(self) -> Conversation:
        return Conversation(record=self.turn.conversation)

    @strawberry.field(description="What the replies answer, as stored.")
    def message(self) -> Message:
        return Message(record=self.turn.message)

    @strawberry.field(description="The first of the replies: subscribe to its `completion`. Null for `reply: false`.")
    def reply(self) -> Message | None:
        return Message(record=self.turn.replies[0]) if self.turn.replies else None

    @strawberry.field(description="All replies, as siblings.", metadata=cost(size=PAGE))
    def replies(self) -> list[Message]:
        return [Message(record=each) for each in self.turn.replies]


@strawberry.type(description="What can be changed. What does not exist, or is another's, is NOT_FOUND.")
class Mutation(TodoMutation):
    @strawberry.mutation(
        description="Begins a conversation, empty or with messages that were said elsewhere.",
        metadata=cost(CHANGE_COST, Sliced(("input.messages",), 0, MAX_IMPORTED_MESSAGES), each=1),
    )
    async def create_conversation(
        self,
        info: Info,
        input: Annotated[CreateConversationInput, strawberry.argument(description="The conversation.")],
    ) -> Conversation:
        metadata = read_metadata(given(input.metadata))
        info.context.forget()
        created = await info.context.chat.conversations.create(
            info.context.owner,
            title=given(input.title),
            system_prompt=given(input.system_prompt),
            model=given(input.model),
            metadata=metadata,
            messages=[each.message() for each in given(input.messages) or ()],
        )
        return Conversation(record=created)

    @strawberry.mutation(description="Changes what is said about a conversation.", metadata=cost(CHANGE_COST))
    async def update_conversation(
        self,
        info: Info,
        input: Annotated[UpdateConversationInput, strawberry.argument(description="Which, and what of it.")],
    ) -> Conversation:
        id, changes = input.conversation_id, input.changes()
        info.context.forget()
        return Conversation(record=await info.context.chat.conversations.update(info.context.owner, id, changes))

    @strawberry.mutation(
        description="Deletes a conversation with all its messages, for good; returns its id.",
        metadata=cost(CHANGE_COST),
    )
    async def delete_conversation(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The conversation's.")]
    ) -> strawberry.ID:
        key = identifiers.conversation_id(id)
        info.context.forget()
        await info.context.chat.conversations.delete(info.context.owner, key)
        return id

    @strawberry.mutation(
        description="Posts a message and begins the replies to it; returns before they are there.",
        metadata=cost(CHANGE_COST, N_REPLIES, each=REPLY_COST),
    )
    async def post_message(
        self, info: Info, input: Annotated[PostMessageInput, strawberry.argument(description="The message.")]
    ) -> PostMessagePayload:
        post = input.post()
        info.context.forget()
        return PostMessagePayload(turn=await info.context.chat.turns.post(info.context.owner, post))

    @strawberry.mutation(
        description=(
            "Posts another wording of a message beside it, and begins a reply; the new branch becomes the selected "
            "one. CONVERSATION_BUSY while another reply is being generated."
        ),
        metadata=cost(CHANGE_COST, Assumed(1), each=REPLY_COST),
    )
    async def edit_message(
        self, info: Info, input: Annotated[EditMessageInput, strawberry.argument(description="The wording.")]
    ) -> PostMessagePayload:
        edit = input.edit()
        info.context.forget()
        return PostMessagePayload(turn=await info.context.chat.turns.edit(info.context.owner, edit))

    @strawberry.mutation(
        description=(
            "Begins more replies beside one, to the same message; the first of them becomes the tip of the selected "
            "branch. CONVERSATION_BUSY while a reply is being generated, that one included."
        ),
        metadata=cost(CHANGE_COST, N_REPLIES, each=REPLY_COST),
    )
    async def regenerate(
        self, info: Info, input: Annotated[RegenerateInput, strawberry.argument(description="Which, and how.")]
    ) -> PostMessagePayload:
        regeneration = input.regeneration()
        info.context.forget()
        return PostMessagePayload(turn=await info.context.chat.turns.regenerate(info.context.owner, regeneration))

    @strawberry.mutation(
        description=(
            "The branch through this message becomes the selected one. Below the message it follows, at each level, "
            "the newest child. Replies in flight go on."
        ),
        metadata=cost(CHANGE_COST),
    )
    async def select_branch(
        self, info: Info, message_id: Annotated[strawberry.ID, strawberry.argument(description="The message's.")]
    ) -> Conversation:
        key = identifiers.message_id(message_id, field="message_id")
        info.context.forget()
        return Conversation(record=await info.context.chat.branches.select(info.context.owner, key))

    @strawberry.mutation(
        description=(
            "Stops a reply, on whatever instance it is generated, before its first token too. What was generated is "
            "kept. A reply that has ended already stays as it is."
        ),
        metadata=cost(CHANGE_COST),
    )
    async def stop_completion(
        self, info: Info, message_id: Annotated[strawberry.ID, strawberry.argument(description="The reply's.")]
    ) -> Message:
        key = identifiers.message_id(message_id, field="message_id")
        info.context.forget()
        return Message(record=await info.context.chat.turns.stop(info.context.owner, key))
