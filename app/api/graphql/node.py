"""Global object identification: https://relay.dev/graphql/objectidentification.htm"""

from __future__ import annotations

import strawberry

from app.api.graphql.selected_parts import NOTHING


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    __slots__ = ()

    @strawberry.field(
        description="Opaque, prefixed by kind, and the same for ever.",
        graphql_type=strawberry.ID,
        metadata=NOTHING,
    )
    def id(self) -> str:
        return self.text_id()

    def text_id(self) -> str:
        raise NotImplementedError
