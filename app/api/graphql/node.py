"""Global object identification: https://relay.dev/graphql/objectidentification.htm"""

from __future__ import annotations

import strawberry


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque, prefixed by kind, and the same for ever.")
