"""What a client gives to post a message."""

from __future__ import annotations

import strawberry

from app.api.graphql.arguments import given
from app.api.graphql.enums import Role, WhenBusy
from app.api.graphql.metadata import read_metadata
from app.api.graphql.scalars import JSON
from app.chat import changes, parameters, records
from app.chat.errors import BadInput
from app.chat.identifiers import conversation_id, message_id
from app.chat.validation import MAX_REPLIES


@strawberry.input(description="How a reply is sampled. What is left out is the backend's own default.")
class CompletionParameters:
    temperature: float | None = strawberry.field(default=strawberry.UNSET, description="0 to 2.")
    top_p: float | None = strawberry.field(default=strawberry.UNSET, description="0 to 1.")
    max_tokens: int | None = strawberry.field(default=strawberry.UNSET, description="At least 1.")
    stop: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Ends before any of these; at most 4."
    )
    seed: int | None = strawberry.field(
        default=strawberry.UNSET, description="For the same answer again, where the backend can."
    )
    presence_penalty: float | None = strawberry.field(default=strawberry.UNSET, description="-2 to 2.")
    frequency_penalty: float | None = strawberry.field(default=strawberry.UNSET, description="-2 to 2.")
    speed: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="Of a replay (model `replay:<message id>`), as a multiple of the recorded pace: more than 0, "
        f"at most {parameters.MAX_SPEED:,}. Other models ignore it.",
    )

    def parameters(self) -> parameters.CompletionParameters:
        return parameters.CompletionParameters(
            temperature=given(self.temperature),
            top_p=given(self.top_p),
            max_tokens=given(self.max_tokens),
            stop=tuple(given(self.stop) or ()),
            seed=given(self.seed),
            presence_penalty=given(self.presence_penalty),
            frequency_penalty=given(self.frequency_penalty),
            speed=given(self.speed),
        )


@strawberry.input(description="A message to post, and how to answer it.")
class PostMessageInput:
    conversation_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Left out: a new conversation is started."
    )
    content: str = strawberry.field(description="What to say. NUL and lone surrogates are refused.")
    role: Role | None = strawberry.field(default=Role.USER, description="Who says it.")
    parent_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Left out: the tip of the selected branch; given: branch from there."
    )
    model: str | None = strawberry.field(
        default=strawberry.UNSET, description="Left out: the conversation's model, else the server's default."
    )
    parameters: CompletionParameters | None = strawberry.field(
        default=strawberry.UNSET, description="How the replies are sampled."
    )
    n: int | None = strawberry.field(default=1, description=f"That many replies, as siblings. From 1 to {MAX_REPLIES}.")
    reply: bool | None = strawberry.field(default=True, description="False: store the message only.")
    when_busy: WhenBusy | None = strawberry.field(
        default=WhenBusy.REJECT, description="What to do while a reply to the conversation is being generated."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The same key and payload give the same answer, a different payload an error.",
    )
    metadata: JSON | None = strawberry.field(default=strawberry.UNSET, description="An object of the client's own.")

    def post(self) -> changes.Post:
        """Raises:
        BadInput: an id is malformed, `n` is out of range, or the metadata cannot be stored.
        """
        conversation, parent, sampling = given(self.conversation_id), given(self.parent_id), given(self.parameters)
        return changes.Post(
            content=self.content,
            conversation_id=None if conversation is None else conversation_id(conversation, field="conversation_id"),
            role=records.Role[(self.role or Role.USER).name],
            parent_id=None if parent is None else message_id(parent, field="parent_id"),
            model=given(self.model),
            parameters=sampling.parameters() if sampling else parameters.CompletionParameters(),
            replies=self._replies(),
            when_busy=changes.WhenBusy[(self.when_busy or WhenBusy.REJECT).name],
            idempotency_key=given(self.idempotency_key),
            metadata=read_metadata(given(self.metadata)),
        )

    def _replies(self) -> int:
        wanted = 1 if self.n is None else self.n
        if not 1 <= wanted <= MAX_REPLIES:
            raise BadInput("n", f"must be from 1 to {MAX_REPLIES}, not {wanted}")
        return 0 if self.reply is False else wanted
