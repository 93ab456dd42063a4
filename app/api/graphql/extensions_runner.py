"""When the schema's extensions are asked."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext

_NOTHING: Final = nullcontext()


class LeanExtensionsRunner(SchemaExtensionsRunner):
    """Asks them about each response only where one of them wants to be asked.

    Strawberry's own makes contexts and coroutines for each event of a subscription, also for no extension at all.
    """

    def __init__(self, execution_context: ExecutionContext, extensions: list[SchemaExtension] | None = None) -> None:
        super().__init__(execution_context, extensions)
        own = SchemaExtension
        self._hear = any(type(each).on_stream_result is not own.on_stream_result for each in self.extensions)
        self._tell = any(type(each).get_results is not own.get_results for each in self.extensions)

    def on_stream_result(self, result: Any) -> AbstractAsyncContextManager[None]:  # type: ignore[override]
        return super().on_stream_result(result) if self._hear else _NOTHING

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        return await super().get_extensions_results(ctx) if self._tell or ctx.extensions_results else {}
