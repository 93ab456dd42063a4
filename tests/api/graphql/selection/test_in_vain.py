"""What is foreseen and thrown away, because something beside it was not known."""

from __future__ import annotations

from app.api.graphql.executor import CompilingExecutor
from app.api.graphql.selection.execution import MOST_IN_VAIN
from tests.api.graphql.selection.everything import SCHEMA
from tests.api.graphql.selection.execution import ORDINARY, run
from tests.api.graphql.selection.generated_values import wholly
from tests.api.graphql.selection.seen import Known, Seen

LEVELS = 9
ITEMS = 200


class CountingKnown(Known):
    def __init__(self) -> None:
        self.found = 0

    async def find(self, title: str | None) -> str:
        self.found += 1
        return await super().find(title)


class CountingSeen(Seen):
    counting = CountingKnown()

    @property
    def known(self) -> Known:
        return self.counting


async def test_what_is_not_known_is_not_made_up_for_at_each_level_above_it() -> None:
    bottom = wholly()
    bottom.inners = [wholly()] * ITEMS
    value = bottom
    for _ in range(LEVELS):
        value = wholly(inner=value)
    selected = "foreseenInner { foreseen } neverForeseen"
    for _ in range(LEVELS):
        selected = f"inner {{ {selected} }}"
    document = f"{{ rich {{ {selected} }} }}"
    context = CountingSeen(value)
    counting = context.counting
    compiled = await run(CompilingExecutor, SCHEMA._schema, document, context)
    assert compiled.results == (await run(ORDINARY, SCHEMA._schema, document, Seen(value))).results
    assert ITEMS < counting.found <= MOST_IN_VAIN + 1 + ITEMS
