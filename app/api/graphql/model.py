"""The Model type."""

from __future__ import annotations

from typing import Self

import strawberry

from app.chat import completion


@strawberry.type(description="A model that answers here.")
class Model:
    id: strawberry.ID = strawberry.field(description="What to name as `model`.")
    owned_by: str = strawberry.field(description="Who provides it.")
    context_window: int | None = strawberry.field(description="The most tokens of prompt and reply, where known.")
    alias_of: strawberry.ID | None = strawberry.field(description="The model that this is another name of.")

    @classmethod
    def of(cls, model: completion.Model) -> Self:
        return cls(
            id=strawberry.ID(model.id),
            owned_by=model.owned_by,
            context_window=model.context_window,
            alias_of=None if model.alias_of is None else strawberry.ID(model.alias_of),
        )
